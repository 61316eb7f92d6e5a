// A secret in a part that the rules name does not outlive redaction, whatever stands around it; what was not replaced
// stays where it was; and recorded in pieces, none of it reaches the store.
// Input, with zero bytes between: how the boundary begins · length of the pieces ('1' is 1, '0' all at once) · what
// stands before the part · header lines of the part after its name · what stands after it. 0x01 there is a delimiter.
#include "body/multipart.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "fuzz.h"
#include "record/secrets.h"
#include "redact/multipart.h"
#include "secret.h"

namespace tracerec::fuzz {
namespace {

const redact::RedactionRules& rules() {
  static const auto kRules = record::rules_of(R"({"form":["password"],"json":["$..password"]})");
  return kRules;
}

// What RFC 2046 §5.1.1 allows in a boundary.
bool is_boundary(std::string_view text) {
  constexpr std::string_view kMarks = "'()+_,-./:=?";
  return !text.empty() && text.size() <= 70 && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// So long that no pseudonym looks like it by chance.
constexpr std::string_view kBoundaryEnd = "Zt4x7Kq0";

struct Input {
  std::string boundary;
  std::size_t piece = SIZE_MAX;
  std::string before, fields, after;
};

Input read_input(std::string_view input) {
  Input read;
  read.boundary = std::string(take_until(input, '\0')) + std::string(kBoundaryEnd);
  const std::string_view size = take_until(input, '\0');
  if (!size.empty() && size[0] > '0') read.piece = static_cast<unsigned char>(size[0] - '0');
  const std::string delimiter = "--" + read.boundary;
  read.before = record::replaced(std::string(take_until(input, '\0')), "\x01", delimiter);
  read.fields = take_until(input, '\0');
  read.after = record::replaced(std::string(input), "\x01", delimiter);
  return read;
}

// The fields must not be a head of their own, or end this one.
std::string lines_of(std::string_view fields) {
  std::string lines;
  while (!fields.empty()) {
    std::string line(take_until(fields, '\n'));
    std::erase(line, '\r');
    if (!line.empty()) lines += line + "\r\n";
  }
  return lines;
}

std::string part(const Input& input, const std::string& fields, const std::string& content) {
  return "\r\n--" + input.boundary + "\r\n" + fields + lines_of(input.fields) + "\r\n" + content + "\r\n--" +
         input.boundary;
}

std::string named_part(const Input& input) {
  return input.before + part(input, "Content-Disposition: form-data; name=\"password\"\r\n", std::string(kSecret)) +
         input.after;
}

std::string json_part(const Input& input) {
  const std::string json = "{\"a\":[{\"password\":\"" + std::string(kSecret) + "\"}]}";
  return input.before +
         part(input, "Content-Type: application/json\r\nContent-Disposition: form-data; name=\"data\"\r\n", json) +
         input.after;
}

std::vector<std::size_t> offsets(std::string_view text, std::string_view boundary) {
  std::vector<std::size_t> all;
  body::MultipartReader reader(text, boundary);
  while (const auto part = reader.next()) all.insert(all.end(), {part->begin, part->content_begin, part->end});
  return all;
}

void check_redaction(const std::string& text, const std::string& boundary) {
  redact::Replacer replacer(record::kTestKey);
  std::string out = text;
  const bool understood = redact::redact_multipart(out, boundary, rules(), replacer);
  FUZZ_CHECK(out.size() == text.size());
  if (!understood) return;
  FUZZ_CHECK(!leaks(out));
  FUZZ_CHECK(offsets(out, boundary) == offsets(text, boundary));
  const redact::Replaced replaced = replacer.take_replaced();
  FUZZ_CHECK(replaced.values > 0 && replaced.bytes >= kSecret.size());
}

void check_recording(const std::string& text, const Input& input) {
  record::SecretRig rig(rules());
  const std::string type = "Content-Type: multipart/form-data; boundary=\"" + input.boundary + "\"\r\n";
  rig.in(record::with_length("POST / HTTP/1.1\r\nHost: a\r\n" + type, text), input.piece);
  rig.out("HTTP/1.1 204 No\r\n\r\n");
  rig.close();
  rig.finish();
  FUZZ_CHECK(!leaks(rig.everything()));
}

}  // namespace

void fuzz_one(std::string_view input) {
  GTEST_FLAG_SET(throw_on_failure, true);
  const Input read = read_input(input);
  if (leaks(input) || !is_boundary(read.boundary)) return;
  for (const std::string& text : {named_part(read), json_part(read)}) {
    check_redaction(text, read.boundary);
    check_recording(text, read);
  }
}

}  // namespace tracerec::fuzz
