// An echo state network (Jaeger 2001): a fixed random network of leaky units is driven by the series and by the next
// value of each covariate, and one ridge regression from its state, the series and the covariates gives the next change
// of the series. Covariates may be the injected current, or the output of a model, which the network then corrects
// (hybrid: Williams, Taylor & Nogaret 2026, arXiv:2508.19948). Leak, spectral radius, strength of the inputs and ridge
// are those whose free runs stay closest to the last fifth of each piece, which is not trained on while they are
// chosen; then one regression over everything. A free run is kept within what was seen and a tenth of its range more.
#include <hillock/random.hpp>

#include "common.hpp"
#include "regression.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Host, hillock::Options, hillock::Random, hillock::TimeSeries;
using namespace hillock::forecasting;

struct Reservoir {
  static constexpr auto id = "reservoir", version = "1.0.0", cite = "Jaeger (2001), GMD report 148",
                        meaning = "echo state network with a ridge readout, driven by the known current";
  static constexpr std::uint32_t flags = HK_FUTURE;
  static constexpr hk_option options[] = {
      hillock::integer("units", 400, 1, 5000, "size of the network"),
      hillock::number("radius", "1", 0, 0, 10, "spectral radius of its weights; 0: chosen on the held-out part"),
      hillock::number("leak", "1", 0, 0, 1,
                      "share of a unit's state that is new at each step; 0: chosen on the held-out part"),
      hillock::number("input", "1", 0, 0, 1000, "strength of the inputs; 0: chosen on the held-out part"),
      hillock::number("ridge", "1", 0, 0, 1e6, "how much large weights cost; 0: chosen on the held-out part"),
      hillock::integer("washout", 100, 1, 1e6, "first samples of a piece that only set the network going"),
      hillock::integer("horizon", 200, 1, 1e6, "samples of the free runs that these are chosen by")};

  Reservoir(std::uint64_t seed, const Options& chosen, const Host& host)
      : seed_(seed),
        host_(host),
        units_(static_cast<Index>(chosen.number("units"))),
        washout_(static_cast<std::size_t>(chosen.number("washout"))),
        horizon_(static_cast<std::size_t>(chosen.number("horizon"))),
        asked_{chosen.number("radius"), chosen.number("leak"), chosen.number("input"), chosen.number("ridge")} {}

