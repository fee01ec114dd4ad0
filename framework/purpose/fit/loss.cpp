#include "purpose/fit/loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "measure/distances.hpp"
#include "measure/traces.hpp"

namespace hillock {
namespace {

constexpr double undefined_loss = 3;       ///< worse than any silent model
constexpr double nothing_left_loss = 1e5;  ///< of a run whose own spikes cut all of it away
constexpr double least_rate = 1e-10;       ///< 1/ms: a spike where none can be is very unlikely, not impossible
constexpr double farthest_pair_ms = 10;    ///< of spikes that `align` takes for the same

std::size_t spikes_in(const ScoredWindow& o) { return within(o.spikes_ms, o.from_ms, o.to_ms, o.to_included).size(); }

bool any_of_terms(const FitBlock& block, bool (*f)(const MeasureInfo&)) {
  for (const LossTerm& term : block.loss) {
    if (term.kind == LossTerm::Kind::measure && f(*find_measure(term.measure.name))) return true;
    for (const Feature& feature : term.features)
      if (f(*find_measure(feature.measure))) return true;
  }
  return false;
}

}  // namespace

bool looks_at_voltage(const FitBlock& block) {
  return any_of_terms(block, [](const MeasureInfo& info) { return info.needs_trace; });
}
bool looks_at_spikes(const FitBlock& block) {
  return any_of_terms(
      block, [](const MeasureInfo& info) { return !info.needs_trace && info.needs_spikes != SpikeDetail::none; });
}
bool looks_at_rate(const FitBlock& block) {
  return std::any_of(block.loss.begin(), block.loss.end(),
                     [](const LossTerm& term) { return term.kind == LossTerm::Kind::log_likelihood; });
}

bool looks_at_squares(const FitBlock& block) {
  // where spikes are moved before they are looked at, what is cut around them moves too
  if (!looks_at_voltage(block) || (block.align && block.cut && !block.reset_at_data)) return false;
  return std::all_of(block.loss.begin(), block.loss.end(), [](const LossTerm& term) {
    const auto no_trace = [](const Feature& f) { return !find_measure(f.measure)->needs_trace; };
    return term.kind == LossTerm::Kind::measure
               ? is_mean_square(term.measure.name) || !find_measure(term.measure.name)->needs_trace
               : std::all_of(term.features.begin(), term.features.end(), no_trace);
  });
}

SpikeDetail told_of(const FitBlock& block) {
  const bool cuts = block.cut || std::any_of(block.loss.begin(), block.loss.end(), [](const LossTerm& term) {
                      return term.measure.name == "subthreshold_ev";
                    });
  return looks_at_spikes(block) || cuts ? SpikeDetail::times : SpikeDetail::none;
}

Loss::Loss(const FitBlock& block, const ScoredWindow& data) : block_(block), data_(data) {
  for (const LossTerm& term : block.loss) {
    features_.emplace_back();
    for (const Feature& feature : term.features) {
      features_.back().push_back(evaluate(feature.measure, data));
      if (const std::string& why = features_.back().back().why; why_.empty() && !why.empty())
        why_ = fmt::format("'{}' of the recording is {}", feature.measure, why);
    }
  }
}

bool Loss::cuts(const LossTerm& term) const {
  return block_.cut && term.kind == LossTerm::Kind::measure && term.measure.name != "subthreshold_ev" &&
         find_measure(term.measure.name)->needs_trace;
}

std::vector<std::pair<double, double>> cut_out(const CutSpikes& cut, const ScoredWindow& data,
                                               std::vector<std::pair<double, double>> unscored,
                                               std::span<const double> spikes_ms) {
  for (const double t : spikes_ms) {
    const double from = std::max(t - cut.before_ms, data.from_ms), to = std::min(t + cut.after_ms, data.to_ms);
    if (from < to) unscored.emplace_back(from, to);
  }
  std::sort(unscored.begin(), unscored.end());
  std::size_t last = 0;
  for (std::size_t k = 1; k < unscored.size(); ++k)
    if (unscored[k].first <= unscored[last].second)
      unscored[last].second = std::max(unscored[last].second, unscored[k].second);
    else unscored[++last] = unscored[k];
  if (!unscored.empty()) unscored.resize(last + 1);
  return unscored;
}

Loss::Cut Loss::cut_around(const Seen& run) const {
  Cut out{{data_.unscored.begin(), data_.unscored.end()}, data_};
  const auto cut = [&](Train spikes) {
    out.unscored = cut_out(*block_.cut, data_, std::move(out.unscored), spikes);
    out.data.unscored = out.unscored;
  };
  cut(data_.spikes_ms);
  if (block_.reset_at_data) return out;
  const double possible = out.data.length_ms();
  cut(run.run.spikes_ms);
  if (possible > 0) out.left = out.data.length_ms() / possible;
  return out;
}

double Loss::scored(const Seen& run) const {
  if (!block_.cut) return 1;
  const Cut cut = cut_around(run);
  ScoredWindow whole = data_;
  return cut.data.length_ms() / whole.length_ms();
}

double Loss::features(std::size_t index, const LossTerm& term, const Seen& run) const {
  ScoredWindow own = run.run;
  own.current = data_.current;
  own.from_ms = data_.from_ms, own.to_ms = data_.to_ms;
  own.to_included = data_.to_included, own.unscored = data_.unscored;
  double sum = 0;
  for (std::size_t k = 0; k < term.features.size(); ++k) {
    const Score &data = features_[index][k], of_run = evaluate(term.features[k].measure, own);
    if (!data.why.empty() && !of_run.why.empty()) continue;  // both have none
    if (!data.why.empty() || !of_run.why.empty()) {
      sum += undefined_loss;
      continue;
    }
    const double scale = term.features[k].scale > 0 ? term.features[k].scale
                         : data.value != 0          ? std::abs(data.value)
                                                    : 1;
    sum += std::abs(of_run.value - data.value) / scale;
  }
  return sum / static_cast<double>(term.features.size());
}

namespace {

/// How many spikes are expected at a rate.
double expected_spikes(const Sampled& rate, const ScoredWindow& data) {
  double expected = 0;
  each_outside(rate, samples_within(rate, data.from_ms, data.to_ms), data.unscored,
               [&](std::size_t k) { expected += rate.values[k] * rate.dt_ms; });
  return expected;
}

}  // namespace

Score log_likelihood(const Sampled& rate, const ScoredWindow& data) {
  const Train spikes = within(data.spikes_ms, data.from_ms, data.to_ms, data.to_included);
  const std::vector<double> scored = outside(spikes, data.unscored);
  double sum = -expected_spikes(rate, data);
  for (const double t : scored) {
    const double before = std::ceil((t - rate.t0_ms) / rate.dt_ms - sample_slack) - 1;
    const auto k = static_cast<std::size_t>(std::clamp(before, 0.0, static_cast<double>(rate.values.size() - 1)));
    sum += std::log(std::max(rate.values[k], least_rate));
  }
  const double n = static_cast<double>(scored.size());
  if (n == 0) return {std::numeric_limits<double>::quiet_NaN(), "not defined: no spikes"};
  const double poisson = n * std::log(n / data.length_ms()) - n;
  return {(sum - poisson) / (n * std::log(2.0)), {}};
}

double Loss::term(const LossTerm& term, std::size_t index, const Seen& run) const {
  if (term.kind == LossTerm::Kind::features) return features(index, term, run);
  if (term.kind == LossTerm::Kind::log_likelihood) {
    const Score bits = log_likelihood(*run.rate, data_);
    return bits.why.empty() ? -bits.value : expected_spikes(*run.rate, data_);
  }
  const MeasureInfo& info = *find_measure(term.measure.name);
  ScoredWindow own = run.run;
  if (block_.reset_at_data && info.needs_trace) own.spikes_ms = data_.spikes_ms;
  const Cut cut = cuts(term) ? cut_around(run) : Cut{{}, data_};
  if (!(cut.left > 0)) return nothing_left_loss;
  Score score;
  if (run.squares && info.needs_trace) {
    score.value = of_squares(term.measure.name, run.squares->sum, run.squares->samples);
    if (!std::isfinite(score.value)) score.why = "not defined: the value is not finite";
  } else {
    score = evaluate(term.measure.name, own, &cut.data, term.measure.options);
  }
  const double n = static_cast<double>(spikes_in(run.run)), of_data = static_cast<double>(spikes_in(data_)),
               wrong = std::abs(n - of_data) / std::max(1.0, of_data);
  if (!score.why.empty()) {
    // a train without spikes against one without spikes is right
    const bool both_silent = !info.needs_trace && n == 0 && of_data == 0;
    return both_silent ? 0 : undefined_loss + wrong;
  }
  double loss = info.better == MeasureInfo::Better::lower ? score.value : 1 - score.value;
  // coincidences alone would reward a train that is dense everywhere
  if (term.measure.name == "gamma") loss += 2 * wrong;
  return loss / cut.left;
}

std::vector<double> Loss::terms(const Seen& run) const {
  std::vector<double> out;
  for (std::size_t k = 0; k < block_.loss.size(); ++k) out.push_back(term(block_.loss[k], k, run));
  return out;
}

double Loss::sum(const std::vector<double>& terms) const {
  double sum = 0;
  for (std::size_t k = 0; k < terms.size(); ++k) sum += block_.loss[k].weight * terms[k];
  return sum;
}

void Loss::add_slopes(const Seen& run, const SeenSlopes& slopes, double factor, std::vector<double>& gradient,
                      std::vector<double>& curvature) const {
  const std::size_t n = gradient.size();
  for (const LossTerm& term : block_.loss) {
    const MeasureInfo& info = *find_measure(term.measure.name);
    const Cut cut = cuts(term) ? cut_around(run) : Cut{{}, data_};
    const Gradient g = hillock::gradient(term.measure.name, run.run, &cut.data, term.measure.options);
    if (!g.why.empty() || !(cut.left > 0)) continue;  // a plateau, or a kink
    const double weight = factor * term.weight / cut.left;
    const double by = weight * (info.better == MeasureInfo::Better::lower ? 1 : -1);
    for (std::size_t k = 0; k < n; ++k) gradient[k] += by * g.along(slopes.spikes_ms[k], slopes.voltage[k]);
    if (curvature.empty() || !is_sum_of_squares(term.measure.name)) continue;
    const Residuals r = residuals(term.measure.name, run.run, cut.data, term.measure.options);
    std::vector<std::vector<double>> moves;
    for (std::size_t k = 0; k < n; ++k) moves.push_back(r.along(slopes.voltage[k]));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::size_t t = 0; t < moves[i].size(); ++t) sum += moves[i][t] * moves[j][t];
        curvature[i * n + j] += 2 * weight * sum;
        if (i != j) curvature[j * n + i] += 2 * weight * sum;
      }
  }
}

double offset_ms(const std::vector<std::pair<ScoredWindow, ScoredWindow>>& runs_and_data) {
  std::vector<double> later;
  for (const auto& [run, data] : runs_and_data) {
    const Train model = within(run.spikes_ms, data.from_ms, data.to_ms, data.to_included),
                recorded = within(data.spikes_ms, data.from_ms, data.to_ms, data.to_included);
    const auto nearest = [](Train train, double t) {
      const auto after = std::lower_bound(train.begin(), train.end(), t);
      if (after == train.begin()) return train.front();
      if (after == train.end() || t - *(after - 1) <= *after - t) return *(after - 1);
      return *after;
    };
    for (const double t : recorded) {
      if (model.empty()) break;
      const double m = nearest(model, t);
      if (std::abs(m - t) <= farthest_pair_ms && nearest(recorded, m) == t) later.push_back(m - t);
    }
  }
  if (later.empty()) return 0;
  const auto middle = later.begin() + static_cast<std::ptrdiff_t>(later.size() / 2);
  std::nth_element(later.begin(), middle, later.end());
  return *middle;
}

}  // namespace hillock
