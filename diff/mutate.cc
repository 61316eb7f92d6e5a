// JSON is changed as text: what stands before and behind the place stays byte for byte as it was recorded.
#include "diff/mutate.h"

#include <array>
#include <utility>
#include <vector>

#include "diff/body.h"
#include "diff/compare.h"
#include "diff/json_document.h"
#include "diff/json_path.h"
#include "diff/spoil.h"
#include "diff/trailers.h"

namespace tracerec::diff {
namespace {

constexpr std::size_t kMaxPlaces = 5000;  // of one answer that are chosen from

// A node, where it is, and its place among its siblings.
struct Place {
  JsonNodeId id = 0;
  JsonNodeId name = 0;  // of a member
  bool is_member = false;
  bool is_only = false;  // its container has no other
  bool is_last = false;
  std::string location;
};

struct Task {
  Place place;
  JsonPath::Mark parent;
  bool is_root = false;
};

std::vector<Place> places_of(const JsonDocument& document) {
  std::vector<Place> places;
  std::vector<Task> tasks{{{}, {}, true}};
  JsonPath path;
  while (!tasks.empty() && places.size() < kMaxPlaces) {
    Task task = std::move(tasks.back());
    tasks.pop_back();
    path.return_to(task.parent);
    if (!task.is_root && task.place.is_member) path.enter_member(document.text(task.place.name));
    if (!task.is_root && !task.place.is_member) path.enter_element(0);
    task.place.location = path.location();
    const JsonNode& node = document.node(task.place.id);
    const bool object = node.type == ValueType::kObject;
    JsonNodeId child = task.place.id + 1;
    for (std::uint32_t i = 0; (object || node.type == ValueType::kArray) && i < node.children; ++i) {
      const JsonNodeId value = object ? child + 1 : child;
      tasks.push_back({{value, child, object, node.children == 1, i + 1 == node.children, {}}, path.mark()});
      child = document.node(value).next;
    }
    places.push_back(std::move(task.place));
  }
  return places;
}

bool is_scalar(ValueType type) {
  return type != ValueType::kArray && type != ValueType::kObject;
}

// The first letter or digit that is no part of an escape becomes its neighbour: the value is another one, and looks the
// same. A mutation that anybody would notice proves little.
std::string other_string(std::string raw) {
  for (std::size_t i = 1; i + 1 < raw.size(); ++i) {
    if (raw[i] == '\\') {
      i += raw[i + 1] == 'u' ? 5 : 1;
    } else if (is_letter_or_digit(raw[i])) {
      raw[i] = neighbour(raw[i]);
      return raw;
    }
  }
  return "\"changed\"";
}

// Another value of the same type and, as far as it goes, of the same shape.
std::string other_value(const JsonDocument& document, JsonNodeId id) {
  std::string raw(document.raw(id));
  switch (document.node(id).type) {
    case ValueType::kBool:
      return raw == "true" ? "false" : "true";
    case ValueType::kInteger:
    case ValueType::kDecimal:
      raw.back() = neighbour(raw.back());
      return raw;
    case ValueType::kString:
      return other_string(std::move(raw));
    default:
      return "\"changed\"";
  }
}

// A string that can lose its last byte and stay a string.
bool can_be_shorter(std::string_view raw) {
  return raw.size() > 2 && raw.front() == '"' && raw.find('\\') == std::string_view::npos &&
         static_cast<unsigned char>(raw[raw.size() - 2]) < 0x80;
}

std::string other_type(ValueType type) {
  return type == ValueType::kString ? "4711" : "\"changed\"";
}

class JsonMutator {
 public:
  JsonMutator(std::string_view text, const JsonDocument& document) : text_(text), document_(document) {}

  [[nodiscard]] bool fits(const Place& place, MutationKind kind) const {
    const JsonNode& node = document_.node(place.id);
    switch (kind) {
      case MutationKind::kDropKey:
        return place.is_member;
      case MutationKind::kChangeType:
        return true;
      case MutationKind::kChangeValue:
        return is_scalar(node.type) && node.type != ValueType::kNull;
      case MutationKind::kChangeLength:
        return (!place.is_member && place.is_last && place.id != 0) || can_be_shorter(document_.raw(place.id));
      case MutationKind::kChangeStatus:
        return false;
    }
    return false;
  }

