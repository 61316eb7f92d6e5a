#include "body/json_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace tracerec::body {
namespace {

// Writes down what it is told.
struct Log {
  std::string_view text;
  std::string events{};

  void on_begin(ValueType type, std::size_t begin) {
    events += (type == ValueType::kObject ? '{' : '[') + std::to_string(begin) + ' ';
  }
  void on_end(std::size_t end) { events += "end" + std::to_string(end) + ' '; }
  void on_element() { events += "- "; }
  void on_name(const JsonString& name) { events.append(name.in(text)).append(": "); }
  void on_string(const JsonString& string) {
    events.append(string.escaped ? "escaped " : "").append("'").append(string.in(text)).append("' ");
  }
  void on_scalar(ValueType type, std::size_t begin, std::size_t end) {
    const bool is_number = type == ValueType::kInteger || type == ValueType::kDecimal;
    events.append(is_number ? "#" : "").append(text.substr(begin, end - begin)).append(" ");
  }
};

template <JsonDialect dialect = JsonDialect{}>
std::string scan(std::string_view text) {
  Log log{text};
  JsonScanner<dialect, Log> scanner(text, log);
  if (!scanner.read_value()) return log.events + "failed at " + std::to_string(scanner.offset());
  return log.events + (scanner.at_end() ? "done" : "more");
}

TEST(JsonScanner, TellsWhatStandsWhere) {
  EXPECT_EQ(scan(R"( {"a": [1, -2.5e3, "x\n"], "b": {}, "c": null} )"),
            R"({1 a: [7 - #1 - #-2.5e3 - escaped 'x\n' end25 b: {32 end34 c: null end46 done)");
  EXPECT_EQ(scan("\xEF\xBB\xBF[]"), "[3 end5 done");
  EXPECT_EQ(scan("1 2"), "#1 more");
}

TEST(JsonScanner, StopsWhereTheTextIsNotJson) {
  EXPECT_EQ(scan("[1,]"), "[0 - #1 - failed at 3");
  EXPECT_EQ(scan("[1 2]"), "[0 - #1 failed at 3");
  EXPECT_EQ(scan("{1:2}"), "{0 failed at 1");
  EXPECT_EQ(scan(R"(["\x"])"), "[0 - failed at 2");
  EXPECT_EQ(scan("\"a\nb\""), "failed at 2");
  EXPECT_EQ(scan("\"\xFF\""), "failed at 3");
  EXPECT_EQ(scan("[tru]"), "[0 - failed at 1");
  EXPECT_EQ(scan("[}"), "[0 - failed at 1");
  EXPECT_EQ(scan(""), "failed at 0");
}

TEST(JsonScanner, DialectsAreAsLenientAsTheySay) {
  constexpr JsonDialect kAny = {.control_characters = true, .any_bytes = true, .any_escape = true, .any_word = true};
  EXPECT_EQ(scan<kAny>("[NaN, 012, \"a\n\xFF\\x\"]"), "[0 - NaN - #012 - escaped 'a\n\xFF\\x' end19 done");
  EXPECT_EQ(scan<kAny>("[truer]"), "[0 - truer end7 done");
  EXPECT_EQ(scan<kAny>("[,]"), "[0 - failed at 1");
  EXPECT_EQ(scan<kAny>("\"a\\"), "failed at 2");
  constexpr JsonDialect kOneDeep = {.max_depth = 1};
  EXPECT_EQ(scan<kOneDeep>("[[]]"), "[0 - failed at 1");
  EXPECT_EQ(scan<kOneDeep>("[1]"), "[0 - #1 end3 done");
}

}  // namespace
}  // namespace tracerec::body
