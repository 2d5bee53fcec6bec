#include "processor_time.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct process {
  pid_t pid = 0;
  pid_t parent = 0;
  double seconds = 0;  // its own and those of children that have ended
};

// False when the process has gone meanwhile.
bool read_process(const std::filesystem::path& folder, process& into) {
  std::ifstream file{folder / "stat"};
  std::string line;
  if (!std::getline(file, line)) return false;
  std::istringstream fields{line.substr(line.rfind(')') + 2)};  // a name may hold blanks and brackets
  std::string state, skipped;
  long user = 0, system = 0, user_of_ended = 0, system_of_ended = 0;
  fields >> state >> into.parent;
  for (int field = 5; field <= 13; ++field) fields >> skipped;
  fields >> user >> system >> user_of_ended >> system_of_ended;
  into.seconds =
      static_cast<double>(user + system + user_of_ended + system_of_ended) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return !fields.fail();
}

std::vector<process> all_processes() {
  std::vector<process> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    process one;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), one.pid);
    if (parsed.ec == std::errc{} && read_process(entry.path(), one)) found.push_back(one);
  }
  return found;
}

double seconds_below(pid_t root, const std::vector<process>& processes) {
  double seconds = 0;
  for (const auto& one : processes) {
    if (one.pid == root) seconds += one.seconds;
    if (one.parent == root) seconds += seconds_below(one.pid, processes);
  }
  return seconds;
}

double seconds_of(int whose) {
  rusage used{};
  getrusage(whose, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

double processor_seconds_of(pid_t root) { return seconds_below(root, all_processes()); }
double own_processor_seconds() { return seconds_of(RUSAGE_THREAD); }
double processor_seconds_of_ended_children() { return seconds_of(RUSAGE_CHILDREN); }
