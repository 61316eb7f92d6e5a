// Secrets in bytes that are not HTTP as far as we can tell, and nowhere at all.
#include <gtest/gtest.h>

#include <random>

#include "http/encode.h"
#include "secrets.h"

namespace tracerec::record {
namespace {

TEST(RedactOpaque, ARefusedRequestDoesNotLeakItsHeader) {
  SecretRig rig;
  rig.in("GET /with space HTTP/1.1\r\nAuthorization: Bearer s3cretToken\r\nX: y\r\n\r\n", 10);
  rig.close();
  rig.finish();
  ASSERT_FALSE(rig.rig.store.opaque.empty());
  EXPECT_EQ(rig.everything().find("s3cretToken"), std::string::npos);
  EXPECT_NE(rig.everything().find("Authorization: Bearer " + pseudonym("s3cretToken")), std::string::npos);
  EXPECT_EQ(rig.counts().redacted.count, 1U);
}

// The request line was stored as it came.
TEST(RedactOpaque, ARefusedRequestDoesNotLeakItsQuery) {
  SecretRig rig;
  rig.in("GET /with space?token=s3cretToken&a=b HTTP/1.1\r\nHost: h\r\n\r\n", 10);
  rig.close();
  rig.finish();
  EXPECT_NE(rig.everything().find("GET /with space?token=" + pseudonym("s3cretToken") + "&a=b HTTP/1.1"),
            std::string::npos);
  EXPECT_EQ(rig.everything().find("s3cretToken"), std::string::npos);
}

// The body of a response whose request was missed, what follows a broken chunk, and frames of a WebSocket.
TEST(RedactOpaque, WhatMayHoldASecretOfABodyIsWithheld) {
  SecretRig rig;
  rig.out("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"token\":\"s3cretTok\"}");
  rig.in("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"pXXs3cretTok\r\n");
  rig.close();
  rig.finish();
  EXPECT_EQ(rig.everything().find("s3cretTok"), std::string::npos) << rig.everything();
  EXPECT_GT(rig.rig.skipped(Skip::kWithheld), 0U);

  SecretRig socket;
  socket.in("GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  socket.out("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x09s3cretTok");
  socket.finish();
  EXPECT_EQ(socket.everything().find("s3cretTok"), std::string::npos);
  EXPECT_EQ(socket.rig.skipped(Skip::kWithheld), 11U);
}

TEST(RedactOpaque, ALineOverTwoRowsDoesNotLeak) {
  for (std::size_t filler = 16'320; filler < 16'420; ++filler) {
    SecretRig rig;
    rig.in("\x01garbage\r\n" + std::string(filler, 'f') +
               "\r\nAuthorization: Bearer s3cretToken\r\n s3cretFold\r\nlast\r\n",
           4096);
    rig.close();
    rig.finish();
    ASSERT_GE(rig.rig.store.opaque.size(), 2U);
    EXPECT_EQ(rig.everything().find("s3cret"), std::string::npos) << filler;
    EXPECT_NE(rig.everything().find("last"), std::string::npos);
    std::uint64_t position = 0;
    for (const schema::Opaque& row : rig.rig.store.opaque) {
      EXPECT_EQ(row.position, position);
      position += row.bytes.size();
    }
  }
}

TEST(RedactOpaque, ASecretLongerThanARowDoesNotLeak) {
  SecretRig rig;
  rig.in("\x01garbage\r\nX-Api-Key: " + std::string(40'000, 'k') + "\r\nlast\r\n", 5000);
  rig.close();
  rig.finish();
  EXPECT_EQ(rig.everything().find("kkkkkkkk"), std::string::npos);
  EXPECT_NE(rig.everything().find("last"), std::string::npos);
}

TEST(RedactOpaque, CiphertextIsLeftAlone) {
  SecretRig rig;
  const std::string hello = std::string("\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03", 11) +
                            "\nCookie: a=ciphertext\n" + std::string(40, 'r');
  rig.in(hello);
  rig.close();
  rig.finish();
  ASSERT_EQ(rig.rig.store.opaque.size(), 1U);
  EXPECT_EQ(rig.rig.store.opaque[0].reason, "tls");
  EXPECT_EQ(rig.rig.store.opaque[0].bytes, hello);
}

TEST(RedactOpaque, Http2IsWithheld) {
  SecretRig rig;
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  rig.in(preface + "\x0f\x08s3cretToken");
  rig.close();
  rig.finish();
  EXPECT_EQ(rig.everything().find("s3cret"), std::string::npos);
  EXPECT_EQ(rig.rig.store.opaque.at(0).reason, "http/2");
  EXPECT_EQ(rig.rig.skipped(Skip::kWithheld), preface.size() + 13);
}

// Where a field of a body is cannot be told in bytes without framing.
TEST(RedactOpaque, WithRulesForBodiesNothingOpaqueIsStored) {
  SecretRig rig(rules_of(R"({"json":["$..password"]})"));
  rig.in("BAD \r\n\r\n{\"password\":\"s3cret\"}");
  rig.close();
  rig.finish();
  EXPECT_EQ(rig.everything().find("s3cret"), std::string::npos);
}

// ---- no secret anywhere, whatever the traffic looks like

class Traffic {
 public:
  explicit Traffic(unsigned seed) : random_(seed) {}

  std::string secret() {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    std::string text;
    for (int i = 0; i < 20; ++i) text += kLetters[pick(kLetters.size())];
    secrets.push_back(text);
    return text;
  }
  std::string fields() {
    std::string text;
    for (std::size_t i = pick(4); i > 0; --i) {
      switch (pick(6)) {
        case 0:
          text += "Authorization: Bearer " + secret() + eol_;
          break;
        case 1:
          text += "COOKIE: a=" + secret() + "; b=" + secret() + eol_;
          break;
        case 2:
          text += "Set-Cookie: a=" + secret() + "; Secure" + eol_;
          break;
        case 3:
          text += "X-Api-Key:" + secret() + eol_ + " " + secret() + eol_;
          break;
        case 4:
          text += "Referer: http://h/?q=1&token=" + secret() + eol_;
          break;
        default:
          text += "X-Custom: " + secret() + eol_;
      }
    }
    return text + "Accept: */*" + eol_;
  }
  std::string content(std::string& type) {
    switch (pick(4)) {
      case 0:
        type = "application/json";
        return R"({"list":[{"password":")" + secret() + R"("},{"n":1}],"pass\u0077ord":")" + secret() + "\"}";
      case 1:
        type = "application/x-www-form-urlencoded";
        return "a=b&password=" + secret() + "&c=d";
      case 2:
        type = "multipart/form-data; boundary=xx";
        return "--xx\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n" + secret() + "\r\n--xx--\r\n";
      default:
        type = "application/octet-stream";
        return std::string(pick(300), 'o');
    }
  }
  std::string message(const std::string& start_line) {
    eol_ = pick(3) == 0 ? "\n" : "\r\n";
    std::string type;
    std::string body = content(type);
    std::string head = start_line + eol_ + "Content-Type: " + type + eol_ + fields();
    const char* codings[] = {"", "gzip", "deflate", "br", "zstd"};
    const std::string coding = codings[pick(5)];
    if (!coding.empty()) {
      http::HeaderList headers;
      headers.add("Content-Encoding", coding);
      body = *http::encode_content(headers, body);
      head += "Content-Encoding: " + coding + eol_;
    }
    if (pick(5) == 0 && !body.empty()) body.pop_back();  // damaged
    if (pick(2) == 0)
      return head + "Transfer-Encoding: chunked" + eol_ + eol_ + chunked(body, 1 + pick(40), fields_of_trailers());
    return head + "Content-Length: " + std::to_string(body.size()) + eol_ + eol_ + body;
  }
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

  std::vector<std::string> secrets;

 private:
  std::string fields_of_trailers() { return pick(2) == 0 ? "" : "X-Token: " + secret() + "\r\n"; }

  std::mt19937 random_;
  std::string eol_;
};

TEST(Redaction, NoSecretReachesTheStore) {
  std::size_t complete = 0, withheld = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Traffic traffic(seed);
    SecretRig rig(rules_of(R"({"headers":["X-Custom"],"query":["token"],"form":["password"],"json":["$..password"]})"));
    for (int i = 0; i < 4; ++i) {
      rig.in(traffic.message("POST /a?b=c&token=" + traffic.secret() + " HTTP/1.1"), 1 + traffic.pick(200));
      rig.out(traffic.message("HTTP/1.1 200 OK"), 1 + traffic.pick(200));
      if (traffic.pick(10) == 0) rig.in("nonsense \x01\r\nAuthorization: Bearer " + traffic.secret() + "\r\n\r\n");
    }
    rig.close();
    rig.finish();
    const std::string all = rig.everything();
    for (const std::string& secret : traffic.secrets) {
      ASSERT_EQ(all.find(secret.substr(0, 8)), std::string::npos) << "seed " << seed << " " << secret << "\n" << all;
      ASSERT_EQ(all.find(secret.substr(12)), std::string::npos) << "seed " << seed << " " << secret << "\n" << all;
    }
    for (const schema::Exchange& row : rig.rig.store.exchanges) {
      complete += row.complete ? 1 : 0;
      withheld += row.notes.find("withheld") != std::string::npos ? 1 : 0;
      if (!row.complete) continue;
      ASSERT_EQ(row.request_body.wire_bytes, row.request_body.bytes.size());
      ASSERT_EQ(row.response_body.wire_bytes, row.response_body.bytes.size());
    }
  }
  EXPECT_GT(complete, 500U);
  EXPECT_GT(withheld, 50U);
}

}  // namespace
}  // namespace tracerec::record
