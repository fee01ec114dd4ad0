// The block `data`: which samples of which recording, and what is done to them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "experiment/reader.hpp"
#include "experiment/vocabulary.hpp"
#include "host/services.hpp"
#include "util/interrupt.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// 30, [3, 5, 7] or {from: 3, to: 9}.
SweepChoice read_sweeps(const Node& node) {
  SweepChoice sweeps;
  const auto number = [](const Node& each) {
    return static_cast<std::int64_t>(read_integer(each, "sweep", 0, 1e9, "data"));
  };
  if (node.is_map()) {
    refuse_unknown_keys(node, names_of(sweep_range_options()), "'sweep'");
    const Node *from = node.find("from"), *to = node.find("to");
    if (!from || !to)
      throw Error(node.place, "a range of sweeps has a first and a last one", "for example sweep: {from: 3, to: 9}");
    sweeps.range = true, sweeps.numbers = {number(*from), number(*to)};
    if (sweeps.numbers[1] < sweeps.numbers[0])
      throw Error(to->place, fmt::format("the range of sweeps ends at {}, before its begin at {}", sweeps.numbers[1],
                                         sweeps.numbers[0]));
  } else if (node.is_list()) {
    if (node.items.empty()) throw Error(node.place, "'sweep' is an empty list: a recording has at least one");
    for (const Node& item : node.items) {
      sweeps.numbers.push_back(number(item));
      if (std::find(sweeps.numbers.begin(), sweeps.numbers.end() - 1, sweeps.numbers.back()) !=
          sweeps.numbers.end() - 1)
        throw Error(item.place, fmt::format("sweep {} is listed twice", sweeps.numbers.back()));
    }
  } else {
    sweeps.numbers = {number(node)};
  }
  return sweeps;
}

/// Refuses a number that counts no file of a list.
void check_file(std::int64_t number, const DataBlock& d, const Place& place) {
  const auto n = static_cast<std::int64_t>(d.parts.size());
  if (number < 1 || number > n)
    throw Error(place, fmt::format("the list of files has no sweep {}", number),
                fmt::format("it has {}, counted from 1", n));
}

/// Which files of a list are used: all, if the block does not say.
SweepChoice choose_files(const DataBlock& d) {
  if (d.passive && d.passive->sweep) check_file(*d.passive->sweep, d, d.passive->sweep_place);
  SweepChoice all = d.sweep.value_or(SweepChoice{{1, static_cast<std::int64_t>(d.parts.size())}, true});
  for (const std::int64_t number : all.numbers) check_file(number, d, d.sweep_place);
  if (all.range) {
    const auto [from, to] = std::pair{all.numbers[0], all.numbers[1]};
    all = SweepChoice();
    for (std::int64_t k = from; k <= to; ++k) all.numbers.push_back(k);
  }
  return all;
}

}  // namespace

