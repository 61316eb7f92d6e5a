#include "evaluate/state_epochs.h"

#include <gtest/gtest.h>

namespace tracerec::evaluate {
namespace {

TEST(StateEpochs, AnyWriteEndsEqualReads) {
  StateEpochs epochs;
  const auto balance = [&] { return epochs.epoch_of("/balance", Effect::kRead, 100); };
  const auto before = balance();
  EXPECT_EQ(balance(), before);
  epochs.write_begins("/transfer", Effect::kCreate);
  EXPECT_FALSE(balance()) << "it is running";
  epochs.write_ends("/transfer", Effect::kCreate, 90);
  EXPECT_NE(balance(), before);
  EXPECT_TRUE(balance());
}

TEST(StateEpochs, AWriteConcernsCreationInItsPathAndThoseAboveAndBelow) {
  StateEpochs epochs;
  const auto epoch = [&](const char* path) { return epochs.epoch_of(path, Effect::kCreate, 100); };
  const auto orders = epoch("/orders"), line = epoch("/orders/7/lines"), other = epoch("/orders/8"), root = epoch("/");
  epochs.write_begins("/orders/7", Effect::kWrite);
  EXPECT_FALSE(epoch("/orders")) << "it is running";
  EXPECT_FALSE(epoch("/orders/7"));
  EXPECT_EQ(epoch("/orders/8"), other);
  epochs.write_ends("/orders/7", Effect::kWrite, 90);
  EXPECT_NE(epoch("/orders"), orders);
  EXPECT_NE(epoch("/orders/7/lines"), line);
  EXPECT_NE(epoch("/"), root);
  EXPECT_EQ(epoch("/orders/8"), other);
  EXPECT_EQ(epoch("/carts"), other);
  epochs.write_begins("/", Effect::kCreate);
  epochs.write_ends("/", Effect::kCreate, 95);
  EXPECT_EQ(epoch("/orders/8"), other) << "that / is written to says nothing of the rest";
}

TEST(StateEpochs, EqualCreatingIsNoChangeToItself) {
  StateEpochs epochs;
  const auto create = epochs.epoch_of("/jobs", Effect::kCreate, 100),
             read = epochs.epoch_of("/jobs", Effect::kRead, 100);
  epochs.write_begins("/jobs", Effect::kCreate);
  epochs.write_ends("/jobs", Effect::kCreate, 90);
  EXPECT_EQ(epochs.epoch_of("/jobs", Effect::kCreate, 100), create);
  EXPECT_NE(epochs.epoch_of("/jobs", Effect::kRead, 100), read);
  EXPECT_FALSE(epochs.epoch_of("/jobs", Effect::kRead, 80)) << "began before the write ended";
  epochs.write_begins("/jobs", Effect::kWrite);
  epochs.write_ends("/jobs", Effect::kWrite, 95);
  EXPECT_NE(epochs.epoch_of("/jobs", Effect::kCreate, 100), create);
}

TEST(StateEpochs, OddPathsEnd) {
  StateEpochs epochs;
  for (const char* path : {"", "*", "foo", "host:443", "//", "/a//b", "a/b"}) {
    epochs.write_begins(path, Effect::kWrite);
    epochs.write_ends(path, Effect::kWrite, 1);
    EXPECT_TRUE(epochs.epoch_of(path, Effect::kRead, 2)) << path;
  }
}

}  // namespace
}  // namespace tracerec::evaluate
