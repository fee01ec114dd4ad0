#pragma once
// Two layers of long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000) and a
// linear output, on Eigen: forward and backward over a stretch of steps of a batch, and Adam. Rows are units, columns
// are series after series, step after step.
#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <cstdint>
#include <hillock/random.hpp>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace hillock::forecasting {

/// Numbers too small for full precision are zero as long as this lives: a network that runs long would spend its time
/// on them.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040u); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#elif defined(__aarch64__)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(before_));
    asm volatile("msr fpcr, %0" ::"r"(before_ | (std::uint64_t{1} << 24)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(before_)); }
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;

 private:
#if defined(__SSE__)
  unsigned before_;
#elif defined(__aarch64__)
  std::uint64_t before_ = 0;
#endif
};

template <class T> class LstmNetwork {
 public:
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  using Index = Eigen::Index;

  LstmNetwork() = default;
  LstmNetwork(Index inputs, Index hidden) : inputs_(inputs), hidden_(hidden) {
    Index at = 0;
    for (Index layer = 0; layer < 2; ++layer) {
      Place& p = places_[static_cast<std::size_t>(layer)];
      p.width = layer == 0 ? inputs : hidden;
      p.from_below = at, at += 4 * hidden * p.width;
      p.from_before = at, at += 4 * hidden * hidden;
      p.bias = at, at += 4 * hidden;
    }
    output_ = at, at += hidden;
    output_bias_ = at++;
    weights = Vector::Zero(at);
    gradient = Vector::Zero(at);
  }

  /// Uniform weights (Glorot & Bengio 2010), forget gates open.
  void initialise(const Random& random) {
    std::uint64_t draw = 0;
    const auto fill = [&](Index from, Index rows, Index columns, Index fan) {
      const double bound = std::sqrt(6.0 / static_cast<double>(fan));
      for (Index k = 0; k < rows * columns; ++k)
        weights[from + k] = static_cast<T>(bound * (2 * random.uniform(draw++) - 1));
    };
    for (const Place& p : places_) {
      fill(p.from_below, 4 * hidden_, p.width, hidden_ + p.width);
      fill(p.from_before, 4 * hidden_, hidden_, 2 * hidden_);
      weights.segment(p.bias, 4 * hidden_).setZero();
      weights.segment(p.bias + hidden_, hidden_).setOnes();
    }
    fill(output_, hidden_, 1, hidden_ + 1);
    weights[output_bias_] = 0;
  }

  /// What a batch remembers: of each layer the output and the cell, a column a series.
  struct Memory {
    std::array<Matrix, 2> output, cell;
    void clear(Index column) {
      for (Matrix* m : {&output[0], &output[1], &cell[0], &cell[1]}) m->col(column).setZero();
    }
  };
  Memory memory(Index batch) const {
    Memory m;
    for (std::size_t layer = 0; layer < 2; ++layer) m.output[layer] = m.cell[layer] = Matrix::Zero(hidden_, batch);
    return m;
  }

  /// The outputs for x[input, step * batch + series], from `memory` on, which is left as it is after the last step.
  const Matrix& forward(const Matrix& x, Memory& memory) {
    batch_ = memory.output[0].cols(), steps_ = x.cols() / batch_;
    x_ = &x;
    for (std::size_t layer = 0; layer < 2; ++layer) run(layer, layer == 0 ? x : traces_[0].output, memory);
    y_.noalias() = weights.segment(output_, hidden_).transpose() * traces_[1].output;
    y_.array() += weights[output_bias_];
    return y_;
  }

  /// Sets `gradient` to that of a loss whose slope by each output of the last `forward` is dy; nothing flows back
  /// beyond its first step.
  void backward(const Matrix& dy) {
    gradient.segment(output_, hidden_).noalias() = traces_[1].output * dy.transpose();
    gradient[output_bias_] = dy.sum();
    above_.noalias() = weights.segment(output_, hidden_) * dy;
    for (std::size_t layer = 2; layer-- > 0;) {
      back(layer);
      const Place& p = places_[layer];
      const Matrix& below = layer == 0 ? *x_ : traces_[0].output;
      const Trace& trace = traces_[layer];
      matrix(gradient, p.from_below, p.width).noalias() = trace.slope * below.transpose();
      auto before = matrix(gradient, p.from_before, hidden_);
      before.noalias() = trace.slope.leftCols(batch_) * trace.output_before.transpose();
      const Index later = (steps_ - 1) * batch_;
      if (later > 0) before.noalias() += trace.slope.rightCols(later) * trace.output.leftCols(later).transpose();
      gradient.segment(p.bias, 4 * hidden_) = trace.slope.rowwise().sum();
      if (layer > 0) above_.noalias() = matrix(weights, p.from_below, p.width).transpose() * trace.slope;
    }
  }

  Index inputs() const { return inputs_; }
  Index hidden() const { return hidden_; }
  Vector weights, gradient;

 private:
  struct Place {
    Index width = 0, from_below = 0, from_before = 0, bias = 0;
  };
  /// What `backward` needs of `forward`; gates are input, forget, output, candidate, one below the other.
  struct Trace {
    Matrix gates, cell, squashed, output, slope, output_before, cell_before;
  };
  auto matrix(Vector& of, Index from, Index columns) const {
    return Eigen::Map<Matrix>(of.data() + from, 4 * hidden_, columns);
  }

  void run(std::size_t layer, const Matrix& below, Memory& memory) {
    const Place& p = places_[layer];
    Trace& trace = traces_[layer];
    const Index n = hidden_, b = batch_;
    trace.gates.resize(4 * n, steps_ * b);
    for (Matrix* m : {&trace.cell, &trace.squashed, &trace.output}) m->resize(n, steps_ * b);
    trace.output_before = memory.output[layer], trace.cell_before = memory.cell[layer];
    trace.gates.noalias() = matrix(weights, p.from_below, p.width) * below;
    trace.gates.colwise() += weights.segment(p.bias, 4 * n);
    const auto recurrent = matrix(weights, p.from_before, n);
    for (Index t = 0; t < steps_; ++t) {
      auto gates = trace.gates.middleCols(t * b, b);
      auto cell = trace.cell.middleCols(t * b, b);
      auto squashed = trace.squashed.middleCols(t * b, b);
      if (t == 0) gates.noalias() += recurrent * trace.output_before;
      else gates.noalias() += recurrent * trace.output.middleCols((t - 1) * b, b);
      gates.topRows(3 * n) = gates.topRows(3 * n).array().logistic();
      gates.bottomRows(n) = gates.bottomRows(n).array().tanh();
      const auto in = gates.topRows(n).array(), forget = gates.middleRows(n, n).array(),
                 out = gates.middleRows(2 * n, n).array(), candidate = gates.bottomRows(n).array();
      if (t == 0) cell = forget * trace.cell_before.array() + in * candidate;
      else cell = forget * trace.cell.middleCols((t - 1) * b, b).array() + in * candidate;
      squashed = cell.array().tanh();
      trace.output.middleCols(t * b, b) = out * squashed.array();
    }
    memory.output[layer] = trace.output.rightCols(b);
    memory.cell[layer] = trace.cell.rightCols(b);
  }

  /// The slopes of the sums before the gates, from those of the outputs, `above_`.
  void back(std::size_t layer) {
    Trace& trace = traces_[layer];
    const Index n = hidden_, b = batch_;
    trace.slope.resize(4 * n, steps_ * b);
    const auto recurrent = matrix(weights, places_[layer].from_before, n);
    d_cell_ = Matrix::Zero(n, b);
    for (Index t = steps_; t-- > 0;) {
      d_output_ = above_.middleCols(t * b, b);
      if (t + 1 < steps_) d_output_.noalias() += recurrent.transpose() * trace.slope.middleCols((t + 1) * b, b);
      const auto gates = trace.gates.middleCols(t * b, b);
      const auto in = gates.topRows(n).array(), forget = gates.middleRows(n, n).array(),
                 out = gates.middleRows(2 * n, n).array(), candidate = gates.bottomRows(n).array();
      const auto squashed = trace.squashed.middleCols(t * b, b).array();
      auto slope = trace.slope.middleCols(t * b, b);
      d_cell_.array() += d_output_.array() * out * (T(1) - squashed * squashed);
      slope.topRows(n) = d_cell_.array() * candidate * in * (T(1) - in);
      if (t == 0) slope.middleRows(n, n) = d_cell_.array() * trace.cell_before.array() * forget * (T(1) - forget);
      else
        slope.middleRows(n, n) =
            d_cell_.array() * trace.cell.middleCols((t - 1) * b, b).array() * forget * (T(1) - forget);
      slope.middleRows(2 * n, n) = d_output_.array() * squashed * out * (T(1) - out);
      slope.bottomRows(n) = d_cell_.array() * in * (T(1) - candidate * candidate);
      d_cell_.array() *= forget;
    }
  }

  Index inputs_ = 0, hidden_ = 0, output_ = 0, output_bias_ = 0, batch_ = 0, steps_ = 0;
  std::array<Place, 2> places_;
  std::array<Trace, 2> traces_;
  const Matrix* x_ = nullptr;
  Matrix y_, above_, d_output_, d_cell_;
};

/// Adam (Kingma & Ba 2015, algorithm 1).
template <class T> struct Adam {
  using Vector = Eigen::Matrix<T, Eigen::Dynamic, 1>;
  Vector first, second;
  std::uint64_t steps = 0;
  void step(Vector& weights, const Vector& gradient, double rate) {
    if (first.size() == 0) first = second = Vector::Zero(weights.size());
    ++steps;
    const auto n = static_cast<double>(steps);
    first = T(0.9) * first + T(0.1) * gradient;
    second.array() = T(0.999) * second.array() + T(0.001) * gradient.array().square();
    const auto of_first = static_cast<T>(rate / (1 - std::pow(0.9, n)));
    const auto of_second = static_cast<T>(1 / (1 - std::pow(0.999, n)));
    weights.array() -= of_first * first.array() / ((of_second * second.array()).sqrt() + T(1e-8));
  }
};

}  // namespace hillock::forecasting
