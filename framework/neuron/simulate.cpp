#include "neuron/simulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "data/recording.hpp"
#include "hillock/pack.hpp"
#include "hillock/random.hpp"
#include "hillock/system.hpp"  // Rows
#include "host/opened.hpp"
#include "host/rounding.hpp"
#include "host/services.hpp"
#include "neuron/forced.hpp"
#include "neuron/lanes.hpp"
#include "util/units.hpp"

namespace hillock {

namespace {

constexpr std::size_t widest_batch = 960;  ///< a multiple of all blocks of lanes that kernels keep in registers
constexpr double most_values = 4e6;        ///< that the neurons of one batch keep before they are written
/// Samples of one stretch stay in the second cache from where they are made to where they are taken.
constexpr std::size_t most_new_values = 32'768;
constexpr std::uint64_t least_new_samples = 64;  ///< of a stretch none the less

/// Time is compared with edges a little inside the step, so that the rounding of k*dt never moves an edge by a step.
constexpr double slack = 1e-6;
/// Whether any of n numbers is NaN, as many at a time as the processor takes: compilers do not make vectors of the
/// plain loop at -O2.
bool has_nan(const double* x, std::size_t n) {
  constexpr std::size_t width = sizeof(Vector) / sizeof(double);
  Vector nothing[2] = {};  // stays so while all numbers are finite
  std::size_t k = 0;
  for (; k + 2 * width <= n; k += 2 * width) {
    Vector part[2];
    std::memcpy(&part[0], x + k, sizeof(Vector)), std::memcpy(&part[1], x + k + width, sizeof(Vector));
    nothing[0] += 0.0 * part[0], nothing[1] += 0.0 * part[1];
  }
  bool all_finite = true;
  for (std::size_t j = 0; j < width; ++j) all_finite = all_finite && nothing[0][j] + nothing[1][j] == 0;
  return std::any_of(x + (all_finite ? k : 0), x + n, [](double value) { return std::isnan(value); });
}

constexpr auto not_finite = "not finite";

/// How often in a run the threshold is looked at, about: each costs less than a step.
constexpr double looks = 64;
/// The same for a scheme that chooses its steps and stops at the edges themselves: more than the rounding of an edge,
/// less than anyone resolves.
double just_after(double t) { return t + std::max(1e-9, 1e-14 * t); }

bool batch_together(const Neuron& a, const Neuron& b) {
  const NeuronSpec &x = *a.spec, &y = *b.spec;
  const auto& s = x.simulate.spikes;
  const auto& t = y.simulate.spikes;
  return x.model.plugin == y.model.plugin && x.integrator.plugin == y.integrator.plugin &&
         x.integrator.options == y.integrator.options && a.for_ms == b.for_ms && a.every_ms == b.every_ms &&
         a.forced_ms == b.forced_ms && x.simulate.record == y.simulate.record &&
         x.simulate.clamped == y.simulate.clamped && s.has_value() == t.has_value() &&
         (!s || (s->state == t->state && s->threshold == t->threshold && s->rearm == t->rearm));
}

/// The numbers of a lane by name. Those of a larger model begin with those of the model it is made of.
std::string named(const hk_field* fields, std::uint32_t n, const Rows& numbers, std::uint32_t lane) {
  std::string text;
  for (std::uint32_t k = 0; k < n; ++k)
    text += fmt::format("{}{} = {}", k ? ", " : "", fields[k].name, with_unit(numbers[k][lane], fields[k].unit));
  return text;
}

/// The samples of a run, after the one at its start: the one place that decides how many there are and where. An
/// integrator of fixed step takes them from a stretch as steps, one that chooses its steps as times.
class SamplePlan {
 public:
  SamplePlan(bool wanted, double dt, double for_ms, double every_ms)
      : dt_(dt), every_ms_(every_ms), every_(dt > 0 ? std::max<std::int64_t>(std::llround(every_ms / dt), 1) : 0) {
    if (!wanted) return;
    size_ = dt > 0 ? static_cast<std::uint64_t>(std::llround(for_ms / dt) / every_)
                   : static_cast<std::uint64_t>(std::floor(for_ms / every_ms + slack));
    if (dt <= 0) times_.push_back(0);
  }
  std::uint64_t size() const { return size_; }
  /// The most steps that a stretch of time may have, if each sample is so many values.
  std::int64_t longest_stretch(std::size_t values) const {
    constexpr std::int64_t longest = 10'000;
    if (size_ == 0 || dt_ <= 0) return longest;
    const std::uint64_t samples = std::max<std::uint64_t>(most_new_values / values, least_new_samples);
    return std::min(longest, static_cast<std::int64_t>(samples) * every_);
  }

