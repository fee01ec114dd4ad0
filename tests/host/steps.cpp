// What fixed steps do for a host in a hurry: spikes that are counted, not told.
#include <doctest/doctest.h>

#include "harness.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const Plugin& model(const std::string& id) { return plugins().load(id, HK_ROLE_MODEL); }

}  // namespace

TEST_SUITE("steps") {
  TEST_CASE("every integrator counts as many spikes as it tells, of resets and of crossings, but none of padding") {
    for (const Plugin* integrator : plugins_of(HK_ROLE_INTEGRATOR)) {
      CAPTURE(integrator->id);
      for (const char* id : {"izhikevich", "nagumo"}) {
        CAPTURE(id);
        const auto run = [&](bool count) {
          Batch batch(model(id), 9);
          for (std::uint32_t i = 0; i < 9; ++i)
            batch.set(i, "I", std::string(id) == "nagumo" ? 0.4 + 0.05 * i : 6 + 2 * i);
          batch.counts_spikes = count;
          Settings settings;
          if (integrator->integrator().flags & HK_FIXED_STEP) settings["dt"] = 0.1;
          batch.run(*integrator, settings, 200);
          return batch;
        };
        const Batch told = run(false), counted = run(true);
        for (std::uint32_t i = 0; i < told.lanes(); ++i) CHECK(counted.spikes[i].empty());
        for (std::uint32_t i = 0; i < 9; ++i) {
          CAPTURE(i);
          CHECK(told.spikes[i].size() > 1);
          CHECK(counted.spike_counts[i] == told.spikes[i].size());
        }
      }
    }
  }
}
