// Threads for work that blocks or burns CPU (SQL, password hashing): a coroutine hands over a job and is resumed on its
// own event loop when the job is done. The queue is bounded: what does not fit is refused at once with `overloaded`.
#pragma once
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>
#include <type_traits>

#include "runtime/awaitable.hpp"
#include "runtime/unavailable.hpp"

namespace runtime {

struct overloaded : unavailable {
  overloaded() : unavailable("too many jobs are waiting") {}
};

class blocking_pool {
 public:
  blocking_pool(int threads, int queued_max);
  ~blocking_pool();  // finishes queued jobs, then joins
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;

  // Runs `work()` on a thread of the pool; throws what it throws, or overloaded. `work` may refer to the caller's
  // locals: the caller is suspended until it is done.
  template <class Work>
  auto run(Work work) -> awaitable<std::invoke_result_t<Work&>> {
    using value = std::invoke_result_t<Work&>;
    if constexpr (std::is_void_v<value>) {
      std::function<void()> job = [&work] { work(); };
      co_await execute(std::move(job));
    } else {
      std::optional<value> result;
      std::function<void()> job = [&work, &result] { result.emplace(work()); };
      co_await execute(std::move(job));
      co_return std::move(*result);
    }
  }

  int queued() const { return queued_.load(std::memory_order_relaxed); }

 private:
  awaitable<> execute(std::function<void()> job);

  std::atomic<int> queued_ = 0;
  const int queued_max_;
  boost::asio::thread_pool threads_;
};

}  // namespace runtime
