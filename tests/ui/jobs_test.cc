#include "ui/jobs.h"

#include <gtest/gtest.h>

#include <future>

namespace tracerec::ui {
namespace {

Outcome number(int value) {
  return std::shared_ptr<const void>(std::make_shared<const int>(value));
}

// Asks until it is done.
Outcome wait_for(Jobs& jobs, const std::string& key, const std::function<Outcome(Progress&)>& work) {
  while (true) {
    const auto state = jobs.ask(key, work);
    if (!state) return state.error();
    if (state->outcome) return *state->outcome;
    std::this_thread::yield();
  }
}

TEST(Jobs, DoTheWorkOnceForEachKey) {
  Jobs jobs;
  std::atomic<int> done = 0;
  const auto work = [&](Progress&) { return number(++done); };
  for (int i = 0; i < 3; ++i) {
    const auto outcome = wait_for(jobs, "a", work);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(*std::static_pointer_cast<const int>(*outcome), 1);
  }
  EXPECT_TRUE(wait_for(jobs, "b", work));
  EXPECT_EQ(done, 2);
}

TEST(Jobs, AFailureIsToldAndTriedAgain) {
  Jobs jobs;
  std::atomic<int> tried = 0;
  const auto work = [&](Progress&) -> Outcome {
    if (++tried == 1) return Error{"no file"};
    return number(7);
  };
  const auto first = wait_for(jobs, "a", work);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().message, "no file");
  EXPECT_TRUE(wait_for(jobs, "a", work));
}

TEST(Jobs, WhatThrowsIsAFailure) {
  Jobs jobs;
  const auto outcome = wait_for(jobs, "a", [](Progress&) -> Outcome { throw std::bad_alloc(); });
  EXPECT_FALSE(outcome);
}

TEST(Jobs, TellHowFarTheyAre) {
  std::promise<void> begun, may_end;
  Jobs jobs;  // ends before what its work uses
  const auto work = [&](Progress& progress) {
    progress.total = 10;
    progress.watch.compared = 4;
    begun.set_value();
    may_end.get_future().wait();
    return number(1);
  };
  ASSERT_TRUE(jobs.ask("a", work));
  begun.get_future().wait();
  const auto state = jobs.ask("a", work);
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->outcome);
  EXPECT_EQ(state->done, 4U);
  EXPECT_EQ(state->total, 10U);
  may_end.set_value();
}

TEST(Jobs, AreBoundedAndTheEndStopsThem) {
  std::promise<void> begun;
  Jobs jobs;
  const auto endless = [&](Progress& progress) -> Outcome {
    begun.set_value();
    while (!progress.watch.stop) std::this_thread::yield();
    return Error{"stopped"};
  };
  ASSERT_TRUE(jobs.ask("endless", endless));
  begun.get_future().wait();
  std::size_t taken = 0;
  while (taken < 100 && jobs.ask("waits " + std::to_string(taken), [](Progress&) { return number(1); })) ++taken;
  EXPECT_EQ(taken, Jobs::kKept);
}

TEST(Jobs, KeepTheLastResults) {
  Jobs jobs;
  for (std::size_t i = 0; i < 2 * Jobs::kKept; ++i) jobs.keep(std::to_string(i), std::make_shared<const int>(1));
  EXPECT_FALSE(jobs.find("0"));
  EXPECT_TRUE(jobs.find(std::to_string(2 * Jobs::kKept - 1)));
}

}  // namespace
}  // namespace tracerec::ui
