// Runs one coroutine to its end and gives back what it returned, or throws what it threw. A loop must outlive every
// pool whose threads answer to it (they may still be busy waking it when the coroutine has ended): declare loops first.
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "runtime/awaitable.hpp"

template <class T>
T run(boost::asio::io_context& loop, runtime::awaitable<T> work) {
  std::exception_ptr error;
  loop.restart();
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr thrown) { error = thrown, loop.stop(); });
    loop.run();
    if (error) std::rethrow_exception(error);
  } else {
    std::optional<T> value;
    boost::asio::co_spawn(loop, std::move(work), [&](std::exception_ptr thrown, T made) {
      error = thrown;
      if (!thrown) value.emplace(std::move(made));
      loop.stop();
    });
    loop.run();
    if (error) std::rethrow_exception(error);
    return std::move(*value);
  }
}

template <class T>
T run(runtime::awaitable<T> work) {
  static boost::asio::io_context loop;
  return run(loop, std::move(work));
}
