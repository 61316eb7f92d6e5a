#include "cli/record_closing.h"

#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "evaluate/shell_word.h"

namespace tracerec::cli {
namespace {

void print_connections(std::uint64_t count, const char* what) {
  if (count > 0) std::fprintf(stderr, "%s connection%s %s\n", format_count(count).c_str(), count == 1 ? "" : "s", what);
}

void print_under_way(std::uint64_t count) {
  if (count == 0) return;
  std::fprintf(stderr, "%s exchange%s under way when the recorder came: %s not recorded (docs/capture.md)\n",
               format_count(count).c_str(), count == 1 ? " was" : "s were", count == 1 ? "it is" : "they are");
}

}  // namespace

void print_next(const std::string& db) {
  if (::isatty(STDERR_FILENO) == 0) return;
  const std::string given = db == "tracerec.db" ? "" : " -d " + evaluate::shell_quote(db);
  std::fprintf(stderr, "next: tracerec%s replay --target HOST:PORT, a server to compare with\n",
               printable(given, 300).c_str());
}

void print_books(const schema::Ledger& ledger, const record::Books& books) {
  std::fprintf(stderr, "%s\n", record::closing_of(ledger, books).line.c_str());
  std::fputs(record::describe_ledger(ledger).c_str(), stderr);
}

void print_unread(const std::vector<std::string>& problems, const std::vector<std::string>& tls,
                  const record::SinkCounts& counts) {
  for (const std::string& line : problems) std::fprintf(stderr, "%s\n", printable(line, 300).c_str());
  for (const std::string& line : tls) std::fprintf(stderr, "%s\n", line.c_str());
  if (const std::string line = record::describe_spliced(counts); !line.empty())
    std::fprintf(stderr, "%s\n", line.c_str());
  print_connections(counts.http2, "spoke HTTP/2, which is not read yet (docs/capture.md)");
  print_connections(counts.not_http, "spoke no HTTP: their first bytes are kept (opaque, docs/debugging.md)");
  print_connections(counts.unseen_request,
                    "carried requests that were not seen being read, and are not recorded: splice(2), io_uring, or a "
                    "process that is not recorded (docs/debugging.md)");
  print_connections(counts.no_request, "carried no request since the recorder came");
  print_under_way(counts.under_way);
}

}  // namespace tracerec::cli
