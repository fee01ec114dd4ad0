#include "purpose/fit/after.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#define EIGEN_DONT_VECTORIZE  // the matrices are small, and GCC warns of what it makes of its own AVX-512 header
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/engine.hpp"
#include "hillock/random.hpp"
#include "measure/distances.hpp"
#include "measure/traces.hpp"
#include "purpose/fit/scores.hpp"
#include "util/bytes.hpp"

namespace hillock {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double undetermined = 0.25;  ///< part of a range: a standard error above it tells nothing of the number
constexpr double nothing = 1e-5;       ///< of the largest rise: what is smaller is rounding
constexpr double farthest_pair_ms = 10;

std::string name_of(const FitBlock& block, std::size_t k) { return block.free[k].parameter.path(); }
double unit_of(const FitBlock& block, const std::vector<double>& numbers, std::size_t k) {
  return block.free[k].unit(numbers[k]);
}

/// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string>& all) {
  if (all.size() == 1) return all[0];
  return fmt::format("{} and {}", fmt::join(all.begin(), all.end() - 1, ", "), all.back());
}

/// What was compared at one time or spike, and how it moves.
struct Point {
  double residual;
  std::vector<double> moves;
};

/// Samples of the voltage.
void add_samples(const Target& t, const Sampled& run, const SeenSlopes& slopes, std::vector<Point>& points) {
  const Sampled& data = *t.train.voltage;
  each_outside(data, samples_within(data, t.train.from_ms, t.train.to_ms), t.train.unscored, [&](std::size_t k) {
    const double at = data.at_ms(k);
    Point p{value_at(run, at) - data.values[k], {}};
    for (const auto& of_number : slopes.voltage) p.moves.push_back(value_at({run.t0_ms, run.dt_ms, of_number}, at));
    points.push_back(std::move(p));
  });
}

/// Spikes of the run, each held against the nearest one of the recording.
void add_spikes(const Target& t, Train run, const SeenSlopes& slopes, std::vector<Point>& points) {
  const Train data = within(t.train.spikes_ms, t.train.from_ms, t.train.to_ms, t.train.to_included);
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (!(t.train.from_ms <= run[i] && run[i] < t.train.to_ms)) continue;
    const auto after = std::lower_bound(data.begin(), data.end(), run[i]);
    double nearest = inf;
    if (after != data.end()) nearest = *after - run[i];
    if (after != data.begin()) nearest = std::min(nearest, run[i] - *(after - 1));
    Point p{std::min(nearest, farthest_pair_ms), {}};
    for (const auto& of_number : slopes.spikes_ms) p.moves.push_back(i < of_number.size() ? of_number[i] : 0);
    points.push_back(std::move(p));
  }
}

/// How many of the residuals are worth one that depends on none before it: by their correlation from one to the next.
double independent(const std::vector<Point>& points) {
  double same = 0, next = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    same += points[i].residual * points[i].residual;
    if (i > 0) next += points[i].residual * points[i - 1].residual;
  }
  const double n = static_cast<double>(points.size()), r = same > 0 ? std::clamp(next / same, 0.0, 0.9999) : 0;
  return std::max(1.0, n * (1 - r) / (1 + r));
}

bool has_exact_slopes(const FitBlock& block, const Evaluator& evaluator) {
  try {
    check_slopes(evaluator.base(), evaluator.directions(), told_of(block));
    return true;
  } catch (const Error&) { return false; }
}

Eigen::MatrixXd matrix(const Determined& d, std::size_t n) {
  Eigen::MatrixXd m(n, n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = d.moves[i * n + j];
  return m;
}

/// How far the recording leaves the place along a direction open: its standard error; infinite where nothing moves.
double error_along(const Determined& d, std::size_t direction) {
  if (!(d.rises[direction] > nothing * d.rises.back())) return inf;
  return d.residual / (d.rises[direction] * std::sqrt(d.samples));
}

}  // namespace

