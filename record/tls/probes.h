// The uprobes on TLS libraries, and which processes they cover.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/unique_fd.h"
#include "record/tls/image.h"
#include "record/tls/process_images.h"

struct bpf_program;
struct bpf_link;

namespace tracerec::record {

// A probe is attached to a file, once, for all processes that run it, whichever namespace they are in. One thread. The
// programs must outlive it.
class TlsProbes {
 public:
  struct Programs {
    bpf_program* enter;
    bpf_program* leave;
    bpf_program* go_enter;
    bpf_program* go_leave;
  };
  // A recorded process can make up files without end, and this is done on the thread that drains the ring: over all
  // files together a second or two.
  static constexpr ImageBudget kBudgetOfAll = {32'000'000, 524'288};

  // `armed` has TR_TLS_IMAGES_MAX elements, which the programs look at: an image is set when all its probes are there.
  // `multi`: the programs were loaded for kUprobeMultiAttachType.
  TlsProbes(const Programs& programs, bool* armed, bool multi, const ImageBudget& of_all = kBudgetOfAll);
  ~TlsProbes();

  // Looks at what the process runs now, and probes what is new. Never fails: what could not be probed is in problems().
  void examine(std::uint32_t tgid);

  // The process has ended, or runs another program.
  void forget(std::uint32_t tgid) { covered_.erase(tgid); }

  // The process runs a library that is probed. Examines it when that was not done yet.
  [[nodiscard]] bool covers(std::uint32_t tgid);

  // The libraries by which it is covered, "OpenSSL (/usr/lib/…/libssl.so.3)", separated by commas.
  [[nodiscard]] std::string libraries_of(std::uint32_t tgid);

  // Takes all probes off.
  void detach();

  // One line each.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct LinkDeleter {
    void operator()(bpf_link* link) const;
  };
  using Identity = std::tuple<std::string, std::uint64_t, std::string>;

  // The probes of one image that share a program.
  struct Group {
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> cookies;
  };

  std::string probe(std::uint32_t tgid, const ProcessImage& image);
  void note(const std::string& problem);
  void note_unreadable(std::uint32_t tgid, const std::vector<ProcessImage>& images);
  [[nodiscard]] std::string attach_all(const std::string& file, const TlsImage& found);
  [[nodiscard]] bool attach(const std::string& file, ProbeAt at, const Group& group);
  [[nodiscard]] bool attach_each(const std::string& file, ProbeAt at, const Group& group);
  [[nodiscard]] bpf_program* program_for(ProbeAt at) const;

  Programs programs_;
  bool* armed_;
  bool multi_;
  HelperThread helper_;
  ImageBudget left_;
  std::size_t probed_images_ = 0;
  std::map<Identity, std::string> images_;        // seen → the library that is probed in it; empty: none
  std::map<std::uint32_t, std::string> covered_;  // process → its libraries; empty: none
  std::vector<std::unique_ptr<bpf_link, LinkDeleter>> links_;
  std::vector<UniqueFd> multi_links_;
  std::vector<std::string> problems_;
};

}  // namespace tracerec::record
