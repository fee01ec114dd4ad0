#include "purpose/judge.hpp"
#include "purpose/sweep/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <stdexcept>

#include "neuron/population.hpp"
#include "util/bytes.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// --- Portions as bytes ---------------------------------------------------------------------------------------------

/// Its members, in the order of the bytes.
template <class P, class B> void members(P& p, B& bytes) {
  bytes(p.cases), bytes(p.values), bytes(p.why), bytes(p.whys);
  bytes.each(p.failures, [&](auto& f) { bytes(f.first), Failure::members(f.second, bytes); });
  bytes.each(p.spikes_ms, [&](auto& s) { bytes(s.first), bytes(s.second); });
  bytes.each(p.traced, [&](auto& t) {
    auto& r = t.second;
    bytes(t.first), bytes(r.name);
    std::vector<double> times;
    if constexpr (std::is_const_v<P>) times = r.time_ms.list();
    bytes(times);
    if constexpr (!std::is_const_v<P>) r.time_ms = std::move(times);
    bytes(r.spikes_ms);
    bytes.each(r.columns, [&](auto& c) { bytes(c.name), bytes(c.title), bytes(c.unit), bytes(c.values); });
  });
}

/// The place of a sentence in a list, from 1, which grows by it if it is new; 0 for none.
std::uint8_t index_of(const std::string& why, std::vector<std::string>& whys) {
  if (why.empty()) return 0;
  const auto found = std::find(whys.begin(), whys.end(), why);
  if (found == whys.end()) {
    if (whys.size() == 255) return 255;
    whys.push_back(why);
    return static_cast<std::uint8_t>(whys.size());
  }
  return static_cast<std::uint8_t>(found - whys.begin() + 1);
}

/// How many cases are drawn: curves over one another may be more than panels with a case each, if memory has room.
std::size_t drawn_of(const SweepSpec& s) {
  constexpr double most_curves = 200, most_samples = 1e7;
  const SimulateBlock& run = s.base->simulate;
  const bool overlaid = s.combine != Combine::cases && run.every_ms > 0;
  const double room = overlaid ? std::min(most_curves, most_samples * run.every_ms / run.for_ms) : 0;
  return std::min({s.count, s.traces, std::max(most_panels, static_cast<std::size_t>(room))});
}

/// "input.I = 800 pA, seed = 2": the numbers of a case that has no others to tell.
std::string parameters_of(const SweepSpec& s, std::uint64_t i) {
  std::vector<std::string> all;
  for (const auto& [path, value] : s.swept(i)) all.push_back(fmt::format("{} = {}", path, value));
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Whether the neurons of an experiment cannot run as lanes: each start is computed by itself, or what is measured is
/// not the state itself.
bool needs_whole(const NeuronSpec& spec) { return spec.simulate.rest || spec.readout.is_map(); }

SpikeDetail needed_spikes(const std::vector<MeasureUse>& uses) {
  auto most = SpikeDetail::none;
  for (const MeasureUse& use : uses) most = std::max(most, find_measure(use.name)->needs_spikes);
  return most;
}
bool need_trace(const std::vector<MeasureUse>& uses) {
  return std::any_of(uses.begin(), uses.end(), [](const MeasureUse& u) { return find_measure(u.name)->needs_trace; });
}

}  // namespace

std::string ChunkResult::pack() const {
  ByteWriter bytes;
  members(*this, bytes);
  return std::move(bytes).bytes();
}

ChunkResult ChunkResult::unpack(std::string_view record) {
  ByteReader bytes(record);
  ChunkResult p;
  members(p, bytes);
  bytes.end();
  return p;
}

std::string Chunk::pack() const {
  ByteWriter bytes;
  bytes(static_cast<std::uint8_t>(whole)), bytes(base), bytes(cases);
  return std::move(bytes).bytes();
}

