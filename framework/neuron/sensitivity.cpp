#include "neuron/sensitivity.hpp"

#include <fmt/format.h>

#define EIGEN_DONT_VECTORIZE  // as in rest.cpp
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "neuron/lanes.hpp"
#include "neuron/parameter.hpp"

namespace hillock {
namespace {

// --- Directions ---------------------------------------------------------------------------------------------------

/// A direction as the equations see it.
struct Part {
  enum class Kind { param, start, clamp, input, scale, shift, series };
  Kind kind = Kind::param;
  std::uint32_t index = 0;  ///< of the parameter, state or input
  bool moves_state() const { return kind <= Kind::input; }
  auto operator<=>(const Part&) const = default;
};

bool is_driven(const Neuron& n) {
  const NeuronSpec& spec = *n.spec;
  return spec.inputs[spec.drive.of].empty() && n.inputs[spec.drive.of] && !n.inputs[spec.drive.of]->held().empty();
}

/// A direction as it was named, and as the equations see it.
struct Named {
  Part part;
  Parameter parameter;
  bool is_drive() const {
    return parameter.kind() == Parameter::Kind::drive_gain || parameter.kind() == Parameter::Kind::drive_shift;
  }
};

Part part_of(const Parameter& p) {
  switch (p.kind()) {
    case Parameter::Kind::model: return {Part::Kind::param, p.index()};
    case Parameter::Kind::start: return {Part::Kind::start, p.index()};
    case Parameter::Kind::clamp: return {Part::Kind::clamp, p.index()};
    case Parameter::Kind::readout_scale: return {Part::Kind::scale, 0};
    case Parameter::Kind::readout_shift: return {Part::Kind::shift, 0};
    case Parameter::Kind::series_resistance: return {Part::Kind::series, 0};
    default: return {Part::Kind::input, p.index()};
  }
}

Named find(const Neuron& n, const Direction& d) {
  const NeuronSpec& spec = *n.spec;
  const bool driven = is_driven(n);
  const auto p = Parameter::find(spec, d.path);
  if (p && p->differentiable(spec, driven)) return {part_of(*p), *p};
  if (p && p->kind() == Parameter::Kind::shape) {
    const ShapeBlock& shape = spec.inputs[p->index()][p->term()];
    std::string known;
    for (const OptionSpec& other : shape.options.specs())
      if (const auto q = Parameter::find(spec, fmt::format("{}.{}", shape.path, other.name));
          q && q->differentiable(spec, driven))
        known += (known.empty() ? "" : ", ") + other.name;
    throw Error(d.place,
                fmt::format("'{}' moves or bends the shape '{}', along which no slope is taken", d.path, shape.use),
                fmt::format("numbers of it with a slope: {}", known));
  }
  std::vector<std::string> known;
  for (const Parameter& q : Parameter::all(spec))
    if (q.differentiable(spec, driven)) known.push_back(q.path());
  std::sort(known.begin(), known.end());
  throw Error(d.place, fmt::format("'{}' is no number along which a run has a slope", d.path), suggest(d.path, known));
}

/// Makes the slopes of inputs. Neurons whose slopes are alike share one signal, which is then evaluated once.
class InputSlopes {
 public:
  std::shared_ptr<const Signal> of(const Neuron& n, const Named& d) {
    const NeuronSpec& e = *n.spec;
    if (d.is_drive()) {
      std::vector<Held> held = n.inputs[d.part.index]->held();
      const bool gain = d.parameter.kind() == Parameter::Kind::drive_gain;
      for (Held& h : held) {
        h.gain = gain ? 1 : 0;
        h.shift = gain ? 0 : 1;
      }
      const SignalContext context{e.integrator.dt_ms, n.for_ms, e.seed};
      if (!held_ || held.size() != 1 || held_values_ != held[0].values || held_dt_ != held[0].dt_ms ||
          step_dt_ != context.dt_ms) {
        auto signal = std::make_shared<Signal>();
        for (const Held& h : held) signal->add(h, context);
        held_ = std::move(signal), held_values_ = held[0].values, held_dt_ = held[0].dt_ms, step_dt_ = context.dt_ms;
      }
      return held_;
    }
    // linear in its heights: the same shape with this height 1 and the others 0; d sin(wt + phase)/dphase = sin(wt +
    // phase + pi/2)
    const ShapeBlock& of = e.inputs[d.parameter.index()][d.parameter.term()];
    const std::string& option = d.parameter.name();
    ShapeBlock shape{of.use, {}, nullptr, of.place, of.path};
    std::vector<OptionValue> values = of.options.values();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string& name = of.options.specs()[i].name;
      if (option == "phase") {
        if (name == "phase") values[i].number += 1.57079632679489662;
        else if (name == "offset") values[i].number = 0;
      } else if (is_height(name)) {
        values[i].number = name == option ? 1 : 0;
      }
    }
    shape.options = OptionValues(of.options.specs(), std::move(values));
    const SignalContext context{e.integrator.dt_ms, n.for_ms, e.seed};
    if (!last_ || shape_.use != shape.use || shape_.path != shape.path || !(shape_.options == shape.options) ||
        context_.dt_ms != context.dt_ms || context_.for_ms != context.for_ms || context_.seed != context.seed) {
      last_ = std::make_shared<const Signal>(std::vector<ShapeBlock>{shape}, context);
      shape_ = shape, context_ = context;
    }
    return last_;
  }

