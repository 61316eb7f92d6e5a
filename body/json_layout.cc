#include "body/json_layout.h"

#include <algorithm>

namespace tracerec::body {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The end of the string whose quote stands at `at`.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

class Layout {
 public:
  explicit Layout(std::string_view json) : json_(json) {}

  std::string run() {
    for (std::size_t at = 0; at < json_.size();) at = add(at);
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kDeepest = 20;  // levels that are shown as such: white space has a bound, too

  std::size_t add(std::size_t at) {
    const char c = json_[at];
    if (is_space(c)) return at + 1;
    if (c == '"') return add_text(at, end_of_string(json_, at));
    if (c == '{' || c == '[') return open(at);
    if (c == '}' || c == ']') return close(at);
    if (c != ',' && c != ':') return add_text(at, at + 1);
    out_ += c;
    c == ':' ? void(out_ += ' ') : new_line();
    return at + 1;
  }

  std::size_t add_text(std::size_t at, std::size_t end) {
    out_.append(json_.substr(at, end - at));
    return end;
  }

  std::size_t open(std::size_t at) {
    out_ += json_[at];
    std::size_t next = at + 1;
    while (next < json_.size() && is_space(json_[next])) ++next;
    const bool is_empty = next < json_.size() && (json_[next] == '}' || json_[next] == ']');
    if (is_empty) return add_text(next, next + 1);
    ++depth_;
    new_line();
    return next;
  }

  std::size_t close(std::size_t at) {
    depth_ -= depth_ > 0;
    new_line();
    out_ += json_[at];
    return at + 1;
  }

  void new_line() {
    out_ += '\n';
    out_.append(2 * std::min(depth_, kDeepest), ' ');
  }

  std::string_view json_;
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string lay_out_json(std::string_view json) {
  return Layout(json).run();
}

}  // namespace tracerec::body
