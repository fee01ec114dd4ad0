// What the runs look like: one figure a run, panels for cases.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "run/lanes.hpp"
#include "run/run.hpp"

namespace hillock {
namespace {

/// A trace as it is drawn. Where spikes are exact, samples miss the top of the spike: it is drawn at the time of the spike, as models with a `peak` say.
Curve trace(const Neuron& neuron, const CaseResult& r, const Column& column, std::uint32_t state) {
  Curve c;
  c.x = r.time_ms.list(), c.y = column.values;
  const NeuronSpec& e = *neuron.spec;
  const hk_model& m = e.equations();
  const bool exact = e.integrator.dt_ms == 0 ||
                     (e.integrator.options.declares("spikes") && e.integrator.options.text("spikes") == "located");
  if (!m.peak || !m.reset || e.simulate.spikes || !exact || r.spikes_ms.empty()) return c;
  if (state != 0) return c;  // only the potential has a top
  const Rows p = parameter_rows(e.model);
  Rows x(m.n_state, HK_LANES), top(m.n_state, HK_LANES), elsewhere(m.n_state, HK_LANES);
  {
    const Inside inside(*e.model.plugin);
    m.peak(HK_LANES, x, p, top);
    for (std::uint32_t k = 0; k < m.n_state; ++k) std::fill_n(x[k], HK_LANES, 1.0);
    m.peak(HK_LANES, x, p, elsewhere);
  }
  if (top[0][0] != elsewhere[0][0]) return c;  // it depends on the state at the spike, which is not recorded
  Curve with;
  std::size_t s = 0;
  for (std::size_t k = 0; k < c.x.size(); ++k) {
    for (; s < r.spikes_ms.size() && r.spikes_ms[s] <= c.x[k]; ++s)
      with.x.push_back(r.spikes_ms[s]), with.y.push_back(top[0][0]);
    with.x.push_back(c.x[k]), with.y.push_back(c.y[k]);
  }
  return with;
}

Curve input_curve(const Neuron& neuron, std::uint32_t k, const CaseResult& r) {
  Curve c;
  c.style = Curve::Style::steps, c.colour = -2;
  c.x = r.time_ms.list();
  for (const double t : c.x)
    c.y.push_back(neuron.inputs[k] ? neuron.inputs[k]->at(just_after_ms(*neuron.spec, t), t) : 0);
  return c;
}

std::uint32_t first_given(const Neuron& neuron) {
  for (std::uint32_t k = 0; k < neuron.inputs.size(); ++k)
    if (neuron.inputs[k]) return k;
  return static_cast<std::uint32_t>(neuron.inputs.size());
}

const Column* column_of(const CaseResult& r, const std::string& name) {
  for (const Column& c : r.columns)
    if (c.name == name) return &c;
  return nullptr;
}

}  // namespace

std::vector<Figure> figures_of_run(const std::string& title, const Neuron& neuron, const CaseResult& r) {
  const NeuronSpec& e = *neuron.spec;
  const hk_model& m = e.equations();
  std::vector<Figure> all;
  Figure f{"traces", title, 1, {}};
  std::vector<std::uint32_t> drawn;
  for (const std::uint32_t k : e.simulate.record) {
    const hk_field& field = recordable(m, k);
    const Column* column = column_of(r, field.name);
    if (!column) continue;
    Panel p;
    p.y_label = axis_of(field.meaning, field.unit), p.x_label = "Time (ms)";
    p.curves.push_back(trace(neuron, r, *column, k));
    p.curves.back().colour = static_cast<int>(drawn.size());
    drawn.push_back(k);
    f.panels.push_back(std::move(p));
  }
  if (const Column* column = column_of(r, "readout")) {
    Panel p;
    p.y_label = axis_of(readout_meaning(e).c_str(), column->unit), p.x_label = "Time (ms)";
    p.curves.push_back({"", r.time_ms.list(), column->values, Curve::Style::line, -1, false});
    f.panels.push_back(std::move(p));
  }
  for (std::uint32_t k = 0; k < m.n_inputs; ++k) {
    if (!neuron.inputs[k]) continue;
    Panel p;
    p.y_label = axis_of(m.inputs[k].meaning, m.inputs[k].unit), p.x_label = "Time (ms)", p.height = 0.45;
    p.curves.push_back(input_curve(neuron, k, r));
    f.panels.push_back(std::move(p));
  }
  if (!f.panels.empty()) all.push_back(std::move(f));
  if (drawn.size() == 2 && m.n_state == 2 && std::max(drawn[0], drawn[1]) < 2 && e.simulate.clamped == 0) {
    Figure phase{"phase_plane", title, 1, {}};
    Panel p;
    p.x_label = axis_of(m.state[drawn[0]].meaning, m.state[drawn[0]].unit),
    p.y_label = axis_of(m.state[drawn[1]].meaning, m.state[drawn[1]].unit);
    p.curves.push_back({"", r.columns[0].values, r.columns[1].values, Curve::Style::line, 0, false});
    p.height = 2;  // nearly square: both axes matter alike
    phase.panels.push_back(std::move(p));
    all.push_back(std::move(phase));
  }
  return all;
}

void picture_traces(const std::vector<Neuron>& neurons, const std::vector<CaseResult>& cases, SweepPicture& picture) {
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    const NeuronSpec& e = *neurons[i].spec;
    const std::uint32_t first = e.simulate.record[0];
    const hk_field& field = recordable(e.equations(), first);
    const Column* column = column_of(cases[i], field.name);
    if (!column) continue;
    picture.traces.push_back({i, trace(neurons[i], cases[i], *column, first)});
    if (picture.trace_label.empty()) picture.trace_label = axis_of(field.meaning, field.unit);
  }
}

