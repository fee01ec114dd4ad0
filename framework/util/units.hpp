#pragma once
// Units of numbers in experiment files and recordings: "mV/ms", "pA", "uF/cm2", "1/ms", "%", "1".
#include <optional>
#include <string>
#include <string_view>

namespace hillock {

/// A unit as powers of second, volt, ampere and metre, and a factor to the unprefixed ones.
/// Knows s V A m Hz S F C Ohm (also ohm and the omega signs) with SI prefixes f p n u (also the micro signs) m c k M G,
/// and min h % 1 without; products by '*' or a blank, quotients by '/' (of the next unit alone), powers as a trailing
/// integer ("cm2", "cm^2", "cm²", "ms-1").
struct Unit {
  double factor = 1;  ///< one of this unit is `factor` of s^.. V^.. A^.. m^..
  int second = 0, volt = 0, ampere = 0, metre = 0;
  bool same_dimension(const Unit&) const;
};

/// nullopt if the text is no unit known here.
std::optional<Unit> parse_unit(std::string_view text);

/// `value` given in `from`, in `to`: nullopt if either is unknown or the dimensions differ. Exact (no rounding) if the
/// texts are equal; else powers of ten move the decimal point of the shortest text of `value`, so that 0.25 s is
/// exactly 250 ms and 0.07 s is 70 ms.
std::optional<double> convert(double value, std::string_view from, std::string_view to);

/// A number with an optional unit, "-65 mV", "0.25ms", "30 %", "1e-3". `unit` is empty if there is none.
/// Refuses (nullopt) anything else: leading zeros ("010"), "1,5", "0x10", ".inf", "nan", a missing number, one beyond
/// the range of a double, trailing text that is no unit-like word. A unit that is unknown is kept, for the message
/// about it.
struct Quantity {
  double value;
  std::string unit;
};
std::optional<Quantity> parse_quantity(std::string_view text);

}  // namespace hillock