 private:
  std::shared_ptr<const Signal> last_, held_;
  ShapeBlock shape_;
  SignalContext context_;
  std::shared_ptr<const std::vector<double>> held_values_;
  double held_dt_ = 0, step_dt_ = 0;
};

// --- The larger model ---------------------------------------------------------------------------------------------

/// The states of a model, then their slopes along each part, then (of a model with a refractory time) the slope of the
/// time until which the neuron is held. Its parameters are those of the model and the constants derived, then the
/// slopes of the derived constants along each parameter among the parts; its inputs those of the model, then the slope
/// of each input among the parts.
class VariationalModel {
 public:
  /// REQUIRES: parts that move states, no more than most(model) of them. `lanes`: of its widest batch.
  VariationalModel(const Plugin& plugin, const SimulateBlock& run, std::vector<Part> parts, std::uint32_t lanes)
      : m_(plugin.model()),
        t_(*plugin.tangent()),
        parts_(std::move(parts)),
        n_(m_.n_state),
        n_p_(m_.n_params + m_.n_derived),
        timed_(is_timed(m_)),
        watch_(run.spikes ? static_cast<std::int32_t>(run.spikes->state) : -1),
        clamped_(run.clamped),
        width_(
            static_cast<std::uint32_t>((std::max<std::size_t>(parts_.size(), 1) + HK_LANES - 1) / HK_LANES * HK_LANES)),
        zeros_(1, std::max(lanes, width_)),
        ones_(1, std::max(lanes, width_)),
        no_slope_(std::max({n_, n_p_, m_.n_inputs, 1u}), zeros_[0]),
        before_(n_, lanes),
        after_(n_, lanes),
        moved_(n_, lanes),
        g_(3, std::max(lanes, width_)),
        x_(n_, width_),
        p_(n_p_, width_),
        in_(m_.n_inputs, width_),
        x1_(n_, width_),
        p1_(n_p_, width_),
        in1_(m_.n_inputs, width_),
        out_(n_, width_) {
    std::fill_n(ones_[0], ones_.lanes(), 1.0);
    if (const auto* single = static_cast<const hk_single*>(plugin.get(HK_SINGLE))) m_single_ = detail::adopt(single);
    std::uint32_t n_params = n_p_, n_inputs = m_.n_inputs;
    for (std::size_t j = 0; j < parts_.size(); ++j) {
      const Part& d = parts_[j];
      const bool param = d.kind == Part::Kind::param, input = d.kind == Part::Kind::input;
      derived_at_.push_back(n_params), input_at_.push_back(n_inputs);
      n_params += param ? m_.n_derived : 0, n_inputs += input ? 1 : 0;
      param_slopes_.emplace_back(n_p_ + 1, zeros_[0]), input_slopes_.emplace_back(m_.n_inputs + 1, zeros_[0]);
      single_p1_.emplace_back(n_p_ + 1, 0.0), single_in1_.emplace_back(m_.n_inputs + 1, 0.0);
      if (param) param_slopes_[j][d.index] = ones_[0], p1_[d.index][j] = single_p1_[j][d.index] = 1;
    }
    const std::uint32_t n_state = tau(parts_.size());
    // names are for messages of integrators; numbers of the larger model are no user's to set
    for (std::uint32_t k = 0; k < n_state; ++k)
      state_.push_back(k < n_ ? m_.state[k] : hk_field{"slope", "1", "", 0, 0, 0, 0});
    params_.assign(n_params, hk_field{"slope", "1", "", 0, 0, 0, 0});
    std::copy_n(m_.params, m_.n_params, params_.begin());
    inputs_.assign(n_inputs, hk_field{"slope", "1", "", 0, 0, 0, HK_SIGNAL});
    std::copy_n(m_.inputs, m_.n_inputs, inputs_.begin());

    model_.size = sizeof(hk_model), model_.field_size = sizeof(hk_field), model_.preset_size = sizeof(hk_preset);
    model_.n_state = n_state, model_.n_params = n_params, model_.n_inputs = n_inputs;
    model_.state = state_.data(), model_.params = params_.data(), model_.inputs = inputs_.data();
    model_.held = with_slopes(m_.held), model_.rearm = m_.rearm;
    model_.context = this;
    model_.rhs = [](void* self, std::uint32_t n, hk_in x, hk_in p, hk_in in, hk_out dx) {
      at(self).rhs(n, x, p, in, dx);
    };
    if (m_.threshold)  // of the states, which come first
      model_.threshold = [](void* self, std::uint32_t n, hk_in x, hk_in p, hk_in in, double* g) {
        at(self).m_.threshold(at(self).m_.context, n, x, p, in, g);
      };
    if (m_.refractory)
      model_.refractory = [](void* self, std::uint32_t n, hk_in p, double* ms) {
        at(self).m_.refractory(at(self).m_.context, n, p, ms);
      };
    if (m_.reset)
      model_.reset = [](void* self, std::uint32_t n, hk_in x, hk_in p, hk_in in, hk_out after) {
        at(self).reset(n, x, p, in, after);
      };
    if (timed_)
      model_.release = [](void* self, std::uint32_t n, hk_in x, hk_in p, hk_in in, hk_out after) {
        at(self).release(n, x, p, in, after);
      };
    single_.size = sizeof(hk_single);
    single_.rhs = [](void* self, const double* x, const double* p, const double* in, double* dx) {
      at(self).rhs(x, p, in, dx);
    };
    if (m_.threshold)
      single_.threshold = [](void* self, const double* x, const double* p, const double* in) {
        return at(self).threshold(x, p, in);
      };
  }
  VariationalModel(const VariationalModel&) = delete;

