#include "ui/exchange_filter.h"

#include <gtest/gtest.h>

#include "tests/evaluate/stored_run.h"

namespace tracerec::ui {
namespace {

Result<ExchangeFilter> filter(std::map<std::string, std::string> parameters) {
  Query query;
  query.parameters = std::move(parameters);
  return filter_of(query);
}

bool accepts(std::map<std::string, std::string> parameters, const schema::ExchangeLine& line) {
  const auto made = filter(std::move(parameters));
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made && made->accepts(line);
}

schema::ExchangeLine line() {
  schema::ExchangeLine one;
  one.id = 7;
  one.started_unix_ns = 1'800'000'000'000'000'000;  // 2027-01-15T08:00:00Z
  one.duration_ns = 5'000'000;
  one.method = "GET";
  one.target = "/Orders/7?page=2";
  one.status = 404;
  return one;
}

TEST(ExchangeFilter, TakesEverythingWhenNothingIsAsked) {
  EXPECT_TRUE(accepts({}, line()));
}

TEST(ExchangeFilter, ByMethodPathAndStatus) {
  EXPECT_TRUE(accepts({{"method", "get"}, {"path", "orders/7"}, {"status", "4xx"}}, line()));
  EXPECT_TRUE(accepts({{"path", "/Orders/*"}}, line()));
  EXPECT_TRUE(accepts({{"status", "400-404"}}, line()));
  EXPECT_FALSE(accepts({{"method", "POST"}}, line()));
  EXPECT_FALSE(accepts({{"path", "/orders*x"}}, line()));
  EXPECT_FALSE(accepts({{"status", "405"}}, line()));
}

TEST(ExchangeFilter, ByTime) {
  EXPECT_TRUE(accepts({{"from", "2027-01-15T08:00:00Z"}, {"to", "2027-01-15T08:00:01Z"}}, line()));
  EXPECT_FALSE(accepts({{"from", "2027-01-15T08:00:01Z"}}, line()));
  EXPECT_FALSE(accepts({{"to", "2027-01-15T07:59:59Z"}}, line()));
  EXPECT_TRUE(accepts({{"least_ms", "5"}}, line()));
  EXPECT_FALSE(accepts({{"least_ms", "6"}}, line()));
}

TEST(ExchangeFilter, ByWhatBecameOfIt) {
  EXPECT_TRUE(accepts({{"incomplete", "1"}}, line()));
  auto sent = line();
  sent.complete = sent.sent = true;
  sent.failure = "timeout";
  EXPECT_FALSE(accepts({{"incomplete", "1"}}, sent));
  EXPECT_TRUE(accepts({{"failed", "1"}}, sent));
  EXPECT_FALSE(accepts({{"failed", "1"}}, line()));
  auto made = *filter({});
  const std::vector<schema::RowId> different{3, 8};
  made.different = &different;
  EXPECT_FALSE(made.accepts(line()));
}

TEST(ExchangeFilter, NamesWhatItCannotRead) {
  for (const auto& [name, value] : {std::pair("status", "4x"),
                                    {"status", "500-400"},
                                    {"status", "0"},
                                    {"new_status", "x"},
                                    {"from", "yesterday"},
                                    {"to", "2027-01-15T08:00:00Zx"},
                                    {"least_ms", "-1"},
                                    {"failed", "yes"}}) {
    const auto made = filter({{name, value}});
    ASSERT_FALSE(made) << name << value;
    EXPECT_TRUE(made.error().message.starts_with(name)) << made.error().message;
  }
}

TEST(TextSearch, FindsTextInHeadsAndBodiesOfBothSides) {
  const evaluate::testing::StoredRun stored({{.target = "/a",
                                              .recorded = R"({"name":"Cleo"})",
                                              .replayed = R"({"name":"anna"})",
                                              .request_body = "order=17",
                                              .request_headers = "X-User: berta\r\n"}});
  const auto reader = schema::Reader::open(stored.path());
  ASSERT_TRUE(reader);
  for (const char* text : {"cleo", "ORDER=17", "berta", "anna"})
    EXPECT_TRUE(*TextSearch(**reader, stored.run_id(), text).finds(1)) << text;
  EXPECT_FALSE(*TextSearch(**reader, 0, "anna").finds(1)) << "of a run that was not asked for";
  EXPECT_FALSE(*TextSearch(**reader, stored.run_id(), "dora").finds(1));
}

TEST(TextSearch, SaysWhenItLooksAtTheBeginningOnly) {
  const std::string large(TextSearch::kMostSearchedBytes + 10, 'x');
  const evaluate::testing::StoredRun stored({{.recorded = large + "end"}});
  const auto reader = schema::Reader::open(stored.path());
  TextSearch search(**reader, 0, "end");
  EXPECT_FALSE(*search.finds(1));
  EXPECT_EQ(search.cut(), 1U);
}

}  // namespace
}  // namespace tracerec::ui
