// Units, conversions that do not disturb the digits a user wrote, and what counts as a number.
#include "util/units.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <random>

using namespace hillock;

namespace {

bool same(std::string_view a, std::string_view b) {
  const auto x = parse_unit(a), y = parse_unit(b);
  REQUIRE_MESSAGE(x.has_value(), a);
  REQUIRE_MESSAGE(y.has_value(), b);
  return x->same_dimension(*y) && x->factor == y->factor;
}
double value(std::string_view text) {
  const auto quantity = parse_quantity(text);
  REQUIRE_MESSAGE(quantity.has_value(), text);
  return quantity->value;
}
std::string unit(std::string_view text) {
  const auto quantity = parse_quantity(text);
  REQUIRE_MESSAGE(quantity.has_value(), text);
  return quantity->unit;
}

}  // namespace

TEST_SUITE("units") {
  TEST_CASE("a unit has a dimension and a factor") {
    const auto rate = parse_unit("mV/ms");
    REQUIRE(rate);
    CHECK(rate->factor == 1);
    CHECK(rate->volt == 1);
    CHECK(rate->second == -1);
    CHECK(rate->ampere == 0);
    CHECK(rate->metre == 0);
    CHECK(parse_unit("uF/cm2")->factor == 0.01);
    CHECK(parse_unit("pA")->factor == 1e-12);
  }
  TEST_CASE("units that mean the same are the same") {
    CHECK(same("mV/ms", "V/s"));
    CHECK(same("Hz", "1/s"));
    CHECK(same("kHz", "1/ms"));
    CHECK(same("1/ms", "ms-1"));
    CHECK(same("1/ms", "ms^-1"));
    CHECK(same("nS/mV", "uS/V"));
    CHECK(same("pA/pF", "mV/ms"));
    CHECK(same("mS/cm2", "mS/cm^2"));
    CHECK(same("mS/cm2", "mS/cm²"));
    CHECK(same("uA/cm2", "uA / cm2"));
    CHECK(same("uA/cm2", "uA*cm-2"));
    CHECK(same("uA/cm2", "uA cm-2"));
    CHECK(same("nA*MOhm", "mV"));
    CHECK(same("MOhm", "M\xce\xa9"));
    CHECK(same("MOhm", "M\xe2\x84\xa6"));
    CHECK(same("um2", "\xc2\xb5m2"));
    CHECK(same("um2", "\xce\xbcm2"));
    CHECK(same("us", "\xc2\xb5s"));
    CHECK(same("S", "1/Ohm"));
    CHECK(same("F", "C/V"));
    CHECK(same("pC", "pA s"));
    CHECK(same("pF*MOhm", "us"));
    CHECK(same("GOhm", "1/nS"));
    CHECK(same("um3", "µm³"));
    CHECK(same("", "1"));
    CHECK(same("%", "%"));
  }
  TEST_CASE("a symbol as it stands goes before a prefix and a symbol") {
    CHECK(same("ms", "1/kHz"));
    CHECK(parse_unit("m")->metre == 1);
    CHECK(parse_unit("min")->factor == 60);
    CHECK(parse_unit("h")->factor == 3600);
    CHECK(parse_unit("cm")->metre == 1);
    CHECK(parse_unit("m s")->metre == 1);  // metre-second, with a blank
    CHECK(parse_unit("mS")->ampere == 1);
  }
  TEST_CASE("what is no unit is none") {
    for (const char* text : {"mv",       "foo",  "W",   "ms/",     "/ms",  "1/",       "mV//ms",
                             "mV ** ms", "cm0",  "cm^", "cm2.5",   "2",    "mm%",      "k%",
                             "kh",       "mmV",  "k",   "u",       "ms99", "s13",      "m-",
                             "mV,ms",    "(mV)", "1m",  "mV/(ms)", "h3",   "\xc2\xb2", "min2 min2 min2 min2"})
      CHECK_MESSAGE(!parse_unit(text), text);
    CHECK(!parse_unit(std::string(100, 'm')));
  }
  TEST_CASE("a division holds for the next unit alone") {
    const auto unit = parse_unit("mV/ms*nA");
    REQUIRE(unit);
    CHECK(unit->second == -1);
    CHECK(unit->ampere == 1);
    CHECK(parse_unit("uA/cm2/ms")->second == -1);
  }
  TEST_CASE("a conversion gives the decimal number that is meant") {
    CHECK(convert(0.25, "s", "ms") == 250.0);
    CHECK(convert(250, "us", "ms") == 0.25);
    CHECK(convert(0.07, "s", "ms") == 70.0);
    CHECK(convert(0.1, "ms", "us") == 100.0);
    CHECK(convert(70, "us", "ms") == 0.07);
    CHECK(convert(0.3, "nA", "pA") == 300.0);
    CHECK(convert(1.1, "V/s", "mV/ms") == 1.1);
    CHECK(convert(30, "%", "1") == 0.3);
    CHECK(convert(0.29, "1", "%") == 29.0);
    CHECK(convert(-65, "mV", "V") == -0.065);
    CHECK(convert(0.35, "uF/cm2", "F/m2") == 0.0035);
    CHECK(convert(2, "min", "ms") == 120000.0);
    CHECK(convert(90, "min", "h") == 1.5);
    CHECK(convert(1, "h", "min") == 60.0);
    CHECK(convert(40, "Hz", "1/ms") == 0.04);
    CHECK(convert(0.0, "s", "ms") == 0.0);
  }
  TEST_CASE("every short decimal number keeps its digits through a conversion") {
    std::mt19937 random(1);
    for (int i = 0; i < 2000; ++i) {
      const int digits = std::uniform_int_distribution(-9999999, 9999999)(random);
      const int exponent = std::uniform_int_distribution(-9, 5)(random);
      // from_chars on the text is the number as a user writes it, in either unit
      const double seconds = value(fmt::format("{}e{}", digits, exponent));
      const double milliseconds = value(fmt::format("{}e{}", digits, exponent + 3));
      REQUIRE(convert(seconds, "s", "ms") == milliseconds);
      REQUIRE(convert(milliseconds, "ms", "s") == seconds);
    }
  }
  TEST_CASE("equal units leave every double untouched") {
    for (const double x : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0}) {
      CHECK(convert(x, "uA/cm2", "uA/cm2") == x);
      CHECK(convert(x, "mV/ms", "V/s") == x);
    }
  }
  TEST_CASE("a conversion that leaves the range of doubles is infinite or nothing") {
    CHECK(std::isinf(*convert(1e308, "s", "ms")));
    CHECK(*convert(5e-324, "ms", "s") == 0);
    CHECK(std::isnan(*convert(std::numeric_limits<double>::quiet_NaN(), "ms", "s")));
    CHECK(std::isinf(*convert(std::numeric_limits<double>::infinity(), "ms", "s")));
  }
  TEST_CASE("units of other dimensions and unknown ones do not convert") {
    CHECK(!convert(1, "mV", "pA"));
    CHECK(!convert(1, "mV", ""));
    CHECK(!convert(1, "foo", "mV"));
    CHECK(!convert(1, "mV", "foo"));
    CHECK(!convert(1, "foo", "foo"));
    CHECK(!convert(1, "uA/cm2", "uA"));
  }
}

