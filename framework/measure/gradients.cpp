#include "measure/gradients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

#include "measure/distances.hpp"
#include "measure/traces.hpp"

namespace hillock {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// What a gradient is made of: `spike` and `sample` are filled in.
struct Call {
  const MeasureInfo& info;
  double from_ms, to_ms, value;  ///< the window and the measure there
  Stretches unscored;
  Train model, data;  ///< inside the window and scored
  const ScoredWindow& run;
  const ScoredWindow* recording;
  const MeasureOptions& options;
  std::span<double> spike;      ///< of `model`
  std::vector<double>& sample;  ///< of the run's trace

  const MeasureOption& option(std::string_view name) const {
    return *std::find_if(info.options.begin(), info.options.end(), [&](const auto& o) { return o.name == name; });
  }
  double number(const std::string& name) const {
    const auto given = options.numbers.find(name);
    return given == options.numbers.end() ? option(name).value : given->second;
  }
  std::string word(const std::string& name) const {
    const auto given = options.words.find(name);
    return given == options.words.end() ? option(name).choices.front() : given->second;
  }
};

// Each fills in the gradient of a measure that is defined, or returns why there is none.

std::string first_spike(Call& c) { return c.spike.front() = 1, ""; }
std::string last_spike(Call& c) { return c.spike.back() = 1, ""; }
std::string first_interval(Call& c) { return c.spike[0] = -1, c.spike[1] = 1, ""; }
std::string last_interval(Call& c) {
  const std::size_t n = c.spike.size();
  return c.spike[n - 2] = -1, c.spike[n - 1] = 1, "";
}
std::string first_rate(Call& c) {
  const double by = 1000 / ((c.model[1] - c.model[0]) * (c.model[1] - c.model[0]));
  return c.spike[0] = by, c.spike[1] = -by, "";
}
std::string last_rate(Call& c) {
  const std::size_t n = c.spike.size();
  const double by = 1000 / ((c.model[n - 1] - c.model[n - 2]) * (c.model[n - 1] - c.model[n - 2]));
  return c.spike[n - 2] = by, c.spike[n - 1] = -by, "";
}
std::string mean_interval(Call& c) {
  const double n = static_cast<double>(c.spike.size() - 1);
  return c.spike.front() = -1 / n, c.spike.back() = 1 / n, "";
}

std::string isi_cv(Call& c) {
  const std::size_t first = c.word("first_interval") == "ignored" ? 1 : 0;
  const double n = static_cast<double>(c.model.size() - 1 - first), mean = (c.model.back() - c.model[first]) / n,
               sd = c.value * mean;
  if (sd == 0) return "not defined: the intervals are equal, where their variation has a kink";
  for (std::size_t i = first; i + 1 < c.model.size(); ++i) {
    const double gap = c.model[i + 1] - c.model[i];
    const double by_gap = (gap - mean) / ((n - 1) * sd * mean) - sd / (mean * mean * n);
    c.spike[i] -= by_gap, c.spike[i + 1] += by_gap;
  }
  return "";
}

std::string adaptation(Call& c, std::size_t skipped) {
  const double pairs = static_cast<double>(c.model.size() - skipped - 2);
  for (std::size_t i = skipped; i + 2 < c.model.size(); ++i) {
    const double a = c.model[i + 1] - c.model[i], b = c.model[i + 2] - c.model[i + 1];
    const double by_a = -2 * b / ((a + b) * (a + b)) / pairs, by_b = 2 * a / ((a + b) * (a + b)) / pairs;
    c.spike[i] -= by_a, c.spike[i + 1] += by_a - by_b, c.spike[i + 2] += by_b;
  }
  return "";
}
std::string adaptation_index(Call& c) {
  const double wanted = std::floor(c.number("skip") * static_cast<double>(c.model.size()) + 0.5);
  return adaptation(c, static_cast<std::size_t>(std::min(wanted, c.number("max_skip"))));
}
std::string adaptation_index_2(Call& c) { return adaptation(c, 1); }

SampleRange scored(const Call& c) {
  return samples_within(*c.run.voltage, c.from_ms, c.to_ms + (c.run.to_included ? 0.5 * c.run.voltage->dt_ms : 0));
}
template <class Better> std::string extreme(Call& c, Better&& better) {
  const Sampled& v = *c.run.voltage;
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t best = none;
  each_outside(v, scored(c), c.unscored, [&](std::size_t k) {
    if (best == none || better(v.values[k], v.values[best])) best = k;
  });
  c.sample[best] = 1;
  return "";
}
std::string peak(Call& c) { return extreme(c, std::greater<double>()); }
std::string minimum(Call& c) { return extreme(c, std::less<double>()); }
std::string mean(Call& c) {
  double n = 0;
  each_outside(*c.run.voltage, scored(c), c.unscored, [&](std::size_t) { ++n; });
  each_outside(*c.run.voltage, scored(c), c.unscored, [&](std::size_t k) { c.sample[k] = 1 / n; });
  return "";
}

PairedTraces paired(const Call& c, SpikeCuts cuts = {}) {
  return {*c.run.voltage, *c.recording->voltage, c.from_ms, c.to_ms, std::move(cuts), c.unscored};
}
/// Adds a slope by the model's trace at time t.
void add(Call& c, double t, double slope) {
  const auto [k, part] = point_at(*c.run.voltage, t);
  c.sample[k] += (1 - part) * slope;
  if (part > 0) c.sample[k + 1] += part * slope;
}
/// factor * d/dmodel of sum (model - data)^2
std::string squares(Call& c, const PairedTraces& pairs, double factor) {
  pairs.each_time([&](double t, double data) { add(c, t, 2 * factor * (value_at(*c.run.voltage, t) - data)); });
  return "";
}
std::string mse(Call& c) {
  const PairedTraces pairs = paired(c);
  return squares(c, pairs, 1 / static_cast<double>(pairs.samples()));
}
std::string rmse(Call& c) {
  if (c.value == 0) return "not defined: the traces are equal, where their distance has a kink";
  const PairedTraces pairs = paired(c);
  return squares(c, pairs, 1 / (2 * c.value * static_cast<double>(pairs.samples())));
}
/// Of the data, times the number of samples.
double variance_of(const PairedTraces& pairs) {
  double n = 0, sum = 0, variance = 0;
  pairs.each_time([&](double, double data) { ++n, sum += data; });
  pairs.each_time([&](double, double data) { variance += (data - sum / n) * (data - sum / n); });
  return variance;
}
SpikeCuts cuts_of(const Call& c) {
  SpikeCuts cuts{.before_ms = c.number("before"), .after_ms = c.number("after")};
  const Train data = c.recording->spikes_ms, model = c.word("cut") == "both" ? Train(c.run.spikes_ms) : Train();
  cuts.spikes_ms.resize(data.size() + model.size());
  std::merge(data.begin(), data.end(), model.begin(), model.end(), cuts.spikes_ms.begin());
  return cuts;
}
std::string explained(Call& c, SpikeCuts cuts) {
  const PairedTraces pairs = paired(c, std::move(cuts));
  return squares(c, pairs, -1 / variance_of(pairs));
}
std::string explained_variance(Call& c) { return explained(c, {}); }
std::string subthreshold_ev(Call& c) { return explained(c, cuts_of(c)); }  // which samples are cut changes by jumps

std::string legacy_minmax(Call& c) {
  const PairedTraces pairs = paired(c);
  double low = inf, high = -inf, t_low = 0, t_high = 0, d_low = inf, d_high = -inf;
  pairs.each_time([&](double t, double data) {
    const double model = value_at(*c.run.voltage, t);
    if (model < low) low = model, t_low = t;
    if (model > high) high = model, t_high = t;
    d_low = std::min(d_low, data), d_high = std::max(d_high, data);
  });
  // y = (model - low)/(high - low): dy = (dmodel - (1 - y) dlow - y dhigh)/(high - low)
  double by_low = 0, by_high = 0;
  pairs.each_time([&](double t, double data) {
    const double y = (value_at(*c.run.voltage, t) - low) / (high - low), d = (data - d_low) / (d_high - d_low);
    const double slope = 8 * (y - d) / (high - low) / static_cast<double>(pairs.samples());
    add(c, t, slope);
    by_low -= (1 - y) * slope, by_high -= y * slope;
  });
  add(c, t_low, by_low), add(c, t_high, by_high);
  return "";
}

std::string van_rossum(Call& c) {
  const double tau = c.number("tau"),
               factor = c.word("normalised") == "false" ? 1 : 2 / static_cast<double>(c.data.size());
  // D^2 = 1/2 sum q q' exp(-|t - t'|/tau) over all pairs of spikes, q = 1 of the model and -1 of the data: a spike is
  // pushed by the sum of what came before it and pulled by the sum of what follows. Spikes at one time neither push nor
  // pull each other.
  for (const bool forward : {true, false}) {
    std::size_t i = 0, j = 0;
    const auto model = [&](std::size_t k) { return forward ? k : c.model.size() - 1 - k; };
    const auto data = [&](std::size_t k) { return forward ? k : c.data.size() - 1 - k; };
    double sum = 0, last = 0;
    for (bool first = true; i < c.model.size() || j < c.data.size(); first = false) {
      double t = forward ? inf : -inf;
      if (i < c.model.size()) t = c.model[model(i)];
      if (j < c.data.size()) t = forward ? std::min(t, c.data[data(j)]) : std::max(t, c.data[data(j)]);
      if (!first) sum *= std::exp(-std::abs(t - last) / tau);
      double here = 0;
      for (; i < c.model.size() && c.model[model(i)] == t; ++i)
        c.spike[model(i)] += (forward ? -1 : 1) * factor * sum / tau, here += 1;
      for (; j < c.data.size() && c.data[data(j)] == t; ++j) here -= 1;
      sum += here, last = t;
    }
  }
  return "";
}

/// Of trains that no pair of spikes leaves, by the table of all their beginnings.
void victor_purpura(Train model, Train data, double cost, std::span<double> by_spike) {
  const std::size_t n = model.size(), m = data.size();
  std::vector<double> row(m + 1);
  enum class Way : std::uint8_t { deleted, added, moved };
  std::vector<Way> way((n + 1) * (m + 1), Way::deleted);  // the last change on the cheapest way to here
  for (std::size_t j = 0; j <= m; ++j) row[j] = static_cast<double>(j), way[j] = Way::added;
  for (std::size_t i = 1; i <= n; ++i) {
    double before = row[0];
    row[0] = static_cast<double>(i);
    for (std::size_t j = 1; j <= m; ++j) {
      const double moved = before + cost * std::abs(model[i - 1] - data[j - 1]), deleted = row[j] + 1,
                   added = row[j - 1] + 1;
      before = row[j];
      row[j] = std::min({deleted, added, moved});
      way[i * (m + 1) + j] = row[j] == moved ? Way::moved : row[j] == deleted ? Way::deleted : Way::added;
    }
  }
  for (std::size_t i = n, j = m; i > 0 || j > 0;) {
    const Way last = i == 0 ? Way::added : j == 0 ? Way::deleted : way[i * (m + 1) + j];
    if (last == Way::moved) {
      const double distance = model[i - 1] - data[j - 1];
      by_spike[i - 1] = distance > 0 ? cost : distance < 0 ? -cost : 0;
    }
    i -= last != Way::added, j -= last != Way::deleted;
  }
}

std::string victor_purpura(Call& c) {
  const double cost = c.number("cost"), farthest = cost > 0 ? 2 / cost : inf;
  // spikes farther apart are never paired: the trains fall to pieces where neither has a spike for so long
  for (std::size_t i = 0, j = 0; i < c.model.size();) {
    const std::size_t first = i, first_of_data = j;
    for (double last = 0; i < c.model.size() || j < c.data.size();) {
      const bool of_model = j == c.data.size() || (i < c.model.size() && c.model[i] <= c.data[j]);
      const double t = of_model ? c.model[i] : c.data[j];
      if ((i > first || j > first_of_data) && t - last > farthest) break;
      ++(of_model ? i : j), last = t;
    }
    victor_purpura(c.model.subspan(first, i - first), c.data.subspan(first_of_data, j - first_of_data), cost,
                   c.spike.subspan(first, i - first));
  }
  return "";
}

std::string isi_distance(Call& c) {
  const Train x = c.model, y = c.data;
  // The interval around a time, as in `isi_distance`, and the spikes it is the distance of; npos: an edge of the
  // window.
  constexpr std::size_t edge = static_cast<std::size_t>(-1);
  struct Interval {
    double length;
    std::size_t from, to;
  };
  const auto around = [&](Train train, std::size_t next) -> Interval {
    const std::size_t n = train.size();
    if (n == 0) return {c.to_ms - c.from_ms, edge, edge};
    if (next == 0) {
      const double outer = train[0] - c.from_ms;
      return n > 1 && train[1] - train[0] > outer ? Interval{train[1] - train[0], 0, 1} : Interval{outer, edge, 0};
    }
    if (next == n) {
      const double outer = c.to_ms - train[n - 1];
      return n > 1 && train[n - 1] - train[n - 2] > outer ? Interval{train[n - 1] - train[n - 2], n - 2, n - 1}
                                                          : Interval{outer, n - 1, edge};
    }
    return {train[next] - train[next - 1], next - 1, next};
  };
  const double window = c.to_ms - c.from_ms;
  const auto next_of = [](Train train, std::size_t& next, double t) {
    while (next < train.size() && train[next] <= t) ++next;
    return next < train.size() ? train[next] : inf;
  };
  std::size_t i = 0, j = 0;
  double begin = c.from_ms;
  std::size_t begun_by = edge;  // the model's spike at which a part begins
  while (begin < c.to_ms) {
    const double of_model = next_of(x, i, begin), of_data = next_of(y, j, begin),
                 end = std::min({of_model, of_data, c.to_ms});
    const std::size_t ended_by = end == of_model && of_model < of_data ? i : edge;
    const Interval a = around(x, i), b = around(y, j);
    const double ratio = std::abs(a.length - b.length) / std::max(a.length, b.length);
    if (begun_by != edge) c.spike[begun_by] -= ratio / window;
    if (ended_by != edge) c.spike[ended_by] += ratio / window;
    const double by_length = (a.length > b.length   ? b.length / (a.length * a.length)
                              : a.length < b.length ? -1 / b.length
                                                    : 0) *
                             (end - begin) / window;
    if (a.from != edge) c.spike[a.from] -= by_length;
    if (a.to != edge) c.spike[a.to] += by_length;
    begin = end, begun_by = ended_by;
  }
  return "";
}

std::string counts(Call& c) {
  return fmt::format("'{}' has no slope: it counts, so it stands still and jumps", c.info.name);
}

constexpr struct {
  std::string_view name;
  std::string (*fill)(Call&);
} table[] = {
    {"spike_count", counts},
    {"mean_rate", counts},
    {"burst_number", counts},
    {"gamma", counts},
    {"spike_count_error", counts},
    {"time_to_first_spike", first_spike},
    {"time_to_last_spike", last_spike},
    {"isi_mean", mean_interval},
    {"isi_cv", isi_cv},
    {"isi_first", first_interval},
    {"isi_last", last_interval},
    {"adaptation_index", adaptation_index},
    {"adaptation_index_2", adaptation_index_2},
    {"inv_first_ISI", first_rate},
    {"inv_last_ISI", last_rate},
    {"peak", peak},
    {"minimum_voltage", minimum},
    {"mean_voltage", mean},
    {"mse", mse},
    {"rmse", rmse},
    {"explained_variance", explained_variance},
    {"subthreshold_ev", subthreshold_ev},
    {"legacy_minmax", legacy_minmax},
    {"van_rossum", van_rossum},
    {"victor_purpura", victor_purpura},
    {"isi_distance", isi_distance},
};

auto row_of(std::string_view name) {
  return std::find_if(std::begin(table), std::end(table), [&](const auto& row) { return row.name == name; });
}

}  // namespace

