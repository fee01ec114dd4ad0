// Candidates of a fit on its recordings: populations where losses alone are wanted, sensitivities where slopes are.
#include <algorithm>
#include <cmath>
#include <limits>

#include "data/driven.hpp"
#include "neuron/forced.hpp"
#include "neuron/lanes.hpp"
#include "neuron/sensitivity.hpp"
#include "purpose/fit/loss.hpp"
#include "purpose/fit/scores.hpp"
#include "purpose/fit/search.hpp"
#include "purpose/fit/squares.hpp"

namespace hillock {
namespace {

/// Candidates of a batch whose squares are summed as they run: few enough that samples of many steps are in the cache.
constexpr std::size_t widest_in_lanes = 256;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The loss of a candidate that failed, from 1e6: the more the earlier.
double failed_loss(double failed_at_ms, double for_ms) {
  const double part = std::isfinite(failed_at_ms) ? std::clamp(failed_at_ms / for_ms, 0.0, 1.0) : 0;
  return failed_from * (2 - part);
}

/// Which of what a model lets observe is the rate at which it fires; nothing if there is none.
std::optional<std::uint32_t> rate_of(const hk_model& m) {
  for (std::uint32_t k = 0; k < m.n_observed; ++k)
    if (std::string_view(m.observed[k].name) == "rate" && std::string_view(m.observed[k].unit) == "1/ms")
      return m.n_state + k;
  return {};
}

}  // namespace

bool has_rate(const hk_model& model) { return rate_of(model).has_value(); }

std::shared_ptr<const std::vector<double>> spikes_of(const Recording& data) {
  auto spikes = std::make_shared<std::vector<double>>(data.spikes_ms);
  for (double& t : *spikes) t -= data.t0_ms;
  return spikes;
}

std::vector<double> read_out(const ReadoutBlock& readout, const std::vector<double>& states, double every_ms,
                             const Recording& data) {
  std::vector<double> v = states;
  if (!readout.is_map()) return v;
  for (std::size_t k = 0; k < v.size(); ++k) {
    const auto sample = static_cast<std::size_t>(static_cast<double>(k) * every_ms / data.dt_ms + 1e-6);
    v[k] = readout(v[k], data.current_pA[std::min(sample, data.current_pA.size() - 1)]);
  }
  return v;
}

/// One candidate on one recording.
struct Evaluator::OneRun {
  double failed = 0;                  ///< its loss if it failed
  std::vector<double> spikes_ms;      ///< in the time of the recording
  std::vector<double> voltage, rate;  ///< if they are looked at
  std::optional<Squares> squares;     ///< in place of the voltage
  SeenSlopes slopes;                  ///< if they are wanted
};

Evaluator::Evaluator(const FitBlock& block, const std::vector<Target>& targets)
    : block_(block),
      voltage_(looks_at_voltage(block)),
      spikes_(looks_at_spikes(block) || (voltage_ && !block.reset_at_data)),
      rate_(looks_at_rate(block)),
      runs_(spikes_ ? block.runs() : 1) {
  double samples = 0, longest = 0;
  for (const Target& t : targets) {
    if (!t.trains()) continue;
    targets_.push_back(&t);
    losses_.emplace_back(block, t.train);
    NeuronSpec spec = *block.neuron;
    spec.simulate.record = {spec.readout.of};
    bases_.push_back(driven(spec, *t.data, t.current, t.train.to_ms));
    squares_.push_back(SquaresPlan::of(block, t, bases_.back().every_ms, samples_of(bases_.back())));
    const double n = bases_.back().for_ms / bases_.back().every_ms;
    longest = std::max(longest, n), samples += n;
    if (block.reset_at_data || rate_) {
      forced_.push_back(bases_.back());
      forced_.back().forced_ms = spikes_of(*t.data);
    }
  }
  const bool in_lanes =
      !rate_ && std::all_of(squares_.begin(), squares_.end(), [](const auto& plan) { return plan.has_value(); });
  const double kept = (voltage_ && !in_lanes ? 3 : 0) + (rate_ ? 2 : 0);
  width_ = batch_width(std::max(1.0, kept * (block.align ? samples : longest)));
  if (voltage_ && in_lanes) width_ = std::min(width_, widest_in_lanes);
  for (const FreeNumber& f : block.free) parameters_.push_back(f.parameter);
  if (runs_ > 1) parameters_.push_back(*Parameter::find(*block.neuron, "seed"));
  const hk_model& m = block.neuron->equations();
  if (block.neuron->simulate.rest)
    for (std::uint32_t k = 0; k < m.n_state; ++k)
      parameters_.push_back(*Parameter::find(*block.neuron, std::string("simulate.start.") + m.state[k].name));
}

std::vector<double> Evaluator::numbers(const std::vector<double>& values, std::size_t run) const {
  const std::size_t free = block_.free.size();
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(run / runs_ * free);
  return {first, first + static_cast<std::ptrdiff_t>(free)};
}

std::vector<double> Evaluator::rest(std::size_t target, const std::vector<double>& numbers) const {
  NeuronSpec spec = with_numbers(block_, numbers);
  const Recording& data = *targets_[target]->data;
  const auto first = std::make_shared<const std::vector<double>>(1, data.current_pA.at(0));
  Neuron resting = bases_[target];
  auto signal = std::make_shared<Signal>();
  signal->add(Held{0, data.dt_ms, first, spec.drive.gain, spec.drive.shift});
  resting.inputs[spec.drive.of] = std::move(signal);
  resting.spec = std::make_shared<const NeuronSpec>(std::move(spec));
  return start_of(resting);
}

std::vector<Evaluator::OneRun> Evaluator::simulate(std::size_t target, const std::vector<double>& values,
                                                   std::size_t begin, std::size_t end, bool traces) const {
  const std::size_t n = end - begin, free = block_.free.size(), given = free + (runs_ > 1), all = parameters_.size();
  const Neuron& base = bases_[target];
  const NeuronSpec& spec = *base.spec;
  const Recording& data = *targets_[target]->data;
  std::vector<OneRun> out(n);
  Population population{base, parameters_, {}, n};
  if (all > given) {  // start: rest
    auto started = std::make_shared<NeuronSpec>(spec);
    started->simulate.rest = false;
    population.base.spec = std::move(started);
  }
  std::vector<double> of_run, starts(all - given, nan);
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || (begin + i) % runs_ == 0) {
      of_run = numbers(values, begin + i);
      if (all > given) try {
          starts = rest(target, of_run);
        } catch (const Error&) {
          starts.assign(all - given, nan);
          out[i].failed = 2 * failed_from;
        }
    }
    population.values.insert(population.values.end(), of_run.begin(), of_run.end());
    if (runs_ > 1)
      population.values.push_back(static_cast<double>(seed_of_realisation(spec.seed, (begin + i) % runs_)));
    population.values.insert(population.values.end(), starts.begin(), starts.end());
  }
  const auto readout = [&](std::size_t i) {
    NeuronSpec own;
    own.readout = spec.readout;
    for (std::size_t a = 0; a < free; ++a)
      if (!parameters_[a].moves_state()) parameters_[a].set(own, population.value(i, a));
    return own.readout;
  };
  const auto keep_voltage = [&](std::size_t i, const std::vector<double>& states) {
    out[i].voltage = read_out(readout(i), states, base.every_ms, data);
  };
  // a rate is recorded beside the voltage, as traces
  const bool in_lanes = squares_[target] && !rate_ && !traces;
  std::optional<SquaresInLanes> squares;
  const auto hearing = [&]() -> Hearing {
    if (!in_lanes) return nullptr;
    std::vector<ReadoutBlock> readouts;
    for (std::size_t i = 0; i < n; ++i) readouts.push_back(readout(i));
    squares.emplace(*squares_[target], readouts);
    return [&](const NewSamples& heard) { squares->hear(heard); };
  };
  const auto keep_squares = [&] {
    if (!squares) return;
    const std::vector<Squares> sums = squares->sums();
    for (std::size_t i = 0; i < n; ++i) out[i].squares = sums[i];
  };
  if (spikes_) {
    const bool samples = voltage_ && !block_.reset_at_data;
    RunRequest request{samples ? std::vector<std::uint32_t>{spec.readout.of} : std::vector<std::uint32_t>{},
                       in_lanes ? told_of(block_) : SpikeDetail::times};
    if (samples) request.hear = hearing();
    std::vector<Trajectory> runs = run(population, request);
    for (std::size_t i = 0; i < n; ++i) {
      if (!runs[i].ok()) {
        out[i].failed = std::max(out[i].failed, failed_loss(runs[i].failure->at_ms, base.for_ms));
        continue;
      }
      out[i].spikes_ms = std::move(runs[i].spikes_ms);
      for (double& t : out[i].spikes_ms) t += data.t0_ms;
      if (samples && !in_lanes) keep_voltage(i, runs[i].states[0]);
    }
    if (samples) keep_squares();
  }
  if (rate_ || (voltage_ && block_.reset_at_data)) {
    population.base.forced_ms = forced_[target].forced_ms;
    RunRequest request{{spec.readout.of}, SpikeDetail::none};
    if (rate_) request.record.push_back(*rate_of(spec.equations()));
    else request.hear = hearing();
    std::vector<Trajectory> runs = run(population, request);
    for (std::size_t i = 0; i < n; ++i) {
      if (!runs[i].ok()) {
        out[i].failed = std::max(out[i].failed, failed_loss(runs[i].failure->at_ms, base.for_ms));
        continue;
      }
      if (voltage_ && block_.reset_at_data && !in_lanes) keep_voltage(i, runs[i].states[0]);
      if (rate_) out[i].rate = std::move(runs[i].states[1]);
    }
    if (!rate_) keep_squares();
  }
  return out;
}

