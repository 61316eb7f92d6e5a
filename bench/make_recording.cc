// Writes a recording without recording one: so many exchanges of one kind, on 32 connections, the same ones each time.
//   cmake -DTRACEREC_BENCH=ON … && build/release/bench/make_recording FILE.db EXCHANGES KIND
// KIND: tokens    each exchange has a bearer token and a cookie of its own
//       sessions  twenty exchanges share a session: a login, then a thing made and read, by turns
//       keys      each exchange is read back under a member of JSON that only it has
//       mixed     methods, paths, ids and sessions by lot, and times that overlap
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "schema/batch_writer.h"

namespace {

using namespace tracerec;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kFirstNs = 1'700'000'000'000'000'000;
constexpr std::int64_t kConnections = 32;

struct Made {
  std::string method = "GET";
  std::string target{}, headers{}, body{}, response_headers{}, response{};
  int status = 200;
};

class Maker {
 public:
  explicit Maker(std::string_view kind) : kind_(kind) {}

  Made next(std::int64_t number) {
    if (kind_ == "tokens") return with_token();
    if (kind_ == "sessions") return of_session(number);
    if (kind_ == "keys") return with_key(number);
    return by_lot(number);
  }

 private:
  std::string token() {
    char text[40];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random_()),
                  static_cast<unsigned long long>(random_()));
    return text;
  }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  Made with_token() {
    const std::string cookie = "sid=" + token();
    return {.target = "/things/" + std::to_string(below(1000)),
            .headers = "Authorization: Bearer " + token() + "\r\nCookie: " + cookie + "\r\n",
            .response = R"({"name": "a thing", "price": 12.5})"};
  }

  Made of_session(std::int64_t number) {
    Session& mine = sessions_[static_cast<std::size_t>(number % kConnections)];
    const std::int64_t step = number / kConnections % 20;
    if (step == 0) {
      mine.cookie = "sid=" + token();
      return {.method = "POST", .target = "/login", .response_headers = "Set-Cookie: " + mine.cookie + "\r\n"};
    }
    if (step % 2 == 1) mine.id = token();
    Made made{.target = "/things/" + mine.id,
              .headers = "Cookie: " + mine.cookie + "\r\n",
              .response = R"({"id": ")" + mine.id + R"(", "name": "a thing", "price": 12.5})"};
    if (step % 2 == 1) {
      made.method = "POST";
      made.target = "/things";
      made.body = R"({"name": "a thing"})";
      made.status = 201;
    }
    return made;
  }

  Made with_key(std::int64_t number) {
    Session& mine = sessions_[static_cast<std::size_t>(number % kConnections)];
    const std::string before = mine.id;
    mine.id = token();
    return {.target = "/things/" + before, .response = R"({"key)" + mine.id + R"(": ")" + mine.id + R"("})"};
  }

  // A later response may hold what an earlier request sent, cookies are set anew, writes hit paths above and below.
  Made by_lot(std::int64_t number) {
    static constexpr std::string_view kMethods[] = {"GET", "GET", "GET", "POST", "PUT", "DELETE"};
    static constexpr std::string_view kNames[] = {"orders", "users", "carts", "notes", "lines"};
    Session& mine = sessions_[below(200) % std::size(sessions_)];
    if (mine.id.empty() || below(8) == 0) mine.id = below(2) == 0 ? token() : std::to_string(below(100'000));
    if (mine.cookie.empty() || below(30) == 0) mine.cookie = "sid=" + token();
    const std::string name(kNames[below(std::size(kNames))]);
    Made made{.method = std::string(kMethods[below(std::size(kMethods))]), .target = "/" + name};
    if (below(3) != 0) made.target += "/" + sessions_[below(std::size(sessions_))].id;
    if (below(4) == 0) made.target += "/" + std::string(kNames[below(std::size(kNames))]) + "?user_id=" + mine.id;
    if (below(5) != 0) made.headers += "Cookie: theme=dark; " + mine.cookie + "\r\n";
    if (below(5) == 0) made.headers += "Authorization: Bearer " + mine.id + "\r\n";
    if (below(6) == 0) made.response_headers += "Set-Cookie: " + mine.cookie + "; Path=/\r\n";
    if (below(6) == 0) made.response_headers += "Location: /" + name + "/" + mine.id + "\r\n";
    if (below(6) == 0) made.response_headers += "ETag: \"" + std::to_string(number % 977) + "\"\r\n";
    if (below(6) == 0) made.headers += "If-None-Match: \"" + std::to_string(number % 977) + "\"\r\n";
    if (below(2) == 0)
      made.response = R"({"id": ")" + mine.id + R"(", "user": {"id": )" + std::to_string(below(50)) + "}}";
    if (below(4) == 0)
      made.response = R"({"items": [{")" + mine.id + R"(": ")" + token() + R"("}, ")" + mine.id + "\"]}";
    if (made.method != "GET" && made.method != "DELETE") made.body = R"({"order_id": ")" + mine.id + R"("})";
    made.status = below(20) == 0 ? 404 : made.method == "POST" ? 201 : 200;
    return made;
  }

  struct Session {
    std::string cookie, id;
  };

  std::string_view kind_;
  std::mt19937_64 random_{1};
  Session sessions_[64];
};

