// Which exchanges a list shows, as a value. Pure, but for bodies, which are read through a reader.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "schema/reader.h"
#include "ui/reply.h"

namespace tracerec::ui {

struct StatusRange {
  int least = 0;
  int most = 0;  // 0: any
};

struct ExchangeFilter {
  std::string method;
  std::string path;  // a part of the target, in any case of its letters; with `*` a glob over all of it
  StatusRange status, new_status;
  std::int64_t from_ns = 0, to_ns = 0;  // when it began; 0: any
  std::int64_t least_duration_ns = 0;   // of the response, recorded or of the run
  bool incomplete = false;              // only these
  bool failed = false;                  // only those without a response of the run
  // Only these, sorted and borrowed; nullptr: any.
  const std::vector<schema::RowId>* different = nullptr;
  std::string text;  // a part of a head or of a body

  // Whether the line alone fits. Bodies are not looked at.
  [[nodiscard]] bool accepts(const schema::ExchangeLine& line) const;
};

// The filter of a request, "differing" left aside. Error: names the parameter.
[[nodiscard]] Result<ExchangeFilter> filter_of(const Query& query);

// Searches heads and decoded bodies, recorded ones and those of a run (0: none).
class TextSearch {
 public:
  TextSearch(schema::Reader& reader, schema::RowId run_id, std::string text)
      : reader_(reader), run_id_(run_id), text_(std::move(text)) {}

  [[nodiscard]] Result<bool> finds(schema::RowId exchange_id);

  // Bodies of which only the beginning was searched: they are longer than kMostSearchedBytes.
  [[nodiscard]] std::uint64_t cut() const { return cut_; }

  static constexpr std::size_t kMostSearchedBytes = std::size_t{4} << 20;

 private:
  [[nodiscard]] Result<bool> in_message(const std::string& raw_head, const schema::StoredBody& body, bool is_request);

  schema::Reader& reader_;
  schema::RowId run_id_;
  std::string text_;
  std::uint64_t cut_ = 0;
};

}  // namespace tracerec::ui
