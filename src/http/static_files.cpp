#include "http/static_files.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "base/digest.hpp"
#include "base/problem.hpp"
#include "http/problem.hpp"

namespace http {
namespace {

struct page {
  std::shared_ptr<const std::string> plain, compressed;
  std::string_view content_type;
  std::string etag;
};

using pages = std::unordered_map<std::string, page>;

std::string_view type_of(const std::string& extension) {
  static const std::unordered_map<std::string, std::string_view> types = {{".html", "text/html; charset=utf-8"},
                                                                          {".js", "text/javascript"},
                                                                          {".css", "text/css"},
                                                                          {".svg", "image/svg+xml"},
                                                                          {".png", "image/png"},
                                                                          {".ico", "image/x-icon"},
                                                                          {".json", "application/json"},
                                                                          {".webmanifest", "application/manifest+json"},
                                                                          {".woff2", "font/woff2"},
                                                                          {".txt", "text/plain; charset=utf-8"}};
  const auto found = types.find(extension);
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::shared_ptr<const std::string> content_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return std::make_shared<const std::string>(text.str());
}

pages read(const std::filesystem::path& folder) {
  pages all;
  if (!std::filesystem::is_directory(folder)) return all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".gz") continue;
    page made{.plain = content_of(entry.path()),
              .compressed = {},
              .content_type = type_of(entry.path().extension().string()),
              .etag = {}};
    const auto beside = std::filesystem::path(entry.path().string() + ".gz");
    if (std::filesystem::exists(beside)) made.compressed = content_of(beside);
    made.etag = "\"" + base::sha256_hex(*made.plain).substr(0, 16) + "\"";
    all.emplace("/" + std::filesystem::relative(entry.path(), folder).generic_string(), std::move(made));
  }
  return all;
}

response reply_with(const page& found, const request& r) {
  const bool forever = r.path.starts_with("/assets/");
  const bool compressed = found.compressed && r.header("accept-encoding").find("gzip") != std::string_view::npos;
  response full{.content_type = found.content_type, .prepared = compressed ? found.compressed : found.plain};
  if (found.compressed) full.headers.emplace_back("Vary", "Accept-Encoding");
  if (compressed) full.headers.emplace_back("Content-Encoding", "gzip");
  if (found.content_type.starts_with("text/html"))
    full.headers.emplace_back("Content-Security-Policy",
                              "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
                              "frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
  return cacheable(r, std::move(full), found.etag, forever ? "public, max-age=31536000, immutable" : "no-cache");
}

}  // namespace

handler static_files(const std::string& folder) {
  return [all = std::make_shared<const pages>(read(folder))](request& r) -> runtime::awaitable<response> {
    const bool is_file = r.path.find('.') != std::string::npos;
    const bool is_api = r.path.starts_with("/api/") || r.path == "/api";
    const auto found = all->find(is_file ? percent_decoded(r.path) : "/index.html");
    if (is_api || found == all->end())
      co_return to_response({.kind = base::problem_kind::not_found, .code = "not_found"}, r);
    co_return reply_with(found->second, r);
  };
}

}  // namespace http
