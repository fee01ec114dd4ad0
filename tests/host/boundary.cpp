// Plugins of other languages, compilers and ages.
#include <doctest/doctest.h>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {
std::vector<std::string> names(const hk_field* fields, std::size_t n) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < n; ++k) out.push_back(std::string(fields[k].name) + " [" + fields[k].unit + "]");
  return out;
}
using Names = std::vector<std::string>;
}  // namespace

TEST_SUITE("boundary") {
  TEST_CASE("a model in plain C loads, fires and agrees with lif") {
    const Plugin& c = plugins().load("plain_c", HK_ROLE_MODEL);
    CHECK(names(c.model().params, c.model().n_params) == Names{"tau [ms]", "E_L [mV]", "V_th [mV]"});
    CHECK(c.tangent() == nullptr);
    Batch in_c(c, 1), in_cpp(plugins().load("lif", HK_ROLE_MODEL), 1);
    in_c.set("I", 20);
    in_cpp.set("I", 500).set("t_ref", 0);  // 500 pA over 25 nS are 20 mV
    const Plugin& rk4 = plugins().load("rk4", HK_ROLE_INTEGRATOR);
    in_c.run(rk4, {{"dt", 0.1}, {"spikes", "located"}}, 100);
    in_cpp.run(rk4, {{"dt", 0.1}, {"spikes", "located"}}, 100);
    REQUIRE(in_c.spikes[0].size() == 7);  // one each 10 ln 4 = 13.86 ms
    REQUIRE(in_cpp.spikes[0].size() == 7);
    // the two write the same equation with other roundings
    for (std::size_t i = 0; i < 7; ++i) CHECK(in_c.spikes[0][i] == doctest::Approx(in_cpp.spikes[0][i]).epsilon(1e-12));
  }

  TEST_CASE("a model that clang compiled has the same names and presets, and fires as the other does") {
    if (clang_plugins().empty()) return skip("this build has no plugin of clang's");
    Plugins of_clang({clang_plugins()});
    const Plugin &a = plugins().load("izhikevich", HK_ROLE_MODEL), &b = of_clang.load("izhikevich", HK_ROLE_MODEL);
    REQUIRE(a.path != b.path);
    const hk_model &x = a.model(), &y = b.model();
    CHECK(names(x.state, x.n_state) == names(y.state, y.n_state));
    CHECK(names(x.params, x.n_params) == names(y.params, y.n_params));
    CHECK(names(x.inputs, x.n_inputs) == names(y.inputs, y.n_inputs));
    CHECK(names(x.state, x.n_state) == Names{"v [mV]", "u [mV/ms]"});
    REQUIRE(x.n_presets == y.n_presets);
    for (std::uint32_t r = 0; r < x.n_presets; ++r) {
      CHECK(std::string(x.presets[r].name) == y.presets[r].name);
      CHECK(same_bits({x.presets[r].params, x.presets[r].params + x.n_params},
                      {y.presets[r].params, y.presets[r].params + y.n_params}));
    }
    Batch by_gcc(a, 1), by_clang(b, 1);
    const Plugin& euler = plugins().load("euler", HK_ROLE_INTEGRATOR);
    for (Batch* batch : {&by_gcc, &by_clang}) batch->set("I", 10).run(euler, {{"dt", 0.25}}, 500);
    CHECK(by_gcc.spikes[0].size() > 5);
    CHECK(same_bits(by_gcc.spikes[0], by_clang.spikes[0]));
  }

  TEST_CASE("plugins of another C++ library fire as others do, and what they throw arrives as their sentence") {
    if (libcxx_plugins().empty()) return skip("this build has no plugin of libc++: libc++-16-dev is not installed");
    Plugins of_libcxx({libcxx_plugins()});
    const Plugin &a = plugins().load("izhikevich", HK_ROLE_MODEL), &b = of_libcxx.load("izhikevich", HK_ROLE_MODEL),
                 &throws = of_libcxx.load("throws", HK_ROLE_INTEGRATOR);
    REQUIRE(a.path != b.path);
    Batch here(a, 1), there(b, 1);
    for (const char* id : {"euler", "dopri5"}) {
      CAPTURE(id);
      Settings settings;
      if (id == std::string("euler")) settings = {{"dt", 0.25}};
      for (Batch* batch : {&here, &there}) batch->set("I", 10).run(plugins().load(id, 0), settings, 500);
      CHECK(here.spikes[0].size() > 5);
      CHECK(same_bits(here.spikes[0], there.spikes[0]));
    }
    const auto run = [&](const std::string& when, const std::string& what) {
      return sentence([&] { there.run(throws, {{"dt", 0.1}, {"when", when}, {"what", what}}, 1); });
    };
    CHECK(run("at_open", "error") == "error: plugin 'throws': the well is dry");
    CHECK(run("at_step", "bad_input") == "error: plugin 'throws': this is not for me");
    CHECK(run("at_step", "number") == "error: plugin 'throws': an exception that is no std::exception");
  }

  TEST_CASE("what an older plugin of this ABI does not have is absent") {
    const hk_model& m = plugins().load("short_struct", HK_ROLE_MODEL).model();
    CHECK(m.size == sizeof(hk_model));
    CHECK(m.field_size == sizeof(hk_field));
    CHECK(names(m.state, m.n_state) == Names{"v [mV]", "w [1]"});
    CHECK(m.state[1].value == 0.5);
    CHECK(m.state[1].high == 1);
    CHECK(m.inputs[0].kind == HK_SIGNAL);
    CHECK(bool(m.rhs));
    CHECK_FALSE(bool(m.threshold));
    CHECK_FALSE(bool(m.reset));
    Batch batch(plugins().load("short_struct", 0), 3);
    batch.run(plugins().load("rk4", 0), {{"dt", 0.1}}, 10);
    CHECK(batch.x[1][2] == doctest::Approx(0.5 * std::exp(-1)).epsilon(1e-8));
  }

  TEST_CASE("what a newer plugin of this ABI has more is left out") {
    const hk_model& m = plugins().load("long_struct", HK_ROLE_MODEL).model();
    CHECK(m.size == sizeof(hk_model));
    CHECK(m.field_size == sizeof(hk_field));
    CHECK(names(m.state, m.n_state) == Names{"v [mV]", "w [1]"});
    CHECK(names(m.inputs, m.n_inputs) == Names{"I [mV]", "E [1]"});
    CHECK(m.inputs[0].kind == HK_SIGNAL);
    CHECK(m.inputs[1].kind == HK_DRAW);
    Batch batch(plugins().load("long_struct", 0), 3);
    batch.run(plugins().load("rk4", 0), {{"dt", 0.1}}, 10);
    CHECK(batch.x[1][2] == doctest::Approx(0.5 * std::exp(-1)).epsilon(1e-8));
  }

  TEST_CASE("functions of a model are given its context") {
    const Plugin& m = plugins().load("with_context", HK_ROLE_MODEL);
    for (const Plugin* integrator : plugins_of(HK_ROLE_INTEGRATOR)) {
      CAPTURE(integrator->id);
      if (integrator->id == "taylor") continue;  // it needs the series of the equations
      Batch batch(m, 3);
      Settings settings;
      if (integrator->integrator().flags & HK_FIXED_STEP) settings["dt"] = 1e-4;
      batch.run(*integrator, settings, 2);
      CHECK(batch.x[0][2] == doctest::Approx(std::exp(-1)).epsilon(1e-4));
    }
  }

  TEST_CASE("an integrator asks the host whether to stop, within a stretch of time") {
    static const hk_stop stop{sizeof(hk_stop), [](void*) { return std::int32_t{1}; }};
    const hk_host host{sizeof(hk_host), nullptr, [](void*, const char* id) -> const void* {
                         return std::strcmp(id, HK_STOP) == 0 ? &stop : nullptr;
                       }};
    for (const char* id : {"euler", "dopri5"})
      for (const char* spikes : {"on_grid", "located"}) {
        CAPTURE(id);
        Settings settings;
        if (id == std::string("euler")) settings = {{"dt", 0.01}, {"spikes", spikes}};
        Batch batch(plugins().load("izhikevich", HK_ROLE_MODEL), 3);
        batch.host = &host;
        CHECK(sentence([&] { batch.set("I", 10).run(plugins().load(id, 0), settings, 10'000); }) ==
              "error: plugin '" + std::string(id) + "': the run was stopped");
      }
  }

  TEST_CASE("what a plugin throws arrives as its own sentence") {
    const Plugin& throws = broken("throws");
    Batch batch(plugins().load("decay", 0), 1);
    const auto run = [&](const std::string& when, const std::string& what) {
      return sentence([&] { batch.run(throws, {{"dt", 0.1}, {"when", when}, {"what", what}}, 1); });
    };
    CHECK(run("at_open", "error") == "error: plugin 'throws': the well is dry");
    CHECK(run("at_step", "error") == "error: plugin 'throws': the well is dry");
    CHECK(run("at_open", "bad_input") == "error: plugin 'throws': this is not for me");
    CHECK(run("at_step", "number") == "error: plugin 'throws': an exception that is no std::exception");
  }

  TEST_CASE("a status is an error with the plugin's name, and with its place where the user can mend it") {
    const Plugin& fails = broken("fails");
    const auto source = std::make_shared<Source>(Source{"a.yaml", {"integrator: {use: fails}"}, "."});
    const Place place{source, 1, 19, 5};
    hk_error error{};
    CHECK(sentence([&] { check(fails, HK_OK, error, place); }) == "nothing is wrong");
    CHECK(sentence([&] { check(fails, HK_FAILED, error, place); }) ==
          "error: plugin 'fails': failed with status 1 and no message");
    std::strcpy(error.message, "the dice say no");
    CHECK(sentence([&] { check(fails, HK_FAILED, error, place); }) == "error: plugin 'fails': the dice say no");
    CHECK(sentence([&] { check(fails, HK_BAD_INPUT, error, place); }) ==
          "a.yaml:1:19: error: plugin 'fails': the dice say no\n   1 | integrator: {use: fails}\n     |                "
          "   ^~~~~");
    std::memset(error.message, 'x', sizeof error.message);  // an author who forgot the end
    CHECK(sentence([&] { check(fails, HK_FAILED, error, place); }).size() < 1100);
  }
}
