// name=value pairs: the query fields of URLs and the bodies of forms.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// The fields called `names` in whatever follows a `?`, `&`, `;` or `#` of `text`, which is a URL or holds some.
void redact_url_fields(Bytes text, const std::vector<std::string>& names, Replacer& replacer);

// The same for a body of application/x-www-form-urlencoded.
void redact_form(Bytes form, const std::vector<std::string>& names, Replacer& replacer);

// `name` (unescaped) is one of `names`, any case.
[[nodiscard]] bool is_named(const std::vector<std::string>& names, std::string_view name);

}  // namespace tracerec::redact
