// An optimizer whose candidates leave the box as soon as it was told a loss.
#include <hillock/optimizer.hpp>
using hillock::Options, hillock::Search, hillock::Told;

struct LeavesBox {
  static constexpr auto id = "leaves_box", version = "1.0.0", cite = "none", meaning = "walks away";

  LeavesBox(const Search& search, const Options&) : search_(search) {}
  std::vector<std::vector<double>> ask() {
    std::vector<double> x;
    for (std::size_t k = 0; k < search_.n(); ++k)
      x.push_back(search_.low[k] + (1 + told_) * (search_.high[k] - search_.low[k]));
    return {x};
  }
  void tell(const Told&) { ++told_; }

  Search search_;
  int told_ = 0;
};
HILLOCK_OPTIMIZER(LeavesBox)
