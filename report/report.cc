#include "report/report.h"

#include "base/text.h"

namespace tracerec::report {

Result<std::unique_ptr<Reporter>> make_reporter(std::string_view format, ReporterOptions options) {
  if (format == "text") return make_text_reporter(options);
  if (format == "json") return make_json_reporter();
  if (format == "junit") return make_junit_reporter();
  return Error{"no report format '" + printable(format, 40) + "'; there are text, json and junit"};
}

std::string show_hint(const Report& report, const diff::Sample& sample) {
  return report.show_command + " " + std::to_string(sample.exchange_id);
}

std::string describe_sample(const diff::Finding& finding, const diff::Sample& sample) {
  std::string text;
  if (finding.kind == diff::Kind::kAdded) {
    text = "added " + printable(sample.replayed);
  } else if (finding.kind == diff::Kind::kMissing) {
    text = "was " + printable(sample.recorded);
  } else {
    text = printable(sample.recorded) + " → " + printable(sample.replayed);
  }
  return sample.note.empty() ? text : text + " (" + printable(sample.note) + ")";
}

}  // namespace tracerec::report
