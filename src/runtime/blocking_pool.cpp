#include "runtime/blocking_pool.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace runtime {

namespace asio = boost::asio;

blocking_pool::blocking_pool(int threads, int queued_max)
    : queued_max_(queued_max), threads_(static_cast<std::size_t>(threads)) {}

blocking_pool::~blocking_pool() { threads_.join(); }

awaitable<> blocking_pool::execute(std::function<void()> job) {
  if (queued_.fetch_add(1) >= queued_max_) {
    queued_.fetch_sub(1);
    throw overloaded{};
  }
  auto start = [this, job = std::move(job)](auto handler) mutable {
    auto loop = asio::make_work_guard(asio::get_associated_executor(handler));
    asio::post(threads_, [this, job = std::move(job), handler = std::move(handler), loop = std::move(loop)]() mutable {
      std::exception_ptr error;
      try {
        job();
      } catch (...) {
        error = std::current_exception();
      }
      queued_.fetch_sub(1);
      asio::post(loop.get_executor(), asio::append(std::move(handler), error));
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<executor>, void(std::exception_ptr)>(std::move(start),
                                                                                               use_awaitable);
}

}  // namespace runtime
