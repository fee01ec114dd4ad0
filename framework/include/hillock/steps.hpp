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

  /// The constants of one pack of neurons, and its equations over any number type T.
  struct Cell {
    const Pack* p;  // apart: inputs that change come with a copy of the rest
    std::array<Pack, ni> in;

    template <class T, class F> [[gnu::always_inline]] auto call(F&& f, const Flat<T>& x) const {
      return f(make<typename B::template X<T>, nx>([&](std::size_t k) HILLOCK_INLINE { return x[k]; }),
               make<typename B::template P<T>, np>([&](std::size_t k) HILLOCK_INLINE { return T(p[k]); }),
               make<typename B::template D<T>, nd>([&](std::size_t k) HILLOCK_INLINE { return T(p[np + k]); }),
               make<typename B::template I<T>, ni>([&](std::size_t k) HILLOCK_INLINE { return T(in[k]); }));
    }
    template <class T> [[gnu::always_inline]] Flat<T> rhs(const Flat<T>& x) const {
      if constexpr (nx > 2 && std::is_same_v<T, Pack>) return rhs_apart(x);
      else return std::bit_cast<Flat<T>>(call<T>(B::rhs_of, x));
    }
    /// Compiled once where the equations are long: then a call costs little beside them.
    [[gnu::noinline]] Flat<Pack> rhs_apart(const Flat<Pack>& x) const {
      return std::bit_cast<Flat<Pack>>(call<Pack>(B::rhs_of, x));
    }
    [[gnu::always_inline]] Pack threshold(const Flat<Pack>& x) const { return call<Pack>(B::threshold_of, x); }
    [[gnu::always_inline]] Flat<Pack> reset(const Flat<Pack>& x) const {
      return std::bit_cast<Flat<Pack>>(call<Pack>(B::reset_of, x));
    }
    [[gnu::always_inline]] Flat<Pack> peak(const Flat<Pack>& x) const {
      return std::bit_cast<Flat<Pack>>(call<Pack>(B::peak_of, x));
    }
  };

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
  /// The slopes of the equations of `which` in their own states. Compiled once: it is as long as all equations.
  [[gnu::noinline]] static void own_slopes(const Cell& c, const Flat<Pack>& x, std::uint64_t which, Flat<Pack>& own) {
    Flat<Slope> along;
    for (std::size_t k = 0; k < nx; ++k) along[k] = Slope(x[k], 0.0);
    for (std::size_t k = 0; k < nx; ++k)
      if (which >> k & 1) {
        along[k].slope = 1.0;
        own[k] = c.rhs(along)[k].slope;
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

  /// One pack of neurons on its way, by one scheme. `more`: with refractory times, or crossings of a threshold without
  /// reset.
  template <std::uint32_t scheme, bool more> struct Walker {
    static constexpr bool exponential = scheme == HK_EXPONENTIAL_EULER || scheme == HK_EXPONENTIAL_MIDDLE;
    static constexpr bool rests = more && B::has_reset, crosses = more && !B::has_reset;
    Flat<Pack> x;
    Pack left, rest;         // of a refractory time, in steps; of one that begins
    Pack g, armed;           // of crossings
    Flat<Pack> whole;        // dt (exp(B dt) - 1)/(B dt) of states whose slope B is steady
    Flat<Pack> half, own{};  // the same of half a step; B

    [[gnu::always_inline]] Flat<Pack> rhs(const Cell& c, const Flat<Pack>& at) const {
      Flat<Pack> d = c.rhs(at);
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
    [[gnu::always_inline]] Flat<Pack> solve(const Cell& c, const Flat<Pack>& at, double h, const Flat<Pack>& ready,
                                            bool at_start) const {
      const Flat<Pack> d = rhs(c, at);
      Flat<Pack> slopes = own, y;
      const std::uint64_t moving = ~Loops::steady() & ((std::uint64_t{2} << (nx - 1)) - 1);
      if (moving) own_slopes(c, at, moving, slopes);
      unrolled<nx>([&](auto k) HILLOCK_INLINE {
        Pack moves = ready[k];
        if (moving >> k & 1) moves = h * growth(slopes[k] * h);
        if constexpr (rests && (B::held() >> k() & 1))
          moves = select(left > 0.0, h, moves), slopes[k] = select(left > 0.0, 0.0, slopes[k]);
        y[k] = x[k] + moves * (at_start ? d[k] : Pack(d[k] + slopes[k] * (x[k] - at[k])));
      });
      return y;
    }
    [[gnu::always_inline]] void begin(const Cell& c, double dt) {
      if constexpr (exponential) {
        own_slopes(c, x, Loops::steady(), own);
        for (std::size_t k = 0; k < nx; ++k) {
          whole[k] = dt * growth(own[k] * dt);
          if constexpr (scheme == HK_EXPONENTIAL_MIDDLE) half[k] = 0.5 * dt * growth(own[k] * (0.5 * dt));
        }
      }
    }
    /// The state after one step, before spikes.
    [[gnu::always_inline]] Flat<Pack> step(const Cell& c, double dt) const {
      if constexpr (scheme == HK_EULER) {
        return added(x, dt, rhs(c, x));
      } else if constexpr (scheme == HK_EULER_SEQUENTIAL) {
        Flat<Pack> y = x;
        unrolled<nx>([&](auto k) HILLOCK_INLINE { y[k] = x[k] + dt * rhs(c, y)[k]; });
        return y;
      } else if constexpr (scheme == HK_HALF_STEP_EULER) {
        Flat<Pack> y = x;
        y[0] += 0.5 * dt * rhs(c, y)[0];
        y[0] += 0.5 * dt * rhs(c, y)[0];
        const Flat<Pack> d = rhs(c, y);
        unrolled<nx>([&](auto k) HILLOCK_INLINE {
          if constexpr (k() > 0) y[k] += dt * d[k];
        });
        return y;
      } else if constexpr (scheme == HK_HEUN) {
        const Flat<Pack> k1 = rhs(c, x), k2 = rhs(c, added(x, dt, k1));
        Flat<Pack> y;
        unrolled<nx>([&](auto k) HILLOCK_INLINE { y[k] = x[k] + 0.5 * dt * (k1[k] + k2[k]); });
        return y;
      } else if constexpr (scheme == HK_RK4) {
        return steps<1>(this, &c, dt)[0];
      } else if constexpr (scheme == HK_EXPONENTIAL_EULER) {
        return solve(c, x, dt, whole, true);
      } else {
        const Flat<Pack> middle = solve(c, x, 0.5 * dt, half, true);
        return solve(c, middle, dt, whole, false);
      }
    }
    /// The same of several packs, all to one stage before any to the next: their operations do not wait for each other.
    template <std::size_t n>
    [[gnu::always_inline]] static std::array<Flat<Pack>, n> steps(const Walker* w, const Cell* c, double dt) {
      std::array<Flat<Pack>, n> y;
      if constexpr (scheme == HK_RK4) {
        std::array<Flat<Pack>, n> k1, k2, k3, k4;
        unrolled<n>([&](auto j) HILLOCK_INLINE { k1[j] = w[j].rhs(c[j], w[j].x); });
        unrolled<n>([&](auto j) HILLOCK_INLINE { k2[j] = w[j].rhs(c[j], w[j].added(w[j].x, 0.5 * dt, k1[j])); });
        unrolled<n>([&](auto j) HILLOCK_INLINE { k3[j] = w[j].rhs(c[j], w[j].added(w[j].x, 0.5 * dt, k2[j])); });
        unrolled<n>([&](auto j) HILLOCK_INLINE { k4[j] = w[j].rhs(c[j], w[j].added(w[j].x, dt, k3[j])); });
        unrolled<n>([&](auto j) HILLOCK_INLINE {
          unrolled<nx>([&](auto k) HILLOCK_INLINE {
            y[j][k] = w[j].x[k] + (1 / 6.) * dt * (k1[j][k] + Pack(2 * (k2[j][k] + k3[j][k])) + k4[j][k]);
          });
        });
      } else {
        unrolled<n>([&](auto j) HILLOCK_INLINE { y[j] = w[j].step(c[j], dt); });
      }
      return y;
    }
    /// A copy by parts: GCC makes smaller pieces of a copy of the whole, which are slow to read together again.
    [[gnu::always_inline]] static void keep(Pack& to, const Pack& from) {
      for (std::size_t j = 0; j < parts; ++j) to.part[j] = from.part[j];
    }
    /// What follows a step to `next`; the lanes that spiked. `alone`: nothing else is computed meanwhile, so that a
    /// spike is better foreseen than waited for. If it is there, `shown` is what a recording shows.
    template <bool alone> [[gnu::always_inline]] unsigned arrive(const Cell& c, Flat<Pack> next, Flat<Pack>* shown) {
      unsigned bits = 0;
      if constexpr (B::has_reset) {
        PackMask fired;
        if constexpr (rests) {
          // a refractory time that was spent on the threshold itself does not end with a spike: only what rises from
          // there does
          fired = c.threshold(next) >= min(left, Pack(std::numeric_limits<double>::min())) && left <= 1.0;
          left = select(left > 0.0, left - 1.0, left);
        } else {
          fired = c.threshold(next) >= 0.0;
        }
        bits = fired.bits();
        const Flat<Pack> before = next;
        if (!alone || bits) {
          const Flat<Pack> after = c.reset(before);
          unrolled<nx>([&](auto k) HILLOCK_INLINE {
            next[k] = carried(k) ? select(fired, after[k], before[k]) : select_finite(fired, after[k], before[k]);
          });
          if constexpr (rests) left = select(fired, rest, left);
        }
        if (shown) {
          unrolled<nx>([&](auto k) HILLOCK_INLINE { keep((*shown)[k], next[k]); });
          if constexpr (B::has_peak)
            if (bits) {
              const Flat<Pack> peak = c.peak(before);
              unrolled<nx>([&](auto k) HILLOCK_INLINE { (*shown)[k] = select(fired, peak[k], before[k]); });
            }
        }
      } else {
        if constexpr (crosses) {
          const Pack now = c.threshold(next);
          const PackMask crossed = armed > 0.0 && g < 0.0 && now >= 0.0;
          armed = select(crossed, 0.0, select(now < B::rearm(), 1.0, armed));
          g = now, bits = crossed.bits();
        }
        if (shown) unrolled<nx>([&](auto k) HILLOCK_INLINE { keep((*shown)[k], next[k]); });
      }
      unrolled<nx>([&](auto k) HILLOCK_INLINE { keep(x[k], next[k]); });
      return bits;
    }
  };

  /// How inputs come to a loop: they do not change; by step, computed where they are used; either, kept in the cells.
  enum Inputs { constant, by_step, either };
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
    /// Puts them into the cell whose lanes begin at `at`.
    [[gnu::always_inline]] void drive(Cell& cell, std::size_t at) const {
      unrolled<ni>([&](auto k) HILLOCK_INLINE {
        cell.in[k] = Pack(Pack::load(gain[k] + at) * Pack(now[k])) + Pack::load(shift[k] + at);
      });
    }
  };
  /// The inputs of the next steps for all cells; returns how many steps they hold. Compiled once, for loops beside
  /// which a call is short.
  [[gnu::noinline]] static std::uint64_t drive_all(Driven& driven, Cell* cells, std::size_t packs, std::uint64_t left) {
    const std::uint64_t hold = driven.holds(left);
    driven.take(hold);
    for (std::size_t j = 0; j < packs; ++j) driven.drive(cells[j], j * HK_LANES);
    return hold;
  }

  /// All steps of n packs, or, if n is 0, of as many as there are: their states stay in the first cache, and one pack
  /// is computed while the results of others are on their way.
  template <std::uint32_t scheme, bool more, std::size_t n, Inputs inputs> static void walk(const hk_run& r) {
    using W = Walker<scheme, more>;
    constexpr std::size_t most = n ? n : std::size_t{HK_MAX_WIDTH} / HK_LANES;
    const std::size_t packs = n ? n : r.lanes / HK_LANES;
    std::array<std::array<Pack, np + nd>, most> constants;
    std::array<Cell, most> cell;
    std::array<W, most> walker;
    const double dt = r.dt;
    // the states of four packs of two fit into the registers; longer equations are calls
    constexpr std::size_t together = n == 0 && nx <= 2 && (scheme == HK_EULER || scheme == HK_RK4) ? 4 : 1;
    for (std::size_t j = 0; j < packs; ++j) {
      const std::size_t at = j * HK_LANES;
      W& w = walker[j];
      for (std::size_t k = 0; k < np + nd; ++k) constants[j][k] = Pack::load(r.p[k] + at);
      cell[j].p = constants[j].data();
      for (std::size_t k = 0; k < ni; ++k) cell[j].in[k] = Pack::load(r.in[k] + at);
      unrolled<nx>([&](auto k) HILLOCK_INLINE { w.x[k] = Pack::load(r.x[k] + at); });
      if constexpr (W::rests) w.left = Pack::load(r.resting + at), w.rest = Pack::load(r.rest + at);
      if constexpr (W::crosses) w.g = Pack::load(r.g + at), w.armed = Pack::load(r.armed + at);
      w.begin(cell[j], dt);
    }

    Driven driven(inputs == constant ? nullptr : r.by_step, r);
    // Takes the inputs of the next step; returns how many steps they hold, at most `left`. REQUIRES: left > 0.
    const auto drive = [&](std::uint64_t left) HILLOCK_INLINE {
      std::uint64_t hold = 1;
      if constexpr (inputs == by_step) {
        driven.take(1);
      } else if constexpr (n == 1) {
        driven.take(hold = driven.holds(left));
        driven.drive(cell[0], 0);
      } else {
        hold = drive_all(driven, cell.data(), packs, left);
      }
      if constexpr (W::exponential)
        if (Loops::driven_slopes())
          for (std::size_t j = 0; j < packs; ++j) {
            if constexpr (inputs == by_step) driven.drive(cell[j], j * HK_LANES);
            walker[j].begin(cell[j], dt);
          }
      return hold;
    };

    std::array<std::uint64_t, 1> unread;
    auto* bits = reinterpret_cast<unsigned char*>(r.spikes ? r.spikes : unread.data());
    const std::size_t stride = r.spikes ? sizeof(std::uint64_t) : 0;
    const auto some = [&](auto count, std::size_t first, Flat<Pack>* shown) HILLOCK_INLINE {
      std::array<Cell, inputs == by_step ? count() : 0> own;
      const Cell* cells = &cell[first];
      if constexpr (inputs == by_step) {
        unrolled<count()>([&](auto i) HILLOCK_INLINE {
          own[i] = cell[first + i()];
          driven.drive(own[i], (first + i()) * HK_LANES);
        });
        cells = own.data();
      }
      const std::array<Flat<Pack>, count()> next = W::template steps<count()>(&walker[first], cells, dt);
      unrolled<count()>([&](auto i) HILLOCK_INLINE {
        const std::size_t j = first + i();
        W w = walker[j];
        const unsigned fired = w.template arrive<n == 1>(cells[i], next[i], shown ? shown + j : nullptr);
        unrolled<nx>([&](auto k) HILLOCK_INLINE { W::keep(walker[j].x[k], w.x[k]); });
        if constexpr (W::rests) W::keep(walker[j].left, w.left);
        if constexpr (W::crosses) W::keep(walker[j].g, w.g), W::keep(walker[j].armed, w.armed);
        bits[std::endian::native == std::endian::little ? j : 7 - j] = static_cast<unsigned char>(fired);
      });
    };
    const auto step = [&](Flat<Pack>* shown) HILLOCK_INLINE {
      std::size_t j = 0;
      if constexpr (together > 1)
        for (; j + together <= packs; j += together) some(std::integral_constant<std::size_t, together>{}, j, shown);
      for (; j < packs; ++j) some(std::integral_constant<std::size_t, 1>{}, j, shown);
      bits += stride;
    };
    double* sample = r.samples;
    const std::size_t row = r.n_record * r.stride;
    // of one number the copy is an instruction, else it is a call, which takes as long as the step
    const bool single = n == 1 && r.neurons == 1 && r.n_record == 1;
    const std::uint32_t which = single ? r.record[0] : 0;
    std::array<Flat<Pack>, most> shown;
    std::uint64_t left = r.steps, room = r.n_samples;
    for (std::uint64_t until = r.first; left > 0; until = r.every) {
      const std::uint64_t unseen = room > 0 ? std::min(left, until - 1) : left;
      if constexpr (inputs == constant) {
        for (std::uint64_t k = 0; k < unseen; ++k) step(nullptr);
      } else {
        for (std::uint64_t ahead = unseen, hold; ahead > 0; ahead -= hold) {
          hold = r.by_step ? drive(ahead) : ahead;
          for (std::uint64_t k = 0; k < hold; ++k) step(nullptr);
        }
      }
      left -= unseen;
      if (left == 0) break;
      if constexpr (inputs != constant)
        if (r.by_step) [[unlikely]]
          drive(1);
      step(shown.data());
      --left, --room;
      if (single) {
        std::memcpy(sample, &shown[0][which], sizeof(double));
      } else {
        for (std::size_t lane = 0; lane < r.neurons; lane += HK_LANES)
          for (std::uint32_t k = 0; k < r.n_record; ++k) {
            const Pack& from = shown[lane / HK_LANES][r.record[k]];
            double* to = sample + k * r.stride + lane;
            if (r.neurons - lane >= HK_LANES) from.store(to);  // a few instructions, which a length is not
            else std::memcpy(to, &from, (r.neurons - lane) * sizeof(double));
          }
      }
      sample += row;
    }

    for (std::size_t j = 0; j < packs; ++j) {
      const std::size_t at = j * HK_LANES;
      const W& w = walker[j];
      unrolled<nx>([&](auto k) HILLOCK_INLINE { w.x[k].store(r.x[k] + at); });
      if constexpr (W::rests) w.left.store(r.resting + at);
      if constexpr (W::crosses) w.g.store(r.g + at), w.armed.store(r.armed + at);
    }
  }
  template <std::uint32_t scheme, bool more> static void blocks(const hk_run& r) {
    constexpr bool is_short = nx <= 2 && (scheme == HK_EULER || scheme == HK_EXPONENTIAL_EULER);
    if constexpr (is_short || (nx <= 2 && scheme == HK_RK4))
      if (r.lanes == HK_LANES) return walk<scheme, more, 1, either>(r);
    if constexpr (is_short) {  // compiled for each case: there an input that is stored first takes as long as the step
      if (r.by_step) walk<scheme, more, 0, by_step>(r);
      else walk<scheme, more, 0, constant>(r);
    } else {
      walk<scheme, more, 0, either>(r);
    }
  }
  static void run(void*, const hk_run* from) {
    hk_run r{};
    std::memcpy(&r, from, std::min<std::size_t>(from->size, sizeof r));
    [&]<std::uint32_t... scheme>(std::integer_sequence<std::uint32_t, scheme...>) {
      ((r.scheme == scheme ? chosen<scheme>(r) : void()), ...);
    }(std::make_integer_sequence<std::uint32_t, HK_SCHEMES>{});
  }
  template <std::uint32_t scheme> static void chosen(const hk_run& r) {
    if constexpr (B::has_reset && B::has_refractory) {
      if (r.resting) return blocks<scheme, true>(r);
    } else if constexpr (B::has_threshold && !B::has_reset) {
      if constexpr (nx > 2) {  // beside long equations the crossings cost little: one loop does
        std::array<double, HK_MAX_WIDTH> g{}, armed{};
        hk_run all = r;
        if (!r.g) all.g = g.data(), all.armed = armed.data();
        return blocks<scheme, true>(all);
      } else {
        if (r.g) return blocks<scheme, true>(r);
      }
    }
    blocks<scheme, false>(r);
  }
  static constexpr hk_steps interface {
    sizeof(hk_steps), HK_SCHEMES, run
  };
};

}  // namespace detail
}  // namespace hillock
