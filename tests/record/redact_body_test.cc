// Bodies that may hold secrets, from events to rows.
#include <gtest/gtest.h>

#include "http/decode.h"
#include "http/encode.h"
#include "http/message.h"
#include "secrets.h"

namespace tracerec::record {
namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const std::string kPost = "POST /login HTTP/1.1\r\nHost: h\r\n";
const std::string kJsonPost = kPost + "Content-Type: application/json\r\n";

redact::RedactionRules password_rules() {
  return rules_of(R"({"query":["token"],"form":["password"],"json":["$..password","$.token"]})");
}

// One request with its response, as the store got it.
schema::Exchange recorded(const std::string& request, const std::string& response = kOk) {
  SecretRig rig(password_rules());
  rig.in(request);
  rig.out(response);
  rig.finish();
  EXPECT_EQ(rig.rig.store.exchanges.size(), 1U);
  return rig.row();
}

std::string wire_of(const schema::Exchange& row) {
  return row.request_head + row.request_body.bytes + row.response_head + row.response_body.bytes;
}

// Without rules for bodies, a token that a login returns is the pseudonym that the header after it has.
TEST(RedactBody, TokensOfTheBuiltInListAreReplacedWhereThatIsCertain) {
  const std::string token = "eyJhbGciOi9.abcDEF012345";
  SecretRig rig(redact::default_redaction_rules());
  rig.in(with_length(kJsonPost, R"({"user":"u","password":"hunter22"})"));
  rig.out(with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
                      R"({"accessToken":")" + token + R"(","total":7})"));
  rig.in("GET /me?access_token=" + token + " HTTP/1.1\r\nAuthorization: Bearer " + token + "\r\n\r\n");
  rig.out(kOk);
  rig.finish();
  const std::string& body = rig.row(0).response_body.bytes;
  EXPECT_EQ(body.find(token), std::string::npos);
  const std::string alias = body.substr(16, token.size());
  EXPECT_EQ(rig.row(1).request_head,
            "GET /me?access_token=" + alias + " HTTP/1.1\r\nAuthorization: Bearer " + alias + "\r\n\r\n");
  EXPECT_EQ(rig.row(0).request_body.bytes, R"({"user":"u","password":")" + pseudonym("hunter22") + "\"}");
}

