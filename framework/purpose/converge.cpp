#include "purpose/converge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "data/recording.hpp"
#include "experiment/vocabulary.hpp"
#include "neuron/simulate.hpp"
#include "purpose/readout.hpp"
#include "results/folder.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

/// A reference has to be this much better than what is asked of a result, and than an error whose order is taken from
/// it.
constexpr double reference_margin = 10;

/// What all neurons of the experiment are scored with.
struct Scene {
  std::vector<MeasureUse> uses;
  std::optional<Recording> data;  ///< of a comparison
  double t0_ms = 0;
};

/// One run: what is shown of it, and the voltage that is read out.
struct RunAtStep {
  CaseResult result;
  std::vector<double> voltage;
  std::string unit;
};

/// The neuron under other numerics, and with other random numbers if `seed` says so. Length and samples stay.
Neuron under(const Refinable& subject, IntegratorBlock integrator, std::uint64_t seed) {
  auto e = std::make_shared<NeuronSpec>(*subject.neuron.spec);
  e->integrator = std::move(integrator);
  e->seed = seed;
  Neuron n = neuron_of(std::move(e));
  n.for_ms = subject.neuron.for_ms, n.every_ms = subject.neuron.every_ms;
  if (subject.driven) {
    auto signal = std::make_shared<Signal>();
    for (const Held& h : subject.neuron.inputs[*subject.driven]->held())
      signal->add(h, {n.spec->integrator.dt_ms, n.for_ms, seed});
    n.inputs[*subject.driven] = std::move(signal);
  }
  return n;
}

RunAtStep scored(const Scene& scene, const std::string& name, const Neuron& neuron, Trajectory trajectory) {
  CaseTrace p = read_out(neuron, std::move(trajectory), name, scene.t0_ms, !scene.data && need_current(scene.uses));
  ScoredWindow run = observed_run(neuron.spec->simulate, p.result.spikes_ms);
  run.voltage = Sampled{scene.t0_ms, neuron.every_ms, p.voltage()};
  if (!p.current.empty()) run.current = Sampled{scene.t0_ms, neuron.every_ms, p.current};
  std::optional<ScoredWindow> data;
  if (scene.data) {
    data = observed(*scene.data);
    run.current = data->current;
    run.from_ms = data->from_ms, run.to_ms = data->to_ms, run.to_included = false, run.unscored = data->unscored;
  }
  p.result.measures = measure(scene.uses, p.result, run, data ? &*data : nullptr, p.unit);
  std::vector<double> voltage = std::move(p.result.columns[p.readout].values);
  p.result.columns.clear(), p.result.time_ms = {};
  return {std::move(p.result), std::move(voltage), std::move(p.unit)};
}

// --- Numerics -----------------------------------------------------------------------------------------------------

std::string named(const IntegratorBlock& block, const std::string& step) {
  std::string text = block.plugin->id;
  const auto& specs = block.options.specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const OptionValue& v = block.options.values()[i];
    const bool word = specs[i].kind == OptionSpec::Kind::choice || specs[i].kind == OptionSpec::Kind::text;
    if (specs[i].name == step || specs[i].name == "step_limit" || !v.given ||
        (word ? v.text == specs[i].text : v.number == specs[i].value))
      continue;
    text += fmt::format(", {}: {}", specs[i].name, word ? v.text : with_unit(v.number, specs[i].unit));
  }
  return text;
}

/// What is refined of an integrator, and how.
struct Ladder {
  std::string option;  ///< "dt" or "tolerance"
  std::string unit;
  double factor = 2, low = 0;
};

Ladder ladder_of(const IntegratorBlock& block) {
  const bool fixed = block.dt_ms > 0;
  for (const OptionSpec& s : block.options.specs())
    if (s.name == (fixed ? "dt" : "tolerance")) return {s.name, s.unit, fixed ? 2.0 : 10.0, s.low};
  throw Error(block.place,
              fmt::format("integrator '{}' has neither a step nor a tolerance to refine", block.plugin->id),
              "name another integrator");
}

IntegratorBlock with_option(IntegratorBlock block, const std::string& name, double value) {
  std::vector<OptionValue> values = block.options.values();
  const auto& specs = block.options.specs();
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (specs[i].name == name) values[i].number = value, values[i].given = true;
  block.options = OptionValues(specs, std::move(values));
  if (name == "dt") block.dt_ms = value;
  return block;
}

