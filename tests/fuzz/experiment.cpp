// Experiment files: carried over to the structs of a run, or refused at a place. The records of those that are good are
// read to the same record.
#include "fuzz.hpp"

#include <array>

#include "experiment/experiment.hpp"
#include "file/node.hpp"
#include "folder.hpp"
#include "places.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// The folder of the files, where others stand that they may name.
const Folder& folder() {
  static const Folder the;
  static const bool made = [] {
    the.write("cell.csv", "time_ms,voltage_mV,current_pA\n0,-70,0\n1,-69,3\n2,-68,5\n3,-70,1\n");
    the.write("cell.yaml",
              "model: {use: lif}\ninput: {I: 3}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 20 ms}\n");
    return true;
  }();
  static_cast<void>(made);
  return the;
}

void check_refusal(const Error& e) {
  check_sentence(e.message());
  if (e.message().find('\n') != std::string::npos) throw Broken("more than a line is said: " + e.message());
  const Place& p = e.place();
  if (e.status() != Exit::bad_input) throw Broken(std::string("not the user's mistake: ") + e.what());
  if (!p.source) throw Broken(std::string("a message without a place: ") + e.what());
  const std::vector<std::string>& lines = p.source->lines;
  if (p.line < 0 || p.line > static_cast<int>(std::max<std::size_t>(lines.size(), 1)) || (p.line > 0 && p.column < 1))
    throw Broken(std::string("a place outside: ") + e.what());
  if (p.line > 0 && p.line <= static_cast<int>(lines.size()) &&
      p.column > static_cast<int>(lines[static_cast<std::size_t>(p.line) - 1].size()) + 1)
    throw Broken(std::string("a place beyond its line: ") + e.what());
}

void one(std::string_view bytes) {
  if (bytes.find("allen") != std::string_view::npos) return;  // it would be downloaded
  const fs::path file = folder().write("experiment.yaml", std::string(bytes));
  std::string record;
  try {
    record = to_yaml(load_experiment(file).resolved);
  } catch (const Error& e) { return check_refusal(e); }
  folder().write("experiment.yaml", record);
  try {
    if (to_yaml(load_experiment(file).resolved) == record) return;
  } catch (const Error& e) { throw Broken("its record is refused: " + std::string(e.what()) + "\n" + record); }
  throw Broken("its record has another record:\n" + record);
}

/// What no shipped experiment says.
const std::string neuron =
    "model: {use: izhikevich, preset: chattering}\ninput: {I: [{use: ornstein_uhlenbeck, mean: 8, sd: 3, tau: 5 ms, "
    "every: 0.5 ms}]}\nintegrator: {use: euler, dt: 0.5 ms}\nsimulate: {for: 20 ms}\n";
const std::string fit =
    "data: {file: cell.yaml}, free: {drive.gain: {from: 1, to: 200}}, loss: [{use: rmse, weight: 1}, {use: "
    "van_rossum, weight: 2}], optimizer: {use: cma_es, evaluations: 4}, starts: 1, profile: 0";
const std::array<std::string, 8> others{
    neuron + "forecast: {series: u, by: [{use: naive}, {use: autoregressive}], train: 10 ms, horizon: 2 ms}\n",
    neuron + "generate: {turns: 2, each: 20 ms, forecast: {series: v, by: {use: naive}, horizon: 2 ms}}\n",
    neuron +
        "sweep: {over: {model.preset: [regular_spiking, fast_spiking], input.I: [5, 8]}, combine: one_at_a_time}\n",
    neuron +
        "sweep: {over: {model: [{use: izhikevich}, {preset: fast_spiking}], integrator: [{use: rk4, dt: 1}]}, figure: "
        "map}\n",
    neuron +
        "sweep: {cases: {a: , b: {model.preset: fast_spiking}, c: {model: {preset: regular_spiking, d: 1}}}, noise: "
        "independent}\n",
    neuron + "sweep: {over: {input.I: [{use: file, file: cell.csv}, 3], drive.gain: [1, 2]}, figure: lines}\n",
    "model: {use: lif}\ndrive: {gain: 2}\ninput: {I: {use: file, file: cell.csv}}\nintegrator: {use: euler, dt: 1 ms}\n"
    "simulate: {for: 2 ms, trials: 1}\n",
    "model: {use: lif}\nintegrator: {use: euler, dt: 0.1 ms}\nfit: {" + fit + "}\n"};

std::vector<std::string> seeds() {
  std::vector<std::string> all(others.begin(), others.end());
  for (const char* in : {"experiments", "tests/broken_experiments"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(source_folder()) / in))
      if (entry.path().extension() == ".yaml" && entry.file_size() < 4096) all.push_back(contents(entry.path()));
  std::sort(all.begin(), all.end());  // the same order everywhere
  return all;
}

}  // namespace

#ifdef HILLOCK_FUZZ_PROGRAM
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

/// Half of the mutants are made of words: of those in the seeds, which hold most of the schema.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  const auto is_inside = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; };
  const auto words_of = [&](std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
      end = at + 1;
      while (is_inside(text[at]) && end < text.size() && is_inside(text[end])) ++end;
      words.push_back(text.substr(at, end - at));
    }
    return words;
  };
  static const std::vector<std::string>& files = *new std::vector<std::string>(seeds());
  static const std::vector<std::string_view>& known = [&]() -> auto& {
    auto& all = *new std::vector<std::string_view>{
        "0",           "1",         "-1",    "1e9",  "1e-9", "~",   "[]",   "{}",   "[1, 2]",
        "cell.csv",    "cell.yaml", ": ",    "\n  ", "- ",   "# ",  "true", "null", "\"x\"",
        "{use: step}", "a.b",       "1e308", "010",  "0x1",  "nan", "7 kg", "1 ms", "9007199254740993"};
    for (const std::string& file : files)
      for (const std::string_view word : words_of(file))
        if (word.size() > 1) all.push_back(word);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }();
  std::mt19937 dice(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
  if (size == 0 || dice() % 2 == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string before(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> words = words_of(before);
  for (std::size_t n = 1 + below(3); n > 0; --n) {
    const std::size_t at = below(words.size());
    const auto place = words.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0: *place = known[below(known.size())]; break;
      case 1: words.insert(place, known[below(known.size())]); break;
      case 2: *place = ""; break;
      case 3: *place = words[below(words.size())]; break;
      default: {  // lines of another file
        const std::string& other = files[below(files.size())];
        const std::size_t begin = other.find('\n', below(other.size())), end = other.find('\n', begin + 1);
        if (begin != std::string::npos) words.insert(place, std::string_view(other).substr(begin, end - begin));
      }
    }
  }
  std::string after;
  for (const std::string_view word : words) after += word;
  const std::size_t kept = std::min(after.size(), most);
  std::memcpy(data, after.data(), kept);
  return kept;
}
#endif

HILLOCK_FUZZ("experiment files", 1000)