std::string title_of_measure(const std::string& label) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i <= label.size();) {
    const std::size_t end = std::min(label.find('_', i), label.size());
    std::string word = label.substr(i, end - i);
    if (word == "isi" || word == "cv" || word == "rms")
      for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    words.push_back(std::move(word));
    i = end + 1;
  }
  // "isi_mean" is a mean ISI, as "mean_rate" is a mean rate
  if (words.size() == 2 && (words[1] == "mean" || words[1] == "first" || words[1] == "last"))
    std::swap(words[0], words[1]);
  std::string out = fmt::format("{}", fmt::join(words, " "));
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

std::vector<Figure> figures_of_cases(const std::string& title, const std::vector<Neuron>& neurons,
                                     const std::vector<CaseResult>& cases) {
  Figure f{"cases", title, 1, {}};
  const std::size_t n = cases.size();
  f.columns = n <= 3 ? 1 : n <= 4 ? 2 : n <= 12 ? 3 : 4;
  for (std::size_t i = 0; i < std::min(n, most_panels); ++i) {
    const CaseResult& r = cases[i];
    const NeuronSpec& e = *neurons[i].spec;
    const hk_model& m = e.equations();
    const std::uint32_t first = e.simulate.record[0];
    const hk_field& field = recordable(m, first);
    const Column* column = column_of(r, field.name);
    if (!column) continue;
    Panel p;
    p.title = r.name;
    std::replace(p.title.begin(), p.title.end(), '_', ' ');
    p.y_label = axis_of(field.meaning, field.unit), p.x_label = "Time (ms)";
    Curve v = trace(neurons[i], r, *column, first);
    const auto finite_range = [](const std::vector<double>& y) {
      double low = std::numeric_limits<double>::infinity(), high = -low;
      for (const double x : y)
        if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
      return std::pair{low, high};
    };
    // the input below the trace, without a scale of its own, as in the figures of Izhikevich (2004)
    if (const std::uint32_t k = first_given(neurons[i]); k < neurons[i].inputs.size() && !v.y.empty()) {
      Curve in = input_curve(neurons[i], k, r);
      const auto [low, high] = finite_range(v.y);
      const auto [least, greatest] = finite_range(in.y);
      if (greatest > least && high > low) {
        for (double& y : in.y) y = low - (high - low) * (0.22 - 0.14 * (y - least) / (greatest - least));
        p.curves.push_back(std::move(in));
      }
    }
    p.curves.push_back(std::move(v));
    // what is observed, as ionic currents, is read side by side
    std::string all(field.name);
    for (const std::uint32_t k : e.simulate.record) {
      const Column* beside = column_of(r, recordable(m, k).name);
      if (first < m.n_state || k < m.n_state || k == first || !beside || beside->unit != column->unit) continue;
      p.curves.back().label = p.curves.back().label.empty() ? field.name : p.curves.back().label;
      p.curves.push_back(
          {beside->name, r.time_ms.list(), beside->values, Curve::Style::line, p.curves.back().colour + 1, false});
      all += ", " + beside->name;
    }
    if (all != field.name)
      p.y_label = std::string_view(field.unit) == "1" ? all : fmt::format("{} ({})", all, field.unit);
    f.panels.push_back(std::move(p));
  }
  if (f.panels.empty()) return {};
  return {std::move(f)};
}

}  // namespace hillock
