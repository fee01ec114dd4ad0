// Analogs (Lorenz 1969; Farmer & Sidorowich 1987): the forecast is what followed the most similar pasts of the training
// part, in the space of delayed values. `direct` takes whole continuations, so that it repeats what has been;
// `iterated` takes one step and looks again. Covariates belong to what has to be similar: their past, and over what is
// forecast their future. Of pasts that overlap only the most similar one counts, since the others tell the same again.
// The forecast is the weighted median of what followed, the value with the least expected absolute error; weights fall
// with the square of the distance, and a past that is met exactly decides alone.
#include "common.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Options, hillock::TimeSeries;
using namespace hillock::forecasting;

struct Analog {
  static constexpr auto id = "analog", version = "1.0.0", cite = "doi:10.1103/PhysRevLett.59.845",
                        meaning = "what followed the most similar pasts, in delay space";
  static constexpr std::uint32_t flags = HK_FUTURE;
  static constexpr hk_option options[] = {
      hillock::choice("strategy", "direct|iterated", "direct", "whole continuations, or one step after another"),
      hillock::integer("neighbours", 7, 1, 1000,
                       "how many pasts, none of which overlap; the forecast is the weighted median of what followed"),
      hillock::integer("dimension", 20, 1, 10000, "how many past values are compared"),
      hillock::integer("delay", 1, 1, 10000, "samples between those values"),
      hillock::flag("level", true,
                    "what followed a past is moved by the mean difference of the values that are compared, as where a "
                    "membrane drifts")};

  Analog(std::uint64_t, const Options& chosen)
      : iterated_(chosen.text("strategy") == "iterated"),
        neighbours_(static_cast<std::size_t>(chosen.number("neighbours"))),
        dimension_(static_cast<std::size_t>(chosen.number("dimension"))),
        delay_(static_cast<std::size_t>(chosen.number("delay"))),
        level_(chosen.flag("level")) {}

  void fit(std::span<const TimeSeries> pieces) {
    need_training(pieces, reach() + 1);
    y_ = scale_of_values(pieces);
    c_ = scales_of_covariates(pieces);
    pieces_.clear();
    for (const TimeSeries& piece : pieces) {
      Piece p;
      for (const double x : piece.values) p.values.push_back(y_.in(x));
      for (std::size_t c = 0; c < c_.size(); ++c) {
        p.covariates.emplace_back();
        for (const double x : piece.covariates[c]) p.covariates.back().push_back(c_[c].in(x));
      }
      pieces_.push_back(std::move(p));
    }
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures& future,
                   std::span<const double>) const {
    if (pieces_.empty()) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, reach(), c_.size());
    need_future(future, c_.size());
    Piece now;  // as much of the history as is compared, then the future
    for (std::size_t t = history.values.size() - reach(); t < history.values.size(); ++t)
      now.values.push_back(y_.in(history.values[t]));
    for (std::size_t c = 0; c < c_.size(); ++c) {
      now.covariates.emplace_back();
      for (std::size_t t = history.values.size() - reach(); t < history.values.size(); ++t)
        now.covariates[c].push_back(c_[c].in(history.covariates[c][t]));
      for (const double x : future[c]) now.covariates[c].push_back(c_[c].in(x));
    }
    const std::size_t stride = iterated_ ? 1 : horizon;
    for (std::size_t h = 0; h < horizon; h += stride) append(now, stride);
    Forecast f;
    for (std::size_t h = 0; h < horizon; ++h) f.mean.push_back(y_.out(now.values[reach() + h]));
    return f;
  }

 private:
  struct Piece {
    std::vector<double> values;
    std::vector<std::vector<double>> covariates;
  };
  struct Past {
    double distance;
    const Piece* piece;
    std::size_t t;  ///< of the value that follows it
    double weight = 0, move = 0;
  };
  std::size_t reach() const { return (dimension_ - 1) * delay_ + 1; }

  /// What follows the values of `now`, `steps` long.
  void append(Piece& now, std::size_t steps) const {
    const std::size_t end = now.values.size();
    std::vector<Past> nearest;
    const auto nearer = [](const Past& a, const Past& b) { return a.distance < b.distance; };
    for (const Piece& piece : pieces_)
      for (std::size_t t = reach(); t + steps <= piece.values.size(); ++t) {
        // of those so far only the latest may overlap with this one
        const auto same = std::find_if(nearest.begin(), nearest.end(),
                                       [&](const Past& past) { return past.piece == &piece && past.t + reach() > t; });
        const bool full = nearest.size() == neighbours_;
        const auto replaced = same != nearest.end() ? same
                              : full                ? std::max_element(nearest.begin(), nearest.end(), nearer)
                                                    : nearest.end();
        const double limit = replaced != nearest.end() ? replaced->distance : INFINITY;
        double d = 0;
        for (std::size_t k = 0; k < dimension_ && d < limit; ++k) {
          const double x = now.values[end - 1 - k * delay_] - piece.values[t - 1 - k * delay_];
          d += x * x;
        }
        for (std::size_t c = 0; c < c_.size() && d < limit; ++c) {
          const double *a = now.covariates[c].data() + end, *b = piece.covariates[c].data() + t;
          double past = 0, ahead = 0;
          for (std::size_t k = 0; k < dimension_; ++k) {
            const auto at = -1 - static_cast<std::ptrdiff_t>(k * delay_);
            past += (a[at] - b[at]) * (a[at] - b[at]);
          }
          for (std::size_t h = 0; h < steps; ++h) ahead += (a[h] - b[h]) * (a[h] - b[h]);
          // all that is forecast counts as much as all that is compared
          d += past + ahead * static_cast<double>(dimension_) / static_cast<double>(steps);
        }
        if (!(d < limit)) continue;
        if (replaced != nearest.end()) *replaced = {d, &piece, t};
        else nearest.push_back({d, &piece, t});
      }
    if (nearest.empty())
      throw BadInput("no past of the training part is followed by " + plural(steps, "value") +
                     ": the horizon is too long for `direct`");
    const bool exact = std::min_element(nearest.begin(), nearest.end(), nearer)->distance == 0;
    double sum = 0;
    for (Past& past : nearest) sum += past.weight = exact ? past.distance == 0 : 1 / past.distance;
    for (Past& past : nearest)
      for (std::size_t k = 0; level_ && k < dimension_; ++k)
        past.move += (now.values[end - 1 - k * delay_] - past.piece->values[past.t - 1 - k * delay_]) /
                     static_cast<double>(dimension_);
    std::vector<std::pair<double, double>> at;  // a value and its weight
    for (std::size_t h = 0; h < steps; ++h) {
      at.clear();
      for (const Past& past : nearest) at.emplace_back(past.piece->values[past.t + h] + past.move, past.weight);
      std::sort(at.begin(), at.end());
      std::size_t k = 0;
      for (double below = at[0].second; k + 1 < at.size() && below < sum / 2; below += at[k].second) ++k;
      now.values.push_back(at[k].first);
    }
  }

  bool iterated_;
  std::size_t neighbours_, dimension_, delay_;
  bool level_;
  Scale y_;
  std::vector<Scale> c_;
  std::vector<Piece> pieces_;
};
HILLOCK_FORECASTER(Analog)
