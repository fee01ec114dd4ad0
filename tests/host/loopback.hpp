#pragma once
// A server of HTTP on the loopback, one connection a request, for clients in tests.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace hillock::test {

/// What a client sent. Names of headers are in lower case.
struct Request {
  std::string method, target;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// Answers each request: the whole response, which may be cut short or empty, or `silence`, which sends nothing until
/// the server ends.
class Loopback {
 public:
  static constexpr auto silence = "silence";
  /// By what `answer` makes of its path and query.
  explicit Loopback(std::function<std::string(const std::string&)> answer)
      : Loopback([answer = std::move(answer)](const Request& r) { return answer(r.target); }) {}
  explicit Loopback(std::function<std::string(const Request&)> answer)
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
  static Request head(const std::string& text) {
    Request r;
    std::istringstream lines(text.substr(0, text.find("\r\n\r\n")));
    lines >> r.method >> r.target;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      if (line.ends_with('\r')) line.pop_back();
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) continue;
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      r.headers[name] = line.substr(std::min(line.find_first_not_of(' ', colon + 1), line.size()));
    }
    return r;
  }
  void serve() {
    while (!ended_) {
      if (!readable(socket_)) continue;
      const int s = ::accept(socket_, nullptr, nullptr);
      std::string text;
      const auto receive = [&] {
        char part[65536];
        while (!ended_ && !readable(s)) {}
        const ssize_t n = ended_ ? 0 : ::recv(s, part, sizeof part, 0);
        if (n > 0) text.append(part, static_cast<std::size_t>(n));
        return n > 0;
      };
      while (text.find("\r\n\r\n") == std::string::npos && receive()) {}
      Request request = head(text);
      const std::size_t begin = std::min(text.find("\r\n\r\n"), text.size() - 4) + 4;
      const auto length = request.headers.find("content-length");
      const std::size_t end = begin + (length == request.headers.end() ? 0 : std::stoul(length->second));
      while (text.size() < end && receive()) {}
      request.body = text.substr(std::min(begin, text.size()));
      ++requests;
      std::string reply = answer_(request);
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
  std::function<std::string(const Request&)> answer_;
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
