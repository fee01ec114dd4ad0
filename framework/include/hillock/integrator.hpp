#pragma once
// How to write a fixed-step integrator: a class with one step, and HILLOCK_INTEGRATOR(Name).
//
//   struct Heun {
//     static constexpr auto id = "heun", version = "1.0.0", cite = "...", meaning = "...";
//     // `static constexpr hk_option options[]`, if it has any
//     explicit Heun(const System& f, const Options&) : k1(f.rows()), k2(f.rows()) {}
//     // all lanes from t to t + dt
//     void step(System& f, double t, double dt, const Rows& x, Rows& next) {
//       f.rhs(t, x, k1);
//       axpy(next, x, dt, k1);
//       ...
//     }
//     Rows k1, k2;
//   };
//   HILLOCK_INTEGRATOR(Heun)
//
// `f.host()` tells whether the user asked to stop, and shows what a scheme has to say.
//
// Everything else is here: the options `dt` and `spikes: on_grid|located`, the time grid, spikes, resets, refractory
// times, clamped states, samples, and neurons that leave the finite numbers. A step from t to t + dt is driven by the
// pieces of stimulus that are on at t; smooth shapes are evaluated at the times a scheme asks for. With `on_grid` a
// spike is noticed and takes effect at the end of its step. With `located` the crossing is found within the step (TOMS
// 748, doi:10.1145/210089.210111) by steps of the same scheme, the reset happens there, and the rest of the step is
// taken from it.
//
// White noise is an input that is drawn once for each step and holds throughout it, with the variance sigma^2/dt. For
// noise that is added, every scheme tends to the same process. For noise whose effect depends on the state the scheme
// is the interpretation: one evaluation at the start of the step (Euler) is Ito's, the mean of both ends under the same
// draw (Heun) Stratonovich's. Between two grid points below the threshold the path of such a neuron may have been above
// it: a plain grid misses these spikes, an error of order sqrt(dt). A scheme with a member `bool bridge` that is true
// has them tested for: the path between the points is a Brownian bridge, and was at the threshold with the probability
// exp(-2 g g'/(s^2 dt)), where g and g' are the distances at both points and s^2 is the spectral density of g, from the
// slopes of the model at the start of the step. With `on_grid` such a spike takes effect at the end of its step like
// any other; with `located` its place, and that of a crossing seen on the grid, is drawn from the distribution of the
// first passage, and the noise of the step is split there. `static constexpr auto spikes = "located"` in a scheme makes
// that its default.
//
// A scheme whose time loop stands in the models' libraries too ("hillock.model.steps/1") says which it is,
// `std::uint32_t loop() const { return HK_HEUN; }`. That loop then takes the steps wherever spikes are on the grid and
// nothing varies, is clamped, watched or drawn by chance, with the bits of `step`.
#if !__has_include(<boost/math/tools/toms748_solve.hpp>)
#error "integrators need the headers of Boost: apt install libboost-dev"
#endif
#include <algorithm>
#include <array>
#include <bit>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>
#include "hillock/system.hpp"

