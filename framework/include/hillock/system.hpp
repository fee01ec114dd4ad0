#pragma once
// What integrators of fixed and adaptive step share: rows of lanes, the right-hand sides of a batch, the model that the
// host hands over, the counting of spikes, and the interface that the host calls.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <vector>
#include "hillock/plugin.hpp"
#include "hillock/scalar.hpp"

namespace hillock {

/// Numbers x[field][lane]: rows of lanes that start on 64 bytes.
class Rows {
 public:
  Rows(std::size_t fields, std::uint32_t lanes)
      : fields_(fields),
        lanes_(lanes),
        data_(static_cast<double*>(
            ::operator new[](std::max<std::size_t>(fields, 1) * lanes * sizeof(double), alignment))),
        row_(fields) {
    std::fill_n(data_.get(), fields * lanes, 0.0);
    for (std::size_t k = 0; k < fields; ++k) row_[k] = data_.get() + k * lanes;
  }
  double* operator[](std::size_t k) { return row_[k]; }
  const double* operator[](std::size_t k) const { return row_[k]; }
  operator hk_in() const { return row_.data(); }
  operator hk_out() { return row_.data(); }
  std::size_t fields() const { return fields_; }
  std::uint32_t lanes() const { return lanes_; }
  void copy(hk_in from) {
    for (std::size_t k = 0; k < fields_; ++k) std::copy_n(from[k], lanes_, row_[k]);
  }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(double* p) const { ::operator delete[](p, alignment); }
  };
  std::size_t fields_;
  std::uint32_t lanes_;
  std::unique_ptr<double[], Free> data_;
  std::vector<double*> row_;
};

/// out = x + h * d, lane by lane, by multiply_add: the loops within the models' libraries round so too.
inline void axpy(Rows& out, const Rows& x, double h, const Rows& d) {
  for (std::size_t k = 0; k < out.fields(); ++k) {
    double* o = out[k];
    const double *a = x[k], *b = d[k];
    for (std::uint32_t i = 0; i < out.lanes(); ++i) o[i] = multiply_add(h, b[i], a[i]);
  }
}

/// The equations of a batch of neurons as a scheme sees them: dx/dt and its slopes, with inputs, clamped and refractory
/// states already in it.
class System {
 public:
  System(const hk_problem& problem, std::uint32_t lanes, const Host& host = {})
      : problem_(&problem),
        model_(problem.model),
        host_(host),
        lanes_(lanes),
        in_(model_->n_inputs, lanes),
        resting_(lanes, 0) {
    if (const void* offered = problem.get ? problem.get(problem.host, HK_TANGENT) : nullptr)
      tangent_ = detail::adopt(static_cast<const hk_tangent*>(offered));
  }
  /// The same equations for another number of lanes, at any time.
  System(const System& like, std::uint32_t lanes)
      : problem_(like.problem_),
        model_(like.model_),
        host_(like.host_),
        tangent_(like.tangent_),
        lanes_(lanes),
        in_(model_->n_inputs, lanes),
        resting_(lanes, 0) {}

  const Host& host() const { return host_; }
  std::uint32_t lanes() const { return lanes_; }
  std::size_t states() const { return model_->n_state; }
  Rows rows() const { return Rows(model_->n_state, lanes_); }

  /// dx/dt at time t, which lies within the present step. [x and dx are different]
  void rhs(double t, const Rows& x, Rows& dx) {
    if (varying_ && t != input_time_) fetch(t);
    model_->rhs(model_->context, lanes_, x, p_, in_, dx);
    hold(dx);
  }

  /// Whether the model gives slopes. A scheme that needs them asks when it is made, and throws BadInput.
  bool has_slopes() const { return tangent_.rhs != nullptr; }
  /// The slope of dx/dt at x and time t along x1 of the states and in1 of the inputs. [has_slopes(); all rows are
  /// different]
  void slope(double t, const Rows& x, hk_in x1, hk_in in1, Rows& dx1) {
    if (varying_ && t != input_time_) fetch(t);
    tangent_.rhs(model_->context, lanes_, x, p_, in_, x1, still().params.data(), in1, dx1);
    hold(dx1);
  }
  /// own[k] = d(dx_k/dt)/dx_k, for each state the slope of its equation in itself. [has_slopes()]
  void own_slopes(double t, const Rows& x, Rows& own) {
    Still& z = still();
    std::vector<const double*> along(states(), z.zero[0]);
    for (std::size_t k = 0; k < states(); ++k) {
      along[k] = z.one[0];
      slope(t, x, along.data(), z.inputs.data(), z.dx1);
      std::copy_n(z.dx1[k], lanes_, own[k]);
      along[k] = z.zero[0];
    }
  }

