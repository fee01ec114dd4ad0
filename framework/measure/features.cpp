#include "measure/features.hpp"

#include <algorithm>
#include <cmath>

#include "measure/distances.hpp"
#include "measure/statistics.hpp"
#include "measure/traces.hpp"

namespace hillock {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

std::span<const double> part(const Sampled& trace, double from_ms, double to_ms) {
  const SampleRange range = samples_within(trace, from_ms, to_ms);
  return trace.values.subspan(range.begin, range.count());
}

/// Blocks `begin` to before `end` at one level.
struct Level {
  std::size_t begin = 0, end = 0;
  double value = 0;
};

/// Stretches of blocks that stay within `tolerance` of their mean.
std::vector<Level> levels_of(std::span<const double> blocks, double tolerance, std::size_t shortest) {
  std::vector<Level> all;
  for (std::size_t begin = 0; begin < blocks.size();) {
    double sum = blocks[begin];
    std::size_t end = begin + 1;
    while (end < blocks.size() && std::abs(blocks[end] - sum / static_cast<double>(end - begin)) <= tolerance)
      sum += blocks[end++];
    if (end - begin >= shortest) all.push_back({begin, end, median(blocks.subspan(begin, end - begin))});
    begin = end;
  }
  // an artefact parts a level in two
  std::vector<Level> joined;
  for (const Level& level : all) {
    if (joined.empty() || std::abs(joined.back().value - level.value) > tolerance) joined.push_back(level);
    else joined.back().end = level.end;
  }
  for (Level& level : joined) level.value = median(blocks.subspan(level.begin, level.end - level.begin));
  return joined;
}

/// Medians of `width` samples each, the last of what is left.
struct Blocks {
  std::vector<double> values;
  double noise = 0, tolerance = 0;  ///< the deviation of one from its level; how far off it still belongs to it
};

Blocks blocks_of(std::span<const double> I, std::size_t width) {
  Blocks out;
  std::vector<double>& blocks = out.values;
  for (std::size_t k = 0; k < I.size(); k += width)
    blocks.push_back(median(I.subspan(k, std::min(width, I.size() - k))));
  // nine of ten differences are noise, as steps are few; the quantile of a normal distribution makes it a deviation
  if (blocks.size() > 1) {
    std::vector<double> moves;
    for (std::size_t b = 1; b < blocks.size(); ++b) moves.push_back(std::abs(blocks[b] - blocks[b - 1]));
    const auto tenth = moves.begin() + static_cast<std::ptrdiff_t>(moves.size() * 9 / 10);
    std::nth_element(moves.begin(), tenth, moves.end());
    out.noise = *tenth / 1.645 / std::sqrt(2);
  }
  const auto [low, high] = std::minmax_element(blocks.begin(), blocks.end());
  out.tolerance = std::max(5 * out.noise, 1e-3 * (*high - *low));
  return out;
}

/// Whether blocks keep to levels, whose ends are counted in blocks `times` as long.
bool holds(const Blocks& blocks, const std::vector<Level>& levels, std::size_t times) {
  std::size_t covered = 0;
  double least = std::numeric_limits<double>::infinity(), greatest = -least, about = 0;
  for (const Level& level : levels) {
    least = std::min(least, level.value), greatest = std::max(greatest, level.value);
    for (std::size_t b = level.begin * times; b < std::min(level.end * times, blocks.values.size()); ++b)
      if (const double off = blocks.values[b] - level.value; std::abs(off) <= blocks.tolerance)
        ++covered, about += off * off;
  }
  if (covered * 10 <= blocks.values.size() * 9) return false;
  about = std::sqrt(about / static_cast<double>(covered));
  // of a single level there is no range: 2 pA are what amplifiers leave of a constant current
  return about <= (levels.size() > 1 ? std::max(0.05 * (greatest - least), 1.5 * blocks.noise)
                                     : std::max(0.05 * std::abs(least), 2.0));
}

constexpr std::size_t longer_blocks = 20;

/// The first sample of the second level, of those from `begin` to `end`.
std::size_t edge(std::span<const double> current, std::size_t begin, std::size_t end, double before, double after) {
  std::size_t best = begin;
  double gain = 0, most = 0;  // of giving the samples so far to the level before
  for (std::size_t k = begin; k < end; ++k) {
    gain += (current[k] - after) * (current[k] - after) - (current[k] - before) * (current[k] - before);
    if (gain > most) most = gain, best = k + 1;
  }
  return best;
}

}  // namespace

