// Sessions of TLS as the kernel side tells of them, and the connections that carry them.
#include "http/sniff.h"
#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

const std::string kHello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
const std::string kRecord("\x17\x03\x03\x00\x13random", 11);
const std::string kRequest = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A session with a number for an identity, positions from 0 on, and no address until it is given one.
class FakeSession {
 public:
  explicit FakeSession(std::uint64_t number, bool began = true) : number_(number), began_(began) {}

  FakeConnection::Stored in(std::string_view bytes) { return data(TR_IN, bytes); }
  FakeConnection::Stored out(std::string_view bytes) { return data(TR_OUT, bytes); }
  FakeConnection::Stored end(int flags) {
    FakeConnection::Stored stored{header(TR_END, TR_OUT), ""};
    stored.header.flags |= static_cast<std::uint16_t>(flags);
    return stored;
  }
  FakeConnection::Stored free() { return end(TR_END_IN | TR_END_OUT); }

  std::uint16_t family = 0;
  std::uint16_t port = 0;
  std::uint32_t tgid = 100;

 private:
  tr_event header(tr_kind kind, tr_direction direction) {
    tr_event event{};
    event.kind = static_cast<std::uint8_t>(kind);
    event.direction = static_cast<std::uint8_t>(direction);
    event.flags = TR_TLS;
    event.time_ns = time_ns_ += 1000;
    event.socket = number_;
    event.family = family;
    event.local_port = port;
    event.tgid = tgid;
    event.fd = -1;
    event.position_in = moved_[TR_IN];
    event.position_out = moved_[TR_OUT];
    return event;
  }
  FakeConnection::Stored data(tr_direction direction, std::string_view bytes) {
    const std::uint64_t position = moved_[direction];
    const bool first = began_ && moved_[TR_IN] + moved_[TR_OUT] == 0;
    moved_[direction] += bytes.size();
    FakeConnection::Stored stored{header(TR_DATA, direction), std::string(bytes)};
    stored.header.position = position;
    stored.header.length = static_cast<std::uint32_t>(bytes.size());
    if (first) stored.header.flags |= TR_FIRST;
    return stored;
  }

  std::uint64_t number_;
  bool began_;
  std::uint64_t time_ns_ = 1'000'000;
  std::uint64_t moved_[2] = {0, 0};
};

TraceSink::Options outgoing() {
  TraceSink::Options options;
  options.outgoing = true;
  return options;
}

TEST(TlsSession, ASessionIsAConnectionOfItsOwn) {
  Rig rig;
  FakeSession one(1), two(2);
  rig.feed(one.in(kRequest));
  rig.feed(two.in(kRequest));
  rig.feed(two.out(kResponse));
  rig.feed(one.out(kResponse));
  rig.feed(one.free());
  rig.feed(two.free());
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 2U);
  EXPECT_TRUE(rig.store.exchanges[0].complete && rig.store.exchanges[1].complete);
  ASSERT_EQ(rig.store.connections.size(), 2U);
  EXPECT_TRUE(rig.store.connections[0].tls);
  EXPECT_FALSE(rig.store.connections[0].open_before);
  EXPECT_EQ(rig.store.connections[0].local, "tls");
}

TEST(TlsSession, ItsSocketIsShownWhenItIsKnown) {
  Rig rig;
  FakeSession session(1);
  session.family = 2;
  session.port = 443;
  rig.feed(session.in(kRequest));
  rig.feed(session.out(kResponse));
  rig.finish();
  EXPECT_EQ(rig.store.connections.at(0).local, "0.0.0.0:443");
}

TEST(TlsSession, OneThatWasOpenBeforeIsJoinedAtACleanBoundary) {
  Rig rig;
  FakeSession session(1, false);
  rig.feed(session.in("st of a head\r\n\r\n"));
  rig.feed(session.out(kResponse));
  rig.feed(session.in(kRequest));
  rig.feed(session.out(kResponse));
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.exchanges[0].target, "/a");
  EXPECT_TRUE(rig.store.connections.at(0).open_before);
}

TEST(TlsSession, AResponseThatEndsAtCloseEndsWithTheCloseNotify) {
  Rig rig;
  FakeSession session(1);
  rig.feed(session.in("GET /a HTTP/1.0\r\n\r\n"));
  rig.feed(session.out("HTTP/1.0 200 OK\r\n\r\nhello"));
  rig.feed(session.end(TR_END_OUT));
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
  rig.finish();
}

TEST(TlsSession, EndsWithItsProcess) {
  Rig rig;
  FakeSession mine(1), other(2);
  other.tgid = 101;
  rig.feed(mine.in("GET /a HTTP/1.0\r\n\r\n"));
  rig.feed(mine.out("HTTP/1.0 200 OK\r\n\r\nhello"));
  rig.feed(other.in(kRequest));
  tr_event exit{};
  exit.kind = TR_EXIT;
  exit.tgid = 100;
  rig.recorder.on_event({exit, {}});
  EXPECT_EQ(rig.store.exchanges.size(), 1U);
  rig.finish();
}

