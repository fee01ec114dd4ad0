// An optimizer whose candidates depend on how many were asked for since the library was loaded, and that never ends.
#include <hillock/optimizer.hpp>
using hillock::Options, hillock::Search, hillock::Told;

struct Unseeded {
  static constexpr auto id = "unseeded", version = "1.0.0", cite = "none", meaning = "forgets the seed";

  Unseeded(const Search& search, const Options&) : search_(search) {}
  std::vector<std::vector<double>> ask() {
    static double asked = 0;
    const double share = 1 / ++asked;
    std::vector<double> x;
    for (std::size_t k = 0; k < search_.n(); ++k)
      x.push_back(search_.low[k] + share * (search_.high[k] - search_.low[k]));
    return {x};
  }
  void tell(const Told&) {}

  Search search_;
};
HILLOCK_OPTIMIZER(Unseeded)
