// A trace file that somebody changed: it is refused, or read to its end, with one printable line about what is wrong in
// it; a changed schema is always refused; and reading changes and adds nothing.
// Input: what is read (l: lists; s: every exchange, shown, exported and as a command; p: the plan of a replay;
// e: evaluation and reports), then changes with zero bytes between them:
//   cTCRv…  a cell: table, column and row by number ('0' + n), v a type (i, t, b, n) and its value
//   kH…     these bytes (hexadecimal) become a row of packed_exchange
//   m, a    the rest becomes the SQL of the first schema row, of a new one
//   oHHHH…  these bytes go to the n-th byte that is not zero (hexadecimal)
//   pFT     page F is copied over page T
//   zN      the file is cut to N of 64 parts
#include <sqlite3.h>

#include <charconv>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <vector>

#include "base/hex.h"
#include "base/read_file.h"
#include "base/text.h"
#include "cli/exchange_view.h"
#include "evaluate/curl.h"
#include "evaluate/evaluate.h"
#include "evaluate/response_diff.h"
#include "fuzz.h"
#include "replay/outlook.h"
#include "sample_trace.h"
#include "schema/reader.h"

namespace tracerec::fuzz {
namespace {

constexpr std::size_t kPageBytes = 1024;
constexpr std::size_t kMostExchanges = 64;  // of the sample, and packed ones as they fit into an input
constexpr std::size_t kJournalModes = 18;   // two bytes of the header, 2: with a log; memory has none

std::size_t number_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at] - '0') : 0;
}

// Changes cells as SQLite does, so that what is around them stays valid.
class Cells {
 public:
  explicit Cells(std::string& bytes) : bytes_(bytes) {
    bytes[kJournalModes] = bytes[kJournalModes + 1] = 1;
    sqlite3_open(":memory:", &database_);
    auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), copy);
    const auto size = static_cast<sqlite3_int64>(bytes.size());
    sqlite3_deserialize(database_, "main", copy, size, size,
                        SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    execute("PRAGMA ignore_check_constraints = 1; PRAGMA writable_schema = 1; BEGIN");
  }
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;
  ~Cells() {
    execute("COMMIT");
    sqlite3_int64 size = 0;
    unsigned char* out = sqlite3_serialize(database_, "main", &size, 0);
    if (out != nullptr) bytes_.assign(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
    sqlite3_free(out);
    sqlite3_close(database_);
    bytes_[kJournalModes] = bytes_[kJournalModes + 1] = 2;
  }

  void change(std::string_view step) {
    static constexpr const char* kTables[] = {"exchange", "recording", "connection",   "body",       "body_part",
                                              "run",      "response",  "substitution", "run_ledger", "recording_ledger",
                                              "opaque"};
    const std::string table = kTables[number_at(step, 1) % std::size(kTables)];
    const std::string column = column_of(table, number_at(step, 2));
    const std::string key = table.ends_with("_ledger") ? "key" : "id";
    const std::string sql = "UPDATE OR IGNORE " + table + " SET " + column + " = ? WHERE " + key + " = (SELECT " + key +
                            " FROM " + table + " ORDER BY 1 LIMIT 1 OFFSET " + std::to_string(number_at(step, 3)) + ")";
    bind_and_run(sql, step.substr(std::min<std::size_t>(4, step.size())));
  }

  void add_packed(std::string_view digits) {
    std::string value = "b";
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2) value += static_cast<char>(read_hex(digits, at, 2));
    bind_and_run("INSERT INTO packed_exchange(data) VALUES (?)", value);
  }

  // True: the schema is another one now.
  bool change_schema(std::string_view sql, bool added) {
    bind_and_run(added ? "INSERT INTO sqlite_schema VALUES ('trigger', 'extra', 'exchange', 0, ?)"
                       : "UPDATE sqlite_schema SET sql = ? WHERE rowid = 1",
                 "t" + std::string(sql));
    return sqlite3_changes(database_) == 1;
  }

 private:
  void execute(const char* sql) { sqlite3_exec(database_, sql, nullptr, nullptr, nullptr); }

  std::string column_of(const std::string& table, std::size_t number) {
    std::vector<std::string> names;
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database_, ("SELECT name FROM pragma_table_info('" + table + "')").c_str(), -1, &statement,
                       nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW)
      names.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    sqlite3_finalize(statement);
    return names.empty() ? "id" : names[number % names.size()];
  }

  void bind_and_run(const std::string& sql, std::string_view value) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return;
    const std::string_view rest = value.substr(std::min<std::size_t>(1, value.size()));
    const auto size = static_cast<int>(rest.size());
    std::int64_t number = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (value.starts_with('i')) sqlite3_bind_int64(statement, 1, number);
    if (value.starts_with('t')) sqlite3_bind_text(statement, 1, rest.data(), size, SQLITE_TRANSIENT);
    if (value.starts_with('b')) sqlite3_bind_blob(statement, 1, rest.data(), size, SQLITE_TRANSIENT);
    sqlite3_step(statement);
    sqlite3_finalize(statement);
  }

  std::string& bytes_;
  sqlite3* database_ = nullptr;
};