std::vector<Evaluator::OneRun> Evaluator::simulate_slopes(std::size_t target, const std::vector<double>& values,
                                                          std::size_t begin, std::size_t end) const {
  const std::size_t n = end - begin, free = block_.free.size();
  const Target& t = *targets_[target];
  std::vector<OneRun> out(n);
  std::vector<Neuron> neurons;
  for (std::size_t i = 0; i < n; ++i) {
    NeuronSpec spec = with_numbers(block_, numbers(values, begin + i));
    spec.seed = seed_of_realisation(spec.seed, (begin + i) % runs_);
    spec.simulate.record = {spec.readout.of};
    neurons.push_back(driven(spec, *t.data, t.current, t.train.to_ms));
  }
  const std::vector<Direction> along = directions();
  const auto keep = [&](std::size_t i, Sensitivity s) {
    OneRun& one = out[i];
    if (!s.run.ok()) {
      one.failed = failed_loss(s.run.failure->at_ms, neurons[i].for_ms);
      return;
    }
    one.spikes_ms = std::move(s.run.spikes_ms);
    for (double& at : one.spikes_ms) at += t.data->t0_ms;
    one.voltage = read_out(neurons[i].spec->readout, s.run.states[0], neurons[i].every_ms, *t.data);
    for (std::size_t k = 0; k < free; ++k) {
      const double by = block_.free[k].slope(values[(begin + i) / runs_ * free + k]);
      for (double& slope : s.along[k].spikes_ms) slope *= by;
      for (double& slope : s.along[k].voltage) slope *= by;
      one.slopes.spikes_ms.push_back(std::move(s.along[k].spikes_ms));
      one.slopes.voltage.push_back(std::move(s.along[k].voltage));
    }
  };
  try {
    hillock::simulate_slopes(neurons, along, keep, told_of(block_));
  } catch (const Error&) {
    if (!block_.neuron->simulate.rest) throw;
    // one of them does not rest: alone it takes no other with it
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = OneRun();
      try {
        const auto keep_own = [&](std::size_t, Sensitivity s) { keep(i, std::move(s)); };
        hillock::simulate_slopes({neurons[i]}, along, keep_own, told_of(block_));
      } catch (const Error&) { out[i].failed = 2 * failed_from; }
    }
  }
  return out;
}

