#include <mutex>

#include "bank/store.hpp"
#include "base/log.hpp"
#include "postgres/pool.hpp"

namespace bank {
namespace {

std::shared_ptr<const image> loaded(pqxx::transaction_base& transaction) {
  // An import commits its release with its rows, so the same newest release before and after means that none came
  // between.
  for (;;) {
    const auto release_id = store::newest_release(transaction);
    auto outlines = store::outlines(transaction);
    auto rows = store::published(transaction);
    if (store::newest_release(transaction) == release_id)
      return image_builder::built(release_id, std::move(outlines), std::move(rows));
  }
}

}  // namespace

struct library::state {
  explicit state(postgres::pool& its_database) : database(its_database) {}
  postgres::pool& database;
  std::mutex mutex;
  std::shared_ptr<const image> newest =
      std::make_shared<const image>();  // nothing is published before the first refresh
};

library::library(postgres::pool& database) : state_(std::make_unique<state>(database)) {}
library::~library() = default;

std::shared_ptr<const image> library::current() const {
  const std::lock_guard lock{state_->mutex};
  return state_->newest;
}

runtime::awaitable<> library::refresh() {
  const auto release_id = co_await state_->database.read(
      [](pqxx::transaction_base& transaction) { return store::newest_release(transaction); });
  if (release_id <= current()->release_id) co_return;
  const auto made =
      co_await state_->database.read([](pqxx::transaction_base& transaction) { return loaded(transaction); });
  {
    const std::lock_guard lock{state_->mutex};
    if (made->release_id > state_->newest->release_id) state_->newest = made;
  }
  base::log::info("bank_loaded",
                  {{"release_id", made->release_id}, {"outlines", static_cast<std::int64_t>(made->outlines().size())}});
}

runtime::awaitable<std::vector<question_version>> library::versions(std::vector<std::int64_t> version_ids) const {
  auto found = co_await state_->database.read(
      [&](pqxx::transaction_base& transaction) { return store::versions(transaction, version_ids); });
  co_return found;
}

}  // namespace bank
