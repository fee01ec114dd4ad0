#include "purpose/fit/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <tuple>

#include "data/driven.hpp"
#include "hillock/random.hpp"
#include "host/opened.hpp"
#include "host/services.hpp"
#include "neuron/lanes.hpp"
#include "purpose/fit/front.hpp"
#include "util/bytes.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

constexpr std::size_t most_kept = 200;  ///< points of a front
constexpr std::size_t most_best = 50;   ///< candidates of a start that are kept for their loss

/// The stretch from `from` to `to` of a recording, as measures look at it.
ScoredWindow part_of(const Recording& data, double from_ms, double to_ms) {
  ScoredWindow o = observed(data);
  o.from_ms = from_ms;
  o.to_ms = to_ms;
  return o;
}

std::size_t spikes_in(const ScoredWindow& o) {
  return static_cast<std::size_t>(
      std::count_if(o.spikes_ms.begin(), o.spikes_ms.end(), [&](double t) { return o.from_ms <= t && t < o.to_ms; }));
}

/// The best candidates of a search, and each so-manieth of all; of several losses at once those that none surpasses.
class Kept {
 public:
  explicit Kept(const FitBlock& block) : pareto_(block.pareto) {}
  void add(const std::vector<double>& numbers, double loss, std::vector<double> terms) {
    FrontPoint one{numbers, loss, std::move(terms)};
    if (pareto_) {
      add_to_front(best_, std::move(one));
      if (best_.size() >= 2 * most_kept) thin_front(best_, most_kept);
      return;
    }
    if (count_++ % stride_ == 0) {
      sample_.push_back(one);
      if (sample_.size() == 2 * most_kept) {  // each second of them stays, others only if they are among the best
        for (std::size_t i = 0; i < most_kept; ++i) {
          if (i > 0) sample_[i] = std::move(sample_[2 * i]);
          offer(std::move(sample_[2 * i + 1]));
        }
        sample_.resize(most_kept);
        stride_ *= 2;
      }
      return;
    }
    offer(std::move(one));
  }
  void into(Found& found) {
    if (pareto_ && best_.size() > most_kept) thin_front(best_, most_kept);
    best_.insert(best_.end(), sample_.begin(), sample_.end());
    std::stable_sort(best_.begin(), best_.end(), better);
    for (const FrontPoint& one : best_) {
      found.kept.insert(found.kept.end(), one.numbers.begin(), one.numbers.end());
      found.kept_loss.push_back(one.loss);
      found.kept_terms.insert(found.kept_terms.end(), one.terms.begin(), one.terms.end());
    }
  }

 private:
  static bool better(const FrontPoint& a, const FrontPoint& b) { return a.loss < b.loss; }
  void offer(FrontPoint one) {
    if (best_.size() == most_best && !(one.loss < best_.front().loss)) return;
    best_.push_back(std::move(one));
    std::push_heap(best_.begin(), best_.end(), better);
    if (best_.size() <= most_best) return;
    std::pop_heap(best_.begin(), best_.end(), better);
    best_.pop_back();
  }
  bool pareto_;
  std::uint64_t count_ = 0, stride_ = 1;
  std::vector<FrontPoint> best_, sample_;
};

}  // namespace

Known known_of(const FitBlock& block) {
  Known known;
  known.part = 1 - block.hold_out.last_part;
  known.held_out = block.hold_out.sweeps;
  return known;
}

std::vector<Target> targets_of(const FitBlock& block, std::vector<Recording> recordings) {
  std::vector<Target> all;
  for (Recording& r : recordings) {
    Target t;
    t.data = std::make_shared<const Recording>(std::move(r));
    t.current = std::make_shared<const std::vector<double>>(t.data->current_pA);
    all.push_back(std::move(t));
  }
  return targets_of(block, std::move(all));
}

