#pragma once
// What `hillock new` writes, by role. @name@ is the plugin's id, @Name@ the name of its struct. A text begins with a
// line end that is not written.
#include <string>

namespace hillock::scaffold {

struct Texts {
  std::string about;  ///< begin of the README
  const char *source, *experiment, *data, *verify;
};

inline constexpr const char* cmake_lists = R"text(
cmake_minimum_required(VERSION 3.20)
project(@name@ LANGUAGES CXX)
find_package(hillock REQUIRED)
hillock_add_plugin(@name@ @name@.cpp)
)text";

inline constexpr const char* readme = R"text(
Build it, try everything that it promises, and run its experiment:

```sh
cmake -B build@prefix@ && cmake --build build
@hillock@ verify @verify@
@hillock@ test @name@.yaml
@hillock@ run @name@.yaml
```

`run` writes a report, figures and tables to `results/`. `@hillock@ describe @name@`, with
`HILLOCK_PLUGIN_PATH=build` in the environment, prints what the plugin says of itself.

| file | holds |
| --- | --- |
| `@name@.cpp` | the plugin; its id is the file's name |
| `CMakeLists.txt` | how it is built: the package `hillock` knows the flags |
| `@name@.yaml` | an experiment with what it has to come out as, under `expect` |

`verify` runs each check in a process of its own: a plugin that crashes or never ends fails that check alone. A check
that fails says which function or number is wrong, and where. Raise `version` in the source whenever results change:
every result records it.
)text";

// ---- model ---------------------------------------------------------------------------------------------------------

inline constexpr const char* model_about = R"text(
# @name@

A model of a neuron for hillock: a leaky membrane with a threshold, to be replaced by your own equations.

A model is one struct. `State`, `Params` and `Input` name its numbers, the tables below them give each a unit, a
default, a range and a meaning, and `rhs` returns dx/dt per ms. The same equations are compiled for batches, for exact
derivatives and for Taylor series, so write them with `T` and branch by `hillock::select(condition, yes, no)`. The
first state is the membrane potential `v`. Leave out `threshold` and `reset` if there are no spikes. The head of
`hillock/model.hpp` says what else a model may have. If you change the equations, change the numbers under
`expect` in `@name@.yaml` too.
)text";
inline constexpr const char* model_source = R"text(
// A leaky membrane with a threshold: tau v' = E - v + R I, and at V_th a spike and v := V_reset. Lapicque (1907).
#include <hillock/model.hpp>
using hillock::Field;

struct @Name@ {
  static constexpr auto id = "@name@", version = "0.1.0", cite = "Lapicque (1907)",
                        meaning = "leaky membrane with a threshold";

  template <class T> struct State { T v; };
  template <class T> struct Params { T tau, E, R, V_th, V_reset; };
  template <class T> struct Input { T I; };

  //                             unit   default     low    high  meaning
  static constexpr State<Field> state{
      .v       = {"mV",    -70,   -500,    500, "membrane potential"}};
  static constexpr Params<Field> params{
      .tau     = {"ms",     10,   1e-3,    1e4, "membrane time constant"},
      .E       = {"mV",    -70,   -500,    500, "resting potential"},
      .R       = {"GOhm",  0.1,   1e-6,    1e3, "membrane resistance"},
      .V_th    = {"mV",    -50,   -500,    500, "threshold"},
      .V_reset = {"mV",    -70,   -500,    500, "v after a spike"}};
  static constexpr Input<Field> inputs{
      .I       = {"pA",      0,   -1e6,    1e6, "injected current"}};

  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    return {.v = (p.E - x.v + p.R * in.I) / p.tau};
  }
  // A spike is where this rises through 0.
  template <class T> static T threshold(const State<T>& x, const Params<T>& p) { return x.v - p.V_th; }
  template <class T> static State<T> reset(const State<T>&, const Params<T>& p) { return {.v = p.V_reset}; }
};
HILLOCK_MODEL(@Name@)
)text";
inline constexpr const char* model_experiment = R"text(
title: @name@ under a step of current
plugins: build                       # the folder of @name@.so
model: {use: @name@}
input:
  I: {use: step, from: 100 ms, to: 400 ms, amplitude: 300 pA}