  /// Tells the integrator the samples of a stretch that follows the last one, of steps `begin` to `end`, or up to
  /// stretch.t_end.
  void put(hk_stretch& stretch, std::int64_t begin, std::int64_t end) {
    const std::uint64_t before = given_;
    begin_ = begin;
    if (dt_ > 0) {
      given_ = std::min(size_, static_cast<std::uint64_t>(end / every_));
      first_ = static_cast<std::int64_t>(before + 1) * every_ - begin;
      stretch.first_sample = static_cast<std::uint64_t>(first_);
      stretch.sample_every = static_cast<std::uint64_t>(every_);
    } else {
      at_ = times_.size();
      const double last = just_after(stretch.t_end);
      for (; given_ < size_ && static_cast<double>(given_ + 1) * every_ms_ <= last; ++given_)
        times_.push_back(std::min(static_cast<double>(given_ + 1) * every_ms_, stretch.t_end));
      stretch.sample_t = times_.data() + at_;
    }
    stretch.n_samples = given_ - before;
  }
  /// The time of sample k of that stretch: a product of steps, so that it meets the times of the steps to the last bit.
  double time(std::uint64_t k) const {
    return dt_ > 0 ? static_cast<double>(begin_ + first_ + static_cast<std::int64_t>(k) * every_) * dt_
                   : times_[at_ + k];
  }
  /// All sample times, the start among them, once the run is over.
  SampleTimes times() && {
    return dt_ > 0 ? SampleTimes::grid(0, dt_, every_, size_ + 1) : SampleTimes(std::move(times_));
  }

 private:
  double dt_, every_ms_;
  std::int64_t every_;                  // steps
  std::uint64_t size_ = 0, given_ = 0;  // in all; in stretches so far
  std::int64_t begin_ = 0, first_ = 0;  // of the present stretch: the step that it begins with; its first sample
  std::size_t at_ = 0;
  std::vector<double> times_;  // of all samples so far, where a scheme chooses its steps
};

/// The neurons of one batch, as the integrator sees them.
class Batch {
 public:
  Batch(Lanes& given, std::vector<Trajectory>& out)
      : given_(given),
        out_(out),
        first_(*given.spec),
        model_(*given.model),
        lanes_(given.x.lanes()),
        p_(given.p),
        x_(given.x),
        signals_(model_.n_inputs),
        resets_(lanes_, 0),
        resets_ms_(lanes_),
        counts_(given.spikes == SpikeDetail::number ? given.neurons : 0, 0),
        last_spike_(lanes_, -std::numeric_limits<double>::infinity()),
        last_reset_(lanes_, -std::numeric_limits<double>::infinity()),
        misplaced_(lanes_, 0),
        drawn_(model_.n_inputs, lanes_),
        observed_draws_(model_.n_inputs, lanes_),
        observed_resets_(lanes_, 0),
        gain_(model_.n_inputs, lanes_),
        shift_(model_.n_inputs, lanes_),
        by_step_(model_.n_inputs),
        tables_(model_.n_inputs, nullptr) {
    for (std::uint32_t k = 0; k < model_.n_inputs; ++k) {
      draw_streams_.push_back(stream_of(fmt::format("draw.{}", model_.inputs[k].name)));
      draws_ = draws_ || model_.inputs[k].kind == HK_DRAW;
    }
    for (std::uint32_t i = 0; i < lanes_; ++i) resets_[i] = before(i).resets, renew(i);
    // lanes that share a signal evaluate it once
    for (std::uint32_t k = 0; k < model_.n_inputs; ++k) {
      Shared& shared = signals_[k];
      const auto& of = given.inputs[k];
      if (of.size() <= 1) shared.distinct = of.empty() ? std::vector<const Signal*>{nullptr} : of;
      std::unordered_map<const Signal*, std::uint32_t> known;
      for (std::uint32_t i = 0; of.size() > 1 && i < lanes_; ++i) {
        const Signal* s = of[std::min<std::size_t>(i, given_.neurons - 1)];
        const auto [found, is_new] = known.emplace(s, static_cast<std::uint32_t>(shared.distinct.size()));
        if (is_new) shared.distinct.push_back(s);
        shared.of_lane.push_back(found->second);
      }
      for (const Signal* s : shared.distinct) noisy_ = noisy_ || (s && s->sigma() > 0);
      if (first_.integrator.dt_ms > 0) share_samples(k);
    }
  }

