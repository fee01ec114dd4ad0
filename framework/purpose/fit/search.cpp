#include "purpose/fit/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>

#include "hillock/random.hpp"
#include "host/services.hpp"
#include "run/driven.hpp"
#include "run/fleet.hpp"
#include "run/lanes.hpp"
#include "run/workers.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

constexpr double penalty = 1e6;

/// The stretch from `from` to `to` of a recording, as measures look at it.
Observed part_of(const Recording& data, double from_ms, double to_ms) {
  Observed o = observed(data);
  o.from_ms = from_ms;
  o.to_ms = to_ms;
  return o;
}

bool looks_at_spikes(const std::vector<LossTerm>& loss) {
  return std::any_of(loss.begin(), loss.end(), [](const LossTerm& term) {
    const MeasureInfo& info = *find_measure(term.measure.name);
    return !info.needs_trace && info.needs_spikes != Spikes::none;
  });
}

std::size_t spikes_in(const Observed& o) {
  return static_cast<std::size_t>(
      std::count_if(o.spikes_ms.begin(), o.spikes_ms.end(), [&](double t) { return o.from_ms <= t && t < o.to_ms; }));
}

}  // namespace

std::vector<Target> targets_of(const FitBlock& block, std::vector<Recording> recordings) {
  std::vector<Target> all;
  std::size_t trained = 0, spikes = 0;
  for (Recording& r : recordings) {
    Target t;
    t.data = std::make_shared<const Recording>(std::move(r));
    t.current = std::make_shared<const std::vector<double>>(t.data->current_pA);
    const Recording& data = *t.data;
    const double begin = data.t0_ms + block.discard_ms, end = data.end_ms();
    const auto& out = block.hold_out.sweeps;
    const bool held = data.sweep && std::find(out.begin(), out.end(), *data.sweep) != out.end();
    const double split = held ? begin : end - block.hold_out.last_part * (end - data.t0_ms);
    if (!held && !(begin < split))
      throw Error(block.place,
                  fmt::format("'discard' of {:g} ms leaves nothing of '{}' to fit", block.discard_ms, data.shown),
                  "take a shorter one");
    t.train = part_of(data, begin, split);
    if (held) t.held_out = part_of(data, begin, end);
    else if (block.hold_out.last_part > 0) t.held_out = part_of(data, split, end);
    if (t.trains()) {
      ++trained;
      spikes += spikes_in(t.train);
    }
    all.push_back(std::move(t));
  }
  if (trained == 0) throw Error(block.hold_out_place, "every sweep is held out, so that none is left to fit");
  if (looks_at_spikes(block.loss) && spikes == 0)
    throw Error(block.loss_place, "the loss looks at spikes, and there are none in what is fitted",
                "fit the voltage: loss: rmse, or say what a spike is: data: {spikes: {threshold: ...}}");
  return all;
}

double loss_of(const std::vector<LossTerm>& terms, const Observed& run, const Observed& data) {
  double sum = 0;
  for (const LossTerm& term : terms) {
    const MeasureInfo& info = *find_measure(term.measure.name);
    const Score score = evaluate(term.measure.name, run, &data, term.measure.options);
    const double n = static_cast<double>(spikes_in(run)),
                 of_data = std::max<double>(1, static_cast<double>(spikes_in(data)));
    double loss = 0;
    if (!score.why.empty()) loss = 3 + std::abs(n - of_data) / of_data;  // worse than any silent model
    else if (info.better == MeasureInfo::Better::lower) loss = score.value;
    else loss = 1 - score.value;
    // coincidences alone would reward a train that is dense everywhere
    if (term.measure.name == "gamma" && score.why.empty()) loss += 2 * std::abs(n - of_data) / of_data;
    sum += term.weight * loss;
  }
  return sum;
}

std::vector<double> read_out(const ReadoutBlock& readout, const Trajectory& run, const Recording& data) {
  std::vector<double> v = run.states[0];
  if (!readout.is_map()) return v;
  for (std::size_t k = 0; k < v.size(); ++k) {
    const auto sample = static_cast<std::size_t>(run.time_ms[k] / data.dt_ms + 1e-6);
    v[k] = readout(v[k], data.current_pA[std::min(sample, data.current_pA.size() - 1)]);
  }
  return v;
}

