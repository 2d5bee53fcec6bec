// The one kind of coroutine of this project: it runs on the event loop of one worker thread and stays there.
// The concrete executor type saves the indirection of any_io_executor on every suspension.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace runtime {

using executor = boost::asio::io_context::executor_type;

template <class T = void>
using awaitable = boost::asio::awaitable<T, executor>;

inline constexpr boost::asio::use_awaitable_t<executor> use_awaitable{};

using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

}  // namespace runtime