integrator: {use: rk4, dt: 0.05 ms, spikes: located}
simulate: {for: 500 ms, record: [v, I]}
expect:
  # 10 ms ln(30/10) from spike to spike: v runs from -70 towards -40 mV and is reset at -50 mV
  spike_count: [27, 27]
  time_to_first_spike: [110.98 ms, 110.99 ms]
  isi_mean: [10.98 ms, 10.99 ms]
)text";

// ---- integrator ----------------------------------------------------------------------------------------------------

inline constexpr const char* integrator_about = R"text(
# @name@

An integrator for hillock: the explicit midpoint method, to be replaced by your own scheme. It needs the headers of
Boost (`apt install libboost-dev`).

A scheme is a class with one `step` from t to t + dt for all lanes of a batch. The SDK does the rest: the option `dt`,
the time grid, spikes on the grid or located, resets, refractory times, clamped states and samples. Write "order N" in
`meaning`: `verify` then holds the scheme to it. The head of `hillock/integrator.hpp` says what else a scheme may have,
`hillock/adaptive.hpp` how one is written that chooses its own steps.
)text";
inline constexpr const char* integrator_source = R"text(
// The explicit midpoint method (Runge 1895): x + dt f(t + dt/2, x + dt/2 f(t, x)).
#include <hillock/integrator.hpp>
using hillock::Options, hillock::Rows, hillock::System;

struct @Name@ {
  static constexpr auto id = "@name@", version = "0.1.0", cite = "doi:10.1007/BF01446807",
                        meaning = "explicit midpoint method, order 2";

  @Name@(const System& f, const Options&) : slope(f.rows()), half(f.rows()) {}

  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    f.rhs(t, x, slope);
    axpy(half, x, 0.5 * dt, slope);
    f.rhs(t + 0.5 * dt, half, slope);
    axpy(next, x, dt, slope);
  }
  Rows slope, half;
};
HILLOCK_INTEGRATOR(@Name@)
)text";
inline constexpr const char* integrator_experiment = R"text(
title: The period of FitzHugh-Nagumo by @name@
plugins: build                       # the folder of @name@.so
model: {use: nagumo}
input: {I: 0.5}
integrator: {use: @name@, dt: 0.01 ms, spikes: located}
simulate: {for: 800 ms, record: [v, w], every: 0.1 ms, window: [200 ms, 800 ms]}
expect:
  isi_mean: [39.473 ms, 39.476 ms]   # 39.474415 ms, converged
)text";

// ---- optimizer -----------------------------------------------------------------------------------------------------

inline constexpr const char* optimizer_about = R"text(
# @name@

An optimizer for hillock: an evolution strategy with one parent and one child, to be replaced by your own method.

An optimizer is asked for candidates, each a vector within the box, and told their losses. Candidates of one `ask` are
run as one batch, so ask for many at once where the method allows it; none ends the search. All randomness comes from
`search.seed`. A loss that is not finite is a candidate that failed. The head of `hillock/optimizer.hpp` says how a
method asks for derivatives or minimises several losses.
)text";
inline constexpr const char* optimizer_source = R"text(
// The (1+1) evolution strategy with Rechenberg's rule for the step: Beyer & Schwefel (2002).
#include <algorithm>
#include <cmath>
#include <hillock/optimizer.hpp>
#include <limits>
#include <random>
using hillock::Options, hillock::Search, hillock::Told;

struct @Name@ {
  static constexpr auto id = "@name@", version = "0.1.0", cite = "doi:10.1023/A:1015059928466",
                        meaning = "evolution strategy with one parent and one child";
  static constexpr hk_option options[] = {
      hillock::number("step", "1", 0.2, 1e-6, 1, "standard deviation of the first steps, as a share of the range")};

  @Name@(const Search& search, const Options& chosen)
      : search_(search), random_(search.seed), step_(chosen.number("step")), best_(search.start) {
    if (best_.empty())
      for (std::size_t k = 0; k < search.n(); ++k) best_.push_back(0.5 * (search.low[k] + search.high[k]));
  }

  std::vector<std::vector<double>> ask() {
    if (asked_ == search_.evaluations) return {};
    child_ = best_;
    if (asked_ > 0)  // the first is the guess itself
      for (std::size_t k = 0; k < search_.n(); ++k)
        child_[k] = std::clamp(child_[k] + step_ * (search_.high[k] - search_.low[k]) * normal_(random_),
                               search_.low[k], search_.high[k]);
    ++asked_;
    return {child_};
  }

