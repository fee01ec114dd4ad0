#include "measure/features.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "measure/distances.hpp"
#include "measure/statistics.hpp"
#include "measure/traces.hpp"

namespace hillock {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double normal_quartile = 0.6745;  // half of a normal distribution lies within it

std::span<const double> part(const Sampled& trace, double from_ms, double to_ms) {
  const SampleRange range = samples_within(trace, from_ms, to_ms);
  return trace.values.subspan(range.begin, range.count());
}

/// A value that a tenth of them, or another share, lie below; 0 of none.
double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// --- Levels of a current ------------------------------------------------------------------------------------------

/// Blocks `begin` to before `end` at one level.
struct Level {
  std::size_t begin = 0, end = 0;
  double value = 0;
  std::size_t length() const { return end - begin; }
};

/// A current in medians of 1 ms, the last of what is left, and the levels that it holds.
struct Segments {
  std::size_t width = 1;  ///< samples in a block
  std::vector<double> blocks;
  double noise = 0;           ///< the deviation of a block from its level
  std::vector<Level> levels;  ///< at least `shortest_step_ms` each, neighbours differ
  double apart = 0;           ///< levels that differ by no more are the same
  double least = 0;           ///< what is smaller is rounding
};

/// How many blocks a jump is looked for in, on either side.
constexpr std::array<std::size_t, 6> scales = {1, 2, 5, 10, 20, 50};

/// The differences of the means of `scale` blocks after and before block `scale`, `scale` + 1, ...
std::vector<double> differences(std::span<const double> sums, std::size_t scale) {
  std::vector<double> d;
  if (sums.size() < 2 * scale + 1) return d;
  d.reserve(sums.size() - 2 * scale);
  for (std::size_t b = scale; b + scale < sums.size(); ++b)
    d.push_back((sums[b + scale] - 2 * sums[b] + sums[b - scale]) / static_cast<double>(scale));
  return d;
}

/// Where the differences stand out: the largest of each stretch of them, and one for each 2 `scale` of a longer one.
void add_edges(std::vector<std::size_t>& edges, std::span<const double> d, std::size_t scale, double limit) {
  std::vector<std::size_t> found;
  for (std::size_t k = 0; k < d.size(); ++k) {
    if (!(std::abs(d[k]) > limit)) continue;
    const std::size_t begin = k;
    std::size_t best = k;
    while (k + 1 < d.size() && k + 1 - begin < 2 * scale && std::abs(d[k + 1]) > limit &&
           (d[k + 1] > 0) == (d[begin] > 0)) {
      ++k;
      if (std::abs(d[k]) > std::abs(d[best])) best = k;
    }
    const std::size_t at = best + scale;
    // a finer scale has found it better
    const auto next = std::lower_bound(edges.begin(), edges.end(), at);
    if ((next != edges.end() && *next - at <= scale) || (next != edges.begin() && at - *(next - 1) <= scale)) continue;
    found.push_back(at);
  }
  const auto middle = static_cast<std::ptrdiff_t>(edges.size());
  edges.insert(edges.end(), found.begin(), found.end());
  std::inplace_merge(edges.begin(), edges.begin() + middle, edges.end());
}

Segments segments_of(std::span<const double> I, double dt_ms, double least) {
  Segments out;
  out.least = least;
  out.width = static_cast<std::size_t>(std::max(1.0, std::round(1 / dt_ms)));
  const double block_ms = static_cast<double>(out.width) * dt_ms;
  std::vector<double>& blocks = out.blocks;
  for (std::size_t k = 0; k < I.size(); k += out.width)
    blocks.push_back(median(I.subspan(k, std::min(out.width, I.size() - k))));
  const auto [low, high] = std::minmax_element(blocks.begin(), blocks.end());
  const double range = *high - *low;

  std::vector<double> sums(blocks.size() + 1);  // about the first, for accuracy
  for (std::size_t b = 0; b < blocks.size(); ++b) sums[b + 1] = sums[b] + (blocks[b] - blocks[0]);
  std::vector<std::size_t> edges;
  std::array<double, scales.size()> limits{};
  for (std::size_t s = 0; s < scales.size(); ++s) {
    const std::vector<double> d = differences(sums, scales[s]);
    std::vector<double> sizes(d.size());
    std::transform(d.begin(), d.end(), sizes.begin(), [](double x) { return std::abs(x); });
    const double usual = quantile(std::move(sizes), 0.5) / normal_quartile;
    if (s == 0) out.noise = usual / std::sqrt(2);
    limits[s] = std::max({5 * usual, 1e-3 * range, least});
    add_edges(edges, d, scales[s], limits[s]);
    // Means of more blocks are told apart better, unless many jumps, or a drift, make their usual difference.
    if (s > 0) limits[s] = d.empty() ? limits[s - 1] : std::min(limits[s], limits[s - 1]);
  }
  out.apart = std::max(limits.back(), out.noise);

  const auto shortest =
      std::min(blocks.size(), static_cast<std::size_t>(std::max(1.0, std::ceil(shortest_step_ms / block_ms - 1e-9))));
  const auto level = [&](std::size_t begin, std::size_t end) {
    return Level{begin, end, median(std::span(blocks).subspan(begin, end - begin))};
  };
  const auto limit_of = [&](std::size_t length) {
    std::size_t s = 0;
    while (s + 1 < scales.size() && scales[s + 1] <= length) ++s;
    return limits[s];
  };
  // An artefact parts a level in two, and the amplifier takes a while to settle after it: a short level that begins at
  // an artefact is no other one if it differs by less than a tenth of the artefact, or of the range without artefacts.
  constexpr double settles_ms = 20;
  const double usual_range = quantile(blocks, 0.98) - quantile(blocks, 0.02);
  edges.push_back(blocks.size());
  std::size_t begin = 0;
  for (const std::size_t end : edges) {
    if (end - begin >= shortest) {
      Level next = level(begin, end);
      while (!out.levels.empty()) {
        const Level& last = out.levels.back();
        double limit = limit_of(std::min(last.length(), next.length()));
        if (next.begin > last.end && static_cast<double>(next.length()) * block_ms < settles_ms) {
          double artefact = usual_range;
          for (std::size_t b = last.end; b < next.begin; ++b)
            artefact = std::max(artefact, std::abs(blocks[b] - last.value));
          limit = std::max(limit, 0.1 * artefact);
        }
        if (std::abs(last.value - next.value) > limit) break;
        next = {last.begin, next.end, last.length() > next.length() ? last.value : next.value};
        out.levels.pop_back();
      }
      out.levels.push_back(next);
    }
    begin = end;
  }
  for (Level& l : out.levels) l = level(l.begin, l.end);
  return out;
}

/// Median of the last third of a level less that of the first, as much as a straight line moves over the level.
double movement(std::span<const double> blocks) {
  const std::size_t third = blocks.size() / 3;
  return third == 0 ? 0 : 1.5 * (median(blocks.last(third)) - median(blocks.first(third)));
}

/// Whether a current keeps to its levels.
bool holds(const Segments& s) {
  if (s.levels.empty()) return false;
  const bool several = s.levels.size() > 1;
  double least = s.levels[0].value, greatest = least;
  for (const Level& l : s.levels) least = std::min(least, l.value), greatest = std::max(greatest, l.value);
  // of a single level there is no range: 2 pA are what amplifiers leave of a constant current
  const double moves = several ? 0.1 * (greatest - least) : std::max(0.05 * std::abs(least), 2.0);
  const double off_level = std::max(5 * s.noise, 2 * moves);
  std::size_t covered = 0;
  double about = 0;
  for (std::size_t i = 0; i < s.levels.size(); ++i) {
    const Level& l = s.levels[i];
    const auto blocks = std::span(s.blocks).subspan(l.begin, l.length());
    const double moved = movement(blocks), n = static_cast<double>(l.length());
    double jump = several ? std::numeric_limits<double>::infinity() : 2 * moves;
    if (i > 0) jump = std::min(jump, std::abs(l.value - s.levels[i - 1].value));
    if (i + 1 < s.levels.size()) jump = std::min(jump, std::abs(l.value - s.levels[i + 1].value));
    if (std::abs(moved) > 0.5 * jump + 5 * s.noise / std::sqrt(n / 3)) continue;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const double line = several ? moved * ((static_cast<double>(b) + 0.5) / n - 0.5) : 0;
      if (const double off = blocks[b] - l.value - line; std::abs(off) <= off_level) ++covered, about += off * off;
    }
  }
  if (covered * 4 < s.blocks.size() * 3) return false;
  return std::sqrt(about / static_cast<double>(covered)) <= (several ? std::max(moves, 1.5 * s.noise) : moves);
}

