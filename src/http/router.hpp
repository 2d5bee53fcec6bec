// Finds the handler for a path, calls it, and turns whatever goes wrong into its reply: the only `catch` of a request.
// Built once a worker; used on that worker's thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "runtime/awaitable.hpp"
#include "runtime/metrics.hpp"

namespace http {

// A handler may refer to the request until it has answered. Problems come out as
// std::bad_expected_access<base::problem>.
using handler = std::function<runtime::awaitable<response>(request&)>;

// What answers a route, and who may call it: "public", "signed_in" or the name of a permission.
struct endpoint {
  std::string access;
  handler answer;
};

struct route_facts {
  method verb;
  std::string pattern;
  std::string access;
};

class router {
 public:
  explicit router(runtime::metrics& metrics);
  ~router();

  // Patterns are "/api/attempts/{attempt_id}". Declared twice, or two names for one position: std::logic_error.
  void add(method verb, std::string_view pattern, endpoint answer);
  // GET for whatever no route takes: the pages of the client.
  void otherwise(handler answer) { otherwise_ = std::move(answer); }

  runtime::awaitable<response> respond(request& r) const;

  const std::vector<route_facts>& listing() const { return listing_; }

 private:
  struct target;
  struct node;
  const node* find(request& r) const;
  const target* target_of(const node& at, request& r) const;
  const handler& handler_for(request& r, const target*& found) const;

  runtime::metrics& metrics_;
  std::unique_ptr<node> root_;
  std::vector<route_facts> listing_;
  handler otherwise_;
};

}  // namespace http
