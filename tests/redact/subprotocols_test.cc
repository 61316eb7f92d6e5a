#include "redact/subprotocols.h"

#include <gtest/gtest.h>

namespace tracerec::redact {
namespace {

const RedactionKey kKey{1, 2, 3};

std::string redacted(std::string value) {
  Replacer replacer{kKey};
  redact_subprotocols(value, replacer);
  return value;
}

std::string pseudonym(std::string_view secret) {
  return std::string(Pseudonyms(kKey).of(secret));
}

TEST(Subprotocols, ACredentialAmongThemIsReplaced) {
  const std::string secret = "c2VjcmV0VG9rZW4";
  for (const std::string before :
       {"bearer, ", "chat, Bearer ,", "access_token,", "Authorization, ", "auth, ", "graphql-ws, token, ",
        "v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.", "graphql-ws, header-",
        "realtime, openai-insecure-api-key.", "Authorization.Bearer.", "jwt."}) {
    EXPECT_EQ(redacted(before + secret + ", chat"), before + pseudonym(secret) + ", chat") << before;
    EXPECT_EQ(redacted(before + secret), before + pseudonym(secret)) << before;
  }
  for (const std::string alone : {"eyJhbGciOiJIUzI1NiJ9.e30.abc", "5ff1d3d2c6f44ba1b1ab", "A9_x-7Kq2mZp4vB1nC8dE"})
    EXPECT_EQ(redacted("chat, " + alone), "chat, " + pseudonym(alone)) << alone;
}

TEST(Subprotocols, NamesOfProtocolsStay) {
  for (const std::string value :
       {"", ",", "chat, superchat", "graphql-transport-ws", "graphql-ws", "v12.stomp, v11.stomp", "mqtt, mqttv3.1",
        "json.reliable.webpubsub.azure.v1", "ocpp2.0.1", "wamp.2.json", "v5.channel.k8s.io", "bearer",
        "broadband-forum-org-usp", "openai-beta.realtime-v1", "realtime"}) {
    EXPECT_EQ(redacted(value), value);
  }
}

}  // namespace
}  // namespace tracerec::redact
