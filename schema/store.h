// Where rows go, as an interface: what a recorder or replayer needs to know of a trace file that is being written.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "schema/rows.h"

namespace tracerec::schema {

// One row, or a part of one.
using Command = std::variant<Connection, BodyPart, BodyDiscard, Exchange, Opaque, Response, Substitutions>;

// The ids to use next; connections and exchanges count on from there by one. Valid because one process at a time writes
// a file (it holds a lock on it).
struct NextIds {
  RowId connection = 1;
  RowId exchange = 1;
};

// Takes the rows of a recorder or replayer. BatchWriter writes them into a file; tests put a fake in its place.
class Store {
 public:
  virtual ~Store() = default;

  // Hands `command` over. False: the queue is full (or writing has failed, see error()), the command was not taken, it
  // is untouched, and the caller must try again later or count it as lost. Never blocks. One producer thread.
  [[nodiscard]] virtual bool submit(Command&& command) = 0;

  // Bytes that wait in the queue now. Any thread.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;

  // Why writing has failed (disk full, I/O); empty while all is well. Once there is one, submit returns false. Any
  // thread.
  [[nodiscard]] virtual std::string error() const = 0;
};

}  // namespace tracerec::schema
