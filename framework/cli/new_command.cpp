// new: a folder with a plugin that builds, verifies and runs as it is made. The texts stand in new_texts.hpp.
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <system_error>

#include "cli/commands.hpp"
#include "cli/new_texts.hpp"
#include "host/plugins.hpp"
#include "util/error.hpp"
#include "util/files.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// "my_neuron" as the name of a struct, which no name of the SDK hides.
std::string struct_name(const std::string& id) {
  std::string out;
  bool upper = true;
  for (const char c : id) {
    if (c != '_') out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return out + "Plugin";
}

std::string filled(std::string text, const std::map<std::string, std::string>& words) {
  for (const auto& [word, value] : words)
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += value.size())
      text.replace(at, word.size(), value);
  return text;
}

/// How the user starts this program: its name, where the shell finds this one under it, else its path.
std::string this_program() {
  std::error_code none;
  const fs::path self = fs::read_symlink("/proc/self/exe", none);
  if (const char* path = std::getenv("PATH")) {
    std::string_view rest = path;
    while (!rest.empty()) {
      const std::string_view folder = rest.substr(0, rest.find(':'));
      rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
      const fs::path there = fs::path(folder) / "hillock";
      if (::access(there.c_str(), X_OK) == 0) return fs::equivalent(there, self, none) ? "hillock" : self.string();
    }
  }
  return self.string();
}

/// What CMake has to be told to find the package of this program; empty where it looks by itself.
std::string prefix_argument() {
  std::error_code none;
  const fs::path prefix = fs::read_symlink("/proc/self/exe", none).parent_path().parent_path();
  return prefix == "/usr" || prefix == "/usr/local" ? "" : fmt::format(" -DCMAKE_PREFIX_PATH={}", prefix.string());
}

/// A leaky cell under a step of 100 pA from 10 ms on, as numbers that the reader's sample holds.
std::string sample_recording() {
  std::string text = "dt_ms 0.1\n";
  for (int k = 0; k < 500; ++k) {
    const double t = 0.1 * k;
    text += fmt::format("{:.6f} {}\n", -70 + (t > 10 ? 10 * -std::expm1(-(t - 10) / 10) : 0), t >= 10 - 1e-9 ? 100 : 0);
  }
  return text;
}

void check_name(const std::string& name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || name.size() > 60 || !(name[0] >= 'a' && name[0] <= 'z') ||
      !std::all_of(name.begin(), name.end(), good))
    throw Error({}, fmt::format("'{}' cannot be the id of a plugin", name),
                "take up to 60 lower-case letters, digits and '_', a letter first, as my_neuron");
  const auto ids = Plugins::instance().ids();
  if (std::find(ids.begin(), ids.end(), name) != ids.end())
    throw Error({}, fmt::format("there is a plugin '{}' already", name), "take another name");
}

}  // namespace

int new_plugin(const std::string& role, const std::string& name) {
  const std::vector<std::string> roles = {"model", "integrator", "optimizer", "forecaster", "recording"};
  if (role_of(role) == 0) throw Error({}, fmt::format("there is no role '{}'", role), suggest(role, roles));
  check_name(name);
  const fs::path folder = name;
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error)))
    throw Error({}, fmt::format("'{}' is there already", name), "take another name, or remove it");
  const scaffold::Texts texts = scaffold::of(role);
  const std::string program = this_program(), prefix = prefix_argument();
  const std::map<std::string, std::string> words = {{"@name@", name},     {"@Name@", struct_name(name)},
                                                    {"@role@", role},     {"@hillock@", program},
                                                    {"@prefix@", prefix}, {"@verify@", texts.verify}};
  std::vector<std::pair<std::string, std::string>> files = {{name + ".cpp", texts.source},
                                                            {"CMakeLists.txt", scaffold::cmake_lists},
                                                            {name + ".yaml", texts.experiment},
                                                            {"README.md", texts.about + std::string(scaffold::readme)}};
  if (*texts.data) files.emplace_back("recording.yaml", texts.data);
  if (role == "recording") files.emplace_back("sample." + name, sample_recording());
  if (!fs::create_directory(folder, error))
    throw Error(fmt::format("cannot make the folder '{}': {}", name, error.message()), Exit::run_failed);
  std::string made;
  for (const auto& [file, text] : files) {
    write_whole(folder / file, filled(filled(text.substr(text.starts_with('\n') ? 1 : 0), words), words));
    made += fmt::format("{}{}", made.empty() ? "" : ", ", file);
  }
  show("made the folder {}: {}\nnext:\n", name, made);
  show("  cd {}\n  cmake -B build{} && cmake --build build\n  {} verify {}\n  {} test {}.yaml\n", name, prefix, program,
       filled(filled(texts.verify, words), words), program, name);
  return 0;
}

}  // namespace hillock
