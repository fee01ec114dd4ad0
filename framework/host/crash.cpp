// The last words of the program when a plugin (or hillock itself) crashes. Handlers use only what is safe in them:
// write and the system call that ends the process.
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <new>

#include "host/crash.hpp"
#include "host/rounding.hpp"

namespace hillock {
namespace {

constinit thread_local const PluginCall* inside = nullptr;
constinit std::atomic<pid_t> watched = 0;  // the process that watch_for_crashes was called in

/// The code of a loaded plugin: addresses from `begin` to `end`.
struct Code {
  std::uintptr_t begin, end;
  const Plugin* plugin;
};
constinit std::array<Code, 1024> codes{};
constinit std::atomic<std::size_t> n_codes = 0;

const Plugin* owner(std::uintptr_t address) {
  for (std::size_t i = 0; i < n_codes.load(std::memory_order_acquire); ++i)
    if (codes[i].begin <= address && address < codes[i].end) return codes[i].plugin;
  return nullptr;
}

/// The plugin of the innermost call, by unwinding. REQUIRES: the stack is sound.
const Plugin* innermost() {
  const Plugin* found = nullptr;
  ::_Unwind_Backtrace(
      [](_Unwind_Context* call, void* to) {
        return (*static_cast<const Plugin**>(to) = owner(::_Unwind_GetIP(call) - 1)) ? _URC_END_OF_STACK
                                                                                     : _URC_NO_REASON;
      },
      &found);
  return found;
}

/// The plugin that was running: the owner of the instruction, or, where that is a library's, of the innermost call:
/// after abort by unwinding; else, where the stack may be broken, of the first return address on it. Reads each word
/// between the stack's end and the mark of the host's call: some words are no return addresses, but none lies outside
/// the stack.
__attribute__((no_sanitize("address"))) const Plugin* running([[maybe_unused]] const void* context, int number) {
  std::uintptr_t instruction = 0, stack = 0;
#if defined(__x86_64__)
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  instruction = static_cast<std::uintptr_t>(registers[REG_RIP]),
  stack = static_cast<std::uintptr_t>(registers[REG_RSP]);
#elif defined(__aarch64__)
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext;
  instruction = registers.pc, stack = registers.sp;
#endif
  if (const Plugin* plugin = owner(instruction)) return plugin;
  if (!inside) return nullptr;
  if (number == SIGABRT)
    if (const Plugin* plugin = innermost()) return plugin;
  const auto mark = reinterpret_cast<std::uintptr_t>(inside);
  if (stack != 0 && stack < mark && mark - stack < 64u << 20)
    for (std::uintptr_t at = stack & ~(sizeof(void*) - 1); at < mark; at += sizeof(void*))
      if (const Plugin* plugin = owner(*reinterpret_cast<const volatile std::uintptr_t*>(at))) return plugin;
  return &inside->plugin();
}

// Two notes: the handler reads one while the other is being written.
using Note = std::array<char, 1001>;
constinit std::array<Note, 2> notes{};
constinit std::atomic<const Note*> note = &notes[0];
constinit std::atomic_flag dying{};

constexpr struct {
  int number;
  const char* name;
} signals[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}};

/// Text put together without allocation.
struct Message {
  std::array<char, 2048> text{};
  std::size_t size = 0;
  void add(const char* s) {
    for (; *s && size < text.size(); ++s) {
      const auto byte = static_cast<unsigned char>(*s);
      text[size++] = (byte < 0x20 && byte != '\n') || byte == 0x7f ? '?' : *s;  // nothing that steers a terminal
    }
  }
  void print() const {
    for (std::size_t done = 0; done < size;) {
      const ssize_t n = ::write(STDERR_FILENO, text.data() + done, size - done);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
  }
};

void on_crash(int number, siginfo_t*, void* context) {
  const char* name = "";
  for (const auto& s : signals)
    if (s.number == number) name = s.name;
  if (number == SIGXCPU) end_with_words(running(context, number), "used up its processor time", "SIGXCPU");
  end_with_words(running(context, number), "crashed", name);
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

void watch_code(const Plugin& plugin, const void* symbol) {
  struct Search {
    const Plugin* plugin;
    std::uintptr_t symbol;
  } search{&plugin, reinterpret_cast<std::uintptr_t>(symbol)};
  const auto visit = [](dl_phdr_info* library, std::size_t, void* data) {
    const auto& wanted = *static_cast<const Search*>(data);
    const auto within = [&](const ElfW(Phdr) & part, std::uintptr_t address) {
      return part.p_type == PT_LOAD && address - (library->dlpi_addr + part.p_vaddr) < part.p_memsz;
    };
    bool holds = false;
    for (int i = 0; i < library->dlpi_phnum; ++i) holds = holds || within(library->dlpi_phdr[i], wanted.symbol);
    if (!holds) return 0;
    for (int i = 0; i < library->dlpi_phnum; ++i) {
      const auto& part = library->dlpi_phdr[i];
      const std::size_t n = n_codes.load();
      if (part.p_type != PT_LOAD || !(part.p_flags & PF_X) || n == codes.size()) continue;
      const std::uintptr_t begin = library->dlpi_addr + part.p_vaddr;
      codes[n] = {begin, begin + part.p_memsz, wanted.plugin};
      n_codes.store(n + 1, std::memory_order_release);
    }
    return 1;
  };
  ::dl_iterate_phdr(visit, &search);
}

void end_process(int status) {
  for (;;) ::syscall(SYS_exit_group, status);
}

void end_with_words(const Plugin* plugin, const char* what, const char* name) {
  if (dying.test_and_set())
    for (;;) ::pause();  // another thread is already telling
  Message m;
  m.add("error: ");
  if (plugin) m.add("plugin '"), m.add(plugin->id.c_str()), m.add("'");
  else m.add("hillock");
  m.add(" "), m.add(what), m.add(" ("), m.add(name), m.add(")");
  if (const Note& n = *note.load(); n[0]) m.add("; "), m.add(n.data());
  m.add("\n");
  m.print();
  end_process(static_cast<int>(Exit::run_failed));
}

void end_if_plugin_threw(const char* words) {
  const Plugin* plugin = innermost();
  if (!plugin && inside) plugin = &inside->plugin();
  if (plugin) end_with_words(plugin, threw, words);
}

const Plugin* plugin_calling_from(const void* caller) {
  if (watched.load() != ::getpid()) return nullptr;
  if (const Plugin* plugin = owner(reinterpret_cast<std::uintptr_t>(caller) - 1)) return plugin;
  return inside ? &inside->plugin() : nullptr;
}

PluginCall::PluginCall(const Plugin& plugin) : plugin_(plugin), before_(inside) {
  // Threads come from several libraries, so each is given its stack for handlers where it first enters a plugin.
  if (watched.load(std::memory_order_relaxed) != 0) watch_this_thread();
  inside = this;
}
PluginCall::~PluginCall() {
  if (!rounds_as_usual()) round_as_usual(), blame_for_rounding(plugin_);
  inside = before_;
}

void watch_this_thread() { thread_local const HandlerStack stack; }

void watch_for_crashes() {
  watch_this_thread();
  watched = ::getpid();
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_ONSTACK | SA_SIGINFO;
  ::sigfillset(&action.sa_mask);
  for (const auto& s : signals) ::sigaction(s.number, &action, nullptr);
}

void watch_for_limits() {
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_ONSTACK | SA_SIGINFO;
  ::sigfillset(&action.sa_mask);
  ::sigaction(SIGXCPU, &action, nullptr);
  std::set_new_handler(
      [] { end_with_words(inside ? &inside->plugin() : nullptr, "wanted more memory than it may have", "new"); });
}

void set_crash_note(std::string_view text) {
  Note& other = note.load() == &notes[0] ? notes[1] : notes[0];
  other.fill(0);
  std::copy_n(text.begin(), std::min(text.size(), other.size() - 1), other.begin());
  note.store(&other);
}

}  // namespace hillock
