#pragma once
// The purpose `fit`: free numbers of a neuron are searched for, so that its runs come close to a recording.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include "neuron/parameter.hpp"
#include "purpose/purpose.hpp"

namespace hillock {

/// One line of `free`: a number and the range that is searched.
struct FreeNumber {
  Parameter parameter;
  double from = 0, to = 0;
  bool logarithmic = false;
  Place place;

  /// From the unit interval, in which optimizers search, to the number; and back.
  double number(double unit) const;
  double unit(double number) const;
};

/// One term of the loss.
struct LossTerm {
  MeasureUse measure;
  double weight = 1;
};

/// What is held out of the fit and scored after it.
struct HoldOut {
  double last_part = 0;              ///< of each recording, from 0 to 1; 0: nothing by time
  std::vector<std::int64_t> sweeps;  ///< of several, by their numbers
};

struct FitBlock {
  std::shared_ptr<DataBlock> data;
  std::shared_ptr<const NeuronSpec> neuron;  ///< with the numbers of the file, from which the first start sets out
  std::vector<FreeNumber> free;
  std::vector<LossTerm> loss;
  const Plugin* optimizer = nullptr;
  OptionValues options;  ///< of the optimizer
  std::uint64_t evaluations = 10'000;
  std::uint32_t starts = 1;
  double discard_ms = 0;  ///< from the begin of each recording, where nothing is scored
  HoldOut hold_out;
  Place place, optimizer_place, loss_place, hold_out_place;
};

class Fit : public Purpose {
 public:
  explicit Fit(FitBlock read) : block(std::move(read)) {}
  const char* key() const override { return "fit"; }
  void prepare(const Experiment& e) const override;
  Outcome run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const override;
  void visit(const Experiment& e, const Visitor& visitor) const override;
  Expectable expectable(const Experiment& e) const override;
  std::size_t cases() const override { return 0; }
  const char* counts() const override { return "evaluations"; }
  bool can_resume() const override { return true; }
  void serve(const std::shared_ptr<const Experiment>& e, Fleet& fleet) const override;
  const DataBlock* data() const override { return block.data.get(); }
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const FitBlock block;
};

extern const PurposeRow fit_purpose;

/// Keys of `fit`.
std::vector<OptionSpec> fit_options();
/// What they say of the search: numbers, loss, optimizer, starts. REQUIRES: the neuron of `fit` is set.
void read_search(FitBlock& fit, const OptionValues& options);
/// The same with every default written out.
Node resolved_search(const FitBlock& fit, const OptionValues& options);
HoldOut read_hold_out(const Node& node, const DataBlock& data);

}  // namespace hillock
