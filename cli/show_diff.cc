#include "cli/show_diff.h"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "base/text.h"
#include "cli/evaluation.h"
#include "cli/exchange_view.h"
#include "evaluate/response_sides.h"
#include "evaluate/sent_request.h"

namespace tracerec::cli {
namespace {

std::string in_colour(const std::string& line, bool colours) {
  if (!colours || (!line.starts_with('-') && !line.starts_with('+'))) return line;
  return (line.starts_with('-') ? "\x1b[31m" : "\x1b[32m") + line + "\x1b[0m";
}

}  // namespace

Result<void> print_diff(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run,
                        const std::string& against) {
  const auto given = parse_against(against);
  if (!given) return given.error();
  const auto before = evaluate::baseline_side(reader, exchange, run, *given);
  if (!before) return before.error();
  auto after = evaluate::side_of_run(reader, exchange, run);
  if (!after) return after.error();
  if (!before->lines) return Error{before->why};
  if (!after->lines) return Error{after->why};
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
  for (const std::string& line : evaluate::response_diff(*before->lines, std::move(*after->lines)))
    std::cout << in_colour(line, colours) << '\n';
  return {};
}

}  // namespace tracerec::cli
