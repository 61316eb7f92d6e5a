// The status line, and what stands around a response.
#include "diff/compare.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "tests/diff/differences.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

KeepDifferences compare(const Message& recorded, const Message& replayed, const char* method = "GET") {
  KeepDifferences sink;
  compare_messages(method, recorded, replayed, sink);
  return sink;
}

Message with_status_line(const char* version, const char* reason) {
  Message message = response(200, {}, "x");
  message.version = version;
  message.reason = reason;
  return message;
}

TEST(StatusLine, AnotherVersionIsADifference) {
  const auto sink = compare(with_status_line("HTTP/1.1", "OK"), with_status_line("HTTP/1.0", "OK"));
  ASSERT_EQ(sink.brief(), Lines{"value version"});
  EXPECT_EQ(sink.kept[0].recorded + " " + sink.kept[0].replayed, "HTTP/1.1 HTTP/1.0");
  EXPECT_TRUE(compare(with_status_line("HTTP/1.1", ""), with_status_line("", "")).kept.empty()) << "not known";
  EXPECT_TRUE(compare(with_status_line("HTTP/2", ""), with_status_line("HTTP/1.1", "OK")).not_compared.empty());
  EXPECT_TRUE(compare(with_status_line("HTTP/2", ""), with_status_line("HTTP/1.1", "OK")).kept.empty());
}

TEST(StatusLine, AnotherReasonIsCounted) {
  const auto sink = compare(with_status_line("HTTP/1.1", "OK"), with_status_line("HTTP/1.1", "Fine"));
  EXPECT_TRUE(sink.kept.empty());
  EXPECT_EQ(sink.not_compared, Lines{"reason_phrase"});
}

TEST(InterimResponses, AreCounted) {
  Message hinted = response(200, {}, "x");
  hinted.interim = {103};
  EXPECT_EQ(compare(hinted, response(200, {}, "x")).not_compared, Lines{"interim_responses"});
  EXPECT_TRUE(compare(hinted, hinted).not_compared.empty());
}

TEST(BodilessResponses, ABodyThereIsADifference) {
  const auto head = [](const char* body) { return response(200, {{"Content-Length", "5"}}, body); };
  EXPECT_EQ(compare(head(""), head("hello"), "HEAD").brief(), Lines{"added body"});
  EXPECT_EQ(compare(response(204, {}, ""), response(204, {}, "hello")).brief(), Lines{"added body"});
  EXPECT_EQ(compare(response(304, {}, "a"), response(304, {}, "")).brief(), Lines{"missing body"});
}

Message typed(const char* type, std::string body) {
  return response(200, {{"Content-Type", type}}, std::move(body));
}

TEST(JsonGuards, AreTakenOffWhenBothHaveThem) {
  for (const char* guard : {")]}',\n", ")]}'\n", "while(1);", "for(;;);", "for (;;);", "{}&&"}) {
    const std::string g = guard;
    for (const char* type : {"application/json", "text/plain"}) {
      EXPECT_EQ(compare(typed(type, g + R"({"a":1})"), typed(type, g + R"({"a":2})")).brief(), Lines{"value $.a"}) << g;
    }
    EXPECT_EQ(compare(typed("application/json", g + R"({"a":1})"), typed("application/json", R"({"a":1})")).brief(),
              Lines{"type body"})
        << "a guard that is gone";
  }
  EXPECT_TRUE(compare(typed("text/plain", ")]}',\n[1]"), typed("text/plain", ")]}',[ 1 ]")).kept.empty());
}

TEST(ContentEncoding, ThatIsNoneIsText) {
  const auto coded = [](const char* coding, std::string body) {
    return response(200, {{"Content-Encoding", coding}, {"Content-Type", "application/json"}}, std::move(body));
  };
  EXPECT_EQ(compare(coded("UTF-8", R"({"a":1})"), coded("UTF-8", R"({"a":2})")).brief(), Lines{"value $.a"});
  EXPECT_EQ(compare(coded("UTF-8", "[1]"), coded("none", "[1]")).brief(), Lines{"value header:Content-Encoding"});
  EXPECT_EQ(compare(coded("compress", "[1]"), coded("compress", "[2]")).not_compared, Lines{"undecodable"});
}

TEST(Charsets, AByteOrderMarkIsSpelling) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const auto& [type, body] :
       {std::pair{"application/json", "[1]"}, std::pair{"text/xml", "<?xml version='1.0'?><a/>"},
        std::pair{"text/html", "<p>x</p>"}, std::pair{"text/plain", "x"},
        std::pair{"application/x-ndjson", "{\"a\":1}"}}) {
    const auto sink = compare(typed(type, mark + body), typed(type, body));
    EXPECT_TRUE(sink.kept.empty()) << type;
    EXPECT_EQ(sink.not_compared, Lines{"spelling"}) << type;
  }
  EXPECT_EQ(compare(typed("text/xml", mark + "<a>1</a>"), typed("text/xml", mark + "<a>2</a>")).brief(),
            Lines{"value $.a[0]"});
  EXPECT_EQ(compare(typed("image/x", mark + "\xFF"), typed("image/x", "\xFF")).brief(), Lines{"length offset 0"});
}