namespace hillock {

/// The probability that a Brownian path of variance s2 per ms from g0 < 0 at time 0 to g1 at time h has been at 0 by
/// time t (by reflection at 0). At t = h it is exp(-2 g0 g1/(s2 h)), or 1 if g1 >= 0.
inline double passed_by(double t, double h, double g0, double g1, double s2) {
  const double mirrored = -2 * g0 * g1 / (s2 * h);
  if (t <= 0) return 0;
  if (t >= h) return g1 >= 0 ? 1 : std::exp(mirrored);
  const auto below = [sd = std::sqrt(2 * s2 * t * (h - t) / h)](double z) { return 0.5 * std::erfc(-z / sd); };
  return below(g0 + (g1 - g0) * (t / h)) + std::exp(mirrored) * below(g0 - (g1 + g0) * (t / h));
}

/// One run of a fixed-step scheme over a batch. Hidden, as its options are no other plugin's.
template <class Scheme> class [[gnu::visibility("hidden")]] FixedStep {
 public:
  static constexpr auto options = [] {
    constexpr std::size_t own = detail::n_options<Scheme>();
    std::array<hk_option, 2 + own> all{};
    all[0] = required_number("dt", "ms", 1e-6, 1, "step");
    const char* spikes = "on_grid";
    if constexpr (requires { Scheme::spikes; }) spikes = Scheme::spikes;
    all[1] = choice("spikes", "on_grid|located", spikes,
                    "a spike takes effect at the end of its step, or at the exact crossing");
    for (std::size_t i = 0; i < own; ++i) all[2 + i] = detail::options_of<Scheme>()[i];
    return all;
  }();

  FixedStep(const hk_problem& problem, const Options& chosen, const Host& host = {})
      : known_(*problem.model),
        problem_(detail::with_model(problem, *known_)),
        model_(*known_),
        chosen_(chosen),
        dt_(chosen.number("dt")),
        t0_(problem.t),
        located_(chosen.text("spikes") == "located"),
        resets_(model_.threshold && model_.reset),
        // also where nobody is told: a step with a crossing inside is rounded as one to its end, not as one of dt
        watches_(problem.watch >= 0 || (model_.threshold && !model_.reset)),
        level_(problem.watch >= 0 ? problem.watch_rearm - problem.watch_threshold : model_.rearm),
        f_(problem_, problem.lanes, host),
        scheme_(f_, chosen_),
        x_(f_.rows()),
        next_(f_.rows()),
        after_(f_.rows()),
        g_(1, problem.lanes),
        lane_(problem.lanes) {
    if constexpr (requires { scheme_.bridge; })
      if (scheme_.bridge && resets_ && problem_.noise) {
        if (!f_.has_slopes())
          throw BadInput(
              "the bridge test at the threshold needs the derivatives of the model's equations, and this model has "
              "none: set bridge: false");
        noise_ = std::make_unique<Noise>(model_, lanes());
      }
    if constexpr (requires { scheme_.loop(); })
      if (const void* offered = problem.get ? problem.get(problem.host, HK_STEPS) : nullptr)
        steps_ = detail::adopt(static_cast<const hk_steps*>(offered));
    f_.bind(problem_.p, 0, false);
    x_.copy(problem_.x);
    refractory_.assign(problem.lanes, 0.0);
    if (resets_ && model_.refractory) model_.refractory(model_.context, problem.lanes, problem_.p, refractory_.data());
    for (std::uint32_t i = 0; resets_ && problem_.resting && i < lanes(); ++i)
      if (problem_.resting[i] > 0) {
        lane_[i].resting_steps = steps_of(problem_.resting[i]), lane_[i].resting_until = t0_ + problem_.resting[i];
        lane_[i].held = model_.release != nullptr;
      }
    for (std::size_t k = 0; k < model_.n_inputs; ++k) draws_ = draws_ || model_.inputs[k].kind == HK_DRAW;
    f_.begin(t0_, false);
    if (watches_) {
      watch(f_, x_, g_[0]);
      for (std::uint32_t i = 0; i < lanes(); ++i) lane_[i].w = g_[0][i], lane_[i].armed = g_[0][i] < 0;
    }
    if (resets_) {
      model_.threshold(model_.context, lanes(), x_, problem_.p, f_.in_, g_[0]);
      for (std::uint32_t i = 0; i < lanes(); ++i) lane_[i].g = g_[0][i];
    }
  }

  void advance(const hk_stretch& stretch) {
    const std::int64_t last = std::llround((stretch.t_end - t0_) / dt_);
    if (last < step_ || std::abs(time(last) - stretch.t_end) > 1e-6 * dt_)
      throw std::logic_error("a stretch of time does not end on the grid of steps");
    if (noise_) {
      problem_.noise(problem_.host, time(step_), 0, lanes(), noise_->sigma, nullptr);
      noise_->look();
    }
    const auto steps = static_cast<std::uint64_t>(last - step_);
    const Sampling sampling(stretch);
    if (!sampling.within(steps)) throw std::logic_error("a stretch of time has samples outside of its steps");
    if constexpr (requires { scheme_.loop(); })
      if (has_loop() && (!stretch.varying || stretch.by_step)) {
        run_loop(stretch, sampling, last);
        for (std::size_t k = 0; k < f_.states(); ++k) std::copy_n(x_[k], lanes(), problem_.x[k]);
        return;
      }
    bool fetched = false;
    const bool varying = stretch.varying && !stretch.by_step;
    std::uint64_t sample = 0;
    for (std::uint64_t done = 1; done <= steps; ++done, ++step_) {
      const double t = time(step_);
      if (done % 256 == 0) detail::stop_if_asked(f_.host());
      if (!fetched || varying || inputs_changed_) {
        f_.begin(t, varying);
        fetched = true;
        inputs_changed_ = false;
      } else if (stretch.by_step) {
        f_.drive(stretch, done - 1, t);
      }
      located_ ? step_located(t) : step_on_grid(t);
      if (sampling.at(sample) == done) write_sample(stretch.samples + sample++ * problem_.n_record * problem_.neurons);
      if (!spiked_.empty()) spiked_.clear();
    }
    for (std::size_t k = 0; k < f_.states(); ++k) std::copy_n(x_[k], lanes(), problem_.x[k]);
  }

 private:
  /// What is remembered of a neuron between steps.
  struct Lane {
    double g = 0, w = 0;                                              // threshold and watched quantity at the last step
    std::int64_t resting_steps = 0;                                   // on_grid: steps left of the refractory time
    double resting_until = -std::numeric_limits<double>::infinity();  // located
    bool armed = false, stopped = false;
    bool held = false;  // its release is still to come
  };

  std::uint32_t lanes() const { return problem_.lanes; }
  double time(std::int64_t step) const { return t0_ + static_cast<double>(step) * dt_; }

  void watch(const System& f, const Rows& x, double* w) const {
    if (problem_.watch >= 0) {
      const double* v = x[static_cast<std::size_t>(problem_.watch)];
      for (std::uint32_t i = 0; i < f.lanes(); ++i) w[i] = v[i] - problem_.watch_threshold;
    } else {
      model_.threshold(model_.context, f.lanes(), x, f.p_, f.in_, w);
    }
  }
  /// With a reset a neuron spikes wherever it stands at or above threshold. Where states are clamped the reset may not
  /// bring it down: then only where it rises. Nor does one that spent its refractory time on the threshold itself,
  /// where the reset left it, spike before it rises from there.
  bool fires(double before, double now, bool rested) const {
    return now >= (rested ? std::numeric_limits<double>::min() : 0) && (problem_.clamped == 0 || before < 0);
  }
  bool crosses(const Lane& lane, double w) const { return lane.armed && lane.w < 0 && w >= 0; }
  void remember_watch(Lane& lane, double w, bool crossed) const {
    lane.w = w;
    lane.armed = !crossed && (lane.armed || w < level_);
  }
  static bool finite(const Rows& x, std::uint32_t i) {
    for (std::size_t k = 0; k < x.fields(); ++k)
      if (!std::isfinite(x[k][i])) return false;
    return true;
  }
  void stop(std::uint32_t i, hk_status why, double t) {
    lane_[i].stopped = any_stopped_ = true;
    problem_.stopped(problem_.host, i, why, t);
  }
  void report(std::uint32_t i, double t) { detail::tell_spike(problem_, i, t); }
  /// Where a spike lies, for a host that asks: state and inputs of the first lane.
  void tell_crossing(std::uint32_t i, double t, const System& f, const Rows& x) {
    if (!problem_.crossing) return;
    crossing_.clear();
    for (std::size_t k = 0; k < f.states(); ++k) crossing_.push_back(x[k][0]);
    for (std::size_t k = 0; k < model_.n_inputs; ++k) crossing_.push_back(f.in_[k][0]);
    problem_.crossing(problem_.host, i, t, crossing_.data(), crossing_.data() + f.states());
  }
  /// The end of the refractory time of neuron i, which is `count` lanes of x from `first`.
  void release(std::uint32_t i, System& f, Rows& x, Rows& after, std::uint32_t first, std::uint32_t count) {
    lane_[i].held = false;
    model_.release(model_.context, f.lanes(), x, f.p_, f.in_, after);
    for (std::size_t k = 0; k < f.states(); ++k)
      if (!(problem_.clamped >> k & 1)) std::copy_n(after[k] + first, count, x[k] + first);
  }
  /// After a jump of the state, which is no crossing of what is watched.
  void look_again(Lane& lane, const Rows& x, std::uint32_t at) const {
    if (problem_.watch < 0) return;
    lane.w = x[static_cast<std::size_t>(problem_.watch)][at] - problem_.watch_threshold;
    lane.armed = lane.armed || lane.w < level_;
  }
  /// After the reset of a lane: what was drawn by chance is drawn anew.
  void tell_reset(std::uint32_t i, double t) {
    if (problem_.reset) problem_.reset(problem_.host, i, t);
    inputs_changed_ = inputs_changed_ || draws_;
    if (problem_.watch < 0) report(i, t);
  }
  void keep_clamped(Rows& after, const Rows& before, std::uint32_t i) const {
    for (std::size_t k = 0; k < f_.states(); ++k)
      if (problem_.clamped >> k & 1) after[k][i] = before[k][i];
  }

  /// One step of all lanes from x_ to next_; lanes that stopped stay, lanes that leave the finite numbers stop.
  void take_step(double t) {
    scheme_.step(f_, t, dt_, x_, next_);
    bool all_finite = true;  // x - x is 0 exactly for finite x
    for (std::size_t k = 0; k < f_.states(); ++k) {
      const double* row = next_[k];
      for (std::uint32_t i = 0; i < lanes(); ++i) all_finite &= row[i] - row[i] == 0;
    }
    if (all_finite && !any_stopped_) return;
    for (std::uint32_t i = 0; i < lanes(); ++i) {
      if (!lane_[i].stopped && !finite(next_, i)) {
        if (located_ && resets_ && !f_.resting_[i])
          continue;  // the blow-up may lie behind a spike: the exact step decides
        stop(i, HK_NOT_FINITE, time(step_ + 1));
      }
      if (lane_[i].stopped)
        for (std::size_t k = 0; k < f_.states(); ++k) next_[k][i] = x_[k][i];
    }
  }

  /// Which steps of a stretch are sampled, counted from 1: for the loop in the model's library and the steps here
  /// alike.
  class Sampling {
   public:
    explicit Sampling(const hk_stretch& s) : first_(s.first_sample), every_(s.sample_every), n_(s.n_samples) {}
    std::uint64_t size() const { return n_; }
    std::uint64_t every() const { return every_; }
    /// The step at whose end sample k is taken; 0 if there is no such sample.
    std::uint64_t at(std::uint64_t k) const { return k < n_ ? first_ + k * every_ : 0; }
    /// How many samples the first steps have.
    std::uint64_t taken(std::uint64_t steps) const {
      return n_ == 0 || steps < first_ ? 0 : std::min(n_, every_ == 0 ? 1 : (steps - first_) / every_ + 1);
    }
    bool within(std::uint64_t steps) const {
      return n_ == 0 || (first_ > 0 && (every_ > 0 || n_ == 1) && taken(steps) == n_);
    }

   private:
    std::uint64_t first_, every_, n_;
  };
  /// Whether the loop in the model's library does all that is asked for, as long as inputs hold throughout each step.
  bool has_loop() const {
    return steps_.run && scheme_.loop() < steps_.n_schemes && !located_ && !problem_.noise && !draws_ &&
           problem_.clamped == 0 && problem_.watch < 0 && !model_.release;
  }
  /// To step `last` by that loop: block by block of lanes, each from the begin of the stretch to its end.
  void run_loop(const hk_stretch& stretch, const Sampling& sampling, std::int64_t last) {
    constexpr std::uint64_t at_once = 2048;
    constexpr std::uint32_t most = HK_MAX_WIDTH;
    f_.begin(time(step_), false);
    const bool counts = problem_.spike_counts && !(resets_ && problem_.reset),
               tells = problem_.spike_counts || problem_.spike || (resets_ && problem_.reset);
    bool rests = false;
    for (std::uint32_t i = 0; i < lanes(); ++i) rests = rests || refractory_[i] > 0 || lane_[i].resting_steps > 0;
    Rows before(f_.states(), most), resting(1, most), rest(1, most), crossing(2, most), resting_before(1, most);
    std::vector<std::uint64_t> words(std::min(at_once, static_cast<std::uint64_t>(last - step_)), 0);
    std::vector<const double*> p(model_.n_params + model_.n_derived), in(model_.n_inputs), values, gain, shift;
    std::vector<double*> x(f_.states());
    hk_run run{};
    if (stretch.by_step) {
      values.resize(in.size()), gain.resize(in.size()), shift.resize(in.size());
      run.by_step = values.data(), run.gain = gain.data(), run.shift = shift.data();
    }
    run.size = sizeof run, run.scheme = scheme_.loop(), run.dt = dt_, run.n_record = problem_.n_record;
    run.p = p.data(), run.in = in.data(), run.x = x.data(), run.record = problem_.record, run.stride = problem_.neurons;
    if (resets_ && rests) run.resting = resting[0], run.rest = rest[0];
    if (watches_ && tells) run.g = crossing[0], run.armed = crossing[1];
    if (resets_ || run.g) run.spikes = words.data();
    for (std::uint32_t lane = 0; lane < problem_.neurons; lane += most) {
      detail::stop_if_asked(f_.host());
      run.neurons = std::min(most, problem_.neurons - lane);
      run.lanes = (run.neurons + HK_LANES - 1) / HK_LANES * HK_LANES;
      for (std::size_t k = 0; k < p.size(); ++k) p[k] = problem_.p[k] + lane;
      for (std::size_t k = 0; k < in.size(); ++k) in[k] = f_.in_[k] + lane;
      for (std::size_t k = 0; k < x.size(); ++k) x[k] = x_[k] + lane;
      for (std::size_t k = 0; k < values.size(); ++k)
        if (stretch.by_step[k]) {
          gain[k] = stretch.gain[k] + lane;
          shift[k] = stretch.shift[k] + lane;
        }
      std::fill(words.begin(), words.end(), 0);
      Rows stay(f_.states(), most);  // where stopped lanes are; meanwhile they are no numbers
      std::uint64_t stopped = 0;
      const auto put_aside = [&](std::uint32_t i, hk_in from, std::size_t at) {
        stopped |= std::uint64_t{1} << i;
        for (std::size_t k = 0; k < x.size(); ++k)
          stay[k][i] = from[k][at], x[k][i] = std::numeric_limits<double>::quiet_NaN();
      };
      for (std::uint32_t i = 0; i < run.lanes; ++i) {
        Lane& l = lane_[lane + i];
        resting[0][i] = static_cast<double>(l.resting_steps), rest[0][i] = static_cast<double>(rest_steps(lane + i));
        crossing[0][i] = l.w, crossing[1][i] = l.armed ? 1 : 0;
        if (l.stopped) put_aside(i, x.data(), i);
      }
      detail::SpikeCounts spike_counts;
      for (std::int64_t step = step_; step < last; step += static_cast<std::int64_t>(run.steps)) {
        run.steps = std::min(at_once, static_cast<std::uint64_t>(last - step));
        const auto done = static_cast<std::uint64_t>(step - step_);
        const std::uint64_t taken = sampling.taken(done);
        run.n_samples = sampling.taken(done + run.steps) - taken;
        run.first = run.n_samples > 0 ? sampling.at(taken) - done : 0;
        run.every = sampling.every();
        for (std::size_t k = 0; k < values.size(); ++k)
          if (stretch.by_step[k]) values[k] = stretch.by_step[k] + done;
        if (run.n_samples > 0) run.samples = stretch.samples + taken * problem_.n_record * problem_.neurons + lane;
        for (std::size_t k = 0; k < x.size(); ++k) std::copy_n(x[k], run.lanes, before[k]);
        std::copy_n(resting[0], run.lanes, resting_before[0]);
        steps_.run(model_.context, &run);
        for (std::uint32_t i = 0; i < run.neurons; ++i) {
          bool lost = false;
          for (std::size_t k = 0; k < x.size(); ++k) lost = lost || !std::isfinite(x[k][i]);
          if (!lost || stopped >> i & 1) continue;
          const std::uint64_t stood = steps_until_lost(run, i, before, resting_before[0], rest[0]);
          if (run.spikes)
            for (std::uint64_t s = stood; s < run.steps; ++s) words[s] &= ~(std::uint64_t{1} << i);
          for (std::uint64_t n = 0; n < run.n_samples; ++n)
            for (std::uint32_t r = 0; run.first + n * run.every > stood && r < run.n_record; ++r)
              run.samples[(n * run.n_record + r) * run.stride + i] = std::numeric_limits<double>::quiet_NaN();
          put_aside(i, before, i);
          stop(lane + i, HK_NOT_FINITE, time(step + static_cast<std::int64_t>(stood) + 1));
        }
        if (!run.spikes || !tells) continue;
        if (counts) {
          spike_counts.add(words.data(), run.steps);
          continue;
        }
        constexpr std::uint64_t together = 64;  // words, most of which hold no spike
        for (std::uint64_t begin = 0; begin < run.steps; begin += together) {
          const std::uint64_t end = std::min(begin + together, run.steps);
          std::uint64_t any = 0;
          for (std::uint64_t s = begin; s < end; ++s) any |= words[s];
          for (std::uint64_t s = begin; any != 0 && s < end; ++s)
            for (std::uint64_t left = words[s]; left != 0; left &= left - 1) {
              const auto i = lane + static_cast<std::uint32_t>(std::countr_zero(left));
              const double t = time(step + static_cast<std::int64_t>(s) + 1);
              if (i >= problem_.neurons) break;
              if (resets_) tell_reset(i, t);
              else report(i, t);
            }
        }
      }
      if (counts) spike_counts.write(problem_.spike_counts + lane, run.neurons);
      for (std::uint32_t i = 0; i < run.lanes; ++i) {
        Lane& l = lane_[lane + i];
        if (run.resting) l.resting_steps = static_cast<std::int64_t>(resting[0][i]);
        if (run.g) l.w = crossing[0][i], l.armed = crossing[1][i] != 0;
        if (stopped >> i & 1)
          for (std::size_t k = 0; k < x.size(); ++k) x[k][i] = stay[k][i];
      }
    }
    step_ = last;
  }
  /// How many steps lane i of a run takes before the one in which it leaves the finite numbers; `x` is brought from the
  /// begin of the run to there.
  std::uint64_t steps_until_lost(const hk_run& all, std::uint32_t i, Rows& x, double* resting, double* rest) const {
    const std::uint32_t first = i / HK_LANES * HK_LANES;
    Rows now(x.fields(), HK_LANES);
    std::vector<const double*> p(model_.n_params + model_.n_derived), in(model_.n_inputs), values, gain, shift;
    for (std::size_t k = 0; k < p.size(); ++k) p[k] = all.p[k] + first;
    for (std::size_t k = 0; k < in.size(); ++k) in[k] = all.in[k] + first;
    for (std::size_t k = 0; k < x.fields(); ++k) std::copy_n(x[k] + first, HK_LANES, now[k]);
    std::uint64_t word = 0;
    hk_run run = all;
    run.lanes = HK_LANES, run.steps = 1, run.n_samples = 0, run.p = p.data(), run.in = in.data(), run.x = now;
    run.g = run.armed = nullptr, run.spikes = resets_ ? &word : nullptr;
    if (all.by_step) {
      values.assign(all.by_step, all.by_step + in.size());
      for (std::size_t k = 0; k < in.size(); ++k) {
        gain.push_back(values[k] ? all.gain[k] + first : nullptr);
        shift.push_back(values[k] ? all.shift[k] + first : nullptr);
      }
      run.by_step = values.data(), run.gain = gain.data(), run.shift = shift.data();
    }
    std::array<double, HK_LANES> left{};
    std::copy_n(resting + first, HK_LANES, left.begin());
    if (run.resting) run.resting = left.data(), run.rest = rest + first;
    for (std::uint64_t steps = 0; steps < all.steps; ++steps) {
      run.x = now;
      steps_.run(model_.context, &run);
      if (!finite(now, i - first)) return steps;
      for (std::size_t k = 0; k < x.fields(); ++k) x[k][i] = now[k][i - first];
      for (const double*& v : values) v += v ? 1 : 0;
    }
    throw std::logic_error("a lane was lost by the loop over many steps, but not step by step");
  }
  /// A refractory time that is a multiple of dt lasts exactly so many steps, wherever on the axis of time it begins.
  std::int64_t steps_of(double rest_ms) const { return static_cast<std::int64_t>(std::ceil(rest_ms / dt_ - 1e-6)); }
  std::int64_t rest_steps(std::uint32_t i) const { return steps_of(refractory_[i]); }

  void step_on_grid(double t) {
    const double t1 = time(step_ + 1);
    f_.any_resting_ = false;
    for (std::uint32_t i = 0; i < lanes(); ++i)
      f_.resting_[i] = lane_[i].resting_steps > 0, f_.any_resting_ |= f_.resting_[i] != 0;
    take_step(t);
    if (model_.release)
      for (std::uint32_t i = 0; i < lanes(); ++i)
        if (lane_[i].held && !lane_[i].stopped && lane_[i].resting_steps <= 1) {
          release(i, f_, next_, after_, i, 1);
          look_again(lane_[i], next_, i);
        }
    if (watches_) {
      watch(f_, next_, g_[0]);
      for (std::uint32_t i = 0; i < lanes(); ++i) {
        if (lane_[i].stopped) continue;
        const bool crossed = crosses(lane_[i], g_[0][i]);
        if (crossed) report(i, t1);
        remember_watch(lane_[i], g_[0][i], crossed);
      }
    }
    if (resets_) {
      model_.threshold(model_.context, lanes(), next_, problem_.p, f_.in_, g_[0]);
      if (noise_) noise_->at_threshold(f_, t, x_);
      for (std::uint32_t i = 0; i < lanes(); ++i)
        if (!lane_[i].stopped && lane_[i].resting_steps <= 1 &&
            (fires(lane_[i].g, g_[0][i], lane_[i].resting_steps > 0) || touched(i, t, lane_[i].g, g_[0][i])))
          spiked_.push_back(i);  // it ends with its last step
      for (std::uint32_t i = 0; i < lanes(); ++i)
        lane_[i].g = g_[0][i], lane_[i].resting_steps -= lane_[i].resting_steps > 0;
      if (!spiked_.empty()) {
        if (model_.peak) {
          if (!shown_) shown_ = std::make_unique<Rows>(f_.rows());
          model_.peak(model_.context, lanes(), next_, problem_.p, *shown_);
        }
        model_.reset(model_.context, lanes(), next_, problem_.p, f_.in_, after_);
        for (const std::uint32_t i : spiked_) {
          keep_clamped(after_, next_, i);
          for (std::size_t k = 0; k < f_.states(); ++k) next_[k][i] = after_[k][i];
          lane_[i].resting_steps = rest_steps(i);
          lane_[i].held = model_.release != nullptr;
          tell_reset(i, t1);
        }
        if (model_.release)
          for (const std::uint32_t i : spiked_)
            if (lane_[i].resting_steps == 0) release(i, f_, next_, after_, i, 1);
        for (const std::uint32_t i : spiked_) look_again(lane_[i], next_, i);
        if (problem_.clamped != 0 || noise_) {  // the next step looks at the threshold at its start too
          if (draws_) f_.begin(t, f_.varying_);
          model_.threshold(model_.context, lanes(), next_, problem_.p, f_.in_, g_[0]);
          for (const std::uint32_t i : spiked_) lane_[i].g = g_[0][i];
        }
      }
    }
    std::swap(x_, next_);
  }

  void step_located(double t) {
    const double t1 = time(step_ + 1);
    f_.any_resting_ = false;
    for (std::uint32_t i = 0; i < lanes(); ++i)
      f_.resting_[i] = lane_[i].resting_until >= t1, f_.any_resting_ |= f_.resting_[i] != 0;
    take_step(t);
    if (model_.release)
      for (std::uint32_t i = 0; i < lanes(); ++i)
        if (lane_[i].held && f_.resting_[i] && lane_[i].resting_until == t1) {
          release(i, f_, next_, after_, i, 1);
          look_again(lane_[i], next_, i);
        }
    if (resets_) model_.threshold(model_.context, lanes(), next_, problem_.p, f_.in_, g_[0]);
    if (noise_) noise_->at_threshold(f_, t, x_);
    for (std::uint32_t i = 0; i < lanes(); ++i) {
      Lane& lane = lane_[i];
      if (lane.stopped) continue;
      if (f_.resting_[i]) {
        if (resets_) lane.g = g_[0][i];
      } else if (resets_ && (lane.resting_until > t || lane.g >= 0 || !(g_[0][i] < 0) || !finite(next_, i) ||
                             touched(i, t, lane.g, g_[0][i]))) {
        exact_.push_back(i);
      } else if (resets_) {
        lane.g = g_[0][i];
      }
    }
    if (watches_) {
      watch(f_, next_, g_[0]);
      std::size_t already = 0;
      for (std::uint32_t i = 0; i < lanes(); ++i) {
        if (already < exact_.size() && exact_[already] == i) {
          ++already;
          continue;
        }
        if (lane_[i].stopped) continue;
        if (crosses(lane_[i], g_[0][i])) locate_later_.push_back(i);
        else remember_watch(lane_[i], g_[0][i], false);
      }
      exact_.insert(exact_.end(), locate_later_.begin(), locate_later_.end());
      locate_later_.clear();
    }
    for (const std::uint32_t i : exact_) exact_step(i, t, t1);
    exact_.clear();
    std::swap(x_, next_);
  }

  /// The step of one lane with its events inside, from x_ to next_. The lane stands in all lanes of a small system of
  /// its own.
  void exact_step(std::uint32_t i, double t, double t1) {
    if (!alone_) alone_ = std::make_unique<Alone>(f_, chosen_, noise_ != nullptr);
    Alone& a = *alone_;
    for (std::size_t k = 0; k < a.p.fields(); ++k) std::fill_n(a.p[k], HK_LANES, problem_.p[k][i]);
    a.f.bind(a.p, i, true);
    a.f.begin(t, f_.varying_);
    for (std::size_t k = 0; k < f_.states(); ++k) std::fill_n(a.x[k], HK_LANES, x_[k][i]);
    Lane& lane = lane_[i];
    double now = t;
    bool first = true, bridged = false;  // one number of chance for each step: one test
    if (a.noise) {
      for (std::size_t k = 0; k < model_.n_inputs; ++k) std::fill_n(a.noise->sigma[k], HK_LANES, noise_->sigma[k][i]);
      a.noise->look();
    }
    for (int spikes = 0; now < t1 || first; first = false) {
      const bool resting = lane.resting_until > now;
      const double stop_at = resting ? std::min(lane.resting_until, t1) : t1;
      std::fill(a.f.resting_.begin(), a.f.resting_.end(), static_cast<std::uint8_t>(resting));
      a.f.any_resting_ = resting;
      const auto step = [&](double h) { a.scheme.step(a.f, now, h, a.x, a.y); };
      const auto g_after = [&](double h) {
        step(h);
        model_.threshold(model_.context, HK_LANES, a.y, a.p, a.f.in_, a.g[0]);
        return a.g[0][0];
      };
      const auto w_after = [&](double h) {
        step(h);
        watch(a.f, a.y, a.g[0]);
        return a.g[0][0];
      };
      double h = stop_at - now;
      bool fired = false;
      std::vector<double> after_passage;  // what the inputs gain from there on
      if (resets_ && !resting) {
        const double g0 = g_after(0), g1 = g_after(h);
        double passage = 0;
        // on the threshold itself, where a reset may leave it, it spikes only if it rises
        if (problem_.clamped == 0 && (g0 > 0 || (g0 == 0 && !(g1 <= 0)))) fired = true, h = 0;
        else if (a.noise && !bridged && g0 < 0 && (passage = first_passage(i, t, now, h, g0, g1)) > 0) {
          // the same sum of noise, but with the path at the threshold there
          const double there = g0 + (g1 - g0) * (passage / h);
          after_passage = a.noise->shift(h > passage ? there / (h - passage) : 0);
          a.f.add(a.noise->shift(-there / passage));
          fired = bridged = true, h = passage;
        } else if (g0 < 0 && !(g1 < 0)) {
          h = root(g_after, h, g0, g1), fired = true;
          if (g_after(h) < 0) {  // it left the finite numbers without reaching the threshold
            stop(i, HK_NOT_FINITE, now + h);
            break;
          }
        }
        lane.g = g1;
      }
      if (watches_) {
        const double w1 = w_after(h);
        const bool crossed = crosses(lane, w1);
        if (crossed) {
          const double at = root(w_after, h, lane.w, w1);
          if (problem_.crossing) {
            step(at);
            if (a.f.varying_) a.f.fetch(now + at);
            tell_crossing(i, now + at, a.f, a.y);
          }
          report(i, now + at);
        }
        remember_watch(lane, w1, crossed);
      }
      step(h);
      if (!finite(a.y, 0)) {
        stop(i, HK_NOT_FINITE, stop_at);
        break;
      }
      now = fired ? now + h : stop_at;
      std::swap(a.x, a.y);
      if (fired) {
        if (++spikes > 1000) {
          stop(i, HK_LIMIT, now);
          break;
        }
        if (problem_.watch < 0) tell_crossing(i, now, a.f, a.x);
        model_.reset(model_.context, HK_LANES, a.x, a.p, a.f.in_, a.y);
        for (std::uint32_t j = 0; j < HK_LANES; ++j) keep_clamped(a.y, a.x, j);
        std::swap(a.x, a.y);
        lane.resting_until = now + refractory_[i], lane.held = model_.release != nullptr;
        tell_reset(i, now);
        if (draws_) a.f.begin(t, f_.varying_);
        if (bridged) a.f.add(after_passage);
      }
      const bool released = lane.held && lane.resting_until <= now;
      if (released) release(i, a.f, a.x, a.y, 0, HK_LANES);
      if (fired || released) {
        look_again(lane, a.x, 0);
        model_.threshold(model_.context, HK_LANES, a.x, a.p, a.f.in_, a.g[0]);
        lane.g = a.g[0][0];
      }
    }
    for (std::size_t k = 0; k < f_.states(); ++k) next_[k][i] = a.x[k][0];
  }

  double chance(std::uint32_t i, double t) const {
    double u = 0;
    problem_.noise(problem_.host, t, i, 1, nullptr, &u);
    return u;
  }
  /// Whether the path of a lane, below the threshold at both ends of the step from t, met it in between.
  bool touched(std::uint32_t i, double t, double g0, double g1) const {
    if (!noise_ || !(g0 < 0 && g1 < 0)) return false;
    const double exponent = 2 * g0 * g1 / (noise_->s2[0][i] * dt_);
    return exponent < 37 && chance(i, t) < std::exp(-exponent);  // no number of chance is below exp(-37)
  }
  /// When in (0, h] the path of lane i alone first met the threshold, h after `now` in the step from t; 0 if it did
  /// not, or noise has no part in it.
  double first_passage(std::uint32_t i, double t, double now, double h, double g0, double g1) {
    Alone& a = *alone_;
    a.noise->at_threshold(a.f, now, a.x);
    const double s2 = a.noise->s2[0][0], exponent = 2 * g0 * g1 / (s2 * h);
    if (!(std::abs(exponent) < 500)) return 0;  // a path as good as straight
    const double u = chance(i, t), in_all = passed_by(h, h, g0, g1, s2);
    if (!(u < in_all)) return 0;
    return root([&](double at) { return passed_by(at, h, g0, g1, s2) - u; }, h, -u, in_all - u);
  }

  /// Where f, negative at 0 and not negative (or no number) at h, becomes 0.
  template <class F> static double root(F&& f, double h, double f0, double f1) {
    double low = 0, high = h;
    while (!std::isfinite(f1)) {  // far behind the spike the scheme may overflow: come back to where it does not
      const double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) return low;
      const double there = f(middle);
      if (there < 0) low = middle, f0 = there;
      else high = middle, f1 = there;
    }
    if (f1 == 0) return high;
    std::uintmax_t iterations = 200;
    const auto bracket = boost::math::tools::toms748_solve(
        f, low, high, f0, f1, [h](double a, double b) { return b - a <= 1e-14 * h; }, iterations);
    return bracket.second;
  }