Evaluator::Evaluator(const FitBlock& block, const std::vector<Target>& targets) : block_(block) {
  double samples = 0;
  for (const Target& t : targets) {
    if (!t.trains()) continue;
    targets_.push_back(&t);
    bases_.push_back(driven(*block.neuron, *t.data, t.current, t.train.to_ms));
    samples = std::max(samples, bases_.back().for_ms / bases_.back().every_ms);
  }
  for (const FreeNumber& f : block.free) parameters_.push_back(f.parameter);
  for (const LossTerm& term : block.loss)
    needs_voltage_ = needs_voltage_ || find_measure(term.measure.name)->needs_trace;
  width_ = batch_width(needs_voltage_ ? 3 * samples : 1);
}

std::vector<double> Evaluator::losses(const std::vector<double>& values, std::size_t count) const {
  std::vector<double> all;
  for (std::size_t begin = 0; begin < count; begin += width_) {
    const std::vector<double> some = batch(values, begin, std::min(begin + width_, count));
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<double> Evaluator::batch(const std::vector<double>& values, std::size_t begin, std::size_t end) const {
  const std::size_t n = end - begin, free = parameters_.size();
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(begin * free);
  std::vector<double> sum(n, 0.0);
  for (std::size_t k = 0; k < targets_.size(); ++k) {
    const Target& target = *targets_[k];
    const Population population{
        bases_[k], parameters_, {first, first + static_cast<std::ptrdiff_t>(n * free)},
          n
    };
    const NeuronSpec& spec = *bases_[k].spec;
    const RunRequest request{
        needs_voltage_ ? std::vector<std::uint32_t>{spec.readout.of} : std::vector<std::uint32_t>{}, Spikes::times};
    std::vector<Trajectory> runs = run(population, request);
    for (std::size_t i = 0; i < n; ++i) {
      Trajectory& t = runs[i];
      if (!t.ok()) {
        sum[i] += penalty * (2 - std::clamp(t.failed_at_ms / bases_[k].for_ms, 0.0, 1.0));
        continue;
      }
      for (double& s : t.spikes_ms) s += target.data->t0_ms;
      Observed o = target.train;
      o.spikes_ms = t.spikes_ms;
      o.voltage.reset();
      std::vector<double> voltage;
      if (needs_voltage_) {
        NeuronSpec own;
        own.readout = spec.readout;
        for (std::size_t a = 0; a < free; ++a)
          if (!parameters_[a].moves_state()) parameters_[a].set(own, population.value(i, a));
        voltage = read_out(own.readout, t, *target.data);
        o.voltage = Sampled{target.data->t0_ms, bases_[k].every_ms, voltage};
      }
      sum[i] += loss_of(block_.loss, o, target.train);
    }
  }
  for (double& loss : sum) loss /= static_cast<double>(targets_.size());
  return sum;
}

Found search(const FitBlock& block, const Evaluator& evaluator, std::uint32_t start, std::uint64_t seed,
             const std::function<void(std::uint64_t)>& tell) {
  const std::size_t n = block.free.size();
  const hk_optimizer& face = block.optimizer->optimizer();
  const std::vector<double> low(n, 0.0), high(n, 1.0);
  std::vector<double> from(n);
  const Random random(seed, stream_of(fmt::format("fit.start.{}", start)));
  for (std::size_t k = 0; k < n; ++k) {
    const double own = block.free[k].parameter.get(*block.neuron);
    from[k] = start == 0 && std::isfinite(own) ? block.free[k].unit(own) : random.uniform(k);
  }
  hk_search box{};
  box.size = sizeof box;
  box.n = static_cast<std::uint32_t>(n);
  box.low = low.data();
  box.high = high.data();
  box.start = from.data();
  box.seed = static_cast<std::uint64_t>(random.uniform(n) * 9e15);
  box.evaluations = block.evaluations;
  box.n_losses = 1;
  const BoundaryValues options = block.options.boundary();
  hk_error error{};
  void* self = nullptr;
  {
    const Inside inside(*block.optimizer);
    check(*block.optimizer, face.open(&box, options.get(), &services(), &self, &error), error, block.optimizer_place);
  }
  const std::unique_ptr<void, void (*)(void*)> closing(self, face.close);
  Found found;
  found.start = start;
  found.loss = std::numeric_limits<double>::infinity();
  for (;;) {
    if (interrupted) throw Interrupted{};
    hk_asked asked{};
    asked.size = sizeof asked;
    {
      const Inside inside(*block.optimizer);
      check(*block.optimizer, face.ask(self, &asked, &error), error, block.optimizer_place);
    }
    if (asked.count == 0) break;
    if (found.evaluations + asked.count > block.evaluations)
      throw Error(
          block.optimizer_place,
          fmt::format("optimizer '{}' asks for more than its {} evaluations", block.optimizer->id, block.evaluations),
          {}, Exit::run_failed);
    std::vector<double> values;
    for (std::uint32_t c = 0; c < asked.count; ++c)
      for (std::size_t k = 0; k < n; ++k) values.push_back(block.free[k].number(asked.x[k][c]));
    const std::vector<double> losses = evaluator.losses(values, asked.count);
    found.evaluations += asked.count;
    for (std::uint32_t c = 0; c < asked.count; ++c)
      if (losses[c] < found.loss) {
        found.loss = losses[c];
        const auto at = values.begin() + static_cast<std::ptrdiff_t>(c * n);
        found.best.assign(at, at + static_cast<std::ptrdiff_t>(n));
        found.history_evaluations.push_back(static_cast<double>(found.evaluations - asked.count + c + 1));
        found.history_loss.push_back(found.loss);
      }
    tell(asked.count);
    hk_told told{};
    told.size = sizeof told;
    told.count = asked.count;
    told.losses = losses.data();
    const Inside inside(*block.optimizer);
    check(*block.optimizer, face.tell(self, &told, &error), error, block.optimizer_place);
  }
  if (face.ended) found.ended = face.ended(self);
  return found;
}

namespace {

/// One start of one fit, with the time that it took.
Found timed_search(const std::vector<Searcher>& fits, std::uint32_t fit, std::uint32_t start, std::uint64_t seed,
                   Failures failures, const std::function<void(std::uint64_t)>& tell) {
  const auto began = std::chrono::steady_clock::now();
  Found found;
  try {
    found = search(*fits.at(fit).block, *fits[fit].evaluator, start, seed, tell);
  } catch (const Error& error) {
    if (failures == Failures::thrown) throw;
    found.start = start;
    found.loss = std::numeric_limits<double>::infinity();
    found.failed = error.what();
  }
  found.fit = fit;
  found.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return found;
}

}  // namespace

std::vector<std::vector<Found>> search_all(const std::vector<Searcher>& fits, std::uint64_t seed,
                                           const RunOptions& options, Failures failures) {
  std::vector<std::vector<Found>> found(fits.size());
  std::vector<std::vector<bool>> done(fits.size());
  std::uint64_t total = 0, evaluated = 0;
  for (std::size_t f = 0; f < fits.size(); ++f) {
    found[f].resize(fits[f].block->starts);
    done[f].resize(fits[f].block->starts, false);
    total += fits[f].block->evaluations * fits[f].block->starts;
  }
  if (options.records)
    options.records->for_each_kept([&](std::string_view record) {
      Found kept = Found::unpack(record);
      if (kept.fit >= fits.size() || kept.start >= found[kept.fit].size()) return;
      done[kept.fit][kept.start] = true;
      found[kept.fit][kept.start] = std::move(kept);
    });
  std::vector<std::pair<std::uint32_t, std::uint32_t>> left;
  for (std::uint32_t f = 0; f < fits.size(); ++f)
    for (std::uint32_t s = 0; s < found[f].size(); ++s)
      if (!done[f][s]) left.emplace_back(f, s);
      else evaluated += fits[f].block->evaluations;
  std::mutex commit;
  const auto tell = [&](std::uint64_t more) {
    const std::lock_guard lock(commit);
    evaluated += more;
    if (options.on_progress) options.on_progress(evaluated, total);
  };
  const auto store = [&](Found one) {
    const std::lock_guard lock(commit);
    if (options.records) options.records->keep(one.pack());
    Found& place = found.at(one.fit).at(one.start);
    place = std::move(one);
  };
  const auto here = [&](std::size_t i) {
    store(timed_search(fits, left[i].first, left[i].second, seed, failures, tell));
  };
  const std::size_t threads = options.jobs > 0 ? options.jobs : all_workers();
  if (options.fleet)
    options.fleet->share(
        left.size(), threads, here, [&](std::size_t i) { return fmt::format("{} {}", left[i].first, left[i].second); },
        [&](std::string_view bytes) {
          Found one = Found::unpack(bytes);
          tell(one.evaluations);
          store(std::move(one));
        });
  else for_all(left.size(), threads, here);
  return found;
}

void serve_searches(const std::vector<Searcher>& fits, std::uint64_t seed, Fleet& fleet, Failures failures) {
  fleet.serve([&](std::string_view work) {
    const std::string text(work);
    std::size_t fit_digits = 0;
    const auto fit = static_cast<std::uint32_t>(std::stoul(text, &fit_digits)),
               start = static_cast<std::uint32_t>(std::stoul(text.substr(fit_digits)));
    return timed_search(fits, fit, start, seed, failures, [](std::uint64_t) {}).pack();
  });
}

// --- Found as bytes ------------------------------------------------------------------------------------------------

namespace {

void put_numbers(std::string& bytes, const std::vector<double>& v) {
  const std::uint64_t n = v.size();
  bytes.append(reinterpret_cast<const char*>(&n), sizeof n);
  bytes.append(reinterpret_cast<const char*>(v.data()), n * sizeof(double));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class T> T number() {
    T x;
    std::memcpy(&x, take(sizeof x), sizeof x);
    return x;
  }
  std::string text() {
    const auto n = number<std::uint64_t>();
    return {take(n), n};
  }
  std::vector<double> numbers() {
    const auto n = number<std::uint64_t>();
    if (n > bytes_.size() / sizeof(double)) fail();
    std::vector<double> v(n);
    if (const char* from = take(n * sizeof(double)); n > 0) std::memcpy(v.data(), from, n * sizeof(double));
    return v;
  }

 private:
  [[noreturn]] static void fail() { throw std::runtime_error("these bytes are no start of a fit"); }
  const char* take(std::uint64_t n) {
    if (n > bytes_.size()) fail();
    const char* from = bytes_.data();
    bytes_.remove_prefix(n);
    return from;
  }
  std::string_view bytes_;
};

}  // namespace

std::string Found::pack() const {
  std::string bytes;
  const auto add = [&](const auto& x) { bytes.append(reinterpret_cast<const char*>(&x), sizeof x); };
  const auto add_text = [&](const std::string& text) {
    add(std::uint64_t{text.size()});
    bytes += text;
  };
  add(fit);
  add(start);
  add(loss);
  add(evaluations);
  add(seconds);
  add_text(ended);
  add_text(failed);
  put_numbers(bytes, best);
  put_numbers(bytes, history_evaluations);
  put_numbers(bytes, history_loss);
  return bytes;
}

Found Found::unpack(std::string_view bytes) {
  Reader r(bytes);
  Found f;
  f.fit = r.number<std::uint32_t>();
  f.start = r.number<std::uint32_t>();
  f.loss = r.number<double>();
  f.evaluations = r.number<std::uint64_t>();
  f.seconds = r.number<double>();
  f.ended = r.text();
  f.failed = r.text();
  f.best = r.numbers();
  f.history_evaluations = r.numbers();
  f.history_loss = r.numbers();
  return f;
}

}  // namespace hillock
