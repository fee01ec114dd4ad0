// The conformance kit: what ships passes it, and a plugin that is spoilt in one way fails the check of that.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "host/axon_file.hpp"
#include "host/harness.hpp"
#include "host/igor_file.hpp"
#include "skip.hpp"
#include "verify/verify.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

Verification verified(const fs::path& file, double seconds = 600, const std::vector<fs::path>& recordings = {}) {
  return verify_plugin({file, recordings, seconds, 256, &plugins()});
}
Verification unsound(const std::string& id, double seconds = 600, const std::vector<fs::path>& recordings = {}) {
  return verified(fs::path(build_folder()) / "tests/unsound_plugins" / (id + ".so"), seconds, recordings);
}

const Verified& row(const Verification& of, const std::string& check) {
  for (const Verified& v : of.checks)
    if (v.check == check) return v;
  throw std::logic_error("there is no check " + check);
}

/// "check: what was found" of those that failed, a line each.
std::string failures(const Verification& of) {
  std::string out;
  for (const Verified& v : of.checks)
    if (v.verdict == CheckVerdict::failed) out += v.check + ": " + v.found + "\n";
  return out;
}
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void all_pass(std::uint32_t role) {
#ifdef HILLOCK_SANITIZED
  if (role != HK_ROLE_RECORDING) return skip("instrumented code is slow, and other tests run all of these plugins");
#endif
  for (const Plugin* p : plugins_of(role)) {
    CAPTURE(p->id);
    if (p->path.parent_path() != fs::path(shipped_plugins())) continue;
    const Verification v = verified(p->path);
    CHECK(failures(v) == "");
    CHECK(v.checks.size() >= 5);
    CHECK(v.role == role_name(role));
  }
}

}  // namespace

