#pragma once
// Inputs as functions of time: pieces that switch at edges, smooth or constant in between.
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>
#include "experiment/experiment.hpp"

namespace hillock {

/// One shape. A step that begins at `begin` is driven by the piece that is on there, evaluated at `t` within the step: so a smooth shape keeps its
/// order within a step, and a step never sees an edge that lies inside it.
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
  /// Root spectral density of what is white noise, in input units times sqrt(ms).
  virtual double sigma() const { return 0; }
};

/// A current sampled at t0 + k*dt, each value held until the next; `before` and `after` it the first and last value.
struct Held {
  double t0_ms = 0, dt_ms = 1;
  std::shared_ptr<const std::vector<double>> values;
  double gain = 1, shift = 0;
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
  /// The sampled currents among its terms.
  const std::vector<Held>& held() const { return held_; }
  double at(double begin, double t) const {
    double sum = 0;
    for (const auto& s : shapes_) sum += s->at(begin, t);
    return sum;
  }
  double next_edge(double after) const;
  bool varies(double begin) const;
  /// Taylor coefficients about t, c[0..order], of the pieces on at `begin`.
  void series(double begin, double t, std::uint32_t order, double* c) const;
  /// Of the sum of its white noises.
  double sigma() const;
  /// `at` without white noise: its mean.
  double mean(double begin, double t) const;

 private:
  std::vector<std::unique_ptr<Shape>> shapes_;
  std::vector<Held> held_;
};

/// The stream of random numbers of a dotted path: what shares a seed is told apart by it (FNV-1a).
std::uint64_t stream_of(std::string_view path);

}  // namespace hillock