TEST_SUITE("quantities") {
  TEST_CASE("a number may have a unit") {
    CHECK(value("-65 mV") == -65);
    CHECK(unit("-65 mV") == "mV");
    CHECK(value("0.25ms") == 0.25);
    CHECK(unit("0.25ms") == "ms");
    CHECK(value("30 %") == 30);
    CHECK(unit("30%") == "%");
    CHECK(unit("  5   uA / cm2 ") == "uA / cm2");
    CHECK(unit("5 1/ms") == "1/ms");
    CHECK(unit("5 µm") == "µm");
    CHECK(unit("5 Ω") == "Ω");
    CHECK(unit("5 foo") == "foo");  // what is no unit is told where a unit is expected
    CHECK(unit("5") == "");
    CHECK(unit("0ms") == "ms");
  }
  TEST_CASE("numbers are decimal, with or without a sign, a fraction and an exponent") {
    CHECK(value("1e3") == 1000);
    CHECK(value("1E+3") == 1000);
    CHECK(value("1e-3 mV") == 1e-3);
    CHECK(value("1e+300") == 1e300);
    CHECK(value("+5") == 5);
    CHECK(value(".5") == 0.5);
    CHECK(value("-.5") == -0.5);
    CHECK(value("5.") == 5);
    CHECK(value("0.10") == 0.1);
    CHECK(value("0") == 0);
    CHECK(value("-0") == 0);
    CHECK(value("0.5e0 mV") == 0.5);
    CHECK(value("9007199254740993") == 9007199254740992);
  }
  TEST_CASE("what only looks like a number is none") {
    for (const char* text :
         {"",      " ",      "mV",    "010",      "00",    "-01",    "00.5",  "1,5",     "1.2.3", "0x10",
          "0X1F",  "1_000",  ".inf",  "inf",      "nan",   ".nan",   "-",     "+",       ".",     "-.",
          "e3",    "+-5",    "- 5",   "−65",      "1e999", "1e-999", "10:30", "2003-04", "3 4",   "5 1",
          "5 /ms", "5 (mV)", "5 -mV", "5'",       "5 mV!", "5\n",    "5 −3",  "1/2",     "5 °C",  "five",
          "#5",    "0b101",  "0o17",  "5 \"mV\"", "1e5.5", "5 mV,",  "$5"})
      CHECK_MESSAGE(!parse_quantity(text), text);
  }
  TEST_CASE("a unit that no conversion knows is kept for the message about it") {
    CHECK(unit("20 degC") == "degC");
    CHECK(unit("1e") == "e");
    CHECK(!parse_unit("degC"));
    CHECK(!parse_unit("e"));
  }
}