double Gradient::along(std::span<const double> spikes, std::span<const double> samples) const {
  double sum = 0;
  for (std::size_t i = 0; i < by_spike.size(); ++i) sum += by_spike[i] * spikes[i];
  for (std::size_t i = 0; i < by_sample.size(); ++i) sum += by_sample[i] * samples[i];
  return sum;
}

Gradient gradient(std::string_view name, const ScoredWindow& run, const ScoredWindow* data,
                  const MeasureOptions& options) {
  const Score score = evaluate(name, run, data, options);
  Gradient out;
  if (!score.why.empty()) {
    out.why = score.why;
    return out;
  }
  const MeasureInfo& info = *find_measure(name);
  const auto found = row_of(name);
  if (found == std::end(table)) {
    out.why = fmt::format("'{}' has no slope", name);
    return out;
  }
  const ScoredWindow& window = info.compares ? *data : run;
  const auto inside = [&](const ScoredWindow& o) {
    return outside(within(o.spikes_ms, window.from_ms, window.to_ms, window.to_included), window.unscored);
  };
  const std::vector<double> model = inside(run), of_data = info.compares ? inside(*data) : std::vector<double>();
  std::vector<double> spike(info.needs_trace ? 0 : model.size(), 0.0);
  if (info.needs_trace) out.by_sample.assign(run.voltage->values.size(), 0.0);
  Call call{info, window.from_ms, window.to_ms, score.value, window.unscored, model, of_data,
            run,  data,           options,      spike,       out.by_sample};
  out.why = found->fill(call);
  if (!out.why.empty()) {
    out.by_sample.clear();
  } else if (!info.needs_trace) {  // back to their places among all spikes of the run
    out.by_spike.assign(run.spikes_ms.size(), 0.0);
    std::size_t at = 0;
    for (std::size_t i = 0; i < model.size(); ++i, ++at) {
      while (run.spikes_ms[at] != model[i]) ++at;
      out.by_spike[at] = spike[i];
    }
  }
  return out;
}