TEST(TlsSession, TheOneWhoSpeaksFirstIsTheClient) {
  Rig rig(outgoing());
  FakeSession session(1);
  rig.feed(session.out("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"));
  rig.feed(session.in(kResponse));
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.store.connections.at(0).role, schema::Role::kClient);
}

TEST(TlsSession, Http2IsNamedOnBothSides) {
  for (const bool server_first : {false, true}) {
    Rig rig(outgoing());
    FakeSession session(1);
    const std::string settings("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\144", 15);
    const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings;
    if (server_first) rig.feed(session.out(settings));
    rig.feed(session.in(preface));
    if (!server_first) rig.feed(session.out(settings));
    rig.feed(session.in(settings));
    rig.finish();
    EXPECT_TRUE(rig.store.exchanges.empty());
    EXPECT_EQ(rig.sink.counts().http2, 1U);
    ASSERT_EQ(rig.store.opaque.size(), 2U);
    for (const auto& row : rig.store.opaque) EXPECT_EQ(row.reason, "http/2");
  }
}

TEST(TlsSession, WhenTheSocketIsNotKnownThePortFilterKeepsIt) {
  TraceSink::Options options;
  options.ports = {8080};
  Rig rig(options);
  FakeSession unknown(1), other(2);
  other.family = 2;
  other.port = 9090;
  for (FakeSession* session : {&unknown, &other}) {
    rig.feed(session->in(kRequest));
    rig.feed(session->out(kResponse));
  }
  rig.finish();
  EXPECT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_EQ(rig.skipped(Skip::kFiltered), kRequest.size() + kResponse.size());
}

// ---- the sockets below

TEST(Ciphertext, IsCountedAndNotKeptWhenItsPlaintextIsRead) {
  Rig rig;
  rig.source.reading = TlsReading::kPlaintext;
  FakeConnection tcp(7);
  rig.feed(tcp.open());
  rig.feed(tcp.in(kHello));
  rig.feed(tcp.out(kRecord));
  tcp.miss_in(5000);  // muted in the kernel
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.source.muted, std::vector<std::uint64_t>{7});
  EXPECT_TRUE(rig.store.opaque.empty());
  EXPECT_TRUE(rig.store.connections.empty());
  EXPECT_EQ(rig.skipped(Skip::kCiphertext), kHello.size() + kRecord.size());
  EXPECT_EQ(rig.sink.counts().gap_bytes, 0U);
}

TEST(Ciphertext, IsRecognisedInTheMiddle) {
  Rig rig;
  rig.source.reading = TlsReading::kPlaintext;
  FakeConnection tcp(7);
  rig.feed(tcp.in("the rest of a record"));
  rig.feed(tcp.out(kRecord));
  rig.feed(tcp.in(kRecord));
  rig.finish();
  EXPECT_EQ(rig.source.muted.size(), 1U);
  EXPECT_EQ(rig.skipped(Skip::kCiphertext), 2 * kRecord.size());
}

TEST(Ciphertext, OfAClientToo) {
  Rig rig(outgoing());
  rig.source.reading = TlsReading::kPlaintext;
  FakeConnection tcp(7);
  rig.feed(tcp.out(kHello));
  rig.feed(tcp.in(kRecord));
  rig.finish();
  EXPECT_EQ(rig.skipped(Skip::kCiphertext), kHello.size() + kRecord.size());
}

TEST(Ciphertext, ThatWasMutedFromTheStartLeavesNoHole) {
  Rig rig;
  FakeConnection tcp(7);
  rig.feed(tcp.open());
  tcp.miss_in(5000);
  tcp.miss_out(5000);
  auto end = tcp.close();
  end.header.flags |= TR_MUTED;
  rig.feed(end);
  EXPECT_EQ(rig.sink.counts().gap_bytes, 0U);
  EXPECT_EQ(rig.sink.counts().skipped[static_cast<std::size_t>(Skip::kCiphertext)].count, 1U);
  rig.finish();
}

// The peer was gone: its reset is told before the write that it answered has returned.
TEST(Ciphertext, WhoseEndIsToldFirstLeavesNoHole) {
  Rig rig;
  rig.source.reading = TlsReading::kPlaintext;
  FakeConnection tcp(7);
  rig.feed(tcp.open());
  const auto alert = tcp.out(kRecord);
  rig.feed(tcp.close());
  rig.feed(alert);
  rig.finish();
  EXPECT_EQ(rig.sink.counts().gap_bytes, 0U);
  EXPECT_EQ(rig.skipped(Skip::kCiphertext), kRecord.size());
}

TEST(Ciphertext, OfAnUnknownLibraryStaysAndIsSaidOnce) {
  Rig rig;
  rig.source.reading = TlsReading::kNoLibrary;
  for (std::uint64_t socket = 1; socket <= 2; ++socket) {
    FakeConnection tcp(socket);
    rig.feed(tcp.open());
    rig.feed(tcp.in(kHello));
    rig.feed(tcp.in(kRecord));
    rig.feed(tcp.close());
  }
  rig.finish();
  EXPECT_EQ(rig.store.opaque.size(), 2U);
  EXPECT_EQ(rig.store.opaque.at(0).reason, "tls");
  const auto lines = rig.recorder.tls_notes().lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("2 connections on port 8080 speak TLS, but no TLS library"), 0U) << lines[0];
}

