#include "engine/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <new>
#include <system_error>

#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // their shadow memory counts as memory of the process
#else
constexpr bool sanitized = false;
#endif

constexpr int out_of_memory = 201;  // exit status of a child; with `memory_mark` in the pipe it means what it says
constexpr std::string_view done_mark = "hillock child done", memory_mark = "hillock child memory";

/// Where the child writes; set in the child alone.
int child_end = -1;

void write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(to, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) ::_exit(static_cast<int>(Exit::run_failed));  // the parent is gone
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

[[noreturn]] void no_memory() {
  write_all(child_end, memory_mark);
  ::_exit(out_of_memory);
}

/// Private memory of this process in bytes, as the limit on data counts it.
std::size_t data_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  in >> total >> resident >> shared >> text >> library >> data;
  return data * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void limit(decltype(RLIMIT_CPU) what, std::size_t soft, std::size_t hard) {
  const rlimit value{soft, hard};
  ::setrlimit(what, &value);
}

[[noreturn]] void be_child(const std::function<std::string()>& work, const ChildLimits& limits, std::size_t data,
                           pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(static_cast<int>(Exit::run_failed));
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGTERM}) ::signal(number, SIG_DFL);
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C reaches all; the parent decides
  limit(RLIMIT_CORE, 0, 0);
  if (limits.cpu_s > 0) {
    const auto s = static_cast<std::size_t>(std::ceil(limits.cpu_s));
    limit(RLIMIT_CPU, s, s + 1);
  }
  if (limits.memory_bytes > 0 && !sanitized) {
    limit(RLIMIT_DATA, data + limits.memory_bytes, data + limits.memory_bytes);
    std::set_new_handler(no_memory);
  }
  const std::string bytes = work();
  write_all(child_end, bytes);
  write_all(child_end, done_mark);
  ::_exit(0);
}

/// The last line of a file in memory, without its end.
std::string last_line(int file) {
  std::string text(static_cast<std::size_t>(std::max<off_t>(::lseek(file, 0, SEEK_END), 0)), '\0');
  const ssize_t n = ::pread(file, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

std::string how_it_ended(int status, const rusage& used, const ChildLimits& limits, bool late) {
  const std::string time = fmt::format("did not end within {:g} s", limits.cpu_s);
  if (late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)) return time;
  if (!WIFSIGNALED(status)) return fmt::format("called exit({})", WEXITSTATUS(status));
  const double used_s = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
  if (WTERMSIG(status) == SIGKILL && limits.cpu_s > 0 && used_s >= limits.cpu_s) return time;
  return fmt::format("crashed ({})", signal_name(WTERMSIG(status)));
}

}  // namespace

ChildEnd in_child(const std::function<std::string()>& work, const ChildLimits& limits) {
  using clock = std::chrono::steady_clock;
  const auto fail = [](const char* what) -> void {
    throw Error(
        fmt::format("cannot start a process for isolated work: {}: {}", what, std::generic_category().message(errno)),
        Exit::run_failed);
  };
  int ends[2];
  const std::size_t data = data_bytes();
  const pid_t parent = ::getpid();
  // A second child that held the writing end of the first would hide the end of the first: one begins at a time.
  static std::mutex beginning;
  std::unique_lock lock(beginning);
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const int heard = limits.hear ? ::memfd_create("stderr", MFD_CLOEXEC) : -1;
  std::fflush(nullptr);  // what is not written yet would be written by both
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    if (heard >= 0) ::dup2(heard, STDERR_FILENO);
    child_end = ends[1];
    be_child(work, limits, data, parent);
  }
  ::close(ends[1]);
  lock.unlock();
  if (child < 0) {
    ::close(ends[0]);
    if (heard >= 0) ::close(heard);
    fail("fork");
  }
  ChildEnd out;
  const auto begin = clock::now();
  bool late = false, stopped = false;
  for (bool open = true; open && !late && !stopped;) {
    pollfd ready{ends[0], POLLIN, 0};
    ::poll(&ready, 1, 100);
    stopped = interrupted;
    late = limits.cpu_s > 0 && std::chrono::duration<double>(clock::now() - begin).count() > 10 * limits.cpu_s;
    if (!(ready.revents & (POLLIN | POLLHUP | POLLERR))) continue;
    char buffer[1 << 16];
    const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
    if (n > 0) out.bytes.append(buffer, static_cast<std::size_t>(n));
    else open = n < 0 && errno == EINTR;
  }
  ::close(ends[0]);
  if (late || stopped) ::kill(child, SIGKILL);
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {}
  if (heard >= 0) {
    out.said = last_line(heard);
    ::close(heard);
  }
  if (stopped) throw Interrupted{};
  if (out.bytes.ends_with(done_mark) && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    out.bytes.resize(out.bytes.size() - done_mark.size());
    out.finished = true;
  } else if (out.bytes.ends_with(memory_mark)) {
    out.why = fmt::format("wanted more memory than {} MB", limits.memory_bytes >> 20);
  } else {
    out.why = how_it_ended(status, used, limits, late);
  }
  return out;
}

}  // namespace hillock
