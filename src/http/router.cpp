#include "http/router.hpp"

#include <chrono>
#include <stdexcept>

#include "base/log.hpp"
#include "base/problem.hpp"
#include "http/problem.hpp"
#include "runtime/unavailable.hpp"

namespace http {
namespace {

// Calls visit(segment) for each segment of "/a/b"; stops when it returns false.
template <class Visit>
void each_segment(std::string_view path, Visit visit) {
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!visit(path.substr(begin, end - begin))) return;
    begin = end + 1;
  }
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

using refused = std::bad_expected_access<base::problem>;

const std::string status_classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};

}  // namespace

struct router::target {
  std::string pattern;
  handler answer;
  std::vector<runtime::counter> by_status;  // one a status class
  runtime::histogram seconds;
};

struct router::node {
  std::map<std::string, std::unique_ptr<node>, std::less<>> literals;
  std::unique_ptr<node> parameter;
  std::string parameter_name;
  std::map<method, target> targets;
};

router::router(runtime::metrics& metrics) : metrics_(metrics), root_(std::make_unique<node>()) {}
router::~router() = default;

void router::add(method verb, std::string_view pattern, endpoint answer) {
  node* at = root_.get();
  each_segment(pattern, [&](std::string_view segment) {
    if (is_parameter(segment)) {
      const std::string name{segment.substr(1, segment.size() - 2)};
      if (!at->parameter) {
        at->parameter = std::make_unique<node>();
        at->parameter_name = name;
      }
      if (at->parameter_name != name)
        throw std::logic_error("one name for each path position: " + std::string(pattern));
      at = at->parameter.get();
    } else {
      auto& child = at->literals[std::string(segment)];
      if (!child) child = std::make_unique<node>();
      at = child.get();
    }
    return true;
  });
  const runtime::metric_labels labels = {{"method", std::string(name_of(verb))}, {"route", std::string(pattern)}};
  target made{std::string(pattern),
              std::move(answer.answer),
              {},
              metrics_.observe("guildhall_http_request_seconds", "Time from the whole request to the reply.",
                               runtime::seconds_bounds, labels)};
  for (const auto& status : status_classes) {
    auto with_status = labels;
    with_status.emplace_back("status", status);
    made.by_status.push_back(metrics_.count("guildhall_http_requests_total", "Requests answered.", with_status));
  }
  if (!at->targets.emplace(verb, std::move(made)).second)
    throw std::logic_error("route declared twice: " + std::string(pattern));
  listing_.push_back({verb, std::string(pattern), std::move(answer.access)});
}

const router::node* router::find(request& r) const {
  const node* at = root_.get();
  each_segment(r.path, [&](std::string_view segment) {
    if (const auto literal = at->literals.find(segment); literal != at->literals.end()) {
      at = literal->second.get();
    } else if (at->parameter && !segment.empty()) {
      r.path_values.emplace_back(at->parameter_name, percent_decoded(segment));
      at = at->parameter.get();
    } else {
      at = nullptr;
    }
    return at != nullptr;
  });
  return at;
}

const router::target* router::target_of(const node& at, request& r) const {
  const auto found = at.targets.find(r.method == method::head ? method::get : r.method);
  if (found == at.targets.end()) {
    std::string allowed;
    for (const auto& [verb, unused] : at.targets) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(name_of(verb));
      if (verb == method::get) allowed += ", HEAD";
    }
    throw refused({.kind = base::problem_kind::method_not_allowed,
                   .code = "method_not_allowed",
                   .values = {{"allowed", allowed}}});
  }
  r.route = found->second.pattern;
  return &found->second;
}

const handler& router::handler_for(request& r, const target*& found) const {
  if (const node* at = find(r); at && !at->targets.empty()) {
    found = target_of(*at, r);
    return found->answer;
  }
  r.path_values.clear();
  const bool page = otherwise_ && (r.method == method::get || r.method == method::head);
  if (!page) throw refused({.kind = base::problem_kind::not_found, .code = "not_found"});
  return otherwise_;
}

runtime::awaitable<response> router::respond(request& r) const {
  const auto begin = std::chrono::steady_clock::now();
  const target* found = nullptr;
  response reply;
  base::problem wrong;
  bool answered = false;
  try {
    reply = co_await handler_for(r, found)(r);
    answered = true;
  } catch (const refused& no) {
    wrong = no.error();
  } catch (const runtime::unavailable& error) {
    base::log::warning("unavailable",
                       {{"request_id", std::string_view(r.id)}, {"what", std::string_view(error.what())}});
    wrong = {.kind = base::problem_kind::unavailable, .code = "unavailable", .retry_after = std::chrono::seconds{1}};
  } catch (const std::exception& error) {
    base::log::error(
        "internal",
        {{"request_id", std::string_view(r.id)}, {"route", r.route}, {"what", std::string_view(error.what())}});
  }
  if (!answered) reply = to_response(wrong, r);
  if (found) {
    found->seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    found->by_status[static_cast<std::size_t>(reply.status / 100 - 1)].add();
  }
  co_return reply;
}

}  // namespace http
