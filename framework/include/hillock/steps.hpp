#pragma once
// The time loops of fixed-step schemes over a model's own equations: "hillock.model.steps/1", part of every model's
// library. A block of neurons keeps its states in registers for many steps, in packs that do not wait for each other;
// spikes leave as bits. Each operation is that of the scheme's plugin, in its order.
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include "hillock/abi.h"
#include "hillock/pack.hpp"
#include "hillock/trace.hpp"

namespace hillock {
namespace [[gnu::visibility("hidden")]] detail {

/// f(0), f(1), ..., f(n - 1), with constants for arguments: what is indexed by them can stay in registers.
template <std::size_t n, class F> [[gnu::always_inline]] inline void unrolled(F&& f) {
  [&]<std::size_t... i>(std::index_sequence<i...>)
      HILLOCK_INLINE { (f(std::integral_constant<std::size_t, i>{}), ...); }(std::make_index_sequence<n>{});
}

/// The loops of a model seen through its Binding B.
template <class B> struct Loops {
  static constexpr std::size_t nx = B::nx, np = B::np, nd = B::nd, ni = B::ni;
  template <class T> using Flat = std::array<T, nx>;
  using Slope = DualOf<Pack>;
  template <class S, std::size_t n, class F> [[gnu::always_inline]] static S make(F&& f) {
    return [&]<std::size_t... k>(std::index_sequence<k...>)
               HILLOCK_INLINE { return S{f(k)...}; }(std::make_index_sequence<n>{});
  }

  using Inputs = typename B::template I<Pack>;
  /// The constants of one pack of neurons, as its equations take them: copies of them would be most of what there is to
  /// compile.
  struct Cell {
    typename B::template P<Pack> p;
    typename B::template D<Pack> d;
    Inputs in;
  };
  /// The numbers of a state. Not by bit_cast, after which GCC keeps them in memory.
  [[gnu::always_inline]] static Flat<Pack> flat(const typename B::template X<Pack>& x) {
    Flat<Pack> numbers;
    unrolled<nx>([&](auto k) HILLOCK_INLINE { numbers[k] = reinterpret_cast<const Pack*>(&x)[k()]; });
    return numbers;
  }
  /// The equations of one pack of neurons at one time. Valid as long as what it points to.
  struct Equations {
    const Cell* cell = nullptr;
    const Inputs* in = nullptr;

    template <class F> [[gnu::always_inline]] auto call(F&& f, const Flat<Pack>& x) const {
      return f(make<typename B::template X<Pack>, nx>([&](std::size_t k) HILLOCK_INLINE { return x[k]; }), cell->p,
               cell->d, *in);
    }
    template <bool apart> [[gnu::always_inline]] Flat<Pack> rhs(const Flat<Pack>& x) const {
      if constexpr (apart) return rhs_apart(*cell, *in, x);
      else return flat(call(B::rhs_of, x));
    }
    /// Compiled once where the equations are long: then a call costs little beside them.
    [[gnu::noinline]] static Flat<Pack> rhs_apart(const Cell& cell, const Inputs& in, const Flat<Pack>& x) {
      return Equations{&cell, &in}.template rhs<false>(x);
    }
    [[gnu::always_inline]] Pack threshold(const Flat<Pack>& x) const { return call(B::threshold_of, x); }
    [[gnu::always_inline]] Flat<Pack> reset(const Flat<Pack>& x) const { return flat(call(B::reset_of, x)); }
    [[gnu::always_inline]] Flat<Pack> peak(const Flat<Pack>& x) const { return flat(call(B::peak_of, x)); }
  };
  /// The n numbers that f(0), f(1), ... give, as the struct S of them.
  template <class S, std::size_t n, class F> [[gnu::always_inline]] static S packed(F&& f) {
    if constexpr (n == 0) {
      return {};
    } else {
      return make<S, n>(f);
    }
  }

  /// Each state as a marked number, all else constant but for the inputs, if they are marked too.
  template <class F> [[gnu::always_inline]] static Flat<Trace> traced(F&& f, Trace input = {}) {
    return std::bit_cast<Flat<Trace>>(
        f(make<typename B::template X<Trace>, nx>([](std::size_t k) { return Trace(std::uint64_t{1} << k, 0); }),
          make<typename B::template P<Trace>, np>([](std::size_t) { return Trace(); }),
          make<typename B::template D<Trace>, nd>([](std::size_t) { return Trace(); }),
          make<typename B::template I<Trace>, ni>([input](std::size_t) { return input; })));
  }
  /// Bit k: the slope of equation k in its own state is the same for every state.
  [[gnu::always_inline]] static std::uint64_t steady() {
    const auto bits = []() HILLOCK_INLINE {
      const Flat<Trace> t = traced(B::rhs_of);
      std::uint64_t mask = 0;
      unrolled<nx>([&](auto k) HILLOCK_INLINE { mask |= (~t[k].other & std::uint64_t{1} << k()); });
      return mask;
    };
    if constexpr (nx <= 2) {
      return bits();  // a constant, once it is inlined
    } else {
      static const std::uint64_t once = bits();
      return once;
    }
  }
  /// The numbers of a struct as duals without a slope.
  template <class To, std::size_t n, class S> static To constants(const S& s) {
    if constexpr (n == 0) {
      return {};
    } else {
      const auto numbers = std::bit_cast<std::array<Pack, n>>(s);
      return make<To, n>([&](std::size_t k) { return Slope(numbers[k]); });
    }
  }
  /// The slopes of the equations of `which` in their own states. Compiled once: it is as long as all equations.
  [[gnu::noinline]] static void own_slopes(const Equations& e, const Flat<Pack>& x, std::uint64_t which,
                                           Flat<Pack>& own) {
    const auto p = constants<typename B::template P<Slope>, np>(e.cell->p);
    const auto d = constants<typename B::template D<Slope>, nd>(e.cell->d);
    const auto in = constants<typename B::template I<Slope>, ni>(*e.in);
    Flat<Slope> along;
    for (std::size_t k = 0; k < nx; ++k) along[k] = Slope(x[k], 0.0);
    for (std::size_t k = 0; k < nx; ++k)
      if (which >> k & 1) {
        along[k].slope = 1.0;
        const auto slopes = B::rhs_of(std::bit_cast<typename B::template X<Slope>>(along), p, d, in);
        own[k] = std::bit_cast<Flat<Slope>>(slopes)[k].slope;
        along[k].slope = 0.0;
      }
  }
  /// Bit k: that slope depends on an input.
  [[gnu::always_inline]] static std::uint64_t driven_slopes() {
    const auto bits = []() HILLOCK_INLINE {
      const Flat<Trace> t = traced(B::rhs_of, Trace(~std::uint64_t{0} << nx, 0));
      std::uint64_t mask = 0;
      unrolled<nx>([&](auto k) HILLOCK_INLINE { mask |= (t[k].other & std::uint64_t{1} << k()); });
      return mask & steady();
    };
    if constexpr (nx <= 2) {
      return bits();
    } else {
      static const std::uint64_t once = bits();
      return once;
    }
  }
  /// Whether what the reset makes of state k is not finite if the state was not.
  [[gnu::always_inline]] static bool carried(std::size_t k) { return traced(B::reset_of)[k].linear >> k & 1; }

  /// In place of a scheme: it is known when the loop runs.
  static constexpr std::uint32_t any_scheme = HK_SCHEMES;
  static constexpr bool is_exponential(std::uint32_t scheme) {
    return scheme == HK_EXPONENTIAL_EULER || scheme == HK_EXPONENTIAL_MIDDLE;
  }

  /// One pack of neurons on its way, by one scheme.
  template <std::uint32_t fixed> struct Walker {
    static constexpr bool exponential = fixed == any_scheme || is_exponential(fixed);
    static constexpr bool rests = B::has_reset && B::has_refractory, crosses = B::has_threshold && !B::has_reset;
    Flat<Pack> x;
    Pack left, rest;         // of a refractory time, in steps; of one that begins
    Pack g, armed;           // of crossings
    Flat<Pack> whole;        // dt (exp(B dt) - 1)/(B dt) of states whose slope B is steady
    Flat<Pack> half, own{};  // the same of half a step; B

    [[gnu::always_inline]] Flat<Pack> rhs(const Equations& e, const Flat<Pack>& at) const {
      Flat<Pack> d = e.template rhs<fixed == any_scheme>(at);
      if constexpr (rests)
        unrolled<nx>([&](auto k) HILLOCK_INLINE {
          if constexpr (B::held() >> k() & 1) d[k] = select(left > 0.0, 0.0, d[k]);
        });
      return d;
    }
    [[gnu::always_inline]] Flat<Pack> added(const Flat<Pack>& at, double h, const Flat<Pack>& d) const {
      Flat<Pack> y;
      unrolled<nx>([&](auto k) HILLOCK_INLINE { y[k] = at[k] + h * d[k]; });
      return y;
    }
    /// One step of exponential_euler by h, by the equations as they are at `at`; `ready`: h (exp(B h) - 1)/(B h) where
    /// B is steady.
    [[gnu::always_inline]] Flat<Pack> solve(const Equations& e, const Flat<Pack>& at, double h, const Flat<Pack>& ready,
                                            bool at_start) const {
      const Flat<Pack> d = rhs(e, at);
      Flat<Pack> slopes = own, y;
      const std::uint64_t moving = ~Loops::steady() & ((std::uint64_t{2} << (nx - 1)) - 1);
      if (moving) own_slopes(e, at, moving, slopes);
      unrolled<nx>([&](auto k) HILLOCK_INLINE {
        Pack moves = ready[k];
        if (moving >> k & 1) moves = h * growth(slopes[k] * h);
        if constexpr (rests && (B::held() >> k() & 1))
          moves = select(left > 0.0, h, moves), slopes[k] = select(left > 0.0, 0.0, slopes[k]);
        y[k] = x[k] + moves * (at_start ? d[k] : Pack(d[k] + slopes[k] * (x[k] - at[k])));
      });
      return y;
    }
    [[gnu::always_inline]] void begin(const Equations& e, double dt, std::uint32_t scheme) {
      if constexpr (exponential) {
        if (!is_exponential(scheme)) return;
        own_slopes(e, x, Loops::steady(), own);
        for (std::size_t k = 0; k < nx; ++k) {
          whole[k] = dt * growth(own[k] * dt);
          if (scheme == HK_EXPONENTIAL_MIDDLE) half[k] = 0.5 * dt * growth(own[k] * (0.5 * dt));
        }
      }
    }
    /// The state after one step, before spikes.
    template <std::uint32_t scheme> [[gnu::always_inline]] Flat<Pack> step_by(const Equations& e, double dt) const {
      if constexpr (scheme == HK_EULER) {
        return added(x, dt, rhs(e, x));
      } else if constexpr (scheme == HK_EULER_SEQUENTIAL) {
        Flat<Pack> y = x;
        unrolled<nx>([&](auto k) HILLOCK_INLINE { y[k] = x[k] + dt * rhs(e, y)[k]; });
        return y;
      } else if constexpr (scheme == HK_HALF_STEP_EULER) {
        Flat<Pack> y = x;
        y[0] += 0.5 * dt * rhs(e, y)[0];
        y[0] += 0.5 * dt * rhs(e, y)[0];
        const Flat<Pack> d = rhs(e, y);
        unrolled<nx>([&](auto k) HILLOCK_INLINE {
          if constexpr (k() > 0) y[k] += dt * d[k];
        });
        return y;
      } else if constexpr (scheme == HK_HEUN) {
        const Flat<Pack> k1 = rhs(e, x), k2 = rhs(e, added(x, dt, k1));
        Flat<Pack> y;
        unrolled<nx>([&](auto k) HILLOCK_INLINE { y[k] = x[k] + 0.5 * dt * (k1[k] + k2[k]); });
        return y;
      } else if constexpr (scheme == HK_RK4) {
        return runge_kutta<1>(this, &e, dt)[0];
      } else if constexpr (scheme == HK_EXPONENTIAL_EULER) {
        return solve(e, x, dt, whole, true);
      } else {
        const Flat<Pack> middle = solve(e, x, 0.5 * dt, half, true);
        return solve(e, middle, dt, whole, false);
      }
    }
    [[gnu::always_inline]] Flat<Pack> step(const Equations& e, double dt, std::uint32_t scheme) const {
      if constexpr (fixed != any_scheme) {
        return step_by<fixed>(e, dt);
      } else {
        Flat<Pack> y = x;
        [&]<std::uint32_t... s>(std::integer_sequence<std::uint32_t, s...>) HILLOCK_INLINE {
          ((scheme == s ? void(y = step_by<s>(e, dt)) : void()), ...);
        }(std::make_integer_sequence<std::uint32_t, HK_SCHEMES>{});
        return y;
      }
    }
    /// Of several packs, all to one stage before any to the next: their operations do not wait for each other.
    template <std::size_t n>
    [[gnu::always_inline]] static std::array<Flat<Pack>, n> runge_kutta(const Walker* w, const Equations* e,
                                                                        double dt) {
      std::array<Flat<Pack>, n> y, k1, k2, k3, k4;
      unrolled<n>([&](auto j) HILLOCK_INLINE { k1[j] = w[j].rhs(e[j], w[j].x); });
      unrolled<n>([&](auto j) HILLOCK_INLINE { k2[j] = w[j].rhs(e[j], w[j].added(w[j].x, 0.5 * dt, k1[j])); });
      unrolled<n>([&](auto j) HILLOCK_INLINE { k3[j] = w[j].rhs(e[j], w[j].added(w[j].x, 0.5 * dt, k2[j])); });
      unrolled<n>([&](auto j) HILLOCK_INLINE { k4[j] = w[j].rhs(e[j], w[j].added(w[j].x, dt, k3[j])); });
      unrolled<n>([&](auto j) HILLOCK_INLINE {
        unrolled<nx>([&](auto k) HILLOCK_INLINE {
          y[j][k] = w[j].x[k] + (1 / 6.) * dt * (k1[j][k] + Pack(2 * (k2[j][k] + k3[j][k])) + k4[j][k]);
        });
      });
      return y;
    }
    template <std::size_t n>
    [[gnu::always_inline]] static std::array<Flat<Pack>, n> steps(const Walker* w, const Equations* e, double dt,
                                                                  std::uint32_t scheme) {
      if constexpr (fixed == HK_RK4) {
        return runge_kutta<n>(w, e, dt);
      } else {
        std::array<Flat<Pack>, n> y;
        unrolled<n>([&](auto j) HILLOCK_INLINE { y[j] = w[j].step(e[j], dt, scheme); });
        return y;
      }
    }
    /// A copy by parts: GCC makes smaller pieces of a copy of the whole, which are slow to read together again.
    [[gnu::always_inline]] static void keep(Pack& to, const Pack& from) {
      for (std::size_t j = 0; j < parts; ++j) to.part[j] = from.part[j];
    }
    /// What follows a step to `next`; the lanes that spiked. `alone`: nothing else is computed meanwhile, so that a
    /// spike is better foreseen than waited for. If the step is seen and there are peaks of spikes, `shown` is what a
    /// recording shows.
    template <bool alone>
    [[gnu::always_inline]] unsigned arrive(const Equations& e, Flat<Pack> next, [[maybe_unused]] bool seen,
                                           [[maybe_unused]] Flat<Pack>& shown) {
      unsigned bits = 0;
      if constexpr (B::has_reset) {
        PackMask fired;
        if constexpr (rests) {
          // a refractory time that was spent on the threshold itself does not end with a spike: only what rises from
          // there does
          fired = e.threshold(next) >= min(left, Pack(std::numeric_limits<double>::min())) && left <= 1.0;
          left = select(left > 0.0, left - 1.0, left);
        } else {
          fired = e.threshold(next) >= 0.0;
        }
        bits = fired.bits();
        const Flat<Pack> before = next;
        if (!alone || bits) {
          const Flat<Pack> after = e.reset(before);
          unrolled<nx>([&](auto k) HILLOCK_INLINE {
            next[k] = carried(k) ? select(fired, after[k], before[k]) : select_finite(fired, after[k], before[k]);
          });
          if constexpr (rests) left = select(fired, rest, left);
        }
        if constexpr (B::has_peak)
          if (seen) {
            unrolled<nx>([&](auto k) HILLOCK_INLINE { keep(shown[k], next[k]); });
            if (bits) {
              const Flat<Pack> peak = e.peak(before);
              unrolled<nx>([&](auto k) HILLOCK_INLINE { shown[k] = select(fired, peak[k], before[k]); });
            }
          }
      } else if constexpr (crosses) {
        const Pack now = e.threshold(next);
        const PackMask crossed = armed > 0.0 && g < 0.0 && now >= 0.0;
        armed = select(crossed, 0.0, select(now < B::rearm(), 1.0, armed));
        g = now, bits = crossed.bits();
      }
      unrolled<nx>([&](auto k) HILLOCK_INLINE { keep(x[k], next[k]); });
      return bits;
    }
  };

  /// How inputs come to a loop: they do not change; by step, computed where they are used; either, kept in the cells.
  enum InputKind { constant, by_step, either };
  /// The gain of an input that is not told by step.
  alignas(64) static constexpr double no_gain[HK_MAX_WIDTH] = {};

  /// The inputs of the present step: gain * now + shift; of an input that is not told by step, 0 * -0 + itself.
  struct Driven {
    std::array<const double*, ni> values, gain, shift;
    std::array<double, ni> now;

    [[gnu::always_inline]] Driven(const double* const* by_step, const hk_run& r) {
      for (std::size_t k = 0; k < ni; ++k) {
        values[k] = by_step ? by_step[k] : nullptr;
        gain[k] = values[k] ? r.gain[k] : no_gain;
        shift[k] = values[k] ? r.shift[k] : r.in[k];
        now[k] = -0.0;
      }
    }
    /// How many steps the values of the next one hold, at most `left`.
    [[gnu::always_inline]] std::uint64_t holds(std::uint64_t left) const {
      const auto same = [&](std::uint64_t step) HILLOCK_INLINE {
        bool all = true;
        unrolled<ni>([&](auto k) HILLOCK_INLINE { all = all && (!values[k] || values[k][step] == *values[k]); });
        return all;
      };
      std::uint64_t hold = 1;
      while (hold < left && same(hold)) ++hold;
      return hold;
    }
    /// Takes the values of the next steps.
    [[gnu::always_inline]] void take(std::uint64_t steps) {
      unrolled<ni>([&](auto k) HILLOCK_INLINE {
        if (values[k]) now[k] = *values[k], values[k] += steps;
      });
    }
    /// Those of the lanes that begin at `at`.
    [[gnu::always_inline]] Inputs inputs(std::size_t at) const {
      return packed<Inputs, ni>([&](std::size_t k) HILLOCK_INLINE {
        return Pack(Pack::load(gain[k] + at) * Pack(now[k])) + Pack::load(shift[k] + at);
      });
    }
  };
  /// The inputs of the next steps for all cells; returns how many steps they hold. Compiled once, for loops beside
  /// which a call is short.
  [[gnu::noinline]] static std::uint64_t drive_all(Driven& driven, Cell* cells, std::size_t packs, std::uint64_t left) {
    const std::uint64_t hold = driven.holds(left);
    driven.take(hold);
    for (std::size_t j = 0; j < packs; ++j) cells[j].in = driven.inputs(j * HK_LANES);
    return hold;
  }
  /// The constants of the lanes that begin at `at`.
  [[gnu::noinline]] static void load(Cell& cell, const hk_run& r, std::size_t at) {
    cell.p = packed<decltype(cell.p), np>([&](std::size_t k) { return Pack::load(r.p[k] + at); });
    cell.d = packed<decltype(cell.d), nd>([&](std::size_t k) { return Pack::load(r.p[np + k] + at); });
    cell.in = packed<Inputs, ni>([&](std::size_t k) { return Pack::load(r.in[k] + at); });
  }
  /// Writes one sample of each neuron and number that is recorded.
  template <class State>
  [[gnu::noinline]] static void write(double* sample, const hk_run& r, const State* first, std::size_t stride) {
    for (std::size_t lane = 0; lane < r.neurons; lane += HK_LANES) {
      const auto& x =
          *reinterpret_cast<const Flat<Pack>*>(reinterpret_cast<const char*>(first) + lane / HK_LANES * stride);
      for (std::uint32_t k = 0; k < r.n_record; ++k) {
        const Pack& from = x[r.record[k]];
        double* to = sample + k * r.stride + lane;
        if (r.neurons - lane >= HK_LANES) from.store(to);  // a few instructions, which a length is not
        else std::memcpy(to, &from, (r.neurons - lane) * sizeof(double));
      }
    }
  }

  /// All steps of n packs, or, if n is 0, of as many as there are: their states stay in the first cache, and one pack
  /// is computed while the results of others are on their way. The step stands here once, whether it is seen or not:
  /// to compile it takes longer than all else of a plugin.
  template <std::uint32_t scheme, std::size_t n, InputKind inputs> static void walk(const hk_run& r) {
    using W = Walker<scheme>;
    constexpr std::size_t most = n ? n : std::size_t{HK_MAX_WIDTH} / HK_LANES;
    const std::size_t packs = n ? n : r.lanes / HK_LANES;
    std::array<Cell, most> cell;
    std::array<W, most> walker;
    const double dt = r.dt;
    // as many packs as the registers hold; longer equations are calls
    constexpr bool is_short = nx <= 2 && (scheme == HK_EULER || scheme == HK_RK4);
    constexpr std::size_t together = n == 0 && is_short ? std::max<std::size_t>(1, 4 / parts) : 1;
    for (std::size_t j = 0; j < packs; ++j) {
      const std::size_t at = j * HK_LANES;
      W& w = walker[j];
      load(cell[j], r, at);
      for (std::size_t k = 0; k < nx; ++k) w.x[k] = Pack::load(r.x[k] + at);
      if constexpr (W::rests) w.left = Pack::load(r.resting + at), w.rest = Pack::load(r.rest + at);
      if constexpr (W::crosses) w.g = Pack::load(r.g + at), w.armed = Pack::load(r.armed + at);
      w.begin({&cell[j], &cell[j].in}, dt, r.scheme);
    }

    Driven driven(inputs == constant ? nullptr : r.by_step, r);
    // Takes the inputs of the next step; returns how many steps they hold, at most `left`. REQUIRES: left > 0.
    const auto drive = [&](std::uint64_t left) HILLOCK_INLINE {
      std::uint64_t hold = 1;
      if constexpr (inputs == by_step) {
        driven.take(1);
      } else if constexpr (n == 1) {
        driven.take(hold = driven.holds(left));
        cell[0].in = driven.inputs(0);
      } else {
        hold = drive_all(driven, cell.data(), packs, left);
      }
      if constexpr (W::exponential)
        if (Loops::driven_slopes())
          for (std::size_t j = 0; j < packs; ++j) {
            if constexpr (inputs == by_step) cell[j].in = driven.inputs(j * HK_LANES);
            walker[j].begin({&cell[j], &cell[j].in}, dt, r.scheme);
          }
      return hold;
    };

    std::array<std::uint64_t, 1> unread;
    auto* bits = reinterpret_cast<unsigned char*>(r.spikes ? r.spikes : unread.data());
    const std::size_t stride = r.spikes ? sizeof(std::uint64_t) : 0;
    std::array<Flat<Pack>, B::has_peak ? most : 1> shown;
    bool seen = false;
    const auto some = [&](auto count, std::size_t first) HILLOCK_INLINE {
      std::array<Inputs, inputs == by_step ? count() : 0> now;
      std::array<Equations, count()> e;
      unrolled<count()>([&](auto i) HILLOCK_INLINE {
        const std::size_t j = first + i();
        e[i] = {&cell[j], &cell[j].in};
        if constexpr (inputs == by_step) now[i] = driven.inputs(j * HK_LANES), e[i].in = &now[i];
      });
      const std::array<Flat<Pack>, count()> next = W::template steps<count()>(&walker[first], e.data(), dt, r.scheme);
      unrolled<count()>([&](auto i) HILLOCK_INLINE {
        const std::size_t j = first + i();
        W w = walker[j];
        const unsigned fired = w.template arrive<n == 1>(e[i], next[i], seen, shown[B::has_peak ? j : 0]);
        unrolled<nx>([&](auto k) HILLOCK_INLINE { W::keep(walker[j].x[k], w.x[k]); });
        if constexpr (W::rests) W::keep(walker[j].left, w.left);
        if constexpr (W::crosses) W::keep(walker[j].g, w.g), W::keep(walker[j].armed, w.armed);
        bits[std::endian::native == std::endian::little ? j : 7 - j] = static_cast<unsigned char>(fired);
      });
    };
    double* sample = r.samples;
    const std::size_t row = r.n_record * r.stride;
    // of one number the copy is an instruction, else it is a call, which takes as long as the step
    const bool single = n == 1 && r.neurons == 1 && r.n_record == 1;
    const std::uint32_t which = single ? r.record[0] : 0;
    std::uint64_t room = r.n_samples, until = room > 0 ? r.first : 0, held = 0;
    for (std::uint64_t left = r.steps; left > 0; --left) {
      if constexpr (inputs != constant)
        if (r.by_step && held-- == 0) held = drive(left) - 1;
      seen = --until == 0;
      std::size_t j = 0;
      if constexpr (together > 1)
        for (; j + together <= packs; j += together) some(std::integral_constant<std::size_t, together>{}, j);
      for (; j < packs; ++j) some(std::integral_constant<std::size_t, 1>{}, j);
      bits += stride;
      if (!seen) continue;
      const Flat<Pack>& first = B::has_peak ? shown[0] : walker[0].x;
      if (single) std::memcpy(sample, &first[which], sizeof(double));
      else write(sample, r, &first, B::has_peak ? sizeof shown[0] : sizeof walker[0]);
      sample += row;
      until = --room > 0 ? r.every : 0;
    }

    for (std::size_t j = 0; j < packs; ++j) {
      const std::size_t at = j * HK_LANES;
      const W& w = walker[j];
      for (std::size_t k = 0; k < nx; ++k) w.x[k].store(r.x[k] + at);
      if constexpr (W::rests) w.left.store(r.resting + at);
      if constexpr (W::crosses) w.g.store(r.g + at), w.armed.store(r.armed + at);
    }
  }
  template <std::uint32_t scheme> static void chosen(const hk_run& r) {
    // compiled for each case where an input that is stored first takes as long as the step
    constexpr bool is_short = scheme == HK_EULER || (scheme == HK_EXPONENTIAL_EULER && nx == 1);
    if (r.lanes == HK_LANES) walk<scheme, 1, either>(r);
    else if (!is_short) walk<scheme, 0, either>(r);
    else if (r.by_step) walk<scheme, 0, is_short ? by_step : either>(r);
    else walk<scheme, 0, is_short ? constant : either>(r);
  }
  static void run(void*, const hk_run* from) noexcept {  // as each_pack is: the integrator is not blamed
    hk_run r{};
    std::memcpy(&r, from, std::min<std::size_t>(from->size, sizeof r));
    // a loop with refractory times or crossings serves where there are none: a second one would save a few operations
    alignas(64) std::array<double, 2 * HK_MAX_WIDTH> none{};
    if (!r.resting) r.resting = none.data(), r.rest = none.data() + HK_MAX_WIDTH;
    if (!r.g) r.g = none.data(), r.armed = none.data() + HK_MAX_WIDTH;
    if constexpr (nx <= 2) {  // beside longer equations a call costs little
      if (r.scheme == HK_EULER) return chosen<HK_EULER>(r);
      if (r.scheme == HK_RK4) return chosen<HK_RK4>(r);
      if (r.scheme == HK_EXPONENTIAL_EULER) return chosen<HK_EXPONENTIAL_EULER>(r);
    }
    walk<any_scheme, 0, either>(r);
  }
  static constexpr hk_steps interface {
    sizeof(hk_steps), HK_SCHEMES, run
  };
};

}  // namespace detail
}  // namespace hillock
