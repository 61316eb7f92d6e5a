// tracerec show
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/command_text.h"
#include "cli/exchange_view.h"
#include "cli/show_diff.h"
#include "cli/whole_number.h"
#include "evaluate/curl.h"
#include "evaluate/missing_values.h"
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
  schema::RowId run = 0;  // 0: as recorded
  std::string as = "text";
  bool diff = false;
  std::string against;
};

// "values in run 3:" and what it took and gave there.
Result<void> write_values(schema::Reader& reader, schema::RowId run_id, schema::RowId exchange_id, std::ostream& out) {
  const auto taken = reader.substitutions_in(run_id, exchange_id);
  if (!taken) return taken.error();
  auto given = reader.substitutions_from(run_id, exchange_id);
  if (!given) return given.error();
  // A value that the request has of itself (a moved time) is among both.
  std::erase_if(*given, [&](const auto& one) { return one.first == exchange_id; });
  if (!taken->empty() || !given->empty()) out << "\nvalues in run " << run_id << ":\n";
  for (const schema::Substitution& one : *taken) write_edge(out, exchange_id, one);
  for (std::size_t i = 0; i < std::min(given->size(), kMostGiven); ++i)
    write_edge(out, (*given)[i].first, (*given)[i].second);
  if (given->size() > kMostGiven) out << "  and " << given->size() - kMostGiven << " more\n";
  return {};
}

Result<void> print_line(const Result<std::string>& text) {
  if (!text) return text.error();
  std::cout << *text << '\n';
  return {};
}

Result<void> print_json(const Result<nlohmann::ordered_json>& json) {
  if (!json) return json.error();
  std::cout << json->dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  return {};
}

Result<void> print_recorded(schema::Reader& reader, const schema::StoredExchange& exchange, const std::string& as) {
  if (as == "http") return write_http(reader, exchange, std::cout);
  if (as == "curl") return print_line(evaluate::to_curl(reader, exchange));
  if (as == "json") return print_json(to_json(reader, exchange));
  if (auto written = write_text(reader, exchange, std::cout); !written) return written;
  const auto run = reader.newest_run();
  if (!run) return run.error();
  return *run ? write_values(reader, (*run)->id, exchange.id, std::cout) : Result<void>();
}

// The response of the target, whole or as far as it came.
Result<void> print_response(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run,
                            const std::string& as) {
  const auto response = reader.response(run.id, exchange.id);
  if (!response) return response.error();
  if (!*response) return Error{"run " + std::to_string(run.id) + " did not send it"};
  auto sent = evaluate::message_of_run(reader, exchange, run);
  if (!sent) return sent.error();
  const schema::StoredExchange there = in_run(exchange, std::move(*sent), run, **response);
  if (as == "http") return write_http(reader, there, std::cout);
  if (as == "json") return print_json(to_json(reader, there));
  if (auto written = write_run_text(reader, there, run, **response, std::cout); !written) return written;
  return write_values(reader, run.id, exchange.id, std::cout);
}

// On stderr, so that the command can go to a shell: what of it is not the target's.
Result<void> name_missing_values(schema::Reader& reader, const schema::StoredExchange& exchange,
                                 const schema::Run& run) {
  const auto lines = evaluate::missing_values(reader, exchange, run);
  if (!lines) return lines.error();
  for (const std::string& line : *lines) std::fprintf(stderr, "tracerec: %s\n", printable(line, 600).c_str());
  return {};
}

Result<void> print(schema::Reader& reader, const schema::StoredExchange& exchange, const Options& options) {
  if (options.run == 0) return print_recorded(reader, exchange, options.as);
  const auto run = reader.run(options.run);
  if (!run) return run.error();
  if (!*run || (*run)->recording_id != exchange.recording_id)
    return Error{"there is no run " + std::to_string(options.run) + " of its recording: tracerec ls lists them"};
  if (options.diff) {
    if (auto shown = print_diff(reader, exchange, **run, options.against); !shown) return shown;
    return write_values(reader, (*run)->id, exchange.id, std::cout);
  }
  if (options.as == "curl") {
    if (auto named = name_missing_values(reader, exchange, **run); !named) return named;
    return print_line(evaluate::to_curl(reader, exchange, **run));
  }
  return print_response(reader, exchange, **run, options.as);
}

ExitStatus show(const Options& options, const Globals& globals) {
  auto reader = schema::Reader::open(globals.source());
  if (!reader) return fail(reader.error());
  auto exchange = (*reader)->exchange(options.id);
  if (!exchange) return fail(exchange.error());
  if (!exchange->has_value()) {
    return fail(
        {"no exchange " + std::to_string(options.id) + " in " + globals.db + ": tracerec ls --recording N lists them"});
  }
  if (auto printed = print(**reader, **exchange, options); !printed) {
    return fail(with_context("showing exchange " + std::to_string(options.id), printed.error()));
  }
  std::cout.flush();
  return std::cout.good() ? ExitStatus::kDone
                          : fail({std::string("cannot write to stdout: ") + std::strerror(errno == 0 ? EIO : errno)});
}

}  // namespace

void add_show(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("show", "Show one exchange");
  auto options = std::make_shared<Options>();
  command->add_option("id", options->id, "Of the exchange, as in ls --recording")
      ->required()
      ->check(row_id())
      ->type_name("ID");
  CLI::Option* run =
      command->add_option("--run", options->run, "As this run sent it, and with the whole response of its target")
          ->check(row_id())
          ->type_name("ID");
  CLI::Option* diff =
      command->add_flag("--diff", options->diff, "Its response in that run beside the one that the gate compares with")
          ->needs(run);
  command->add_option("--against", options->against, "The baseline of --diff, as for the command diff")
      ->needs(diff)
      ->type_name(kBaselineValue);
  command->add_option("--as", options->as, "text for people, http: the exact wire bytes, curl: a command, json")
      ->check(CLI::IsMember({"text", "http", "curl", "json"}))
      ->capture_default_str()
      ->excludes(diff)
      ->type_name("FORM");
  command->callback([options, &globals, &action] { action = [options, &globals] { return show(*options, globals); }; });
}

}  // namespace tracerec::cli
