#include "client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

// The value of Content-Length in a head; -1 where it is missing.
long content_length_in(std::string_view head) {
  constexpr std::string_view name = "\r\ncontent-length: ";
  for (std::size_t at = head.find('\r'); at != std::string_view::npos; at = head.find('\r', at + 1)) {
    if (head.size() - at <= name.size() || strncasecmp(head.data() + at, name.data(), name.size()) != 0) continue;
    long value = -1;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), value);
    return value;
  }
  return -1;
}

}  // namespace

client::client(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect to port " + std::to_string(port));
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(socket_, F_SETFL, O_NONBLOCK);
}

client::~client() { close(socket_); }

void client::send(std::string_view request) {
  size_ = 0;
  sent_at_ = std::chrono::steady_clock::now();
  // A request is far smaller than an empty send buffer, so it goes out whole or not at all.
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    fail("send");
}

std::optional<reply> client::receive() {
  const ssize_t got = recv(socket_, buffer_.data() + size_, buffer_.size() - size_, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (got < 0) fail("receive");
  if (got == 0)
    throw std::runtime_error("the server closed a connection, or a reply is larger than " +
                             std::to_string(buffer_.size()));
  size_ += static_cast<std::size_t>(got);
  return whole_reply();
}

std::optional<reply> client::whole_reply() const {
  const std::string_view text{buffer_.data(), size_};
  const std::size_t head_size = text.find("\r\n\r\n");
  if (head_size == std::string_view::npos) return {};
  const std::string_view head = text.substr(0, head_size + 2);
  reply made;
  if (head.size() < 12) throw std::runtime_error("not an HTTP reply");
  std::from_chars(head.data() + 9, head.data() + 12, made.status);
  const long length = made.status == 204 || made.status == 304 ? 0 : content_length_in(head);
  if (length < 0) throw std::runtime_error("a reply without Content-Length");
  made.body = text.substr(head_size + 4);
  if (made.body.size() < static_cast<std::size_t>(length)) return {};
  return made;
}