Refinement level_of(const IntegratorBlock& block) {
  const Ladder ladder = ladder_of(block);
  Refinement l;
  l.size = block.options.number(ladder.option);
  l.step = fmt::format("{} = {}", ladder.option, with_unit(l.size, ladder.unit));
  l.numerics = fmt::format("{}, {}", named(block, ladder.option), l.step);
  return l;
}

IntegratorBlock integrator(const std::string& id, const Place& place,
                           const std::vector<std::pair<std::string, Node>>& options) {
  IntegratorBlock block;
  block.plugin = &Plugins::instance().load(id, HK_ROLE_INTEGRATOR, place);
  block.place = place;
  const hk_integrator& face = block.plugin->integrator();
  Node node = map_node();
  node.place = place;
  for (const auto& [name, value] : options) put(node, name, value);
  block.options =
      read_options(node, specs_of(face.options, face.n_options, face.option_size), fmt::format("integrator '{}'", id));
  if (face.flags & HK_FIXED_STEP) block.dt_ms = block.options.number("dt");
  return block;
}

bool is_multiple(double length, double step) {
  const double n = length / step;
  return std::abs(n - std::round(n)) < 1e-6 && std::round(n) >= 1;
}

/// How often the inputs of a neuron switch.
double edges_of(const Neuron& neuron) {
  double n = 0;
  for (const auto& signal : neuron.inputs)
    if (signal)
      for (double t = signal->next_edge(0); t < neuron.for_ms; t = signal->next_edge(t)) ++n;
  return n;
}