  void tell(const Told& told) {
    const double loss = told.losses[0];
    const bool better = std::isfinite(loss) && loss <= least_;
    if (better) best_ = child_, least_ = loss;
    // as many successes as one in five leave the step as it is
    step_ = std::clamp(step_ * (better ? std::exp(0.8 / 3) : std::exp(-0.2 / 3)), 1e-12, 1.0);
  }

  std::string ended() const { return "all evaluations are spent"; }

 private:
  Search search_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double step_, least_ = std::numeric_limits<double>::infinity();
  std::vector<double> best_, child_;
  std::uint64_t asked_ = 0;
};
HILLOCK_OPTIMIZER(@Name@)
)text";
inline constexpr const char* optimizer_experiment = R"text(
title: Two numbers of a FitzHugh-Nagumo neuron found again by @name@
plugins: build                       # the folder of @name@.so
seed: 1
model: {use: nagumo, a: 0.5, epsilon: 0.12}
drive: {gain: 1}
readout: {scale: 1 mV}
integrator: {use: rk4, dt: 0.1 ms}
simulate: {every: 0.1 ms}
fit:
  data: {file: recording.yaml}       # a run with a = 0.7 and epsilon = 0.08
  free:
    model.a: {from: 0.3, to: 1}
    model.epsilon: {from: 0.02, to: 0.2}
  loss: mse
  optimizer: {use: @name@, evaluations: 300}
  starts: 1
  profile: 0
expect:
  model.a: [0.695, 0.705]
  model.epsilon: [0.0795, 0.0805]
)text";
inline constexpr const char* optimizer_data = R"text(
title: A FitzHugh-Nagumo neuron, as a recording
note: Its run is the data of @name@.yaml.
model: {use: nagumo, a: 0.7, epsilon: 0.08}
drive: {gain: 1}
readout: {scale: 1 mV}
input: {I: {use: step, from: 10 ms, to: 90 ms, amplitude: 0.5}}
integrator: {use: rk4, dt: 0.1 ms}
simulate: {for: 100 ms, every: 0.1 ms, record: [v, I]}
expect:
  spike_count: [2, 2]
)text";

// ---- forecaster ----------------------------------------------------------------------------------------------------

inline constexpr const char* forecaster_about = R"text(
# @name@

A forecaster for hillock: the method of drift, to be replaced by your own.

A forecaster is fitted to a series, or to pieces of one, and says what follows a history: the mean and, with the flag
`HK_INTERVALS`, the bounds of central intervals. What no forecaster can use never reaches it: numbers that are not
finite are refused before. All randomness comes from the seed. The head of `hillock/forecaster.hpp` says how known
covariates come in and how what was learnt is saved.
)text";
inline constexpr const char* forecaster_source = R"text(
// The method of drift: the last value goes on with the mean slope of the training part. Hyndman & Athanasopoulos
// (2021), Forecasting: Principles and Practice, section 5.2.
#include <hillock/forecaster.hpp>
using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;

struct @Name@ {
  static constexpr auto id = "@name@", version = "0.1.0", cite = "isbn:9780987507136",
                        meaning = "the last value with the mean slope of the training part";

  @Name@(std::uint64_t, const Options&) {}

  void fit(std::span<const TimeSeries> pieces) {
    double change = 0, steps = 0;
    for (const TimeSeries& piece : pieces)
      if (piece.values.size() > 1) {
        change += piece.values.back() - piece.values.front();
        steps += static_cast<double>(piece.values.size() - 1);
      }
    if (steps == 0) throw BadInput("the training part has no two values that follow one another");
    slope_ = change / steps;
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const std::vector<std::span<const double>>&,
                   std::span<const double>) const {
    if (history.values.empty()) throw BadInput("there is no value before the forecast");
    Forecast f;
    for (std::size_t h = 1; h <= horizon; ++h)
      f.mean.push_back(history.values.back() + slope_ * static_cast<double>(h));
    return f;
  }

