// Which writes came between two requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tracerec::evaluate {

// What a request may do to the resource that its path names.
enum class Effect : std::uint8_t {
  kRead,
  kCreate,  // POST: creates something in the resource, or calls it like a function
  kWrite,   // everything else that is not safe
};

// Counts writes. Any write may change what a read returns: POST /transfer changes GET /balance, and no path says so.
// For other requests a write concerns its own path, those above and those below. Of a resource that is created in, the
// creating itself is no change: equal POSTs are compared with one another. Fed in the order of time. 6 MB, whatever
// comes: paths share counters by their hash, which can only count too much.
class StateEpochs {
 public:
  StateEpochs();

  void write_begins(std::string_view path, Effect effect);
  void write_ends(std::string_view path, Effect effect, std::int64_t at_ns);

  // For a request that began at `began_ns` and has just ended: a number that is equal for requests with one path and
  // effect that no write lay between. Nothing when a write overlapped it: its response may be from before or after.
  [[nodiscard]] std::optional<std::uint64_t> epoch_of(std::string_view path, Effect effect,
                                                      std::int64_t began_ns) const;

 private:
  struct Writes {
    std::uint32_t begun = 0;
    std::int32_t running = 0;
    std::int64_t last_end_ns = 0;
  };
  struct Resource {
    Writes created, written;  // by requests for this very path
    Writes below;             // for paths below it
  };
  template <class Visit>
  void for_each_written(std::string_view path, Effect effect, const Visit& visit);
  [[nodiscard]] static std::size_t slot_of(std::string_view path);

  std::vector<Resource> resources_;
  Writes all_;
};

}  // namespace tracerec::evaluate
