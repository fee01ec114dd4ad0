// explore: what is in a recording, and the data block that selects it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "cli/commands.hpp"
#include "experiment/vocabulary.hpp"
#include "results/folder.hpp"
#include "run/explore.hpp"
#include "run/provenance.hpp"
#include "util/files.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

void refuse_missing(const std::string& file) {
  std::error_code error;
  if (!fs::exists(file, error)) throw Error(fmt::format("there is no file '{}'", file));
  if (fs::is_directory(file, error))
    throw Error({}, fmt::format("'{}' is a folder, not a recording", file), "name a file in it");
  if (!fs::is_regular_file(file, error)) throw Error(fmt::format("'{}' is no regular file", file));
}

bool is_experiment(const std::string& file) { return file.ends_with(".yaml") || file.ends_with(".yml"); }

/// "3", "3,5,7" or "3-9" as `sweep` of a data block.
Node sweeps_of(const std::string& text) {
  const auto number = [&](const std::string& digits) {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (error != std::errc{} || end != digits.data() + digits.size() || n < 0)
      throw Error({}, fmt::format("'--sweep {}' names no sweeps", text),
                  "for example --sweep 3, --sweep 3,5,7 or --sweep 3-9");
    return n;
  };
  const auto node = [](std::int64_t n) { return number_node(static_cast<double>(n)); };
  if (const std::size_t dash = text.find('-', 1); dash != std::string::npos) {
    const std::int64_t from = number(text.substr(0, dash)), to = number(text.substr(dash + 1));
    if (from > to)
      throw Error({}, fmt::format("'--sweep {}' is a range that runs backwards", text),
                  fmt::format("did you mean {}-{}?", to, from));
    Node range = map_node();
    put(range, "from", node(from));
    put(range, "to", node(to));
    return range;
  }
  std::vector<Node> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    all.push_back(node(number(text.substr(begin, end - begin))));
    begin = end + 1;
  }
  return all.size() == 1 ? all[0] : list_node(std::move(all), true);
}

/// The data block that the command line stands for.
Node block_of(const ExploreCall& call) {
  if (call.files.size() > 2)
    throw Error({}, "a recording is one file, or two of voltage and current", "explore others one by one");
  for (const std::string& file : call.files) refuse_missing(file);
  Node block = map_node();
  if (call.files.size() == 2) {
    Node files = map_node();
    put(files, "voltage", text_node(call.files[0])), put(files, "current", text_node(call.files[1]));
    put(block, "file", std::move(files));
  } else if (is_experiment(call.files[0])) {
    const Node tree = load_tree(call.files[0], own_keys());
    const Node* compare = tree.find("compare");
    if (const Node* data = compare ? compare->find("data") : nullptr) block = *data;
    else put(block, "file", text_node(call.files[0]));
  } else {
    put(block, "file", text_node(call.files[0]));
  }
  for (const std::string& o : call.overrides) {
    set_path(block, o);
    if (const Node::Entry* passive = block.entry("passive");
        passive && o.substr(0, o.find_first_of(".= ")) == "passive")
      throw Error(passive->place, "explore shows the passive membrane of every sweep, and fits no other",
                  "leave 'passive' out; where the samples are read it may stand");
  }
  if (call.sweeps) put(block, "sweep", sweeps_of(*call.sweeps));
  if (!call.window_ms.empty())
    put(block, "window", list_node({number_node(call.window_ms[0], "ms"), number_node(call.window_ms[1], "ms")}, true));
  return block;
}

/// cell.csv as it is for one sweep, cell_sweep3.csv for one of several.
fs::path csv_path(const std::string& csv, std::optional<std::int64_t> number, bool only) {
  if (only || !number) return csv;
  const fs::path path(csv);
  return path.parent_path() / fmt::format("{}_sweep{}{}", path.stem().string(), *number, path.extension().string());
}

/// Before the work: what cannot be written, and what its own reader would refuse.
void refuse_csv(const ExploreCall& call, const Contents& contents) {
  const DataBlock& data = *contents.read;
  if (data.normalise)
    throw Error(data.normalise_place, "--csv writes voltages in mV, not normalised ones",
                "leave out 'normalise' here; where the samples are read it may stand again");
  if (!data.artefacts_ms.empty())
    throw Error(data.artefacts_place, "--csv writes every sample, and artefacts have no voltage",
                "leave out 'artefacts' here; where the samples are read they may stand again");
  std::vector<fs::path> inputs(call.files.begin(), call.files.end());
  for (const fs::path& file : {data.file, data.current_file})
    if (!file.empty()) inputs.push_back(file);
  if (data.run) inputs.insert(inputs.end(), data.run->files.begin(), data.run->files.end());
  if (contents.numbers.size() < 2) refuse_target(call.csv, inputs);
  else
    for (const std::int64_t n : contents.numbers) refuse_target(csv_path(call.csv, n, false), inputs);
}

