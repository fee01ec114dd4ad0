#pragma once
// What most forecasters share: what they need of a series, scaling, intervals, and what they learnt as bytes.
#include <Eigen/Dense>
#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <cstring>
#include <hillock/forecaster.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hillock::forecasting {

using Futures = std::vector<std::span<const double>>;

inline std::size_t total(std::span<const TimeSeries> pieces) {
  std::size_t n = 0;
  for (const TimeSeries& piece : pieces) n += piece.values.size();
  return n;
}
inline std::size_t longest(std::span<const TimeSeries> pieces) {
  std::size_t n = 0;
  for (const TimeSeries& piece : pieces) n = std::max(n, piece.values.size());
  return n;
}

inline std::string plural(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// REQUIRES of a training part: a piece of `least` values, and not all of its values the same.
inline void need_training(std::span<const TimeSeries> pieces, std::size_t least) {
  if (longest(pieces) < least)
    throw BadInput("the training part is too short: " + plural(least, "value") + " in a row are needed, and it has " +
                   std::to_string(longest(pieces)));
  const auto differs = [first = std::find_if(pieces.begin(), pieces.end(), [](const TimeSeries& p) {
                                  return !p.values.empty();
                                })->values.front()](double x) { return x != first; };
  for (const TimeSeries& piece : pieces)
    if (std::any_of(piece.values.begin(), piece.values.end(), differs)) return;
  throw BadInput("the training part is constant: there is nothing to learn from");
}
/// REQUIRES of what comes before a forecast: `least` values and the covariates of the training part.
inline void need_history(const TimeSeries& history, std::size_t least, std::size_t covariates) {
  if (history.values.empty()) throw BadInput("there is no value before the forecast");
  if (history.values.size() < least)
    throw BadInput("the history is too short: " + plural(least, "value") + " are needed, and it has " +
                   std::to_string(history.values.size()));
  if (history.covariates.size() != covariates)
    throw BadInput("it was trained with " + plural(covariates, "covariate") + ", and the history has " +
                   std::to_string(history.covariates.size()));
}
inline void need_future(const Futures& future, std::size_t covariates) {
  if (future.size() != covariates)
    throw BadInput("it was trained with " + plural(covariates, "covariate") +
                   ", and their values over the horizon are not given");
}

/// Mean and standard deviation, so that what is learnt does not depend on units. A column that does not vary is scaled
/// to 0.
struct Scale {
  double mean = 0, sd = 1;
  double in(double x) const { return sd > 0 ? (x - mean) / sd : 0; }
  double out(double z) const { return mean + sd * z; }
};
template <class Column> Scale scale_of(std::span<const TimeSeries> pieces, Column column) {
  double sum = 0, squares = 0, n = 0, low = INFINITY, high = -INFINITY;
  for (const TimeSeries& piece : pieces)
    for (const double x : column(piece)) sum += x, ++n, low = std::min(low, x), high = std::max(high, x);
  const double mean = sum / n;
  for (const TimeSeries& piece : pieces)
    for (const double x : column(piece)) squares += (x - mean) * (x - mean);
  return {mean, low < high ? std::sqrt(squares / n) : 0};
}
inline Scale scale_of_values(std::span<const TimeSeries> pieces) {
  return scale_of(pieces, [](const TimeSeries& p) { return p.values; });
}
/// The scale of each covariate. REQUIRES: all pieces have as many.
inline std::vector<Scale> scales_of_covariates(std::span<const TimeSeries> pieces) {
  std::vector<Scale> out;
  for (std::size_t c = 0; c < pieces[0].covariates.size(); ++c)
    out.push_back(scale_of(pieces, [c](const TimeSeries& p) { return p.covariates[c]; }));
  return out;
}

/// Linear interpolation (Hyndman & Fan 1996, type 7). REQUIRES: sorted, not empty.
inline double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto k = static_cast<std::size_t>(at);
  const double next = sorted[std::min(k + 1, sorted.size() - 1)];
  return sorted[k] + (at - static_cast<double>(k)) * (next - sorted[k]);
}

/// Half the width, in standard deviations, of the central interval of a normal distribution that holds `level` per
/// cent.
inline double normal_half_width(double level) { return std::sqrt(2.) * boost::math::erf_inv(level / 100); }

/// What is held out of a piece of n values begins here.
inline std::size_t held_out_from(std::size_t n) { return n - n / 5; }

