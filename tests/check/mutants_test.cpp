// Experiments that are nearly right: words of good files exchanged, doubled and left out by chance.
#include <doctest/doctest.h>

#include <random>

#include "cli/program.hpp"
#include "cli/samples.hpp"
#include "experiment/experiment.hpp"
#include "purpose/purpose.hpp"
#include "purpose/readout.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const bool inside = std::isalnum(static_cast<unsigned char>(text[at])) != 0;
    std::size_t end = at + 1;
    while (inside && end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_' || text[end] == '.'))
      ++end;
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

bool is_number(const std::string& word) { return std::isdigit(static_cast<unsigned char>(word[0])) != 0; }

/// Steps of the longest run of an experiment, its recordings left aside.
double steps(const Experiment& e) {
  double most = 0;
  const auto add = [&](const NeuronSpec& one) {
    most = std::max(most, std::max(one.simulate.for_ms, 200.0) / one.integrator.dt_ms);
  };
  e.purpose->visit(e, {add, [&](const DataBlock& data) {
                         if (data.run) add(*data.run->neuron);
                       }});
  return most;
}

}  // namespace

TEST_SUITE("nearly right experiments") {
  TEST_CASE("whatever is exchanged in a good file, it is carried out or refused with a sentence at a place") {
    const Folder folder;
    folder.write("cell.yaml", leaky_cell);
    folder.write("cell.csv", "time_ms,voltage_mV,current_pA\n0,-70,0\n1,-69,3\n2,-68,5\n3,-70,1\n");
    const std::vector<std::string> good = {
        regular_spiking, three_cases, leaky_cell, comparison,
        "base: cell.yaml\nseed: 3\nreadout: {of: v, series_resistance: 10 MOhm, measurement_noise: 0.1}\n"
        "input: {I: [{use: pulses, at: [1, 5, 9], width: 2, amplitude: 3}, {use: file, file: cell.csv, every: 2}, "
        "{use: chirp, from: 3, to: 100, f0: 1, f1: 50, amplitude: 2}, {use: ornstein_uhlenbeck, sd: 1, tau: 3}]}\n"
        "simulate: {for: 200, every: 0.2, start: rest, clamp: {v: -60}, spikes: {of: v, threshold: -60, rearm: "
        "-65}}\n"};
    std::vector<std::string> pool = {
        "v",          "w",         "u",           "I",      "rest",   "true",    "null", "~",     "[]",
        "{}",         "[1, 2]",    "{use: step}", "-1",     "0",      "1e9",     "1e-9", "0.25",  "3 mV",
        "7 kg",       "010",       "\"x\"",       "lif",    "nagumo", "rk4",     "csv",  "noise", "file",
        "cell.csv",   "cell.yaml", "data",        "best",   "a.b",    ":",       ",",    "#",     "&a",
        "*a",         "!t",        "|",           "\n",     "\n  ",   "- ",      "? ",   "%",     "'",
        "best.gamma", "gamma",     "input.I.0",   "0.1 ms", "1e8 ms", "\xc3\xa9"};
    for (const std::string& text : good)
      for (const std::string& word : words_of(text))
        if (word.size() > 1) pool.push_back(word);
    const std::vector<std::string> numbers = {"0",   "1",       "-1",  "2",   "5",   "0.1",  "0.25",
                                              "0.5", "10",      "20",  "100", "-3",  "1e-3", "1e-6",
                                              "1e3", "123.456", "-65", "-70", "7.5", "1e6"};
    std::mt19937_64 dice(20040915);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
    std::size_t accepted = 0, refused = 0, run = 0;
    const std::string file = (folder / "mutant.yaml").string();
#ifdef HILLOCK_SANITIZED
    constexpr std::size_t rounds = 300;
#else
    constexpr std::size_t rounds = 1500;
#endif
    for (std::size_t round = 0; round < rounds; ++round) {
      std::vector<std::string> words = words_of(good[below(good.size())]);
      if (round % 2 == 0) {  // another number in the place of one
        std::size_t at = below(words.size());
        while (!is_number(words[at])) at = (at + 1) % words.size();
        words[at] = numbers[below(numbers.size())];
      }
      for (std::size_t n = round % 2 == 0 ? 0 : 1 + below(3); n > 0; --n) {
        const std::size_t at = below(words.size());
        switch (below(4)) {
          case 0: words[at] = pool[below(pool.size())]; break;
          case 1: words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), pool[below(pool.size())]); break;
          case 2: words[at].clear(); break;
          default: words[at] = words[below(words.size())]; break;
        }
      }
      std::string text;
      for (const std::string& word : words) text += word;
      folder.write("mutant.yaml", text);
      try {
        const Experiment e = load_experiment(file);
        ++accepted;
        // what is accepted has a record, which is accepted too
        CAPTURE(text);
        const std::string record = to_yaml(e.resolved);
        folder.write("mutant.yaml", record);
        CAPTURE(record);
        CHECK_NOTHROW(load_experiment(file));
        if (steps(e) > 20'000) continue;
        ++run;
        RunOptions wishes;
        wishes.figures = false;
        try {
          const Outcome outcome = execute(std::make_shared<const Experiment>(e), wishes);
          CHECK(!outcome.cases.empty());
        } catch (const Error& failed) {  // what only a run can know
          CHECK(failed.place().source != nullptr);
        }
      } catch (const Error& e) {
        ++refused;
        CAPTURE(text);
        CAPTURE(e.what());
        CHECK(e.status() == Exit::bad_input);
        CHECK(!e.message().empty());
        CHECK(e.place().source != nullptr);
        CHECK(e.message().find('\n') == std::string::npos);
      }
    }
    // most are refused, and enough are not
    CHECK(accepted > rounds * 2 / 15);
    CHECK(refused > rounds * 2 / 5);
    CHECK(run > rounds / 10);
  }
}

TEST_SUITE("faults of the sources") {
  TEST_CASE("each fault of mutants.txt can be put into its file") {
    std::vector<std::string> lines;
    for (const std::string& line : lines_of(contents(source_folder() + "/tests/check/mutants.txt")))
      if (!line.starts_with('#')) lines.push_back(line);
    CHECK(lines.size() >= 13 * 5 - 1);
    for (std::size_t k = 0; k + 3 < lines.size(); k += 5) {
      const std::string &file = lines[k], &there = lines[k + 1], source = contents(source_folder() + "/" + file);
      CAPTURE(file);
      CAPTURE(there);
      CHECK(source.find(there) != std::string::npos);
      CHECK(source.find(there) == source.rfind(there));
      CHECK(lines[k + 2] != there);
      CHECK(lines[k + 3].find(": ") != std::string::npos);
      CHECK((k + 4 >= lines.size() || lines[k + 4].empty()));
    }
  }
}
