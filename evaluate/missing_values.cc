#include "evaluate/missing_values.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "evaluate/sent_request.h"
#include "http/secret_names.h"

namespace tracerec::evaluate {
namespace {

using Taken = std::vector<schema::Substitution>;

std::string unresolved_line(const schema::Substitution& one, const schema::Run& run) {
  return "the " + one.location + " of this request is as it was recorded: in run " + std::to_string(run.id) +
         " the response to exchange " + std::to_string(one.producer_exchange_id) + " had no `" + one.producer_location +
         "`";
}

bool is_taken(const Taken& taken, const std::string& name) {
  return std::any_of(taken.begin(), taken.end(), [&](const schema::Substitution& one) {
    return equals_ignoring_case(one.location, "header " + name);
  });
}

bool is_set(const SentRequest& request, const std::string& name) {
  return std::any_of(request.set_headers.begin(), request.set_headers.end(),
                     [&](const SetHeader& one) { return equals_ignoring_case(one.name, name); });
}

// Of a recording that replaced secrets.
void add_pseudonyms(const SentRequest& request, const Taken& taken, std::vector<std::string>& lines) {
  for (const http::Header& header : request.head.headers) {
    if (!http::is_secret_header(header.name) || is_taken(taken, header.name) || is_set(request, header.name)) continue;
    lines.push_back("the header " + header.name +
                    " of this request was replaced while recording, and no response gave another one: replay with "
                    "--login or --set-header");
  }
}

}  // namespace

Result<std::vector<std::string>> missing_values(schema::Reader& reader, const schema::StoredExchange& exchange,
                                                const schema::Run& run) {
  const auto taken = reader.substitutions_in(run.id, exchange.id);
  if (!taken) return taken.error();
  std::vector<std::string> lines;
  for (const schema::Substitution& one : *taken) {
    if (!one.resolved) lines.push_back(unresolved_line(one, run));
  }
  if (!schema::has_note(exchange.notes, "redacted")) return lines;
  // Of a request that cannot be read there is no command either.
  if (const auto request = request_of_run(reader, exchange, run)) add_pseudonyms(*request, *taken, lines);
  return lines;
}

}  // namespace tracerec::evaluate