  void write_sample(double* out) {
    const std::uint32_t neurons = problem_.neurons;
    for (std::uint32_t r = 0; r < problem_.n_record; ++r, out += neurons) {
      const double* row = x_[problem_.record[r]];
      std::copy_n(row, neurons, out);
      if (shown_)
        for (const std::uint32_t i : spiked_)
          if (i < neurons) out[i] = (*shown_)[problem_.record[r]][i];
      if (any_stopped_)
        for (std::uint32_t i = 0; i < neurons; ++i)
          if (lane_[i].stopped) out[i] = std::numeric_limits<double>::quiet_NaN();
    }
  }

  /// What white noise does to the threshold's g.
  struct Noise {
    Noise(const hk_model& model, std::uint32_t lanes)
        : sigma(model.n_inputs, lanes), s(model.n_inputs, lanes), s2(1, lanes), dx1(model.n_state, lanes) {}
    /// After sigma has changed.
    void look() {
      noisy.clear();
      for (std::size_t k = 0; k < sigma.fields(); ++k)
        if (std::any_of(sigma[k], sigma[k] + sigma.lanes(), [](double x) { return x != 0; })) noisy.push_back(k);
    }
    /// s[input], root spectral density of g through that input, and s2, the density of g, at x and time t.
    void at_threshold(System& f, double t, const Rows& x) {
      System::Still& z = f.still();
      std::fill_n(s2[0], s2.lanes(), 0.0);
      std::vector<const double*> along = z.inputs;
      for (const std::size_t k : noisy) {
        along[k] = sigma[k];
        f.slope(t, x, z.states.data(), along.data(), dx1);
        f.tangent_.threshold(f.model_->context, f.lanes_, x, f.p_, f.in_, dx1, z.params.data(), z.inputs.data(), s[k]);
        for (std::uint32_t i = 0; i < s2.lanes(); ++i) s2[0][i] += s[k][i] * s[k][i];
        along[k] = z.zero[0];
      }
    }
    /// What, added to the inputs of lane 0, adds `rate` to dg/dt: the likeliest share of each noise in it.
    std::vector<double> shift(double rate) const {
      std::vector<double> by(sigma.fields(), 0.0);
      for (const std::size_t k : noisy) by[k] = rate * sigma[k][0] * s[k][0] / s2[0][0];
      return by;
    }
    Rows sigma, s, s2, dx1;
    std::vector<std::size_t> noisy;
  };

