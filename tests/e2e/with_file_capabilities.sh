#!/usr/bin/env bash
# The end-to-end tests of recording, with a recorder that runs as nobody and has only its file capabilities
# (docs/security.md). Left out: --comm, which takes the caller's processes, and a command whose key only root may read.
#   with_file_capabilities.sh E2E_TEST TRACEREC
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cp "$2" "$folder/tracerec"
setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_checkpoint_restore,cap_dac_read_search=ep "$folder/tracerec"
others='RecordSelection.ByName*:RecordSelection.ANameThat*:RecordSelection.AProcessThatGives*'
others+=':TlsTest.ACommandIsReadFromItsFirstSession'
TRACEREC_RECORDER_OF_NOBODY=$folder/tracerec "$1" --gtest_brief=1 \
  --gtest_filter="RecordGin.*:RecordProcess.*:RecordSelection.*:RecordEnds.*:TlsTest.*:Redact.*:-$others"
