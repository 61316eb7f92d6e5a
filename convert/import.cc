#include "convert/import.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "convert/wire_form.h"

// Tests: tests/convert/import_test.cc.

namespace tracerec::convert {
namespace {

std::uint64_t message_bytes(const schema::Exchange& row) {
  return row.request_head.size() + row.request_body.bytes.size() + row.interim.size() + row.response_head.size() +
         row.response_body.bytes.size();
}

// A body that is there whole through the guard.
redact::BodyGuard::Outcome guard_body(redact::BodyGuard& guard, schema::BodyIn& body, std::string& head,
                                      bool is_request) {
  const bool is_whole = body.bytes.size() == body.wire_bytes;
  std::string kept;
  guard.append(body.bytes, kept);
  body.bytes = std::move(kept);
  return guard.finish(is_whole, head, is_request, {body.bytes, body.wire_bytes});
}

std::int64_t end_of(const schema::Exchange& row) {
  return row.started_unix_ns + std::max<std::int64_t>(0, row.duration_ns);
}

}  // namespace

std::uint64_t ImportCounts::entries() const {
  std::uint64_t all = exchanges;
  for (const auto& [reason, count] : skipped) all += count;
  return all;
}

Result<void> Import::add(Entry&& entry) {
  if (auto* draft = std::get_if<Draft>(&entry)) return store(std::move(*draft));
  skip(std::get<Skipped>(entry));
  return {};
}

void Import::skip(const Skipped& skipped) {
  ++counts_.skipped[skipped.reason];
  if (skipped.reason == kUnreadable && counts_.first_unreadable.empty())
    counts_.first_unreadable = "entry " + std::to_string(counts_.entries()) + ": " + skipped.detail;
}

Result<void> Import::submit(schema::Command&& command) {
  while (!target_.writer.submit(std::move(command))) {  // NOLINT(bugprone-use-after-move): a refused one stays here
    if (auto flushed = target_.writer.flush(); !flushed) return flushed;
  }
  return {};
}

Result<Import::Connection*> Import::connect(const Draft& draft) {
  Connection& connection = draft.connection.empty() ? single_ : connections_[draft.connection];
  const bool goes_on =
      !draft.connection.empty() && connection.id != 0 && draft.row.started_unix_ns >= connection.ended_unix_ns;
  if (goes_on) return &connection;
  connection = {target_.next.connection++, 0, 0};
  schema::Connection row;
  row.id = connection.id;
  row.recording_id = target_.recording_id;
  row.local = draft.server;
  row.opened_unix_ns = draft.row.started_unix_ns;
  row.tls = draft.tls;
  if (auto taken = submit(std::move(row)); !taken) return taken.error();
  return &connection;
}

void Import::redact(schema::Exchange& row) {
  if (target_.redactor == nullptr) return;
  redact::Redactor& redactor = *target_.redactor;
  const auto request = redactor.redact_request_head(row.request_head, row.target);
  const auto response = redactor.redact_response_head(row.response_head);
  const auto search = [&](redact::BodyGuard* guard, schema::BodyIn& body, std::string& head, bool is_request) {
    if (guard == nullptr) return;
    const auto outcome = guard_body(*guard, body, head, is_request);
    withheld_ += outcome.withheld_bytes > 0 ? 1U : 0U;
    withheld_bytes_ += outcome.withheld_bytes;
    reencoded_ += outcome.reencoded_before > 0 ? 1U : 0U;
    reencoded_before_bytes_ += outcome.reencoded_before;
    reencoded_after_bytes_ += outcome.reencoded_after;
    if (outcome.reencoded_before > 0) add_note(row, "reencoded");
    if (outcome.withheld_bytes == 0) return;
    add_note(row, "withheld");
    row.complete = false;
  };
  search(request.get(), row.request_body, row.request_head, true);
  search(response.get(), row.response_body, row.response_head, false);
  const redact::Replaced replaced = redactor.take_replaced();
  if (replaced.values > 0) add_note(row, "redacted");
  replaced_ += replaced;
}

void Import::count(const Draft& draft) {
  ++counts_.exchanges;
  if (counts_.hosts.size() < ImportCounts::kMostHosts || counts_.hosts.contains(draft.host))
    ++counts_.hosts[draft.host];
  if (draft.row.complete) return;
  ++counts_.incomplete;
  for (const char* word : {"no_response", kRequestBodyUnknown, kResponseBodyUnknown, "withheld"}) {
    if (schema::has_note(draft.row.notes, word)) ++counts_.incomplete_by[word];
  }
}

Result<void> Import::store(Draft&& draft) {
  made_bytes_ += message_bytes(draft.row);
  if (schema::has_note(draft.row.notes, kNoTime)) draft.row.started_unix_ns = last_start_unix_ns_;
  last_start_unix_ns_ = draft.row.started_unix_ns;
  redact(draft.row);
  auto connection = connect(draft);
  if (!connection) return connection.error();
  draft.row.id = target_.next.exchange++;
  draft.row.recording_id = target_.recording_id;
  draft.row.connection_id = (*connection)->id;
  draft.row.seq = (*connection)->next_seq++;
  (*connection)->ended_unix_ns = end_of(draft.row);
  ended_unix_ns_ = std::max(ended_unix_ns_, end_of(draft.row));
  count(draft);
  return submit(std::move(draft.row));
}

Result<schema::Ledger> Import::ledger() const {
  const schema::BatchWriter::Written written = target_.writer.written();
  if (written.exchanges != counts_.exchanges ||
      made_bytes_ + reencoded_after_bytes_ != written.message_bytes + withheld_bytes_ + reencoded_before_bytes_)
    return Error{"what was written is not what was read: the disk lost rows, or this is a bug"};
  schema::Ledger ledger{{"seen", counts_.exchanges, made_bytes_},
                        {"stored.exchange", written.exchanges, written.message_bytes}};
  const auto add = [&](const std::string& key, std::uint64_t count, std::uint64_t bytes) {
    if (count > 0) ledger.push_back({key, count, bytes});
  };
  add("stored.incomplete", counts_.incomplete, 0);
  add("skipped.withheld", withheld_, withheld_bytes_);
  add("reencoded.before", reencoded_, reencoded_before_bytes_);
  add("reencoded.after", reencoded_, reencoded_after_bytes_);
  add("redacted", replaced_.values, replaced_.bytes);
  for (const auto& [reason, count] : counts_.skipped) add("skipped." + reason, count, 0);
  return ledger;
}

}  // namespace tracerec::convert
