// One event loop a thread. Whatever is created for a loop is used on its thread alone, so it needs no locks.
#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <thread>
#include <vector>

namespace runtime {

class workers {
 public:
  explicit workers(int count);
  ~workers();  // stop() and join

  std::size_t count() const { return loops_.size(); }
  boost::asio::io_context& loop(std::size_t index);

  void start();  // returns at once; the loops run on threads of their own
  void stop();   // stops the loops and joins; drain what matters before

 private:
  struct worker {
    boost::asio::io_context loop{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
  };
  std::list<worker> loops_;
  std::vector<std::jthread> threads_;
};

}  // namespace runtime