/// A place from which the held-out end of a piece is forecast: the next value is values[t] of that piece.
struct Origin {
  std::size_t piece, t;
};
/// At most so many origins, evenly spread over the last fifth of each piece, with `horizon` values after each and
/// `reach` before.
inline std::vector<Origin> held_out_origins(const std::vector<std::vector<double>>& pieces, std::size_t reach,
                                            std::size_t horizon, std::size_t most) {
  std::vector<Origin> all, some;
  for (std::size_t p = 0; p < pieces.size(); ++p)
    for (std::size_t t = std::max(reach, held_out_from(pieces[p].size())); t + horizon <= pieces[p].size(); ++t)
      all.push_back({p, t});
  for (std::size_t k = 0; k < std::min(most, all.size()); ++k)
    some.push_back(all[k * all.size() / std::min(most, all.size())]);
  return some;
}
/// How far a free run misses: scaled errors above 1 count as 1, since what has lost the spikes cannot be more wrong.
inline double miss(double forecast, double truth) { return std::min(1., std::abs(forecast - truth)); }

/// A forecast whose error at lead h + 1 is normal with standard deviation sd[h].
inline Forecast normal_forecast(std::vector<double> mean, const std::vector<double>& sd,
                                std::span<const double> levels) {
  Forecast f{std::move(mean), {}, {}};
  for (const double level : levels) {
    f.low.push_back(f.mean);
    f.high.push_back(f.mean);
    for (std::size_t h = 0; h < sd.size(); ++h) {
      f.low.back()[h] -= normal_half_width(level) * sd[h];
      f.high.back()[h] += normal_half_width(level) * sd[h];
    }
  }
  return f;
}

/// What a forecaster learnt, as bytes: numbers, vectors and matrices in the order in which they are named, for `save`
/// and `load` alike.
class Writer {
 public:
  explicit Writer(const char* kind) { text_ = std::string(kind) + '\0'; }
  template <class T>
    requires std::is_arithmetic_v<T>
  void operator()(const T& x) {
    text_.append(reinterpret_cast<const char*>(&x), sizeof x);
  }
  void operator()(const Scale& s) { (*this)(s.mean), (*this)(s.sd); }
  template <class T> void operator()(const std::vector<T>& v) {
    (*this)(static_cast<std::uint64_t>(v.size()));
    for (const T& x : v) (*this)(x);
  }
  template <class D> void operator()(const Eigen::PlainObjectBase<D>& m) {
    (*this)(static_cast<std::int64_t>(m.rows())), (*this)(static_cast<std::int64_t>(m.cols()));
    text_.append(reinterpret_cast<const char*>(m.data()),
                 static_cast<std::size_t>(m.size()) * sizeof(typename D::Scalar));
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};
class Reader {
 public:
  Reader(const char* kind, std::string_view bytes) : left_(bytes) {
    const std::string expected = std::string(kind) + '\0';
    if (!left_.starts_with(expected)) throw BadInput(std::string("these bytes are none that ") + kind + " has saved");
    left_.remove_prefix(expected.size());
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  void operator()(T& x) {
    take(&x, sizeof x);
  }
  void operator()(Scale& s) { (*this)(s.mean), (*this)(s.sd); }
  template <class T> void operator()(std::vector<T>& v) {
    std::uint64_t n = 0;
    (*this)(n);
    if (n > left_.size()) throw cut();
    v.assign(n, T{});
    for (T& x : v) (*this)(x);
  }
  template <class D> void operator()(Eigen::PlainObjectBase<D>& m) {
    std::int64_t rows = 0, columns = 0;
    (*this)(rows), (*this)(columns);
    if (rows < 0 || columns < 0 ||
        (columns > 0 && static_cast<std::uint64_t>(rows) > left_.size() / static_cast<std::uint64_t>(columns)))
      throw cut();
    m.resize(rows, columns);
    take(m.data(), static_cast<std::size_t>(m.size()) * sizeof(typename D::Scalar));
  }
  void end() const {
    if (!left_.empty()) throw BadInput("what was saved is longer than it should be");
  }

 private:
  static BadInput cut() { return BadInput("what was saved is cut short"); }
  void take(void* to, std::size_t n) {
    if (n > left_.size()) throw cut();
    if (n > 0) std::memcpy(to, left_.data(), n);
    left_.remove_prefix(n);
  }
  std::string_view left_;
};

}  // namespace hillock::forecasting