Chunk Chunk::unpack(std::string_view record) {
  ByteReader bytes(record);
  Chunk w;
  std::uint8_t is_whole = 0;
  bytes(is_whole), bytes(w.base), bytes(w.cases);
  bytes.end();
  w.whole = is_whole != 0;
  return w;
}

// --- The table -------------------------------------------------------------------------------------------------------

CaseTable::CaseTable(std::shared_ptr<const Experiment> experiment, const SweepSpec& block)
    : e_(std::move(experiment)),
      s_(block),
      values_(s_.count * e_->measures.size()),
      why_(values_.size()),
      status_(s_.count, missing) {
  for (const MeasureUse& use : e_->measures) units_.push_back(unit_of(*find_measure(use.name), s_.base->readout.unit));
}

bool CaseTable::fits(const ChunkResult& p) const {
  const std::size_t m = e_->measures.size();
  const auto of_a_case = [&](const auto& one) { return one.first < s_.count; };
  return std::all_of(p.cases.begin(), p.cases.end(), [&](std::uint64_t i) { return i < s_.count; }) &&
         p.values.size() == p.cases.size() * m && p.why.size() == p.values.size() &&
         std::all_of(p.why.begin(), p.why.end(), [&](std::uint8_t w) { return w <= p.whys.size(); }) &&
         std::all_of(p.failures.begin(), p.failures.end(), of_a_case) &&
         std::all_of(p.spikes_ms.begin(), p.spikes_ms.end(), of_a_case) &&
         std::all_of(p.traced.begin(), p.traced.end(), [&](const auto& one) {
           const auto& [i, r] = one;
           return i < s_.count && std::all_of(r.columns.begin(), r.columns.end(),
                                              [&](const Column& c) { return c.values.size() == r.time_ms.size(); });
         });
}

bool CaseTable::answers(const Chunk& chunk, const std::vector<ChunkResult>& results) const {
  std::vector<std::uint64_t> asked = chunk.cases, given;
  for (const ChunkResult& p : results) {
    if (!fits(p)) return false;
    given.insert(given.end(), p.cases.begin(), p.cases.end());
  }
  std::sort(asked.begin(), asked.end());
  std::sort(given.begin(), given.end());
  const auto asked_for = [&](const auto& one) { return std::binary_search(asked.begin(), asked.end(), one.first); };
  return asked == given && std::all_of(results.begin(), results.end(), [&](const ChunkResult& p) {
           return std::all_of(p.failures.begin(), p.failures.end(), asked_for) &&
                  std::all_of(p.spikes_ms.begin(), p.spikes_ms.end(), asked_for) &&
                  std::all_of(p.traced.begin(), p.traced.end(), asked_for);
         });
}

void CaseTable::store(ChunkResult p) {
  const std::size_t m = e_->measures.size();
  std::vector<std::uint8_t> known{0};
  for (const std::string& w : p.whys) known.push_back(index_of(w, whys_));
  for (std::size_t k = 0; k < p.cases.size(); ++k) {
    const std::size_t i = p.cases[k];
    done_ += status_[i] == missing;
    status_[i] = ok;
    for (std::size_t j = 0; j < m; ++j)
      values_[i * m + j] = p.values[k * m + j], why_[i * m + j] = known.at(p.why[k * m + j]);
  }
  for (auto& [of, failure] : p.failures) status_[of] = failed_case, failures_[of] = std::move(failure);
  for (auto& [of, times] : p.spikes_ms) spikes_ms_[of] = std::move(times);
  for (auto& [of, traced] : p.traced) traced_[of] = std::move(traced);
}

std::vector<std::size_t> CaseTable::failed() const {
  std::vector<std::size_t> all;
  for (const auto& [i, failure] : failures_) all.push_back(i);
  return all;
}

