// Runs whose truth is known: users, state, two hosts, times of each format. A good candidate makes other ids, times and
// names of itself; a bad one has one of twelve regressions. The first seed is TRACEREC_NOISE_SEED, else 1 in a
// developer's build and another each time in CI; it is printed.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>

#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

constexpr int kEndpoints = 12;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDayNs = 86400 * kSecondNs;

// The moment in the format of the endpoint, quoted where it is a text.
std::string time_of(int endpoint, std::int64_t unix_ns) {
  static constexpr std::array<const char*, 5> kFormats = {"\"%Y-%m-%dT%H:%M:%SZ\"", "\"%Y-%m-%d %H:%M:%S+00:00\"",
                                                          "\"%a, %d %b %Y %H:%M:%S GMT\"", "\"%Y-%m-%dT%H:%M:%S\"",
                                                          "\"%Y-%m-%dT%H:%M:%S.123Z\""};
  const std::int64_t seconds = unix_ns / kSecondNs;
  if (endpoint % 7 == 5) return std::to_string(seconds);
  if (endpoint % 7 == 6) return std::to_string(unix_ns / 1'000'000);
  const std::time_t time = seconds;
  std::tm tm{};
  gmtime_r(&time, &tm);
  char text[64];
  std::strftime(text, sizeof text, kFormats[static_cast<std::size_t>(endpoint % 7 % 5)], &tm);
  return text;
}

// What a service keeps and what it calls itself; a regression changes what is said in the end.
struct Said {
  std::string user, trace, time, total, self, id, made_at, listed_id;
};
using Change = std::function<void(Said&)>;

struct Regression {
  const char* name;
  Change apply;
};

std::vector<Regression> regressions(int endpoint) {
  return {
      {"everybody is mallory", [](Said& s) { s.user = "mallory"; }},
      {"bob is alice", [](Said& s) { s.user = "alice"; }},
      {"the total is off by one", [](Said& s) { s.total += "1"; }},
      {"the host is another", [](Said& s) { s.self.replace(s.self.find("//") + 2, 7, "evil.org"); }},
      {"the path is another", [](Said& s) { s.self += "/edit"; }},
      {"the time is a day off", [endpoint](Said& s) { s.time = time_of(endpoint, kStart + 40 * kDayNs); }},
      {"the time stands still", [endpoint](Said& s) { s.time = time_of(endpoint, kStart); }},
      {"the time is null", [](Said& s) { s.time = "null"; }},
      {"the time has another format", [endpoint](Said& s) { s.time = time_of(endpoint + 1, kStart + 30 * kDayNs); }},
      {"the trace is shorter", [](Said& s) { s.trace.pop_back(); }},
      {"the list has the id of somebody else", [](Said& s) { s.listed_id.replace(0, 4, "ffff"); }},
      {"the made thing was made long ago",
       [endpoint](Said& s) { s.made_at = time_of(endpoint, kStart - 400 * kDayNs); }},
  };
}

class Service {
 public:
  Service(std::uint64_t seed, std::string host, std::int64_t start_ns)
      : random_(seed), host_(std::move(host)), start_ns_(start_ns) {}

  struct Answers {
    std::vector<Sent> sent;
    std::vector<std::string> bodies;
  };

