// The order of elements in XML and HTML, told as a difference of its own.
#pragma once

#include "diff/difference.h"

namespace tracerec::diff {

// Stands between a comparison of two trees that have "#order" (body/markup.h) and the sink: a changed order becomes a
// difference of kind `order` at the element that holds the children. Children that came or went are differences
// already: the order of those that both have in the same number is looked at. Borrows the sink.
class MarkupOrderSink final : public DifferenceSink {
 public:
  explicit MarkupOrderSink(DifferenceSink& sink) : sink_(sink) {}
  void on_difference(const Difference& difference) override;
  void on_not_compared(NotCompared reason) override { sink_.on_not_compared(reason); }

 private:
  DifferenceSink& sink_;
};

}  // namespace tracerec::diff
