#include "matrix_servers.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::unique_ptr<Process> start_node(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"node", servers_folder() + "app.mjs"});
  return start_server(arguments);
}

Started gin_with(std::vector<std::string> environment) {
  const int port = free_port();
  environment.push_back("PORT=" + std::to_string(port));
  return {port, start_server({MATRIX_GIN_BINARY}, environment)};
}

Started gin(const std::string&) {
  return gin_with({});
}

Started gin_tls(const std::string& folder) {
  return gin_with({"TLS_CERT=" + certificate_in(folder), "TLS_KEY=" + key_in(folder)});
}

Started node(const std::string&) {
  const int port = free_port();
  return {port, start_node({std::to_string(port)})};
}

Started node_tls(const std::string& folder) {
  const int port = free_port();
  return {port, start_node({std::to_string(port), certificate_in(folder), key_in(folder)})};
}

Started gunicorn_with(const std::vector<std::string>& more) {
  const int port = free_port();
  std::vector<std::string> command = {
      "gunicorn",  "--chdir", servers_folder(), "-b", "127.0.0.1:" + std::to_string(port), "-w", "2", "-k", "gthread",
      "--threads", "2",       "--keep-alive",   "60"};
  command.insert(command.end(), more.begin(), more.end());
  command.emplace_back("app_wsgi:app");
  return {port, start_server(command)};
}

Started gunicorn(const std::string&) {
  return gunicorn_with({});
}

Started gunicorn_tls(const std::string& folder) {
  return gunicorn_with({"--certfile", certificate_in(folder), "--keyfile", key_in(folder)});
}

Started uvicorn_with(const std::vector<std::string>& more) {
  const int port = free_port();
  std::vector<std::string> command = {
      "uvicorn", "--app-dir", servers_folder(), "--port", std::to_string(port), "--timeout-keep-alive", "60"};
  command.insert(command.end(), more.begin(), more.end());
  command.emplace_back("app_asgi:app");
  return {port, start_server(command)};
}

Started uvicorn(const std::string&) {
  return uvicorn_with({});
}

Started uvicorn_tls(const std::string& folder) {
  return uvicorn_with({"--ssl-certfile", certificate_in(folder), "--ssl-keyfile", key_in(folder)});
}

Started java(const std::string&) {
  const int port = free_port();
  return {port, start_server({"java", "-Xmx256m", servers_folder() + "App.java", std::to_string(port)})};
}

Started nginx(const std::string& folder, const std::string& locations, const std::string& listen = {}) {
  const int port = free_port();
  const std::string conf = write_configuration(
      folder, "nginx.conf",
      {{"FOLDER", folder}, {"PORT", std::to_string(port) + listen}, {"WORKERS", "2"}, {"LOCATIONS", locations}});
  return {port, start_server({"nginx", "-p", folder, "-c", conf, "-g", "daemon off; user root;"})};
}

Started nginx_files(const std::string& folder) {
  write_files(folder);
  return nginx(folder, "");
}

Started nginx_tls(const std::string& folder) {
  write_files(folder);
  return nginx(folder, "ssl_certificate " + certificate_in(folder) + "; ssl_certificate_key " + key_in(folder) + ";",
               " ssl");
}

Started nginx_proxy(const std::string& folder) {
  Origin origin = start_origin();
  Started started =
      nginx(folder, "location / { proxy_pass http://127.0.0.1:" + std::to_string(origin.port) +
                        "; proxy_http_version 1.1; proxy_set_header Connection \"\"; client_max_body_size 20m; }");
  started.origin = std::move(origin.process);
  return started;
}

constexpr const char* kFilesOnly = "it sends files and takes no uploads";
constexpr const char* kOneByOne = "it does not respond to pipelined requests";

}  // namespace

std::string servers_folder() {
  return TRACEREC_SOURCE_DIR "/tests/e2e/servers/";
}

std::string key_in(const std::string& folder) {
  return folder + "/key.pem";
}
std::string certificate_in(const std::string& folder) {
  return folder + "/certificate.pem";
}

std::unique_ptr<Process> start_server(const std::vector<std::string>& command, std::vector<std::string> environment) {
  Process::Options options;
  options.environment = std::move(environment);
  options.group = true;
  return std::make_unique<Process>(command, options);
}

Origin start_origin() {
  const int port = free_port();
  Origin origin{port, start_node({std::to_string(port)})};
  wait_for_port(port);
  return origin;
}

void write_files(const std::string& folder) {
  const auto hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const auto& [name, count] : std::vector<std::pair<std::string, std::size_t>>{
           {"bytes/100", 100}, {"bytes/10000000", kLarge}, {"chunked/100000", 100'000}, {"cached", 6}}) {
    const fs::path path = fs::path(folder) / "files" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << letters(count);
    fs::last_write_time(path, hour_ago);
  }
}

std::string write_configuration(const std::string& folder, const std::string& name,
                                const std::vector<std::pair<std::string, std::string>>& values) {
  std::ifstream file(servers_folder() + name + ".in");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const auto& [key, value] : values) replace_all(text, "@" + key + "@", value);
  std::ofstream(folder + "/" + name) << text;
  return folder + "/" + name;
}

void PrintTo(const Server& server, std::ostream* out) {  // NOLINT(readability-identifier-naming): GoogleTest's name
  *out << server.name;
}

std::vector<Server> application_servers() {
  return {{.name = "gin", .start = gin},
          {.name = "node", .start = node},
          {.name = "gunicorn", .start = gunicorn, .no_pipelining = kOneByOne},
          {.name = "uvicorn", .start = uvicorn},
          {.name = "java", .start = java},
          {.name = "nginx_files", .start = nginx_files, .no_upload = kFilesOnly},
          {.name = "nginx_proxy", .start = nginx_proxy, .sends_unnamed = true},
          {.name = "gin_tls", .start = gin_tls, .tls = true, .waits_inside = true},
          {.name = "node_tls", .start = node_tls, .tls = true},
          {.name = "gunicorn_tls", .start = gunicorn_tls, .no_pipelining = kOneByOne, .tls = true},
          {.name = "uvicorn_tls", .start = uvicorn_tls, .tls = true},
          {.name = "nginx_tls", .start = nginx_tls, .no_upload = kFilesOnly, .tls = true}};
}

}  // namespace tracerec::e2e