  // Two users who each ask twice, a list before and after a thing is made in it, and the thing itself.
  void endpoint(int number, const Change& change, Answers& answers) {
    const std::string path = "/" + std::string(1, static_cast<char>('a' + number));
    const std::string id = uuid();
    const std::int64_t made_ns = now_ns_;
    const auto say = [&](const std::string& user) {
      Said said{user,
                hex(16),
                time_of(number, start_ns_ + now_ns_),
                std::to_string(total_ + number),
                "http://" + host_ + path + "/things/1",
                id,
                time_of(number, start_ns_ + made_ns),
                id};
      now_ns_ += kSecondNs;
      if (change) change(said);
      return said;
    };
    for (const char* user : {"alice", "bob", "alice", "bob"}) {
      const Said s = say(user);
      add(answers, "GET", path + "/me",
          R"({"user":")" + s.user + R"(","trace":")" + s.trace + R"(","now":)" + s.time + "}",
          std::string("Authorization: Bearer ") + user + "\r\n");
    }
    const Said before = say("");
    add(answers, "GET", path + "/things", R"({"total":)" + before.total + R"(,"self":")" + before.self + "\"}", "");
    const Said made = say("");
    add(answers, "POST", path + "/things", R"({"id":")" + made.id + R"(","created_at":)" + made.made_at + "}", "", 201);
    ++total_;
    const Said after = say("");
    add(answers, "GET", path + "/things",
        R"({"total":)" + after.total + R"(,"self":")" + after.self + R"(","items":[{"id":")" + after.listed_id +
            R"(","created_at":)" + after.made_at + "}]}",
        "");
    now_ns_ += 300 * kSecondNs;
    --total_;
  }

 private:
  void add(Answers& answers, const char* method, const std::string& target, const std::string& body,
           const std::string& headers, int status = 200) {
    answers.sent.push_back({.method = method,
                            .target = target,
                            .recorded = body,
                            .status = status,
                            .new_status = status,
                            .request_headers = headers,
                            .at_ms = now_ns_ / 1'000'000});
    answers.bodies.push_back(body);
  }
  std::string hex(std::size_t size) {
    std::string text;
    while (text.size() < size) text += "0123456789abcdef"[random_() % 16];
    return text;
  }
  std::string uuid() { return hex(8) + "-" + hex(4) + "-4" + hex(3) + "-a" + hex(3) + "-" + hex(12); }

  std::mt19937_64 random_;
  std::string host_;
  std::int64_t start_ns_;
  std::int64_t now_ns_ = kSecondNs;
  int total_ = 40;
};

Service::Answers answers_of(std::uint64_t seed, const std::string& host, std::int64_t start_ns, int bad = -1,
                            const Change& change = {}) {
  Service service(seed, host, start_ns);
  Service::Answers answers;
  for (int i = 0; i < kEndpoints; ++i) service.endpoint(i, i == bad ? change : Change{}, answers);
  return answers;
}

std::vector<gate::Finding> findings_of(StoredRun& stored, const Service::Answers& recorded,
                                       const Service::Answers& candidate) {
  RunRows rows;
  for (std::size_t i = 0; i < candidate.bodies.size(); ++i) {
    schema::Response response =
        response_to(static_cast<schema::RowId>(i + 1), candidate.bodies[i], recorded.sent[i].status);
    response.sent_ns = 30 * kDayNs + recorded.sent[i].at_ms * 1'000'000;
    rows.responses.push_back(std::move(response));
  }
  const auto report = stored.evaluate({}, nullptr, stored.add_run(std::move(rows)));
  EXPECT_TRUE(report);
  return report ? report->summary.findings : std::vector<gate::Finding>{};
}

TEST(LabelledRun, NoFalseAlarmsAndEveryRegressionIsFound) {
  const char* given = std::getenv("TRACEREC_NOISE_SEED");
  const bool varied = given == nullptr && std::getenv("CI") != nullptr;
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : varied ? std::random_device{}() : 1;
  const Service::Answers recorded = answers_of(seed, "shop", kStart);
  StoredRun stored(recorded.sent);
  std::size_t alarms = 0, found = 0, tried = 0;
  for (const gate::Finding& one :
       findings_of(stored, recorded, answers_of(seed + 1, "staging:8080", kStart + 30 * kDayNs))) {
    std::printf("false alarm: %s %s\n", one.endpoint.c_str(), one.location.c_str());
    ++alarms;
  }
  for (int endpoint = 0; endpoint < kEndpoints; endpoint += 5) {
    for (const Regression& one : regressions(endpoint)) {
      const auto candidate = answers_of(seed + 2, "staging:8080", kStart + 30 * kDayNs, endpoint, one.apply);
      const bool caught = !findings_of(stored, recorded, candidate).empty();
      if (!caught) std::printf("not found at endpoint %d: %s\n", endpoint, one.name);
      found += caught;
      ++tried;
    }
  }
  std::printf("seed %llu: %zu false alarms, %zu of %zu regressions found\n", static_cast<unsigned long long>(seed),
              alarms, found, tried);
  EXPECT_EQ(alarms, 0U);
  EXPECT_EQ(found, tried);
}

}  // namespace
}  // namespace tracerec::evaluate::testing