namespace {

/// Directions, and how far each moves what is compared, of `moves`; then the errors of the numbers.
void solve(Determined& d, std::size_t n) {
  for (const double m : d.moves)
    if (!std::isfinite(m)) {
      d.why = "its slopes are not finite";
      return;
    }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solved(matrix(d, n));
  d.errors.assign(n, 0.0);
  for (Eigen::Index j = 0; j < static_cast<Eigen::Index>(n); ++j) {
    d.rises.push_back(std::sqrt(std::max(0.0, solved.eigenvalues()[j])));
    for (Eigen::Index k = 0; k < static_cast<Eigen::Index>(n); ++k) d.along.push_back(solved.eigenvectors()(k, j));
  }
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t k = 0; k < n; ++k) {
      const double part = d.along[j * n + k], error = error_along(d, j);
      if (std::abs(part) < 1e-6) continue;
      d.errors[k] = std::isinf(error) ? inf : std::hypot(d.errors[k], part * error);
    }
}

/// By the curvature of the likelihood, found by differences: where it falls by 1/2, an error is one standard error.
/// Weights and other terms of the loss have no part in it.
Determined by_likelihood(const FitBlock& fitted, const std::vector<Target>& targets, const std::vector<double>& best) {
  constexpr double step = 0.01;
  FitBlock block = fitted;
  std::erase_if(block.loss, [](const LossTerm& term) { return term.kind != LossTerm::Kind::log_likelihood; });
  block.loss.resize(1);
  block.loss[0].weight = 1;
  const Evaluator evaluator(block, targets);
  const std::size_t n = best.size();
  Determined d;
  d.of = "the log likelihood";
  d.residual = 1, d.samples = 1;
  double spikes = 0;
  for (const Target& t : targets)
    if (t.trains())
      spikes += static_cast<double>(within(t.train.spikes_ms, t.train.from_ms, t.train.to_ms, false).size());
  std::vector<double> at, values;
  for (std::size_t k = 0; k < n; ++k) {
    at.push_back(unit_of(block, best, k));
    if (step <= at[k] && at[k] <= 1 - step) continue;
    d.why = fmt::format("{} is at its bound, where the likelihood may still rise", name_of(block, k));
    return d;
  }
  const auto add = [&](std::size_t i, double di, std::size_t j, double dj) {
    std::vector<double> place = at;
    place[i] += di, place[j] += dj;
    for (std::size_t k = 0; k < n; ++k) values.push_back(block.free[k].number(place[k]));
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      for (const double di : {step / 2, -step / 2})
        for (const double dj : {step / 2, -step / 2}) add(i, di, j, dj);
  const std::vector<double> loss = evaluator.losses(values, values.size() / n);
  if (std::any_of(loss.begin(), loss.end(), [](double l) { return !(l < failed_from); })) {
    d.why = "a neuron beside the fitted one does not reach the end of its run";
    return d;
  }
  d.moves.assign(n * n, 0.0);
  std::size_t next = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j, next += 4) {
      const double bits = (loss[next] - loss[next + 1] - loss[next + 2] + loss[next + 3]) / (step * step);
      d.moves[i * n + j] = d.moves[j * n + i] = bits * spikes * std::log(2.0);
    }
  solve(d, n);
  return d;
}

/// The fit with spikes where they are between the steps, and not at the end of theirs.
FitBlock with_located_spikes(const FitBlock& block) {
  FitBlock out = block;
  auto neuron = std::make_shared<NeuronSpec>(*block.neuron);
  Node options = map_node();
  neuron->integrator.options.write(options);
  *options.find("spikes") = text_node("located");
  const hk_integrator& face = neuron->integrator.plugin->integrator();
  neuron->integrator.options =
      read_options(options, specs_of(face.options, face.n_options, face.option_size), "integrator");
  out.neuron = std::move(neuron);
  return out;
}