std::vector<Target> targets_of(const FitBlock& block, std::vector<Target> all) {
  std::size_t trained = 0, spikes = 0;
  for (Target& t : all) {
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
    t.held_out.reset();
    if (held) t.held_out = part_of(data, begin, end);
    else if (block.hold_out.last_part > 0) t.held_out = part_of(data, split, end);
    if (t.trains()) {
      ++trained;
      spikes += spikes_in(t.train);
    }
  }
  for (const Target& t : all)
    if (const Loss loss(block, t.train); t.trains() && !loss.why().empty())
      throw Error(block.loss_place, fmt::format("{} in what is fitted of '{}'", loss.why(), t.data->shown),
                  "take other features, or another recording");
  if (trained == 0) throw Error(block.hold_out_place, "every sweep is held out, so that none is left to fit");
  if ((looks_at_spikes(block) || looks_at_rate(block)) && spikes == 0)
    throw Error(block.loss_place, "the loss looks at spikes, and there are none in what is fitted",
                "fit the voltage: loss: rmse, or say what a spike is: data: {spikes: {threshold: ...}}");
  return all;
}

void prepare_search(const FitBlock& block, const Recording& recording) {
  const Neuron neuron =
      driven(*block.neuron, recording, std::make_shared<const std::vector<double>>(recording.current_pA));
  prepare(neuron);
  if (!block.exact || !(block.optimizer->optimizer().flags & HK_GRADIENT)) return;
  std::vector<Direction> along;
  for (const FreeNumber& f : block.free) along.push_back({f.parameter.path(), f.place});
  check_slopes(neuron, along, told_of(block));
}

Found search(const FitBlock& block, const Evaluator& evaluator, std::uint32_t start, std::uint64_t seed,
             const Tell& tell) {
  const std::size_t n = block.free.size();
  std::vector<double> from(n);
  const Random random(seed, stream_of(fmt::format("fit.start.{}", start)));
  for (std::size_t k = 0; k < n; ++k) {
    const double own = block.free[k].parameter.get(*block.neuron);
    from[k] = start == 0 && std::isfinite(own) ? block.free[k].unit(own) : random.uniform(k);
  }
  Found found = search_from(block, evaluator, from, static_cast<std::uint64_t>(random.uniform(n) * 9e15), tell);
  found.start = start;
  return found;
}

