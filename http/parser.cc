// How this works: see parser.h. The states of a message are
//   head (bytes gathered until the empty line) → body (counted, chunked, or until close) → end.
#include "http/parser.h"

#include <algorithm>
#include <optional>

#include "http/chunk_walker.h"
#include "http/head_end.h"
#include "http/normalize.h"
#include "http/sniff.h"
#include "http/strict_parser.h"
#include "http/token.h"

namespace tracerec::http {
namespace {

// Appending a long body to a short unfinished head would copy it for nothing.
constexpr std::size_t kGatherStepBytes = 16 << 10;

constexpr std::size_t kLongestMethod = 32;

// Tells garbage (TLS, a binary protocol) from a request by its first word, before a whole head has to be gathered.
bool may_be_request(std::string_view bytes) {
  bytes.remove_prefix(blank_prefix(bytes));
  const std::string_view word = bytes.substr(0, bytes.find(' '));
  if (word.size() > kLongestMethod) return false;
  if (word.empty() && !bytes.empty()) return false;
  return std::all_of(word.begin(), word.end(), is_token_char);
}

bool may_be_response(std::string_view bytes) {
  constexpr std::string_view kStart = "HTTP/1.";
  const std::size_t known = std::min(bytes.size(), kStart.size());
  return bytes.substr(0, known) == kStart.substr(0, known);
}

}  // namespace

template <bool is_request>
struct MessageParser<is_request>::Impl {
  enum class State { kHead, kCounted, kChunked, kUntilClose, kEnd, kError };
  static constexpr const char* kNotAMessage = is_request ? "not a request" : "not a response";

  State state = State::kHead;
  std::string method_of_request;
  std::string gathered;      // an unfinished head, or a head that came in pieces
  std::size_t searched = 0;  // of `gathered`
  std::string normalized;    // backs the views of `facts` when the head needed it
  std::string_view head;     // the complete head
  std::optional<StrictParser<is_request>> strict;
  ChunkWalker walker;           // kChunked
  std::uint64_t remaining = 0;  // kCounted
  HeadFacts facts;
  bool switched = false;
  const char* error = "";
  std::size_t refused_head = 0;  // bytes

  void reset(std::string_view request_method) {
    state = State::kHead;
    method_of_request = request_method;
    gathered.clear();
    searched = 0;
    head = {};
    walker = {};
    facts = {};
    switched = false;
    error = "";
    refused_head = 0;
  }

  Step fail(const char* why) {
    state = State::kError;
    error = why;
    return {Part::kError, 0};
  }

  Step next(std::string_view bytes) {
    switch (state) {
      case State::kHead:
        return next_head(bytes);
      case State::kCounted:
        return next_counted(bytes);
      case State::kChunked:
        return next_chunked(bytes);
      case State::kUntilClose:
        return {bytes.empty() ? Part::kNeedMore : Part::kBody, bytes.size()};
      case State::kEnd:
        return {Part::kEnd, 0};
      case State::kError:
        break;
    }
    return {Part::kError, 0};
  }

  [[nodiscard]] std::size_t start_of_search(std::string_view bytes) const {
    return is_request ? std::max(searched, blank_prefix(bytes)) : searched;
  }

  Step next_head(std::string_view bytes) {
    if (!gathered.empty()) return gather_head(bytes);
    if (bytes.empty()) return {Part::kNeedMore, 0};
    const std::size_t end = find_head_end(bytes, start_of_search(bytes));
    if (end == std::string_view::npos) return gather_head(bytes);
    head = bytes.substr(0, end);
    return read_head(0);
  }

  Step gather_head(std::string_view bytes) {
    const std::size_t before = gathered.size();
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t taken = std::min(rest.size(), kGatherStepBytes);
      gathered.append(rest.substr(0, taken));
      rest.remove_prefix(taken);
      if (!(is_request ? may_be_request(gathered) : may_be_response(gathered))) return refuse(before, kNotAMessage);
      const std::size_t end = find_head_end(gathered, start_of_search(gathered));
      if (end != std::string_view::npos) {
        gathered.resize(end);
        head = gathered;
        return read_head(before);
      }
      // An LF may still become the first half of the empty line.
      searched = gathered.size() < 2 ? 0 : gathered.size() - 2;
      if (gathered.size() > kHeadLimitBytes) return refuse(before, "head too large");
    }
    return {Part::kNeedMore, bytes.size()};
  }

  // Bytes taken in earlier calls stay in `gathered` for unfinished_head(); those of this call are not taken.
  Step refuse(std::size_t before, const char* why) {
    gathered.resize(before);
    head = {};
    return fail(why);
  }

  // Asks what gather_head() asks of a head that came in pieces: a split must not decide.
  [[nodiscard]] bool may_be_head() const { return is_request ? may_be_request(head) : may_be_response(head); }

