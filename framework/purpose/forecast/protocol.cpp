#include "purpose/forecast/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <sstream>

#include "purpose/forecast/mechanistic.hpp"
#include "util/bytes.hpp"
#include "util/files.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Errors of forecasts from origins in the order of time.
struct Errors {
  std::vector<std::uint64_t> origins;
  std::vector<std::vector<double>> of;  ///< [origin][lead] truth less forecast
};

std::vector<double> error_of(const ForecastSeries& series, std::uint64_t origin, const std::vector<double>& mean) {
  std::vector<double> error(mean.size());
  for (std::size_t h = 0; h < mean.size(); ++h) error[h] = series.values[origin + h] - mean[h];
  return error;
}

double mean_absolute(const std::vector<std::vector<double>>& errors) {
  double sum = 0, n = 0;
  for (const auto& error : errors)
    for (const double e : error) sum += std::abs(e), ++n;
  return n > 0 ? sum / n : nan;
}

/// Half the width that holds `level` per cent of exchangeable errors (split conformal prediction): of m sizes the one
/// of rank (m + 1) level, rounded up. NaN: there are too few for that rank.
std::size_t rank_of(std::size_t sizes, double level) {
  return static_cast<std::size_t>(std::ceil((static_cast<double>(sizes) + 1) * level / 100 - 1e-9));
}
double half_width(std::vector<double> sizes, double level) {
  const std::size_t rank = rank_of(sizes.size(), level);
  if (rank > sizes.size()) return nan;
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(sizes.begin(), at, sizes.end());
  return *at;
}

/// half_width() of sizes that come one by one: the least ones up to that rank, which only grows, and the others.
class GrowingWidth {
 public:
  explicit GrowingWidth(double level) : level_(level) {}
  void add(double size) {
    least_.push(size);
    others_.push(least_.top()), least_.pop();
    const std::size_t n = least_.size() + others_.size();
    while (least_.size() < std::min(rank_of(n, level_), n)) least_.push(others_.top()), others_.pop();
  }
  double operator()() const {
    return least_.empty() || rank_of(least_.size() + others_.size(), level_) > least_.size() ? nan : least_.top();
  }

 private:
  double level_;
  std::priority_queue<double> least_;
  std::priority_queue<double, std::vector<double>, std::greater<>> others_;
};

Foretold around(const std::vector<double>& mean, const std::vector<std::vector<double>>& half) {
  Foretold f{mean, {}, {}};
  for (const auto& width : half) {
    f.low.push_back(mean), f.high.push_back(mean);
    for (std::size_t h = 0; h < mean.size(); ++h) f.low.back()[h] -= width[h], f.high.back()[h] += width[h];
  }
  return f;
}

/// Intervals at each lead from the sizes of the errors at that lead, of all origins whose truth is known by then.
void add_conformal(std::vector<Issued>& issued, const Errors& before, const ForecastSeries& series,
                   const std::vector<double>& levels) {
  Errors known = before;
  for (Issued& one : issued) {
    known.origins.push_back(one.origin);
    known.of.push_back(error_of(series, one.origin, one.forecast.mean));
    one.forecast.low = one.forecast.high = std::vector(levels.size(), one.forecast.mean);
  }
  for (std::size_t h = 0; h < series.horizon; ++h) {
    std::vector<GrowingWidth> half(levels.begin(), levels.end());
    std::size_t next = 0;
    for (Issued& one : issued) {
      for (; known.origins[next] + h < one.origin; ++next)
        for (GrowingWidth& width : half) width.add(std::abs(known.of[next][h]));
      for (std::size_t l = 0; l < levels.size(); ++l) {
        one.forecast.low[l][h] -= half[l](), one.forecast.high[l][h] += half[l]();
      }
    }
  }
}

