#include "run/explore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "draw/figure.hpp"
#include "measure/features.hpp"
#include "measure/spikes.hpp"
#include "neuron/simulate.hpp"
#include "purpose/readout.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

std::string brief(double value) { return fmt::format("{:.4g}", value + 0.0); }

std::string plural(std::size_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

/// "Vm in mV (voltage), Im in pA (current, recorded)"
std::string channels_of(const DescribedSweep& s) {
  std::string out;
  for (const DescribedSweep::Channel& c : s.channels) {
    const std::string use = c.kind == HK_VOLTAGE       ? " (voltage)"
                            : c.kind != HK_CURRENT     ? ""
                            : s.current_source.empty() ? " (current)"
                                                       : fmt::format(" (current, {})", s.current_source);
    out += fmt::format("{}{} in {}{}", out.empty() ? "" : ", ", c.name, c.unit, use);
  }
  return out;
}

bool has(const DescribedSweep& s, std::uint32_t kind) {
  return std::any_of(s.channels.begin(), s.channels.end(),
                     [&](const DescribedSweep::Channel& c) { return c.kind == kind; });
}

/// Whether the reader finds channels by titles that the user may name.
bool names_columns(const DataBlock& data) {
  return data.options.declares("columns.voltage") && data.options.declares("columns.current");
}

/// The chosen sweeps as a data block writes them best: as a range where they are all that the file has in it.
SweepChoice written(const DescribedFile& file) {
  SweepChoice choice;
  for (const std::size_t i : file.chosen) choice.numbers.push_back(file.sweeps[i].number);
  std::vector<std::int64_t> within;
  for (const DescribedSweep& s : file.sweeps)
    if (choice.numbers.front() <= s.number && s.number <= choice.numbers.back()) within.push_back(s.number);
  if (choice.several() && within == choice.numbers)
    choice.range = true, choice.numbers = {within.front(), within.back()};
  return choice;
}

// --- One sweep ----------------------------------------------------------------------------------------------------

/// A sweep after its samples are gone.
struct Seen {
  std::string name;         ///< "sweep 3", or that of the file
  bool has_current = true;  ///< else there is no protocol
  Protocol protocol;
  bool begun_before = false;            ///< the stimulus begins before the window
  std::vector<StepResponse> responses;  ///< to each step
  std::optional<CurrentStep> stimulus;
  std::optional<PassiveStep> quiet;  ///< a step without spikes
  CaseResult result;
  Curve voltage, current;  ///< thinned
};

/// Of the whole sweep that a block asks for, at its recorded sampling.
Protocol whole_protocol(DataBlock data) {
  data.window_ms.reset(), data.every = 1, data.resample_ms = 0;
  data.artefacts_ms.clear(), data.cutoff_hz = 0, data.normalise.reset(), data.passive.reset();  // the voltage's alone
  const Recording whole = load_recording(data, Wanted::protocol);
  return protocol_of({whole.t0_ms, whole.dt_ms, whole.current_pA});
}

/// What a window shows of the protocol of its sweep.
Protocol within(const Protocol& whole, const Recording& window) {
  Protocol p = whole;
  p.steps.clear();
  for (CurrentStep s : whole.steps) {
    s.from_ms = std::max(s.from_ms, window.t0_ms), s.to_ms = std::min(s.to_ms, window.end_ms());
    s.before_ms = std::max(s.before_ms, window.t0_ms), s.rest_from_ms = std::max(s.rest_from_ms, window.t0_ms);
    if (s.duration_ms() > 0.5 * window.dt_ms) p.steps.push_back(s);
  }
  p.kind = p.steps.empty() ? Protocol::Kind::constant : Protocol::Kind::steps;
  return p;
}

bool begun_before(const CurrentStep& clipped, const Protocol& whole) {
  return std::any_of(whole.steps.begin(), whole.steps.end(),
                     [&](const CurrentStep& s) { return s.from_ms < clipped.from_ms && clipped.from_ms < s.to_ms; });
}

std::string shown_current(const Seen& seen) {
  if (!seen.has_current) return "not recorded";
  const Protocol& p = seen.protocol;
  if (p.kind == Protocol::Kind::constant) return fmt::format("{} pA", brief(p.base));
  if (p.kind == Protocol::Kind::varying) return fmt::format("varies, {} ± {} pA", brief(p.mean), brief(p.sd));
  double largest = 0;
  for (const CurrentStep& s : p.steps) largest = std::max(largest, std::abs(s.amplitude()));
  // an offset of the amplifier is no holding current
  std::string text = std::abs(p.base) < 0.005 * largest ? "" : fmt::format("{} pA", brief(p.base));
  std::size_t listed = 0;
  for (const CurrentStep& s : p.steps) {
    if (++listed > 3) return text + fmt::format(", {} more", p.steps.size() - 3);
    text += fmt::format("{}{} pA {:.6g}-{:.6g} ms", text.empty() ? "" : ", ", brief(s.level), s.from_ms, s.to_ms);
  }
  return text;
}

void add(CaseResult& r, const char* name, const char* unit, double value) {
  r.measures.push_back({name, unit, value, std::isfinite(value) ? "" : "not defined"});
}

double value_of(const CaseResult& r, std::string_view name) {
  for (const MeasureValue& m : r.measures)
    if (m.name == name && m.why.empty()) return m.value;
  return none;
}

/// Features by the names of the measures and of eFEL: firing under the stimulus, of the whole sweep without one.
void add_features(Seen& seen, const Recording& data) {
  CaseResult& r = seen.result;
  const Sampled voltage{data.t0_ms, data.dt_ms, data.voltage};
  const CurrentStep* stimulus = seen.protocol.stimulus(data.spikes_ms);
  if (stimulus) seen.stimulus = *stimulus;
  const double from = stimulus ? stimulus->from_ms : data.t0_ms;
  const double to = stimulus ? std::min(stimulus->answered_ms(), data.end_ms()) : data.end_ms();
  add(r, "stim_start", "ms", stimulus ? from : none);
  add(r, "stim_end", "ms", stimulus ? stimulus->to_ms : none);
  add(r, "stim_amplitude", "pA", stimulus ? stimulus->amplitude() : none);
  add(r, "spike_count", "1", static_cast<double>(data.spikes_ms.size()));
  const ScoredWindow under{from, to, data.spikes_ms, {}};
  for (const char* name : {"spike_count", "mean_rate", "time_to_first_spike", "inv_first_ISI", "inv_last_ISI",
                           "isi_mean", "isi_cv", "adaptation_index", "adaptation_index_2", "burst_number"}) {
    Score s = evaluate(name, under);
    if (seen.begun_before && std::string_view(name) == "time_to_first_spike")
      s = {none, "the stimulus begins before the window"};
    // eFEL's name of the spikes under the stimulus alone
    r.measures.push_back({std::string_view(name) == "spike_count" ? "spike_count_stimint" : name,
                          find_measure(name)->unit, s.value, s.why});
  }
  if (data.unit != "mV") return;  // slopes and resistances are those of potentials
  for (const CurrentStep& step : seen.protocol.steps)
    seen.responses.push_back(step_response(0, voltage, step, data.spikes_ms));
  const auto aps = action_potentials(voltage, data.spikes_ms, from, to);
  add(r, "AP_begin_voltage", "mV", mean_of(aps, &ActionPotential::begin_voltage));
  add(r, "peak_voltage", "mV", mean_of(aps, &ActionPotential::peak_voltage));
  add(r, "AP_amplitude", "mV", mean_of(aps, &ActionPotential::amplitude));
  add(r, "AP_duration_half_width", "ms", mean_of(aps, &ActionPotential::half_width_ms));
  add(r, "AP_peak_upstroke", "mV/ms", mean_of(aps, &ActionPotential::upstroke));
  add(r, "AP_peak_downstroke", "mV/ms", mean_of(aps, &ActionPotential::downstroke));
  const double ahp = mean_of(aps, &ActionPotential::ahp_voltage),
               base = stimulus ? voltage_base(voltage, *stimulus, data.spikes_ms) : none;
  add(r, "AHP_depth_abs", "mV", ahp);
  add(r, "AHP_depth", "mV", ahp - base);
  add(r, "voltage_base", "mV", base);
  seen.quiet = passive_step(voltage, seen.protocol, data.spikes_ms);
  const PassiveResponse passive = seen.quiet ? seen.quiet->response : PassiveResponse{};
  add(r, "steady_state_voltage_stimend", "mV", stimulus ? steady_state_voltage(voltage, *stimulus) : none);
  add(r, "ohmic_input_resistance_vb_ssse", "MOhm", passive.input_resistance_MOhm);
  add(r, "time_constant", "ms", passive.time_constant_ms);
  add(r, "sag_amplitude", "mV", passive.sag_amplitude);
  add(r, "sag_ratio1", "1", passive.sag_ratio);
}

/// What a figure of a page's width shows of it.
Curve drawn(const Recording& data, const std::vector<double>& values, Curve::Style style) {
  Curve c;
  c.style = style;
  for (std::size_t k = 0; k < values.size(); ++k) c.x.push_back(data.t0_ms + static_cast<double>(k) * data.dt_ms);
  c.y = values;
  thin(c.x, c.y, 6000);
  c.x.shrink_to_fit(), c.y.shrink_to_fit();
  return c;
}

// --- Figures ------------------------------------------------------------------------------------------------------

/// The sweeps that stand out among many: of a family of steps the lowest, the last without spikes, the first with them
/// and the highest; else four that are evenly apart.
std::vector<std::size_t> outstanding(std::size_t sweeps, const CellFeatures& cell) {
  std::vector<std::size_t> chosen;
  const auto take = [&](std::size_t i) {
    if (std::find(chosen.begin(), chosen.end(), i) == chosen.end()) chosen.push_back(i);
  };
  if (cell.family.size() * 2 > sweeps) {
    const auto& f = cell.family;
    take(f.front().sweep);
    const auto first = std::find_if(f.begin(), f.end(), [](const StepResponse& r) { return r.spikes > 0; });
    if (first != f.end() && first != f.begin()) take((first - 1)->sweep);
    if (first != f.end()) take(first->sweep);
    take(f.back().sweep);
  } else {
    for (std::size_t i = 0; i < 4; ++i) take(i * (sweeps - 1) / 3);
  }
  return chosen;
}

Figure traces(const std::string& title, std::vector<Seen>& sweeps, const CellFeatures& cell, const std::string& unit) {
  Figure f{"traces", title, 1, {}};
  Panel v, I;
  v.y_label = unit == "1" ? "Normalised potential" : "Membrane potential (mV)", v.x_label = I.x_label = "Time (ms)";
  I.y_label = "Current (pA)", I.height = 0.4;
  std::vector<std::size_t> chosen;
  if (sweeps.size() > 6) chosen = outstanding(sweeps.size(), cell);
  else
    for (std::size_t i = 0; i < sweeps.size(); ++i) chosen.push_back(i);
  const auto place = [&](std::size_t i, int colour) {
    Seen& s = sweeps[i];
    s.voltage.colour = s.current.colour = colour;
    if (colour >= 0 && sweeps.size() > 1)
      s.voltage.label = s.stimulus ? fmt::format("{}: {} pA", s.name, brief(s.stimulus->level)) : s.name;
    v.curves.push_back(std::move(s.voltage));
    if (s.has_current) I.curves.push_back(std::move(s.current));
  };
  for (std::size_t i = 0; i < sweeps.size(); ++i)
    if (std::find(chosen.begin(), chosen.end(), i) == chosen.end()) place(i, -3);
  for (std::size_t c = 0; c < chosen.size(); ++c) place(chosen[c], sweeps.size() == 1 ? -1 : static_cast<int>(c));
  if (sweeps.size() == 1 && !I.curves.empty()) I.curves[0].colour = -2;
  f.panels.push_back(std::move(v));
  if (!I.curves.empty()) f.panels.push_back(std::move(I));
  Panel raster;
  raster.x_label = "Time (ms)";
  constexpr std::size_t most_rows = 60;
  for (const Seen& s : sweeps) {
    const auto& spikes = s.result.spikes_ms;
    if (spikes.empty() || sweeps.size() == 1 || raster.row_labels.size() == most_rows) continue;
    const double row = static_cast<double>(raster.row_labels.size());
    raster.curves.push_back({"", spikes, std::vector<double>(spikes.size(), row), Curve::Style::ticks, -1});
    raster.row_labels.push_back(s.name);
  }
  raster.height = 0.1 + 0.055 * static_cast<double>(raster.row_labels.size());
  if (!raster.row_labels.empty()) f.panels.push_back(std::move(raster));
  return f;
}

/// Rate and, where there are no spikes, voltage against current; no figure for fewer than three amplitudes.
std::optional<Figure> against_current(const std::string& title, const CellFeatures& cell) {
  std::set<double> amplitudes;
  for (const StepResponse& r : cell.family) amplitudes.insert(r.step.amplitude());
  if (amplitudes.size() < 3) return std::nullopt;
  Figure f{"f_i", title, 2, {}};
  Panel rate;
  if (std::isfinite(cell.f_i_slope))
    rate.title = fmt::format("{} Hz/pA from {} pA on", brief(cell.f_i_slope), brief(cell.rheobase_pA));
  rate.x_label = "Current step (pA)", rate.y_label = "Rate (Hz)";
  Curve mean_rate{"mean", {}, {}, Curve::Style::points, 0};
  Curve first{"first interval", {}, {}, Curve::Style::rings, 1};
  Panel steady;
  steady.title = "Without spikes", steady.x_label = "Current step (pA)", steady.y_label = "Membrane potential (mV)";
  Curve end{"steady", {}, {}, Curve::Style::points, 0}, extreme{"extreme", {}, {}, Curve::Style::rings, 1};
  for (const StepResponse& r : cell.family) {
    const double x = r.step.amplitude();
    mean_rate.x.push_back(x), mean_rate.y.push_back(r.rate_hz);
    if (r.spikes > 1) first.x.push_back(x), first.y.push_back(r.first_rate_hz);
    if (r.spikes > 0) continue;
    end.x.push_back(x), end.y.push_back(r.passive.steady_state_voltage);
    extreme.x.push_back(x), extreme.y.push_back(r.passive.extreme_voltage);
  }
  rate.curves.push_back(std::move(mean_rate));
  if (!first.x.empty()) rate.curves.push_back(std::move(first));
  f.panels.push_back(std::move(rate));
  if (end.x.size() > 1) {
    steady.curves = {std::move(end), std::move(extreme)};
    f.panels.push_back(std::move(steady));
  } else {
    f.columns = 1;
  }
  return f;
}

// --- Tables -------------------------------------------------------------------------------------------------------

Table table_of(const std::vector<Seen>& sweeps) {
  struct Feature {
    const char *title, *name;
  };
  constexpr Feature features[] = {{"rate (Hz)", "mean_rate"},
                                  {"latency (ms)", "time_to_first_spike"},
                                  {"adaptation", "adaptation_index"},
                                  {"rest (mV)", "voltage_base"},
                                  {"threshold (mV)", "AP_begin_voltage"},
                                  {"height (mV)", "AP_amplitude"},
                                  {"width (ms)", "AP_duration_half_width"},
                                  {"AHP (mV)", "AHP_depth_abs"},
                                  {"R (MOhm)", "ohmic_input_resistance_vb_ssse"},
                                  {"tau (ms)", "time_constant"},
                                  {"sag", "sag_ratio1"}};
  Table t;
  t.head = {"sweep", "current", "spikes"};
  for (const Seen& s : sweeps)
    t.rows.push_back({s.name.starts_with("sweep ") ? s.name.substr(6) : s.name, shown_current(s),
                      fmt::format("{}", s.result.spikes_ms.size())});
  for (const Feature& f : features) {
    std::vector<std::string> cells;
    for (const Seen& s : sweeps) {
      const double value = value_of(s.result, f.name);
      cells.push_back(std::isfinite(value) ? brief(value) : "–");
    }
    // a column that says nothing is left out
    if (std::all_of(cells.begin(), cells.end(), [](const std::string& c) { return c == "–"; })) continue;
    t.head.emplace_back(f.title);
    for (std::size_t i = 0; i < cells.size(); ++i) t.rows[i].push_back(cells[i]);
  }
  t.note =
      std::any_of(sweeps.begin(), sweeps.end(), [](const Seen& s) { return s.has_current; })
          ? "rate, latency, adaptation and shape of spikes under the longest step that spikes answer, R, tau and sag "
            "under the step without spikes that tells most"
          : "no current is known, so rate, latency, adaptation and shape of spikes are of the whole sweep";
  return t;
}

/// "-100 to -50", or one number where they agree in four digits.
std::string span_of(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return brief(*low) == brief(*high) ? brief(*low) : fmt::format("{} to {}", brief(*low), brief(*high));
}

/// A mean with its deviation, "172 MOhm" of a single value.
std::string mean_shown(const std::vector<double>& values, const std::string& unit) {
  double sum = 0, squares = 0;
  const auto n = static_cast<double>(values.size());
  for (const double x : values) sum += x;
  const double m = sum / n;
  for (const double x : values) squares += (x - m) * (x - m);
  std::string text = brief(m);
  if (n > 1) text += fmt::format(" ± {:.2g}", std::sqrt(squares / (n - 1)));
  return unit.empty() ? text : text + " " + unit;
}

/// The sweeps in which a feature of the passive membrane is defined, of a step of at least `shortest` ms; only those of
/// hyperpolarising steps if there are any, as depolarising ones open channels.
std::vector<const Seen*> with_passive(const std::vector<Seen>& sweeps, double PassiveResponse::*part, double shortest) {
  std::vector<const Seen*> down, up;
  for (const Seen& s : sweeps)
    if (s.quiet && std::isfinite(s.quiet->response.*part) && s.quiet->step.duration_ms() >= shortest)
      (s.quiet->step.amplitude() < 0 ? down : up).push_back(&s);
  return down.empty() ? up : down;
}

Table over_sweeps(const std::vector<Seen>& sweeps, const CellFeatures& cell) {
  Table t{"Over the sweeps", {"feature", "value", "of"}, {}, ""};
  if (sweeps.size() < 2) return t;
  std::vector<double> rest, held;
  double largest = 0;
  for (const Seen& s : sweeps)
    if (const double x = value_of(s.result, "voltage_base"); std::isfinite(x)) {
      rest.push_back(x), held.push_back(s.protocol.base);
      for (const CurrentStep& step : s.protocol.steps) largest = std::max(largest, std::abs(step.amplitude()));
    }
  if (!rest.empty()) {
    std::string of = plural(rest.size(), "sweep");
    // as for a single sweep, an offset of the amplifier is no holding current
    if (std::any_of(held.begin(), held.end(), [&](double I) { return std::abs(I) >= 0.005 * largest; }))
      of += fmt::format(", held at {} pA", span_of(held));
    t.rows.push_back({"resting voltage", mean_shown(rest, "mV"), of});
  }
  const auto passive = [&](const char* title, double PassiveResponse::*part, const char* unit, double shortest,
                           const char* reason) {
    std::vector<double> values, amplitudes, lengths;
    for (const Seen* s : with_passive(sweeps, part, shortest))
      values.push_back(s->quiet->response.*part), amplitudes.push_back(s->quiet->step.amplitude()),
          lengths.push_back(s->quiet->step.duration_ms());
    if (!values.empty())
      t.rows.push_back({title, mean_shown(values, unit),
                        fmt::format("{}, steps of {} pA for {} ms", plural(values.size(), "sweep"), span_of(amplitudes),
                                    span_of(lengths))});
    else if (reason) t.rows.push_back({title, "not defined", reason});
  };
  if (std::any_of(sweeps.begin(), sweeps.end(), [](const Seen& s) { return s.quiet.has_value(); })) {
    // a step whose own fit fails settles as those of the cell do
    double tau = 0;
    const auto fitted = with_passive(sweeps, &PassiveResponse::time_constant_ms, 0);
    for (const Seen* s : fitted) tau += s->quiet->response.time_constant_ms / static_cast<double>(fitted.size());
    const double settled = fitted.empty() ? std::numeric_limits<double>::infinity() : settled_step * tau;
    passive("input resistance", &PassiveResponse::input_resistance_MOhm, "MOhm", settled,
            fitted.empty() ? "no time constant tells whether a step settles"
                           : "no step without spikes lasts 5 time constants");
    passive("time constant", &PassiveResponse::time_constant_ms, "ms", 0,
            "no exponential fits a step that lasts 3 time constants");
    passive("sag ratio", &PassiveResponse::sag_ratio, "", settled, nullptr);
  }
  if (std::isfinite(cell.rheobase_pA) && cell.family.size() > 1) {
    std::string of = fmt::format("{} of {:.6g} ms from {:.6g} ms", plural(cell.family.size(), "step"),
                                 cell.family[0].step.duration_ms(), cell.family[0].step.from_ms);
    if (cell.rheobase_at_most) of += "; no smaller one is without spikes";
    t.rows.push_back(
        {"rheobase", fmt::format("{}{} pA", cell.rheobase_at_most ? "<= " : "", brief(cell.rheobase_pA)), of});
    if (std::isfinite(cell.f_i_slope))
      t.rows.push_back({"f-I slope", fmt::format("{} Hz/pA", brief(cell.f_i_slope)), "the steps from the rheobase on"});
  }
  return t;
}

}  // namespace