CaseResult CaseTable::operator[](std::size_t i) const {
  const SweepSpec& s = s_;
  CaseResult r;
  if (const auto traced = traced_.find(i); traced != traced_.end()) r = traced->second;
  r.name = s.name(i), r.swept = s.swept(i), r.measures.clear();
  if (const auto failure = failures_.find(i); failure != failures_.end()) r.failure = failure->second;
  if (const auto spikes = spikes_ms_.find(i); spikes != spikes_ms_.end()) r.spikes_ms = spikes->second;
  const std::size_t m = e_->measures.size();
  for (std::size_t j = 0; j < m; ++j) {
    const std::uint8_t why = why_[i * m + j];
    const MeasureUse& use = e_->measures[j];
    r.measures.push_back({use.label,
                          s.combine == Combine::cases  // each may be a model of its own
                              ? unit_of(*find_measure(use.name), s.cases[i].run->readout.unit)
                              : units_[j],
                          values_[i * m + j], why == 0 ? "" : whys_[why - 1u]});
  }
  return r;
}

SweepData CaseTable::picture() const {
  const SweepSpec& s = s_;
  SweepData p;
  p.title = e_->title.empty() ? e_->path.stem().string() : e_->title, p.combine = s.combine, p.cases = s.count;
  p.drawn = s.drawn;
  if (s.combine == Combine::cases) {
    SweptAxis names;
    names.path = "case";
    for (const Case& c : s.cases) names.words.push_back(c.name);
    p.axes.push_back(std::move(names));
    for (std::size_t k = 0; k < s.cases[0].swept.size(); ++k) {
      SweptAxis axis;
      axis.path = s.cases[0].swept[k].first;
      for (const Case& c : s.cases) axis.words.push_back(c.swept[k].second);
      p.axes.push_back(std::move(axis));
    }
  }
  for (std::size_t k = 0; k < s.axes.size(); ++k) {
    const SweptPath& from = s.axes[k];
    SweptAxis axis;
    axis.path = from.path, axis.unit = from.unit, axis.numbers = from.numbers, axis.logarithmic = from.logarithmic;
    axis.label = axis_label(*s.base, from.path, from.unit);
    axis.words = from.numbers.empty() ? from.words : brief(from.numbers);
    p.axes.push_back(std::move(axis));
    if (s.combine == Combine::one_at_a_time) {
      const auto q = parse_quantity(s.written[k]);
      const auto in_unit = q ? convert(q->value, q->unit.empty() ? "1" : q->unit, from.unit) : std::nullopt;
      p.written.push_back(s.written[k]);
      p.baseline.push_back(in_unit.value_or(nan));
    }
  }
  if (s.combine == Combine::zip || s.combine == Combine::one_at_a_time)
    for (std::size_t i = 0; i < s.count; ++i) p.names.push_back(s.name(i));
  const std::size_t m = e_->measures.size();
  for (std::size_t j = 0; j < m; ++j) {
    SweepData::Measured one;
    one.name = e_->measures[j].label;
    one.unit = units_[j];
    one.meaning = title_of_measure(one.name);
    one.values.resize(s.count);
    for (std::size_t i = 0; i < s.count; ++i) one.values[i] = why_[i * m + j] == 0 ? values_[i * m + j] : nan;
    for (std::size_t i = 0; i < s.cases.size(); ++i)  // each may be a model of its own: one unit for all
      if (const auto own = unit_of(*find_measure(e_->measures[j].name), s.cases[i].run->readout.unit); own != one.unit)
        one.values[i] = convert(one.values[i], own, one.unit).value_or(nan);
    p.measures.push_back(std::move(one));
  }
  p.status.push_back("ok");
  if (!failures_.empty()) {
    p.status_of.assign(s.count, 0);
    for (const auto& [i, f] : failures_) {
      p.status_of[i] = static_cast<std::uint8_t>(index_of(f.stopped() ? f.why : "refused", p.status) - 1);
    }
  }
  return p;
}

// --- The plan --------------------------------------------------------------------------------------------------------

