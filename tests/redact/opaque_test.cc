#include "redact/opaque.h"

#include <gtest/gtest.h>

namespace tracerec::redact {
namespace {

const RedactionKey kKey{1, 2, 3};

class RedactLines : public ::testing::Test {
 protected:
  // What is stored of two pieces.
  std::string lines(std::string_view all, std::size_t cut) {
    LinesState state;
    std::string first(all.substr(0, cut)), second(all.substr(cut));
    first.resize(redact_lines(first, rules, replacer, state));
    second.resize(redact_lines(second, rules, replacer, state));
    return first + second;
  }
  std::string lines(std::string_view all) { return lines(all, all.size()); }
  std::string pseudonym(std::string_view secret) { return std::string(Pseudonyms(kKey).of(secret)); }

  RedactionRules rules = default_redaction_rules();
  Replacer replacer{kKey};
};

// A request line that the parser refused kept the token of its query.
TEST_F(RedactLines, FieldsOfQueriesAndFormsAreReplaced) {
  const std::string alias = pseudonym("s3cr3tV");
  for (const std::string before :
       {"GET /a b?token=", "GET /x?a=1&access_token=", "BAD\r\nReferer: http://h/?sig=", "GET /x y?user[password]=",
        "X\r\n\r\npassword=", "X\r\n\r\nuser=u&password=", "a=1&b=2;token="}) {
    EXPECT_EQ(lines(before + "s3cr3tV&x=1\r\nlast"), before + alias + "&x=1\r\nlast") << before;
  }
  const std::string harmless = "GET /a b?page=1&x=2 HTTP/1.1\r\nHost: h\r\n\r\nq=1\r\n\x01\x02";
  EXPECT_EQ(lines(harmless), harmless);
}

TEST_F(RedactLines, ALineThatIsCutInsideAValueKeepsNoneOfIt) {
  const std::string text = "GET /a b?x=1&token=s3cretValue1234567&y=2 HTTP/1.1\r\nHost: h\r\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string out = lines(text, cut);
    for (const char* secret : {"s3cretV", "1234567", "Value123"}) EXPECT_EQ(out.find(secret), std::string::npos) << cut;
    if (cut > text.find("\r\n")) continue;  // in the other line
    EXPECT_NE(out.find("Host: h"), std::string::npos) << cut;
  }
}

// Whose end nobody knows.
TEST_F(RedactLines, BodiesThatCannotBeSearchedAreNotStored) {
  const std::string head = "HTTP/1.1 200 OK\r\nHost: h\r\n";
  EXPECT_EQ(lines(head + "\r\n{\"a\":1,\n\"token\":\n\"s3cret\"}\r\nHost: h\r\n"), head + "\r\n");
  EXPECT_EQ(lines(head + "\r\n{\"value\":\"s3cret\",\n\"name\":\"token\"}"), head + "\r\n");
  EXPECT_EQ(lines("{\"token\":\"s3cret\"}\r\n\r\nHost: h\r\n"), "");
  for (const std::string field : {"Content-Encoding: gzip\r\n", "Content-Type: multipart/form-data; boundary=b\r\n",
                                  "content-disposition: form-data; name=\"password\"\r\n"})
    EXPECT_EQ(lines(head + field + "\r\ns3cret"), head + field + "\r\n");
  const std::string harmless = head + "Content-Encoding: identity\r\n\r\n{\"a\":\"b\"}\r\nHost: h\r\n";
  EXPECT_EQ(lines(harmless), harmless);
  const std::string cut = "{\"a\":1,\"passw", rest = "ord\":\"s3cret\"}\r\nHost: h\r\n";
  EXPECT_EQ(lines(cut + rest, cut.size()), cut);
}

TEST_F(RedactLines, LinesCutAnywhereDoNotLeak) {
  const std::string text =
      "BAD REQUEST\r\nAuthorization: Bearer s3cretValue1234567\r\n  s3cretFolded12345\r\nHost: h\r\nCookie: "
      "a=s3cretOther\r\n\r\n";
  // A row ends after a line, or anywhere in a line that is longer than a row.
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::size_t at = whole_lines(std::string_view(text).substr(0, cut));
    const std::string out = lines(text, at);
    EXPECT_EQ(out.size(), text.size());
    for (const char* secret : {"s3cretV", "1234567", "s3cretF", "12345", "s3cretO", "Other"}) {
      EXPECT_EQ(out.find(secret), std::string::npos) << cut << out;
    }
    EXPECT_NE(out.find("Host: h"), std::string::npos);
  }
  const std::string long_line = "Authorization: Bearer " + std::string(5000, 'k') + "\r\nHost: h\r\n";
  for (std::size_t cut = 15; cut < 5000; cut += 7) {
    EXPECT_EQ(lines(long_line, cut).find("kkkkkkkk"), std::string::npos) << cut;
    EXPECT_NE(lines(long_line, cut).find("Host: h"), std::string::npos) << cut;
  }
}

}  // namespace
}  // namespace tracerec::redact
