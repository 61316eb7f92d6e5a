// What goes in comes out: every kind of row, every way a body can travel.
#include <gtest/gtest.h>

#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

std::optional<EqualKey> equal_in_all(const RequestEvent&) {
  return EqualKey{};
}

struct RoundTrip : ::testing::Test {
  TempDir dir;
  std::string path = dir.file("t.db");
};

void add_parts(BatchWriter& writer, std::uint64_t key, const std::string& bytes, std::size_t piece_bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    ASSERT_TRUE(writer.submit(BodyPart{key, bytes.substr(at, piece_bytes)}));
  }
}

std::string body_of(Reader& reader, const StoredBody& body) {
  const Result<std::string> bytes = reader.load_body(body, SIZE_MAX);
  return bytes ? *bytes : "error: " + bytes.error().message;
}

TEST_F(RoundTrip, RecordingAndLedger) {
  const Recording in{0, "n", "./app -x", 42, "host 6.1", "0.1", "{}", 1'000, 0};
  {
    auto writer = open_writer(path);
    const Result<RowId> id = writer->begin_recording(in);
    ASSERT_TRUE(id);
    EXPECT_EQ(*id, 1);
    ASSERT_TRUE(writer->submit(Connection{7, 1, "127.0.0.1:80", "127.0.0.1:5000", 5, true, Role::kClient, true}));
    ASSERT_TRUE(writer->finish_recording(1, 2'000, {{"seen", 3, 30}, {"lost.queue_full", 1, 10}}));
  }
  auto reader = open_reader(path);
  const auto recordings = reader->recordings();
  ASSERT_TRUE(recordings);
  ASSERT_EQ(recordings->size(), 1u);
  const Recording& out = recordings->front().recording;
  EXPECT_EQ(out.name, "n");
  EXPECT_EQ(out.command, "./app -x");
  EXPECT_EQ(out.pid, 42);
  EXPECT_EQ(out.host, "host 6.1");
  EXPECT_EQ(out.started_unix_ns, 1'000);
  EXPECT_EQ(out.ended_unix_ns, 2'000);
  EXPECT_EQ(recordings->front().connections, 1u);
  EXPECT_EQ(*reader->recording_ledger(1), (Ledger{{"lost.queue_full", 1, 10}, {"seen", 3, 30}}));
  const auto connection = reader->connection(7);
  ASSERT_TRUE(connection && *connection);
  EXPECT_EQ((*connection)->peer, "127.0.0.1:5000");
  EXPECT_TRUE((*connection)->open_before);
  EXPECT_EQ((*connection)->role, Role::kClient);
  EXPECT_TRUE((*connection)->tls);
  EXPECT_EQ(*reader->local_addresses(1), std::vector<std::string>{"127.0.0.1:80"});
  EXPECT_FALSE(*reader->connection(8));
}

TEST_F(RoundTrip, ExchangeKeepsEveryByte) {
  Exchange in = sample_exchange(1);
  in.target = std::string("/\xff\x00\x1b?q", 7);
  in.method = "M\xc3";
  in.notes = "cut,truncated";
  in.interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
  in.response_head += std::string("\0\r\n", 3);
  in.request_body = {.wire_bytes = 9, .bytes = std::string("a\0b\xff", 4), .stream_key = 0};
  in.complete = false;
  {
    auto writer = open_writer(path);
    ASSERT_TRUE(writer->submit(Exchange(in)));
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(writer->written().exchanges, 1u);
    EXPECT_EQ(writer->written().message_bytes,
              in.request_head.size() + 4 + in.interim.size() + in.response_head.size() + 4);
  }
  auto reader = open_reader(path);
  const auto found = reader->exchange(1);
  ASSERT_TRUE(found && *found);
  const StoredExchange& out = **found;
  EXPECT_EQ(out.method, in.method);
  EXPECT_EQ(out.target, in.target);
  EXPECT_EQ(out.notes, in.notes);
  EXPECT_EQ(out.interim, in.interim);
  EXPECT_EQ(out.request_head, in.request_head);
  EXPECT_EQ(out.response_head, in.response_head);
  EXPECT_EQ(out.request_body.bytes, in.request_body.bytes);
  EXPECT_EQ(out.request_body.wire_bytes, 9u);
  EXPECT_FALSE(out.request_body.whole());
  EXPECT_TRUE(out.response_body.whole());
  EXPECT_FALSE(out.complete);
  EXPECT_EQ(out.ttfb_ns, in.ttfb_ns);
  EXPECT_EQ(out.duration_ns, in.duration_ns);
}

TEST_F(RoundTrip, AnExchangeWithoutResponseSaysSo) {
  Exchange in = sample_exchange(1);
  in.status = 0;
  in.ttfb_ns = in.duration_ns = -1;
  in.response_head.clear();
  in.response_body = {};
  {
    auto writer = open_writer(path);
    ASSERT_TRUE(writer->submit(Exchange(in)));
  }
  EXPECT_EQ(query(path, "SELECT count(*) FROM exchange WHERE status IS NULL AND ttfb_ns IS NULL"), 1);
  auto reader = open_reader(path);
  const auto out = reader->exchange(1);
  ASSERT_TRUE(out && *out);
  EXPECT_EQ((*out)->status, 0);
  EXPECT_EQ((*out)->ttfb_ns, -1);
  EXPECT_EQ((*out)->duration_ns, -1);
  EXPECT_EQ(body_of(*reader, (*out)->response_body), "");
}

TEST_F(RoundTrip, ResponsesWithTheirExchanges) {
  {
    auto writer = open_writer(path);
    const Result<RowId> run = writer->begin_run({0, 1, "http://h:1", "{}", 5, 0});
    ASSERT_TRUE(run);
    for (RowId id = 1; id <= 3; ++id) ASSERT_TRUE(writer->submit(sample_exchange(id)));
    Response failed;
    failed.run_id = *run;
    failed.exchange_id = 3;
    failed.failure = "timeout";
    ASSERT_TRUE(writer->submit(std::move(failed)));
    Response good;
    good.run_id = *run;
    good.exchange_id = 1;
    good.intended_ns = 10;
    good.sent_ns = 11;
    good.ttfb_ns = 12;
    good.duration_ns = 13;
    good.status = 201;
    good.response_head = "HTTP/1.1 201 x\r\n\r\n";
    good.response_body.wire_bytes = 2;
    good.response_body.bytes = "ok";
    good.interim = "103 102";
    ASSERT_TRUE(writer->submit(std::move(good)));
    ASSERT_TRUE(writer->finish_runs({{*run, 99, {{"sent", 2, 0}}}}));
  }
  auto reader = open_reader(path);
  std::vector<std::string> seen;
  ASSERT_TRUE(reader->for_each_response(1, [&](const StoredExchange& e, const StoredResponse& a) {
    seen.push_back(e.target + " " + std::to_string(a.status) + " " + a.failure + " " + a.response_body.bytes);
    return true;
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"/orders/1 201  ok", "/orders/3 0 timeout "}));
  const auto runs = reader->runs();
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->front().responses, 2u);
  EXPECT_EQ(runs->front().failed, 1u);
  EXPECT_EQ(runs->front().run.ended_unix_ns, 99);
  const auto response = reader->response(1, 1);
  ASSERT_TRUE(response && *response);
  EXPECT_EQ((*response)->duration_ns, 13);
  EXPECT_FALSE(*reader->response(1, 2));
}

TEST_F(RoundTrip, WhetherSecretsWereReplaced) {
  const Secrets all[] = {Secrets::kUnknown, Secrets::kKept, Secrets::kReplaced};
  for (const Secrets secrets : all) {
    schema::Recording recording;
    recording.secrets = secrets;
    ASSERT_TRUE(open_writer(path)->begin_recording(recording));
    schema::Run run{0, 1, "http://h:1", "{}", 5, 0};
    run.secrets = secrets;
    ASSERT_TRUE(open_writer(path)->begin_run(run));
  }
  auto reader = open_reader(path);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*reader->recording(static_cast<RowId>(i) + 1))->secrets, all[i]);
    EXPECT_EQ((*reader->runs())[i].run.secrets, all[i]);
  }
}

TEST_F(RoundTrip, RunsThatBelongTogether) {
  {
    auto writer = open_writer(path);
    const schema::Run run{0, 1, "http://h:1", "{}", 5, 0};
    ASSERT_EQ(*writer->begin_run(run), 1);
    schema::Run candidate = run;
    candidate.baseline_run_id = 1;
    ASSERT_EQ(*writer->begin_run(candidate), 2);
    schema::Run again = run;
    again.recheck_of = 2;
    ASSERT_EQ(*writer->begin_run(again), 3);
    ASSERT_EQ(*writer->begin_run(again), 4);
    ASSERT_TRUE(writer->finish_runs({{1, 9, {{"sent", 1, 0}}}, {2, 9, {{"sent", 2, 0}}}}));
  }
  auto reader = open_reader(path);
  const auto newest = reader->newest_run();
  ASSERT_TRUE(newest && *newest);
  EXPECT_EQ((*newest)->id, 2) << "a recheck is evidence, not a run to be judged";
  EXPECT_EQ((*newest)->baseline_run_id, 1);
  EXPECT_EQ((*newest)->recheck_of, 0);
  EXPECT_EQ(reader->run_ledger(1)->front().count, 1U);
  EXPECT_EQ(reader->run_ledger(2)->front().count, 2U);
  const auto rechecks = reader->rechecks_of(2);
  ASSERT_TRUE(rechecks);
  ASSERT_EQ(rechecks->size(), 2U);
  EXPECT_EQ(rechecks->front().id, 3);
  EXPECT_TRUE(reader->rechecks_of(1)->empty());
}

TEST_F(RoundTrip, OpaqueBytes) {
  {
    auto writer = open_writer(path);
    ASSERT_TRUE(writer->submit(Opaque{1, 2, true, 77, 5, "garbage", std::string("\0\1", 2)}));
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(writer->written().opaque_bytes, 2u);
  }
  EXPECT_EQ(query(path, "SELECT count(*) FROM opaque WHERE from_client = 1 AND position = 77 AND data = x'0001'"), 1);
}

// Sizes around every limit: inline, gathering, part.
class BodySizes : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(BodySizes, StreamedAndInRowAreReadAlikeAndStoredOnce) {
  const auto [bytes, piece] = GetParam();
  const TempDir dir;
  const std::string path = dir.file("t.db");
  const std::string body = pattern(bytes);
  {
    auto writer = open_writer(path);
    Exchange streamed = sample_exchange(1);
    add_parts(*writer, 9, body, piece);
    streamed.request_head = head_for(bytes);
    streamed.request_body = {.wire_bytes = bytes, .bytes = "", .stream_key = 9};
    ASSERT_TRUE(writer->submit(std::move(streamed)));
    Exchange in_row = sample_exchange(2);
    in_row.target = "/orders/1";
    in_row.request_head = head_for(bytes);
    in_row.request_body = {.wire_bytes = bytes, .bytes = body, .stream_key = 0};
    in_row.response_body = in_row.request_body;
    ASSERT_TRUE(writer->submit(std::move(in_row)));
    add_parts(*writer, 9, body, piece);  // the key may be used again
    Exchange again = sample_exchange(3);
    again.target = "/orders/1";
    again.request_head = head_for(bytes);
    again.request_body = {.wire_bytes = bytes, .bytes = "", .stream_key = 9};
    ASSERT_TRUE(writer->submit(std::move(again)));
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(writer->error(), "");
  }
  auto reader = open_reader(path);
  for (RowId id = 1; id <= 3; ++id) {
    const auto e = reader->exchange(id);
    ASSERT_TRUE(e && *e);
    EXPECT_EQ((*e)->request_body.captured_bytes, bytes);
    EXPECT_TRUE(body_of(*reader, (*e)->request_body) == body) << id;
  }
  EXPECT_EQ(query(path, "SELECT count(*) FROM body"), bytes > 4096 ? 1 : 0);
  EXPECT_EQ(query(path, "SELECT coalesce(sum(length(data)), 0) FROM body_part"), bytes > 4096 ? bytes : 0);
  EXPECT_EQ(query(path, "SELECT count(*) FROM body_part WHERE length(data) > 262144"), 0);
  std::size_t members = 0;
  ASSERT_TRUE(reader->for_each_duplicate(1, {}, equal_in_all, [&](const Duplicate&) { return ++members > 0; }));
  EXPECT_EQ(members, 3u);
}

INSTANTIATE_TEST_SUITE_P(AroundTheLimits, BodySizes,
                         ::testing::Values(std::tuple{1, 1}, std::tuple{4096, 1000}, std::tuple{4097, 4097},
                                           std::tuple{32767, 5000}, std::tuple{32768, 32768}, std::tuple{40000, 7},
                                           std::tuple{262144, 65536}, std::tuple{262145, 262145},
                                           std::tuple{3'000'000, 700'000}));

TEST_F(RoundTrip, DiscardedAndAbandonedStreamsLeaveNothing) {
  {
    auto writer = open_writer(path);
    add_parts(*writer, 1, pattern(100'000), 50'000);
    ASSERT_TRUE(writer->submit(BodyDiscard{1}));
    ASSERT_TRUE(writer->submit(BodyDiscard{77}));
    add_parts(*writer, 2, pattern(100'000), 50'000);
    ASSERT_TRUE(writer->submit(sample_exchange(1)));
  }
  EXPECT_EQ(query(path, "SELECT count(*) FROM body"), 0);
  EXPECT_EQ(query(path, "SELECT count(*) FROM body_part"), 0);
  EXPECT_EQ(query(path, "SELECT count(*) FROM exchange"), 1);
}

// What the caller finds in headers and between two requests parts them.
TEST_F(RoundTrip, DuplicatesArePartedByHeadersAndState) {
  {
    auto writer = open_writer(path);
    for (RowId id = 1; id <= 8; ++id) {
      Exchange e = sample_exchange(id);
      e.target = "/a";
      ASSERT_TRUE(writer->submit(std::move(e)));
    }
  }
  auto reader = open_reader(path);
  std::string text;
  std::int64_t last_ns = 0;
  const auto key_of = [&](const RequestEvent& event) -> std::optional<EqualKey> {
    EXPECT_GE(event.at_unix_ns, last_ns);
    last_ns = event.at_unix_ns;
    if (!event.has_ended || event.request.id == 8) return std::nullopt;
    return EqualKey{event.request.id % 2 == 0 ? 1U : 0U, event.request.id > 4 ? 1U : 0U};
  };
  ASSERT_TRUE(reader->for_each_duplicate(1, {}, key_of, [&](const Duplicate& one) {
    text += std::to_string(one.request) + "." + std::to_string(one.group) + ":" + std::to_string(one.exchange.id) + " ";
    return true;
  }));
  EXPECT_EQ(text, "0.0:1 0.0:3 0.1:5 0.1:7 1.2:2 1.2:4 1.3:6 ");
}

TEST_F(RoundTrip, DuplicatesAreGroupedLargestFirstAndVerified) {
  {
    auto writer = open_writer(path);
    RowId id = 0;
    const auto add = [&](const std::string& target, const std::string& body, bool complete = true) {
      Exchange e = sample_exchange(++id);
      e.target = target;
      e.complete = complete;
      e.request_body = {.wire_bytes = body.size(), .bytes = body, .stream_key = 0};
      ASSERT_TRUE(writer->submit(std::move(e)));
    };
    add("/a", "1");
    add("/b", "1");
    add("/a", "1");
    add("/b", "1");
    add("/b", "1");
    add("/c", "1");
    add("/a", "2");
    add("/c", "1", false);
  }
  auto reader = open_reader(path);
  const auto groups = [&](std::size_t max_groups, std::size_t max_members) {
    std::string text;
    EXPECT_TRUE(reader->for_each_duplicate(1, {max_groups, 5, max_members}, equal_in_all, [&](const Duplicate& one) {
      text += std::to_string(one.group) + ":" + std::to_string(one.exchange.id) + " ";
      return true;
    }));
    return text;
  };
  EXPECT_EQ(groups(10, 10), "0:2 0:4 0:5 1:1 1:3 ");
  EXPECT_EQ(groups(10, 2), "0:2 0:4 1:1 1:3 ");
  EXPECT_EQ(groups(1, 10), "0:2 0:4 0:5 ");
  // A forged collision: the key is only a way to find candidates.
  run_sql(path, "UPDATE exchange SET request_key = (SELECT request_key FROM exchange WHERE id = 2) WHERE id = 6");
  EXPECT_EQ(groups(10, 10), "0:2 0:4 0:5 1:1 1:3 ");
}

// A replay plays for hours between one connection of the list and the next: the write-ahead log must not grow
// meanwhile.
TEST_F(RoundTrip, AVisitorOfConnectionsHoldsNoSnapshot) {
  auto writer = open_writer(path);
  ASSERT_TRUE(writer->submit(sample_exchange(1, 1)));
  ASSERT_TRUE(writer->submit(sample_exchange(2, 1)));
  ASSERT_TRUE(writer->flush());
  auto reader = open_reader(path);
  bool visited = false;
  ASSERT_TRUE(reader->for_each_connection(1, [&](const ConnectionSpan& span) {
    EXPECT_TRUE(reader->next_requests(1, span.connection_id, -1, 1));
    EXPECT_TRUE(writer->submit(sample_exchange(3, 1)));
    EXPECT_TRUE(writer->flush());
    EXPECT_EQ(query(path, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);  // 1: somebody still reads from the log
    visited = true;
    return false;
  }));
  EXPECT_TRUE(visited);
}

TEST_F(RoundTrip, ConnectionsComeByTheStartOfTheirFirstExchange) {
  {
    auto writer = open_writer(path);
    const auto add = [&](RowId id, RowId connection, std::int64_t seq, std::int64_t start, RowId recording) {
      Exchange e = sample_exchange(id, recording);
      e.connection_id = connection;
      e.seq = seq;
      e.started_unix_ns = start;
      e.duration_ns = 5;
      ASSERT_TRUE(writer->submit(std::move(e)));
    };
    add(1, 1, 0, 300, 1);
    add(2, 2, 1, 250, 1);
    add(3, 2, 0, 100, 1);
    add(4, 3, 0, 50, 2);  // another recording
  }
  auto reader = open_reader(path);
  std::string text;
  ASSERT_TRUE(reader->for_each_connection(1, [&](const ConnectionSpan& span) {
    text += std::to_string(span.connection_id) + ":" + std::to_string(span.first_started_unix_ns) + "-" +
            std::to_string(span.last_started_unix_ns) + "-" + std::to_string(span.ended_unix_ns) + "x" +
            std::to_string(span.exchanges) + " ";
    const auto next = reader->next_requests(1, span.connection_id, -1, 1);  // a visitor may ask for more
    EXPECT_TRUE(next && next->size() == 1 && next->front().seq == 0);
    std::size_t nested = 0;
    EXPECT_TRUE(reader->for_each_connection(1, [&](const ConnectionSpan&) { return ++nested < 2; }));
    EXPECT_EQ(nested, 2u);
    return true;
  }));
  EXPECT_EQ(text, "2:100-250-255x2 1:300-300-305x1 ");
  EXPECT_EQ(reader->next_requests(1, 2, 0, 9)->front().id, 2);
  EXPECT_EQ(reader->next_requests(1, 2, -1, 9)->size(), 2U);
  EXPECT_TRUE(reader->next_requests(1, 2, 1, 9)->empty());
  std::vector<RowId> ids;
  ASSERT_TRUE(reader->for_each_exchange(1, [&](const StoredExchange& e) {
    ids.push_back(e.id);
    return ids.size() < 2;
  }));
  EXPECT_EQ(ids, (std::vector<RowId>{1, 2}));
}

TEST_F(RoundTrip, ABodyCanBeReadPieceByPiece) {
  const std::string bodies[] = {"", "small", pattern(600'000)};
  {
    auto writer = open_writer(path);
    for (RowId id = 1; id <= 3; ++id) {
      Exchange e = sample_exchange(id);
      e.response_body = {.wire_bytes = bodies[id - 1].size(), .bytes = bodies[id - 1], .stream_key = 0};
      ASSERT_TRUE(writer->submit(std::move(e)));
    }
  }
  auto reader = open_reader(path);
  for (RowId id = 1; id <= 3; ++id) {
    const auto e = reader->exchange(id);
    ASSERT_TRUE(e && *e);
    std::string all;
    for (std::int64_t seq = -1;;) {
      const auto piece = reader->next_body_piece((*e)->response_body, seq);
      ASSERT_TRUE(piece);
      if (!*piece) break;
      EXPECT_EQ((*piece)->seq, seq + 1);
      all += (*piece)->bytes;
      seq = (*piece)->seq;
    }
    EXPECT_TRUE(all == bodies[id - 1]) << id;
  }
}

TEST_F(RoundTrip, ABodyAboveTheLimitOfTheReaderIsAnError) {
  {
    auto writer = open_writer(path);
    Exchange e = sample_exchange(1);
    e.response_body = {.wire_bytes = 5000, .bytes = pattern(5000), .stream_key = 0};
    ASSERT_TRUE(writer->submit(std::move(e)));
  }
  auto reader = open_reader(path);
  const auto e = reader->exchange(1);
  ASSERT_TRUE(e && *e);
  EXPECT_FALSE(reader->load_body((*e)->response_body, 4999));
  EXPECT_TRUE(reader->load_body((*e)->response_body, 5000));
}

}  // namespace
}  // namespace tracerec::schema::testing
