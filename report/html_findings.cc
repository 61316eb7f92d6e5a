#include "report/html_findings.h"

#include <string>
#include <vector>

#include "base/text.h"
#include "gate/finding_groups.h"
#include "report/changed_part.h"
#include "report/finding_text.h"

namespace tracerec::report {
namespace {

std::string code(std::string_view raw) {
  return "<code>" + escape_markup(raw) + "</code>";
}

std::string title_html(const Title& title) {
  std::string html;
  for (const std::string* part : {&title.endpoint, &title.location}) {
    if (!part->empty()) html += code(*part) + " ";
  }
  return html + escape_markup(title.change);
}

// One side of a sample. `tag` is del or ins.
std::string side_html(bool is_there, const ChangedPart& parts, std::string_view changed, const char* tag) {
  if (!is_there) return "<em class=\"soft\">" + std::string(kAbsent) + "</em>";
  const std::string mark(tag);
  return escape_markup(parts.begin) + "<" + mark + ">" + escape_markup(changed) + "</" + mark + ">" +
         escape_markup(parts.end);
}

class FindingsWriter {
 public:
  FindingsWriter(const Report& report, std::ostream& out) : report_(report), summary_(report.summary), out_(out) {}

  void write() {
    const auto groups = gate::group_findings(summary_.findings);
    if (groups.empty()) return;
    out_ << "<h2>Findings by cause</h2>\n<table "
            "class=\"causes\"><tr><th>#</th><th>severity</th><th>finding</th><th>responses</th>"
            "<th>signature</th></tr>\n";
    for (std::size_t i = 0; i < groups.size(); ++i) write_row(groups[i], i + 1);
    out_ << "</table>\n";
    write_not_kept();
    for (std::size_t i = 0; i < groups.size(); ++i) write_group(groups[i], i + 1);
  }

  void write_approved() {
    if (summary_.approved.empty()) return;
    out_ << "<h2>Approved</h2>\n";
    for (const gate::Finding& finding : summary_.approved) {
      out_ << "<details><summary>" << title_html(title_of(finding))
           << "</summary>\n<p>Approved: " << escape_markup(finding.approval) << "</p>\n";
      write_finding(finding);
      out_ << "</details>\n";
    }
  }

 private:
  [[nodiscard]] const gate::Finding& first_of(const gate::FindingGroup& group) const {
    return summary_.findings[group.members.front()];
  }

  void write_not_kept() {
    const auto lines = not_kept_lines(summary_, summary_.not_kept.size());
    if (lines.empty()) return;
    out_ << "<p>" << escape_markup(lines.front()) << "</p><ul>";
    for (std::size_t i = 1; i < lines.size(); ++i) out_ << "<li>" << escape_markup(trim(lines[i])) << "</li>";
    out_ << "</ul>\n";
  }

  void write_row(const gate::FindingGroup& group, std::size_t number) {
    out_ << "<tr><td>" << number << "</td><td class=\"" << name_of(group.severity) << "\">" << name_of(group.severity)
         << "</td><td><a href=\"#cause-" << number << "\">" << title_html(title_of(summary_, group)) << "</a></td><td>"
         << escape_markup(scope_of(group)) << "</td><td><code>" << first_of(group).signature() << "</code>";
    if (group.members.size() > 1) out_ << " +" << group.members.size() - 1;
    out_ << "</td></tr>\n";
  }

  void write_group(const gate::FindingGroup& group, std::size_t number) {
    out_ << "<details id=\"cause-" << number << "\"" << (group.severity == gate::Severity::kHigh ? " open" : "")
         << "><summary>" << number << ". " << title_html(title_of(summary_, group)) << " <span class=\"soft\">"
         << escape_markup(scope_of(group)) << "</span></summary>\n";
    const std::string caused = describe_consequences(group);
    if (!caused.empty()) out_ << "<p>Caused " << escape_markup(caused) << ".</p>\n";
    for (const std::size_t member : group.members) write_finding(summary_.findings[member]);
    write_commands(group);
    out_ << "</details>\n";
  }

  void write_commands(const gate::FindingGroup& group) {
    const auto& samples = first_of(group).samples;
    if (!samples.empty()) {
      write_command("Compare both responses", compare_hint(report_, samples.front()));
      write_command("Re-send the request", reproduce_command(report_, samples.front()));
    }
    write_command("Accept", approve_hint(report_, group));
  }

  // A click selects all of it.
  void write_command(const char* what, const std::string& command) {
    out_ << "<p class=\"soft\">" << what << "</p><pre class=\"command\">" << escape_markup(command) << "</pre>\n";
  }

  void write_finding(const gate::Finding& finding) {
    out_ << "<p>" << title_html(title_of(finding)) << " <span class=\"soft\">in " << format_count(finding.exchanges)
         << (finding.exchanges == 1 ? " exchange" : " exchanges") << ", <code>" << finding.signature()
         << "</code></span></p>\n<table class=\"sides\"><tr><th>exchange</th><th>location</th><th>baseline</th>"
            "<th>candidate</th><th></th></tr>\n";
    for (const gate::Sample& sample : finding.samples) write_sample(finding, sample);
    out_ << "</table>\n";
    write_dependents(finding);
  }

  void write_sample(const gate::Finding& finding, const gate::Sample& sample) {
    const bool was_there = finding.kind != diff::Kind::kAdded, is_there = finding.kind != diff::Kind::kMissing;
    const ChangedPart parts = was_there && is_there ? changed_part(sample.recorded, sample.replayed)
                                                    : ChangedPart{{}, sample.recorded, sample.replayed, {}};
    out_ << "<tr><td>" << sample.exchange_id << "</td><td class=\"mono\">" << escape_markup(sample.path)
         << "</td><td class=\"mono\">" << side_html(was_there, parts, parts.old_part, "del")
         << "</td><td class=\"mono\">" << side_html(is_there, parts, parts.new_part, "ins") << "</td><td>"
         << escape_markup(sample.note) << "</td></tr>\n";
  }

  void write_dependents(const gate::Finding& root) {
    if (root.unsent > 0) out_ << "<p>" << format_count(root.unsent) << " exchanges were not sent because of it.</p>\n";
    if (root.dependents == 0) return;
    out_ << "<p>Caused by this one:</p><ul>";
    for (const gate::Finding& finding : summary_.dependent) {
      if (finding.cause != root.signature()) continue;
      out_ << "<li>" << code(finding.endpoint) << " " << code(finding.location) << " " << name_of(finding.kind) << ", "
           << format_count(finding.exchanges) << "</li>";
    }
    out_ << "</ul>\n";
  }

  const Report& report_;
  const gate::Summary& summary_;
  std::ostream& out_;
};

}  // namespace

void write_html_findings(const Report& report, std::ostream& out) {
  FindingsWriter(report, out).write();
}

void write_html_approved(const Report& report, std::ostream& out) {
  FindingsWriter(report, out).write_approved();
}

}  // namespace tracerec::report
