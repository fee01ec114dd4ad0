// What the runs look like: one figure a run, panels for cases.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw/text.hpp"
#include "neuron/lanes.hpp"
#include "purpose/readout.hpp"

namespace hillock {

double top_of_spike(const NeuronSpec& spec) {
  const hk_model& m = spec.equations();
  const Rows p = parameter_rows(spec.model);
  Rows x(m.n_state, HK_LANES), top(m.n_state, HK_LANES), elsewhere(m.n_state, HK_LANES);
  const PluginCall inside(*spec.model.plugin);
  m.peak(m.context, HK_LANES, x, p, top);
  for (std::uint32_t k = 0; k < m.n_state; ++k) std::fill_n(x[k], HK_LANES, 1.0);
  m.peak(m.context, HK_LANES, x, p, elsewhere);
  return top[0][0] == elsewhere[0][0] ? top[0][0] : std::numeric_limits<double>::quiet_NaN();
}

namespace {

/// A trace as it is drawn. Where spikes are exact, samples miss the top of the spike: it is drawn at the time of the
/// spike, as models with a `peak` say.
Curve trace(const Neuron& neuron, const CaseResult& r, const Column& column, std::uint32_t state) {
  Curve c;
  c.x = r.time_ms.list(), c.y = column.values;
  const NeuronSpec& e = *neuron.spec;
  const hk_model& m = e.equations();
  const bool exact = e.integrator.dt_ms == 0 ||
                     (e.integrator.options.declares("spikes") && e.integrator.options.text("spikes") == "located");
  if (!m.peak || !m.reset || e.simulate.spikes || !exact || r.spikes_ms.empty()) return c;
  if (state != 0) return c;  // only the potential has a top
  const double top = top_of_spike(e);
  if (std::isnan(top)) return c;  // the state at the spike is not recorded
  Curve with;
  std::size_t s = 0;
  for (std::size_t k = 0; k < c.x.size(); ++k) {
    for (; s < r.spikes_ms.size() && r.spikes_ms[s] <= c.x[k]; ++s)
      with.x.push_back(r.spikes_ms[s]), with.y.push_back(top);
    with.x.push_back(c.x[k]), with.y.push_back(c.y[k]);
  }
  return with;
}

/// An input as it acts: a smooth shape is a smooth line, whatever the samples of the run, and it jumps where it is
/// switched.
Curve input_curve(const Neuron& neuron, std::uint32_t k) {
  Curve c;
  c.colour = -2;
  const NeuronSpec& e = *neuron.spec;
  const Signal* signal = neuron.inputs[k].get();
  if (!signal) {
    c.x = {0, neuron.for_ms}, c.y = {0, 0};
    return c;
  }
  constexpr double least = 4000;     // points, which a picture tells apart
  constexpr std::size_t most = 100;  // edges between two points that are looked for
  const double samples = neuron.every_ms > 0 ? neuron.for_ms / neuron.every_ms : 0;
  const auto points = static_cast<std::size_t>(std::ceil(std::max(least, samples)));
  const auto add = [&](double t, double value) {
    if (!c.y.empty() && c.x.back() == t && c.y.back() == value) return;
    c.x.push_back(t), c.y.push_back(value);
  };
  double begin = just_after_ms(e, 0);  // of the piece that is on
  add(0, signal->at(begin, 0));
  for (std::size_t i = 1; i <= points; ++i) {
    const double t = neuron.for_ms * static_cast<double>(i) / static_cast<double>(points);
    std::size_t edges = 0;
    for (double edge = signal->next_edge(begin); edge < t && edges < most; edge = signal->next_edge(begin), ++edges) {
      add(edge, signal->at(begin, edge));
      begin = just_after_ms(e, edge);
      add(edge, signal->at(begin, edge));
    }
    add(t, signal->at(begin, t));
    begin = just_after_ms(e, t);
    if (i < points) add(t, signal->at(begin, t));
  }
  return c;
}

bool is_given(const Neuron& neuron, std::uint32_t input) {
  const auto& recorded = neuron.spec->simulate.record_inputs;
  return neuron.inputs[input] || std::find(recorded.begin(), recorded.end(), input) != recorded.end();
}

const Column* column_of(const CaseResult& r, const std::string& name) {
  for (const Column& c : r.columns)
    if (c.name == name) return &c;
  return nullptr;
}

/// What one axis shows of a run: a state, or several of one kind side by side, or a stimulus.
struct Track {
  std::string name;          ///< "v"; of several the first
  std::string label, brief;  ///< "Membrane potential (mV)", "v (mV)"
  std::vector<Curve> curves;
  bool input = false;
};

/// Gates and ionic currents, which are read side by side; or neither.
enum class Together { no, gates, observed };
Together together(const hk_model& m, std::uint32_t k) {
  const hk_field& f = recordable(m, k);
  if (k >= m.n_state) return Together::observed;
  return k > 0 && f.low == 0 && f.high == 1 && std::string_view(f.unit) == "1" ? Together::gates : Together::no;
}

/// All that was asked to be recorded, in that order, then the readout. `apart`: on an axis each.
std::vector<Track> recorded(const Neuron& neuron, const CaseResult& r, bool apart) {
  const NeuronSpec& e = *neuron.spec;
  const hk_model& m = e.equations();
  std::vector<Track> all;
  std::vector<std::uint32_t> first;  // of each track what it began with
  for (const std::uint32_t k : e.simulate.record) {
    const hk_field& field = recordable(m, k);
    const Column* column = column_of(r, field.name);
    if (!column) continue;
    Curve c = trace(neuron, r, *column, k);
    std::size_t at = all.size();
    for (std::size_t t = 0; t < all.size() && !apart && together(m, k) != Together::no; ++t)
      if (together(m, first[t]) == together(m, k) && std::string_view(recordable(m, first[t]).unit) == field.unit)
        at = t;
    if (at == all.size()) {
      all.push_back({field.name, axis_of(field.meaning, field.unit), with_unit(field.name, field.unit), {}, false});
      first.push_back(k);
    } else {
      Track& t = all[at];
      const std::string names = t.curves.size() == 1 ? t.name : t.brief.substr(0, t.brief.rfind(" ("));
      if (t.curves.size() == 1) t.curves[0].label = t.name;
      c.label = field.name;
      t.label = t.brief = with_unit(names + ", " + field.name, field.unit);
    }
    // on axes of its own in the colour of its place, side by side in the first ones
    c.colour = static_cast<int>(at);
    if (all[at].curves.size() == 1) all[at].curves[0].colour = 0;
    if (!all[at].curves.empty()) c.colour = static_cast<int>(all[at].curves.size());
    all[at].curves.push_back(std::move(c));
  }
  if (const Column* column = column_of(r, "readout")) {
    Curve c{"", r.time_ms.list(), column->values, Curve::Style::line, -1, false};
    all.push_back({"readout",
                   axis_of(readout_meaning(e).c_str(), column->unit),
                   with_unit("readout", column->unit),
                   {std::move(c)},
                   false});
  }
  return all;
}

/// The inputs that are given or were asked for; none of a case that was refused, which never became a neuron.
std::vector<Track> stimuli(const Neuron& neuron) {
  if (neuron.inputs.empty()) return {};
  const hk_model& m = neuron.spec->equations();
  std::vector<Track> all;
  for (std::uint32_t k = 0; k < m.n_inputs; ++k) {
    if (!is_given(neuron, k)) continue;
    const hk_field& field = m.inputs[k];
    all.push_back({field.name,
                   axis_of(field.meaning, field.unit),
                   with_unit(field.name, field.unit),
                   {input_curve(neuron, k)},
                   true});
  }
  return all;
}

Panel panel_of(Track track) {
  Panel p;
  p.y_label = std::move(track.label), p.y_brief = std::move(track.brief), p.x_label = "Time (ms)";
  if (track.input) p.height = 0.45;
  p.curves = std::move(track.curves);
  return p;
}

bool same(const std::vector<Track>& a, const std::vector<Track>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Track& s, const Track& t) {
    return s.label == t.label && s.curves[0].x == t.curves[0].x && s.curves[0].y == t.curves[0].y;
  });
}

}  // namespace