std::vector<Chunk> plan_of(const Experiment& e, const SweepSpec& s, const std::function<bool(std::size_t)>& has,
                           std::size_t workers) {
  const SimulateBlock& run = s.base->simulate;
  const double samples = run.for_ms / run.every_ms;
  // a portion is what a crash loses, and what progress is told by: so many steps of neurons take a fraction of a
  // second, if one block of lanes does
  const double dt = s.base->integrator.dt_ms;
  const double most = dt > 0 ? 2e7 * dt / run.for_ms : 0;
  const auto width = [&](double values_of_each) {
    constexpr std::size_t block = HK_MAX_WIDTH;
    const auto blocks = [](std::size_t n) { return (n + block - 1) / block * block; };
    const std::size_t share = (s.count + 4 * workers - 1) / (4 * workers);  // so that all have work until the end
    return std::min({batch_width(values_of_each), blocks(static_cast<std::size_t>(std::clamp(most, 1.0, 1e6))),
                     share > block ? blocks(share) : (share + HK_LANES - 1) / HK_LANES * HK_LANES});
  };
  const std::size_t whole_width = width(samples * static_cast<double>(2 + 2 * run.record.size())),
                    lanes_width = width(need_trace(e.measures) ? 2 * samples : 1);
  bool all_whole = s.combine == Combine::cases || needs_whole(*s.base) || need_current(e.measures);
  std::vector<bool> in_place;
  for (const SweptPath& axis : s.axes) {
    const auto p = Parameter::find(*s.base, axis.path);
    in_place.push_back(p && p->in_lanes());
    all_whole = all_whole || (p && !p->moves_state());  // lanes leave out the readout
  }
  const bool all_in_place = std::all_of(in_place.begin(), in_place.end(), [](bool b) { return b; });
  std::vector<Chunk> works;
  // what is being filled; the last are of bases other than the one that is written
  Chunk whole{true, {}, {}}, same{false, SweepSpec::Choice(s.axes.size(), SweepSpec::as_written), {}};
  std::map<SweepSpec::Choice, Chunk> others;
  const auto add = [&](Chunk& work, std::uint64_t i) {
    work.cases.push_back(i);
    if (work.cases.size() < (work.whole ? whole_width : lanes_width)) return;
    works.push_back(work);
    work.cases.clear();
  };
  for (std::size_t i = 0; i < s.count; ++i) {
    if (has(i)) continue;
    if (all_whole || i < s.traces) {
      add(whole, i);
    } else if (all_in_place) {
      add(same, i);
    } else {
      SweepSpec::Choice c = s.choice(i);
      bool needs_reading = false;
      for (std::size_t k = 0; k < c.size(); ++k) {
        needs_reading = needs_reading || (!in_place[k] && c[k] != SweepSpec::as_written);
        if (in_place[k]) c[k] = SweepSpec::as_written;
      }
      if (needs_reading && s.combine != Combine::grid) add(whole, i);
      else add(others.try_emplace(c, false, c, std::vector<std::uint64_t>()).first->second, i);
    }
  }
  const auto rest = [&](Chunk& work) {
    if (!work.cases.empty()) works.push_back(std::move(work));
  };
  rest(whole), rest(same);
  for (auto& [of, work] : others) rest(work);
  return works;
}

// --- The runner ------------------------------------------------------------------------------------------------------

/// What the neurons of lanes have in common, and which of their numbers differ.
class SweepRunner::Base {
 public:
  explicit Base(std::shared_ptr<const NeuronSpec> e, const SweepSpec& s) : neuron(neuron_of(std::move(e))) {
    for (std::size_t a = 0; a < s.axes.size(); ++a)
      if (auto p = Parameter::find(*neuron.spec, s.axes[a].path); p && p->in_lanes()) {
        parameters.push_back(std::move(*p));
        axis_of.push_back(a);
      }
    if (s.independent) parameters.push_back(*Parameter::find(*neuron.spec, "seed"));
  }
  Neuron neuron;
  std::vector<Parameter> parameters;
  std::vector<std::size_t> axis_of;  ///< by parameter, but for the last if it is the seed of independent noise
};