/// `determined` by spikes or the voltage: how `runs`, of this block, move; how far `scored` are from the recordings.
/// `least_ms`: how far a spike may be off for the grid alone.
Determined by_residuals(const FitBlock& block, const Evaluator& evaluator, const std::vector<CaseTrace>& runs,
                        const std::vector<CaseTrace>& scored, const std::vector<Target>& targets,
                        const std::vector<double>& best, double least_ms) {
  const std::size_t n = best.size();
  Determined d;
  const bool voltage = looks_at_voltage(block);
  d.of = voltage ? "the voltage" : "spikes";
  d.unit = voltage ? (block.data->normalise ? "" : "mV") : "ms";
  const bool exact = !block.reset_at_data && has_exact_slopes(block, evaluator);
  // of differences, where there are no slopes: on the grid a small one moves no spike
  const double step = least_ms > 0 && !voltage ? 0.01 : 1e-3;
  std::vector<Point> points, off;
  std::size_t trained = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Target& t = targets[i];
    if (!t.trains()) continue;
    const SeenSlopes slopes = evaluator.slopes(trained++, best, exact ? 0 : step);
    const CaseTrace& run = runs[i];
    if (slopes.voltage.empty() || !run.result.ok()) {
      d.why = "the run beside the fitted numbers fails";
      return d;
    }
    const SampleTimes& times = run.result.time_ms;
    const double every = times.size() > 1 ? times[1] - times[0] : t.data->dt_ms;
    if (voltage) add_samples(t, {t.data->t0_ms, every, run.voltage()}, slopes, points);
    else add_spikes(t, run.result.spikes_ms, slopes, points), add_spikes(t, scored[i].result.spikes_ms, {}, off);
  }
  if (voltage) off = points;
  if (points.empty() || off.empty()) {
    d.why = "the fitted neuron has no spikes";
    return d;
  }
  d.moves.assign(n * n, 0.0);
  for (const Point& p : points)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) d.moves[i * n + j] += p.moves[i] * p.moves[j];
  for (double& m : d.moves) m /= static_cast<double>(points.size());
  double square = 0;
  for (const Point& p : off) square += p.residual * p.residual;
  d.residual = std::sqrt(square / static_cast<double>(off.size()));
  d.samples = voltage ? independent(off) : static_cast<double>(off.size());
  if (!voltage) d.residual = std::max(d.residual, least_ms);
  solve(d, n);
  return d;
}

}  // namespace

Determined determined(const FitBlock& block, const Evaluator& evaluator, const std::vector<CaseTrace>& runs,
                      const std::vector<Target>& targets, const std::vector<double>& best) {
  if (looks_at_rate(block)) return by_likelihood(block, targets, best);
  const IntegratorBlock& integrator = block.neuron->integrator;
  const bool on_grid = integrator.options.declares("spikes") && integrator.options.text("spikes") == "on_grid";
  const double least_ms = on_grid ? integrator.dt_ms / std::sqrt(12.0) : 0;  // a spike lies anywhere in its step
  if (on_grid && !looks_at_voltage(block) && !block.reset_at_data) {
    // differences of spikes on the grid are whole steps, which hide that two numbers do the same
    const FitBlock located = with_located_spikes(block);
    if (const Evaluator of_located(located, targets); has_exact_slopes(located, of_located))
      return by_residuals(located, of_located, play(located, {}, with_numbers(located, best), targets, "").runs, runs,
                          targets, best, least_ms);
  }
  return by_residuals(block, evaluator, runs, runs, targets, best, least_ms);
}

std::vector<std::string> in_words(const FitBlock& block, const Determined& d, const std::vector<double>& best) {
  if (!d.why.empty()) return {fmt::format("What the recording determines is not known: {}.", d.why)};
  const std::size_t n = best.size();
  std::vector<std::string> said;
  // A direction in which the run stays as it is, and the amounts by which its numbers move together.
  for (std::size_t j = 0; j < n; ++j) {
    const double error = error_along(d, j);
    if (error <= undetermined) continue;
    double largest = 0;
    for (std::size_t k = 0; k < n; ++k) largest = std::max(largest, std::abs(d.along[j * n + k]));
    std::vector<std::string> names, amounts;
    double sign = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const double part = d.along[j * n + k];
      if (std::abs(part) < 0.1 * largest) continue;
      if (sign == 0) sign = part > 0 ? 1 : -1;
      const double amount = sign * part / largest * 0.1 * block.free[k].slope(best[k]);
      names.push_back(name_of(block, k));
      amounts.push_back(fmt::format("{} by {:+.3g}{}", name_of(block, k), amount,
                                    block.free[k].parameter.unit() == "1" ? "" : " " + block.free[k].parameter.unit()));
    }
    const double moved = d.rises[j] * 0.1 / largest;
    const std::string by = std::isinf(error) ? "nothing" : fmt::format("{:.2g} {}", moved, d.unit);
    if (names.size() == 1)
      said.push_back(fmt::format("{} is not determined by this recording: moving {} moves {} by {}.", names[0],
                                 amounts[0], d.of, by));
    else
      said.push_back(
          fmt::format("{} are not determined one by one by this recording: moving {} together moves {} by {}.",
                      listed(names), listed(amounts), d.of, by));
  }
  if (said.empty())
    said.push_back(n == 1 ? fmt::format("{} is determined by this recording.", name_of(block, 0))
                          : fmt::format("All {} numbers are determined by this recording.", n));
  // pairs that it knows together better than each by itself
  std::vector<double> covariance(n * n, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    const double error = error_along(d, j);
    if (error > undetermined) return said;  // said above
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b)
        covariance[a * n + b] += error * error * d.along[j * n + a] * d.along[j * n + b];
  }
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const double both = std::sqrt(covariance[a * n + a] * covariance[b * n + b]);
      const double r = both > 0 ? covariance[a * n + b] / both : 0;
      if (std::abs(r) > 0.95)
        said.push_back(
            fmt::format("Errors of {} and {} go together (correlation {:.3f}): the recording knows a "
                        "combination of them better than each.",
                        name_of(block, b), name_of(block, a), r));
    }
  return said;
}

