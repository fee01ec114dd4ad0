#pragma once
// How to write an integrator of adaptive step: a class with one step and a dense output, and
// HILLOCK_ADAPTIVE_INTEGRATOR(Name).
//
//   struct Method {
//     static constexpr auto id = "dopri5", version = "1.0.0", cite = "...", meaning = "...";
//     Method(Equations& f, const Control& control, const Options&);   // `static constexpr hk_option options[]`, if any
//     // From here on: at the start, after a reset or a refractory time.
//     void start(double t, const double* x);
//     // If it has any: the same, where an input has changed and the last step is a good guess of the next.
//     void again(double t, const double* x);
//     // One step from to() that does not pass `end`; false if it would be too small to move time.
//     bool step(double end);
//     double from() const, to() const;            // the last step
//     const double* state() const;                // at to()
//     // Roughly the state halfway: only to see whether anything happens within the step.
//     void middle(double* x) const;
//     // The dense output, from() <= t <= to(). Neither this nor middle() changes what step() does.
//     void at(double t, double* x);
//     // Or absent: the same of one state at n times.
//     void at(const double* t, std::size_t n, std::size_t state, double* out, std::size_t stride);
//     // That of the next steps; start() or again() follows where the last one is to be taken anew.
//     void tolerance(double);
//   };
//   HILLOCK_ADAPTIVE_INTEGRATOR(Method)
//
// Methods that try a step and estimate its error leave its choice to Controlled<Scheme>, or Sized<Scheme> over states
// of fixed size: see there.
//
// Everything else is here: the options `tolerance`, `max_step` and `step_limit`, exact stops where a stimulus switches,
// spikes at the exact crossing (TOMS 748 on the dense output, doi:10.1145/210089.210111), several of them within one
// step, resets, refractory times, clamped states, samples, and neurons that leave the finite numbers. Each neuron is
// stepped by itself, so it computes the same bits in whichever batch.
//
// Where the equations branch (`select`), a step is taken on the side on which it begins, to its end. Then the turn is
// found on the dense output, and the next step begins there on the other side. So a method sees smooth equations, and
// its error is what it estimates. Near the threshold a step has to err little beside the distance from it: whether a
// neuron at its rheobase fires is decided there. What is nearer than rounding counts as below.
#if !__has_include(<boost/math/tools/toms748_solve.hpp>)
#error "integrators need the headers of Boost: apt install libboost-dev"
#endif
#include <algorithm>
#include <array>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>
#include "hillock/system.hpp"

namespace hillock {

/// What a user says about steps.
struct Control {
  double tolerance;  ///< of the local error of a step: tolerance (1 + |x|) for each state
  double max_step;   ///< ms
};

/// The equations of one neuron as a method sees them: dx/dt, with inputs, clamped and refractory states already in it.
/// x[state].
class Equations {
 public:
  std::size_t size() const { return n_; }

  /// dx/dt at time t, within the present stretch of time.
  void rhs(double t, const double* x, double* dx) {
    if (varying_ && t != input_time_) fetch(t);
    if (n_sides() > 0) [[unlikely]]
      rhs_on_side(x, dx);
    else if (single_.rhs) [[likely]] single_.rhs(model_->context, x, p_.data(), in_.data(), dx);
    else in_lanes(x, dx);
    if (frozen_) [[unlikely]]
      for (std::size_t k = 0; k < n_; ++k)
        if (frozen_ >> k & 1) dx[k] = 0;
  }
  /// The same over arrays that may be longer than size(): what is left over is set to 0.
  template <class State> void rhs(double t, const State& x, State& dx) {
    rhs(t, x.data(), dx.data());
    for (std::size_t k = n_; k < dx.size(); ++k) dx[k] = 0;
  }
  double threshold(double t, const double* x) {
    if (varying_ && t != input_time_) fetch(t);
    return single_.threshold ? single_.threshold(model_->context, x, p_.data(), in_.data()) : threshold_in_lanes(x);
  }

  /// Jacobian df_row/dx_col at jacobian[row * size() + col], from the model's tangent. REQUIRES: has_tangent().
  bool has_tangent() const { return tangent_.rhs != nullptr; }
  void jacobian(double t, const double* x, double* jacobian) {
    if (varying_ && t != input_time_) fetch(t);
    spread(x);
    for (std::size_t first = 0; first < n_; first += HK_LANES) {  // a direction a lane
      const std::size_t count = std::min<std::size_t>(HK_LANES, n_ - first);
      for (std::size_t k = 0; k < n_; ++k)
        for (std::size_t i = 0; i < HK_LANES; ++i) direction_[k][i] = first + i == k ? 1 : 0;
      tangent_.rhs(model_->context, HK_LANES, lane_x_, lane_p_, lane_in_, direction_, no_p_, no_in_, lane_out_);
      for (std::size_t k = 0; k < n_; ++k)
        for (std::size_t i = 0; i < count; ++i) {
          const bool still = frozen_ >> k & 1 || frozen_ >> (first + i) & 1;
          jacobian[k * n_ + first + i] = still ? 0 : lane_out_[k][i];
        }
    }
  }
  /// df/dt through the inputs, by a central difference over `h`; 0 where they are constant.
  void rhs_in_time(double t, double h, const double* x, double* df) {
    std::fill_n(df, n_, 0.0);
    if (!varying_) return;
    scratch_.resize(n_);
    rhs(t + h, x, df);
    rhs(t - h, x, scratch_.data());
    for (std::size_t k = 0; k < n_; ++k) df[k] = (df[k] - scratch_[k]) / (2 * h);
  }