std::vector<Direction> Evaluator::directions() const {
  std::vector<Direction> along;
  for (const FreeNumber& f : block_.free) along.push_back({f.parameter.path(), f.place});
  return along;
}

Seen Evaluator::seen(std::size_t target, const OneRun& one) const {
  const Target& t = *targets_[target];
  const double every = bases_[target].every_ms;
  Seen s{t.train, {}};
  s.run.spikes_ms = one.spikes_ms;
  s.run.voltage.reset();
  if (!one.voltage.empty()) s.run.voltage = Sampled{t.data->t0_ms, every, one.voltage};
  s.squares = one.squares;
  if (!one.rate.empty()) s.rate = Sampled{t.data->t0_ms, every, one.rate};
  return s;
}

void Evaluator::align(std::vector<std::vector<OneRun>>& runs) const {
  for (std::size_t i = 0; i < runs[0].size(); ++i) {
    std::vector<std::pair<ScoredWindow, ScoredWindow>> pairs;
    for (std::size_t k = 0; k < runs.size(); ++k)
      if (runs[k][i].failed == 0) pairs.emplace_back(seen(k, runs[k][i]).run, targets_[k]->train);
    const double later = offset_ms(pairs);
    for (auto& of_target : runs)
      for (double& t : of_target[i].spikes_ms) t -= later;
  }
}

