// Plugins whose structs have one name: the loader shares no table among them, whatever flags they were compiled with.
#include <doctest/doctest.h>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

std::vector<std::string> names(const hk_field* fields, std::size_t n) {
  std::vector<std::string> out;
  for (std::size_t k = 0; k < n; ++k) out.emplace_back(fields[k].name);
  return out;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_SUITE("same names") {
  TEST_CASE("two models and two integrators whose structs have one name keep their own tables") {
    for (const char* folder : {"/tests/same_names", "/tests/same_names_by_hand"}) {
      CAPTURE(folder);
      Plugins all({build_folder() + folder});
      const hk_model& first = all.load("same_model_1", HK_ROLE_MODEL).model();
      const hk_model& second = all.load("same_model_2", HK_ROLE_MODEL).model();
      CHECK(names(first.params, first.n_params) == Names{"rate", "offset"});
      CHECK(names(second.params, second.n_params) == Names{"tau", "target"});
      CHECK(names(first.inputs, first.n_inputs) == Names{"I"});
      CHECK(names(second.inputs, second.n_inputs) == Names{"drive"});
      const hk_integrator& one = all.load("same_scheme_1", HK_ROLE_INTEGRATOR).integrator();
      const hk_integrator& two = all.load("same_scheme_2", HK_ROLE_INTEGRATOR).integrator();
      REQUIRE(one.n_options == 3);
      REQUIRE(two.n_options == 3);
      CHECK(one.options[2].name == std::string("stages"));
      CHECK(two.options[2].name == std::string("damping"));
      // each steps by its own equations: v = (1 - dt/tau)^n
      Batch by_rate(all.load("same_model_1", 0), 1), by_tau(all.load("same_model_2", 0), 1);
      by_rate.run(all.load("same_scheme_1", 0), {{"dt", 0.1}}, 1);
      by_tau.run(all.load("same_scheme_2", 0), {{"dt", 0.1}}, 1);
      CHECK(by_rate.x[0][0] == doctest::Approx(std::pow(1 - 0.05, 10)).epsilon(1e-12));
      CHECK(by_tau.x[0][0] == doctest::Approx(std::pow(1 - 0.025, 10)).epsilon(1e-12));
    }
  }
}