  void fit(std::span<const TimeSeries> pieces) {
    need_training(pieces, washout_ + 50);
    weights_ = {};
    y_ = scale_of_values(pieces);
    c_ = scales_of_covariates(pieces);
    low_ = INFINITY, high_ = -INFINITY;
    std::vector<std::vector<double>> values;
    std::vector<std::vector<std::vector<double>>> covariates;
    for (const TimeSeries& piece : pieces) {
      values.emplace_back(), covariates.emplace_back();
      for (const double x : piece.values) {
        values.back().push_back(y_.in(x));
        low_ = std::min(low_, y_.in(x)), high_ = std::max(high_, y_.in(x));
      }
      for (std::size_t c = 0; c < c_.size(); ++c) {
        covariates.back().emplace_back();
        for (const double x : piece.covariates[c]) covariates.back().back().push_back(c_[c].in(x));
      }
    }
    const double margin = (high_ - low_) / 10;
    low_ -= margin, high_ += margin;
    build();

    const std::size_t held = longest(pieces) - held_out_from(longest(pieces));
    const std::vector<Origin> origins =
        held_out_origins(values, washout_, std::min(horizon_, std::max<std::size_t>(1, held / 2)), 16);
    const auto tried = [](double asked, std::vector<double> otherwise) {
      return asked > 0 ? std::vector{asked} : otherwise;
    };
    double best = INFINITY;
    Settings chosen{};
    for (const double radius : tried(asked_.radius, {0.1, 0.4, 0.9}))
      for (const double leak : tried(asked_.leak, {0.4, 1}))
        for (const double input : tried(asked_.input, {0.3, 1, 3})) {
          if (host_.stopped()) throw std::runtime_error("the training was stopped");
          now_ = {radius, leak, input, 0};
          std::vector<Eigen::VectorXd> starts(origins.size());
          const Ridge regression = drive(values, covariates, true, origins, starts);
          for (const double ridge : tried(asked_.ridge, {1e-10, 1e-8, 1e-6, 1e-4, 1e-2})) {
            weights_ = regression.solve(ridge);
            if (weights_.size() == 0) continue;
            double missed = 0;
            for (std::size_t k = 0; k < origins.size(); ++k) {
              const std::vector<double>& truth = values[origins[k].piece];
              const std::size_t t = origins[k].t, steps = std::min(horizon_, truth.size() - t);
              std::vector<std::span<const double>> ahead;
              for (const auto& c : covariates[origins[k].piece]) ahead.push_back(std::span(c).subspan(t));
              const std::vector<double> ran = run(starts[k], truth[t - 1], ahead, steps);
              double sum = 0;
              for (std::size_t h = 0; h < steps; ++h) sum += miss(ran[h], truth[t + h]);
              missed += sum / static_cast<double>(steps);
            }
            if (missed < best) best = missed, chosen = {radius, leak, input, ridge};
          }
        }
    now_ = chosen;
    std::vector<Eigen::VectorXd> none;
    weights_ = best < INFINITY ? drive(values, covariates, false, {}, none).solve(now_.ridge) : Eigen::VectorXd();
    if (weights_.size() == 0)
      throw BadInput("the regression has no solution in these numbers; a larger `ridge` may help");
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures& future,
                   std::span<const double>) const {
    if (weights_.size() == 0) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, 2, c_.size());
    need_future(future, c_.size());
    constexpr std::size_t heard = 4000;  // what lies further back has died away
    const std::size_t n = history.values.size(), from = n - std::min(heard, n);
    Eigen::VectorXd state = Eigen::VectorXd::Zero(units_);
    std::vector<double> next(c_.size());
    for (std::size_t t = from; t + 1 < n; ++t) {
      for (std::size_t c = 0; c < c_.size(); ++c) next[c] = c_[c].in(history.covariates[c][t + 1]);
      step(state, y_.in(history.values[t]), next);
    }
    std::vector<std::vector<double>> scaled;
    std::vector<std::span<const double>> ahead;
    for (std::size_t c = 0; c < c_.size(); ++c) {
      scaled.emplace_back();
      for (const double x : future[c]) scaled.back().push_back(c_[c].in(x));
    }
    for (const auto& c : scaled) ahead.emplace_back(c);
    Forecast f{run(state, y_.in(history.values.back()), ahead, horizon), {}, {}};
    for (double& x : f.mean) x = y_.out(x);
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
    Reservoir read = *this;
    transfer(read, from);
    from.end();
    if (read.weights_.size() != read.features()) throw BadInput("what was saved is of another size");
    read.build();  // the network itself follows from the seed, which is saved with the rest
    *this = read;
  }

  std::string note() const {
    if (weights_.size() == 0) return "";
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), "radius %g, leak %g, input %g, ridge %g", now_.radius, now_.leak,
                  now_.input, now_.ridge);
    return text.data();
  }

 private:
  using Index = Eigen::Index;
  static constexpr auto kind = "reservoir 1.0.0";
  static constexpr Index connections = 10;  // of a unit with others
  // more of a long training part tell little more, and still less while settings are only compared
  static constexpr std::size_t most_rows = 20000, most_compared = 6000;
  struct Settings {
    double radius, leak, input, ridge;
  };
  template <class Self, class Transfer> static void transfer(Self& self, Transfer& t) {
    t(self.seed_), t(self.y_), t(self.c_), t(self.weights_), t(self.low_), t(self.high_);
    t(self.now_.radius), t(self.now_.leak), t(self.now_.input), t(self.now_.ridge);
  }
  Index features() const { return units_ + 2 + static_cast<Index>(c_.size()); }

  /// The random network: a few connections a unit, scaled to a spectral radius of 1, and weights of the inputs.
  void build() {
    const Random random(seed_, 0);
    std::uint64_t draw = 0;
    const Index k = std::min(connections, units_);
    from_.resize(k, units_), strength_.resize(k, units_);
    for (Index i = 0; i < units_; ++i)
      for (Index j = 0; j < k; ++j) {
        const auto [a, b] = random.uniform2(draw++);
        from_(j, i) = std::min(static_cast<Index>(a * static_cast<double>(units_)), units_ - 1);
        strength_(j, i) = 2 * b - 1;
      }
    input_.resize(units_, 2 + static_cast<Index>(c_.size()));
    for (Index i = 0; i < input_.size(); ++i) input_.data()[i] = 2 * random.uniform(draw++) - 1;
    // the mean growth over many steps, since the largest eigenvalues are a pair
    Eigen::VectorXd x = Eigen::VectorXd::Ones(units_), y(units_);
    double growth = 0;
    constexpr int settle = 100, watched = 400;
    for (int n = 0; n < settle + watched; ++n) {
      spread(x, y);
      const double norm = y.norm();
      if (!(norm > 0)) break;
      if (n >= settle) growth += std::log(norm / x.norm());
      x = y / norm;
    }
    strength_ /= std::exp(growth / watched);
  }
  void spread(const Eigen::VectorXd& x, Eigen::VectorXd& to) const {
    for (Index i = 0; i < units_; ++i) {
      double sum = 0;
      for (Index j = 0; j < from_.rows(); ++j) sum += strength_(j, i) * x[from_(j, i)];
      to[i] = sum;
    }
  }

  /// The state after a value, the covariates of the next known.
  void step(Eigen::VectorXd& state, double value, std::span<const double> next) const {
    room_.resize(units_);
    spread(state, room_);
    room_ *= now_.radius;
    room_ += now_.input * value * input_.col(0) + input_.col(1);
    for (std::size_t c = 0; c < next.size(); ++c) room_ += now_.input * next[c] * input_.col(static_cast<Index>(c) + 2);
    for (Index i = 0; i < units_; ++i) state[i] += now_.leak * (std::tanh(room_[i]) - state[i]);
  }
  template <class Row>
  void fill(Row&& row, const Eigen::VectorXd& state, double value, std::span<const double> next) const {
    row.head(units_) = state;
    row[units_] = 1;
    row[units_ + 1] = value;
    for (std::size_t c = 0; c < next.size(); ++c) row[units_ + 2 + static_cast<Index>(c)] = next[c];
  }

  /// Walks all pieces and gathers what is to be learnt, without those held out if `kept` apart; the states before the
  /// first value of each origin are kept.
  Ridge drive(const std::vector<std::vector<double>>& values,
              const std::vector<std::vector<std::vector<double>>>& covariates, bool kept,
              const std::vector<Origin>& origins, std::vector<Eigen::VectorXd>& starts) const {
    Ridge regression(features());
    std::size_t total_rows = 0;
    for (const auto& v : values) total_rows += v.size();
    const std::size_t stride = total_rows / (kept ? most_compared : most_rows) + 1;
    constexpr Index block = 512;
    Eigen::MatrixXd x(block, features());
    Eigen::VectorXd wanted(block), row(features());
    Index used = 0;
    std::size_t origin = 0;
    std::vector<double> next(c_.size());
    for (std::size_t p = 0; p < values.size(); ++p) {
      const std::vector<double>& v = values[p];
      Eigen::VectorXd state = Eigen::VectorXd::Zero(units_);
      for (std::size_t t = 1; t < v.size(); ++t) {  // v[t] is to be said
        if (origin < origins.size() && origins[origin].piece == p && origins[origin].t == t) starts[origin++] = state;
        for (std::size_t c = 0; c < c_.size(); ++c) next[c] = covariates[p][c][t];
        step(state, v[t - 1], next);
        if (t < washout_ || (kept && t >= held_out_from(v.size())) || t % stride != 0) continue;
        fill(row, state, v[t - 1], next);
        x.row(used) = row.transpose();
        wanted[used++] = v[t] - v[t - 1];
        if (used == block) regression.add(x, wanted), used = 0;
      }
    }
    if (used > 0) regression.add(x.topRows(used), wanted.head(used));
    return regression;
  }

  /// What follows `value`, from the state before it.
  std::vector<double> run(Eigen::VectorXd state, double value, const std::vector<std::span<const double>>& ahead,
                          std::size_t steps) const {
    std::vector<double> out, next(ahead.size());
    Eigen::VectorXd row(features());
    for (std::size_t h = 0; h < steps; ++h) {
      for (std::size_t c = 0; c < ahead.size(); ++c) next[c] = ahead[c][h];
      step(state, value, next);
      fill(row, state, value, next);
      value = std::clamp(value + row.dot(weights_), low_, high_);
      out.push_back(value);
    }
    return out;
  }

  std::uint64_t seed_;
  Host host_;
  Index units_;
  std::size_t washout_, horizon_;
  double low_ = 0, high_ = 0;
  Settings asked_, now_{};
  Scale y_;
  std::vector<Scale> c_;
  Eigen::Matrix<Index, Eigen::Dynamic, Eigen::Dynamic> from_;  // a column a unit
  Eigen::MatrixXd strength_, input_;  // likewise; of the value, of a constant, of each covariate
  Eigen::VectorXd weights_;           // of the state, of a constant, of the value, of each covariate
  mutable Eigen::VectorXd room_;      // to work in
};
HILLOCK_FORECASTER(Reservoir)
