#include "record/container_group.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/read_file.h"

// Tests: tests/record/container_group_test.cc.

namespace tracerec::record {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortestId = 12;  // as the tools print it
constexpr std::size_t kMostFileBytes = std::size_t{16} << 20;

nlohmann::json read_json(const fs::path& file) {
  const auto text = read_file(file.string(), kMostFileBytes);
  return text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
}

bool is_text(const nlohmann::json& value, const std::string& text) {
  return value.is_string() && value.get_ref<const std::string&>() == text;
}

// Docker writes "/web".
std::string docker_id(const fs::path& folder, const std::string& name) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const nlohmann::json config = read_json(it->path() / "config.v2.json");
    if (config.is_object() && config.contains("Name") && is_text(config["Name"], "/" + name))
      return it->path().filename().string();
  }
  return {};
}

std::string podman_id(const fs::path& file, const std::string& name) {
  const nlohmann::json list = read_json(file);
  if (!list.is_array()) return {};
  for (const nlohmann::json& container : list) {
    if (!container.is_object() || !container.contains("names") || !container.contains("id")) continue;
    const nlohmann::json& names = container["names"];
    const auto is_it = [&](const nlohmann::json& one) { return is_text(one, name); };
    if (std::any_of(names.begin(), names.end(), is_it) && container["id"].is_string())
      return container["id"].get<std::string>();
  }
  return {};
}

// systemd's driver of groups has no dashes inside of a name: kubepods-burstable-pod1b4e28ba_2fa1_….slice.
std::string with_underscores(std::string uid) {
  std::replace(uid.begin(), uid.end(), '-', '_');
  return uid;
}

std::vector<fs::path> search(const fs::path& root, const std::string& name) {
  const bool may_be_part = name.size() >= kShortestId;
  const std::string escaped = with_underscores(name);
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    if (!it->is_directory(error)) continue;
    const std::string folder = it->path().filename().string();
    const bool is_part = may_be_part && folder.find("conmon") == std::string::npos &&
                         (folder.find(name) != std::string::npos || folder.find(escaped) != std::string::npos);
    if (folder != name && !is_part) continue;
    found.push_back(it->path());
    it.disable_recursion_pending();
  }
  return found;
}

}  // namespace

std::vector<fs::path> container_groups(const ContainerPlaces& places, const std::string& name) {
  std::vector<fs::path> found = search(places.groups, name);
  if (!found.empty()) return found;
  std::string id = docker_id(places.docker, name);
  if (id.empty()) id = podman_id(places.podman, name);
  return id.empty() ? std::vector<fs::path>() : search(places.groups, id);
}

}  // namespace tracerec::record
