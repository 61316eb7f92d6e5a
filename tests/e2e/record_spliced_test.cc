// What passes by every buffer of the process: each byte is counted once, and it is said which way it went.
#include <signal.h>

#include "harness.h"

namespace tracerec::e2e {
namespace {

// Reads each request through a pipe. "GET /N" is answered by N bytes. Listens at a Unix socket too where it is told to:
// then calls are hooked from the start.
constexpr const char* kSplicing = R"(
import os, socket, sys, threading
def answer(peer):
    reader, writer = os.pipe()
    while True:
        got = os.splice(peer.fileno(), writer, 65536)
        if got == 0: return peer.close()
        size = int(os.read(reader, got).split()[1][1:])
        peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % size + bytes(size))
server = socket.create_server(('127.0.0.1', int(sys.argv[1])))
if len(sys.argv) > 2:
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(sys.argv[2])
    unix.listen(1)
while True:
    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
)";

// Sends a megabyte of a file without content, which is in no page of a file.
constexpr const char* kSparse = R"(
import os, socket, sys
unix = socket.socket(socket.AF_UNIX)
unix.bind(sys.argv[2])
unix.listen(1)
sparse = os.memfd_create('sparse')
os.ftruncate(sparse, 1 << 20)
server = socket.create_server(('127.0.0.1', int(sys.argv[1])))
while True:
    peer, _ = server.accept()
    while peer.recv(65536):
        peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n')
        sent = 0
        while sent < 1 << 20: sent += os.sendfile(peer.fileno(), sparse, sent, (1 << 20) - sent)
)";

class RecordSpliced : public KernelTest {
 protected:
  void serve(const char* script, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"python3", "-c", script, std::to_string(port_)};
    words.insert(words.end(), more.begin(), more.end());
    server_ = std::make_unique<Process>(words);
    wait_for_port(port_);
  }
  [[nodiscard]] std::unique_ptr<Process> start() { return start_recording({"--pid", std::to_string(server_->pid())}); }

  // The bytes that the server has moved.
  std::uint64_t talk(RawClient& client, const std::string& request) {
    client.send(request);
    const std::string response = client.read_response();
    EXPECT_FALSE(response.empty());
    return request.size() + response.size();
  }

  [[nodiscard]] std::uint64_t counted() const {
    std::uint64_t sum = 0;
    for (const char* key : {"stored.exchange", "stored.opaque", "skipped.unsynced", "lost.splice", "lost.no_buffer",
                            "lost.file", "unseen.position"})
      sum += ledger(key).bytes;
    return sum;
  }

  const int port_ = free_port();
  std::unique_ptr<Process> server_;
};

// "carried no request", was said, and a part of the bytes was in no count.
TEST_F(RecordSpliced, RequestsThatAreReadBySpliceAreSaidAndCounted) {
  for (const bool hooked : {false, true}) {
    SCOPED_TRACE(hooked);
    server_.reset();
    serve(kSplicing, hooked ? std::vector<std::string>{folder() + "/socket"} : std::vector<std::string>{});
    const auto recorder = start();
    std::uint64_t moved = 0;
    for (int i = 0; i < 2; ++i) {
      RawClient client(port_);
      moved += talk(client, "GET /10 HTTP/1.1\r\nHost: a\r\n\r\n");
      usleep(300'000);  // by then calls are hooked
      moved += talk(client, "GET /20 HTTP/1.1\r\nHost: abc\r\n\r\n");
    }
    recorder->signal(SIGINT);
    EXPECT_EQ(recorder->wait(), 2) << recorder->err();
    EXPECT_NE(recorder->err().find("2 connections carried requests that were not seen being read"), std::string::npos)
        << recorder->err();
    EXPECT_EQ(recorder->err().find("carried no request"), std::string::npos) << recorder->err();
    EXPECT_EQ(counted(), moved) << recorder->err();
  }
}

// A file's pages were counted piece by piece, and then again at the end of the call.
TEST_F(RecordSpliced, AFileWithoutPagesIsCountedOnce) {
  serve(kSparse, {folder() + "/socket"});
  const auto recorder = start();
  RawClient client(port_);
  std::uint64_t moved = 0;
  for (int i = 0; i < 3; ++i) moved += talk(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_EQ(ledger("seen").bytes, moved) << recorder->err();
}

}  // namespace
}  // namespace tracerec::e2e