  /// From the start to the end; or only as far as the integrator looks at what it is to integrate.
  void run(bool only_open = false) {
    const Plugin& plugin = *first_.integrator.plugin;
    const hk_integrator& face = plugin.integrator();
    const double dt = first_.integrator.dt_ms, for_ms = given_.for_ms, every = given_.every_ms;
    const auto& record = given_.record;
    observes_ = std::any_of(record.begin(), record.end(), [&](std::uint32_t k) { return k >= model_.n_state; });
    std::vector<std::uint32_t> sampled = record;  // what is observed is computed here, from samples of all states
    if (observes_) sampled.resize(model_.n_state), std::iota(sampled.begin(), sampled.end(), 0u);
    hk_problem problem{};
    problem.size = sizeof problem, problem.lanes = lanes_, problem.model = &model_, problem.p = p_, problem.x = x_,
    problem.t = 0, problem.neurons = given_.neurons;
    problem.clamped = given_.clamped, problem.watch = -1;
    if (const auto& s = first_.simulate.spikes)
      problem.watch = static_cast<std::int32_t>(s->state), problem.watch_threshold = s->threshold,
      problem.watch_rearm = s->rearm;
    problem.n_record = static_cast<std::uint32_t>(sampled.size()), problem.record = sampled.data(), problem.host = this;
    problem.inputs = [](void* self, double begin, double t, std::uint32_t lane, std::uint32_t count, hk_out in) {
      kept_in(self, [&](Batch& b) { b.inputs(begin, t, lane, count, in); });
    };
    problem.input_series = [](void* self, double begin, double t, std::uint32_t lane, std::uint32_t order, double* in) {
      kept_in(self, [&](Batch& b) { b.input_series(begin, t, lane, order, in); });
    };
    if (given_.spikes != SpikeDetail::none)
      problem.spike = [](void* self, std::uint32_t lane, double t) {
        kept_in(self, [&](Batch& b) { b.spike(lane, t); });
      };
    if (!counts_.empty()) problem.spike_counts = counts_.data();
    std::vector<double> resting;  // [lane]
    const bool goes_on = !given_.before.empty();
    for (std::uint32_t i = 0; goes_on && i < lanes_; ++i) resting.push_back(before(i).resting_ms);
    if (goes_on) problem.resting = resting.data();
    if (draws_ || goes_on)
      problem.reset = [](void* self, std::uint32_t lane, double t) {
        kept_in(self, [&](Batch& b) {
          b.last_reset_[lane] = t;
          b.renew(lane);
          if (b.observes_) b.resets_ms_[lane].push_back(t);
        });
      };
    problem.get = [](void* self, const char* id) {
      const void* found = nullptr;
      kept_in(self, [&](Batch& b) { found = b.given_.get(id); });
      return found;
    };
    if (given_.crossing)
      problem.crossing = [](void* self, std::uint32_t lane, double, const double* x, const double* in) {
        kept_in(self, [&](Batch& b) { b.given_.crossing(lane, x, in); });
      };
    if (noisy_)
      problem.noise = [](void* self, double begin, std::uint32_t lane, std::uint32_t count, hk_out sigma, double* u) {
        kept_in(self, [&](Batch& b) { b.noise(begin, lane, count, sigma, u); });
      };
    problem.stopped = [](void* self, std::uint32_t lane, hk_status why, double t) {
      kept_in(self, [&](Batch& b) { b.stopped(lane, why, t); });
    };

    dt_ = dt;
    const bool samples_wanted = !record.empty();
    SamplePlan plan(samples_wanted, dt, for_ms, every);
    std::vector<double> samples;  // of one stretch
    const std::size_t n = given_.neurons;
    for (const std::uint32_t k : sampled) samples.insert(samples.end(), x_[k], x_[k] + n);
    if (observes_) observe({0}, samples);
    const bool kept_here = samples_wanted && !given_.hear;
    // samples of one number are a trajectory
    const bool in_place = kept_here && n == 1 && record.size() == 1 && !observes_;
    const std::int64_t longest_stretch = plan.longest_stretch(sampled.size() * n);
    if (given_.hear && !only_open) given_.hear({0, 1, samples.data(), 0, &out_});
    for (std::size_t i = 0; kept_here && i < n; ++i) {
      Trajectory& out = out_[i];
      out.states.assign(record.size(), {});
      for (std::size_t r = 0; r < record.size(); ++r)
        out.states[r].reserve(plan.size() + 1), out.states[r].push_back(samples[r * n + i]);
    }

    hk_error error{};
    void* self = nullptr;
    hk_status opened = HK_FAILED;
    const BoundaryValues values = first_.integrator.options.boundary();
    {
      const PluginCall inside(plugin), deeper(*first_.model.plugin);
      opened = face.open(&problem, values.get(), &services(), &self, &error);
    }
    const Opened closing(opened == HK_OK ? self : nullptr, {&plugin, face.close});
    finish(plugin, opened, error);
    if (only_open) return;
    look_at_threshold(0);
    double look_at = for_ms / looks;
    std::uint64_t heard = 1;  // samples

    const auto last_step = static_cast<std::int64_t>(dt > 0 ? std::llround(for_ms / dt) : 0);
    double t = 0;
    for (std::int64_t step = 0; dt > 0 ? step < last_step : t < for_ms;) {
      if (interrupted) throw Interrupted{};
      hk_stretch stretch{};
      stretch.size = sizeof stretch;
      const std::int64_t first_step = step;
      begin_ms_ = t;
      const double begin = dt > 0 ? (static_cast<double>(step) + slack) * dt : just_after(t);
      double edge = std::numeric_limits<double>::infinity();
      bool tables = false;
      for (const Shared& s : signals_) {
        tables = tables || s.samples != Samples::own;
        for (const Signal* signal : s.distinct) {
          if (!signal) continue;
          edge = std::min(edge, s.samples == Samples::own ? signal->next_edge(begin) : signal->next_switch(begin));
          stretch.varying |= signal->varies(begin) ? 1u : 0u;
        }
      }
      if (dt > 0) {
        const double to =
            std::min(std::ceil(edge / dt - slack), static_cast<double>(std::min(last_step, step + longest_stretch)));
        step = std::max(step + 1, static_cast<std::int64_t>(to));
        t = static_cast<double>(step) * dt;
      } else {
        t = std::min({edge, for_ms, t + 1000});
      }
      stretch.t_end = end_ms_ = t;
      if (tables && !stretch.varying) {
        tell_steps(first_step, static_cast<std::size_t>(step - first_step));
        stretch.varying = 1;
        stretch.by_step = tables_.data();
        stretch.gain = gain_;
        stretch.shift = shift_;
      }
      plan.put(stretch, first_step, step);
      std::vector<double>& into = in_place ? out_[0].states[0] : samples;
      const std::size_t held = in_place ? into.size() : 0;
      into.resize(held);
      into.resize(held + stretch.n_samples * sampled.size() * n, std::numeric_limits<double>::quiet_NaN());
      stretch.samples = into.data() + held;
      {
        const PluginCall inside(plugin), deeper(*first_.model.plugin);
        finish(plugin, face.advance(self, &stretch, &error), error);
      }
      look_at_lanes(into.data() + held, stretch.n_samples, sampled.size());
      if (t >= look_at) look_at_threshold(t), look_at = t + for_ms / looks;
      if (observes_) {
        std::vector<double> times(stretch.n_samples);
        for (std::size_t k = 0; k < times.size(); ++k) times[k] = plan.time(k);
        observe(times, samples);
      }
      if (given_.hear) {
        given_.hear({heard, stretch.n_samples, samples.data(), t, &out_});
        heard += stretch.n_samples;
      }
      for (std::size_t i = 0; kept_here && i < n; ++i) {
        Trajectory& out = out_[i];
        std::size_t kept = stretch.n_samples;
        if (!out.ok())
          while (kept > 0 && plan.time(kept - 1) > out.failure->at_ms - slack * dt) --kept;
        for (std::size_t r = 0; r < record.size(); ++r) {
          std::vector<double>& state = out.states[r];
          if (in_place) {
            state.resize(held + kept);
            continue;
          }
          const std::size_t before = state.size();
          state.resize(before + kept);
          const double* from = samples.data() + r * n + i;
          for (std::size_t s = 0; s < kept; ++s, from += record.size() * n) state[before + s] = *from;
        }
      }
    }
    const SampleTimes times = std::move(plan).times();
    for (std::size_t i = 0; kept_here && i < n; ++i) {
      out_[i].time_ms = times;
      out_[i].time_ms.shorten(out_[i].states[0].size());  // a neuron that stopped has fewer
    }
    // an integrator that knows of no counts has told the spikes one by one
    for (std::size_t i = 0; i < counts_.size(); ++i) out_[i].n_spikes += counts_[i];
    if (goes_on) tell_what_goes_on();
    look_at_start();
  }

