// Data-driven forecasting (Clark, Fuller, Platt & Abarbanel 2022): the next change of the series is a sum of Gaussian
// radial basis functions of its last values, a linear part, and the next and the last values of each covariate, which
// enter additively as the injected current does in a membrane. Centres by k-means (seeded as by Arthur & Vassilvitskii
// 2007) over the training part; width and ridge are those whose free runs stay closest to the last fifth of each piece,
// which is not trained on while they are chosen; then several ridge regressions, each over everything but a stretch of
// its own (the blocks of a jackknife: Kuensch 1989). The forecast is the median of their free runs, the value with the
// least expected absolute error: where they disagree about a spike, it is not foretold. Functions say nothing of where
// no data were, so a free run that gets far from all that was seen is lost, and the median of the training part takes
// its place. Where the history itself is far from all, its last value is held.
#include <hillock/random.hpp>

#include "common.hpp"
#include "regression.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Host, hillock::Options, hillock::Random, hillock::TimeSeries;
using namespace hillock::forecasting;

struct Ddf {
  static constexpr auto id = "ddf", version = "1.0.0", cite = "doi:10.1162/neco_a_01515",
                        meaning = "radial basis functions of past values, driven by the known current";
  static constexpr std::uint32_t flags = HK_FUTURE;
  static constexpr hk_option options[] = {
      hillock::integer("centres", 300, 1, 5000, "how many radial basis functions"),
      hillock::integer("dimension", 8, 1, 1000, "how many past values they depend on"),
      hillock::integer("delay", 1, 1, 10000, "samples between those values"),
      hillock::number("width", "1", 0, 0, 1e6,
                      "of the functions, in distances of neighbouring centres; 0: chosen on the held-out part"),
      hillock::number("ridge", "1", 0, 0, 1e6, "how much large weights cost; 0: chosen on the held-out part"),
      hillock::integer("horizon", 200, 1, 1e6, "samples of the free runs that width and ridge are chosen by"),
      hillock::integer("members", 9, 1, 1000,
                       "how many fits, each without a stretch of its own (1: one, of everything); the forecast is the "
                       "median of their free runs")};

  Ddf(std::uint64_t seed, const Options& chosen, const Host& host)
      : seed_(seed),
        host_(host),
        centres_wanted_(static_cast<Index>(chosen.number("centres"))),
        dimension_(static_cast<Index>(chosen.number("dimension"))),
        delay_(static_cast<std::size_t>(chosen.number("delay"))),
        horizon_(static_cast<std::size_t>(chosen.number("horizon"))),
        members_(static_cast<std::size_t>(chosen.number("members"))),
        width_(chosen.number("width")),
        ridge_(chosen.number("ridge")) {}