/// Intervals whose width at each lead grows after a truth outside and shrinks after one inside, so that in the long run
/// the share outside is right whatever the neuron does: quantile tracking, the first part of conformal PID control
/// (Angelopoulos, Candes & Tibshirani 2023, arXiv:2307.16895), with steps of a twentieth of the largest recent error.
void add_adaptive(std::vector<Issued>& issued, const Errors& before, const ForecastSeries& series,
                  const std::vector<double>& levels) {
  constexpr double rate = 0.05;
  constexpr std::size_t recent = 50;
  const std::size_t horizon = series.horizon;
  std::vector<std::vector<double>> sizes(horizon);  // [lead], in the order of time
  std::vector<std::vector<double>> half(levels.size(), std::vector<double>(horizon, nan));
  const auto learn = [&](std::size_t h, double size, const Foretold* interval, double centre) {
    sizes[h].push_back(size);
    const std::size_t first = sizes[h].size() > recent ? sizes[h].size() - recent : 0;
    const double largest = *std::max_element(sizes[h].begin() + static_cast<std::ptrdiff_t>(first), sizes[h].end());
    for (std::size_t l = 0; l < levels.size(); ++l) {
      double& q = half[l][h];
      const double width = interval ? interval->high[l][h] - centre : nan;
      if (std::isnan(q)) q = half_width(sizes[h], levels[l]);
      else if (!std::isnan(width))
        q = std::max(0.0, q + rate * largest * ((size > width ? 1 : 0) - (1 - levels[l] / 100)));
    }
  };
  for (std::size_t h = 0; h < horizon; ++h) {
    for (std::size_t j = 0; j < before.origins.size(); ++j) sizes[h].push_back(std::abs(before.of[j][h]));
    for (std::size_t l = 0; l < levels.size(); ++l) half[l][h] = half_width(sizes[h], levels[l]);
  }
  std::vector<std::size_t> seen(issued.size(), 0);  // how many leads of each are known and used
  std::size_t open = 0;
  for (std::size_t i = 0; i < issued.size(); ++i) {
    for (std::size_t j = open; j < i; ++j) {
      const Issued& past = issued[j];
      const std::vector<double> error = error_of(series, past.origin, past.forecast.mean);
      for (; seen[j] < horizon && past.origin + seen[j] < issued[i].origin; ++seen[j])
        learn(seen[j], std::abs(error[seen[j]]), &past.forecast, past.forecast.mean[seen[j]]);
    }
    while (open < i && seen[open] == horizon) ++open;
    issued[i].forecast = around(issued[i].forecast.mean, half);
  }
}

/// One forecaster on one series, asked from any origin.
class Asked {
 public:
  /// `model`: it learns nothing and is followed from the begin of the series.
  Asked(const ForecasterUse& use, const ForecastSeries& series, std::size_t trained, std::uint64_t seed,
        const ModelRun& model)
      : use_(use), series_(series), trained_(trained) {
    if (model.neuron)
      model_.emplace(*model.neuron, series.values, series.dt_ms, series.spikes_ms, series.top, model.pull,
                     series.known_current);
    if (use.is_model()) return;
    forecaster_.emplace(use, seed);
    const std::vector<double> output = model_ ? output_of_model(0, trained) : std::vector<double>();
    SeriesPart all = series.part(0, trained);
    if (model_) all.known.emplace_back(output);
    forecaster_->fit({all});
  }
  /// The forecast of samples origin, origin + 1, ...; the history is as long as the training part.
  Foretold operator()(std::size_t origin, std::span<const double> levels) {
    if (interrupted) throw Interrupted{};
    Foretold f;
    if (use_.is_model()) {
      f.mean = model_->predict(origin, series_.horizon);
    } else {
      const std::size_t from = origin > trained_ ? origin - trained_ : 0;
      std::vector<std::span<const double>> future;
      if (use_.has(HK_FUTURE))
        for (const auto& k : series_.known) future.push_back(std::span(k).subspan(origin, series_.horizon));
      SeriesPart history = series_.part(from, origin);
      std::vector<double> output;
      if (model_) {
        output = output_of_model(from, origin);
        history.known.emplace_back(output);
        future.emplace_back(run_of_model(origin));
      }
      f = forecaster_->predict(history, series_.horizon, future, levels);
    }
    means_[origin] = f.mean;
    return f;
  }
  /// The same without intervals, asked once.
  const std::vector<double>& mean(std::size_t origin) {
    const auto found = means_.find(origin);
    if (found != means_.end()) return found->second;
    (*this)(origin, {});
    return means_.at(origin);
  }
  std::string note() const { return forecaster_ ? forecaster_->note() : ""; }