 private:
  Before before(std::uint32_t lane) const {
    return given_.before.empty() ? Before() : given_.before[std::min(lane, given_.neurons - 1)];
  }
  /// What the end leaves to a run that goes on.
  void tell_what_goes_on() {
    std::vector<double> refractory(lanes_, 0.0);
    if (model_.refractory && model_.reset) {
      const PluginCall inside(*first_.model.plugin);
      model_.refractory(model_.context, lanes_, p_, refractory.data());
    }
    for (std::uint32_t i = 0; i < given_.neurons; ++i) {
      Before& kept = given_.before[i];
      kept.resting_ms =
          std::max({0.0, last_reset_[i] + refractory[i] - given_.for_ms, kept.resting_ms - given_.for_ms});
      kept.resets = resets_[i] - 1;  // the first number was drawn before any
    }
  }
  /// A callback of the integrator. No exception crosses the boundary: the first is kept until the integrator returns.
  template <class F> static void kept_in(void* self, F&& f) {
    Batch& batch = *static_cast<Batch*>(self);
    try {
      f(batch);
    } catch (...) {
      if (!batch.thrown_) batch.thrown_ = std::current_exception();
    }
  }
  /// After a call of the integrator: throws what a callback threw, or what the integrator says.
  void finish(const Plugin& integrator, hk_status status, const hk_error& error) {
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (status != HK_OK && interrupted) throw Interrupted{};
    if (!rounds_as_usual()) {  // which of the two it was is not known
      round_as_usual();
      throw Error({},
                  fmt::format("plugin '{}', or the model '{}' under it, left the rounding of numbers changed",
                              integrator.id, first_.model.plugin->id),
                  "build it without -ffast-math", Exit::run_failed);
    }
    check(integrator, status, error, first_.integrator.place);
  }

  /// How fixed steps take the samples of an input: lanes have their own or none, one signal, or one table of samples
  /// with a gain and a shift by lane.
  enum class Samples { own, signal, scaled };
  struct Shared {
    std::vector<const Signal*> distinct;
    std::vector<std::uint32_t> of_lane;
    Samples samples = Samples::own;
  };

  void share_samples(std::uint32_t input) {
    Shared& s = signals_[input];
    const Signal* first = s.distinct[0];
    if (!given_.constants[input].empty() || !first || !first->is_sampled()) return;
    std::fill_n(gain_[input], lanes_, 1.0);
    if (s.distinct.size() == 1) {
      s.samples = Samples::signal;
      return;
    }
    for (const Signal* other : s.distinct)
      if (!other || !other->samples() || !other->samples()->same_samples(*s.distinct[0]->samples())) return;
    s.samples = Samples::scaled;
    for (std::uint32_t i = 0; i < lanes_; ++i) {
      const Held& held = *signal(input, i)->samples();
      gain_[input][i] = held.gain;
      shift_[input][i] = held.shift + 0.0;  // never -0
    }
  }
  /// Fills the tables of inputs with their values in n steps from `first` on.
  void tell_steps(std::int64_t first, std::size_t n) {
    const StepTimes steps{dt_, slack * dt_};
    for (std::uint32_t k = 0; k < model_.n_inputs; ++k) {
      const Shared& s = signals_[k];
      if (s.samples == Samples::own) continue;
      by_step_[k].resize(n);
      tables_[k] = by_step_[k].data();
      if (s.samples == Samples::signal) {
        s.distinct[0]->steps(steps, first, n, by_step_[k].data());
        continue;
      }
      const Held& held = *s.distinct[0]->samples();
      for (std::size_t j = 0; j < n; ++j)
        by_step_[k][j] = (*held.values)[held.index(steps.begin(first + static_cast<std::int64_t>(j)))];
    }
  }

