#include "gate/operation.h"

#include <gtest/gtest.h>

namespace tracerec::gate {
namespace {

std::string of_json(const std::string& content) {
  return operation_of("POST", "/graphql", {}, content).name;
}

std::string of_query(const std::string& query) {
  return of_json(R"({"query":")" + query + R"("})");
}

TEST(Operation, GraphQlNamesTheOperation) {
  EXPECT_EQ(of_json(R"({"operationName":"Products","query":"query A {a} query Products {b}"})"), "Products");
  EXPECT_EQ(of_json(R"({"operationName":"Products","extensions":{"persistedQuery":{}}})"), "Products");
  EXPECT_EQ(of_query("query Products($n: Int) { products(first: $n) { name } }"), "Products");
  EXPECT_EQ(of_query("# comment { x\\nquery Late { a }"), "Late");
  EXPECT_EQ(of_query("fragment F on T { a } query Real { ...F }"), "Real");
  EXPECT_EQ(of_query("{ products { name } }"), "{products}");
  EXPECT_EQ(of_query("query { p: products { name } }"), "{products}");
  EXPECT_EQ(of_query("mutation($a:[I!]){ buy(x: \\\"}{\\\") {id} }"), "{buy}");
  EXPECT_EQ(operation_of("GET", "/graphql?query=query%20Q%7Ba%7D", {}, "").name, "Q");
  EXPECT_EQ(operation_of("GET", "/graphql?operationName=P&extensions=%7B%7D", {}, "").name, "P");
  EXPECT_EQ(of_json(R"([{"query":"query A{a}"},{"query":"query B{b}"},{"query":"query A{a}"}])"), "A,B");
}

TEST(Operation, AMutationWritesAndAQueryReads) {
  EXPECT_TRUE(operation_of("POST", "/g", {}, R"({"query":"mutation Buy{buy}"})").writes);
  EXPECT_FALSE(operation_of("POST", "/g", {}, R"({"query":"mutation Buy{buy}"})").reads);
  EXPECT_TRUE(operation_of("POST", "/g", {}, R"({"query":"{a}"})").reads);
  const char* both = R"({"operationName":"W","query":"query R{a} mutation W{b}"})";
  EXPECT_TRUE(operation_of("POST", "/g", {}, both).writes);
  EXPECT_FALSE(operation_of("POST", "/g", {}, R"([{"query":"{a}"},{"query":"mutation{b}"}])").reads);
}

TEST(Operation, JsonRpcAndSoapAndAws) {
  EXPECT_EQ(of_json(R"({"jsonrpc":"2.0","method":"getBalance","id":1})"), "getBalance");
  EXPECT_EQ(of_json(R"([{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}])"), "a,b");
  http::HeaderList soap;
  soap.add("SOAPAction", "\"http://example.com/prices#GetPrice\"");
  EXPECT_EQ(operation_of("POST", "/soap", soap, "<a/>").name, "GetPrice");
  http::HeaderList soap12;
  soap12.add("Content-Type", "application/soap+xml; charset=utf-8; action=\"urn:GetPrice\"");
  EXPECT_EQ(operation_of("POST", "/soap", soap12, "<a/>").name, "GetPrice");
  http::HeaderList aws;
  aws.add("x-amz-target", "DynamoDB_20120810.GetItem");
  EXPECT_EQ(operation_of("POST", "/", aws, "{}").name, "DynamoDB_20120810.GetItem");
}

TEST(Operation, OrdinaryRequestsHaveNone) {
  EXPECT_EQ(of_json(R"({"query":"shoes","page":2})"), "");
  EXPECT_EQ(of_json(R"({"query":""})"), "");
  EXPECT_EQ(of_json(R"({"query":17})"), "");
  EXPECT_EQ(of_json("{\"query\":"), "");
  EXPECT_EQ(of_json("[]"), "");
  EXPECT_EQ(of_json(""), "");
  EXPECT_EQ(operation_of("GET", "/search?query=shoes", {}, "").name, "");
  EXPECT_EQ(operation_of("DELETE", "/a", {}, R"({"query":"{a}"})").name, "");
}

TEST(Operation, HostileNamesAreCutAndPlain) {
  const std::string name =
      of_json(R"({"operationName":"a b\u001b[31m)" + std::string(200, 'x') + R"(","query":"{a}"})");
  EXPECT_EQ(name.size(), kMaxOperationBytes);
  EXPECT_EQ(name.substr(0, 9), "a_b__31mx");
  EXPECT_EQ(of_query(std::string(100'000, '{')), "{}") << "no field";
}

}  // namespace
}  // namespace tracerec::gate
