#pragma once
// One number of a neuron by its dotted path. Sweeps, sensitivities, fits and labels of figures all ask here.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "neuron/spec.hpp"

namespace hillock {

/// One number of a neuron: `model.d`, `simulate.start.v`, `simulate.clamp.w`, an option of a shape (`input.I`, which is
/// the value of a constant, `input.I.amplitude`, `input.I.1.sd`), `drive.gain`, `readout.shift`, `integrator.dt`,
/// `seed`.
class Parameter {
 public:
  enum class Kind {
    model,       ///< a parameter of the model
    start,       ///< where a state starts
    clamp,       ///< where a state is held
    shape,       ///< an option of a shape of an input
    drive_gain,  ///< of the current of a recording
    drive_shift,
    readout_scale,  ///< of what is read out
    readout_shift,
    series_resistance,
    seed,
    other  ///< a number that decides more than one value: the step, the length, a threshold
  };

  /// nullopt where the path names no number of this neuron.
  static std::optional<Parameter> find(const NeuronSpec& spec, std::string_view path);
  /// The same. Throws Error at `mentioned` with the nearest path.
  static Parameter at(const NeuronSpec& spec, std::string_view path, const Place& mentioned);
  /// Every number that can differ between the lanes of a batch, in the order of the file.
  static std::vector<Parameter> all(const NeuronSpec& spec);

  const std::string& path() const { return path_; }
  Kind kind() const { return kind_; }
  std::uint32_t index() const { return index_; }  ///< of the parameter, state or input
  std::uint32_t term() const { return term_; }    ///< of a shape: which term of its input
  const std::string& name() const { return name_; }
  const std::string& unit() const { return unit_; }    ///< "1": none
  const std::string& owner() const { return owner_; }  ///< for messages: "model 'izhikevich'"
  double low() const { return low_; }
  double high() const { return high_; }
  /// The title of an axis without its unit: "a, rate of recovery".
  std::string title(const NeuronSpec& spec) const;

  /// Whether neurons of one batch may differ in it: no other number has to be checked or made anew when it changes.
  bool in_lanes() const;
  /// Whether a run has a derivative along it. A recorded current has to drive the neuron for those of `drive`.
  bool differentiable(const NeuronSpec& spec, bool driven) const;
  /// Whether it changes what is simulated, and not only what is read out.
  bool moves_state() const;

  /// Its value; NaN for a start that is left to the model.
  double get(const NeuronSpec& spec) const;
  /// Sets it. REQUIRES: in_lanes().
  void set(NeuronSpec& spec, double value) const;

 private:
  Parameter() = default;
  Kind kind_ = Kind::other;
  std::uint32_t index_ = 0, term_ = 0;
  std::string path_, name_, unit_ = "1", owner_;
  double low_ = 0, high_ = 0;
};

/// Whether a shape is linear in this option of it, as in an amplitude.
bool is_height(std::string_view option);

/// The label of an axis: "a, rate of recovery (1/ms)"; the path itself where it names no number.
std::string axis_label(const NeuronSpec& spec, const std::string& path, const std::string& unit);

}  // namespace hillock