  /// One lane by itself.
  struct Alone {
    Alone(const System& of, const Options& chosen, bool noisy)
        : f(of, HK_LANES),
          scheme(f, chosen),
          p(of.model_->n_params + of.model_->n_derived, HK_LANES),
          x(f.rows()),
          y(f.rows()),
          g(1, HK_LANES) {
      if (noisy) noise = std::make_unique<Noise>(*of.model_, std::uint32_t{HK_LANES});
    }
    System f;
    Scheme scheme;
    Rows p, x, y, g;
    std::unique_ptr<Noise> noise;
  };

  KnownModel known_;
  hk_problem problem_;
  const hk_model& model_;
  Options chosen_;
  double dt_, t0_;
  bool located_, resets_, watches_, draws_ = false, inputs_changed_ = false, any_stopped_ = false;
  double level_;  // the watched quantity has to fall below this before the next crossing counts
  System f_;
  Scheme scheme_;
  hk_steps steps_{};  // without functions if the model has none
  Rows x_, next_, after_, g_;
  std::unique_ptr<Rows> shown_;
  std::vector<Lane> lane_;
  std::vector<double> refractory_;
  std::vector<std::uint32_t> spiked_, exact_, locate_later_;
  std::vector<double> crossing_;
  std::int64_t step_ = 0;
  std::unique_ptr<Noise> noise_;  // if there is any and the scheme tests for bridges
  std::unique_ptr<Alone> alone_;
};

}  // namespace hillock

/// The one line that makes a plugin of a scheme.
#define HILLOCK_INTEGRATOR(C)                                   \
  HILLOCK_EXPORT const hk_plugin HK_PLUGIN;                     \
  constexpr hk_plugin HK_PLUGIN = hillock::detail::identity<C>( \
      HK_ROLE_INTEGRATOR, hillock::detail::IntegratorBinding<hillock::FixedStep<C>, HK_FIXED_STEP>::get);