 private:
  /// What the model says of samples from, ..., to - 1: its forecasts of one horizon after the other, of which the last
  /// ends at `to`. So what a hybrid learns from is of the kind that it is told of the future.
  std::vector<double> output_of_model(std::size_t from, std::size_t to) {
    std::vector<double> all(to - from);
    for (std::size_t end = to; end > from;) {
      const std::size_t begin = end - std::min(series_.horizon, end - from);
      const std::size_t origin = std::max<std::size_t>(begin, 1);
      if (begin == 0) all[0] = series_.values[0];
      if (end > origin)
        std::copy_n(run_of_model(origin).begin(), end - origin,
                    all.begin() + static_cast<std::ptrdiff_t>(origin - from));
      end = begin;
    }
    return all;
  }
  const std::vector<double>& run_of_model(std::size_t origin) {
    const auto found = runs_.find(origin);
    if (found != runs_.end()) return found->second;
    return runs_[origin] = model_->predict(origin, series_.horizon);
  }

  const ForecasterUse& use_;
  const ForecastSeries& series_;
  std::size_t trained_;
  std::optional<Forecaster> forecaster_;
  std::optional<Mechanistic> model_;
  std::map<std::size_t, std::vector<double>> means_, runs_;  // by origin
};

/// Origins of the validation part, one horizon apart where it is long, else a whole part of a horizon; the last one
/// ends with it.
std::vector<std::uint64_t> validation_origins(std::size_t from, std::size_t to, std::size_t horizon,
                                              std::size_t windows) {
  std::vector<std::uint64_t> all;
  if (from + horizon > to) return all;
  const std::size_t span = to - horizon - from;
  std::size_t parts = span == 0 ? 1 : std::clamp<std::size_t>((windows - 1) * horizon / span, 1, horizon);
  while (horizon % parts != 0) --parts;
  const std::size_t stride = horizon / parts;
  for (std::size_t k = 0; k < windows && k * stride <= span; ++k) all.push_back(to - horizon - k * stride);
  std::reverse(all.begin(), all.end());
  return all;
}

/// How many of ascending origins do not overlap.
std::uint64_t apart(const std::vector<std::uint64_t>& origins, std::size_t horizon) {
  std::uint64_t n = 0, free = 0;
  for (const std::uint64_t o : origins)
    if (o >= free) ++n, free = o + horizon;
  return n;
}

