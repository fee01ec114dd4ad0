#pragma once
// Models and integrators driven through the boundary itself, without experiment files: batches of neurons.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hillock/integrator.hpp"
#include "hillock/random.hpp"
#include "hillock/series.hpp"
#include "host/plugins.hpp"
#include "verify/settings.hpp"

namespace hillock::verify {

/// Same bits, so that a NaN equals itself and -0 is not 0.
inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

struct Stop {
  hk_status why = HK_OK;
  double t = 0;
};

/// Neurons of one model, in lanes padded as the boundary asks, and what they do under constant inputs.
class Batch {
 public:
  Batch(const Plugin& model, std::uint32_t neurons)
      : plugin_(model),
        model_(model.model()),
        neurons_(neurons),
        lanes_((neurons + HK_LANES - 1) / HK_LANES * HK_LANES),
        p(model_.n_params + model_.n_derived, lanes_),
        x(model_.n_state, lanes_),
        in(model_.n_inputs, lanes_) {
    const auto fill = [&](Rows& rows, const hk_field* fields, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k) std::fill_n(rows[k], lanes_, fields[k].value);
    };
    fill(p, model_.params, model_.n_params);
    fill(x, model_.state, model_.n_state);
    fill(in, model_.inputs, model_.n_inputs);
  }

