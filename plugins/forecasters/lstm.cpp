// Two layers of long short-term memory and a linear output (Plaster & Kumar 2019 on neurons), trained on one step ahead
// by truncated back-propagation: the series is cut into as many streams as the batch has, each is walked sequence after
// sequence with its memory kept, and nothing flows back beyond a sequence. Adam on the mean squared error, gradients no
// longer than 1; after each epoch the error on the last part of each piece, which is not trained on, decides which
// weights are kept and when to stop. A forecast runs on from the history, each value fed back; covariates are read one
// step ahead, where they are known. A second `fit` trains on.
#include "common.hpp"
#include "lstm_network.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Host, hillock::Options, hillock::Random, hillock::TimeSeries;
using namespace hillock::forecasting;

struct Lstm {
  static constexpr auto id = "lstm", version = "1.0.0", cite = "doi:10.1162/neco.1997.9.8.1735",
                        meaning = "two layers of long short-term memory";
  static constexpr std::uint32_t flags = HK_FUTURE;
  static constexpr hk_option options[] = {
      hillock::integer("hidden", 64, 1, 1024, "units in each of the two layers"),
      hillock::integer("epochs", 200, 1, 1e6, "how often the training part is walked at most"),
      hillock::integer("sequence", 32, 2, 10000, "samples before the gradient is cut off"),
      hillock::integer("batch", 16, 1, 1024, "sequences of one step of Adam"),
      hillock::number("rate", "1", 1e-3, 1e-8, 1, "step size of Adam"),
      hillock::number("validation", "1", 0.2, 0, 0.9,
                      "share of each piece, its end, that is held out; 0: all epochs are run"),
      hillock::integer("patience", 20, 1, 1e6, "epochs without a lower held-out error before it stops")};

  Lstm(std::uint64_t seed, const Options& chosen, const Host& host)
      : seed_(seed),
        host_(host),
        hidden_(static_cast<Index>(chosen.number("hidden"))),
        sequence_(static_cast<Index>(chosen.number("sequence"))),
        batch_(static_cast<Index>(chosen.number("batch"))),
        epochs_(static_cast<int>(chosen.number("epochs"))),
        patience_(static_cast<int>(chosen.number("patience"))),
        rate_(chosen.number("rate")),
        validation_(chosen.number("validation")) {}

