#pragma once
// The purpose `fit`: free numbers of a neuron are searched for, so that its runs come close to a recording.
#include <cmath>
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
  /// How fast the number moves with its place in that interval.
  double slope(double number) const { return logarithmic ? number * std::log(to / from) : to - from; }
};

/// A measure of one train that runs and recordings should agree in.
struct Feature {
  std::string measure;
  double scale = 0;  ///< how far apart counts as 1; 0: as much as the recording's
};

/// One term of the loss.
struct LossTerm {
  enum class Kind { measure, features, log_likelihood } kind = Kind::measure;
  MeasureUse measure;  ///< of the other kinds only the name
  double weight = 1;
  std::vector<Feature> features = {};
};

/// What is left out of voltages around spikes.
struct CutSpikes {
  double before_ms = 5, after_ms = 8;
};

/// Which point of a front is taken: its knee, or the best of those with a loss of at most so much.
struct Pick {
  std::string loss;  ///< empty: the knee
  double most = 0;
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
  bool pareto = false;    ///< several losses without weights: their front is searched for
  Pick pick;
  std::optional<CutSpikes> cut;
  bool reset_at_data = false;  ///< voltages are those of runs that are reset at the spikes of the recording
  bool align = false;          ///< one offset between the spikes of a run and of the recordings is not its fault
  bool exact = true;           ///< derivatives for the optimizer are those through spikes, else central differences
  double step = 1e-4;          ///< of differences, in widths of a range
  /// Of a neuron in which chance has a part: runs with other draws, of which losses and measures are means.
  std::uint32_t realisations = 100;
  std::uint64_t profile = 0;  ///< evaluations at each point of the profiles of the loss; 0: none are made
  HoldOut hold_out;
  Place place, optimizer_place, loss_place, hold_out_place, reset_place;

  /// Runs of one candidate: `realisations`, or one where nothing is drawn.
  std::size_t runs() const;
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
  bool can_isolate() const override { return true; }
  void serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const override;
  const DataBlock* data() const override { return block.data.get(); }
  std::vector<Refinable> refinable(const Experiment& e, const Recording* data, std::size_t most) const override;

  const FitBlock block;
};

extern const PurposeRow fit_purpose;

/// Keys of `fit`.
std::vector<OptionSpec> fit_options();
/// Keys of `optimizer` that no plugin declares; those of `gradient` only for optimizers that follow one.
std::vector<OptionSpec> search_options(bool gradient);
/// Those that say how runs are held against recordings, searched or not.
inline constexpr const char* of_scoring[] = {"loss", "discard", "cut_spikes", "reset_at", "align", "realisations"};
/// Refuses `realisations` in a block that is not of neurons that draw.
void check_realisations(const Node& block, bool drawn);
/// What these say. REQUIRES: the neuron of `fit` is set.
void read_scoring(FitBlock& fit, const OptionValues& options);
/// What they and the others say of the search: numbers, optimizer, starts. REQUIRES: the neuron of `fit` is set.
void read_search(FitBlock& fit, const OptionValues& options);
/// The same with every default written out; `realisations` by the search alone.
Node resolved_scoring(const FitBlock& fit, const OptionValues& options);
Node resolved_search(const FitBlock& fit, const OptionValues& options);
HoldOut read_hold_out(const Node& node, const DataBlock& data);

}  // namespace hillock