SweepRunner::SweepRunner(std::shared_ptr<const Experiment> experiment, const SweepSpec& block)
    : e_(std::move(experiment)), s_(block), spikes_(needed_spikes(e_->measures)) {
  for (const Expectation& x : e_->expect) {
    if (x.measure != "spike_times") continue;
    if (x.of.empty()) all_times_ = true;
    else timed_.push_back(*s_.find(x.of));
  }
  std::sort(timed_.begin(), timed_.end());
}

bool SweepRunner::wants_times(std::uint64_t i) const {
  return all_times_ || std::binary_search(timed_.begin(), timed_.end(), i);
}

void SweepRunner::run(const Chunk& work, const Done& done) const {
  std::optional<ChunkResult> all;
  try {
    // an axis may have made of the base what lanes cannot do
    if (!work.whole && !needs_whole(*base(work.base)->neuron.spec)) all = run_lanes(work);
  } catch (const Error&) {  // of one of them, or of all: each by itself computes the same bits and fails alone
  }
  if (all) done(std::move(*all));
  else run_whole(work, done);
}

void SweepRunner::run_whole(const Chunk& work, const Done& done) const {
  const SweepSpec& s = s_;
  const auto finished = [&](std::uint64_t i, CaseResult r) {
    ChunkResult p;
    p.cases = {i};
    for (const MeasureValue& v : r.measures) p.values.push_back(v.value), p.why.push_back(index_of(v.why, p.whys));
    if (r.failure && !r.failure->stopped()) r.columns.clear(), r.failure->parameters = parameters_of(s, i);
    if (r.failure) p.failures.emplace_back(i, *r.failure);
    if (wants_times(i)) p.spikes_ms.emplace_back(i, r.spikes_ms);
    if (i < s.traces) p.traced.emplace_back(i, std::move(r));
    done(std::move(p));
  };
  std::vector<Case> cases;
  std::vector<Neuron> neurons;
  std::vector<std::uint64_t> numbers;
  for (const std::uint64_t i : work.cases) try {
      Case c{s.name(i), {}, s.run(i)};
      neurons.push_back(neuron_of(with_readout(*c.run)));
      cases.push_back(std::move(c)), numbers.push_back(i);
    } catch (const Error& e) {
      // values that do not go together, a recording that cannot be read: a case that fails like any other
      CaseResult r;
      r.name = s.name(i);
      r.failure = Failure{e.message()};
      r.failure->remedy = e.hint();
      for (std::size_t j = 0; j < e_->measures.size(); ++j)
        r.measures.push_back({e_->measures[j].label, {}, nan, stopped_score().why});
      finished(i, std::move(r));
    }
  run_cases(cases, neurons, e_->measures, [&](std::size_t k, CaseResult r) { finished(numbers[k], std::move(r)); });
}

ChunkResult SweepRunner::lost(const Chunk& work, const std::string& why) const {
  ChunkResult p;
  p.cases = work.cases;
  for (const std::uint64_t i : work.cases) {
    for (std::size_t m = 0; m < e_->measures.size(); ++m)
      p.values.push_back(nan), p.why.push_back(index_of(stopped_score().why, p.whys));
    p.failures.emplace_back(i, Failure{.why = why, .parameters = parameters_of(s_, i)});
    if (wants_times(i)) p.spikes_ms.emplace_back(i, std::vector<double>());
  }
  return p;
}

std::shared_ptr<const SweepRunner::Base> SweepRunner::base(const SweepSpec::Choice& of) const {
  const SweepSpec& s = s_;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = bases_.find(of); found != bases_.end()) return found->second;
  }
  SweepSpec::Choice first = of;
  const bool as_base = std::all_of(of.begin(), of.end(), [](auto c) { return c == SweepSpec::as_written; });
  for (auto& c : first)
    if (c == SweepSpec::as_written) c = 0;  // any value: lanes have their own
  auto made = std::make_shared<const Base>(as_base ? s.base : s.make(first), s);
  const std::lock_guard lock(mutex_);
  if (bases_.size() >= 64) bases_.clear();
  return bases_.emplace(of, std::move(made)).first->second;
}

