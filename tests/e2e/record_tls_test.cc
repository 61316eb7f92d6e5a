// The plaintext of TLS, as the real kernel shows it, compared byte for byte with what an independent client sent and
// received. The servers and their ways of speaking TLS: tls/README.md.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <thread>

#include "harness.h"
#include "testing/self_signed.h"
#include "tls_client.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

const std::string kServers = TRACEREC_SOURCE_DIR "/tests/e2e/tls/";

std::string get(std::size_t size) {
  return "GET /bytes/" + std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string upload(std::size_t size) {
  return "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         std::string(size, 'u');
}

struct Place {
  std::string folder;
  int port;
  [[nodiscard]] std::string certificate() const { return folder + "/certificate.pem"; }
  [[nodiscard]] std::string key() const { return folder + "/key.pem"; }
};

using Command = std::vector<std::string>;

Command with_arguments(Command command, const Place& at) {
  command.insert(command.end(), {std::to_string(at.port), at.certificate(), at.key()});
  return command;
}

Command blocking(const Place& at) {
  return with_arguments({"python3", kServers + "blocking.py"}, at);
}
Command memory_bio(const Place& at) {
  return with_arguments({"python3", kServers + "memory_bio.py"}, at);
}
Command node(const Place& at) {
  return with_arguments({"node", kServers + "https.mjs"}, at);
}
Command openssl(const Place& at) {
  return with_arguments({OPENSSL_SERVER_BINARY}, at);
}
Command openssl_with_symbols(const Place& at) {
  return with_arguments({OPENSSL_INSIDE "symbols"}, at);
}
Command openssl_exported(const Place& at) {
  return with_arguments({OPENSSL_INSIDE "exported"}, at);
}
Command openssl_few_exported(const Place& at) {
  return with_arguments({OPENSSL_INSIDE "few"}, at);
}
Command bio(const Place& at) {
  return with_arguments({BIO_SERVER_BINARY}, at);
}
Command bio_inside(const Place& at) {
  return with_arguments({BIO_INSIDE_SERVER_BINARY}, at);
}
#ifdef __x86_64__  // Debian's package is for it only
Command boringssl(const Place& at) {
  return with_arguments({BORINGSSL_SERVER_BINARY}, at);
}
Command boringssl_memory(const Place& at) {
  Command command = boringssl(at);
  command.emplace_back("memory");
  return command;
}
#endif
Command unknown_library(const Place& at) {
  return with_arguments({STATIC_TLS_SERVER_BINARY}, at);
}
Command gnutls(const Place& at) {
  return with_arguments({GNUTLS_SERVER_BINARY}, at);
}

Command corrupting_gnutls(const Place& at) {
  Command command = gnutls(at);
  command.emplace_back("spoils");
  return command;
}

Command gin_binary(const std::string& binary, const Place& at) {
  return {"env", "PORT=" + std::to_string(at.port), "TLS_CERT=" + at.certificate(), "TLS_KEY=" + at.key(), binary};
}
Command gin(const Place& at) {
  return gin_binary(GIN_SERVER_BINARY, at);
}
Command stripped_gin(const Place& at) {
  return gin_binary(STRIPPED_GIN_BINARY, at);
}

Command nginx(const Place& at) {
  const std::string files = at.folder + "/files/bytes";
  fs::create_directories(files);
  for (const std::size_t size : {0U, 1U, 100U, 65536U, 10'000'000U}) {
    std::ofstream(files + "/" + std::to_string(size)) << std::string(size, 'n');
  }
  std::ofstream conf(at.folder + "/nginx.conf");
  conf << "worker_processes 2; daemon off; user root; pid " << at.folder << "/pid; error_log " << at.folder
       << "/error.log; events { worker_connections 512; } http { access_log off; sendfile on; keepalive_timeout 60s;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    conf << kind << "_temp_path " << at.folder << "/" << kind << ";\n";
  }
  conf << "server { listen 127.0.0.1:" << at.port << " ssl; ssl_certificate " << at.certificate()
       << "; ssl_certificate_key " << at.key() << "; root " << at.folder << "/files; } }\n";
  return {"nginx", "-p", at.folder, "-c", at.folder + "/nginx.conf"};
}

