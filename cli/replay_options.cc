#include "cli/replay_options.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/option_file.h"
#include "base/text.h"
#include "cli/set_headers.h"
#include "cli/size_option.h"
#include "cli/whole_number.h"

namespace tracerec::cli {
namespace {

Result<void> check_removed(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string option = "--remove-header '" + printable(name, 80) + "'";
    if (!replay::parse_header_name(name)) return Error{option + " is not a valid header name"};
    if (equals_ignoring_case(trim(name), "Content-Length") || equals_ignoring_case(trim(name), "Transfer-Encoding"))
      return Error{option + ": without it the target cannot tell where a body ends; leave the option out"};
  }
  return {};
}

Result<void> set_rate(double rate, const ReplayCommandOptions& options, replay::ReplayOptions& plan) {
  constexpr double kMost = 1e7;    // more than any machine sends; NaN is not below it
  constexpr double kLeast = 1e-6;  // one in eleven days
  if (options.speed) return Error{"--rate and --speed exclude each other: give one of them"};
  if (!(rate >= kLeast && rate <= kMost))
    return Error{"--rate must be at least 0.000001 and at most 10,000,000 requests a second"};
  plan.pace = replay::Pace::kRate;
  plan.rate = rate;
  return {};
}

Result<void> set_pace(const ReplayCommandOptions& options, replay::ReplayOptions& plan) {
  if (options.rate) return set_rate(*options.rate, options, plan);
  const std::string speed = options.speed.value_or("1");
  if (speed == "max") {
    plan.pace = replay::Pace::kMax;
    return {};
  }
  const char* end = speed.data() + speed.size();
  const auto [parsed_to, error] = std::from_chars(speed.data(), end, plan.speed);
  if (error != std::errc{} || parsed_to != end || !(plan.speed >= 1e-6 && plan.speed <= 1e6)) {
    return Error{"--speed " + printable(speed, 40) + " is not a valid speed: write a factor like 1, 0.5 or 10, or max"};
  }
  return {};
}

Result<void> set_connections(const ReplayCommandOptions& options, replay::ReplayOptions& plan) {
  if (!options.connections) return {};
  plan.max_connections = static_cast<std::size_t>(*options.connections);
  return {};
}

// Twice the time that one response may take: a request that times out makes the next one on its connection that late,
// and is not a sign that the target cannot keep up.
Result<void> set_max_lateness(const ReplayCommandOptions& options, replay::ReplayOptions& plan) {
  plan.max_lateness_ns = 0;
  if (options.max_lateness == "off") return {};
  const auto given_ns = read_duration("--max-lateness", options.max_lateness);
  if (!given_ns) return given_ns.error();
  plan.max_lateness_ns = *given_ns > 0 ? *given_ns : 2 * plan.timeout_ns;
  return {};
}

Result<void> set_times(const ReplayCommandOptions& options, replay::ReplayOptions& plan) {
  struct {
    const char* name;
    const std::string& text;
    std::int64_t& value_ns;
  } const times[] = {{"--timeout", options.timeout, plan.timeout_ns},
                     {"--connect-timeout", options.connect_timeout, plan.connect_timeout_ns},
                     {"--first-byte-timeout", options.first_byte_timeout, plan.first_byte_timeout_ns},
                     {"--stream-for", options.stream_for, plan.stream_for_ns},
                     {"--max-idle", options.max_idle, plan.max_idle_ns}};
  for (const auto& [name, text, value_ns] : times) {
    const auto duration_ns = read_duration(name, text);
    if (!duration_ns) return duration_ns.error();
    value_ns = *duration_ns;
  }
  if (plan.timeout_ns == 0) return Error{"--timeout must be above 0: write 30s or 500ms"};
  if (plan.stream_for_ns == 0) return Error{"--stream-for must be above 0: write 5s or 500ms"};
  return set_max_lateness(options, plan);
}

Result<void> set_max_response(const ReplayCommandOptions& options, replay::ReplayOptions& plan) {
  if (auto read = read_size("--max-response", options.max_response, plan.max_response_bytes); !read) return read;
  if (plan.max_response_bytes > 0) return {};
  return Error{"--max-response must be above 0: write 64MiB, 2GiB or a number of bytes"};
}

Result<void> set_max_size(const ReplayCommandOptions& options, replay::ReplayOptions& plan) {
  if (options.max_size.empty()) return {};
  if (auto read = read_size("--max-size", options.max_size, plan.max_file_bytes); !read) return read;
  if (plan.max_file_bytes > 0) return {};
  return Error{"--max-size must be above 0: write 2GiB or a number of bytes"};
}

Result<void> read_jwt_key(const std::string& path, replay::ReplayOptions& plan) {
  constexpr std::size_t kMostBytes = 65536;
  if (path.empty()) return {};
  const auto text = read_option_file(path, kMostBytes);
  if (!text) return with_context("--jwt-key " + path, text.error());
  auto key = replay::JwtKey::parse(*text);
  if (!key) return with_context("--jwt-key " + path, key.error());
  plan.jwt_key = std::move(*key);
  return {};
}

// Before anything is sent, and for a target without TLS too: a name that is wrong is a mistake. They are read again for
// each connection setup, so no pipes.
Result<void> check_tls_files(const ReplayCommandOptions& options) {
  constexpr std::size_t kMostBytes = std::size_t{16} << 20;  // all authorities of a system take 0.2 MB
  if (!options.key.empty() && options.cert.empty()) return Error{"--key is of no use without --cert: give both"};
  const std::pair<const char*, const std::string&> files[] = {
      {"--cacert ", options.cacert}, {"--cert ", options.cert}, {"--key ", options.key}};
  for (const auto& [option, path] : files) {
    if (path.empty()) continue;
    const auto read = read_option_file(path, kMostBytes, Pipes::kRefuse);
    if (!read) return with_context(option + printable(path), read.error());
  }
  return {};
}

}  // namespace

