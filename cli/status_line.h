// One line on stderr that is rewritten in place while something long goes on. Only on a terminal.
#pragma once

#include <string>

namespace tracerec::cli {

class StatusLine {
 public:
  StatusLine();
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  [[nodiscard]] bool enabled() const { return enabled_; }
  // Of `text`, which has no control characters, as much as fits the terminal.
  void show(const std::string& text);
  void clear();

 private:
  bool enabled_;
  bool shown_ = false;
};

}  // namespace tracerec::cli
