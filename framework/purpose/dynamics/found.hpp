#pragma once
// The parts of the purpose `dynamics`, between what computes them and what draws them. Internal to
// purpose/dynamics/.
#include <complex>
#include <optional>
#include <string>
#include <vector>
#include "neuron/equilibria.hpp"
#include "purpose/dynamics/dynamics.hpp"
#include "purpose/readout.hpp"

namespace hillock {

/// One level of the staircase in one direction, after `discard`.
struct Level {
  double I = 0, rate_hz = 0;
  std::size_t spikes = 0;
  double v_low = 0,
         v_high =
             0;  ///< extremes of the potential; NaN if the run stopped before, or if the top of the spike is not known
};
struct Staircase {
  std::vector<Level> up, down;  ///< both by ascending current
  std::optional<Failure> failure;
};

struct PhasePlane {
  double x0 = 0, x1 = 1, y0 = 0, y1 = 1;  ///< of the two states that move
  std::vector<Line> nullclines;           ///< of each of them
  Line field;                             ///< arrows along the flow, all of one length
  Trajectory trajectory;                  ///< both states
  Line path;                              ///< the same as a line with a gap at each reset, up to the top of the spike
};

struct Impedance {
  struct Curve {
    std::vector<double> frequency_hz;
    std::vector<std::complex<double>> z;
  };
  Curve linear, seen;
  std::string why;  ///< why there is none; empty if there is one
  double resonance_hz = 0, resonance = 0, error = 0;
  std::string no_resonance, not_seen;
};

/// All that was found of one model.
struct DynamicsFound {
  Diagram diagram;
  std::vector<Equilibrium> at;  ///< at d.at, by v
  const Equilibrium* rest = nullptr;
  double input_resistance = 0;  ///< at rest
  Rheobase rheobase;
  std::optional<Staircase> f_i;
  std::optional<PhasePlane> plane;
  std::optional<Impedance> impedance;
};

/// The figures of all that was found.
std::vector<Figure> figures_of_dynamics(const Experiment& experiment, const DynamicsBlock& block,
                                        const SteadyState& equations, const DynamicsFound& found);

}  // namespace hillock
