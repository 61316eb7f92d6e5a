#include "convert/openapi.h"

#include <gtest/gtest.h>

#include "imported.h"

namespace tracerec::convert {
namespace {

using nlohmann::json;

std::string entry(const std::string& method, const std::string& url, const std::string& body, int status,
                  const std::string& response) {
  json made =
      json::parse(R"({"startedDateTime":"2026-03-01T12:00:01Z","request":{"httpVersion":"HTTP/1.1","headers":[]},
                              "response":{"httpVersion":"HTTP/1.1","headers":[{"name":"Content-Type",
                              "value":"application/json; charset=utf-8"}],"content":{}}})");
  made["request"]["method"] = method;
  made["request"]["url"] = url;
  if (!body.empty()) {
    made["request"]["headers"].push_back({{"name", "Content-Type"}, {"value", "application/json"}});
    made["request"]["postData"] = {{"text", body}};
  }
  made["response"]["status"] = status;
  made["response"]["statusText"] = status == 200 ? "OK" : "";
  made["response"]["content"] = {{"text", response}, {"size", response.size()}};
  return made.dump();
}

Openapi openapi_of(const std::string& entries) {
  const Imported imported(read_har, R"({"log":{"entries":[)" + entries + "]}}");
  const auto rows = imported.reader();
  const auto bodies = imported.reader();
  schema::Recording recording;
  recording.id = 1;
  recording.name = "shop";
  auto made = to_openapi(*rows, *bodies, recording);
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message);
  return std::move(*made);
}

TEST(OpenapiView, EndpointsParametersAndBodies) {
  const Openapi made =
      openapi_of(entry("GET", "http://a/users/17/orders/4?page=1&q=x", "", 200, R"({"id":4,"note":null})") + "," +
                 entry("GET", "http://a/users/18/orders/5?page=2", "", 200, R"({"id":5,"note":"late"})") + "," +
                 entry("GET", "http://a/users/18/orders/6?page=2", "", 404, "{}") + "," +
                 entry("POST", "http://a/users", R"({"name":"secretname"})", 201,
                       R"({"id":"123e4567-e89b-12d3-a456-426614174000"})"));
  const json document = json::parse(made.document.dump());
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["info"]["title"], "shop");
  EXPECT_EQ(document["paths"].size(), 2U);
  const json get = document["paths"]["/users/{id}/orders/{id2}"]["get"];
  EXPECT_EQ(get["parameters"], json::parse(R"([
      {"name":"id","in":"path","required":true,"schema":{"type":"string"}},
      {"name":"id2","in":"path","required":true,"schema":{"type":"string"}},
      {"name":"page","in":"query","required":true,"schema":{"type":"integer"}},
      {"name":"q","in":"query","schema":{"type":"string"}}])"));
  EXPECT_EQ(get["responses"]["200"]["description"], "OK");
  EXPECT_EQ(get["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["note"]["type"],
            json::parse(R"(["string","null"])"));
  EXPECT_TRUE(get["responses"].contains("404"));
  const json post = document["paths"]["/users"]["post"];
  EXPECT_EQ(post["requestBody"]["required"], true);
  EXPECT_EQ(post["requestBody"]["content"]["application/json"]["schema"]["required"], json::parse(R"(["name"])"));
  EXPECT_EQ(document.dump().find("secretname"), std::string::npos) << "a recorded value";
}

TEST(OpenapiView, WhatIsLeftOutIsCounted) {
  const Openapi made =
      openapi_of(entry("GET", "http://a/x", "", 200, "{}") + "," + entry("GET", "http://a/x", "", 0, "") + "," +
                 entry("PROPFIND", "http://a/x", "", 200, "{}") + "," + entry("GET", "http://a/x", "", 200, "no json"));
  EXPECT_EQ(made.counts.exchanges, 2U);
  EXPECT_EQ(made.counts.left_out, 2U);
}

}  // namespace
}  // namespace tracerec::convert
