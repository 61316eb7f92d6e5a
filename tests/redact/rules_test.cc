#include "redact/rules.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "testing/temp_dir.h"

namespace tracerec::redact {
namespace {

std::string error_of(std::string_view text) {
  const auto rules = parse_redaction_rules(text);
  return rules ? "none" : rules.error().message;
}

TEST(RedactRules, CommentsAndOtherPartsAreAllowed) {
  const auto rules = parse_redaction_rules(R"({
    // for the judge
    "ignore": ["x"],
    "redaction": { /* ours */ "headers": ["X-Tenant", "referer"], "keep_headers": ["X-CSRF-Token"],
                   "query": ["token"], "form": ["password"], "json": ["$..password"] } })");
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(*rules->fields.find("x-tenant"), FieldKind::kSecret);
  EXPECT_EQ(*rules->fields.find("Referer"), FieldKind::kSecret);
  EXPECT_EQ(*rules->fields.find("Location"), FieldKind::kUrl);
  EXPECT_EQ(rules->fields.find("x-csrf-token"), nullptr);
  EXPECT_EQ(*rules->fields.find("AUTHORIZATION"), FieldKind::kSecret);
  EXPECT_EQ(*rules->fields.find("set-cookie"), FieldKind::kSetCookie);
  EXPECT_TRUE(rules->concern_bodies());
  EXPECT_FALSE(default_redaction_rules().concern_bodies());
  EXPECT_FALSE(parse_redaction_rules(R"({"redaction":{"query":["sig"],"headers":["X-A"]}})")->concern_bodies());
}

// Dropping what a body is would switch off more than a header.
TEST(RedactRules, KeepingAFieldThatTellsTheFramingChangesNothing) {
  const auto rules =
      parse_redaction_rules(R"({"redaction":{"keep_headers":["Transfer-Encoding","Content-Type"],"form":["a"]}})");
  ASSERT_TRUE(rules);
  EXPECT_NE(rules->fields.find("transfer-encoding"), nullptr);
  EXPECT_NE(rules->fields.find("content-type"), nullptr);
}

TEST(RedactRules, WhatIsWrongIsNamedWithItsPosition) {
  EXPECT_NE(error_of("{\n  \"redaction\": {,}\n}").find("line 2, column 17"), std::string::npos);
  EXPECT_EQ(error_of(R"({"redaction":{"json":["$..a"]},"redaction":{"headers":["X-Zz"]}})"),
            "the member redaction is there twice: only one would count");
  EXPECT_EQ(error_of("[]"), "the rules are not an object: write {\"redaction\": {…}}");
  EXPECT_EQ(error_of("{\"redact\":{}}"), "there is no \"redaction\" in it: write {\"redaction\": {…}}");
  EXPECT_EQ(error_of(R"({"redaction":{"header":[]}})"),
            "redaction.header is unknown: it takes headers, keep_headers, query, form, json, keep");
  EXPECT_EQ(error_of(R"({"redaction":{"query":"token"}})"), "redaction.query is not a list: write [\"name\", …]");
  EXPECT_EQ(error_of(R"({"redaction":{"query":["a",7]}})"), "redaction.query[1]: not a name in quotes");
  EXPECT_EQ(error_of(R"({"redaction":{"headers":["a b"]}})"), "redaction.headers[0]: no field name: a b");
  EXPECT_NE(error_of(R"({"redaction":{"headers":["content-length"]}})").find("redaction.headers[0]: content-length"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"redaction":{"json":["$.a","password"]}})").find("redaction.json[1]: not a path: password"),
            std::string::npos);
}

// A misspelt name kept nothing, and nobody noticed.
TEST(RedactRules, ANameThatNoListHasCannotBeKept) {
  EXPECT_EQ(error_of(R"({"redaction":{"keep":["password","pasword"]}})"),
            "redaction.keep[1]: pasword is not replaced anyway: take it out, or see the names in docs/capture.md, "
            "Secrets");
  EXPECT_EQ(error_of(R"({"redaction":{"keep_headers":["X-Foo"]}})"),
            "redaction.keep_headers[0]: X-Foo is not replaced anyway: take it out, or see the names in "
            "docs/capture.md, Secrets");
  EXPECT_EQ(error_of(R"({"redaction":{"headers":["X-Foo"],"keep_headers":["x-foo","Cookie","cookie","Cookie2"],
                       "keep":["user[password]","tokens","Authorization","GITHUB_TOKEN","csrf_token"]}})"),
            "none");
}