Contents contents_of(const Node& block) {
  Contents out;
  out.block = block;
  out.read = load_data(block);
  const DataBlock& data = *out.read;
  if (!data.located) put(out.block, "file", file_node(data));  // else its options say it all
  if (data.use == "simulated") {
    out.about.push_back(fmt::format("the run of {}", data.shown));
    return out;
  }
  const DescribedFile file = describe_recordings(data);
  for (const std::size_t i : file.chosen) {
    const DescribedSweep& sweep = file.sweeps[i];
    out.numbers.push_back(sweep.number);
    if (!has(sweep, HK_VOLTAGE))
      throw Error(data.place, fmt::format("'{}' has no voltage", data.shown),
                  names_columns(data)    ? "name its column: --set columns.voltage=TITLE"
                  : file.in_current_file ? "name the file of the voltage first, then that of the current"
                                         : "where each has a file of its own, name both: that of the voltage first");
    out.has_current.push_back(file.in_current_file || has(sweep, HK_CURRENT));
  }
  if (data.sweep || file.sweeps.size() > 1) put(out.block, "sweep", sweep_node(written(file)));

  // each as one line if all sweeps agree, else a line for each value that occurs
  const auto say = [&](const char* title, auto&& text) {
    std::vector<std::pair<std::string, std::size_t>> values;
    for (const DescribedSweep& s : file.sweeps) {
      const std::string value = text(s);
      if (value.empty()) continue;
      const auto found = std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == value; });
      if (found == values.end()) values.emplace_back(value, 1);
      else ++found->second;
    }
    if (values.size() > 3) {  // as where each sweep has channels of its own name
      out.about.push_back(fmt::format("{}: {} and {} others", title, values[0].first, values.size() - 1));
      return;
    }
    for (const auto& [value, times] : values)
      out.about.push_back(values.size() == 1 ? fmt::format("{}: {}", title, value)
                                             : fmt::format("{}: {} ({})", title, value, plural(times, "sweep")));
  };
  out.about.push_back(fmt::format("{}, read by {}", plural(file.sweeps.size(), "sweep"), data.use));
  say("length", [](const DescribedSweep& s) {
    return fmt::format("{:.6g} ms, {} samples at {:.6g} kHz", static_cast<double>(s.samples) * s.dt_ms, s.samples,
                       1 / s.dt_ms);
  });
  say("channels", channels_of);
  if (file.in_current_file)
    out.about.push_back(fmt::format("of {}: {}", data.current_shown, channels_of(*file.in_current_file)));
  if (const auto without = static_cast<std::size_t>(std::count(out.has_current.begin(), out.has_current.end(), false));
      without > 0)
    out.about.push_back(
        fmt::format("current: none{}; {}",
                    without < out.numbers.size() ? fmt::format(" in {}", plural(without, "of these sweeps")) : "",
                    names_columns(data) ? "if a column has it, name it: --set columns.current=TITLE"
                                        : "if another file has it, name both: that of the voltage first"));
  say("protocol", [](const DescribedSweep& s) { return s.protocol; });
  return out;
}