  /// How many directions one larger model has room for: what is clamped or held is named by 64 bits.
  static std::size_t most(const hk_model& m) { return (64 - m.n_state) / (m.n_state + (is_timed(m) ? 1 : 0)); }

  const hk_model& model() const { return model_; }
  const void* get(std::string_view id) {
    lacked_ |= id != HK_SINGLE;
    return id == HK_SINGLE ? &single_ : nullptr;
  }
  bool lacked() const { return lacked_; }  ///< an integrator asked for more than there is
  bool ran() const { return ran_; }        ///< the equations were evaluated
  std::uint64_t clamped() const { return with_slopes(clamped_); }
  /// Where the slopes of the states along part j begin.
  std::uint32_t slopes(std::size_t j) const { return n_ + static_cast<std::uint32_t>(j) * n_; }

  /// Parameters, derived constants and their slopes, from rows of the first two.
  Rows parameters(const Rows& of_model) const {
    Rows p(model_.n_params, of_model.lanes());
    for (std::uint32_t k = 0; k < n_p_; ++k) std::copy_n(of_model[k], p.lanes(), p[k]);
    for (std::size_t j = 0; j < parts_.size(); ++j)
      if (parts_[j].kind == Part::Kind::param && m_.derive)
        t_.derive(m_.context, p.lanes(), p, param_slopes_[j].data(), static_cast<hk_out>(p) + derived_at_[j]);
    return p;
  }

  /// The slopes of a start along each part: slope[part * n_state + state]. `start` is where the neuron starts, `given`
  /// what its model made that of (given values and defaults), `p` and `in` those of the larger model.
  std::vector<double> start_slopes(const SimulateBlock& run, const double* start, const double* given, const double* p,
                                   const double* in) {
    std::vector<double> slope(parts_.size() * n_, 0.0), x(model_.n_state, 0.0);
    for (std::size_t j = 0; j < parts_.size(); ++j)
      if (parts_[j].kind == Part::Kind::start || parts_[j].kind == Part::Kind::clamp)
        slope[j * n_ + parts_[j].index] = 1;
    const auto load = [&](const double* from) {
      std::copy_n(from, n_, x.begin());
      std::copy(slope.begin(), slope.end(), x.begin() + n_);
      spread(x.data(), p, in);
    };
    if (run.rest) {
      load(start);
      rest_slopes(slope);
    } else if (m_.initial) {
      load(given);
      t_.initial(m_.context, width_, x_, p_, in_, x1_, p1_, in1_, out_);
      for (std::uint32_t k = 0; k < n_; ++k)
        if (!std::isfinite(run.start[k]) && !(clamped_ >> k & 1))
          for (std::size_t j = 0; j < parts_.size(); ++j)
            if (!(parts_[j].kind == Part::Kind::start && parts_[j].index == k)) slope[j * n_ + k] = out_[k][j];
    }
    return slope;
  }

  /// The slopes of the time of a spike along each part, at the state and inputs of the crossing.
  void crossing_slopes(const double* x, const double* p, const double* in, double* slope) {
    spread(x, p, in);
    m_.rhs(m_.context, width_, x_, p_, in_, out_);
    stop(out_, width_, clamped_);
    double *g = g_[0], *along_f = g_[1], *along_part = g_[2];
    if (watch_ >= 0) {
      const auto w = static_cast<std::size_t>(watch_);
      for (std::size_t j = 0; j < parts_.size(); ++j) slope[j] = -x1_[w][j] / out_[w][j];
      return;
    }
    m_.threshold(m_.context, width_, x_, p_, in_, g);
    t_.threshold(m_.context, width_, x_, p_, in_, out_, no_slope_.data(), no_slope_.data(), along_f);
    t_.threshold(m_.context, width_, x_, p_, in_, x1_, p1_, in1_, along_part);
    for (std::size_t j = 0; j < parts_.size(); ++j)
      slope[j] = moved_by(g[j], along_f[j], along_part[j], timed_ ? x[tau(j)] : 0);
  }

