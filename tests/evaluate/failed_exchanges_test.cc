// Every request that failed is named, with its reason, within a bound.
#include "evaluate/failed_exchanges.h"

#include <gtest/gtest.h>

namespace tracerec::evaluate {
namespace {

void note(FailedExchanges& failed, schema::RowId id, const std::string& reason, int status = 0) {
  schema::StoredExchange exchange;
  exchange.id = id;
  exchange.method = "GET";
  exchange.target = "/" + std::to_string(id);
  schema::StoredResponse response;
  response.failure = reason;
  response.status = status;
  response.response_body.wire_bytes = status == 0 ? 0 : 1234;
  failed.note(exchange, response);
}

TEST(FailedExchanges, EachIsNamedWithItsReason) {
  FailedExchanges failed;
  note(failed, 1, "");
  note(failed, 2, "timeout", 200);
  note(failed, 3, "refused");
  ASSERT_EQ(failed.named().size(), 2U);
  EXPECT_EQ(describe_failed(failed.named()[0]),
            "exchange 2 GET /2 failed: no end of a response within --timeout (timeout); status 200 and 1,234 bytes "
            "were received");
  EXPECT_EQ(describe_failed(failed.named()[1]),
            "exchange 3 GET /3 failed: the target refused the connection (refused)");
  EXPECT_EQ(failed.not_named(), 0U);
}

// One reason that a thousand requests failed for does not hide the one that failed for another.
TEST(FailedExchanges, ManyOfOneReasonLeaveRoomForTheOthers) {
  FailedExchanges failed(3);
  for (schema::RowId id = 1; id <= 10; ++id) note(failed, id, "timeout");
  note(failed, 11, "tls");
  EXPECT_EQ(failed.named().size(), 4U);
  EXPECT_EQ(failed.named().back().reason, "tls");
  EXPECT_EQ(failed.counts().at("timeout"), 10U);
  EXPECT_EQ(failed.not_named(), 7U);
}

TEST(FailedExchanges, AReasonThatIsNotKnownStandsForItself) {
  EXPECT_EQ(explain_failure("of a newer version"), "of a newer version");
}

}  // namespace
}  // namespace tracerec::evaluate
