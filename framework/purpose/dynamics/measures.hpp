#pragma once
// What the purpose `dynamics` finds of a model, by name: scores that need no run of their own, and lists.
#include <string>
#include <string_view>
#include <vector>

namespace hillock {

struct DynamicsMeasure {
  std::string name;
  std::string unit;  ///< "I" of the input that is varied, "v" of the potential, "v/I"; else the unit itself
  bool list = false;
  std::string meaning;
};

/// All of them, in the order of the manual.
const std::vector<DynamicsMeasure>& dynamics_measures();
/// null if there is none of that name.
const DynamicsMeasure* find_dynamics_measure(std::string_view name);
/// The unit of its values for an input in `input_unit` and a potential in `v_unit`: "mV/pA"; "1" if it has none.
std::string unit_of(const DynamicsMeasure& measure, const std::string& v_unit, const std::string& input_unit);

}  // namespace hillock