// At any depth, in each kind of body, however the name is written.
TEST(RedactBody, SecretsOfTheBuiltInListAreReplacedInEachKindOfBody) {
  const std::string secret = "Tr0ub4dor9";
  const std::string form = kPost + "Content-Type: application/x-www-form-urlencoded\r\n";
  const std::string multipart = kPost + "Content-Type: multipart/form-data; boundary=b\r\n";
  for (const std::string& request :
       {with_length(kJsonPost, R"({"a":[{"new_Password" : ")" + secret + "\"}]}"),
        with_length(kJsonPost, R"({"\u0070assword":")" + secret + "\"}"),
        with_length(kJsonPost, R"({"query":"mutation M { m }","variables":{"i":{"password":")" + secret + "\"}}}"),
        with_length(kPost, "{\"client_secret\":\"" + secret + "\"}"),
        with_length(kJsonPost + "Transfer-Encoding: identity\r\n", R"({"password":")" + secret + "\"}"),
        // Codings that were never applied, what keeps JSON from being run as a script, and cards.
        with_length(kJsonPost + "Content-Encoding: utf-8\r\n", R"({"password":")" + secret + "\"}"),
        with_length(kJsonPost + "Content-Encoding: gzip\r\n", R"({"password":")" + secret + "\"}"),
        with_length(form + "Content-Encoding: none\r\n", "user=a&password=" + secret),
        kJsonPost + "Transfer-Encoding: gzip, chunked\r\n\r\n19\r\n{\"password\":\"" + secret + "\"}\r\n0\r\n\r\n",
        with_length(kJsonPost, ")]}',\n{\"access_token\":\"" + secret + "\"}"),
        with_length(kJsonPost, "for(;;);{\"access_token\":\"" + secret + "\"}"),
        with_length(kJsonPost, R"({"credit_cards":[{"number":")" + secret + "\"}]}"),
        with_length(kJsonPost, R"({"Card":{"Number":")" + secret + "\"}}"),
        kJsonPost + "Transfer-Encoding: chunked, identity\r\n\r\n19 \t\n{\"password\":\"" + secret + "\"}\n0\n\n",
        with_length(kJsonPost + "no colon\r\nX(\xC3\xA9): 1\r\n", R"({"password":")" + secret + "\"}"),
        with_length(form, "user=u&user%5Bpassword%5D=" + secret), with_length(form, "user=u;a=b;password=" + secret),
        with_length(form, "Password=" + secret + "&a=b"),
        with_length(form, "payload=%7B%22api_key%22%3A%22" + secret + "%22%7D"),
        with_length(multipart,
                    "--b\r\nContent-Disposition: form-data; name=\"card[number]\"\r\n\r\n" + secret + "\r\n--b--\r\n"),
        with_length(multipart, "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" +
                                   (R"({"variables":{"otp":")" + secret) + "\"}}\r\n--b--\r\n"),
        "GET /g?query=q&variables=%7B%22p%22:%7B%22password%22:%22" + secret + "%22%7D%7D HTTP/1.1\r\n\r\n",
        "GET /g?variables={%22pwd%22:%22" + secret + "%22} HTTP/1.1\r\n\r\n",
        "GET /f?X-Amz-Signature=" + secret + "&b=c HTTP/1.1\r\nReferer: http://h/?sig=" + secret + "\r\n\r\n",
        "GET / HTTP/1.1\r\nX-Tenant-Token: " + secret + "\r\nX-Db-Password: " + secret + "\r\n\r\n"}) {
    SecretRig rig(redact::default_redaction_rules());
    rig.in(request);
    rig.out(kOk);
    rig.finish();
    EXPECT_EQ(rig.everything().find(secret), std::string::npos) << request;
    EXPECT_NE(rig.everything().find(pseudonym(secret)), std::string::npos) << request;
    EXPECT_EQ(rig.row().request_head.size() + rig.row().request_body.bytes.size(), request.size());
    EXPECT_TRUE(rig.row().complete) << request;
  }
}

// A server that returns one of these has lost the token: a pseudonym would look like one.
TEST(RedactBody, WordsThatSayThatThereIsNoSecretStay) {
  for (const char* word : {"undefined", "null", "NaN", "[object Object]", "None", "deleted", "********", ""}) {
    const std::string body = "{\"token\":\"" + std::string(word) + "\",\"n\":null}";
    SecretRig rig(redact::default_redaction_rules());
    rig.in("GET / HTTP/1.1\r\nAuthorization: Bearer " + std::string(word) + "\r\n\r\n");
    rig.out(with_length(
        "HTTP/1.1 200 OK\r\nSet-Cookie: sid=" + std::string(word) + "\r\nContent-Type: application/json\r\n", body));
    rig.finish();
    EXPECT_EQ(rig.row().response_body.bytes, body);
    EXPECT_NE(rig.row().response_head.find("sid=" + std::string(word) + "\r\n"), std::string::npos);
    EXPECT_NE(rig.row().request_head.find("Bearer " + std::string(word) + "\r\n"), std::string::npos);
    EXPECT_EQ(rig.row().notes, "");
  }
}

TEST(RedactBody, WhatTheRulesKeepStaysInBodiesAndQueries) {
  const std::string json = R"({"pass_word":"hunter22","token":"abcdefgh12345678"})";
  SecretRig rig(rules_of(R"({"keep":["password","sig"]})"));
  rig.in(with_length("POST /?sig=abc123&token=abc123 HTTP/1.1\r\nContent-Type: application/json\r\n", json));
  rig.out(kOk);
  rig.finish();
  EXPECT_EQ(rig.row().target, "/?sig=abc123&token=" + pseudonym("abc123"));
  EXPECT_EQ(rig.row().request_body.bytes, replaced(json, "abcdefgh12345678", pseudonym("abcdefgh12345678")));
}