Found search_from(const FitBlock& block, const Evaluator& evaluator, const std::vector<double>& from,
                  std::uint64_t seed, const Tell& tell) {
  const std::size_t n = block.free.size(), terms = block.loss.size();
  const hk_optimizer& face = block.optimizer->optimizer();
  const std::vector<double> low(n, 0.0), high(n, 1.0);
  hk_search box{};
  box.size = sizeof box;
  box.n = static_cast<std::uint32_t>(n);
  box.low = low.data();
  box.high = high.data();
  box.start = from.data();
  box.seed = seed;
  // a candidate with differences around it is as many evaluations
  const std::uint64_t each = face.flags & HK_GRADIENT && !block.exact ? 2 * n + 1 : 1;
  box.evaluations = std::max<std::uint64_t>(1, block.evaluations / each);
  box.n_losses = block.pareto ? static_cast<std::uint32_t>(terms) : 1;
  const BoundaryValues options = block.options.boundary();
  hk_error error{};
  void* self = nullptr;
  {
    const PluginCall inside(*block.optimizer);
    check(*block.optimizer, face.open(&box, options.get(), &services(), &self, &error), error, block.optimizer_place);
  }
  const Opened closing(self, {block.optimizer, face.close});
  Found found;
  found.loss = std::numeric_limits<double>::infinity();
  Kept kept(block);
  std::uint64_t candidates = 0;
  for (;;) {
    if (interrupted) throw Interrupted{};
    hk_asked asked{};
    asked.size = sizeof asked;
    {
      const PluginCall inside(*block.optimizer);
      check(*block.optimizer, face.ask(self, &asked, &error), error, block.optimizer_place);
    }
    if (asked.count == 0) break;
    if (!asked.x)
      throw Error(block.optimizer_place, fmt::format("optimizer '{}' asks for nothing", block.optimizer->id), {},
                  Exit::run_failed);
    if (candidates + asked.count > box.evaluations)
      throw Error(
          block.optimizer_place,
          fmt::format("optimizer '{}' asks for more than its {} evaluations", block.optimizer->id, box.evaluations), {},
          Exit::run_failed);
    std::vector<double> values;
    for (std::uint32_t c = 0; c < asked.count; ++c)
      for (std::size_t k = 0; k < n; ++k) {
        if (!(asked.x[k][c] >= 0 && asked.x[k][c] <= 1))
          throw Error(block.optimizer_place,
                      fmt::format("optimizer '{}' asks for a candidate outside the bounds", block.optimizer->id), {},
                      Exit::run_failed);
        values.push_back(block.free[k].number(asked.x[k][c]));
      }
    const Evaluated told_of = evaluator.evaluate(values, asked.count, asked.wants);
    const std::vector<double>& losses = told_of.losses;
    candidates += asked.count;
    for (std::uint32_t c = 0; c < asked.count; ++c) {
      const std::vector<double> numbers(values.begin() + static_cast<std::ptrdiff_t>(c * n),
                                        values.begin() + static_cast<std::ptrdiff_t>((c + 1) * n));
      std::vector<double> of_terms;
      for (const auto& term : told_of.terms) of_terms.push_back(term[c]);
      kept.add(numbers, losses[c], std::move(of_terms));
      if (!(losses[c] < found.loss)) continue;
      found.loss = losses[c];
      found.best = numbers;
      found.history_evaluations.push_back(static_cast<double>(found.evaluations + (c + 1) * each));
      found.history_loss.push_back(found.loss);
    }
    found.evaluations += asked.count * each;
    tell(asked.count * each, found);
    const auto rows = [](const std::vector<std::vector<double>>& of) {
      std::vector<const double*> pointers;
      for (const auto& row : of) pointers.push_back(row.data());
      return pointers;
    };
    const auto by_term = rows(told_of.terms), gradient = rows(told_of.gradient), curvature = rows(told_of.curvature);
    hk_told told{};
    told.size = sizeof told;
    told.count = asked.count;
    told.losses = block.pareto ? told_of.terms[0].data() : losses.data();
    told.each = block.pareto ? by_term.data() : nullptr;
    told.gradient = asked.wants & HK_GRADIENT ? gradient.data() : nullptr;
    told.curvature = asked.wants & HK_CURVATURE ? curvature.data() : nullptr;
    const PluginCall inside(*block.optimizer);
    check(*block.optimizer, face.tell(self, &told, &error), error, block.optimizer_place);
  }
  if (face.ended) {
    const PluginCall inside(*block.optimizer);
    if (const char* why = face.ended(self)) found.ended = why;
  }
  kept.into(found);
  return found;
}

namespace {

/// One start of one fit, with the time that it took.
Found timed_search(const std::vector<Searcher>& fits, std::uint32_t fit, std::uint32_t start, std::uint64_t seed,
                   Failures failures, const std::function<void(std::uint64_t)>& tell) {
  const auto began = std::chrono::steady_clock::now();
  Found found;
  try {
    found = search(*fits.at(fit).block, *fits[fit].evaluator, start, seed,
                   [&](std::uint64_t evaluations, const Found&) { tell(evaluations); });
  } catch (const Error& error) {
    if (failures == Failures::thrown) throw;
    found.start = start;
    found.loss = std::numeric_limits<double>::infinity();
    found.failed = error.message();
  }
  found.fit = fit;
  found.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return found;
}

/// Whether it can be what a start of this fit found.
bool fits_block(const Found& f, const FitBlock& block) {
  const std::size_t n = block.free.size(), candidates = f.kept_loss.size();
  for (std::size_t k = 0; k < std::min(n, f.best.size()); ++k) {  // a search goes on from these
    const auto [low, high] = std::minmax(block.free[k].from, block.free[k].to);
    const double rounding = 1e-9 * (high - low);
    if (!(f.best[k] >= low - rounding && f.best[k] <= high + rounding)) return false;
  }
  return (f.best.size() == n || (f.best.empty() && !(f.loss < std::numeric_limits<double>::infinity()))) &&
         f.history_evaluations.size() == f.history_loss.size() && f.kept.size() == candidates * n &&
         f.kept_terms.size() == candidates * block.loss.size();
}

/// One start of one fit, as it goes to a thread or process.
std::string unit_of(std::uint32_t fit, std::uint32_t start) {
  ByteWriter bytes;
  bytes(fit), bytes(start);
  return std::move(bytes).bytes();
}

/// Its fit and start.
std::pair<std::uint32_t, std::uint32_t> start_of(std::string_view unit) {
  std::pair<std::uint32_t, std::uint32_t> out;
  ByteReader bytes(unit);
  bytes(out.first), bytes(out.second);
  return out;
}

/// REQUIRES: the fits live as long.
Work<Found> work_of(const std::vector<Searcher>& fits, std::uint64_t seed, Failures failures) {
  return {.run =
              [&fits, seed, failures](std::string_view unit, const Delivery<Found>& to) {
                const auto [fit, start] = start_of(unit);
                to.result(timed_search(fits, fit, start, seed, failures, to.advance));
              },
          .lost =
              [](std::string_view unit, const std::string& why) {
                Found found;
                std::tie(found.fit, found.start) = start_of(unit);
                found.loss = std::numeric_limits<double>::infinity();
                found.failed = why;
                return found;
              },
          .answers =
              [&fits](std::string_view unit, const std::vector<Found>& results) {
                const auto [fit, start] = start_of(unit);
                return results.size() == 1 && results[0].fit == fit && results[0].start == start &&
                       fits_block(results[0], *fits.at(fit).block);
              },
          .counts = [&fits](std::string_view unit) { return fits.at(start_of(unit).first).block->evaluations; }};
}

}  // namespace