  /// Sets a parameter, an input or a start value of one neuron.
  Batch& set(std::uint32_t neuron, const std::string& name, double value) {
    const auto put = [&](Rows& rows, const hk_field* fields, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k)
        if (name == fields[k].name) return rows[k][neuron] = value, true;
      return false;
    };
    if (put(x, model_.state, model_.n_state)) given_[{name, neuron}] = value;
    else if (!put(p, model_.params, model_.n_params) && !put(in, model_.inputs, model_.n_inputs))
      throw std::logic_error("no such name: " + name);
    return *this;
  }
  Batch& set(const std::string& name, double value) {
    for (std::uint32_t i = 0; i < neurons_; ++i) set(i, name, value);
    return *this;
  }
  Batch& preset(const std::string& name) {
    for (std::uint32_t r = 0; r < model_.n_presets; ++r)
      if (name == model_.presets[r].name) {
        for (std::size_t k = 0; k < model_.n_params; ++k)
          if (!std::isnan(model_.presets[r].params[k])) set(model_.params[k].name, model_.presets[r].params[k]);
        for (std::size_t k = 0; k < model_.n_state; ++k)
          if (!std::isnan(model_.presets[r].start[k])) set(model_.state[k].name, model_.presets[r].start[k]);
        return *this;
      }
    throw std::logic_error("no such preset: " + name);
  }

  /// From t0 to t_end, sampling all states every `every` steps of dt (0: never; 0.1 ms in place of dt with an adaptive
  /// scheme). The time is walked in `stretches` parts.
  void run(const Plugin& plugin, Settings settings, double t_end, int every = 0, int stretches = 1) {
    const hk_integrator& integrator = plugin.integrator();
    start();
    const double dt = dt_ = integrator.flags & HK_FIXED_STEP ? std::get<double>(settings.at("dt")) : 0.1;
    const Values values(integrator.options, integrator.n_options, std::move(settings));
    std::vector<std::uint32_t> record = recorded;
    for (std::uint32_t k = 0; recorded.empty() && k < model_.n_state; ++k) record.push_back(k);
    hk_problem problem{};
    problem.size = sizeof problem, problem.lanes = lanes_, problem.model = &model_, problem.p = p, problem.x = x,
    problem.t = t0, problem.neurons = neurons_;
    problem.clamped = clamped, problem.watch = watch, problem.watch_threshold = watch_threshold,
    problem.watch_rearm = watch_rearm;
    problem.n_record = static_cast<std::uint32_t>(record.size()), problem.record = record.data(), problem.host = this;
    problem.inputs = [](void* self, double begin, double t, std::uint32_t lane, std::uint32_t count, hk_out to) {
      Batch& b = *static_cast<Batch*>(self);
      for (std::size_t k = 0; k < b.model_.n_inputs; ++k)
        for (std::uint32_t i = 0; i < count; ++i)
          to[k][i] = b.model_.inputs[k].kind == HK_DRAW
                         ? Random(7, b.lane_id(lane + i)).exponential(b.spikes[lane + i].size())
                         : b.held(k, lane + i, begin) + (b.shape ? b.shape(t) : 0) +
                               (b.sigma > 0 ? b.sigma / std::sqrt(b.dt_) * b.normal(lane + i, begin) : 0);
    };
    if (!shape || shape_series)
      problem.input_series = [](void* self, double, double t, std::uint32_t lane, std::uint32_t order, double* to) {
        Batch& b = *static_cast<Batch*>(self);
        for (std::size_t k = 0; k < b.model_.n_inputs; ++k) {
          double* const c = to + k * (order + 1);
          std::fill_n(c, order + 1, 0.0);
          if (b.shape_series) b.shape_series(t, order, c);
          c[0] += b.in[k][lane];
        }
      };
    problem.get = [](void* self, const char* id) {
      const Batch& b = *static_cast<Batch*>(self);
      return b.offers ? b.offers(id) : b.plugin_.get(id);
    };
    if (sigma > 0)
      problem.noise = [](void* self, double begin, std::uint32_t lane, std::uint32_t count, hk_out to, double* u) {
        Batch& b = *static_cast<Batch*>(self);
        for (std::size_t k = 0; to && k < b.model_.n_inputs; ++k)
          std::fill_n(to[k], count, b.model_.inputs[k].kind == HK_DRAW ? 0.0 : b.sigma);
        for (std::uint32_t i = 0; u && i < count; ++i)
          u[i] = Random(b.seed + 1, b.lane_id(lane + i)).uniform(b.step_of(begin));
      };
    if (hears_spikes)
      problem.spike = [](void* self, std::uint32_t lane, double t) {
        static_cast<Batch*>(self)->spikes[lane].push_back(t);
      };
    if (counts_spikes) spike_counts.assign(neurons_, 0), problem.spike_counts = spike_counts.data();
    problem.stopped = [](void* self, std::uint32_t lane, hk_status why, double t) {
      static_cast<Batch*>(self)->stops[lane] = {why, t};
    };

    hk_error error{};
    void* self = nullptr;
    check(plugin, integrator.open(&problem, values.data(), host, &self, &error), error);
    const std::unique_ptr<void, void (*)(void*)> closing(self, integrator.close);
    const auto steps = std::llround((t_end - t0) / dt);
    std::vector<double> block;
    if (!edges.empty()) stretches = static_cast<int>(edges.size());
    for (int s = 0; s < stretches; ++s) {
      const auto from = edges.empty() ? steps * s / stretches : s == 0 ? 0 : edges[static_cast<std::size_t>(s) - 1];
      const auto to = edges.empty() ? steps * (s + 1) / stretches : edges[static_cast<std::size_t>(s)];
      std::vector<double> times;
      std::uint64_t first = 0;  // counted from 1
      for (auto k = from + 1; every > 0 && k <= to; ++k)
        if (k % every == 0) {
          times.push_back(t0 + static_cast<double>(k) * dt);
          if (first == 0) first = static_cast<std::uint64_t>(k - from);
        }
      constexpr std::size_t beyond = 64;  // numbers behind the room for samples, which nobody may write
      constexpr double untouched = -12345.75;
      const std::size_t room = times.size() * record.size() * neurons_;
      block.assign(room + beyond, untouched);
      hk_stretch stretch{};
      stretch.size = sizeof stretch, stretch.varying = shape || sigma > 0 ? 1u : 0u;
      stretch.t_end = t0 + static_cast<double>(to) * dt, stretch.n_samples = times.size();
      std::vector<const double*> tables;
      if (!by_step.empty()) {
        stretch.varying = 1;
        for (const auto& table : by_step) tables.push_back(table.empty() ? nullptr : table.data() + from);
        if (tells_steps) stretch.by_step = tables.data(), stretch.gain = *gain, stretch.shift = in;
      }
      stretch.samples = block.data();
      if (integrator.flags & HK_FIXED_STEP)
        stretch.first_sample = first, stretch.sample_every = static_cast<std::uint64_t>(every);
      else stretch.sample_t = times.data();
      if (at_stretch) at_stretch(s);
      check(plugin, integrator.advance(self, &stretch, &error), error);
      for (std::size_t k = room; k < block.size(); ++k)
        if (block[k] != untouched) throw std::logic_error("a sample was written behind the room for samples");
      samples_.insert(samples_.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(room));
    }
  }

  /// Adds a function of time, written over any number type, to every signal.
  template <class F> void vary(F f) {
    shape = [f](double t) { return f(t); };
    shape_series = [f](double t, std::uint32_t order, double* c) {
      std::array<double, 40 * Replay::slot> slots{};
      for (std::uint32_t k = 0; k <= order; ++k) {
        Replay r{.next = slots.data(), .degree = k, .first = k == 0, .inverse = k == 0 ? 0 : 1. / k};
        c[k] = Series(f(Series(k == 0 ? t : k == 1 ? 1 : 0, r))).coefficient(r);
      }
    };
  }

  /// All samples of a neuron: state after state, sample after sample.
  std::vector<double> samples(std::uint32_t neuron) const {
    std::vector<double> out;
    for (std::size_t i = neuron; i < samples_.size(); i += neurons_) out.push_back(samples_[i]);
    return out;
  }
  std::uint32_t lanes() const { return lanes_; }

  double t0 = 0;
  std::vector<std::uint32_t> recorded;  // states, in any order; all of them if empty
  std::vector<std::int64_t>
      edges;  // steps at which stretches end, the last step among them; else they are as long as each other
  std::function<void(int)>
      at_stretch;  // called before each stretch, which it counts from 0: to change `in` of all lanes
  std::uint64_t clamped = 0;
  std::int32_t watch = -1;
  double watch_threshold = 0, watch_rearm = 0;
  std::function<double(double)> shape;                               // of time, added to every signal
  std::function<void(double, std::uint32_t, double*)> shape_series;  // its Taylor coefficients about t
  std::vector<std::vector<double>> by_step;  // [input][step]: gain times that and `in` is the input; empty: `in` is
  std::optional<Rows> gain;                  // [input][lane]; of inputs by step
  bool tells_steps = true;                   // the integrator is told the tables, or has to ask for each step's inputs
  double sigma = 0;                          // of white noise, added to every signal
  std::uint64_t seed = 1;                    // of that noise
  std::vector<std::uint64_t> ids;            // of the neurons, for what is drawn; their number if empty
  const hk_host* host = nullptr;             // what the integrator is offered
  std::function<const void*(const char*)> offers;  // in place of what the model offers beside itself
  bool counts_spikes = false;                      // spikes are counted, not told
  bool hears_spikes = true;                        // false: the integrator need not look for them
  std::vector<std::uint64_t> spike_counts;         // of each neuron
  std::vector<std::vector<double>> spikes;         // of each lane
  std::vector<Stop> stops;

 private:
  std::uint64_t lane_id(std::uint32_t lane) const {
    const std::uint32_t neuron = lane < neurons_ ? lane : 0;
    return ids.empty() ? neuron : ids[neuron];
  }
  std::uint64_t step_of(double begin) const { return static_cast<std::uint64_t>(std::llround((begin - t0) / dt_)); }
  double held(std::size_t input, std::uint32_t lane, double begin) const {
    if (by_step.empty() || by_step[input].empty()) return in[input][lane];
    const double scaled = (*gain)[input][lane] * by_step[input][step_of(begin)];
    return scaled + in[input][lane];
  }
  double normal(std::uint32_t lane, double begin) const { return Random(seed, lane_id(lane)).normal(step_of(begin)); }
  /// Fills the padding with the first neuron, and makes derived constants and start values.
  void start() {
    for (Rows* rows : {&p, &x, &in})
      for (std::size_t k = 0; k < rows->fields(); ++k)
        std::fill((*rows)[k] + neurons_, (*rows)[k] + lanes_, (*rows)[k][0]);
    hk_out all = p;
    if (model_.derive) model_.derive(model_.context, lanes_, p, all + model_.n_params);
    if (model_.initial) {
      Rows x0(model_.n_state, lanes_);
      model_.initial(model_.context, lanes_, x, p, in, x0);
      for (std::size_t k = 0; k < model_.n_state; ++k)
        for (std::uint32_t i = 0; i < lanes_; ++i)
          if (!given_.contains({model_.state[k].name, i < neurons_ ? i : 0})) x[k][i] = x0[k][i];
    }
    spikes.assign(lanes_, {});
    stops.assign(lanes_, {});
    samples_.clear();
  }

  const Plugin& plugin_;
  const hk_model& model_;
  std::uint32_t neurons_, lanes_;
  std::map<std::pair<std::string, std::uint32_t>, double> given_;
  std::vector<double> samples_;
  double dt_ = 0;

 public:
  Rows p, x, in;
};

/// Random numbers that are the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  double unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + unit() * (high - low); }
  std::size_t below(std::size_t n) { return engine_() % n; }

 private:
  std::mt19937_64 engine_;
};

/// A current that makes most models fire, by its unit.
inline double strong(const hk_field& current) {
  static const std::map<std::string, double> by_unit{{"pA", 500}, {"nA", 0.7}, {"mV/ms", 10}, {"uA/cm2", 2},
                                                     {"mV", 20},  {"1", 0.5},  {"1/ms", 0.5}};
  const auto found = by_unit.find(current.unit);
  return found == by_unit.end() ? 10 : found->second;
}

}  // namespace hillock::verify