/// time_ms,current_pA,voltage_mV, without a current where there is none: numbers as the shortest text that reads back
/// to the same double, times to a picosecond.
std::string csv_of(const Recording& data) {
  fmt::memory_buffer out;
  const auto to = std::back_inserter(out);
  const bool has_current = !data.current_pA.empty();
  fmt::format_to(to, "time_ms,{}voltage_{}\n", has_current ? "current_pA," : "", data.unit);
  for (std::size_t k = 0; k < data.voltage.size(); ++k) {
    fmt::format_to(to, "{},", std::round((data.t0_ms + static_cast<double>(k) * data.dt_ms) * 1e9) / 1e9);
    if (has_current) fmt::format_to(to, "{},", data.current_pA[k]);
    fmt::format_to(to, "{}\n", data.voltage[k]);
  }
  return fmt::to_string(out);
}

/// The table of sweeps for the page, where a step of the current stays on one line.
Table unbroken(Table table) {
  for (auto& row : table.rows)
    if (row.size() > 1 && table.head[1] == "current") {
      std::string text;
      for (std::size_t i = 0; i < row[1].size(); ++i) {
        const bool between_steps = i > 0 && row[1][i - 1] == ',';
        if (row[1][i] == ' ' && !between_steps) text += "\u00a0";
        else if (row[1][i] == '-') text += i > 0 && row[1][i - 1] != ' ' ? "\u2060\u2013\u2060" : "\u2212";
        else text += row[1][i];
      }
      row[1] = text;
    }
  return table;
}

}  // namespace

int explore_file(const ExploreCall& call) {
  const Node block = block_of(call);
  if (!call.csv.empty()) refuse_target(call.csv, {});  // before a reader that downloads
  const Contents contents = contents_of(block);
  if (!call.csv.empty()) refuse_csv(call, contents);
  const fs::path out =
      call.out.empty() ? fs::path("results") / "explore" / fs::path(call.files[0]).stem() : fs::path(call.out);
  std::optional<ResultFolder> folder;
  std::error_code none;
  if (call.figures)  // refuses before the work
    folder.emplace(out, ResultFolder::Of{fs::absolute(call.files[0], none).lexically_normal().string()});
  fmt::print("{}\n", fs::path(call.files[0]).filename().string());
  for (const std::string& line : contents.about) fmt::print("  {}\n", line);

  ExploreWishes wishes;
  wishes.figures = call.figures;
  std::vector<std::string> written;
  wishes.on_sweep = [&](const Recording& data, std::optional<std::int64_t> number, bool only) {
    if (call.csv.empty()) return;
    const fs::path path = csv_path(call.csv, number, only);
    write_whole(path, csv_of(data));
    written.push_back(path.string());
  };
  Exploration found = explore(contents, wishes);
  for (const Table& t : found.tables) print(t);
  Node shown = map_node();
  put(shown, "data", found.data);
  const std::string data = to_yaml(shown);
  if (call.figures) {
    for (const CaseResult& c : found.cases) folder->write_case(c);
    RunResult run;
    run.title = found.title, run.samples = "in the recording itself, which --csv writes as text";
    for (const std::string& line : found.about) run.note += (run.note.empty() ? "" : "; ") + line;
    run.command = call.command + "\n\n" + data;
    for (const Table& t : found.tables) run.tables.push_back(unbroken(t));
    run.figures = std::move(found.figures);
    Origin origin{call.files[0], {}, {}, 0};
    for (const fs::path& file : {found.read->file, found.read->current_file})
      if (!file.empty()) origin.files.push_back(file);
    if (found.read->run) origin.plugins = origin_of(*found.read->run).plugins;
    else if (found.read->plugin) origin.plugins = {found.read->plugin};
    run.provenance_yaml = provenance(origin, call.command);
    for (const std::string& note : folder->finish(found.cases, run)) fmt::print(stderr, "note: {}\n", note);
    fmt::print("results: {}\n", (out / "report.html").string());
  }
  if (written.size() == 1) fmt::print("written: {}\n", written[0]);
  if (written.size() > 1) fmt::print("written: {} to {}\n", written.front(), written.back());
  fmt::print("{}", data);
  return static_cast<int>(Exit::good);
}

}  // namespace hillock