const CurrentStep* Protocol::stimulus() const {
  const CurrentStep* best = nullptr;
  for (const CurrentStep& s : steps) {
    const double longer = best ? s.duration_ms() / best->duration_ms() : 2;
    if (longer > 1.01 || (longer > 0.99 && std::abs(s.amplitude()) > std::abs(best->amplitude()))) best = &s;
  }
  return best;
}

Protocol protocol_of(const Sampled& current) {
  Protocol out;
  const auto& I = current.values;
  if (I.empty()) return out;
  if (!all_finite(current, {0, I.size()})) {
    out.kind = Protocol::Kind::varying, out.mean = out.sd = none;
    return out;
  }
  out.mean = mean(I);
  double squares = 0;
  for (const double x : I) squares += (x - out.mean) * (x - out.mean);
  out.sd = std::sqrt(squares / static_cast<double>(I.size()));

  const auto fine = static_cast<std::size_t>(std::max(1.0, std::round(1 / current.dt_ms)));
  const Blocks blocks = blocks_of(I, fine);
  const double block_ms = static_cast<double>(fine) * current.dt_ms;
  const auto shortest = static_cast<std::size_t>(std::max(1.0, std::ceil(shortest_step_ms / block_ms - 1e-9)));
  std::vector<Level> levels = levels_of(blocks.values, blocks.tolerance, std::min(shortest, blocks.values.size()));
  std::size_t width = fine;
  double tolerance = blocks.tolerance;
  out.kind = Protocol::Kind::varying;
  if (!holds(blocks, levels, 1)) {
    // a step may be small beside the noise of 1 ms and large beside that of a longer mean
    const Blocks longer = blocks_of(I, fine * longer_blocks);
    levels = levels_of(longer.values, longer.tolerance, 2);
    if (levels.size() < 2 || !holds(longer, levels, 1) || !holds(blocks, levels, longer_blocks)) return out;
    width *= longer_blocks, tolerance = longer.tolerance;
  }

  out.base = levels[0].value;
  std::size_t begin = 0;
  double before_ms = current.at_ms(0);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Level& level = levels[i];
    const bool last = i + 1 == levels.size();
    const std::size_t end =
        last ? I.size()
             : edge(I, (level.end - 1) * width, std::min((levels[i + 1].begin + 1) * width, I.size()), level.value,
                    levels[i + 1].value);
    const double from = current.at_ms(begin);
    if (std::abs(level.value - out.base) > tolerance)
      out.steps.push_back({from, current.at_ms(end), level.value, out.base, before_ms});
    before_ms = from;
    begin = end;
  }
  out.kind = levels.size() > 1 ? Protocol::Kind::steps : Protocol::Kind::constant;
  return out;
}

const CurrentStep* passive_step(const Protocol& protocol, std::span<const double> spikes_ms) {
  const CurrentStep* best = nullptr;
  for (const CurrentStep& s : protocol.steps) {
    if (!within(spikes_ms, s.from_ms, s.to_ms, false).empty()) continue;
    const bool down = s.amplitude() < 0, best_down = best && best->amplitude() < 0;
    if (!best || (down && !best_down) || (down == best_down && s.duration_ms() > best->duration_ms())) best = &s;
  }
  return best;
}

// --- Below the threshold ------------------------------------------------------------------------------------------

double voltage_base(const Sampled& voltage, const CurrentStep& step) {
  return mean(part(voltage, step.from_ms - 0.1 * (step.from_ms - step.before_ms), step.from_ms));
}

double steady_state_voltage(const Sampled& voltage, const CurrentStep& step) {
  return mean(part(voltage, step.to_ms - 0.1 * step.duration_ms(), step.to_ms));
}