  void fit(std::span<const TimeSeries> pieces) {
    need_training(pieces, 2 * reach() + 40);
    weights_.resize(0, 0);
    y_ = scale_of_values(pieces);
    c_ = scales_of_covariates(pieces);
    low_ = INFINITY, high_ = -INFINITY;
    Data data;
    std::vector<double> sorted;
    for (const TimeSeries& piece : pieces) {
      data.values.emplace_back();
      for (const double x : piece.values) {
        data.values.back().push_back(y_.in(x));
        low_ = std::min(low_, y_.in(x)), high_ = std::max(high_, y_.in(x));
      }
      data.covariates.emplace_back();
      for (std::size_t c = 0; c < c_.size(); ++c) {
        data.covariates.back().emplace_back();
        for (const double x : piece.covariates[c]) data.covariates.back().back().push_back(c_[c].in(x));
      }
    }
    for (const auto& values : data.values) sorted.insert(sorted.end(), values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    median_ = quantile(sorted, 0.5);
    const double margin = (high_ - low_) / 10;
    low_ -= margin, high_ += margin;

    const std::vector<Origin> all = rows(data, false), kept = rows(data, true);
    if (kept.empty())
      throw BadInput("the training part is too short: its pieces are shorter than what is held out and looked back on");
    place_centres(data, kept);
    see(data, kept);
    const double apart = spacing();
    const std::vector<double> widths = width_ > 0 ? std::vector{width_} : std::vector<double>{0.7, 1.5, 3, 6, 12};
    const std::vector<double> ridges =
        ridge_ > 0 ? std::vector{ridge_} : std::vector<double>{1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2};
    const std::size_t held = longest(pieces) - held_out_from(longest(pieces));
    const std::vector<Origin> origins =
        held_out_origins(data.values, reach(), std::min(horizon_, std::max<std::size_t>(1, held / 2)), 64);
    double best = INFINITY;
    for (const double width : widths) {
      sharpness_ = 1 / (2 * width * width * apart * apart);
      const Ridge regression = regress(data, kept);
      for (const double ridge : ridges) {
        if (host_.stopped()) throw std::runtime_error("the training was stopped");
        const Eigen::VectorXd weights = regression.solve(ridge);
        if (weights.size() == 0) continue;
        const double missed = misses(data, origins, weights);
        if (missed < best) best = missed, width_chosen_ = width, ridge_chosen_ = ridge;
      }
    }
    sharpness_ = 1 / (2 * width_chosen_ * width_chosen_ * apart * apart);
    see(data, all);
    if (best < INFINITY) fit_members(data, all);
    if (weights_.cols() == 0)
      throw BadInput("the regression has no solution in these numbers; a larger `ridge` may help");
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures& future,
                   std::span<const double>) const {
    if (weights_.size() == 0) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, reach(), c_.size());
    need_future(future, c_.size());
    const std::size_t from = history.values.size() - reach();
    std::vector<double> values;
    for (const double x : history.values.subspan(from)) values.push_back(y_.in(x));
    std::vector<std::vector<double>> covariates;
    for (std::size_t c = 0; c < c_.size(); ++c) {
      covariates.emplace_back();
      for (const double x : history.covariates[c].subspan(from)) covariates.back().push_back(c_[c].in(x));
      for (const double x : future[c]) covariates.back().push_back(c_[c].in(x));
    }
    std::vector<std::vector<double>> runs;
    for (Index m = 0; m < weights_.cols(); ++m) {
      runs.push_back(values);
      run(runs.back(), covariates, horizon, weights_.col(m));
    }
    Forecast f;
    std::vector<double> at(runs.size());
    for (std::size_t h = 0; h < horizon; ++h) {
      for (std::size_t m = 0; m < runs.size(); ++m) at[m] = runs[m][reach() + h];
      std::sort(at.begin(), at.end());
      f.mean.push_back(y_.out(quantile(at, 0.5)));
    }
    return f;
  }

  std::string save() const {
    if (weights_.size() == 0) throw BadInput("it was not fitted: there is nothing to save");
    Writer to(kind);
    transfer(*this, to);
    return std::move(to).text();
  }
  void load(std::string_view bytes) {
    Reader from(kind, bytes);
    Ddf read = *this;
    transfer(read, from);
    from.end();
    if (read.centres_.cols() != dimension_ || read.weights_.rows() != read.columns() ||
        read.radius_.size() != read.centres_.rows())
      throw BadInput("what was saved is of another size");
    *this = read;
  }

