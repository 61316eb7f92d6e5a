#include "base/glob.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

TEST(Glob, StarsMatchAnyRunIncludingSlashes) {
  EXPECT_TRUE(glob_match("/api/*", "/api/users/1"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("/a*b*c", "/aXbYbZc"));
  EXPECT_TRUE(glob_match("/a?c", "/abc"));
  EXPECT_FALSE(glob_match("/a?c", "/ac"));
  EXPECT_FALSE(glob_match("/api/*", "/ap"));
  EXPECT_FALSE(glob_match("", "x"));
}

TEST(Glob, ManyStarsAgainstALongTextEnd) {
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST(EndpointPattern, MethodAndPath) {
  const auto pattern = EndpointPattern::parse("GET /users/*");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->matches("GET", "/users/1?x=/y"));
  EXPECT_FALSE(pattern->matches("POST", "/users/1"));
  EXPECT_FALSE(pattern->matches("GET", "/orders?path=/users/1"));
}

TEST(EndpointPattern, RefusesWhatIsNone) {
  EXPECT_FALSE(EndpointPattern::parse(""));
  EXPECT_FALSE(EndpointPattern::parse("GET"));
  EXPECT_FALSE(EndpointPattern::parse("GET users"));
}

TEST(EndpointFilter, ExcludeWinsOverInclude) {
  EndpointFilter filter;
  filter.include.push_back(*EndpointPattern::parse("/api/*"));
  filter.exclude.push_back(*EndpointPattern::parse("* /api/health"));
  EXPECT_TRUE(filter.accepts("GET", "/api/users"));
  EXPECT_FALSE(filter.accepts("GET", "/api/health?x=1"));
  EXPECT_FALSE(filter.accepts("GET", "/"));
  EXPECT_TRUE(EndpointFilter{}.accepts("GET", "/"));
}

}  // namespace
}  // namespace tracerec