/// The accurate schemes that may serve as reference, the best first; each as rungs of rising accuracy.
std::vector<std::vector<IntegratorBlock>> references(const Neuron& neuron) {
  const IntegratorBlock& own = neuron.spec->integrator;
  const auto ids = Plugins::instance().ids();
  const auto there = [&](const std::string& id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  std::vector<std::vector<IntegratorBlock>> all;
  // independent of the file's own scheme where there is a choice
  // Smooth neurons take tens of steps a millisecond, and some behind each edge: who needs many times more fires faster
  // and faster, without end.
  std::vector<std::string> adaptive = {"dopri5", "fehlberg78", "taylor", "rosenbrock4"};
  std::stable_partition(adaptive.begin(), adaptive.end(), [&](const std::string& id) { return id != own.plugin->id; });
  for (const std::string& id : adaptive) {
    if (!there(id)) continue;
    const double most = std::ceil(2e4 + 500 * neuron.for_ms + 50 * edges_of(neuron));
    all.emplace_back();
    for (const double tolerance : {1e-11, 1e-13})
      all.back().push_back(
          integrator(id, own.place, {{"tolerance", number_node(tolerance)}, {"step_limit", number_node(most)}}));
  }
  if (there("rk4")) {
    constexpr double widest_ms = 0.01;
    double dt = own.dt_ms > 0 ? own.dt_ms : neuron.every_ms;
    while (dt > widest_ms) dt /= 2;
    if (is_multiple(neuron.for_ms, dt) && is_multiple(neuron.every_ms, dt) && 4 * neuron.for_ms / dt <= most_steps) {
      all.emplace_back();
      for (int k = 0; k < 3; ++k, dt /= 2)
        all.back().push_back(
            integrator("rk4", own.place, {{"dt", number_node(dt, "ms")}, {"spikes", text_node("located")}}));
    }
  }
  return all;
}

// --- What moves ---------------------------------------------------------------------------------------------------

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

bool same_number_of_spikes(const RunAtStep& a, const RunAtStep& b) {
  return a.result.ok() && b.result.ok() && a.result.spikes_ms.size() == b.result.spikes_ms.size();
}

/// What spike times may be off: a part of the mean interval between spikes.
double spike_limit(const std::vector<double>& spikes_ms, double within) {
  if (spikes_ms.size() < 2) return within;
  return within * std::max(1.0, (spikes_ms.back() - spikes_ms.front()) / static_cast<double>(spikes_ms.size() - 1));
}

/// Infinite of fewer than two spikes.
double shortest_interval(const std::vector<double>& spikes_ms) {
  double shortest = inf;
  for (std::size_t i = 1; i < spikes_ms.size(); ++i) shortest = std::min(shortest, spikes_ms[i] - spikes_ms[i - 1]);
  return shortest;
}

/// One quantity over the levels. NaN where it is not defined.
struct Quantity {
  std::string of, unit;
  bool is_error;           ///< the values are errors themselves, of spike times or samples
  std::vector<double> at;  ///< by level
  std::vector<std::string> why;
  std::vector<bool> same;  ///< by level: as many spikes as the reference
  double reference = nan;
  std::string reference_why = {};
  double moves = 0;  ///< of the reference, from its less accurate run to this one; infinite if it changes its spikes
  double limit = 0;  ///< an error that is still called converged

  double error(std::size_t k) const {
    if (is_error) return same[k] ? at[k] : inf;
    return std::isnan(at[k]) && std::isnan(reference) ? 0 : std::abs(at[k] - reference);
  }
  /// Numbers of spikes, of bursts: they jump, or they are the same.
  bool counts() const {
    const auto whole = [](double x) { return std::isnan(x) || x == std::round(x); };
    return !is_error && unit == "1" && whole(reference) && std::all_of(at.begin(), at.end(), whole);
  }
  std::string text(double x) const {
    return unit == "1" || unit.empty() ? shown(x) : fmt::format("{} {}", shown(x), unit);
  }
  /// Of an error three digits say enough.
  std::string error_text(double x) const {
    return unit == "1" || unit.empty() ? fmt::format("{:.3g}", x) : fmt::format("{:.3g} {}", x, unit);
  }
  std::string text_at(std::size_t k) const { return std::isnan(at[k]) ? why[k] : text(at[k]); }
  /// The first level from which on all are within the limit; the number of levels if the finest is not.
  std::size_t settled_from() const {
    std::size_t from = at.size();
    while (from > 0 && error(from - 1) <= limit) --from;
    return from;
  }
};

/// The line of log error over log step.
struct Fit {
  double order = nan, offset = 0;
  double error(double size) const { return std::exp(offset + order * std::log(size)); }
};

/// By least squares over the levels with as many spikes as the reference whose error is above that of the reference. A
/// spike time on the grid of steps jumps within a step and may be right by chance, so the error of a level is the
/// largest of its own and all finer ones.
Fit fitted(const Quantity& q, const std::vector<Refinement>& levels) {
  constexpr double rounding = 1e-13, least_correlation = 0.8, least_order = 0.25;
  const double floor = reference_margin * std::max(q.moves, rounding * std::max(1.0, std::abs(q.reference)));
  std::vector<double> x, y;
  double largest = 0;
  for (std::size_t k = levels.size(); k-- > 0;) {
    if (!q.same[k]) continue;
    largest = std::max(largest, q.error(k));
    if (largest > floor) x.push_back(std::log(levels[k].size)), y.push_back(std::log(largest));
  }
  const auto n = static_cast<double>(x.size());
  if (n < 2) return {};
  double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mx += x[i] / n, my += y[i] / n;
  for (std::size_t i = 0; i < x.size(); ++i)
    xx += (x[i] - mx) * (x[i] - mx), xy += (x[i] - mx) * (y[i] - my), yy += (y[i] - my) * (y[i] - my);
  const double order = xy / xx;
  if (order < least_order || xy < least_correlation * std::sqrt(xx * yy)) return {};
  return {order, my - order * mx};
}

/// One significant digit, rounded down.
double coarse(double x) {
  const double unit = std::pow(10, std::floor(std::log10(x)));
  return std::strtod(fmt::format("{:.1g}", std::floor(x / unit * (1 + 1e-9)) * unit).c_str(), nullptr);
}

using Kind = Verdict::Kind;

/// Where nothing can be held against a reference: what the levels alone say.
Verdict without_reference(const Quantity& q, const std::vector<Refinement>& levels, const std::string& why) {
  Verdict v{q.of, Kind::unknown, {}};
  const std::size_t last = levels.size() - 1;
  if (q.is_error) {
    v.sentence = fmt::format("no converged times: {}", why);
  } else if (std::all_of(q.at.begin(), q.at.end(), [&](double x) { return x == q.at[0]; })) {
    v.sentence = fmt::format("{} at every step; no converged value: {}", q.text_at(0), why);
  } else {
    if (q.counts()) v.kind = Kind::depends;
    v.sentence =
        fmt::format("{}{} as written, {} at {}; no converged value: {}", q.counts() ? "depends on the numerics: " : "",
                    q.text_at(0), q.text_at(last), levels[last].step, why);
  }
  return v;
}

Verdict verdict_on(const Quantity& q, const Convergence& c, const Ladder& ladder) {
  const std::vector<Refinement>& levels = c.levels;
  Verdict v{q.of, Kind::unknown, {}};
  if (!q.is_error && std::isnan(q.reference) &&
      std::all_of(q.at.begin(), q.at.end(), [](double x) { return std::isnan(x); })) {
    v.sentence = q.why[0];
    return v;
  }
  if (!c.reference.result.ok())
    return without_reference(q, levels, c.reference.numerics.empty() ? "there is no reference" : "the reference stops");
  if (!(q.moves <= q.limit / reference_margin))
    return without_reference(q, levels,
                             std::isinf(q.moves)
                                 ? "the reference itself does not settle"
                                 : fmt::format("the reference itself still moves by {}", q.error_text(q.moves)));
  const Fit fit = q.counts() ? Fit() : fitted(q, levels);
  v.order = fit.order;
  const std::string order = std::isnan(v.order)     ? ""
                            : ladder.option == "dt" ? fmt::format("; order {:.1f}", v.order)
                                                    : fmt::format("; error ~ tolerance^{:.2f}", v.order);
  const std::size_t from = q.settled_from(), last = levels.size() - 1;
  const std::string reached =
      from <= last ? fmt::format("from {} on", levels[from].step) : fmt::format("not reached at {}", levels[last].step);
  if (from == 0) {
    v.kind = Kind::converged;
    double largest = 0;
    for (std::size_t k = 0; k <= last; ++k) largest = std::max(largest, q.error(k));
    const bool still = largest <= 1e-12 * std::max(1.0, std::abs(q.reference));
    v.sentence = q.is_error ? fmt::format("converged: off by {} at {}", q.error_text(q.at[0]), levels[0].step)
                 : still    ? fmt::format("converged: {} at every step", q.text(q.at[0]))
                            : fmt::format("converged: {}, off by {} at {}", q.text(q.at[0]), q.error_text(q.error(0)),
                                          levels[0].step);
    v.sentence += order;
    return v;
  }
  // what is off by more than the line of the finer levels says has another reason: another number of spikes
  const bool jumps = !q.same[0] && !(q.error(0) <= 2 * fit.error(levels[0].size));
  if (q.counts() || std::isnan(q.at[0]) || std::isnan(q.reference) || jumps) {
    v.kind = Kind::depends;
    const std::size_t own = levels[0].result.spikes_ms.size(), right = c.reference.result.spikes_ms.size();
    if (q.is_error && own != right) {
      v.sentence = fmt::format("depend on the numerics: {} as written, {} converged; the first {} are off by up to {}",
                               own, right, std::min(own, right), q.error_text(q.at[0]));
      if (from <= last) v.sentence += fmt::format("; converged {}", reached);
    } else {
      v.sentence = fmt::format("depends on the numerics: {} as written{}, {} converged, {}", q.text_at(0),
                               q.counts() ? fmt::format(" ({})", levels[0].numerics) : "",
                               std::isnan(q.reference) ? q.reference_why : q.text(q.reference), reached);
    }
    return v;
  }
  v.kind = Kind::not_converged;
  v.sentence = q.is_error ? fmt::format("not converged: off by {} at {}", q.error_text(q.at[0]), levels[0].step)
                          : fmt::format("not converged: {}, off by {} at {}", q.text(q.at[0]), q.error_text(q.error(0)),
                                        levels[0].step);
  v.sentence += order.empty() ? "; the error does not fall steadily" : order;
  if (from <= last) {
    v.sentence += fmt::format("; converged {}", reached);
  } else if (!order.empty() && q.same[last]) {
    const double wanted = levels[last].size * std::pow(q.limit / q.error(last), 1 / v.order);
    v.sentence += wanted >= ladder.low
                      ? fmt::format("; {} = {} would do", ladder.option, with_unit(coarse(wanted), ladder.unit))
                      : fmt::format("; no {} of this scheme would do", ladder.option == "dt" ? "step" : ladder.option);
  }
  return v;
}

// --- The study ----------------------------------------------------------------------------------------------------

std::vector<CaseResult> rows_of(const Convergence& c) {
  std::vector<CaseResult> rows;
  for (const Refinement& l : c.levels)
    rows.push_back(l.result), rows.back().name = rows.size() == 1 ? l.numerics : l.step;
  if (!c.reference.numerics.empty())
    rows.push_back(c.reference.result), rows.back().name = fmt::format("reference: {}", c.reference.numerics);
  return rows;
}

/// Errors, the last column of measures, with the digits they have.
Table table_of(const std::vector<CaseResult>& rows) {
  Table t = summary(rows, "numerics");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::size_t last = rows[r].measures.size();
    if (last > 0 && rows[r].measures[last - 1].name.ends_with("_off_by") && rows[r].measures[last - 1].why.empty())
      t.rows[r][last] = fmt::format("{:.3g}", rows[r].measures[last - 1].value);
  }
  return t;
}

