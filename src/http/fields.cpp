#include "http/fields.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "http/json.hpp"

namespace http {
namespace {

using nlohmann::json;

const json no_object = json::object();

// RFC 6901: "~" and "/" inside a name are escaped.
std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (const auto word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

base::message_values between(std::int64_t min, std::int64_t max) {
  return {{"minimum", std::to_string(min)}, {"maximum", std::to_string(max)}};
}

bool is_json(const request& r) {
  const auto type = r.header("content-type");
  return type.substr(0, type.find(';')) == "application/json";
}

}  // namespace

struct fields::state {
  json body;
  std::vector<base::fault> faults;
  std::optional<base::problem> unreadable;
};

fields::fields(const request& r) : state_(std::make_shared<state>()), object_(&no_object) {
  if (is_json(r))
    take(r.body);
  else
    state_->unreadable = base::problem{.kind = base::problem_kind::unsupported_media, .code = "json_expected"};
}

fields::fields(std::string_view document) : state_(std::make_shared<state>()), object_(&no_object) { take(document); }

void fields::take(std::string_view document) {
  auto body = parsed(document);
  if (!body || !body->is_object()) {
    state_->unreadable =
        base::problem{.kind = base::problem_kind::malformed, .code = body ? "object_expected" : "malformed_json"};
    return;
  }
  state_->body = std::move(*body);
  object_ = &state_->body;
}

fields::fields(std::shared_ptr<state> shared, const json& object, std::string pointer)
    : state_(std::move(shared)), object_(&object), pointer_(std::move(pointer)) {}

fields::~fields() = default;

void fields::fail(std::string_view name, std::string code, base::message_values values) {
  state_->faults.push_back(
      {name.empty() ? pointer_ : pointer_ + "/" + escaped(name), std::move(code), std::move(values)});
}

const json* fields::find(std::string_view name, bool required) {
  known_.push_back(name);
  const auto found = object_->find(name);
  const bool present = found != object_->end() && !found->is_null();
  if (!present && required) fail(name, "required");
  return present ? &*found : nullptr;
}

std::optional<std::string> fields::optional_text(std::string_view name, std::size_t characters_max) {
  const auto* value = find(name, false);
  if (!value) return {};
  if (!value->is_string()) {
    fail(name, "text_expected");
    return {};
  }
  const auto& text = value->get_ref<const std::string&>();
  const std::size_t length = base::length_of(text);
  if (length < 1 || length > characters_max)
    fail(name, "length", between(1, static_cast<std::int64_t>(characters_max)));
  if (text.find('\0') != std::string::npos) fail(name, "null_character");
  return text;
}

std::string fields::text(std::string_view name, std::size_t characters_max) {
  if (!find(name, true)) return {};
  return optional_text(name, characters_max).value_or("");
}

std::optional<std::int64_t> fields::optional_integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const auto* value = find(name, false);
  if (!value) return {};
  if (!value->is_number_integer()) {
    fail(name, "integer_expected");
    return {};
  }
  const bool too_large =
      value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  const auto number = too_large ? INT64_MAX : value->get<std::int64_t>();
  if (number < min || number > max) {
    fail(name, "range", between(min, max));
    return {};
  }
  return number;
}

std::int64_t fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  if (!find(name, true)) return min;
  return optional_integer(name, min, max).value_or(min);
}

bool fields::boolean(std::string_view name, bool otherwise) {
  const auto* value = find(name, false);
  if (!value) return otherwise;
  if (!value->is_boolean()) fail(name, "boolean_expected");
  return value->is_boolean() ? value->get<bool>() : otherwise;
}

std::optional<std::string> fields::optional_one_of(std::string_view name, std::span<const std::string_view> allowed) {
  const auto* value = find(name, false);
  if (!value) return {};
  if (value->is_string() && std::ranges::find(allowed, value->get_ref<const std::string&>()) != allowed.end())
    return value->get<std::string>();
  fail(name, "one_of", {{"allowed", joined(allowed)}});
  return {};
}

std::string fields::one_of(std::string_view name, std::span<const std::string_view> allowed) {
  if (!find(name, true)) return std::string(allowed.front());
  return optional_one_of(name, allowed).value_or(std::string(allowed.front()));
}

base::time_point fields::time(std::string_view name) {
  const auto* value = find(name, true);
  if (!value) return {};
  const auto time = value->is_string() ? base::from_iso(value->get_ref<const std::string&>()) : std::nullopt;
  if (!time) fail(name, "time_expected");
  return time.value_or(base::time_point{});
}

json fields::value(std::string_view name) {
  const auto* value = find(name, true);
  return value ? *value : json{};
}

json fields::nullable(std::string_view name) {
  const auto* value = find(name, !has(name));
  return value ? *value : json{};
}