 private:
  static VariationalModel& at(void* context) { return *static_cast<VariationalModel*>(context); }
  static bool is_timed(const hk_model& m) { return m.reset && m.refractory; }
  std::uint32_t tau(std::size_t j) const {
    const std::uint32_t begin = slopes(parts_.size());
    return timed_ ? begin + static_cast<std::uint32_t>(j) : begin;
  }
  std::uint64_t with_slopes(std::uint64_t states) const {
    std::uint64_t all = 0;
    for (std::size_t j = 0; j <= parts_.size(); ++j) all |= states << (j * n_);
    return all;
  }
  hk_in param_slopes(std::size_t j, hk_in p) {
    if (parts_[j].kind == Part::Kind::param)
      for (std::uint32_t d = 0; d < m_.n_derived; ++d) param_slopes_[j][m_.n_params + d] = p[derived_at_[j] + d];
    return param_slopes_[j].data();
  }
  hk_in input_slopes(std::size_t j, hk_in in) {
    if (parts_[j].kind == Part::Kind::input) input_slopes_[j][parts_[j].index] = in[input_at_[j]];
    return input_slopes_[j].data();
  }
  /// States that stand still.
  static void stop(Rows& f, std::uint32_t lanes, std::uint64_t states) {
    for (std::uint32_t k = 0; k < f.fields(); ++k)
      if (states >> k & 1) std::fill_n(f[k], lanes, 0.0);
  }
  /// The slope of a spike's time from g there and its slopes along f and along a part. A neuron that stands above its
  /// threshold when it may fire, at the start or at the end of its refractory time, fires at once: that spike moves
  /// with the time at which it may.
  static double moved_by(double g, double along_f, double along_part, double may_fire) {
    constexpr double off_the_crossing_ms = 1e-6;  // crossings are located to rounding
    return std::abs(g) <= off_the_crossing_ms * std::abs(along_f) ? -along_part / along_f : may_fire;
  }

  void rhs(std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
    ran_ = true;
    m_.rhs(m_.context, lanes, x, p, in, dx);
    for (std::size_t j = 0; j < parts_.size(); ++j)
      t_.rhs(m_.context, lanes, x, p, in, x + slopes(j), param_slopes(j, p), input_slopes(j, in), dx + slopes(j));
    for (std::uint32_t k = slopes(parts_.size()); k < model_.n_state; ++k) std::fill_n(dx[k], lanes, 0.0);
  }

  void reset(std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after) {
    m_.reset(m_.context, lanes, x, p, in, after);
    for (std::uint32_t k = 0; k < n_; ++k)
      if (clamped_ >> k & 1) std::copy_n(x[k], lanes, after[k]);
    m_.rhs(m_.context, lanes, x, p, in, before_);
    m_.rhs(m_.context, lanes, after, p, in, after_);
    stop(before_, lanes, clamped_), stop(after_, lanes, clamped_ | (timed_ ? m_.held : 0));
    double *g = g_[0], *along_f = g_[1], *dt = g_[2];
    m_.threshold(m_.context, lanes, x, p, in, g);
    t_.threshold(m_.context, lanes, x, p, in, before_, no_slope_.data(), no_slope_.data(), along_f);
    for (std::size_t j = 0; j < parts_.size(); ++j) {
      const hk_in s = x + slopes(j), p1 = param_slopes(j, p), in1 = input_slopes(j, in);
      const hk_out s_after = after + slopes(j);
      t_.threshold(m_.context, lanes, x, p, in, s, p1, in1, dt);
      for (std::uint32_t i = 0; i < lanes; ++i) dt[i] = moved_by(g[i], along_f[i], dt[i], timed_ ? x[tau(j)][i] : 0);
      for (std::uint32_t k = 0; k < n_; ++k)
        for (std::uint32_t i = 0; i < lanes; ++i) moved_[k][i] = s[k][i] + before_[k][i] * dt[i];
      t_.reset(m_.context, lanes, x, p, in, moved_, p1, in1, s_after);
      for (std::uint32_t k = 0; k < n_; ++k)
        for (std::uint32_t i = 0; i < lanes; ++i) s_after[k][i] -= after_[k][i] * dt[i];
      if (timed_) std::copy_n(dt, lanes, after[tau(j)]);
    }
  }

  /// What was held sets out.
  void release(std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out after) {
    for (std::uint32_t k = 0; k < model_.n_state; ++k) std::copy_n(x[k], lanes, after[k]);
    m_.rhs(m_.context, lanes, x, p, in, after_);
    stop(after_, lanes, clamped_);
    for (std::size_t j = 0; j < parts_.size(); ++j) {
      double* dt = g_[0];
      t_.refractory(m_.context, lanes, p, param_slopes(j, p), dt);
      for (std::uint32_t i = 0; i < lanes; ++i) dt[i] += x[tau(j)][i];
      std::copy_n(dt, lanes, after[tau(j)]);
      for (std::uint32_t k = 0; k < n_; ++k)
        if (m_.held >> k & 1)
          for (std::uint32_t i = 0; i < lanes; ++i) after[slopes(j) + k][i] -= after_[k][i] * dt[i];
    }
  }

  // One neuron by itself: a few parts one after the other, more of them at once: then it stands in every lane, and each
  // lane has a part of its own.
  static constexpr std::size_t one_by_one = 3;