  std::uint64_t seed(std::uint32_t lane) const { return given_.seeds[std::min<std::size_t>(lane, given_.neurons - 1)]; }
  const Signal* signal(std::uint32_t input, std::uint32_t lane) const {
    const Shared& s = signals_[input];
    return s.distinct[s.of_lane.empty() ? 0 : s.of_lane[lane]];
  }

  void inputs(double begin, double t, std::uint32_t lane, std::uint32_t count, hk_out in) {
    begin = dt_ > 0 ? begin + slack * dt_ : just_after(begin);
    for (std::uint32_t k = 0; k < model_.n_inputs; ++k) {
      if (model_.inputs[k].kind == HK_DRAW) {
        std::copy_n(drawn_[k] + lane, count, in[k]);
        continue;
      }
      const Shared& s = signals_[k];
      if (const auto& numbers = given_.constants[k]; !numbers.empty()) {
        for (std::uint32_t i = 0; i < count; ++i)
          in[k][i] = numbers[std::min<std::size_t>(lane + i, numbers.size() - 1)];
      } else if (s.distinct.size() == 1) {
        std::fill_n(in[k], count, s.distinct[0] ? s.distinct[0]->at(begin, t) : 0.0);
      } else {
        for (std::uint32_t i = 0; i < count; ++i) {
          if (i > 0 && lane + i >= given_.neurons) {  // padding
            in[k][i] = in[k][i - 1];
            continue;
          }
          const Signal* of_lane = signal(k, lane + i);
          in[k][i] = of_lane ? of_lane->at(begin, t) : 0.0;
        }
      }
    }
  }
  void input_series(double begin, double t, std::uint32_t lane, std::uint32_t order, double* in) {
    std::fill_n(in, model_.n_inputs * (order + 1), 0.0);
    for (std::uint32_t k = 0; k < model_.n_inputs; ++k) {
      double* const c = in + k * (order + 1);
      if (model_.inputs[k].kind == HK_DRAW) c[0] = drawn_[k][lane];
      else if (const auto& numbers = given_.constants[k]; !numbers.empty())
        c[0] = numbers[std::min<std::size_t>(lane, numbers.size() - 1)];
      else if (const Signal* of_lane = signal(k, lane))
        of_lane->series(dt_ > 0 ? begin + slack * dt_ : just_after(begin), t, order, c);
    }
  }
  void noise(double begin, std::uint32_t lane, std::uint32_t count, hk_out sigma, double* uniform) const {
    for (std::uint32_t k = 0; sigma && k < model_.n_inputs; ++k)
      for (std::uint32_t i = 0; i < count; ++i) {
        const Signal* of_lane = signal(k, lane + i);
        sigma[k][i] = of_lane ? of_lane->sigma() : 0;
      }
    const auto step = static_cast<std::uint64_t>(std::llround((given_.begun_ms + begin) / dt_));
    for (std::uint32_t i = 0; uniform && i < count; ++i)
      uniform[i] = Random(seed(lane + i), bridge_stream_).uniform(step);
  }
  /// Draws the numbers of a lane that follow its reset, or its start.
  void renew(std::uint32_t lane) {
    const std::uint64_t index = resets_[lane]++;
    for (std::uint32_t k = 0; k < model_.n_inputs; ++k)
      if (model_.inputs[k].kind == HK_DRAW) drawn_[k][lane] = drawn(lane, k, index);
  }
  /// The number of an input that follows so many resets of a lane.
  double drawn(std::uint32_t lane, std::uint32_t input, std::uint64_t resets) const {
    return Random(seed(lane), draw_streams_[input]).exponential(resets);
  }
  /// Turns samples of all states at times t into those of what is recorded. Inputs are those that are on just after t,
  /// as where they are recorded themselves.
  void observe(const std::vector<double>& t, std::vector<double>& samples) {
    const auto& record = given_.record;
    Rows x(model_.n_state, lanes_), in(model_.n_inputs, lanes_), numbers(model_.n_observed, lanes_);
    std::vector<double> recorded;
    const std::size_t n = given_.neurons;
    recorded.reserve(t.size() * record.size() * n);
    for (std::size_t s = 0; s < t.size(); ++s) {
      for (std::uint32_t k = 0; k < model_.n_state; ++k)
        std::copy_n(samples.data() + (s * model_.n_state + k) * n, n, x[k]);
      inputs(t[s], t[s], 0, lanes_, in);
      for (std::uint32_t i = 0; draws_ && i < lanes_; ++i) {
        const auto& resets = resets_ms_[i];
        std::size_t& before = observed_resets_[i];
        const bool first = s == 0 && t[s] == 0;
        const std::size_t known = before;
        while (before < resets.size() && resets[before] <= t[s]) ++before;
        for (std::uint32_t k = 0; k < model_.n_inputs; ++k) {
          if (model_.inputs[k].kind != HK_DRAW) continue;
          if (first || before != known) observed_draws_[k][i] = drawn(i, k, this->before(i).resets + before);
          in[k][i] = observed_draws_[k][i];
        }
      }
      {
        const PluginCall inside(*first_.model.plugin);
        model_.observe(model_.context, lanes_, x, p_, in, numbers);
      }
      for (const std::uint32_t k : record) {
        const double* row = k < model_.n_state ? x[k] : numbers[k - model_.n_state];
        recorded.insert(recorded.end(), row, row + n);
      }
    }
    samples = std::move(recorded);
  }
  void spike(std::uint32_t lane, double t) {
    if (lane >= given_.neurons) return;
    const double room = dt_ > 0 ? slack * dt_ : slack * (end_ms_ - begin_ms_);
    if (!(t > last_spike_[lane] && t >= begin_ms_ - room && t <= end_ms_ + room)) misplaced_[lane] = 1;
    if (misplaced_[lane]) return;
    last_spike_[lane] = t;
    ++out_[lane].n_spikes;
    if (given_.spikes == SpikeDetail::times) out_[lane].spikes_ms.push_back(t);
  }
  /// After an `advance`: an integrator is foreign code, and what it says of neurons that go on is looked at.
  void look_at_lanes(const double* samples, std::uint64_t n_samples, std::size_t n_record) {
    const std::size_t n = given_.neurons, values = n_samples * n_record * n;
    const bool any_nan = has_nan(samples, values);  // of all lanes at once, for that is quick
    for (std::uint32_t i = 0; i < n; ++i) {
      if (!out_[i].ok()) continue;
      bool finite = true, all_written = true;
      for (std::uint32_t k = 0; k < model_.n_state; ++k) finite = finite && std::isfinite(x_[k][i]);
      for (std::size_t k = i; any_nan && k < values; k += n) all_written = all_written && !std::isnan(samples[k]);
      const char* what = !finite         ? "left a state that is no number"
                         : !all_written  ? "left samples out"
                         : misplaced_[i] ? "told a spike out of its time"
                                         : nullptr;
      if (what) blame(i, *first_.integrator.plugin, what, begin_ms_);
    }
  }
  /// A threshold that is no number is never crossed: its neuron would be silent, and called good.
  void look_at_threshold(double t) {
    if (!model_.threshold || (!model_.reset && first_.simulate.spikes)) return;
    Rows in(model_.n_inputs, lanes_);
    std::vector<double> g(lanes_);
    inputs(t, t, 0, lanes_, in);
    {
      const PluginCall inside(*first_.model.plugin);
      model_.threshold(model_.context, lanes_, x_, p_, in, g.data());
    }
    for (std::uint32_t i = 0; i < given_.neurons; ++i)
      if (out_[i].ok() && std::isnan(g[i])) blame(i, *first_.model.plugin, "has a threshold that is no number", t);
  }
  /// Of neurons that stopped in their first step, and so are where they began: where the equations themselves are no
  /// number there, no other step helps.
  void look_at_start() {
    const hk_model& m = first_.equations();
    const auto stopped_at_once = [&](const Trajectory& t) {
      return !t.ok() && t.failure->why == not_finite && t.failure->at_ms <= (1 + slack) * dt_;
    };
    if (std::none_of(out_.begin(), out_.end(), stopped_at_once)) return;
    Rows in(model_.n_inputs, lanes_), dx(model_.n_state, lanes_);
    inputs(0, 0, 0, lanes_, in);
    {
      const PluginCall inside(*first_.model.plugin);
      model_.rhs(model_.context, lanes_, x_, p_, in, dx);
    }
    for (std::uint32_t i = 0; i < given_.neurons; ++i)
      for (std::uint32_t k = 0; stopped_at_once(out_[i]) && k < m.n_state; ++k) {
        if (given_.clamped >> k & 1 || std::isfinite(dx[k][i])) continue;
        const std::string at = named(m.inputs, m.n_inputs, in, i);
        out_[i].failure->remedy = fmt::format(
            "rhs of '{}' is {} at the start already{}: keep what it divides by, or takes the root or logarithm of, "
            "away from there",
            m.state[k].name, std::isnan(dx[k][i]) ? "no number" : "infinite", at.empty() ? "" : ", where " + at);
        break;
      }
  }
  /// Ends a neuron, whose later spikes and samples do not count.
  void blame(std::uint32_t lane, const Plugin& plugin, const char* what, double t) {
    out_[lane].failure = Failure{fmt::format("plugin '{}' {}", plugin.id, what), t,
                                 named(first_.equations().params, first_.equations().n_params, p_, lane)};
  }
  void stopped(std::uint32_t lane, hk_status why, double t) {
    if (lane >= given_.neurons) return;
    const char* what = why == HK_NOT_FINITE   ? not_finite
                       : why == HK_STEP_SMALL ? "step too small"
                       : why == HK_LIMIT      ? "limit reached"
                                              : "plugin error";
    out_[lane].failure = Failure{what, t, named(first_.equations().params, first_.equations().n_params, p_, lane)};
    std::string& remedy = out_[lane].failure->remedy;
    const std::string& integrator = first_.integrator.plugin->id;
    if (why == HK_NOT_FINITE && noisy_)  // no integrator that chooses its steps takes this noise
      remedy = fmt::format("take a smaller dt than {} under {}", with_unit(dt_, "ms"), integrator);
    else if (why == HK_NOT_FINITE && dt_ > 0)
      remedy = fmt::format(
          "take a smaller dt than {} under {}, or an integrator that chooses its own steps: dopri5, or rosenbrock4 for "
          "stiff equations",
          with_unit(dt_, "ms"), integrator);
    else if (why == HK_LIMIT && dt_ > 0)
      remedy = "it fires without end within one step: look at its reset and threshold";
    else if (why == HK_LIMIT)
      remedy = fmt::format("it fires without end, or its steps are too many: raise step_limit, max_step or tolerance{}",
                           integrator == "rosenbrock4" ? "" : ", or take rosenbrock4 for stiff equations");
    else if (why == HK_STEP_SMALL)
      remedy = "its solution runs away there: look at the parameters, or record up to that time";
  }

