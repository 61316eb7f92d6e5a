# Sourced by scripts/arm64 and scripts/kernels: Debian's packages of any architecture, fetched and not installed. apt works
# on lists and a state of its own in which nothing is installed, so that the machine's packages and architectures stay
# as they are; the sources and their keys are the machine's. No root needed.

# debian_prepare FOLDER ARCHITECTURE: makes FOLDER ready for the functions below and reads the sources' lists.
debian_prepare() {
  debian_folder=$1
  mkdir -p "$1"/sources "$1"/lists/partial "$1"/cache/archives/partial
  : >"$1/status"
  cat >"$1/apt.conf" <<EOF
APT::Architecture "$2";
APT::Architectures { "$2"; };
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
  debian_apt apt-get update -qq
}

# debian_apt apt-get|apt-cache ARGUMENTS…
debian_apt() { "$1" -c "$debian_folder/apt.conf" "${@:2}"; }

# debian_unpack FOLDER NAME…: the packages and all that they depend on, unpacked into FOLDER, which is new, as a system
# with a merged /usr has them. No script of theirs is run.
debian_unpack() {
  local target=$1 deb link
  shift
  debian_apt apt-get clean
  debian_apt apt-get install -qq --download-only "$@" >/dev/null
  for link in bin lib sbin; do
    mkdir -p "$target/usr/$link"
    ln -s "usr/$link" "$target/$link"
  done
  for deb in "$debian_folder"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar --extract --keep-directory-symlink --no-same-owner --directory "$target"
  done
  # An absolute link would lead out of the folder.
  find "$target" -type l -lname '/*' -printf '%p\n%l\n' | while read -r link && read -r to; do
    ln -sfn "$(realpath -ms --relative-to "$(dirname "$link")" "$target$to")" "$link"
  done
}

# debian_fetch REGEX: the newest package whose whole name matches, alone; prints the path of its .deb file. One that was
# fetched before is not fetched again.
#   debian_fetch 'linux-image-6\.1\.0-[0-9]+-arm64'
debian_fetch() {
  local name file folder=$debian_folder/single
  name=$(debian_apt apt-cache pkgnames | grep -Ex "$1" | sort -V | tail -n 1) || true
  [ -n "$name" ] || {
    echo "no package of Debian is called $1" >&2
    return 2
  }
  mkdir -p "$folder"
  file=$(debian_apt apt-get download --print-uris "$name" | awk '{ print $2 }')
  [ -e "$folder/$file" ] || (cd "$folder" && debian_apt apt-get download -qq "$name" >&2)
  echo "$folder/$file"
}
