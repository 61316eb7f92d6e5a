#include "redact/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tracerec::redact {
namespace {

const RedactionKey kKey{1, 2, 3};

class RedactJson : public ::testing::Test {
 protected:
  // The text with what `paths` name replaced; "refused" when it is not JSON.
  std::string redact(std::string text, const std::vector<std::string>& paths) {
    std::vector<JsonRule> rules;
    for (const std::string& path : paths) {
      auto rule = parse_json_rule(path);
      EXPECT_TRUE(rule) << path;
      rules.push_back(*rule);
    }
    const std::string before = text;
    if (!redact_json(text, rules, replacer)) {
      EXPECT_EQ(text, before);
      return "refused";
    }
    EXPECT_EQ(text.size(), before.size());
    return text;
  }
  // As a body is: with the built-in names, and only when there may be one.
  std::string redact_builtin(std::string text) {
    const RedactionRules rules = default_redaction_rules();
    const auto& paths = rules.json.in(text);
    if (!paths.empty()) (void)redact_json(text, paths, replacer);
    return text;
  }
  std::string pseudonym(std::string_view secret) { return std::string(Pseudonyms(kKey).of(secret)); }

  Replacer replacer{kKey};
};

TEST_F(RedactJson, PathsNameWhatIsReplaced) {
  const std::string text =
      R"({"a":{"b":"s1","c":"k"},"list":[{"token":"s2"},{"token":"s3"}],"b":"k","x":{"y":[{"password":"s4"}]}})";
  EXPECT_EQ(redact(text, {"$.a.b"}), std::string(text).replace(text.find("s1"), 2, pseudonym("s1")));
  std::string both = text;
  both.replace(both.find("s2"), 2, pseudonym("s2")).replace(both.find("s3"), 2, pseudonym("s3"));
  EXPECT_EQ(redact(text, {"$.list[*].token"}), both);
  EXPECT_EQ(redact(text, {"$.list[1]['token']"}), std::string(text).replace(text.find("s3"), 2, pseudonym("s3")));
  EXPECT_EQ(redact(text, {"$..password"}), std::string(text).replace(text.find("s4"), 2, pseudonym("s4")));
  EXPECT_EQ(redact(text, {"$..y[*].password"}), std::string(text).replace(text.find("s4"), 2, pseudonym("s4")));
  EXPECT_EQ(redact(text, {"$.token", "$.a.b.c", "$.list.token", "$.list[2]"}), text);
}

TEST_F(RedactJson, NamesAreFoundInAnyCaseAndUnescaped) {
  EXPECT_EQ(redact(R"({"PassWord":"ab1"})", {"$.password"}), "{\"PassWord\":\"" + pseudonym("ab1") + "\"}");
  EXPECT_EQ(redact(R"({"pass\u0077ord":"ab1"})", {"$.password"}), "{\"pass\\u0077ord\":\"" + pseudonym("ab1") + "\"}");
  EXPECT_EQ(redact(R"({"a":"ab1","a":"cd2"})", {"$.a"}),
            "{\"a\":\"" + pseudonym("ab1") + "\",\"a\":\"" + pseudonym("cd2") + "\"}");
}

TEST_F(RedactJson, EverythingInsideANamedObjectIsReplaced) {
  const std::string out = redact(R"({"card":{"n":"4111","v":[123,true,null,{"x":"yz9"}]},"o":"keep"})", {"$.card"});
  const auto json = nlohmann::json::parse(out);
  EXPECT_EQ(json["card"]["n"], pseudonym("4111"));
  EXPECT_NE(json["card"]["v"][0], 123);
  EXPECT_EQ(json["card"]["v"][1], true);
  EXPECT_EQ(json["card"]["v"][2], nullptr);
  EXPECT_EQ(json["card"]["v"][3]["x"], pseudonym("yz9"));
  EXPECT_EQ(json["o"], "keep");
}

// HAR, variables of an environment, settings: {"name": …, "value": …}.
TEST_F(RedactJson, AValueBesideTheNameOfASecretIsReplaced) {
  const std::string alias = pseudonym("s3cr3tValue");
  for (const std::string text :
       {R"({"name":"password","value":"s3cr3tValue"})", R"({"value":"s3cr3tValue","name":"password"})",
        R"({"headers":[{"name":"Accept","value":"a"},{"name":"Authorization","value":"s3cr3tValue"}]})",
        R"([{"key":"Cookie","value":"s3cr3tValue"}])", R"([{"k":"api_key","v":"s3cr3tValue"}])",
        R"({"Key":"MYSQL_ROOT_PASSWORD","Value":"s3cr3tValue"})", R"({"na\u006de":"password","value":"s3cr3tValue"})",
        R"({"name":"pass\u0077ord","value":"s3cr3tValue"})", R"({"name" : "token" , "values":["s3cr3tValue"]})",
        R"({"key":"http.request.header.authorization","value":{"stringValue":"s3cr3tValue","n":[{"x":"a"}]}})",
        R"({"value":{"name":"a","value":"s3cr3tValue"},"name":"password"})",
        R"({"ParameterKey":"DbPassword","ParameterValue":"s3cr3tValue"})",
        R"({"value":"s3cr3tValue","o":{"name":"x","value":"y"},"name":"password"})",
        R"({"name":"otp","value":"s3cr3tValue","o":{"name":"token","value":"s3cr3tValue"}})"}) {
    const std::string out = redact_builtin(text);
    EXPECT_EQ(out.find("s3cr3tValue"), std::string::npos) << text;
    EXPECT_NE(out.find(alias), std::string::npos) << text;
    EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  }
  for (const std::string text :
       {R"({"name":"user","value":"s3cr3tValue","password":null})", R"({"name":"password"},{"value":"s3cr3tValue"})",
        R"({"o":{"name":"password"},"value":"s3cr3tValue"})", R"({"name":"password","other":"s3cr3tValue"})",
        R"(["password","s3cr3tValue"])"}) {
    EXPECT_EQ(redact_builtin(text), text);
  }
}

TEST_F(RedactJson, OfAPluralTheTextsInItsListAreReplaced) {
  EXPECT_EQ(redact_builtin(R"({"tokens":["ab1",{"id":"k"},7,["cd2"]],"api_keys":"ef3"})"),
            "{\"tokens\":[\"" + pseudonym("ab1") + "\",{\"id\":\"k\"},7,[\"" + pseudonym("cd2") +
                "\"]],\"api_keys\":\"" + pseudonym("ef3") + "\"}");
  EXPECT_EQ(redact_builtin(R"({"usage":{"tokens":512}})"), R"({"usage":{"tokens":512}})");
}

TEST_F(RedactJson, AnEscapedSecretEqualsThePlainOne) {
  const std::string secret = "p\xC3\xA4ss/\"\xF0\x9F\x94\x91\n1!";
  const std::string out = redact(R"(["p\u00e4ss\/\"\uD83D\uDD11\n1!","pä\u0073s/\"🔑\u000a1!"])", {"$[*]"});
  const auto json = nlohmann::json::parse(out);
  EXPECT_EQ(json[0], pseudonym(secret));
  EXPECT_EQ(json[1], pseudonym(secret));
}

