#include "postgres/pool.hpp"

#include <fmt/format.h>

#include <mutex>

#include "base/log.hpp"

namespace postgres {

struct pool::state {
  state(settings its_settings, std::vector<prepare_statements> its_prepare, runtime::metrics& metrics)
      : options(std::move(its_settings)),
        prepare(std::move(its_prepare)),
        seconds(metrics.observe("guildhall_postgres_job_seconds", "Time of one database job on its thread.",
                                runtime::seconds_bounds)),
        failures(metrics.count("guildhall_postgres_failures_total", "Database jobs that failed.")),
        reconnects(metrics.count("guildhall_postgres_connections_total", "Connections opened.")),
        threads(options.connections, options.queued_max) {
    metrics.gauge("guildhall_postgres_queued", "Database jobs that wait or run.", {},
                  [this] { return static_cast<double>(threads.queued()); });
  }

  // `reused` tells that the connection may have died since its last use.
  std::unique_ptr<pqxx::connection> take(bool& reused) {
    {
      const std::lock_guard lock{mutex};
      if (!idle.empty()) {
        auto connection = std::move(idle.back());
        idle.pop_back();
        reused = true;
        return connection;
      }
    }
    reused = false;
    auto connection = connect(options);
    for (const auto& declare : prepare) declare(*connection);
    reconnects.add();
    return connection;
  }

  void give_back(std::unique_ptr<pqxx::connection> connection) {
    const std::lock_guard lock{mutex};
    idle.push_back(std::move(connection));
  }

  const settings options;
  const std::vector<prepare_statements> prepare;
  runtime::histogram seconds;
  runtime::counter failures, reconnects;
  std::mutex mutex;
  std::vector<std::unique_ptr<pqxx::connection>> idle;
  runtime::blocking_pool threads;  // last: joined before the rest is destroyed
};

namespace {

constexpr int tries_max = 4;

// The server said no because of what it is going through, not because of what was asked.
bool is_passing(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  return state.starts_with("57") || state.starts_with("53") || state.starts_with("08") || state == "55P03" ||
         state == "25006";
}

}  // namespace

std::unique_ptr<pqxx::connection> connect(const settings& s) {
  const auto options = fmt::format(
      "{} connect_timeout=3 application_name=guildhall options='-c statement_timeout={} -c lock_timeout={} -c "
      "idle_in_transaction_session_timeout=10000 -c timezone=UTC'",
      s.connection, s.statement_timeout.count(), s.lock_timeout.count());
  try {
    auto connection = std::make_unique<pqxx::connection>(options);
    connection->set_client_encoding("UTF8");
    return connection;
  } catch (const pqxx::broken_connection& error) {
    throw runtime::unavailable(std::string("postgres: ") + error.what());
  }
}

pool::pool(settings s, std::vector<prepare_statements> prepare, runtime::metrics& metrics)
    : state_(std::make_unique<state>(std::move(s), std::move(prepare), metrics)) {}

pool::~pool() = default;

int pool::queued() const { return state_->threads.queued(); }

void pool::run_now(const job& work, mode how) {
  for (int attempt = 1;; ++attempt) {
    bool reused = false, begun = false;
    auto connection = state_->take(reused);
    try {
      if (how == mode::write) {
        pqxx::work transaction{*connection};
        transaction.exec0("SELECT WHERE false");  // shows a dead connection before the work has begun
        begun = true;
        work(transaction);
        transaction.commit();
      } else {
        pqxx::nontransaction plain{*connection};
        work(plain);
      }
      return state_->give_back(std::move(connection));
    } catch (const pqxx::broken_connection& error) {  // the connection is dropped
      const bool harmless = reused && (how == mode::read || !begun);
      if (!harmless || attempt == tries_max) throw runtime::unavailable(std::string("postgres: ") + error.what());
    } catch (const pqxx::transaction_rollback&) {  // serialization failure or deadlock
      state_->give_back(std::move(connection));
      if (attempt == tries_max) throw;
    } catch (const pqxx::sql_error& error) {
      if (connection->is_open() && !error.sqlstate().starts_with("57P")) state_->give_back(std::move(connection));
      const bool dying = error.sqlstate().starts_with("57P") && reused && (how == mode::read || !begun);
      if (dying && attempt < tries_max) continue;
      if (is_passing(error)) throw runtime::unavailable(std::string("postgres: ") + error.what());
      throw;
    } catch (...) {
      if (connection->is_open()) state_->give_back(std::move(connection));
      throw;
    }
  }
}

runtime::awaitable<> pool::execute(job work, mode how) {
  co_await state_->threads.run([this, work = std::move(work), how] {
    const auto begin = std::chrono::steady_clock::now();
    try {
      run_now(work, how);
    } catch (...) {
      state_->failures.add();
      throw;
    }
    state_->seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  });
}

void pool::write_now(const std::function<void(pqxx::transaction_base&)>& work) { run_now(work, mode::write); }

}  // namespace postgres
