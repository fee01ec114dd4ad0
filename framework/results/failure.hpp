#pragma once
// Why something did not reach its end, as data: text is made of it where it is shown.
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace hillock {

/// Why a neuron, or a case, did not reach its end.
struct Failure {
  std::string why;                                          ///< "not finite"; a sentence where it was refused
  double at_ms = std::numeric_limits<double>::quiet_NaN();  ///< when it stopped; NaN: it was refused
  std::string parameters = {};                              ///< of the neuron: "a = 0.02, b = 0.2"; may be empty
  std::string remedy = {};  ///< its last finite state, and what may help if that is known; may be empty
  std::string of = {};      ///< "of the staircase": which run of a case that has several; may be empty
  /// It had begun.
  bool stopped() const { return !std::isnan(at_ms); }

  /// Its members, in the order of the bytes.
  template <class Self, class Bytes> static void members(Self& f, Bytes& bytes) {
    bytes(f.why), bytes(f.at_ms), bytes(f.parameters), bytes(f.remedy), bytes(f.of);
  }
};

/// "ok"; "not finite at t = 3.25 ms", in the time of a recording that begins at t0; why it was refused.
std::string status_of(const std::optional<Failure>& failure, double t0_ms = 0);

}  // namespace hillock