// --- Hum and drift ------------------------------------------------------------------------------------------------

constexpr std::size_t harmonics = 3, regressors = 2 * harmonics + 1;

/// What moves a current within its levels: a straight line, and sines and cosines of the mains.
struct Background {
  double frequency_Hz = 0, drift_per_ms = 0;
  std::array<double, 2 * harmonics> waves{};
  double left = 0, all = 0;  ///< squares that it leaves, and that its line alone leaves
  double hum(double t_ms) const {
    double sum = 0;
    for (std::size_t h = 0; h < harmonics; ++h) {
      const double phase = 2 * std::acos(-1.0) * 1e-3 * frequency_Hz * static_cast<double>(h + 1) * t_ms;
      sum += waves[2 * h] * std::cos(phase) + waves[2 * h + 1] * std::sin(phase);
    }
    return sum;
  }
  double amplitude() const { return std::hypot(waves[0], waves[1]); }
};

/// Least squares of samples about the means of their levels; far ones, as artefacts, are left out. With frequency 0 the
/// line alone.
Background background_of(std::span<const double> I, double dt_ms, const Segments& s, double frequency_Hz) {
  Background out;
  out.frequency_Hz = frequency_Hz;
  const std::size_t n = frequency_Hz > 0 ? regressors : 1;
  std::array<std::array<double, regressors + 1>, regressors + 1> products{};
  std::vector<double> off;
  for (const Level& l : s.levels)
    for (std::size_t b = l.begin; b < l.end; ++b) off.push_back(std::abs(s.blocks[b] - l.value));
  const double far = 6 * quantile(std::move(off), 0.5) / normal_quartile;
  const std::size_t each = std::max<std::size_t>(1, I.size() / 200'000);  // samples enough
  for (const Level& l : s.levels) {
    std::array<double, regressors + 1> sum{};
    std::array<std::array<double, regressors + 1>, regressors + 1> of{};
    double count = 0;
    const double middle = static_cast<double>(l.begin + l.end) / 2 * static_cast<double>(s.width) * dt_ms;
    for (std::size_t b = l.begin; b < l.end; ++b) {
      if (std::abs(s.blocks[b] - l.value) > far) continue;
      // a line needs the blocks alone
      const std::size_t first = n == 1 ? b * s.width + s.width / 2 : (b * s.width + each - 1) / each * each;
      for (std::size_t k = first; k < std::min((b + 1) * s.width, I.size()); k += n == 1 ? s.width : each) {
        const double t = static_cast<double>(k) * dt_ms;
        std::array<double, regressors + 1> x{};
        x[0] = t - middle;
        for (std::size_t h = 0; h < harmonics && n > 1; ++h) {
          const double phase = 2 * std::acos(-1.0) * 1e-3 * frequency_Hz * static_cast<double>(h + 1) * t;
          x[1 + 2 * h] = std::cos(phase), x[2 + 2 * h] = std::sin(phase);
        }
        x[n] = (n == 1 ? s.blocks[b] : I[k]) - l.value;
        ++count;
        for (std::size_t i = 0; i <= n; ++i) {
          sum[i] += x[i];
          for (std::size_t j = 0; j <= i; ++j) of[i][j] += x[i] * x[j];
        }
      }
    }
    if (count < 2) continue;
    for (std::size_t i = 0; i <= n; ++i)
      for (std::size_t j = 0; j <= i; ++j) products[i][j] += of[i][j] - sum[i] * sum[j] / count;
  }
  // Cholesky's decomposition; the last row is of the current itself
  std::array<std::array<double, regressors + 1>, regressors + 1> root{};
  for (std::size_t i = 0; i <= n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double x = products[i][j];
      for (std::size_t k = 0; k < j; ++k) x -= root[i][k] * root[j][k];
      if (i == n && j == n) out.left = std::max(x, 0.0);
      else if (i == j) {
        if (!(x > 1e-9 * products[i][i])) return {};  // the levels are too short to tell
        root[i][i] = std::sqrt(x);
      } else {
        root[i][j] = x / root[j][j];
      }
    }
  out.all = products[n][n] - root[n][0] * root[n][0];
  std::array<double, regressors> solution{};
  for (std::size_t i = n; i-- > 0;) {
    double x = root[n][i];
    for (std::size_t k = i + 1; k < n; ++k) x -= root[k][i] * solution[k];
    solution[i] = x / root[i][i];
  }
  out.drift_per_ms = solution[0];
  std::copy(solution.begin() + 1, solution.end(), out.waves.begin());
  return out;
}

/// The hum of the mains in a current, if it is a quarter or more of what its levels leave, and no more than they
/// differ.
std::optional<Background> hum_of(std::span<const double> I, double dt_ms, const Segments& s) {
  constexpr double least_periods_ms = 100;
  if (s.levels.empty() || static_cast<double>(I.size()) * dt_ms < least_periods_ms || dt_ms > 1) return std::nullopt;
  double least = s.levels[0].value, greatest = least;
  for (const Level& l : s.levels) least = std::min(least, l.value), greatest = std::max(greatest, l.value);
  std::optional<Background> best;
  for (const double mains_Hz : {50.0, 60.0}) {
    const Background b = background_of(I, dt_ms, s, mains_Hz);
    // 30 pA: what is larger is a stimulus, where nothing else is
    if (!(b.left < 0.75 * b.all) || b.amplitude() > std::max(2 * (greatest - least), 30.0)) continue;
    if (!best || b.left / b.all < best->left / best->all) best = b;
  }
  return best;
}

// --- Edges and pulses ---------------------------------------------------------------------------------------------

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

/// Samples `begin` to before `end` that stand out of a level.
struct Pulse {
  std::size_t begin = 0, end = 0;
  double height = 0;
};

/// The flat pulses among samples `begin` to `end`, which are at `level` else.
std::vector<Pulse> pulses_within(std::span<const double> I, double dt_ms, std::size_t begin, std::size_t end,
                                 double level, double least) {
  // 1e5 samples tell their deviation
  std::vector<double> off;
  double farthest = 0;
  const std::size_t each = (end - begin) / 100'000 + 1;
  for (std::size_t k = begin; k < end; ++k) {
    farthest = std::max(farthest, std::abs(I[k] - level));
    if ((k - begin) % each == 0) off.push_back(std::abs(I[k] - level));
  }
  const double noise = quantile(std::move(off), 0.5) / normal_quartile,
               limit = std::max({6 * noise, 1e-3 * farthest, least});
  std::vector<Pulse> all;
  if (!(farthest > limit)) return all;
  for (std::size_t k = begin; k < end; ++k) {
    if (!(std::abs(I[k] - level) > limit)) continue;
    Pulse p{k, k, 0};
    while (k < end && std::abs(I[k] - level) > limit && (I[k] > level) == (I[p.begin] > level)) ++k;
    p.end = k--;
    p.height = median(I.subspan(p.begin, p.end - p.begin)) - level;
    all.push_back(p);
  }
  double highest = 0;
  for (const Pulse& p : all) highest = std::max(highest, std::abs(p.height));
  std::vector<Pulse> flat;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Pulse p = all[i];
    // what is small beside the rest is what an artefact leaves behind
    if (std::abs(p.height) < std::max(10 * noise, 0.1 * highest)) continue;
    // artefacts swing to the other side
    const auto opposite = [&](std::size_t j, std::size_t gap) {
      return static_cast<double>(gap) * dt_ms <= 2 && (all[j].height > 0) != (p.height > 0) &&
             std::abs(all[j].height) > 0.2 * std::abs(p.height);
    };
    if (i > 0 && opposite(i - 1, p.begin - all[i - 1].end)) continue;
    if (i + 1 < all.size() && opposite(i + 1, all[i + 1].begin - p.end)) continue;
    // flanks of a filter belong to the pulse from half its height on
    const auto half = [&](std::size_t k) { return std::abs(I[k] - level) >= 0.5 * std::abs(p.height); };
    while (p.begin < p.end && !half(p.begin)) ++p.begin;
    while (p.end > p.begin && !half(p.end - 1)) --p.end;
    const std::size_t n = p.end - p.begin;
    if (n == 0 || p.begin == begin || p.end == end || static_cast<double>(n) * dt_ms > 2 * shortest_step_ms) continue;
    // two samples of noise can be alike
    if (noise > 0 && n < 4 && (n < 2 || std::abs(p.height) < 20 * noise)) continue;
    const std::size_t flank = n >= 4 ? 1 : 0;
    bool level_top = true;
    for (std::size_t k = p.begin + flank; k < p.end - flank; ++k)
      level_top = level_top && std::abs(I[k] - level - p.height) <= std::max(6 * noise, 0.1 * std::abs(p.height));
    if (level_top) flat.push_back(p);
  }
  return flat;
}

}  // namespace

