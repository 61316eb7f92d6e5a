#include "cli/replay_secrets.h"

#include <filesystem>
#include <utility>

#include "cli/evaluation.h"
#include "cli/pick.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

Result<redact::RedactionRules> rules_for(const ReplayCommandOptions& options) {
  if (!options.redact.empty()) return redact::load_redaction_rules(options.redact);
  const std::string path = options.evaluation.rules.empty() ? kDefaultRulesFile : options.evaluation.rules;
  std::error_code error;
  if (options.evaluation.rules.empty() && !std::filesystem::exists(path, error))
    return redact::default_redaction_rules();
  const auto text = read_rules_text(path);
  if (!text) return text.error();
  if (!redact::has_redaction_rules(*text)) return redact::default_redaction_rules();
  auto rules = redact::parse_redaction_rules(*text);
  if (!rules) return with_context(path, rules.error());
  return rules;
}

Result<bool> were_replaced(const ReplayCommandOptions& options, const std::string& db) {
  // A file of an older version is brought up to date, as the replay would do; but a missing one is not made.
  if (std::error_code error; std::filesystem::exists(db, error)) {
    const auto writer = schema::BatchWriter::open(db, {});
    if (!writer) return writer.error();
  }
  const auto reader = schema::Reader::open(db);
  if (!reader) return reader.error();
  const auto recording = pick_recording(**reader, options.recording, db);
  if (!recording) return recording.error();
  return replay::secrets_were_replaced(**reader, *recording);
}

}  // namespace

Result<std::shared_ptr<replay::ResponseSecrets>> plan_secrets(const ReplayCommandOptions& options,
                                                              const std::string& db) {
  const std::shared_ptr<replay::ResponseSecrets> none;
  if (options.keep_secrets && !options.redact.empty())
    return Error{"--keep-secrets and --redact contradict each other: give one of them"};
  auto rules = rules_for(options);
  if (!rules) return rules.error();
  if (options.keep_secrets || options.dry_run) return none;
  if (options.redact.empty()) {
    const auto replaced = were_replaced(options, db);
    if (!replaced) return replaced.error();
    if (!*replaced) return none;
  }
  return replay::ResponseSecrets::create(std::move(*rules));
}

}  // namespace tracerec::cli