  /// For methods that take more from the model than these: what is integrated, and the numbers of this neuron.
  const hk_problem& problem() const { return *problem_; }
  const Host& host() const { return host_; }  ///< whether the user asked to stop; shows what a method says
  const hk_model& model() const { return *model_; }
  const double* p() const { return p_.data(); }    ///< parameters, then derived
  const double* in() const { return in_.data(); }  ///< inputs at the time they were last asked for
  bool varying() const { return varying_; }        ///< whether the inputs change within the present stretch
  double begun() const { return begin_; }          ///< when the stretch began, whose pieces of stimulus are on
  std::uint32_t lane() const { return lane_; }
  std::uint64_t frozen() const { return frozen_; }  ///< bit k: state k stands still
  void inputs_at(double t) {
    if (varying_ && t != input_time_) fetch(t);
  }
  /// Where the equations branch: how the comparisons of the present step come out. null if they do not branch, or the
  /// model does not tell.
  const std::uint64_t* sides() const { return n_sides() > 0 ? &sides_ : nullptr; }
  bool may_branch() const { return !single_.rhs; }  ///< and the model does not tell

  Equations(const hk_problem& problem, const hk_model& model, std::uint32_t lane, const Host& host = {})
      : problem_(&problem),
        model_(&model),
        host_(host),
        lane_(lane),
        n_(model.n_state),
        in_(std::max(model.n_inputs, 1u), 0.0),
        in_row_(in_.size()),
        lane_x_(n_, HK_LANES),
        lane_p_(model.n_params + model.n_derived, HK_LANES),
        lane_in_(model.n_inputs, HK_LANES),
        lane_out_(std::max<std::size_t>(n_, 1), HK_LANES),
        direction_(n_, HK_LANES),
        no_p_(model.n_params + model.n_derived, HK_LANES),
        no_in_(model.n_inputs, HK_LANES) {
    for (std::size_t k = 0; k < lane_p_.fields(); ++k) {
      p_.push_back(problem.p[k][lane]);
      std::fill_n(lane_p_[k], HK_LANES, problem.p[k][lane]);
    }
    p_.push_back(0);  // never empty
    for (std::size_t k = 0; k < in_.size(); ++k) in_row_[k] = &in_[k];
    if (!problem.get) return;
    if (const void* s = problem.get(problem.host, HK_SINGLE)) single_ = detail::adopt(static_cast<const hk_single*>(s));
    if (!single_.sides || !single_.rhs_on || single_.n_sides > HK_MAX_SIDES) single_.n_sides = 0;
    away_.resize(single_.n_sides);
    if (const void* t = problem.get(problem.host, HK_TANGENT))
      tangent_ = detail::adopt(static_cast<const hk_tangent*>(t));
  }

 private:
  template <class> friend class Adaptive;

  void begin(double begin, bool varying) {
    begin_ = begin, varying_ = varying;
    fetch(begin);
  }
  std::uint32_t n_sides() const { return single_.n_sides; }
  /// The comparisons as they come out at a state: those of the steps from here on.
  void take_sides(double t, const double* x) {
    inputs_at(t);
    sides_ = single_.sides(model_->context, x, p_.data(), in_.data(), away_.data());
  }
  /// How far the comparisons of the present step are from turning: below 0 as long as none has, and 0 or above where
  /// one has.
  double turn(double t, const double* x) {
    inputs_at(t);
    single_.sides(model_->context, x, p_.data(), in_.data(), away_.data());
    double nearest = -std::numeric_limits<double>::infinity();
    for (std::uint32_t k = 0; k < n_sides(); ++k) nearest = std::max(nearest, sides_ >> k & 1 ? away_[k] : -away_[k]);
    return nearest;
  }
  /// Turns those that have.
  void change_sides(double t, const double* x) {
    turn(t, x);
    for (std::uint32_t k = 0; k < n_sides(); ++k)
      if ((sides_ >> k & 1 ? away_[k] : -away_[k]) >= 0) sides_ ^= std::uint64_t{1} << k;
  }
  [[gnu::noinline]] void rhs_on_side(const double* x, double* dx) {
    single_.rhs_on(model_->context, x, p_.data(), in_.data(), sides_, dx);
    for (std::size_t k = 0; k < n_; ++k)
      if (!std::isfinite(dx[k]))
        return single_.rhs(model_->context, x, p_.data(), in_.data(), dx);  // that side ends here
  }
  // What is rarely asked for stays out of line: beside the call of a model's plain function, it would cost as much as
  // that.
  [[gnu::noinline]] void fetch(double t) {
    if (model_->n_inputs) problem_->inputs(problem_->host, begin_, t, lane_, 1, in_row_.data());
    input_time_ = t;
  }
  /// This neuron in every lane of a block.
  void spread(const double* x) {
    for (std::size_t k = 0; k < n_; ++k) std::fill_n(lane_x_[k], HK_LANES, x[k]);
    for (std::size_t k = 0; k < model_->n_inputs; ++k) std::fill_n(lane_in_[k], HK_LANES, in_[k]);
  }
  [[gnu::noinline]] double threshold_in_lanes(const double* x) {
    spread(x);
    model_->threshold(model_->context, HK_LANES, lane_x_, lane_p_, lane_in_, lane_out_[0]);
    return lane_out_[0][0];
  }
  [[gnu::noinline]] void in_lanes(const double* x, double* dx) {
    spread(x);
    model_->rhs(model_->context, HK_LANES, lane_x_, lane_p_, lane_in_, lane_out_);
    for (std::size_t k = 0; k < n_; ++k) dx[k] = lane_out_[k][0];
  }