std::vector<std::vector<Found>> search_all(const std::vector<Searcher>& fits, std::uint64_t seed, Engine& engine,
                                           Failures failures) {
  std::vector<std::vector<Found>> found(fits.size());
  std::vector<std::vector<bool>> done(fits.size());
  std::uint64_t total = 0, evaluated = 0;
  for (std::size_t f = 0; f < fits.size(); ++f) {
    found[f].resize(fits[f].block->starts);
    done[f].resize(fits[f].block->starts, false);
    total += fits[f].block->evaluations * fits[f].block->starts;
  }
  engine.for_each_kept<Found>([&](Found kept) {
    need_fit(kept.fit < fits.size() && kept.start < found[kept.fit].size() && fits_block(kept, *fits[kept.fit].block));
    done[kept.fit][kept.start] = true;
    found[kept.fit][kept.start] = std::move(kept);
  });
  std::vector<std::pair<std::uint32_t, std::uint32_t>> left;
  for (std::uint32_t f = 0; f < fits.size(); ++f)
    for (std::uint32_t s = 0; s < found[f].size(); ++s)
      if (!done[f][s]) left.emplace_back(f, s);
      else evaluated += fits[f].block->evaluations;
  engine.begin(evaluated, total);
  engine.map(
      left.size(), [&](std::size_t i) { return unit_of(left[i].first, left[i].second); }, work_of(fits, seed, failures),
      [&](Found one, bool lost) {
        if (!lost) engine.keep(one);
        Found& place = found.at(one.fit).at(one.start);
        place = std::move(one);
      });
  return found;
}

void serve_searches(const std::vector<Searcher>& fits, std::uint64_t seed, Processes& processes, Failures failures) {
  Engine::serve(processes, work_of(fits, seed, failures));
}

// --- Found as bytes ------------------------------------------------------------------------------------------------

namespace {

/// Its members, in the order of the bytes.
template <class F, class B> void members(F& f, B& bytes) {
  bytes(f.fit), bytes(f.start), bytes(f.loss), bytes(f.evaluations), bytes(f.seconds), bytes(f.ended), bytes(f.failed);
  bytes(f.best), bytes(f.history_evaluations), bytes(f.history_loss);
  bytes(f.kept), bytes(f.kept_loss), bytes(f.kept_terms);
}

}  // namespace

std::string Found::pack() const {
  ByteWriter bytes;
  members(*this, bytes);
  return std::move(bytes).bytes();
}

Found Found::unpack(std::string_view record) {
  ByteReader bytes(record);
  Found f;
  members(f, bytes);
  bytes.end();
  return f;
}

}  // namespace hillock
