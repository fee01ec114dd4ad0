#include "run/provenance.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "purpose/purpose.hpp"
#include "util/files.hpp"

namespace hillock {
namespace {

void add_plugins(const Experiment& e, std::vector<const Plugin*>& plugins);

void add_plugin(const Plugin* p, std::vector<const Plugin*>& plugins) {
  if (p && std::find(plugins.begin(), plugins.end(), p) == plugins.end()) plugins.push_back(p);
}
void add_plugins(const DataBlock& d, std::vector<const Plugin*>& plugins) {
  add_plugin(d.plugin, plugins);
  if (d.run) add_plugins(*d.run, plugins);
}
void add_plugins(const NeuronSpec& n, std::vector<const Plugin*>& plugins) {
  add_plugin(n.model.plugin, plugins);
  add_plugin(n.integrator.plugin, plugins);
  for (const auto& terms : n.inputs)
    for (const ShapeBlock& s : terms)
      if (s.data) add_plugins(*s.data, plugins);
}
void add_plugins(const Experiment& e, std::vector<const Plugin*>& plugins) {
  e.purpose->visit(
      e, {[&](const NeuronSpec& n) { add_plugins(n, plugins); }, [&](const DataBlock& d) { add_plugins(d, plugins); },
          [&](const Plugin& p) { add_plugin(&p, plugins); }});
}

/// The files of a recording, and those of the run that makes one.
void add_data_files(const DataBlock& d, std::vector<std::filesystem::path>& files) {
  for (const auto& part : d.parts) add_data_files(*part, files);
  if (d.parts.empty()) files.push_back(d.file);
  if (d.parts.empty() && !d.current_file.empty()) files.push_back(d.current_file);
  if (d.run) files.insert(files.end(), d.run->files.begin(), d.run->files.end());
}
/// The recordings that its inputs name.
void add_data_files(const NeuronSpec& n, std::vector<std::filesystem::path>& files) {
  for (const auto& terms : n.inputs)
    for (const ShapeBlock& s : terms)
      if (s.data) add_data_files(*s.data, files);
}
void add_data_files(const Experiment& e, std::vector<std::filesystem::path>& files) {
  e.purpose->visit(e, {[&](const NeuronSpec& n) { add_data_files(n, files); }, [](const DataBlock&) {}, {}});
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
  e.purpose->visit(e, {[](const NeuronSpec&) {}, [&](const DataBlock& d) { add_data_files(d, files); }, {}});
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const auto& file : files) all += sha256_file(file) + "\n";
  return sha256_hex(all);
}

Origin origin_of(const Experiment& e) {
  Origin origin{e.path, e.files, {}, e.seed};
  add_plugins(e, origin.plugins);
  add_data_files(e, origin.files);
  return origin;
}

std::string provenance(const Origin& origin, const std::string& command, const std::string& identity) {
  Node root = map_node();
  std::error_code unknown;
  put(root, "experiment", text_node(std::filesystem::absolute(origin.path, unknown).lexically_normal().string()));
  if (!identity.empty()) put(root, "identity", text_node(identity));
  put(root, "hillock", text_node(version()));
  put(root, "compiler", text_node(HILLOCK_COMPILER));
  put(root, "flags", text_node(HILLOCK_COMPILER_FLAGS));
  put(root, "plugin_flags", text_node(HILLOCK_PLUGIN_FLAGS));
  put(root, "command", text_node(command));
  put(root, "seed", number_node(static_cast<double>(origin.seed)));
  Node plugins = map_node();
  for (const Plugin* p : origin.plugins) {
    Node one = map_node();
    put(one, "role", text_node(role_name(p->role)));
    put(one, "version", text_node(p->version));
    put(one, "sha256", text_node(sha256_file(p->path)));
    put(plugins, p->id, std::move(one));
  }
  put(root, "plugins", std::move(plugins));
  Node files = map_node();
  std::vector<std::filesystem::path> read{origin.path};
  read.insert(read.end(), origin.files.begin(), origin.files.end());
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
