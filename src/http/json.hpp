// JSON text without exceptions: what arrives may be anything, what leaves is always valid UTF-8.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace http {

constexpr int json_depth_max = 32;

// Nothing where the text is not JSON, is not UTF-8, or nests deeper than json_depth_max.
std::optional<nlohmann::json> parsed(std::string_view text);

std::string dumped(const nlohmann::json& value);
std::string dumped(const nlohmann::ordered_json& value);

}  // namespace http
