#include "identity/passwords.hpp"

#include <sodium.h>

#include <boost/asio/redirect_error.hpp>
#include <stdexcept>

#include "base/random.hpp"

namespace identity {
namespace {

constexpr int running_max = 2;  // of one address and worker at a time
constexpr std::size_t waiting_max = 100;

}  // namespace

hasher::hasher(password_settings s) : settings_(s), decoy_(hash(base::secret_bytes(16))) {}

std::string hasher::hash(const std::string& password) const {
  std::string text(crypto_pwhash_STRBYTES, '\0');
  const auto memory = static_cast<std::size_t>(settings_.memory_kib) * 1024;
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(),
                            static_cast<unsigned long long>(settings_.operations), memory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw std::runtime_error("not enough memory to hash a password");
  text.resize(text.find('\0'));
  return text;
}

bool hasher::matches(const std::string& hash, const std::string& password) const {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

// Gives the next of the same address its turn, whatever happens.
struct password_queue::turn {
  password_queue& queue;
  const std::string& address;
  ~turn() { queue.end_turn(address); }
};

runtime::awaitable<base::result<>> password_queue::wait_for_turn(std::string address) {
  line& mine = lines_[address];
  if (mine.running >= running_max) {
    if (mine.waiting.size() >= waiting_max)
      co_return std::unexpected(base::problem{.kind = base::problem_kind::too_many_requests,
                                              .code = "too_many_sign_ins",
                                              .values = {{"seconds", "5"}},
                                              .retry_after = std::chrono::seconds{5}});
    runtime::timer mine_to_go{loop_, runtime::timer::time_point::max()};
    mine.waiting.push_back(&mine_to_go);
    boost::system::error_code ignored;
    co_await mine_to_go.async_wait(boost::asio::redirect_error(runtime::use_awaitable, ignored));
    co_return base::result<>{};  // end_turn handed its place over
  }
  ++mine.running;
  co_return base::result<>{};
}

void password_queue::end_turn(const std::string& address) {
  const auto mine = lines_.find(address);
  if (!mine->second.waiting.empty()) {
    mine->second.waiting.front()->cancel();
    mine->second.waiting.pop_front();
  } else if (--mine->second.running == 0) {
    lines_.erase(mine);
  }
}

runtime::awaitable<base::result<bool>> password_queue::matches(std::string address, std::string hash,
                                                               std::string password) {
  const auto may_go = co_await wait_for_turn(address);
  if (!may_go) co_return std::unexpected(may_go.error());
  const turn mine{*this, address};
  co_return co_await threads_.run([&] { return hasher_.matches(hash, password); });
}

runtime::awaitable<base::result<std::string>> password_queue::hash(std::string address, std::string password) {
  const auto may_go = co_await wait_for_turn(address);
  if (!may_go) co_return std::unexpected(may_go.error());
  const turn mine{*this, address};
  co_return co_await threads_.run([&] { return hasher_.hash(password); });
}

}  // namespace identity