/// The reference of one neuron: the two last of its runs, the less accurate first; empty if no scheme could be used.
struct Reference {
  Refinement level;
  std::vector<RunAtStep> runs;
  std::optional<RunAtStep> other;  ///< by another scheme that settled too
  double moves = 0;                ///< its spike times, from run to run; infinite if their number differs
  bool settled = false;            ///< they move by far less than what is asked of a result

  bool ok() const { return !runs.empty() && runs.back().result.ok(); }
};

double moved(const RunAtStep& a, const RunAtStep& b) {
  return same_number_of_spikes(a, b) ? largest_difference(a.result.spikes_ms, b.result.spikes_ms) : inf;
}

/// The first scheme that settles, and beside it another: two that agree are no accident. If none settles, the one that
/// moves least.
Reference reference_of(const Refinable& subject, const Scene& scene, double within) {
  std::optional<Reference> best;
  std::string refused = "no integrator serves as reference";
  for (const std::vector<IntegratorBlock>& rungs : references(subject.neuron)) {
    if (best && !best->ok() && rungs.front().dt_ms > 0) break;  // what has no end has none at fixed steps either
    Reference found;
    bool settled = false;
    try {
      for (const IntegratorBlock& rung : rungs) {
        const Neuron n = under(subject, rung, subject.neuron.spec->seed);
        found.runs.push_back(scored(scene, subject.name, n, simulate(n)));
        if (found.runs.size() > 2) found.runs.erase(found.runs.begin());
        found.level = level_of(rung);
        const RunAtStep &a = found.runs.front(), &b = found.runs.back();
        found.moves = found.runs.size() == 2 ? moved(a, b) : inf;
        settled = found.moves <= spike_limit(b.result.spikes_ms, within) / (100 * reference_margin);
        if (settled || !b.result.ok()) break;  // what stops does so again, unless another scheme takes it as less stiff
      }
    } catch (const Error& e) {  // it does not take this model, or these inputs: the next may
      refused = e.message();
      continue;
    }
    found.level.result = found.runs.back().result;
    if (settled && best && best->ok() && best->settled) {
      best->other = std::move(found.runs.back());
      break;
    }
    found.settled = settled;
    if (!best || (found.ok() && (!best->ok() || settled || (!best->settled && found.moves < best->moves))))
      best = std::move(found);
  }
  if (best) return std::move(*best);
  Reference none;
  none.level.result.failure = Failure{refused};
  return none;
}

