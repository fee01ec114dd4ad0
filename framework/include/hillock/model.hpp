#pragma once
// How to write a model: one struct in one file, its equations once, as a template over the number type.
// HILLOCK_MODEL(Name) makes the plugin.
//
//   struct Leaky {
//     static constexpr auto id = "leaky", version = "1.0.0", cite = "doi:...", meaning = "one line for lists";
//     template <class T> struct State  { T v; };           // v, the membrane potential, comes first
//     template <class T> struct Params { T tau, E_L, R; };
//     template <class T> struct Input  { T I; };
//     // unit, default, range, meaning
//     static constexpr State<Field> state{.v = {"mV", -70, -100, 60, "membrane potential"}};
//     static constexpr Params<Field> params{...};
//     static constexpr Input<Field> inputs{...};
//     // dx/dt per ms
//     template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) { ... }
//   };
//   HILLOCK_MODEL(Leaky)
//
// What else a model may have. Every function is a static template over T like rhs; it takes (x, p), and after them, in
// this order, what it wants of (d, in):
//   template <class T> struct Derived { T rate; };
//   Derived<T> derive(p)         constants made of parameters, computed once per neuron: d of rhs(x, p, d, in)
//   T threshold(x, p)            a spike is where this rises through 0
//   State<T> reset(x, p)         the state just after a spike; the ranges in `state` do not limit it
//   T refractory(p)              ms after a spike during which no spike happens and the states stand still that are
//                                marked in `static constexpr State<bool> held{...}`
//   State<T> initial(x, p)       a start that depends on parameters; x holds what was given and the defaults, and what
//                                was given wins
//   State<T> peak(x, p)          what a recording shows at the sample of a spike, where the paper draws the top of the
//                                spike
//   template <class T> struct Observed { T I_Na; };
//   Observed<T> observe(x, p)    what can be recorded besides states, with a table (value and range unused):
//                                static constexpr Observed<Field> observed{.I_Na = {"uA/cm2", 0, 0, 0, "..."}}
//   static constexpr double rearm = -1;
//                                without reset: g = threshold has to fall below this before the next spike
//   static constexpr Preset presets[] = {{"name", "meaning", {{"tau", 10}, {"v", -65}}}, ...};
// An input that is `hillock::draw("...")` is drawn anew from Exp(1) after each spike.
//
// A model is pure: no members, memory, clock or randomness. Branches by select(c, yes, no), x/(exp(x) - 1) is
// exprelr(x); name them at the top (`using hillock::select, hillock::exprelr;`): POSIX has a select too.
// Divisions cost ten multiplications: put 1/tau into Derived, and write (1/3.)*v, not v/3.
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>
#include "hillock/fields.hpp"
#include "hillock/identity.hpp"
#include "hillock/pack.hpp"
#include "hillock/scalar.hpp"
#include "hillock/series.hpp"
#include "hillock/sided.hpp"
#include "hillock/steps.hpp"

