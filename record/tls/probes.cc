#include "record/tls/probes.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "record/privileges.h"
#include "record/proc.h"
#include "record/tls/uprobe_multi.h"

namespace tracerec::record {
namespace {

constexpr std::size_t kMostImagesKnown = 16384;
constexpr std::size_t kMostProblems = 50;

// Code that a program has made itself (memfd_create(2), shmget(2)), on a mount of the kernel's own: no library.
bool is_memory(const std::string& path) {
  return path.rfind("/memfd:", 0) == 0 || path.rfind("/SYSV", 0) == 0;
}

// Root in a container lacks some capabilities; and some processes nobody may look into who has them all.
std::string why_unreadable() {
  const std::string missing = missing_for_others();
  if (missing.empty())
    return " although the capabilities for it are there: its namespaces or a security module keep them away";
  return ::geteuid() == 0 ? "; root lacks " + missing + " here" : "; run as root, or with " + missing + " too";
}

// The list of one that ends is empty.
bool may_not_list(std::uint32_t tgid) {
  const UniqueFd maps(::open(("/proc/" + std::to_string(tgid) + "/maps").c_str(), O_RDONLY | O_CLOEXEC));
  return !maps.valid() && (errno == EACCES || errno == EPERM);
}

}  // namespace

void TlsProbes::LinkDeleter::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

TlsProbes::TlsProbes(const Programs& programs, bool* armed, bool multi, const ImageBudget& of_all)
    : programs_(programs), armed_(armed), multi_(multi), left_(of_all) {}
TlsProbes::~TlsProbes() = default;

void TlsProbes::examine(std::uint32_t tgid) {
  const std::vector<ProcessImage> images = process_images(tgid);
  std::string libraries;
  for (const ProcessImage& image : images) {
    Identity identity{image.device, image.inode, image.path};
    const auto known = images_.find(identity);
    if (known == images_.end() && images_.size() >= kMostImagesKnown) {
      note("more program files than are remembered have been seen: further ones are not searched for TLS libraries");
      break;
    }
    const std::string library =
        known != images_.end() ? known->second : images_.emplace(identity, probe(tgid, image)).first->second;
    if (!library.empty()) libraries += (libraries.empty() ? "" : ", ") + library;
  }
  if (libraries.empty()) note_unreadable(tgid, images);
  covered_[tgid] = libraries;
}

// Each once; a recorded process must not be able to make the list grow without end.
void TlsProbes::note(const std::string& problem) {
  if (problems_.size() > kMostProblems || std::find(problems_.begin(), problems_.end(), problem) != problems_.end()) {
    return;
  }
  problems_.push_back(problems_.size() < kMostProblems ? problem : "there were more problems with TLS libraries");
}

// A process of which files cannot be opened may have a TLS library among them.
void TlsProbes::note_unreadable(std::uint32_t tgid, const std::vector<ProcessImage>& images) {
  std::size_t count = 0;
  std::string first = images.empty() && may_not_list(tgid) ? "its list of files" : "";
  for (const ProcessImage& image : images) {
    if (is_reachable(tgid, image, helper_)) continue;
    if (count++ == 0) first = image.path;
  }
  if (first.empty() || !process_runs(tgid)) return;
  note("cannot look for TLS libraries in pid " + std::to_string(tgid) + ": " + first +
       (count > 1 ? " and " + std::to_string(count - 1) + " more files" : "") + " cannot be opened" + why_unreadable());
}

bool TlsProbes::covers(std::uint32_t tgid) {
  return !libraries_of(tgid).empty();
}

std::string TlsProbes::libraries_of(std::uint32_t tgid) {
  if (covered_.count(tgid) == 0) examine(tgid);
  return covered_[tgid];
}

// Returns the library that is probed now, if there is one.
std::string TlsProbes::probe(std::uint32_t tgid, const ProcessImage& image) {
  if (left_.steps == 0 || left_.read_blocks == 0) {
    note("so much was read of program files that further ones are not searched for TLS libraries");
    return {};
  }
  const auto file = open_image(tgid, image, helper_);
  if (!file) {
    const bool is_worth_telling = !is_memory(image.path) && is_reachable(tgid, image, helper_);
    if (is_worth_telling) note("cannot look for TLS in " + image.path + ": " + file.error().message);
    return {};
  }
  ImageBudget budget;
  budget.steps = std::min(budget.steps, left_.steps);
  budget.read_blocks = std::min(budget.read_blocks, left_.read_blocks);
  const TlsImage found = examine_image(UniqueFd(::fcntl(file->get(), F_DUPFD_CLOEXEC, 0)), budget);
  left_.steps -= budget.steps - found.left.steps;
  left_.read_blocks -= budget.read_blocks - found.left.read_blocks;
  if (found.library.empty()) {
    if (!found.problem.empty()) note("cannot look for TLS in " + image.path + ": " + found.problem);
    return {};
  }
  const std::string link = "/proc/self/fd/" + std::to_string(file->get());
  const std::string problem = found.problem.empty() ? attach_all(link, found) : found.problem;
  if (problem.empty()) return found.library + " (" + image.path + ")";
  note("cannot read the TLS of " + image.path + " (" + found.library + "): " + problem);
  return {};
}

// Returns what went wrong; then none of its probes is left.
std::string TlsProbes::attach_all(const std::string& file, const TlsImage& found) {
  if (probed_images_ == TR_TLS_IMAGES_MAX) return "too many libraries are probed already";
  std::map<ProbeAt, Group> groups;
  for (const TlsProbe& one : found.probes) {
    groups[one.at].offsets.push_back(one.offset);
    groups[one.at].cookies.push_back(TR_TLS_COOKIE(one.call, probed_images_));
  }
  const std::size_t links_before = links_.size(), multi_before = multi_links_.size();
  for (const auto& [at, group] : groups) {
    if (attach(file, at, group)) continue;
    const int error = errno;
    links_.resize(links_before);
    multi_links_.resize(multi_before);
    return std::generic_category().message(error);
  }
  armed_[probed_images_++] = true;
  return {};
}

bool TlsProbes::attach(const std::string& file, ProbeAt at, const Group& group) {
  if (!multi_) return attach_each(file, at, group);
  UniqueFd link =
      attach_uprobes(bpf_program__fd(program_for(at)), file, group.offsets, group.cookies, at == ProbeAt::kReturn);
  if (!link.valid()) return false;
  multi_links_.push_back(std::move(link));
  return true;
}

bool TlsProbes::attach_each(const std::string& file, ProbeAt at, const Group& group) {
  constexpr pid_t kEveryProcess = -1;
  for (std::size_t i = 0; i < group.offsets.size(); ++i) {
    LIBBPF_OPTS(bpf_uprobe_opts, options);
    options.bpf_cookie = group.cookies[i];
    options.retprobe = at == ProbeAt::kReturn;
    bpf_link* link =
        bpf_program__attach_uprobe_opts(program_for(at), kEveryProcess, file.c_str(), group.offsets[i], &options);
    if (link == nullptr) return false;
    links_.emplace_back(link);
  }
  return true;
}

bpf_program* TlsProbes::program_for(ProbeAt at) const {
  switch (at) {
    case ProbeAt::kEntry:
      return programs_.enter;
    case ProbeAt::kReturn:
      return programs_.leave;
    case ProbeAt::kGoEntry:
      return programs_.go_enter;
    case ProbeAt::kGoReturn:
      break;
  }
  return programs_.go_leave;
}

void TlsProbes::detach() {
  links_.clear();
  multi_links_.clear();
}

}  // namespace tracerec::record