TEST_F(RedactJson, HalfASurrogatePairStaysHalfOne) {
  const std::string out = redact(R"({"a":"x\ud83dy\udd11"})", {"$.a"});
  EXPECT_EQ(out.substr(0, 6), "{\"a\":\"");
  EXPECT_EQ(out.find("ud83d"), std::string::npos);
  EXPECT_EQ(out.substr(7, 2), "\\u");
}

TEST_F(RedactJson, NumbersStayNumbersOfTheSameLength) {
  for (const std::string number :
       {"0", "7", "-12", "1234567890123456789", "0.125", "-0.5", "12.50e+3", "1E9", "5e-07"}) {
    const std::string out = redact("{\"n\":" + number + ",\"s\":\"" + number + "\"}", {"$.n"});
    EXPECT_TRUE(nlohmann::json::accept(out)) << out;
    EXPECT_NE(out.substr(5, number.size()), number);
  }
  // Written as a number here and as a string there, it is the same secret.
  const std::string both = redact(R"({"a":90210,"b":"90210"})", {"$.*"});
  EXPECT_EQ(both.substr(5, 5), both.substr(16, 5));
}

TEST_F(RedactJson, SeveralDocumentsAreAllRead) {
  const std::string out = redact("{\"t\":\"ab1\"}\n{\"t\":\"cd2\"}\n", {"$.t"});
  EXPECT_EQ(out, "{\"t\":\"" + pseudonym("ab1") + "\"}\n{\"t\":\"" + pseudonym("cd2") + "\"}\n");
}

