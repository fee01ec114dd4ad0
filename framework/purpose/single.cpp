#include "purpose/single.hpp"

#include "experiment/reader.hpp"
#include "purpose/judge.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

std::shared_ptr<const Purpose> read_single(ExperimentReader&, const Node&, const Node&, Experiment& e) {
  e.measures = ExperimentReader::measures(
      nullptr, {"spike_count", "mean_rate", "time_to_first_spike", "isi_mean", "isi_cv"}, false);
  return std::make_shared<const SingleRun>();
}

}  // namespace

const PurposeRow single_run = {"", "one run", false, read_single, nullptr, nullptr};

void SingleRun::prepare(const Experiment& e) const { hillock::prepare(neuron_of(e.neuron)); }

Outcome SingleRun::run(const std::shared_ptr<const Experiment>& e, const RunOptions& options) const {
  Outcome out;
  const Neuron neuron = neuron_of(with_readout(*e->neuron));
  CaseResult result = measured({"run", {}, e->neuron}, neuron, simulate(neuron), e->measures);
  if (options.on_case) options.on_case(result);
  if (options.figures) out.run.figures = figures_of_run(e->title, neuron, result);
  out.cases.push_back(std::move(result));
  out.run.tables.push_back(summary(out.cases, "run"));
  out.judgements = judge(*e, out.cases);
  return out;
}

void SingleRun::visit(const Experiment& e, const Visitor& visitor) const { visitor.neuron(*e.neuron); }

Expectable SingleRun::expectable(const Experiment& e) const {
  Expectable can;
  can.trace_unit = e.neuron->readout.unit;
  return can;
}

std::vector<Refinable> SingleRun::refinable(const Experiment& e, const Recording*, std::size_t) const {
  return {{"run", neuron_of(with_readout(*e.neuron)), {}}};
}

}  // namespace hillock