// With the built-in list alone a body that cannot be read is stored, unless it names a secret.
TEST(RedactBody, WhatCannotBeReadIsWithheldWhereItNamesASecret) {
  const std::string deep = std::string(512, '[') + R"({"password":"x"})" + std::string(512, ']');
  const auto row_of = [](const std::string& body) {
    SecretRig rig(redact::default_redaction_rules());
    rig.in("GET / HTTP/1.1\r\n\r\n");
    rig.out(with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", body));
    rig.finish();
    return rig.row(0);
  };
  for (const std::string& body : {std::string(R"({"token":"broken)"), std::string("{\"token\":\xff}"), deep,
                                  std::string(R"({"a":{"card":{"number":"4111)")}) {
    EXPECT_EQ(row_of(body).response_body.bytes, "") << body;
    EXPECT_FALSE(row_of(body).complete);
  }
  for (const std::string& body : {std::string(R"({"total":"broken)"), std::string("not json"),
                                  R"({"token":")" + std::string(100'000, 'a') + "\"}"}) {
    EXPECT_EQ(row_of(body).response_body.bytes, body);
    EXPECT_TRUE(row_of(body).complete);
  }
}

TEST(RedactBody, TheBuiltInListReadsShortCodedAndChunkedBodies) {
  const std::string json = R"({"token":"abcdefgh12345678"})";
  for (const bool chunked : {false, true}) {
    SecretRig rig(redact::default_redaction_rules());
    rig.in("GET / HTTP/1.1\r\n\r\n");
    const std::string type = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    rig.out(chunked
                ? type + "Transfer-Encoding: chunked\r\n\r\n" + http::one_chunk(json) + "0\r\nX-Api-Key: abc\r\n\r\n"
                : with_length(type, json));
    rig.finish();
    EXPECT_EQ(rig.row(0).response_body.bytes.find("abcdefgh12345678"), std::string::npos);
    EXPECT_EQ(rig.row(0).response_body.bytes.find("X-Api-Key: abc"), std::string::npos);
    EXPECT_TRUE(rig.row(0).complete);
  }
}

TEST(RedactBody, ASecretIsEqualWhereverItStands) {
  const std::string token = "tok+En/9x=";
  SecretRig rig(password_rules());
  rig.in(with_length(kJsonPost, R"({"user":"u","password":"tok+En\/9x="})"));
  rig.out(
      with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nSet-Cookie: "
                  "s=tok%2BEn%2F9x%3D; Path=/\r\n",
                  R"({"token":"tok+En/9x="})"));
  rig.in("GET /me?token=tok%2BEn/9x= HTTP/1.1\r\nAuthorization: Bearer tok+En/9x=\r\nCookie: s=tok+En/9x=\r\n\r\n");
  rig.out(kOk);
  rig.in(with_length(kPost + "Content-Type: application/x-www-form-urlencoded\r\n", "a=1&password=tok%2bEn%2f9x="));
  rig.out(kOk);
  rig.finish();
  const std::string alias = pseudonym(token);
  const std::string upper = replaced(replaced(replaced(alias, "+", "%2B"), "/", "%2F"), "=", "%3D");
  EXPECT_EQ(rig.row(0).request_body.bytes, R"({"user":"u","password":")" + replaced(alias, "/", "\\/") + "\"}");
  EXPECT_EQ(rig.row(0).response_body.bytes, "{\"token\":\"" + alias + "\"}");
  EXPECT_NE(rig.row(0).response_head.find("Set-Cookie: s=" + upper + "; Path=/"), std::string::npos);
  EXPECT_EQ(rig.row(1).target, "/me?token=" + replaced(alias, "+", "%2B"));
  EXPECT_EQ(rig.row(1).request_head, "GET /me?token=" + replaced(alias, "+", "%2B") +
                                         " HTTP/1.1\r\nAuthorization: Bearer " + alias + "\r\nCookie: s=" + alias +
                                         "\r\n\r\n");
  EXPECT_EQ(rig.row(2).request_body.bytes, "a=1&password=" + replaced(replaced(alias, "+", "%2b"), "/", "%2f"));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(rig.row(i).complete);
    EXPECT_EQ(rig.row(i).notes, "redacted");
  }
  EXPECT_EQ(rig.counts().redacted.count, 7U);
  EXPECT_EQ(rig.counts().stored.bytes, rig.rig.store.stored_bytes());
}

