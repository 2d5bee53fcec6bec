// Many small writes become few large transactions without a timer: while one batch is being committed, everything that
// arrives joins the next one. A second commit starts beside the first only when a full load waits already, so that the
// disk and the processors work at the same time. Used on one event loop's thread; the owner outlives every add().
#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/awaitable.hpp"
#include "runtime/metrics.hpp"

namespace postgres {

template <class Item>
class group_commit {
 public:
  // Makes all items durable in one transaction; may write an outcome into each.
  using commit = std::function<runtime::awaitable<>(std::vector<Item>&)>;

  group_commit(runtime::executor executor, std::size_t items_max, commit commit_all, runtime::histogram sizes)
      : executor_(std::move(executor)), items_max_(items_max), commit_all_(std::move(commit_all)), sizes_(sizes) {}

  // Completes when the item is durable, and gives it back with its outcome; throws what the commit threw. When a batch
  // of several fails, its items are tried once more one by one, so that one bad item cannot fail its neighbours.
  runtime::awaitable<Item> add(Item item) {
    if (open_.empty() || open_.back()->items.size() >= items_max_) open_.push_back(std::make_shared<batch>(executor_));
    const std::shared_ptr<batch> mine = open_.back();
    const std::size_t place = mine->items.size();
    mine->items.push_back(std::move(item));
    if (running_ == 0 || (running_ < running_max && mine->items.size() >= beside_min)) start();
    boost::system::error_code ignored;
    co_await mine->done.async_wait(boost::asio::redirect_error(runtime::use_awaitable, ignored));
    if (mine->error && mine->items.size() > 1) co_return co_await add_alone(std::move(mine->items[place]));
    if (mine->error) std::rethrow_exception(mine->error);
    co_return std::move(mine->items[place]);
  }

 private:
  struct batch {
    explicit batch(const runtime::executor& executor) : done(executor, runtime::timer::time_point::max()) {}
    std::vector<Item> items;
    runtime::timer done;  // never expires: cancel() wakes everyone who waits
    std::exception_ptr error;
  };

  runtime::awaitable<Item> add_alone(Item item) {
    std::vector<Item> one;
    one.push_back(std::move(item));
    co_await commit_all_(one);
    co_return std::move(one.front());
  }

  static constexpr int running_max = 3;
  static constexpr std::size_t beside_min = 48;

  void start() {
    ++running_;
    boost::asio::co_spawn(executor_, commit_batches(), boost::asio::detached);
  }

  runtime::awaitable<> commit_batches() {
    while (!open_.empty() && (running_ == 1 || open_.front()->items.size() >= beside_min)) {
      const std::shared_ptr<batch> full = std::move(open_.front());
      open_.erase(open_.begin());
      sizes_.observe(static_cast<double>(full->items.size()));
      try {
        co_await commit_all_(full->items);
      } catch (...) {
        full->error = std::current_exception();
      }
      full->done.cancel();
    }
    --running_;
  }

  runtime::executor executor_;
  const std::size_t items_max_;
  commit commit_all_;
  runtime::histogram sizes_;
  std::vector<std::shared_ptr<batch>> open_;  // the first is the next to be committed
  int running_ = 0;                           // commits under way
};

}  // namespace postgres
