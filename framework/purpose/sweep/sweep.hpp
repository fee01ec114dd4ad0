#pragma once
// The purpose `sweep`: the same run under other numbers, by named cases or over ranges.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include "purpose/purpose.hpp"
#include "results/sweep.hpp"

namespace hillock {

/// One line of `sweep.over`: a dotted path and the values that it takes.
struct SweptPath {
  std::string path;
  std::vector<double> numbers;     ///< in `unit`, if all values are numbers of one unit; else empty
  std::string unit;                ///< "1": none
  std::vector<Node> nodes;         ///< as they were written; empty of a range
  std::vector<std::string> words;  ///< the nodes as tables show them; empty if there are numbers
  bool logarithmic = false;
  Place place;
  std::size_t size() const { return nodes.empty() ? numbers.size() : nodes.size(); }
  Node value(std::size_t i) const;
  std::string text(std::size_t i) const;  ///< "0.02 1/ms", as tables show it
};

/// The runs that one file stands for. Cases are made when they are asked for, so that there may be millions.
struct SweepSpec {
  /// Of a case, by axis, which of its values; `as_written`: what the file says.
  using Choice = std::vector<std::uint32_t>;
  static constexpr std::uint32_t as_written = static_cast<std::uint32_t>(-1);

  Combine combine = Combine::cases;
  std::vector<Case> cases;           ///< of `cases`
  std::vector<SweptPath> axes;       ///< of `over`
  std::vector<std::string> written;  ///< by axis, one_at_a_time: its value in the file, as tables show it
  std::size_t count = 0;             ///< of all cases
  bool draws = false;                ///< whether chance has a part in any case
  bool independent = false;          ///< each case draws noise of its own, by its seed and number
  std::size_t traces = static_cast<std::size_t>(-1);
  std::shared_ptr<const NeuronSpec> base;  ///< the first case; one_at_a_time: what the file says without the sweep
  /// Why the first value that does not go with the other numbers of the file does not: its cases fail, the others run.
  std::optional<Error> refused;
  SweepData::Drawn drawn = SweepData::Drawn::as_suits;
  Place place;
  /// A neuron with some values of `over` in it. [any thread]
  std::function<std::shared_ptr<const NeuronSpec>(const Choice&)> make;

  std::string name(std::size_t i) const;   ///< that of `cases`, or "0042" from 1
  std::string label(std::size_t i) const;  ///< for messages: "case '0042' (model.a = 0.02 1/ms)"
  Choice choice(std::size_t i) const;
  void choose(std::size_t i, std::span<std::uint32_t> by_axis) const;  ///< the same into place
  std::vector<std::pair<std::string, std::string>> swept(std::size_t i) const;
  std::shared_ptr<const NeuronSpec> run(std::size_t i) const;
  /// The case of that name.
  std::optional<std::size_t> find(const std::string& name) const;
};

/// From so many cases on, the numbers of a sweep are also wanted as labelled arrays.
inline constexpr std::size_t many_cases = 1000;

class Sweep : public Purpose {
 public:
  explicit Sweep(SweepSpec read) : block(std::move(read)) {}
  const char* key() const override { return "sweep"; }
  void prepare(const Experiment& e) const override;
  Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const override;
  void visit(const Experiment& e, const Visitor& visitor) const override;
  Expectable expectable(const Experiment& e) const override;
  std::optional<std::size_t> find_case(const std::string& name) const override { return block.find(name); }
  std::size_t cases() const override { return block.count; }
  bool can_resume() const override { return true; }
  bool can_isolate() const override { return true; }
  void serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const override;
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const SweepSpec block;
};

extern const PurposeRow sweep_purpose;

}  // namespace hillock
