#include "ui/stored_message.h"

#include <utility>

namespace tracerec::ui {

NamedExchange find_exchange(schema::Reader& reader, const Query& query) {
  NamedExchange named;
  const auto run_id = query.row("run");
  auto exchange = reader.exchange(query.id);
  if (!run_id) {
    named.reply = bad_request(run_id.error().message);
  } else if (!exchange) {
    named.reply = unreadable(exchange.error());
  } else if (!*exchange) {
    named.reply = not_found("there is no exchange " + std::to_string(query.id));
  }
  if (!run_id || !exchange || !*exchange) return named;
  if (*run_id != 0) {
    auto run = reader.run(*run_id);
    if (!run) {
      named.reply = unreadable(run.error());
      return named;
    }
    if (!*run || (*run)->recording_id != (*exchange)->recording_id) {
      named.reply = not_found("there is no run " + std::to_string(*run_id) + " of its recording");
      return named;
    }
    named.run = std::move(**run);
  }
  named.exchange = std::move(**exchange);
  return named;
}

Result<std::optional<StoredMessage>> find_message(schema::Reader& reader, const NamedExchange& named,
                                                  const std::string& side) {
  const schema::StoredExchange& exchange = *named.exchange;
  if (side == "request") return std::optional(StoredMessage{exchange.request_head, exchange.request_body, true});
  if (side == "recorded") {
    if (exchange.response_head.empty()) return std::optional<StoredMessage>();
    return std::optional(StoredMessage{exchange.response_head, exchange.response_body, false});
  }
  if (side != "new") return Error{"side is request, recorded or new"};
  if (!named.run) return Error{"side=new needs run"};
  auto response = reader.response(named.run->id, exchange.id);
  if (!response) return response.error();
  if (!*response || (*response)->response_head.empty()) return std::optional<StoredMessage>();
  return std::optional(StoredMessage{(*response)->response_head, (*response)->response_body, false});
}

}  // namespace tracerec::ui
