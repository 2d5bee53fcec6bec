// Runs blocking libpqxx work on its own threads and resumes the waiting coroutine on its own event loop. Any thread.
//
// A broken world comes out as runtime::unavailable (database gone, statement timed out, queue full: try again) or as
// another exception (a bug). A transaction whose commit was interrupted may or may not be there: callers make their
// writes repeatable.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "runtime/blocking_pool.hpp"
#include "runtime/metrics.hpp"

namespace postgres {

struct settings {
  std::string connection;  // libpq's key words or URI, without a password in it where a password file serves
  int connections = 4;
  int queued_max = 4096;
  std::chrono::milliseconds statement_timeout{5000};
  std::chrono::milliseconds lock_timeout{2000};
};

// Declares prepared statements for a new connection; one function a store.
using prepare_statements = std::function<void(pqxx::connection&)>;

// Opens a connection with the settings' timeouts.
std::unique_ptr<pqxx::connection> connect(const settings& s);

class pool {
 public:
  pool(settings s, std::vector<prepare_statements> prepare, runtime::metrics& metrics);
  ~pool();  // finishes queued work, then joins

  // Runs `work(pqxx::transaction_base&)` in one read-committed transaction and commits it. Serialization failures,
  // deadlocks and a reused connection that turns out dead before its first statement are tried again, so `work` must
  // have no effect outside the transaction. It may refer to the caller's locals.
  template <class Work>
  auto write(Work work) -> runtime::awaitable<std::invoke_result_t<Work&, pqxx::transaction_base&>> {
    return run<Work>(std::move(work), mode::write);
  }

  // The same for a single statement that only reads: no BEGIN and COMMIT around it.
  template <class Work>
  auto read(Work work) -> runtime::awaitable<std::invoke_result_t<Work&, pqxx::transaction_base&>> {
    return run<Work>(std::move(work), mode::read);
  }

  // For commands: on the calling thread.
  void write_now(const std::function<void(pqxx::transaction_base&)>& work);

  int queued() const;

 private:
  enum class mode : std::uint8_t { read, write };
  using job = std::function<void(pqxx::transaction_base&)>;

  template <class Work>
  auto run(Work work, mode how) -> runtime::awaitable<std::invoke_result_t<Work&, pqxx::transaction_base&>> {
    using value = std::invoke_result_t<Work&, pqxx::transaction_base&>;
    if constexpr (std::is_void_v<value>) {
      job plain = [&work](pqxx::transaction_base& transaction) { work(transaction); };
      co_await execute(std::move(plain), how);
    } else {
      std::optional<value> result;
      job plain = [&work, &result](pqxx::transaction_base& transaction) { result.emplace(work(transaction)); };
      co_await execute(std::move(plain), how);
      co_return std::move(*result);
    }
  }

  runtime::awaitable<> execute(job work, mode how);
  void run_now(const job& work, mode how);

  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace postgres