TEST_SUITE("verify") {
  TEST_CASE("every model that ships passes") { all_pass(HK_ROLE_MODEL); }
  TEST_CASE("every integrator that ships passes") { all_pass(HK_ROLE_INTEGRATOR); }
  TEST_CASE("every optimizer that ships passes") { all_pass(HK_ROLE_OPTIMIZER); }
  TEST_CASE("every forecaster that ships passes") { all_pass(HK_ROLE_FORECASTER); }
  TEST_CASE("every reader that ships passes") { all_pass(HK_ROLE_RECORDING); }

  TEST_CASE("readers that ship pass with a recording of theirs, cut short and damaged") {
    const Folder folder;
    std::string text = "time_ms,current_pA,voltage_mV\n";
    for (int k = 0; k < 50; ++k) text += fmt::format("{:.1f},{},{}\n", 0.1 * k, k < 20 ? 0 : 100, -65 + k);
    const auto passes = [&](const char* reader, const fs::path& recording) {
      CAPTURE(reader);
      const Verification v = verified(fs::path(shipped_plugins()) / (std::string(reader) + ".so"), 600, {recording});
      CHECK(failures(v) == "");
      for (const char* check : {"reads", "truncated", "damaged"}) CHECK(row(v, check).verdict == CheckVerdict::passed);
    };
    passes("csv", folder.write("a.csv", text));
    const auto bytes = [](const Image& image) { return std::string(image.bytes.begin(), image.bytes.end()); };
    axon::Tape tape;
    passes("abf", folder.write("a.abf", bytes(axon::image_of(tape))));
    passes("ibw", folder.write("a.ibw", bytes(igor::image_of(igor::Wave{}))));
  }

  TEST_CASE("a plugin in C without a fault passes, and what it does not offer is not tried") {
    const Verification v = unsound("sound");
    CHECK(failures(v) == "");
    CHECK(v.id == "sound");
    CHECK(v.version == "1.0.0");
    CHECK(row(v, "tangent").verdict == CheckVerdict::not_made);
    CHECK(row(v, "loops").found == "it offers no 'hillock.model.steps/1': the host steps it by its functions");
    CHECK(row(v, "threads").verdict == CheckVerdict::passed);
  }

  TEST_CASE("each fault fails its own check, with a sentence that names it") {
    const struct {
      const char *id, *check, *says;
    } faults[] = {
        {"uncited", "metadata", "it cites nothing: state the source of the equations, as `cite = \"doi:...\"`"},
        {"strange_unit", "metadata", "the parameter 'tau' has the unit 'fortnight', which is unknown"},
        {"divides", "finite",
         "rhs of 'v' is inf at the defaults, where v = 0, I = 0, tau = 10: keep what it divides by"},
        {"stands_still", "finite", "rhs of 'v' is 0 everywhere: let rhs return a slope for it, or make it a parameter"},
        {"wrong_slope", "tangent", "the slope of rhs of 'v' is "},
        {"remembers", "threads",
         "rhs of 'v' differs when four threads call it at the same time: a model has no memory"},
        {"mixes_lanes", "lanes", "rhs of 'v' is "},
        {"spikes_on", "spikes", "a neuron on its threshold is above it by 5 after the reset"},
        {"hides_nan", "nan", "with 'v' no number, all of rhs is finite"},
        {"false_order", "order", "order 1.0"},
        {"false_order", "scheme", "its `loop` names another scheme than its `step` computes"},
        {"leaves_box", "bounds", "candidate 0 has number 1 at "},
        {"unseeded", "seeds", "two searches of one seed ask for other candidates"},
        {"unseeded", "budget", "it was given 0 evaluations and asked for"},
        {"crossed_levels", "levels", "its interval of 80 % does not hold that of 50 %"},
    };
    std::string last;
    Verification v;
    for (const auto& [id, check, says] : faults) {
      CAPTURE(id);
      CAPTURE(check);
      if (last != id) v = unsound(id);
      last = id;
      CHECK(row(v, check).verdict == CheckVerdict::failed);
      CHECK_MESSAGE(holds(row(v, check).found, says), row(v, check).found);
    }
  }

  TEST_CASE("a reader that believes a size in its file is found out by a file that is cut short") {
    const Folder folder;
    const Verification v =
        unsound("trusts_size", 600, {folder.write("a.trust", "samples 40\n" + std::string(50, 'x'))});
    CHECK(row(v, "reads").verdict == CheckVerdict::passed);
    CHECK(row(v, "truncated").found == "the plugin crashed (SIGABRT)");
    CHECK(row(v, "strangers").verdict == CheckVerdict::passed);
  }

  TEST_CASE(
      "a crash, an abort, an exit, an exception, an endless loop and runaway memory are checks that failed, and others "
      "go on") {
    const auto found = [](const char* id, double seconds) {
      const Verification v = unsound(id, seconds);
      CHECK(row(v, "metadata").verdict == CheckVerdict::passed);
      CHECK(row(v, "runs").verdict == CheckVerdict::passed);
      return row(v, "finite").found;
    };
    CHECK(found("aborts", 600) == "the plugin crashed (SIGABRT)");
    CHECK(found("exits", 600) == "the plugin called exit(4)");
    CHECK(found("throws_below", 600) ==
          "the plugin threw in rhs or another function that has to return a number: let it return NaN there (there is "
          "no rate below -50 mV)");
    CHECK(found("endless", 2) == "the plugin did not end within 2 s");
#ifndef HILLOCK_SANITIZED
    CHECK(found("eats_memory", 600) == "the plugin wanted more memory than 256 MB");
#endif
    const Verification v = verified(fs::path(broken_plugins()) / "crashes.so");
    CHECK(row(v, "finite").found.starts_with("the plugin crashed (SIG"));
  }

  TEST_CASE("a plugin that the loader refuses fails the check of the boundary, and no other is made") {
    for (const char* id : {"abi_1", "no_rhs", "no_plugin", "default_out_of_range", "wrong_role", "twice"}) {
      CAPTURE(id);
      const Verification v = verified(fs::path(broken_plugins()) / (std::string(id) + ".so"));
      REQUIRE(v.checks.size() == 1);
      CHECK(v.checks[0].verdict == CheckVerdict::failed);
      CHECK(holds(v.checks[0].found, "is refused"));
      CHECK(v.role == "");
    }
    const Folder folder;
    CHECK(verified(folder.write("cut.so", "")).checks[0].verdict == CheckVerdict::failed);
    CHECK(verified(folder.write("a.txt", "")).checks[0].found == "the file's name does not end in '.so'");
    CHECK(sentence([&] { verified(folder / "absent.so"); }) ==
          "error: there is no file '" + (folder / "absent.so").string() + "' - give the plugin's own file, NAME.so");
  }
}