/// Intervals of a forecaster's own that held more than 5 points (and more than chance explains) more or less of earlier
/// truths than they say, as those made for normal errors do of spikes, are scaled about the forecast so that they hold
/// as many (split conformal prediction in units of their size). `own`: those of the earlier origins. Returns how they
/// were made.
std::string add_own(std::vector<Issued>& issued, const std::vector<Foretold>& own, const Errors& before,
                    const ForecastSeries& series, const std::vector<double>& levels) {
  constexpr double points = 5;
  const auto origins = static_cast<double>(own.size()),
             independent = static_cast<double>(apart(before.origins, series.horizon));
  if (independent < 8) return "native";  // too few to tell
  std::vector<double> factors;
  bool off = false;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    std::vector<double> sizes;
    double sum = 0, squares = 0;  // of what each origin misses of the level
    for (std::size_t j = 0; j < own.size(); ++j) {
      double held = 0;
      for (std::size_t h = 0; h < own[j].mean.size(); ++h) {
        const double error = before.of[j][h], middle = own[j].mean[h];
        const double reach = error > 0 ? own[j].high[l][h] - middle : middle - own[j].low[l][h];
        sizes.push_back(error == 0 ? 0 : reach > 0 ? std::abs(error) / reach : std::numeric_limits<double>::infinity());
        held += sizes.back() <= 1 ? 1 : 0;
      }
      const double of_level = 100 * held / static_cast<double>(own[j].mean.size()) - levels[l];
      sum += of_level, squares += of_level * of_level;
    }
    const double mean = sum / origins, sd = std::sqrt(std::max(0.0, squares / origins - mean * mean));
    off = off || std::abs(mean) > std::max(points, 2 * sd / std::sqrt(independent));
    factors.push_back(half_width(std::move(sizes), levels[l]));
  }
  const auto usable = [](double factor) { return std::isfinite(factor) && factor > 0; };
  if (!off || !std::all_of(factors.begin(), factors.end(), usable)) return "native";
  for (Issued& one : issued)
    for (std::size_t l = 0; l < levels.size(); ++l)
      for (std::size_t h = 0; h < one.forecast.mean.size(); ++h) {
        const double middle = one.forecast.mean[h];
        one.forecast.low[l][h] = middle + factors[l] * (one.forecast.low[l][h] - middle);
        one.forecast.high[l][h] = middle + factors[l] * (one.forecast.high[l][h] - middle);
      }
  return "native, scaled";
}

/// Learns what a forecaster misses: a forecaster whose series is the error, one horizon of it after the other, and
/// whose known quantities are the forecast, the last value before its origin, how far ahead it looks, and the known
/// currents.
class Corrector {
 public:
  using Mean = std::function<const std::vector<double>&(std::size_t)>;
  /// `mean`: the forecast from an origin.
  Corrector(const ForecasterUse& use, const ForecastSeries& series, Mean mean, std::uint64_t seed)
      : use_(use), series_(series), mean_(std::move(mean)), forecaster_(use, seed) {}

  /// Learns from the errors of all these origins, ascending.
  void fit(const std::vector<std::uint64_t>& origins) {
    std::vector<Piece> pieces;
    std::map<std::uint64_t, std::size_t> open;  // where the next origin of a piece would be
    for (const std::uint64_t o : origins) {
      const auto found = open.find(o);
      const std::size_t piece = found == open.end() ? pieces.size() : found->second;
      if (found == open.end()) pieces.emplace_back();
      else open.erase(found);
      append(pieces[piece], o);
      open[o + series_.horizon] = piece;
    }
    std::vector<SeriesPart> parts;
    for (const Piece& piece : pieces) {
      parts.push_back(piece.part(series_.dt_ms));
      for (const double e : piece.error) largest_ = std::max(largest_, std::abs(e));
    }
    forecaster_.fit(parts);
  }
  /// The error that is to be expected from this origin on. `first`: the earliest origin whose error may be looked at.
  std::vector<double> operator()(std::uint64_t origin, std::uint64_t first) {
    constexpr std::size_t most = 8;  // horizons of history
    const std::size_t horizon = series_.horizon;
    const std::size_t before = std::min<std::size_t>(most, (origin - std::min(first, origin)) / horizon);
    if (before == 0) return std::vector<double>(horizon, 0.0);
    Piece past, ahead;
    for (std::size_t k = before; k > 0; --k) append(past, origin - k * horizon);
    append(ahead, origin, false);
    std::vector<std::span<const double>> future;
    if (use_.has(HK_FUTURE))
      for (const auto& k : ahead.known) future.emplace_back(k);
    std::vector<double> expected = forecaster_.predict(past.part(series_.dt_ms), horizon, future, {}).mean;
    for (double& e : expected) e = std::clamp(e, -largest_, largest_);  // it knows of no larger ones
    return expected;
  }

