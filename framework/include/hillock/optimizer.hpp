#pragma once
// How to write an optimizer: a class that is asked for candidates and told their losses, and HILLOCK_OPTIMIZER(Name).
//
//   struct Walk {
//     static constexpr auto id = "walk", version = "1.0.0", cite = "...", meaning = "...";
//     Walk(const Search&, const Options&);
//     std::vector<std::vector<double>> ask();  // candidates, each of search.n() numbers within the box; none: finished
//     void tell(const Told&);                  // in the order asked
//   };
//   HILLOCK_OPTIMIZER(Walk)
//
// It may have besides:
//     static constexpr std::uint32_t flags = HK_GRADIENT;  // what it may want: HK_GRADIENT, HK_CURVATURE,
//                                                          // HK_MANY_LOSSES
//     std::uint32_t wants() const;                         // what it wants of the candidates just asked; else all
//     std::string ended() const;                           // why it has finished
#include <cstdint>
#include <span>
#include <vector>
#include "hillock/plugin.hpp"

namespace hillock {

/// The box to search and what may be spent on it.
struct Search {
  std::vector<double> low, high, start;  ///< start: a first guess, or empty
  std::uint64_t seed = 0, evaluations = 0;
  std::size_t losses = 1;  ///< how many are minimised at once
  Host host;
  std::size_t n() const { return low.size(); }
};

/// What became of the candidates, in the order asked. A loss that is not finite marks a candidate that failed.
struct Told {
  std::span<const double> losses;
  std::vector<std::vector<double>> each;       ///< [candidate][loss], where several losses are minimised
  std::vector<std::vector<double>> gradients;  ///< [candidate][free], if wanted
  std::vector<std::vector<double>> curvature;  ///< [candidate][free * n + free], if wanted; symmetric
};

namespace [[gnu::visibility("hidden")]] detail {

template <class Optimizer> struct OptimizerBinding {
  static constexpr std::uint32_t flags = [] {
    if constexpr (requires { Optimizer::flags; }) return Optimizer::flags;
    else return 0u;
  }();
  struct Open {
    Optimizer optimizer;
    std::size_t n, losses;
    std::vector<std::vector<double>> rows;
    std::vector<const double*> pointers;
    std::string ended;
  };
  static Search search(const hk_search& s, const hk_host* host) {
    Search out;
    out.low.assign(s.low, s.low + s.n);
    out.high.assign(s.high, s.high + s.n);
    if (s.start) out.start.assign(s.start, s.start + s.n);
    out.seed = s.seed;
    out.evaluations = s.evaluations;
    out.losses = s.n_losses > 1 ? s.n_losses : 1;
    out.host = Host(host);
    return out;
  }
  static hk_status open(const hk_search* s, const hk_values* values, const hk_host* host, void** self,
                        hk_error* error) {
    return guard(error, [&] {
      const Search box = search(adopt(s), host);
      const Options chosen(options_of<Optimizer>(), n_options<Optimizer>(), values);
      *self = new Open{Optimizer(box, chosen), box.n(), box.losses, {}, {}, {}};
    });
  }
  static hk_status ask(void* self, hk_asked* asked, hk_error* error) {
    return guard(error, [&] {
      Open& o = *static_cast<Open*>(self);
      const auto candidates = o.optimizer.ask();
      o.rows.assign(o.n, std::vector<double>(candidates.size()));
      o.pointers.clear();
      for (std::size_t c = 0; c < candidates.size(); ++c)
        for (std::size_t k = 0; k < o.n; ++k) o.rows[k][c] = candidates[c].at(k);
      for (const auto& row : o.rows) o.pointers.push_back(row.data());
      asked->count = static_cast<std::uint32_t>(candidates.size());
      asked->x = o.pointers.data();
      asked->wants = flags & (HK_GRADIENT | HK_CURVATURE);
      if constexpr (requires { o.optimizer.wants(); }) asked->wants &= o.optimizer.wants();
    });
  }
  /// rows[k][candidate] turned round, or nothing.
  static std::vector<std::vector<double>> by_candidate(hk_in rows, std::size_t n, std::size_t count) {
    std::vector<std::vector<double>> out;
    if (!rows) return out;
    out.assign(count, std::vector<double>(n));
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t c = 0; c < count; ++c) out[c][k] = rows[k][c];
    return out;
  }
  static hk_status tell(void* self, const hk_told* told, hk_error* error) {
    return guard(error, [&] {
      Open& o = *static_cast<Open*>(self);
      const hk_told t = adopt(told);
      o.optimizer.tell(Told{{t.losses, t.count},
                            by_candidate(t.each, o.losses, t.count),
                            by_candidate(t.gradient, o.n, t.count),
                            by_candidate(t.curvature, o.n * o.n, t.count)});
    });
  }
  static void close(void* self) { delete static_cast<Open*>(self); }
  static const char* ended([[maybe_unused]] void* self) {
    if constexpr (requires(const Optimizer& o) { o.ended(); }) {
      Open& o = *static_cast<Open*>(self);
      o.ended = o.optimizer.ended();
      return o.ended.c_str();
    } else {
      return "";
    }
  }
  static constexpr hk_optimizer interface {
    sizeof(hk_optimizer),
        sizeof(hk_option), n_options<Optimizer>(), flags, options_of<Optimizer>(), open, ask, tell, close, ended
  };
  static const void* get(const char* id) { return std::strcmp(id, HK_OPTIMIZER) ? nullptr : &interface; }
};

}  // namespace detail
}  // namespace hillock

/// The one line that makes a plugin of an optimizer.
#define HILLOCK_OPTIMIZER(C)                \
  HILLOCK_EXPORT const hk_plugin HK_PLUGIN; \
  constexpr hk_plugin HK_PLUGIN =           \
      hillock::detail::identity<C>(HK_ROLE_OPTIMIZER, hillock::detail::OptimizerBinding<C>::get);
