// Exact names first, then families: by how a name begins, or ends. Seen in the headers of public HAR files, of the
// networks Akamai, Azure, CloudFront, Cloudflare, Fastly, Fly and Vercel, and of Rails, Envoy, Kong and Varnish.
#include "diff/header_names.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace tracerec::diff {
namespace {

struct Known {
  std::string_view name;
  Treatment treatment;
};

// Sorted by name.
constexpr std::array kKnown = {
    Known{"access-control-allow-headers", Treatment::kAnyCaseList},
    Known{"access-control-allow-methods", Treatment::kList},
    Known{"access-control-expose-headers", Treatment::kAnyCaseList},
    Known{"age", Treatment::kVolatile},
    Known{"allow", Treatment::kList},
    Known{"b3", Treatment::kVolatile},
    Known{"cache-control", Treatment::kList},
    Known{"cache-status", Treatment::kVolatile},  // RFC 9211
    Known{"connection", Treatment::kVolatile},
    Known{"content-length", Treatment::kFraming},
    Known{"content-type", Treatment::kContentType},
    Known{"date", Treatment::kDate},
    Known{"etag", Treatment::kEtag},
    Known{"expires", Treatment::kDate},
    Known{"keep-alive", Treatment::kVolatile},
    Known{"last-modified", Treatment::kDate},
    Known{"proxy-status", Treatment::kVolatile},         // RFC 9209
    Known{"report-to", Treatment::kVolatile},            // Cloudflare's has a token in its URL
    Known{"reporting-endpoints", Treatment::kVolatile},  // the same
    Known{"retry-after", Treatment::kVolatile},          // seconds that are left, or a moment
    Known{"sec-websocket-accept", Treatment::kVolatile},
    Known{"server-timing", Treatment::kVolatile},
    Known{"set-cookie", Treatment::kCookie},
    Known{"transfer-encoding", Treatment::kFraming},
    Known{"vary", Treatment::kAnyCaseList},
    Known{"via", Treatment::kVolatile},
    Known{"x-amz-id-2", Treatment::kVolatile},
    Known{"x-amz-version-id", Treatment::kVolatile},
    Known{"x-backend-server", Treatment::kVolatile},
    Known{"x-cloud-trace-context", Treatment::kVolatile},
    Known{"x-connection-hash", Treatment::kVolatile},
    Known{"x-envoy-upstream-service-time", Treatment::kVolatile},
    Known{"x-fb-debug", Treatment::kVolatile},
    Known{"x-guploader-uploadid", Treatment::kVolatile},
    Known{"x-hostname", Treatment::kVolatile},
    Known{"x-pod-name", Treatment::kVolatile},
    Known{"x-response-time", Treatment::kVolatile},
    Known{"x-runtime", Treatment::kVolatile},
    Known{"x-served-by", Treatment::kVolatile},
    Known{"x-timer", Treatment::kVolatile},
    Known{"x-trace", Treatment::kVolatile},
    Known{"x-trans-id", Treatment::kVolatile},
    Known{"x-varnish", Treatment::kVolatile},
};
static_assert(std::is_sorted(kKnown.begin(), kKnown.end(),
                             [](const Known& a, const Known& b) { return a.name < b.name; }));

// Volatile, by how they begin.
constexpr std::array kBeginnings = std::to_array<std::string_view>(
    {"akamai-",     "cf-",        "fastly-",    "fly-",           "ot-tracer-",   "traceparent",   "tracestate",
     "uber-trace-", "x-akamai-",  "x-amz-cf-",  "x-amzn-request", "x-amzn-trace", "x-azure-ref",   "x-b3-",
     "x-cache",     "x-datadog-", "x-fastly-",  "x-kong-",        "x-msedge-",    "x-nginx-cache", "x-proxy-cache",
     "x-quota-",    "x-runtime-", "x-varnish-", "x-vercel-"});

// By how they end: "x-github-request-id", "x-ms-correlation-request-id", "openai-processing-ms".
constexpr std::array kEndings = std::to_array<std::string_view>(
    {"-cache", "-cache-status", "-correlation-id", "-correlationid", "-processing-ms", "-request-id", "-request-time",
     "-request-uuid", "-requestid", "-response-time", "-span-id", "-spanid", "-trace-id", "-traceid", "-traceparent"});

// By what they have in them: "x-ms-ratelimit-remaining-subscription-reads", "ratelimit-policy", "x-rate-limit-reset".
constexpr std::array kParts = std::to_array<std::string_view>({"ratelimit", "rate-limit"});

bool is_of_volatile_family(std::string_view name) {
  const auto begins = [&](std::string_view beginning) { return name.starts_with(beginning); };
  const auto ends = [&](std::string_view ending) {
    return name.ends_with(ending) || name == ending.substr(1);  // "request-id" itself
  };
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), begins) ||
         std::any_of(kEndings.begin(), kEndings.end(), ends) || std::any_of(kParts.begin(), kParts.end(), has);
}

}  // namespace

Treatment treatment_of(std::string_view name) {
  const std::string lower = to_lower(name);
  const auto* const at =
      std::lower_bound(kKnown.begin(), kKnown.end(), lower,
                       [](const Known& known, const std::string& wanted) { return known.name < wanted; });
  if (at != kKnown.end() && at->name == lower) return at->treatment;
  return is_of_volatile_family(lower) ? Treatment::kVolatile : Treatment::kNormal;
}

}  // namespace tracerec::diff
