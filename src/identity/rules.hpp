// Decisions about people, as pure functions.
#pragma once
#include <string_view>

#include "identity/identity.hpp"

namespace identity {

inline constexpr std::size_t password_characters_min = 8, password_characters_max = 200;

bool is_account_name(std::string_view account);

// Roles are given within one's own reach; administrators give every role, others only those that serve their centre.
base::result<> may_grant(const principal& who, role r, std::string_view node_path);

// Looking at an organisation: one's own, those above and below it, and whatever a role reaches.
bool may_see(const principal& who, std::string_view node_path);

// Which kind of organisation may stand below which.
bool may_stand_below(std::string_view kind, std::string_view parent_kind);

}  // namespace identity