ChunkResult SweepRunner::run_lanes(const Chunk& work) const {
  const SweepSpec& s = s_;
  const std::shared_ptr<const Base> common = base(work.base);
  const std::size_t n = work.cases.size(), axes = s.axes.size();
  const bool traces = need_trace(e_->measures);
  const bool listed =
      std::any_of(work.cases.begin(), work.cases.end(), [&](std::uint64_t i) { return wants_times(i); });
  const NeuronSpec& spec = *common->neuron.spec;
  const auto spikes = listed || spec.simulate.window_ms ? SpikeDetail::times : spikes_;
  Population population{common->neuron, common->parameters, {}, n};
  population.values.reserve(n * common->parameters.size());
  std::vector<std::uint32_t> choice(axes);
  for (const std::uint64_t i : work.cases) {
    s.choose(i, choice);
    for (const std::size_t a : common->axis_of)
      population.values.push_back(choice[a] == SweepSpec::as_written ? nan : s.axes[a].numbers[choice[a]]);
    if (s.independent) population.values.push_back(static_cast<double>(seed_of_realisation(spec.seed, i)));
  }
  const RunRequest request{traces ? std::vector<std::uint32_t>{spec.readout.of} : std::vector<std::uint32_t>{}, spikes};
  const std::vector<Trajectory> results = hillock::run(population, request);
  ChunkResult p;
  const std::size_t count = e_->measures.size();
  p.cases = work.cases;
  p.values.reserve(n * count), p.why.reserve(n * count);
  for (std::size_t i = 0; i < n; ++i) {
    const Trajectory& t = results[i];
    ScoredWindow observed = observed_run(spec.simulate, t.spikes_ms);
    observed.told = spikes, observed.n_spikes = t.n_spikes;
    if (traces) observed.voltage = Sampled{0, common->neuron.every_ms, t.states[0]};
    for (const MeasureUse& use : e_->measures) {
      const Score score = t.ok() ? evaluate(use.name, observed, nullptr, use.options) : stopped_score();
      p.values.push_back(score.value), p.why.push_back(index_of(score.why, p.whys));
    }
    if (t.failure) p.failures.emplace_back(work.cases[i], *t.failure);
    if (wants_times(work.cases[i])) p.spikes_ms.emplace_back(work.cases[i], t.spikes_ms);
  }
  return p;
}

// --- The purpose -----------------------------------------------------------------------------------------------------

/// Each case, as many as take seconds at most. Numbers in place cannot make a start fail, unless it is computed: else
/// one case stands for all.
void Sweep::prepare(const Experiment&) const {
  constexpr std::size_t most = 2000;
  if (block.refused) throw *block.refused;
  const bool all_alike = block.combine != Combine::cases && !block.base->simulate.rest &&
                         std::all_of(block.axes.begin(), block.axes.end(), [&](const SweptPath& axis) {
                           const auto p = Parameter::find(*block.base, axis.path);
                           return p && p->in_lanes();
                         });
  if (all_alike) return hillock::prepare(neuron_of(block.base));
  for (std::size_t i = 0; i < std::min(block.count, most); ++i) try {
      hillock::prepare(neuron_of(block.run(i)));
    } catch (const Error& e) { throw said_of(block.label(i), e); }
}

void Sweep::visit(const Experiment&, const Visitor& visitor) const {
  visitor.neuron(*block.base);
  for (const Case& c : block.cases) visitor.neuron(*c.run);
  for (std::size_t k = 0; k < block.axes.size(); ++k) {
    if (const auto p = Parameter::find(*block.base, block.axes[k].path); p && p->in_lanes()) continue;
    // values that may name plugins
    for (std::size_t i = 0; i < block.axes[k].size(); ++i) {
      SweepSpec::Choice one(block.axes.size(), block.combine == Combine::one_at_a_time ? SweepSpec::as_written : 0);
      if (block.combine == Combine::zip) one = block.choice(i);
      one[k] = static_cast<std::uint32_t>(i);
      try {
        visitor.neuron(*block.make(one));
      } catch (const Error&) {}  // a case that fails
    }
  }
}