  const hk_problem* problem_;
  const hk_model* model_;
  Host host_;
  hk_single single_{};
  hk_tangent tangent_{};
  std::uint32_t lane_;
  std::size_t n_;
  std::vector<double> p_, in_, scratch_;
  std::vector<double*> in_row_;
  bool varying_ = false;
  std::uint64_t frozen_ = 0, sides_ = 0;
  std::vector<double> away_;  // by comparison
  double begin_ = 0, input_time_ = 0;
  Rows lane_x_, lane_p_, lane_in_, lane_out_, direction_, no_p_, no_in_;
};

/// x^e within a few per cent, for x > 0: exponent and mantissa of a double read as one number of fixed point. Enough to
/// choose a step, and the same on every machine.
inline double rough_power(double x, double e) {
  std::int64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  constexpr std::int64_t middle = 0x3FEFD00000000000;  // of 1, moved so that the error is spread evenly
  bits = static_cast<std::int64_t>(static_cast<double>(bits - middle) * e) + middle;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// A method made of a scheme that tries steps and estimates their error:
///   Scheme(Equations& f, const Options&);
///   static constexpr int order;                      of the estimate: error ~ h^order
///   void start(double t, const double* x);           sets x0(), f0()
///   double attempt(double t, double h, double tolerance);
///                                                    from x0() to x1(); the error in units of the tolerance, infinite
///                                                    or NaN if there is none
///   void accept(double t);                           x1() at t is taken: makes f1()
///   void proceed();                                  x1(), f1() become x0(), f0()
///   void at(double t0, double t1, double t, double* x);     dense output of the step taken
template <class Scheme> class Controlled : public Scheme {
 public:
  Controlled(Equations& f, const Control& control, const Options& chosen)
      : Scheme(f, chosen), f_(f), tolerance_(control.tolerance), max_step_(control.max_step) {}

  void start(double t, const double* x) {
    from_ = to_ = t;
    moved_ = false;
    Scheme::start(t, x);
    first_step(t);
  }
  void again(double t, const double* x) {
    from_ = to_ = t;
    moved_ = false;
    Scheme::start(t, x);
  }
  void tolerance(double t) { tolerance_ = t; }
  bool step(double end) {
    if (moved_) Scheme::proceed();
    moved_ = false;
    const double remaining = end - to_;
    double h = std::min(h_, max_step_);
    bool cut = true;  // shortened to meet the end: says nothing of the step that the error allows
    if (h >= remaining * (1 - 1e-12)) h = remaining;
    else if (2 * h > remaining) h = 0.5 * remaining;
    else cut = false;
    for (;;) {
      if (!(to_ + h > to_)) return false;
      const double error = Scheme::attempt(to_, h, tolerance_);
      if (error <= 1) {
        const double growth = error < 1e-10 ? 10.0 : 0.9 * rough_power(error, -1.0 / Scheme::order);
        // after a failure the step does not grow at once
        const double proposed = h * std::clamp(growth, 0.2, failed_ ? 1.0 : 10.0);
        failed_ = false;
        h_ = cut ? std::max(h_, proposed) : proposed;
        break;
      }
      // infinite or no number: far outside of where the equations make sense
      h *= std::isfinite(error) ? std::clamp(0.9 * rough_power(error, -1.0 / Scheme::order), 0.1, 0.9) : 0.1;
      h_ = h, failed_ = true, cut = false;
    }
    from_ = to_;
    to_ = h == remaining ? end : to_ + h;
    Scheme::accept(to_);
    moved_ = true;
    return true;
  }
  double from() const { return from_; }
  double to() const { return to_; }
  const double* state() const { return moved_ ? Scheme::x1() : Scheme::x0(); }
  void middle(double* x) const {  // cubic Hermite
    const double h = to_ - from_;
    const double *a = Scheme::x0(), *b = Scheme::x1(), *fa = Scheme::f0(), *fb = Scheme::f1();
    for (std::size_t k = 0; k < f_.size(); ++k) x[k] = 0.5 * (a[k] + b[k]) + 0.125 * h * (fa[k] - fb[k]);
  }
  void at(double t, double* x) { Scheme::at(from_, to_, t, x); }

 private:
  /// Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), section II.4: a step over which an
  /// Euler step errs by a hundredth, and the second derivative does.
  void first_step(double t) {
    const std::size_t n = f_.size();
    const double *x = Scheme::x0(), *f = Scheme::f0();
    double size = 0, speed = 0, bend = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const double scale = tolerance_ * (1 + std::abs(x[k]));
      size = std::max(size, std::abs(x[k]) / scale), speed = std::max(speed, std::abs(f[k]) / scale);
    }
    double h = size < 1e-5 || speed < 1e-5 ? 1e-6 : 0.01 * size / speed;
    h = std::min(h, max_step_);
    trial_.resize(n), slope_.resize(n);
    for (std::size_t k = 0; k < n; ++k) trial_[k] = x[k] + h * f[k];
    f_.rhs(t, trial_.data(), slope_.data());  // at t: what lies behind may already be another stretch of time
    for (std::size_t k = 0; k < n; ++k)
      bend = std::max(bend, std::abs(slope_[k] - f[k]) / (tolerance_ * (1 + std::abs(x[k]))));
    bend /= h;
    const double steepest = std::max(speed, bend);
    const double next =
        steepest <= 1e-15 ? std::max(1e-6, 1e-3 * h) : rough_power(0.01 / steepest, 1.0 / Scheme::order);
    h_ = std::isfinite(next) ? std::clamp(next, 1e-9, 100 * h) : h;
    failed_ = false;
  }

  Equations& f_;
  double tolerance_, max_step_, h_ = 0, from_ = 0, to_ = 0;
  bool moved_ = false, failed_ = false;
  std::vector<double> trial_, slope_;
};

/// A state of n zeros.
template <class State> State zeros(std::size_t n) {
  State x{};
  if constexpr (requires { x.resize(n); }) x.resize(n);
  return x;
}

/// Controlled<Scheme<State>> with the State that suits the number of states: std::array if they are few, whose loops
/// unroll, else std::vector. A step is one call. An array may be longer than there are states: what is left over has to
/// stay 0.
template <template <class> class Scheme> class Sized {
 public:
  Sized(Equations& f, const Control& control, const Options& chosen) {
    const std::size_t n = f.size();
    if (n <= 1) any_ = std::make_unique<Of<std::array<double, 1>>>(f, control, chosen);
    else if (n <= 2) any_ = std::make_unique<Of<std::array<double, 2>>>(f, control, chosen);
    else if (n <= 3) any_ = std::make_unique<Of<std::array<double, 3>>>(f, control, chosen);
    else if (n <= 4) any_ = std::make_unique<Of<std::array<double, 4>>>(f, control, chosen);
    else if (n <= 8) any_ = std::make_unique<Of<std::array<double, 8>>>(f, control, chosen);
    else any_ = std::make_unique<Of<std::vector<double>>>(f, control, chosen);
  }
  void start(double t, const double* x) { any_->start(t, x); }
  void again(double t, const double* x) { any_->again(t, x); }
  void tolerance(double t) { any_->tolerance(t); }
  bool step(double end) { return any_->step(end); }
  double from() const { return any_->from; }
  double to() const { return any_->to; }
  const double* state() const { return any_->state; }
  void middle(double* x) const { any_->middle(x); }
  void at(double t, double* x) { any_->at(t, x); }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual void start(double t, const double* x) = 0;
    virtual void again(double t, const double* x) = 0;
    virtual void tolerance(double t) = 0;
    virtual bool step(double end) = 0;
    virtual void middle(double* x) const = 0;
    virtual void at(double t, double* x) = 0;
    double from = 0, to = 0;
    const double* state = nullptr;
  };
  template <class State> struct Of final : Any {
    Of(Equations& f, const Control& control, const Options& chosen) : method(f, control, chosen) {}
    void start(double t, const double* x) override { method.start(t, x), tell(); }
    void again(double t, const double* x) override { method.again(t, x), tell(); }
    void tolerance(double t) override { method.tolerance(t); }
    bool step(double end) override {
      const bool moved = method.step(end);
      tell();
      return moved;
    }
    void middle(double* x) const override { method.middle(x); }
    void at(double t, double* x) override { method.at(t, x); }
    void tell() { Any::from = method.from(), Any::to = method.to(), Any::state = method.state(); }
    Controlled<Scheme<State>> method;
  };
  std::unique_ptr<Any> any_;
};

