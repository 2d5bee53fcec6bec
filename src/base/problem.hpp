// What a client did wrong, or could not be given, as a value (RFC 9457 on the wire). A broken world (database gone,
// a bug) is an exception instead. Texts live in the message catalogues: here are only codes and the values for them.
#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace base {

// Decides the HTTP status; http/problem.cpp has the table.
enum class problem_kind : std::uint8_t {
  malformed,           // 400 the request cannot be read
  not_authenticated,   // 401
  forbidden,           // 403
  not_found,           // 404
  method_not_allowed,  // 405
  timed_out,           // 408 the client took too long to send
  conflict,            // 409 the current state does not allow it
  too_large,           // 413
  unsupported_media,   // 415
  invalid,             // 422 readable, but some values are wrong
  too_many_requests,   // 429
  header_too_large,    // 431
  internal,            // 500
  unavailable          // 503 try again
};

// Values for the placeholders of a message: {"maximum", "8"} fills "{maximum}".
using message_values = std::vector<std::pair<std::string, std::string>>;

// One wrong place: a JSON pointer ("/answers/0/question"), a query parameter or header ("?limit", "Idempotency-Key").
struct fault {
  std::string pointer;
  std::string code;  // in the catalogues as "fault.<code>"
  message_values values = {};
};

struct problem {
  problem_kind kind = problem_kind::internal;
  std::string code = "internal";  // stable, in the catalogues as "problem.<code>"
  message_values values = {};
  std::vector<fault> faults = {};
  std::chrono::seconds retry_after{0};  // 0: not said
};

template <class T = void>
using result = std::expected<T, problem>;

inline std::unexpected<problem> refuse(problem_kind kind, std::string code, message_values values = {}) {
  return std::unexpected(problem{.kind = kind, .code = std::move(code), .values = std::move(values)});
}

inline std::unexpected<problem> refuse(std::vector<fault> faults) {
  return std::unexpected(problem{.kind = problem_kind::invalid, .code = "invalid_fields", .faults = std::move(faults)});
}

}  // namespace base