// Each name was compared with all before it, and each field of a query with all of them.
TEST(RedactRules, ManyNamesAreFoundWithoutComparingAll) {
  std::string names;
  for (int i = 0; i < 300'000; ++i) names += (i == 0 ? "\"X-" : ",\"X-") + std::to_string(i) + "\"";
  const auto rules = parse_redaction_rules(R"({"redaction":{"headers":[)" + names + R"(],"query":[)" + names +
                                           R"(],"form":[)" + names + "]}}");
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_NE(rules->fields.find("x-299999"), nullptr);
  EXPECT_EQ(rules->fields.find("x-300000"), nullptr);
  EXPECT_EQ(rules->query.of("x-7"), http::Secrecy::kAll);
  EXPECT_LT(rules->fields.most_compared(), 20U);
  EXPECT_LT(longest_bucket(rules->query.given), 20U);
}

// "1" for each document that docs/rules.schema.json accepts, "0" for the others.
std::string accepted_by_schema(const nlohmann::json& documents) {
  const testing::TempDir dir;
  testing::write_whole_file(dir.file("all.json"), documents.dump());
  const std::string command =
      std::string(
          "/usr/bin/python3 -c 'import json,sys,jsonschema\n"
          "check = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))\n"
          "print(*[int(check.is_valid(one)) for one in json.load(open(sys.argv[2]))], sep=\"\", end=\"\")' ") +
      TRACEREC_SOURCE_DIR "/docs/rules.schema.json " + dir.file("all.json");
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  ::pclose(pipe);
  return out;
}

TEST(RedactRules, TheSchemaOfTheFileSaysWhatTheParserSays) {
  const bool installed = std::system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") == 0;
  ASSERT_TRUE(installed || std::getenv("CI") == nullptr) << "no python3-jsonschema: scripts/packages.sh names it";
  if (!installed) GTEST_SKIP() << "no python3-jsonschema";
  nlohmann::json documents = nlohmann::json::array();
  std::string parsed;
  for (const char* redaction :
       {R"({})",
        R"({"headers":["X-A","!#$%&'*+-.^_`|~9"],"keep_headers":["Cookie"],"keep":["password","otp"]})",
        R"({"query":["a b"],"form":["x"],"json":["$..password","$.a[0]['odd name'][*].b","$.*","$..*","$[\"x\"]"]})",
        R"([])",
        R"(7)",
        R"({"cookies":[]})",
        R"({"keep":"password"})",
        R"({"keep":[7]})",
        R"({"keep":[""]})",
        R"({"keep_headers":{}})",
        R"({"keep_headers":[null]})",
        R"({"headers":["a b"]})",
        R"({"headers":[""]})",
        R"({"headers":["content-LENGTH"]})",
        R"({"headers":["Host"]})",
        R"({"headers":["Expect"]})",
        R"({"query":[[]]})",
        R"({"form":[""]})",
        R"({"json":["password"]})",
        R"({"json":["$"]})",
        R"({"json":["$.a["]})",
        R"({"json":["$[x]"]})",
        R"({"json":["$.."]})",
        R"({"json":["$a"]})"}) {
    const std::string text = "{\"redaction\":" + std::string(redaction) + "}";
    documents.push_back(nlohmann::json::parse(text));
    parsed += parse_redaction_rules(text) ? '1' : '0';
  }
  EXPECT_EQ(accepted_by_schema(documents), parsed);
  EXPECT_EQ(parsed.substr(0, 6), "111000");
}

TEST(RedactRules, TheOptionsOfARecordingHaveItsRules) {
  const auto rules = parse_redaction_rules(R"({"redaction":{"headers":["X-A"],"keep":["pin"],"json":["$.a"]}})");
  ASSERT_TRUE(rules);
  const std::string options = R"({"pid":[1],"redaction":)" + rules->source + "}";
  const RedactionRules same = rules_in_options(options, Kept::kStays);
  EXPECT_NE(same.fields.find("X-A"), nullptr);
  EXPECT_EQ(same.query.of("pin"), http::Secrecy::kNone);
  EXPECT_EQ(same.json.given.size(), 1U);
  EXPECT_EQ(rules_in_options(options, Kept::kReplaced).query.of("pin"), http::Secrecy::kAll);
  for (const char* broken : {"", "[]", "{}", R"({"redaction":7})", R"({"redaction":{"x":[]}})"})
    EXPECT_TRUE(rules_in_options(broken, Kept::kStays).source.empty()) << broken;
  std::string many = R"({"redaction":{"json":["$.a")";
  for (int i = 0; i < 1000; ++i) many += ",\"$..x\"";
  EXPECT_TRUE(rules_in_options(many + "]}}", Kept::kStays).json.given.empty()) << "of a hostile file";
}

TEST(RedactRules, AFileIsNamedInItsErrors) {
  const testing::TempDir dir;
  testing::write_whole_file(dir.file("rules.json"), "{");
  EXPECT_EQ(load_redaction_rules(dir.file("rules.json")).error().message.rfind(dir.file("rules.json") + ": line 1", 0),
            0U);
  EXPECT_NE(load_redaction_rules(dir.file("none")).error().message.find("cannot read"), std::string::npos);
}

// The JSON library has another exception for it, which ended the recorder.
TEST(RedactRules, ANumberThatIsTooLargeIsAnError) {
  EXPECT_EQ(error_of(R"({"redaction":{"form":[1e999]}})"), "number overflow parsing '1e999'");
}

// The built-in names did; those of a rules file did not.
TEST(RedactRules, NamesOfAFileCountInBracketsAndAfterDotsToo) {
  const auto rules = parse_redaction_rules(R"({"redaction":{"form":["ff"],"query":["qq","a.b"]}})");
  ASSERT_TRUE(rules);
  for (const char* name : {"ff", "u[ff]", "ff[0]", "ff[]", "FF[x][y]", "x.ff", "ff.0", "x:ff", " ff ", "u[\"ff\"]"})
    EXPECT_EQ(rules->form.of(name), http::Secrecy::kAll) << name;
  for (const char* name : {"qq[]", "x.qq", "a.b"}) EXPECT_EQ(rules->query.of(name), http::Secrecy::kAll) << name;
  for (const char* name : {"fff", "ff.x", "x[fff]", "qq", ""})
    EXPECT_EQ(rules->form.of(name), http::Secrecy::kNone) << name;
}

}  // namespace
}  // namespace tracerec::redact