std::vector<Figure> figures_of_run(const std::string& title, const Neuron& neuron, const CaseResult& r) {
  const NeuronSpec& e = *neuron.spec;
  const hk_model& m = e.equations();
  std::vector<Figure> all;
  Figure f{"traces", title, 1, {}};
  for (Track& t : recorded(neuron, r, false)) f.panels.push_back(panel_of(std::move(t)));
  for (Track& t : stimuli(neuron)) f.panels.push_back(panel_of(std::move(t)));
  if (!f.panels.empty()) all.push_back(std::move(f));
  const auto& drawn = e.simulate.record;
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

Panel raster_of(const std::vector<RasterRow>& rows) {
  Panel raster;
  raster.x_label = "Time (ms)";
  for (const RasterRow& row : rows) {
    const std::vector<double> at(row.spikes_ms.size(), static_cast<double>(raster.row_labels.size()));
    raster.row_labels.push_back(row.label);
    raster.curves.push_back(
        {"", {row.spikes_ms.begin(), row.spikes_ms.end()}, at, Curve::Style::ticks, row.colour, false});
  }
  return raster;
}

void picture_traces(const std::vector<Neuron>& neurons, const std::vector<CaseResult>& cases, SweepData& picture) {
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    std::vector<Track> tracks = recorded(neurons[i], cases[i], true);
    for (Track& t : stimuli(neurons[i])) tracks.push_back(std::move(t));
    if (tracks.empty()) continue;
    if (picture.trace_label.empty()) picture.trace_label = tracks[0].label;
    picture.traces.push_back({i, std::move(tracks[0].curves[0])});
    tracks.erase(tracks.begin());
    for (Track& t : tracks) {
      auto found = std::find_if(picture.beside.begin(), picture.beside.end(),
                                [&](const SweepData::Beside& b) { return b.name == t.name && b.label == t.label; });
      if (found == picture.beside.end())
        found = picture.beside.insert(picture.beside.end(), {t.name, t.label, t.brief, t.input, {}});
      found->traces.push_back({i, std::move(t.curves[0])});
    }
  }
  // currents that stay as they are are numbers, not pictures, unless they were asked for
  std::erase_if(picture.beside, [&](const SweepData::Beside& b) {
    const auto& e = *neurons.front().spec;
    const auto is_recorded = [&](std::uint32_t k) { return b.name == e.equations().inputs[k].name; };
    const auto& asked = e.simulate.record_inputs;
    return b.input && std::none_of(asked.begin(), asked.end(), is_recorded) &&
           std::all_of(b.traces.begin(), b.traces.end(), [](const SweepData::Traced& t) {
             return std::all_of(t.curve.y.begin(), t.curve.y.end(), [&](double y) { return y == t.curve.y[0]; });
           });
  });
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
  struct Drawn {
    std::string title;
    std::vector<Track> tracks, stimuli;
  };
  std::vector<Drawn> drawn;
  for (std::size_t i = 0; i < std::min(cases.size(), most_panels); ++i) {
    Drawn d{cases[i].name, recorded(neurons[i], cases[i], false), stimuli(neurons[i])};
    std::replace(d.title.begin(), d.title.end(), '_', ' ');
    if (!d.tracks.empty() || !d.stimuli.empty()) drawn.push_back(std::move(d));
  }
  if (drawn.empty()) return {};
  const std::size_t n = drawn.size(), columns = n <= 3 ? 1 : n <= 4 ? 2 : n <= 12 ? 3 : 4;
  // a stimulus that is the same for all is drawn once in each column
  const bool one_stimulus = n % columns == 0 && std::all_of(drawn.begin(), drawn.end(), [&](const Drawn& d) {
                              return same(d.stimuli, drawn[0].stimuli);
                            });
  std::vector<Figure> all{{"cases", title, static_cast<int>(columns), {}}};
  for (std::size_t i = 0; i < n; ++i) {
    Drawn& d = drawn[i];
    bool first = true;
    const auto add = [&](Figure& f, Track t) {
      Panel p = panel_of(std::move(t));
      p.below = !first;
      if (first) p.title = d.title;
      first = false;
      f.panels.push_back(std::move(p));
    };
    // in a grid what is recorded besides the first has a figure of its own
    for (std::size_t k = 0; k < d.tracks.size() && (k == 0 || columns == 1); ++k) add(all[0], d.tracks[k]);
    if (!one_stimulus || i + columns >= n)
      for (Track& t : d.stimuli) add(all[0], std::move(t));
    for (std::size_t k = 1; k < d.tracks.size() && columns > 1; ++k) {
      const std::string name = "cases-" + d.tracks[k].name;
      auto f = std::find_if(all.begin(), all.end(), [&](const Figure& other) { return other.name == name; });
      if (f == all.end()) f = all.insert(all.end(), {name, title, static_cast<int>(columns), {}});
      first = true;
      add(*f, std::move(d.tracks[k]));
    }
  }
  return all;
}

}  // namespace hillock
