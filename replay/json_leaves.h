// The strings and numbers of a JSON text, with where each stands. Nothing is built: made for texts that are read once,
// most of which hold nothing of interest. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec::replay {

// One step of a path: a member, or an element.
struct JsonStep {
  std::string_view name;  // as written, without quotes; of elements: empty
  std::size_t index = 0;
  bool is_element = false;
};

struct JsonLeaf {
  const std::vector<JsonStep>& path;
  std::string_view raw;   // as written, without quotes
  std::size_t begin = 0;  // of `raw` in the text
  bool is_string = false;
};

class JsonLeafSink {
 public:
  virtual ~JsonLeafSink() = default;
  virtual void on_leaf(const JsonLeaf& leaf) = 0;
};

// Texts nested deeper are read up to there.
constexpr std::size_t kMaxLeafDepth = 100;

// Gives each leaf of `text` to the sink, in order. False: from some point on the text is not JSON, or nested too deep;
// the leaves before that were given. NaN and the like are passed over (Python writes them), and escapes that are not
// valid stay in `raw`.
bool for_each_json_leaf(std::string_view text, JsonLeafSink& sink);

// "$.items[3].id"; other names as $['odd name'].
[[nodiscard]] std::string json_location(const std::vector<JsonStep>& path);

}  // namespace tracerec::replay
