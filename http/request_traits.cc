#include "http/request_traits.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace tracerec::http {
namespace {

// Lower case, sorted. Host is not among them, nor is anything that a cache may vary on.
constexpr std::array<std::string_view, 33> kSelectNothing = {
    "b3",
    "baggage",
    "cf-ray",
    "connection",
    "content-length",
    "date",
    "dnt",
    "elastic-apm-traceparent",
    "expect",
    "keep-alive",
    "newrelic",
    "proxy-connection",
    "request-id",
    "sec-gpc",
    "sentry-trace",
    "te",
    "trace-id",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "uber-trace-id",
    "user-agent",
    "via",
    "x-amz-cf-id",
    "x-amzn-trace-id",
    "x-client-trace-id",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-queue-start",
    "x-request-id",
    "x-request-start",
    "x-trace-id",
};
static_assert(std::is_sorted(kSelectNothing.begin(), kSelectNothing.end()));

// User agent hints (Sec-CH-UA-…), metadata of the fetch, and ids of traces come in families.
constexpr std::array<std::string_view, 5> kFamilies = {"sec-ch-ua", "sec-fetch-", "x-b3-", "x-datadog-", "x-ot-span-"};

}  // namespace

bool may_write(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "TRACE";
}

std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  const std::size_t scheme = target.find("://");
  if (!target.starts_with('/') && scheme != std::string_view::npos) {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  while (target.size() > 1 && target.ends_with('/')) target.remove_suffix(1);
  return target;
}

bool may_select_response(std::string_view header) {
  const std::string name = to_lower(header);
  return !std::binary_search(kSelectNothing.begin(), kSelectNothing.end(), std::string_view(name)) &&
         std::none_of(kFamilies.begin(), kFamilies.end(),
                      [&](std::string_view family) { return name.starts_with(family); });
}

}  // namespace tracerec::http
