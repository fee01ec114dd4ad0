#pragma once
// A server of HTTP on the loopback, one connection a request, for clients in tests.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "folder.hpp"

namespace hillock::test {

/// What a client sent. Names of headers are in lower case.
struct Request {
  std::string method, target;
  std::map<std::string, std::string> headers;
  std::string body;
};

/// The request that a text begins with, once it is whole.
inline std::optional<Request> request_in(const std::string& text) {
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return {};
  Request r;
  std::istringstream lines(text.substr(0, head));
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
  const auto length = r.headers.find("content-length");
  const std::size_t n = length == r.headers.end() ? 0 : std::stoul(length->second);
  if (text.size() < head + 4 + n) return {};
  r.body = text.substr(head + 4, n);
  return r;
}

/// Waits up to 5 ms for what can be read.
inline bool readable(int file) {
  pollfd p{file, POLLIN, 0};
  return ::poll(&p, 1, 5) > 0;
}

/// A socket on a port of the loopback that was free.
inline int bound_socket(std::string& port) {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(s, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::getsockname(s, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error("no port on the loopback");
  port = std::to_string(ntohs(at.sin_port));
  return s;
}

/// Answers each request: the whole response, which may be cut short or empty, or `silence`, which sends nothing until
/// the server ends.
class Loopback {
 public:
  static constexpr auto silence = "silence";
  /// By what `answer` makes of its path and query.
  explicit Loopback(std::function<std::string(const std::string&)> answer)
      : Loopback([answer = std::move(answer)](const Request& r) { return answer(r.target); }) {}
  explicit Loopback(std::function<std::string(const Request&)> answer) : answer_(std::move(answer)) {
    std::string port;
    socket_ = bound_socket(port);
    if (::listen(socket_, 8) != 0) throw std::runtime_error("no server on the loopback");
    address = "http://127.0.0.1:" + port;
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
      std::optional<Request> request;
      while (!(request = request_in(text)) && receive()) {}
      if (!request) {
        ::close(s);
        continue;
      }
      ++requests;
      std::string reply = answer_(*request);
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
  int socket_ = -1;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

/// The same by https: the command `openssl`, which passes on what it deciphers. Its certificate is signed by nobody but
/// itself; `Trusted` lets clients accept it.
class SecureLoopback {
 public:
  explicit SecureLoopback(std::function<std::string(const Request&)> answer) : answer_(std::move(answer)) {
    if (const char* const file = std::getenv("SSL_CERT_FILE")) before_ = file;
    ::unsetenv("SSL_CERT_FILE");
    const std::string in = "cd '" + folder_.path().string() + "' && ";
    if (std::system((in + "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem"
                          " -out cert.pem -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null")
                        .c_str()) != 0)
      throw std::runtime_error("no certificate; is the command openssl there?");
    for (int tries = 0; !started(in);)  // another program may have taken the port that was free
      if (++tries == 5) throw std::runtime_error("no server of https on the loopback");
    thread_ = std::thread([this] { serve(); });
  }
  SecureLoopback(const SecureLoopback&) = delete;
  ~SecureLoopback() {
    ended_ = true;
    thread_.join();
    stop();
    if (!before_.empty()) ::setenv("SSL_CERT_FILE", before_.c_str(), 1);
  }
  struct Trusted {
    explicit Trusted(const SecureLoopback& server) {
      ::setenv("SSL_CERT_FILE", (server.folder_ / "cert.pem").c_str(), 1);
    }
    ~Trusted() { ::unsetenv("SSL_CERT_FILE"); }
  };
  std::string address;
  std::atomic<int> requests{0};

 private:
  /// Whether it takes connections. One without a word is a failed one to it.
  bool started(const std::string& in) {
    std::string port;
    ::close(bound_socket(port));
    const std::string command =
        in + "exec openssl s_server -quiet -accept 127.0.0.1:" + port + " -cert cert.pem -key key.pem 2>/dev/null";
    int to[2], from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("no process");
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(to[0], STDIN_FILENO), ::dup2(from[1], STDOUT_FILENO);
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(to[0]), ::close(from[1]);
    to_ = to[1], from_ = from[0];
    address = "https://127.0.0.1:" + port;
    sockaddr_in at{};
    at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    for (int k = 0; k < 5000 && ::waitpid(process_, nullptr, WNOHANG) == 0; ++k) {
      const int s = ::socket(AF_INET, SOCK_STREAM, 0);
      const bool ready = ::connect(s, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
      ::close(s);
      if (ready) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    stop();
    return false;
  }
  void stop() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::close(to_), ::close(from_);
  }
  void serve() {
    std::string text;
    while (!ended_) {
      if (!readable(from_)) continue;
      char part[65536];
      const ssize_t n = ::read(from_, part, sizeof part);
      if (n <= 0) return;
      text.append(part, static_cast<std::size_t>(n));
      const std::optional<Request> request = request_in(text);
      if (!request) continue;
      text.clear();
      ++requests;
      const std::string reply = answer_(*request);
      for (std::size_t at = 0; at < reply.size();) {
        const ssize_t m = ::write(to_, reply.data() + at, reply.size() - at);
        if (m <= 0) return;
        at += static_cast<std::size_t>(m);
      }
    }
  }
  std::function<std::string(const Request&)> answer_;
  Folder folder_;
  std::string before_;  ///< SSL_CERT_FILE
  int to_ = -1, from_ = -1;
  pid_t process_ = -1;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

inline std::string http(const std::string& body, int status = 200) {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace hillock::test