  [[nodiscard]] std::string apply(const Place& place, MutationKind kind) const {
    const JsonNode& node = document_.node(place.id);
    if (kind == MutationKind::kChangeValue)
      return replaced(node.raw_begin, node.raw_end, other_value(document_, place.id));
    if (kind == MutationKind::kChangeType) return replaced(node.raw_begin, node.raw_end, other_type(node.type));
    if (kind == MutationKind::kChangeLength && can_be_shorter(document_.raw(place.id))) {
      return replaced(node.raw_end - 2, node.raw_end - 1, {});
    }
    return without(place.is_member ? document_.node(place.name).raw_begin : node.raw_begin, node.raw_end, place);
  }

 private:
  [[nodiscard]] std::string replaced(std::size_t begin, std::size_t end, const std::string& by) const {
    return std::string(text_.substr(0, begin)) + by + std::string(text_.substr(end));
  }
  // One comma goes with it: the one behind, or in front of the last.
  [[nodiscard]] std::string without(std::size_t begin, std::size_t end, const Place& place) const {
    if (!place.is_only && place.is_last) begin = text_.rfind(',', begin);
    if (!place.is_only && !place.is_last) end = text_.find(',', end) + 1;
    return replaced(begin, end, {});
  }

  std::string_view text_;
  const JsonDocument& document_;
};

Message with_content(const Message& recorded, std::string content) {
  Message message = recorded;
  set_content(message, std::move(content));
  return message;
}

std::optional<Mutation> mutate_bytes(const Message& recorded, std::string content, MutationKind kind,
                                     std::mt19937_64& random) {
  const std::size_t at = random() % content.size();
  if (kind == MutationKind::kChangeValue) {
    content[at] = content[at] == 'x' ? 'y' : 'x';
  } else if (kind == MutationKind::kChangeLength && content.size() > 1) {
    content.pop_back();
  } else {
    return std::nullopt;
  }
  return Mutation{kind, "body", with_content(recorded, std::move(content))};
}

// Nothing for bodies without places for values: protobuf, and what is no text.
std::optional<Spoilt> spoil_body(const BodyReading& body, const MediaType& type, MutationKind kind,
                                 std::mt19937_64& random) {
  using Form = BodyReading::Form;
  if (body.form == Form::kTree && body.is_json) return spoil_json(body.content, kind, random);
  if (body.form == Form::kTree) return spoil_text(body.name, type, body.source, kind, random);
  return body.form == Form::kText ? spoil_text("text", type, body.content, kind, random) : std::nullopt;
}

}  // namespace

std::optional<Spoilt> spoil_json(std::string_view text, MutationKind kind, std::mt19937_64& random) {
  const auto document = JsonDocument::parse(text);
  if (!document) return std::nullopt;
  const JsonMutator mutator(text, *document);
  std::vector<Place> fitting;
  for (Place& place : places_of(*document)) {
    if (mutator.fits(place, kind)) fitting.push_back(std::move(place));
  }
  if (fitting.empty()) return std::nullopt;
  const Place& place = fitting[random() % fitting.size()];
  std::string location = place.location;
  const bool element = kind == MutationKind::kChangeLength && !can_be_shorter(document->raw(place.id));
  if (element && location.ends_with("[*]")) location.resize(location.size() - 3);
  return Spoilt{std::move(location), mutator.apply(place, kind)};
}

std::string_view name_of(MutationKind kind) {
  static constexpr std::array<std::string_view, kMutationKinds> kNames = {"drop_key", "change_type", "change_value",
                                                                          "change_status", "change_length"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Mutation> mutate(const Message& recorded, std::string_view method, MutationKind kind,
                               std::mt19937_64& random) {
  if (kind == MutationKind::kChangeStatus) {
    Mutation mutation{kind, "status", recorded};
    mutation.answer.status = recorded.status >= 500 ? 200 : random() % 2 == 0 ? 500 : 404;
    if (mutation.answer.status == recorded.status) mutation.answer.status = 500;
    return mutation;
  }
  BodyReading body = read_body(recorded, is_bodiless(method, recorded.status));
  const std::string* type = recorded.headers.find("Content-Type");
  if (auto spoilt = spoil_body(body, type ? parse_media_type(*type) : MediaType{}, kind, random))
    return Mutation{kind, std::move(spoilt->location), with_content(recorded, std::move(spoilt->content))};
  using Form = BodyReading::Form;
  const bool is_protobuf = body.form == Form::kTree && body.name == "protobuf";
  if (body.form == Form::kText || body.form == Form::kBytes || is_protobuf)
    return mutate_bytes(recorded, std::move(is_protobuf ? body.source : body.content), kind, random);
  return std::nullopt;
}

}  // namespace tracerec::diff
