// What the verifier of the running kernel counts of each program, against a budget (bpf/README.md, Budget): a kernel
// that allows more must not hide that an older one will refuse. Needs root; in CI it fails where it cannot run.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "capture.skel.h"
#include "record/kernel.h"

namespace tracerec::record {
namespace {

// Kernels before 6.13 allow a chain of calls 512 bytes (MAX_BPF_STACK), each function rounded up to 32.
constexpr int kStackBudget = 480;
constexpr int kStackUnit = 32;

// Instructions that the verifier walks through: about twice what the tested kernel needs that needs most. The kernel's
// limit is a million.
const std::map<std::string, long> kInstructionBudget = {
    {"on_sys_exit", 29'000},    {"on_tcp_state", 4'400},     {"on_fork", 170},        {"on_exec", 170},
    {"on_rename", 400},         {"on_cgroup_attach", 200},   {"on_exit", 170},        {"on_io_uring", 330},
    {"on_sock_send", 29'000},   {"on_sock_recv", 29'000},    {"on_tls_enter", 2'500}, {"on_tls_return", 112'000},
    {"on_go_tls_enter", 1'500}, {"on_go_tls_return", 8'500},
};

// Where a call or the address of a callback (bpf_loop) leads to; -1: neither.
long target_of(const bpf_insn* code, std::size_t at) {
  const bool calls = code[at].code == (BPF_JMP | BPF_CALL) && code[at].src_reg == BPF_PSEUDO_CALL;
  const bool takes_address = code[at].code == (BPF_LD | BPF_IMM | BPF_DW) && code[at].src_reg == BPF_PSEUDO_FUNC;
  return calls || takes_address ? static_cast<long>(at) + 1 + code[at].imm : -1;
}

// "stack depth 80+224+32": one number a function, in the order of their code.
std::vector<int> read_depths(const std::string& log) {
  std::vector<int> depths;
  std::size_t at = log.find("stack depth ");
  if (at == std::string::npos) return depths;
  at += std::string("stack depth ").size();
  for (char* next = nullptr;; at = static_cast<std::size_t>(next - log.data()) + 1) {
    depths.push_back(static_cast<int>(std::strtol(log.data() + at, &next, 10)));
    if (*next != '+') return depths;
  }
}

long read_instructions(const std::string& log) {
  const std::size_t at = log.find("processed ");
  return at == std::string::npos ? -1 : std::strtol(log.data() + at + std::string("processed ").size(), nullptr, 10);
}

// The functions of a program and who calls whom.
class CallGraph {
 public:
  CallGraph(const bpf_program* program, std::vector<int> depths)
      : code_(bpf_program__insns(program)), size_(bpf_program__insn_cnt(program)), depths_(std::move(depths)) {
    std::set<std::size_t> starts = {0};
    for (std::size_t at = 0; at < size_; ++at) {
      if (const long target = target_of(code_, at); target >= 0) starts.insert(static_cast<std::size_t>(target));
    }
    starts_.assign(starts.begin(), starts.end());
  }

  [[nodiscard]] std::size_t functions() const { return starts_.size(); }

  // Bytes of the deepest chain of calls from function `index` on. BPF programs do not recurse.
  [[nodiscard]] int deepest(std::size_t index) const {
    const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] : size_;
    int below = 0;
    for (std::size_t at = starts_[index]; at < end; ++at) {
      const long target = target_of(code_, at);
      if (target >= 0) below = std::max(below, deepest(index_of(static_cast<std::size_t>(target))));
    }
    return below + (std::max(depths_[index], 1) + kStackUnit - 1) / kStackUnit * kStackUnit;
  }

 private:
  [[nodiscard]] std::size_t index_of(std::size_t start) const {
    return static_cast<std::size_t>(std::lower_bound(starts_.begin(), starts_.end(), start) - starts_.begin());
  }

  const bpf_insn* code_;
  std::size_t size_;
  std::vector<int> depths_;
  std::vector<std::size_t> starts_;
};

struct Destroy {
  void operator()(capture* skeleton) const { capture__destroy(skeleton); }
};

// All programs, loaded with the verifier's statistics on.
class Budget : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || !kernel_has_btf()) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "needs root and BTF";
      GTEST_SKIP() << "needs root and BTF";
    }
    skeleton_.reset(capture__open());
    ASSERT_TRUE(skeleton_);
    choose_io_uring();
    choose_transfers();
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton_->obj) {
      std::string& log = logs_[bpf_program__name(program)];
      log.resize(std::size_t{1} << 20);
      bpf_program__set_log_level(program, 4);  // BPF_LOG_STATS
      bpf_program__set_log_buf(program, log.data(), log.size());
    }
    ASSERT_EQ(capture__load(skeleton_.get()), 0) << explain();
  }

  void choose_io_uring() {
    const std::string& tracepoint = kernel_tracepoints().io_uring;
    bpf_program__set_autoload(skeleton_->progs.on_io_uring, !tracepoint.empty());
    if (!tracepoint.empty()) bpf_program__set_attach_target(skeleton_->progs.on_io_uring, 0, tracepoint.c_str());
  }

  void choose_transfers() {
    bpf_program__set_autoload(skeleton_->progs.on_sock_send, kernel_tracepoints().transfers);
    bpf_program__set_autoload(skeleton_->progs.on_sock_recv, kernel_tracepoints().transfers);
  }

  [[nodiscard]] std::string explain() const {
    std::string text;
    for (const auto& [name, log] : logs_) text += name + ": " + log.c_str() + "\n";
    return text;
  }

  std::unique_ptr<capture, Destroy> skeleton_;
  std::map<std::string, std::string> logs_;
};

TEST_F(Budget, EveryProgramStaysWithinItsStackAndInstructions) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    const std::string name = bpf_program__name(program);
    if (!bpf_program__autoload(program)) continue;
    const std::vector<int> depths = read_depths(logs_[name]);
    const CallGraph graph(program, depths);
    ASSERT_EQ(depths.size(), graph.functions()) << name << ": " << logs_[name].c_str();
    const int stack = graph.deepest(0);
    const long instructions = read_instructions(logs_[name]);
    ASSERT_EQ(kInstructionBudget.count(name), 1U) << name << " has no budget";
    EXPECT_LE(stack, kStackBudget) << name;
    EXPECT_GT(instructions, 0) << name;
    EXPECT_LE(instructions, kInstructionBudget.at(name)) << name;
    std::printf("%-18s stack %3d  instructions %6ld\n", name.c_str(), stack, instructions);
  }
}

}  // namespace
}  // namespace tracerec::record