/// Quantities of a case from the runs of its levels and of its reference, and what is to be said of each.
void conclude(Convergence& c, const Scene& scene, const std::vector<RunAtStep>& runs, const Reference& reference,
              const Ladder& ladder, double within) {
  const std::size_t n = runs.size();
  c.reference = reference.level;
  if (!runs[0].result.ok()) {
    std::size_t from = n;
    while (from > 0 && runs[from - 1].result.ok()) --from;
    c.verdicts.push_back({"the run", Kind::depends,
                          fmt::format("{} with {}; {}", runs[0].result.status(), c.levels[0].numerics,
                                      from < n ? fmt::format("it reaches its end from {} on", c.levels[from].step)
                                               : "it does not reach its end with a finer one either")});
  }
  const RunAtStep* exact = reference.runs.empty() ? nullptr : &reference.runs.back();
  const RunAtStep* before = exact ? &reference.runs.front() : nullptr;
  const RunAtStep* other = reference.other ? &*reference.other : before;
  // Where a spike of the reference moves as far as to the next one, what agrees in number agrees by chance.
  const double times_move = exact ? std::max(moved(*before, *exact), moved(*other, *exact)) : inf;
  const bool by_chance = exact && times_move >= 0.5 * shortest_interval(exact->result.spikes_ms);
  if (!c.reference.result.ok())
    c.verdicts.push_back({"the reference", Kind::unknown,
                          exact ? fmt::format("{} with {}, after {} spikes", c.reference.result.status(),
                                              c.reference.numerics, c.reference.result.spikes_ms.size())
                                : c.reference.result.status()});
  std::vector<bool> same;
  for (const RunAtStep& r : runs) same.push_back(exact && same_number_of_spikes(r, *exact));
  std::vector<Quantity> all;
  for (std::size_t m = 0; m < scene.uses.size(); ++m) {
    Quantity q{runs[0].result.measures[m].name, runs[0].result.measures[m].unit, false, {}, {}, same};
    for (const RunAtStep& r : runs)
      q.at.push_back(r.result.measures[m].value), q.why.push_back(r.result.measures[m].why);
    if (exact) {
      q.reference = exact->result.measures[m].value, q.reference_why = exact->result.measures[m].why;
      for (const RunAtStep* less : {before, other}) {
        const double value = less->result.measures[m].value;
        const double move = std::isnan(value) && std::isnan(q.reference) ? 0 : std::abs(value - q.reference);
        q.moves = std::isnan(move) ? inf : std::max(q.moves, move);
      }
      if (by_chance) q.moves = inf;
    }
    q.limit = q.counts() ? 0 : within * std::max(1.0, std::isnan(q.reference) ? 0 : std::abs(q.reference));
    all.push_back(std::move(q));
  }
  if (exact) {
    const std::vector<double>& train = exact->result.spikes_ms;
    const bool spiking = !train.empty() || std::any_of(runs.begin(), runs.end(),
                                                       [](const RunAtStep& r) { return !r.result.spikes_ms.empty(); });
    Quantity q{spiking ? "spike_times" : "trace", spiking ? "ms" : exact->unit, true, {}, {}, same, 0};
    const auto apart = [&](const RunAtStep& r) {
      return spiking ? largest_difference(r.result.spikes_ms, train) : largest_difference(r.voltage, exact->voltage);
    };
    for (const RunAtStep& r : runs) q.at.push_back(apart(r)), q.why.emplace_back();
    q.moves = spiking ? times_move : std::max(apart(*before), apart(*other));
    if (spiking) {
      q.limit = spike_limit(train, within);
    } else if (!exact->voltage.empty()) {
      const auto [low, high] = std::minmax_element(exact->voltage.begin(), exact->voltage.end());
      q.limit = within * std::max(1.0, *high - *low);
    }
    const std::string title = spiking ? "spikes_off_by" : "trace_off_by";
    for (std::size_t k = 0; k < n; ++k)
      if (c.levels[k].result.ok()) c.levels[k].result.measures.push_back({title, q.unit, q.at[k], ""});
      else c.levels[k].result.measures.push_back({title, q.unit, nan, "not defined: the run stopped"});
    c.reference.result.measures.push_back(
        {title, q.unit, before == exact ? nan : apart(*before), before == exact ? "not defined: the run stopped" : ""});
    all.push_back(std::move(q));
  }
  for (const Quantity& q : all) c.verdicts.push_back(verdict_on(q, c, ladder));
  c.table = table_of(rows_of(c));
}