/// What is done to the samples, and which.
void ExperimentReader::conditioning(const OptionValues& v, DataBlock& d) {
  const auto given = [&](const char* name) { return v.given(name) ? &v[name].node : nullptr; };
  if (const Node* sweep = given("sweep")) {
    d.sweep_place = sweep->place;
    if (d.use == "simulated") throw Error(d.sweep_place, "the recording of a run has no sweeps", "leave 'sweep' out");
    d.sweep = read_sweeps(*sweep);
  }
  d.holding_pA = v.number("holding"), d.junction_potential_mV = v.number("junction_potential");
  if (const Node* artefacts = given("artefacts")) {
    d.artefacts_place = artefacts->place;
    if (!artefacts->is_list() ||
        std::none_of(artefacts->items.begin(), artefacts->items.end(), [](const Node& n) { return n.is_list(); }))
      throw Error(artefacts->place, "'artefacts' is a list of stretches of time",
                  "for example artefacts: [[10 ms, 12 ms], [510 ms, 512 ms]]");
    for (const Node& each : artefacts->items) d.artefacts_ms.push_back(read_pair(each, "artefacts", "ms"));
    std::sort(d.artefacts_ms.begin(), d.artefacts_ms.end());
    std::vector<std::pair<double, double>> apart;
    for (const auto& a : d.artefacts_ms)
      if (!apart.empty() && a.first <= apart.back().second)
        apart.back().second = std::max(apart.back().second, a.second);
      else apart.push_back(a);
    d.artefacts_ms = std::move(apart);
  }
  if (const Node* filter = given("filter")) {
    const OptionValues o =
        read_options(expect_map(*filter, "filter", "filter: {cutoff: 2 kHz, order: 2}"), filter_options(), "filter");
    d.cutoff_hz = o.number("cutoff"), d.filter_order = static_cast<int>(o.number("order"));
    d.filter_place = o["cutoff"].place;
  }
  if (const Node* window = given("window")) d.window_ms = read_pair(*window, "window", "ms");
  if (const Node* bounds = given("normalise")) d.normalise = read_pair(*bounds, "normalise", "1");
  d.window_place = v["window"].place, d.normalise_place = v["normalise"].place;
  d.every = static_cast<std::uint32_t>(v.number("every")), d.every_place = v["every"].place;
  d.resample_ms = v.given("resample") ? v.number("resample") : 0, d.resample_place = v["resample"].place;
  if (v.given("every") && v.given("resample"))
    throw Error(d.resample_place, "the sampling is changed twice, by 'every' and by 'resample'",
                "'every' takes samples as they are, 'resample' without folding higher frequencies down: leave one out");
  if (const Node* passive = given("passive"); passive && !passive->is_map()) {
    if (read_flag(*passive, "passive")) d.passive = PassiveBlock{};
  } else if (passive) {
    const OptionValues o = read_options(*passive, passive_options(), "passive");
    d.passive = PassiveBlock{{}, {}, o["sweep"].place, o["window"].place};
    if (o.given("sweep")) {
      if (d.use == "simulated")
        throw Error(d.passive->sweep_place, "the recording of a run has no other sweep to look at",
                    "leave 'sweep' out");
      d.passive->sweep = static_cast<std::int64_t>(read_integer(o["sweep"].node, "sweep", 0, 1e9, "passive"));
    }
    if (o.given("window")) d.passive->window_ms = read_pair(o["window"].node, "window", "ms");
  }
  d.own_spikes = d.use == "simulated" && !given("spikes");
  if (const Node* spikes = given("spikes")) {
    const bool slope = expect_map(*spikes, "spikes", "spikes: {threshold: -10 mV, rearm: -20 mV}").find("slope");
    if (const Node* threshold = spikes->find("threshold"); slope && threshold)
      throw Error(threshold->place, "a spike is a crossing by the voltage or by its slope, not both",
                  "leave 'threshold' or 'slope' out");
    refuse_unknown_keys(*spikes, {"threshold", "slope", "rearm"}, "'spikes'");
    const OptionValues o =
        read_options(*spikes, slope ? slope_options() : spikes_options("mV", -10, -20, false), "spikes");
    const char *level = slope ? "slope" : "threshold", *unit = slope ? "mV/ms" : "mV";
    d.spikes.threshold = o.number(level);
    d.spikes.rearm = o.given("rearm") ? o.number("rearm") : slope ? 0 : d.spikes.threshold - 10;
    d.spikes.of = slope ? SpikeDefinition::Of::slope : SpikeDefinition::Of::trace;
    if (d.spikes.rearm > d.spikes.threshold)
      throw Error(o["rearm"].place,
                  fmt::format("rearm = {} lies above the {} of data, {}", with_unit(d.spikes.rearm, unit), level,
                              with_unit(d.spikes.threshold, unit)));
  }
}

