#include "gate/endpoint.h"

#include <gtest/gtest.h>

namespace tracerec::gate {
namespace {

TEST(Endpoint, IdsBecomeTemplates) {
  EXPECT_EQ(endpoint_of("GET", "/users/42/orders?page=2"), "GET /users/{id}/orders");
  EXPECT_EQ(endpoint_of("GET", "/u/550e8400-e29b-41d4-a716-446655440000"), "GET /u/{id}");
  EXPECT_EQ(endpoint_of("GET", "/u/01ARZ3NDEKTSV4RRFFQ69G5FAV/x"), "GET /u/{id}/x");
  EXPECT_EQ(endpoint_of("GET", "/u/507f1f77bcf86cd799439011/"), "GET /u/{id}/");
  EXPECT_EQ(endpoint_of("DELETE", "/1/2//3"), "DELETE /{id}/{id}//{id}");
}

TEST(Endpoint, WordsStay) {
  EXPECT_EQ(endpoint_of("GET", "/api/v2/facade/deadbeef"), "GET /api/v2/facade/deadbeef");
  EXPECT_EQ(endpoint_of("GET", "/b0a7/f00d/sha-256"), "GET /b0a7/f00d/sha-256");
  EXPECT_EQ(endpoint_of("POST", "/customResponse"), "POST /customResponse");
  EXPECT_EQ(endpoint_of("GET", "/"), "GET /");
  EXPECT_EQ(endpoint_of("GET", "/feedfacedeadbeefcafe"), "GET /feedfacedeadbeefcafe");
}

TEST(Endpoint, OtherFormsOfTarget) {
  EXPECT_EQ(endpoint_of("GET", "http://host:80/a/7?x#y"), "GET /a/{id}");
  EXPECT_EQ(endpoint_of("GET", "http://host"), "GET /");
  EXPECT_EQ(endpoint_of("OPTIONS", "*"), "OPTIONS *");
  EXPECT_EQ(endpoint_of("GET", "/to?url=http://x/1"), "GET /to");
  EXPECT_LE(endpoint_of("GET", "/" + std::string(100000, 'x')).size(), kMaxEndpointBytes);
}

}  // namespace
}  // namespace tracerec::gate