  void spread(const double* x, const double* p, const double* in) {
    for (std::uint32_t k = 0; k < n_; ++k) std::fill_n(x_[k], width_, x[k]);
    for (std::uint32_t k = 0; k < m_.n_inputs; ++k) std::fill_n(in_[k], width_, in[k]);
    for (std::size_t j = 0; j < parts_.size(); ++j) {
      for (std::uint32_t k = 0; k < n_; ++k) x1_[k][j] = x[slopes(j) + k];
      if (parts_[j].kind == Part::Kind::input) in1_[parts_[j].index][j] = in[input_at_[j]];
    }
    if (!spread_p_.empty() && std::equal(spread_p_.begin(), spread_p_.end(), p))
      return;  // they are those of the last neuron nearly always
    spread_p_.assign(p, p + model_.n_params);
    for (std::uint32_t k = 0; k < n_p_; ++k) std::fill_n(p_[k], width_, p[k]);
    for (std::size_t j = 0; j < parts_.size(); ++j)
      for (std::uint32_t d = 0; parts_[j].kind == Part::Kind::param && d < m_.n_derived; ++d)
        p1_[m_.n_params + d][j] = p[derived_at_[j] + d];
  }
  void rhs(const double* x, const double* p, const double* in, double* dx) {
    ran_ = true;
    if (m_single_.rhs_tangent && !parts_.empty() && parts_.size() <= one_by_one) {
      for (std::size_t j = 0; j < parts_.size(); ++j) {
        std::vector<double>&p1 = single_p1_[j], &in1 = single_in1_[j];
        if (parts_[j].kind == Part::Kind::param)
          std::copy_n(p + derived_at_[j], m_.n_derived, p1.begin() + m_.n_params);
        if (parts_[j].kind == Part::Kind::input) in1[parts_[j].index] = in[input_at_[j]];
        m_single_.rhs_tangent(m_.context, x, p, in, x + slopes(j), p1.data(), in1.data(), dx, dx + slopes(j));
      }
      std::fill(dx + slopes(parts_.size()), dx + model_.n_state, 0.0);
      return;
    }
    spread(x, p, in);
    if (m_single_.rhs) {
      m_single_.rhs(m_.context, x, p, in, dx);
    } else {
      m_.rhs(m_.context, width_, x_, p_, in_, out_);
      for (std::uint32_t k = 0; k < n_; ++k) dx[k] = out_[k][0];
    }
    if (!parts_.empty()) t_.rhs(m_.context, width_, x_, p_, in_, x1_, p1_, in1_, out_);
    for (std::size_t j = 0; j < parts_.size(); ++j)
      for (std::uint32_t k = 0; k < n_; ++k) dx[slopes(j) + k] = out_[k][j];
    std::fill(dx + slopes(parts_.size()), dx + model_.n_state, 0.0);
  }
  double threshold(const double* x, const double* p, const double* in) {
    if (m_single_.threshold) return m_single_.threshold(m_.context, x, p, in);
    spread(x, p, in);
    m_.threshold(m_.context, width_, x_, p_, in_, g_[0]);
    return g_[0][0];
  }

  /// 0 = f(x, theta) at the equilibrium: the free states move by -J^-1 (f_theta + f_clamped), with the clamped ones'
  /// slopes as they are.
  void rest_slopes(std::vector<double>& slope) {
    std::vector<std::uint32_t> free;
    for (std::uint32_t k = 0; k < n_; ++k)
      if (!(clamped_ >> k & 1)) free.push_back(k);
    if (free.empty() || parts_.empty()) return;
    t_.rhs(m_.context, width_, x_, p_, in_, x1_, p1_, in1_, out_);
    const auto n = static_cast<Eigen::Index>(free.size());
    const auto at = [&](Eigen::Index i) { return free[static_cast<std::size_t>(i)]; };
    Eigen::MatrixXd along(n, static_cast<Eigen::Index>(parts_.size())), jacobian(n, n);
    for (Eigen::Index j = 0; j < along.cols(); ++j)
      for (Eigen::Index i = 0; i < n; ++i) along(i, j) = out_[at(i)][j];
    for (Eigen::Index j = 0; j < n; ++j) {
      for (std::uint32_t k = 0; k < n_; ++k) std::fill_n(x1_[k], width_, k == at(j) ? 1.0 : 0.0);
      t_.rhs(m_.context, width_, x_, p_, in_, x1_, no_slope_.data(), no_slope_.data(), out_);
      for (Eigen::Index i = 0; i < n; ++i) jacobian(i, j) = out_[at(i)][0];
    }
    const Eigen::MatrixXd moved = -jacobian.fullPivLu().solve(along);
    for (Eigen::Index j = 0; j < along.cols(); ++j)
      for (Eigen::Index i = 0; i < n; ++i) slope[static_cast<std::size_t>(j) * n_ + at(i)] = moved(i, j);
  }

