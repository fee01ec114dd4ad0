#include "neuron/signal.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "hillock/random.hpp"
#include "hillock/series.hpp"

namespace hillock {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double two_pi = 6.283185307179586477;

class Constant : public Shape {
 public:
  explicit Constant(double value) : value_(value) {}
  double at(double, double) const override { return value_; }
  double next_edge(double) const override { return inf; }

 private:
  double value_;
};

/// What is on while from <= t < to.
class Between : public Shape {
 public:
  Between(double from, double to) : from_(from), to_(to) {}
  double at(double begin, double t) const override { return on(begin) ? value(t) : 0; }
  double next_edge(double after) const override { return after < from_ ? from_ : after < to_ ? to_ : inf; }

 protected:
  virtual double value(double t) const = 0;
  bool on(double begin) const { return from_ <= begin && begin < to_; }
  double from_, to_;
};

/// What is one smooth function of time while it is on: S::of(t), written once for numbers and for their series.
template <class S> class Smooth : public Between {
 public:
  using Between::Between;
  bool varies(double begin) const override { return on(begin); }
  void add_series(double begin, double t, std::uint32_t order, double* c) const override {
    if (!on(begin)) return;
    std::array<double, 8 * Replay::slot> slots;  // `of` is a sine of a square
    for (std::uint32_t k = 0; k <= order; ++k) {
      Replay r{.next = slots.data(), .degree = k, .first = k == 0, .inverse = k == 0 ? 0 : 1. / k};
      c[k] += static_cast<const S*>(this)->of(Series(k == 0 ? t : k == 1 ? 1 : 0, r)).coefficient(r);
    }
  }

 private:
  double value(double t) const override { return static_cast<const S*>(this)->of(t); }
};

class Step : public Between {
 public:
  Step(double from, double to, double amplitude) : Between(from, to), amplitude_(amplitude) {}

 private:
  double value(double) const override { return amplitude_; }
  double amplitude_;
};

class Ramp : public Smooth<Ramp> {
 public:
  Ramp(double from, double to, double start, double end)
      : Smooth(from, to), start_(start), slope_((end - start) / (to - from)) {}
  template <class T> T of(const T& t) const { return start_ + slope_ * (t - from_); }

 private:
  double start_, slope_;
};

class Chirp : public Smooth<Chirp> {
 public:
  Chirp(double from, double to, double f0_hz, double f1_hz, double amplitude)
      : Smooth(from, to), f0_(f0_hz / 1000), rate_((f1_hz - f0_hz) / 1000 / (2 * (to - from))), amplitude_(amplitude) {}
  template <class T> T of(const T& t) const {
    using std::sin;
    const T s = t - from_;
    return amplitude_ * sin(two_pi * (f0_ * s + rate_ * s * s));
  }

 private:
  double f0_, rate_, amplitude_;  // per ms
};

class Sine : public Smooth<Sine> {
 public:
  Sine(double frequency_hz, double amplitude, double offset, double phase)
      : Smooth(-inf, inf), w_(two_pi * frequency_hz / 1000), amplitude_(amplitude), offset_(offset), phase_(phase) {}
  template <class T> T of(const T& t) const {
    using std::sin;
    return offset_ + amplitude_ * sin(w_ * t + phase_);
  }

 private:
  double w_, amplitude_, offset_, phase_;
};

class Pulses : public Shape {
 public:
  Pulses(double from, double every, double count, double width, double amplitude)
      : from_(from), every_(every), count_(count), width_(width), amplitude_(amplitude) {}
  double at(double begin, double) const override {
    const double n = which(begin);
    return n >= 0 && begin < start(n) + width_ ? amplitude_ : 0;
  }
  double next_edge(double after) const override {
    const double n = which(after);
    if (n >= 0 && after < start(n) + width_) return start(n) + width_;
    return n + 1 < count_ ? start(n + 1) : inf;
  }

 private:
  double start(double n) const { return n == 0 ? from_ : from_ + n * every_; }
  /// The last pulse that has begun; -1 before the first.
  double which(double t) const {
    if (t < from_) return -1;
    if (count_ == 1) return 0;
    double n = std::min(std::floor((t - from_) / every_), count_ - 1);
    while (n > 0 && start(n) > t) --n;  // the quotient may be rounded up
    while (n + 1 < count_ && start(n + 1) <= t) ++n;
    return n;
  }
  double from_, every_, count_, width_, amplitude_;
};

class PulsesAt : public Shape {
 public:
  PulsesAt(std::vector<double> at, double width, double amplitude)
      : at_(std::move(at)), width_(width), amplitude_(amplitude) {}
  double at(double begin, double) const override {
    const auto next = std::upper_bound(at_.begin(), at_.end(), begin);
    return next != at_.begin() && begin < *(next - 1) + width_ ? amplitude_ : 0;
  }
  double next_edge(double after) const override {
    const auto next = std::upper_bound(at_.begin(), at_.end(), after);
    const double begin = next == at_.end() ? inf : *next;
    return next != at_.begin() && after < *(next - 1) + width_ ? std::min(begin, *(next - 1) + width_) : begin;
  }

