// A scheme whose struct has the name of another plugin's, and another option.
#include <hillock/integrator.hpp>

using namespace hillock;

struct Mine {
  static constexpr auto id = "same_scheme_2", version = "1.0.0", cite = "", meaning = "Euler's step";
  static constexpr hk_option options[] = {number("damping", "1/ms", 0.25, 0, 1, "what is taken from each slope")};
  Mine(const System& f, const Options&) : slope(f.rows()) {}
  void step(System& f, double t, double dt, const Rows& x, Rows& next) {
    f.rhs(t, x, slope);
    axpy(next, x, dt, slope);
  }
  Rows slope;
};
HILLOCK_INTEGRATOR(Mine)
