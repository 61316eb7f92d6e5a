// Servers and proxies of distributions, configured as little as possible beyond their defaults: what they do with
// sockets is what the recorder meets in production.
#include <filesystem>

#include "matrix_servers.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

std::string at(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

// Some give up root, and what they send is in the test's folder.
void let_everybody_read(const std::string& folder) {
  fs::permissions(folder, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                              fs::perms::others_read | fs::perms::others_exec);
}

Started apache(const std::string& folder, const std::string& mpm, const std::string& more) {
  const int port = free_port();
  write_files(folder);
  let_everybody_read(folder);
  const std::string conf = write_configuration(
      folder, "apache.conf", {{"FOLDER", folder}, {"PORT", std::to_string(port)}, {"MPM", mpm}, {"MORE", more}});
  return {port, start_server({"apache2", "-d", folder, "-f", conf, "-DFOREGROUND"})};
}

// Debian's Apache maps files into memory; with sendfile as well, which it has for servers that ask for it.
Started apache_event(const std::string& folder) {
  return apache(folder, "event",
                "<Location /chunked/>\nSetOutputFilter DEFLATE\n</Location>\n"
                "<Location /bytes/10000000>\nEnableSendfile On\n</Location>");
}

Started apache_prefork_php(const std::string& folder) {
  fs::copy_file(servers_folder() + "app.php", folder + "/app.php");
  const std::string script = folder + "/app.php";
  return apache(folder, "prefork",
                "LoadModule php_module /usr/lib/apache2/modules/libphp8.2.so\n"
                "AliasMatch ^/(bytes|chunked|cached|upload) " +
                    script +
                    "\n"
                    "<Files app.php>\nSetHandler application/x-httpd-php\n</Files>");
}

Started apache_proxy(const std::string& folder) {
  Origin origin = start_origin();
  Started started = apache(folder, "event", "ProxyPass / http://" + at(origin.port) + "/");
  started.origin = std::move(origin.process);
  return started;
}

Started lighttpd(const std::string& folder) {
  const int port = free_port();
  write_files(folder);
  const std::string conf = write_configuration(
      folder, "lighttpd.conf", {{"FOLDER", folder}, {"PORT", std::to_string(port)}, {"SERVERS", servers_folder()}});
  return {port, start_server({"lighttpd", "-D", "-f", conf})};
}

Started haproxy_with(const std::string& folder, const std::string& more) {
  const int port = free_port();
  Origin origin = start_origin();
  const std::string conf =
      write_configuration(folder, "haproxy.cfg",
                          {{"PORT", std::to_string(port)}, {"BACKEND", std::to_string(origin.port)}, {"MORE", more}});
  return {port, start_server({"haproxy", "-f", conf}), std::move(origin.process)};
}

Started haproxy(const std::string& folder) {
  return haproxy_with(folder, "");
}

Started haproxy_splice(const std::string& folder) {
  return haproxy_with(folder, "option splice-request\n  option splice-response");
}

Started varnish(const std::string& folder) {
  const int port = free_port();
  Origin origin = start_origin();
  return {port,
          start_server({"varnishd", "-F", "-a", at(port), "-b", at(origin.port), "-n", folder + "/varnish", "-s",
                        "malloc,64m", "-j", "none"}),
          std::move(origin.process)};
}

Started squid(const std::string& folder) {
  const int port = free_port();
  Origin origin = start_origin();
  let_everybody_read(folder);
  const std::string conf = write_configuration(
      folder, "squid.conf",
      {{"FOLDER", folder}, {"PORT", std::to_string(port)}, {"BACKEND", std::to_string(origin.port)}});
  return {port, start_server({"squid", "-N", "-f", conf}), std::move(origin.process)};
}

// Two workers with two threads each.
Started puma(const std::string&) {
  const int port = free_port();
  return {port,
          start_server({"puma", "-b", "tcp://" + at(port), "-w", "2", "-t", "2:2", servers_folder() + "config.ru"})};
}

// Its workers behind a router of its own, which they speak uwsgi with.
Started uwsgi_router(const std::string&) {
  const int port = free_port();
  return {port, start_server({"uwsgi", "--plugin", "python3,http", "--http", at(port), "--http-keepalive=60",
                              "--http-auto-chunked", "--chdir", servers_folder(), "--module", "app_wsgi:app"})};
}

Started uwsgi_socket(const std::string&) {
  const int port = free_port();
  return {port, start_server({"uwsgi", "--plugin", "python3", "--http-socket", at(port), "--master", "--processes", "2",
                              "--chdir", servers_folder(), "--module", "app_wsgi:app"})};
}

Started php(const std::string&) {
  const int port = free_port();
  return {port, start_server({"php", "-S", at(port), servers_folder() + "app.php"})};
}

constexpr const char* kFilesOnly = "it sends files and takes no uploads";
constexpr const char* kNoContinue = "it never says 100 Continue";
constexpr const char* kOneByOne = "it does not respond to pipelined requests";
constexpr const char* kClosesEach = "it closes the connection after each response";
constexpr const char* kNeedsLength = "it takes no body whose length is not said before";
constexpr const char* kChunkAfter304 = "it sends a chunk after a 304, which has no body (RFC 9112 section 6.3)";

}  // namespace

std::vector<Server> packaged_servers() {
  return {{.name = "apache_event", .start = apache_event, .no_upload = kFilesOnly, .chunks = false},
          {.name = "apache_prefork_php", .start = apache_prefork_php},
          {.name = "apache_proxy", .start = apache_proxy},
          {.name = "lighttpd", .start = lighttpd},
          {.name = "haproxy", .start = haproxy},
          {.name = "haproxy_splice", .start = haproxy_splice, .splices = true},
          {.name = "varnish", .start = varnish, .chunks = false},
          {.name = "squid", .start = squid},
          {.name = "puma", .start = puma},
          {.name = "uwsgi_router",
           .start = uwsgi_router,
           .no_continue = kNoContinue,
           .no_chunked_upload = kNeedsLength,
           .no_revalidation = kChunkAfter304,
           .no_pipelining = kOneByOne},
          {.name = "uwsgi_socket",
           .start = uwsgi_socket,
           .no_continue = kNoContinue,
           .no_chunked_upload = kNeedsLength,
           .no_pipelining = kClosesEach,
           .closes = true,
           .chunks = false},
          {.name = "php",
           .start = php,
           .no_continue = kNoContinue,
           .no_chunked_upload = kNeedsLength,
           .no_pipelining = kClosesEach,
           .closes = true,
           .chunks = false}};
}

}  // namespace tracerec::e2e
