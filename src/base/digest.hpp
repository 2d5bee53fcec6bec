// Hashes and text forms of bytes, from libsodium.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace base {

std::string sha256_hex(std::string_view bytes);

// HMAC-SHA-256, as lower-case hex.
std::string keyed_hash_hex(std::string_view key, std::string_view bytes);

// URL-safe base64 without padding.
std::string to_base64url(std::string_view bytes);

// Takes the same time wherever the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace base