void Evaluator::batch(const std::vector<double>& values, std::size_t begin, std::size_t end, std::uint32_t wants,
                      Evaluated& out) const {
  const std::size_t free = block_.free.size(), from = begin / runs_, to = (end - 1) / runs_ + 1;
  const double share = 1 / static_cast<double>(targets_.size() * runs_);
  std::vector<std::vector<double>> gradient(to - from, std::vector<double>(wants ? free : 0, 0.0)),
      curvature(to - from, std::vector<double>(wants & HK_CURVATURE ? free * free : 0, 0.0));
  const auto judge = [&](std::size_t k, const std::vector<OneRun>& runs) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const std::size_t of = (begin + i) / runs_;
      double& loss = out.losses[of];
      if (runs[i].failed > 0) {
        loss += runs[i].failed;
        for (auto& term : out.terms) term[of] += runs[i].failed;
        continue;
      }
      const Seen run = seen(k, runs[i]);
      const std::vector<double> terms = losses_[k].terms(run);
      loss += share * losses_[k].sum(terms);
      for (std::size_t j = 0; j < terms.size(); ++j) out.terms[j][of] += share * terms[j];
      if (wants) losses_[k].add_slopes(run, runs[i].slopes, share, gradient[of - from], curvature[of - from]);
    }
  };
  std::vector<std::vector<OneRun>> all;
  for (std::size_t k = 0; k < targets_.size(); ++k) {
    std::vector<OneRun> runs = wants ? simulate_slopes(k, values, begin, end) : simulate(k, values, begin, end, false);
    if (block_.align) all.push_back(std::move(runs));
    else judge(k, runs);
  }
  if (block_.align) {
    align(all);
    for (std::size_t k = 0; k < all.size(); ++k) judge(k, all[k]);
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    for (std::size_t k = 0; k < gradient[i].size(); ++k) out.gradient[k][from + i] += gradient[i][k];
    for (std::size_t k = 0; k < curvature[i].size(); ++k) out.curvature[k][from + i] += curvature[i][k];
  }
}

