// Plugins of the first release of ABI 2, built with the header of that day, under today's host.
#include <doctest/doctest.h>

#include <cmath>

#include "host/harness.hpp"
#include "verify/forecasting.hpp"
#include "verify/search.hpp"
#include "verify/verify.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// Folders of these plugins: built by the compiler of the build and, where it is at hand, by clang.
std::vector<fs::path> folders() {
  std::vector<fs::path> out;
  for (const char* name : {"tests/abi_2", "tests/abi_2_clang"})
    if (const fs::path folder = fs::path(build_folder()) / name; fs::exists(folder / "old_model.so"))
      out.push_back(folder);
  return out;
}

}  // namespace

TEST_SUITE("plugins of ABI 2") {
  TEST_CASE("model, optimizer, forecaster and reader keep all their promises") {
    REQUIRE_FALSE(folders().empty());
    const Folder scratch;
    const fs::path tape = scratch.write("a.volt", "VOLT" + std::string(100, '\x20'));
    for (const fs::path& folder : folders())
      for (const char* id : {"old_model", "old_optimizer", "old_forecaster", "old_recording"}) {
        CAPTURE(folder.string());
        CAPTURE(id);
        VerifyCall call{folder / (std::string(id) + ".so"), {}, 600, 1024, &plugins()};
        if (std::string(id) == "old_recording") call.recordings = {tape};
        for (const Verified& v : verify_plugin(call).checks) {
          CAPTURE(v.check);
          CHECK_MESSAGE(v.verdict != CheckVerdict::failed, v.found);
        }
      }
  }

  TEST_CASE("each does its work") {
    for (const fs::path& folder : folders()) {
      CAPTURE(folder.string());
      Plugins old({folder});

      // tau ln(100/80) from -70 towards 30 mV, where the threshold is -50 mV
      Batch neuron(old.load("old_model", HK_ROLE_MODEL), 3);
      neuron.set("I", 100).run(plugins().load("rk4", 0), {{"dt", 0.05}, {"spikes", "located"}}, 20);
      REQUIRE(neuron.spikes[2].size() >= 2);
      CHECK(neuron.spikes[2][0] == doctest::Approx(10 * std::log(100 / 80.)).epsilon(1e-8));

      Batch decay(plugins().load("decay", 0), 1);
      decay.run(old.load("old_integrator", HK_ROLE_INTEGRATOR), {}, 2, 1);
      CHECK(decay.x[0][0] == doctest::Approx(std::exp(-2.)).epsilon(2e-3));
      CHECK(decay.samples(0).size() == 20);

      Objective valley;
      valley.low = {-1, -1}, valley.high = {2, 2};
      valley.loss = [](const verify::Vector& x) { return (x[0] - 1) * (x[0] - 1) + (x[1] - x[0]) * (x[1] - x[0]); };
      double least = INFINITY;
      search(old.load("old_optimizer", HK_ROLE_OPTIMIZER), valley, 1, 400, {},
             [&](const verify::Vector&, double loss, std::uint32_t) { return least = std::min(least, loss), true; });
      CHECK(least < 1e-6);

      DrivenForecaster mean(old.load("old_forecaster", HK_ROLE_FORECASTER));
      mean.fit({{{1, 2, 6}}});
      CHECK(mean.predict({{1}}, 2).mean == verify::Vector{3, 3});
    }
  }
}
