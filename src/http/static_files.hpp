// The client's built pages from one folder, read into memory at the start; files under /assets/ have a hash in their
// name and are cached for a year. Unknown paths get index.html, because the client routes by itself.
#pragma once
#include <string>

#include "http/router.hpp"

namespace http {

// Files with ".gz" beside them are sent compressed to clients that take it.
handler static_files(const std::string& folder);

}  // namespace http
