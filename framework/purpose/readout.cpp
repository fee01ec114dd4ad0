#include "purpose/readout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "draw/text.hpp"
#include "hillock/random.hpp"
#include "util/units.hpp"

namespace hillock {

std::string shown(double value) { return fmt::format("{:.5g}", value); }

std::string title_of(const char* meaning) {
  std::string text(meaning);
  text = text.substr(0, text.find(';'));
  bool start = true;
  for (char& c : text) {
    if (start) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    start = c == ' ' || c == '-';
  }
  return text;
}

std::string axis_of(const char* meaning, const std::string& unit) {
  std::string text(meaning);
  text = text.substr(0, text.find(';'));
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return with_unit(text, unit);
}

std::string readout_meaning(const NeuronSpec& e) {
  const std::string& unit = e.readout.unit;
  return unit == "1" || convert(1, unit, "mV")
             ? "recorded potential"
             : fmt::format("recorded {}", recordable(e.equations(), e.readout.of).meaning);
}

bool need_current(const std::vector<MeasureUse>& uses) {
  return std::any_of(uses.begin(), uses.end(),
                     [](const MeasureUse& use) { return find_measure(use.name)->needs_current; });
}

CaseTrace read_out(const Neuron& neuron, Trajectory trajectory, const std::string& name, double t0_ms,
                   bool with_current) {
  const NeuronSpec& e = *neuron.spec;
  const hk_model& m = e.equations();
  CaseTrace p;
  p.unit = e.readout.unit, p.every_ms = neuron.every_ms;
  CaseResult& r = p.result;
  r.name = name;
  r.failure = std::move(trajectory.failure);
  if (r.failure) r.failure->at_ms += t0_ms;
  r.time_ms = std::move(trajectory.time_ms), r.spikes_ms = std::move(trajectory.spikes_ms);
  const auto input = [&](std::uint32_t k, double t) {
    return neuron.inputs[k] ? neuron.inputs[k]->at(just_after_ms(e, t), t) : 0.0;
  };
  const Random noise(e.seed, stream_of("readout.measurement_noise"));
  const auto& record = e.simulate.record;
  p.readout = static_cast<std::size_t>(std::find(record.begin(), record.end(), e.readout.of) - record.begin());
  if (p.readout == record.size()) throw std::logic_error("what is read out is not recorded");
  for (std::size_t i = 0; i < record.size(); ++i) {
    const hk_field& field = recordable(m, record[i]);
    r.columns.push_back({field.name, title_of(field.meaning), field.unit, std::move(trajectory.states[i])});
  }
  if (with_current && e.drive.of < m.n_inputs)
    for (std::size_t i = 0; i < r.time_ms.size(); ++i) p.current.push_back(input(e.drive.of, r.time_ms[i]));
  for (const std::uint32_t k : e.simulate.record_inputs) {
    Column c{m.inputs[k].name, title_of(m.inputs[k].meaning), m.inputs[k].unit, {}};
    for (std::size_t i = 0; i < r.time_ms.size(); ++i) c.values.push_back(input(k, r.time_ms[i]));
    r.columns.push_back(std::move(c));
  }
  if (e.readout.is_map()) {
    Column c{"readout", title_of(readout_meaning(e).c_str()), e.readout.unit, p.voltage()};
    for (std::size_t k = 0; k < c.values.size(); ++k) {
      const double current_pA =
          e.readout.series_MOhm > 0 ? (input(e.drive.of, r.time_ms[k]) - e.drive.shift) / e.drive.gain : 0;
      c.values[k] = e.readout(c.values[k], current_pA);
      if (e.readout.noise_mV > 0) c.values[k] += e.readout.noise_mV * noise.normal(k);
    }
    p.readout = r.columns.size();
    r.columns.push_back(std::move(c));
  }
  if (t0_ms != 0) {
    r.time_ms.shift(t0_ms);
    for (double& t : r.spikes_ms) t += t0_ms;
  }
  return p;
}

ScoredWindow observed_run(const SimulateBlock& run, std::span<const double> spikes_ms) {
  const auto [from, to] = run.window_ms.value_or(std::pair{0.0, run.for_ms});
  return {from, to, spikes_ms, std::nullopt, to >= run.for_ms};
}

Score stopped_score() { return {std::numeric_limits<double>::quiet_NaN(), "not defined: the run stopped"}; }

std::vector<MeasureValue> measure(const std::vector<MeasureUse>& uses, const CaseResult& of, const ScoredWindow& run,
                                  const ScoredWindow* data, const std::string& unit) {
  std::vector<MeasureValue> values;
  for (const MeasureUse& use : uses) {
    const MeasureInfo& info = *find_measure(use.name);
    const Score score =
        of.ok() ? evaluate(use.name, run, info.compares ? data : nullptr, use.options) : stopped_score();
    values.push_back({use.label, unit_of(info, unit), score.value, score.why});
  }
  return values;
}

namespace {

/// What was swept to five digits, or as many as tell the cases apart; the files have all of them. Returns the unit that
/// all numbers of a path have, which is then in none of them.
std::vector<std::string> shorten_swept(std::vector<CaseResult>& cases) {
  std::vector<std::string> units(cases.empty() ? 0 : cases[0].swept.size());
  for (std::size_t k = 0; k < units.size(); ++k) {
    std::vector<double> numbers;
    std::vector<std::size_t> of;
    std::set<std::string> found;
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (const auto q = parse_quantity(cases[i].swept[k].second))
        numbers.push_back(q->value), of.push_back(i), found.insert(q->unit);
    const bool alike = found.size() == 1;
    if (alike) units[k] = *found.begin();
    const std::vector<std::string> texts = brief(numbers);
    for (std::size_t n = 0; n < of.size(); ++n) {
      std::string& value = cases[of[n]].swept[k].second;
      const std::size_t blank = value.find(' ');
      value = texts[n] + (alike || blank == std::string::npos ? "" : value.substr(blank));
    }
  }
  return units;
}

}  // namespace

Table summary(const Cases& cases, const std::string& first_column, bool with_swept) {
  Table t;
  t.head.push_back(first_column);
  std::vector<CaseResult> shown_cases;  // without their samples
  for (std::size_t i = 0; i < std::min(cases.size(), most_rows); ++i) {
    const auto c = cases.get(i);
    CaseResult& row = shown_cases.emplace_back();
    row.name = c->name, row.failure = c->failure, row.swept = c->swept, row.measures = c->measures;
  }
  std::vector<std::string> units;
  if (with_swept) units = shorten_swept(shown_cases);
  const bool failed = std::any_of(shown_cases.begin(), shown_cases.end(), [](const CaseResult& c) { return !c.ok(); });
  if (!shown_cases.empty()) {
    for (std::size_t k = 0; k < units.size(); ++k) t.head.push_back(with_unit(shown_cases[0].swept[k].first, units[k]));
    for (const MeasureValue& v : shown_cases[0].measures) t.head.push_back(with_unit(v.name, v.unit));
  }
  if (failed) t.head.push_back("status");
  std::vector<std::string> whys;
  for (const CaseResult& c : shown_cases) {
    std::vector<std::string> row{c.name};
    for (const auto& [path, value] : c.swept)
      if (with_swept) row.push_back(value);
    for (const MeasureValue& v : c.measures) {
      row.push_back(v.why.empty() ? shown(v.value) : "–");
      if (!v.why.empty() && std::find(whys.begin(), whys.end(), v.why) == whys.end()) whys.push_back(v.why);
    }
    if (failed) row.push_back(c.status());
    t.rows.push_back(std::move(row));
  }
  if (!whys.empty()) t.note = fmt::format("–: {}", fmt::join(whys, "; "));
  if (cases.size() > shown_cases.size())
    t.note += fmt::format("{}the first {} of {} cases; all are in summary.csv", t.note.empty() ? "" : ". ",
                          shown_cases.size(), cases.size());
  return t;
}

std::shared_ptr<NeuronSpec> with_readout(const NeuronSpec& spec) {
  auto copy = std::make_shared<NeuronSpec>(spec);
  auto& record = copy->simulate.record;
  if (std::find(record.begin(), record.end(), copy->readout.of) == record.end()) record.push_back(copy->readout.of);
  return copy;
}

CaseResult measured(const Case& of, const Neuron& neuron, Trajectory trajectory,
                    const std::vector<MeasureUse>& measures) {
  const SimulateBlock& own = of.run->simulate;
  CaseTrace p = read_out(neuron, std::move(trajectory), of.name, 0, need_current(measures));
  p.result.swept = of.swept;
  ScoredWindow observed = observed_run(own, p.result.spikes_ms);
  observed.voltage = Sampled{0, own.every_ms, p.voltage()};
  if (!p.current.empty()) observed.current = Sampled{0, own.every_ms, p.current};
  p.result.measures = measure(measures, p.result, observed, nullptr, p.unit);
  // the readout is measured in any case; where it is not recorded too it is dropped
  if (own.record.size() < neuron.spec->simulate.record.size()) {
    auto& columns = p.result.columns;
    columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(own.record.size()));
  }
  return std::move(p.result);
}

Error said_of(const std::string& what, const Error& e) {
  return {e.place(), fmt::format("{}: {}", what, e.message()), e.hint(), e.status()};
}

void run_cases(const std::vector<Case>& cases, const std::vector<Neuron>& neurons,
               const std::vector<MeasureUse>& measures, const std::function<void(std::size_t, CaseResult)>& done) {
  simulate(neurons, [&](std::size_t i, Trajectory trajectory) {
    done(i, measured(cases[i], neurons[i], std::move(trajectory), measures));
  });
}

}  // namespace hillock
