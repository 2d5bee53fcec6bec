// Reads input field by field and collects every fault instead of stopping at the first one. Reading never fails: a
// wrong field yields a default, and finish() refuses the whole with all faults. Fields nobody asked for are faults too.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/time.hpp"
#include "http/message.hpp"

namespace http {

// A JSON object in the body of a request, or of a file.
class fields {
 public:
  explicit fields(const request& r);  // needs Content-Type application/json
  explicit fields(std::string_view document);
  ~fields();

  // Text is trimmed of nothing and counted in characters; an empty one is a fault.
  std::string text(std::string_view name, std::size_t characters_max);
  std::optional<std::string> optional_text(std::string_view name, std::size_t characters_max);
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min, std::int64_t max);
  bool boolean(std::string_view name, bool otherwise);
  std::string one_of(std::string_view name, std::span<const std::string_view> allowed);
  std::optional<std::string> optional_one_of(std::string_view name, std::span<const std::string_view> allowed);
  base::time_point time(std::string_view name);
  nlohmann::json value(std::string_view name);     // any JSON, null where absent (a fault)
  nlohmann::json nullable(std::string_view name);  // the same, where null is a value of its own

  std::vector<std::string> texts(std::string_view name, std::size_t count_max, std::size_t characters_max);
  // Calls read(item) for each object of a list of 1 to count_max.
  void list(std::string_view name, std::size_t count_max, const std::function<void(fields& item)>& read);

  // Calls read(member) for an object within this one.
  void object(std::string_view name, const std::function<void(fields& member)>& read);
  bool has(std::string_view name) const;

  // A fault that only the route can see; `name` may be empty for the object itself.
  void fail(std::string_view name, std::string code, base::message_values values = {});

  base::result<> finish();

 private:
  struct state;
  fields(std::shared_ptr<state> shared, const nlohmann::json& object, std::string pointer);
  void take(std::string_view document);
  const nlohmann::json* find(std::string_view name, bool required);
  void read_object(const nlohmann::json& value, std::string pointer, const std::function<void(fields&)>& read);
  void refuse_unknown();

  std::shared_ptr<state> state_;
  const nlohmann::json* object_ = nullptr;
  std::string pointer_;
  std::vector<std::string_view> known_;
};

// The query of a request; pointers are "?name".
class query_fields {
 public:
  explicit query_fields(const request& r);
  std::optional<std::string> text(std::string_view name, std::size_t characters_max);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::string> one_of(std::string_view name, std::span<const std::string_view> allowed);
  std::int64_t limit();   // page size: 1 to 200, 50 where absent
  std::int64_t cursor();  // for pages in the order of ids: the last id of the page before, 0 where absent
  base::result<> finish();

 private:
  std::optional<std::string> take(std::string_view name);
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<std::string_view> known_;
  std::vector<base::fault> faults_;
};

// The number in a path; what is no number is simply not found.
base::result<std::int64_t> path_number(const request& r, std::string_view name);

// The Idempotency-Key header (1 to 64 visible ASCII characters), which a retryable POST must carry.
base::result<std::string> idempotency_key(const request& r);

}  // namespace http
