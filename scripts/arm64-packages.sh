# Sourced by scripts/arm64: Debian's arm64 packages on a machine of another architecture. apt works on lists and a
# state of its own in which nothing is installed, so that the machine's packages and architectures stay as they are;
# the sources and their keys are the machine's. No root needed.

# arm64_prepare FOLDER: makes FOLDER ready for the functions below and reads the sources' arm64 lists.
arm64_prepare() {
  arm64_folder=$1
  mkdir -p "$1"/sources "$1"/lists/partial "$1"/cache/archives/partial
  : >"$1/status"
  cat >"$1/apt.conf" <<EOF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$1/sources";
Dir::State "$1";
Dir::State::lists "$1/lists";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
EOF
  local source found=
  rm -f "$1"/sources/*
  while read -r source; do
    ln -s "$source" "$1/sources/"
    found=yes
  done < <(apt-get indextargets --format '$(SOURCESENTRY)' 'Created-By: Packages' 'Origin: Debian' |
    sed 's/:[0-9]*$//' | sort -u)
  [ -n "$found" ] || {
    echo "no source of Debian's packages is known to apt here: is this Debian, and was 'apt-get update' run?" >&2
    return 2
  }
  arm64_apt apt-get update -qq
}

# arm64_apt apt-get|apt-cache ARGUMENTS…
arm64_apt() { "$1" -c "$arm64_folder/apt.conf" "${@:2}"; }

# arm64_unpack FOLDER NAME…: the packages and all that they depend on, unpacked into FOLDER, which is new, as a system
# with a merged /usr has them. No script of theirs is run.
arm64_unpack() {
  local target=$1 deb link
  shift
  arm64_apt apt-get clean
  arm64_apt apt-get install -qq --download-only "$@" >/dev/null
  for link in bin lib sbin; do
    mkdir -p "$target/usr/$link"
    ln -s "usr/$link" "$target/$link"
  done
  for deb in "$arm64_folder"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar --extract --keep-directory-symlink --no-same-owner --directory "$target"
  done
  # An absolute link would lead out of the folder.
  find "$target" -type l -lname '/*' -printf '%p\n%l\n' | while read -r link && read -r to; do
    ln -sfn "$(realpath -ms --relative-to "$(dirname "$link")" "$target$to")" "$link"
  done
}

# fetch_arm64 REGEX: the newest package whose whole name matches, alone; prints the path of its .deb file.
#   fetch_arm64 'linux-image-6\.1\.0-[0-9]+-arm64'
fetch_arm64() {
  local name folder=$arm64_folder/single
  name=$(arm64_apt apt-cache pkgnames | grep -Ex "$1" | sort -V | tail -n 1) || true
  [ -n "$name" ] || {
    echo "no arm64 package is called $1" >&2
    return 2
  }
  mkdir -p "$folder"
  find "$folder" -name "${name}_*.deb" -delete
  (cd "$folder" && arm64_apt apt-get download -qq "$name" >&2)
  echo "$folder/${name}"_*.deb
}
