#include "evaluate/state_epochs.h"

#include <algorithm>
#include <functional>

namespace tracerec::evaluate {
namespace {

constexpr std::size_t kSlots = std::size_t{1} << 17;

// "/a/b" → "/a" → nothing: that "/" is written to says nothing of what is below it.
std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

StateEpochs::StateEpochs() : resources_(kSlots) {}

std::size_t StateEpochs::slot_of(std::string_view path) {
  return std::hash<std::string_view>{}(path) & (kSlots - 1);
}

template <class Visit>
void StateEpochs::for_each_written(std::string_view path, Effect effect, const Visit& visit) {
  visit(all_);
  Resource& own = resources_[slot_of(path)];
  visit(effect == Effect::kCreate ? own.created : own.written);
  if (path == "/") return;
  for (path = parent_of(path); !path.empty(); path = parent_of(path)) visit(resources_[slot_of(path)].below);
  visit(resources_[slot_of("/")].below);
}

void StateEpochs::write_begins(std::string_view path, Effect effect) {
  for_each_written(path, effect, [](Writes& writes) {
    ++writes.begun;
    ++writes.running;
  });
}

void StateEpochs::write_ends(std::string_view path, Effect effect, std::int64_t at_ns) {
  for_each_written(path, effect, [&](Writes& writes) {
    --writes.running;
    writes.last_end_ns = std::max(writes.last_end_ns, at_ns);
  });
}

std::optional<std::uint64_t> StateEpochs::epoch_of(std::string_view path, Effect effect, std::int64_t began_ns) const {
  std::uint64_t epoch = 0;
  bool overlapped = false;
  const auto look_at = [&](const Writes& writes) {
    epoch += writes.begun;
    overlapped = overlapped || writes.running > 0 || writes.last_end_ns > began_ns;
  };
  if (effect == Effect::kRead) {
    look_at(all_);
    return overlapped ? std::nullopt : std::optional(epoch);
  }
  const Resource& own = resources_[slot_of(path)];
  if (effect != Effect::kWrite) look_at(own.written);
  look_at(own.below);
  for (path = parent_of(path); !path.empty(); path = parent_of(path)) {
    const Resource& above = resources_[slot_of(path)];
    look_at(above.created);
    look_at(above.written);
  }
  if (overlapped) return std::nullopt;
  return epoch;
}

}  // namespace tracerec::evaluate
