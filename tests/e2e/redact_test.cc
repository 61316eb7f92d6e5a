// Secrets of a real server's traffic, looked for in the bytes of the database files.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

const std::string kToken = "s3cretTokenOfTheUser42";
const std::string kCookie = "c00kieValueThatIsSecret7";
const std::string kQuery = "qu3ryFieldThatIsSecret5";
const std::string kJson = "jsonPassw0rdThatIsSecret3";

const std::string kRules = R"({
  // what this service calls its secrets
  "redaction": {"query": ["access_token"], "json": ["$..password"]}
})";

class Redact : public KernelTest {
 protected:
  std::string write_rules(const std::string& text) {
    const std::string path = folder() + "/rules.json";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // One login and one request on it, seen by a recorder with these options.
  void record_session(std::vector<std::string> options) {
    const GinServer server;
    options.insert(options.end(), {"--pid", std::to_string(server.pid())});
    const auto recorder = start_recording(options);
    RawClient client(server.port());
    const std::string body = R"({"size":10,"password":")" + kJson + "\"}";
    client.send("POST /customResponse?access_token=" + kQuery + " HTTP/1.1\r\nHost: gin\r\nAuthorization: Bearer " +
                kToken + "\r\nCookie: theme=x; session=" + kCookie +
                "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body);
    ASSERT_FALSE(client.read_response().empty());
    client.send("GET /me HTTP/1.1\r\nHost: gin\r\nX-Api-Key: " + kToken + "\r\n\r\n");
    ASSERT_FALSE(client.read_response().empty());
    stop_recording(*recorder);
    closing_ = recorder->err();
  }

  // The secrets that stand in the database, its log or its index, byte for byte.
  [[nodiscard]] std::vector<std::string> found_on_disk() const {
    std::string bytes;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      std::ifstream file(db() + suffix, std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(file), {});
    }
    std::vector<std::string> found;
    for (const std::string& secret : {kToken, kCookie, kQuery, kJson}) {
      if (bytes.find(secret) != std::string::npos) found.push_back(secret);
    }
    return found;
  }

  std::string closing_;  // what the recorder said
};

std::string value_after(const std::string& text, const std::string& name, std::size_t length) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? "" : text.substr(at + name.size(), length);
}

TEST_F(Redact, NoSecretReachesTheDisk) {
  record_session({"--redact", write_rules(kRules)});
  EXPECT_EQ(found_on_disk(), std::vector<std::string>{});
  EXPECT_NE(closing_.find("redacted                          6 values"), std::string::npos) << closing_;
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows[0].row.complete);
  EXPECT_EQ(rows[0].row.notes, "redacted");
  const std::string token = value_after(rows[0].request, "Authorization: Bearer ", kToken.size());
  EXPECT_EQ(token.size(), kToken.size());
  EXPECT_EQ(value_after(rows[1].request, "X-Api-Key: ", kToken.size()), token);
  EXPECT_NE(rows[0].request.find("Cookie: theme="), std::string::npos);
  EXPECT_NE(rows[0].row.target.find("/customResponse?access_token="), std::string::npos);
  EXPECT_NE(rows[0].request.find("{\"size\":10,\"password\":\""), std::string::npos);
}

TEST_F(Redact, HeadersTokensAndPasswordsNeedNoRules) {
  record_session({});
  EXPECT_EQ(found_on_disk(), std::vector<std::string>{});
}

TEST_F(Redact, WhatTheRulesKeepIsStored) {
  record_session({"--redact", write_rules(R"({"redaction":{"keep":["password"]}})")});
  EXPECT_EQ(found_on_disk(), std::vector<std::string>{kJson});
}

TEST_F(Redact, SecretsAreKeptOnRequest) {
  record_session({"--keep-secrets"});
  EXPECT_EQ(found_on_disk(), (std::vector<std::string>{kToken, kCookie, kQuery, kJson}));
  EXPECT_EQ(closing_.find("redacted"), std::string::npos);
}

TEST_F(Redact, AReplacedExchangeIsReplayed) {
  record_session({"--redact", write_rules(kRules)});
  const GinServer staging;
  const Outcome replayed =
      tracerec({"-d", db(), "replay", "--target", "http://" + staging.address(), "--speed", "max"});
  EXPECT_NE(replayed.exit_code, 2) << replayed.err;
  EXPECT_EQ(found_on_disk(), std::vector<std::string>{});
}

TEST_F(Redact, ABadRulesFileIsNamedBeforeAnythingIsRecorded) {
  const GinServer server;
  const std::string pid = std::to_string(server.pid());
  const std::string rules = write_rules("{\n  \"redaction\": {\"headers\": [\"X-A\",]}\n}");
  const Outcome syntax = tracerec({"-d", db(), "record", "--pid", pid, "--redact", rules});
  EXPECT_EQ(syntax.exit_code, 2);
  EXPECT_NE(syntax.err.find(rules + ": line 2, column "), std::string::npos) << syntax.err;
  EXPECT_EQ(syntax.err.find("recording pid"), std::string::npos);
  const Outcome key =
      tracerec({"-d", db(), "record", "--pid", pid, "--redact", write_rules(R"({"redaction":{"cookies":[]}})")});
  EXPECT_EQ(key.exit_code, 2);
  EXPECT_NE(key.err.find("redaction.cookies is unknown"), std::string::npos) << key.err;
  const Outcome missing = tracerec({"-d", db(), "record", "--pid", pid, "--redact", folder() + "/none.json"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_NE(missing.err.find("none.json"), std::string::npos) << missing.err;
  const Outcome both = tracerec({"-d", db(), "record", "--pid", pid, "--keep-secrets", "--redact", rules});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_NE(both.err.find("--keep-secrets"), std::string::npos) << both.err;
  EXPECT_FALSE(std::ifstream(db()).good());
}

unsigned owner_of(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 ? file.st_uid : ~0U;
}

// Root records for somebody, who must be able to read what he asked for.
TEST_F(Redact, UnderSudoTheFilesBelongToTheUser) {
  constexpr unsigned kNobody = 65534;
  const GinServer server;
  const std::string events = folder() + "/events";
  Process::Options sudo;
  sudo.environment = {"SUDO_UID=65534", "SUDO_GID=65534"};
  const Process recorder(
      {TRACEREC_BINARY, "-d", db(), "record", "--pid", std::to_string(server.pid()), "--save-events", events}, sudo);
  ASSERT_TRUE(recorder.wait_for_stderr("recording pid"));
  for (const std::string& path : {db(), db() + "-wal", db() + "-shm", events}) {
    EXPECT_EQ(owner_of(path), kNobody) << path;
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0600U) << path;
  }
}

// Somebody else may have made it, to read what is written.
TEST_F(Redact, AnEventFileThatIsThereIsRefused) {
  const GinServer server;
  const std::string events = folder() + "/events";
  std::ofstream(events, std::ios::binary) << "mine";
  std::filesystem::create_symlink(folder() + "/elsewhere", folder() + "/link");
  for (const std::string& path : {events, folder() + "/link"}) {
    const Outcome outcome =
        tracerec({"-d", db(), "record", "--pid", std::to_string(server.pid()), "--for", "1s", "--save-events", path});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.err.find("remove it, or name another"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(fs_bytes(events), 4U);
  EXPECT_FALSE(std::filesystem::exists(folder() + "/elsewhere"));
}

}  // namespace
}  // namespace tracerec::e2e
