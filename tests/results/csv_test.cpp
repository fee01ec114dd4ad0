// Tables of a result, letter by letter.
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "results/folder.hpp"
#include "samples.hpp"

using namespace hillock;

namespace {
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE("a trace has a title with its unit for each column and a row for each sample") {
  CaseResult result = samples::one_case("rs");
  result.columns.push_back({"u", "Recovery", "mV/ms", {-13, -13.25, 1e-7}});
  CHECK(case_csv(result) ==
        "Time (ms),Membrane Potential (mV),Recovery (mV/ms)\n"
        "0,-65,-13\n"
        "0.25,-64.5,-13.25\n"
        "0.5,30,1e-07\n");
}

TEST_CASE("a unit of 1 or none is not shown, and a column without a title has its name") {
  CaseResult result;
  result.time_ms = {0};
  result.columns = {{"m", "Gate", "1", {0.5}}, {"n", "Gate", "", {0.25}}, {"h", "", "1", {0}}};
  CHECK(case_csv(result) == "Time (ms),Gate,Gate,h\n0,0.5,0.25,0\n");
}

TEST_CASE("a sheet has columns of numbers and of words, and an empty field where there is no number") {
  Sheet sheet{"bifurcations",
              {{"kind", "Kind", "", {}, {"fold", "Hopf, subcritical"}},
               {"f", "Frequency", "Hz", {no_number, 9.5}},
               {"I", "Current", "1", {4}}}};
  CHECK(sheet_csv(sheet) == "Kind,Frequency (Hz),Current\nfold,,4\n\"Hopf, subcritical\",9.5,\n");
  sheet.columns.clear();
  CHECK(sheet_csv(sheet) == "\n");
}

TEST_CASE("titles with commas, quotes and line ends are quoted") {
  CaseResult result;
  result.time_ms = {0};
  result.columns = {{"a", "Voltage, \"soma\"", "mV", {1}}, {"b", "two\nlines", "", {2}}};
  CHECK(case_csv(result) == "Time (ms),\"Voltage, \"\"soma\"\" (mV)\",\"two\nlines\"\n0,1,2\n");
}

TEST_CASE("every number in a trace reads back to the same bits") {
  std::vector<double> numbers{0.1,
                              1.0 / 3,
                              -0.0,
                              5e-324,
                              2.2250738585072014e-308,
                              1.7976931348623157e308,
                              123456789,
                              1e16,
                              1e22,
                              1e23,
                              9007199254740993.0,
                              -65.00000000000001,
                              0.3,
                              2.5e-7,
                              1e-5,
                              100000,
                              299792.458};
  std::uint64_t bits = 0x9e3779b97f4a7c15;  // and 1000 of any exponent, by a Weyl sequence
  for (int i = 0; i < 1000; ++i, bits += 0x9e3779b97f4a7c15)
    if (const double x = std::bit_cast<double>(bits); std::isfinite(x)) numbers.push_back(x);
  CaseResult result = samples::one_case("numbers", numbers);
  const std::string text = case_csv(result);
  std::size_t at = text.find('\n') + 1;
  for (const double number : numbers) {
    at = text.find(',', at) + 1;
    double back = 0;
    const auto end = std::from_chars(text.data() + at, text.data() + text.size(), back);
    REQUIRE(end.ec == std::errc());
    CHECK(*end.ptr == '\n');
    CHECK(std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(number));
  }
}

TEST_CASE("the trace of a failed case ends before the first number that is not finite") {
  CaseResult result = samples::one_case("wild", {-65, 1e300, no_number, no_number});
  result.columns.push_back({"u", "Recovery", "", {1, 2, 3, 4}});
  result.failure = Failure{"not finite", 0.5};
  CHECK(case_csv(result) == "Time (ms),Membrane Potential (mV),Recovery\n0,-65,1\n0.25,1e+300,2\n");
  result.columns[1].values[0] = std::numeric_limits<double>::infinity();
  CHECK(case_csv(result) == "Time (ms),Membrane Potential (mV),Recovery\n");
}

TEST_CASE("the trace of a case that is good has an empty field where there is no number") {
  CHECK(case_csv(samples::one_case("gap", {1, no_number, 3})) ==
        "Time (ms),Membrane Potential (mV)\n0,1\n0.25,\n0.5,3\n");
}

TEST_CASE("columns of unequal length end with the shortest") {
  CaseResult result = samples::one_case("short");
  result.columns.push_back({"u", "u", "", {1}});
  CHECK(case_csv(result) == "Time (ms),Membrane Potential (mV),u\n0,-65,1\n");
  result.columns[1].values.clear();
  CHECK(case_csv(result) == "Time (ms),Membrane Potential (mV),u\n");
}

TEST_CASE("the summary has the units of swept paths and measures in its titles") {
  CaseResult a = samples::one_case("a"), b = samples::one_case("b");
  a.swept = {{"input.I.amplitude", "5 pA"}, {"model.preset", "fast_spiking"}, {"model.d", "8"}};
  b.swept = {{"input.I.amplitude", "1e1 pA"}, {"model.preset", "bursting, \"rare\""}, {"model.d", "2"}};
  b.measures[1] = {"mean_rate", "Hz", no_number, "there is no spike"};
  b.failure = Failure{"not finite", 3.25};
  CHECK(summary_csv({a, b}) ==
        "case,input.I.amplitude (pA),model.preset,model.d,spike_count,mean_rate (Hz),status\n"
        "a,5,fast_spiking,8,1,1000,ok\n"
        "b,1e1,\"bursting, \"\"rare\"\"\",2,1,,not finite at t = 3.25 ms\n");
}

TEST_CASE("a swept value keeps its unit where the cases differ in it") {
  CaseResult a = samples::one_case("a"), b = samples::one_case("b");
  a.measures = b.measures = {};
  a.swept = {{"simulate.for", "1 s"}};
  b.swept = {{"simulate.for", "500 ms"}};
  CHECK(summary_csv({a, b}) == "case,simulate.for,status\na,1 s,ok\nb,500 ms,ok\n");
  b.swept = {{"model.d", "3"}};  // what a case does not say is empty
  CHECK(summary_csv({a, b}) == "case,simulate.for (s),model.d,status\na,1,,ok\nb,,3,ok\n");
}

TEST_CASE("a measure that only some cases have is an empty field of the others") {
  CaseResult a = samples::one_case("a"), b = samples::one_case("b");
  a.measures = {{"gamma", "1", 0.5, ""}};
  b.measures = {{"rmse", "mV", 2.5, ""}};
  CHECK(summary_csv({a, b}) == "case,gamma,rmse (mV),status\na,0.5,,ok\nb,,2.5,ok\n");
  CHECK(summary_csv({}) == "case,status\n");
}

TEST_CASE("spikes and failures have a row each") {
  CaseResult a = samples::one_case("a"), b = samples::one_case("b");
  a.spikes_ms = {12.25, 1000};
  b.spikes_ms = {};
  b.failure = Failure{"step too small", 3.25, "a = 0.02, b = 0.2"};
  CHECK(spikes_csv({a, b}) == "case,Time (ms)\na,12.25\na,1000\n");
  CHECK(failures_csv({a, b}) ==
        "case,status,time (ms),parameters\nb,step too small at t = 3.25 ms,3.25,\"a = 0.02, b = 0.2\"\n");
}
