#include "engine/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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
#include <exception>
#include <fstream>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

#include "host/crash.hpp"
#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // their shadow memory counts as memory of the process
#else
constexpr bool sanitized = false;
#endif

constexpr std::size_t most_heard = 1 << 16;  // bytes
constexpr int out_of_memory = 201;  // exit status of a child; with `memory_mark` in the pipe it means what it says
constexpr std::string_view done_mark = "hillock child done", memory_mark = "hillock child memory",
                           threw_mark = "hillock child threw";

/// Where the child writes; set in the child alone.
int child_end = -1;

/// Ends this process at once. The `_exit` of the program is one that asks which plugin calls it.
[[noreturn]] void end_now(int status) {
  for (;;) ::syscall(SYS_exit_group, status);
}

void write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(to, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) end_now(static_cast<int>(Exit::run_failed));  // the parent is gone
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

[[noreturn]] void no_memory() {
  write_all(child_end, memory_mark);
  end_now(out_of_memory);
}

/// For what is thrown where nobody may take it, as in the equations of a model.
[[noreturn]] void tell_what_was_thrown() {
  write_all(child_end, threw_mark);
  try {
    if (std::current_exception()) throw;
  } catch (const std::exception& e) { write_all(child_end, e.what()); } catch (...) {
    write_all(child_end, "no std::exception");
  }
  end_now(static_cast<int>(Exit::run_failed));
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
  if (::getppid() != parent) end_now(static_cast<int>(Exit::run_failed));
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU}) ::signal(number, SIG_DFL);
  if (!limits.hear) std::set_terminate(tell_what_was_thrown);  // one that is heard says itself which plugin threw
  limit(RLIMIT_CORE, 0, 0);
  if (limits.cpu_s > 0) {
    const auto s = static_cast<std::size_t>(std::ceil(limits.cpu_s));
    limit(RLIMIT_CPU, s, s + 1);
  }
  if (limits.memory_bytes > 0 && !sanitized) {
    limit(RLIMIT_DATA, data + limits.memory_bytes, data + limits.memory_bytes);
    std::set_new_handler(no_memory);
  }
  try {
    const std::string bytes = work();
    write_all(child_end, bytes);
    write_all(child_end, done_mark);
  } catch (...) {  // nothing may unwind into the copy of the parent's stack
    end_now(static_cast<int>(Exit::run_failed));
  }
  end_now(0);
}

/// Reads what there is; false at its end.
bool read_some(int from, std::string& into) {
  char buffer[1 << 16];
  const ssize_t n = ::read(from, buffer, sizeof buffer);
  if (n > 0) into.append(buffer, static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

/// No signal that asks to stop reaches this thread while it lives: a child begins as if none had come.
class Unasked {
 public:
  Unasked() {
    sigset_t asked;
    ::sigemptyset(&asked);
    ::sigaddset(&asked, SIGINT);
    ::sigaddset(&asked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &asked, &before_);
  }
  ~Unasked() { restore(); }
  Unasked(const Unasked&) = delete;
  void restore() const { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

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
  if (interrupted) throw Interrupted{};
  int ends[2], words[2];  // of the pipes of results and of what is said; words[0] < 0: nothing is heard
  const std::size_t data = data_bytes();
  const pid_t parent = ::getpid();
  // A second child that held the writing end of the first would hide the end of the first: one begins at a time.
  static std::mutex beginning;
  std::unique_lock lock(beginning);
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  if (!limits.hear) words[0] = words[1] = -1;
  else if (::pipe2(words, O_CLOEXEC) != 0) ::close(ends[0]), ::close(ends[1]), fail("pipe");
  const auto close_both = [](int* pipe) {
    if (pipe[0] >= 0) ::close(pipe[0]), ::close(pipe[1]);
  };
  std::fflush(nullptr);  // what is not written yet would be written by both
  pid_t child = -1;
  {
    const Unasked unasked;
    child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      if (words[1] >= 0) ::dup2(words[1], STDERR_FILENO), close_both(words);
      child_end = ends[1];
      interrupted = false;        // the parent decides
      ::signal(SIGINT, SIG_IGN);  // Ctrl-C reaches all
      ::signal(SIGTERM, SIG_DFL);
      unasked.restore();
      be_child(work, limits, data, parent);
    }
  }
  if (child < 0) {
    const int why = errno;
    close_both(ends), close_both(words);
    errno = why;
    fail("fork");
  }
  ::close(ends[1]);
  if (words[1] >= 0) ::close(words[1]);
  lock.unlock();
  ChildEnd out;
  const auto begin = clock::now();
  bool late = false, stopped = false;
  for (bool open = true; open && !late && !stopped;) {
    pollfd ready[] = {{ends[0], POLLIN, 0}, {words[0], POLLIN, 0}};
    ::poll(ready, 2, 100);
    stopped = interrupted;
    late = limits.cpu_s > 0 && std::chrono::duration<double>(clock::now() - begin).count() > 10 * limits.cpu_s;
    constexpr short any = POLLIN | POLLHUP | POLLERR;
    if (ready[1].revents & any) {
      if (!read_some(words[0], out.said)) ::close(std::exchange(words[0], -1));
      if (out.said.size() > 2 * most_heard) out.said.erase(0, out.said.size() - most_heard);
    }
    if (ready[0].revents & any) open = read_some(ends[0], out.bytes);
  }
  ::close(ends[0]);
  if (late || stopped) ::kill(child, late ? SIGKILL : limits.stops_by);
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {}
  if (words[0] >= 0) {
    ::fcntl(words[0], F_SETFL, O_NONBLOCK);  // what the child itself has started may hold the other end
    while (out.said.size() <= 2 * most_heard && read_some(words[0], out.said)) {}
    ::close(words[0]);
  }
  if (stopped) throw Interrupted{};
  if (out.bytes.ends_with(done_mark) && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    out.bytes.resize(out.bytes.size() - done_mark.size());
    out.finished = true;
  } else if (out.bytes.ends_with(memory_mark)) {
    out.why = fmt::format("wanted more memory than {} MB", limits.memory_bytes >> 20);
  } else if (const std::size_t at = out.bytes.rfind(threw_mark); at != std::string::npos) {
    out.why = fmt::format("{} ({})", threw, out.bytes.substr(at + threw_mark.size()));
  } else {
    out.why = how_it_ended(status, used, limits, late);
    if (WIFEXITED(status)) out.status = WEXITSTATUS(status);
  }
  return out;
}

}  // namespace hillock