double CurrentStep::answered_ms() const {
  const double least = std::max(to_ms, from_ms + shortest_response_ms);
  return std::isnan(next_ms) ? least : std::max(to_ms, std::min(least, next_ms));
}

const CurrentStep* Protocol::stimulus(std::span<const double> spikes_ms) const {
  const auto longest = [&](auto&& counts) {
    const CurrentStep* best = nullptr;
    for (const CurrentStep& s : steps) {
      if (!counts(s)) continue;
      const double longer = best ? s.duration_ms() / best->duration_ms() : 2;
      if (longer > 1.01 || (longer > 0.99 && std::abs(s.level - base) > std::abs(best->level - base))) best = &s;
    }
    return best;
  };
  const CurrentStep* best = longest([&](const CurrentStep& s) {
    return !s.returns && s.amplitude() > 0 && !within(spikes_ms, s.from_ms, s.answered_ms(), false).empty();
  });
  if (!best) best = longest([](const CurrentStep& s) { return !s.returns; });
  if (!best) best = longest([](const CurrentStep&) { return true; });
  return best;
}

Protocol protocol_of(const Sampled& current) {
  Protocol out;
  std::span<const double> I = current.values;
  if (I.empty()) return out;
  if (!all_finite(current, {0, I.size()})) {
    out.kind = Protocol::Kind::varying, out.mean = out.sd = none;
    return out;
  }
  out.mean = mean(I);
  double squares = 0;
  for (const double x : I) squares += (x - out.mean) * (x - out.mean);
  out.sd = std::sqrt(squares / static_cast<double>(I.size()));

  Segments s = segments_of(I, current.dt_ms, 0);
  std::vector<double> clean;
  for (int pass = 0; pass < 2; ++pass) {  // the second with the levels that the first has found
    const auto hum = hum_of(current.values, current.dt_ms, s);
    if (!hum) break;
    out.hum_Hz = hum->frequency_Hz;
    clean.assign(current.values.begin(), current.values.end());
    for (std::size_t k = 0; k < clean.size(); ++k) clean[k] -= hum->hum(static_cast<double>(k) * current.dt_ms);
    I = clean;
    s = segments_of(I, current.dt_ms, 1e-6 * hum->amplitude());
  }
  if (!holds(s)) {
    out.kind = Protocol::Kind::varying, out.hum_Hz = 0;
    return out;
  }

  // A drift is one that moves the levels by more than tells them apart.
  double drift = background_of(I, current.dt_ms, s, 0).drift_per_ms;
  if (std::abs(drift) * static_cast<double>(I.size()) * current.dt_ms <= 2 * s.noise) drift = 0;
  std::vector<std::size_t> begins{0};
  for (std::size_t i = 1; i < s.levels.size(); ++i) {
    const Level &before = s.levels[i - 1], &after = s.levels[i];
    begins.push_back(edge(I, (before.end - 1) * s.width, std::min((after.begin + 1) * s.width, I.size()), before.value,
                          after.value));
  }
  begins.push_back(I.size());
  const double block_ms = static_cast<double>(s.width) * current.dt_ms;
  const double reference_ms = static_cast<double>(s.levels[0].begin + s.levels[0].end) / 2 * block_ms;
  const auto drifted = [&](const Level& l) {
    return drift * (static_cast<double>(l.begin + l.end) / 2 * block_ms - reference_ms);
  };
  std::vector<double> values;
  for (const Level& l : s.levels) values.push_back(l.value - drifted(l));
  // the holding current: most often come back to, of equals the first
  const auto same = [&](double a, double b) { return std::abs(a - b) <= s.apart; };
  std::ptrdiff_t most = 0;
  for (const double value : values) {
    const auto n = std::count_if(values.begin(), values.end(), [&](double x) { return same(x, value); });
    if (n > most) most = n, out.base = value;
  }

  std::vector<std::vector<Pulse>> pulses(values.size());
  bool artefacts = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    pulses[i] = pulses_within(I, current.dt_ms, begins[i], begins[i + 1], s.levels[i].value, s.least);
    if (!same(values[i], out.base) && !pulses[i].empty()) artefacts = true;
  }
  double rest_from = none, rest_to = none;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool holding = same(values[i], out.base);
    const double from = current.at_ms(begins[i]), to = current.at_ms(begins[i + 1]);
    if (!holding && i > 0) {
      CurrentStep step{from, to, values[i], values[i - 1], current.at_ms(begins[i - 1])};
      // a pulse parts the level before
      if (!artefacts && !pulses[i - 1].empty()) step.before_ms = current.at_ms(pulses[i - 1].back().end);
      step.rest_from_ms = rest_from, step.rest_to_ms = rest_to;
      step.from_holding = same(values[i - 1], out.base);
      const double now = values[i] - out.base, was = values[i - 1] - out.base;
      step.returns = !step.from_holding && now * was > 0 && std::abs(now) < std::abs(was);
      out.steps.push_back(step);
    }
    if (!holding) continue;
    rest_from = from, rest_to = to;
    if (artefacts) continue;
    for (const Pulse& p : pulses[i]) {
      CurrentStep step{current.at_ms(p.begin), current.at_ms(p.end), values[i] + p.height, values[i], rest_from};
      step.rest_from_ms = rest_from, step.rest_to_ms = step.from_ms;
      out.steps.push_back(step);
      rest_from = step.to_ms;
    }
  }
  for (std::size_t i = 0; i < out.steps.size(); ++i) {
    out.steps[i].drift_per_ms = drift;
    if (out.hum_Hz > 0) out.steps[i].hum_ms = 1000 / out.hum_Hz;
    if (i + 1 < out.steps.size()) out.steps[i].next_ms = out.steps[i + 1].from_ms;
  }
  out.kind = s.levels.size() > 1 || !out.steps.empty() ? Protocol::Kind::steps : Protocol::Kind::constant;
  return out;
}

