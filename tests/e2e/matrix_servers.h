// The servers of the matrix (record_servers_test.cc): how each is started, and what it does not do.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness.h"

namespace tracerec::e2e {

// The length of "/bytes/10000000".
inline constexpr std::size_t kLarge = 10'000'000;

// A running server, and what has to go on beside it.
struct Started {
  int port = 0;
  std::unique_ptr<Process> recorded;
  std::unique_ptr<Process> origin = nullptr;  // of a proxy
};

// Each null reason says that the server does it; else why it does not, for the cells that are left out.
struct Server {
  const char* name;
  Started (*start)(const std::string& folder);  // with its files in `folder`; it may not listen yet
  const char* no_upload = nullptr;              // POST with a body
  const char* no_continue = nullptr;            // 100 Continue
  const char* no_chunked_upload = nullptr;      // a body whose length is not said before
  const char* no_revalidation = nullptr;        // 304
  const char* no_pipelining = nullptr;          // responds to requests that came before the response to the last one
  bool closes = false;                          // the connection, after each response
  bool chunks = true;                           // always, when it does not know the length of a body
  bool tls = false;
  bool waits_inside = false;   // inside its TLS library, for the next request, which was begun before it is recorded
  bool sends_unnamed = false;  // large bodies, from files without a name
  bool splices = false;        // bodies, from socket to socket: they are in no buffer of the process
};

void PrintTo(const Server& server, std::ostream* out);  // NOLINT(readability-identifier-naming): GoogleTest's name

// Those that run an application or a framework, and nginx.
[[nodiscard]] std::vector<Server> application_servers();

// Further ones of distributions: web servers, proxies and application servers.
[[nodiscard]] std::vector<Server> packaged_servers();

// ---- what starting them needs

// The folder of their programs and configurations, with a slash at its end.
[[nodiscard]] std::string servers_folder();

[[nodiscard]] std::string key_in(const std::string& folder);
[[nodiscard]] std::string certificate_in(const std::string& folder);

// A process whose children end with it.
[[nodiscard]] std::unique_ptr<Process> start_server(const std::vector<std::string>& command,
                                                    std::vector<std::string> environment = {});

// app.mjs, which listens when this returns. For what stands in front of it.
struct Origin {
  int port;
  std::unique_ptr<Process> process;
};
[[nodiscard]] Origin start_origin();

// The files that servers of files send, below `folder`/files.
void write_files(const std::string& folder);

// Writes the configuration `name`.in of servers_folder() as `folder`/`name`, each @KEY@ replaced by its value. Returns
// its path.
std::string write_configuration(const std::string& folder, const std::string& name,
                                const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace tracerec::e2e
