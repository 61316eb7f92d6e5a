// tracerec show
#include <iostream>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/exchange_view.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  schema::RowId id = 0;
  std::string as = "text";
};

Result<void> print(schema::Reader& reader, const schema::StoredExchange& exchange, const std::string& as) {
  if (as == "http") return write_http(reader, exchange, std::cout);
  if (as == "text") return write_text(reader, exchange, std::cout);
  if (as == "json") {
    auto json = to_json(reader, exchange);
    if (!json) return json.error();
    std::cout << json->dump(2) << '\n';
    return {};
  }
  auto command = to_curl(reader, exchange);
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
