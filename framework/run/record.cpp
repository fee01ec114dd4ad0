#include "run/record.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "util/files.hpp"

namespace hillock {
namespace {

/// Calls `use` with runs of a sweep that name every plugin and file that any of its cases does.
template <class Use> void each_kind_of_run(const SweepBlock& s, Use&& use) {
  use(*s.base);
  for (const Case& c : s.cases) use(*c.run);
  for (std::size_t k = 0; k < s.axes.size(); ++k) {
    if (slot_of(*s.base, s.axes[k].path).kind != SweepSlot::Kind::none) continue;
    for (std::size_t i = 0; i < s.axes[k].size(); ++i) {
      SweepBlock::Choice one(s.axes.size(), s.combine == Combine::one_at_a_time ? SweepBlock::as_written : 0);
      if (s.combine == Combine::zip) one = s.choice(i);
      one[k] = static_cast<std::uint32_t>(i);
      try {
        use(*s.make(one));
      } catch (const Error&) {}  // a case that fails
    }
  }
}

void add_plugins(const Experiment& e, std::vector<const Plugin*>& plugins) {
  const auto add = [&](const Plugin* p) {
    if (p && std::find(plugins.begin(), plugins.end(), p) == plugins.end()) plugins.push_back(p);
  };
  const auto add_data = [&](const DataBlock& d) {
    add(d.plugin);
    if (d.run) add_plugins(*d.run, plugins);
  };
  if (e.model) add(e.model->plugin);
  if (e.integrator) add(e.integrator->plugin);
  for (const auto& terms : e.inputs)
    for (const ShapeBlock& s : terms)
      if (s.data) add_data(*s.data);
  if (e.sweep) each_kind_of_run(*e.sweep, [&](const Experiment& run) { add_plugins(run, plugins); });
  if (e.compare) {
    add_data(*e.compare->data);
    for (const Case& c : e.compare->models) add_plugins(*c.run, plugins);
  }
}

/// The recordings that its inputs name, and the files of the runs that make some.
void add_data_files(const Experiment& e, std::vector<std::filesystem::path>& files) {
  for (const auto& terms : e.inputs)
    for (const ShapeBlock& s : terms) {
      if (!s.data) continue;
      files.push_back(s.data->file);
      if (!s.data->current_file.empty()) files.push_back(s.data->current_file);
      if (s.data->run) files.insert(files.end(), s.data->run->files.begin(), s.data->run->files.end());
    }
  if (e.sweep) each_kind_of_run(*e.sweep, [&](const Experiment& run) { add_data_files(run, files); });
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
  return "unknown";
}

}  // namespace

std::string version() { return HILLOCK_VERSION; }

std::string quoted(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& a : arguments) {
    if (!line.empty()) line += ' ';
    const bool plain = !a.empty() && std::all_of(a.begin(), a.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) ||
             std::string_view("_-./=:,+%@").find(c) != std::string_view::npos;
    });
    if (plain) {
      line += a;
      continue;
    }
    line += '\'';
    for (const char c : a) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

std::string identity_of(const Experiment& e) {
  std::string all = fmt::format("{}\n{}\n{}\n{}\n{}\n", version(), HILLOCK_COMPILER, HILLOCK_COMPILER_FLAGS,
                                HILLOCK_PLUGIN_FLAGS, to_yaml(e.resolved));
  std::vector<const Plugin*> used;
  add_plugins(e, used);
  for (const Plugin* p : used) all += fmt::format("{} {}\n", p->id, sha256_file(p->path));
  std::vector<std::filesystem::path> files;
  add_data_files(e, files);
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const auto& file : files) all += sha256_file(file) + "\n";
  return sha256_hex(all);
}

std::string provenance(const Experiment& e, const std::string& command, const std::string& identity) {
  Node root = map_node();
  std::error_code unknown;
  put(root, "experiment", text_node(std::filesystem::absolute(e.path, unknown).lexically_normal().string()));
  if (!identity.empty()) put(root, "identity", text_node(identity));
  put(root, "hillock", text_node(version()));
  put(root, "compiler", text_node(HILLOCK_COMPILER));
  put(root, "flags", text_node(HILLOCK_COMPILER_FLAGS));
  put(root, "plugin_flags", text_node(HILLOCK_PLUGIN_FLAGS));
  put(root, "command", text_node(command));
  put(root, "seed", number_node(static_cast<double>(e.seed)));
  std::vector<const Plugin*> used;
  add_plugins(e, used);
  Node plugins = map_node();
  for (const Plugin* p : used) {
    Node one = map_node();
    put(one, "role", text_node(role_name(p->role)));
    put(one, "version", text_node(p->version));
    put(one, "sha256", text_node(sha256_file(p->path)));
    put(plugins, p->id, std::move(one));
  }
  put(root, "plugins", std::move(plugins));
  Node files = map_node();
  std::vector<std::filesystem::path> read{e.path};
  read.insert(read.end(), e.files.begin(), e.files.end());
  add_data_files(e, read);
  for (const auto& file : read) {
    std::error_code error;
    const std::string name = std::filesystem::absolute(file, error).lexically_normal().string();
    if (!files.find(name)) put(files, name, text_node(sha256_file(file)));
  }
  put(root, "files", std::move(files));
  Node machine = map_node();
  utsname u{};
  if (uname(&u) == 0) { put(machine, "system", text_node(fmt::format("{} {} {}", u.sysname, u.release, u.machine))); }
  put(machine, "processor", text_node(processor()));
  put(root, "machine", std::move(machine));
  return to_yaml(root);
}

}  // namespace hillock
