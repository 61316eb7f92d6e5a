// tracerec ui
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/option_file.h"
#include "base/same_file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/signals.h"
#include "cli/version.h"
#include "evaluate/rules_file.h"
#include "schema/reader.h"
#include "ui/server.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::string listen = "127.0.0.1:8600";
  std::string token;
  std::string rules = kDefaultRulesFile;
  std::vector<std::string> fail_if;
  bool allow_partial = false;
};

// Who can connect from elsewhere can also try tokens.
constexpr std::size_t kLeastTokenBytes = 16;

Result<std::string> token_for(const Options& options, const ui::Listen& listen) {
  if (options.token.empty()) {
    if (!ui::is_loopback(listen))
      return Error{
          "--listen " + printable(options.listen, 80) +
          " lets other machines connect, without encryption: give a file with a secret by --token, or listen on "
          "127.0.0.1 and use an SSH tunnel"};
    return ui::make_token();
  }
  auto text = read_option_file(options.token, 4096);
  if (!text) return Error{"--token " + printable(options.token, 80) + ": " + text.error().message};
  const std::string token(trim(std::string_view(*text).substr(0, text->find_first_of("\r\n"))));
  if (token.size() >= kLeastTokenBytes &&
      token.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~") == std::string::npos)
    return token;
  return Error{"--token " + printable(options.token, 80) +
               ": its first line must be 16 letters and digits or more: openssl rand -hex 16 makes one"};
}

Result<ui::AppOptions> app_options(const Options& options, const schema::TraceSource& db) {
  if (auto unused = check_unused("--rules", options.rules, trace_files(db.path)); !unused) return unused.error();
  ui::AppOptions app{db, options.rules, {}, options.allow_partial, kVersion};
  for (const std::string& text : options.fail_if) {
    auto condition = gate::parse_condition(text);
    if (!condition) return with_context("--fail-if", condition.error());
    app.conditions.push_back(std::move(*condition));
  }
  // Whatever is wrong is said now, and not on the first page.
  const auto reader = schema::Reader::open(db);
  if (!reader) return reader.error();
  const auto rules = evaluate::read_rules_text_if_there(options.rules);
  if (!rules) return rules.error();
  if (rules->empty()) return app;
  const auto parsed = evaluate::parse_rules_of(options.rules, *rules);
  return parsed ? Result<ui::AppOptions>(app) : parsed.error();
}

ExitStatus serve(const Options& options, const Globals& globals) {
  const auto listen = ui::parse_listen(options.listen);
  if (!listen) return fail(listen.error());
  const auto token = token_for(options, *listen);
  if (!token) return fail(token.error());
  auto app = app_options(options, globals.source());
  if (!app) return fail(app.error());
  const auto server = ui::Server::open({*listen, *token, std::move(*app)});
  if (!server) return fail(server.error());
  const std::atomic<bool>& stop = stop_on_signals();
  // On stdout, so that a script can open it: whoever has the new token may read the file and write the rules. A secret
  // that was given stays where it is: output is kept in logs.
  const std::string address = "http://" + ui::authority_of((*server)->listen()) + "/#token=";
  std::printf("%s%s\n", address.c_str(), options.token.empty() ? token->c_str() : "SECRET");
  std::fflush(stdout);
  std::fprintf(stderr, "showing %s, rules in %s; Ctrl-C ends\n", printable(globals.db, 300).c_str(),
               printable(options.rules, 300).c_str());
  if (!options.token.empty())
    std::fprintf(stderr, "SECRET in that address is the first line of %s\n", printable(options.token, 300).c_str());
  (*server)->serve(stop);
  return ExitStatus::kDone;
}

}  // namespace

void add_ui(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("ui", "Look at recordings and runs in a browser");
  auto options = std::make_shared<Options>();
  command->add_option("--listen", options->listen, "Where; port 0 takes one that is free")
      ->capture_default_str()
      ->type_name("ADDRESS:PORT");
  command
      ->add_option("--token", options->token,
                   "The secret that the browser must know is the first line of this file\n"
                   "(default: a new one, printed as part of the address)")
      ->type_name("FILE");
  command->add_option("--rules", options->rules, "What may differ; approvals are written into it")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("--fail-if", options->fail_if, "As for the command diff; repeatable")
      ->type_name("EXPR")
      ->allow_extra_args(false);
  command->add_flag("--allow-partial", options->allow_partial, "As for the command diff");
  command->footer(
      "Prints an address with a secret in it: open it in a browser. It shows what is in the file, also while a "
      "recorder\n"
      "writes it, changes nothing in it, and writes approvals into the rules file after showing what is written.\n"
      "  tracerec ui                                     then open http://127.0.0.1:8600/#token=…\n"
      "  tracerec -d shop.db ui --rules shop.rules.json  another file, with its rules\n"
      "  ssh -L 8600:localhost:8600 HOST                 to look at it from another machine");
  command->callback(
      [options, &globals, &action] { action = [options, &globals] { return serve(*options, globals); }; });
}

}  // namespace tracerec::cli