 private:
  struct Piece {
    std::vector<double> error;
    std::vector<std::vector<double>> known;
    SeriesPart part(double dt_ms) const {
      SeriesPart p{dt_ms, error, {}};
      for (const auto& k : known) p.known.emplace_back(k);
      return p;
    }
  };
  void append(Piece& to, std::uint64_t origin, bool with_error = true) {
    const std::vector<double>& mean = mean_(origin);
    if (with_error)
      for (const double e : error_of(series_, origin, mean)) to.error.push_back(e);
    to.known.resize(3 + series_.known.size());
    for (std::size_t h = 0; h < series_.horizon; ++h) {
      to.known[0].push_back(mean[h]);
      to.known[1].push_back(series_.values[origin - 1]);
      to.known[2].push_back(static_cast<double>(h) / static_cast<double>(series_.horizon));
      for (std::size_t k = 0; k < series_.known.size(); ++k) to.known[3 + k].push_back(series_.known[k][origin + h]);
    }
  }

  const ForecasterUse& use_;
  const ForecastSeries& series_;
  Mean mean_;
  Forecaster forecaster_;
  double largest_ = 0;  ///< error that it learnt from
};

std::vector<double> plus(std::vector<double> mean, const std::vector<double>& error, double share) {
  for (std::size_t h = 0; h < mean.size(); ++h) mean[h] += share * error[h];
  return mean;
}

/// Origins of the validation part: those that a corrector learns from, then those that say whether it helps.
struct Judging {
  std::vector<std::uint64_t> learnt, judged;
  Judging(const std::vector<std::uint64_t>& origins, std::size_t begin, const ForecastSeries& series) {
    const std::size_t split = begin + (series.train - begin) * 7 / 10;
    for (const std::uint64_t o : origins)
      if (o + series.horizon <= split) learnt.push_back(o);
      else if (o >= split) judged.push_back(o);
    free = apart(judged, series.horizon);
  }
  std::uint64_t free = 0;                    ///< of the latter, without overlap
  static constexpr std::uint64_t least = 8;  ///< with fewer, chance looks like help
  bool enough() const { return !learnt.empty() && free >= least; }
};

std::size_t validation_begin(double share, std::size_t train) {
  return train - static_cast<std::size_t>(share * static_cast<double>(train));
}

