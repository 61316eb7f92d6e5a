#include "cli/exchange_view.h"

#include <cstdio>
#include <utility>

#include "base/base64.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "evaluate/notes.h"
#include "http/decode.h"
#include "http/message.h"
#include "report/report.h"

namespace tracerec::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostNoteBytes = 4000;  // some twenty words with names of files; the file may say anything

constexpr std::size_t kPreviewBytes = 2000;

// nlohmann refuses invalid UTF-8, and a JSON reader could not tell bytes from text: such values are marked by base64.
// A text that begins like one is, too.
std::string text_or_base64(std::string_view bytes) {
  constexpr std::string_view kMark = "base64:";
  if (is_utf8(bytes) && !bytes.starts_with(kMark)) return std::string(bytes);
  return std::string(kMark) + encode_base64(bytes);
}

Json headers_json(const http::HeaderList& headers) {
  Json list = Json::array();
  for (const http::Header& header : headers) {
    list.push_back(Json::array({text_or_base64(header.name), text_or_base64(header.value)}));
  }
  return list;
}

void add_note(Json& exchange, const std::string& note) {
  std::string notes = exchange["notes"];
  exchange["notes"] = notes.empty() ? note : notes + "," + note;
}

Result<void> add_body(schema::Reader& reader, const http::HeaderList& headers, const schema::StoredBody& body,
                      const char* which, Json& message, Json& exchange) {
  message["body"] = nullptr;
  message["body_encoding"] = nullptr;
  if (!body.whole()) return {};
  if (body.wire_bytes > http::kDefaultDecodeLimitBytes) {
    add_note(exchange, std::string(which) + "_body_too_large");
    return {};
  }
  auto wire = reader.load_body(body, http::kDefaultDecodeLimitBytes);
  if (!wire) return wire.error();
  auto payload = http::decode_transfer(headers, *wire);
  if (!payload) {
    add_note(exchange, std::string(which) + "_body_bad_framing");
    return {};
  }
  const bool text = is_utf8(*payload);
  message["body"] = text ? *payload : encode_base64(*payload);
  message["body_encoding"] = text ? "utf8" : "base64";
  return {};
}

Json version_json(int minor) {
  return "HTTP/1." + std::to_string(minor);
}

Result<void> add_request(schema::Reader& reader, const schema::StoredExchange& from, Json& exchange) {
  exchange["request"] = nullptr;
  const auto head = http::parse_request_head(from.request_head);
  if (!head) return {};
  Json request;
  request["method"] = text_or_base64(head->method);
  request["target"] = text_or_base64(head->target);
  request["version"] = version_json(head->minor_version);
  request["headers"] = headers_json(head->headers);
  auto added = add_body(reader, head->headers, from.request_body, "request", request, exchange);
  exchange["request"] = std::move(request);
  return added;
}

Result<void> add_response(schema::Reader& reader, const schema::StoredExchange& from, Json& exchange) {
  exchange["response"] = nullptr;
  if (from.response_head.empty()) return {};
  const auto head = http::parse_response_head(from.response_head);
  if (!head) return {};
  Json response;
  response["status"] = head->status;
  response["reason"] = text_or_base64(head->reason);
  response["version"] = version_json(head->minor_version);
  response["headers"] = headers_json(head->headers);
  auto added = add_body(reader, head->headers, from.response_body, "response", response, exchange);
  exchange["response"] = std::move(response);
  return added;
}

Json microseconds(std::int64_t ns) {
  return ns < 0 ? Json(nullptr) : Json(ns / 1000);
}

Result<void> copy_body(schema::Reader& reader, const schema::StoredBody& body, std::ostream& out) {
  return reader.read_body(body, [&](std::string_view piece) {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    return out.good();
  });
}

// The head with its line ends as line ends and everything else made safe.
void write_head(std::string_view head, const char* prefix, std::ostream& out) {
  while (!head.empty()) {
    const std::size_t lf = head.find('\n');
    std::string_view line = head.substr(0, lf);
    head.remove_prefix(lf == std::string_view::npos ? head.size() : lf + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    out << prefix << printable(line) << '\n';
  }
}

Result<void> write_preview(schema::Reader& reader, const schema::StoredBody& body, std::ostream& out,
                           std::size_t most = kPreviewBytes) {
  if (body.wire_bytes == 0) return {};
  std::string start;
  auto read = reader.read_body(body, [&](std::string_view piece) {
    start.append(piece.substr(0, most - start.size()));
    return start.size() < most;
  });
  if (!read) return read;
  out << printable(start) << (start.size() < body.captured_bytes ? "…" : "") << "\n  [" << format_count(body.wire_bytes)
      << " bytes on the wire";
  if (!body.whole()) out << ", " << format_count(body.wire_bytes - body.captured_bytes) << " of them missing";
  out << "]\n";
  return {};
}

Result<void> write_connection(schema::Reader& reader, schema::RowId id, std::ostream& out) {
  auto connection = reader.connection(id);
  if (!connection) return connection.error();
  if (!connection->has_value()) return {};  // lost to a full queue, and counted
  const schema::Connection& row = **connection;
  out << printable(row.local) << (row.role == schema::Role::kServer ? " from client " : " to server ")
      << printable(row.peer) << (row.tls ? ", through TLS" : "")
      << (row.open_before ? ", opened before it was recorded" : "") << '\n';
  return {};
}

void write_times(std::int64_t ttfb_ns, std::int64_t duration_ns, std::ostream& out) {
  if (duration_ns < 0) return;
  char took[64];
  std::snprintf(took, sizeof took, ", first byte after %.3f ms, last after %.3f ms", static_cast<double>(ttfb_ns) / 1e6,
                static_cast<double>(duration_ns) / 1e6);
  out << took;
}

}  // namespace

