#include "cli/record_options.h"

#include "base/text.h"
#include "cli/size_option.h"
#include "cli/whole_number.h"
#include "record/memory_limit.h"

namespace tracerec::cli {
namespace {

// Below this neither ring nor queue hold a moment's worth of a busy server.
constexpr std::uint64_t kSmallestMemory = std::uint64_t{16} << 20;

// An empty trace file has 384 KiB, log included; more than that is needed to record anything.
// A quarter of it is the ring, whose size the kernel has in 32 bits.
constexpr std::uint64_t kLargestMemory = std::uint64_t{4} << 30;
constexpr std::uint64_t kSmallestFile = std::uint64_t{512} << 10;

}  // namespace

Result<RecordLimits> read_limits(const RecordOptions& options) {
  RecordLimits limits;
  if (!(options.sample > 0 && options.sample <= 1)) return Error{"--sample must be above 0 and at most 1"};  // or NaN
  if (!options.duration.empty()) {
    const auto parsed = parse_duration_ns(options.duration);
    if (!parsed) return Error{"--for " + options.duration + " is not a duration: write 30s, 5m or 500ms"};
    limits.duration_ns = *parsed;
  }
  if (auto read = read_size("--max-body", options.max_body, limits.body_bytes); !read) return read.error();
  if (auto read = read_size("--max-size", options.max_size, limits.file_bytes); !read) return read.error();
  if (limits.file_bytes < kSmallestFile)
    return Error{"--max-size " + options.max_size + " is little more than an empty file takes: at least 512KiB"};
  limits.memory_bytes = record::default_memory(record::memory_limit());
  if (auto read = read_size("--memory", options.memory, limits.memory_bytes); !read) return read.error();
  if (limits.memory_bytes < kSmallestMemory)
    return Error{"--memory " + options.memory + " is too little: at least 16MiB"};
  if (limits.memory_bytes > kLargestMemory)
    return Error{"--memory " + options.memory + " is more than the kernel can be given: at most 4GiB"};
  return limits;
}

nlohmann::json to_json(const RecordOptions& options) {
  nlohmann::json json;
  json["pid"] = options.pids;
  json["comm"] = options.names;
  if (!options.cgroup.empty()) json["cgroup"] = options.cgroup;
  json["command"] = options.command;
  if (options.all_users) json["all_users"] = true;
  if (options.as_root) json["as_root"] = true;
  json["port"] = options.ports;
  json["no_children"] = options.no_children;
  json["outgoing"] = options.outgoing;
  if (options.sample < 1) json["sample"] = options.sample;
  json["tls"] = options.tls;
  if (options.hooks != "best") json["hooks"] = options.hooks;
  json["include"] = without_secrets(options.filter.include);
  json["exclude"] = without_secrets(options.filter.exclude);
  if (!options.duration.empty()) json["for"] = options.duration;
  if (!options.max_body.empty()) json["max_body"] = options.max_body;
  if (!options.max_size.empty()) json["max_size"] = options.max_size;
  if (options.keep_secrets) json["keep_secrets"] = true;
  if (!options.redact.empty()) json["redact"] = options.redact;
  if (!options.redaction.empty()) json["redaction"] = nlohmann::json::parse(options.redaction, nullptr, false);
  if (!options.kept_headers.empty()) json["kept_headers"] = options.kept_headers;
  if (!options.kept_fields.empty()) json["kept_fields"] = options.kept_fields;
  if (options.max_exchanges != UINT64_MAX) json["max_exchanges"] = options.max_exchanges;
  return json;
}

void add_options(CLI::App& command, RecordOptions& options) {
  command.add_option("--pid", options.pids, "A process to record, with its threads and children; repeatable")
      ->check(whole_number(1, INT64_MAX))
      ->type_name("PID")
      ->allow_extra_args(false);
  command.add_option("--comm", options.names, "All processes of this name, those started later too (as in ps -o comm)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_flag("--all-users", options.all_users,
                   "With --comm: processes of other users too. Under sudo it takes those of who called it only");
  command
      .add_option("--cgroup", options.cgroup,
                  "All processes of a control group, container or pod, and what they start later")
      ->type_name("PATH|ID");
  command.add_option("--port", options.ports, "Only connections to these local ports")
      ->check(whole_number(1, UINT16_MAX))
      ->type_name("N");
  command.add_flag("--no-children", options.no_children, "Only the process itself, not those it forks");
  command.add_flag("--outgoing", options.outgoing,
                   "Also the calls that the process makes to others; replay leaves them out");
  command.add_option("--sample", options.sample, "Record this share of the connections, each whole or not at all")
      ->type_name("0…1")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--tls", options.tls, "Read inside TLS: by the libraries that are known, or not at all")
      ->check(CLI::IsMember({"auto", "off"}))
      ->capture_default_str();
  command
      .add_option("--hooks", options.hooks,
                  "Where bytes are seen: where sockets move them (Linux 6.5, x86-64), or at the end of system calls,\n"
                  "which slows down every process of the machine a little; best: the first, if it can be had")
      ->check(CLI::IsMember({"best", "transfers", "calls"}))
      ->capture_default_str();
  add_filter_options(command, options.filter);
  command.add_option("--for", options.duration, "Stop after this time (30s, 5m)")->type_name("TIME");
  command.add_option("--max-exchanges", options.max_exchanges, "Stop after this many exchanges")
      ->check(whole_number(1, UINT64_MAX))
      ->type_name("N");
  command.add_option("--max-size", options.max_size, "Stop when the file has this size (2GiB)")->type_name("SIZE");
  command
      .add_option("--max-body", options.max_body,
                  "Keep this much of a body (64MiB); a longer one leaves its exchange incomplete")
      ->type_name("SIZE");
  command
      .add_option("--memory", options.memory,
                  "Memory for what waits to be read and written (64MiB, or a quarter of the control group's limit)")
      ->type_name("SIZE");
  command.add_option("--name", options.name, "A name for the recording")->type_name("TEXT");
  command.add_flag("--fail-on-loss", options.fail_on_loss,
                   "Exit code 2 when bytes were lost, not seen, or not read as HTTP/1");
  command.add_flag("--keep-secrets", options.keep_secrets, "Store credentials as they are, instead of replaced");
  command.add_option("--redact", options.redact, "A rules file: further headers and fields to replace")
      ->type_name("FILE");
  command
      .add_option("--save-events", options.save_events,
                  "Also keep the raw kernel events, for debugging: secrets are not replaced in them")
      ->type_name("FILE");
  command.add_flag("--as-root", options.as_root, "Run the command as root, and not as the user who called sudo");
  command.add_option("command", options.command, "After --: a command to start and record");
  command.footer(
      "Records until Ctrl-C, SIGTERM, --for, --max-exchanges, --max-size, or the end of the process; then prints the\n"
      "ledger: every byte the process moved is stored or counted. Credentials are replaced by equal-looking text "
      "before they\n"
      "reach the disk (docs/capture.md, Secrets). A kill -9 loses at most the last 200 ms, a power cut about the last\n"
      "second: the file is whole up to there. Needs root; `tracerec doctor` tells what is missing.\n"
      "  tracerec record --pid $(pgrep -o myserver) --for 60s\n"
      "  tracerec record --cgroup 3f2a9c1b7d4e --sample 0.1 --max-size 2GiB\n"
      "  tracerec record --port 8080 -- ./myserver --config test.yaml");
}

}  // namespace tracerec::cli