// What is shown is UTF-8.
TEST(Charsets, OfAsiaAreDecoded) {
  struct Case {
    const char *charset, *before, *after, *meant;
  };
  for (const Case& one : {Case{"gb2312", "\xC4\xE3", "\xBA\xC3", "你"}, Case{"GBK", "\xC4\xE3", "\xBA\xC3", "你"},
                          Case{"gb18030", "\xC4\xE3", "\xBA\xC3", "你"}, Case{"Shift_JIS", "\x93\xFA", "\x96{", "日"},
                          Case{"x-sjis", "\x93\xFA", "\x96{", "日"}, Case{"EUC-KR", "\xC7\xD1", "\xB1\xDB", "한"},
                          Case{"big5", "\xA4\xA4", "\xA4\xE5", "中"}, Case{"euc-jp", "\xC6\xFC", "\xCB\xDC", "日"}}) {
    const std::string type = std::string("text/html; charset=") + one.charset;
    const auto html = [](const char* text) { return "<p>" + std::string(text) + "</p>"; };
    const auto sink = compare(typed(type.c_str(), html(one.before)), typed(type.c_str(), html(one.after)));
    ASSERT_EQ(sink.brief(), Lines{"value $.p[0]"}) << one.charset;
    EXPECT_EQ(sink.kept[0].recorded, "\"" + std::string(one.meant) + "\"") << one.charset;
    const auto same =
        compare(typed(type.c_str(), html(one.before)), typed("text/html; charset=utf-8", html(one.meant)));
    EXPECT_EQ(same.brief(), Lines{"value header:Content-Type"}) << one.charset;
  }
}

TEST(Charsets, DeclaredInTheMarkupItself) {
  for (const auto& [type, head] :
       {std::pair{"text/html", "<meta charset=\"gb2312\">"},
        std::pair{"text/html", "<meta http-equiv=Content-Type content='text/html; charset=GB2312'>"}}) {
    const auto sink =
        compare(typed(type, std::string(head) + "<p>\xC4\xE3</p>"), typed(type, std::string(head) + "<p>\xBA\xC3</p>"));
    ASSERT_EQ(sink.kept.size(), 1U) << head;
    EXPECT_EQ(sink.kept[0].recorded, "\"你\"");
  }
  const std::string xml = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
  const auto sink = compare(typed("text/xml", xml + "<a>\xE9</a>"), typed("text/xml", xml + "<a>\xE8</a>"));
  ASSERT_EQ(sink.brief(), Lines{"value $.a[0]"});
  EXPECT_EQ(sink.kept[0].replayed, "\"è\"");
}

std::string frame(char flag, const std::string& content) {
  return std::string(1, flag) + std::string(3, '\0') + static_cast<char>(content.size()) + content;
}

TEST(GrpcWeb, MessagesAndTrailers) {
  const auto body = [](const char* value, const char* status) {
    return frame('\0', std::string("\x0A\x01") + value) +
           frame('\x80', "grpc-status:" + std::string(status) + "\r\nGrpc-Message: x\r\n");
  };
  for (const char* type : {"application/grpc-web", "application/grpc-web+proto"}) {
    EXPECT_EQ(compare(typed(type, body("a", "0")), typed(type, body("b", "0"))).brief(), Lines{"value $[0]['1'][0]"});
    EXPECT_EQ(compare(typed(type, body("a", "0")), typed(type, body("a", "13"))).brief(),
              Lines{"value $[1]['grpc-status']"});
  }
  const auto text = [&](const char* value, const char* status) {
    const std::string whole = body(value, status);
    return encode_base64(whole.substr(0, 8)) + encode_base64(whole.substr(8));
  };
  for (const char* type : {"application/grpc-web-text", "application/grpc-web-text+proto; charset=utf-8"}) {
    EXPECT_EQ(compare(typed(type, text("a", "0")), typed(type, text("b", "0"))).brief(), Lines{"value $[0]['1'][0]"});
    EXPECT_EQ(compare(typed(type, text("a", "0")), typed(type, text("a", "2"))).brief(),
              Lines{"value $[1]['grpc-status']"});
  }
  EXPECT_EQ(compare(typed("application/grpc-web", "\x01xxxx"), typed("application/grpc-web", "\x01xxxy")).not_compared,
            Lines{"structure"});
  EXPECT_EQ(compare(typed("application/grpc-web-text", "!"), typed("application/grpc-web-text", "?")).not_compared,
            Lines{"structure"});
  for (std::size_t size = 0; size < 8; ++size) {
    (void)compare(typed("application/grpc-web", body("a", "0").substr(0, size)), typed("application/grpc-web", "x"));
  }
}

}  // namespace
}  // namespace tracerec::diff
