#pragma once
// Experiments written in a test, and what comes of them, without the program around.
#include <doctest/doctest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "data/recording.hpp"
#include "experiment/experiment.hpp"
#include "folder.hpp"
#include "neuron/signal.hpp"
#include "neuron/simulate.hpp"
#include "places.hpp"
#include "purpose/readout.hpp"

namespace hillock::test {

/// The folder that the files of this process lie in; goes at its end.
inline const fs::path& folder() {
  static const Folder the;
  return the.path();
}

inline fs::path write(const std::string& name, const std::string& text) {
  const fs::path file = folder() / name;
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

/// The shortest text that reads back to the same number.
inline std::string number(double x) {
  std::array<char, 40> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), x).ptr};
}

/// An experiment of this text.
inline std::shared_ptr<const Experiment> load(const std::string& text, const Overrides& overrides = {}) {
  return std::make_shared<const Experiment>(load_experiment(write("experiment.yaml", text), overrides));
}
/// Its neuron.
inline std::shared_ptr<const NeuronSpec> load_neuron(const std::string& text, const Overrides& overrides = {}) {
  return load(text, overrides)->neuron;
}

/// Its run.
inline Trajectory run(const std::string& text, const Overrides& overrides = {}) {
  return simulate(neuron_of(load_neuron(text, overrides)));
}

/// The outcome with its purpose and measures.
inline Outcome outcome(const std::string& text, const Overrides& overrides = {}) {
  RunOptions wishes;
  wishes.figures = false;
  return execute(load(text, overrides), wishes);
}

inline const CaseResult& result(const Outcome& outcome, const std::string& name) {
  for (std::size_t i = 0; i < outcome.cases.size(); ++i)
    if (outcome.cases[i].name == name) return outcome.cases[i];
  throw std::runtime_error("there is no case " + name);
}

inline double measured(const CaseResult& c, const std::string& name) {
  for (const MeasureValue& v : c.measures)
    if (v.name == name) return v.value;
  throw std::runtime_error("there is no measure " + name);
}

inline const std::vector<double>& column(const CaseResult& c, const std::string& name) {
  for (const Column& k : c.columns)
    if (k.name == name) return k.values;
  throw std::runtime_error("there is no column " + name);
}

/// Same bits, so that a NaN equals itself and -0 is not 0.
inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}
inline bool same_bits(const Trajectory& a, const Trajectory& b) {
  bool same = status_of(a.failure) == status_of(b.failure) && same_bits(a.time_ms.list(), b.time_ms.list()) &&
              same_bits(a.spikes_ms, b.spikes_ms) && a.states.size() == b.states.size();
  for (std::size_t k = 0; same && k < a.states.size(); ++k) same = same_bits(a.states[k], b.states[k]);
  return same;
}

struct Moments {
  double mean = 0, sd = 0;
};
inline Moments moments(const std::vector<double>& x) {
  const double n = static_cast<double>(x.size());
  Moments m;
  for (const double v : x) m.mean += v / n;
  double squares = 0;
  for (const double v : x) squares += (v - m.mean) * (v - m.mean);
  m.sd = std::sqrt(squares / n);
  return m;
}

}  // namespace hillock::test