std::vector<std::string> fields::texts(std::string_view name, std::size_t count_max, std::size_t characters_max) {
  std::vector<std::string> out;
  const auto* value = find(name, true);
  if (!value) return out;
  if (!value->is_array() || value->empty() || value->size() > count_max) {
    fail(name, "list_expected", between(1, static_cast<std::int64_t>(count_max)));
    return out;
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    const auto& item = (*value)[i];
    const auto at = std::string(name) + "/" + std::to_string(i);
    if (!item.is_string()) {
      state_->faults.push_back({pointer_ + "/" + at, "text_expected"});
      continue;
    }
    const std::size_t length = base::length_of(item.get_ref<const std::string&>());
    if (length < 1 || length > characters_max)
      state_->faults.push_back({pointer_ + "/" + at, "length", between(1, static_cast<std::int64_t>(characters_max))});
    out.push_back(item.get<std::string>());
  }
  return out;
}

void fields::list(std::string_view name, std::size_t count_max, const std::function<void(fields&)>& read) {
  const auto* value = find(name, true);
  if (!value) return;
  if (!value->is_array() || value->empty() || value->size() > count_max)
    return fail(name, "list_expected", between(1, static_cast<std::int64_t>(count_max)));
  for (std::size_t i = 0; i < value->size(); ++i)
    read_object((*value)[i], pointer_ + "/" + escaped(name) + "/" + std::to_string(i), read);
}

void fields::object(std::string_view name, const std::function<void(fields&)>& read) {
  if (const auto* value = find(name, true)) read_object(*value, pointer_ + "/" + escaped(name), read);
}

bool fields::has(std::string_view name) const { return object_->contains(name); }

void fields::read_object(const json& value, std::string pointer, const std::function<void(fields&)>& read) {
  fields inner{state_, value.is_object() ? value : no_object, std::move(pointer)};
  if (!value.is_object()) return inner.fail("", "object_expected");
  read(inner);
  inner.refuse_unknown();
}

void fields::refuse_unknown() {
  for (const auto& [name, unused] : object_->items())
    if (std::ranges::find(known_, name) == known_.end()) fail(name, "unknown");
}

base::result<> fields::finish() {
  if (state_->unreadable) return std::unexpected(*state_->unreadable);
  refuse_unknown();
  if (!state_->faults.empty()) return base::refuse(std::move(state_->faults));
  return {};
}

query_fields::query_fields(const request& r) : values_(r.query_values()) {}

std::optional<std::string> query_fields::take(std::string_view name) {
  known_.push_back(name);
  std::optional<std::string> found;
  for (const auto& [key, value] : values_) {
    if (key != name) continue;
    if (found) faults_.push_back({"?" + std::string(name), "repeated"});
    found = value;
  }
  return found;
}

std::optional<std::string> query_fields::text(std::string_view name, std::size_t characters_max) {
  auto found = take(name);
  if (!found) return {};
  const bool fits = base::is_utf8(*found) && !found->empty() && base::length_of(*found) <= characters_max &&
                    found->find('\0') == std::string::npos;
  if (!fits)
    faults_.push_back({"?" + std::string(name), "length", between(1, static_cast<std::int64_t>(characters_max))});
  return fits ? found : std::nullopt;
}

std::optional<std::int64_t> query_fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const auto found = take(name);
  if (!found) return {};
  const auto number = base::to_integer(*found);
  if (number && *number >= min && *number <= max) return number;
  faults_.push_back({"?" + std::string(name), "range", between(min, max)});
  return {};
}

std::optional<std::string> query_fields::one_of(std::string_view name, std::span<const std::string_view> allowed) {
  auto found = take(name);
  if (!found || std::ranges::find(allowed, *found) != allowed.end()) return found;
  faults_.push_back({"?" + std::string(name), "one_of", {{"allowed", joined(allowed)}}});
  return {};
}

std::int64_t query_fields::limit() { return integer("limit", 1, 200).value_or(50); }

std::int64_t query_fields::cursor() {
  const auto found = take("cursor");
  if (!found) return 0;
  const auto id = base::to_integer(*found);
  if (!id || *id < 1) faults_.push_back({"?cursor", "cursor"});
  return id.value_or(0);
}

base::result<> query_fields::finish() {
  for (const auto& [key, unused] : values_)
    if (std::ranges::find(known_, key) == known_.end()) faults_.push_back({"?" + key, "unknown"});
  if (!faults_.empty()) return base::refuse(std::move(faults_));
  return {};
}

base::result<std::int64_t> path_number(const request& r, std::string_view name) {
  const auto number = base::to_integer(r.path_value(name));
  if (!number || *number < 1) return base::refuse(base::problem_kind::not_found, "not_found");
  return *number;
}

base::result<std::string> idempotency_key(const request& r) {
  const auto key = r.header("idempotency-key");
  const bool visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
  if (key.empty() || key.size() > 64 || !visible)
    return base::refuse({base::fault{"Idempotency-Key", "idempotency_key"}});
  return std::string(key);
}

}  // namespace http