namespace {

/// The fit with one number less, which is held, and the optimizer that searches the others again.
FitBlock without(const FitBlock& block, std::size_t held, double number, bool squares) {
  FitBlock rest = block;
  auto neuron = std::make_shared<NeuronSpec>(*block.neuron);
  block.free[held].parameter.set(*neuron, number);
  rest.neuron = std::move(neuron);
  rest.free.erase(rest.free.begin() + static_cast<std::ptrdiff_t>(held));
  rest.optimizer = &Plugins::instance().load(squares ? "gauss_newton" : "cma_es", HK_ROLE_OPTIMIZER, block.place);
  const hk_optimizer& face = rest.optimizer->optimizer();
  rest.options = read_options(map_node(), specs_of(face.options, face.n_options, face.option_size), "profile");
  if (squares) rest.options.set("starts", 1);
  else rest.options.set("sigma", 0.02);
  rest.exact = true, rest.pareto = false;
  rest.evaluations = squares ? std::min<std::uint64_t>(block.profile, 12) : block.profile;
  return rest;
}

/// What was found where one number is held beside its fitted value.
struct Beside {
  std::uint64_t task = 0;
  double loss = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t evaluations = 0;
  std::string lost = {};

  template <class Archive, class Self> static void carry(Archive& a, Self& b) {
    a(b.task), a(b.loss), a(b.evaluations), a(b.lost);
  }
  std::string pack() const {
    ByteWriter bytes;
    carry(bytes, *this);
    return std::move(bytes).bytes();
  }
  static Beside unpack(std::string_view all) {
    ByteReader bytes(all);
    Beside b;
    carry(bytes, b);
    bytes.end();
    return b;
  }
};

/// Where the others go if one is held beside its fitted place: to where the run stays as it was.
std::vector<double> followed(const Determined& d, const std::vector<double>& at, std::size_t held, double by) {
  const std::size_t n = at.size();
  std::vector<double> out;
  for (std::size_t k = 0; k < n; ++k)
    if (k != held) out.push_back(at[k]);
  if (!d.why.empty() || n == 1) return out;
  const Eigen::MatrixXd all = matrix(d, n);
  const auto size = static_cast<Eigen::Index>(n - 1), h = static_cast<Eigen::Index>(held);
  const auto of = [&](Eigen::Index i) { return i < h ? i : i + 1; };
  Eigen::MatrixXd others(size, size);
  Eigen::VectorXd pull(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    pull[i] = -all(of(i), h) * by;
    for (Eigen::Index j = 0; j < size; ++j) others(i, j) = all(of(i), of(j));
  }
  others.diagonal().array() += 1e-6 * std::max(others.trace(), 1e-300);
  const Eigen::VectorXd moved = others.ldlt().solve(pull);
  for (Eigen::Index i = 0; i < size; ++i) {
    double& place = out[static_cast<std::size_t>(i)];
    if (std::isfinite(moved[i])) place = std::clamp(place + moved[i], 0.0, 1.0);
  }
  return out;
}

}  // namespace