bool draws_each_step(const NeuronSpec& e) {
  for (const auto& terms : e.inputs)
    for (const ShapeBlock& s : terms)
      if (s.use == "noise") return true;
  return false;
}

/// Mean of a measure over realisations and its standard error.
struct Estimate {
  double mean = nan, error = nan;
  std::size_t runs = 0;  ///< in which it is defined
};
Estimate estimate(const std::vector<RunAtStep>& runs, std::size_t m) {
  Estimate e;
  double sum = 0, squares = 0;
  for (const RunAtStep& r : runs)
    if (r.result.measures[m].why.empty()) ++e.runs, sum += r.result.measures[m].value;
  if (e.runs < 2) return e;
  const auto n = static_cast<double>(e.runs);
  e.mean = sum / n;
  for (const RunAtStep& r : runs)
    if (r.result.measures[m].why.empty()) squares += std::pow(r.result.measures[m].value - e.mean, 2);
  e.error = std::sqrt(squares / (n - 1) / n);
  return e;
}

/// Where each step draws, another step is another realisation: only statistics over many of them can be held against
/// each other.
void conclude_by_chance(Convergence& c, const Scene& scene, const std::vector<std::vector<RunAtStep>>& runs) {
  const std::size_t n = runs.size(), last = n - 1;
  constexpr double least_difference = 3;  // in standard errors: by chance alone one measure in 370 differs by more
  c.notes.push_back(
      fmt::format("noise is drawn at each step, so another step is another realisation: mean ± standard "
                  "error of {} of them; spike times are not held against each other",
                  runs[0].size()));
  std::vector<std::vector<std::string>> cells(n);
  for (std::size_t m = 0; m < scene.uses.size(); ++m) {
    const MeasureValue& first = runs[0][0].result.measures[m];
    std::vector<Estimate> by_level;
    for (std::size_t k = 0; k < n; ++k) {
      const Estimate e = estimate(runs[k], m);
      by_level.push_back(e);
      const std::string why = e.runs < 2 ? "not defined in two realisations" : "";
      c.levels[k].result.measures[m] = {first.name, first.unit, e.mean, why};
      cells[k].push_back(why.empty() ? fmt::format("{} ± {:.2g}", shown(e.mean), e.error) : "–");
    }
    for (std::size_t k = 0; k < n; ++k)
      c.levels[k].result.measures.push_back(
          {first.name + "_standard_error", first.unit, by_level[k].error, by_level[k].runs < 2 ? "not defined" : ""});
    Verdict v{first.name, Kind::unknown, "not defined in two realisations"};
    const Estimate &own = by_level[0], &finest = by_level[last];
    if (own.runs > 1 && finest.runs > 1) {
      const double apart = std::abs(own.mean - finest.mean), error = std::hypot(own.error, finest.error);
      const std::string both = fmt::format("{} as written, {} at {}", cells[0][m], cells[last][m], c.levels[last].step);
      if (apart <= least_difference * error || apart == 0)
        v.sentence = fmt::format("no difference beyond chance: {}", both);
      else v.kind = Kind::depends, v.sentence = fmt::format("depends on the numerics: {}", both);
    }
    c.verdicts.push_back(std::move(v));
  }
  std::vector<CaseResult> rows = rows_of(c);
  for (CaseResult& r : rows) r.measures.resize(scene.uses.size());
  c.table = summary(rows, "numerics");
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t m = 0; m < cells[k].size(); ++m) c.table.rows[k][m + 1] = cells[k][m];
}

