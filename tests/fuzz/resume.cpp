// Records that --resume reads: the run goes on with them, or they are refused with a sentence. The first byte says of
// which purpose the rest is a record.
#include <array>
#include <optional>

#include "experiment/experiment.hpp"
#include "folder.hpp"
#include "fuzz.hpp"
#include "purpose/purpose.hpp"
#include "results/folder.hpp"
#include "results/report.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

const std::string cell =
    "seed: 1\nmodel: {use: izhikevich, preset: regular_spiking}\ndrive: {of: I, gain: 0.02 mV/ms/pA}\n"
    "integrator: {use: euler, dt: 0.25 ms}\n";
const std::string input = "input: {I: [10, {use: ornstein_uhlenbeck, sd: 3, tau: 10 ms, every: 0.25 ms}]}\n";

const std::array<std::string, 4> texts{
    cell + input +
        "simulate: {for: 20 ms, every: 1 ms}\n"
        "sweep: {over: {model.d: [2, 4]}, measure: [spike_count, mean_rate], traces: 1}\n"
        "expect: {1.spike_times: {are: [5], within: 1 ms}}\n",
    cell +
        "fit: {data: {file: cell.yaml}, free: {model.d: {from: 4, to: 16}, model.a: {from: 0.01, to: 0.1}}, "
        "loss: {use: van_rossum, tau: 20 ms}, optimizer: {use: cma_es, evaluations: 12}, starts: 2}\n",
    cell + input +
        "simulate: {for: 40 ms, every: 1 ms}\nforecast: {series: v, by: [{use: naive}, {use: median}], "
        "correct: {use: naive}, levels: [80], train: 20 ms, horizon: 2 ms, origins: 3}\n",
    cell + input +
        "simulate: {for: 20 ms, every: 1 ms, record: [v, u, I]}\n"
        "generate: {turns: 2, each: 20 ms, forecast: {by: [{use: naive}, {use: median}], horizon: 2 ms}, "
        "adjust: {input.I.0.value: {toward: residual_mean, gain: 0.1, within: [5, 20]}}}\n"};

const std::shared_ptr<const Experiment>& experiment(std::size_t of) {
  static const Folder folder;
  static std::array<std::shared_ptr<const Experiment>, texts.size()> all;
  if (!all[of]) {
    folder.write("cell.yaml", cell +
                                  "input: {I: {use: step, from: 5 ms, to: 40 ms, amplitude: 10}}\n"
                                  "simulate: {for: 50 ms}\n");
    all[of] = std::make_shared<const Experiment>(load_experiment(folder.write("experiment.yaml", texts[of])));
  }
  return all[of];
}

/// The whole run, with what it writes; the page, of which most is the same and takes half of the time, if `page`.
void run(std::size_t of, const Records& records, bool page) {
  RunOptions options;
  options.jobs = 1, options.records = records;
  options.on_case = [](const CaseResult& c) { case_csv(c), spikes_csv({c}); };
  Outcome outcome = execute(experiment(of), options);
  summary_csv(outcome.cases);
  if (!page) return;
  outcome.run.experiment_yaml = to_yaml(experiment(of)->resolved);
  report_html(outcome.run, std::vector<std::string>(outcome.run.figures.size()));
}

void one(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t of = static_cast<unsigned char>(bytes[0]) % texts.size();
  try {
    run(of, {[](std::string_view) {}, [&](const auto& take) { take(bytes.substr(1)); }}, bytes.size() % 4 == 0);
  } catch (const std::runtime_error& e) { check_sentence(e.what()); }
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (std::size_t of = 0; of < texts.size(); ++of)
    run(of,
        {[&](std::string_view record) { all.push_back(static_cast<char>(of) + std::string(record)); },
         [](const auto&) {}},
        true);
  return all;
}

}  // namespace

HILLOCK_FUZZ("records of finished work", 500)