// The bytes of the file after all changes.
class Changed {
 public:
  explicit Changed(std::string bytes) : bytes_(std::move(bytes)) {}

  // Cells first: afterwards the file need not be one that SQLite opens.
  void apply(std::string_view steps) {
    if (!steps.empty()) change_all_cells(steps);
    while (!steps.empty()) change_pages(take_until(steps, '\0'));
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] bool must_be_refused() const { return schema_changed_ && !pages_changed_; }

 private:
  void change_all_cells(std::string_view steps) {
    Cells cells(bytes_);
    while (!steps.empty()) change_cells(cells, take_until(steps, '\0'));
  }

  void change_cells(Cells& cells, std::string_view step) {
    if (step.starts_with('c')) cells.change(step);
    if (step.starts_with('k')) cells.add_packed(step.substr(1));
    if (step.starts_with('m') || step.starts_with('a'))
      schema_changed_ |= cells.change_schema(step.substr(1), step[0] == 'a');
  }

  void change_pages(std::string_view step) {
    if (step.starts_with('o')) overwrite(step.substr(1));
    if (step.starts_with('p')) copy_page(number_at(step, 1), number_at(step, 2));
    if (step.starts_with('z')) bytes_.resize(bytes_.size() / 64 * std::min<std::size_t>(number_at(step, 1), 64));
    pages_changed_ |= step.starts_with('o') || step.starts_with('p') || step.starts_with('z');
  }

  void overwrite(std::string_view step) {
    unsigned place = 0;
    const std::string_view digits = step.substr(0, 4);
    std::from_chars(digits.data(), digits.data() + digits.size(), place, 16);
    std::vector<std::size_t> used;
    for (std::size_t i = 100; i < bytes_.size(); ++i) {
      if (bytes_[i] != '\0') used.push_back(i);
    }
    if (used.empty()) return;
    std::size_t at = used[place % used.size()];
    for (const char c : step.substr(digits.size())) {
      if (at < bytes_.size()) bytes_[at++] = c;
    }
  }

  void copy_page(std::size_t from, std::size_t to) {
    const std::size_t pages = bytes_.size() / kPageBytes;
    if (pages < 2) return;
    const std::string page = bytes_.substr(from % pages * kPageBytes, kPageBytes);
    bytes_.replace((1 + to % (pages - 1)) * kPageBytes, kPageBytes, page);  // the first one has the header
  }

  std::string bytes_;
  bool schema_changed_ = false;
  bool pages_changed_ = false;
};

template <class T>
bool is_good(const Result<T>& result) {
  if (result) return true;
  FUZZ_CHECK(!result.error().message.empty());
  FUZZ_CHECK(printable(result.error().message) == result.error().message);
  return false;
}