TEST_F(RedactJson, WhatIsNoJsonIsRefusedAndUnchanged) {
  for (const std::string text :
       {"", " ", "{", "{\"t\":\"s\"", "{\"t\":\"s\",}", "{t:\"s\"}", "{'t':'s'}", "[1,]", "\"\\x\"", "\"a", "01x", "-",
        "1.", "1e", "tru", "{\"t\":\"s\"} x", "\"\\u12g4\"", "{\"t\" \"s\"}"}) {
    EXPECT_EQ(redact(text, {"$..t"}), "refused") << text;
  }
  EXPECT_EQ(redact(std::string(600, '[') + std::string(600, ']'), {"$..t"}), "refused");
}

TEST_F(RedactJson, PathsThatAreNoneAreRefused) {
  for (const char* path :
       {"", "$", "a", ".a", "$.", "$a", "$..", "$.a[", "$[x]", "$[-1]", "$['a'", "$.a..", "$[]", "$[1]b"}) {
    EXPECT_FALSE(parse_json_rule(path)) << path;
  }
}

// As a gateway or a proxy passes on what it received.
TEST_F(RedactJson, MembersOfHeadersAreFieldsOfAHeader) {
  const std::string alias = pseudonym("s3cr3tValue");
  for (const std::string text :
       {R"({"headers":{"Cookie":"s3cr3tValue","Accept":"a"}})", R"({"headers":{"X-Vault-Token":"s3cr3tValue"}})",
        R"({"request_headers":{"set-cookie":["s3cr3tValue"]}})", R"({"httpHeaders":{"x-vault-token":"s3cr3tValue"}})",
        R"({"multiValueHeaders":{"Cookie":["s3cr3tValue"]}})", R"({"HEADERS":[{"Cookie":"s3cr3tValue"}]})",
        R"({"header":{"X-Vault-Token":"s3cr3tValue"}})", R"({"h\u0065aders":{"C\u006fokie":"s3cr3tValue"}})"}) {
    std::string expected = text;
    expected.replace(expected.find("s3cr3tValue"), 11, alias);
    EXPECT_EQ(redact_builtin(text), expected);
  }
  for (const std::string text :
       {R"({"headers":{"Accept":"x"},"Cookie":"plain"})", R"({"headers":"Cookie","a":{"Cookie":"plain"}})",
        R"({"headers":{"x":{"Cookie":"plain"}}})", R"({"heads":{"Cookie":"plain"}})"}) {
    EXPECT_EQ(redact_builtin(text), text);
  }
}

// RFC 6902, and stores of parameters whose names are paths.
TEST_F(RedactJson, APathNamesASecretToo) {
  const std::string alias = pseudonym("s3cr3tValue");
  for (const std::string text : {R"([{"op":"replace","path":"/password","value":"s3cr3tValue"}])",
                                 R"({"value":{"a":"s3cr3tValue"},"path":"/user/token/0"})",
                                 R"({"Name":"/prod/db/password","Value":"s3cr3tValue"})"}) {
    std::string expected = text;
    expected.replace(expected.find("s3cr3tValue"), 11, alias);
    EXPECT_EQ(redact_builtin(text), expected);
  }
  for (const std::string text : {R"([{"op":"replace","path":"/name","value":"x"},{"path":"/password"}])",
                                 R"([{"path":"a/password","value":"x"}])", R"([{"path":"/","value":"x"}])"}) {
    EXPECT_EQ(redact_builtin(text), text);
  }
}

// The whole text was searched again for each of them: minutes for a few megabytes.
TEST_F(RedactJson, ManyHeadersAndNumbersAreSearchedInLinearTime) {
  std::string text = "{";
  while (text.size() < (std::size_t{4} << 20)) text += R"("headers":1,"number":2,)";
  text += R"("a":0})";
  EXPECT_FALSE(may_hold_a_secret(text));
}

}  // namespace
}  // namespace tracerec::redact
