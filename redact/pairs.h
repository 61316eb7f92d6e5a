// name=value pairs: the query fields of URLs and the bodies of forms.
#pragma once

#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// Of a field with this name. A count of tokens is none.
[[nodiscard]] bool is_replaced(http::Secrecy secrecy, std::string_view value);

// The query fields that rules name in whatever follows a `?`, `&`, `;` or `#` of `text`, which is a URL or holds some.
// A field that holds JSON (`variables` of GraphQL over GET) is searched by the rules for JSON.
void redact_url_fields(Bytes text, const RedactionRules& rules, Replacer& replacer);

// The same for a body of application/x-www-form-urlencoded.
void redact_form(Bytes form, const RedactionRules& rules, Replacer& replacer);

}  // namespace tracerec::redact
