#pragma once
// Equilibria of a model under a constant input: where they are, how they are lost, and what the model does near them.
#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "hillock/system.hpp"  // Rows
#include "neuron/simulate.hpp"

namespace hillock {

/// The model's equations at rest: dx/dt of the states that are free to move as a function of them and of one input.
/// Clamped states and the other inputs stay. Not for several threads at once. REQUIRES: the model has derivatives.
class SteadyState {
 public:
  /// Inputs are those of the neuron at t = 0; states that are not free have the value in `base`. `varied`: the input
  /// that is an unknown, or none of them (any larger number).
  SteadyState(const Neuron& neuron, const std::vector<double>& base, std::uint32_t varied);

  std::size_t size() const { return free_.size(); }                            ///< states that move
  std::string_view input_unit() const { return model_.inputs[varied_].unit; }  ///< REQUIRES: an input is varied
  const std::vector<std::uint32_t>& free() const { return free_; }
  const hk_model& model() const { return model_; }
  const std::vector<double>& base() const { return base_; }
  /// The base with the free states in place of its own.
  std::vector<double> state(const double* y) const;
  /// What the varied input is where nothing varies it.
  double input() const;

  /// dy/dt per ms at the free states y[0..size) under the input I. False if it is not finite.
  bool rhs(const double* y, double I, double* dydt) const;
  /// Its derivatives, one column per free state and then that by I, each of size() rows.
  bool slopes(const double* y, double I, double* columns) const;
  /// The matrix times one direction of the states.
  void slope_along(const double* y, double I, const double* direction, double* out) const;
  /// What the model compares with 0 to fire; below 0 without threshold or reset: then no equilibrium is out of reach.
  double threshold(const double* y, double I) const;
  /// The start values that the model itself gives for this v.
  std::vector<double> guess(double v) const;

 private:
  void put(const double* y, double I) const;
  const Neuron& neuron_;
  const hk_model& model_;
  std::vector<std::uint32_t> free_;
  std::vector<double> base_;
  std::uint32_t varied_;
  Rows p_;
  mutable Rows x_, in_, dx_, x1_, p1_, in1_;
};

/// Damped Newton steps from `y` at a fixed input; false if they find no equilibrium.
bool equilibrium_near(const SteadyState& equations, double I, std::vector<double>& y);

/// Eigenvalues of the linearised equations, per ms; the largest real part first.
std::vector<std::complex<double>> eigenvalues_at(const SteadyState& equations, const double* y, double I);

struct Equilibrium {
  double I = 0;
  std::vector<double> y;                          ///< the free states
  std::vector<std::complex<double>> eigenvalues;  ///< per ms; the largest real part first
  bool stable() const { return eigenvalues.empty() || eigenvalues[0].real() < 0; }
};

/// "stable node", "stable focus", "saddle", "saddle-focus", "unstable node", "unstable focus". It is a focus if any of
/// its modes turns: it is approached or left in an oscillation; a saddle if something comes in and something else
/// leaves.
std::string kind_of(const std::vector<std::complex<double>>& eigenvalues);

/// A point of a branch at which something is lost.
struct Bifurcation {
  enum class Kind {
    fold,      ///< two equilibria meet: the branch turns back
    hopf,      ///< a pair of eigenvalues crosses the imaginary axis
    threshold  ///< of a model with reset: the equilibrium reaches the threshold and is none any more
  };
  Kind kind = Kind::fold;
  Equilibrium at;
  double frequency_hz = 0;  ///< of a Hopf point: that of the oscillation that begins there
  /// Of a Hopf point: the first Lyapunov coefficient a, as the rate r' = a r^3 (1/ms and the unit of v) at which the
  /// amplitude r of v changes there (Guckenheimer and Holmes 1983, eq. 3.4.11). Above 0 the cycle that is born is
  /// unstable (subcritical), below 0 stable (supercritical).
  double lyapunov = 0;
};

/// A connected curve of equilibria, from one end of the range of I to another, or to a threshold or the end of the
/// range of v.
struct Branch {
  /// What makes an end of it.
  struct End {
    enum class Kind {
      input,      ///< an end of the range of I, where I is that end exactly
      threshold,  ///< a bifurcation of that kind
      range,      ///< a state leaves the range of its field
      jump        ///< no neighbour is found: the equations are not smooth there
    };
    Kind kind = Kind::jump;
    std::string why;  ///< of range and jump, in words
  };
  std::vector<Equilibrium> points;
  std::vector<std::pair<std::size_t, Bifurcation>> bifurcations;  ///< index of the point that it is
  End first, last;
};

struct Diagram {
  std::vector<Branch> branches;
  /// Of all branches, by current.
  std::vector<Bifurcation> bifurcations(Bifurcation::Kind kind) const;
};

/// Follows all equilibria that are found with from <= I <= to: branches by pseudo-arclength (Keller 1977), begun where
/// a scan over the range of v and Newton steps at both ends find one. Folds and Hopf points are located to rounding.
/// Equilibria at or above the threshold of a model with reset do not exist. REQUIRES: v is free. A branch that the scan
/// steps over is not found: what is found is said, not that nothing else is there.
Diagram follow_equilibria(const SteadyState& equations, double from, double to);

/// The equilibria at one input, by v. REQUIRES: within the range of the diagram.
std::vector<Equilibrium> equilibria_at(const SteadyState& equations, const Diagram& diagram, double I);

/// Where rest is lost as the input rises from the low end of the diagram, or from where v enters its range if it lies
/// outside there.
struct Rheobase {
  double I = 0;
  std::string why;  ///< why there is none; empty if there is one
};
Rheobase rheobase(const Diagram& diagram, double from);

/// Volts per ampere in the model's units at an equilibrium, for small signals: v of (i w - J)^-1 dF/dI.
std::complex<double> impedance_at(const SteadyState& equations, const Equilibrium& at, double frequency_hz);

/// Where one component of dy/dt is 0 in the plane of two free states, as lines on [x0, x1] x [y0, y1]: points one after
/// the other, a NaN between two lines. Marching squares on `cells` squares a side, each crossing of an edge refined to
/// rounding. REQUIRES: size() == 2.
struct Line {
  std::vector<double> x, y;
};
Line nullcline(const SteadyState& equations, double I, std::size_t component, double x0, double x1, double y0,
               double y1, std::size_t cells);

}  // namespace hillock
