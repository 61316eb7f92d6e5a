# Sourced by the other scripts: installs what is missing from the distribution's packages. Does nothing when all is
# there.

BUILD_TOOLS=(build-essential cmake ninja-build pkg-config ccache clang llvm bpftool)
BUILD_LIBRARIES=(
  libbpf-dev libelf-dev zlib1g-dev libboost1.81-dev libsqlite3-dev nlohmann-json3-dev libcli11-dev libcpp-httplib-dev
  libssl-dev libzstd-dev libbrotli-dev libgtest-dev liburing-dev libcapstone-dev libgnutls28-dev
)
BUILD_PACKAGES=("${BUILD_TOOLS[@]}" "${BUILD_LIBRARIES[@]}")
# The example server, and what the tests and the demo drive it with.
GO_PACKAGES=(golang-go golang-github-gin-gonic-gin-dev)
EXAMPLE_PACKAGES=(
  "${GO_PACKAGES[@]}" curl wrk nghttp2-client procps util-linux sqlite3 libcap2-bin zsh libxml2-utils
  python3-jsonschema libbenchmark-dev
  fish groff nginx-light nodejs gunicorn uvicorn default-jdk-headless chromium
)
# Further servers of the matrix of docs/capture.md: for scripts/test only.
SERVER_PACKAGES=(
  apache2-bin libapache2-mod-php php-cli lighttpd haproxy varnish squid puma uwsgi-core uwsgi-plugin-python3 openssl
  libnetty-java libnetty-tcnative-java libnetty-tcnative-jni dpkg-dev lintian debootstrap buildah systemd jq
  patchelf python3-yaml
)
# BoringSSL, which Debian has for amd64 only.
[ "$(uname -m)" != x86_64 ] || SERVER_PACKAGES+=(android-libboringssl-dev)
# scripts/bench: the benchmark library and the tools that are measured too.
BENCH_PACKAGES=(time strace tcpdump tcpflow httpry bpftrace jq python3-deepdiff)
# scripts/arm64, on an amd64 machine: compiler and emulator here; what the arm64 files are linked with and run beside
# comes from Debian's arm64 packages, into a folder. nginx, curl and busybox are for tests in a virtual machine.
ARM64_PACKAGES=(g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static)
ARM64_SYSROOT_PACKAGES=(
  "${BUILD_LIBRARIES[@]}" libc6-dev libstdc++6 libgcc-s1 nginx-light curl busybox-static util-linux
)
# scripts/kernels: the machines, and what makes a file system for them.
KERNEL_PACKAGES=(qemu-system-x86 qemu-system-arm busybox-static cpio binutils curl nginx-light util-linux)
# scripts/package, and the test that installs what it makes.
PACKAGE_PACKAGES=(dpkg-dev lintian debootstrap patchelf)
# scripts/lint and scripts/fuzz. clang-format 14 and clang 19: one version each, since another one has other opinions.
LINT_PACKAGES=(clang-format-14 clang-tidy-19 clang-19 libclang-rt-19-dev)

BUILD_OPTIONS=()

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# ensure_packages NAME…
ensure_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || {
    echo "these packages are missing, and this is not a Debian or Ubuntu system: ${missing[*]}" >&2
    exit 2
  }
  echo "installing: ${missing[*]}" >&2
  as_root apt-get update -qq
  without_services env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null
}

# without_services COMMAND…: as root, and no server that is installed starts (invoke-rc.d(8)): tests start their own.
without_services() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
  fi
  as_root "$@"
)

# build_release ROOT [TARGET]: build/release/tracerec, with warnings as errors where CI is set. BUILD_OPTIONS go to
# CMake.
build_release() {
  local preset=release
  [ -n "${CI:-}" ] && preset=ci
  build_preset "$1" "$preset" "${2:-all}"
}

# build_preset ROOT PRESET TARGET
build_preset() {
  local launcher=("${BUILD_OPTIONS[@]}")
  export CCACHE_NOHASHDIR=1 # builds of other folders with the same options, as a test makes one, find it in the cache
  command -v ccache >/dev/null && launcher+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
  (cd "$1" && cmake --preset "$2" "${launcher[@]}" >build-configure.log 2>&1) || {
    cat "$1/build-configure.log" >&2
    exit 2
  }
  rm -f "$1/build-configure.log"
  (cd "$1" && cmake --build --preset "$2" --parallel "$(nproc)" --target "$3")
}
