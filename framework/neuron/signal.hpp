#pragma once
// Inputs as functions of time: pieces that switch at edges, smooth or constant in between.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>
#include "neuron/spec.hpp"

namespace hillock {

/// A current sampled at t0 + k*dt, each value held until the next; `before` and `after` it the first and last value.
struct Held {
  double t0_ms = 0, dt_ms = 1;
  std::shared_ptr<const std::vector<double>> values;
  double gain = 1, shift = 0;

  bool same_samples(const Held& other) const {
    return values == other.values && t0_ms == other.t0_ms && dt_ms == other.dt_ms;
  }
  /// The sample that holds at a time. REQUIRES: there is one.
  std::size_t index(double t_ms) const {
    const double n = std::floor((t_ms - t0_ms) / dt_ms + 1e-9);
    return static_cast<std::size_t>(std::clamp(n, 0.0, static_cast<double>(values->size() - 1)));
  }
};

/// Fixed steps: step k begins at k*dt, and what is on there is looked up `slack` behind, inside the step.
struct StepTimes {
  double dt_ms, slack_ms;
  double begin(std::int64_t step) const { return static_cast<double>(step) * dt_ms + slack_ms; }
};

/// One shape. A step that begins at `begin` is driven by the piece that is on there, evaluated at `t` within the step:
/// so a smooth shape keeps its order within a step, and a step never sees an edge that lies inside it.
class Shape {
 public:
  virtual ~Shape() = default;
  virtual double at(double begin, double t) const = 0;
  /// The first time after `after` at which another piece begins; infinite if none does.
  virtual double next_edge(double after) const = 0;
  /// Whether the piece on at `begin` changes within itself.
  virtual bool varies(double begin) const {
    static_cast<void>(begin);
    return false;
  }
  /// Adds the Taylor coefficients about t of that piece to c[0..order].
  virtual void add_series(double begin, double t, std::uint32_t order, double* c) const {
    static_cast<void>(order);
    c[0] += at(begin, t);
  }
  /// What it is made of, if it is sampled: then it holds one value throughout each fixed step.
  virtual const Held* held() const { return nullptr; }
  /// Adds its values in steps first, first + 1, ... to out[0..n). REQUIRES: it does not vary within its pieces.
  virtual void add_steps(const StepTimes& steps, std::int64_t first, std::size_t n, double* out) const {
    for (std::size_t k = 0; k < n; ++k) {
      const double begin = steps.begin(first + static_cast<std::int64_t>(k));
      out[k] += at(begin, begin);
    }
  }
  /// Root spectral density of what is white noise, in input units times sqrt(ms).
  virtual double sigma() const { return 0; }
};

/// What a shape has to know of its run.
struct SignalContext {
  double dt_ms = 0;  ///< of a fixed-step scheme; else 0
  double for_ms = 0;
  std::uint64_t seed = 0;
};

/// A sum of shapes: one input of one neuron.
class Signal {
 public:
  Signal() = default;
  /// The terms of an input. `held` gives the samples of each `file` term, in order.
  Signal(const std::vector<ShapeBlock>& terms, const SignalContext& context, const std::vector<Held>& held = {});
  /// A fixed step takes its mean over the step where samples do not begin with steps, so that no charge is lost.
  void add(const Held& held, const SignalContext& context = {});
  /// The same current with another gain and shift. REQUIRES: it was made by `add` alone.
  Signal scaled(double gain, double shift) const;
  void add(std::unique_ptr<Shape> shape) { shapes_.push_back(std::move(shape)); }
  /// The sampled currents among its terms.
  const std::vector<Held>& held() const { return held_; }
  /// What fixed steps take as samples, if it is that and nothing else; else null. Unlike `held`, the samples may be
  /// means over steps, and those of a shape that is drawn.
  const Held* samples() const { return shapes_.size() == 1 ? shapes_[0]->held() : nullptr; }
  /// Whether a term of it is sampled.
  bool is_sampled() const;
  double at(double begin, double t) const {
    double sum = 0;
    for (const auto& s : shapes_) sum += s->at(begin, t);
    return sum;
  }
  /// What it is from this time on, which is time 0 of the other: for a run that goes on where one has ended.
  Signal from(double t_ms) const;
  Signal without_noise() const;
  double next_edge(double after) const;
  /// The same of those terms alone that are not sampled.
  double next_switch(double after) const;
  bool varies(double begin) const;
  /// Its values in steps first, first + 1, ..., with the bits of `at`. REQUIRES: it does not vary there.
  void steps(const StepTimes& steps, std::int64_t first, std::size_t n, double* out) const;
  /// Taylor coefficients about t, c[0..order], of the pieces on at `begin`.
  void series(double begin, double t, std::uint32_t order, double* c) const;
  /// Of the sum of its white noises.
  double sigma() const;
  /// `at` without white noise: its mean.
  double mean(double begin, double t) const;

 private:
  std::vector<std::shared_ptr<const Shape>> shapes_;
  std::vector<Held> held_;
};

/// The stream of random numbers of a dotted path: what shares a seed is told apart by it (FNV-1a).
std::uint64_t stream_of(std::string_view path);

}  // namespace hillock