  void fit(std::span<const TimeSeries> pieces) {
    const FlushDenormals flushing;
    need_training(pieces, 8);
    if (!trained()) {
      y_ = scale_of_values(pieces);
      c_ = scales_of_covariates(pieces);
      network_ = Network(static_cast<Index>(1 + c_.size()), hidden_);
      network_.initialise(Random(seed_, 0));
      adam_ = {};
    }
    for (const TimeSeries& piece : pieces)
      if (piece.covariates.size() != c_.size())
        throw BadInput("it was trained with " + plural(c_.size(), "covariate") + ", and now there are " +
                       std::to_string(piece.covariates.size()));
    std::vector<Scaled> scaled;
    Index trained_steps = 0;
    for (const TimeSeries& piece : pieces) {
      const auto steps = static_cast<Index>(piece.values.size()) - 1;
      if (steps < 1) continue;
      scaled.push_back({inputs(piece.values, piece.covariates, nullptr), targets(piece.values), 0});
      scaled.back().train = steps - static_cast<Index>(validation_ * static_cast<double>(steps));
      trained_steps = std::max(trained_steps, scaled.back().train);
    }
    const bool judged = std::any_of(scaled.begin(), scaled.end(), [](const Scaled& s) { return s.train < s.x.cols(); });
    const Index length = std::min(sequence_, trained_steps);
    Network best_network = network_;
    Adam<float> best_adam = adam_;
    best_error_ = INFINITY;
    best_epoch_ = 0;
    for (int epoch = 1; epoch <= epochs_; ++epoch, ++walked_) {
      if (host_.stopped()) throw std::runtime_error("the training was stopped");
      train(scaled, length);
      const double error = judged ? held_out_error(scaled) : 0;
      if (!network_.weights.allFinite())
        throw std::runtime_error("the weights leave the finite numbers; a smaller `rate` may help");
      if (!judged || error < best_error_) {
        best_error_ = error, best_epoch_ = epoch;
        best_network.weights = network_.weights, best_adam = adam_;
      } else if (epoch - best_epoch_ >= patience_) {
        break;
      }
      host_.progress(static_cast<double>(epoch) / epochs_, "training lstm");
    }
    network_.weights = best_network.weights, adam_ = best_adam;
  }

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures& future, std::span<const double>) {
    const FlushDenormals flushing;
    if (!trained()) throw std::logic_error("asked for a forecast before it was fitted");
    need_history(history, 1, c_.size());
    need_future(future, c_.size());
    constexpr std::size_t heard = 4000;  // what lies further back has been forgotten
    const std::size_t from = history.values.size() - std::min(heard, history.values.size());
    std::vector<std::span<const double>> covariates;
    for (const auto& c : history.covariates) covariates.push_back(c.subspan(from));
    const Matrix x = inputs(history.values.subspan(from), covariates, &future);
    auto memory = network_.memory(1);
    Forecast f;
    float last = network_.forward(x, memory)(0, x.cols() - 1);
    Matrix next(x.rows(), 1);
    for (std::size_t h = 0; h < horizon; ++h) {
      f.mean.push_back(y_.out(last));
      if (h + 1 == horizon) break;
      next(0, 0) = last;
      for (std::size_t c = 0; c < c_.size(); ++c)
        next(static_cast<Index>(c) + 1, 0) = static_cast<float>(c_[c].in(future[c][h + 1]));
      last = network_.forward(next, memory)(0, 0);
    }
    return f;
  }

  std::string save() const {
    if (!trained()) throw BadInput("it was not fitted: there is nothing to save");
    Writer to(kind);
    transfer(*this, to);
    return std::move(to).text();
  }
  void load(std::string_view bytes) {
    Reader from(kind, bytes);
    Lstm read = *this;
    transfer(read, from);
    from.end();
    const Network shape(static_cast<Index>(1 + read.c_.size()), hidden_);
    if (read.network_.weights.size() != shape.weights.size() || read.adam_.first.size() != shape.weights.size() ||
        read.adam_.second.size() != shape.weights.size())
      throw BadInput("what was saved is a network of another size");
    const auto weights = read.network_.weights;
    read.network_ = shape;
    read.network_.weights = weights;
    *this = read;
  }

  std::string note() const {
    if (!trained()) return "";
    std::array<char, 96> text{};
    if (best_error_ > 0)
      std::snprintf(text.data(), text.size(), "weights of epoch %d, held-out RMSE of one step %.4g", best_epoch_,
                    y_.sd * std::sqrt(best_error_));
    else std::snprintf(text.data(), text.size(), "weights of epoch %d", best_epoch_);
    return text.data();
  }

 private:
  using Network = LstmNetwork<float>;
  using Matrix = Network::Matrix;
  using Index = Eigen::Index;
  static constexpr auto kind = "lstm 1.0.0";
  struct Scaled {
    Matrix x, y;  // a column a step: the value and the next covariates, and the next value
    Index train;  // how many steps are trained on
  };
  bool trained() const { return network_.weights.size() > 0; }

  template <class Self, class Transfer> static void transfer(Self& self, Transfer& t) {
    t(self.y_), t(self.c_), t(self.network_.weights), t(self.adam_.first), t(self.adam_.second), t(self.adam_.steps);
    t(self.walked_), t(self.best_epoch_), t(self.best_error_);
  }

  /// Inputs of all steps from one value to the next; with a future, of the step beyond the last value as well.
  template <class Covariates>
  Matrix inputs(std::span<const double> values, const Covariates& covariates, const Futures* future) const {
    const std::size_t steps = values.size() - (future ? 0 : 1);
    Matrix x(static_cast<Index>(1 + c_.size()), static_cast<Index>(steps));
    for (std::size_t t = 0; t < steps; ++t) {
      const auto column = static_cast<Index>(t);
      x(0, column) = static_cast<float>(y_.in(values[t]));
      for (std::size_t c = 0; c < c_.size(); ++c)
        x(static_cast<Index>(c) + 1, column) =
            static_cast<float>(c_[c].in(t + 1 < values.size() ? covariates[c][t + 1] : (*future)[c][0]));
    }
    return x;
  }
  Matrix targets(std::span<const double> values) const {
    Matrix y(1, static_cast<Index>(values.size()) - 1);
    for (Index t = 0; t < y.cols(); ++t) y(0, t) = static_cast<float>(y_.in(values[static_cast<std::size_t>(t) + 1]));
    return y;
  }

  void train(const std::vector<Scaled>& pieces, Index length) {
    struct Window {
      const Scaled* piece;
      Index from;
    };
    // sequences begin elsewhere in each epoch, so that no sample is always the first
    const auto offset = static_cast<Index>(Random(seed_, 1).uniform(walked_) * static_cast<double>(length));
    std::vector<Window> windows;
    for (const Scaled& piece : pieces)
      for (Index t = piece.train >= 2 * length ? offset : 0; t + length <= piece.train; t += length)
        windows.push_back({&piece, t});
    const auto count = static_cast<Index>(windows.size());
    const Index batch = std::min(batch_, count), rounds = (count + batch - 1) / batch;
    auto memory = network_.memory(batch);
    Matrix x(network_.inputs(), length * batch), dy(1, length * batch), wanted(1, length * batch);
    for (Index round = 0; round < rounds; ++round) {
      Index busy = 0;
      const auto at = [&](Index stream, Index r) -> const Window* {
        const Index k = stream * rounds + r;
        return k < count ? &windows[static_cast<std::size_t>(k)] : nullptr;
      };
      for (Index s = 0; s < batch; ++s) {
        const Window *now = at(s, round), *before = round > 0 ? at(s, round - 1) : nullptr;
        if (!now || !before || before->piece != now->piece || before->from + length != now->from) memory.clear(s);
        busy += now != nullptr;
        for (Index t = 0; t < length; ++t) {
          if (now) x.col(t * batch + s) = now->piece->x.col(now->from + t);
          else x.col(t * batch + s).setZero();
          wanted(0, t * batch + s) = now ? now->piece->y(0, now->from + t) : 0;
        }
      }
      const Matrix& y = network_.forward(x, memory);
      dy = (2.F / static_cast<float>(busy * length)) * (y - wanted);
      for (Index s = 0; s < batch; ++s)
        if (!at(s, round))
          for (Index t = 0; t < length; ++t) dy(0, t * batch + s) = 0;
      network_.backward(dy);
      if (const float norm = network_.gradient.norm(); norm > 1) network_.gradient /= norm;
      adam_.step(network_.weights, network_.gradient, rate_);
    }
  }

  /// Mean squared error of one step over what is held out of the pieces, in streams that begin some steps before to
  /// have something to remember.
  double held_out_error(const std::vector<Scaled>& pieces) {
    constexpr Index streams = 16, before = 100;
    double sum = 0, n = 0;
    for (const Scaled& piece : pieces) {
      const Index held = piece.x.cols() - piece.train;
      if (held < 1) continue;
      const Index each = (held + streams - 1) / streams;
      const Index warm = std::min(before, piece.train);
      Matrix x = Matrix::Zero(piece.x.rows(), (warm + each) * streams);
      for (Index s = 0; s < streams; ++s)
        for (Index t = 0; t < warm + each; ++t)
          if (const Index from = piece.train + s * each - warm + t; from < piece.x.cols())
            x.col(t * streams + s) = piece.x.col(from);
      auto memory = network_.memory(streams);
      const Matrix& y = network_.forward(x, memory);
      for (Index s = 0; s < streams; ++s)
        for (Index t = 0; t < each; ++t)
          if (const Index at = piece.train + s * each + t; at < piece.x.cols()) {
            const double e = y(0, (warm + t) * streams + s) - piece.y(0, at);
            sum += e * e, ++n;
          }
    }
    return n > 0 ? sum / n : 0;
  }

  std::uint64_t seed_, walked_ = 0;  // epochs of all fits
  Host host_;
  Index hidden_, sequence_, batch_;
  int epochs_, patience_, best_epoch_ = 0;
  double rate_, validation_, best_error_ = 0;
  Scale y_;
  std::vector<Scale> c_;
  Network network_;
  Adam<float> adam_;
};
HILLOCK_FORECASTER(Lstm)
