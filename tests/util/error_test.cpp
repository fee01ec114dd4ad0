// The form of messages, and names that are nearly right.
#include "util/error.hpp"

#include <doctest/doctest.h>

#include "util/terminal.hpp"

using namespace hillock;

namespace {

std::shared_ptr<const Source> source(std::vector<std::string> lines) {
  return std::make_shared<Source>(Source{"experiments/rs.yaml", std::move(lines), "experiments"});
}
std::string what(const Error& error) { return error.what(); }

}  // namespace

TEST_SUITE("terminal") {
  TEST_CASE("what would steer a terminal is shown, not sent, and all else stays") {
    CHECK(harmless("a\tb\n\nc µ\n") == "a\tb\n\nc µ\n");
    CHECK(harmless("") == "");
    CHECK(harmless("\033[31mred\a\r") == "\ufffd[31mred\ufffd\ufffd");
    CHECK(harmless("\xc2\x9b"
                   "1A \xff\xc3") == "\ufffd1A \ufffd\ufffd");
  }
}

TEST_SUITE("errors") {
  TEST_CASE("an error shows its place, its line, a caret and a hint") {
    const auto rs = source({"", "", "", "model: {use: izhikevich, d: 8, vpeak: 30}"});
    const Error error({rs, 4, 32, 5}, "model 'izhikevich' has no parameter 'vpeak'", "did you mean 'v_peak'?");
    CHECK(what(error) == R"(experiments/rs.yaml:4:32: error: model 'izhikevich' has no parameter 'vpeak'
   4 | model: {use: izhikevich, d: 8, vpeak: 30}
     |                                ^~~~~ did you mean 'v_peak'?)");
    CHECK(error.message() == "model 'izhikevich' has no parameter 'vpeak'");
    CHECK(error.hint() == "did you mean 'v_peak'?");
    CHECK(error.place().column == 32);
    CHECK(error.status() == Exit::bad_input);
  }
  TEST_CASE("an error without a hint ends with its caret") {
    CHECK(what(Error({source({"a: 1"}), 1, 4, 1}, "no")) ==
          "experiments/rs.yaml:1:4: error: no\n   1 | a: 1\n     |    ^");
  }
  TEST_CASE("an error without a place is one line") {
    CHECK(what(Error("no experiment is named")) == "error: no experiment is named");
    CHECK(what(Error(Place{}, "no experiment is named", "write hillock run FILE")) ==
          "error: no experiment is named - write hillock run FILE");
    CHECK(Error("v is not finite", Exit::run_failed).status() == Exit::run_failed);
  }
  TEST_CASE("an error about a whole file shows no line") {
    CHECK(what(Error({source({}), 0, 0, 1}, "the file is empty", "write one")) ==
          "experiments/rs.yaml: error: the file is empty - write one");
  }
  TEST_CASE("a place below the last line shows no line") {
    CHECK(what(Error({source({"a"}), 2, 1, 1}, "more is needed")) == "experiments/rs.yaml:2:1: error: more is needed");
  }
  TEST_CASE("a caret may stand behind the end of its line, and never far behind") {
    const std::string expected = "\n   1 | a: 1\n     |     ^";
    CHECK(what(Error({source({"a: 1"}), 1, 5, 1}, "no")).ends_with(expected));
    CHECK(what(Error({source({"a: 1"}), 1, 99, 7}, "no")).ends_with(expected));
    CHECK(what(Error({source({"a: 1"}), 1, 1, 99}, "no")).ends_with("\n     | ^~~~"));
    CHECK(what(Error({source({""}), 1, 1, 1}, "no")).ends_with("\n   1 | \n     | ^"));
  }
  TEST_CASE("line numbers are right-aligned in four columns and may be wider") {
    CHECK(what(Error({source(std::vector<std::string>(120, "a: 1")), 120, 1, 1}, "no"))
              .ends_with("\n 120 | a: 1\n     | ^"));
    CHECK(what(Error({source(std::vector<std::string>(12345, "a: 1")), 12345, 1, 1}, "no"))
              .ends_with("\n12345 | a: 1\n      | ^"));
  }
  TEST_CASE("the caret stands under its character behind characters of several bytes") {
    CHECK(what(Error({source({"µ²: {Ω: x}"}), 1, 9, 1}, "no")).ends_with("\n   1 | µ²: {Ω: x}\n     |         ^"));
    // an ideograph is two columns wide and a combining accent none
    CHECK(what(Error({source({"神: x"}), 1, 4, 1}, "no")).ends_with("\n     |     ^"));
    CHECK(what(Error({source({"e\xcc\x81: x"}), 1, 5, 1}, "no")).ends_with("\n     |    ^"));
    CHECK(what(Error({source({"a 神神 b"}), 1, 3, 2}, "no")).ends_with("\n     |   ^~~~"));
  }
  TEST_CASE("tabs before the caret are copied below the line") {
    CHECK(what(Error({source({"\ta:\tx"}), 1, 5, 1}, "no")).ends_with("\n   1 | \ta:\tx\n     | \t  \t^"));
  }
  TEST_CASE("what a terminal would obey is not sent to it") {
    CHECK(what(Error({source({"a: \x1b[2J\xff\x7f x"}), 1, 10, 1}, "no"))
              .ends_with("\n   1 | a: \xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd x\n     |          ^"));
  }
  TEST_CASE("a long line is cut around its caret") {
    const std::string line = std::string(300, 'a') + "bad" + std::string(300, 'c');
    const std::string text = what(Error({source({line}), 1, 301, 3}, "no", "hint"));
    CHECK(text.ends_with("\n   1 | …" + std::string(70, 'a') + "bad" + std::string(77, 'c') + "…\n     | " +
                         std::string(71, ' ') + "^~~ hint"));
    // at both ends nothing is cut on that side
    CHECK(what(Error({source({line}), 1, 1, 1}, "no")).ends_with("\n   1 | " + std::string(80, 'a') + "…\n     | ^"));
    CHECK(what(Error({source({line}), 1, 604, 1}, "no"))
              .ends_with("…" + std::string(70, 'c') + "\n     | " + std::string(71, ' ') + "^"));
  }
  TEST_CASE("the nearest name is at most two edits away") {
    const std::vector<std::string> known{"a", "b", "v_peak", "threshold", "tau"};
    CHECK(nearest("vpeak", known) == "v_peak");
    CHECK(nearest("v_paek", known) == "v_peak");
    CHECK(nearest("v_peaks", known) == "v_peak");
    CHECK(nearest("v_paeks", known) == "v_peak");  // a swap is one edit
    CHECK(nearest("treshhold", known) == "threshold");
    CHECK(nearest("tresholdd", known) == "threshold");
    CHECK(nearest("thrshldd", known) == "");
    CHECK(nearest("", known) == "");
    CHECK(nearest("taxi", known) == "tau");
  }
  TEST_CASE("a name of another letter is not near to it") {
    CHECK(nearest("d", {"a", "b"}) == "");
    CHECK(nearest("xy", {"a", "bc"}) == "");
    CHECK(nearest("A", {"b", "a"}) == "a");
  }
  TEST_CASE("a name in another case is near whatever its length") {
    CHECK(nearest("IZHIKEVICH", {"lif", "izhikevich"}) == "izhikevich");
    CHECK(nearest("e_l", {"E_K", "E_L"}) == "E_L");
  }
  TEST_CASE("the nearer of two names is suggested, the first of two equally near") {
    CHECK(nearest("tau_m", {"tau", "tau_n"}) == "tau_n");
    CHECK(nearest("V_th", {"V_tg", "V_tm"}) == "V_tg");
  }
  TEST_CASE("a suggestion names the nearest or lists what there is") {
    CHECK(suggest("vpeak", {"a", "v_peak"}) == "did you mean 'v_peak'?");
    CHECK(suggest("gamma", {"a", "b", "v_peak"}) == "known: a, b, v_peak");
    CHECK(suggest("gamma", {}) == "");
  }
  TEST_CASE("a list of suggestions ends after twenty names") {
    std::vector<std::string> known;
    for (int i = 10; i < 30; ++i) known.push_back("p" + std::to_string(i));
    CHECK(suggest("membrane", known).ends_with("p28, p29"));
    known.emplace_back("p30");
    CHECK(suggest("membrane", known).ends_with("p28, p29, …"));
  }
}
