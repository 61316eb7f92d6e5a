// Names of containers as people have them, in folders as the runtimes make them.
#include "record/container_group.h"

#include <gtest/gtest.h>

#include "testing/temp_dir.h"

namespace tracerec::record {
namespace {

namespace fs = std::filesystem;

const std::string kDocker = "3f2a9c1b7d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcd";
const std::string kPodman = "aa11bb22cc33dd44ee55ff66778899aabbccddeeff00112233445566778899aa";
const std::string kCri = "bb11bb22cc33dd44ee55ff66778899aabbccddeeff00112233445566778899aa";
const std::string kCrio = "cc11bb22cc33dd44ee55ff66778899aabbccddeeff00112233445566778899aa";

class ContainerGroup : public ::testing::Test {
 protected:
  ContainerGroup() {
    places_ = {folder_.file("cgroup"), folder_.file("docker"), folder_.file("containers.json")};
    for (const std::string& group : {
             "system.slice/docker-" + kDocker + ".scope/init",
             "machine.slice/libpod-" + kPodman + ".scope",
             "machine.slice/libpod-conmon-" + kPodman + ".scope",
             "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1b4e28ba_2fa1_11d2_883f_0016d3cca427.slice/"
             "cri-containerd-" +
                 kCri + ".scope",
             "kubepods/besteffort/pod2c4e28ba-2fa1-11d2-883f-0016d3cca427/" + kCrio,
             "kubepods/besteffort/pod2c4e28ba-2fa1-11d2-883f-0016d3cca427/crio-conmon-" + kCrio + ".scope",
             std::string("system.slice/web.service"),
         }) {
      fs::create_directories(places_.groups / group);
    }
  }

  void name_in_docker(const std::string& id, const std::string& config) const {
    fs::create_directories(places_.docker / id);
    testing::write_whole_file((places_.docker / id / "config.v2.json").string(), config);
  }

  [[nodiscard]] std::vector<std::string> found(const std::string& name) const {
    std::vector<std::string> names;
    for (const fs::path& path : container_groups(places_, name)) names.push_back(path.filename().string());
    return names;
  }

  testing::TempDir folder_;
  ContainerPlaces places_;
};

using Names = std::vector<std::string>;

TEST_F(ContainerGroup, ById) {
  EXPECT_EQ(found(kDocker.substr(0, 12)), Names{"docker-" + kDocker + ".scope"});
  EXPECT_EQ(found(kPodman.substr(0, 12)), Names{"libpod-" + kPodman + ".scope"}) << "not its monitor";
  EXPECT_EQ(found(kCri), Names{"cri-containerd-" + kCri + ".scope"});
  EXPECT_EQ(found(kCrio), Names{kCrio});
  EXPECT_EQ(found(kDocker.substr(0, 11)), Names{}) << "too short to be meant";
}

TEST_F(ContainerGroup, ByTheLastNameOfTheGroup) {
  EXPECT_EQ(found("web.service"), Names{"web.service"});
  EXPECT_EQ(found("web.serv"), Names{});
}

TEST_F(ContainerGroup, ByTheUidOfAPod) {
  EXPECT_EQ(found("1b4e28ba-2fa1-11d2-883f-0016d3cca427"),
            Names{"kubepods-burstable-pod1b4e28ba_2fa1_11d2_883f_0016d3cca427.slice"});
  EXPECT_EQ(found("2c4e28ba-2fa1-11d2-883f-0016d3cca427"), Names{"pod2c4e28ba-2fa1-11d2-883f-0016d3cca427"});
}

TEST_F(ContainerGroup, ByTheNameInDocker) {
  name_in_docker("0000", "not json");
  name_in_docker("1111", R"({"Name":["/web"]})");
  name_in_docker(kDocker, R"({"ID":"x","Name":"/web"})");
  EXPECT_EQ(found("web"), Names{"docker-" + kDocker + ".scope"});
  EXPECT_EQ(found("other"), Names{});
}

TEST_F(ContainerGroup, ByTheNameInPodman) {
  testing::write_whole_file(places_.podman.string(), R"([1,{"id":5,"names":["db"]},{"id":"x","names":"db"},{"id":")" +
                                                         kPodman + R"(","names":["other","db"]}])");
  EXPECT_EQ(found("other"), Names{"libpod-" + kPodman + ".scope"});
}

TEST_F(ContainerGroup, BrokenFilesOfARuntimeNameNothing) {
  testing::write_whole_file(places_.podman.string(), "{\"names\":");
  EXPECT_EQ(found("web"), Names{});
}

}  // namespace
}  // namespace tracerec::record
