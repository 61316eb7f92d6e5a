// What a request calls, where one URL serves many operations.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace tracerec::gate {

struct Operation {
  std::string name;    // "Products"; empty: the URL says what is called. At most kMaxOperationBytes of A-Za-z0-9_.:-{},
  bool reads = false;  // known to change nothing: a query of GraphQL
  bool writes = false;  // known to change something: a mutation of GraphQL
};
constexpr std::size_t kMaxOperationBytes = 64;

// The operation that a request names in its body or headers:
// - GraphQL over HTTP (POST of JSON, GET): operationName, else the name in the document, else its first field in braces
// - JSON-RPC 2.0: the method; of a batch, all different ones
// - SOAP: the action of SOAPAction (SOAP 1.1 §6.1.1) or of the Content-Type (RFC 3902); AWS: X-Amz-Target
// `content` is decoded; nothing is looked for in more than kMaxOperationContent bytes of it. Pure.
[[nodiscard]] Operation operation_of(std::string_view method, std::string_view target, const http::HeaderList& headers,
                                     std::string_view content);
constexpr std::size_t kMaxOperationContent = std::size_t{1} << 20;

}  // namespace tracerec::gate