std::optional<Exponential> fit_exponential(const Sampled& trace, double from_ms, double to_ms) {
  const SampleRange range = samples_within(trace, from_ms, to_ms);
  if (range.count() < 5 || !all_finite(trace, range)) return std::nullopt;
  constexpr std::size_t most = 500;
  const std::size_t each = (range.count() + most - 1) / most, n = range.count() / each;
  std::vector<double> v(n);
  for (std::size_t k = 0; k < n; ++k) v[k] = mean(trace.values.subspan(range.begin + k * each, each));
  const double dt = static_cast<double>(each) * trace.dt_ms;
  // For each tau the rest is linear: v = a + b x, x = exp(-t/tau).
  struct Line {
    double a, b, squares;
  };
  const auto line = [&](double tau) {
    const double shrink = std::exp(-dt / tau);
    double x = 1, sx = 0, sxx = 0, sv = 0, sxv = 0;
    for (std::size_t k = 0; k < n; ++k, x *= shrink) sx += x, sxx += x * x, sv += v[k], sxv += x * v[k];
    const double m = static_cast<double>(n), b = (m * sxv - sx * sv) / (m * sxx - sx * sx), a = (sv - b * sx) / m;
    double squares = 0;
    x = 1;
    for (std::size_t k = 0; k < n; ++k, x *= shrink) squares += (v[k] - a - b * x) * (v[k] - a - b * x);
    return Line{a, b, squares};
  };
  // The least of a scan over log tau, then golden section about it.
  const double length = static_cast<double>(n) * dt, low = std::log(0.1 * trace.dt_ms), high = std::log(10 * length);
  constexpr int scan = 60;
  const double step = (high - low) / scan;
  double best = low, least = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= scan; ++i)
    if (const double s = line(std::exp(low + i * step)).squares; s < least) least = s, best = low + i * step;
  double from = std::max(low, best - step), to = std::min(high, best + step);
  const double golden = (std::sqrt(5) - 1) / 2;
  double x1 = to - golden * (to - from), x2 = from + golden * (to - from);
  double s1 = line(std::exp(x1)).squares, s2 = line(std::exp(x2)).squares;
  while (to - from > 1e-7) {
    if (s1 < s2) to = x2, x2 = x1, s2 = s1, x1 = to - golden * (to - from), s1 = line(std::exp(x1)).squares;
    else from = x1, x1 = x2, s1 = s2, x2 = from + golden * (to - from), s2 = line(std::exp(x2)).squares;
  }
  Exponential out;
  out.tau_ms = std::exp((from + to) / 2);
  const Line l = line(out.tau_ms);
  // The first point is the mean of `each` samples, the first of which is at `from` or just after it.
  double first = 0;
  for (std::size_t j = 0; j < each; ++j)
    first += std::exp(-(trace.at_ms(range.begin + j) - from_ms) / out.tau_ms) / static_cast<double>(each);
  out.limit = l.a, out.start = l.a + l.b / first;
  out.residual = std::sqrt(l.squares / static_cast<double>(n));
  if (!std::isfinite(out.start) || !std::isfinite(out.limit)) return std::nullopt;
  return out;
}

