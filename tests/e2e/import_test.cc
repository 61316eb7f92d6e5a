// tracerec import, and export back: files of other tools become recordings that can be replayed.
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness.h"
#include "http/message.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class ImportCommand : public KernelTest {
 protected:
  [[nodiscard]] std::string file(const std::string& name) const { return folder() + "/" + name; }

  static void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

  static Outcome on(const std::string& db, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-d", db});
    return tracerec(std::move(arguments));
  }

  // Some exchanges of the gin server, in db().
  void record_gin() const {
    const GinServer server;
    const auto recorder = const_cast<ImportCommand*>(this)->start_recording({"--pid", std::to_string(server.pid())});
    RawClient client(server.port());
    for (const std::size_t size : {10U, 5'000U, 100'000U}) {
      client.send(custom_request(size));
      ASSERT_FALSE(client.read_response().empty());
    }
    client.send("GET /ping?token=a%20b HTTP/1.1\r\nHost: gin\r\nX-Odd: \xff\r\n\r\n");
    ASSERT_FALSE(client.read_response().empty());
    stop_recording(*recorder);
  }

  // Lines of `export jsonl` without what a new file gives: ids, and times below a microsecond.
  static std::vector<Json> lines(const std::string& db) {
    const Outcome exported = on(db, {"export", "jsonl"});
    EXPECT_EQ(exported.exit_code, 0) << exported.err;
    std::vector<Json> all;
    std::istringstream stream(exported.out);
    for (std::string line; std::getline(stream, line);) {
      Json json = Json::parse(line);
      for (const char* name : {"id", "connection", "seq"}) json.erase(name);
      all.push_back(std::move(json));
    }
    return all;
  }

  static std::string entry(const std::string& url, const std::string& more = "") {
    return R"({"startedDateTime":"2026-03-01T12:00:01Z","time":1,"request":{"method":"GET","url":")" + url +
           R"(","httpVersion":"HTTP/1.1","headers":[]},)" +
           R"("response":{"status":200,"httpVersion":"HTTP/1.1","headers":[],)" +
           R"("content":{"size":2,"text":"ok"}})" + more + "}";
  }
  static std::string har(const std::string& entries) {
    return R"({"log":{"version":"1.2","entries":[)" + entries + "]}}";
  }

  // Exit code 2, one line that says this, and no trace file.
  void expect_refused(std::vector<std::string> arguments, const std::string& what) const {
    const std::string to = file("refused.db");
    const Outcome outcome = on(to, std::move(arguments));
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(what), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(to)) << what;
  }
};

TEST_F(ImportCommand, AnExportOfOursComesBack) {
  record_gin();
  write(file("a.jsonl"), on(db(), {"export", "jsonl"}).out);
  const Outcome imported = on(file("again.db"), {"import", "jsonl", file("a.jsonl"), "--keep-secrets"});
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_NE(imported.out.find("recording 1 with 4 exchanges (0 incomplete) of 4 entries"), std::string::npos)
      << imported.out;
  EXPECT_TRUE(lines(file("again.db")) == lines(db()));
}

