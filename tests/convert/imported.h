// A file through the importer into a trace file, and what is in that afterwards.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "convert/har_file.h"
#include "convert/import.h"
#include "schema/reader.h"
#include "testing/temp_dir.h"

namespace tracerec::convert {

class Imported {
 public:
  using Read = Result<FileOrigin> (*)(InputFile&, const EntryVisitor&);

  // `text` as a file of the format that `read` reads; secrets are replaced where there is a redactor.
  Imported(Read read, const std::string& text, redact::Redactor* redactor = nullptr) {
    testing::write_whole_file(folder_.file("in"), text);
    const auto file = InputFile::open(folder_.file("in"));
    auto writer = schema::BatchWriter::open(db(), {});
    EXPECT_TRUE(file.has_value() && writer.has_value());
    const auto next = (*writer)->next_ids();
    const auto id = (*writer)->begin_recording({});
    EXPECT_TRUE(next.has_value() && id.has_value());
    Import import({**writer, *id, *next, 1000, redactor});
    const auto read_all = read(**file, [&](Entry&& entry) { return import.add(std::move(entry)).has_value(); });
    EXPECT_TRUE(read_all.has_value()) << (read_all ? "" : read_all.error().message);
    EXPECT_TRUE((*writer)->flush().has_value());
    const auto made = import.ledger();
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message);
    if (made) ledger = *made;
    counts = import.counts();
    EXPECT_TRUE((*writer)->finish_recording(*id, import.ended_unix_ns(), ledger).has_value());
  }

  [[nodiscard]] std::string db() const { return folder_.file("trace.db"); }

  [[nodiscard]] std::unique_ptr<schema::Reader> reader() const {
    auto opened = schema::Reader::open(db());
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().message);
    return std::move(*opened);
  }

  [[nodiscard]] std::vector<schema::StoredExchange> exchanges() const {
    std::vector<schema::StoredExchange> all;
    const auto walked = reader()->for_each_exchange(1, [&](const schema::StoredExchange& one) {
      all.push_back(one);
      return true;
    });
    EXPECT_TRUE(walked.has_value()) << (walked ? "" : walked.error().message);
    return all;
  }

  [[nodiscard]] schema::LedgerEntry entry(const std::string& key) const {
    for (const schema::LedgerEntry& one : ledger) {
      if (one.key == key) return one;
    }
    return {key, 0, 0};
  }

  ImportCounts counts;
  schema::Ledger ledger;

 private:
  testing::TempDir folder_;
};

}  // namespace tracerec::convert
