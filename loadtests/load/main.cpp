// Makes HTTP load in a closed loop: so many connections, each with one request under way. Measures rate, latency,
// errors, the processor time of the servers it is told to watch, and its own; prints one JSON object.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "client.hpp"
#include "command.hpp"
#include "histogram.hpp"
#include "processor_time.hpp"
#include "workload.hpp"

namespace {

using std::chrono::steady_clock;

constexpr std::string_view usage = R"(load read|save [--NAME VALUE]...
load command [--watch NAME=PID]... -- PROGRAM WORD...
  --port N             of the server, on the loopback address
  --plan FILE          what to ask for: workload.hpp says how it is written
  --connections N      default 64
  --warm-up SECONDS    not measured; default 1
  --seconds SECONDS    measured; default 4
  --first-sequence N   save: where the sequence numbers begin; default 1
  --watch NAME=PID     measure the processor time of this process and those it started; may be repeated
`command` makes no load of its own: it measures while PROGRAM runs, whose output comes before the JSON.
)";

struct options {
  std::string kind;
  std::uint16_t port = 0;
  std::string plan;
  std::size_t connections = 64;
  double warm_up = 1, seconds = 4;
  std::uint64_t first_sequence = 1;
  std::map<std::string, pid_t> watched;
  std::vector<std::string> command;
};

options options_from(const std::vector<std::string>& words) {
  options made;
  if (words.empty()) throw std::invalid_argument("read, save or command?");
  made.kind = words[0];
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (words[i] == "--") {
      made.command.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " lacks its value");
    const std::string& name = words[i];
    const std::string& value = words[i + 1];
    const auto equals = value.find('=');
    if (name == "--port")
      made.port = static_cast<std::uint16_t>(std::stoul(value));
    else if (name == "--plan")
      made.plan = value;
    else if (name == "--connections")
      made.connections = std::stoul(value);
    else if (name == "--warm-up")
      made.warm_up = std::stod(value);
    else if (name == "--seconds")
      made.seconds = std::stod(value);
    else if (name == "--first-sequence")
      made.first_sequence = std::stoull(value);
    else if (name == "--watch" && equals != std::string::npos)
      made.watched[value.substr(0, equals)] = std::stoi(value.substr(equals + 1));
    else
      throw std::invalid_argument("what is " + name + " " + value + "?");
  }
  const bool sound = made.kind == "read" || made.kind == "save" || (made.kind == "command" && !made.command.empty());
  if (!sound) throw std::invalid_argument("read, save, or command with a program after --");
  return made;
}

// Processor seconds by name: of the watched processes, and of whoever made the load.
using processor_seconds = std::map<std::string, double>;

processor_seconds watched_times(const options& o) {
  processor_seconds times;
  for (const auto& [name, pid] : o.watched) times[name] = processor_seconds_of(pid);
  return times;
}

nlohmann::ordered_json difference(const processor_seconds& after, const processor_seconds& before) {
  nlohmann::ordered_json made = nlohmann::ordered_json::object();
  for (const auto& [name, used] : after) made[name] = used - before.at(name);
  return made;
}

class load {
 public:
  explicit load(const options& o)
      : options_(o),
        work_(o.kind == "save" ? make_saves(o.plan, o.connections, o.first_sequence)
                               : make_reads(o.plan, o.connections)),
        poll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < o.connections; ++i) {
      clients_.push_back(std::make_unique<client>(o.port));
      epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = i}};
      epoll_ctl(poll_, EPOLL_CTL_ADD, clients_.back()->descriptor(), &event);
    }
  }
  ~load() { close(poll_); }
  load(const load&) = delete;
  load& operator=(const load&) = delete;

  nlohmann::ordered_json run() {
    for (std::size_t i = 0; i < clients_.size(); ++i) ask(i);
    run_until(steady_clock::now() + duration_of(options_.warm_up));
    measuring_ = true;
    const auto begin = steady_clock::now();
    const auto used_before = processor_times();
    run_until(begin + duration_of(options_.seconds));
    const auto used_after = processor_times();
    const std::chrono::duration<double> window = steady_clock::now() - begin;
    measuring_ = false;
    finish();
    return report(window.count(), used_before, used_after);
  }

 private:
  static steady_clock::duration duration_of(double seconds) {
    return std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
  }

  processor_seconds processor_times() const {
    auto times = watched_times(options_);
    times["load"] = own_processor_seconds();
    return times;
  }

  void ask(std::size_t i) {
    clients_[i]->send(work_->next_request(i));
    ++under_way_;
  }

  void take(std::size_t i) {
    const auto got = clients_[i]->receive();
    if (!got) return;
    --under_way_;
    const bool good = work_->is_good(*got);
    good_ += good;
    if (measuring_ && good) latency_.record(steady_clock::now() - clients_[i]->sent_at());
    if (!good && bad_++ == 0) first_bad_ = fmt::format("{} {}", got->status, got->body);
    if (!finishing_) ask(i);
  }

  void step(int milliseconds) {
    std::array<epoll_event, 256> events;
    const int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < ready; ++i) take(events[static_cast<std::size_t>(i)].data.u64);
  }

  void run_until(steady_clock::time_point end) {
    while (steady_clock::now() < end) step(50);
  }

  // Every request gets its reply, so that what was acknowledged is known exactly.
  void finish() {
    finishing_ = true;
    const auto limit = steady_clock::now() + std::chrono::seconds{10};
    while (under_way_ > 0 && steady_clock::now() < limit) step(50);
    if (under_way_ > 0) throw std::runtime_error(fmt::format("{} requests got no reply within 10 s", under_way_));
  }

  nlohmann::ordered_json report(double seconds, const processor_seconds& before, const processor_seconds& after) const {
    const auto requests = static_cast<double>(latency_.total());
    return {{"seconds", seconds},
            {"requests", latency_.total()},
            {"per_second", requests / seconds},
            {"p50_us", latency_.quantile(0.50)},
            {"p99_us", latency_.quantile(0.99)},
            {"processor_seconds", difference(after, before)},
            {"good", good_},  // with those before and after the measured time
            {"bad", bad_},
            {"first_bad", first_bad_}};
  }

  const options options_;
  const std::unique_ptr<workload> work_;
  const int poll_;
  std::vector<std::unique_ptr<client>> clients_;
  histogram latency_;
  bool measuring_ = false, finishing_ = false;
  std::uint64_t under_way_ = 0, good_ = 0, bad_ = 0;
  std::string first_bad_;
};

nlohmann::ordered_json measured_command(const options& o) {
  auto before = watched_times(o);
  before["load"] = 0;
  const auto begin = steady_clock::now();
  const double used = run_command(o.command);
  const std::chrono::duration<double> window = steady_clock::now() - begin;
  auto after = watched_times(o);
  after["load"] = used;
  return {{"seconds", window.count()}, {"processor_seconds", difference(after, before)}};
}

nlohmann::ordered_json measured(const options& o) {
  if (o.kind == "command") return measured_command(o);
  load made{o};
  return made.run();
}

}  // namespace

int main(int count, char** words) {
  try {
    std::cout << measured(options_from({words + 1, words + count})).dump() << '\n';
    return 0;
  } catch (const std::invalid_argument& wrong) {
    std::cerr << "load: " << wrong.what() << "\n" << usage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "load: " << error.what() << '\n';
    return 1;
  }
}