  // `before`: how much of the head was taken in earlier calls.
  Step read_head(std::size_t before) {
    if (!may_be_head()) return refuse(before, kNotAMessage);
    if (!parse_strictly(head) || strict->has_other_framing()) {
      normalized = normalize_head(head, is_request);
      if (!parse_strictly(normalized)) {
        refused_head = head.size();
        return refuse(before, why_bad_head());
      }
    }
    facts.method = strict->method;
    facts.target = strict->target;
    facts.status = strict->status;
    facts.expects_continue = strict->expects_continue;
    facts.keep_alive = strict->keep_alive();
    choose_framing();
    return {Part::kHead, head.size() - before};
  }

  [[nodiscard]] const char* why_bad_head() const {
    if (is_request && starts_with_http2_preface(head)) return "http/2";
    return is_request ? "bad request head" : "bad response head";
  }

  bool parse_strictly(std::string_view bytes) {
    strict.emplace();
    if (!is_request && method_of_request == "HEAD") strict->skip(true);
    boost::beast::error_code failed;
    strict->put(boost::asio::const_buffer(bytes.data(), bytes.size()), failed);
    return !failed && strict->is_header_done();
  }

  void choose_framing() {
    if (!is_request && (facts.status == 101 || (method_of_request == "CONNECT" && facts.status / 100 == 2))) {
      switched = true;
      state = State::kEnd;
    } else if (strict->is_done()) {
      state = State::kEnd;
    } else if (strict->chunked()) {
      state = State::kChunked;
    } else if (strict->content_length()) {
      remaining = *strict->content_length();
      state = remaining == 0 ? State::kEnd : State::kCounted;
    } else {
      state = is_request ? State::kEnd : State::kUntilClose;
    }
  }

  Step next_counted(std::string_view bytes) {
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining));
    skip(taken);
    return {taken == 0 ? Part::kNeedMore : Part::kBody, taken};
  }

  void skip(std::uint64_t bytes) {
    remaining -= bytes;
    if (remaining == 0) state = State::kEnd;
  }

  // What a refused body begins with has been given out, and the next call says that it is refused.
  Step next_chunked(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !walker.at_end()) {
      const ChunkWalker::Piece piece = walker.next(bytes.substr(taken));
      if (piece.part == ChunkWalker::Part::kError) {
        state = State::kError;
        error = "bad chunk";
        break;
      }
      taken += piece.bytes;
    }
    if (walker.at_end()) state = State::kEnd;
    if (taken == 0) return {state == State::kError ? Part::kError : Part::kNeedMore, 0};
    return {Part::kBody, taken};
  }
};

template <bool is_request>
MessageParser<is_request>::MessageParser() : impl_(std::make_unique<Impl>()) {}
template <bool is_request>
MessageParser<is_request>::MessageParser(MessageParser&&) noexcept = default;
template <bool is_request>
MessageParser<is_request>& MessageParser<is_request>::operator=(MessageParser&&) noexcept = default;
template <bool is_request>
MessageParser<is_request>::~MessageParser() = default;

template <bool is_request>
void MessageParser<is_request>::reset(std::string_view request_method) {
  impl_->reset(request_method);
}

template <bool is_request>
Step MessageParser<is_request>::next(std::string_view bytes) {
  return impl_->next(bytes);
}

template <bool is_request>
bool MessageParser<is_request>::finish_at_close() {
  if (impl_->state == Impl::State::kUntilClose) impl_->state = Impl::State::kEnd;
  return impl_->state == Impl::State::kEnd;
}

template <bool is_request>
std::string_view MessageParser<is_request>::head_bytes() const {
  return impl_->head;
}

template <bool is_request>
const HeadFacts& MessageParser<is_request>::facts() const {
  return impl_->facts;
}

template <bool is_request>
bool MessageParser<is_request>::switches_protocol() const {
  return impl_->switched;
}

template <bool is_request>
bool MessageParser<is_request>::at_message_start() const {
  return impl_->state == Impl::State::kHead && impl_->gathered.empty();
}

template <bool is_request>
std::uint64_t MessageParser<is_request>::skippable_bytes() const {
  if (impl_->state == Impl::State::kUntilClose) return UINT64_MAX;
  return impl_->state == Impl::State::kCounted ? impl_->remaining : 0;
}

template <bool is_request>
void MessageParser<is_request>::skip(std::uint64_t bytes) {
  if (impl_->state == Impl::State::kCounted) impl_->skip(bytes);
}

template <bool is_request>
const char* MessageParser<is_request>::error() const {
  return impl_->error;
}

template <bool is_request>
std::size_t MessageParser<is_request>::refused_head_bytes() const {
  return impl_->refused_head;
}

template <bool is_request>
std::string_view MessageParser<is_request>::unfinished_head() const {
  return impl_->head.empty() ? std::string_view(impl_->gathered) : std::string_view{};
}

template class MessageParser<true>;
template class MessageParser<false>;

}  // namespace tracerec::http
