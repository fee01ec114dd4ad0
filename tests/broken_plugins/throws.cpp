// An integrator that throws: when it is opened, or at its first step.
#include <hillock/integrator.hpp>
using hillock::Options, hillock::Rows, hillock::System;

struct Throws {
  static constexpr auto id = "throws", version = "1.0.0", cite = "", meaning = "throws";
  static constexpr hk_option options[] = {hillock::choice("when", "at_open|at_step", "at_step", "when it throws"),
                                          hillock::choice("what", "error|bad_input|number", "error", "what it throws")};

  Throws(const System&, const Options& chosen) : what(chosen.text("what")) {
    if (chosen.text("when") == "at_open") go();
  }
  void step(System&, double, double, const Rows&, Rows&) { go(); }
  void go() const {
    if (what == "number") throw 42;
    if (what == "bad_input") throw hillock::BadInput("this is not for me");
    throw std::runtime_error("the well is dry");
  }
  std::string what;
};
HILLOCK_INTEGRATOR(Throws)
