// Judges the newest run of a trace file: judge FILE.
#include <cstdio>

#include "evaluate/evaluate.h"
#include "schema/reader.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto reader = tracerec::schema::Reader::open(argv[1]);
  const auto run = reader ? (*reader)->newest_run() : reader.error();
  if (!run || !*run) return 2;
  const auto report = tracerec::evaluate::evaluate(argv[1], **run, {});
  if (report) std::puts(report->verdict.passed ? "passed" : "failed");
  return report ? 0 : 2;
}