// --- Below the threshold ------------------------------------------------------------------------------------------

namespace {

/// The last tenth of a stretch; with hum, as many whole periods of it as this has, one at least if the stretch has
/// three.
double last_tenth_ms(double length_ms, double hum_ms) {
  const double tenth = 0.1 * length_ms;
  if (!(hum_ms > 0) || length_ms < 3 * hum_ms) return tenth;
  return std::max(1.0, std::floor(tenth / hum_ms)) * hum_ms;
}

/// The mean over the last `last_ms` of a stretch that spikes leave, else its median.
double resting_voltage(const Sampled& voltage, double from_ms, double to_ms, double last_ms,
                       std::span<const double> spikes_ms) {
  constexpr double before_spike_ms = 5, after_spike_ms = 50;
  const SampleRange range = samples_within(voltage, from_ms, to_ms);
  const std::size_t wanted = samples_within(voltage, to_ms - last_ms, to_ms).count();
  double sum = 0;
  std::size_t kept = 0;
  auto next = static_cast<std::size_t>(std::lower_bound(spikes_ms.begin(), spikes_ms.end(), to_ms + before_spike_ms) -
                                       spikes_ms.begin());
  for (std::size_t k = range.end; k > range.begin && kept < wanted; --k) {
    const double t = voltage.at_ms(k - 1);
    // the last spike that may reach this sample
    while (next > 0 && spikes_ms[next - 1] - before_spike_ms > t) --next;
    if (next > 0 && spikes_ms[next - 1] + after_spike_ms > t) continue;
    sum += voltage.values[k - 1];
    ++kept;
  }
  if (kept > 0 && kept == wanted) return sum / static_cast<double>(kept);
  return range.count() > 0 ? median(voltage.values.subspan(range.begin, range.count())) : none;
}

}  // namespace

