// Who called sudo: root never works as somebody by mistake, nor as root for somebody.
#include "base/owner.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace tracerec {
namespace {

class Owner : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    set(nullptr, nullptr, nullptr);
  }
  void TearDown() override { set(nullptr, nullptr, nullptr); }

  static void set(const char* user, const char* group, const char* name) {
    set_one("SUDO_UID", user);
    set_one("SUDO_GID", group);
    set_one("SUDO_USER", name);
  }

 private:
  static void set_one(const char* variable, const char* value) {
    value == nullptr ? ::unsetenv(variable) : ::setenv(variable, value, 1);
  }
};

TEST_F(Owner, NobodyWithoutSudoAndWhenRootCalledIt) {
  EXPECT_FALSE(invoking_user());
  EXPECT_TRUE(check_invoking_user());
  set("0", "0", "root");
  EXPECT_FALSE(invoking_user());
  EXPECT_TRUE(check_invoking_user());
}

TEST_F(Owner, TheUserAndGroupThatSudoNames) {
  set("65534", "12", "nobody");
  ASSERT_TRUE(invoking_user());
  EXPECT_EQ(invoking_user()->user, 65534U);
  EXPECT_EQ(invoking_user()->group, 12U);
  set("4242424", "4242424", "gone");  // both are known, whoever it is
  EXPECT_TRUE(check_invoking_user());
}

// The command was run as root.
TEST_F(Owner, WithoutAGroupItIsThatOfTheUser) {
  for (const char* group : {static_cast<const char*>(nullptr), "", "x", "-1", "4294967295"}) {
    set("65534", group, nullptr);
    ASSERT_TRUE(invoking_user());
    EXPECT_EQ(invoking_user()->user, 65534U);
    EXPECT_EQ(invoking_user()->group, 65534U);
    EXPECT_TRUE(check_invoking_user());
  }
}

TEST_F(Owner, WhoCannotBeFoundIsAnError) {
  set("4242424", nullptr, nullptr);  // no group and no entry
  EXPECT_FALSE(check_invoking_user());
  for (const char* user : {"", "x", "-1", "4294967295", "99999999999"}) {
    set(user, "12", nullptr);
    EXPECT_FALSE(check_invoking_user()) << user;
    EXPECT_FALSE(invoking_user()) << user;
  }
  set(nullptr, "12", "nobody");
  EXPECT_FALSE(check_invoking_user());
}

}  // namespace
}  // namespace tracerec