// Debian's library has a name that its Netty does not look for, and must not be reached by a link.
Command netty(const Place& at) {
  std::error_code error;
  fs::copy_file(TRACEREC_JNI "/libnetty-tcnative.so", at.folder + "/libnetty_tcnative.so",
                fs::copy_options::overwrite_existing, error);
  if (error) return {""};
  std::string path;
  for (const char* jar : {"buffer", "codec", "codec-http", "common", "handler", "resolver", "tcnative", "transport",
                          "transport-native-unix-common"}) {
    path += std::string("/usr/share/java/netty-") + jar + ".jar:";
  }
  return with_arguments({"java", "-Djava.library.path=" + at.folder, "-cp", path, kServers + "NettyServer.java"}, at);
}

struct Server {
  const char* name;
  Command (*command)(const Place& at);
  std::string (*request)(std::size_t size) = get;
  bool uploads = true;
  bool waits_inside = false;  // it waits for a request inside the library: the one that comes next was begun before
  bool shows_address = true;  // TLS and socket are used together, so that the socket is known
  bool joins = true;          // connections that were open before are read
};

void PrintTo(const Server& server, std::ostream* out) {  // NOLINT(readability-identifier-naming): GoogleTest's name
  *out << server.name;
}

#ifdef __x86_64__
constexpr bool kInnerIsProbed = true;  // record/tls/inner_call.h
#else
constexpr bool kInnerIsProbed = false;
#endif

constexpr Server kAll[] = {
    {"blocking", blocking, get, true, true},
    {"memory_bio", memory_bio, get, true, false, false},
    {"node", node, get, true, false, false},
    {"openssl", openssl},
    {"nginx", nginx, get, false},
    {"gin", gin, custom_request, false, true},
    {"stripped_gin", stripped_gin, custom_request, false, true},
    {"gnutls", gnutls},
    {"openssl_inside_with_symbols", openssl_with_symbols},
    {"openssl_inside_exported", openssl_exported},
    {"openssl_inside_few_exported", openssl_few_exported},
    {"netty", netty, get, true, false, false},
    {"bio", bio, get, true, true, true, kInnerIsProbed},
    {"bio_inside", bio_inside, get, true, true, true, kInnerIsProbed},
#ifdef __x86_64__
    {"boringssl", boringssl},
    {"boringssl_memory", boringssl_memory, get, true, false, false},
#endif
};

class TlsTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    place_ = {folder(), free_port()};
    ASSERT_TRUE(testing::write_self_signed(place_.key(), place_.certificate(), "IP:127.0.0.1"));
  }

  void start(const Server& server) {
    const Command command = server.command(place_);
    ASSERT_FALSE(command[0].empty()) << "not built, or not installed: scripts/test installs what is missing";
    server_ = std::make_unique<Process>(command);
    wait_for_port(place_.port);
  }

  void attach(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--pid", std::to_string(server_->pid())});
    recorder_ = start_recording(more);
  }

  void ask(TlsClient& client, const std::string& request) {
    client.send(request);
    asked_.push_back(request);
    answered_.push_back(client.read_response());
    ASSERT_FALSE(answered_.back().empty());
  }

  [[nodiscard]] std::string local() const { return "127.0.0.1:" + std::to_string(place_.port); }

  // In the order in which they began: a thread may see the end of its exchange after the next one on another
  // connection.
  [[nodiscard]] std::vector<Stored> stored_in_order() const {
    std::vector<Stored> rows = stored();
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Stored& a, const Stored& b) { return a.row.started_unix_ns < b.row.started_unix_ns; });
    return rows;
  }

  // Everything that was asked is there, in this order, and nothing else; `from_some_point`: but for the first ones.
  void expect_all_stored(bool from_some_point = false) {
    stop_recording(*recorder_);
    const auto rows = stored_in_order();
    if (from_some_point && !rows.empty() && rows.size() < asked_.size()) {
      const auto missing = static_cast<std::ptrdiff_t>(asked_.size() - rows.size());
      asked_.erase(asked_.begin(), asked_.begin() + missing);
      answered_.erase(answered_.begin(), answered_.begin() + missing);
    }
    ASSERT_EQ(rows.size(), asked_.size()) << recorder_->err();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(rows[i].row.complete) << i << ": " << rows[i].row.notes;
      EXPECT_TRUE(rows[i].request == asked_[i]) << i;
      EXPECT_TRUE(rows[i].response == answered_[i]) << i;
    }
    EXPECT_EQ(ledger("stored.opaque").bytes, 0U) << recorder_->err();
  }

  Place place_;
  std::unique_ptr<Process> server_, recorder_;
  std::vector<std::string> asked_, answered_;
};