double voltage_before(const Sampled& voltage, const CurrentStep& step, std::span<const double> spikes_ms) {
  const double last_ms = last_tenth_ms(step.from_ms - step.before_ms, step.hum_ms);
  return resting_voltage(voltage, step.before_ms, step.from_ms, last_ms, spikes_ms);
}

double voltage_base(const Sampled& voltage, const CurrentStep& step, std::span<const double> spikes_ms) {
  if (!(step.rest_to_ms > step.rest_from_ms)) return voltage_before(voltage, step, spikes_ms);
  const double last_ms = last_tenth_ms(step.rest_to_ms - step.rest_from_ms, step.hum_ms);
  return resting_voltage(voltage, step.rest_from_ms, step.rest_to_ms, last_ms, spikes_ms);
}

std::optional<PassiveStep> passive_step(const Sampled& voltage, const Protocol& protocol,
                                        std::span<const double> spikes_ms) {
  std::optional<PassiveStep> best;
  std::array<double, 5> most{};
  for (const CurrentStep& s : protocol.steps) {
    if (s.returns || !within(spikes_ms, s.from_ms, s.to_ms, false).empty()) continue;
    // what spikes leave behind goes on under the next level
    if (!s.from_holding && !within(spikes_ms, s.before_ms, s.from_ms, false).empty()) continue;
    const PassiveResponse r = passive_response(voltage, s, spikes_ms);
    const std::array<double, 5> tells = {std::isfinite(r.input_resistance_MOhm) ? 1.0 : 0.0,
                                         std::isfinite(r.time_constant_ms) ? 1.0 : 0.0, s.from_holding ? 1.0 : 0.0,
                                         s.amplitude() < 0 ? 1.0 : 0.0,
                                         std::abs(s.amplitude()) * std::sqrt(s.duration_ms())};
    if (!best || tells > most) most = tells, best = PassiveStep{s, r};
  }
  return best;
}

