// One body on its way into the store: held back while a secret may be in it, or passed on with its trailers replaced.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/chunk_walker.h"
#include "redact/head.h"
#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// A body that rules may apply to is held up to this length, and its content up to the second one. What is longer is
// withheld. JSON responses of real APIs stay far below.
constexpr std::size_t kHoldLimitBytes = std::size_t{8} << 20;
constexpr std::size_t kContentLimitBytes = std::size_t{32} << 20;
// With RedactionRules::best_effort a longer one passes as it is. A response with a token is short; one that is coded is
// decoded for it.
constexpr std::size_t kBestEffortBytes = std::size_t{64} << 10;
constexpr std::size_t kBestEffortCodedBytes = std::size_t{4} << 10;
// Of all bodies that are held at one time; a recorder must not grow with the number of connections.
struct HoldBudget {
  std::size_t limit_bytes = std::size_t{64} << 20;
  std::size_t held_bytes = 0;
};

// What a head says that has to be done with its body.
struct BodyPlan {
  enum class Kind : std::uint8_t {
    kUntouched,
    kText,       // a form, or of no type that says: JSON when it begins like it
    kJson,       // says that it is JSON
    kMultipart,  // multipart/form-data
  };
  Kind kind = Kind::kUntouched;
  bool form = false;  // form rules apply to a kText
  bool content_coded = false;
  bool chunked = false;
  bool other_transfer_coding = false;  // that cannot be undone here
  std::string boundary;

  // False: the bytes may pass as they are.
  [[nodiscard]] bool needs_guard() const { return kind != Kind::kUntouched || chunked; }
};
[[nodiscard]] BodyPlan plan_body(const BodyFields& fields, const RedactionRules& rules);

// One thread. Everything given must outlive it.
class BodyGuard {
 public:
  BodyGuard(BodyPlan plan, const RedactionRules& rules, Replacer& replacer, HoldBudget& budget);
  BodyGuard(const BodyGuard&) = delete;
  BodyGuard& operator=(const BodyGuard&) = delete;
  ~BodyGuard();

  // Takes the next bytes of the wire and appends to `out` those that are kept. While holding() `out` must stay whole.
  void append(std::string_view bytes, std::string& out);
  [[nodiscard]] bool holding() const { return mode_ == Mode::kHold; }

  struct Outcome {
    std::uint64_t withheld_bytes = 0;  // taken, but not kept
    // Of a message whose body was encoded again: head and body before and after. 0 for others.
    std::uint64_t reencoded_before = 0;
    std::uint64_t reencoded_after = 0;
    // It may hold secrets of the built-in names, but is too long, broken, cut or coded in an unknown way: kept as it
    // is.
    bool unsearched = false;
  };
  // A body as it was captured, borrowed for one call.
  struct Body {
    std::string& bytes;         // what append() gave
    std::uint64_t& wire_bytes;  // its true length
  };
  // No more bytes come; `whole` says whether the body ended as it should. Replaces what is to be replaced in
  // `body.bytes`, and the length in `head` when that changed.
  [[nodiscard]] Outcome finish(bool whole, std::string& head, bool is_request, Body body);

 private:
  enum class Mode { kHold, kPass, kWithhold };
  void pass(std::string_view bytes, std::string& out);
  void withhold(std::string& out);
  void let_go(std::string& out);
  [[nodiscard]] std::size_t best_effort_bytes() const;
  [[nodiscard]] bool may_pass(std::string_view held) const;
  [[nodiscard]] bool redact_content(Bytes content);
  bool redact_as_it_stands(std::string& wire, bool is_whole);
  void give_up(std::string& wire);
  [[nodiscard]] bool redact_json_content(Bytes content);
  [[nodiscard]] bool redact_parts(Bytes content);
  [[nodiscard]] bool redact_payload(std::string& wire);
  [[nodiscard]] bool redact_coded(std::string& wire, std::string& head, bool is_request, Outcome& outcome);
  void redact_trailers(Bytes trailers);

  BodyPlan plan_;
  const RedactionRules& rules_;
  Replacer& replacer_;
  HoldBudget& budget_;
  Mode mode_;
  http::ChunkWalker walker_;
  std::string trailers_;  // of a body that passes
  std::size_t held_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t dropped_ = 0;
  bool unsearched_ = false;
};

}  // namespace tracerec::redact
