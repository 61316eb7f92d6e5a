#include "convert/har_file.h"

#include <istream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "convert/har_entry.h"
#include "convert/har_values.h"

// How this works. nlohmann's parser builds values from a stream and asks a callback about each when it is complete; the
// callback takes an entry and lets the parser drop it. What stands elsewhere in the file is not built at all. Tests:
// tests/convert/har_file_test.cc.

namespace tracerec::convert {
namespace {

using Json = nlohmann::json;

// Ends a parse from inside of it: nlohmann has no other way.
struct Ended {};

constexpr int kLogDepth = 1, kEntriesDepth = 2, kEntryDepth = 3;
constexpr int kMostDepth = 512;

class EntryCollector {
 public:
  EntryCollector(InputFile& file, const EntryVisitor& visit) : file_(file), visit_(visit) {}

  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (depth > kMostDepth)
      throw Error{"has values nested deeper than " + std::to_string(kMostDepth) + ", near byte " +
                  std::to_string(file_.position())};
    if (event == Event::key) return note_key(depth, value);
    if (depth == kEntriesDepth && event == Event::array_start) begin_entries();
    if (depth == kEntriesDepth && event == Event::array_end) in_entries_ = false;
    const bool ends = event == Event::object_end || event == Event::array_end || event == Event::value;
    if (in_entries_ && depth == kEntryDepth && ends) return take(value);
    if (in_entries_ || in_creator_) return keep(depth, ends, value);
    return depth < kEntriesDepth;
  }

  [[nodiscard]] bool found_entries() const { return found_entries_; }
  [[nodiscard]] const FileOrigin& origin() const { return origin_; }

 private:
  bool note_key(int depth, const Json& key) {
    if (depth == kLogDepth) is_log_ = key == "log";
    if (depth == kEntriesDepth) {
      is_entries_ = is_log_ && key == "entries";
      in_creator_ = is_log_ && key == "creator";
    }
    return true;
  }
  void begin_entries() {
    in_entries_ = is_entries_;
    found_entries_ = found_entries_ || in_entries_;
    file_.begin_entry();
  }
  bool take(const Json& entry) {
    if (!visit_(read_har_entry(entry))) throw Ended{};
    file_.begin_entry();
    return false;
  }
  bool keep(int depth, bool ends, const Json& value) {
    if (!in_creator_ || depth != kEntriesDepth || !ends) return true;
    origin_.tool = trim(printable(text_of(value, "name") + " " + text_of(value, "version"), 80));
    in_creator_ = false;
    return false;
  }

  InputFile& file_;
  const EntryVisitor& visit_;
  FileOrigin origin_;
  bool is_log_ = false, is_entries_ = false, in_entries_ = false, in_creator_ = false, found_entries_ = false;
};

// "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error …" from "line" on; of what has none
// ("… out_of_range …] number overflow parsing '1e999'"), what comes after the bracket.
std::string location_and_reason(std::string_view what, std::uint64_t position) {
  const std::size_t line = what.find("line ");
  if (line != std::string_view::npos) return printable(what.substr(line), 200);
  const std::size_t reason = what.starts_with('[') ? what.find("] ") : std::string_view::npos;
  return printable(reason == std::string_view::npos ? what : what.substr(reason + 2), 200) + ", near byte " +
         std::to_string(position);
}

}  // namespace

Result<FileOrigin> read_har(InputFile& file, const EntryVisitor& visit) {
  EntryCollector collector(file, visit);
  std::istream stream(&file);
  try {
    const Json rest = Json::parse(stream, std::ref(collector));
  } catch (const Ended&) {
    return collector.origin();
  } catch (const Error& error) {
    return error;
  } catch (const Json::exception& error) {
    if (!file.failure().empty()) return Error{file.failure() + ", near byte " + std::to_string(file.position())};
    return Error{"is not JSON as parsers take it: " + location_and_reason(error.what(), file.position())};
  }
  if (!collector.found_entries()) return Error{"is JSON, but no HAR file: it has no log.entries"};
  return collector.origin();
}

}  // namespace tracerec::convert
