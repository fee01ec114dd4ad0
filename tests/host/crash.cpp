// What is said when a plugin crashes. Each crash happens in a child of this process.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <thread>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

struct Died {
  int status;  // of exit; -1: by a signal
  std::string said;
};

template <class F> Died in_child(F&& f) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    f();
    ::_exit(77);
  }
  ::close(ends[1]);
  Died died{};
  char buffer[256];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    died.said.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  died.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return died;
}

void step(double current) {
  Batch batch(broken("crashes"), 1);
  batch.set("I", current);
  const Plugin& euler = plugins().load("euler", HK_ROLE_INTEGRATOR);
  const PluginCall inside(euler);
  batch.run(euler, {{"dt", 0.1}}, 1);
}

}  // namespace

TEST_SUITE("crash") {
  TEST_CASE("a plugin that does not crash is not accused") {
    CHECK(in_child([] { step(0); }).status == 77);
  }

  TEST_CASE("a crash ends with status 3 and names the plugin whose code was running") {
    const Died died = in_child([] {
      watch_for_crashes();
      step(1.5);
    });
    CHECK(died.status == 3);
    CHECK(died.said == "error: plugin 'crashes' crashed (SIGSEGV)\n");
  }

  TEST_CASE("abort is a crash, of the plugin that called it") {
    const Died died = in_child([] {
      watch_for_crashes();
      step(2.5);
    });
    CHECK(died.status == 3);
    CHECK(died.said == "error: plugin 'crashes' crashed (SIGABRT)\n");
  }

  TEST_CASE("a plugin that overflows the stack is named") {
    const Died died = in_child([] {
      watch_for_crashes();
      step(3.5);
    });
    CHECK(died.status == 3);
    CHECK(died.said == "error: plugin 'crashes' crashed (SIGSEGV)\n");
  }

  TEST_CASE("a plugin that overflows the stack of another thread is named") {
    const Died died = in_child([] {
      watch_for_crashes();
      std::thread([] { step(3.5); }).join();
    });
    CHECK(died.status == 3);
    CHECK(died.said == "error: plugin 'crashes' crashed (SIGSEGV)\n");
  }

  TEST_CASE("the message says where finished work is") {
    const Died died = in_child([] {
      watch_for_crashes();
      set_crash_note("an older note");
      set_crash_note("finished cases are in results/x.unfinished");
      step(1.5);
    });
    CHECK(died.said == "error: plugin 'crashes' crashed (SIGSEGV); finished cases are in results/x.unfinished\n");
  }

  TEST_CASE("a crash of hillock itself blames nobody else") {
    const Died died = in_child([] {
      watch_for_crashes();
      { const PluginCall inside(plugins().load("euler", 0)); }
      std::raise(SIGFPE);
    });
    CHECK(died.status == 3);
    CHECK(died.said == "error: hillock crashed (SIGFPE)\n");
  }

  TEST_CASE("a crash in a library is blamed on the plugin that the host had called") {
    const Died died = in_child([] {
      watch_for_crashes();
      const PluginCall outer(plugins().load("euler", 0)), inner(plugins().load("lif", 0));
      std::raise(SIGSEGV);
    });
    CHECK(died.said == "error: plugin 'lif' crashed (SIGSEGV)\n");
  }

  TEST_CASE("a note of any length is cut, not overrun") {
    const Died died = in_child([] {
      watch_for_crashes();
      set_crash_note(std::string(5000, 'x'));
      std::raise(SIGSEGV);
    });
    CHECK(died.status == 3);
    CHECK(died.said == "error: hillock crashed (SIGSEGV); " + std::string(1000, 'x') + "\n");
  }
}