 private:
  double slope_ = 0;  // per step
};
HILLOCK_FORECASTER(@Name@)
)text";
inline constexpr const char* forecaster_experiment = R"text(
title: A FitzHugh-Nagumo neuron forecast by @name@
plugins: build                       # the folder of @name@.so
seed: 1
model: {use: nagumo}
input: {I: 0.5}
integrator: {use: rk4, dt: 0.05 ms}
simulate: {for: 400 ms, every: 0.5 ms}
forecast:
  series: v
  by: [{use: @name@}]
  train: 300 ms
  horizon: 5 ms
  origins: 10
  measure: [mae, mase]
expect:
  @name@.mae: [0, 2]                 # v stays within 4 of itself
)text";

// ---- recording -----------------------------------------------------------------------------------------------------

inline constexpr const char* recording_about = R"text(
# @name@

A reader of recordings for hillock: a plain text format, to be replaced by your own. `sample.@name@` is such a file.

A reader is a class that opens a file, lists its sweeps and gives the samples of a channel. It throws `BadInput` with a
sentence that a user can act on. Readers are given files that are cut short, damaged, or of another kind: check every
size that a file states before you believe it. `verify` tries that with each file after `--recording`. The head of
`hillock/recording.hpp` says more.
)text";
inline constexpr const char* recording_source = R"text(
// Recordings as text: a line `dt_ms 0.1`, then a line a sample with voltage (mV) and current (pA).
#include <cmath>
#include <fstream>
#include <hillock/recording.hpp>
#include <sstream>
using hillock::BadInput, hillock::Options, hillock::Sweep;

struct @Name@ {
  static constexpr auto id = "@name@", version = "0.1.0", cite = "",
                        meaning = "voltage and current as lines of text",
                        endings = "@name@";

  @Name@(const std::string& path, const Options&) {
    std::ifstream in(path);
    std::string word, line;
    if (!(in >> word >> dt_ms_) || word != "dt_ms" || !(dt_ms_ > 0 && dt_ms_ < 1e6))
      throw BadInput(path + ":1: the first line is no `dt_ms 0.1`");
    std::getline(in, line);
    for (std::size_t n = 2; std::getline(in, line); ++n) {
      std::istringstream numbers(line);
      double voltage = 0, current = 0;
      if (!(numbers >> voltage >> current) || numbers >> word)
        throw BadInput(path + ":" + std::to_string(n) + ": the line does not hold two numbers, voltage and current");
      samples_[0].push_back(voltage), samples_[1].push_back(current);
    }
    if (samples_[0].empty()) throw BadInput(path + ": there is no sample behind the first line");
  }

  std::size_t sweeps() const { return 1; }
  Sweep describe(std::size_t) const {
    return {.samples = samples_[0].size(),
            .dt = dt_ms_,
            .protocol = "",
            .current_source = "recorded",
            .channels = {{"voltage", "mV", HK_VOLTAGE}, {"current", "pA", HK_CURRENT}}};
  }
  void read(std::size_t, std::size_t channel, std::span<double> samples) const {
    std::copy(samples_[channel].begin(), samples_[channel].end(), samples.begin());
  }

 private:
  double dt_ms_ = 0;
  std::vector<double> samples_[2];
};
HILLOCK_RECORDING(@Name@)
)text";
inline constexpr const char* recording_experiment = R"text(
title: A leaky neuron beside a recording read by @name@
plugins: build                       # the folder of @name@.so
integrator: {use: rk4, dt: 0.1 ms}
compare:
  data: {file: sample.@name@, spikes: {threshold: 0 mV}}
  models:
    lif: {model: {use: lif, tau: 10 ms, g_L: 10 nS, E_L: -70 mV, V_th: 0 mV}}
  measure: [rmse]
expect:
  lif.rmse: [0, 0.001 mV]            # the sample is that neuron, rounded to 1e-6 mV
)text";

/// REQUIRES: `role` is one of the five.
inline Texts of(const std::string& role) {
  constexpr const char* library = "build/@name@.so";
  if (role == "model") return {model_about, model_source, model_experiment, "", library};
  if (role == "integrator") return {integrator_about, integrator_source, integrator_experiment, "", library};
  if (role == "optimizer") return {optimizer_about, optimizer_source, optimizer_experiment, optimizer_data, library};
  if (role == "forecaster") return {forecaster_about, forecaster_source, forecaster_experiment, "", library};
  return {recording_about, recording_source, recording_experiment, "", "build/@name@.so --recording sample.@name@"};
}

}  // namespace hillock::scaffold
