// Sec-WebSocket-Protocol (RFC 6455 §4.1). Scripts in a browser can set no other header of a WebSocket, and put
// credentials there.
#pragma once

#include "redact/replacer.h"

namespace tracerec::redact {

// In the list `value`, in place: what follows a word for a credential (`bearer, TOKEN`), the end of
// `base64url.bearer.authorization.k8s.io.TOKEN` and the like, JWTs, and long words that are no name of a protocol.
void redact_subprotocols(Bytes value, Replacer& replacer);

}  // namespace tracerec::redact