Result<nlohmann::ordered_json> to_json(schema::Reader& reader, const schema::StoredExchange& from) {
  Json exchange;
  exchange["id"] = from.id;
  exchange["connection"] = from.connection_id;
  exchange["seq"] = from.seq;
  exchange["started_ns"] = from.started_unix_ns;
  exchange["duration_us"] = microseconds(from.duration_ns);
  exchange["ttfb_us"] = microseconds(from.ttfb_ns);
  exchange["request"] = nullptr;
  exchange["response"] = nullptr;
  exchange["complete"] = from.complete;
  exchange["notes"] = from.notes;
  if (auto added = add_request(reader, from, exchange); !added) return added.error();
  if (auto added = add_response(reader, from, exchange); !added) return added.error();
  return exchange;
}

Result<void> write_http(schema::Reader& reader, const schema::StoredExchange& exchange, std::ostream& out) {
  out << exchange.request_head;
  if (auto copied = copy_body(reader, exchange.request_body, out); !copied) return copied;
  out << exchange.interim << exchange.response_head;
  return copy_body(reader, exchange.response_body, out);
}

Result<void> write_text(schema::Reader& reader, const schema::StoredExchange& exchange, std::ostream& out) {
  char when[32];
  out << "exchange " << exchange.id << " of recording " << exchange.recording_id << ", connection "
      << exchange.connection_id << " #" << exchange.seq << ", " << format_unix_ns(exchange.started_unix_ns, when)
      << " UTC\n";
  if (auto where = write_connection(reader, exchange.connection_id, out); !where) return where;
  out << (exchange.complete ? "complete" : schema::is_open_ended(exchange) ? "open-ended" : "INCOMPLETE");
  write_times(exchange.ttfb_ns, exchange.duration_ns, out);
  out << '\n' << evaluate::explain_notes(printable(exchange.notes, kMostNoteBytes)) << '\n';
  write_head(exchange.request_head, "> ", out);
  if (auto written = write_preview(reader, exchange.request_body, out); !written) return written;
  out << '\n';
  write_head(exchange.interim, "< ", out);
  write_head(exchange.response_head, "< ", out);
  return write_preview(reader, exchange.response_body, out);
}

Result<void> write_request(schema::Reader& reader, const schema::StoredExchange& exchange, std::ostream& out) {
  write_head(exchange.request_head, "> ", out);
  return write_preview(reader, exchange.request_body, out);
}

schema::StoredExchange in_run(schema::StoredExchange exchange, evaluate::SentMessage sent, const schema::Run& run,
                              const schema::StoredResponse& response) {
  exchange.request_head = std::move(sent.head);
  if (sent.body) {
    const std::size_t size = sent.body->size();
    exchange.request_body = {size, size, std::move(*sent.body), 0};
  }
  exchange.started_unix_ns = run.started_unix_ns + response.sent_ns;
  exchange.ttfb_ns = response.ttfb_ns;
  exchange.duration_ns = response.duration_ns;
  exchange.status = response.status;
  exchange.complete = response.failure.empty();
  exchange.notes = response.failure.empty() ? "" : "failed." + response.failure;
  exchange.response_head = response.response_head;
  exchange.response_body = response.response_body;
  exchange.interim.clear();
  return exchange;
}

Result<void> write_run_text(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run,
                            const schema::StoredResponse& response, std::ostream& out) {
  char when[32];
  out << "exchange " << exchange.id << " in run " << run.id << " against " << printable(run.target) << ", sent "
      << format_unix_ns(run.started_unix_ns + response.sent_ns, when) << " UTC\n";
  if (!response.failure.empty()) {
    out << "FAILED: " << printable(report::explain_failure(response.failure), 200) << " ("
        << printable(response.failure, 40) << ")\n";
  } else {
    out << "answered";
    write_times(response.ttfb_ns, response.duration_ns, out);
    out << '\n';
  }
  out << '\n';
  write_head(exchange.request_head, "> ", out);
  if (auto written = write_preview(reader, exchange.request_body, out); !written) return written;
  out << '\n';
  if (!response.interim.empty()) out << "< [interim responses: " << printable(response.interim, 80) << "]\n";
  write_head(response.response_head, "< ", out);
  return write_preview(reader, response.response_body, out, kMaxShownBytes);
}

}  // namespace tracerec::cli