/// What the corrector makes of the forecasts. It learns from the first part of the validation origins; the rest says
/// which share of what it expects helps, if any does. Then it learns from all of them.
void correct(Given& given, const ForecasterUse& use, const ForecastProtocol& protocol, const ForecastSeries& series,
             Asked& early, Asked& whole, std::size_t begin, const std::vector<std::uint64_t>& origins,
             std::uint64_t seed) {
  const auto mean = [&](std::size_t o) -> const std::vector<double>& {
    return o < series.train ? early.mean(o) : whole.mean(o);
  };
  given.corrected = given.raw;
  const Judging part(origins, begin, series);
  const std::vector<std::uint64_t>&learnt = part.learnt, &judged = part.judged;
  if (!part.enough()) {
    given.correction = fmt::format(
        "left alone: the validation part has {} forecasts without overlap to judge it by, and "
        "{} are needed",
        part.free, Judging::least);
    return;
  }
  double share = 0, best = 1;
  std::size_t left_out = 0;
  Errors after;
  try {
    Corrector first(use, series, mean, seed);
    first.fit(learnt);
    std::vector<std::vector<double>> expected, raw;
    for (const std::uint64_t o : judged)
      expected.push_back(first(o, begin)), raw.push_back(error_of(series, o, mean(o)));
    const double uncorrected = mean_absolute(raw), independent = static_cast<double>(part.free);
    for (const double tried : {0.25, 0.5, 0.75, 1.0}) {
      std::vector<std::vector<double>> left;
      double sum = 0, squares = 0;  // of what each forecast gains
      for (std::size_t k = 0; k < judged.size(); ++k) {
        left.push_back(error_of(series, judged[k], plus(mean(judged[k]), expected[k], tried)));
        const double gain = mean_absolute({raw[k]}) - mean_absolute({left[k]});
        sum += gain, squares += gain * gain;
      }
      const double n = static_cast<double>(judged.size()), gain = sum / n;
      const double sd = std::sqrt(std::max(0.0, squares / n - gain * gain));
      // what lies within two standard errors is chance; forecasts that overlap count as those that do not
      if (gain <= 2 * sd / std::sqrt(independent)) continue;
      if (const double ratio = 1 - gain / uncorrected; ratio < best) {
        best = ratio, share = tried;
        after = {judged, std::move(left)};
      }
    }
    if (share == 0) {
      given.correction = "left alone: what it gained on the validation part may be chance";
      return;
    }
    Corrector last(use, series, mean, seed);
    last.fit(origins);
    // the copy that is scored has learnt from more and may miss less: what has not helped so far is not added
    std::vector<double> gains;
    double gained = 0;
    std::size_t known = 0;
    for (Issued& one : given.corrected) {
      for (; known < gains.size() && given.raw[known].origin + series.horizon <= one.origin; ++known)
        gained += gains[known];
      std::vector<double> with = plus(one.forecast.mean, last(one.origin, begin), share);
      gains.push_back(mean_absolute({error_of(series, one.origin, one.forecast.mean)}) -
                      mean_absolute({error_of(series, one.origin, with)}));
      left_out += gained < 0 ? 1 : 0;
      one.forecast = {gained < 0 ? std::move(one.forecast.mean) : std::move(with), {}, {}};
    }
  } catch (const Error& error) {
    given.corrected = given.raw;
    given.correction = fmt::format("left alone: {}", error.message());
    return;
  }
  given.correction = fmt::format("added {:g} of the error it expects, which left {:.0f} % of it on the validation part",
                                 share, 100 * best);
  if (left_out > 0)
    given.correction += fmt::format("; left out of {} of {} forecasts, before which it had not helped", left_out,
                                    given.corrected.size());
  if (protocol.intervals == Intervals::adaptive) add_adaptive(given.corrected, after, series, protocol.levels);
  else add_conformal(given.corrected, after, series, protocol.levels);
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line)
    if (c == ',') cells.emplace_back();
    else if (c != '\r' && c != '"') cells.back() += c;
  return cells;
}

/// A forecast that was made elsewhere: a row a sample, <name>, <name>-lo-80, <name>-hi-80, ...
Given answered(const ForecasterUse& use, const ForecastProtocol& protocol, const ForecastSeries& series) {
  std::string file = use.answers;
  if (const auto at = file.find("{}"); at != std::string::npos) file.replace(at, 2, series.name);
  std::istringstream text(read_text(file));
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> titles = cells_of(line);
  const auto refuse = [&](const std::string& why) { throw Error(use.place, fmt::format("'{}' {}", file, why)); };
  if (titles.size() < 2) refuse("has no column of forecasts after that of times");
  std::vector<std::vector<double>> columns(titles.size());
  while (std::getline(text, line)) {
    const std::vector<std::string> cells = cells_of(line);
    for (std::size_t c = 1; c < titles.size(); ++c) {
      char* end = nullptr;
      const double x = c < cells.size() ? std::strtod(cells[c].c_str(), &end) : nan;
      if (c >= cells.size() || end == cells[c].c_str() || !std::isfinite(x))
        refuse(fmt::format("has no number in column '{}' of row {}", titles[c], columns[1].size() + 1));
      columns[c].push_back(x);
    }
  }
  if (series.origins.size() != 1) refuse("holds a forecast from one origin, and several are asked for");
  if (columns[1].size() != series.horizon)
    refuse(fmt::format("holds {} samples, and the horizon has {}", columns[1].size(), series.horizon));
  Given given;
  given.validation_mae = nan, given.intervals = protocol.levels.empty() ? "" : "native";
  given.note = fmt::format("made elsewhere: {}", std::filesystem::path(file).filename().string());
  Issued one{series.origins[0], {columns[1], {}, {}}};
  for (const double level : protocol.levels)
    for (const bool high : {false, true}) {
      const auto found =
          std::find(titles.begin(), titles.end(), fmt::format("{}-{}-{:g}", titles[1], high ? "hi" : "lo", level));
      auto& rows = high ? one.forecast.high : one.forecast.low;
      if (found == titles.end()) rows.emplace_back(series.horizon, nan);
      else rows.push_back(columns[static_cast<std::size_t>(found - titles.begin())]);
    }
  given.raw.push_back(std::move(one));
  return given;
}

