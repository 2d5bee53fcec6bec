// Numbered SQL files, forward only, applied under a lock; an applied file that was changed afterwards is refused.
#pragma once
#include <string>
#include <vector>

#include "base/embedded.hpp"
#include "postgres/pool.hpp"

namespace postgres {

// Applies what is missing, all or nothing, and returns the names of what it applied. Several processes may run it at
// once.
std::vector<std::string> migrate(const settings& s, const base::embedded_files& files);

// Names of the files that the database lacks; std::runtime_error where it holds one that this binary does not know.
std::vector<std::string> missing_migrations(const settings& s, const base::embedded_files& files);

}  // namespace postgres
