// GET recordings/{id}/exchanges: a page of those that a filter lets through.
#include <algorithm>
#include <chrono>
#include <utility>

#include "ui/app.h"
#include "ui/evaluation.h"
#include "ui/exchange_filter.h"
#include "ui/rows_json.h"

// How this works. Lines are read by id and filtered one by one. A request ends when its page is full, and also when it
// has taken kSlice: then it says how far it came ("next", "looked_at"), and the page goes on from there, so that a
// search through millions neither blocks a thread nor looks like one that found nothing.

namespace tracerec::ui {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kSlice = std::chrono::milliseconds(150);

class Search {
 public:
  Search(schema::Reader& reader, schema::RowId run_id, const ExchangeFilter& filter, std::size_t limit)
      : filter_(filter), text_(reader, run_id, filter.text), with_run_(run_id != 0), limit_(limit) {}

  // Whether to go on.
  Result<bool> take(const schema::ExchangeLine& line) {
    ++looked_at_;
    last_ = line.id;
    if (filter_.accepts(line)) {
      const auto found = filter_.text.empty() ? Result<bool>(true) : text_.finds(line.id);
      if (!found) return found.error();
      if (*found) items_.push_back(to_json(line, with_run_));
    }
    is_full_ = items_.size() >= limit_;
    is_late_ = SteadyClock::now() >= end_;
    return !is_full_ && !is_late_;
  }

  [[nodiscard]] Json json() {
    const bool at_end = !is_full_ && !is_late_;
    return {{"items", std::move(items_)},
            {"looked_at", looked_at_},
            {"next", at_end ? Json(nullptr) : Json(last_)},
            {"stopped", at_end     ? "end"
                        : is_full_ ? "full"
                                   : "time"},
            {"bodies_cut", text_.cut()}};
  }

 private:
  const ExchangeFilter& filter_;
  TextSearch text_;
  bool with_run_;
  std::size_t limit_;
  SteadyClock::time_point end_ = SteadyClock::now() + kSlice;
  Json items_ = Json::array();
  std::uint64_t looked_at_ = 0;
  schema::RowId last_ = 0;
  bool is_full_ = false, is_late_ = false;
};

Result<schema::LineRange> range_of(const Query& query) {
  schema::LineRange range;
  range.recording_id = query.id;
  for (const auto& [name, row] : {std::pair("run", &range.run_id), std::pair("connection", &range.connection_id),
                                  std::pair("after", &range.after)}) {
    const auto given = query.row(name);
    if (!given) return given.error();
    *row = *given;
  }
  const auto newest = query.flag("newest_first");
  if (!newest) return newest.error();
  range.newest_first = *newest;
  return range;
}

}  // namespace

Reply get_exchanges(App& app, schema::Reader& reader, const Query& query) {
  const auto range = range_of(query);
  if (!range) return bad_request(range.error().message);
  auto filter = filter_of(query);
  if (!filter) return bad_request(filter.error().message);
  const auto limit = query.number("limit", 100, 1, kMostPerPage);
  if (!limit) return bad_request(limit.error().message);
  const auto differing = query.flag("differing");
  if (!differing) return bad_request(differing.error().message);
  const bool needs_run = *differing || filter->failed || filter->new_status.most != 0;
  if (needs_run && range->run_id == 0) return bad_request("this filter needs run");
  EvaluatedRun evaluated;
  if (*differing) {
    auto found = find_evaluated(app, reader, range->run_id, query.text("against"));
    if (!found) return failure(409, "not_evaluated", found.error().message);
    evaluated = std::move(*found);
    filter->different = &evaluated->basis.different;
  }
  Search search(reader, range->run_id, *filter, static_cast<std::size_t>(*limit));
  Result<void> outcome;
  const auto read = reader.for_each_line(*range, [&](const schema::ExchangeLine& line) {
    const auto goes_on = search.take(line);
    if (!goes_on) outcome = goes_on.error();
    return goes_on && *goes_on;
  });
  if (!read || !outcome) return unreadable(!read ? read.error() : outcome.error());
  return {200, search.json()};
}

}  // namespace tracerec::ui
