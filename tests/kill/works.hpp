#pragma once
// What is run while it is killed, starved or given false answers; and what of a result must be the same.
#include <chrono>
#include <map>

#include "cli/program.hpp"

namespace hillock::test {

struct Work {
  std::string name, text;
  std::vector<std::string> words;  // of the command; the file is NAME.yaml
  bool resumes = true;
};

inline const std::string cell =
    "model: {use: izhikevich, preset: regular_spiking}\nreadout: {of: v}\n"
    "drive: {of: I, gain: 0.02 mV/ms/pA}\n"
    "input: {I: {use: step, from: 20 ms, to: 180 ms, amplitude: 10}}\n"
    "integrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 200 ms}\n";

inline std::vector<Work> works() {
  const std::string neuron = "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25 ms}\n";
  const std::string fit =
      "model: {use: izhikevich, preset: regular_spiking}\ndrive: {of: I, gain: 0.02 mV/ms/pA}\n"
      "integrator: {use: euler, dt: 0.25 ms}\n";
  const std::string search =
      "loss: {use: van_rossum, tau: 20 ms}, optimizer: {use: cma_es, evaluations: 300}, "
      "starts: 3";
  return {
      {"small",
       neuron + "simulate: {for: 500 ms}\nsweep: {cases: {a: {model.d: 2}, b: {model.d: 4}, c: {model.d: 6}, "
                "e: {model.d: 8}}, measure: [spike_count, mean_rate]}\n",
       {"run", "small.yaml"}},
      {"large",
       neuron + "simulate: {for: 300 ms}\nsweep: {over: {model.d: {from: 2, to: 9, count: 40}, model.a: {from: 0.01, "
                "to: 0.1, count: 30}}, measure: [spike_count, isi_cv], traces: none}\n",
       {"run", "large.yaml", "--jobs", "2"}},
      {"failing",
       "model: {use: wang_buzsaki}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 200 ms}\n"
       "sweep: {over: {input.I: [0, 1, 2, 1e6, 4, 1e7]}, measure: [spike_count], traces: 2}\n",
       {"run", "failing.yaml", "--jobs", "2"}},
      {"fit",
       fit + "fit: {data: {file: cell.yaml}, free: {model.d: {from: 4, to: 16}}, " + search + "}\n",
       {"run", "fit.yaml"}},
      {"compare",
       "compare:\n  data: {file: cell.yaml, spikes: {threshold: 0 mV, rearm: -20 mV}}\n  models:\n"
       "    one: {model: {use: izhikevich, preset: regular_spiking}, drive: {of: I, gain: 0.02 mV/ms/pA}, "
       "fit: {free: {model.d: {from: 4, to: 16}}}}\n"
       "    two: {model: {use: izhikevich, preset: fast_spiking}, drive: {of: I, gain: 0.02 mV/ms/pA}}\n"
       "  fit: {" +
           search + "}\n  measure: [gamma, spike_count]\nintegrator: {use: euler, dt: 0.25 ms}\n",
       {"run", "compare.yaml"}},
      {"forecast",
       cell + "forecast: {series: v, by: [{use: naive}, {use: autoregressive}], train: 100 ms, horizon: 10 ms, "
              "origins: 4}\n",
       {"run", "forecast.yaml"}},
      {"loop",
       "seed: 1\nmodel: {use: izhikevich, preset: regular_spiking}\n"
       "input: {I: [10, {use: ornstein_uhlenbeck, sd: 3, tau: 10 ms, every: 0.25 ms}]}\n"
       "integrator: {use: euler, dt: 0.25 ms}\nsimulate: {for: 200 ms, record: [v, u, I]}\n"
       "generate: {turns: 3, each: 200 ms, forecast: {by: {use: autoregressive}, horizon: 10 ms}, "
       "correct: {use: naive}, adjust: {input.I.0.value: {toward: residual_mean, gain: 0.1, within: [5, 20]}}}\n",
       {"run", "loop.yaml"}},
      {"explore", "", {"explore", "cell.yaml", "--out", "results/explore"}, false},
  };
}

/// Fields of a table that tell how long something took.
inline std::string without_times(const std::string& csv) {
  std::string out;
  std::vector<bool> timed;
  for (const std::string& line : lines_of(csv)) {
    const bool titles = timed.empty();
    std::size_t column = 0;
    std::string field;
    std::istringstream in(line);
    for (; std::getline(in, field, ','); ++column) {
      if (titles) timed.push_back(field.find("seconds") != std::string::npos);
      out += (column < timed.size() && timed[column] ? std::string("-") : field) + ",";
    }
    out += "\n";
  }
  return out;
}

/// A result as `hillock diff` takes it, and its pictures: provenance and report, which tell when and how, are only
/// there.
inline std::map<std::string, std::string> essence(const Folder& of, const std::string& result) {
  std::map<std::string, std::string> out;
  const fs::path folder = of / result;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory()) continue;
    const std::string name = entry.path().lexically_relative(folder).string();
    const bool told = name == "provenance.yaml" || name == "report.html";
    std::string text = contents(entry.path());
    // records name files with the folder that this run lies in
    const std::string where = of.path().string();
    for (std::size_t at = 0; (at = text.find(where, at)) != std::string::npos;) text.replace(at, where.size(), "HERE");
    out[name] = told ? "there" : name.ends_with(".csv") ? without_times(text) : text;
    if (told && text.empty()) out[name] = "empty";
  }
  return out;
}

/// What differs, as a list of files; empty if nothing does.
inline std::string differences(const std::map<std::string, std::string>& a,
                               const std::map<std::string, std::string>& b) {
  std::string out;
  for (const auto& [name, text] : a)
    if (!b.contains(name)) out += name + " is missing; ";
    else if (b.at(name) != text) out += name + " differs; ";
  for (const auto& [name, text] : b)
    if (!a.contains(name)) out += name + " is too many; ";
  return out;
}

inline void prepare(const Folder& folder, const Work& work) {
  folder.write("cell.yaml", cell);
  if (!work.text.empty()) folder.write(work.name + ".yaml", work.text);
}

struct Clean {
  std::map<std::string, std::string> result;
  double seconds = 0;
  int status = 0;
};

inline Clean run_clean(const Work& work) {
  const Folder folder;
  prepare(folder, work);
  const auto begin = std::chrono::steady_clock::now();
  const Ran ran = run_hillock(work.words, {.folder = folder.path()});
  Clean clean;
  clean.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  clean.status = ran.status;
  if (ran.status != (work.name == "failing" ? 3 : 0) || !folder.has("results/" + work.name))
    throw std::runtime_error(work.name + " does not run: " + ran.err);
  clean.result = essence(folder, "results/" + work.name);
  return clean;
}

}  // namespace hillock::test
