// Values of a message stand where they are said to: one of a request that is written into its own place is found there
// again, and so is another one. (Values of responses are only read.) Entities give back what was written.
// Input: what it is (q a request, r a response), a head, a zero byte, the content.
#include <algorithm>
#include <string>
#include <vector>

#include "body/entities.h"
#include "body/json_document.h"
#include "fuzz.h"
#include "replay/values.h"

namespace tracerec::fuzz {
namespace {

constexpr std::string_view kOther = "Zz9xQ7w3Kp5d";

struct Place {
  std::string location, text;
  replay::Coding coding;
  bool in_head = true;
  std::size_t begin = 0, end = 0;
};

class Places final : public replay::ValueSink {
 public:
  Places(std::string_view head, std::string_view content) : head_(head), content_(content) {}

  void on_value(const replay::Value& value) override {
    const std::size_t size = value.in_head ? head_.size() : content_.size();
    FUZZ_CHECK(value.begin <= value.end && value.end <= size);
    all.push_back({value.location(), std::string(value.text), value.coding, value.in_head, value.begin, value.end});
    FUZZ_CHECK(!all.back().location.empty());
  }

  std::vector<Place> all;

 private:
  std::string_view head_, content_;
};

std::vector<Place> places_of(bool is_request, std::string_view head, std::string_view content) {
  Places places(head, content);
  is_request ? replay::for_each_request_value(head, content, places)
             : replay::for_each_response_value(head, content, places);
  return places.all;
}

struct Texts {
  std::string head, content;
};

Texts with(const Place& place, std::string_view text, std::string_view head, std::string_view content) {
  replay::Replacement replacement{place.in_head, place.begin, place.end, {}};
  replay::append_encoded(replacement.bytes, text, place.coding);
  return {replay::spliced(head, {replacement}, true), replay::spliced(content, {replacement}, false)};
}

bool has(const std::vector<Place>& places, const std::string& location, std::string_view text) {
  return std::any_of(places.begin(), places.end(),
                     [&](const Place& one) { return one.location == location && one.text == text; });
}

void check_place(const Place& place, std::string_view head, std::string_view content) {
  if (place.begin == place.end) return;  // it cannot be replaced
  for (const std::string_view text : {std::string_view(place.text), kOther}) {
    const Texts changed = with(place, text, head, content);
    FUZZ_CHECK(has(places_of(true, changed.head, changed.content), place.location, text));
  }
}

// What was written with entities is read back as it was, by every set of rules.
void check_entities(std::string_view text) {
  std::string written;
  body::append_with_entities(written, text);
  FUZZ_CHECK(written.find_first_of("<>\"'") == std::string::npos);
  for (const auto rules : {body::EntityRules::kXml, body::EntityRules::kHtml, body::EntityRules::kHtmlAttribute}) {
    std::string read;
    body::append_without_entities(read, written, rules);
    FUZZ_CHECK(read == text);
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1))
      FUZZ_CHECK(body::read_entity(text, at, rules).length <= text.size() - at);
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty() || (input[0] != 'q' && input[0] != 'r')) return;
  const bool is_request = input[0] == 'q';
  std::string_view content = input.substr(1);
  const std::string_view head = take_until(content, '\0');
  const std::vector<Place> places = places_of(is_request, head, content);
  constexpr std::size_t kMostPlaces = 20;
  for (std::size_t i = 0; is_request && i < std::min(places.size(), kMostPlaces); ++i)
    check_place(places[i], head, content);
  check_entities(content);
}

}  // namespace tracerec::fuzz
