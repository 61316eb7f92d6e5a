#include "evaluate/response_sides.h"

#include <utility>

#include "base/clock.h"
#include "report/report.h"

namespace tracerec::evaluate {

Result<ResponseSide> recorded_side(schema::Reader& reader, const schema::StoredExchange& exchange) {
  char when[32];
  ResponseSide side{"recorded " + std::string(format_unix_ns(exchange.started_unix_ns, when)) + " UTC", {}, {}};
  if (exchange.response_head.empty()) {
    side.why = "no response of it was recorded";
    return side;
  }
  auto lines = response_lines(reader, exchange.response_head, exchange.response_body);
  if (!lines) return lines.error();
  side.lines = std::move(*lines);
  return side;
}

Result<ResponseSide> side_of_run(schema::Reader& reader, const schema::StoredExchange& exchange,
                                 const schema::Run& run) {
  const std::string name = "run " + std::to_string(run.id);
  ResponseSide side{name + " against " + run.target, {}, {}};
  const auto response = reader.response(run.id, exchange.id);
  if (!response) return response.error();
  if (!*response) {
    side.why = name + " did not send it";
    return side;
  }
  const std::string& failure = (*response)->failure;
  const std::string reason = failure.empty() ? "" : report::explain_failure(failure) + " (" + failure + ")";
  if ((*response)->response_head.empty()) {
    side.why = name + " has no response to it: " + reason;
    return side;
  }
  auto lines = response_lines(reader, (*response)->response_head, (*response)->response_body);
  if (!lines) return lines.error();
  side.why = reason;
  side.lines = std::move(*lines);
  if (!failure.empty()) side.lines->body.push_back("[" + reason + "]");
  return side;
}

Result<ResponseSide> baseline_side(schema::Reader& reader, const schema::StoredExchange& exchange,
                                   const schema::Run& run, const std::optional<schema::RowId>& against) {
  const schema::RowId id = against.value_or(run.baseline_run_id);
  if (id == 0) return recorded_side(reader, exchange);
  const auto other = reader.run(id);
  if (!other) return other.error();
  if (!*other || (*other)->recording_id != exchange.recording_id)
    return Error{"there is no run " + std::to_string(id) + " of its recording: tracerec ls lists them"};
  return side_of_run(reader, exchange, **other);
}

}  // namespace tracerec::evaluate
