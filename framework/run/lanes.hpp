#pragma once
// One neuron's numbers as a block of lanes, the way models take them.
#include "hillock/integrator.hpp"  // Rows
#include "run/simulate.hpp"

namespace hillock {

/// Fills in the derived constants, the rows of p behind the parameters.
void derive_constants(const Plugin& model, Rows& p);

/// The parameters of a model in every lane of a block, and the constants derived from them.
Rows parameter_rows(const ModelBlock& model);

/// The inputs of a neuron at t = 0 in every lane of a block.
Rows input_rows(const Neuron& neuron);

}  // namespace hillock