  Lanes& given_;
  std::vector<Trajectory>& out_;
  const NeuronSpec& first_;
  const hk_model& model_;
  std::uint32_t lanes_;
  Rows &p_, &x_;
  std::vector<Shared> signals_;
  std::vector<std::uint64_t> resets_;           // by lane
  std::vector<std::vector<double>> resets_ms_;  // by lane, if something is observed
  std::vector<std::uint64_t> draw_streams_;     // by input
  std::vector<std::uint64_t> counts_;           // of spikes, by neuron, where they are only counted
  std::vector<double> last_spike_;              // by lane
  std::vector<double> last_reset_;              // by lane, if runs go on with others
  std::vector<char> misplaced_;                 // by lane, 1: a spike was told out of its time
  double begin_ms_ = 0, end_ms_ = 0;            // of the present stretch
  bool observes_ = false, draws_ = false;
  Rows drawn_;
  Rows observed_draws_;                       // [input][lane] at the last sample that was observed
  std::vector<std::size_t> observed_resets_;  // by lane: resets up to it
  Rows gain_, shift_;                         // [input][lane], of tables
  std::vector<std::vector<double>> by_step_;  // tables of the present stretch
  std::vector<const double*> tables_;         // the same for the integrator
  const std::uint64_t bridge_stream_ = stream_of("bridge");
  bool noisy_ = false;
  double dt_ = 0;
  std::exception_ptr thrown_;  // by a callback, during the present call
};

}  // namespace

double just_after_ms(const NeuronSpec& e, double t) {
  const double dt = e.integrator.dt_ms;
  return dt > 0 ? t + slack * dt : just_after(t);
}

/// Refuses a run that goes on when the current that is recorded for it has ended.
void refuse_short(const Recording& r, const DataBlock& data, const NeuronSpec& e) {
  const double length = r.end_ms() - r.t0_ms, dt = e.integrator.dt_ms;
  if (e.simulate.for_ms <= length * (1 + 1e-9)) return;
  const double most = dt > 0 ? std::floor(length / dt + 1e-6) * dt : length;
  throw Error(data.place,
              fmt::format("the current of '{}' ends at {:.10g} ms, before the run at {:.10g} ms", data.shown, length,
                          e.simulate.for_ms),
              most > 0 ? fmt::format("simulate: {{for: {:.10g} ms}} ends with it", most) : "take a smaller step");
}

Neuron neuron_of(std::shared_ptr<const NeuronSpec> spec, bool to_the_end) {
  const NeuronSpec& e = *spec;
  Neuron n{spec, {}, e.simulate.for_ms, e.simulate.every_ms};
  const SignalContext context{e.integrator.dt_ms, e.simulate.for_ms, e.seed};
  for (std::uint32_t k = 0; k < e.equations().n_inputs; ++k) {
    std::vector<Held> held;
    for (const ShapeBlock& s : e.inputs[k])
      if (s.data) {
        const Recording r = load_recording(*s.data, Wanted::current);
        if (to_the_end) refuse_short(r, *s.data, e);
        Held current{0, r.dt_ms, std::make_shared<const std::vector<double>>(r.current_pA), e.drive.gain,
                     e.drive.shift};
        // the reader of the file has made sure of the unit
        if (k != e.drive.of || !(e.drive.given || e.drive.is_map()))
          current.gain = *convert(1, "pA", e.equations().inputs[k].unit), current.shift = 0;
        held.push_back(std::move(current));
      }
    n.inputs.push_back(e.inputs[k].empty() ? nullptr : std::make_shared<const Signal>(e.inputs[k], context, held));
  }
  return n;
}

std::vector<double> start_of(const Neuron& neuron) {
  const NeuronSpec& e = *neuron.spec;
  const hk_model& m = e.equations();
  const SimulateBlock& s = e.simulate;
  std::vector<double> start(m.n_state);
  for (std::uint32_t k = 0; k < m.n_state; ++k) start[k] = std::isfinite(s.start[k]) ? s.start[k] : m.state[k].value;
  if (m.initial) {
    Rows x(m.n_state, HK_LANES), x0(m.n_state, HK_LANES);
    const Rows p = parameter_rows(e.model), in = input_rows(neuron);
    for (std::uint32_t k = 0; k < m.n_state; ++k) std::fill_n(x[k], HK_LANES, start[k]);
    const PluginCall inside(*e.model.plugin);
    m.initial(m.context, HK_LANES, x, p, in, x0);
    for (std::uint32_t k = 0; k < m.n_state; ++k)
      if (!std::isfinite(s.start[k])) start[k] = x0[k][0];
  }
  for (std::uint32_t k = 0; k < m.n_state; ++k)
    if (s.clamped >> k & 1) start[k] = s.clamp[k];
  if (s.rest) start = rest_of(neuron, start);
  return start;
}

Lanes lanes_of(const std::vector<const Neuron*>& neurons) {
  const NeuronSpec& first = *neurons[0]->spec;
  const hk_model& m = first.equations();
  const auto n = static_cast<std::uint32_t>(neurons.size());
  const std::uint32_t lanes = (n + HK_LANES - 1) / HK_LANES * HK_LANES;
  const Plugin& plugin = *first.model.plugin;
  Lanes l{&first,
          neurons[0]->for_ms,
          neurons[0]->every_ms,
          n,
          &m,
          Rows(m.n_params + m.n_derived, lanes),
          Rows(m.n_state, lanes),
          std::vector<std::vector<const Signal*>>(m.n_inputs),
          std::vector<std::vector<double>>(m.n_inputs),
          {},
          first.simulate.record,
          first.simulate.clamped,
          [&plugin](const char* id) { return plugin.get(id); },
          nullptr};
  for (std::uint32_t i = 0; i < n; ++i) {
    const Neuron& neuron = *neurons[i];
    for (std::uint32_t k = 0; k < m.n_params; ++k) l.p[k][i] = neuron.spec->model.params[k];
    const std::vector<double> start = start_of(neuron);
    for (std::uint32_t k = 0; k < m.n_state; ++k) l.x[k][i] = start[k];
    for (std::uint32_t k = 0; k < m.n_inputs; ++k) l.inputs[k].push_back(neuron.inputs[k].get());
    l.seeds.push_back(neuron.spec->seed);
  }
  pad(l.p, n), pad(l.x, n);
  derive_constants(plugin, l.p);
  if (neurons[0]->forced_ms) force(l, *neurons[0]->forced_ms);
  return l;
}

std::vector<Trajectory> integrate(Lanes& lanes) {
  std::vector<Trajectory> out(lanes.neurons);
  Batch(lanes, out).run();
  const hk_model& m = lanes.spec->equations();
  for (std::uint32_t i = 0; i < lanes.neurons; ++i) {
    if (out[i].ok()) continue;
    bool finite = true;  // a lane that is given up stays as it is, says the contract
    for (std::uint32_t k = 0; k < m.n_state; ++k) finite = finite && std::isfinite(lanes.x[k][i]);
    std::string& remedy = out[i].failure->remedy;
    if (finite)
      remedy = fmt::format("its last finite state is {}{}{}", named(m.state, m.n_state, lanes.x, i),
                           remedy.empty() ? "" : "; ", remedy);
  }
  return out;
}

std::size_t batch_width(double values_of_each) {
  return static_cast<std::size_t>(
      std::clamp(most_values / std::max(values_of_each, 1.0), double{HK_LANES}, double{widest_batch}));
}

void for_each_batch(const std::vector<Neuron>& neurons, std::size_t rows,
                    const std::function<void(const std::vector<const Neuron*>&, const std::vector<std::size_t>&)>& f) {
  std::vector<bool> taken(neurons.size(), false);
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    if (taken[i]) continue;
    const std::size_t widest = batch_width(neurons[i].for_ms / neurons[i].every_ms *
                                           static_cast<double>(1 + rows * neurons[i].spec->simulate.record.size()));
    std::vector<const Neuron*> together;
    std::vector<std::size_t> index;
    // an adaptive scheme steps each neuron by itself, and stops at the edges of its own inputs alone
    const std::size_t end = neurons[i].spec->integrator.dt_ms == 0 ? i + 1 : neurons.size();
    for (std::size_t j = i; j < end && together.size() < widest; ++j)
      if (!taken[j] && batch_together(neurons[i], neurons[j]))
        taken[j] = true, together.push_back(&neurons[j]), index.push_back(j);
    f(together, index);
  }
}

