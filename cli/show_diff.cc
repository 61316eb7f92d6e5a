#include "cli/show_diff.h"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "cli/evaluation.h"
#include "cli/exchange_view.h"
#include "evaluate/response_diff.h"
#include "evaluate/sent_request.h"
#include "report/report.h"

namespace tracerec::cli {
namespace {

// Who said it, and its response as lines.
struct Side {
  std::string name;
  evaluate::ResponseLines lines;
};

Result<Side> recorded_side(schema::Reader& reader, const schema::StoredExchange& exchange) {
  if (exchange.response_head.empty()) return Error{"no response of it was recorded"};
  auto lines = evaluate::response_lines(reader, exchange.response_head, exchange.response_body);
  if (!lines) return lines.error();
  char when[32];
  return Side{"recorded " + std::string(format_unix_ns(exchange.started_unix_ns, when)) + " UTC", std::move(*lines)};
}

Result<Side> side_of_run(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run) {
  const std::string name = "run " + std::to_string(run.id);
  const auto response = reader.response(run.id, exchange.id);
  if (!response) return response.error();
  if (!*response) return Error{name + " did not send it"};
  const std::string& failure = (*response)->failure;
  if ((*response)->response_head.empty())
    return Error{name + " has no response to it: " + report::explain_failure(failure) + " (" + failure + ")"};
  auto lines = evaluate::response_lines(reader, (*response)->response_head, (*response)->response_body);
  if (!lines) return lines.error();
  if (!failure.empty()) lines->body.push_back("[" + report::explain_failure(failure) + " (" + failure + ")]");
  return Side{name + " against " + run.target, std::move(*lines)};
}

// What the gate compares with: the run's baseline, or what --against says.
Result<Side> baseline_side(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run,
                           const std::string& given) {
  const auto against = parse_against(given);
  if (!against) return against.error();
  const schema::RowId id = against->value_or(run.baseline_run_id);
  if (id == 0) return recorded_side(reader, exchange);
  const auto other = reader.run(id);
  if (!other) return other.error();
  if (!*other || (*other)->recording_id != exchange.recording_id)
    return Error{"there is no run " + std::to_string(id) + " of its recording: tracerec ls lists them"};
  return side_of_run(reader, exchange, **other);
}

std::string in_colour(const std::string& line, bool colours) {
  if (!colours || (!line.starts_with('-') && !line.starts_with('+'))) return line;
  return (line.starts_with('-') ? "\x1b[31m" : "\x1b[32m") + line + "\x1b[0m";
}

}  // namespace

Result<void> print_diff(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run,
                        const std::string& against) {
  const auto before = baseline_side(reader, exchange, run, against);
  if (!before) return before.error();
  auto after = side_of_run(reader, exchange, run);
  if (!after) return after.error();
  const auto response = reader.response(run.id, exchange.id);
  if (!response) return response.error();
  auto sent = evaluate::message_of_run(reader, exchange, run);
  if (!sent) return sent.error();
  if (auto done = write_request(reader, in_run(exchange, std::move(*sent), run, **response), std::cout); !done)
    return done;
  const bool colours = ::isatty(STDOUT_FILENO) == 1;
  std::cout << '\n';
  for (const std::string& line : {"- " + before->name, "+ " + after->name})
    std::cout << in_colour(printable(line, 300), colours) << '\n';
  std::cout << '\n';
  for (const std::string& line : evaluate::response_diff(before->lines, std::move(after->lines)))
    std::cout << in_colour(line, colours) << '\n';
  return {};
}

}  // namespace tracerec::cli
