// The part of a shape that knows where in a text its values vary.
#include <algorithm>

#include "base/text.h"
#include "diff/shape.h"

namespace tracerec::diff {
namespace {

// How many parts are known that vary, and how much of the texts must have stayed the same.
constexpr std::size_t kMaxSpanContexts = 256;
constexpr std::uint64_t kEnoughConstantBytes = 32;
constexpr std::size_t kMaxShownSpan = 60;

}  // namespace

// Texts that have little in common vary as a whole.
void Shape::learn_spans(std::string_view a, std::string_view b) {
  if (spans_off_ || a == b) return;
  const auto changes = format_ == TextFormat::kFree ? compare_spans(a, b) : std::nullopt;
  if (!changes || 2 * changes->common_words < changes->words) return give_up_spans();
  constant_bytes_ += changes->common_bytes;
  for (const SpanChange& span : changes->spans) {
    learn_span(span.context, span);
    if (span.column != 0) learn_span(span.column, span);
  }
  if (span_contexts_.size() > kMaxSpanContexts) give_up_spans();
}

void Shape::learn_span(std::uint64_t context, const SpanChange& span) {
  const auto at = std::find(span_contexts_.begin(), span_contexts_.end(), context);
  const auto index = static_cast<std::size_t>(at - span_contexts_.begin());
  if (at == span_contexts_.end()) {
    if (span_contexts_.size() > kMaxSpanContexts) return;
    span_contexts_.push_back(context);
    span_shapes_.emplace_back().spans_off_ = true;
  }
  const auto text = [](std::string_view value) { return body::Value{body::ValueType::kString, value, value}; };
  span_shapes_[index].learn(text(span.recorded), text(span.replayed));
}

void Shape::give_up_spans() {
  spans_off_ = true;
  span_contexts_ = {};
  span_shapes_ = {};
}

bool Shape::knows_spans() const {
  return !spans_off_ && !span_contexts_.empty() && constant_bytes_ >= kEnoughConstantBytes;
}

const Shape* Shape::span_shape(const SpanChange& span) const {
  for (const std::uint64_t context : {span.context, span.column}) {
    const auto at = std::find(span_contexts_.begin(), span_contexts_.end(), context);
    if (at != span_contexts_.end()) return &span_shapes_[static_cast<std::size_t>(at - span_contexts_.begin())];
  }
  return nullptr;
}

std::optional<std::string> Shape::span_violation(std::string_view recorded, std::string_view replayed) const {
  if (!knows_spans() || recorded == replayed) return std::nullopt;
  const auto changes = compare_spans(recorded, replayed);
  if (!changes) return std::nullopt;
  for (const SpanChange& span : changes->spans) {
    const Shape* shape = span_shape(span);
    const std::string text = "'" + printable(span.replayed, kMaxShownSpan) + "'";
    if (shape == nullptr) return "differs outside of what varies in it: " + text;
    if (const auto why = shape->string_violation(span.recorded, span.replayed))
      return "differs where it varies: " + text + " " + *why;
  }
  return std::nullopt;
}

}  // namespace tracerec::diff