std::vector<Refinable> Sweep::refinable(const Experiment&, const Recording*, std::size_t most) const {
  if (block.count > most)
    throw Error(block.place,
                fmt::format("converge refines each case of a sweep, and there are {}, more than {}", block.count, most),
                "take fewer values");
  std::vector<Refinable> all;
  for (std::size_t i = 0; i < block.count; ++i) {
    std::vector<std::string> values;
    if (block.combine != Combine::cases)
      for (const auto& [path, value] : block.swept(i)) values.push_back(fmt::format("{} = {}", path, value));
    const std::string name = values.empty() ? block.name(i) : fmt::format("{}", fmt::join(values, ", "));
    all.push_back({name, neuron_of(with_readout(*block.run(i))), {}});
  }
  return all;
}

namespace {

/// What is done with a chunk. REQUIRES: the runner lives as long.
Work<ChunkResult> work_of(const SweepRunner& runner) {
  return {.run =
              [&runner](std::string_view chunk, const Delivery<ChunkResult>& to) {
                runner.run(Chunk::unpack(chunk), [&](ChunkResult p) {
                  const std::size_t finished = p.cases.size();
                  to.result(std::move(p));
                  to.advance(finished);
                });
              },
          .lost = [&runner](std::string_view chunk,
                            const std::string& why) { return runner.lost(Chunk::unpack(chunk), why); },
          .parts =
              [](std::string_view chunk) {
                Chunk one = Chunk::unpack(chunk);
                std::vector<std::string> parts;
                for (const std::uint64_t i : std::exchange(one.cases, {})) {
                  one.cases = {i};
                  parts.push_back(one.pack());
                }
                return parts;
              }};
}

/// Of a grid whose last path is the seed: the spikes of the trials that ran to their end, and their rate. `traced` are
/// the first cases. Trials of one choice of the other paths are a group; a group that is not traced as a whole is left
/// out, unless it is the only one.
std::optional<Figure> figure_of_trials(const std::string& title, const SweepSpec& s,
                                       const std::vector<CaseResult>& traced) {
  if (s.combine != Combine::grid || s.axes.back().path != "seed") return {};
  const std::size_t trials = s.axes.back().size();
  const std::size_t shown = traced.size() < trials ? traced.size() : traced.size() - traced.size() % trials;
  if (trials < 2 || shown < 2) return {};
  constexpr std::size_t bins = 100, most_groups = 8;  // more curves of a rate cannot be told apart
  Panel rate;
  rate.x_label = "Time (ms)", rate.y_label = "Rate (Hz)", rate.height = 0.5;
  std::vector<RasterRow> rows;
  for (std::size_t begin = 0; begin < shown; begin += trials) {
    const auto group = static_cast<int>(begin / trials);
    std::vector<std::string> others;  // what a group has in common
    const auto swept = s.swept(begin);
    for (std::size_t k = 0; k + 1 < swept.size(); ++k) others.push_back(swept[k].second);
    const std::string name = fmt::format("{}", fmt::join(others, ", "));
    std::vector<double> spikes;
    const std::size_t first = rows.size();
    for (std::size_t i = begin; i < std::min(begin + trials, shown); ++i) {
      if (!traced[i].ok()) continue;
      rows.push_back({rows.size() > first ? ""
                      : name.empty()      ? "trial " + s.name(i)
                                          : name,
                      traced[i].spikes_ms, group});
      spikes.insert(spikes.end(), traced[i].spikes_ms.begin(), traced[i].spikes_ms.end());
    }
    const std::size_t ran = rows.size() - first;
    if (ran == 0 || rate.curves.size() == most_groups) continue;
    const double width = s.run(begin)->simulate.for_ms / bins;
    std::vector<double> edges(bins + 1), rates(bins + 1, 0);
    for (std::size_t b = 0; b <= bins; ++b) edges[b] = width * static_cast<double>(b);
    for (const double t : spikes)
      rates[std::min(static_cast<std::size_t>(std::max(t / width, 0.0)), bins - 1)] +=
          1e3 / (width * static_cast<double>(ran));
    rates[bins] = rates[bins - 1];
    rate.curves.push_back({name, edges, rates, Curve::Style::steps, group, false});
  }
  if (rows.empty()) return {};
  Panel raster = raster_of(rows);
  raster.height = std::clamp(0.03 * static_cast<double>(rows.size()), 0.5, 3.0);
  const std::string part = rows.size() < s.count ? fmt::format(" ({} of {} trials)", rows.size(), s.count) : "";
  return Figure{"raster", title + part, 1, {std::move(raster), std::move(rate)}};
}

}  // namespace