template <class Archive, class Self> void carry(Archive& a, Self& g) {
  a(g.series), a(g.forecaster), a(g.status), a(g.note), a(g.intervals), a(g.windows), a(g.apart), a(g.validation_mae);
  a(g.correction);
}
void write_issued(ByteWriter& out, const std::vector<Issued>& all) {
  out(std::uint64_t{all.size()});
  for (const Issued& one : all) out(one.origin), out(one.forecast.mean), out(one.forecast.low), out(one.forecast.high);
}
void read_issued(ByteReader& in, std::vector<Issued>& all) {
  std::uint64_t n = 0;
  in(n);
  for (std::uint64_t k = 0; k < n; ++k) {
    Issued one;
    in(one.origin), in(one.forecast.mean), in(one.forecast.low), in(one.forecast.high);
    all.push_back(std::move(one));
  }
}

}  // namespace

SeriesPart ForecastSeries::part(std::size_t from, std::size_t to) const {
  SeriesPart p{dt_ms, std::span(values).subspan(from, to - from), {}};
  for (const auto& k : known) p.known.push_back(std::span(k).subspan(from, to - from));
  return p;
}

std::string Given::pack() const {
  ByteWriter out;
  carry(out, *this);
  write_issued(out, raw), write_issued(out, corrected);
  return std::move(out).bytes();
}

Given Given::unpack(std::string_view bytes) {
  Given g;
  ByteReader in(bytes);
  carry(in, g);
  read_issued(in, g.raw), read_issued(in, g.corrected);
  return g;
}

bool fits_series(const Given& given, const ForecastSeries& series, std::size_t levels, bool corrected) {
  const auto fits = [&](const std::vector<Issued>& all) {
    if (all.size() != series.origins.size()) return false;
    const std::size_t bounds = all.empty() ? 0 : all[0].forecast.low.size();
    for (std::size_t k = 0; k < all.size(); ++k) {
      const Foretold& f = all[k].forecast;
      const auto whole = [&](const std::vector<double>& of) { return of.size() == series.horizon; };
      if (all[k].origin != series.origins[k] || !whole(f.mean) || f.low.size() != bounds || f.high.size() != bounds ||
          !std::all_of(f.low.begin(), f.low.end(), whole) || !std::all_of(f.high.begin(), f.high.end(), whole))
        return false;
    }
    return bounds == 0 || bounds == levels;
  };
  if (!given.ok()) return given.raw.empty() && given.corrected.empty();
  return fits(given.raw) && (corrected ? fits(given.corrected) : given.corrected.empty());
}

void check_lengths(const ForecastBlock& block, const ForecastSeries& layout) {
  const std::string of = layout.name.empty() ? "" : fmt::format(" of '{}'", layout.name);
  const auto ms = [&](std::size_t n) { return fmt::format("{:.10g} ms", static_cast<double>(n) * layout.dt_ms); };
  for (const ForecasterUse& use : block.by) {
    const bool unused = use.options.declares("season") && use.options.text("season") == "none";
    if (!use.options.declares("period") || unused) continue;
    const double period = use.options.number("period");
    if (std::round(period / layout.dt_ms) >= static_cast<double>(layout.train))
      throw Error(use.options["period"].place,
                  fmt::format("the training part{} of {} has not one whole period of {} for '{}'", of, ms(layout.train),
                              with_unit(period, "ms"), use.name),
                  "take a shorter period, or a longer training part");
  }
  if (!block.correct) return;
  const std::size_t begin = validation_begin(block.validation, layout.train);
  const Judging part(validation_origins(begin, layout.train, layout.horizon, block.windows), begin, layout);
  if (!part.enough())
    throw Error(block.correct->place,
                fmt::format("'correct' could never act: the validation part{} of {} has {} forecasts without overlap "
                            "to judge it by, and {} are needed",
                            of, ms(layout.train - begin), part.free, Judging::least),
                "take a larger 'validation' or training part, a shorter horizon, or more 'windows'");
}