  std::string note() const {
    if (weights_.size() == 0) return "";
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), "%d centres, width %g, ridge %g, %d members",
                  static_cast<int>(centres_.rows()), width_chosen_, ridge_chosen_, static_cast<int>(weights_.cols()));
    return text.data();
  }

 private:
  using Index = Eigen::Index;
  static constexpr auto kind = "ddf 1.0.0";
  static constexpr std::size_t most_rows = 20000;  // more of a long training part tell little more
  struct Data {
    std::vector<std::vector<double>> values;
    std::vector<std::vector<std::vector<double>>> covariates;
  };
  template <class Self, class Transfer> static void transfer(Self& self, Transfer& t) {
    t(self.y_), t(self.c_), t(self.centres_), t(self.weights_), t(self.sharpness_), t(self.low_), t(self.high_);
    t(self.width_chosen_), t(self.ridge_chosen_), t(self.radius_), t(self.median_);
  }
  std::size_t reach() const { return static_cast<std::size_t>(dimension_ - 1) * delay_ + 1; }

  /// The values to be learnt, without those held out if they are to be `kept` apart; of very many, some evenly spread.
  std::vector<Origin> rows(const Data& data, bool kept) const {
    std::vector<Origin> every, out;
    for (std::size_t p = 0; p < data.values.size(); ++p) {
      const std::size_t n = data.values[p].size();
      for (std::size_t t = reach(); t < (kept ? held_out_from(n) : n); ++t) every.push_back({p, t});
    }
    const std::size_t count = std::min(every.size(), most_rows);
    for (std::size_t k = 0; k < count; ++k) out.push_back(every[k * every.size() / count]);
    return out;
  }

  Index columns() const { return centres_.rows() + 1 + dimension_ + (1 + dimension_) * static_cast<Index>(c_.size()); }
  double past(const std::vector<double>& values, std::size_t t, Index k) const {
    return values[t - 1 - static_cast<std::size_t>(k) * delay_];
  }

  /// Squared distances of what comes before t to the centres.
  void measure(const std::vector<double>& values, std::size_t t) const {
    distance_.setZero(centres_.rows());
    for (Index k = 0; k < dimension_; ++k) distance_ += (centres_.col(k).array() - past(values, t, k)).square();
  }
  /// How far what was seen lies from the nearest centre, by centre: at least as far as in half of them.
  void see(const Data& data, const std::vector<Origin>& rows) {
    radius_ = Eigen::ArrayXd::Zero(centres_.rows());
    for (const Origin& o : rows) {
      measure(data.values[o.piece], o.t);
      Index own = 0;
      const double d = std::sqrt(distance_.minCoeff(&own));
      radius_[own] = std::max(radius_[own], d);
    }
    std::vector<double> sorted(radius_.begin(), radius_.end());
    std::sort(sorted.begin(), sorted.end());
    radius_ = radius_.max(quantile(sorted, 0.5));
  }
  /// Whether the features that were just made are those of a place unlike all that was seen.
  bool lost() const {
    constexpr double far = 3;  // times as far as anything was
    Index own = 0;
    const double d = std::sqrt(distance_.minCoeff(&own));
    return d > far * radius_[own];
  }

  /// The features of what comes at t.
  template <class Row>
  void features(const std::vector<double>& values, const std::vector<std::vector<double>>& covariates, std::size_t t,
                Row&& row) const {
    const Index n = centres_.rows();
    measure(values, t);
    row.head(n) = (-sharpness_ * distance_).exp();
    Index at = n;
    row[at++] = 1;
    for (Index k = 0; k < dimension_; ++k) row[at++] = past(values, t, k);
    for (const std::vector<double>& c : covariates) {
      row[at++] = c[t];
      for (Index k = 0; k < dimension_; ++k) row[at++] = past(c, t, k);
    }
  }

  Ridge regress(const Data& data, const std::vector<Origin>& rows) {
    Ridge regression(columns());
    constexpr std::size_t block = 512;
    Eigen::VectorXd one(columns());
    for (std::size_t from = 0; from < rows.size(); from += block) {
      const auto n = static_cast<Index>(std::min(block, rows.size() - from));
      Eigen::MatrixXd x(n, columns());
      Eigen::VectorXd wanted(n);
      for (Index i = 0; i < n; ++i) {
        const Origin& o = rows[from + static_cast<std::size_t>(i)];
        features(data.values[o.piece], data.covariates[o.piece], o.t, one);
        x.row(i) = one.transpose();
        wanted[i] = data.values[o.piece][o.t] - data.values[o.piece][o.t - 1];
      }
      regression.add(x, wanted);
    }
    return regression;
  }

  /// A column of weights a member.
  void fit_members(const Data& data, const std::vector<Origin>& all) {
    const Ridge whole = regress(data, all);
    const std::size_t n = std::min(members_, all.size());
    std::vector<Eigen::VectorXd> members;
    for (std::size_t m = 0; m < n; ++m) {
      if (host_.stopped()) throw std::runtime_error("the training was stopped");
      const auto at = [&](std::size_t k) { return all.begin() + static_cast<std::ptrdiff_t>(k * all.size() / n); };
      Eigen::VectorXd weights =
          (n == 1 ? whole : whole.without(regress(data, {at(m), at(m + 1)}))).solve(ridge_chosen_);
      if (weights.size() > 0) members.push_back(std::move(weights));
    }
    weights_.resize(columns(), static_cast<Index>(members.size()));
    for (std::size_t m = 0; m < members.size(); ++m) weights_.col(static_cast<Index>(m)) = members[m];
  }

  /// Appends what follows `values`, the first of which belongs to the first of each covariate.
  template <class Weights>
  void run(std::vector<double>& values, const std::vector<std::vector<double>>& covariates, std::size_t steps,
           const Weights& weights) const {
    Eigen::VectorXd row(weights.size());
    for (std::size_t h = 0; h < steps; ++h) {
      features(values, covariates, values.size(), row);
      if (lost()) {  // at the first step the history itself is unlike all that was seen
        values.resize(values.size() + steps - h, h == 0 ? values.back() : median_);
        return;
      }
      values.push_back(std::clamp(values.back() + row.dot(weights), low_, high_));
    }
  }

  double misses(const Data& data, const std::vector<Origin>& origins, const Eigen::VectorXd& weights) const {
    double sum = 0;
    for (const Origin& o : origins) {
      const std::vector<double>& truth = data.values[o.piece];
      const std::size_t from = o.t - reach(), steps = std::min(horizon_, truth.size() - o.t);
      std::vector<double> values(truth.begin() + static_cast<std::ptrdiff_t>(from),
                                 truth.begin() + static_cast<std::ptrdiff_t>(o.t));
      std::vector<std::vector<double>> covariates;
      for (const auto& c : data.covariates[o.piece])
        covariates.emplace_back(c.begin() + static_cast<std::ptrdiff_t>(from), c.end());
      run(values, covariates, steps, weights);
      double missed = 0;
      for (std::size_t h = 0; h < steps; ++h) missed += std::abs(values[reach() + h] - truth[o.t + h]);
      sum += missed / static_cast<double>(steps);
    }
    return sum;
  }

  void place_centres(const Data& data, const std::vector<Origin>& rows) {
    const std::size_t count = std::min<std::size_t>(rows.size(), 5000);
    Eigen::MatrixXd points(dimension_, static_cast<Index>(count));
    for (std::size_t i = 0; i < count; ++i) {
      const Origin& o = rows[i * rows.size() / count];
      for (Index k = 0; k < dimension_; ++k) points(k, static_cast<Index>(i)) = past(data.values[o.piece], o.t, k);
    }
    const Random random(seed_, 0);
    const Index n = points.cols(), wanted = std::min(centres_wanted_, n);
    std::vector<Eigen::VectorXd> centres{points.col(static_cast<Index>(random.uniform(0) * static_cast<double>(n)))};
    // each further one is a point, drawn by the square of its distance to the nearest so far
    Eigen::VectorXd nearest = (points.colwise() - centres[0]).colwise().squaredNorm();
    while (static_cast<Index>(centres.size()) < wanted) {
      double left = random.uniform(centres.size()) * nearest.sum();
      if (!(left > 0)) break;
      Index k = 0;
      while (k + 1 < n && (left -= nearest[k]) > 0) ++k;
      centres.push_back(points.col(k));
      nearest = nearest.cwiseMin((points.colwise() - centres.back()).colwise().squaredNorm().transpose());
    }
    const auto size = static_cast<Index>(centres.size());
    centres_.resize(size, dimension_);
    for (Index k = 0; k < size; ++k) centres_.row(k) = centres[static_cast<std::size_t>(k)].transpose();
    for (int round = 0; round < 20; ++round) {
      Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(size, dimension_);
      Eigen::VectorXd members = Eigen::VectorXd::Zero(size);
      for (Index i = 0; i < n; ++i) {
        distance_.setZero(size);
        for (Index k = 0; k < dimension_; ++k) distance_ += (centres_.col(k).array() - points(k, i)).square();
        Index own = 0;
        distance_.minCoeff(&own);
        sum.row(own) += points.col(i).transpose();
        ++members[own];
      }
      for (Index k = 0; k < size; ++k)
        if (members[k] > 0) centres_.row(k) = sum.row(k) / members[k];
    }
  }

  /// The mean distance of a centre to the nearest other.
  double spacing() const {
    double sum = 0;
    for (Index i = 0; i < centres_.rows(); ++i) {
      double nearest = INFINITY;
      for (Index j = 0; j < centres_.rows(); ++j)
        if (i != j) nearest = std::min(nearest, (centres_.row(i) - centres_.row(j)).norm());
      sum += nearest < INFINITY ? nearest : 1;
    }
    return std::max(sum / static_cast<double>(centres_.rows()), 1e-9);
  }

  std::uint64_t seed_;
  Host host_;
  Index centres_wanted_, dimension_;
  std::size_t delay_, horizon_, members_;
  double width_, ridge_, width_chosen_ = 0, ridge_chosen_ = 0, sharpness_ = 1, low_ = 0, high_ = 0, median_ = 0;
  Scale y_;
  std::vector<Scale> c_;
  Eigen::MatrixXd centres_;          // a row each
  Eigen::ArrayXd radius_;            // by centre, see see()
  Eigen::MatrixXd weights_;          // a column a member
  mutable Eigen::ArrayXd distance_;  // room to work in
};
HILLOCK_FORECASTER(Ddf)
