// What becomes of the values of a request, with responses made up for it.
#include "replay/live_values.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace tracerec::replay {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
const std::string kUuid = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";
const std::string kOther = "11111111-aaaa-4ff3-b1bf-aee9bea2340a";

std::string json_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
}

std::string html_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
}

// A response, and one request after it.
class TwoExchanges {
 public:
  TwoExchanges(const std::string& recorded, const std::string& request_head, const std::string& head = json_head())
      : request_head_(request_head), head_(head) {
    ValueFinder finder(1, 2);
    finder.note_request("GET", {}, request_head, {});
    finder.add({1, kSecond, 2 * kSecond, "POST", "/orders", 200, "POST /orders HTTP/1.1\r\n\r\n", {}, head, recorded});
    finder.add({2, 3 * kSecond, 4 * kSecond, "GET", {}, 200, request_head, {}, {}, {}});
    auto found = finder.finish();
    EXPECT_TRUE(found);
    if (found) correlation_ = std::move(*found);
  }

  // The request after the target responded with this; nothing: it must not be sent.
  [[nodiscard]] std::optional<std::string> after(const std::string& response) const {
    LiveValues values(correlation_);
    values.learn(0, head_, response);
    const LiveValues::Filled filled = values.fill(1, request_head_, {});
    if (!filled.all()) return std::nullopt;
    const auto message = with_replacements(request_head_, {}, {}, filled.replacements);
    return message ? std::optional(message->head) : std::nullopt;
  }

 private:
  std::string request_head_, head_;
  Correlation correlation_;
};

std::string get(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

// The second one had no edge left, and the request was failed.unresolved.
TEST(LiveValues, AValueThatStandsTwiceInAQueryIsReplacedTwice) {
  const TwoExchanges two(R"({"token":")" + kUuid + R"("})", get("/me?a=" + kUuid + "&a=" + kUuid));
  EXPECT_EQ(two.after(R"({"token":")" + kOther + R"("})"), get("/me?a=" + kOther + "&a=" + kOther));
}

// A target that answers with a line end in a token wrote header lines, and whole requests, of its own.
TEST(LiveValues, ALineEndInAValueOfTheTargetDoesNotReachTheHead) {
  const std::string token = R"({"token":")" + kUuid + R"("})";
  const TwoExchanges in_header(token, get("/me", "Authorization: Bearer " + kUuid + "\r\n"));
  EXPECT_EQ(in_header.after(R"({"token":"x\r\nEvil: 1"})"), std::nullopt);
  EXPECT_EQ(in_header.after(R"({"token":"x\nEvil: 1"})"), std::nullopt);
  EXPECT_EQ(in_header.after(R"({"token":"x\u0000"})"), std::nullopt);
  const TwoExchanges in_path(token, get("/me/" + kUuid));
  EXPECT_EQ(in_path.after(R"({"token":"x\r\nEvil: 1"})"), get("/me/x%0D%0AEvil:%201"));
}

// The first token was sent in the place of the second one, although the target gave both again.
TEST(LiveValues, TheSecondOfTwoFormsKeepsItsOwnToken) {
  const std::string page =
      "<form><input name=csrf value=" + kUuid + "></form><form><input name=csrf value=" + kOther + "></form>";
  const std::string request = get("/save?csrf=" + kOther);
  EXPECT_EQ(TwoExchanges(page, request, html_head()).after(page), request);
}

// The same when the target's tokens are fresh ones: the first form's was sent.
TEST(LiveValues, TheSecondOfTwoFormsGetsItsFreshToken) {
  const auto page = [](const std::string& first, const std::string& second) {
    return "<form><input name=csrf value=" + first + "></form><form><input name=csrf value=" + second + "></form>";
  };
  const std::string fresh = "44444444-4444-4444-8444-444444444444";
  const TwoExchanges two(page(kUuid, kOther), get("/save?csrf=" + kOther), html_head());
  EXPECT_EQ(two.after(page("33333333-3333-4333-8333-333333333333", fresh)), get("/save?csrf=" + fresh));
  EXPECT_EQ(two.after("<form><input name=csrf value=" + fresh + "></form>"), std::nullopt) << "there is one form only";
}

}  // namespace
}  // namespace tracerec::replay
