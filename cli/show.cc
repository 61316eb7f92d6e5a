// tracerec show
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "base/text.h"
#include "cli/command.h"
#include "cli/exchange_view.h"
#include "evaluate/curl.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

constexpr std::size_t kMostGiven = 20;

// exchange 12 `$.id` → exchange 15 path segment 2
void write_edge(std::ostream& out, schema::RowId exchange_id, const schema::Substitution& one) {
  out << "  exchange " << one.producer_exchange_id << " `" << printable(one.producer_location, 200) << "` → exchange "
      << exchange_id << " " << printable(one.location, 200) << (one.resolved ? "" : ", NOT RESOLVED") << '\n';
}

struct Options {
  schema::RowId id = 0;
  std::string as = "text";
};

// "values, run 3:" and what it took and gave in the newest run.
Result<void> write_values(schema::Reader& reader, schema::RowId exchange_id, std::ostream& out) {
  const auto run = reader.newest_run();
  if (!run) return run.error();
  if (!*run) return {};
  const auto taken = reader.substitutions_in((*run)->id, exchange_id);
  if (!taken) return taken.error();
  const auto given = reader.substitutions_from((*run)->id, exchange_id);
  if (!given) return given.error();
  if (!taken->empty() || !given->empty()) out << "\nvalues in run " << (*run)->id << ":\n";
  for (const schema::Substitution& one : *taken) write_edge(out, exchange_id, one);
  for (std::size_t i = 0; i < std::min(given->size(), kMostGiven); ++i)
    write_edge(out, (*given)[i].first, (*given)[i].second);
  if (given->size() > kMostGiven) out << "  and " << given->size() - kMostGiven << " more\n";
  return {};
}

Result<void> print(schema::Reader& reader, const schema::StoredExchange& exchange, const std::string& as) {
  if (as == "http") return write_http(reader, exchange, std::cout);
  if (as == "text") {
    auto written = write_text(reader, exchange, std::cout);
    return written ? write_values(reader, exchange.id, std::cout) : written;
  }
  if (as == "json") {
    auto json = to_json(reader, exchange);
    if (!json) return json.error();
    std::cout << json->dump(2) << '\n';
    return {};
  }
  auto command = evaluate::to_curl(reader, exchange);
  if (!command) return command.error();
  std::cout << *command << '\n';
  return {};
}

ExitStatus show(const Options& options, const Globals& globals) {
  auto reader = schema::Reader::open(globals.db);
  if (!reader) return fail(reader.error());
  auto exchange = (*reader)->exchange(options.id);
  if (!exchange) return fail(exchange.error());
  if (!exchange->has_value()) {
    return fail(
        {"no exchange " + std::to_string(options.id) + " in " + globals.db + ": tracerec ls --recording N lists them"});
  }
  if (auto printed = print(**reader, **exchange, options.as); !printed) {
    return fail(with_context("showing exchange " + std::to_string(options.id), printed.error()));
  }
  std::cout.flush();
  return std::cout.good() ? ExitStatus::kDone : fail({"cannot write to stdout"});
}

}  // namespace

void add_show(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("show", "Show one exchange");
  auto options = std::make_shared<Options>();
  command->add_option("id", options->id, "Of the exchange, as in ls --recording")->required()->type_name("ID");
  command->add_option("--as", options->as, "text for people, http: the exact wire bytes, curl: a command, json")
      ->check(CLI::IsMember({"text", "http", "curl", "json"}))
      ->capture_default_str()
      ->type_name("FORM");
  command->callback([options, &globals, &action] { action = [options, &globals] { return show(*options, globals); }; });
}

}  // namespace tracerec::cli
