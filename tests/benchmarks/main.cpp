// `./hillock bench [WORKLOAD...]`: the benchmarks, as Markdown on stdout.
#include "bench.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "host/plugins.hpp"
#include "util/error.hpp"

namespace hillock::bench {
namespace {

struct Workload {
  const char *name, *meaning;
  void (*run)(const Wishes&);
};
constexpr Workload workloads[] = {
    {"W1", "one Izhikevich neuron, 1,000,000 Euler steps of 0.1 ms, v recorded at each", w1},
    {"W2", "100,000 Izhikevich neurons, 4,000 Euler steps of 0.25 ms, spikes counted", w2},
    {"W3",
     "one FitzHugh-Nagumo neuron, 10,000 time units, 100,000 samples: error against time of the adaptive integrators",
     w3},
    {"W4", "10,000 FitzHugh-Nagumo neurons, 20,000 Runge-Kutta steps", w4},
    {"W5", "100,000 leaky integrate-and-fire neurons, 10,000 exact steps, spikes counted", w5},
    {"W6", "long short-term memory 1-64-64-1, Adam, 600 sequences of 32, batches of 16: seconds per epoch", w6},
    {"W7", "four numbers of a FitzHugh-Nagumo neuron from its noisy voltage: until all are within 1 %", w7},
    {"W8", "10,000 neurons, 6,000 Euler steps under one fluctuating current, spikes counted", w8},
    {"candidates", "100,000 Izhikevich neurons of 6,000 Euler steps held against a recording, as a fit does",
     candidates},
    {"strangers", "10,000 neurons of models nobody tuned anything for, 4,000 Euler steps, spikes counted", strangers},
    {"derivatives", "what a direction of a forward sensitivity adds to a run", derivatives},
    {"optimizers", "evaluations that each optimizer needs, on functions of BBOB and on fits whose answer is known",
     [](const Wishes& wishes) {
       if (wishes.problems != "fits") optimizers(wishes);
       if (wishes.problems != "bbob") known_fits(wishes);
     }}};

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

/// Length as shown: characters, not bytes.
std::size_t width(const std::string& cell) {
  return static_cast<std::size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows[0].size(), 3);
  for (const auto& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], width(row[k]));
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line = "|";
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::string blank(widths[k] - width(row[k]), ' ');
      line += k == 0 ? fmt::format(" {}{} |", row[k], blank) : fmt::format(" {}{} |", blank, row[k]);
    }
    fmt::print("{}\n", line);
  };
  print(rows[0]);
  std::string rule = "|";
  for (std::size_t k = 0; k < widths.size(); ++k)
    rule += k == 0 ? fmt::format(" {} |", std::string(widths[k], '-'))
                   : fmt::format(" {}: |", std::string(widths[k] - 1, '-'));
  fmt::print("{}\n", rule);
  for (std::size_t r = 1; r < rows.size(); ++r) print(rows[r]);
  fmt::print("\n");
}

void for_each_job(std::size_t jobs, const std::function<void(std::size_t)>& f) {
  std::atomic<std::size_t> next = 0;
  std::mutex failing;
  std::exception_ptr thrown;
  const auto work = [&] {
    for (std::size_t j; (j = next++) < jobs;) try {
        f(j);
      } catch (...) {
        const std::lock_guard lock(failing);
        if (!thrown) thrown = std::current_exception();
      }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  for (std::thread& t : threads) t.join();
  if (thrown) std::rethrow_exception(thrown);
}

std::vector<std::vector<std::string>> run_other(const Wishes& wishes, const std::string& program,
                                                const std::string& arguments) {
  std::vector<std::vector<std::string>> lines;
  const auto path = wishes.others / program;
  if (wishes.others.empty() || !std::filesystem::exists(path)) return lines;
  std::FILE* pipe = ::popen(fmt::format("'{}' {} 2>/dev/null", path.string(), arguments).c_str(), "r");
  if (!pipe) return lines;
  std::string text;
  for (int c; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  if (::pclose(pipe) != 0) {
    fmt::print(stderr, "{} fails here and is left out\n", path.string());
    return lines;
  }
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream cells(line);
    lines.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) lines.back().push_back(cell);
  }
  return lines;
}

}  // namespace hillock::bench

int main(int argc, char** argv) {
  using namespace hillock;
  using namespace hillock::bench;
  CLI::App app{"Benchmarks of the program and its plugins, beside those of others.", "hillock bench"};
  Wishes wishes;
  std::vector<std::string> names;
  app.add_option("workloads", names, "all if none is named")->type_name("WORKLOAD");
  app.add_option("--rounds", wishes.rounds, "how often each contestant has its turn")->check(CLI::Range(1, 1000));
  app.add_option("--only", wishes.only, "W7, optimizers: these alone")->type_name("NAME");
  app.add_option("--trials", wishes.trials, "optimizers: how often each problem is tried")->check(CLI::Range(1, 1000));
  app.add_option("--problems", wishes.problems, "optimizers: these alone")->check(CLI::IsMember({"bbob", "fits"}));
  std::string list;
  for (const Workload& w : workloads) list += fmt::format("  {}  {}\n", w.name, w.meaning);
  app.footer(fmt::format(
      "Workloads:\n{}HILLOCK_BENCH=DIR: where hand-tuned kernels and other programs are (default: ../shared/bench).",
      list));
  CLI11_PARSE(app, argc, argv);
  try {
    const char* given = std::getenv("HILLOCK_BENCH");
    const std::filesystem::path others = given ? given : HILLOCK_SOURCE_DIR "/../shared/bench";
    if (std::filesystem::exists(others)) wishes.others = std::filesystem::canonical(others);
    else if (given) throw Error(fmt::format("HILLOCK_BENCH names '{}', which is not there", given));
    std::vector<const Workload*> chosen;
    for (const std::string& name : names) {
      std::vector<std::string> known;
      for (const Workload& w : workloads)
        if (known.emplace_back(w.name) == name) chosen.push_back(&w);
      if (chosen.empty() || chosen.back()->name != name)
        throw Error({}, fmt::format("there is no workload '{}'", name), suggest(name, known));
    }
    if (names.empty())
      for (const Workload& w : workloads) chosen.push_back(&w);
    fmt::print("{}, {} threads, {}, {}.\n\n", processor(), std::thread::hardware_concurrency(), HILLOCK_COMPILER,
               HILLOCK_COMPILER_FLAGS);
    for (const Workload* w : chosen) {
      fmt::print("## {}: {}\n\n", w->name, w->meaning);
      w->run(wishes);
    }
    return 0;
  } catch (const Error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return static_cast<int>(e.status());
  }
}