PassiveResponse passive_response(const Sampled& voltage, const CurrentStep& step) {
  PassiveResponse out;
  out.voltage_base = voltage_base(voltage, step);
  const std::span<const double> during = part(voltage, step.from_ms, step.to_ms);
  if (during.empty()) return out;
  out.steady_state_voltage = steady_state_voltage(voltage, step);
  const bool down = step.amplitude() < 0;
  out.extreme_voltage =
      down ? *std::min_element(during.begin(), during.end()) : *std::max_element(during.begin(), during.end());
  const double deflection = out.extreme_voltage - out.voltage_base,
               steady = out.steady_state_voltage - out.voltage_base;
  out.input_resistance_MOhm = 1000 * steady / step.amplitude();
  if (down && deflection < 0 && steady <= 0) {
    out.sag_amplitude = out.steady_state_voltage - out.extreme_voltage;
    out.sag_ratio = out.sag_amplitude / -deflection;
  }
  // from the first sample past 10 % to the first past 95 %, in the direction of the current
  if (!std::isfinite(deflection) || (deflection < 0) != down || deflection == 0) return out;
  const auto reaches = [&](double part_of) {
    return static_cast<std::size_t>(
        std::find_if(during.begin(), during.end(),
                     [&](double v) { return (v - out.voltage_base) / deflection >= part_of; }) -
        during.begin());
  };
  const SampleRange range = samples_within(voltage, step.from_ms, step.to_ms);
  const std::size_t first = range.begin + reaches(0.1), last = range.begin + reaches(0.95);
  const auto fit = fit_exponential(voltage, voltage.at_ms(first), voltage.at_ms(last + 1));
  if (!fit || fit->residual >= 0.1 * std::abs(deflection) || (fit->limit < fit->start) != down) return out;
  // a limit far beyond what the voltage reached is free, and the time constant with it
  if (step.duration_ms() >= fitted_step * fit->tau_ms &&
      std::abs(fit->limit - out.voltage_base) <= 1.1 * std::abs(deflection))
    out.time_constant_ms = fit->tau_ms;
  if (step.duration_ms() < settled_step * fit->tau_ms)
    out.input_resistance_MOhm = out.sag_amplitude = out.sag_ratio = none;
  return out;
}

// --- Action potentials --------------------------------------------------------------------------------------------

std::vector<ActionPotential> action_potentials(const Sampled& voltage, std::span<const double> spikes_ms,
                                               double from_ms, double to_ms) {
  std::vector<ActionPotential> all;
  const auto& v = voltage.values;
  const std::size_t n = v.size();
  if (n < 3) return all;
  const auto slope = [&](std::size_t k) {
    return k == 0 || k + 1 >= n ? 0 : (v[k + 1] - v[k - 1]) / (2 * voltage.dt_ms);
  };
  const std::size_t window_end = samples_within(voltage, from_ms, to_ms).end;
  std::size_t earliest = 0;  // where the spike before has ended
  for (std::size_t i = 0; i < spikes_ms.size(); ++i) {
    const double spike = spikes_ms[i];
    if (spike < from_ms || spike >= to_ms) continue;
    ActionPotential a;
    a.spike_ms = spike;
    const bool last = i + 1 == spikes_ms.size() || spikes_ms[i + 1] >= to_ms;
    const std::size_t next = last ? window_end : samples_within(voltage, spikes_ms[i + 1], to_ms).begin;
    const std::size_t at = samples_within(voltage, spike, to_ms).begin;
    if (at >= next) {
      all.push_back(a);
      continue;
    }
    const double level = value_at(voltage, spike);
    std::size_t top = at;
    for (std::size_t k = at; k < next && v[k] >= level; ++k)
      if (v[k] > v[top]) top = k;
    // steepest between the spike and its top, from which the beginning is looked for
    std::size_t steepest = at;
    for (std::size_t k = at > earliest ? at - 1 : at; k <= top; ++k)
      if (slope(k) > slope(steepest)) steepest = k;
    if (v[top] <= level || !(slope(steepest) >= onset_slope) || top == 0 || top + 1 == next) {
      all.push_back(a);
      continue;
    }
    std::size_t begin = steepest;
    while (begin > earliest && slope(begin) >= onset_slope) --begin;
    if (slope(begin) < onset_slope) {
      const double below = slope(begin), above = slope(begin + 1), share = (onset_slope - below) / (above - below);
      a.begin_ms = voltage.at_ms(begin) + share * voltage.dt_ms;
      a.begin_voltage = v[begin] + share * (v[begin + 1] - v[begin]);
    }
    a.peak_ms = voltage.at_ms(top), a.peak_voltage = v[top];
    a.amplitude = a.peak_voltage - a.begin_voltage;
    std::size_t lowest = top;
    for (std::size_t k = top; k < next; ++k)
      if (v[k] < v[lowest]) lowest = k;
    // a trace that still falls where it is cut has not come to its trough, nor perhaps to its steepest
    const bool cut = lowest + 1 == next;
    if (!cut) a.ahp_voltage = v[lowest];
    a.upstroke = slope(steepest);
    for (std::size_t k = begin; k <= top; ++k) a.upstroke = std::max(a.upstroke, slope(k));
    std::size_t fastest = top;
    for (std::size_t k = top; k <= lowest; ++k)
      if (slope(k) < slope(fastest)) fastest = k;
    if (!cut || fastest < lowest) a.downstroke = slope(fastest);
    if (const double half = a.begin_voltage + a.amplitude / 2; std::isfinite(half)) {
      std::size_t up = top, down = top;
      while (up > begin && v[up] >= half) --up;
      while (down < lowest && v[down] >= half) ++down;
      if (v[up] < half && v[down] < half) {
        const double rise = voltage.at_ms(up) + (half - v[up]) / (v[up + 1] - v[up]) * voltage.dt_ms;
        const double fall = voltage.at_ms(down) - (half - v[down]) / (v[down - 1] - v[down]) * voltage.dt_ms;
        a.half_width_ms = fall - rise;
      }
    }
    earliest = lowest;
    all.push_back(a);
  }
  return all;
}