void read_lists(schema::Reader& reader) {
  const auto recordings = reader.recordings();
  if (!is_good(recordings)) return;
  for (const schema::RecordingSummary& one : *recordings) {
    is_good(reader.recording_ledger(one.recording.id));
    is_good(reader.local_addresses(one.recording.id));
  }
  const auto runs = reader.runs();
  if (!is_good(runs)) return;
  for (const schema::RunSummary& one : *runs) {
    is_good(reader.run_ledger(one.run.id));
    is_good(reader.rechecks_of(one.run.id));
    is_good(reader.for_each_unresolved(one.run.id, [](schema::RowId, const schema::Substitution&) { return true; }));
  }
}

void show(schema::Reader& reader, const schema::StoredExchange& exchange) {
  std::ostringstream text, wire;
  if (is_good(cli::write_text(reader, exchange, text)))
    FUZZ_CHECK(text.str().find_first_of("\x1b\x07\x9b") == std::string::npos || !text.str().empty());
  is_good(cli::write_http(reader, exchange, wire));
  is_good(cli::to_json(reader, exchange));
  is_good(evaluate::to_curl(reader, exchange));
}

void read_exchanges(schema::Reader& reader, const std::string& path) {
  const auto bodies = schema::Reader::open(path);
  if (!is_good(bodies)) return;
  is_good(reader.for_each_exchange(1, [&](const schema::StoredExchange& exchange) {
    show(**bodies, exchange);
    const auto lines = evaluate::response_lines(**bodies, exchange.response_head, exchange.response_body);
    if (!is_good(lines)) return true;
    for (const std::string& line : evaluate::response_diff(*lines, {})) FUZZ_CHECK(printable(line) == line);
    return true;
  }));
  for (const schema::RowId connection : {1, 2}) is_good(reader.next_requests(1, connection, -1, 100));
  is_good(reader.substitutions_from(1, 1));
}

void read_plan(schema::Reader& reader) {
  replay::ReplayOptions options;
  options.dry_run = options.shift_time = true;
  options.filter.include.push_back({"GET", "*"});
  const auto causes = replay::find_causes(reader, 1, options);
  if (!is_good(causes)) return;
  const auto outlook = replay::look_ahead(reader, 1, options, causes->get(), kSampleStart);
  if (is_good(outlook)) FUZZ_CHECK(outlook->sent.count() <= kMostExchanges);
}

void evaluate_run(schema::Reader& reader, const std::string& path) {
  const auto run = reader.newest_run();
  if (!is_good(run) || !*run) return;
  evaluate::Plan plan;
  plan.today = "2027-01-31";
  plan.mutations = 4;
  plan.allow_partial = true;
  const auto report = evaluate::evaluate(path, **run, plan);
  if (!is_good(report)) return;
  std::ostringstream text;
  report::make_text_reporter({})->write(*report, text);
  FUZZ_CHECK(text.str().find('\x1b') == std::string::npos);
}

void read_file_of(char what, const std::string& path, bool must_be_refused) {
  const auto reader = schema::Reader::open(path);
  FUZZ_CHECK(!(must_be_refused && reader.has_value()));
  if (!is_good(reader)) return;
  if (what == 'l') read_lists(**reader);
  if (what == 's') read_exchanges(**reader, path);
  if (what == 'p') read_plan(**reader);
  if (what == 'e') evaluate_run(**reader, path);
}

// Small pages: 16 KiB of each table would be copied for each input, most of it empty.
std::string make_original(const std::string& path) {
  SampleTrace made(path);
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  const std::string sql = "PRAGMA journal_mode = DELETE; PRAGMA page_size = " + std::to_string(kPageBytes) +
                          "; VACUUM; PRAGMA journal_mode = WAL";
  FUZZ_CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  return read_file(path, SIZE_MAX).value();
}

}  // namespace

void fuzz_one(std::string_view input) {
  static const MemoryFolder folder;
  static const std::string path = folder.file("t.db");
  static const std::string original = make_original(path);
  if (input.empty()) return;
  Changed changed(original);
  changed.apply(input.substr(1));
  std::ofstream(path, std::ios::binary) << changed.bytes();
  read_file_of(input[0], path, changed.must_be_refused());
  FUZZ_CHECK(read_file(path, SIZE_MAX).value() == changed.bytes());
  FUZZ_CHECK(folder.files() == 1);
}

}  // namespace tracerec::fuzz
