#include "body/event_stream.h"

#include <utility>

#include "body/json_document.h"
#include "body/json_text.h"
#include "body/lines.h"

namespace tracerec::body {
namespace {

// An event while it is read.
struct Event {
  std::string data, name, id, retry;
  bool any = false;

  void take(std::string_view line) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view field = line.substr(0, colon);
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    any = any || !field.empty();
    if (field == "data") data.append(data.empty() ? "" : "\n").append(value);
    if (field == "event") name = value;
    if (field == "id") id = value;
    if (field == "retry") retry = value;
  }

  void append_to(std::string& json) const {
    json += R"({"data":)";
    append_json_or_string(json, data);
    for (const auto& [key, value] : {std::pair{R"(,"event":)", &name}, {R"(,"id":)", &id}, {R"(,"retry":)", &retry}}) {
      if (value->empty()) continue;
      json += key;
      append_json_string(json, *value);
    }
    json += '}';
  }
};

}  // namespace

std::string event_stream_as_json(std::string_view text) {
  std::string json = "[";
  Event event;
  const auto dispatch = [&] {
    if (!event.any) return;
    if (json.size() > 1) json += ',';
    event.append_to(json);
    event = {};
  };
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) {
      dispatch();
    } else {
      event.take(line);
    }
  }
  dispatch();
  return json + "]";
}

void EventCounter::add(std::string_view text) {
  for (const char c : text) {
    const bool second = after_cr_ && c == '\n';  // of one line end
    after_cr_ = c == '\r';
    if (second) continue;
    if (c == '\n' || c == '\r') {
      end_line();
    } else {
      has_field_ |= is_empty_ && c != ':';  // a comment is no field
      is_empty_ = false;
    }
  }
}

void EventCounter::end_line() {
  if (is_empty_ && has_field_) {
    ++count_;
    has_field_ = false;
  }
  is_empty_ = true;
}

std::uint64_t count_events(std::string_view text) {
  EventCounter counter;
  counter.add(text);
  return counter.count();
}

std::string_view first_events(std::string_view text, std::uint64_t count) {
  EventCounter counter;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (counter.count() >= count) return text.substr(0, at);
    counter.add(text.substr(at, 1));
  }
  return text;
}

}  // namespace tracerec::body
