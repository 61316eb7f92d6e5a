// Names of two XML documents by their namespaces instead of their prefixes.
#pragma once

#include "body/markup_tree.h"

namespace tracerec::body {

// Gives each namespace that both documents know the prefix that the first one declares for it, and takes out its
// declarations (Namespaces in XML 1.0 §6). What only one of them knows keeps its declaration: it is a difference. A
// name outside of these namespaces that would look like one inside becomes "{URI}name". The type in an xsi:type is a
// name too. False, and nothing has changed, when both declare the same prefixes for the same namespaces.
[[nodiscard]] bool unify_namespaces(MarkupElement& first, MarkupElement& second);

}  // namespace tracerec::body
