// The viewer's HTTP server: the pages, and the API that they use. docs/viewer.md describes both.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "ui/access.h"
#include "ui/app.h"

namespace tracerec::ui {

struct ServerOptions {
  Listen listen;
  std::string token;  // needed for everything under /api
  AppOptions app;
};

// Bound by open(); serves once and until it is told to stop.
class Server {
 public:
  // Errors: the port is taken, or the address is none of this machine; the line says what to do.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(const ServerOptions& options);
  ~Server();

  // Where it listens; the port is the real one.
  [[nodiscard]] const Listen& listen() const;

  // Serves until `stop` is set; then ends within some seconds, with what runs for pages given up. Any thread, once.
  void serve(const std::atomic<bool>& stop);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracerec::ui
