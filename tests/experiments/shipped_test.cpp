// Every experiment under experiments/ says what it expects, finds it, and no longer finds it when one of its numbers is
// moved by 20 %.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "experiment/vocabulary.hpp"
#include "file/node.hpp"
#include "places.hpp"
#include "purpose/forecast/forecast.hpp"
#include "purpose/readout.hpp"
#include "purpose/sweep/sweep.hpp"

using namespace hillock;
using namespace hillock::test;
namespace fs = std::filesystem;

namespace {

const std::string folder = source_folder() + "/experiments";

/// Those that run anywhere.
std::vector<fs::path> shipped() {
  // before the first plugin is looked for: those of this build, and no others
  setenv("HILLOCK_PLUGIN_PATH", shipped_plugins().c_str(), 1);
  std::vector<fs::path> all = experiment_files({folder});
  std::erase_if(all, [](const fs::path& file) { return asks_server(load_experiment(file)); });
  return all;
}
std::string name_of(const fs::path& file) { return file.lexically_relative(folder).string(); }

Outcome run(const fs::path& file, const Overrides& overrides = {}) {
  RunOptions wishes;
  wishes.figures = false;
  return execute(std::make_shared<const Experiment>(load_experiment(file, overrides)), wishes);
}

/// A number of a file with its unit: "model.d", 8, "mV/ms".
struct Leaf {
  std::string path;
  double value = 0;
  std::string unit;
  std::string moved_by(double factor) const { return fmt::format("{}={:.10g} {}", path, factor * value, unit); }
};

/// "0.25 ms" as a number that a factor can move; nothing for a text, a truth or 0.
std::optional<Leaf> leaf(const std::string& path, const Node& node) {
  if (node.quoted || node.text.empty()) return {};
  char* end = nullptr;
  const double value = std::strtod(node.text.c_str(), &end);
  if (end == node.text.c_str() || value == 0 || (*end != '\0' && *end != ' ')) return {};
  return Leaf{path, value, *end == ' ' ? end + 1 : ""};
}

void collect(const std::string& path, const Node& node, std::vector<Leaf>& into) {
  for (const Node::Entry& e : node.entries) collect(path + "." + e.key, e.value, into);
  for (std::size_t i = 0; i < node.items.size(); ++i) collect(fmt::format("{}.{}", path, i), node.items[i], into);
  if (node.is_scalar())
    if (const auto found = leaf(path, node)) into.push_back(*found);
}

/// Whether a dotted path leads to a part of the neuron or its input rather than to the numerics.
bool is_parameter(const std::string& path) {
  const std::string part = path.substr(0, path.find('.'));
  return part == "model" || part == "input" || part == "drive" || part == "readout" ||
         path.starts_with("simulate.clamp.");
}

/// The numbers of a file: those it writes, in its parts, cases and compared models, and those of its preset. Heights of
/// inputs come first and times last, as they are the most and the least likely to matter.
std::vector<Leaf> parameters(const fs::path& file) {
  std::vector<Leaf> all;
  const Node tree = load_tree(file, own_keys());
  const auto parts = [&](const std::string& prefix, const Node* block) {
    if (!block) return;
    for (const Node::Entry& e : block->entries)
      if (is_parameter(e.key)) collect(prefix + e.key, e.value, all);
  };
  const auto each = [&](const char* purpose, const char* list) {
    const Node *block = tree.find(purpose), *cases = block ? block->find(list) : nullptr;
    if (!cases) return;
    for (const Node::Entry& e : cases->entries) parts(fmt::format("{}.{}.{}.", purpose, list, e.key), &e.value);
  };
  parts("", &tree);
  each("sweep", "cases");
  each("compare", "models");
  const Experiment e = load_experiment(file);
  const Sweep* sweep = purpose_as<Sweep>(e);
  const NeuronSpec* first = sweep ? sweep->block.base.get() : e.neuron.get();
  if (first && !first->model.preset.empty()) {
    const hk_model& m = first->equations();
    for (std::uint32_t k = 0; k < m.n_params; ++k) {
      const double value = first->model.params[k];
      if (value != 0) all.push_back({fmt::format("model.{}", m.params[k].name), value, ""});
    }
  }
  const auto rank = [](const Leaf& l) {
    const std::string last = l.path.substr(l.path.rfind('.') + 1);
    if (last == "amplitude" || last == "value" || last == "end" || last == "I") return 0;
    if (last == "from" || last == "to" || last == "width" || l.path.find(".at.") != std::string::npos) return 2;
    return 1;
  };
  std::stable_sort(all.begin(), all.end(), [&](const Leaf& a, const Leaf& b) { return rank(a) < rank(b); });
  return all;
}

/// The first number that, moved by 20 %, makes an expectation fail that holds as shipped, in a run that is otherwise
/// sound; "" if there is none.
std::string noticed(const fs::path& file) {
  const std::vector<Leaf> all = parameters(file);
  const std::vector<CheckedExpectation> before = run(file).judgements;
  for (const double factor : {1.2, 0.8})
    for (const Leaf& l : all) {
      const std::string change = l.moved_by(factor);
      try {
        const Outcome outcome = run(file, {change});
        bool fails = false;
        for (std::size_t i = 0; i < before.size() && i < outcome.judgements.size(); ++i)
          fails = fails || (before[i].passed && !outcome.judgements[i].passed);
        if (fails && outcome.all_ok()) return change;
      } catch (const Error&) {  // out of its range, or an edge past another: no experiment
      }
    }
  return "";
}

}  // namespace

// Instrumented code is too slow for all: there samples are taken, and the plain build makes the others.
#if defined(HILLOCK_SANITIZED)
constexpr std::size_t taken = 4, moved = 8;
#else
constexpr std::size_t taken = 1, moved = 1;
#endif

TEST_CASE("every shipped experiment finds what it expects") {
  const std::vector<fs::path> all = shipped();
  for (std::size_t i = 0; i < all.size(); i += taken) {
    const fs::path& file = all[i];
    const std::string name = name_of(file);
    CAPTURE(name);
    const Outcome outcome = run(file);
    CHECK_MESSAGE(!outcome.judgements.empty(), "experiments/", name, " expects nothing");
    for (const CaseResult& c : outcome.cases)
      CHECK_MESSAGE(c.ok(), "experiments/", name, ", ", c.name, ": ", c.status());
    for (const CheckedExpectation& j : outcome.judgements)
      CHECK_MESSAGE(j.passed, "experiments/", name, ":", j.place.line, ": expected ", j.expected, ", found ", j.found);
  }
}

TEST_CASE("every shipped experiment notices a number that moved by 20 %") {
  const std::vector<fs::path> all = shipped();
  for (std::size_t i = 0; i < all.size(); i += moved) {
    const fs::path& file = all[i];
    const std::string name = name_of(file), change = noticed(file);
    CHECK_MESSAGE(!change.empty(), "experiments/", name, " passes whichever of its numbers is moved by 20 %");
    if (!change.empty()) MESSAGE("experiments/", name, " notices ", change);
  }
}

TEST_CASE("`hillock check` passes the shipped experiments") {
  shipped();
  CHECK(std::system(fmt::format("'{}' check '{}'", program_file(), folder).c_str()) == 0);
}
