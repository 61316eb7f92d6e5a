// Which values of requests are said to come from which responses, and which are not.
#include "replay/correlate.h"

#include <gtest/gtest.h>

#include <deque>

#include "replay/value_index.h"

namespace tracerec::replay {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr const char* kUuid = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";
constexpr const char* kToken = "O3e8MY4hAAhxlwAfZ9Jxvbq6g";

// Exchanges one second apart, each answered after half of one.
class Found {
 public:
  explicit Found(std::vector<std::string> ignored = {}) : ignored_(std::move(ignored)) {}

  Found& add(const std::string& method, const std::string& target, const std::string& request_headers,
             const std::string& request, int status, const std::string& response_headers, const std::string& response,
             std::int64_t took_ns = kSecond / 2) {
    Texts& texts =
        texts_.emplace_back(Texts{method, target, method + " " + target + " HTTP/1.1\r\n" + request_headers + "\r\n",
                                  request, "HTTP/1.1 200 x\r\n" + response_headers + "\r\n", response});
    const auto id = static_cast<schema::RowId>(texts_.size());
    exchanges_.push_back({id, id * kSecond, id * kSecond + took_ns, texts.method, texts.target, status,
                          texts.request_head, texts.request, texts.response_head, texts.response});
    return *this;
  }

  // "1 $.id → 2 path segment 2", one a line.
  std::string edges() {
    ValueFinder finder(1, static_cast<schema::RowId>(exchanges_.size()), ignored_);
    for (const RecordedExchange& e : exchanges_)
      finder.note_request(e.method, e.target, e.request_head, e.request_content);
    for (const RecordedExchange& e : exchanges_) finder.add(e);
    const auto finished = finder.finish();
    EXPECT_TRUE(finished);
    const Correlation& found = *finished;
    std::string text;
    for (Ordinal consumer = 0; consumer < found.exchange_count(); ++consumer) {
      for (const Edge& edge : found.edges_of(consumer)) {
        text += std::to_string(found.id_of(edge.producer)) + " " + std::string(found.location(edge.produced_at)) +
                " → " + std::to_string(found.id_of(consumer)) + " " + std::string(found.location(edge.used_at)) + "\n";
      }
    }
    return text;
  }