/// Largest error of a state in units of tolerance (1 + |x|); infinite if anything is no finite number.
template <class State> double largest_error(const State& error, const State& x0, const State& x1, double tolerance) {
  constexpr double highest = std::numeric_limits<double>::max();
  double largest = 0;
  bool finite = true;
  const double *err = error.data(), *a = x0.data(), *b = x1.data();
  for (std::size_t k = 0; k < static_cast<std::size_t>(error.size()); ++k) {
    const double reached = std::abs(b[k]), e = std::abs(err[k]) / (1 + std::max(std::abs(a[k]), reached));
    finite &= (e <= highest) & (reached <= highest);
    largest = std::max(largest, e);
  }
  return finite ? largest / tolerance : std::numeric_limits<double>::infinity();
}

/// One run of an adaptive method over the neurons of a batch.
template <class Method> class [[gnu::visibility("hidden")]] Adaptive {
 public:
  static constexpr auto options = [] {
    constexpr std::size_t own = detail::n_options<Method>();
    std::array<hk_option, 3 + own> all{};
    all[0] = number("tolerance", "1", 1e-6, 1e-14, 0.1,
                    "of the error of a step: it stays below tolerance (1 + |x|) in each state x");
    all[1] = number("max_step", "ms", 1e9, 1e-6, 1e9, "longest step");
    all[2] = integer("step_limit", 1e7, 1, 1e12, "steps of one neuron; one that needs more is given up");
    for (std::size_t i = 0; i < own; ++i) all[3 + i] = detail::options_of<Method>()[i];
    return all;
  }();

  Adaptive(const hk_problem& problem, const Options& chosen, const Host& host = {})
      : known_(*problem.model),
        problem_(detail::with_model(problem, *known_)),
        model_(*known_),
        control_{chosen.number("tolerance"), chosen.number("max_step")},
        step_limit_(static_cast<std::uint64_t>(chosen.number("step_limit"))),
        resets_(model_.threshold && model_.reset),
        watches_((problem.watch >= 0 || (model_.threshold && !model_.reset)) &&
                 (problem.spike || problem.spike_counts || problem.crossing)),
        level_(problem.watch >= 0 ? problem.watch_rearm - problem.watch_threshold : model_.rearm),
        x_(model_.n_state),
        crossing_(model_.n_state),
        last_(model_.n_state),
        block_x_(model_.n_state, HK_LANES),
        block_p_(model_.n_params + model_.n_derived, HK_LANES),
        block_in_(model_.n_inputs, HK_LANES),
        block_out_(model_.n_state, HK_LANES) {
    std::vector<double> refractory(problem.lanes, 0.0);
    if (resets_ && model_.refractory) model_.refractory(model_.context, problem.lanes, problem_.p, refractory.data());
    for (std::uint32_t i = 0; i < problem_.neurons; ++i)
      neurons_.push_back(std::make_unique<Neuron>(problem_, model_, i, control_, chosen, refractory[i], host));
  }

  void advance(const hk_stretch& stretch) {
    for (std::uint32_t i = 0; i < problem_.neurons; ++i) {
      Neuron& n = *neurons_[i];
      const std::uint64_t sample = n.stopped ? 0 : run(n, stretch);
      for (std::uint64_t s = sample; s < stretch.n_samples; ++s)  // of a neuron that has stopped
        for (std::uint32_t r = 0; r < problem_.n_record; ++r)
          *place(stretch, s, r, i) = std::numeric_limits<double>::quiet_NaN();
      for (std::size_t k = 0; k < model_.n_state; ++k) problem_.x[k][i] = n.x[k];
    }
  }

 private:
  struct Neuron {
    Neuron(const hk_problem& problem, const hk_model& model, std::uint32_t index, const Control& control,
           const Options& chosen, double refractory_ms, const Host& host)
        : i(index),
          f(problem, model, index, host),
          method(f, control, chosen),
          t(problem.t),
          tolerance(control.tolerance),
          refractory(refractory_ms) {
      for (std::size_t k = 0; k < model.n_state; ++k) x.push_back(problem.x[k][index]);
      if (problem.resting && model.reset && problem.resting[index] > 0)
        resting = true, resting_until = problem.t + problem.resting[index];
    }
    std::uint32_t i;
    Equations f;
    Method method;
    double t;                                                         // where it is
    std::vector<double> x;                                            // its state there
    double g = 0, w = 0;                                              // threshold and watched quantity there
    double turn = 0;                                                  // how far its equations are from a branch
    double tolerance;                                                 // of its next step
    double refractory;                                                // ms
    double resting_until = -std::numeric_limits<double>::infinity();  // end of the refractory time
    double last_spike = -std::numeric_limits<double>::infinity();     // with reset
    double last_turn = -std::numeric_limits<double>::infinity();      // to the other side of a branch
    std::uint64_t turns = 0;                                          // at one and the same time
    std::uint64_t steps = 0, crowded = 0;                             // taken; spikes at one and the same time
    bool begun = false, armed = false, stopped = false, resting = false;
  };

  double* place(const hk_stretch& s, std::uint64_t sample, std::uint32_t record, std::uint32_t neuron) const {
    return s.samples + (sample * problem_.n_record + record) * problem_.neurons + neuron;
  }
  void stop(Neuron& n, hk_status why) {
    n.stopped = true;
    problem_.stopped(problem_.host, n.i, why, n.t);
  }
  /// A number that stands for "just below": of what stands on a threshold, as far as rounding tells.
  static constexpr double just_below = -std::numeric_limits<double>::min();
  /// What errors and rounding of g are measured by, which is the membrane potential, or what is watched, less a
  /// constant.
  static double scale(const double* x, std::int32_t state) { return 1 + std::abs(x[std::max(state, 0)]); }
  /// g, or just below 0 where it is not above by more than what may be rounding: only what rises from there crosses.
  static double settled(double g, double scale) {
    constexpr double rounding = 128 * std::numeric_limits<double>::epsilon();
    return g >= 0 && g <= rounding * scale ? just_below : g;
  }
  double threshold(Neuron& n, double t, const double* x) { return settled(n.f.threshold(t, x), scale(x, 0)); }
  double watched(Neuron& n, double t, const double* x) {
    return problem_.watch >= 0 ? x[problem_.watch] - problem_.watch_threshold : n.f.threshold(t, x);
  }
  bool finite(const double* x) const {
    for (std::size_t k = 0; k < model_.n_state; ++k)
      if (!std::isfinite(x[k])) return false;
    return true;
  }

  bool slopes_finite(Neuron& n) {
    n.f.rhs(n.t, n.x.data(), x_.data());
    return finite(x_.data());
  }

  /// Whether the spike comes sooner than time can be told apart: an exponential upstroke reaches any height within one
  /// rounding of t.
  bool shoots(Neuron& n) {
    if (!resets_ || n.resting || !slopes_finite(n)) return false;
    const double soon = 1e-10 * std::max(1.0, std::abs(n.t));
    for (std::size_t k = 0; k < model_.n_state; ++k) x_[k] = n.x[k] + soon * x_[k];
    return n.f.threshold(n.t, x_.data()) >= 0;
  }

  /// From where the neuron is to the end of the stretch. Returns how many samples it wrote.
  std::uint64_t run(Neuron& n, const hk_stretch& stretch) {
    std::uint64_t sample = 0;
    n.f.begin(n.t, stretch.varying != 0);
    enum { running, turned, changed, anew } state = n.begun ? changed : anew;
    if (!n.begun) {
      n.begun = true;
      if (watches_) n.w = watched(n, n.t, n.x.data()), n.armed = n.w < 0;
      if (resets_) n.g = threshold(n, n.t, n.x.data());
    }
    const auto write = [&](double until, bool included) {  // samples from the dense output
      if constexpr (series_like) {
        std::uint64_t last = sample;
        while (last < stretch.n_samples &&
               (stretch.sample_t[last] < until || (included && stretch.sample_t[last] == until)))
          ++last;
        for (std::uint32_t r = 0; r < problem_.n_record && last > sample; ++r)
          n.method.at(stretch.sample_t + sample, last - sample, problem_.record[r], place(stretch, sample, r, n.i),
                      std::size_t{problem_.n_record} * problem_.neurons);
        sample = last;
        return;
      }
      for (; sample < stretch.n_samples; ++sample) {
        const double t = stretch.sample_t[sample];
        if (included ? t > until : t >= until) break;
        n.method.at(t, x_.data());
        for (std::uint32_t r = 0; r < problem_.n_record; ++r) *place(stretch, sample, r, n.i) = x_[problem_.record[r]];
      }
    };
    while (n.t < stretch.t_end || (resets_ && !n.resting && problem_.clamped == 0 && n.g >= 0)) {
      if (n.resting && n.t >= n.resting_until) {
        n.resting = false, state = anew;
        if (model_.release) release(n), look_again(n);
        n.g = threshold(n, n.t, n.x.data());
      }
      if (resets_ && !n.resting && problem_.clamped == 0 && n.g >= 0) {  // it stands above the threshold
        if (!fire(n)) return sample;
        state = anew;
        continue;
      }
      const double end = n.resting ? std::min(n.resting_until, stretch.t_end) : stretch.t_end;
      if (state != running) {
        n.f.frozen_ = problem_.clamped | (n.resting ? model_.held : 0);
        if (n.f.n_sides() > 0) {
          if (state != turned) n.f.take_sides(n.t, n.x.data());
          n.turn = std::min(n.f.turn(n.t, n.x.data()), just_below);
        }
        if (state == anew) take(n, control_.tolerance), n.method.start(n.t, n.x.data());
        else again(n);
        state = running;
      }
      if (n.steps % 1024 == 1023) detail::stop_if_asked(n.f.host());
      if (++n.steps > step_limit_) return stop(n, HK_LIMIT), sample;
      if (!n.method.step(end)) {
        if (!shoots(n)) return stop(n, slopes_finite(n) ? HK_STEP_SMALL : HK_NOT_FINITE), sample;
        if (!fire(n)) return sample;
        state = anew;
        continue;
      }
      if (!finite(n.method.state())) return stop(n, HK_NOT_FINITE), sample;
      if (!resolve(n, end)) return stop(n, HK_STEP_SMALL), sample;
      const double from = n.t;
      double to = n.method.to();
      std::copy_n(n.method.state(), model_.n_state, n.x.begin());
      bool turns = false;
      if (n.f.n_sides() > 0) {
        const auto turn_of = [&](double t, const double* x) { return n.f.turn(t, x); };
        const double turn = turn_of(to, n.x.data()), at = first_crossing(n, from, to, n.turn, turn, turn_of, turn_of);
        n.turn = std::min(turn, just_below), turns = at <= to;
        if (turns) n.method.at(at, n.x.data()), to = at;
      }
      n.t = to;
      double spike = std::numeric_limits<double>::infinity();
      if (resets_ && !n.resting) {
        const double g = threshold(n, to, n.x.data());
        spike = first_crossing(
            n, from, to, n.g, g, [&](double t, const double* x) { return threshold(n, t, x); },
            [&](double t, const double* x) { return n.f.threshold(t, x); });
        n.g = g;
      }
      if (watches_) crossings(n, from, std::min(to, spike));
      if (spike <= to) {
        n.method.at(spike, n.x.data());
        write(spike, false);
        n.t = spike;
        if (!fire(n)) return sample;
        state = anew;
      } else {
        write(to, true);
        if (turns) {
          if (!turn(n)) return sample;
          state = turned;
        }
      }
    }
    while (sample < stretch.n_samples && stretch.sample_t[sample] <= n.t) {  // one that meets the time of a reset
      for (std::uint32_t r = 0; r < problem_.n_record; ++r) *place(stretch, sample, r, n.i) = n.x[problem_.record[r]];
      ++sample;
    }
    return sample;
  }

  void again(Neuron& n) {
    if constexpr (requires { n.method.again(0, nullptr); }) n.method.again(n.t, n.x.data());
    else n.method.start(n.t, n.x.data());
  }
  /// Sets the tolerance of the next steps.
  void take(Neuron& n, double tolerance) {
    if constexpr (requires { n.method.tolerance(0); })
      if (tolerance != n.tolerance) n.tolerance = tolerance, n.method.tolerance(tolerance);
  }
  /// Takes the step that was just taken anew, as long as its error is not small beside the distance from the
  /// threshold: else the error would decide whether the neuron gets there. False if no step can be taken.
  bool resolve(Neuron& n, double end) {
    if constexpr (requires { n.method.tolerance(0); }) {
      const bool fires = resets_ && !n.resting, crosses = watches_ && n.armed;
      if (problem_.clamped != 0 || !(fires || crosses)) return take(n, control_.tolerance), true;
      constexpr double part = 0.001, finest = 1e-15;
      const auto near = [&](double g, std::int32_t state) {
        return part * std::abs(g) < control_.tolerance * scale(n.method.state(), state);
      };
      if (n.tolerance == control_.tolerance && !(fires && near(n.g, 0)) && !(crosses && near(n.w, problem_.watch)))
        return true;  // as nearly always
      for (;;) {
        const double* x = n.method.state();
        const double end_t = n.method.to();
        double wanted = control_.tolerance;
        const auto look_at = [&](double before, double now, double size) {
          wanted = std::min(wanted, std::max(part * std::max(std::abs(before), std::abs(now)) / size, finest));
        };
        if (fires) look_at(n.g, n.f.threshold(end_t, x), scale(x, 0));
        if (crosses) look_at(n.w, watched(n, end_t, x), scale(x, problem_.watch));
        if (!(wanted < 0.5 * n.tolerance)) return take(n, wanted), true;
        take(n, wanted), again(n), ++n.steps;
        if (!n.method.step(end) || !finite(n.method.state())) {  // as well as it goes
          take(n, control_.tolerance), again(n);
          return n.method.step(end) && finite(n.method.state());
        }
      }
    }
    return true;
  }

  /// The equations take the other side of a branch at n.t. False if the neuron is given up: both sides drive it back,
  /// so that time does not move.
  bool turn(Neuron& n) {
    n.turns = n.t - n.last_turn <= 1e-12 * std::max(1.0, std::abs(n.t)) ? n.turns + 1 : 0;
    n.last_turn = n.t;
    if (n.turns > 1000) return stop(n, HK_LIMIT), false;
    n.f.change_sides(n.t, n.x.data());
    return true;
  }

  /// The model's function in a block of lanes for the present neuron: after[state] from n.x.
  using StateFunction = void (*)(void*, std::uint32_t, hk_in, hk_in, hk_in, hk_out);
  void apply(Neuron& n, StateFunction function) {
    n.f.inputs_at(n.t);
    for (std::size_t k = 0; k < model_.n_state; ++k) std::fill_n(block_x_[k], HK_LANES, n.x[k]);
    for (std::size_t k = 0; k < block_p_.fields(); ++k) std::fill_n(block_p_[k], HK_LANES, n.f.p()[k]);
    for (std::size_t k = 0; k < model_.n_inputs; ++k) std::fill_n(block_in_[k], HK_LANES, n.f.in()[k]);
    function(model_.context, HK_LANES, block_x_, block_p_, block_in_, block_out_);
    for (std::size_t k = 0; k < model_.n_state; ++k)
      if (!(problem_.clamped >> k & 1)) n.x[k] = block_out_[k][0];
  }
  void release(Neuron& n) { apply(n, model_.release); }
  /// After a jump of the state, which is no crossing of what is watched.
  void look_again(Neuron& n) {
    if (problem_.watch >= 0) n.w = watched(n, n.t, n.x.data()), n.armed = n.armed || n.w < level_;
  }
  /// Where a spike lies, for a host that asks.
  void tell_crossing(Neuron& n, double t, const double* x) {
    if (!problem_.crossing) return;
    n.f.inputs_at(t);
    problem_.crossing(problem_.host, n.i, t, x, n.f.in());
  }

  /// A spike with reset at n.t. False if the neuron is given up.
  bool fire(Neuron& n) {
    n.crowded = n.t == n.last_spike ? n.crowded + 1 : 0;
    n.last_spike = n.t;
    if (n.crowded > 1000) return stop(n, HK_LIMIT), false;
    if (problem_.watch < 0) tell_crossing(n, n.t, n.x.data());
    apply(n, model_.reset);
    if (problem_.reset) problem_.reset(problem_.host, n.i, n.t);
    if (problem_.watch < 0) detail::tell_spike(problem_, n.i, n.t);
    n.f.fetch(n.t);  // what was drawn by chance is drawn anew
    n.resting = n.refractory > 0, n.resting_until = n.t + n.refractory;
    if (model_.release && !n.resting) release(n);
    n.g = threshold(n, n.t, n.x.data());
    look_again(n);
    return true;
  }

  /// Reports the crossings of what is watched within the last step, up to `until`, and finds where it falls below the
  /// level that arms the next one.
  void crossings(Neuron& n, double from, double until) {
    const double* last = n.x.data();
    if (until < n.method.to()) n.method.at(until, last_.data()), last = last_.data();
    const double w1 = watched(n, until, last), size = scale(last, problem_.watch);
    const auto first = [&](double t, double g0, double g1, auto&& raw) {
      return first_crossing(
          n, t, until, settled(g0, size), settled(g1, size),
          [&](double at, const double* x) { return settled(raw(at, x), scale(x, problem_.watch)); }, raw);
    };
    double t = from, w = n.w;
    for (;;) {
      n.armed = n.armed || w < level_;
      const double at = n.armed ? first(t, w, w1, [&](double s, const double* x) { return watched(n, s, x); })
                                : first(t, level_ - w, level_ - w1,
                                        [&](double s, const double* x) { return level_ - watched(n, s, x); });
      if (!(at <= until)) break;
      n.method.at(at, crossing_.data());
      t = at, w = watched(n, at, crossing_.data());
      if (n.armed) {
        tell_crossing(n, at, crossing_.data());
        detail::tell_spike(problem_, n.i, at);
      }
      n.armed = !n.armed;
    }
    n.w = w1;
  }

  /// The first upward zero of g within the last step, or some time of it; infinite if there is none. `g_of` is what is
  /// looked at for changes of sign,
  /// `raw` is what is 0 there.
  template <class G, class R>
  double first_crossing(Neuron& n, double from, double to, double g0, double g1, G&& g_of, R&& raw) {
    look(n, from, to, g0, g1, g_of);
    for (std::size_t k = 1; k < seen_.size(); ++k)
      if (seen_[k - 1].g < 0 && seen_[k].g >= 0)
        return seen_[k - 1].g == just_below ? seen_[k - 1].t : root(n, seen_[k - 1], seen_[k], raw);
    return std::numeric_limits<double>::infinity();
  }

  struct Seen {
    double t, g;
  };
  /// Fills seen_ with points of g between which it changes its sign once or not at all: both ends of the step, and
  /// where more may have happened in between than they tell, points inside and tops that reach above zero.
  template <class G> void look(Neuron& n, double from, double to, double g0, double g1, G&& g_of) {
    seen_.clear();
    seen_.push_back({from, g0});
    if ((g0 < 0) != (g1 < 0) || more_within(n, from, to, g0, g1, g_of)) {
      constexpr int parts = 16;
      for (int k = 1; k < parts; ++k) {
        const double t = from + (to - from) * k / parts;
        add(n, {t, value(n, t, g_of)}, g_of);
      }
      add(n, {to, g1}, g_of);
    } else {
      seen_.push_back({to, g1});
    }
  }
  /// Appends the next point, and the top before it if that reaches above zero.
  template <class G> void add(Neuron& n, const Seen& next, G&& g_of) {
    const std::size_t last = seen_.size() - 1;
    if (last > 0 && next.g < 0 && seen_[last].g < 0 && seen_[last - 1].g < 0 && seen_[last].g >= next.g &&
        seen_[last].g >= seen_[last - 1].g && near_zero(seen_[last - 1].g, seen_[last].g, next.g)) {
      const Seen top = highest(n, seen_[last - 1].t, next.t, g_of);
      if (top.g >= 0) {
        if (top.t < seen_[last].t) seen_.insert(seen_.end() - 1, top);
        else seen_.push_back(top);
      }
    }
    seen_.push_back(next);
  }
  /// Whether g, of one sign at both ends of the step, may reach the other one within. The free motion of a model turns
  /// once in a step at most; under an input that varies, and in steps as long as those of a series, a step may hold
  /// more than a period.
  template <class G> bool more_within(Neuron& n, double from, double to, double g0, double g1, G&& g_of) {
    if (!(series_like || n.f.varying())) {
      const double half = 0.5 * (from + to);
      if (from == n.method.from() && to == n.method.to()) n.method.middle(x_.data());
      else n.method.at(half, x_.data());
      const double gm = g_of(half, x_.data());
      return (gm < 0) != (g0 < 0) || near_zero(g0, gm, g1);
    }
    constexpr std::size_t parts = 8, n_x = parts - 1;
    std::array<double, n_x> t;
    for (std::size_t k = 0; k < n_x; ++k) t[k] = from + (to - from) * static_cast<double>(k + 1) / parts;
    const std::size_t states = model_.n_state;
    inside_.resize(n_x * states);
    if constexpr (series_like) {
      for (std::size_t s = 0; s < states; ++s) n.method.at(t.data(), n_x, s, &inside_[s], states);
    } else {
      for (std::size_t k = 0; k < n_x; ++k) n.method.at(t[k], &inside_[k * states]);
    }
    std::array<double, parts + 1> g;
    g.front() = g0, g.back() = g1;
    bool other = false;
    for (std::size_t k = 0; k < n_x; ++k) {
      g[k + 1] = g_of(t[k], &inside_[k * states]);
      other |= (g[k + 1] < 0) != (g0 < 0);
    }
    if (other) return true;
    for (std::size_t k = 1; k < parts; ++k)
      if (near_zero(g[k - 1], g[k], g[k + 1])) return true;
    return false;
  }
  static constexpr bool series_like =
      requires(Method& m, double* x) { m.at(x, std::size_t{}, std::size_t{}, x, std::size_t{}); };
  /// Whether the parabola through three values of one sign, evenly spaced, comes near zero in between.
  static bool near_zero(double a, double b, double c) {
    const double rise = c - a, bend = 2 * (a - 2 * b + c);  // a + (rise - bend) s + bend s^2, 0 <= s <= 1
    const double turn = bend - rise;                        // at s = turn / (2 bend)
    if (turn * bend <= 0 || std::abs(turn) >= 2 * std::abs(bend)) return false;
    const double extreme = a - 0.25 * turn * turn / bend;
    const double margin = 0.25 * (std::max({a, b, c}) - std::min({a, b, c}));
    return a < 0 ? bend < 0 && extreme > -margin : bend > 0 && extreme < margin;
  }
  /// The top of g between a and b (golden section), or the first point met above zero.
  template <class G> Seen highest(Neuron& n, double a, double b, G&& g_of) {
    constexpr double golden = 0.6180339887498949;
    Seen low{b - golden * (b - a), 0}, high{a + golden * (b - a), 0};
    low.g = value(n, low.t, g_of), high.g = value(n, high.t, g_of);
    for (int turn = 0; turn < 50 && low.g < 0 && high.g < 0; ++turn) {
      if (low.g >= high.g) {
        b = high.t, high = low, low.t = b - golden * (b - a);
        low.g = value(n, low.t, g_of);
      } else {
        a = low.t, low = high, high.t = a + golden * (b - a);
        high.g = value(n, high.t, g_of);
      }
    }
    return low.g >= high.g ? low : high;
  }
  template <class G> double value(Neuron& n, double t, G&& g_of) {
    n.method.at(t, x_.data());
    return g_of(t, x_.data());
  }

  /// Where g, negative at a and not negative at b, becomes 0.
  template <class G> double root(Neuron& n, const Seen& a, const Seen& b, G&& g_of) {
    if (b.g == 0 || !(a.t < b.t)) return b.t;  // a step of a few roundings has points at one time
    std::uintmax_t iterations = 200;
    // late in a run times are farther apart than that
    const double width = std::max(1e-14 * (b.t - a.t), 4 * std::numeric_limits<double>::epsilon() * std::abs(b.t));
    return boost::math::tools::toms748_solve([&](double t) { return value(n, t, g_of); }, a.t, b.t, a.g, b.g,
                                             [width](double low, double high) { return high - low <= width; },
                                             iterations)
        .second;
  }

  KnownModel known_;
  hk_problem problem_;
  const hk_model& model_;
  Control control_;
  std::uint64_t step_limit_;
  bool resets_, watches_;
  double level_;  // the watched quantity has to fall below this before the next crossing counts
  std::vector<std::unique_ptr<Neuron>> neurons_;
  std::vector<double> x_, crossing_, last_;  // scratch: states
  std::vector<Seen> seen_;                   // scratch
  std::vector<double> inside_;               // scratch: states within a step
  Rows block_x_, block_p_, block_in_, block_out_;
};

}  // namespace hillock

/// The one line that makes a plugin of a method.
#define HILLOCK_ADAPTIVE_INTEGRATOR(C)                          \
  HILLOCK_EXPORT const hk_plugin HK_PLUGIN;                     \
  constexpr hk_plugin HK_PLUGIN = hillock::detail::identity<C>( \
      HK_ROLE_INTEGRATOR, hillock::detail::IntegratorBinding<hillock::Adaptive<C>, 0>::get);
