// What no experiment file can show as yet, since no block that ships has such an option: flags, and numbers at the
// bounds of what can be written.
#include <doctest/doctest.h>

#include "file/options.hpp"

using namespace hillock;

namespace {

Node value(const std::string& text) {
  auto source = std::make_shared<Source>(Source{"x.yaml", {"x: " + text}, {}});
  return *parse_yaml(source).find("x");
}

template <class F> std::string sentence(F f) {
  try {
    f();
  } catch (const Error& e) { return e.message() + (e.hint().empty() ? "" : " - " + e.hint()); }
  return "nothing is wrong";
}

double read(const std::string& text, const std::string& unit = "ms", double low = -1e300, double high = 1e300) {
  return read_number(value(text), "tau", unit, low, high, "model 'm'");
}

}  // namespace

TEST_SUITE("options") {
  TEST_CASE("a flag is true or false, and no other word, number or text") {
    CHECK(read_flag(value("true"), "f"));
    CHECK(!read_flag(value("false"), "f"));
    const std::string words = " - yes, no, on and off are words here";
    CHECK(sentence([] { read_flag(value("yes"), "f"); }) == "'f' is true or false, not 'yes'" + words);
    CHECK(sentence([] { read_flag(value("Off"), "f"); }) == "'f' is true or false, not 'Off'" + words);
    CHECK(sentence([] { read_flag(value("1"), "f"); }) == "'f' is true or false, not '1'");
    CHECK(sentence([] { read_flag(value("True"), "f"); }) == "'f' is true or false, not 'True'");
    CHECK(sentence([] { read_flag(value("\"true\""), "f"); }) == "'f' is true or false, not 'true'");
    CHECK(sentence([] { read_flag(value("[true]"), "f"); }) == "'f' is true or false, not a list");
    CHECK(sentence([] { read_flag(value(""), "f"); }) == "'f' is true or false, not nothing");
  }

  TEST_CASE("a number is converted to its field's unit without a rounding error") {
    CHECK(read("20") == 20);
    CHECK(read("20 ms") == 20);
    CHECK(read("20ms") == 20);
    CHECK(read("0.07 s") == 70);
    CHECK(read("+3e-2 s") == 30);
    CHECK(read("-65 mV", "mV") == -65);
    CHECK(read("0.1 nA", "pA") == 100);
    CHECK(read("30 %", "1") == 0.3);
    CHECK(read("2 mV/s", "mV/ms") == 0.002);
    CHECK(read("3 pA sqrt(ms)", "pA sqrt(ms)") == 3);
  }

  TEST_CASE("a bound belongs to the range") {
    CHECK(read("0", "ms", 0, 1) == 0);
    CHECK(read("1 ms", "ms", 0, 1) == 1);
    CHECK(sentence([] { read("1.0000001", "ms", 0, 1); }) ==
          "tau = 1.0000001 ms is above 1 ms, the most that model 'm' accepts");
    CHECK(sentence([] { read("-1e-300", "ms", 0, 1); }) ==
          "tau = -1e-300 ms is below 0 ms, the least that model 'm' accepts");
    // the bound holds for the converted number
    CHECK(sentence([] { read("2 s", "ms", 0, 1000); }) ==
          "tau = 2000 ms is above 1000 ms, the most that model 'm' accepts");
  }

  TEST_CASE("what only looks like a number is refused") {
    for (const char* text :
         {"nan", ".nan", "inf", ".inf", "-.inf", "e5", "--1", "1_000", "0b11", "12:30", "1e400", "ms", "1/3", "one"}) {
      CAPTURE(text);
      CHECK(sentence([&] { read(text); }) ==
            "'tau' of model 'm' is a number in ms: '" + std::string(text) + "' cannot be read as one");
    }
    CHECK(sentence([] { read("-010"); }) ==
          "the number '-010' begins with a zero - leading zeros mean octal to some readers: leave them out");
    CHECK(sentence([] { read("1e305 h"); }) == "tau = 1e305 h is beyond the range of numbers");
  }

  TEST_CASE("a whole number may be written as one with a point or an exponent, if it is whole") {
    CHECK(read_integer(value("3"), "n", 0, 10, "m") == 3);
    CHECK(read_integer(value("3.0"), "n", 0, 10, "m") == 3);
    CHECK(read_integer(value("1e3"), "n", 0, 1e6, "m") == 1000);
    CHECK(sentence([] { read_integer(value("2.5"), "n", 0, 10, "m"); }) == "n = 2.5 is no whole number");
    CHECK(sentence([] { read_integer(value("11"), "n", 0, 10, "m"); }) ==
          "n = 11 is above 10, the most that m accepts");
  }

  TEST_CASE("options come in the order of their specs, with their defaults, whatever the order of the file") {
    const std::vector<OptionSpec> specs = {{"one", OptionSpec::Kind::number, "ms", 1, 0, 9, "", false, {}, {}},
                                           {"word", OptionSpec::Kind::choice, "1", 0, 0, 0, "", false, {"a", "b"}, "a"},
                                           {"columns.time", OptionSpec::Kind::text, "1", 0, 0, 0, "", false, {}, ""},
                                           {"list", OptionSpec::Kind::list, "ms", 0, 0, 9, "", false, {}, {}},
                                           {"flag", OptionSpec::Kind::flag, "1", 1, 0, 1, "", false, {}, {}}};
    const OptionValues none = read_options(value("{}"), specs, "m");
    CHECK(none.number("one") == 1);
    CHECK(none.text("word") == "a");
    CHECK(none.number("flag") == 1);
    CHECK(!none.given("one"));
    const OptionValues all =
        read_options(value("{flag: false, list: [1 ms, 2e-3 s], columns: {time: t}, word: b, one: 2}"), specs, "m");
    CHECK(all.number("one") == 2);
    CHECK(all.text("word") == "b");
    CHECK(all.text("columns.time") == "t");
    CHECK(all["list"].list == std::vector<double>{1, 2});
    CHECK(all.number("flag") == 0);
    CHECK(!(all == none));
    // written out, they read back to the same
    Node written = map_node();
    all.write(written);
    CHECK(read_options(value("{one: 2 ms, word: b, columns: {time: \"t\"}, list: [1 ms, 2 ms], flag: false}"), specs,
                       "m") == all);
    CHECK(to_yaml(written).find("columns: {time: \"t\"}") != std::string::npos);
    CHECK(sentence([&] { read_options(value("{list: [1, 20]}"), specs, "m"); }) ==
          "list = 20 ms is above 9 ms, the most that m accepts");
    CHECK(sentence([&] { read_options(value("{columns: {tiem: t}}"), specs, "m"); }) ==
          "'columns' of m has no option 'tiem' - did you mean 'time'?");
  }
}
