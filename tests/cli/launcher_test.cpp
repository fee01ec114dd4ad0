// The launcher at the root of the checkout: what it says while it builds, what it passes on, its exit status. A
// stand-in for cmake builds nothing and prints what Ninja prints.
#include <doctest/doctest.h>

#include <cstdlib>

#include "cli/program.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A checkout in which the launcher finds its folders, and stand-ins for the programs that it calls.
class Checkout {
 public:
  Checkout() {
    for (const char* name : {"CMakeLists.txt", "CMakePresets.json", "framework/a.cpp", "plugins/a.cpp", "models/a.cpp",
                             "optimizers/a.cpp", "tests/a.cpp"})
      folder_.write(name, "");
    fs::copy_file(fs::path(source_folder()) / "hillock", folder_ / "hillock");
    stand_in("cmake", R"(if [ "$1" = --build ]; then
  echo >>"${0%/*}/builds"
  if [ -e slow ]; then
    mkdir -p "$2/bin"
    echo 'half of a program' >"$2/bin/hillock"
    chmod +x "$2/bin/hillock"
    while [ -e slow ]; do sleep 0.01; done
  fi
  printf '[0/2] Re-checking globbed directories...\n[1/40] Building CXX object a.cpp.o\n'
  if [ -e broken ]; then echo 'a.cpp:1: error: a word is missing'; exit 1; fi
  mkdir -p "$2/bin"
  printf '#!/bin/sh\necho "the program was given: $*"\nexit 7\n' >"$2/bin/hillock"
  chmod +x "$2/bin/hillock"
  echo '[40/40] Linking CXX executable bin/hillock'
else
  mkdir -p "$4" && touch "$4/build.ninja"
fi
)");
  }
  void stand_in(const std::string& program, const std::string& text) const {
    const fs::path file = folder_.write("stand_ins/" + program, "#!/bin/sh\n" + text);
    fs::permissions(file, fs::perms::owner_all);
  }
  Ran run(const std::vector<std::string>& words, std::map<std::string, std::string> environment = {},
          std::function<void(pid_t)> meanwhile = {}) const {
    const char* path = std::getenv("PATH");
    environment["PATH"] = (folder_ / "stand_ins").string() + ":" + (path ? path : "/usr/bin:/bin");
    environment["HILLOCK_BUILD_DIR"] = environment["HILLOCK_CMAKE_ARGS"] = "";
    return run_hillock(words, {.folder = folder_.path(),
                               .environment = environment,
                               .meanwhile = std::move(meanwhile),
                               .program = folder_ / "hillock"});
  }
  const Folder& folder() const { return folder_; }
  /// A launch that waits for another one's build leaves a word of it.
  void tell_of_waiting() const {
    stand_in("flock", R"(PATH=${PATH#*:}
[ "$1" = -n ] || touch "${0%/*}/waits"
exec flock "$@"
)");
  }
  bool one_waits() const { return folder_.has("stand_ins/waits"); }
  std::size_t builds() const {
    return folder_.has("stand_ins/builds") ? lines_of(folder_.read("stand_ins/builds")).size() : 0;
  }

 private:
  Folder folder_;
};

}  // namespace

TEST_SUITE("launcher") {
  TEST_CASE("off a terminal it says that it builds, how far it is, and hands its words to the program") {
    const Checkout checkout;
    const Ran first = checkout.run({"run", "a b.yaml"});
    CHECK(first.status == 7);
    CHECK(first.out == "the program was given: run a b.yaml\n");
    CHECK(holds(first.err, "hillock: building the program, which takes a few minutes the first time (output: "));
    CHECK(holds(first.err, "hillock: building the program: 1 of 40 steps\n"));
    CHECK_FALSE(holds(first.err, "of 2 steps"));
    const Ran second = checkout.run({"plugins"});
    CHECK(second.out == "the program was given: plugins\n");
    CHECK(second.err.empty());
  }

  TEST_CASE("of the tests it says how far the build is, too") {
    const Checkout checkout;
    checkout.stand_in("ctest", "echo 'all tests'\n");
    const Ran ran = checkout.run({"test"}, {{"CI", ""}});
    CHECK(ran.status == 0);
    CHECK(holds(ran.err, "hillock: building the program and its tests: 1 of 40 steps\n"));
    CHECK(ran.out == "all tests\n");
  }

  TEST_CASE("a build that fails has status 3, shows the compiler's words and is tried again") {
    const Checkout checkout;
    checkout.folder().write("broken", "");
    const Ran ran = checkout.run({"plugins"});
    CHECK(ran.status == 3);
    CHECK(ran.out.empty());
    CHECK(holds(ran.err, "a.cpp:1: error: a word is missing\n"));
    CHECK(holds(ran.err, "hillock: building failed (the output above is in "));
    fs::remove(checkout.folder() / "broken");
    CHECK(checkout.run({"plugins"}).status == 7);
  }

  TEST_CASE("of two launches at once one builds and the other waits for it") {
    const Checkout checkout;
    checkout.tell_of_waiting();
    checkout.folder().write("slow", "");
    Ran second;
    const Ran first = checkout.run({"first"}, {}, [&](pid_t) {
      CHECK(wait_until([&] { return checkout.builds() == 1; }));
      second = checkout.run({"second"}, {}, [&](pid_t) {
        CHECK(wait_until([&] { return checkout.one_waits(); }));
        fs::remove(checkout.folder() / "slow");
      });
    });
    CHECK(first.out == "the program was given: first\n");
    CHECK(second.out == "the program was given: second\n");
    CHECK(second.err == "hillock: waiting for another launch that is building\n");
    CHECK(checkout.builds() == 1);
  }

  TEST_CASE("a build that is killed leaves no program that is run, and is begun again") {
    const Checkout checkout;
    checkout.folder().write("slow", "");
    const Ran killed = checkout.run({"plugins"}, {}, [&](pid_t launcher) {
      const fs::path half = checkout.folder() / "build/release/bin/hillock";
      CHECK(wait_until([&] {
        return fs::exists(half) && (fs::status(half).permissions() & fs::perms::owner_exec) != fs::perms::none;
      }));
      ::kill(launcher, SIGKILL);
    });
    CHECK(killed.status == -SIGKILL);
    // what it had begun lives on, and the next launch does not build beside it
    checkout.tell_of_waiting();
    const Ran next = checkout.run({"plugins"}, {}, [&](pid_t) {
      CHECK(wait_until([&] { return checkout.one_waits(); }));
      CHECK(checkout.builds() == 1);
      fs::remove(checkout.folder() / "slow");
    });
    CHECK(next.out == "the program was given: plugins\n");
    CHECK(checkout.builds() == 2);
  }

  TEST_CASE("without leave to install it lists what is missing and how to install it") {
    const Checkout checkout;
    checkout.stand_in("dpkg-query", "exit 1\n");
    checkout.stand_in("apt-get", "echo 'must not be called' >&2; exit 1\n");
    const Ran ran = checkout.run({"plugins"}, {{"HILLOCK_NO_INSTALL", "1"}});
    CHECK(ran.status == 2);
    CHECK(holds(ran.err, "hillock: these packages are missing:\n"));
    CHECK(holds(ran.err, "libyaml-cpp-dev      reads experiment files\n"));
    CHECK(holds(ran.err,
                "hillock: HILLOCK_NO_INSTALL is set; install them with: apt-get install "
                "--no-install-recommends libboost-dev"));
    CHECK_FALSE(holds(ran.err, "must not be called"));
  }
}