double steady_state_voltage(const Sampled& voltage, const CurrentStep& step) {
  return mean(part(voltage, step.to_ms - last_tenth_ms(step.duration_ms(), step.hum_ms), step.to_ms));
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

namespace {

/// The voltage under a step without what hum and drift of the current do to it; empty if the current has neither. The
/// mean over the period of hum that follows each sample is free of it, and keeps the time constant of an exponential.
std::vector<double> without_hum_and_drift(const Sampled& voltage, SampleRange range, const CurrentStep& step,
                                          double mV_per_pA) {
  if (!(step.hum_ms > 0) && step.drift_per_ms == 0) return {};
  std::vector<double> v(range.count());
  for (std::size_t k = 0; k < v.size(); ++k) {
    const double drifted = step.drift_per_ms * (voltage.at_ms(range.begin + k) - step.from_ms);
    v[k] = voltage.values[range.begin + k] - (std::isfinite(mV_per_pA) ? mV_per_pA * drifted : 0);
  }
  const auto period = static_cast<std::size_t>(std::llround(step.hum_ms / voltage.dt_ms));
  if (period < 2 || v.size() < 3 * period) return v;
  double sum = 0;
  for (std::size_t k = 0; k < period; ++k) sum += v[k];
  for (std::size_t k = 0; k + period <= v.size(); ++k) {
    const double next = k + period < v.size() ? v[k + period] : 0, first = v[k];
    v[k] = sum / static_cast<double>(period);
    sum += next - first;
  }
  v.resize(v.size() - period + 1);
  return v;
}

}  // namespace

PassiveResponse passive_response(const Sampled& voltage, const CurrentStep& step, std::span<const double> spikes_ms) {
  PassiveResponse out;
  out.voltage_before = voltage_before(voltage, step, spikes_ms);
  const SampleRange range = samples_within(voltage, step.from_ms, step.to_ms);
  std::span<const double> during = voltage.values.subspan(range.begin, range.count());
  if (during.empty()) return out;
  out.steady_state_voltage = steady_state_voltage(voltage, step);
  const double steady = out.steady_state_voltage - out.voltage_before;
  // from the middle of the last tenth before the step to that of the last tenth of the step
  const double before_ms = 0.5 * last_tenth_ms(step.from_ms - step.before_ms, step.hum_ms),
               at_end_ms = 0.5 * last_tenth_ms(step.duration_ms(), step.hum_ms),
               drifted = step.drift_per_ms * (step.duration_ms() - at_end_ms + before_ms);
  const double resistance = 1000 * steady / (step.amplitude() + drifted);
  const std::vector<double> calm = without_hum_and_drift(voltage, range, step, 1e-3 * resistance);
  if (!calm.empty()) during = calm;
  const bool down = step.amplitude() < 0;
  out.extreme_voltage =
      down ? *std::min_element(during.begin(), during.end()) : *std::max_element(during.begin(), during.end());
  const double deflection = out.extreme_voltage - out.voltage_before;
  if (!(resistance > 0) || (deflection < 0) != down) return out;

  // from the first sample past 10 % to the first past 95 %, in the direction of the current
  const auto reaches = [&](double part_of) {
    return static_cast<std::size_t>(
        std::find_if(during.begin(), during.end(),
                     [&](double v) { return (v - out.voltage_before) / deflection >= part_of; }) -
        during.begin());
  };
  constexpr double after_spike_ms = 30;
  const Sampled response{voltage.at_ms(range.begin), voltage.dt_ms, during};
  std::size_t first = reaches(0.1);
  // what a spike leaves behind is no response
  if (const Train earlier = within(spikes_ms, step.before_ms, step.from_ms, false); !earlier.empty())
    first = std::max(first, samples_within(response, earlier.back() + after_spike_ms, step.to_ms).begin);
  auto fit = fit_exponential(response, response.at_ms(first), response.at_ms(reaches(0.95) + 1));
  if (fit && (fit->residual >= 0.1 * std::abs(deflection) || (fit->limit < fit->start) != down)) fit.reset();
  // a limit far beyond what the voltage reached is free, and the time constant with it
  if (fit && step.duration_ms() >= fitted_step * fit->tau_ms &&
      std::abs(fit->limit - out.voltage_before) <= 1.1 * std::abs(deflection))
    out.time_constant_ms = fit->tau_ms;
  constexpr double shortest_without_fit_ms = 50;
  const double length = step.duration_ms();
  const double still =
      out.steady_state_voltage - mean(part(voltage, step.to_ms - 0.2 * length, step.to_ms - 0.1 * length));
  const bool settled = fit ? length >= settled_step * fit->tau_ms
                           : length >= shortest_without_fit_ms && std::abs(still) <= 0.05 * std::abs(steady);
  if (!settled) return out;
  out.input_resistance_MOhm = resistance;
  if (down) {
    out.sag_amplitude = out.steady_state_voltage - out.extreme_voltage;
    out.sag_ratio = out.sag_amplitude / -deflection;
  }
  return out;
}

// --- Action potentials --------------------------------------------------------------------------------------------

namespace {

/// dV/dt as the slope of the straight line through 2 `m` + 1 samples: of three, the central difference. 0 at the ends.
double slope_at(const Sampled& trace, std::size_t k, std::size_t m) {
  const auto& v = trace.values;
  if (k < m || k + m >= v.size()) return 0;
  if (m == 1) return (v[k + 1] - v[k - 1]) / (2 * trace.dt_ms);
  double sum = 0;
  for (std::size_t j = 1; j <= m; ++j) sum += static_cast<double>(j) * (v[k + j] - v[k - j]);
  const auto n = static_cast<double>(m);
  return sum / (n * (n + 1) * (2 * n + 1) / 3 * trace.dt_ms);
}

/// The least number of samples on either side with which noise moves dV/dt by no more than `allowed` mV/ms, up to 0.2
/// ms.
std::size_t smoothing(const Sampled& trace, double allowed) {
  constexpr double widest_ms = 0.2;
  constexpr std::size_t looked_at = 2000;
  const std::size_t n = trace.values.size();
  std::size_t m = 1;
  while (true) {
    // between spikes dV/dt is nearly the same in two windows side by side, so that noise makes most of the difference
    const std::size_t apart = 2 * m + 1, ends = 2 * apart;
    if (n <= 2 * ends) return m;
    std::vector<double> moves;
    const std::size_t each = std::max<std::size_t>(1, (n - 2 * ends) / looked_at);
    for (std::size_t k = ends; k + ends < n; k += each)
      moves.push_back(std::abs(slope_at(trace, k + apart, m) - slope_at(trace, k, m)));
    const double noise = quantile(std::move(moves), 0.5) / normal_quartile / std::sqrt(2);
    const std::size_t next = m + std::max<std::size_t>(1, m / 4);
    if (noise <= allowed || static_cast<double>(next) * trace.dt_ms > widest_ms) return m;
    m = next;
  }
}

/// Where an action potential begins, counted in samples; NaN if it does so before `earliest`. See `ActionPotential`.
double begin_of(const Sampled& trace, std::size_t steepest, std::size_t earliest, std::size_t m) {
  constexpr double below_ms = 0.3;
  const auto enough = static_cast<std::size_t>(std::max(1.0, std::ceil(below_ms / trace.dt_ms)));
  double above = 0, later = slope_at(trace, steepest, m);
  std::size_t below = 0;
  for (std::size_t k = steepest; k > earliest && below < enough; --k) {
    const double now = slope_at(trace, k - 1, m);
    const double low = std::min(now, later), high = std::max(now, later);
    if (low >= onset_slope) above += 1;
    else if (high > onset_slope) above += (high - onset_slope) / (high - low);
    below = now < onset_slope ? below + 1 : 0;
    later = now;
  }
  return below == 0 ? none : static_cast<double>(steepest) - above;
}

/// The trace at a place between two samples, the mean of 2 `m` + 1 samples about each.
double smoothed_at(const Sampled& trace, double place, std::size_t m) {
  const auto k = static_cast<std::size_t>(place);
  const double share = place - static_cast<double>(k);
  const auto smooth = [&](std::size_t at) {
    const std::size_t side = std::min({m, at, trace.values.size() - 1 - at});
    return mean(trace.values.subspan(at - side, 2 * side + 1));
  };
  return smooth(k) + share * (smooth(std::min(k + 1, trace.values.size() - 1)) - smooth(k));
}

}  // namespace

std::vector<ActionPotential> action_potentials(const Sampled& voltage, std::span<const double> spikes_ms,
                                               double from_ms, double to_ms) {
  std::vector<ActionPotential> all;
  const auto& v = voltage.values;
  const std::size_t n = v.size();
  if (n < 3) return all;
  const std::size_t wide = smoothing(voltage, 0.06 * onset_slope), narrow = smoothing(voltage, 0.5 * onset_slope);
  const auto slope = [&](std::size_t k) { return slope_at(voltage, k, narrow); };
  const std::size_t window_end = samples_within(voltage, from_ms, to_ms).end;
  constexpr double minimum_holds_ms = 0.2;
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
    std::size_t begin = std::min(earliest, steepest);
    if (const double place = begin_of(voltage, steepest, begin, wide); std::isfinite(place)) {
      begin = static_cast<std::size_t>(place);
      a.begin_ms = voltage.t0_ms + place * voltage.dt_ms;
      a.begin_voltage = smoothed_at(voltage, place, narrow == 1 ? 0 : narrow);
    }
    a.peak_ms = voltage.at_ms(top), a.peak_voltage = v[top];
    a.amplitude = a.peak_voltage - a.begin_voltage;
    std::size_t lowest = top;
    for (std::size_t k = top; k < next; ++k) {
      if (v[k] < v[lowest]) lowest = k;
      else if (v[lowest] < level && static_cast<double>(k - lowest) * voltage.dt_ms >= minimum_holds_ms - 1e-9) break;
    }
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
  const Train answers = within(spikes_ms, step.from_ms, step.answered_ms(), false);
  out.spikes = answers.size();
  out.rate_hz = 1000 * static_cast<double>(answers.size()) / (step.answered_ms() - step.from_ms);
  if (answers.size() > 1) out.first_rate_hz = 1000 / (answers[1] - answers[0]);
  if (answers.empty()) out.passive = passive_response(voltage, step, spikes_ms);
  else out.passive.voltage_before = voltage_before(voltage, step, spikes_ms);
  return out;
}

CellFeatures cell_features(std::vector<StepResponse> responses) {
  CellFeatures out;
  const auto alike = [](const CurrentStep& a, const CurrentStep& b) {
    return std::abs(a.from_ms - b.from_ms) <= 1 &&
           std::abs(a.duration_ms() - b.duration_ms()) <= 0.01 * std::max(a.duration_ms(), b.duration_ms());
  };
  // families of one onset and length, by the onset of their first
  std::stable_sort(responses.begin(), responses.end(),
                   [](const StepResponse& a, const StepResponse& b) { return a.step.from_ms < b.step.from_ms; });
  std::vector<std::vector<StepResponse>> families;
  for (const StepResponse& r : responses) {
    auto found = families.rbegin();
    while (found != families.rend() && !alike(found->front().step, r.step)) {
      if (found->front().step.from_ms < r.step.from_ms - 1) found = families.rend();
      else ++found;
    }
    if (found == families.rend()) families.push_back({r});
    else found->push_back(r);
  }
  const auto rank = [](const std::vector<StepResponse>& family) {
    std::vector<double> amplitudes;
    std::size_t spikes = 0;
    for (const StepResponse& r : family) amplitudes.push_back(r.step.amplitude()), spikes += r.spikes;
    std::sort(amplitudes.begin(), amplitudes.end());
    // noise of a recorded current makes no amplitudes
    const double same = 0.01 * std::max(std::abs(amplitudes.front()), std::abs(amplitudes.back()));
    std::size_t different = 1;
    for (std::size_t i = 1; i < amplitudes.size(); ++i) different += amplitudes[i] - amplitudes[i - 1] > same ? 1 : 0;
    return std::tuple(different, spikes, family.size());
  };
  for (const auto& family : families)
    if (out.family.empty() || rank(family) > rank(out.family)) out.family = family;
  if (out.family.empty()) return out;
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
