#include "purpose/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "purpose/readout.hpp"
#include "util/units.hpp"

namespace hillock {

bool Outcome::all_ok() const { return cases.failed().empty(); }
bool Outcome::passed() const {
  return std::all_of(judgements.begin(), judgements.end(), [](const CheckedExpectation& j) { return j.passed; });
}

namespace {

constexpr std::size_t most_judged = 100;

/// "spikes" for spike_times, "hopf currents" for hopf_currents.
std::string words(std::string measure) {
  if (measure == "spike_times") return "spikes";
  std::replace(measure.begin(), measure.end(), '_', ' ');
  return measure;
}

}  // namespace

std::vector<CheckedExpectation> judge(const Experiment& experiment, const Cases& cases) {
  std::vector<CheckedExpectation> all;
  // one of several sweeps, or a part of it, is named behind a dot: where no case is named, the mean over them is meant
  const auto is_model = [](const CaseResult& c) {
    return c.name != "data" && c.name.find(".sweep_") == std::string::npos && !c.name.ends_with(".train") &&
           !c.name.ends_with(".median");
  };
  for (const Expectation& x : experiment.expect) {
    std::vector<std::size_t> of;
    if (x.of == "best") {
      const MeasureInfo& info = *find_measure(x.measure);
      std::size_t best = cases.size();
      double value = 0;
      for (std::size_t i = 0; i < cases.size(); ++i)
        for (const auto c = cases.get(i); const MeasureValue& v : c->measures)
          if (v.name == x.measure && v.why.empty() && is_model(*c) &&
              (best == cases.size() ||
               (info.better == MeasureInfo::Better::higher ? v.value > value : v.value < value)))
            best = i, value = v.value;
      if (best < cases.size()) of.push_back(best);
      else
        all.push_back({x.place, fmt::format("best {} in [{}, {}]", x.measure, shown(x.low), shown(x.high)),
                       "no model has a score", false});
    } else {
      const auto numbered = experiment.purpose->find_case(x.of);
      if (numbered) of.push_back(*numbered);
      for (std::size_t i = 0; !numbered && i < cases.size(); ++i)
        if (const auto c = cases.get(i); x.of == c->name || (x.of.empty() && is_model(*c))) of.push_back(i);
      if (of.empty()) all.push_back({x.place, fmt::format("{} of '{}'", x.measure, x.of), "no such sweep", false});
    }
    std::size_t passed = 0, failed = 0;
    for (const std::size_t index : of) {
      const auto c = cases.get(index);
      CheckedExpectation j{x.place, {}, {}, false};
      const std::string owner = x.of.empty() && cases.size() == 1 ? "" : fmt::format(" of '{}'", c->name);
      const std::string what = x.of == "best" ? fmt::format("best {} ({})", x.measure, c->name) : x.measure + owner;
      if (x.list) {
        const ListValue spikes{"spike_times", "ms", c->spikes_ms, {}};
        const ListValue* found = x.measure == "spike_times" ? &spikes : nullptr;
        for (const ListValue& l : c->lists)
          if (l.name == x.measure) found = &l;
        j.expected =
            fmt::format("{} {}{} within {}", x.are.size(), words(x.measure), owner, with_unit(x.within, x.unit));
        j.found = !found                ? "no such measure"
                  : !found->why.empty() ? found->why
                                        : fmt::format("{} {}", found->values.size(), words(x.measure));
        j.passed = c->ok() && found && found->why.empty() && found->values.size() == x.are.size();
        // a few rounding errors of the times themselves are no difference
        const double rounding = x.measure == "spike_times" ? 1e-9 : 0;
        for (std::size_t i = 0; found && i < std::min(x.are.size(), found->values.size()); ++i)
          if (std::abs(found->values[i] - x.are[i]) > x.within + rounding) {
            j.found += x.measure == "spike_times" ? fmt::format(", spike {} at {:.10g} ms, expected at {} ms", i + 1,
                                                                found->values[i], x.are[i])
                                                  : fmt::format(", number {} is {:.12g}, expected {}", i + 1,
                                                                found->values[i], with_unit(x.are[i], x.unit));
            j.passed = false;
            break;
          }
      } else {
        j.expected = fmt::format("{} in [{:.10g}, {:.10g}]", what, x.low, x.high);
        j.found = "no such measure";
        for (const MeasureValue& v : c->measures)
          if (v.name == x.measure) {
            j.found = v.why.empty() ? fmt::format("{:.10g}", v.value) : v.why;
            j.passed = c->ok() && v.why.empty() && x.low <= v.value && v.value <= x.high;
          }
      }
      if (!c->ok()) j.found += fmt::format(" ({})", c->status());
      ++(j.passed ? passed : failed);
      // of many cases the first that are not as expected, and how many are
      if (of.size() <= most_judged || (!j.passed && failed <= most_judged)) all.push_back(std::move(j));
    }
    if (of.size() > most_judged)
      all.push_back({x.place,
                     x.list
                         ? fmt::format("{} of all {} cases", words(x.measure), of.size())
                         : fmt::format("{} in [{:.10g}, {:.10g}] of all {} cases", x.measure, x.low, x.high, of.size()),
                     failed == 0 ? "all" : fmt::format("{} of them are not", failed), failed == 0});
  }
  return all;
}

}  // namespace hillock