 private:
  /// Directions that do not move, and what slopes are written to.
  struct Still {
    Still(const hk_model& m, std::uint32_t lanes)
        : zero(1, lanes),
          one(1, lanes),
          dx1(m.n_state, lanes),
          params(m.n_params + m.n_derived, zero[0]),
          inputs(m.n_inputs, zero[0]),
          states(m.n_state, zero[0]) {
      std::fill_n(one[0], lanes, 1.0);
    }
    Rows zero, one, dx1;
    std::vector<const double*> params, inputs, states;
  };
  Still& still() {
    if (!still_) still_ = std::make_unique<Still>(*model_, lanes_);
    return *still_;
  }
  /// Clamped states do not move, nor those that the model holds in its refractory time.
  void hold(Rows& dx) const {
    for (std::size_t k = 0; k < states(); ++k) {
      if (problem_->clamped >> k & 1) std::fill_n(dx[k], lanes_, 0.0);
      else if (any_resting_ && (model_->held >> k & 1)) {
        double* d = dx[k];
        for (std::uint32_t i = 0; i < lanes_; ++i) d[i] = resting_[i] ? 0.0 : d[i];
      }
    }
  }

  template <class> friend class FixedStep;

  /// All lanes of the batch from `first`, or (spread) lane `first` in every lane of this system.
  void bind(hk_in p, std::uint32_t first, bool spread) { p_ = p, first_ = first, spread_ = spread; }
  void begin(double begin, bool varying) {
    begin_ = begin, varying_ = varying;
    added_.clear();
    fetch(begin);
  }
  /// The inputs of step s of a stretch that tells them by step, after `begin` for an earlier step of it.
  void drive(const hk_stretch& stretch, std::uint64_t s, double begin) {
    begin_ = begin;
    input_time_ = begin;
    for (std::size_t k = 0; k < model_->n_inputs; ++k) {
      const double* const values = stretch.by_step[k];
      if (!values || values[s] == values[s - 1]) continue;
      const double *gain = stretch.gain[k], *shift = stretch.shift[k];
      double* const in = in_[k];
      for (std::uint32_t i = 0; i < lanes_; ++i) {
        const double scaled = gain[i] * values[s];
        in[i] = scaled + shift[i];
      }
    }
  }
  /// Adds a number to each input of all lanes until the next `begin`, in place of what was added before.
  void add(const std::vector<double>& to_inputs) {
    added_ = to_inputs;
    fetch(input_time_);
  }
  void fetch(double t) {
    if (model_->n_inputs == 0) return;
    problem_->inputs(problem_->host, begin_, t, first_, spread_ ? 1 : lanes_, in_);
    if (spread_)
      for (std::size_t k = 0; k < model_->n_inputs; ++k) std::fill_n(in_[k], lanes_, in_[k][0]);
    for (std::size_t k = 0; k < added_.size(); ++k)
      for (std::uint32_t i = 0; i < lanes_; ++i) in_[k][i] += added_[k];
    input_time_ = t;
  }

  const hk_problem* problem_;
  const hk_model* model_;
  Host host_;
  hk_tangent tangent_{};  // without functions if the model has none
  std::uint32_t lanes_, first_ = 0;
  bool spread_ = false, varying_ = false, any_resting_ = false;
  hk_in p_ = nullptr;
  Rows in_;
  std::vector<std::uint8_t> resting_;  // per lane: in its refractory time
  std::vector<double> added_;          // to each input
  std::unique_ptr<Still> still_;
  double begin_ = 0, input_time_ = 0;
};

/// A model of the host as this plugin knows it, whichever header the host was compiled with.
class KnownModel {
 public:
  explicit KnownModel(const hk_model& from) : model_(detail::adopt(&from)) {
    const auto table = [](const auto* rows, std::uint32_t n, std::uint32_t size, auto& into) {
      into.resize(n);
      for (std::uint32_t k = 0; k < n; ++k)
        std::memcpy(&into[k], reinterpret_cast<const char*>(rows) + std::size_t{k} * size,
                    std::min<std::size_t>(size, sizeof *rows));
      return into.data();
    };
    model_.state = table(model_.state, model_.n_state, from.field_size, state_);
    model_.params = table(model_.params, model_.n_params, from.field_size, params_);
    model_.inputs = table(model_.inputs, model_.n_inputs, from.field_size, inputs_);
    model_.observed = table(model_.observed, model_.n_observed, from.field_size, observed_);
    model_.presets = table(model_.presets, model_.n_presets, from.preset_size, presets_);
    model_.field_size = sizeof(hk_field);
    model_.preset_size = sizeof(hk_preset);
  }
  KnownModel(const KnownModel&) = delete;
  const hk_model& operator*() const { return model_; }

