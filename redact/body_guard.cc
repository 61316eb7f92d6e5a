#include "redact/body_guard.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "body/media_type.h"
#include "http/decode.h"
#include "http/encode.h"
#include "http/message.h"
#include "redact/json.h"
#include "redact/multipart.h"
#include "redact/pairs.h"

// How this works. A body that no rule can apply to passes; of a chunked one the trailers, which are field lines, are
// kept back until they are complete. Any other is held until its end. Without a content coding its payload is replaced
// where it stands, chunk by chunk, and nothing moves. With one it is decoded, replaced and, if that changed anything,
// encoded again, which changes its length. What goes wrong on the way withholds the body: it is counted, not stored.
// Tests: tests/record/redact_body_test.cc.

namespace tracerec::redact {
namespace {

// Far above what the parser lets through as trailers.
constexpr std::size_t kTrailersLimitBytes = 64 << 10;

// A stretch of payload in a wire body.
struct Stretch {
  std::size_t begin;
  std::size_t length;
};

// The payload of a chunked body and where its trailers begin. False: the framing does not parse.
bool find_payload(std::string_view wire, std::vector<Stretch>& payload, std::size_t& trailers) {
  http::ChunkWalker walker;
  for (std::size_t at = 0; at < wire.size();) {
    const auto piece = walker.next(wire.substr(at));
    if (piece.part == http::ChunkWalker::Part::kError) return false;
    if (piece.part == http::ChunkWalker::Part::kData) payload.push_back({at, piece.bytes});
    at += piece.bytes;
    if (walker.in_trailers()) {
      trailers = at;
      return true;
    }
  }
  return false;
}

char first_character(std::string_view text) {
  const std::size_t at = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return at == std::string_view::npos ? '\0' : text[at];
}

bool begins_like_json(std::string_view text) {
  const char first = first_character(text);
  return first == '{' || first == '[';
}

bool may_be_unlabelled_json(std::string_view type) {
  if (type == "text/event-stream") return false;
  return type.starts_with("text/") || type == "application/octet-stream" || type == "*/*" ||
         type.ends_with("/javascript") || type.ends_with("/csp-report");
}

Result<http::HeaderList> headers_of(std::string_view head, bool is_request) {
  if (is_request) {
    auto parsed = http::parse_request_head(head);
    if (!parsed) return parsed.error();
    return std::move(parsed->headers);
  }
  auto parsed = http::parse_response_head(head);
  if (!parsed) return parsed.error();
  return std::move(parsed->headers);
}

}  // namespace

namespace {

// What one Content-Type asks for.
void plan_type(std::string_view content_type, const RedactionRules& rules, BodyPlan& plan) {
  const std::string type = body::type_of(content_type);
  const bool is_form = type == "application/x-www-form-urlencoded";
  if (type == "multipart/form-data") {
    if (!rules.concern_bodies() && rules.form.empty()) return;
    plan.kind = BodyPlan::Kind::kMultipart;
    plan.boundary = body::header_parameter(content_type, "boundary");
  } else if (type.find("json") != std::string::npos) {
    if (!rules.json.all.empty()) plan.kind = BodyPlan::Kind::kJson;
  } else if (is_form || type.empty() || may_be_unlabelled_json(type)) {
    // Clients send JSON as a form or as text when nobody tells them what to call it (curl -d, fetch with a string), and
    // servers as HTML, which is the default of PHP and others.
    plan.form = !rules.form.empty() && (is_form || type.empty());
    if (plan.form || !rules.json.all.empty()) plan.kind = BodyPlan::Kind::kText;
  }
}

// Two lines may say different things, and who reads them takes the first, the last, or both: what may be JSON or a form
// is searched as such. A form that begins like JSON is JSON.
void add_type(std::string_view content_type, const RedactionRules& rules, BodyPlan& plan) {
  BodyPlan other;
  plan_type(content_type, rules, other);
  plan.form = plan.form || other.form;
  if (plan.boundary.empty()) plan.boundary = other.boundary;
  plan.kind = std::max(plan.kind, other.kind);
  if (plan.form && plan.kind == BodyPlan::Kind::kJson) plan.kind = BodyPlan::Kind::kText;
}

}  // namespace

BodyPlan plan_body(const BodyFields& fields, const RedactionRules& rules) {
  BodyPlan plan;
  plan.chunked = fields.chunked;
  plan.content_coded = fields.content_coded;
  plan.other_transfer_coding = fields.other_transfer_coding;
  plan_type(fields.content_type, rules, plan);
  for (const std::string_view type : fields.other_types) add_type(type, rules, plan);
  return plan;
}

BodyGuard::BodyGuard(BodyPlan plan, const RedactionRules& rules, Replacer& replacer, HoldBudget& budget)
    : plan_(std::move(plan)),
      rules_(rules),
      replacer_(replacer),
      budget_(budget),
      mode_(plan_.kind == BodyPlan::Kind::kUntouched ? Mode::kPass : Mode::kHold) {}

BodyGuard::~BodyGuard() {
  budget_.held_bytes -= held_;
}

void BodyGuard::append(std::string_view bytes, std::string& out) {
  taken_ += bytes.size();
  if (mode_ == Mode::kPass) return pass(bytes, out);
  if (mode_ == Mode::kWithhold) {
    dropped_ += bytes.size();
    return;
  }
  out.append(bytes);
  held_ += bytes.size();
  budget_.held_bytes += bytes.size();
  const bool too_long = out.size() > best_effort_bytes();
  const bool gives_up = !rules_.concern_bodies() && (too_long || budget_.held_bytes > budget_.limit_bytes);
  const bool is_harmless = may_pass(out);
  unsearched_ = gives_up && !is_harmless;
  if (gives_up || is_harmless) {
    let_go(out);
  } else if (out.size() > kHoldLimitBytes || budget_.held_bytes > budget_.limit_bytes) {
    withhold(out);
  }
}

std::size_t BodyGuard::best_effort_bytes() const {
  if (rules_.thorough) return kHoldLimitBytes;
  return plan_.content_coded ? kBestEffortCodedBytes : kBestEffortBytes;
}

void BodyGuard::let_go(std::string& out) {
  mode_ = Mode::kPass;
  budget_.held_bytes -= std::exchange(held_, 0);
  pass(std::exchange(out, {}), out);
}

// Bytes that are secret for nobody; of a chunked body all but the trailers.
void BodyGuard::pass(std::string_view bytes, std::string& out) {
  if (!plan_.chunked) {
    out.append(bytes);
    return;
  }
  while (!bytes.empty()) {
    const auto piece = walker_.next(bytes);
    if (piece.part == http::ChunkWalker::Part::kError || trailers_.size() > kTrailersLimitBytes) {
      mode_ = Mode::kWithhold;
      dropped_ += bytes.size() + trailers_.size();
      trailers_.clear();
      return;
    }
    const bool trailers = piece.part == http::ChunkWalker::Part::kTrailers;
    (trailers ? trailers_ : out).append(bytes.substr(0, piece.bytes));
    bytes.remove_prefix(piece.bytes);
  }
}

void BodyGuard::withhold(std::string& out) {
  mode_ = Mode::kWithhold;
  dropped_ = taken_;
  out = {};
  budget_.held_bytes -= std::exchange(held_, 0);
}

// Text is let go as soon as its first character shows that it is not JSON, so that long texts are not held.
bool BodyGuard::may_pass(std::string_view held) const {
  if (plan_.kind != BodyPlan::Kind::kText || plan_.form || plan_.content_coded || plan_.other_transfer_coding) {
    return false;
  }
  if (!plan_.chunked) return first_character(held) != '\0' && !begins_like_json(held);
  std::vector<Stretch> payload;
  std::size_t trailers = 0;
  constexpr std::size_t kEnough = 4096;
  (void)find_payload(held.substr(0, kEnough), payload, trailers);
  for (const Stretch& stretch : payload) {
    const std::string_view text = held.substr(stretch.begin, stretch.length);
    if (first_character(text) != '\0') return !begins_like_json(text);
  }
  return false;
}

BodyGuard::Outcome BodyGuard::finish(bool whole, std::string& head, bool is_request, Body body) {
  Outcome outcome;
  budget_.held_bytes -= std::exchange(held_, 0);
  if (mode_ == Mode::kHold && taken_ > 0) {
    const Replaced before = replacer_.replaced();
    const bool is_whole = whole && taken_ == body.wire_bytes;
    const bool redacted =
        is_whole && !plan_.other_transfer_coding &&
        (plan_.content_coded ? redact_coded(body.bytes, head, is_request, outcome) : redact_payload(body.bytes));
    if (!redacted) {
      replacer_.set_replaced(before);
      if (!redact_as_it_stands(body.bytes, is_whole)) give_up(body.bytes);
    }
    if (outcome.reencoded_before > 0) body.wire_bytes = body.bytes.size();
  }
  redact_trailers(trailers_);
  body.bytes += trailers_;
  outcome.withheld_bytes = dropped_;
  outcome.unsearched = unsearched_;
  return outcome;
}

// Clients and servers name codings that they never applied; and of a form that is cut the beginning can be read. Only
// where nothing but the built-in names is asked for.
bool BodyGuard::redact_as_it_stands(std::string& wire, bool is_whole) {
  if (rules_.concern_bodies() || !is_utf8(wire)) return false;
  const bool is_coded = plan_.content_coded || plan_.other_transfer_coding;
  if (is_whole) return is_coded && redact_payload(wire);
  if (plan_.chunked || !plan_.form || begins_like_json(wire)) return false;
  redact_form(Bytes(wire), rules_, replacer_);
  return true;
}

// It cannot be said what is in it. With the built-in names alone it is let go unless it names a secret. A multipart
// form that does not end as it should, or has text between its parts, may have a password anywhere.
void BodyGuard::give_up(std::string& wire) {
  if (rules_.concern_bodies() || plan_.kind == BodyPlan::Kind::kMultipart || !rules_.json.in(wire).empty())
    return withhold(wire);
  unsearched_ = true;
  let_go(wire);
}

// Without a rule to follow it need not be JSON. What stands in front of it keeps it from being run as a script
// (`)]}',`, `for(;;);`).
bool BodyGuard::redact_json_content(Bytes content) {
  const std::vector<JsonRule>& rules = rules_.json.in(view(content));
  if (rules.empty()) return true;
  constexpr std::size_t kLongestGuard = 32;
  const bool is_guarded = std::string_view(")wf").find(first_character(view(content))) != std::string_view::npos;
  const std::size_t begin = is_guarded ? view(content).substr(0, kLongestGuard).find_first_of("{[") : 0;
  return redact_json(content.subspan(begin == std::string_view::npos ? 0 : begin), rules, replacer_);
}

// Changes all that is to be changed, or nothing.
bool BodyGuard::redact_parts(Bytes content) {
  const std::string before(view(content));
  if (redact_multipart(content, plan_.boundary, rules_, replacer_)) return true;
  before.copy(content.data(), content.size());
  return false;
}

// The content, unframed and decoded. False: it cannot be said what is in it.
bool BodyGuard::redact_content(Bytes content) {
  if (content.empty()) return true;
  switch (plan_.kind) {
    case BodyPlan::Kind::kJson:
      return redact_json_content(content);
    case BodyPlan::Kind::kMultipart:
      return redact_parts(content);
    case BodyPlan::Kind::kText:
      if (begins_like_json(view(content)) && !rules_.json.in(view(content)).empty())
        return redact_json_content(content);
      if (plan_.form) redact_form(content, rules_, replacer_);
      return true;
    case BodyPlan::Kind::kUntouched:
      break;
  }
  return true;
}

// A body without content coding, in place.
bool BodyGuard::redact_payload(std::string& wire) {
  if (!plan_.chunked) return redact_content(wire);
  std::vector<Stretch> stretches;
  std::size_t trailers = 0;
  if (!find_payload(wire, stretches, trailers)) return false;
  std::string payload;
  for (const Stretch& one : stretches) payload.append(wire, one.begin, one.length);
  if (!redact_content(payload)) return false;
  std::size_t from = 0;
  for (const Stretch& one : stretches) {
    payload.copy(&wire[one.begin], one.length, from);
    from += one.length;
  }
  redact_trailers(Bytes(wire).subspan(trailers));
  return true;
}

// A body with content codings.
bool BodyGuard::redact_coded(std::string& wire, std::string& head, bool is_request, Outcome& outcome) {
  std::vector<Stretch> stretches;
  std::size_t trailers = 0;
  if (plan_.chunked && !find_payload(wire, stretches, trailers)) return false;
  const auto headers = headers_of(head, is_request);
  if (!headers) return false;
  auto content = http::decode_body(*headers, wire, kContentLimitBytes);
  if (!content) return false;
  if (plan_.chunked) redact_trailers(Bytes(wire).subspan(trailers));
  const std::string before = *content;
  if (!redact_content(*content)) return false;
  if (*content == before) return true;
  const auto encoded = http::encode_content(*headers, *content);
  if (!encoded) return false;
  outcome.reencoded_before = head.size() + wire.size();
  if (plan_.chunked) {
    const std::size_t last_chunk =
        stretches.empty() ? 0 : wire.find('\n', stretches.back().begin + stretches.back().length) + 1;
    wire = http::one_chunk(*encoded) + wire.substr(last_chunk);
  } else {
    wire = *encoded;
    head = http::with_content_length(head, wire.size());
  }
  outcome.reencoded_after = head.size() + wire.size();
  return true;
}

void BodyGuard::redact_trailers(Bytes trailers) {
  BodyFields unused;
  redact_head(trailers, false, rules_, replacer_, unused);
}

}  // namespace tracerec::redact