std::shared_ptr<DataBlock> ExperimentReader::data(const Node& block) {
  auto d = std::make_shared<DataBlock>();
  expect_map(block, "data", "data: {file: cell.csv}");
  const Node *file = block.find("file"), *use = block.find("use");
  if (use) {
    d->use = read_text_value(*use, "use");
    const auto ids = Plugins::instance().ids();
    d->located = d->use != "simulated" && std::find(ids.begin(), ids.end(), d->use) != ids.end() &&
                 Plugins::instance().load(d->use, HK_ROLE_RECORDING, use->place).locate();
  }
  if (d->located && file)
    throw Error(file->place, fmt::format("the reader '{}' finds its file by its options", d->use),
                "leave 'file' out; another reader may read it");
  if (!file && !d->located) throw Error(block.place, "'data' needs 'file'", "for example data: {file: cell.csv}");
  const Node* list = file && file->is_list() ? file : nullptr;
  if (list && list->items.empty())
    throw Error(list->place, "'file' is an empty list", "for example file: [first.abf, second.abf]");
  for (const Node& item : list ? list->items : std::vector<Node>())
    if (item.is_list())
      throw Error(item.place, "'file' is a list in a list", "list the files one by one: file: [first.abf, second.abf]");
  if (list) file = &list->items[0];
  const auto find = [](const Node& node, Place& place, std::string& shown, fs::path& path) {
    place = node.place;
    shown = read_text_value(node, "file");
    path = fs::path(shown).is_absolute() || !node.place.source ? fs::path(shown) : node.place.source->folder / shown;
    std::error_code error;
    if (!fs::exists(path, error))
      throw Error(node.place, fmt::format("there is no file '{}'", shown),
                  "paths are relative to the file that writes them");
    if (fs::is_directory(path, error))
      throw Error(node.place, fmt::format("'{}' is a folder, not a recording", shown), "name a file in it");
    // readers would wait for a pipe and read a device without end
    if (!fs::is_regular_file(path, error)) throw Error(node.place, fmt::format("'{}' is no regular file", shown));
  };
  if (d->located) {
    d->place = use->place;
  } else if (file->is_map()) {
    refuse_unknown_keys(*file, names_of(two_files_options()), "'file'");
    const Node *voltage = file->find("voltage"), *current = file->find("current");
    if (!voltage || !current)
      throw Error(file->place, fmt::format("'file' names no file of the {}", voltage ? "current" : "voltage"),
                  "for example file: {voltage: a.ibw, current: b.ibw}, or one file of both");
    find(*voltage, d->place, d->shown, d->file);
    find(*current, d->current_place, d->current_shown, d->current_file);
  } else {
    find(*file, d->place, d->shown, d->file);
  }
  std::string ending = d->file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (use) {
    // says it
  } else if (ending == ".yaml" || ending == ".yml") {
    d->use = "simulated";
  } else {
    const auto ids = Plugins::instance().ids();
    d->use = ending.empty() ? "" : ending.substr(1);
    if (std::find(ids.begin(), ids.end(), d->use) == ids.end() && !d->use.empty())
      for (const Plugin* reader :
           Plugins::instance().load_all())  // an ending that is no reader's name may be one of its others
        if (reader->role == HK_ROLE_RECORDING &&
            fmt::format("|{}|", reader->recording().endings).find("|" + d->use + "|") != std::string::npos) {
          d->use = reader->id;
          break;
        }
    if (std::find(ids.begin(), ids.end(), d->use) == ids.end())
      throw Error(file->place, fmt::format("no reader is known by the ending of '{}'", d->shown),
                  "say which: data: {use: csv, ...}");
  }
  std::vector<OptionSpec> specs = data_options();
  const std::size_t own = specs.size();
  std::string owner = "data of 'simulated'";
  if (d->use == "simulated" && !d->current_file.empty())
    throw Error(file->place, "the recording of a run is one file, of voltage and current");
  if (d->use == "simulated") {
    specs.push_back(simulated_data_option());
  } else {
    d->plugin = &Plugins::instance().load(d->use, HK_ROLE_RECORDING, use ? use->place : file->place);
    owner = fmt::format("data of reader '{}'", d->use);
    const hk_recording& face = d->plugin->recording();
    const auto reader = specs_of(face.options, face.n_options, face.option_size);
    specs.insert(specs.end(), reader.begin(), reader.end());
  }
  const OptionValues v = read_options(block, specs, owner, {});
  conditioning(v, *d);
  if (d->use == "simulated") {
    if (v.given("measurement_noise")) d->noise_mV = v.number("measurement_noise");
    const BeingRead here(d->file, file->place);
    std::vector<fs::path> read;
    const Node tree = load_tree(d->file, own_keys(), file->place, &read);
    const auto& keys = purpose_keys();
    if (std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return tree.find(key); }))
      throw Error(file->place, fmt::format("'{}' is not one run, so it cannot be a recording", d->shown),
                  "leave out its purpose");
    Use makes;
    makes.makes_recording = true;
    d->run = std::make_shared<Experiment>(ExperimentReader(d->file, std::move(read)).whole(tree, makes));
    files_.insert(files_.end(), d->run->files.begin(), d->run->files.end());
  } else {
    // the options of the reader alone, in its order
    std::vector<OptionSpec> s(v.specs().begin() + static_cast<std::ptrdiff_t>(own), v.specs().end());
    std::vector<OptionValue> values(v.values().begin() + static_cast<std::ptrdiff_t>(own), v.values().end());
    d->options = OptionValues(std::move(s), std::move(values));
    if (d->located) {
      std::array<char, 4096> path{};
      hk_error error{};
      const PluginCall inside(*d->plugin);
      const hk_status status =
          d->plugin->locate()->locate(d->options.boundary().get(), &services(), path.data(), path.size(), &error);
      if (status != HK_OK && interrupted) throw Interrupted{};
      check(*d->plugin, status, error, d->place);
      d->file = d->shown = path.data();
    }
    if (!list) files_.push_back(d->file);
    if (!list && !d->current_file.empty()) files_.push_back(d->current_file);
  }
  if (list) {
    if (d->use == "simulated")
      throw Error(file->place, fmt::format("a list of files is of recordings, and '{}' is a run", d->shown),
                  "name it alone: file: run.yaml");
    for (const Node& item : list->items) {
      Node one = block;
      put(one, "file", item);
      std::erase_if(one.entries, [](const Node::Entry& x) { return x.key == "sweep" || x.key == "passive"; });
      d->parts.push_back(data(one));
      if (d->parts.back()->plugin != d->plugin)
        throw Error(item.place,
                    fmt::format("'{}' is read by {}, and the first of the list by {}", d->parts.back()->shown,
                                d->parts.back()->use, d->use),
                    "take files of one kind");
    }
    d->sweep = choose_files(*d);
  }
  return d;
}