double mean_of(std::span<const ActionPotential> all, double ActionPotential::*part) {
  std::vector<double> defined;
  for (const ActionPotential& a : all)
    if (std::isfinite(a.*part)) defined.push_back(a.*part);
  return mean(defined);
}

// --- Over sweeps --------------------------------------------------------------------------------------------------

StepResponse step_response(std::size_t sweep, const Sampled& voltage, const CurrentStep& step,
                           std::span<const double> spikes_ms) {
  StepResponse out;
  out.sweep = sweep, out.step = step;
  const Train under = within(spikes_ms, step.from_ms, step.to_ms, false);
  out.spikes = under.size();
  out.rate_hz = 1000 * static_cast<double>(under.size()) / step.duration_ms();
  if (under.size() > 1) out.first_rate_hz = 1000 / (under[1] - under[0]);
  if (under.empty()) out.passive = passive_response(voltage, step);
  else out.passive.voltage_base = voltage_base(voltage, step);
  return out;
}

CellFeatures cell_features(std::vector<StepResponse> responses) {
  CellFeatures out;
  const auto alike = [](const CurrentStep& a, const CurrentStep& b) {
    return std::abs(a.from_ms - b.from_ms) <= 1 &&
           std::abs(a.duration_ms() - b.duration_ms()) <= 0.01 * std::max(a.duration_ms(), b.duration_ms());
  };
  const StepResponse* typical = nullptr;
  std::ptrdiff_t most = 0;
  for (const StepResponse& r : responses)
    if (const auto n = std::count_if(responses.begin(), responses.end(),
                                     [&](const StepResponse& x) { return alike(x.step, r.step); });
        n > most)
      most = n, typical = &r;
  if (!typical) return out;
  for (const StepResponse& r : responses)
    if (alike(r.step, typical->step)) out.family.push_back(r);
  std::stable_sort(out.family.begin(), out.family.end(), [](const StepResponse& a, const StepResponse& b) {
    return a.step.amplitude() < b.step.amplitude();
  });
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  bool silent = false;
  double largest = 0;
  for (const StepResponse& r : out.family) largest = std::max(largest, std::abs(r.step.amplitude()));
  for (const StepResponse& r : out.family) {
    if (r.step.amplitude() <= 1e-3 * largest) continue;
    if (std::isnan(out.rheobase_pA)) {
      if (r.spikes == 0) silent = true;
      else out.rheobase_pA = r.step.amplitude(), out.rheobase_at_most = !silent;
    }
    if (std::isnan(out.rheobase_pA)) continue;
    const double x = r.step.amplitude() - out.rheobase_pA, y = r.rate_hz;  // about the rheobase, for accuracy
    n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  if (const double spread = n * sxx - sx * sx; n > 1 && spread > 0) out.f_i_slope = (n * sxy - sx * sy) / spread;
  return out;
}

}  // namespace hillock
