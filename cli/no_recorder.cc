// tracerec record and tracerec doctor of a build without the recorder (TRACEREC_WITH_BPF=OFF): they are not listed, and
// say what to do.
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"

namespace tracerec::cli {
namespace {

// Whatever comes after the command's name belongs to it, so that nothing else is complained of first.
void add_missing(CLI::App& app, const char* name, Action& action) {
  CLI::App* command = app.add_subcommand(name, "Not in this build")->group("")->prefix_command()->fallthrough(false);
  command->set_help_flag();
  auto ignored = std::make_shared<std::vector<std::string>>();
  command->add_option("arguments", *ignored);  // those after "--"
  command->callback([name, ignored, &action] {
    action = [name] {
      return fail({std::string("this build has no recorder, which ") + name +
                   " needs: use one that was built with -DTRACEREC_WITH_BPF=ON, the default"});
    };
  });
}

}  // namespace

void add_record(CLI::App& app, const Globals&, Action& action) {
  add_missing(app, "record", action);
}

void add_doctor(CLI::App& app, const Globals&, Action& action) {
  add_missing(app, "doctor", action);
}

}  // namespace tracerec::cli
