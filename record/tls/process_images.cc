#include "record/tls/process_images.h"

#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace tracerec::record {
namespace {

// man 5 proc: a map_files entry is the mapped file itself, but needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN; the path
// below the process's root is the next best.
std::string link_to(const std::string& process, const std::string& range, const std::string& path) {
  std::string direct = process + "/map_files/" + range;
  return ::access(direct.c_str(), R_OK) == 0 ? direct : process + "/root" + path;
}

}  // namespace

std::vector<ProcessImage> process_images(std::int64_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  std::ifstream maps(process + "/maps");
  std::vector<ProcessImage> images;
  std::set<std::pair<std::string, std::uint64_t>> seen;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range, rights, offset;
    ProcessImage image;
    if (!(words >> range >> rights >> offset >> image.device >> image.inode) || image.inode == 0) continue;
    if (rights.size() < 3 || rights[2] != 'x' || !seen.emplace(image.device, image.inode).second) continue;
    std::getline(words >> std::ws, image.path);
    image.link = link_to(process, range, image.path);
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace tracerec::record