 private:
  std::vector<double> at_;
  double width_, amplitude_;
};

/// Samples that each hold until the next.
class HeldShape : public Shape {
 public:
  explicit HeldShape(Held h) : held_(std::move(h)) {}
  double at(double begin, double) const override {
    return held_.gain * (*held_.values)[held_.index(begin)] + held_.shift;
  }
  double next_edge(double after) const override {
    const double n = std::floor((after - held_.t0_ms) / held_.dt_ms + 1e-9) + 1;
    return n > static_cast<double>(held_.values->size() - 1) ? inf : held_.t0_ms + std::max(n, 0.0) * held_.dt_ms;
  }
  const Held* held() const override { return &held_; }
  void add_steps(const StepTimes& steps, std::int64_t first, std::size_t n, double* out) const override {
    const std::vector<double>& v = *held_.values;
    for (std::size_t k = 0; k < n; ++k)
      out[k] += held_.gain * v[held_.index(steps.begin(first + static_cast<std::int64_t>(k)))] + held_.shift;
  }

 private:
  Held held_;
};

/// A draw for each step. It varies rather than switches, so that a stretch of time need not end with every step.
class WhiteNoise : public Shape {
 public:
  WhiteNoise(double sigma, double dt, Random random)
      : sigma_(sigma), dt_(dt), height_(sigma / std::sqrt(dt)), random_(random) {}
  double at(double begin, double) const override {
    return height_ * random_.normal(static_cast<std::uint64_t>(std::max(std::floor(begin / dt_ + 1e-9), 0.0)));
  }
  double next_edge(double) const override { return inf; }
  bool varies(double) const override { return true; }
  double sigma() const override { return sigma_; }

 private:
  double sigma_, dt_, height_;
  Random random_;
};

/// A shape from a later time on, which is its time 0.
class Later : public Shape {
 public:
  Later(std::shared_ptr<const Shape> of, double by_ms) : of_(std::move(of)), by_(by_ms) {}
  double at(double begin, double t) const override { return of_->at(begin + by_, t + by_); }
  double next_edge(double after) const override { return of_->next_edge(after + by_) - by_; }
  bool varies(double begin) const override { return of_->varies(begin + by_); }
  void add_series(double begin, double t, std::uint32_t order, double* c) const override {
    of_->add_series(begin + by_, t + by_, order, c);
  }
  double sigma() const override { return of_->sigma(); }

 private:
  std::shared_ptr<const Shape> of_;
  double by_;
};

/// Samples of an Ornstein-Uhlenbeck process.
Held ornstein_uhlenbeck(double mean, double sd, double tau, double every, double for_ms, Random random) {
  // x <- mean + (x - mean) e^(-every/tau) + sd sqrt(1 - e^(-2 every/tau)) n: exact for any `every`, and stationary from
  // the first sample
  const double decay = std::exp(-every / tau), kick = sd * std::sqrt(-std::expm1(-2 * every / tau));
  const auto n = static_cast<std::size_t>(std::ceil(for_ms / every)) + 2;
  std::vector<double> values;
  values.reserve(n);
  double x = sd * random.normal(0);
  for (std::size_t i = 0; i < n; ++i) {
    values.push_back(mean + x);
    x = decay * x + kick * random.normal(i + 1);
  }
  return {0, every, std::make_shared<const std::vector<double>>(std::move(values)), 1, 0};
}

/// Means of a sampled current over each step.
Held step_means(const Held& h, const SignalContext& c) {
  const auto last = static_cast<double>(h.values->size() - 1);
  // the integral from the first sample, whose value holds before it too, to a time
  std::vector<double> sums{0};
  for (const double v : *h.values) sums.push_back(sums.back() + v);
  const auto integral = [&](double t_ms) {
    const double at = (t_ms - h.t0_ms) / h.dt_ms, n = std::clamp(std::floor(at), 0.0, last);
    const auto i = static_cast<std::size_t>(n);
    return sums[i] + (at - n) * (*h.values)[i];
  };
  const auto steps = static_cast<std::size_t>(std::ceil(c.for_ms / c.dt_ms)) + 1;
  std::vector<double> means;
  means.reserve(steps);
  for (std::size_t k = 0; k < steps; ++k) {
    const double begin = static_cast<double>(k) * c.dt_ms, end = static_cast<double>(k + 1) * c.dt_ms;
    means.push_back((integral(end) - integral(begin)) * h.dt_ms / c.dt_ms);
  }
  return {0, c.dt_ms, std::make_shared<const std::vector<double>>(std::move(means)), h.gain, h.shift};
}

/// Whether each sample begins with a step of this run, but for rounding.
bool samples_begin_with_steps(const Held& h, double dt_ms) {
  const double steps = h.dt_ms / dt_ms, off = std::abs(steps - std::round(steps)), first = h.t0_ms / dt_ms;
  constexpr double rounding = 1e-3;  // of a step, over the whole recording
  return std::round(steps) >= 1 && off * static_cast<double>(h.values->size()) < rounding &&
         std::abs(first - std::round(first)) < rounding;
}

std::unique_ptr<Shape> make(const ShapeBlock& s, const SignalContext& c) {
  const OptionValues& o = s.options;
  const auto n = [&](const char* name) { return o.number(name); };
  const Random random(c.seed, stream_of(s.path));
  if (s.use == "constant") return std::make_unique<Constant>(n("value"));
  if (s.use == "step") return std::make_unique<Step>(n("from"), n("to"), n("amplitude"));
  if (s.use == "ramp") return std::make_unique<Ramp>(n("from"), n("to"), n("start"), n("end"));
  if (s.use == "sine") return std::make_unique<Sine>(n("frequency"), n("amplitude"), n("offset"), n("phase"));
  if (s.use == "chirp") return std::make_unique<Chirp>(n("from"), n("to"), n("f0"), n("f1"), n("amplitude"));
  if (s.use == "pulses" && o.given("at")) return std::make_unique<PulsesAt>(o["at"].list, n("width"), n("amplitude"));
  if (s.use == "pulses") return std::make_unique<Pulses>(n("from"), n("every"), n("count"), n("width"), n("amplitude"));
  if (s.use == "noise") {
    const double sigma = o.given("free_sd")  ? n("free_sd") * std::sqrt(2 * n("tau"))
                         : o.given("brunel") ? n("brunel") * std::sqrt(n("tau"))
                                             : n("sigma");
    return std::make_unique<WhiteNoise>(sigma, c.dt_ms, random);
  }
  if (s.use == "ornstein_uhlenbeck")
    return std::make_unique<HeldShape>(ornstein_uhlenbeck(n("mean"), n("sd"), n("tau"), n("every"), c.for_ms, random));
  throw std::logic_error("a shape of the vocabulary has no function: " + s.use);
}

}  // namespace

