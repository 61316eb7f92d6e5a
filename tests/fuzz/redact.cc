// Whatever stands around a secret, it does not reach the store, and nothing moves.
// Input: noise with zero bytes between, which goes around secrets that the rules name:
//   length of the pieces and chunks ('1' is 1, '0' all at once) · query · fields before · fields after · JSON before ·
//   form before · bytes that are not HTTP
#include <algorithm>
#include <string>

#include "base/text.h"
#include "fuzz.h"
#include "record/secrets.h"
#include "redact/json.h"
#include "secret.h"

namespace tracerec::fuzz {
namespace {

const redact::RedactionRules& rules() {
  static const auto kRules = record::rules_of(R"({"query":["token"],"form":["password"],"json":["$..password"]})");
  return kRules;
}

std::string without(std::string_view noise, std::string_view characters) {
  std::string out(noise);
  std::erase_if(out, [&](char c) { return characters.find(c) != std::string_view::npos; });
  return out;
}

// Lines, but none that is empty: that would end the head.
std::string field_lines(std::string_view noise) {
  std::string out;
  for (const char c : noise) {
    if (c == '\n' && (out.empty() || out.back() == '\n' || out.ends_with("\n\r"))) continue;
    out += c;
  }
  while (out.ends_with('\n') || out.ends_with('\r')) out.pop_back();
  return out.empty() ? "A: b" : out;
}

struct Noise {
  std::size_t piece;
  std::string query, before, behind, json, form;
  std::string_view opaque;
};

Noise read_noise(std::string_view input) {
  Noise noise;
  const std::string_view size = take_until(input, '\0');
  noise.piece = size.empty() || size[0] == '0' ? SIZE_MAX : static_cast<unsigned char>(size[0] - '0');
  noise.piece = std::max<std::size_t>(noise.piece, 1);
  noise.query = without(take_until(input, '\0'), "\r\n");
  noise.before = field_lines(take_until(input, '\0'));
  noise.behind = field_lines(take_until(input, '\0'));
  noise.json = take_until(input, '\0');
  noise.form = take_until(input, '\0');
  noise.opaque = input;
  return noise;
}

std::string head_of(const Noise& noise) {
  const std::string secret(kSecret);
  return "POST /?" + noise.query + "&token=" + secret + " HTTP/1.1\r\n" + noise.before + "\r\nAuthorization: Bearer " +
         secret + "\r\n" + noise.behind + "\r\nCookie: a=b; s=" + secret + "\r\n";
}

// The same lines, of the same length, without the secret; and once more changes no structure.
void check_head(const std::string& head) {
  redact::Replacer replacer(record::kTestKey);
  redact::BodyFields fields;
  std::string out = head;
  redact::redact_head(out, true, rules(), replacer, fields);
  FUZZ_CHECK(out.size() == head.size());
  FUZZ_CHECK(!leaks(out));
  for (std::size_t i = 0; i < head.size(); ++i) FUZZ_CHECK((head[i] == '\n') == (out[i] == '\n'));
  FUZZ_CHECK(record::pseudonym(kSecret).size() == kSecret.size());
}

// A document whose last member is the secret: it is not JSON, or the secret is found.
void check_json(const std::string& text) {
  redact::Replacer replacer(record::kTestKey);
  std::string out = text;
  if (!redact::redact_json(out, rules().json.in(text), replacer)) {
    FUZZ_CHECK(out == text);
    return;
  }
  FUZZ_CHECK(out.size() == text.size());
  FUZZ_CHECK(!leaks(out));
  std::string again = out;
  FUZZ_CHECK(redact::redact_json(again, rules().json.in(again), replacer));
}

bool tells_of_a_body(const std::string& fields) {
  const std::string lower = to_lower(fields);
  return lower.find("content") != std::string::npos || lower.find("transfer") != std::string::npos;
}

void check_rows(const record::SecretRig& rig) {
  for (const schema::Exchange& row : rig.rig.store.exchanges) {
    if (!row.complete) continue;
    FUZZ_CHECK(row.request_body.wire_bytes == row.request_body.bytes.size());
    FUZZ_CHECK(row.response_body.wire_bytes == row.response_body.bytes.size());
  }
}

void record_exchange(const Noise& noise, const std::string& head, const std::string& json, const std::string& form) {
  record::SecretRig rig(rules());
  rig.in(record::with_length(head + "Content-Type: application/x-www-form-urlencoded\r\n", form), noise.piece);
  rig.out("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
              record::chunked(json, noise.piece, "X-Token: " + std::string(kSecret) + "\r\n"),
          noise.piece);
  rig.close();
  rig.finish();
  check_rows(rig);
  // Fields that say what a body is decide what is looked for in it.
  if (!tells_of_a_body(noise.before) && !tells_of_a_body(noise.behind)) FUZZ_CHECK(!leaks(rig.everything()));
}

void record_opaque(const Noise& noise) {
  record::SecretRig rig;
  rig.in("\x01" + std::string(noise.opaque) + "\r\nX-Api-Key: " + std::string(kSecret) + "\r\n" +
             std::string(noise.opaque),
         noise.piece);
  rig.close();
  rig.finish();
  FUZZ_CHECK(!leaks(rig.everything()));
}

}  // namespace

void fuzz_one(std::string_view input) {
  GTEST_FLAG_SET(throw_on_failure, true);
  if (leaks(input)) return;
  const Noise noise = read_noise(input);
  const std::string head = head_of(noise);
  const std::string json = "[" + noise.json + ",{\"password\":\"" + std::string(kSecret) + "\"}]";
  const std::string form = "a=" + noise.form + "&password=" + std::string(kSecret) + "&b=c";
  check_head(head);
  check_json(json);
  record_exchange(noise, head, json, form);
  record_opaque(noise);
}

}  // namespace tracerec::fuzz
