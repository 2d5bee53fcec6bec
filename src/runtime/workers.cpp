#include "runtime/workers.hpp"

#include <exception>
#include <iterator>

#include "base/log.hpp"

namespace runtime {

workers::workers(int count) : loops_(static_cast<std::size_t>(count)) {}

workers::~workers() { stop(); }

boost::asio::io_context& workers::loop(std::size_t index) {
  return std::next(loops_.begin(), static_cast<std::ptrdiff_t>(index))->loop;
}

void workers::start() {
  for (auto& each : loops_) {
    threads_.emplace_back([&loop = each.loop] {
      for (;;) {
        try {
          loop.run();
          return;
        } catch (const std::exception& error) {  // a detached coroutine threw: the loop goes on without it
          base::log::error("event_loop_exception", {{"what", std::string_view(error.what())}});
        }
      }
    });
  }
}

void workers::stop() {
  for (auto& each : loops_) {
    each.work.reset();
    each.loop.stop();
  }
  threads_.clear();
}

}  // namespace runtime
