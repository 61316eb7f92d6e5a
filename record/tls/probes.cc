#include "record/tls/probes.h"

#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "record/proc.h"
#include "record/tls/uprobe_multi.h"

namespace tracerec::record {

void TlsProbes::LinkDeleter::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

TlsProbes::TlsProbes(const Programs& programs, bool* armed, bool multi)
    : programs_(programs), armed_(armed), multi_(multi) {}
TlsProbes::~TlsProbes() = default;

void TlsProbes::examine(std::uint32_t tgid) {
  const std::vector<ProcessImage> images = process_images(tgid);
  std::string libraries;
  for (const ProcessImage& image : images) {
    const auto [known, is_new] = images_.try_emplace({image.device, image.inode, image.path}, std::string{});
    if (is_new) known->second = probe(image);
    if (!known->second.empty()) libraries += (libraries.empty() ? "" : ", ") + known->second;
  }
  if (libraries.empty()) note_unreadable(tgid, images);
  covered_[tgid] = libraries;
}

// A process of which files cannot be opened may have a TLS library among them.
void TlsProbes::note_unreadable(std::uint32_t tgid, const std::vector<ProcessImage>& images) {
  std::size_t count = 0;
  std::string first = images.empty() ? "its list of files" : "";
  for (const ProcessImage& image : images) {
    if (::access(image.link.c_str(), R_OK) == 0) continue;
    if (count++ == 0) first = image.path;
  }
  if (first.empty() || !process_runs(tgid)) return;
  problems_.push_back("cannot look for TLS libraries in pid " + std::to_string(tgid) + ": " + first +
                      (count > 1 ? " and " + std::to_string(count - 1) + " more files" : "") +
                      " cannot be opened; run as root, or with CAP_SYS_PTRACE and CAP_CHECKPOINT_RESTORE too");
}

bool TlsProbes::covers(std::uint32_t tgid) {
  return !libraries_of(tgid).empty();
}

std::string TlsProbes::libraries_of(std::uint32_t tgid) {
  if (covered_.count(tgid) == 0) examine(tgid);
  return covered_[tgid];
}

// Returns the library that is probed now, if there is one.
std::string TlsProbes::probe(const ProcessImage& image) {
  const TlsImage found = examine_image(image.link);
  if (found.library.empty()) return {};
  const std::string problem = found.problem.empty() ? attach_all(image, found) : found.problem;
  if (problem.empty()) return found.library + " (" + image.path + ")";
  problems_.push_back("cannot read the TLS of " + image.path + " (" + found.library + "): " + problem);
  return {};
}

// Returns what went wrong; then none of its probes is left.
std::string TlsProbes::attach_all(const ProcessImage& image, const TlsImage& found) {
  if (probed_images_ == TR_TLS_IMAGES_MAX) return "too many libraries are probed already";
  std::map<ProbeAt, Group> groups;
  for (const TlsProbe& one : found.probes) {
    groups[one.at].offsets.push_back(one.offset);
    groups[one.at].cookies.push_back(TR_TLS_COOKIE(one.call, probed_images_));
  }
  const std::size_t links_before = links_.size(), multi_before = multi_links_.size();
  for (const auto& [at, group] : groups) {
    if (attach(image, at, group)) continue;
    const int error = errno;
    links_.resize(links_before);
    multi_links_.resize(multi_before);
    return std::generic_category().message(error);
  }
  armed_[probed_images_++] = true;
  return {};
}

bool TlsProbes::attach(const ProcessImage& image, ProbeAt at, const Group& group) {
  if (!multi_) return attach_each(image, at, group);
  UniqueFd link = attach_uprobes(bpf_program__fd(program_for(at)), image.link, group.offsets, group.cookies,
                                 at == ProbeAt::kReturn);
  if (!link.valid()) return false;
  multi_links_.push_back(std::move(link));
  return true;
}

bool TlsProbes::attach_each(const ProcessImage& image, ProbeAt at, const Group& group) {
  constexpr pid_t kEveryProcess = -1;
  for (std::size_t i = 0; i < group.offsets.size(); ++i) {
    LIBBPF_OPTS(bpf_uprobe_opts, options);
    options.bpf_cookie = group.cookies[i];
    options.retprobe = at == ProbeAt::kReturn;
    bpf_link* link =
        bpf_program__attach_uprobe_opts(program_for(at), kEveryProcess, image.link.c_str(), group.offsets[i], &options);
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