namespace hillock {
namespace [[gnu::visibility("hidden")]] detail {

template <class T> struct Nothing {};

/// Calls M::f with as much of (x, p, d, in) as it takes.
#define HILLOCK_FORWARD(f)                                                                            \
  template <class M, class X, class P, class D, class I>                                              \
  [[gnu::always_inline]] constexpr auto call_##f(const X& x, const P& p, [[maybe_unused]] const D& d, \
                                                 [[maybe_unused]] const I& in) {                      \
    if constexpr (requires { M::f(x, p, d, in); }) return M::f(x, p, d, in);                          \
    else if constexpr (requires { M::f(x, p, in); }) return M::f(x, p, in);                           \
    else if constexpr (requires { M::f(x, p, d); }) return M::f(x, p, d);                             \
    else return M::f(x, p);                                                                           \
  }
HILLOCK_FORWARD(rhs)
HILLOCK_FORWARD(threshold)
HILLOCK_FORWARD(reset)
HILLOCK_FORWARD(initial)
HILLOCK_FORWARD(observe)
#undef HILLOCK_FORWARD

/// A model struct seen through the boundary.
template <class M> struct Binding {
  template <class T> using X = typename M::template State<T>;
  template <class T> using P = typename M::template Params<T>;
  template <class T> using I = typename M::template Input<T>;
  static constexpr bool has_derived = requires { typename M::template Derived<double>; };
  static constexpr auto derived_of() {
    if constexpr (has_derived) return []<class T>(std::type_identity<T>) { return typename M::template Derived<T>{}; };
    else return []<class T>(std::type_identity<T>) { return Nothing<T>{}; };
  }
  template <class T> using D = decltype(derived_of()(std::type_identity<T>{}));

  static_assert(
      requires {
        typename X<double>;
        typename P<double>;
        typename I<double>;
        M::state;
        M::params;
        M::inputs;
      },
      "a model has the structs State, Params and Input and their tables `state`, `params` and `inputs`: see the head "
      "of hillock/model.hpp");
  static constexpr std::size_t nx = count<M::template State>, np = count<M::template Params>,
                               ni = count<M::template Input>;
  static constexpr std::size_t nd = has_derived ? sizeof(D<double>) / sizeof(double) : 0;
  static constexpr auto state = table<M::template State>(M::state);
  static constexpr auto params = table<M::template Params>(M::params);
  static constexpr auto inputs = table<M::template Input>(M::inputs);

  static constexpr bool has_observed = requires { typename M::template Observed<double>; };
  static constexpr auto observed_of() {
    if constexpr (has_observed)
      return []<class T>(std::type_identity<T>) { return typename M::template Observed<T>{}; };
    else return []<class T>(std::type_identity<T>) { return Nothing<T>{}; };
  }
  template <class T> using O = decltype(observed_of()(std::type_identity<T>{}));
  static constexpr std::size_t no = has_observed ? sizeof(O<double>) / sizeof(double) : 0;
  static constexpr auto observed = [] {
    if constexpr (has_observed) return table<M::template Observed>(M::observed);
    else return std::array<hk_field, 0>{};
  }();

  static_assert(nx <= 64, "a model has at most 64 state variables");
  static_assert(same_text(state[0].name, "v"), "the first state variable of a model is the membrane potential `v`");
  static_assert(has_rows<M::template State, state>() && has_rows<M::template Params, params>() &&
                has_rows<M::template Input, inputs>());
  static_assert([] {
    if constexpr (has_observed) return has_rows<M::template Observed, observed>();
    else return true;
  }());
  static_assert(has_defaults<M::template State, state>() && has_defaults<M::template Params, params>() &&
                has_defaults<M::template Input, inputs>());
  static constexpr bool derived_varies = [] {
    if constexpr (has_derived) return all_members_vary<M::template Derived>;
    else return true;
  }();
  static_assert(derived_varies, "a member of the model's struct Derived is no number of type T: write `T name`");
  static_assert(
      requires { M::rhs(X<double>{}, P<double>{}, D<double>{}, I<double>{}); } ||
          requires { M::rhs(X<double>{}, P<double>{}, I<double>{}); } ||
          requires { M::rhs(X<double>{}, P<double>{}, D<double>{}); } || requires { M::rhs(X<double>{}, P<double>{}); },
      "the model has no `template <class T> static State<T> rhs(x, p, in)`, or (x, p, d, in), with x a "
      "const State<T>&, p a const Params<T>&, d a const Derived<T>& and in a const Input<T>&");
  static_assert(
      requires { M::rhs(X<Pack>{}, P<Pack>{}, D<Pack>{}, I<Pack>{}); } ||
          requires { M::rhs(X<Pack>{}, P<Pack>{}, I<Pack>{}); } ||
          requires { M::rhs(X<Pack>{}, P<Pack>{}, D<Pack>{}); } || requires { M::rhs(X<Pack>{}, P<Pack>{}); },
      "the model's `rhs` is no template over the number type: write `template <class T> static State<T> "
      "rhs(const State<T>& x, const Params<T>& p, const Input<T>& in)`");

  static constexpr bool has_threshold = requires(X<double> x, P<double> p, D<double> d, I<double> in) {
    requires requires { M::threshold(x, p); } || requires { M::threshold(x, p, d); } ||
                 requires { M::threshold(x, p, in); } || requires { M::threshold(x, p, d, in); };
  };
  static constexpr bool has_reset = requires(X<double> x, P<double> p, D<double> d, I<double> in) {
    requires requires { M::reset(x, p); } || requires { M::reset(x, p, d); } || requires { M::reset(x, p, in); } ||
                 requires { M::reset(x, p, d, in); };
  };
  static constexpr bool has_initial = requires(X<double> x, P<double> p, D<double> d, I<double> in) {
    requires requires { M::initial(x, p); } || requires { M::initial(x, p, d); } ||
                 requires { M::initial(x, p, in); } || requires { M::initial(x, p, d, in); };
  };
  static constexpr bool has_refractory = requires(P<double> p, D<double> d) {
    requires requires { M::refractory(p); } || requires { M::refractory(p, d); };
  };
  static constexpr bool has_peak = requires(X<double> x, P<double> p, D<double> d) {
    requires requires { M::peak(x, p); } || requires { M::peak(x, p, d); };
  };
  // a function that is there but takes other arguments would be left out without a word
#define HILLOCK_TAKES(f, taken, arguments)            \
  static_assert(                                      \
      taken || !requires { &M::template f<double>; }, \
      "the model's function " #f " takes other arguments than " arguments)
  HILLOCK_TAKES(threshold, has_threshold, "(x, p), (x, p, d), (x, p, in) or (x, p, d, in)");
  HILLOCK_TAKES(reset, has_reset, "(x, p), (x, p, d), (x, p, in) or (x, p, d, in)");
  HILLOCK_TAKES(initial, has_initial, "(x, p), (x, p, d), (x, p, in) or (x, p, d, in)");
  HILLOCK_TAKES(refractory, has_refractory, "(p) or (p, d)");
  HILLOCK_TAKES(peak, has_peak, "(x, p) or (x, p, d)");
#undef HILLOCK_TAKES
  // or without its struct
  static_assert(
      has_derived || !requires { &M::template derive<double>; },
      "the model's function derive needs `template <class T> struct Derived` for what it returns");
  static_assert(
      has_observed || !requires { &M::template observe<double>; },
      "the model's function observe needs `template <class T> struct Observed` for what it returns");
  static_assert(
      !has_derived || requires { M::derive(P<double>{}); },
      "the model's struct Derived needs `template <class T> static Derived<T> derive(const Params<T>& p)`");
#define HILLOCK_RETURNS(f, there, S, written)                                                                 \
  static constexpr bool f##_returns_it = [] {                                                                 \
    if constexpr (there)                                                                                      \
      return std::is_convertible_v<decltype(call_##f<M>(X<double>{}, P<double>{}, D<double>{}, I<double>{})), \
                                   S<double>>;                                                                \
    else return true;                                                                                         \
  }();                                                                                                        \
  static_assert(f##_returns_it, "the model's function " #f " does not return " written)
  HILLOCK_RETURNS(rhs, true, X, "State<T>");
  HILLOCK_RETURNS(threshold, has_threshold, std::type_identity_t, "T");
  HILLOCK_RETURNS(reset, has_reset, X, "State<T>");
  HILLOCK_RETURNS(initial, has_initial, X, "State<T>");
  HILLOCK_RETURNS(observe, has_observed, O, "Observed<T>");
#undef HILLOCK_RETURNS
  static_assert(has_threshold || !has_reset, "a model with a reset needs a threshold");

  // The structs of the lanes from i on, from rows of values (and of slopes), and back.
  using Slope = DualOf<Pack>;
  template <std::size_t n> static std::array<const double*, n> rows(hk_in a) {
    std::array<const double*, n> r{};
    for (std::size_t k = 0; k < n; ++k) r[k] = a[k];
    return r;
  }
  template <std::size_t n> static std::array<double*, n> rows(hk_out a) {
    std::array<double*, n> r{};
    for (std::size_t k = 0; k < n; ++k) r[k] = a[k];
    return r;
  }
  template <class S, std::size_t n> static S at(const std::array<const double*, n>& a, std::size_t i) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) {
      return S{Pack::load(a[k] + i)...};
    }(std::make_index_sequence<n>{});
  }
  template <class S, std::size_t n>
  static S at(const std::array<const double*, n>& a, const std::array<const double*, n>& a1, std::size_t i) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) {
      return S{Slope(Pack::load(a[k] + i), Pack::load(a1[k] + i))...};
    }(std::make_index_sequence<n>{});
  }
  template <class S, std::size_t n> static void put(const S& s, const std::array<double*, n>& out, std::size_t i) {
    const auto values = std::bit_cast<std::array<Pack, n>>(s);
    for (std::size_t k = 0; k < n; ++k) values[k].store(out[k] + i);
  }
  template <class S, std::size_t n>
  static void put_slopes(const S& s, const std::array<double*, n>& out, std::size_t i) {
    const auto values = std::bit_cast<std::array<std::array<Pack, 2>, n>>(s);
    for (std::size_t k = 0; k < n; ++k) values[k][1].store(out[k] + i);
  }
  /// What equations throw goes no further: the program ends and names the model.
  template <class F> static void each_pack(std::uint32_t lanes, F&& f) noexcept {
    for (std::size_t i = 0; i < lanes; i += HK_LANES) f(i);
  }

  // Parameters and, after them in the same array of rows, the derived constants.
  struct Numbers {
    std::array<const double*, np> p;
    std::array<const double*, nd> d;
    explicit Numbers(hk_in a) : p(rows<np>(a)), d(rows<nd>(a + np)) {}
    P<Pack> params(std::size_t i) const { return at<P<Pack>>(p, i); }
    D<Pack> derived(std::size_t i) const { return at<D<Pack>>(d, i); }
  };
  struct Slopes {
    Numbers a, a1;
    Slopes(hk_in p, hk_in p1) : a(p), a1(p1) {}
    P<Slope> params(std::size_t i) const { return at<P<Slope>>(a.p, a1.p, i); }
    D<Slope> derived(std::size_t i) const { return at<D<Slope>>(a.d, a1.d, i); }
  };

  static void derive(void*, std::uint32_t lanes, hk_in p, hk_out derived) {
    const auto p_ = rows<np>(p);
    const auto d_ = rows<nd>(derived);
    each_pack(lanes, [&](std::size_t i) { put(M::derive(at<P<Pack>>(p_, i)), d_, i); });
  }
  template <class T> static T call_refractory(const P<T>& p, [[maybe_unused]] const D<T>& d) {
    if constexpr (requires { M::refractory(p, d); }) return M::refractory(p, d);
    else return M::refractory(p);
  }
  template <class T> static X<T> call_peak(const X<T>& x, const P<T>& p, [[maybe_unused]] const D<T>& d) {
    if constexpr (requires { M::peak(x, p, d); }) return M::peak(x, p, d);
    else return M::peak(x, p);
  }
  static void refractory(void*, std::uint32_t lanes, hk_in p, double* ms) {
    const Numbers n(p);
    each_pack(lanes, [&](std::size_t i) { Pack(call_refractory<Pack>(n.params(i), n.derived(i))).store(ms + i); });
  }
  static void peak(void*, std::uint32_t lanes, hk_in x, hk_in p, hk_out shown) {
    const auto x_ = rows<nx>(x);
    const Numbers n(p);
    const auto s_ = rows<nx>(shown);
    each_pack(lanes,
              [&](std::size_t i) { put(call_peak<Pack>(at<X<Pack>>(x_, i), n.params(i), n.derived(i)), s_, i); });
  }
  static void threshold(void*, std::uint32_t lanes, hk_in x, hk_in p, hk_in in, double* g) {
    const auto x_ = rows<nx>(x);
    const Numbers n(p);
    const auto i_ = rows<ni>(in);
    each_pack(lanes, [&](std::size_t i) {
      Pack(call_threshold<M>(at<X<Pack>>(x_, i), n.params(i), n.derived(i), at<I<Pack>>(i_, i))).store(g + i);
    });
  }
