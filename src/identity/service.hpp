// The verbs of identity: sign in and out, people, organisations, roles. One a worker.
#pragma once
#include "identity/passwords.hpp"
#include "identity/sessions.hpp"
#include "identity/store.hpp"

namespace identity {

// Failed sign-ins within `window` until further ones are refused; success forgives.
struct sign_in_settings {
  int failures_per_account_and_address = 5;
  int failures_per_account = 50;
  int failures_per_address = 300;  // a whole plant may stand behind one address
  std::chrono::seconds window{900};
};

class service {
 public:
  service(postgres::pool& database, redis::client& redis, sessions& its_sessions, password_queue& passwords,
          const hasher& its_hasher, sign_in_settings settings)
      : database_(database),
        redis_(redis),
        sessions_(its_sessions),
        passwords_(passwords),
        hasher_(its_hasher),
        settings_(settings) {}

  runtime::awaitable<base::result<new_session>> sign_in(std::string account, std::string password, std::string address);
  runtime::awaitable<> sign_out(std::string token) { return sessions_.end(std::move(token)); }
  runtime::awaitable<> sign_out_everywhere(std::int64_t person_id) { return sessions_.end_all(person_id); }
  runtime::awaitable<base::result<>> change_password(const principal& who, std::string current, std::string fresh,
                                                     std::string address);

  runtime::awaitable<base::result<organisation>> create_organisation(const principal& who, new_organisation o);
  runtime::awaitable<base::result<organisation>> see_organisation(const principal& who, std::int64_t organisation_id);
  runtime::awaitable<std::vector<organisation>> children(std::int64_t organisation_id) {
    return children_of(database_, organisation_id);
  }

  runtime::awaitable<base::result<person>> create_person(const principal& who, new_person p, std::string password,
                                                         std::string address);
  runtime::awaitable<base::result<std::vector<person>>> list_people(const principal& who, std::int64_t organisation_id,
                                                                    std::int64_t after, std::int64_t limit);
  runtime::awaitable<base::result<>> change_role(const principal& who, std::int64_t person_id, role r,
                                                 std::int64_t organisation_id, bool holds_it);

  const session_settings& session() const { return sessions_.settings(); }

 private:
  runtime::awaitable<base::result<>> count_attempt(std::vector<std::string> keys);
  runtime::awaitable<> forgive(std::vector<std::string> keys);

  postgres::pool& database_;
  redis::client& redis_;
  sessions& sessions_;
  password_queue& passwords_;
  const hasher& hasher_;
  const sign_in_settings settings_;
};

}  // namespace identity
