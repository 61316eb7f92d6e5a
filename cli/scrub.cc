// tracerec scrub
#include <cstdio>
#include <memory>
#include <string>

#include "base/text.h"
#include "cli/command.h"
#include "cli/scrub_file.h"
#include "cli/signals.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::string from;
  std::string to;
  std::string redact;
};

// Of bodies that are held at one time; there is one.
constexpr std::size_t kHoldBytes = std::size_t{64} << 20;

void print_counts(const ScrubCounts& counts, const std::string& to) {
  std::printf("%s: %s values replaced; recordings %s (exchanges %s), runs %s (responses %s)\n",
              printable(to, 200).c_str(), format_count(counts.replaced.values).c_str(),
              format_count(counts.recordings).c_str(), format_count(counts.exchanges).c_str(),
              format_count(counts.runs).c_str(), format_count(counts.responses).c_str());
  const auto line = [](std::uint64_t count, const char* what) {
    if (count > 0) std::printf("%s %s\n", format_count(count).c_str(), what);
  };
  line(counts.reencoded, "compressed bodies were packed again and have another length");
  line(counts.unsearched, "bodies could not be searched and are as they were: broken, cut or above 8 MiB");
  line(counts.withheld, "bodies could not be searched for the names of the rules file and were left out");
  line(counts.opaque_bytes, "bytes that are not HTTP/1 were left out");
  std::puts("not searched: paths of URLs, XML, HTML, the recorded command line (docs/capture.md, Secrets)");
}

Result<redact::RedactionRules> rules_of(const Options& options) {
  auto rules = options.redact.empty() ? Result<redact::RedactionRules>(redact::default_redaction_rules())
                                      : redact::load_redaction_rules(options.redact);
  if (rules) rules->thorough = true;
  return rules;
}

ExitStatus scrub(const Options& options) {
  auto rules = rules_of(options);
  if (!rules) return fail(rules.error());
  const auto redactor = redact::Redactor::create(std::move(*rules), kHoldBytes);
  if (!redactor) return fail(redactor.error());
  const std::atomic<bool>& stop = stop_on_signals();
  const auto counts = scrub_file(options.from, options.to, options.redact, **redactor, stop);
  if (!counts) {
    const ExitStatus failed = fail(counts.error());
    return stop.load() ? ExitStatus::kInterrupted : failed;
  }
  print_counts(*counts, options.to);
  return ExitStatus::kDone;
}

}  // namespace

void add_scrub(CLI::App& app, const Globals&, Action& action) {
  CLI::App* command = app.add_subcommand("scrub", "Write a copy of a trace file in which secrets are replaced");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->from, "The trace file; it is not changed")->required()->type_name("FILE");
  command->add_option("-o,--output", options->to, "The new file; must not exist yet")->required()->type_name("FILE");
  command->add_option("--redact", options->redact, "A rules file: further headers and fields to replace")
      ->type_name("FILE");
  command->footer(
      "For a file that was recorded with --keep-secrets, by an older version, or before a rule was written. "
      "Recordings\n"
      "and runs keep their ids. Equal secrets stay equal in the whole new file, so that it can be replayed and "
      "compared\n"
      "like one that was recorded this way. Delete the old file yourself when the new one is good.\n"
      "  tracerec scrub tracerec.db -o shareable.db --redact tracerec.rules.json");
  command->callback([options, &action] { action = [options] { return scrub(*options); }; });
}

}  // namespace tracerec::cli