 private:
  struct Texts {
    std::string method, target, request_head, request, response_head, response;
  };
  std::vector<std::string> ignored_;
  std::deque<Texts> texts_;
  std::vector<RecordedExchange> exchanges_;
};

std::string json_id(const std::string& value) {
  return "{\"id\": \"" + value + "\"}";
}

TEST(Correlate, AStrongValueIsTheSameWhereverItStands) {
  Found found;
  found.add("POST", "/notes", "", "", 201, "", json_id(kUuid));
  found.add("GET", std::string("/notes/") + kUuid, "", "", 200, "", json_id(kUuid));
  found.add("GET", std::string("/find?x=") + kUuid, std::string("X-Ref: ") + kUuid + "\r\n", "", 200, "", "");
  found.add("PUT", "/a", "", std::string("{\"list\": [\"") + kUuid + "\"]}", 200, "", "");
  found.add("POST", "/f", "Content-Type: application/x-www-form-urlencoded\r\n", std::string("n=") + kUuid, 200, "",
            "");
  EXPECT_EQ(found.edges(),
            "1 $.id → 2 path segment 2\n"
            "1 $.id → 3 query x\n"
            "1 $.id → 3 header X-Ref\n"
            "1 $.id → 4 $.list[0]\n"
            "1 $.id → 5 form n\n");
}

TEST(Correlate, SessionsTokensAndCursors) {
  const std::string token = kToken;
  Found found;
  found.add("POST", "/login", "", "", 200, "Set-Cookie: sid=Zx81kQp0Tr55aWmB; Path=/\r\n",
            "{\"token\": \"" + token + "\"}");
  found.add("GET", "/list", "Cookie: a=b; sid=Zx81kQp0Tr55aWmB\r\n", "", 200, "",
            "{\"next\": \"/list?cursor=nBs%2BuMK6pPXDsQ4WCMeiJjI%3D\"}");
  found.add("GET", "/list?cursor=nBs%2BuMK6pPXDsQ4WCMeiJjI=", "Authorization: Bearer " + token + "\r\n", "", 200, "",
            "");
  EXPECT_EQ(found.edges(),
            "1 cookie sid → 2 cookie sid\n"
            "2 $.next query cursor → 3 query cursor\n"
            "1 $.token → 3 header Authorization\n");
}

TEST(Correlate, SmallNumbersNeedEvidence) {
  Found found;
  found.add("POST", "/orders", "", "", 201, "", R"({"id": 17, "quantity": 3, "customerId": 5})");
  found.add("GET", "/orders/17/lines", "", "", 200, "", "");
  found.add("GET", "/pages/17", "", "", 200, "", "");
  found.add("POST", "/pay?page=17", "", R"({"orderId": 17, "amount": 17})", 200, "", "");
  found.add("GET", "/x?quantity=3", "", R"({"customer_id": 5})", 200, "", "");
  EXPECT_EQ(found.edges(),
            "1 $.id → 2 path segment 2\n"
            "1 $.id → 4 $.orderId\n"
            "1 $.customerId → 5 $.customer_id\n");
}

TEST(Correlate, SmallNumbersOfALocation) {
  Found found;
  found.add("POST", "/orders", "", "", 201, "Location: http://h/orders/17\r\n", "");
  found.add("GET", "/orders/17", "", "", 200, "", "");
  EXPECT_EQ(found.edges(), "1 header Location path segment 2 → 2 path segment 2\n");
}

TEST(Correlate, SmallNumbersOfAReadOrARefusalAreNoEvidence) {
  Found found;
  found.add("GET", "/orders", "", "", 200, "", R"([{"id": 17}])");
  found.add("POST", "/orders", "", "", 400, "", R"({"id": 18})");
  found.add("GET", "/orders/17", "", "", 200, "", "");
  found.add("GET", "/orders/18", "", "", 200, "", "");
  EXPECT_EQ(found.edges(), "");
}

TEST(Correlate, OrdinaryWordsMakeNoEdges) {
  Found found;
  found.add("POST", "/things", "", "", 201, "Set-Cookie: lang=en\r\n",
            R"({"lang": "en", "id": "true", "year": 2024, "kind": "electronics"})");
  found.add("GET", "/things/true/2024/en?kind=electronics", "Cookie: lang=en\r\n", "", 200, "", "");
  EXPECT_EQ(found.edges(), "");
}

TEST(Correlate, AnEchoIsNoSource) {
  Found found;
  found.add("POST", "/notes", "", json_id(kUuid), 201, "", json_id(kUuid));
  found.add("GET", std::string("/notes/") + kUuid, "", "", 200, "", json_id(kUuid));
  found.add("GET", std::string("/notes/") + kUuid, "", "", 200, "", "");
  EXPECT_EQ(found.edges(), "");
}

TEST(Correlate, OnlyWhatHadEndedBeforeIsASource) {
  Found found;
  found.add("POST", "/notes", "", "", 201, "", json_id(kUuid), 3 * kSecond);
  found.add("GET", std::string("/notes/") + kUuid, "", "", 200, "", "");
  EXPECT_EQ(found.edges(), "");
}

TEST(Correlate, TheNewestSource) {
  Found found;
  found.add("GET", "/a", "", "", 200, "", json_id(kUuid));
  found.add("GET", "/b", "", "", 200, "", std::string("{\"other\": \"") + kUuid + "\"}");
  found.add("GET", std::string("/c?x=") + kUuid, "", "", 200, "", "");
  EXPECT_EQ(found.edges(), "2 $.other → 3 query x\n");
}

TEST(Correlate, OrTheOneOfTheSameName) {
  Found found;
  found.add("GET", "/a", "", "", 200, "", std::string("{\"noteId\": \"") + kUuid + "\"}");
  found.add("GET", "/b", "", "", 200, "", std::string("{\"other\": \"") + kUuid + "\"}");
  found.add("GET", std::string("/c?note_id=") + kUuid, "", "", 200, "", "");
  EXPECT_EQ(found.edges(), "1 $.noteId → 3 query note_id\n");
}

TEST(Correlate, ManyLaterSourcesDoNotHideTheFirst) {
  Found found;
  for (int i = 0; i < 10; ++i)
    found.add("GET", "/page", "", "", 200, "", json_id(kUuid), i < 1 ? kSecond / 2 : kSecond * 20);
  found.add("GET", std::string("/c?x=") + kUuid, "", "", 200, "", "");
  EXPECT_EQ(found.edges(), "1 $.id → 11 query x\n");
}

TEST(Correlate, HeadersThatTheUserSetsAreLeftAlone) {
  Found found({"authorization", "Cookie"});
  found.add("POST", "/login", "", "", 200, "Set-Cookie: sid=Zx81kQp0Tr55aWmB\r\n",
            std::string("{\"token\": \"") + kToken + "\"}");
  found.add("GET", "/", std::string("Authorization: Bearer ") + kToken + "\r\nCookie: sid=Zx81kQp0Tr55aWmB\r\n", "",
            200, "", "");
  EXPECT_EQ(found.edges(), "");
}

TEST(Correlate, EntityTagsOfAResource) {
  Found found;
  found.add("GET", "/a/1", "", "", 200, "ETag: \"3\"\r\n", "");
  found.add("PUT", "/a/1", "If-Match: \"3\"\r\n", "", 200, "", "");
  found.add("PUT", "/b/1", "If-Match: \"3\"\r\n", "", 200, "", "");
  EXPECT_EQ(found.edges(), "1 header ETag → 2 header If-Match\n");
}

TEST(ValueIndex, ForgetsTheOldestWhenThereAreTooMany) {
  ValueIndex index(100);
  for (std::uint64_t key = 1; key <= 1000; ++key) index.insert(key).add({.exchange = static_cast<std::uint32_t>(key)});
  EXPECT_EQ(index.find(1), nullptr);
  ASSERT_NE(index.find(1000), nullptr);
  EXPECT_EQ(index.find(1000)->sources[0].exchange, 1000u);
  ASSERT_NE(index.find(960), nullptr);
}

// Looking at an old one makes it young; when that makes the young ones old, the old ones go, and it was one of them.
TEST(ValueIndex, AnOldOneIsFoundWhenThereIsNoRoomForItAmongTheYoung) {
  ValueIndex index(20'000);
  for (std::uint64_t key = 1; key <= 20'000; ++key)
    index.insert(key).add({.exchange = static_cast<std::uint32_t>(key)});
  ASSERT_NE(index.find(5), nullptr);
  EXPECT_EQ(index.find(5)->key, 5u);
  EXPECT_EQ(index.find(5)->sources[0].exchange, 5u);
}

}  // namespace
}  // namespace tracerec::replay