ModelRun model_of(const ForecastBlock& block, const ForecastSeries& series, std::size_t f) {
  const ForecasterUse& use = block.by[f];
  const std::size_t of = use.is_model() ? f : use.hybrid.value_or(block.by.size());
  if (of == block.by.size()) return {};
  return {&series.models[of], block.by[of].options.number("pull")};
}

Given foretell(const ForecasterUse& use, const ForecasterUse* corrector, const ForecastProtocol& protocol,
               const ForecastSeries& series, std::uint64_t seed, const ModelRun& model) {
  Given given;
  given.validation_mae = nan;
  try {
    if (!use.answers.empty()) {
      given = answered(use, protocol, series);
      if (corrector)
        given.corrected = given.raw, given.correction = "left alone: there are no earlier forecasts to learn from";
      return given;
    }
    const bool native = protocol.intervals == Intervals::native && use.has(HK_INTERVALS) && !protocol.levels.empty();
    const bool wants_errors = !use.has(HK_REMOTE) || corrector || (!native && !protocol.levels.empty());
    const std::size_t begin = validation_begin(protocol.validation, series.train);
    std::vector<std::uint64_t> origins;
    std::optional<Asked> early;
    Errors before;
    std::vector<Foretold> own;  // intervals at the origins before T, where the forecaster has any
    if (wants_errors) try {
        origins = validation_origins(begin, series.train, series.horizon, protocol.windows);
        if (!origins.empty()) early.emplace(use, series, begin, seed, model);
        for (const std::uint64_t o : origins) {
          if (native) own.push_back((*early)(o, protocol.levels));
          before.origins.push_back(o);
          before.of.push_back(error_of(series, o, early->mean(o)));
        }
        given.validation_mae = mean_absolute(before.of);
      } catch (const Error& error) {  // the whole training part may be enough where the early one is not
        early.reset(), origins.clear(), before = {}, own.clear();
        given.note = fmt::format("no validation: {}", error.message());
      }
    Asked whole(use, series, series.train, seed, model);
    for (const std::size_t o : series.origins)
      given.raw.push_back({o, whole(o, native ? protocol.levels : std::vector<double>())});
    if (const std::string said = whole.note(); !said.empty())
      given.note = given.note.empty() ? said : fmt::format("{}; {}", said, given.note);
    if (native) {
      given.intervals = own.empty() ? "native" : add_own(given.raw, own, before, series, protocol.levels);
      if (given.intervals != "native") given.windows = origins.size(), given.apart = apart(origins, series.horizon);
    } else if (!protocol.levels.empty()) {
      const bool adaptive = protocol.intervals == Intervals::adaptive;
      given.intervals = adaptive ? "adaptive" : "conformal";
      given.windows = origins.size(), given.apart = apart(origins, series.horizon);
      if (adaptive) add_adaptive(given.raw, before, series, protocol.levels);
      else add_conformal(given.raw, before, series, protocol.levels);
    }
    if (corrector && early) {
      correct(given, *corrector, protocol, series, *early, whole, begin, origins, seed);
    } else if (corrector) {
      given.corrected = given.raw;
      given.correction = "left alone: there are no earlier forecasts to learn from";
    }
  } catch (const Error& error) {
    given.status = error.message();
    given.raw.clear(), given.corrected.clear();
  }
  return given;
}

}  // namespace hillock
