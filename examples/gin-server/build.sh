#!/usr/bin/env bash
# Builds the example server from Debian's packages, without a network:
#   examples/gin-server/build.sh OUTPUT
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=$(realpath -m "${1:-$here/gin-server}")
mkdir -p "$(dirname "$output")"
cd "$here"
GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS=-buildvcs=false go build -o "$output" main.go
