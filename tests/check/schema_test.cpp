// `hillock schema`, judged by a validator that is not ours: python3-jsonschema.
#include <doctest/doctest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

#include "cli/program.hpp"
#include "experiment/experiment.hpp"
#include "file/node.hpp"
#include "purpose/forecast/forecast.hpp"
#include "skip.hpp"

using namespace hillock::test;
using hillock::Node;
using Json = nlohmann::json;

namespace {

bool have_validator() {
  const bool have = std::system("python3 -c 'import jsonschema' >/dev/null 2>&1") == 0;
  if (!have) skip("python3-jsonschema is not installed");
  return have;
}

/// What the core schema of YAML 1.2 makes of a document, as editors read it.
Json as_editors_read(const Node& node) {
  static const std::regex whole("[-+]?[0-9]+"), number("[-+]?([.][0-9]+|[0-9]+([.][0-9]*)?)([eE][-+]?[0-9]+)?");
  switch (node.kind) {
    case Node::Kind::null: return nullptr;
    case Node::Kind::list: {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(as_editors_read(item));
      return list;
    }
    case Node::Kind::map: {
      Json map = Json::object();
      for (const Node::Entry& e : node.entries) map[e.key] = as_editors_read(e.value);
      return map;
    }
    case Node::Kind::scalar: break;
  }
  if (node.quoted) return node.text;
  if (node.text == "true" || node.text == "false") return node.text == "true";
  if (std::regex_match(node.text, whole) && node.text.size() < 18) return std::strtoll(node.text.c_str(), nullptr, 10);
  if (std::regex_match(node.text, number)) return std::strtod(node.text.c_str(), nullptr);
  return node.text;
}

std::string schema() {
  static const std::string text = [] {
    const Ran ran = run_hillock({"schema"}, {.environment = {{"HILLOCK_PLUGIN_PATH", test_plugins()}}});
    REQUIRE(ran.status == 0);
    REQUIRE(ran.err.empty());
    return ran.out;
  }();
  return text;
}

/// Why each of these is refused; those that are not are left out.
std::map<std::string, std::string> refused(const Json& instances) {
  const Folder folder;
  folder.write("schema.json", schema());
  folder.write("instances.json", instances.dump());
  const Ran ran =
      run_hillock({source_folder() + "/tests/check/schema.py", folder / "schema.json", folder / "instances.json"},
                  {.program = "python3"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  return Json::parse(ran.out).get<std::map<std::string, std::string>>();
}

/// What no schema of one file can see, by kind, and the words of the sentences that tell of it.
struct Unseen {
  const char* why;
  std::vector<const char*> words;
};
const std::vector<Unseen>& unseen() {
  static const std::vector<Unseen> kinds = {
      {"the range or dimension of a number that is written with its unit, or bounds that are known only beside others",
       {" is below ", " is above ", "cannot be converted", "unknown unit", "is beyond the range of numbers",
        "lies outside [", "the range of model"}},
      {"what YAML makes of a word before a schema sees it", {"begins with a zero", "cannot be read as one"}},
      {"other files, and what recordings hold",
       {"there is no file", "back to", "parts/", "is a folder", "there is no folder", "is not one run", "of a run",
        "and there are none in what is fitted", "no reader is known by the ending"}},
      {"the order and the size of numbers beside one another",
       {"is not above",
        "is not after",
        "not after its begin",
        "not above",
        "before its begin",
        "lies above",
        "no multiple",
        "no whole number of samples",
        "is longer than",
        "is shorter than",
        "makes",
        "takes",
        "leaves",
        "holds 0",
        "two ends",
        "ends where it begins",
        "begins in",
        "begins after",
        "begins at",
        "has ended",
        "fewer than",
        "more than",
        "the lower one first",
        "does not lie within",
        "empty range",
        "an interval of",
        "moves nothing",
        "gain = 0",
        "every = 0",
        "is 0:",
        "outside 'over'",
        "values and",
        "longer than any run",
        "is an empty list"}},
      {"keys that need or exclude one another, and what a value of one means for another",
       {"not both",
        "either 'at'",
        "twice",
        "needs its strength",
        "nothing is drawn here",
        "a seed of its own",
        "is of a grid of",
        "'trials' repeats",
        "'trials' draws",
        "needs 'tau'",
        "belongs to",
        "need 'every'",
        "needs 'over' or 'cases'",
        "and there are 'cases'",
        "under 'fit'",
        "under 'compare'",
        "has a 'budget'",
        "no model has a 'fit'",
        "no 'weight'",
        "one loss or a weighted sum has none",
        "does not search for",
        "has no slope",
        "has no gradient",
        "no exact gradient",
        "needs the curvature",
        "and chance decides",
        "its 'loss' is missing",
        "needs the rate",
        "is no sum of squares",
        "end of fixed steps",
        "has no reset",
        "the data have one",
        "leave",
        "is clamped",
        "named series",
        "the voltage is forecast",
        "has no meaning",
        "adds a voltage",
        "needs the injected current",
        "needs 'scale'",
        "needs 'gain'",
        "a recording is in mV",
        "a recording's current is in pA",
        "the recording is normalised",
        "this input is in",
        "of one sweep",
        "cannot be free",
        "cannot be adjusted",
        "a case cannot",
        "cannot change",
        "two states that move",
        "needs 'optimizer'",
        "and this one is fitted",
        "'voltage_base' in mV",
        "uses nothing that is known of the future",
        "follows the potential"}},
      {"names that another part of the file decides",
       {"names no model", "names no case", "names a case", "knows no measure", "finds no", "is none of the losses",
        "has no 'w' to forecast", "has a meaning of its own", "has no member", "no number of a member",
        "in which there is no", "no model is best", "the data have none", "of the sweeps", "and this is not in it",
        "comes before this one"}},
      {"what only the equations or the recording tell",
       {"start: rest", "is constant: there is nothing", "the training part", "could never act", "under integrator.dt",
        "has no derivatives", "this model has none"}},
  };
  return kinds;
}

/// The sentence that a broken file promises.
std::string sentence_of(const fs::path& file) {
  for (const std::string& line : lines_of(contents(file)))
    if (line.starts_with("# error: ")) return line.substr(9);
  return "";
}

}  // namespace

TEST_SUITE("schema") {
  TEST_CASE("the schema admits every shipped experiment, as it is written and with every default written out") {
    if (!have_validator()) return;
    setenv("HILLOCK_PLUGIN_PATH", test_plugins().c_str(), 1);
    const std::string folder = source_folder() + "/experiments";
    Json instances = Json::object();
    for (const fs::path& file : hillock::experiment_files({folder})) {
      const std::string name = file.lexically_relative(folder).string();
      instances[name] = as_editors_read(hillock::parse_yaml(hillock::read_source(file)));
      const hillock::Experiment e = hillock::load_experiment(file);
      instances[name + ", resolved"] = as_editors_read(e.resolved);
    }
    CHECK(instances.size() >= 180);
    for (const auto& [name, why] : refused(instances)) CHECK_MESSAGE(why.empty(), name, ": ", why);
  }

  TEST_CASE("the schema refuses every broken experiment but those whose mistake no schema of one file can see") {
    if (!have_validator()) return;
    Json instances = Json::object();
    std::map<std::string, std::string> sentences;
    std::size_t no_yaml = 0;
    for (const auto& entry : fs::directory_iterator(source_folder() + "/tests/broken_experiments")) {
      if (entry.path().extension() != ".yaml") continue;
      const std::string name = entry.path().filename().string();
      sentences[name] = sentence_of(entry.path());
      try {
        instances[name] = as_editors_read(hillock::parse_yaml(hillock::read_source(entry.path())));
      } catch (const hillock::Error&) {
        ++no_yaml;  // an editor refuses it before any schema
      }
    }
    const std::map<std::string, std::string> seen = refused(instances);
    std::map<std::string, std::size_t> used;
    for (const auto& [name, instance] : instances.items()) {
      if (seen.contains(name)) continue;
      const Unseen* kind = nullptr;
      for (const Unseen& one : unseen())
        for (const char* word : one.words)
          if (sentences[name].find(word) != std::string::npos) kind = &one, ++used[word];
      CHECK_MESSAGE(kind != nullptr, name, " is admitted: ", sentences[name]);
    }
    for (const Unseen& one : unseen())
      for (const char* word : one.words)
        CHECK_MESSAGE(used[word] > 0, "no admitted file is excused by: ", std::string(word));
    CHECK(seen.size() + no_yaml >= 150);
    MESSAGE(no_yaml, " files are no YAML, ", seen.size(), " are refused, ", instances.size() - seen.size(),
            " have a mistake of another kind");
  }

  TEST_CASE("the schema tells editors what they show: meanings, units, words and what follows from `use`") {
    const Json s = Json::parse(schema());
    CHECK(s["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    CHECK(s["properties"]["seed"]["description"] == "makes every random number of the run");
    CHECK(s["properties"]["simulate"]["properties"]["for"]["description"] == "length of the run (in ms)");
    const auto of = [&](const std::string& part, const std::string& use) {
      for (const Json& rule : s["$defs"][part]["allOf"])
        if (rule["if"]["properties"]["use"]["enum"][0] == use) return rule["then"]["properties"];
      return Json();
    };
    CHECK(of("model", "izhikevich")["d"]["description"] == "step of u at a spike (in mV/ms)");
    CHECK(of("model", "izhikevich")["d"]["maximum"] == 200);
    const Json presets = of("model", "izhikevich")["preset"]["enum"];
    CHECK(std::find(presets.begin(), presets.end(), "fast_spiking") != presets.end());
    CHECK(of("integrator", "euler")["update"]["enum"] == Json({"simultaneous", "sequential"}));
    CHECK(of("shape", "step").contains("amplitude"));
    CHECK(!of("optimizer", "cma_es").contains("derivatives"));
    CHECK(of("optimizer", "lbfgs").contains("derivatives"));
    CHECK(of("loss", "van_rossum").contains("tau"));
    // another name of a model, and a plugin of the user's own
    CHECK(s["$defs"]["model"]["properties"]["use"]["anyOf"].dump().find("\"fitzhugh_nagumo\"") != std::string::npos);
    CHECK(of("model", "decay").contains("rate"));
  }

  TEST_CASE("mistakes are found where they are written") {
    if (!have_validator()) return;
    const auto file = [](const std::string& line, const std::string& with) {
      std::string text =
          "model: {use: izhikevich}\ninput:\n  I: {use: step, from: 100 ms, amplitude: 10}\nintegrator: {use: rk4, dt: "
          "0.1 ms}\nsimulate: {for: 100 ms, record: [v, u]}\n";
      text.replace(text.find(line), line.size(), with);
      return as_editors_read(
          hillock::parse_yaml(std::make_shared<hillock::Source>(hillock::Source{"x.yaml", lines_of(text), {}})));
    };
    const std::vector<std::pair<const char*, const char*>> wrong = {
        {"use: izhikevich", "use: izhikevic"},
        {"use: izhikevich", "use: rk4"},
        {"use: izhikevich", "d: 8"},
        {"use: izhikevich", "use: izhikevich, e: 8"},
        {"use: izhikevich", "use: izhikevich, d: 800"},
        {"use: izhikevich", "use: izhikevich, preset: slow"},
        {", amplitude: 10", ""},
        {"amplitude: 10", "amplitude: ten"},
        {"use: step", "use: steps"},
        {"  I:", "  J:"},
        {", dt: 0.1 ms", ""},
        {"dt: 0.1 ms", "dt: -1"},
        {"for: 100 ms", "for: \"100\""},
        {"record: [v, u]", "record: [v, w]"},
        {"simulate:", "simulation:"},
        {"record: [v, u]", "start: {w: 1}"},
        {"record: [v, u]", "window: [1]"},
        {"for: 100 ms, ", ""}};
    Json instances = {{"right", file("ms", "ms")}};
    for (const auto& [line, with] : wrong) instances[std::string(line) + " -> " + with] = file(line, with);
    const auto found = refused(instances);
    for (const auto& [line, with] : wrong) {
      CAPTURE(with);
      CHECK(found.contains(std::string(line) + " -> " + with));
    }
    CHECK(!found.contains("right"));
    CHECK(found.size() == wrong.size());
  }
}