/// The file's own numerics and finer ones, as far as the integrator and time allow.
std::vector<IntegratorBlock> finer(const Refinable& subject, const ConvergeWishes& wishes,
                                   std::vector<std::string>& notes) {
  const IntegratorBlock& own = subject.neuron.spec->integrator;
  const Ladder ladder = ladder_of(own);
  std::vector<IntegratorBlock> all{own};
  double size = own.options.number(ladder.option);
  for (int k = 1; k <= wishes.levels; ++k) {
    size /= ladder.factor;
    const double steps = own.dt_ms > 0 ? subject.neuron.for_ms / size : 0;
    std::string why;
    if (size < ladder.low)
      why = fmt::format("{} is the least that '{}' accepts", with_unit(ladder.low, ladder.unit), own.plugin->id);
    else if (steps > wishes.most_steps)
      why = fmt::format("{} = {} would take {:.3g} steps, more than {:.0e}", ladder.option,
                        with_unit(size, ladder.unit), steps, wishes.most_steps);
    if (!why.empty()) {
      notes.push_back(fmt::format("{} of {} refinements: {}", k - 1, wishes.levels, why));
      break;
    }
    // decimal tolerances are shown as they would be written
    all.push_back(with_option(own, ladder.option, own.dt_ms > 0 ? size : std::stod(fmt::format("{:.12g}", size))));
  }
  return all;
}

}  // namespace

bool ConvergeReport::all_ok() const {
  return std::all_of(cases.begin(), cases.end(), [](const Convergence& c) { return c.levels[0].result.ok(); });
}