Evaluated Evaluator::evaluate(const std::vector<double>& values, std::size_t count, std::uint32_t wants) const {
  const std::size_t free = block_.free.size();
  Evaluated out;
  out.losses.assign(count, 0.0);
  out.terms.assign(block_.loss.size(), std::vector<double>(count, 0.0));
  if (wants) out.gradient.assign(free, std::vector<double>(count, 0.0));
  if (wants & HK_CURVATURE) out.curvature.assign(free * free, std::vector<double>(count, 0.0));
  const std::uint32_t exact = block_.exact ? wants : 0;
  for (std::size_t begin = 0; begin < count * runs_; begin += width_)
    batch(values, begin, std::min(begin + width_, count * runs_), exact, out);
  if (wants && !block_.exact) differences(values, count, out);
  return out;
}

std::vector<double> Evaluator::losses(const std::vector<double>& values, std::size_t count) const {
  return evaluate(values, count, 0).losses;
}

void Evaluator::differences(const std::vector<double>& values, std::size_t count, Evaluated& out) const {
  const std::size_t free = block_.free.size();
  std::vector<double> moved, width;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < free; ++k) {
      const auto first = values.begin() + static_cast<std::ptrdiff_t>(i * free);
      const double at = block_.free[k].unit(first[static_cast<std::ptrdiff_t>(k)]),
                   up = std::min(at + block_.step, 1.0), down = std::max(at - block_.step, 0.0);
      for (const double to : {up, down}) {
        moved.insert(moved.end(), first, first + static_cast<std::ptrdiff_t>(free));
        moved[moved.size() - free + k] = block_.free[k].number(to);
      }
      width.push_back(up - down);
    }
  const std::vector<double> found = losses(moved, count * free * 2);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < free; ++k) {
      const std::size_t at = i * free + k;
      out.gradient[k][i] = (found[2 * at] - found[2 * at + 1]) / width[at];
    }
}

SeenSlopes Evaluator::slopes(std::size_t target, const std::vector<double>& numbers, double step) const {
  const std::size_t free = block_.free.size();
  SeenSlopes out;
  if (step == 0) {
    std::vector<OneRun> runs = simulate_slopes(target, numbers, 0, 1);
    if (runs[0].failed == 0) return std::move(runs[0].slopes);
    return out;
  }
  std::vector<double> moved, width;
  for (std::size_t k = 0; k < free; ++k) {
    const double at = block_.free[k].unit(numbers[k]), up = std::min(at + step, 1.0), down = std::max(at - step, 0.0);
    for (const double to : {up, down}) {
      moved.insert(moved.end(), numbers.begin(), numbers.end());
      moved[moved.size() - free + k] = block_.free[k].number(to);
    }
    width.push_back(up - down);
  }
  std::vector<OneRun> runs;
  if (runs_ == 1) runs = simulate(target, moved, 0, 2 * free, true);
  else
    for (std::size_t i = 0; i < 2 * free; ++i)  // the first of the runs of each
      runs.push_back(std::move(simulate(target, moved, i * runs_, i * runs_ + 1, true)[0]));
  const auto slope = [&](std::size_t k, const std::vector<double> OneRun::*of) {
    const std::vector<double>&up = runs[2 * k].*of, &down = runs[2 * k + 1].*of;
    std::vector<double> s(std::min(up.size(), down.size()));
    for (std::size_t i = 0; i < s.size(); ++i) s[i] = (up[i] - down[i]) / width[k];
    return s;
  };
  for (std::size_t k = 0; k < free; ++k) {
    if (runs[2 * k].failed > 0 || runs[2 * k + 1].failed > 0) return {};
    out.spikes_ms.push_back(slope(k, &OneRun::spikes_ms));
    out.voltage.push_back(slope(k, &OneRun::voltage));
  }
  return out;
}

}  // namespace hillock