std::uint64_t stream_of(std::string_view path) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

Signal::Signal(const std::vector<ShapeBlock>& terms, const SignalContext& context, const std::vector<Held>& held) {
  std::size_t file = 0;
  for (const ShapeBlock& s : terms)
    if (s.use == "file") add(held.at(file++), context);
    else shapes_.push_back(make(s, context));
}

void Signal::add(const Held& held, const SignalContext& context) {
  if (held.values->size() == 1 || context.dt_ms == 0 || samples_begin_with_steps(held, context.dt_ms))
    shapes_.push_back(std::make_unique<HeldShape>(held));
  else shapes_.push_back(std::make_unique<HeldShape>(step_means(held, context)));
  held_.push_back(held);
}

Signal Signal::scaled(double gain, double shift) const {
  const auto of = [&](Held h) {
    h.gain = gain;
    h.shift = shift;
    return h;
  };
  Signal other;
  for (const auto& s : shapes_) other.shapes_.push_back(std::make_unique<HeldShape>(of(*s->held())));
  for (const Held& h : held_) other.held_.push_back(of(h));
  return other;
}

Signal Signal::from(double t_ms) const {
  const auto later = [&](Held h) {
    h.t0_ms -= t_ms;
    return h;
  };
  Signal other;
  for (const auto& s : shapes_)
    if (s->held()) other.shapes_.push_back(std::make_shared<HeldShape>(later(*s->held())));
    else other.shapes_.push_back(std::make_shared<Later>(s, t_ms));
  for (const Held& h : held_) other.held_.push_back(later(h));
  return other;
}

Signal Signal::without_noise() const {
  Signal quiet = *this;
  std::erase_if(quiet.shapes_, [](const auto& s) { return s->sigma() > 0; });
  return quiet;
}

bool Signal::is_sampled() const {
  return std::any_of(shapes_.begin(), shapes_.end(), [](const auto& s) { return s->held() != nullptr; });
}

double Signal::next_switch(double after) const {
  double first = inf;
  for (const auto& s : shapes_)
    if (!s->held()) first = std::min(first, s->next_edge(after));
  return first;
}

void Signal::steps(const StepTimes& steps, std::int64_t first, std::size_t n, double* out) const {
  std::fill_n(out, n, 0.0);
  for (const auto& s : shapes_) s->add_steps(steps, first, n, out);
}

double Signal::next_edge(double after) const {
  double first = inf;
  for (const auto& s : shapes_) first = std::min(first, s->next_edge(after));
  return first;
}

void Signal::series(double begin, double t, std::uint32_t order, double* c) const {
  std::fill_n(c, order + 1, 0.0);
  for (const auto& s : shapes_) s->add_series(begin, t, order, c);
}

double Signal::sigma() const {
  double density = 0;
  for (const auto& s : shapes_) density += s->sigma() * s->sigma();
  return std::sqrt(density);
}

double Signal::mean(double begin, double t) const {
  double sum = 0;
  for (const auto& s : shapes_)
    if (s->sigma() == 0) sum += s->at(begin, t);
  return sum;
}

bool Signal::varies(double begin) const {
  return std::any_of(shapes_.begin(), shapes_.end(), [&](const auto& s) { return s->varies(begin); });
}

}  // namespace hillock
