#include "cli/replay_secrets.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "cli/pick.h"
#include "evaluate/rules_file.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

// Nothing: no rules file has rules for redaction.
Result<std::optional<redact::RedactionRules>> rules_for(const ReplayCommandOptions& options) {
  const std::optional<redact::RedactionRules> none;
  if (!options.redact.empty()) {
    auto rules = redact::load_redaction_rules(options.redact);
    if (!rules) return rules.error();
    return std::optional(std::move(*rules));
  }
  const std::string path = options.evaluation.rules.empty() ? kDefaultRulesFile : options.evaluation.rules;
  std::error_code error;
  if (options.evaluation.rules.empty() && !std::filesystem::exists(path, error)) return none;
  const auto text = evaluate::read_rules_text(path);
  if (!text) return text.error();
  if (!redact::has_redaction_rules(*text)) return none;
  auto rules = redact::parse_redaction_rules(*text);
  if (!rules) return with_context(path, rules.error());
  return std::optional(std::move(*rules));
}

// The rules of a recording whose secrets were replaced; nothing where they were kept.
Result<std::optional<redact::RedactionRules>> rules_of_replaced(const ReplayCommandOptions& options,
                                                                const schema::TraceSource& db) {
  const auto reader = schema::Reader::open(db);
  if (!reader) return reader.error();
  const auto recording = pick_recording(**reader, options.recording, db.path);
  if (!recording) return recording.error();
  const auto replaced = replay::secrets_were_replaced(**reader, *recording);
  if (!replaced) return replaced.error();
  if (!*replaced) return std::optional<redact::RedactionRules>();
  return std::optional(redact::rules_in_options(recording->options, redact::Kept::kReplaced));
}

}  // namespace

Result<std::shared_ptr<replay::ResponseSecrets>> plan_secrets(const ReplayCommandOptions& options,
                                                              const schema::TraceSource& db) {
  const std::shared_ptr<replay::ResponseSecrets> none;
  if (options.keep_secrets && !options.redact.empty())
    return Error{"--keep-secrets and --redact contradict each other: give one of them"};
  auto rules = rules_for(options);
  if (!rules) return rules.error();
  if (options.keep_secrets || options.dry_run) return none;
  if (!options.redact.empty()) return replay::ResponseSecrets::create(std::move(**rules));
  auto recorded = rules_of_replaced(options, db);
  if (!recorded) return recorded.error();
  if (!*recorded) return none;
  return replay::ResponseSecrets::create(*rules ? std::move(**rules) : std::move(**recorded));
}

}  // namespace tracerec::cli
