// Control groups of containers, by what people call them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tracerec::record {

// Where container runtimes keep what is looked up. Tests name others.
struct ContainerPlaces {
  std::filesystem::path groups;                                 // the root of the control groups
  std::filesystem::path docker = "/var/lib/docker/containers";  // ID/config.v2.json has the name
  std::filesystem::path podman = "/var/lib/containers/storage/overlay-containers/containers.json";
};

// The groups that `name` means: the last name of one; a container's id, or its first 12 digits or more, in the groups
// of Docker, podman, containerd and CRI-O, with either driver of groups; the uid of a Kubernetes pod (with its dashes);
// or the name of a container of Docker or podman, where this user may read their files. Not those of podman's and
// CRI-O's monitors (conmon), and none inside of another that was found.
[[nodiscard]] std::vector<std::filesystem::path> container_groups(const ContainerPlaces& places,
                                                                  const std::string& name);

}  // namespace tracerec::record