schema::Exchange stored(Made made, std::int64_t number, std::mt19937_64& random, bool overlapping) {
  schema::Exchange e;
  e.id = number + 1;
  e.recording_id = 1;
  e.connection_id = number % kConnections + 1;
  e.seq = number / kConnections;
  const auto jitter = overlapping ? static_cast<std::int64_t>(random() % 40) * kMs : 0;
  e.started_unix_ns = kFirstNs + number * kMs / 4 + (overlapping ? 40 * kMs - jitter : 0);
  e.ttfb_ns = e.duration_ns = jitter + kMs;
  if (overlapping && random() % 50 == 0) e.duration_ns = -1;
  e.method = std::move(made.method);
  e.target = std::move(made.target);
  e.status = made.status;
  e.complete = true;
  e.request_head = e.method + " " + e.target + " HTTP/1.1\r\nHost: recorded\r\nAccept: */*\r\n" + made.headers;
  if (!made.body.empty()) e.request_head += "Content-Length: " + std::to_string(made.body.size()) + "\r\n";
  e.request_head += "\r\n";
  e.request_body = {.wire_bytes = made.body.size(), .bytes = std::move(made.body), .stream_key = 0};
  e.response_head = "HTTP/1.1 " + std::to_string(e.status) + " x\r\nContent-Type: application/json\r\n" +
                    made.response_headers + "Content-Length: " + std::to_string(made.response.size()) + "\r\n\r\n";
  e.response_body = {.wire_bytes = made.response.size(), .bytes = std::move(made.response), .stream_key = 0};
  return e;
}

Result<void> write_all(const std::string& path, std::int64_t exchanges, std::string_view kind) {
  auto writer = schema::BatchWriter::open(path, {});
  if (!writer) return writer.error();
  if (auto begun = (*writer)->begin_recording({}); !begun) return begun.error();
  for (std::int64_t id = 1; id <= kConnections; ++id) {
    (void)(*writer)->submit(schema::Connection{id, 1, "192.0.2.7:80", "10.9.9.9:5", kFirstNs, false});
  }
  Maker maker(kind);
  std::mt19937_64 random(2);
  for (std::int64_t number = 0; number < exchanges; ++number) {
    schema::Command command = stored(maker.next(number), number, random, kind == "mixed");
    while (!(*writer)->submit(std::move(command))) {  // NOLINT(bugprone-use-after-move): a refused one stays here
      if (auto flushed = (*writer)->flush(); !flushed) return flushed;
    }
  }
  if (auto flushed = (*writer)->flush(); !flushed) return flushed;
  return (*writer)->finish_recording(1, kFirstNs + exchanges * kMs, {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::int64_t exchanges = std::strtoll(argv[2], nullptr, 10);
  if (exchanges <= 0) return 2;
  const auto written = write_all(argv[1], exchanges, argv[3]);
  if (!written) std::fprintf(stderr, "make_recording: %s\n", written.error().message.c_str());
  return written ? 0 : 2;
}