std::vector<Profile> profiles(const FitBlock& block, const std::vector<Target>& targets, const Determined& d,
                              const Found& best, std::uint64_t seed, Engine& engine) {
  const std::size_t n = block.free.size();
  if (block.profile == 0 || block.pareto) return {};
  const Evaluator whole(block, targets);
  const bool squares = !block.align && !block.reset_at_data && has_exact_slopes(block, whole) &&
                       std::all_of(block.loss.begin(), block.loss.end(), [](const LossTerm& term) {
                         return term.kind == LossTerm::Kind::measure && is_sum_of_squares(term.measure.name);
                       });
  std::vector<double> at;
  for (std::size_t k = 0; k < n; ++k) at.push_back(unit_of(block, best.best, k));
  struct Task {
    std::size_t free;
    double by, place;
    Beside found = {};
  };
  std::vector<Task> tasks;
  for (std::size_t k = 0; k < n; ++k)
    for (const double by : beside_fitted)
      if (const double place = at[k] + by; 0 <= place && place <= 1) tasks.push_back({k, by, place});
  const auto search = [&](std::uint64_t i) {
    const Task& task = tasks[i];
    Beside done{i};
    const double number = block.free[task.free].number(task.place);
    const std::vector<double> from = followed(d, at, task.free, task.place - at[task.free]);
    std::vector<double> numbers = best.best, started = best.best;
    numbers[task.free] = started[task.free] = number;
    for (std::size_t k = 0; k + 1 < n; ++k) {
      const std::size_t of = k < task.free ? k : k + 1;
      started[of] = block.free[of].number(from[k]);
    }
    numbers.insert(numbers.end(), started.begin(), started.end());
    const std::vector<double> both = whole.losses(numbers, 2);
    done.loss = std::min(both[0], both[1]);
    done.evaluations = 2;
    if (n == 1) return done;
    const FitBlock rest = without(block, task.free, number, squares);
    const Evaluator evaluator(rest, targets);
    const std::uint64_t own =
        static_cast<std::uint64_t>(Random(seed, stream_of(fmt::format("fit.profile.{}", i))).uniform(0) * 9e15);
    const Found found = search_from(rest, evaluator, from, own, [](std::uint64_t, const Found&) {});
    done.loss = std::min(done.loss, found.loss);
    done.evaluations += found.evaluations;
    return done;
  };
  Work<Beside> work;
  work.run = [&](std::string_view unit, const Delivery<Beside>& to) { to.result(search(Beside::unpack(unit).task)); };
  work.lost = [](std::string_view unit, const std::string& why) {
    Beside done = Beside::unpack(unit);
    done.lost = why;
    return done;
  };
  work.answers = [](std::string_view unit, const std::vector<Beside>& results) {
    return results.size() == 1 && results[0].task == Beside::unpack(unit).task;
  };
  work.counts = [](std::string_view) { return std::uint64_t{0}; };
  engine.map_here(
      tasks.size(), [](std::size_t i) { return Beside{i}.pack(); }, work,
      [&](Beside done, bool) {
        const std::uint64_t task = done.task;
        tasks[task].found = std::move(done);
      });
  std::vector<Profile> out(n);
  for (std::size_t k = 0; k < n; ++k) {
    const auto add = [&](double by, double number, double loss) {
      out[k].beside.push_back(by), out[k].numbers.push_back(number), out[k].loss.push_back(loss);
    };
    for (std::size_t i = 0; i <= tasks.size(); ++i) {
      const bool own = out[k].beside.empty() || out[k].beside.back() < 0;
      if (own && (i == tasks.size() || tasks[i].free > k || (tasks[i].free == k && tasks[i].by > 0)))
        add(0, best.best[k], best.loss);
      if (i == tasks.size() || tasks[i].free != k) continue;
      add(tasks[i].by, block.free[k].number(tasks[i].place), tasks[i].found.loss);
      out[k].evaluations += tasks[i].found.evaluations;
      if (!tasks[i].found.lost.empty()) out[k].lost = tasks[i].found.lost;
    }
  }
  return out;
}

std::vector<std::vector<std::size_t>> optima(const FitBlock& block, const std::vector<Found>& found) {
  constexpr double near = 0.02;
  std::vector<std::size_t> order(found.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return found[a].loss < found[b].loss; });
  std::vector<std::vector<std::size_t>> all;
  for (const std::size_t s : order) {
    if (found[s].best.empty()) continue;
    const auto same = [&](const std::vector<std::size_t>& group) {
      for (std::size_t k = 0; k < block.free.size(); ++k)
        if (std::abs(unit_of(block, found[s].best, k) - unit_of(block, found[group[0]].best, k)) > near) return false;
      return true;
    };
    const auto home = std::find_if(all.begin(), all.end(), same);
    if (home == all.end()) all.push_back({s});
    else home->push_back(s);
  }
  return all;
}

}  // namespace hillock