 private:
  hk_model model_;
  std::vector<hk_field> state_, params_, inputs_, observed_;
  std::vector<hk_preset> presets_;
};

namespace [[gnu::visibility("hidden")]] detail {
/// A spike of a lane, to a host that counts or one that listens.
inline void tell_spike(const hk_problem& problem, std::uint32_t lane, double t) {
  if (problem.spike_counts) {
    if (lane < problem.neurons) ++problem.spike_counts[lane];
  } else if (problem.spike) {
    problem.spike(problem.host, lane, t);
  }
}
/// Ends an `advance` that the user asked to stop.
inline void stop_if_asked(const Host& host) {
  if (host.stopped()) throw std::runtime_error("the run was stopped");
}
inline hk_problem with_model(const hk_problem& problem, const hk_model& known) {
  hk_problem p = problem;
  p.model = &known;
  if (p.neurons == 0) p.neurons = p.lanes;  // a host that does not say
  return p;
}

/// How often each of 64 lanes spiked, from words with a bit a lane: digits of binary counters, eight words side by
/// side.
class SpikeCounts {
 public:
  void add(const std::uint64_t* words, std::size_t n) {
    constexpr std::size_t side = sizeof(Words) / sizeof *words;
    for (; n >= 8 * side; words += 8 * side, n -= 8 * side) {
      Words eight[8], twos[4], fours[2], over;
      std::memcpy(eight, words, sizeof eight);
      for (std::size_t k = 0; k < 4; ++k) add(0, eight[2 * k], eight[2 * k + 1], twos[k]);
      for (std::size_t k = 0; k < 2; ++k) add(1, twos[2 * k], twos[2 * k + 1], fours[k]);
      add(2, fours[0], fours[1], over);
      carry(3, over);
    }
    for (std::size_t some; n > 0; words += some, n -= some) {
      Words rest{};
      some = std::min(n, side);
      std::memcpy(&rest, words, some * sizeof *words);
      carry(0, rest);
    }
  }
  void write(std::uint64_t* counts, std::uint32_t lanes) const {
    for (std::size_t d = 0; d < digits_.size(); ++d) {
      std::array<std::uint64_t, sizeof(Words) / sizeof(std::uint64_t)> words;
      std::memcpy(&words, &digits_[d], sizeof words);
      for (const std::uint64_t word : words)
        for (std::uint64_t left = word; left != 0; left &= left - 1)
          if (const auto i = static_cast<std::uint32_t>(std::countr_zero(left)); i < lanes)
            counts[i] += std::uint64_t{1} << d;
    }
  }

 private:
  typedef std::uint64_t Words __attribute__((vector_size(64)));
  /// Adds two numbers of one digit; `over`: what is carried.
  void add(std::size_t digit, const Words& a, const Words& b, Words& over) {
    Words& sum = digits_[digit];
    const Words one = sum ^ a;
    over = (sum & a) | (one & b), sum = one ^ b;
  }
  void carry(std::size_t digit, Words& over) {
    constexpr Words none{};
    for (; std::memcmp(&over, &none, sizeof over) != 0; ++digit) {
      const Words both = digits_[digit] & over;
      digits_[digit] ^= over, over = both;
    }
  }
  std::array<Words, 40> digits_{};
};
}  // namespace detail

namespace [[gnu::visibility("hidden")]] detail {

/// The interface of a Run: FixedStep<Scheme>, or an adaptive one.
template <class Run, std::uint32_t flags> struct IntegratorBinding {
  static hk_status open(const hk_problem* problem, const hk_values* values, const hk_host* host, void** self,
                        hk_error* error) {
    return guard(error, [&] {
      *self = new Run(adopt(problem), Options(Run::options.data(), Run::options.size(), values), Host(host));
    });
  }
  static hk_status advance(void* self, const hk_stretch* stretch, hk_error* error) {
    return guard(error, [&] { static_cast<Run*>(self)->advance(adopt(stretch)); });
  }
  static void close(void* self) { delete static_cast<Run*>(self); }
  static constexpr hk_integrator interface {
    sizeof(hk_integrator), sizeof(hk_option),
        static_cast<std::uint32_t>(Run::options.size()), flags, Run::options.data(), open, advance, close
  };
  static const void* get(const char* id) { return std::strcmp(id, HK_INTEGRATOR) ? nullptr : &interface; }
};

}  // namespace detail
}  // namespace hillock