namespace {

/// When an electrode sees the spikes: those of a run, too, where its voltage crosses the threshold of recordings. A
/// reset may come milliseconds later. Where some do not cross it, the run's own.
std::vector<double> seen_spikes(const Recording& data, const DataBlock& asked) {
  if (!asked.own_spikes) return data.spikes_ms;
  std::vector<double> crossings = detect_spikes({data.t0_ms, data.dt_ms, data.voltage}, asked.spikes);
  return crossings.size() == data.spikes_ms.size() ? crossings : data.spikes_ms;
}

}  // namespace

Exploration explore(const Contents& contents, const ExploreWishes& wishes) {
  Exploration out;
  out.about = contents.about, out.data = contents.block;
  out.read = contents.read;
  out.title = fs::path(out.read->shown).filename().string();
  std::vector<Seen> sweeps;
  std::vector<StepResponse> responses;
  std::vector<std::string> clipped, unread;  // unread: why a current was not
  std::string unit;
  const std::size_t n = std::max<std::size_t>(contents.numbers.size(), 1);
  for (std::size_t i = 0; i < n; ++i) {
    if (interrupted) throw Interrupted{};
    std::optional<std::int64_t> number;
    DataBlock asked = *contents.read;
    asked.passive.reset();  // that of each sweep is in the table
    if (i < contents.numbers.size()) {
      number = contents.numbers[i];
      asked.sweep = SweepChoice{{*number}, false};
    }
    bool has_current = contents.has_current.empty() || contents.has_current[i];
    Recording data = [&] {
      if (has_current) {
        try {
          return load_recording(asked, Wanted::both);
        } catch (const NoCurrent& e) {
          has_current = false;
          if (std::find(unread.begin(), unread.end(), e.message()) == unread.end()) unread.push_back(e.message());
        }
      }
      return load_recording(asked, Wanted::voltage);
    }();
    data.spikes_ms = seen_spikes(data, asked);
    if (wishes.on_sweep) wishes.on_sweep(data, number, n == 1);
    Seen seen;
    seen.name = number ? fmt::format("sweep {}", *number) : "run";
    seen.result.name = number ? fmt::format("sweep_{}", *number) : "run";
    seen.result.spikes_ms = data.spikes_ms;
    if (data.clipped) clipped.push_back(seen.name);
    seen.has_current = has_current;
    if (has_current) seen.protocol = protocol_of({data.t0_ms, data.dt_ms, data.current_pA});
    if (has_current && asked.window_ms) {
      const Protocol whole = whole_protocol(asked);
      // levels in a part of what varies are found in that part
      if (whole.kind != Protocol::Kind::varying) {
        const CurrentStep* stimulus = (seen.protocol = within(whole, data)).stimulus(data.spikes_ms);
        seen.begun_before = stimulus && begun_before(*stimulus, whole);
      }
    }
    add_features(seen, data);
    for (StepResponse& r : seen.responses) {
      r.sweep = i;
      responses.push_back(r);
    }
    unit = data.unit;
    if (wishes.figures) {
      seen.voltage = drawn(data, data.voltage, Curve::Style::line);
      if (has_current) seen.current = drawn(data, data.current_pA, Curve::Style::steps);
    }
    sweeps.push_back(std::move(seen));
  }
  if (interrupted) throw Interrupted{};
  const CellFeatures cell = cell_features(std::move(responses));
  out.tables.push_back(table_of(sweeps));
  if (!clipped.empty()) out.tables[0].note += "; " + clipping(clipped);
  for (const std::string& why : unread)
    out.tables[0].note += "; the voltage is shown alone: " + why +
                          "; if another file has the current, name both: that of the voltage first";
  if (Table over = over_sweeps(sweeps, cell); !over.rows.empty()) out.tables.push_back(std::move(over));
  if (wishes.figures) {
    out.figures.push_back(traces(out.title, sweeps, cell, unit));
    if (auto f = against_current(out.title, cell)) out.figures.push_back(std::move(*f));
  }
  for (Seen& s : sweeps) out.cases.push_back(std::move(s.result));
  return out;
}

}  // namespace hillock
