// A service that is replayed against a fresh copy of itself, with default options and without rules: nothing is found.
// Against a copy with a fault, the fault is found.
#include <nlohmann/json.hpp>

#include "harness.h"

namespace tracerec::e2e {
namespace {

using nlohmann::json;

class Crud : public Process {
 public:
  explicit Crud(const std::string& fault = "") : Crud(free_port(), fault) {}
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  Crud(int port, const std::string& fault)
      : Process({"python3", TRACEREC_SOURCE_DIR "/tests/e2e/servers/crud.py", std::to_string(port), fault}),
        port_(port) {
    wait_for_port(port);
  }
  int port_;
};

class ReplayCrud : public KernelTest {
 protected:
  json ask(RawClient& client, const std::string& method, const std::string& target, const std::string& body = "") {
    client.send(method + " " + target + " HTTP/1.1\r\nHost: " + host_ +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string response = client.read_response();
    const std::string content = response.substr(std::min(response.find("\r\n\r\n") + 4, response.size()));
    return content.empty() ? json() : json::parse(content);
  }

  void record() {
    const Crud production;
    host_ = production.address();
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    RawClient client(production.port());
    std::vector<std::string> ids;
    for (const char* name : {"lamp", "desk", "chair", "shelf"}) {
      ids.push_back(ask(client, "POST", "/items", R"({"name": ")" + std::string(name) + "\"}").at("id"));
      (void)ask(client, "GET", "/items");
    }
    (void)ask(client, "GET", "/items/" + ids[1]);
    (void)ask(client, "GET", "/items/" + ids[2]);
    (void)ask(client, "PUT", "/items/" + ids[1], R"({"name": "table"})");
    (void)ask(client, "DELETE", "/items/" + ids[3]);
    (void)ask(client, "GET", "/items/" + ids[3]);
    (void)ask(client, "GET", "/items");
    stop_recording(*recorder);
  }

  // The locations of what is found.
  std::vector<std::string> findings(const std::string& fault) {
    const Crud target(fault);
    const Outcome outcome = tracerec({"-d", db(), "replay", "--target", target.address(), "--report", "json"});
    const json report = json::parse(outcome.out, nullptr, false);
    if (!report.is_object()) return {outcome.err};
    EXPECT_EQ(outcome.exit_code, report["findings"].empty() ? 0 : 1);
    EXPECT_EQ(report["counts"]["compared"], 14) << outcome.err;
    std::vector<std::string> found;
    for (const json& one : report["findings"])
      found.push_back(one["endpoint"].get<std::string>() + " " + one["location"].get<std::string>());
    return found;
  }

  std::string host_;
};

TEST_F(ReplayCrud, AFreshCopyIsEqualAndSixRegressionsAreFound) {
  record();
  EXPECT_EQ(findings(""), std::vector<std::string>{});
  for (const auto& [fault, location] : {std::pair("unit", "$.ms"), std::pair("total", "GET /items $.total"),
                                        std::pair("renamed", "$.updated_at"), std::pair("zone", "$.created_at"),
                                        std::pair("somebody", "GET /items/{id} $.id"), std::pair("host", "$.self")}) {
    const std::vector<std::string> found = findings(fault);
    EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                            [&](const std::string& one) { return one.find(location) != std::string::npos; }))
        << fault << ": " << json(found).dump(1);
  }
}

}  // namespace
}  // namespace tracerec::e2e
