// What a forecaster promises, on a noisy wave and a covariate that it follows.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "verify/batch.hpp"
#include "verify/checks.hpp"
#include "verify/forecasting.hpp"

namespace hillock::verify {
namespace {

constexpr std::size_t horizon = 40;

Samples wave(std::size_t n, std::size_t from = 0, bool covariate = false) {
  Samples s;
  Dice dice(31);
  if (covariate) s.covariates.emplace_back();
  for (std::size_t k = 0; k < from + n; ++k) {
    const double slow = std::sin(0.1 * static_cast<double>(k)), value = -60 + 10 * slow + dice.between(-1, 1);
    if (k < from) continue;
    s.values.push_back(value);
    if (covariate) s.covariates[0].push_back(slow);
  }
  return s;
}

/// Fitted to a wave, where it does not send it anywhere.
DrivenForecaster fitted(const Subject& s, std::uint64_t seed = 9) {
  if (s.plugin.forecaster().flags & HK_REMOTE) leave_out("it sends the series to a server, and verify sends nothing");
  DrivenForecaster f(s.plugin, {}, nullptr, seed);
  f.fit({wave(400)});
  return f;
}
bool intervals(const Subject& s) { return (s.plugin.forecaster().flags & HK_INTERVALS) != 0; }

/// All numbers of an answer.
std::vector<double> flat(const Answer& a) {
  std::vector<double> out = a.mean;
  for (const auto* rows : {&a.low, &a.high})
    for (const Vector& row : *rows) out.insert(out.end(), row.begin(), row.end());
  return out;
}

std::string check_lengths(const Subject& s) {
  DrivenForecaster f = fitted(s);
  for (const std::size_t h : {std::size_t{1}, std::size_t{7}, horizon}) {
    const Answer a = f.predict(wave(300), h);
    for (std::size_t k = 0; k < h; ++k)
      if (!std::isfinite(a.mean[k])) fail("of a horizon of {} its value {} is {}", h, k + 1, a.mean[k]);
  }
  return "horizons of 1, 7 and 40: finite numbers";
}

std::string check_levels(const Subject& s) {
  if (!intervals(s)) leave_out("it has no intervals of its own");
  const Vector levels{50, 80, 95};
  const Answer a = fitted(s).predict(wave(300), horizon, {}, levels);
  for (std::size_t k = 0; k < horizon; ++k)
    for (std::size_t l = 0; l < levels.size(); ++l) {
      if (!(a.low[l][k] <= a.mean[k] && a.mean[k] <= a.high[l][k]))
        fail("at step {} its mean {:g} lies outside its interval [{:g}, {:g}] of {:g} %", k + 1, a.mean[k], a.low[l][k],
             a.high[l][k], levels[l]);
      if (l > 0 && !(a.low[l][k] <= a.low[l - 1][k] && a.high[l - 1][k] <= a.high[l][k]))
        fail("at step {} its interval of {:g} % does not hold that of {:g} %", k + 1, levels[l], levels[l - 1]);
    }
  return "50, 80 and 95 %: each holds the mean and the one before";
}

std::string check_repeats(const Subject& s) {
  const Vector levels = intervals(s) ? Vector{80} : Vector{};
  DrivenForecaster one = fitted(s), two = fitted(s);
  const auto a = flat(one.predict(wave(300), horizon, {}, levels)),
             b = flat(two.predict(wave(300), horizon, {}, levels));
  if (!same_bits(a, b)) fail("two forecasters of one seed, fitted to one series, differ");
  return "the same bits";
}

std::string check_saved(const Subject& s) {
  DrivenForecaster one = fitted(s);
  if (!one.keeps()) leave_out("it saves nothing");
  DrivenForecaster other(s.plugin, {}, nullptr, 9);
  other.load(one.save());
  if (!same_bits(flat(one.predict(wave(300), horizon)), flat(other.predict(wave(300), horizon))))
    fail("what was saved and loaded predicts otherwise than what saved it");
  const std::string bytes = one.save();
  for (const std::size_t n : {std::size_t{0}, bytes.size() / 2, bytes.size() > 0 ? bytes.size() - 1 : 0}) {
    DrivenForecaster cut(s.plugin, {}, nullptr, 9);
    try {
      cut.load(bytes.substr(0, n));
    } catch (const Error&) { continue; }
  }
  return fmt::format("{} bytes", bytes.size());
}

std::string check_covariates(const Subject& s) {
  if (s.plugin.forecaster().flags & HK_REMOTE) leave_out("it sends the series to a server, and verify sends nothing");
  DrivenForecaster f(s.plugin);
  f.fit({wave(260, 0, true), wave(240, 300, true)});
  Vector ahead, other;
  for (std::size_t k = 0; k < horizon; ++k)
    ahead.push_back(std::sin(0.1 * static_cast<double>(500 + k))), other.push_back(ahead.back() + 1);
  const Answer a = f.predict(wave(300, 200, true), horizon, {ahead}),
               b = f.predict(wave(300, 200, true), horizon, {other});
  const bool uses = (f.flags() & HK_FUTURE) != 0, differs = !same_bits(a.mean, b.mean);
  if (differs && !uses) fail("another covariate of the future changes its forecast, and its flags lack HK_FUTURE");
  if (!differs && uses) fail("its flags say HK_FUTURE, and another covariate of the future changes nothing");
  return uses ? "it follows that of the future" : "it leaves that of the future alone";
}

std::string check_nan(const Subject& s) {
  const auto refuses = [&](const char* where, auto&& f) {
    hk_status status = HK_OK;
    try {
      f();
    } catch (const Error& e) { status = e.status() == Exit::bad_input ? HK_BAD_INPUT : HK_FAILED; }
    if (status == HK_OK) fail("{} that holds a NaN is taken without a word", where);
  };
  if (s.plugin.forecaster().flags & HK_REMOTE) leave_out("it sends the series to a server, and verify sends nothing");
  Samples broken = wave(300);
  broken.values[7] = NAN;
  refuses("a training part", [&] { DrivenForecaster(s.plugin).fit({broken}); });
  DrivenForecaster f = fitted(s);
  refuses("a history", [&] { f.predict(broken, horizon); });
  const auto survives = [&](auto&& g) {
    try {
      g();
    } catch (const Error&) { return; }
  };
  survives([&] { DrivenForecaster(s.plugin).fit({}); });
  survives([&] { DrivenForecaster(s.plugin).fit({Samples{}}); });
  survives([&] { f.predict(Samples{}, horizon); });
  survives([&] { f.predict(Samples{{1}}, horizon); });
  survives([&] { DrivenForecaster(s.plugin).predict(wave(300), horizon); });
  return "refused; a series of no value, of one, and no training at all end with a sentence or a forecast";
}

std::string check_threads(const Subject& s) {
  std::vector<std::vector<double>> alone(4), together(4);
  const auto forecast = [&](std::size_t k) { return fitted(s, k).predict(wave(250 + 10 * k), horizon).mean; };
  for (std::size_t k = 0; k < 4; ++k) alone[k] = forecast(k);
  at_once([&](std::size_t k) { together[k] = forecast(k); });
  for (std::size_t k = 0; k < 4; ++k)
    if (!same_bits(alone[k], together[k]))
      fail("four forecasters at the same time differ from the same one after the other: keep all memory in `self`");
  return "4 threads, the same bits";
}

constexpr Check checks[] = {
    {"lengths", "every value of the horizon", check_lengths},
    {"levels", "intervals hold the mean, and wider ones hold narrower ones", check_levels},
    {"repeats", "one seed and one series twice", check_repeats},
    {"saved", "what it learnt, saved and loaded, whole and cut short", check_saved},
    {"covariates", "training in pieces with a covariate, and another future of it", check_covariates},
    {"nan", "NaN in the training part and in the history; hardly any values", check_nan},
    {"threads", "forecasters in four threads at once", check_threads},
};

}  // namespace

std::span<const Check> forecaster_checks() { return checks; }

}  // namespace hillock::verify
