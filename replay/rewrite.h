// From the recorded request head to the one that is sent. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"
#include "replay/identity.h"
#include "replay/target.h"

namespace tracerec::replay {

// No byte but VCHAR, obs-text, space and tab (RFC 9110 §5.5): nothing that ends the line or that servers read in
// different ways.
[[nodiscard]] bool is_field_value(std::string_view text);

// Reads the value of --set-header: "Name: value". Error: no field name (RFC 9110 §5.1), or control bytes in the value,
// other than a tab (RFC 9110 §5.5).
[[nodiscard]] Result<http::Header> parse_header_option(std::string_view text);

// A field name of --remove-header. Error as above.
[[nodiscard]] Result<std::string> parse_header_name(std::string_view text);

// A path that begins with `from` begins with `to` instead; the first that fits is taken.
struct PathRewrite {
  std::string from;
  std::string to;
};

// "/old=/new". Error: both begin with a slash.
[[nodiscard]] Result<PathRewrite> parse_path_rewrite(std::string_view text);

// What is changed in every request; everything else stays byte for byte: order, case, white space, line ends.
struct Rewrite {
  std::string scheme;                       // "http" or "https": of absolute-form targets (RFC 9112 §3.2.2)
  std::string authority;                    // replaces that of absolute-form targets, and the value of each Host line
  std::vector<http::Header> set_headers;    // the first line of that name gets the value, others go; appended if none
  std::vector<std::string> remove_headers;  // every line of that name, with its folded continuations
  std::vector<PathRewrite> paths;
  std::vector<Identity> identities{};  // the header of each user's requests; above set_headers
  bool keep_host = false;              // Host, and the authority of absolute-form targets, stay as recorded

  // The value of Host that is sent: a server compares it with Origin and Referer to refuse what comes from another site
  // (CSRF). Where those name the recorded host they name this one.
  [[nodiscard]] const std::string& sent_host() const;
};

[[nodiscard]] Rewrite make_rewrite(const Target& target, std::vector<http::Header> set_headers,
                                   std::vector<std::string> remove_headers, std::vector<PathRewrite> paths = {});

// `head` is a stored request head, start line to empty line.
[[nodiscard]] std::string rewrite_head(std::string_view head, const Rewrite& rewrite);

// What a request head says about how it is sent.
struct Handling {
  bool keeps_alive = true;        // its sender keeps the connection open afterwards (RFC 9112 §9.3)
  bool expects_continue = false;  // "Expect: 100-continue" (RFC 9110 §10.1.1)
};
[[nodiscard]] Handling handling_of(std::string_view head);

// A field that says how the message is framed or what becomes of its connection (RFC 9112 §6, §9.6): it follows what is
// sent, and nobody sets it.
[[nodiscard]] bool is_framing(std::string_view header);

// RFC 9110 §9.2.2: may be sent again when the connection broke before a response.
[[nodiscard]] bool is_idempotent(std::string_view method);

}  // namespace tracerec::replay
