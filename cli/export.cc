// tracerec export
#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>

#include "base/text.h"
#include "cli/command.h"
#include "cli/exchange_view.h"
#include "cli/output.h"
#include "cli/pick.h"
#include "cli/version.h"
#include "cli/whole_number.h"
#include "convert/har_view.h"
#include "convert/openapi.h"
#include "evaluate/curl.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::string format;
  schema::RowId recording = 0;
};

// The text between two exchanges, and at both ends.
class HarFrame {
 public:
  explicit HarFrame(const std::string& format) : is_on_(format == "har") {
    if (is_on_) std::cout << convert::har_opening(kVersion);
  }
  void before_entry() {
    if (!is_first_) std::cout << ",\n";
    is_first_ = false;
  }
  void close() const {
    if (is_on_) std::cout << convert::kHarClosing;
  }

 private:
  bool is_on_;
  bool is_first_ = true;
};

// What cannot be a HAR entry is named on stderr: the file has no place for it.
Result<void> write_har(schema::Reader& reader, const schema::StoredExchange& exchange, HarFrame& frame) {
  const auto connection = reader.connection(exchange.connection_id);
  if (!connection) return connection.error();
  const auto entry = convert::to_har_entry(reader, exchange, *connection);
  if (!entry) return entry.error();
  if (!entry->left_out.empty()) {
    std::cerr << "left out exchange " << exchange.id << ": " << printable(entry->left_out, 200) << '\n';
    return {};
  }
  frame.before_entry();
  std::cout << entry->json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return {};
}

Result<void> write_exchange(schema::Reader& reader, const schema::StoredExchange& exchange, const std::string& format) {
  if (format == "jsonl") {
    auto json = to_json(reader, exchange);
    if (!json) return json.error();
    std::cout << json->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return {};
  }
  auto command = evaluate::to_curl(reader, exchange);
  if (command) {
    std::cout << *command << '\n';
  } else {
    std::cout << "# exchange " << exchange.id << ": " << printable(command.error().message, 200) << '\n';
  }
  return {};
}

// One document, which is made of all exchanges.
Result<void> write_openapi(schema::Reader& reader, schema::Reader& bodies, const schema::Recording& recording) {
  const auto made = convert::to_openapi(reader, bodies, recording);
  if (!made) return made.error();
  std::cout << made->document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  const auto say = [](std::uint64_t count, const char* what) {
    if (count > 0) std::cerr << format_count(count) << ' ' << what << '\n';
  };
  say(made->counts.left_out, "exchanges are not described: incomplete, calls to others, or no path of HTTP");
  say(made->counts.undecoded, "JSON bodies could not be read: their type is named, without a schema");
  say(made->counts.beyond_limit, "exchanges are of further endpoints than 2,000, and are not described");
  return {};
}

ExitStatus finish_output() {
  std::cout.flush();
  return std::cout.good() ? ExitStatus::kDone
                          : fail({std::string("cannot write to stdout: ") + std::strerror(errno == 0 ? EIO : errno)});
}

ExitStatus export_recording(const Options& options, const Globals& globals) {
  auto reader = schema::Reader::open(globals.source());
  if (!reader) return fail(reader.error());
  // One reader walks, another fetches bodies: a cursor is not disturbed by other queries.
  auto bodies = schema::Reader::open(globals.source());
  if (!bodies) return fail(bodies.error());
  auto recording = pick_recording(**reader, options.recording, globals.db);
  if (!recording) return fail(recording.error());
  if (options.format == "openapi") {
    const Result<void> written = write_openapi(**reader, **bodies, *recording);
    return written ? finish_output() : fail(written.error());
  }
  HarFrame frame(options.format);
  Result<void> written;
  auto walked = (*reader)->for_each_exchange(recording->id, [&](const schema::StoredExchange& exchange) {
    written = options.format == "har" ? write_har(**bodies, exchange, frame)
                                      : write_exchange(**bodies, exchange, options.format);
    if (!written) written = with_context("exporting exchange " + std::to_string(exchange.id), written.error());
    return written.has_value() && std::cout.good() && !output_is_closed();
  });
  if (!walked) return fail(walked.error());
  if (!written) return fail(written.error());
  frame.close();
  return finish_output();
}

}  // namespace

void add_export(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("export", "Write a recording to stdout in another format");
  auto options = std::make_shared<Options>();
  command
      ->add_option(
          "format", options->format,
          "jsonl: one exchange a line (docs/trace-format.md); curl: one command a line; har: HTTP Archive 1.2; "
          "openapi: what the exchanges have in common (docs/formats.md)")
      ->required()
      ->check(CLI::IsMember({"jsonl", "curl", "har", "openapi"}))
      ->type_name("FORMAT");
  command->add_option("--recording", options->recording, "Default: the newest")->type_name("ID")->check(row_id());
  command->callback(
      [options, &globals, &action] { action = [options, &globals] { return export_recording(*options, globals); }; });
}

}  // namespace tracerec::cli