  const hk_model& m_;
  const hk_tangent& t_;
  hk_single m_single_{};
  std::vector<Part> parts_;
  std::uint32_t n_, n_p_;
  bool timed_, lacked_ = false, ran_ = false;
  std::int32_t watch_;
  std::uint64_t clamped_;
  std::uint32_t width_;  ///< of one neuron: a lane for each part
  Rows zeros_, ones_;
  std::vector<const double*> no_slope_;
  std::vector<std::vector<const double*>> param_slopes_, input_slopes_;  ///< rows by part
  std::vector<std::uint32_t> derived_at_, input_at_;                     ///< where those that change begin, by part
  std::vector<std::vector<double>> single_p1_, single_in1_;              ///< of one neuron, by part
  std::vector<hk_field> state_, params_, inputs_;
  hk_model model_{};
  hk_single single_{};
  Rows before_, after_, moved_, g_;        // at a reset
  Rows x_, p_, in_, x1_, p1_, in1_, out_;  // of one neuron
  std::vector<double> spread_p_;           // what p_ and p1_ are filled with
};

// --- Runs ---------------------------------------------------------------------------------------------------------

/// Refuses what has no slopes.
void require_slopes(const Neuron& n, SpikeDetail told) {
  const NeuronSpec& e = *n.spec;
  const Plugin& plugin = *e.model.plugin;
  const hk_model& m = plugin.model();
  if (!plugin.tangent())
    throw Error(e.model.place, fmt::format("model '{}' has no derivatives, so its runs have no slopes", plugin.id),
                "the SDK for C++ makes them from the equations");
  if (VariationalModel::most(m) == 0)
    throw Error(e.model.place,
                fmt::format("model '{}' has {} states, beside which no slopes have room", plugin.id, m.n_state),
                "slopes are taken of models of at most 31 states");
  if (m.release)
    throw Error(
        e.model.place,
        fmt::format("model '{}' jumps at the end of its refractory time, and says no slope of that", plugin.id));
  for (const std::uint32_t k : e.simulate.record)
    if (k >= m.n_state)
      throw Error(e.simulate.place,
                  fmt::format("'{}' of model '{}' is observed and no state: no slope of it is known",
                              recordable(m, k).name, plugin.id),
                  "record states alone where slopes are taken");
  const bool spikes = (m.threshold && m.reset) || ((m.threshold || e.simulate.spikes) && told != SpikeDetail::none);
  const OptionValues& options = e.integrator.options;
  if (spikes && options.declares("spikes") && options.text("spikes") == "on_grid")
    throw Error(e.integrator.place, "with spikes on the grid of steps the time of a spike jumps and has no slope",
                "add spikes: located to the integrator, or take an adaptive one");
}

/// Refuses a threshold or a reset that looks at an input that changes: there the input's slope in time would count,
/// which signals do not say.
void require_still_inputs(const std::vector<const Neuron*>& neurons, const Lanes& own) {
  const NeuronSpec& first = *neurons[0]->spec;
  const hk_model& m = *own.model;
  const hk_tangent& t = *first.model.plugin->tangent();
  if (!m.threshold) return;
  const std::uint32_t lanes = own.x.lanes();
  Rows in(m.n_inputs, lanes), x1(m.n_state, lanes), p1(m.n_params + m.n_derived, lanes), in1(m.n_inputs, lanes),
      out(m.n_state, lanes), g(1, lanes);
  for (std::uint32_t k = 0; k < m.n_inputs; ++k) {
    if (m.inputs[k].kind == HK_DRAW) continue;
    std::fill_n(in1[k], lanes, 1.0);
    t.threshold(m.context, lanes, own.x, own.p, in, x1, p1, in1, g[0]);
    if (m.reset) t.reset(m.context, lanes, own.x, own.p, in, x1, p1, in1, out);
    std::fill_n(in1[k], lanes, 0.0);
    for (std::uint32_t i = 0; i < neurons.size(); ++i) {
      bool looks = g[0][i] != 0;
      for (std::uint32_t r = 0; r < m.n_state; ++r) looks = looks || out[r][i] != 0;
      const Signal* s = neurons[i]->inputs[k].get();
      if (looks && s && (s->varies(0) || std::isfinite(s->next_edge(0))))
        throw Error(
            first.model.place,
            fmt::format("spikes of model '{}' look at its input '{}', which changes in time: they have no slopes",
                        first.model.plugin->id, m.inputs[k].name),
            "slopes of this model need a constant input there");
    }
  }
}

/// How one pass over a batch is put together from the runs' own lanes.
Lanes larger_lanes(VariationalModel& larger, const std::vector<const Neuron*>& neurons, const Lanes& own,
                   const std::vector<std::vector<const Signal*>>& input_slopes) {
  const hk_model& model = larger.model();
  const hk_model& m = *own.model;
  const std::uint32_t lanes = own.x.lanes();
  const std::size_t parts = input_slopes.size();
  Lanes l{own.spec,
          own.for_ms,
          own.every_ms,
          own.neurons,
          &model,
          larger.parameters(own.p),
          Rows(model.n_state, lanes),
          own.inputs,
          std::vector<std::vector<double>>(model.n_inputs),
          own.seeds,
          own.record,
          larger.clamped(),
          [&larger](const char* id) { return larger.get(id); },
          nullptr};
  for (const auto& signals : input_slopes)
    if (!signals.empty()) l.inputs.push_back(signals);
  for (std::size_t j = 0; j < parts; ++j)
    for (const std::uint32_t k : own.record) l.record.push_back(larger.slopes(j) + k);
  std::vector<double> p(model.n_params), in(model.n_inputs), start(m.n_state), given(m.n_state);
  for (std::uint32_t i = 0; i < lanes; ++i) {
    const std::size_t neuron = std::min<std::size_t>(i, neurons.size() - 1);
    const SimulateBlock& run = neurons[neuron]->spec->simulate;
    for (std::uint32_t k = 0; k < m.n_state; ++k) {
      l.x[k][i] = start[k] = own.x[k][i];
      given[k] = std::isfinite(run.start[k]) ? run.start[k] : m.state[k].value;
    }
    for (std::uint32_t k = 0; k < model.n_params; ++k) p[k] = l.p[k][i];
    for (std::uint32_t k = 0; k < model.n_inputs; ++k) {
      const Signal* s = l.inputs[k][neuron];
      in[k] = s ? s->at(0, 0) : k < m.n_inputs && m.inputs[k].kind == HK_DRAW ? m.inputs[k].value : 0;
    }
    const std::vector<double> slope = larger.start_slopes(run, start.data(), given.data(), p.data(), in.data());
    for (std::size_t j = 0; j < parts; ++j)
      for (std::uint32_t k = 0; k < m.n_state; ++k) l.x[larger.slopes(j) + k][i] = slope[j * m.n_state + k];
  }
  return l;
}

/// V = scale x + shift + series I, see ReadoutBlock, along one direction.
std::vector<double> voltage_slopes(const Neuron& n, const Trajectory& run, const Slopes& slopes, const Named& d,
                                   const Signal* input_slope) {
  const NeuronSpec& e = *n.spec;
  const auto& record = e.simulate.record;
  const auto found = std::find(record.begin(), record.end(), e.readout.of);
  if (found == record.end()) return {};
  const auto r = static_cast<std::size_t>(found - record.begin());
  // an edge at a sample belongs to what follows it, as in what is recorded of the inputs
  std::vector<double> v(run.time_ms.size(), 0.0);
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double t = run.time_ms[i];
    if (!slopes.states.empty()) v[i] = e.readout.scale * slopes.states[r][i];
    if (d.part.kind == Part::Kind::scale) v[i] += run.states[r][i];
    if (d.part.kind == Part::Kind::shift) v[i] += 1;
    const Signal* current = n.inputs[e.drive.of].get();
    if (d.part.kind == Part::Kind::series && current)
      v[i] += 1e-3 * (current->at(just_after_ms(e, t), t) - e.drive.shift) / e.drive.gain;
    // the recorded current itself does not move with its drive
    if (input_slope && !d.is_drive() && d.part.index == e.drive.of)
      v[i] += 1e-3 * e.readout.series_MOhm * input_slope->at(just_after_ms(e, t), t) / e.drive.gain;
  }
  return v;
}

