// Forms, multipart, and what a Content-Type says about them.
#include <gtest/gtest.h>

#include <vector>

#include "body/form.h"
#include "body/media_type.h"
#include "body/multipart.h"

namespace tracerec::body {
namespace {

TEST(MediaType, ParametersInQuotesAndWithout) {
  const MediaType type = parse_media_type("Text/HTML ; Charset=\"UTF-8\"; boundary=\"a;b\\\"c\"");
  EXPECT_EQ(type.type, "text/html");
  EXPECT_EQ(type.charset, "utf-8");
  EXPECT_EQ(type.boundary, "a;b\"c");
  EXPECT_EQ(parse_media_type("multipart/mixed;boundary=aB ; x=y").boundary, "aB");
  EXPECT_EQ(header_parameter("form-data; filename=\"c:\\x\\y\"; name=n", "name"), "n");
  EXPECT_EQ(header_parameter("form-data; filename=\"c:\\x\"", "filename"), "c:\\x");
  EXPECT_EQ(header_parameter("a; word; name=n", "NAME"), "n") << "a word without a value is passed over";
  EXPECT_EQ(header_parameter("a; name=\"open", "name"), "open");
  EXPECT_EQ(header_parameter("a; name", "name"), "");
}

TEST(Form, FieldsAsTheyAreWritten) {
  const std::string_view text = "a=1&&b&c==2&d=";
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (const auto field = next_form_field(text, at)) {
    fields.push_back(std::string(field->name(text)) + (field->has_value() ? " is " : " alone") +
                     std::string(field->value(text)));
  }
  EXPECT_EQ(fields, (std::vector<std::string>{"a is 1", " alone", "b alone", "c is =2", "d is "}));
  EXPECT_EQ(form_as_json("a=1&&b=x+%7A&b"), R"({"a":"1","b":"x z","b":""})");
}

std::vector<std::string> contents(std::string_view text, std::string_view boundary, bool& complete) {
  std::vector<std::string> found;
  MultipartReader reader(text, boundary);
  while (const auto part = reader.next()) {
    found.push_back(std::string(part_field(part->head(text), "name")) + ":" + std::string(part->content(text)));
  }
  complete = reader.complete();
  return found;
}

TEST(Multipart, PartsWhateverEndsTheirLines) {
  for (const std::string end : {"\r\n", "\n"}) {
    const std::string text = "preamble" + end + "--b" + end + "Name: one" + end + end + "1" + end + end + "--b" + end +
                             end + "no head" + end + "--b  " + end + "name:two" + end + "--b--" + end + "epilogue";
    bool complete = false;
    EXPECT_EQ(contents(text, "b", complete), (std::vector<std::string>{"one:1" + end, ":no head", "two:"}));
    EXPECT_TRUE(complete);
    EXPECT_EQ(contents("--b" + end + end + "1" + end + "--b--", "b", complete).size(), 1U);
    EXPECT_TRUE(complete);
    for (std::size_t size = 0; size + 10 + end.size() < text.size(); ++size) {
      (void)contents(text.substr(0, size), "b", complete);
      EXPECT_FALSE(complete) << size;
    }
  }
}

// One reader takes the line for the end, another for text.
TEST(Multipart, ALineThatIsNearlyADelimiterEndsTheParts) {
  const std::string part = "--b\r\nName: one\r\n\r\n1\r\n";
  for (const char* line : {"--b--x", "--bx", "--b-", "--b -- "}) {
    bool complete = true;
    (void)contents(part + line + "\r\nmore\r\n" + part + "--b--\r\n", "b", complete);
    EXPECT_FALSE(complete) << line;
  }
  bool complete = true;
  EXPECT_TRUE(contents("text --b\r\n\r\n1\r\n--b--", "b", complete).empty()) << "a delimiter begins its line";
}

TEST(Multipart, OtherTextIsSaid) {
  const std::string part = "--b\r\nName: one\r\n\r\n1\r\n--b--";
  for (const auto& [text, expected] : {std::pair{part, false},
                                       {part + " \r\n\r\n", false},
                                       {"\r\n" + part, false},
                                       {part + "\r\n" + part, true},
                                       {"text\r\n" + part, true}}) {
    MultipartReader reader(text, "b");
    EXPECT_TRUE(reader.next());
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.complete()) << text;
    EXPECT_EQ(reader.has_other_text(), expected) << text;
  }
}

TEST(Multipart, AnotherBoundaryHasNoParts) {
  bool complete = true;
  EXPECT_TRUE(contents("--b\r\n\r\nx\r\n--b--\r\n", "c", complete).empty());
  EXPECT_FALSE(complete);
  EXPECT_TRUE(contents("--b\r\n\r\nx\r\n--b--\r\n", "", complete).empty());
  EXPECT_FALSE(complete);
}

TEST(Multipart, AnArrayOfHeadsAndBodies) {
  EXPECT_EQ(multipart_as_json("--b\r\nA: 1\r\n\r\n{\"v\":2}\r\n--b\r\n\r\n\xFF\r\n--b--", "b"),
            R"([{"a":"1","body":{"v":2}},{"body":"1 bytes, sha256 )"
            R"(a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89"}])");
  EXPECT_FALSE(multipart_as_json("--b\r\n\r\nx", "b"));
}

}  // namespace
}  // namespace tracerec::body
