#include <gtest/gtest.h>

#include "schema/batch_writer.h"
#include "schema/reader.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::schema {
namespace {

class ExchangeLines : public ::testing::Test {
 protected:
  ExchangeLines() {
    auto writer = BatchWriter::open(path_, {});
    EXPECT_TRUE(writer && (*writer)->begin_recording({}));
    for (RowId id = 1; id <= 2; ++id) {
      Connection connection;
      connection.id = id;
      connection.recording_id = 1;
      EXPECT_TRUE((*writer)->submit(std::move(connection)));
    }
    for (RowId id = 1; id <= 6; ++id) {
      Exchange exchange;
      exchange.id = id;
      exchange.recording_id = 1;
      exchange.connection_id = 1 + id % 2;
      exchange.started_unix_ns = id * 1000;
      exchange.method = "GET";
      exchange.target = "/" + std::to_string(id);
      exchange.complete = id != 3;
      exchange.status = 200;
      exchange.request_head = "GET /" + std::to_string(id) + " HTTP/1.1\r\nHost: a\r\n\r\n";
      EXPECT_TRUE((*writer)->submit(std::move(exchange)));
    }
    EXPECT_TRUE((*writer)->finish_recording(1, 9000, {}));
    writer->reset();
    writer = BatchWriter::open(path_, {});
    schema::Run run;
    run.recording_id = 1;
    EXPECT_TRUE((*writer)->begin_run(run));
    Response response;
    response.run_id = 1;
    response.exchange_id = 2;
    response.status = 500;
    EXPECT_TRUE((*writer)->submit(std::move(response)));
    EXPECT_TRUE((*writer)->finish_runs({{1, 1, {}}}));
    writer->reset();
    reader_ = std::move(*Reader::open(path_));
  }

  std::vector<RowId> ids(const LineRange& range, std::size_t most = 100) {
    std::vector<RowId> all;
    EXPECT_TRUE(reader_->for_each_line(range, [&](const ExchangeLine& line) {
      all.push_back(line.id);
      return all.size() < most;
    }));
    return all;
  }

  testing::TempDir folder_;
  std::string path_ = folder_.file("t.db");
  std::unique_ptr<Reader> reader_;
};

TEST_F(ExchangeLines, ComeByIdAndGoOnAfterOne) {
  EXPECT_EQ(ids({.recording_id = 1}), (std::vector<RowId>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(ids({.recording_id = 1}, 2), (std::vector<RowId>{1, 2}));
  EXPECT_EQ(ids({.recording_id = 1, .after = 4}), (std::vector<RowId>{5, 6}));
  EXPECT_EQ(ids({.recording_id = 2}), std::vector<RowId>{});
}

TEST_F(ExchangeLines, ComeFromTheNewestBack) {
  EXPECT_EQ(ids({.recording_id = 1, .newest_first = true}, 2), (std::vector<RowId>{6, 5}));
  EXPECT_EQ(ids({.recording_id = 1, .after = 5, .newest_first = true}, 2), (std::vector<RowId>{4, 3}));
}

TEST_F(ExchangeLines, OfOneConnection) {
  EXPECT_EQ(ids({.recording_id = 1, .connection_id = 1}), (std::vector<RowId>{2, 4, 6}));
}

TEST_F(ExchangeLines, HaveTheResponsesOfARunBesideThem) {
  std::vector<ExchangeLine> lines;
  ASSERT_TRUE(reader_->for_each_line({.recording_id = 1, .run_id = 1}, [&](const ExchangeLine& line) {
    lines.push_back(line);
    return true;
  }));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_FALSE(lines[0].sent);
  EXPECT_TRUE(lines[1].sent);
  EXPECT_EQ(lines[1].new_status, 500);
  EXPECT_EQ(lines[1].status, 200);
}

TEST_F(ExchangeLines, TimesComeFromTheIndex) {
  std::vector<ExchangeTime> times;
  ASSERT_TRUE(reader_->for_each_time(1, [&](const ExchangeTime& time) {
    times.push_back(time);
    return true;
  }));
  ASSERT_EQ(times.size(), 6U);
  EXPECT_EQ(times[2].started_unix_ns, 3000);
  EXPECT_FALSE(times[2].complete);
}

}  // namespace
}  // namespace tracerec::schema