/// One batch of neurons whose directions are the same parts.
std::vector<Sensitivity> run_batch(const std::vector<const Neuron*>& neurons,
                                   const std::vector<const std::vector<Named>*>& named, SpikeDetail told) {
  const Neuron& first = *neurons[0];
  const Plugin& plugin = *first.spec->model.plugin;
  const hk_model& m = plugin.model();
  const std::size_t directions = named[0]->size();
  std::vector<std::size_t> moving;  // directions that move states
  for (std::size_t d = 0; d < directions; ++d)
    if ((*named[0])[d].part.moves_state()) moving.push_back(d);

  std::vector<Sensitivity> results(neurons.size());
  for (Sensitivity& s : results) s.along.resize(directions);
  std::vector<std::vector<std::shared_ptr<const Signal>>> signals(directions);
  for (std::size_t d = 0; d < directions; ++d) {
    InputSlopes make;
    for (std::size_t i = 0; i < neurons.size(); ++i)
      if ((*named[i])[d].part.kind == Part::Kind::input) signals[d].push_back(make.of(*neurons[i], (*named[i])[d]));
  }

  const Lanes own = lanes_of(neurons);
  {
    const PluginCall inside(plugin);
    require_still_inputs(neurons, own);
  }
  const std::size_t most = VariationalModel::most(m),
                    passes = std::max<std::size_t>(1, (moving.size() + most - 1) / most);
  for (std::size_t pass = 0; pass < passes; ++pass) {
    const std::size_t begin = moving.size() * pass / passes, end = moving.size() * (pass + 1) / passes,
                      count = end - begin;
    std::vector<Part> parts;
    std::vector<std::vector<const Signal*>> input_slopes(count);
    for (std::size_t j = 0; j < count; ++j) {
      parts.push_back((*named[0])[moving[begin + j]].part);
      for (const auto& s : signals[moving[begin + j]]) input_slopes[j].push_back(s.get());
    }
    VariationalModel larger(plugin, first.spec->simulate, std::move(parts), own.x.lanes());
    Lanes lanes = [&] {
      const PluginCall inside(plugin);
      return larger_lanes(larger, neurons, own, input_slopes);
    }();
    std::vector<std::vector<double>> crossings(neurons.size());  // spike after spike, part after part
    std::vector<double> p(larger.model().n_params);
    lanes.spikes = told;
    if (told != SpikeDetail::none)
      lanes.crossing = [&](std::uint32_t lane, const double* x, const double* in) {
        if (lane >= neurons.size()) return;
        for (std::size_t k = 0; k < p.size(); ++k) p[k] = lanes.p[k][lane];
        std::vector<double>& all = crossings[lane];
        all.resize(all.size() + count);
        larger.crossing_slopes(x, p.data(), in, all.data() + all.size() - count);
      };
    std::vector<Trajectory> runs;
    try {
      runs = integrate(lanes);
    } catch (const Error& e) {
      if (!larger.lacked() || larger.ran() || !e.hint().empty()) throw;
      throw Error(e.place(), e.message(), "said of the equations of the slopes, which have no derivatives themselves",
                  e.status());
    }
    for (std::size_t i = 0; i < neurons.size(); ++i) {
      Trajectory& run = runs[i];
      const std::size_t spikes = run.spikes_ms.size(), recorded = own.record.size();
      if (crossings[i].size() != spikes * count)
        throw Error(first.spec->integrator.place,
                    fmt::format("integrator '{}' does not say where its spikes lie, so their times have no slopes",
                                first.spec->integrator.plugin->id),
                    "take another integrator", Exit::run_failed);
      for (std::size_t j = 0; j < count; ++j) {
        Slopes& s = results[i].along[moving[begin + j]];
        for (std::size_t r = 0; r < recorded; ++r) s.states.push_back(std::move(run.states[(1 + j) * recorded + r]));
        for (std::size_t k = 0; k < spikes; ++k) s.spikes_ms.push_back(crossings[i][k * count + j]);
      }
      run.states.resize(recorded);
      if (pass == 0) {
        results[i].run = std::move(run);
      } else if (Trajectory& of = results[i].run;
                 of.ok() && (spikes != of.spikes_ms.size() || run.time_ms.size() != of.time_ms.size())) {
        // steps of an adaptive scheme follow the slopes too, and may decide a doubtful crossing otherwise
        of.failure = Failure{"spikes in doubt at this tolerance", neurons[i]->for_ms};
      }
    }
  }
  for (std::size_t i = 0; i < neurons.size(); ++i)
    for (std::size_t d = 0; d < directions; ++d) {
      Slopes& s = results[i].along[d];
      const Trajectory& run = results[i].run;
      if (s.spikes_ms.empty()) s.spikes_ms.assign(run.spikes_ms.size(), 0.0);
      s.voltage =
          voltage_slopes(*neurons[i], run, s, (*named[i])[d], signals[d].empty() ? nullptr : signals[d][i].get());
      if (s.states.empty()) s.states.assign(run.states.size(), std::vector<double>(run.time_ms.size(), 0.0));
    }
  return results;
}

}  // namespace