TEST(RedactBody, WithoutRulesBodiesStayAndAreNotHeld) {
  const std::string body = "{\"password\":\"" + std::string(300'000, 'x') + "\"}";
  SecretRig rig;
  rig.in(with_length(kJsonPost, body), 16'384);
  EXPECT_FALSE(rig.rig.store.parts.empty());
  rig.out(kOk);
  rig.finish();
  EXPECT_EQ(rig.row().request_body.bytes, body);
  EXPECT_EQ(rig.row().notes, "");
}

TEST(RedactBody, EverySplitGivesTheSameRows) {
  const std::string request = kJsonPost + "Transfer-Encoding: chunked\r\nAuthorization: Bearer s3cretBearer\r\n\r\n" +
                              chunked(R"({"a":[{"password":"s3cretPassword"}]})", 7, "X-Api-Key: s3cretTrailer\r\n");
  const std::string response =
      "HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=s3cretInterim\r\n\r\n" +
      with_length("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n", R"( {"token":"s3cretToken"})");
  std::string whole;
  for (std::size_t piece = 1; piece <= request.size(); ++piece) {
    SecretRig rig(password_rules());
    rig.in(request, piece);
    rig.out(response, piece);
    rig.finish();
    ASSERT_EQ(rig.rig.store.exchanges.size(), 1U) << piece;
    EXPECT_TRUE(rig.row().complete);
    EXPECT_EQ(rig.everything().find("s3cret"), std::string::npos) << piece << rig.everything();
    if (piece == 1) whole = rig.everything();
    EXPECT_EQ(rig.everything(), whole) << piece;
    EXPECT_EQ(rig.counts().redacted.count, 5U) << piece;
  }
}

TEST(RedactBody, ChunkFramingIsKeptWhereTheSecretStraddlesIt) {
  const std::string json = R"({"user":"me","password":"abcdefghij"})";
  const std::string wire = chunked(json, 5);
  const schema::Exchange row = recorded(kJsonPost + "Transfer-Encoding: chunked\r\n\r\n" + wire);
  EXPECT_EQ(row.request_body.bytes, chunked(replaced(json, "abcdefghij", pseudonym("abcdefghij")), 5));
  EXPECT_EQ(row.request_body.wire_bytes, wire.size());
  EXPECT_TRUE(row.complete);
}

TEST(RedactBody, TrailersAreFieldsToo) {
  SecretRig rig;
  const std::string body(200'000, 'x');
  rig.in("GET / HTTP/1.1\r\n\r\n");
  rig.out("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
              chunked(body, 9000, "A: b\r\nSet-Cookie: s=s3cretTrailer\r\n"),
          333);
  rig.finish();
  EXPECT_EQ(rig.row().response_body.bytes,
            chunked(body, 9000, "A: b\r\nSet-Cookie: s=" + pseudonym("s3cretTrailer") + "\r\n"));
  EXPECT_TRUE(rig.row().complete);
  EXPECT_EQ(rig.row().notes, "redacted");
}

TEST(RedactBody, AMultipartFieldIsReplacedInPlace) {
  const std::string body =
      "--B\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nme\r\n"
      "--B\r\nContent-Disposition: form-data; filename=\"a; name=user\"; "
      "name=\"Password\"\r\n\r\ns3cretPassword\r\n"
      "--B\r\ncontent-disposition: form-data; name=j\r\nContent-Type: "
      "application/json\r\n\r\n{\"password\":\"s3cretJson\"}\r\n"
      "--B--\r\n";
  const std::string head = kPost + "Content-Type: multipart/form-data; boundary=\"B\"\r\n";
  const schema::Exchange row = recorded(with_length(head, body));
  EXPECT_EQ(row.request_body.bytes, replaced(replaced(body, "s3cretPassword", pseudonym("s3cretPassword")),
                                             "s3cretJson", pseudonym("s3cretJson")));
  EXPECT_TRUE(row.complete);
  for (const std::string& broken : {replaced(body, "--B--", "--B"), replaced(body, "\"}", "\""), std::string("--C--"),
                                    replaced(body, "me\r\n", "me\r\n--B--x\r\n"),
                                    replaced(body, "me\r\n", "me\r\n--B--\r\n\r\n"), "text\r\n" + body}) {
    EXPECT_EQ(recorded(with_length(head, broken)).notes, "withheld") << broken;
  }
}

// A name that is not there may be the one; and lines end in whatever way each of them likes.
schema::Exchange recorded_by_default(const std::string& request) {
  SecretRig rig(redact::default_redaction_rules());
  rig.in(request);
  rig.out(kOk);
  rig.finish();
  return rig.row();
}

// A line `--B--x` ended the search, and what followed was stored.
TEST(RedactBody, AMultipartFormThatIsNotAsItShouldBeIsWithheldWithoutRulesToo) {
  const std::string head = kPost + "Content-Type: multipart/form-data; boundary=B\r\n";
  const std::string part = "--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ns3cr3t\r\n";
  for (const std::string& body :
       {"--B--x\r\n" + part + "--B--\r\n", "preamble\r\n" + part + "--B--\r\n", part, part + "--B--\r\n" + part}) {
    const schema::Exchange row = recorded_by_default(with_length(head, body));
    EXPECT_EQ(row.request_body.bytes, "") << body;
    EXPECT_TRUE(schema::has_note(row.notes, "withheld")) << body;
  }
  const std::string folded = "--B\r\nContent-Disposition: form-data;\r\n name=\"password\"\r\n\r\ns3cr3t\r\n--B--\r\n";
  EXPECT_EQ(recorded_by_default(with_length(head, folded)).request_body.bytes.find("s3cr3t"), std::string::npos);
}

TEST(RedactBody, AJsonBodyThatIsLabelledAsSomethingElseIsSearched) {
  for (const char* type : {"text/html; charset=utf-8", "text/javascript", "application/octet-stream", "text/x-json"}) {
    const schema::Exchange row = recorded_by_default(
        with_length(kPost + "Content-Type: " + type + "\r\n", R"( {"access_token":"s3cr3tOfSomebody"})"));
    EXPECT_EQ(row.request_body.bytes.find("s3cr3t"), std::string::npos) << type;
  }
}

TEST(RedactBody, AMultipartFieldWithoutAHeadIsReplaced) {
  const std::string body =
      "--B\r\n\r\ns3cretPassword\r\n"
      "--B\nContent-Disposition: form-data; name=password\n\r\ns3cretPassword\r\n"
      "--B\r\nContent-Disposition: form-data; name=j\r\nContent-Type: "
      "application/x-ndjson\r\n\r\n{\"password\":\"s3cretJson\"}\n{\"password\":\"s3cretJson\"}\r\n--B--\r\n";
  const schema::Exchange row = recorded(with_length(kPost + "Content-Type: multipart/form-data; boundary=B\r\n", body));
  EXPECT_TRUE(row.complete);
  EXPECT_EQ(row.request_body.bytes.size(), body.size());
  EXPECT_EQ(row.request_body.bytes.find("s3cret"), std::string::npos) << row.request_body.bytes;
}

TEST(RedactBody, JsonThatIsCalledSomethingElseIsFound) {
  for (const char* type :
       {"", "Content-Type: application/x-www-form-urlencoded\r\n", "Content-Type: text/plain;charset=UTF-8\r\n",
        "Content-Type: application/vnd.api+json\r\n", "Content-Type: application/x-ndjson\r\n"}) {
    const schema::Exchange row = recorded(with_length(kPost + type, "\n{\"password\":\"s3cret12\"}"));
    EXPECT_EQ(row.request_body.bytes, "\n{\"password\":\"" + pseudonym("s3cret12") + "\"}") << type;
  }
}

TEST(RedactBody, LongTextThatIsNoJsonIsNotHeld) {
  const std::string text(redact::kHoldLimitBytes + 1000, 't');
  for (const bool in_chunks : {false, true}) {
    SecretRig rig(password_rules());
    rig.in("GET / HTTP/1.1\r\n\r\n");
    const std::string body = in_chunks ? chunked(text, 100'000) : text;
    rig.out("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" +
                (in_chunks ? "Transfer-Encoding: chunked\r\n\r\n"
                           : "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n"),
            100'000);
    rig.out(body, 100'000);
    rig.finish();
    EXPECT_TRUE(rig.row().complete);
    EXPECT_TRUE(rig.row().response_body.bytes == body);
  }
}

TEST(RedactBody, ACodedBodyIsCodedAgain) {
  const std::string json = R"({"token":"s3cretToken42","text":")" + std::string(3000, 'x') + "\"}";
  const std::string expected = replaced(json, "s3cretToken42", pseudonym("s3cretToken42"));
  for (const std::string coding : {"gzip", "deflate", "br", "zstd", "gzip, br"}) {
    for (const bool in_chunks : {false, true}) {
      http::HeaderList headers;
      headers.add("Content-Encoding", coding);
      const std::string coded = *http::encode_content(headers, json);
      const std::string head =
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: " + coding + "\r\n";
      const std::string response =
          in_chunks ? head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(coded, 11, "X-Token: s3cretTrailer\r\n")
                    : with_length(head, coded);
      SecretRig rig(password_rules());
      rig.in("GET / HTTP/1.1\r\n\r\n");
      rig.out(response, 100);
      rig.finish();
      const schema::Exchange& row = rig.row();
      EXPECT_TRUE(row.complete);
      EXPECT_EQ(row.notes, "reencoded,redacted");
      EXPECT_EQ(row.response_body.wire_bytes, row.response_body.bytes.size());
      const auto parsed = http::parse_response_head(row.response_head);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(*http::decode_body(parsed->headers, row.response_body.bytes), expected) << coding;
      if (!in_chunks) {
        EXPECT_EQ(*parsed->headers.find("Content-Length"), std::to_string(row.response_body.bytes.size()));
      }
      EXPECT_EQ(rig.everything().find("s3cret"), std::string::npos);
      EXPECT_EQ(rig.counts().reencoded_before.bytes, response.size());
      EXPECT_EQ(rig.counts().reencoded_after.bytes, row.response_head.size() + row.response_body.bytes.size());
      EXPECT_EQ(rig.counts().reencoded_after.count, 1U);
    }
  }
}

TEST(RedactBody, ACodedBodyWithoutSecretsStaysByteForByte) {
  http::HeaderList headers;
  headers.add("Content-Encoding", "gzip");
  const std::string coded = *http::encode_content(headers, R"({"nothing":"here"})");
  const schema::Exchange row =
      recorded("GET / HTTP/1.1\r\n\r\n",
               with_length("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n", coded));
  EXPECT_EQ(row.response_body.bytes, coded);
  EXPECT_EQ(row.notes, "");
}

TEST(RedactBody, WhatCannotBeReadIsWithheld) {
  const std::string secret = R"({"password":"s3cretPassword")";  // no closing brace
  for (const std::string& request : {
           with_length(kJsonPost, secret),
           with_length(kPost, secret),
           with_length(kJsonPost + "Content-Encoding: gzip\r\n", secret),
           with_length(kJsonPost + "Content-Encoding: rot13\r\n", secret + "}"),
           kJsonPost + "Transfer-Encoding: chunked\r\n\r\n" + chunked(secret, 6),
           kJsonPost + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(secret + "}", 6),
           with_length(kJsonPost, secret + ",\"a\":\"" + std::string(redact::kHoldLimitBytes, 'x') + "\"}"),
           with_length(kPost + "Content-Type: multipart/form-data\r\n", secret),
       }) {
    SecretRig rig(password_rules());
    rig.in(request, 1 << 20);
    rig.out(kOk);
    rig.finish();
    const std::size_t head = request.find("\r\n\r\n") + 4;
    ASSERT_EQ(rig.rig.store.exchanges.size(), 1U) << request.substr(0, 200);
    EXPECT_FALSE(rig.row().complete);
    EXPECT_EQ(rig.row().notes, "withheld");
    EXPECT_EQ(rig.row().request_body.bytes, "");
    EXPECT_EQ(rig.row().request_body.wire_bytes, request.size() - head);
    EXPECT_EQ(rig.rig.skipped(Skip::kWithheld), request.size() - head);
    EXPECT_EQ(rig.counts().skipped[static_cast<std::size_t>(Skip::kWithheld)].count, 1U);
    EXPECT_EQ(rig.everything().find("s3cret"), std::string::npos);
  }
}

TEST(RedactBody, ABodyWithAHoleOrWithoutItsEndIsWithheld) {
  const std::string json = R"({"a":"0123456789","password":"s3cretPassword"})";
  {
    SecretRig rig(password_rules());
    const std::string request = with_length(kJsonPost, json);
    rig.in(request.substr(0, request.size() - json.size() + 8));
    rig.tcp.miss_in(4);
    rig.in(request.substr(request.size() - json.size() + 12));
    rig.out(kOk);
    rig.finish();
    EXPECT_EQ(rig.row().notes, "hole_in_request,withheld");
    EXPECT_EQ(rig.row().request_body.wire_bytes, json.size());
    EXPECT_EQ(rig.row().request_body.bytes, "");
  }
  SecretRig rig(password_rules());
  rig.in(with_length(kJsonPost, json).substr(0, 120));
  rig.close();
  rig.finish();
  EXPECT_EQ(rig.row().request_body.bytes, "");
  EXPECT_NE(rig.row().notes.find("withheld"), std::string::npos);
}

// Memory does not grow with the number of connections: what does not fit is withheld, and later ones fit again.
TEST(RedactBody, ManyHeldBodiesShareABudget) {
  constexpr std::size_t kBudget = 100'000;
  auto redactor = redact::Redactor::create(password_rules(), kBudget);
  ASSERT_TRUE(redactor);
  TraceSink::Options options;
  options.redactor = redactor->get();
  Rig rig(options);
  std::vector<testing::FakeConnection> clients;
  const std::string body = "{\"a\":\"" + std::string(30'000, 'x') + "\"}";
  for (std::uint64_t i = 0; i < 5; ++i) {
    clients.emplace_back(i + 1);
    rig.feed(clients.back().open());
    rig.feed(clients.back().in(with_length(kJsonPost, body)));
  }
  for (auto& client : clients) rig.feed(client.out(kOk));
  rig.feed(clients[0].in(with_length(kJsonPost, body)));
  rig.feed(clients[0].out(kOk));
  rig.finish();
  std::size_t withheld = 0;
  for (const schema::Exchange& row : rig.store.exchanges) withheld += row.notes == "withheld" ? 1 : 0;
  EXPECT_EQ(withheld, 2U);
  EXPECT_TRUE(rig.store.exchanges.back().complete);
}

TEST(RedactBody, ABodyThatIsLongerThanWhatIsKeptIsWithheld) {
  redact::Redactor redactor(password_rules(), kTestKey);
  TraceSink::Options options;
  options.redactor = &redactor;
  options.max_body_bytes = 20;
  Rig rig(options);
  testing::FakeConnection tcp{1};
  rig.feed(tcp.open());
  rig.feed(tcp.in(with_length(kJsonPost, R"({"password":"s3cretPassword"})")));
  rig.feed(tcp.out(kOk));
  rig.finish();
  EXPECT_EQ(rig.store.exchanges.at(0).request_body.bytes, "");
  EXPECT_EQ(rig.skipped(Skip::kWithheld), 20U);
}

TEST(RedactBody, AResponseThatEndsWithTheConnectionIsReplaced) {
  SecretRig rig(password_rules());
  rig.in("GET / HTTP/1.1\r\n\r\n");
  rig.out("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"token\":\"s3cretToken\"}", 9);
  rig.close();
  rig.finish();
  EXPECT_TRUE(rig.row().complete);
  EXPECT_EQ(rig.row().response_body.bytes, "{\"token\":\"" + pseudonym("s3cretToken") + "\"}");
}

TEST(RedactBody, WhatIsNotStoredIsNotCountedAsReplaced) {
  SecretRig rig(password_rules());
  rig.rig.store.refuse_every = 2;  // the connection is taken, the exchange is not
  rig.in(with_length(kJsonPost, R"({"password":"s3cretPassword"})"));
  rig.out(kOk);
  rig.rig.store.refuse_every = 0;
  rig.finish();
  EXPECT_TRUE(rig.rig.store.exchanges.empty());
  EXPECT_EQ(rig.counts().redacted.count, 0U);
}

TEST(RedactBody, SecretsAreKeptWhenNobodyReplacesThem) {
  Rig rig;
  testing::FakeConnection tcp{1};
  rig.feed(tcp.open());
  const std::string request = with_length(kJsonPost + "Authorization: Bearer s3cret\r\n", R"({"password":"s3cret"})");
  rig.feed(tcp.in(request));
  rig.feed(tcp.out(kOk));
  rig.finish();
  EXPECT_EQ(wire_of(rig.store.exchanges.at(0)), request + kOk);
}

// Readers differ in which of two names counts, and in what a backslash does.
TEST(RedactBody, APartThatMayHaveTheNameOfASecretIsReplaced) {
  const std::string d = "Content-Disposition: form-data";
  for (const std::string& part :
       {d + "; name=\"pass\\word\"", d + "; name=\"a\"; name=\"password\"", d + "; name=\"password\"; name=\"a\"",
        d + "; name=\"a\"\r\n" + d + "; name=\"password\"", d + "; name=\"password\"\r\n" + d + "; name=\"a\"",
        d + "; name=\"a\"; name*=utf-8''password", d + "\r\n" + d + "; name=\"a\"", d + "; name=\"x[password]\"",
        d + "; name=\" password\""}) {
    SecretRig rig;
    const std::string body = "--B\r\n" + part + "\r\n\r\ns3cretPart\r\n--B--\r\n";
    rig.in(with_length("POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\n", body));
    rig.out("HTTP/1.1 204 No Content\r\n\r\n");
    rig.close();
    rig.finish();
    EXPECT_EQ(rig.everything().find("s3cretPart"), std::string::npos) << part;
  }
}

TEST(RedactBody, OfTwoContentTypesTheOneThatMayHaveSecretsCounts) {
  const std::string json = "Content-Type: application/json\r\n", image = "Content-Type: image/png\r\n";
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const std::string parts = "Content-Type: multipart/form-data; boundary=B\r\n";
  const std::string json_body = R"({"password":"s3cretValue"})", form_body = "password=s3cretValue";
  const std::string parts_body =
      "--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ns3cretValue\r\n--B--\r\n";
  for (const auto& [types, body] : {std::pair(json + image, json_body),
                                    {image + json, json_body},
                                    {form + image, form_body},
                                    {image + form, form_body},
                                    {form + json, form_body},
                                    {json + form, json_body},
                                    {image + image + json + image, json_body},
                                    {parts + image, parts_body},
                                    {image + parts, parts_body},
                                    {json + parts, parts_body}}) {
    SecretRig rig;
    rig.in(with_length("POST / HTTP/1.1\r\n" + types, body));
    rig.out("HTTP/1.1 204 No Content\r\n\r\n");
    rig.close();
    rig.finish();
    EXPECT_EQ(rig.everything().find("s3cretValue"), std::string::npos) << types;
  }
}

// The names of a rules file, in queries and forms as frameworks write them.
TEST(RedactBody, NamesInBracketsOfTheRulesFileAreReplaced) {
  for (const char* field : {"u[ff]", "ff[0]", "u%5Bff%5D", "x.ff", "%20ff"}) {
    SecretRig rig(rules_of(R"({"form":["ff"],"query":["ff"]})"));
    const std::string pair = std::string(field) + "=s3cretValue";
    rig.in(with_length("POST /?" + pair + " HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                       "a=1&" + pair));
    rig.out("HTTP/1.1 204 No Content\r\n\r\n");
    rig.close();
    rig.finish();
    EXPECT_EQ(rig.everything().find("s3cretValue"), std::string::npos) << field;
  }
}

}  // namespace
}  // namespace tracerec::record