TEST_F(ImportCommand, AHarOfOursComesBackAndIsAHarForOthers) {
  record_gin();
  const Outcome exported = on(db(), {"export", "har"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  write(file("a.har"), exported.out);
  ASSERT_EQ(Json::parse(exported.out)["log"]["entries"].size(), 4U);
  ASSERT_EQ(on(file("again.db"), {"import", "har", file("a.har"), "--keep-secrets"}).exit_code, 0);
  auto before = lines(db());
  auto after = lines(file("again.db"));
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    for (const char* name : {"request", "response", "started_ns", "complete"}) {
      // JSON has no bytes: that header is text in the file.
      if (i == 3 && name == std::string("request")) continue;
      EXPECT_TRUE(after[i][name] == before[i][name]) << i << " " << name;
    }
  }
  const char* schemas = std::getenv("TRACEREC_HAR_SCHEMA");
  ASSERT_TRUE(schemas != nullptr || std::getenv("CI") == nullptr) << "no TRACEREC_HAR_SCHEMA: scripts/test sets it";
  if (schemas == nullptr) GTEST_SKIP() << "no TRACEREC_HAR_SCHEMA (lib/ of npm's har-schema)";
  const Outcome valid =
      run({"/usr/bin/python3", TRACEREC_SOURCE_DIR "/tests/e2e/valid_har.py", schemas, file("a.har")});
  EXPECT_EQ(valid.exit_code, 0) << valid.out << valid.err;
}

// Python's server over a folder with one page.
class Pages {
 public:
  explicit Pages(const std::string& folder) : port_(free_port()) {
    fs::create_directory(folder);
    std::ofstream(folder + "/page.json") << R"({"name":"cleo","items":[1,2,3]})";
    server_ = std::make_unique<Process>(std::vector<std::string>{
        "/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, std::to_string(port_)});
    wait_for_port(port_);
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_;
  std::unique_ptr<Process> server_;
};

// The whole way from a HAR file alone: to a gate that passes, and one that does not.
TEST_F(ImportCommand, AHarAloneIsReplayedAndJudged) {
  const Pages pages(file("pages"));
  // As a browser would have noted it.
  RawClient client(pages.port());
  client.send("GET /page.json HTTP/1.1\r\nHost: shop\r\n\r\n");
  const std::string response = client.read_response();
  const auto head = http::parse_response_head(response.substr(0, response.find("\r\n\r\n") + 4));
  ASSERT_TRUE(head.has_value());
  const auto page = [&](const std::string& name) {
    Json made = Json::parse(entry("http://shop/page.json"));
    made["request"]["httpVersion"] = "h2";
    for (const http::Header& header : head->headers)
      made["response"]["headers"].push_back({{"name", header.name}, {"value", header.value}});
    made["response"]["content"] = {{"size", 31}, {"text", R"({"name":")" + name + R"(","items":[1,2,3]})"}};
    return made.dump();
  };
  for (const auto& [name, exit_code] : std::map<const char*, int>{{"cleo", 0}, {"anna", 1}}) {
    const std::string to = file(name);
    write(to + ".har", har(page(name)));
    ASSERT_EQ(on(to, {"import", "har", to + ".har"}).exit_code, 0);
    const Outcome judged = on(to, {"replay", "--target", pages.address(), "--speed", "max"});
    EXPECT_EQ(judged.exit_code, exit_code) << judged.out << judged.err;
    EXPECT_NE(judged.out.find("1 compared"), std::string::npos) << judged.out;
  }
}

TEST_F(ImportCommand, OtherHostsAreNamedAndCanBeLeftOut) {
  write(file("a.har"), har(entry("http://shop.example.com/") + "," + entry("http://shop.example.com/x") + "," +
                           entry("http://ads.example.net/") + "," + entry("data:text/plain,x")));
  const Outcome all = on(file("all.db"), {"import", "har", file("a.har")});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_NE(all.out.find("hosts: shop.example.com 2, ads.example.net 1\n"), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("skipped: not_http 1\n"), std::string::npos) << all.out;
  const Outcome one = on(file("one.db"), {"import", "har", file("a.har"), "--host", "shop.*", "--exclude", "/x"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_NE(one.out.find("with 1 exchange (0 incomplete) of 4 entries\n"), std::string::npos) << one.out;
  EXPECT_NE(one.out.find("skipped: filtered 2, not_http 1\n"), std::string::npos) << one.out;
}

TEST_F(ImportCommand, SecretsDoNotReachTheFile) {
  std::string text = har(entry("http://a/?access_token=topsecrettoken"));
  write(file("a.har"), text);
  ASSERT_EQ(on(file("r.db"), {"import", "har", file("a.har")}).exit_code, 0);
  const auto bytes_of = [](const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  EXPECT_EQ(bytes_of(file("r.db")).find("topsecrettoken"), std::string::npos);
  ASSERT_EQ(on(file("k.db"), {"import", "har", file("a.har"), "--keep-secrets"}).exit_code, 0);
  EXPECT_NE(bytes_of(file("k.db")).find("topsecrettoken"), std::string::npos);
}

TEST_F(ImportCommand, WhatIsNoWholeFileLeavesNothing) {
  const std::string good = har(entry("http://a/"));
  write(file("cut.har"), good.substr(0, good.size() - 2));
  expect_refused({"import", "har", file("cut.har")}, "cut.har is not JSON as parsers take it: line 1");
  write(file("a.jsonl"), "{}\n");
  expect_refused({"import", "jsonl", file("a.jsonl")}, "a.jsonl line 1 is no exchange");
  expect_refused({"import", "har", file("a.jsonl")}, "a.jsonl is JSON, but no HAR file");
  write(file("none.har"), har(""));
  expect_refused({"import", "har", file("none.har")}, "none.har has no entries");
  write(file("local.har"), har(entry("data:x")));
  expect_refused({"import", "har", file("local.har")}, "none is an exchange with a server");
  write(file("good.har"), good);
  expect_refused({"import", "har", file("good.har"), "--host", "b"}, "the options choose none (the file has a)");
  expect_refused({"import", "har", file("missing.har")}, "missing.har: No such file");
  expect_refused({"import", "har", folder()}, "is not a regular file");
  ASSERT_EQ(::mkfifo(file("fifo").c_str(), 0600), 0);
  expect_refused({"import", "har", file("fifo")}, "is not a regular file");
  expect_refused({"import", "hra", file("good.har")}, "har");
  expect_refused({"import", "har", file("refused.db")}, "refused.db");
  expect_refused({"import", "har", file("good.har"), "--keep-secrets", "--redact", file("none.har")}, "contradict");
}

TEST_F(ImportCommand, CtrlCEndsTheRecordingAndCountsTheRest) {
  {
    std::ofstream stream(file("long.har"));
    stream << R"({"log":{"entries":[)";
    for (int i = 0; i < 400'000; ++i) stream << (i == 0 ? "" : ",") << entry("http://a/" + std::to_string(i));
    stream << "]}}";
  }
  Process import({TRACEREC_BINARY, "-d", db(), "import", "har", file("long.har")});
  ASSERT_TRUE(eventually([&] { return fs_bytes(db()) > 0; }));
  import.signal(SIGINT);
  EXPECT_EQ(import.wait(), 130);
  const schema::LedgerEntry left = ledger("skipped.interrupted");
  EXPECT_GT(left.count, 0U);
  EXPECT_EQ(left.count + ledger("stored.exchange").count, 400'000U);
  const Outcome listed = on(db(), {"ls"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_EQ(listed.out.find("killed"), std::string::npos) << listed.out;
}

}  // namespace
}  // namespace tracerec::e2e
