// The last words of the program when a plugin (or hillock itself) crashes. Handlers use only what is safe in them: write and _exit.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "host/plugins.hpp"

namespace hillock {
namespace {

constinit thread_local const Plugin* inside = nullptr;

// Two notes: the handler reads one while the other is being written.
using Note = std::array<char, 1001>;
constinit std::array<Note, 2> notes{};
constinit std::atomic<const Note*> note = &notes[0];
constinit std::atomic_flag dying{};

constexpr struct {
  int number;
  const char* name;
} signals[] = {
    {SIGSEGV, "SIGSEGV"},
    {SIGBUS,  "SIGBUS" },
    {SIGFPE,  "SIGFPE" },
    {SIGILL,  "SIGILL" },
    {SIGABRT, "SIGABRT"}
};

/// Text put together without allocation.
struct Message {
  std::array<char, 2048> text{};
  std::size_t size = 0;
  void add(const char* s) {
    while (*s && size < text.size()) text[size++] = *s++;
  }
  void print() const {
    for (std::size_t done = 0; done < size;) {
      const ssize_t n = ::write(STDERR_FILENO, text.data() + done, size - done);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
  }
};

void on_crash(int number) {
  if (dying.test_and_set())
    for (;;) ::pause();  // another thread is already telling
  Message m;
  m.add("error: ");
  if (inside) m.add("plugin '"), m.add(inside->id.c_str()), m.add("'");
  else m.add("hillock");
  m.add(" crashed (");
  for (const auto& s : signals)
    if (s.number == number) m.add(s.name);
  m.add(")");
  if (const Note& n = *note.load(); n[0]) m.add("; "), m.add(n.data());
  m.add("\n");
  m.print();
  ::_exit(static_cast<int>(Exit::run_failed));
}

/// The stack of this thread's handlers; large enough for those of the sanitizers too.
struct HandlerStack {
  static constexpr std::size_t size = 64 * 1024;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  HandlerStack() {
    stack_t stack{};
    stack.ss_sp = memory, stack.ss_size = size;
    if (memory != MAP_FAILED) ::sigaltstack(&stack, nullptr);
  }
  ~HandlerStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    if (memory != MAP_FAILED) ::munmap(memory, size);
  }
  HandlerStack(const HandlerStack&) = delete;
};

}  // namespace

Inside::Inside(const Plugin& plugin) : before_(inside) { inside = &plugin; }
Inside::~Inside() { inside = before_; }

void watch_this_thread() { thread_local const HandlerStack stack; }

void watch_for_crashes() {
  watch_this_thread();
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  for (const auto& s : signals) ::sigaction(s.number, &action, nullptr);
}

void set_crash_note(std::string_view text) {
  Note& other = note.load() == &notes[0] ? notes[1] : notes[0];
  other.fill(0);
  std::copy_n(text.begin(), std::min(text.size(), other.size() - 1), other.begin());
  note.store(&other);
}

}  // namespace hillock