void Sweep::serve(const std::shared_ptr<const Experiment>& e, Processes& processes) const {
  const SweepRunner runner(e, block);
  Engine::serve(processes, work_of(runner));
}

Outcome Sweep::run(const std::shared_ptr<const Experiment>& experiment, const RunOptions& options) const {
  const Experiment& e = *experiment;
  const SweepSpec& s = block;
  const auto table = std::make_shared<CaseTable>(experiment, s);
  const std::size_t drawn = drawn_of(s);
  Engine engine = options.engine();
  engine.for_each_kept<ChunkResult>([&](ChunkResult p) {
    need_fit(table->fits(p));
    table->store(std::move(p));
  });
  engine.begin(table->done(), s.count);
  engine.advance(0);
  const SweepRunner runner(experiment, s);
  Work<ChunkResult> work = work_of(runner);
  work.answers = [&](std::string_view chunk, const std::vector<ChunkResult>& results) {
    return table->answers(Chunk::unpack(chunk), results);
  };
  const std::vector<Chunk> chunks = plan_of(
      e, s, [&](std::size_t i) { return table->has(i); }, engine.workers());
  engine.map(
      chunks.size(), [&](std::size_t k) { return chunks[k].pack(); }, work,
      [&](ChunkResult p, bool lost) {
        if (options.on_case)
          for (const auto& traced : p.traced) options.on_case(traced.second);
        std::erase_if(p.traced, [&](const auto& traced) { return traced.first >= drawn; });
        if (!lost) engine.keep(p);
        table->store(std::move(p));
      });

  Outcome out;
  const bool over = s.combine != Combine::cases;
  if ((over && options.figures) || s.count >= many_cases) out.arrays = table->picture();
  if (options.figures) {
    std::vector<Neuron> neurons;
    std::vector<CaseResult> traced;
    for (std::size_t i = 0; i < drawn; ++i) {
      traced.push_back((*table)[i]);
      // a case that was refused has no trace, and may be no neuron
      neurons.push_back(traced.back().columns.empty() ? Neuron{s.base, {}, 0, 0} : neuron_of(with_readout(*s.run(i))));
    }
    if (over) {
      picture_traces(neurons, traced, *out.arrays);
      out.run.figures = figures_of_sweep(*out.arrays);
      if (auto figure = figure_of_trials(out.arrays->title, s, traced)) out.run.figures.push_back(std::move(*figure));
    } else if (drawn > 0) {
      out.run.figures = figures_of_cases(e.title, neurons, traced);
    }
  }
  if (s.count < many_cases) out.arrays.reset();
  if (s.count < many_cases)
    for (std::size_t i = 0; i < s.count; ++i) out.cases.push_back((*table)[i]);
  else
    out.cases = Cases(
        s.count, [table](std::size_t i) { return (*table)[i]; }, table->failed());
  out.run.tables.push_back(summary(out.cases, "case", over));
  out.judgements = judge(e, out.cases);
  return out;
}

}  // namespace hillock
