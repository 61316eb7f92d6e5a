// Readers of the trace file for the threads of the server.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "schema/reader.h"

namespace tracerec::ui {

// How this works. A reader that stays open keeps a writer from moving its log into the file, and sees the file as it
// was: so each request opens one of its own. But closing any descriptor of a file drops the locks that SQLite holds
// through other ones of this process (fcntl(2)). While an evaluation reads for long, readers are therefore not closed
// but kept for the next request.
class ReaderPool {
 public:
  explicit ReaderPool(schema::TraceSource source) : source_(std::move(source)) {}

  // Gives it back to the pool.
  struct GiveBack {
    ReaderPool* pool;
    void operator()(schema::Reader* reader) const { pool->give_back(std::unique_ptr<schema::Reader>(reader)); }
  };
  using Lease = std::unique_ptr<schema::Reader, GiveBack>;

  // Any thread. Errors as of schema::Reader::open().
  [[nodiscard]] Result<Lease> take();

  // For as long as it lives, no reader is closed. Any thread.
  class Hold {
   public:
    explicit Hold(ReaderPool& pool);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    ReaderPool& pool_;
  };

 private:
  void give_back(std::unique_ptr<schema::Reader> reader);

  schema::TraceSource source_;
  std::mutex mutex_;
  std::size_t holds_ = 0;
  std::vector<std::unique_ptr<schema::Reader>> idle_;  // as many as threads at most
};

}  // namespace tracerec::ui