void simulate_slopes(const std::vector<Neuron>& neurons, const std::vector<Direction>& directions,
                     const std::function<void(std::size_t, Sensitivity)>& done, SpikeDetail spikes) {
  std::vector<std::vector<Named>> named;
  for (const Neuron& n : neurons) {
    require_slopes(n, spikes);
    named.emplace_back();
    for (const Direction& d : directions) named.back().push_back(find(n, d));
  }
  for_each_batch(neurons, 1 + directions.size(), [&](const auto& together, const auto& index) {
    // nearly always one group: experiments of one model name the same numbers by the same paths
    std::map<std::vector<Part>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < together.size(); ++i) {
      std::vector<Part> parts;
      for (const Named& d : named[index[i]]) parts.push_back(d.part);
      groups[std::move(parts)].push_back(i);
    }
    for (const auto& group : groups) {
      std::vector<const Neuron*> members;
      std::vector<const std::vector<Named>*> theirs;
      for (const std::size_t i : group.second) members.push_back(together[i]), theirs.push_back(&named[index[i]]);
      std::vector<Sensitivity> results = run_batch(members, theirs, spikes);
      for (std::size_t i = 0; i < members.size(); ++i) done(index[group.second[i]], std::move(results[i]));
    }
  });
}

void check_slopes(const Neuron& neuron, const std::vector<Direction>& directions, SpikeDetail spikes) {
  require_slopes(neuron, spikes);
  for (const Direction& d : directions) find(neuron, d);
  const Lanes lanes = lanes_of({&neuron});
  const PluginCall inside(*neuron.spec->model.plugin);
  require_still_inputs({&neuron}, lanes);
}

Sensitivity simulate_slopes(const Neuron& neuron, const std::vector<Direction>& directions) {
  Sensitivity result;
  simulate_slopes({neuron}, directions, [&](std::size_t, Sensitivity s) { result = std::move(s); });
  return result;
}

}  // namespace hillock