class TlsMatrix : public TlsTest, public ::testing::WithParamInterface<Server> {};

TEST_P(TlsMatrix, EveryByteOfPlaintextAndNoneOfTheCiphertext) {
  start(GetParam());
  attach();
  TlsClient client(place_.port);
  for (const std::size_t size : {0U, 1U, 100U, 65536U, 10'000'000U}) ask(client, GetParam().request(size));
  if (GetParam().uploads) ask(client, upload(50'000));
  for (int i = 0; i < 3; ++i) {
    TlsClient fresh(place_.port);
    ask(fresh, GetParam().request(100));
  }
  expect_all_stored();
  EXPECT_GT(ledger("skipped.ciphertext").bytes, 10'000'000U);
  const auto rows = stored_in_order();
  ASSERT_FALSE(rows.empty());
  for (const auto& one : rows) {
    const schema::Connection stored_connection = connection(one.row.connection_id);
    EXPECT_TRUE(stored_connection.tls);
    EXPECT_FALSE(stored_connection.open_before);
    EXPECT_EQ(stored_connection.local, GetParam().shows_address ? local() : "tls");
  }
  EXPECT_EQ(rows[0].row.connection_id, rows[4].row.connection_id);
  EXPECT_NE(rows[0].row.connection_id, rows.back().row.connection_id);
}

TEST_P(TlsMatrix, ConnectionsThatWereOpenBefore) {
  start(GetParam());
  TlsClient client(place_.port);
  ask(client, GetParam().request(100));
  asked_.clear();
  answered_.clear();
  attach();
  for (const std::size_t size : {1U, 65536U, 100U, 7U, 1000U}) ask(client, GetParam().request(size));
  if (!GetParam().joins) asked_.clear();
  expect_all_stored(GetParam().waits_inside);
}

TEST_P(TlsMatrix, PipelinedRequests) {
  start(GetParam());
  attach();
  TlsClient client(place_.port);
  std::string burst;
  for (const std::size_t size : {100U, 1U, 0U, 65536U, 1U}) {
    asked_.push_back(GetParam().request(size));
    burst += asked_.back();
  }
  client.send(burst);
  for (std::size_t i = 0; i < asked_.size(); ++i) answered_.push_back(client.read_response());
  expect_all_stored();
}

INSTANTIATE_TEST_SUITE_P(Tls, TlsMatrix, ::testing::ValuesIn(kAll), [](const auto& one) { return one.param.name; });

// The library is loaded after the recording has begun.
TEST_F(TlsTest, ACommandIsReadFromItsFirstSession) {
  std::vector<std::string> arguments{"--"};
  const Command command = blocking(place_);
  arguments.insert(arguments.end(), command.begin(), command.end());
  recorder_ = start_recording(arguments);
  wait_for_port(place_.port);
  TlsClient client(place_.port);
  ask(client, get(100));
  expect_all_stored();
}

// The first recorder's probes are breakpoints in private mappings of the file; the second one must not read those.
TEST_F(TlsTest, TwoRecordersOfOneGoServer) {
  start(kAll[5]);  // gin
  Process first({TRACEREC_BINARY, "-d", folder() + "/first.db", "record", "--pid", std::to_string(server_->pid())});
  ASSERT_TRUE(first.wait_for_stderr("recording pid")) << first.err();
  attach();
  TlsClient client(place_.port);
  for (int i = 0; i < 3; ++i) ask(client, custom_request(100));
  expect_all_stored();
  first.signal(SIGINT);
  EXPECT_EQ(first.wait(), 0) << first.err();
  EXPECT_NE(first.err().find("recorded 3 exchanges (0 incomplete)"), std::string::npos) << first.err();
}

TEST_F(TlsTest, OtherPortsAreLeftOut) {
  start(kAll[0]);
  attach({"--port", std::to_string(place_.port + 1)});
  TlsClient client(place_.port);
  ask(client, get(100));
  stop_empty_recording(*recorder_);
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(ledger("seen").bytes, 0U);
}

TEST_F(TlsTest, OffKeepsCiphertextOnly) {
  start(kAll[0]);
  attach({"--tls", "off"});
  {
    TlsClient client(place_.port);
    ask(client, get(100));
  }
  stop_empty_recording(*recorder_);
  EXPECT_TRUE(stored().empty());
  EXPECT_GT(ledger("stored.opaque").bytes, 0U);
  EXPECT_EQ(recorder_->err().find("TLS library"), std::string::npos) << recorder_->err();
}

Command early(const std::string& program, const Place& at) {
  Command command = with_arguments({program}, at);
  command.emplace_back("early");
  return command;
}

TEST_F(TlsTest, RequestsThatComeWithTheHandshakeAreReadOnce) {
  for (const std::string& program : {std::string(OPENSSL_SERVER_BINARY), std::string(OPENSSL_INSIDE "symbols")}) {
    place_.port = free_port();
    server_ = std::make_unique<Process>(early(program, place_));
    wait_for_port(place_.port);
    attach();
    TlsClient first(place_.port);
    ask(first, get(100));
    TlsClient client(place_.port, first, asked_.emplace_back(get(3000)));
    answered_.push_back(client.read_response());
    ask(client, get(50));
    expect_all_stored();
    asked_.clear();
    answered_.clear();
  }
}

// It uses BIO_f_ssl, and ends each connection after its response.
TEST_F(TlsTest, OpensslsOwnWebServerIsRead) {
  std::ofstream(folder() + "/file.txt") << std::string(30'000, 'f');
  server_ =
      std::make_unique<Process>(Command{"sh", "-c",
                                        "cd " + folder() + " && exec openssl s_server -quiet -WWW -accept 127.0.0.1:" +
                                            std::to_string(place_.port) + " -cert certificate.pem -key key.pem"});
  wait_for_port(place_.port);
  attach();
  for (const char* path : {"/file.txt", "/absent.txt", "/file.txt"}) {
    TlsClient client(place_.port);
    asked_.push_back(std::string("GET ") + path + " HTTP/1.0\r\n\r\n");
    client.send(asked_.back());
    answered_.push_back(client.read_to_end());
  }
  EXPECT_GT(answered_[0].size(), 30'000U);
  expect_all_stored();
}

// RFC 9112 §9.8: a response without a length is whole when the peer was told that it is (close_notify).
TEST_F(TlsTest, AResponseWithoutLengthIsWholeWhenTheClientWasToldSo) {
  server_ = std::make_unique<Process>(Command{"python3", TRACEREC_SOURCE_DIR "/tests/e2e/tls/endings.py",
                                              std::to_string(place_.port), place_.certificate(), place_.key()});
  wait_for_port(place_.port);
  attach();
  for (const char* target : {"/told", "/untold", "/failed"}) {
    TlsClient client(place_.port);
    client.send(std::string("GET ") + target + " HTTP/1.0\r\n\r\n");
    // Longer than the server waits for somebody to read.
    if (target == std::string_view("/failed")) std::this_thread::sleep_for(std::chrono::seconds(4));
    (void)client.read_to_end();
  }
  stop_recording(*recorder_);
  const auto rows = stored_in_order();
  ASSERT_EQ(rows.size(), 3U) << recorder_->err();
  EXPECT_TRUE(rows[0].row.complete) << rows[0].row.notes;
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_FALSE(rows[i].row.complete) << rows[i].request;
    EXPECT_EQ(rows[i].row.notes, "response_cut") << rows[i].request;
  }
}

TEST_F(TlsTest, ALibraryWithoutSymbolsIsNamed) {
  server_ = std::make_unique<Process>(unknown_library(place_));
  wait_for_port(place_.port);
  attach();
  {
    TlsClient client(place_.port);
    ask(client, get(100));
  }
  stop_empty_recording(*recorder_);
  EXPECT_TRUE(stored().empty());
  EXPECT_GT(ledger("stored.opaque").bytes, 0U);
  const std::string expected = "1 connection on port " + std::to_string(place_.port) +
                               " speaks TLS, by OpenSSL without symbols, inside of static_tls_server, in pid ";
  EXPECT_NE(recorder_->err().find(expected), std::string::npos) << recorder_->err();
}

TEST_F(TlsTest, Http2IsSaidAndKeptAsWhatItIs) {
  start(kAll[5]);
  attach({"--keep-secrets"});  // without it, nothing that could hold secrets is kept of what cannot be read
  const Outcome curl = run({"curl", "-sSk", "--http2", "-o", "/dev/null", "-w", "%{http_version}", "--data-binary",
                            "{\"size\":100}", "https://" + local() + "/customResponse"});
  ASSERT_EQ(curl.out, "2") << curl.err;
  stop_empty_recording(*recorder_);
  EXPECT_TRUE(stored().empty());
  EXPECT_NE(recorder_->err().find("1 connection spoke HTTP/2"), std::string::npos) << recorder_->err();
  EXPECT_GT(ledger("stored.opaque").bytes, 0U);
  EXPECT_GT(ledger("skipped.ciphertext").bytes, 0U);
}

// GnuTLS repeats a call from a copy of its own. What stands in the process's memory by then need not be what was sent.
TEST_F(TlsTest, BytesThatWereOverwrittenBeforeACallWasRepeatedAreAHole) {
  start({"spoiling_gnutls", corrupting_gnutls});
  attach();
  TlsClient client(place_.port);
  client.send(get(3'000'000));
  const std::string response = client.read_response();
  ASSERT_NE(response.find('!'), std::string::npos) << "no call was repeated: this tests nothing";
  recorder_->signal(SIGINT);
  EXPECT_EQ(recorder_->wait(), 0) << recorder_->err();
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].row.complete);
  EXPECT_GT(ledger("lost.no_buffer").bytes, 0U);
  const auto marks = [](const std::string& text) { return std::count(text.begin(), text.end(), '!'); };
  EXPECT_LE(marks(rows[0].response), marks(response));
}

// The recorded process is the client of a server that is not recorded.
TEST_F(TlsTest, OutgoingCallsAreReadToo) {
  start(kAll[0]);
  recorder_ =
      start_recording({"--outgoing", "--", "curl", "-sSk", "-o", "/dev/null", "https://" + local() + "/bytes/9"});
  EXPECT_EQ(recorder_->wait(), 0);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 1U) << recorder_->err();
  EXPECT_EQ(rows[0].row.target, "/bytes/9");
  EXPECT_EQ(rows[0].response.substr(rows[0].response.size() - 9), "abcdefghi");
  EXPECT_EQ(connection(rows[0].row.connection_id).role, schema::Role::kClient);
  EXPECT_TRUE(connection(rows[0].row.connection_id).tls);
  EXPECT_EQ(ledger("stored.opaque").bytes, 0U) << recorder_->err();
}

TEST_F(TlsTest, DoctorSaysWhichLibraryIsKnown) {
  start(kAll[0]);
  const Outcome known = tracerec({"doctor", "--pid", std::to_string(server_->pid())});
  EXPECT_NE(known.out.find("can be read inside TLS: OpenSSL"), std::string::npos) << known.out;
  server_ = std::make_unique<Process>(Command{"sleep", "60"});
  const Outcome none = tracerec({"doctor", "--pid", std::to_string(server_->pid())});
  EXPECT_NE(none.out.find("no TLS library"), std::string::npos) << none.out;
}

}  // namespace
}  // namespace tracerec::e2e
