// A stream split anywhere reads like the whole stream: the same heads, facts, bodies and ends, and refused or not. No
// byte gets lost: each is part of a head, of a body, of the unfinished head, or was not taken.
// Input: one letter (q requests; r, h, c responses to GET, HEAD, CONNECT), four characters that choose the sizes of
// the pieces (from 0x80 on: thousands of bytes; kMostPieces at most), then the stream. The first zero byte in it stands
// for 17,000 times 'x', so that short inputs reach the limit of chunk lines and trailers. More would cost the rate: the
// limit of heads, 1 MiB, is for tests/http/parser_test.cc.
#include "http/parser.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.h"

namespace tracerec::fuzz {
namespace {

struct Message {
  std::string head, facts, body;
  bool ended = false;
  bool operator==(const Message&) const = default;
};

struct Outcome {
  std::vector<Message> messages;
  bool refused = false;
  bool switched = false;
};

template <bool is_request>
std::string describe(const http::HeadFacts& facts) {
  return std::string(facts.method) + ' ' + std::string(facts.target) + ' ' + std::to_string(facts.status) +
         (facts.keep_alive ? " keep" : " close") + (facts.expects_continue ? " expect" : "");
}

template <bool is_request>
class Reading {
 public:
  explicit Reading(std::string_view method) : method_(method) { parser_.reset(method_); }

  void feed(std::string_view bytes) {
    fed_bytes_ += bytes.size();
    while (!outcome_.refused && !outcome_.switched) {
      const http::Step step = parser_.next(bytes);
      FUZZ_CHECK(step.consumed <= bytes.size());
      const std::string_view piece = bytes.substr(0, step.consumed);
      bytes.remove_prefix(step.consumed);
      switch (step.part) {
        case http::Part::kNeedMore:
          FUZZ_CHECK(bytes.empty());
          FUZZ_CHECK(given_bytes_ + parser_.unfinished_head().size() == fed_bytes_);
          return;
        case http::Part::kHead:
          given_bytes_ += parser_.head_bytes().size();
          outcome_.messages.push_back(
              {std::string(parser_.head_bytes()), describe<is_request>(parser_.facts()), "", false});
          break;
        case http::Part::kBody:
          FUZZ_CHECK(!piece.empty());
          outcome_.messages.back().body += piece;
          given_bytes_ += piece.size();
          break;
        case http::Part::kEnd:
          end();
          if (bytes.empty()) return;
          break;
        case http::Part::kError:
          FUZZ_CHECK(step.consumed == 0);
          FUZZ_CHECK(*parser_.error() != '\0');
          FUZZ_CHECK(given_bytes_ + parser_.unfinished_head().size() + bytes.size() == fed_bytes_);
          outcome_.refused = true;
          break;
      }
    }
  }

  Outcome close() {
    if (!outcome_.refused && !outcome_.switched && !parser_.at_message_start() && parser_.finish_at_close()) end();
    // How much of a refused body came out before the refusal depends on the split; nothing may be built on it.
    if (outcome_.refused && !outcome_.messages.empty() && !outcome_.messages.back().ended)
      outcome_.messages.back().body.clear();
    return std::move(outcome_);
  }

 private:
  void end() {
    FUZZ_CHECK(!outcome_.messages.empty() && !outcome_.messages.back().ended);
    outcome_.messages.back().ended = true;
    outcome_.switched = parser_.switches_protocol();
    parser_.reset(method_);
  }

  http::MessageParser<is_request> parser_;
  std::string method_;
  Outcome outcome_;
  std::size_t fed_bytes_ = 0;
  std::size_t given_bytes_ = 0;  // as heads and bodies
};

std::string expand(std::string_view stream) {
  constexpr std::size_t kExpandedBytes = 17'000;  // kCarryLimitBytes of http/parser.cc is below
  std::string expanded(stream);
  const std::size_t zero = expanded.find('\0');
  return zero == std::string::npos ? expanded : expanded.replace(zero, 1, kExpandedBytes, 'x');
}

std::size_t piece_bytes(char choice) {
  const auto number = static_cast<unsigned char>(choice);
  return std::size_t{number % 64U + 1U} * (number >= 0x80 ? 1000 : 1);
}

constexpr std::size_t kMostPieces = 128;

template <bool is_request>
void compare(std::string_view method, std::string_view sizes, std::string_view stream) {
  Reading<is_request> whole(method);
  whole.feed(stream);
  const Outcome expected = whole.close();

  Reading<is_request> split(method);
  std::string_view rest = stream;
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t size = std::max(piece_bytes(sizes[i % sizes.size()]), stream.size() / kMostPieces);
    // A copy of exactly this size: reading past its end is an error that the sanitizer sees.
    const std::vector<char> piece(rest.begin(),
                                  rest.begin() + static_cast<std::ptrdiff_t>(std::min(size, rest.size())));
    split.feed({piece.data(), piece.size()});
    rest.remove_prefix(piece.size());
  }
  const Outcome got = split.close();
  FUZZ_CHECK(got.refused == expected.refused);
  FUZZ_CHECK(got.switched == expected.switched);
  FUZZ_CHECK(got.messages == expected.messages);
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.size() < 6) return;
  const std::string_view sizes = input.substr(1, 4);
  const std::string stream = expand(input.substr(5));
  switch (input[0]) {
    case 'q':
      return compare<true>("", sizes, stream);
    case 'r':
      return compare<false>("GET", sizes, stream);
    case 'h':
      return compare<false>("HEAD", sizes, stream);
    case 'c':
      return compare<false>("CONNECT", sizes, stream);
    default:
      return;
  }
}

}  // namespace tracerec::fuzz
