#pragma once
// How to write an optimizer: a class that is asked for candidates and told their losses, and HILLOCK_OPTIMIZER(Name).
//
//   struct Walk {
//     static constexpr auto id = "walk", version = "1.0.0", cite = "...", meaning = "...";    // static constexpr bool wants_gradient = true; if it uses them
//     Walk(const Search&, const Options&);
//     std::vector<std::vector<double>> ask();                                          // candidates, each with search.n numbers within the box; none: finished
//     void tell(std::span<const double> losses);                                       // in the order asked; with wants_gradient: tell(losses, gradients[candidate][free])
//   };
//   HILLOCK_OPTIMIZER(Walk)
#include <cstdint>
#include <span>
#include <vector>
#include "hillock/plugin.hpp"

namespace hillock {

/// The box to search and what may be spent on it.
struct Search {
  std::vector<double> low, high, start;  ///< start: a first guess, or empty
  std::uint64_t seed = 0, evaluations = 0;
  std::size_t n() const { return low.size(); }
};

namespace [[gnu::visibility("hidden")]] detail {

template <class Optimizer> struct OptimizerBinding {
  static constexpr bool wants_gradient = [] {
    if constexpr (requires { Optimizer::wants_gradient; }) return Optimizer::wants_gradient;
    else return false;
  }();
  struct Open {
    Optimizer optimizer;
    std::size_t n;
    std::vector<std::vector<double>> rows;
    std::vector<const double*> pointers;
    std::size_t asked = 0;
  };
  static Search search(const hk_search& s) {
    Search out{
        {s.low, s.low + s.n},
        {s.high, s.high + s.n},
        {},
        s.seed, s.evaluations
    };
    if (s.start) out.start.assign(s.start, s.start + s.n);
    return out;
  }
  static hk_status open(const hk_search* s, const hk_values* values, void** self, hk_error* error) {
    return guard(error, [&] {
      *self = new Open{
          Optimizer(search(adopt(s)), Options(options_of<Optimizer>(), n_options<Optimizer>(), values)), s->n, {}, {}};
    });
  }
  static hk_status ask(void* self, std::uint32_t* count, hk_in* x, hk_error* error) {
    return guard(error, [&] {
      Open& o = *static_cast<Open*>(self);
      const auto candidates = o.optimizer.ask();
      o.asked = candidates.size();
      o.rows.assign(o.n, std::vector<double>(candidates.size()));
      o.pointers.clear();
      for (std::size_t c = 0; c < candidates.size(); ++c)
        for (std::size_t k = 0; k < o.n; ++k) o.rows[k][c] = candidates[c].at(k);
      for (const auto& row : o.rows) o.pointers.push_back(row.data());
      *count = static_cast<std::uint32_t>(candidates.size());
      *x = o.pointers.data();
    });
  }
  static hk_status tell(void* self, const double* losses, [[maybe_unused]] hk_in gradient, hk_error* error) {
    return guard(error, [&] {
      Open& o = *static_cast<Open*>(self);
      if constexpr (wants_gradient) {
        std::vector<std::vector<double>> g(o.asked, std::vector<double>(o.n));
        for (std::size_t c = 0; c < o.asked; ++c)
          for (std::size_t k = 0; k < o.n; ++k) g[c][k] = gradient[k][c];
        o.optimizer.tell(std::span<const double>(losses, o.asked), g);
      } else {
        o.optimizer.tell(std::span<const double>(losses, o.asked));
      }
    });
  }
  static void close(void* self) { delete static_cast<Open*>(self); }
  static constexpr hk_optimizer interface {
    sizeof(hk_optimizer), sizeof(hk_option), n_options<Optimizer>(), wants_gradient ? 1u : 0u,
        options_of<Optimizer>(), open, ask, tell, close
  };
  static const void* get(const char* id) { return std::strcmp(id, HK_OPTIMIZER) ? nullptr : &interface; }
};

}  // namespace detail
}  // namespace hillock

/// The one line that makes a plugin of an optimizer.
#define HILLOCK_OPTIMIZER(C)                       \
  HILLOCK_EXPORT const hk_plugin hillock_plugin_1; \
  constexpr hk_plugin hillock_plugin_1 =           \
      hillock::detail::identity<C>(HK_ROLE_OPTIMIZER, hillock::detail::OptimizerBinding<C>::get);
