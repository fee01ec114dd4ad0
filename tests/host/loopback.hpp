#pragma once
// A server of HTTP on the loopback, one connection a request, for clients in tests.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace hillock::test {

/// Answers each request by what `answer` makes of its path and query: the whole response, which may be cut short or empty, or `silence`, which
/// sends nothing until the server ends.
class Loopback {
 public:
  static constexpr auto silence = "silence";
  explicit Loopback(std::function<std::string(const std::string&)> answer)
      : answer_(std::move(answer)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(socket_, 8) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      throw std::runtime_error("no server on the loopback");
    address = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  Loopback(const Loopback&) = delete;
  ~Loopback() {
    ended_ = true;
    thread_.join();
    ::close(socket_);
  }
  std::string address;
  std::atomic<int> requests{0};

 private:
  static bool readable(int s) {
    pollfd p{s, POLLIN, 0};
    return ::poll(&p, 1, 5) > 0;
  }
  void serve() {
    while (!ended_) {
      if (!readable(socket_)) continue;
      const int s = ::accept(socket_, nullptr, nullptr);
      std::string request;
      char part[4096];
      while (!ended_ && request.find("\r\n\r\n") == std::string::npos) {
        if (!readable(s)) continue;
        const ssize_t n = ::recv(s, part, sizeof part, 0);
        if (n <= 0) break;
        request.append(part, static_cast<std::size_t>(n));
      }
      ++requests;
      const std::size_t from = request.find(' ') + 1;
      std::string reply = answer_(request.substr(from, request.find(' ', from) - from));
      const bool waits = reply.ends_with(silence);
      if (waits) reply.resize(reply.size() - std::string(silence).size());
      for (std::size_t at = 0; at < reply.size();) {
        const ssize_t n = ::send(s, reply.data() + at, reply.size() - at, MSG_NOSIGNAL);
        if (n <= 0) break;
        at += static_cast<std::size_t>(n);
      }
      while (waits && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ::close(s);
    }
  }
  std::function<std::string(const std::string&)> answer_;
  int socket_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

inline std::string http(const std::string& body, int status = 200) {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

/// "%5Bid%5D": "[id]".
inline std::string unescaped(const std::string& s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i)
    if (s[i] == '%' && i + 2 < s.size()) out += static_cast<char>(std::stoi(s.substr(i + 1, 2), nullptr, 16)), i += 2;
    else out += s[i];
  return out;
}

}  // namespace hillock::test
