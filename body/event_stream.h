// Server-sent events (WHATWG HTML §9.2). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tracerec::body {

// An array of the events: "data", as JSON where it is an object or array, and "event", "id" and "retry" where they are
// not empty. Comments are left out; an event that the end cuts off counts too.
[[nodiscard]] std::string event_stream_as_json(std::string_view text);

// "text/event-stream". `type` is lower case (media_type.h).
[[nodiscard]] inline bool is_event_stream_type(std::string_view type) {
  return type == "text/event-stream";
}

// Counts the events of a stream while it passes by: those whose end, an empty line, has come. Any split of the text
// gives the same count.
class EventCounter {
 public:
  void add(std::string_view text);
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  void end_line();

  std::uint64_t count_ = 0;
  bool has_field_ = false;  // the event that is being read
  bool is_empty_ = true;    // the line that is being read
  bool after_cr_ = false;
};

// How many whole events the text holds.
[[nodiscard]] std::uint64_t count_events(std::string_view text);

// The text up to the end of event number `count`; all of it when it holds fewer.
[[nodiscard]] std::string_view first_events(std::string_view text, std::uint64_t count);

}  // namespace tracerec::body