ConvergeReport converge(std::shared_ptr<const Experiment> experiment, const ConvergeWishes& wishes) {
  const Experiment& e = *experiment;
  Scene scene{e.measures, {}, 0};
  if (std::none_of(scene.uses.begin(), scene.uses.end(), [](const MeasureUse& m) { return m.name == "spike_count"; }))
    scene.uses.insert(scene.uses.begin(), {"spike_count", "spike_count", {}, {}});
  if (const DataBlock* data = e.purpose->data()) {
    if (data->several())
      throw Error(data->sweep_place, "converge refines the runs of one sweep, and there are several",
                  fmt::format("name one: --set {}.data.sweep={}", e.purpose->key(), data->sweep->numbers[0]));
    scene.data = load_recording(*data);
    scene.t0_ms = scene.data->t0_ms;
  }
  const std::vector<Refinable> subjects =
      e.purpose->refinable(e, scene.data ? &*scene.data : nullptr, wishes.most_cases);

  ConvergeReport report;
  std::vector<Neuron> neurons;  // of all levels of all subjects
  struct Owner {
    std::size_t subject, level;
  };
  std::vector<Owner> owners;
  std::vector<bool> noisy;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const NeuronSpec& own = *subjects[i].neuron.spec;
    noisy.push_back(draws_each_step(own));
    Convergence c;
    c.name = subjects[i].name;
    for (const IntegratorBlock& block : finer(subjects[i], wishes, c.notes)) {
      for (int r = 0; r < (noisy[i] ? wishes.realisations : 1); ++r) {
        neurons.push_back(under(subjects[i], block, own.seed + static_cast<std::uint64_t>(r)));
        owners.push_back({i, c.levels.size()});
      }
      c.levels.push_back(level_of(block));
    }
    report.cases.push_back(std::move(c));
  }
  std::vector<std::vector<std::vector<RunAtStep>>> runs(subjects.size());
  for (std::size_t i = 0; i < subjects.size(); ++i) runs[i].resize(report.cases[i].levels.size());
  const std::size_t all = neurons.size() + subjects.size();
  std::size_t done = 0;
  const auto tell = [&] {
    ++done;
    if (wishes.on_run) wishes.on_run(done, all);
  };
  simulate(neurons, [&](std::size_t i, Trajectory trajectory) {
    const auto [subject, level] = owners[i];
    runs[subject][level].push_back(scored(scene, subjects[subject].name, neurons[i], std::move(trajectory)));
    tell();
  });
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    Convergence& c = report.cases[i];
    for (std::size_t k = 0; k < c.levels.size(); ++k) c.levels[k].result = runs[i][k][0].result;
    if (noisy[i]) {
      conclude_by_chance(c, scene, runs[i]);
    } else {
      std::vector<RunAtStep> single;
      for (auto& level : runs[i]) single.push_back(std::move(level[0]));
      const IntegratorBlock& own = subjects[i].neuron.spec->integrator;
      conclude(c, scene, single, reference_of(subjects[i], scene, wishes.within), ladder_of(own), wishes.within);
      const auto& times = c.verdicts.back();
      if (times.of == "spike_times" && times.kind != Kind::converged && own.options.declares("spikes") &&
          own.options.text("spikes") == "on_grid")
        c.notes.push_back(
            "'spikes: on_grid' lets a spike take effect at the end of its step, an error of order 1; "
            "'spikes: located' has the exact crossing");
    }
    tell();
  }

  std::vector<CaseResult> rows;
  const auto add = [&](const Convergence& c, const Refinement& level, const char* what) {
    CaseResult row = level.result;
    row.name = c.name;
    row.swept = {{"level", what}, {"numerics", level.numerics}};
    rows.push_back(std::move(row));
  };
  for (const Convergence& c : report.cases) {
    for (const Refinement& level : c.levels) add(c, level, &level == &c.levels[0] ? "as written" : "refined");
    if (!c.reference.numerics.empty()) add(c, c.reference, "reference");
  }
  report.csv = summary_csv(rows);

  if (subjects.size() > 1) {
    report.summary = {
        "As written against converged",
        {scene.data ? "model" : "case", "numerics", "spike_count", "converged", "spikes off by (ms)", "not converged"},
        {},
        ""};
    for (const Convergence& c : report.cases) {
      const auto value = [&](const Refinement& level, const std::string& name) -> std::string {
        for (const MeasureValue& v : level.result.measures)
          if (v.name == name && v.why.empty())
            return name == "spike_count" ? shown(v.value) : fmt::format("{:.3g}", v.value);
        return "–";
      };
      std::vector<std::string> off;
      std::string converged = c.reference.result.ok() ? value(c.reference, "spike_count") : c.reference.result.status();
      for (const Verdict& v : c.verdicts) {
        if (v.kind == Kind::depends || v.kind == Kind::not_converged) off.push_back(v.of);
        if (v.of == "spike_count" && v.kind == Kind::unknown && c.reference.result.ok()) converged = "–";
      }
      report.summary.rows.push_back({c.name, c.levels[0].numerics, value(c.levels[0], "spike_count"), converged,
                                     value(c.levels[0], "spikes_off_by"), fmt::format("{}", fmt::join(off, ", "))});
    }
  }
  report.explained = fmt::format(
      "Converged: within {:g} % of the reference, as written and at every refinement; of 1 in its unit where it is "
      "less,\n"
      "and of the mean interval for spike times. spikes_off_by: the largest shift of spikes of the same number.",
      100 * wishes.within);
  return report;
}

}  // namespace hillock