Result<std::int64_t> read_duration(const char* option, const std::string& text) {
  if (text.empty()) return std::int64_t{0};
  const auto duration_ns = parse_duration_ns(text);
  constexpr std::int64_t kMostNs = std::int64_t{87'600} * 3'600'000'000'000;  // sums of these fit
  if (duration_ns && *duration_ns > kMostNs)
    return Error{std::string(option) + " " + printable(text, 40) + " is longer than ten years"};
  if (duration_ns && *duration_ns > 0) return *duration_ns;
  return Error{std::string(option) + " " + printable(text, 40) + " is not a duration: write 30s or 500ms"};
}

Result<replay::ReplayOptions> plan_replay(const ReplayCommandOptions& options) {
  replay::ReplayOptions plan;
  auto target = replay::Target::parse(options.target);
  if (!target) return with_context("--target", target.error());
  plan.target = std::move(*target);
  if (!options.baseline.empty()) {
    auto baseline = replay::Target::parse(options.baseline);
    if (!baseline) return with_context("--baseline", baseline.error());
    plan.baseline = replay::Server{std::move(*baseline), {}};
  }
  auto filter = make_filter(options.filter);
  if (!filter) return filter.error();
  plan.filter = std::move(*filter);
  if (auto paced = set_pace(options, plan); !paced) return paced.error();
  if (auto limited = set_connections(options, plan); !limited) return limited.error();
  auto headers = read_set_headers(options.set_headers);
  if (!headers) return headers.error();
  plan.set_headers = std::move(*headers);
  if (plan.baseline) plan.baseline->set_headers = plan.set_headers;
  if (auto removed = check_removed(options.remove_headers); !removed) return removed.error();
  plan.remove_headers = options.remove_headers;
  for (const std::string& text : options.rewrite_paths) {
    auto rewrite = replay::parse_path_rewrite(text);
    if (!rewrite) return with_context("--rewrite-path", rewrite.error());
    plan.rewrite_paths.push_back(std::move(*rewrite));
  }
  if (auto timed = set_times(options, plan); !timed) return timed.error();
  if (auto limited = set_max_response(options, plan); !limited) return limited.error();
  if (auto limited = set_max_size(options, plan); !limited) return limited.error();
  plan.correlate = options.correlate == "auto";
  plan.order = options.order == "auto"     ? replay::OrderMode::kAuto
               : options.order == "strict" ? replay::OrderMode::kStrict
                                           : replay::OrderMode::kConnection;
  plan.keep_host = options.keep_host;
  plan.quickack = options.quickack;
  plan.insecure = options.insecure;
  if (auto usable = check_tls_files(options); !usable) return usable.error();
  plan.cacert = options.cacert;
  plan.cert = options.cert;
  plan.key = options.key;
  plan.dependencies = !options.no_dependencies;
  plan.shift_time = options.shift_time;
  if (auto read = read_jwt_key(options.jwt_key, plan); !read) return read.error();
  plan.allow_recorded_target = options.allow_recorded_target;
  plan.dry_run = options.dry_run;
  return plan;
}

std::string options_json(const ReplayCommandOptions& options, const replay::ReplayOptions& plan) {
  nlohmann::json names = nlohmann::json::array();
  for (const http::Header& header : plan.set_headers) names.push_back(header.name);
  nlohmann::json identities = nlohmann::json::array();
  for (const auto& [key, set, is_recorded] : plan.identities) {
    identities.push_back({{"header", key.header},
                          {"cookie", key.cookie},
                          {"recorded_sha256", is_recorded ? replay::digest_of(key) : std::string()},
                          {"set_header", set.name}});
  }
  const nlohmann::json json = {{"target", options.target},
                               {"baseline", options.baseline},
                               {"recheck", options.recheck},
                               {"speed", options.speed.value_or("1")},
                               {"rate", plan.rate},
                               {"connections", plan.max_connections},
                               {"include", without_secrets(options.filter.include)},
                               {"exclude", without_secrets(options.filter.exclude)},
                               {"dependencies", plan.dependencies},
                               {"sample_per_endpoint", options.sample_per_endpoint},
                               {"shift_time", plan.shift_time},
                               {"jwt_key", plan.jwt_key.has_value()},
                               {"set_header", names},
                               {"identities", identities},
                               {"remove_header", options.remove_headers},
                               {"rewrite_path", options.rewrite_paths},
                               {"keep_secrets", options.keep_secrets},
                               {"redact", options.redact},
                               {"keep_host", options.keep_host},
                               {"quickack", options.quickack},
                               {"correlate", options.correlate},
                               {"order", options.order},
                               {"timeout", options.timeout},
                               {"connect_timeout", options.connect_timeout},
                               {"first_byte_timeout", options.first_byte_timeout},
                               {"stream_for", options.stream_for},
                               {"max_response", options.max_response},
                               {"max_size", options.max_size},
                               {"max_idle", options.max_idle},
                               {"max_lateness", options.max_lateness},
                               {"insecure", options.insecure},
                               {"cacert", options.cacert},
                               {"cert", options.cert},
                               {"key", options.key}};
  // A command line may hold any bytes; JSON holds UTF-8.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void add_replay_options(CLI::App& command, ReplayCommandOptions& options) {
  command.add_option("--target", options.target, "Where to send it")
      ->required()
      ->type_name("[http[s]://]HOST[:PORT]|unix:/PATH");
  command
      .add_option("--baseline", options.baseline,
                  "Send each request to this server too, alternating with the target;\n"
                  "its responses are the baseline")
      ->type_name("[http[s]://]HOST[:PORT]|unix:/PATH");
  command
      .add_option("--recheck", options.recheck,
                  "Re-send what differs, twice, to learn what varies on its own:\n"
                  "safe (GET, HEAD, OPTIONS, TRACE), all, off")
      ->check(CLI::IsMember({"safe", "all", "off"}))
      ->capture_default_str();
  command.add_option("--recording", options.recording, "Default: the newest")->type_name("ID")->check(row_id());
  command
      .add_option("--into", options.into,
                  "Store the runs in this file and leave the trace file as it is\n"
                  "(a trace file that cannot be written: in NAME.runs.db, in the current folder)")
      ->type_name("FILE");
  command
      .add_option("--speed", options.speed,
                  "1: as recorded (default), 10: ten times as fast,\nmax: as fast as the target responds")
      ->type_name("FACTOR|max");
  command.add_option("--rate", options.rate, "Requests a second, evenly spaced, instead of --speed")->type_name("N");
  command.add_option("--connections", options.connections, "At most this many at a time")
      ->check(whole_number(1, 1'000'000))
      ->type_name("N");
  add_filter_options(command, options.filter);
  command
      .add_option("--sample-per-endpoint", options.sample_per_endpoint,
                  "At most N exchanges of each endpoint, its statuses in turn,\n"
                  "and what they need (logins, what created their ids)")
      ->check(whole_number(1, 1'000'000))
      ->type_name("N");
  command.add_flag("--no-dependencies", options.no_dependencies,
                   "With --include or --sample-per-endpoint: do not send what the\n"
                   "chosen requests need (logins, what created their ids)");
  command
      .add_option("--set-header", options.set_headers,
                  "Replace or add a header in every request; repeatable. 'N: env:VAR' takes the value from\n"
                  "the environment, @FILE has one header a line: both keep it off the list of processes")
      ->type_name("'N: v'|@FILE")
      ->allow_extra_args(false);
  command.add_option("--remove-header", options.remove_headers, "Leave a header out; repeatable")
      ->type_name("N")
      ->allow_extra_args(false);
  command.add_option("--rewrite-path", options.rewrite_paths, "Paths that begin with /OLD begin with /NEW; repeatable")
      ->type_name("/OLD=/NEW")
      ->allow_extra_args(false);
  command
      .add_option("--correlate", options.correlate,
                  "auto: ids, tokens and cookies of recorded responses are replaced by those of the target")
      ->check(CLI::IsMember({"auto", "off"}))
      ->capture_default_str();
  command
      .add_option("--order", options.order,
                  "What a request waits for on other connections:\n"
                  "auto (its session, its resource, its values),\n"
                  "strict (every earlier response), connection (its values)")
      ->check(CLI::IsMember({"auto", "strict", "connection"}))
      ->capture_default_str();
  command.add_option("--timeout", options.timeout, "Of one exchange, from sending it to the end of its response")
      ->capture_default_str()
      ->type_name("TIME");
  command.add_option("--connect-timeout", options.connect_timeout, "For a connection, TLS included")
      ->capture_default_str()
      ->type_name("TIME");
  command
      .add_option("--first-byte-timeout", options.first_byte_timeout, "Until a response begins (default: --timeout)")
      ->type_name("TIME");
  command
      .add_option("--stream-for", options.stream_for,
                  "Of a stream of events without an end, read its beginning for at most this long")
      ->capture_default_str()
      ->type_name("TIME");
  command
      .add_option("--max-response", options.max_response,
                  "Of one response; a longer one is cut, and its exchange has failed (too_long)")
      ->capture_default_str()
      ->type_name("SIZE");
  command
      .add_option("--max-size", options.max_size, "Stop when the trace file has this size (2GiB); the gate fails then")
      ->type_name("SIZE");
  command.add_option("--max-idle", options.max_idle, "Cut longer pauses of the recording down to this")
      ->type_name("TIME");
  command
      .add_option("--max-lateness", options.max_lateness,
                  "Stop when requests stay later than this and do not catch up; the gate fails then\n"
                  "(default: twice --timeout)")
      ->type_name("TIME|off");
  command
      .add_option("--wait-ready", options.wait_ready,
                  "First wait until the target responds to a GET /, for at most this long")
      ->type_name("TIME");
  command
      .add_option("--login", options.login,
                  "First send the request in this file and put its response's token\n"
                  "into a header; a list has one for each user (docs/replay.md)")
      ->type_name("FILE");
  command.add_flag(
      "--shift-time", options.shift_time,
      "Move dates and times in requests that lay near the recorded moment\nby as much as the replay is later");
  command
      .add_option("--jwt-key", options.jwt_key,
                  "Sign JSON Web Tokens of this key again, with iat, nbf and exp of the replay:\n"
                  "a private key in PEM (RS256, ES256) or a secret (HS256)")
      ->type_name("FILE");
  command.add_option("--repeat", options.repeat, "Replay this many times, each a run of its own")
      ->capture_default_str()
      ->check(whole_number(1, 1'000'000))
      ->type_name("N");
  command.add_flag("--keep-secrets", options.keep_secrets,
                   "Store the target's credentials as they are; default: as in the recording, mostly replaced");
  command
      .add_option("--redact", options.redact,
                  "A rules file: further headers and fields of responses to replace (default: that of --rules)")
      ->type_name("FILE");
  command.add_flag("--keep-host", options.keep_host, "Send the recorded Host, Origin and Referer, not the target's");
  command.add_flag("--quickack", options.quickack,
                   "Acknowledge at once what is received, for targets that\nwrite head and body apart");
  command.add_flag("--insecure", options.insecure, "https: accept any certificate");
  command.add_option("--cacert", options.cacert, "https: trust the authorities in this file")->type_name("FILE");
  command.add_option("--cert", options.cert, "https: our certificate (PEM)")->type_name("FILE");
  command.add_option("--key", options.key, "https: its key (PEM; default: in --cert)")->type_name("FILE");
  command.add_flag("--dry-run", options.dry_run, "Print what would be sent, and what to check first; send nothing");
  command.add_flag("--allow-recorded-target", options.allow_recorded_target,
                   "Send to the very address that was recorded, which may be production");
}

}  // namespace tracerec::cli