bool has_gradient(std::string_view name) {
  const auto found = row_of(name);
  return found != std::end(table) && found->fill != counts;
}

bool is_sum_of_squares(std::string_view name) {
  return name == "mse" || name == "rmse" || name == "explained_variance" || name == "subthreshold_ev" ||
         name == "legacy_minmax";
}

Residuals residuals(std::string_view name, const ScoredWindow& run, const ScoredWindow& data,
                    const MeasureOptions& options) {
  Residuals out;
  out.model = *run.voltage;
  std::vector<double> unused;
  const double value = evaluate(name, run, &data, options).value;
  const Call call{
      *find_measure(name), data.from_ms, data.to_ms, value, data.unscored, {}, {}, run, &data, options, {}, unused};
  const PairedTraces pairs = paired(call, name == "subthreshold_ev" ? cuts_of(call) : SpikeCuts{});
  pairs.each_time([&](double t, double) { out.at_ms.push_back(t); });
  const double n = static_cast<double>(pairs.samples());
  if (name == "mse") out.weight = 1 / n;
  else if (name == "rmse") out.weight = value > 0 ? 1 / (2 * value * n) : 0;
  else if (name == "legacy_minmax") out.weight = 4 / n;
  else out.weight = 1 / variance_of(pairs);
  if (name == "legacy_minmax") {
    out.scaled = true;
    out.low = inf, out.high = -inf;
    for (const double t : out.at_ms) {
      const double model = value_at(out.model, t);
      if (model < out.low) out.low = model, out.low_ms = t;
      if (model > out.high) out.high = model, out.high_ms = t;
    }
  }
  return out;
}

std::vector<double> Residuals::along(std::span<const double> samples) const {
  const Sampled slopes{model.t0_ms, model.dt_ms, samples};
  const double root = std::sqrt(weight);
  std::vector<double> out;
  out.reserve(at_ms.size());
  for (const double t : at_ms) out.push_back(root * value_at(slopes, t));
  if (scaled) {
    // y = (model - low)/(high - low): see legacy_minmax
    const double by_low = root * value_at(slopes, low_ms), by_high = root * value_at(slopes, high_ms);
    for (std::size_t k = 0; k < out.size(); ++k) {
      const double y = (value_at(model, at_ms[k]) - low) / (high - low);
      out[k] = (out[k] - (1 - y) * by_low - y * by_high) / (high - low);
    }
  }
  return out;
}

}  // namespace hillock
