#include "report/text_entries.h"

#include <algorithm>
#include <cstdint>

#include "base/columns.h"
#include "base/text.h"
#include "gate/group_order.h"
#include "report/finding_text.h"

namespace tracerec::report {
namespace {

constexpr std::size_t kFewestEntries = 3;  // that are shown however long the rest is
constexpr std::size_t kMostExchanges = 3;  // named beside a sample
constexpr std::size_t kMostNotKept = 3;    // causes
constexpr std::size_t kIndent = 6;
constexpr std::size_t kSafeBytes = 4 * gate::kMaxSampleBytes;  // printable() makes at most 4 bytes of one

std::string safe(std::string_view raw) {
  return printable(raw, kSafeBytes);
}

void shorten(std::string& part, std::size_t excess) {
  constexpr std::size_t kShortest = 8;
  const std::size_t width = display_width(part);
  part = cut_middle(part, std::max(kShortest, width - std::min(width, excess)));
}

// The longer one of endpoint and location gives way first.
std::string fit(Title title, std::size_t room) {
  for (std::string* part : {&title.endpoint, &title.location, &title.change}) *part = safe(*part);
  for (int round = 0; round < 2; ++round) {
    const std::size_t width = display_width(in_one_line(title));
    if (width <= room) break;
    const bool endpoint_first = display_width(title.endpoint) > display_width(title.location);
    shorten(endpoint_first ? title.endpoint : title.location, width - room);
  }
  return cut_middle(in_one_line(title), room);
}

// "a, b and 2 more", as many as there is room for.
std::string list_that_fits(const std::vector<std::string>& things, std::size_t room) {
  std::string text;
  for (std::size_t i = 0; i < things.size(); ++i) {
    const std::string next = (i == 0 ? "" : ", ") + safe(things[i]);
    const std::string more = " and " + format_count(things.size() - i) + " more";
    const std::size_t reserved = i + 1 == things.size() ? 0 : display_width(more);
    if (i > 0 && display_width(text + next) + reserved > room) return cut_middle(text + more, room);
    text += next;
  }
  return cut_middle(text, room);
}

// What stands around the values goes before they are cut to nothing.
std::string values_text(const gate::Finding& finding, const gate::Sample& sample, std::string after, std::size_t room) {
  constexpr std::size_t kFewest = 24;
  const std::string arrow = " → ";
  std::string before = sample.path == finding.location ? "" : safe(sample.path) + ": ";
  const std::string old_value = safe(baseline_of(finding, sample)), new_value = safe(candidate_of(finding, sample));
  const std::size_t wanted = std::min(kFewest, display_width(old_value) + display_width(new_value));
  const auto left = [&] { return room - std::min(room, display_width(before + arrow + after)); };
  if (left() < wanted) before.clear();
  if (left() < wanted) after.clear();
  const auto [one, other] = cut_alike(old_value, new_value, left());
  return cut_middle(before + one + arrow + other + after, room);
}

// Where the value of a rename is now.
std::string new_holder(const gate::Summary& summary, const gate::FindingGroup& group, const gate::Finding& first) {
  for (const std::size_t member : group.members) {
    const gate::Finding& one = summary.findings[member];
    if (one.kind != diff::Kind::kAdded || one.endpoint != first.endpoint || one.samples.empty()) continue;
    const std::string& now = one.samples.front().replayed;
    return "; the new name holds " + (now == first.samples.front().recorded ? "it" : safe(now));
  }
  return {};
}

std::string sample_text(const gate::Summary& summary, const gate::FindingGroup& group, std::size_t room) {
  const gate::Finding& first = summary.findings[group.members.front()];
  if (first.samples.empty() || title_has_values(first)) return {};
  const gate::Sample& sample = first.samples.front();
  if (group.cause == gate::Cause::kRename) return values_text(first, sample, new_holder(summary, group, first), room);
  return values_text(first, sample, sample.note.empty() ? "" : " (" + safe(sample.note) + ")", room);
}

// "#16 #32 #36  32f669b1122d +7"
std::string names_of(const gate::Summary& summary, const gate::FindingGroup& group) {
  std::vector<std::int64_t> exchanges;
  for (const std::size_t member : group.members) {
    for (const gate::Sample& sample : summary.findings[member].samples) exchanges.push_back(sample.exchange_id);
  }
  std::sort(exchanges.begin(), exchanges.end());
  exchanges.erase(std::unique(exchanges.begin(), exchanges.end()), exchanges.end());
  exchanges.resize(std::min(exchanges.size(), kMostExchanges));
  std::string text;
  for (const std::int64_t id : exchanges) text += "#" + std::to_string(id) + " ";
  text += " " + summary.findings[group.members.front()].signature();
  return group.members.size() > 1 ? text + " +" + std::to_string(group.members.size() - 1) : text;
}

Lines entry_of(const gate::Summary& summary, const gate::FindingGroup& group, std::size_t number, const Page& page) {
  const std::string indent(kIndent, ' ');
  const std::string begin = pad_left(std::to_string(number), 2) + "  ";
  const std::string scope = scope_of(group), names = names_of(summary, group);
  const auto room_beside = [&](const std::string& left, const std::string& right) {
    return page.width() - std::min(page.width(), display_width(left) + display_width(right) + 2);
  };
  Lines lines{page.two_sided(begin + fit(title_of(summary, group), room_beside(begin, scope)), scope, kBold, kPlain),
              page.two_sided(indent + sample_text(summary, group, room_beside(indent, names)), names)};
  if (group.endpoints.size() > 1)
    lines.push_back(indent + "in " + list_that_fits(group.endpoints, page.width() - kIndent - 3));
  const std::string caused = describe_consequences(group);
  if (!caused.empty()) lines.push_back(indent + cut_middle("caused " + caused, page.width() - kIndent));
  return lines;
}

const char* heading_of(const gate::FindingGroup& group, bool passed) {
  if (passed) return "DIFFERENCES THAT THE GATE LETS PASS";
  const bool explains = group.cause == gate::Cause::kLogin || group.dependents + group.unsent > 0;
  return explains || group.severity == gate::Severity::kHigh ? "MUST FIX" : "CHECK";
}

Lines left_out(const gate::Summary& summary, std::size_t groups, const Page& page) {
  Lines lines;
  if (groups > 0) lines.push_back("    and " + format_count(groups) + (groups == 1 ? " more cause" : " more causes"));
  for (const std::string& line : not_kept_lines(summary, kMostNotKept))
    lines.push_back("    " + cut_middle(printable(line, 600), page.width() - 4));
  return lines;
}

Lines with_heading(const std::string& heading, Lines entry, bool is_first, const Page& page) {
  entry.insert(entry.begin(), page.coloured(kBold, heading));
  if (is_first) entry.insert(entry.begin(), "");
  return entry;
}

// Those that fit, in the order in which they are listed. A heading may stand above each.
std::vector<std::size_t> groups_that_fit(const std::vector<Lines>& entries, const std::vector<std::size_t>& order,
                                         std::size_t room) {
  constexpr std::size_t kAround = 4;  // an empty line, two headings, and how many causes were left out
  std::vector<std::size_t> chosen;
  std::size_t used = kAround;
  for (const std::size_t i : order) {
    used += entries[i].size();
    if (chosen.size() >= kFewestEntries && used > room) break;
    chosen.push_back(i);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace

Lines text_entries(const Report& report, const std::vector<gate::FindingGroup>& groups, const Page& page,
                   std::size_t room) {
  std::vector<Lines> entries;
  for (const gate::FindingGroup& group : groups)
    entries.push_back(entry_of(report.summary, group, entries.size() + 1, page));
  const std::size_t below = left_out(report.summary, 0, page).size();
  const auto chosen =
      groups_that_fit(entries, gate::fair_order(groups, report.summary.findings), room - std::min(room, below));
  Lines lines;
  std::string heading;
  for (const std::size_t i : chosen) {
    const std::string own_heading = heading_of(groups[i], report.verdict.passed);
    append(lines, heading == own_heading ? entries[i] : with_heading(own_heading, entries[i], heading.empty(), page));
    heading = own_heading;
  }
  append(lines, left_out(report.summary, groups.size() - chosen.size(), page));
  return lines;
}

}  // namespace tracerec::report