Node file_node(const DataBlock& d) {
  if (!d.parts.empty()) {
    std::vector<Node> all;
    for (const auto& part : d.parts) all.push_back(file_node(*part));
    return list_node(std::move(all));
  }
  std::error_code error;
  const auto absolute = [&](const fs::path& p) {
    return text_node(fs::absolute(p, error).lexically_normal().string());
  };
  if (d.current_file.empty()) return absolute(d.file);
  Node files = map_node();
  put(files, "voltage", absolute(d.file));
  put(files, "current", absolute(d.current_file));
  return files;
}

Node sweep_node(const SweepChoice& sweeps) {
  const auto number = [](std::int64_t n) { return number_node(static_cast<double>(n)); };
  if (sweeps.range) {
    Node range = map_node();
    put(range, "from", number(sweeps.numbers[0]));
    put(range, "to", number(sweeps.numbers[1]));
    return range;
  }
  if (!sweeps.several()) return number(sweeps.numbers[0]);
  std::vector<Node> all;
  for (const std::int64_t n : sweeps.numbers) all.push_back(number(n));
  return list_node(std::move(all), true);
}

Node resolved_data(const DataBlock& d) {
  Node out = map_node();
  if (!d.located) put(out, "file", file_node(d));  // else its options say it all, here and on another machine
  put(out, "use", text_node(d.use));
  if (d.sweep) put(out, "sweep", sweep_node(*d.sweep));
  const auto pair = [](std::pair<double, double> p, const char* unit) {
    return list_node({number_node(p.first, unit), number_node(p.second, unit)}, true);
  };
  put(out, "holding", number_node(d.holding_pA, "pA"));
  put(out, "junction_potential", number_node(d.junction_potential_mV, "mV"));
  if (!d.artefacts_ms.empty()) {
    std::vector<Node> all;
    for (const auto& a : d.artefacts_ms) all.push_back(pair(a, "ms"));
    put(out, "artefacts", list_node(std::move(all), true));
  }
  if (d.cutoff_hz > 0) {
    Node filter = map_node();
    put(filter, "cutoff", number_node(d.cutoff_hz, "Hz"));
    put(filter, "order", number_node(d.filter_order));
    put(out, "filter", std::move(filter));
  }
  if (d.window_ms) put(out, "window", pair(*d.window_ms, "ms"));
  if (d.resample_ms > 0) put(out, "resample", number_node(d.resample_ms, "ms"));
  else put(out, "every", number_node(d.every));
  if (d.normalise) put(out, "normalise", pair(*d.normalise, ""));
  Node spikes = map_node();
  const bool slope = d.spikes.of == SpikeDefinition::Of::slope;
  put(spikes, slope ? "slope" : "threshold", number_node(d.spikes.threshold, slope ? "mV/ms" : "mV"));
  put(spikes, "rearm", number_node(d.spikes.rearm, slope ? "mV/ms" : "mV"));
  if (!d.own_spikes) put(out, "spikes", std::move(spikes));
  if (d.passive) {
    Node passive = map_node();
    if (d.passive->sweep) put(passive, "sweep", number_node(static_cast<double>(*d.passive->sweep)));
    if (d.passive->window_ms) put(passive, "window", pair(*d.passive->window_ms, "ms"));
    if (passive.entries.empty()) passive = text_node("true"), passive.quoted = false;
    put(out, "passive", std::move(passive));
  }
  if (d.noise_mV) put(out, "measurement_noise", number_node(*d.noise_mV, "mV"));
  d.options.write(out);
  return out;
}

}  // namespace hillock