TEST(Ciphertext, WithoutAnySessionIsSaid) {
  Rig rig;
  rig.source.reading = TlsReading::kPlaintext;
  FakeConnection tcp(1);
  rig.feed(tcp.in(kHello));
  rig.finish();
  ASSERT_EQ(rig.recorder.tls_notes().lines().size(), 1U);
  EXPECT_NE(rig.recorder.tls_notes().lines()[0].find("uses another library, or a BIO of OpenSSL (BIO_f_ssl)"),
            std::string::npos);
}

// A process whose calls are read was taken for one whose connections are.
TEST(Ciphertext, WithoutSessionsOfItsOwnDirectionIsSaid) {
  Rig rig(outgoing());
  rig.source.reading = TlsReading::kPlaintext;
  FakeConnection tcp(1);
  FakeSession session(2);
  rig.feed(tcp.in(kHello));
  rig.feed(session.out(kRequest));
  rig.feed(session.in(kResponse));
  EXPECT_EQ(rig.recorder.tls_notes().lines().size(), 1U);
  FakeSession served(3);
  rig.feed(served.in(kRequest));
  EXPECT_TRUE(rig.recorder.tls_notes().lines().empty());
  rig.finish();
}

void call_many_times(Rig& rig) {
  for (std::uint16_t i = 0; i < 1000; ++i) {
    FakeConnection tcp(i + 1U);
    tcp.inode = 1000U + i;
    tcp.peer_port = 443;
    auto hello = tcp.out(kHello);
    hello.header.local_port = static_cast<std::uint16_t>(40000 + i);
    rig.feed(hello);
    rig.feed(tcp.close());
  }
  rig.finish();
}

// There was one line for each.
TEST(Ciphertext, CallsOfOneProcessToOnePortAreSaidOnce) {
  Rig rig(outgoing());
  rig.source.reading = TlsReading::kNoLibrary;
  call_many_times(rig);
  const auto lines = rig.recorder.tls_notes().lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("1,000 connections to port 443 speak TLS, but no TLS library"), 0U) << lines[0];
}

TEST(Ciphertext, CallsThatNobodyWantsAreNotSaid) {
  Rig rig;
  rig.source.reading = TlsReading::kNoLibrary;
  call_many_times(rig);
  EXPECT_TRUE(rig.recorder.tls_notes().lines().empty());
  EXPECT_EQ(rig.skipped(Skip::kOutgoing), 1000 * kHello.size());
}

TEST(Ciphertext, PortsWithoutEndAreSaidInFewLines) {
  Rig rig;
  rig.source.reading = TlsReading::kNoLibrary;
  for (std::uint16_t i = 0; i < 1000; ++i) {
    FakeConnection tcp(i + 1U);
    tcp.inode = 1000U + i;
    auto record = tcp.out(kRecord);  // whose call it is, is not known
    record.header.local_port = static_cast<std::uint16_t>(40000 + i);
    rig.feed(record);
  }
  rig.finish();
  const auto lines = rig.recorder.tls_notes().lines();
  ASSERT_EQ(lines.size(), TlsNotes::kMostEndpoints + 1);
  EXPECT_EQ(lines[0].find("950 connections on further ports speak TLS"), 0U) << lines[0];
}

TEST(Ciphertext, PlainHttpIsNone) {
  Rig rig;
  rig.source.reading = TlsReading::kPlaintext;
  FakeConnection tcp(1);
  rig.feed(tcp.open());
  rig.feed(tcp.in(kRequest));
  rig.feed(tcp.out(kResponse));
  rig.feed(tcp.close());
  rig.finish();
  EXPECT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.source.muted.empty());
}

TEST(TlsRecord, IsToldByItsHeader) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(http::starts_with_tls_record(kHello));
  EXPECT_TRUE(http::starts_with_tls_record(kRecord));
  EXPECT_FALSE(http::starts_with_tls_record("\x17\x03\x03\x48\x01"sv));  // longer than any record
  EXPECT_FALSE(http::starts_with_tls_record("\x17\x03\x03\x00\x00"sv));
  EXPECT_FALSE(http::starts_with_tls_record("\x18\x03\x03\x00\x10"sv));
  EXPECT_FALSE(http::starts_with_tls_record("\x16\x03\x01"sv));
  EXPECT_FALSE(http::starts_with_tls_record(kRequest));
}

// By what the process has mapped, or by its program's name: never by a guess.
TEST(UnsupportedTls, IsNamed) {
  EXPECT_EQ(
      name_unsupported_tls("7f00-7f01 r-xp 00000000 fe:00 12 /usr/lib/jvm/java-17/lib/server/libjvm.so\n", "java"),
      "Java's own TLS");
  EXPECT_EQ(name_unsupported_tls("", "bun"), "BoringSSL, inside of Bun,");
  EXPECT_EQ(name_unsupported_tls("7f00-7f01 r-xp 00000000 fe:00 12 /usr/lib/libc.so.6\n", "bundler"), "");
}

}  // namespace
}  // namespace tracerec::record
