// Which requests belong together in a report.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec::gate {

// "GET /users/{id}/orders": the method and the path without query, where segments that name one thing rather than a
// kind of thing are {id}: all digits, UUIDs, ULIDs, hexadecimal of 16 and more digits with at least one decimal digit.
// Scheme and authority of an absolute-form target are left out. Cut after kMaxEndpointBytes. Pure.
[[nodiscard]] std::string endpoint_of(std::string_view method, std::string_view target);

// Endpoints are keys in memory and come from whoever sent the requests.
constexpr std::size_t kMaxEndpointBytes = 512;

struct EndpointName {
  std::string name;
  bool guessed = false;  // a segment is {id} only because the traffic had many different ones there
};

// The name without its operation: "POST /graphql".
[[nodiscard]] std::string_view without_operation(std::string_view endpoint);

// endpoint_of() with what the traffic and the rules add: templates given by rule come first; and where one location in
// a path had so many different values that they must be names of things (/users/alice, /users/bob…), it is {id}, too,
// unless half of them look like names of operations (/rpc/GetQuote, /rpc/get_quote).
// Learned first, then only read: one thread at a time while learning, any thread afterwards.
class Endpoints {
 public:
  // Templates as "GET /users/{name}/orders": a segment in braces is any one segment; "*" for any method.
  explicit Endpoints(std::vector<std::string> templates = {});
  ~Endpoints();
  Endpoints(Endpoints&&) noexcept;
  Endpoints& operator=(Endpoints&&) noexcept;

  // One request of the traffic. Memory: at most kMaxNodes path segments.
  void learn(std::string_view method, std::string_view target);

  // How the endpoint of a request is called: "POST /graphql Products" with an operation (operation.h).
  [[nodiscard]] EndpointName name_of(std::string_view method, std::string_view target,
                                     std::string_view operation = {}) const;

  // Distinct segments at one location from which on they are names of things, when each of them is seen seldom; and
  // when they are seen often.
  static constexpr std::size_t kManySegments = 30;
  static constexpr std::size_t kTooManySegments = 300;
  static constexpr std::size_t kMaxNodes = 20000;

 private:
  struct Node;
  [[nodiscard]] EndpointName path_name(std::string_view method, std::string_view target) const;
  [[nodiscard]] const std::string* template_of(std::string_view endpoint) const;
  static void merge(Node& into, Node&& from);
  static void collapse(Node& node);

  std::vector<std::string> templates_;
  std::unique_ptr<Node> root_;  // its children are the methods
  std::size_t nodes_ = 0;
};

}  // namespace tracerec::gate