namespace {

std::vector<Trajectory> run_together(const std::vector<const Neuron*>& neurons) {
  Lanes lanes = lanes_of(neurons);
  return integrate(lanes);
}

/// Alone a neuron computes the same bits, so one that is refused takes no other with it.
Trajectory run_alone(const Neuron& neuron) {
  try {
    return std::move(run_together({&neuron}).front());
  } catch (const Error& e) {
    Trajectory refused;
    refused.states.resize(neuron.spec->simulate.record.size());
    refused.failure = Failure{e.message()};
    refused.failure->remedy = e.hint();
    return refused;
  }
}

}  // namespace

void simulate(const std::vector<Neuron>& neurons, const std::function<void(std::size_t, Trajectory)>& done) {
  for_each_batch(neurons, 1, [&](const auto& together, const auto& index) {
    std::vector<Trajectory> results;
    try {
      results = run_together(together);
    } catch (const Error&) {
      for (const Neuron* neuron : together) results.push_back(run_alone(*neuron));
    }
    for (std::size_t k = 0; k < index.size(); ++k) done(index[k], std::move(results[k]));
  });
}

void prepare(const Neuron& neuron) {
  std::vector<Trajectory> unused(1);
  Lanes lanes = lanes_of({&neuron});
  Batch(lanes, unused).run(true);
}

std::size_t samples_of(const Neuron& neuron) {
  return SamplePlan(true, neuron.spec->integrator.dt_ms, neuron.for_ms, neuron.every_ms).size() + 1;
}

Trajectory simulate(const Neuron& neuron) { return std::move(run_together({&neuron}).front()); }

}  // namespace hillock
