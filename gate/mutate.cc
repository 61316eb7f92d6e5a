// JSON is changed as text: what stands before and after the location stays byte for byte as it was recorded.
#include "gate/mutate.h"

#include <array>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "body/json_document.h"
#include "body/json_path.h"
#include "diff/body.h"
#include "diff/compare.h"
#include "diff/trailers.h"
#include "gate/mutate_content.h"

namespace tracerec::gate {
namespace {

constexpr std::size_t kMaxPoints = 5000;  // of one response that are chosen from

// A node, where it is, and its point among its siblings.
struct MutationPoint {
  body::JsonNodeId id = 0;
  body::JsonNodeId name = 0;  // of a member
  bool is_member = false;
  bool is_only = false;  // its container has no other
  bool is_last = false;
  std::string location;
};

struct Task {
  MutationPoint point;
  body::JsonPath::Mark parent;
  bool is_root = false;
};

std::vector<MutationPoint> points_of(const body::JsonDocument& document) {
  std::vector<MutationPoint> points;
  std::vector<Task> tasks{{{}, {}, true}};
  body::JsonPath path;
  while (!tasks.empty() && points.size() < kMaxPoints) {
    Task task = std::move(tasks.back());
    tasks.pop_back();
    path.return_to(task.parent);
    if (!task.is_root && task.point.is_member) path.enter_member(document.text(task.point.name));
    if (!task.is_root && !task.point.is_member) path.enter_element(0);
    task.point.location = path.location();
    const body::JsonNode& node = document.node(task.point.id);
    const bool object = node.type == body::ValueType::kObject;
    body::JsonNodeId child = task.point.id + 1;
    for (std::uint32_t i = 0; (object || node.type == body::ValueType::kArray) && i < node.children; ++i) {
      const body::JsonNodeId value = object ? child + 1 : child;
      tasks.push_back({{value, child, object, node.children == 1, i + 1 == node.children, {}}, path.mark()});
      child = document.node(value).next;
    }
    points.push_back(std::move(task.point));
  }
  return points;
}

bool is_scalar(body::ValueType type) {
  return type != body::ValueType::kArray && type != body::ValueType::kObject;
}

// The first letter or digit that is not part of an escape becomes its neighbour: the value is another one, and looks
// the same. A mutation that anybody would notice proves little.
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
std::string other_value(const body::JsonDocument& document, body::JsonNodeId id) {
  std::string raw(document.raw(id));
  switch (document.node(id).type) {
    case body::ValueType::kBool:
      return raw == "true" ? "false" : "true";
    case body::ValueType::kInteger:
    case body::ValueType::kDecimal:
      raw.back() = neighbour(raw.back());
      return raw;
    case body::ValueType::kString:
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

std::string other_type(body::ValueType type) {
  return type == body::ValueType::kString ? "4711" : "\"changed\"";
}

class JsonMutator {
 public:
  JsonMutator(std::string_view text, const body::JsonDocument& document) : text_(text), document_(document) {}

  [[nodiscard]] bool fits(const MutationPoint& point, MutationKind kind) const {
    const body::JsonNode& node = document_.node(point.id);
    switch (kind) {
      case MutationKind::kDropKey:
        return point.is_member;
      case MutationKind::kChangeType:
        return true;
      case MutationKind::kChangeValue:
        return is_scalar(node.type) && node.type != body::ValueType::kNull;
      case MutationKind::kChangeLength:
        return (!point.is_member && point.is_last && point.id != 0) || can_be_shorter(document_.raw(point.id));
      case MutationKind::kChangeStatus:
        return false;
    }
    return false;
  }

  [[nodiscard]] std::string apply(const MutationPoint& point, MutationKind kind) const {
    const body::JsonNode& node = document_.node(point.id);
    if (kind == MutationKind::kChangeValue)
      return replaced(node.raw_begin, node.raw_end, other_value(document_, point.id));
    if (kind == MutationKind::kChangeType) return replaced(node.raw_begin, node.raw_end, other_type(node.type));
    if (kind == MutationKind::kChangeLength && can_be_shorter(document_.raw(point.id))) {
      return replaced(node.raw_end - 2, node.raw_end - 1, {});
    }
    return without(point.is_member ? document_.node(point.name).raw_begin : node.raw_begin, node.raw_end, point);
  }

 private:
  [[nodiscard]] std::string replaced(std::size_t begin, std::size_t end, const std::string& by) const {
    return std::string(text_.substr(0, begin)) + by + std::string(text_.substr(end));
  }
  // One comma goes with it: the one after, or in front of the last.
  [[nodiscard]] std::string without(std::size_t begin, std::size_t end, const MutationPoint& point) const {
    if (!point.is_only && point.is_last) begin = text_.rfind(',', begin);
    if (!point.is_only && !point.is_last) end = text_.find(',', end) + 1;
    return replaced(begin, end, {});
  }

  std::string_view text_;
  const body::JsonDocument& document_;
};

diff::Message with_content(const diff::Message& recorded, std::string content) {
  diff::Message message = recorded;
  diff::set_content(message, std::move(content));
  return message;
}

std::optional<Mutant> mutate_bytes(const diff::Message& recorded, std::string content, MutationKind kind,
                                   std::mt19937_64& random) {
  const std::size_t at = random() % content.size();
  if (kind == MutationKind::kChangeValue) {
    content[at] = content[at] == 'x' ? 'y' : 'x';
  } else if (kind == MutationKind::kChangeLength && content.size() > 1) {
    content.pop_back();
  } else {
    return std::nullopt;
  }
  return Mutant{kind, "body", with_content(recorded, std::move(content))};
}

// Nothing for bodies without locations for values: protobuf, and what is not text.
std::optional<MutatedContent> mutate_body(const diff::BodyReading& body, const body::MediaType& type, MutationKind kind,
                                          std::mt19937_64& random) {
  using Form = diff::BodyReading::Form;
  if (body.form == Form::kTree && body.is_json) return mutate_json(body.content, kind, random);
  if (body.form == Form::kTree) return mutate_text(body.name, type, body.source, kind, random);
  return body.form == Form::kText ? mutate_text("text", type, body.content, kind, random) : std::nullopt;
}

}  // namespace

std::optional<MutatedContent> mutate_json(std::string_view text, MutationKind kind, std::mt19937_64& random) {
  const auto document = body::JsonDocument::parse(text);
  if (!document) return std::nullopt;
  const JsonMutator mutator(text, *document);
  std::vector<MutationPoint> fitting;
  for (MutationPoint& point : points_of(*document)) {
    if (mutator.fits(point, kind)) fitting.push_back(std::move(point));
  }
  if (fitting.empty()) return std::nullopt;
  const MutationPoint& point = fitting[random() % fitting.size()];
  std::string location = point.location;
  const bool element = kind == MutationKind::kChangeLength && !can_be_shorter(document->raw(point.id));
  if (element && location.ends_with("[*]")) location.resize(location.size() - 3);
  return MutatedContent{std::move(location), mutator.apply(point, kind)};
}

std::string_view name_of(MutationKind kind) {
  static constexpr std::array<std::string_view, kMutationKinds> kNames = {"drop_key", "change_type", "change_value",
                                                                          "change_status", "change_length"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Mutant> mutate(const diff::Message& recorded, std::string_view method, MutationKind kind,
                             std::mt19937_64& random) {
  if (kind == MutationKind::kChangeStatus) {
    Mutant mutation{kind, "status", recorded};
    mutation.response.status = recorded.status >= 500 ? 200 : random() % 2 == 0 ? 500 : 404;
    if (mutation.response.status == recorded.status) mutation.response.status = 500;
    return mutation;
  }
  diff::BodyReading body = diff::read_body(recorded, diff::is_bodiless(method, recorded.status));
  const std::string* type = recorded.headers.find("Content-Type");
  if (auto mutated = mutate_body(body, type ? body::parse_media_type(*type) : body::MediaType{}, kind, random))
    return Mutant{kind, std::move(mutated->location), with_content(recorded, std::move(mutated->content))};
  using Form = diff::BodyReading::Form;
  const bool is_protobuf = body.form == Form::kTree && body.name == "protobuf";
  if (body.form == Form::kText || body.form == Form::kBytes || is_protobuf)
    return mutate_bytes(recorded, std::move(is_protobuf ? body.source : body.content), kind, random);
  return std::nullopt;
}

}  // namespace tracerec::gate