#define HILLOCK_STATE_FUNCTION(f)                                                                                    \
  static void f(void*, std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out out) {                                \
    const auto x_ = rows<nx>(x);                                                                                     \
    const Numbers n(p);                                                                                              \
    const auto i_ = rows<ni>(in);                                                                                    \
    const auto o_ = rows<nx>(out);                                                                                   \
    each_pack(lanes, [&](std::size_t i) {                                                                            \
      put(call_##f<M>(at<X<Pack>>(x_, i), n.params(i), n.derived(i), at<I<Pack>>(i_, i)), o_, i);                    \
    });                                                                                                              \
  }                                                                                                                  \
  static void f##_tangent(void*, std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,     \
                          hk_out out1) {                                                                             \
    const auto x_ = rows<nx>(x), x1_ = rows<nx>(x1);                                                                 \
    const Slopes n(p, p1);                                                                                           \
    const auto i_ = rows<ni>(in), i1_ = rows<ni>(in1);                                                               \
    const auto o_ = rows<nx>(out1);                                                                                  \
    each_pack(lanes, [&](std::size_t i) {                                                                            \
      put_slopes(call_##f<M>(at<X<Slope>>(x_, x1_, i), n.params(i), n.derived(i), at<I<Slope>>(i_, i1_, i)), o_, i); \
    });                                                                                                              \
  }
  HILLOCK_STATE_FUNCTION(rhs)
  HILLOCK_STATE_FUNCTION(reset)
  HILLOCK_STATE_FUNCTION(initial)
#undef HILLOCK_STATE_FUNCTION
  static void observe(void*, std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out out) {
    const auto x_ = rows<nx>(x);
    const Numbers n(p);
    const auto i_ = rows<ni>(in);
    const auto o_ = rows<no>(out);
    each_pack(lanes, [&](std::size_t i) {
      put(call_observe<M>(at<X<Pack>>(x_, i), n.params(i), n.derived(i), at<I<Pack>>(i_, i)), o_, i);
    });
  }

  // One neuron by itself: its numbers stand one after the other.
  template <class S, std::size_t n> static S from(const double* a) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) { return S{a[k]...}; }(std::make_index_sequence<n>{});
  }
  static void rhs_single(void*, const double* x, const double* p, const double* in, double* dx) noexcept {
    const auto d = call_rhs<M>(from<X<double>, nx>(x), from<P<double>, np>(p), from<D<double>, nd>(p + np),
                               from<I<double>, ni>(in));
    std::memcpy(dx, &d, sizeof d);
  }
  template <class S, std::size_t n> static S from(const double* a, const double* a1) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) {
      return S{Dual{a[k], a1[k]}...};
    }(std::make_index_sequence<n>{});
  }
  static void rhs_tangent_single(void*, const double* x, const double* p, const double* in, const double* x1,
                                 const double* p1, const double* in1, double* dx, double* dx1) noexcept {
    const auto d = call_rhs<M>(from<X<Dual>, nx>(x, x1), from<P<Dual>, np>(p, p1), from<D<Dual>, nd>(p + np, p1 + np),
                               from<I<Dual>, ni>(in, in1));
    const auto slopes = std::bit_cast<std::array<Dual, nx>>(d);
    for (std::size_t k = 0; k < nx; ++k) dx[k] = slopes[k].value, dx1[k] = slopes[k].slope;
  }
  static std::uint64_t rhs_over(Sides& sides, const double* x, const double* p, const double* in, double* dx) noexcept {
    const auto d = call_rhs<M>(each<X<Sided>, nx>([&](std::size_t k) { return Sided(x[k], &sides); }),
                               from<P<Sided>, np>(p), from<D<Sided>, nd>(p + np),
                               each<I<Sided>, ni>([&](std::size_t k) { return Sided(in[k], &sides); }));
    const auto values = std::bit_cast<std::array<Sided, nx>>(d);
    for (std::size_t k = 0; k < nx; ++k) dx[k] = values[k].value();
    return sides.bits;
  }
  static std::uint64_t sides(void*, const double* x, const double* p, const double* in, double* away) {
    std::array<double, nx> dx;
    Sides s{.away = away};
    return rhs_over(s, x, p, in, dx.data());
  }
  static void rhs_on(void*, const double* x, const double* p, const double* in, std::uint64_t on, double* dx) {
    Sides s{.bits = on};
    rhs_over(s, x, p, in, dx);
  }
  /// How many comparisons rhs makes of what changes with time: the same wherever it is evaluated.
  static std::uint32_t n_sides() {
    std::array<double, nx> x{}, dx;
    std::array<double, np + nd + 1> p{};
    std::array<double, ni + 1> in{};
    Sides s;
    rhs_over(s, x.data(), p.data(), in.data(), dx.data());
    return s.n;
  }
  static double threshold_single(void*, const double* x, const double* p, const double* in) noexcept {
    return call_threshold<M>(from<X<double>, nx>(x), from<P<double>, np>(p), from<D<double>, nd>(p + np),
                             from<I<double>, ni>(in));
  }

  // The Taylor series of one neuron: the equations evaluated degree by degree. The threshold comes first, so that its
  // slots are there without those of rhs.
  template <class S, std::size_t n, class F> static S each(F&& f) {
    return [&]<std::size_t... k>(std::index_sequence<k...>) { return S{f(k)...}; }(std::make_index_sequence<n>{});
  }
  struct Expansion {
    std::uint32_t order, n_in;
    const double *p, *in;
    std::uint64_t frozen;
    const std::uint64_t* sides;
    double *x, *g;

    /// From the coefficients of a degree, `now`, to those of the next, unless it is the last.
    [[gnu::always_inline]] void degree(Replay& r, std::array<double, nx>& now) const {
      const std::size_t k = r.degree;
      const auto xs = each<X<Series>, nx>([&](std::size_t s) { return Series(now[s], r); });
      const auto ps = from<P<Series>, np>(p);
      const auto ds = from<D<Series>, nd>(p + np);
      const auto is = each<I<Series>, ni>([&](std::size_t s) {  // to a branch, an input is what may change with time
        return n_in == 1 && !sides ? Series(in[s]) : Series(k < n_in ? in[s * n_in + k] : 0, r);
      });
      if constexpr (has_threshold)
        if (g) g[k] = Series(call_threshold<M>(xs, ps, ds, is)).coefficient(r);
      if (k == order) return;
      r.sides = sides;
      const auto slopes = std::bit_cast<std::array<Series, nx>>(call_rhs<M>(xs, ps, ds, is));
      const double inverse = 1.0 / static_cast<double>(k + 1);
      for (std::size_t s = 0; s < nx; ++s)
        x[s * (order + 1) + k + 1] = now[s] = frozen >> s & 1 ? 0 : slopes[s].coefficient(r) * inverse;
    }
  };
  [[gnu::flatten]] static std::uint32_t expand(void*, std::uint32_t order, const double* p, std::uint32_t n_in,
                                               const double* in, std::uint64_t frozen, const std::uint64_t* sides,
                                               double* x, double* g, double* workspace) noexcept {
    const Expansion e{order, n_in, p, in, frozen, sides, x, g};
    std::array<double, nx> now;
    for (std::size_t s = 0; s < nx; ++s) now[s] = x[s * (order + 1)];
    Replay start{.next = workspace, .degree = 0, .first = true};
    e.degree(start, now);
    if (start.compared) return 1;
    for (std::uint32_t k = 1; k <= order; ++k) {
      Replay r{.next = workspace, .degree = k, .first = false, .inverse = 1.0 / k};
      e.degree(r, now);
    }
    return 0;
  }
  /// Doubles that all slots take: at any point, whatever varies with time.
  static std::uint64_t workspace() {
    std::array<double, Replay::widest * Replay::slot> scratch{};
    std::array<double, np + nd> p{};
    std::array<double, 2 * ni> in{};
    std::array<double, 2 * nx> x{};
    std::array<double, nx> now{};
    std::array<double, 2> g{};
    Replay r{.next = scratch.data(), .degree = 0, .first = true, .measuring = true};
    Expansion{1, 2, p.data(), in.data(), 0, nullptr, x.data(), g.data()}.degree(r, now);
    return r.taken * Replay::slot;
  }

  static void threshold_tangent(void*, std::uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_in x1, hk_in p1, hk_in in1,
                                double* g1) {
    const auto x_ = rows<nx>(x), x1_ = rows<nx>(x1);
    const Slopes n(p, p1);
    const auto i_ = rows<ni>(in), i1_ = rows<ni>(in1);
    each_pack(lanes, [&](std::size_t i) {
      Slope(call_threshold<M>(at<X<Slope>>(x_, x1_, i), n.params(i), n.derived(i), at<I<Slope>>(i_, i1_, i)))
          .slope.store(g1 + i);
    });
  }
  static void derive_tangent(void*, std::uint32_t lanes, hk_in p, hk_in p1, hk_out derived1) {
    const auto p_ = rows<np>(p), p1_ = rows<np>(p1);
    const auto d_ = rows<nd>(derived1);
    each_pack(lanes, [&](std::size_t i) { put_slopes(M::derive(at<P<Slope>>(p_, p1_, i)), d_, i); });
  }
  static void refractory_tangent(void*, std::uint32_t lanes, hk_in p, hk_in p1, double* ms1) {
    const Slopes n(p, p1);
    each_pack(lanes,
              [&](std::size_t i) { Slope(call_refractory<Slope>(n.params(i), n.derived(i))).slope.store(ms1 + i); });
  }

  // The equations with all their arguments, over any number type.
  static constexpr auto rhs_of = [](const auto& x, const auto& p, const auto& d, const auto& in)
                                     HILLOCK_INLINE { return call_rhs<M>(x, p, d, in); };
  static constexpr auto threshold_of = [](const auto& x, const auto& p, const auto& d, const auto& in)
                                           HILLOCK_INLINE { return call_threshold<M>(x, p, d, in); };
  static constexpr auto reset_of = [](const auto& x, const auto& p, const auto& d, const auto& in)
                                       HILLOCK_INLINE { return call_reset<M>(x, p, d, in); };
  static constexpr auto peak_of = []<class T>(const X<T>& x, const P<T>& p, const D<T>& d, const auto&)
                                      HILLOCK_INLINE { return call_peak<T>(x, p, d); };

  /// A model that is driven by chance is stepped by the functions above alone.
  static consteval bool has_loops() {
    for (const hk_field& f : inputs)
      if (f.kind == HK_DRAW) return false;
    return true;
  }

  static consteval std::uint64_t held() {
    std::uint64_t mask = 0;
    if constexpr (requires { M::held; }) {
      const auto each = std::bit_cast<std::array<bool, nx>>(M::held);
      for (std::size_t k = 0; k < nx; ++k)
        if (each[k]) mask |= std::uint64_t{1} << k;
    }
    return mask;
  }
  static consteval double rearm() {
    if constexpr (requires { M::rearm; }) return M::rearm;
    else return 0;
  }

  // Presets as full rows, with NaN where they say nothing.
  static consteval std::size_t n_presets() {
    if constexpr (requires { M::presets; }) return std::size(M::presets);
    else return 0;
  }
  struct PresetRows {
    std::array<std::array<double, np>, n_presets() + 1> params{};
    std::array<std::array<double, nx>, n_presets() + 1> start{};
    Word unknown, outside;  // the first name that the model does not have, and that of a value outside its range
  };
  static consteval PresetRows preset_rows() {
    PresetRows rows;
    if constexpr (n_presets() > 0) {
      for (std::size_t r = 0; r < n_presets(); ++r) {
        rows.params[r].fill(std::numeric_limits<double>::quiet_NaN());
        rows.start[r].fill(std::numeric_limits<double>::quiet_NaN());
        for (const Setting& s : M::presets[r].settings) {
          if (!s.name) break;
          const std::size_t k = index_of(params, s.name), j = index_of(state, s.name);
          if (k == np && j == nx) {
            if (rows.unknown.text[0] == 0) rows.unknown = word(s.name);
            continue;
          }
          (k < np ? rows.params[r][k] : rows.start[r][j]) = s.value;
          const hk_field& f = k < np ? params[k] : state[j];
          if (!(f.low <= s.value && s.value <= f.high) && rows.outside.text[0] == 0) rows.outside = word(s.name);
        }
      }
    }
    return rows;
  }
  static constexpr PresetRows preset_numbers = preset_rows();
  static_assert(right<a_preset_sets_a_name_that_is_no_parameter_and_no_state, preset_numbers.unknown.text[0] != 0,
                      preset_numbers.unknown>());
  static_assert(
      right<a_preset_sets_a_value_outside_the_range_of, preset_numbers.outside.text[0] != 0, preset_numbers.outside>());
  static consteval auto preset_table() {
    std::array<hk_preset, n_presets() + 1> t{};
    if constexpr (n_presets() > 0)
      for (std::size_t r = 0; r < n_presets(); ++r)
        t[r] = {M::presets[r].name, M::presets[r].meaning, preset_numbers.params[r].data(),
                preset_numbers.start[r].data()};
    return t;
  }
  static constexpr auto presets = preset_table();

  static consteval hk_model make_model() {
    hk_model m{};
    m.size = sizeof(hk_model), m.field_size = sizeof(hk_field), m.preset_size = sizeof(hk_preset);
    m.n_state = nx, m.n_params = np, m.n_derived = nd, m.n_inputs = ni,
    m.n_presets = static_cast<std::uint32_t>(n_presets());
    m.state = state.data(), m.params = params.data(), m.inputs = inputs.data(), m.presets = presets.data();
    m.held = held(), m.rearm = rearm(), m.rhs = rhs;
    if constexpr (has_derived) m.derive = derive;
    if constexpr (has_initial) m.initial = initial;
    if constexpr (has_threshold) m.threshold = threshold;
    if constexpr (has_reset) m.reset = reset;
    if constexpr (has_refractory) m.refractory = refractory;
    if constexpr (has_peak) m.peak = peak;
    if constexpr (has_observed) m.n_observed = no, m.observed = observed.data(), m.observe = observe;
    return m;
  }
  static hk_single make_single() {
    hk_single s{};
    s.size = sizeof(hk_single), s.rhs = rhs_single, s.rhs_tangent = rhs_tangent_single;
    if (const std::uint32_t n = n_sides(); n <= HK_MAX_SIDES) s.n_sides = n, s.sides = sides, s.rhs_on = rhs_on;
    if constexpr (has_threshold) s.threshold = threshold_single;
    return s;
  }
  static consteval hk_tangent make_tangent() {
    hk_tangent t{};
    t.size = sizeof(hk_tangent), t.rhs = rhs_tangent;
    if constexpr (has_derived) t.derive = derive_tangent;
    if constexpr (has_initial) t.initial = initial_tangent;
    if constexpr (has_threshold) t.threshold = threshold_tangent;
    if constexpr (has_reset) t.reset = reset_tangent;
    if constexpr (has_refractory) t.refractory = refractory_tangent;
    return t;
  }
  static constexpr hk_model model_interface = make_model();
  static constexpr hk_tangent tangent_interface = make_tangent();
  static const void* get(const char* id) noexcept {
    static const hk_taylor taylor_interface{sizeof(hk_taylor), workspace(), expand};
    if (!std::strcmp(id, HK_TAYLOR)) return &taylor_interface;
    if (!std::strcmp(id, HK_MODEL)) return &model_interface;
    if (!std::strcmp(id, HK_TANGENT)) return &tangent_interface;
    static const hk_single single_interface = make_single();
    if (!std::strcmp(id, HK_SINGLE)) return &single_interface;
#ifndef HILLOCK_NO_LOOPS  // a build under sanitizers leaves them out of most models: they take minutes to compile there
    if constexpr (has_loops())
      if (!std::strcmp(id, HK_STEPS)) return &Loops<Binding>::interface;
#endif
    return nullptr;
  }
};

}  // namespace detail
}  // namespace hillock

/// The one line that makes a plugin of a model. The empty namespace is where compilers find that a ';' is forgotten
/// before it.
#define HILLOCK_MODEL(M)                    \
  namespace hillock {}                      \
  HILLOCK_EXPORT const hk_plugin HK_PLUGIN; \
  constexpr hk_plugin HK_PLUGIN = hillock::detail::identity<M>(HK_ROLE_MODEL, hillock::detail::Binding<M>::get);
