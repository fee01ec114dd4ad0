#include "host/plugins.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/core/demangle.hpp>
#include <boost/dll/shared_library.hpp>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <system_error>

#include "host/crash.hpp"
#include "host/rounding.hpp"
#include "host/symbols.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// Why a file is refused: a sentence whose subject is the file.
struct Unfit : std::runtime_error {
  using std::runtime_error::runtime_error;
};
template <class... T> [[noreturn]] void refuse(fmt::format_string<T...> format, T&&... values) {
  throw Unfit(fmt::format(format, std::forward<T>(values)...));
}

struct Role {
  std::uint32_t number;
  const char *name, *with_article;
};
constexpr Role roles[] = {{HK_ROLE_MODEL, "model", "a model"},
                          {HK_ROLE_INTEGRATOR, "integrator", "an integrator"},
                          {HK_ROLE_OPTIMIZER, "optimizer", "an optimizer"},
                          {HK_ROLE_FORECASTER, "forecaster", "a forecaster"},
                          {HK_ROLE_RECORDING, "recording", "a reader of recordings"}};
const Role* find_role(std::uint32_t number) {
  for (const Role& r : roles)
    if (r.number == number) return &r;
  return nullptr;
}

// ---- interfaces, from the layout of whichever header the plugin was compiled with to ours --------------------------

/// The least size of a struct of the boundary: up to and with a member without which it is of no use.
#define HILLOCK_UP_TO(S, member) (offsetof(S, member) + sizeof(S::member))

/// A copy of the struct of `size` bytes at `from` as ours: what it lacks is zero, what it has more is left out.
template <class S> S adopt(const void* from, std::size_t size) {
  S out{};
  std::memcpy(&out, from, std::min(size, sizeof(S)));
  return out;
}

/// The same for the n rows of a table, each `size` bytes, of which `least` are needed.
template <class S>
std::vector<S> adopt_table(const S* from, std::size_t n, std::size_t size, std::size_t least, const char* what) {
  if (n == 0) return {};
  if (n > 100'000) refuse("says that it has {} {}", n, what);
  if (!from) refuse("has no table of its {}", what);
  if (size < least || size % alignof(S) != 0)
    refuse("has a table of {} with rows of {} bytes, at least {} are needed", what, size, least);
  std::vector<S> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(adopt<S>(reinterpret_cast<const char*>(from) + i * size, size));
  return out;
}

/// The interface of a role, which starts with its own size.
template <class S> S adopt_interface(const Plugin& plugin, const char* id, std::size_t least) {
  const void* from = plugin.get(id);
  if (!from) refuse("says that it is {}, but offers no interface '{}'", find_role(plugin.role)->with_article, id);
  std::uint32_t size = 0;
  std::memcpy(&size, from, sizeof size);
  if (size < least) refuse("has an interface '{}' of {} bytes, at least {} are needed: rebuild it", id, size, least);
  S out = adopt<S>(from, size);
  out.size = sizeof(S);
  return out;
}

bool is_name(const char* s) {
  if (!s || !*s || (*s >= '0' && *s <= '9')) return false;
  for (; *s; ++s)
    if (!(*s == '_' || (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z'))) return false;
  return true;
}

void check_range(const std::string& what, const double* value, double low, double high) {
  if (!(low <= high)) refuse("has {} with the empty range [{}, {}]", what, low, high);
  if (!value) return;
  if (!std::isfinite(*value) || *value < low || *value > high)
    refuse("has {} with the default {} outside its own range [{}, {}]", what, *value, low, high);
}

void check_fields(std::span<const hk_field> fields, const char* what) {
  std::set<std::string_view> seen;
  for (const hk_field& f : fields) {
    if (!is_name(f.name)) refuse("has a {} whose name is not made of letters, digits and '_', no digit first", what);
    if (!seen.insert(f.name).second) refuse("has two {}s of the name '{}'", what, f.name);
    if (!f.unit || !f.meaning) refuse("gives no {} for its {} '{}'", f.unit ? "meaning" : "unit", what, f.name);
    check_range(fmt::format("the {} '{}'", what, f.name), &f.value, f.low, f.high);
    if (f.kind > HK_DRAW) refuse("has the {} '{}' of kind {}, which this host does not know", what, f.name, f.kind);
  }
}

/// Names joined by dots, as `columns.time`.
bool is_path(std::string_view s) {
  for (std::size_t at = 0; at <= s.size();) {
    const std::size_t end = std::min(s.find('.', at), s.size());
    if (!is_name(std::string(s.substr(at, end - at)).c_str())) return false;
    at = end + 1;
  }
  return true;
}

/// Keys that the host reads itself from the block that a plugin's options stand in.
std::span<const std::string_view> keys_beside(std::uint32_t role) {
  static constexpr std::string_view any[] = {"use"}, of_optimizers[] = {"use", "evaluations"},
                                    of_readers[] = {"use",      "file",      "sweep",   "holding", "junction_potential",
                                                    "window",   "artefacts", "every",   "filter",  "measurement_noise",
                                                    "resample", "normalise", "passive", "spikes"};
  if (role == HK_ROLE_OPTIMIZER) return of_optimizers;
  if (role == HK_ROLE_RECORDING) return of_readers;
  return any;
}

void check_options(std::span<const hk_option> options, std::uint32_t role) {
  std::set<std::string_view> seen;
  const auto taken = keys_beside(role);
  for (const hk_option& o : options) {
    if (!o.name || !*o.name) refuse("has an option without a name");
    if (!is_path(o.name)) refuse("has the option '{}', whose name is not made of letters, digits and '_'", o.name);
    const std::string_view name = o.name, key = name.substr(0, name.find('.'));
    if (std::find(taken.begin(), taken.end(), key) != taken.end())
      refuse("has the option '{}', but hillock itself reads the key '{}' there", o.name, key);
    if (key != name && seen.contains(key)) refuse("has the option '{}' beside the option '{}'", o.name, key);
    for (const hk_option& other : options)
      if (key == name && other.name && std::string_view(other.name).starts_with(name) && other.name[name.size()] == '.')
        refuse("has the option '{}' beside the option '{}'", other.name, o.name);
    if (!seen.insert(o.name).second) refuse("has two options of the name '{}'", o.name);
    if (o.kind < HK_NUMBER || o.kind > HK_LIST)
      refuse("has the option '{}' of kind {}, which this host does not know", o.name, o.kind);
    if (!o.meaning || !o.unit) refuse("gives no {} for its option '{}'", o.unit ? "meaning" : "unit", o.name);
    const bool is_text = o.kind == HK_TEXT || o.kind == HK_CHOICE;
    if (is_text && !o.required && !o.text) refuse("has the option '{}' without a default", o.name);
    if (!is_text)
      check_range(fmt::format("the option '{}'", o.name), o.required || o.kind == HK_LIST ? nullptr : &o.value, o.low,
                  o.high);
    if (o.kind == HK_CHOICE) {
      if (!o.choices || !*o.choices) refuse("has the option '{}' without choices", o.name);
      const std::string all = fmt::format("|{}|", o.choices);
      if (!o.required && all.find(fmt::format("|{}|", o.text)) == std::string::npos)
        refuse("has the option '{}' with the default '{}', which is none of its choices {}", o.name, o.text, o.choices);
    }
  }
}

}  // namespace

struct Plugin::Interface {
  hk_model model{};
  std::optional<hk_tangent> tangent;
  std::vector<hk_field> state, params, inputs, observed;
  std::vector<hk_preset> presets;
  std::vector<hk_option> options;
  hk_integrator integrator{};
  hk_optimizer optimizer{};
  hk_forecaster forecaster{};
  hk_recording recording{};
  std::optional<hk_locate> locate;

  explicit Interface(const Plugin& plugin) {
    switch (plugin.role) {
      case HK_ROLE_MODEL: take_model(plugin); break;
      case HK_ROLE_INTEGRATOR:
        integrator = take<hk_integrator>(plugin, HK_INTEGRATOR, HILLOCK_UP_TO(hk_integrator, close));
        need(integrator.open && integrator.advance && integrator.close, "open, advance and close");
        if (integrator.flags & HK_FIXED_STEP) check_step(option("dt"));
        break;
      case HK_ROLE_OPTIMIZER:
        optimizer = take<hk_optimizer>(plugin, HK_OPTIMIZER, HILLOCK_UP_TO(hk_optimizer, close));
        need(optimizer.open && optimizer.ask && optimizer.tell && optimizer.close, "open, ask, tell and close");
        break;
      case HK_ROLE_FORECASTER:
        forecaster = take<hk_forecaster>(plugin, HK_FORECASTER, HILLOCK_UP_TO(hk_forecaster, close));
        need(forecaster.open && forecaster.fit && forecaster.predict && forecaster.close,
             "open, fit, predict and close");
        if (!forecaster.save != !forecaster.load) refuse("has only one of save and load; it needs both or none");
        break;
      case HK_ROLE_RECORDING:
        recording = take<hk_recording>(plugin, HK_RECORDING, HILLOCK_UP_TO(hk_recording, close));
        need(recording.open && recording.sweeps && recording.describe && recording.read && recording.close,
             "open, sweeps, describe, read and close");
        if (!recording.endings) refuse("names no endings of files");
        if (plugin.get(HK_LOCATE)) {
          locate = adopt_interface<hk_locate>(plugin, HK_LOCATE, HILLOCK_UP_TO(hk_locate, locate));
          if (!locate->locate) refuse("has an interface '{}' without its function", HK_LOCATE);
        }
        break;
    }
  }
  Interface(const Interface&) = delete;

 private:
  static void need(bool all, const char* functions) {
    if (!all) refuse("lacks a function of its interface: {} are needed", functions);
  }
  const hk_option* option(std::string_view name) const {
    for (const hk_option& o : options)
      if (name == o.name) return &o;
    return nullptr;
  }
  static void check_step(const hk_option* dt) {
    if (!dt) refuse("takes fixed steps, but has no option 'dt'");
    constexpr const char* right = "it must be a number in 'ms', above 0";
    if (dt->kind != HK_NUMBER) refuse("takes fixed steps, but its option 'dt' is no number: {}", right);
    if (std::string_view(dt->unit) != "ms")
      refuse("takes fixed steps, but its option 'dt' is in '{}': {}", dt->unit, right);
    if (!(dt->low > 0)) refuse("takes fixed steps, but its option 'dt' may be {}: {}", dt->low, right);
  }
  template <class S> S take(const Plugin& plugin, const char* interface_id, std::size_t least) {
    S out = adopt_interface<S>(plugin, interface_id, least);
    options = adopt_table(out.options, out.n_options, out.option_size, HILLOCK_UP_TO(hk_option, meaning), "options");
    check_options(options, plugin.role);
    out.options = options.data(), out.option_size = sizeof(hk_option);
    return out;
  }

  void take_model(const Plugin& plugin) {
    model = adopt_interface<hk_model>(plugin, HK_MODEL, HILLOCK_UP_TO(hk_model, rhs));
    const auto fields = [&](const hk_field* from, std::size_t n, const char* what) {
      return adopt_table(from, n, model.field_size, HILLOCK_UP_TO(hk_field, high), what);
    };
    state = fields(model.state, model.n_state, "state variables");
    params = fields(model.params, model.n_params, "parameters");
    inputs = fields(model.inputs, model.n_inputs, "inputs");
    observed = fields(model.observed, model.n_observed, "observed numbers");
    presets =
        adopt_table(model.presets, model.n_presets, model.preset_size, HILLOCK_UP_TO(hk_preset, start), "presets");
    model.state = state.data(), model.params = params.data(), model.inputs = inputs.data(),
    model.presets = presets.data(), model.observed = observed.data();
    model.field_size = sizeof(hk_field), model.preset_size = sizeof(hk_preset);

    if (state.empty() || state.size() > 64) refuse("has {} state variables; a model has 1 to 64", state.size());
    check_fields(state, "state variable");
    check_fields(params, "parameter");
    check_fields(inputs, "input");
    check_fields(observed, "observed number");
    check_names();
    if (std::string_view(state[0].name) != "v")
      refuse("has the first state variable '{}', which should be the membrane potential 'v'", state[0].name);
    if (!model.rhs) refuse("has no function rhs");
    if (model.n_derived > 100'000) refuse("says that it has {} derived constants", model.n_derived);
    if (model.n_derived > 0 && !model.derive) refuse("has derived constants, but no function derive");
    if (!observed.empty() && !model.observe) refuse("has observed numbers, but no function observe");
    if (model.reset && !model.threshold) refuse("has a reset, but no threshold");
    if (!(model.rearm <= 0)) refuse("has the rearm level {}, which is above 0", model.rearm);
    if (state.size() < 64 && model.held >> state.size() != 0) refuse("holds a state variable that it does not have");
    for (const hk_preset& preset : presets) check_preset(preset);
    if (plugin.get(HK_TANGENT)) take_tangent(plugin);
  }

  /// One name is one number of a model, and none is a key that the host reads itself.
  void check_names() const {
    std::set<std::string_view> seen;
    const auto add = [&](const std::vector<hk_field>& fields, const char* what) {
      for (const hk_field& f : fields) {
        const std::string_view name = f.name;
        if (name == "use" || name == "preset")
          refuse("has a {} '{}', but hillock itself reads that key of a model", what, name);
        if (!seen.insert(name).second) refuse("has a {} '{}' beside another number of that name", what, name);
      }
    };
    add(state, "state variable"), add(params, "parameter"), add(inputs, "input"), add(observed, "observed number");
  }

  void check_preset(const hk_preset& preset) const {
    if (!preset.name || !*preset.name) refuse("has a preset without a name");
    if (!is_name(preset.name))
      refuse("has the preset '{}', whose name is not made of letters, digits and '_', no digit first", preset.name);
    for (const hk_preset& other : presets)
      if (&other < &preset && !std::strcmp(other.name, preset.name))
        refuse("has two presets of the name '{}'", preset.name);
    if (!preset.meaning || (!preset.params && !params.empty()) || !preset.start)
      refuse("has the preset '{}' with parts missing", preset.name);
    const auto within = [&](const double* values, const std::vector<hk_field>& fields) {
      for (std::size_t k = 0; k < fields.size(); ++k)
        if (values[k] < fields[k].low || values[k] > fields[k].high)
          refuse("has the preset '{}' with {} = {} outside its range [{}, {}]", preset.name, fields[k].name, values[k],
                 fields[k].low, fields[k].high);
    };
    within(preset.params, params);
    within(preset.start, state);
  }

  void take_tangent(const Plugin& plugin) {
    tangent = adopt_interface<hk_tangent>(plugin, HK_TANGENT, HILLOCK_UP_TO(hk_tangent, rhs));
    const hk_tangent& t = *tangent;
    if (!t.rhs || !t.derive != !model.derive || !t.initial != !model.initial || !t.threshold != !model.threshold ||
        !t.reset != !model.reset || !t.refractory != !model.refractory)
      refuse("has an interface '{}' that does not cover the functions of the model", HK_TANGENT);
  }
};

const void* Plugin::get(const char* interface_id) const {
  const PluginCall here(*this);
  return entry->get(interface_id);
}

namespace {
[[noreturn]] void not_of_role(const Plugin& plugin, std::uint32_t role) {
  throw Error(
      fmt::format("'{}' is {}, not {}", plugin.id, find_role(plugin.role)->with_article, find_role(role)->with_article),
      Exit::run_failed);
}
}  // namespace

const hk_model& Plugin::model() const {
  if (role != HK_ROLE_MODEL) not_of_role(*this, HK_ROLE_MODEL);
  return interface->model;
}
const hk_tangent* Plugin::tangent() const { return interface->tangent ? &*interface->tangent : nullptr; }
const hk_integrator& Plugin::integrator() const {
  if (role != HK_ROLE_INTEGRATOR) not_of_role(*this, HK_ROLE_INTEGRATOR);
  return interface->integrator;
}
const hk_optimizer& Plugin::optimizer() const {
  if (role != HK_ROLE_OPTIMIZER) not_of_role(*this, HK_ROLE_OPTIMIZER);
  return interface->optimizer;
}
const hk_forecaster& Plugin::forecaster() const {
  if (role != HK_ROLE_FORECASTER) not_of_role(*this, HK_ROLE_FORECASTER);
  return interface->forecaster;
}
const hk_recording& Plugin::recording() const {
  if (role != HK_ROLE_RECORDING) not_of_role(*this, HK_ROLE_RECORDING);
  return interface->recording;
}

const hk_locate* Plugin::locate() const { return interface->locate ? &*interface->locate : nullptr; }

std::string role_name(std::uint32_t role) {
  const Role* r = find_role(role);
  return r ? r->name : "";
}
std::uint32_t role_of(std::string_view name) {
  for (const Role& r : roles)
    if (name == r.name) return r.number;
  return 0;
}

// ---- files ---------------------------------------------------------------------------------------------------------

namespace {

constexpr std::string_view entry_prefix = "hillock_plugin_", alias_prefix = HK_ALIAS_PREFIX;

/// A library in one of the folders, and what has become of it.
struct File {
  fs::path path;
  std::string id;  // its stem
  std::optional<std::vector<std::string>> symbols;
  const Plugin* plugin = nullptr;
  std::string refused;  // why

  const std::vector<std::string>& exports() {
    if (!symbols) symbols = exported_symbols(path);
    return *symbols;
  }
};

/// Refuses a file that does not announce this ABI by the name it exports.
void check_announced(const std::vector<std::string>& symbols) {
  std::optional<unsigned> other;
  for (std::string_view s : symbols) {
    if (s == HK_SYMBOL) return;
    if (!s.starts_with(entry_prefix)) continue;
    s.remove_prefix(entry_prefix.size());
    unsigned abi = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), abi);
    if (error == std::errc{} && end == s.data() + s.size()) other = std::max(other.value_or(0), abi);
  }
  if (!other) refuse("exports no symbol '{}', which HILLOCK_MODEL and its like make: no plugin", HK_SYMBOL);
  refuse("was built for ABI {}, this host speaks {}: {}", *other, HK_ABI,
         *other < HK_ABI ? "rebuild it" : "it needs a newer hillock");
}

/// Refuses a file whose tables of the SDK the dynamic loader would share with other plugins: a struct of the same name
/// in another one would have the parameters of the first.
void check_unshared(const fs::path& path) {
  for (const std::string& symbol : unique_symbols(path)) {
    constexpr std::string_view of_sdk = "7hillock";  // as the Itanium ABI writes the namespace
    const auto at = symbol.find(of_sdk);
    if (!symbol.starts_with("_Z") || at == std::string::npos ||
        std::isdigit(static_cast<unsigned char>(symbol[at - 1])))
      continue;
    refuse("shares '{}' with every plugin that has one of that name: rebuild it with -fvisibility=hidden",
           boost::core::demangle(symbol.c_str()));
  }
}

/// The part of Boost's text that the dynamic loader wrote, without the path at its start.
std::string loader_text(std::string text, const fs::path& path) {
  constexpr std::string_view before = "dlerror system message: ";
  if (const auto begin = text.find(before); begin != std::string::npos) {
    text.erase(0, begin + before.size());
    text.erase(std::min(text.rfind(')'), text.size()));
  }
  if (const std::string start = path.string() + ": "; text.starts_with(start)) text.erase(0, start.size());
  return text;
}

const Plugin* open(File& file) {
  check_announced(file.exports());
  check_unshared(file.path);
  auto plugin = std::make_unique<Plugin>();
  plugin->path = file.path, plugin->id = file.id;
  const PluginCall here(*plugin);  // constructors of static objects run now
  boost::dll::shared_library library;
  try {
    using boost::dll::load_mode::rtld_local, boost::dll::load_mode::rtld_now;
    library.load(file.path, rtld_now | rtld_local);
  } catch (const std::exception& e) { refuse("cannot be loaded: {}", loader_text(e.what(), file.path)); }
  round_as_usual();  // what -ffast-math links into a library changes that, for all that follows
  // The library stays: its functions and strings are in use until the process ends.
  static auto& loaded = *new std::list<boost::dll::shared_library>;
  loaded.push_back(library);
  if (!library.has(HK_SYMBOL))
    refuse("exports no symbol '{}', which HILLOCK_MODEL and its like make: no plugin", HK_SYMBOL);

  const void* at = &library.get<hk_plugin>(HK_SYMBOL);
  std::uint32_t first[3];  // abi, size, role: read before anything else
  std::memcpy(first, at, sizeof first);
  const auto [abi, size, role] = first;
  constexpr std::size_t least = HILLOCK_UP_TO(hk_plugin, get);
  if (abi != HK_ABI) refuse("exports '{}', but says that it was built for ABI {}", HK_SYMBOL, abi);
  if (size < least) refuse("has an identity of {} bytes, at least {} are needed: rebuild it", size, least);
  if (!find_role(role))
    refuse("has role number {}, which this host does not know (it knows 1 to {})", role, std::size(roles));
  plugin->entry = static_cast<const hk_plugin*>(at), plugin->role = role;
  const hk_plugin& entry = *plugin->entry;
  if (!entry.id || file.id != entry.id)
    refuse("calls itself '{}', but its file's name says '{}': make them the same", entry.id ? entry.id : "", file.id);
  if (!entry.get) refuse("has no function get");
  plugin->version = entry.version ? entry.version : "", plugin->cite = entry.cite ? entry.cite : "",
  plugin->meaning = entry.meaning ? entry.meaning : "";
  plugin->interface = std::make_shared<const Plugin::Interface>(*plugin);

  watch_code(*plugin, at);

  static auto& plugins = *new std::list<std::unique_ptr<const Plugin>>;
  plugins.push_back(std::move(plugin));
  return plugins.back().get();
}

/// Opens a file once and remembers what came of it. Null if it is refused. The registries of `open` are guarded here:
/// one library at a time.
const Plugin* open_once(File& file) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (!file.plugin && file.refused.empty()) {
    try {
      file.plugin = open(file);
    } catch (const std::exception& e) { file.refused = e.what(); }
  }
  return file.plugin;
}

std::vector<fs::path> search_path() {
  std::vector<fs::path> folders;
  if (const char* variable = std::getenv("HILLOCK_PLUGIN_PATH")) {
    std::string_view rest = variable;
    while (!rest.empty()) {
      const std::string_view folder = rest.substr(0, rest.find(':'));
      rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
      if (folder.empty()) continue;
      std::error_code error;
      if (!fs::is_directory(folder, error))
        throw Error(fmt::format("HILLOCK_PLUGIN_PATH names '{}', which is no folder", folder));
      folders.push_back(fs::absolute(folder));
    }
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path().parent_path() / "lib/hillock/plugins");
  return folders;
}

std::string quoted(const std::vector<fs::path>& paths, const char* last) {
  std::string out;
  for (std::size_t i = 0; i < paths.size(); ++i)
    out += fmt::format("{}'{}'", i == 0 ? "" : i + 1 == paths.size() ? last : ", ", paths[i].string());
  return out;
}

}  // namespace

struct Plugins::Impl {
  std::vector<fs::path> folders;
  std::mutex mutex;
  std::map<std::string, std::list<File>> files;  // by id
  std::set<fs::path> seen;                       // real path and name of each
  std::size_t looked = 0;                        // into so many of the folders

  /// Lists the folders, each once. REQUIRES: the mutex is held.
  void look() {
    for (; looked < folders.size(); ++looked) {
      std::error_code error;
      std::vector<fs::path> paths;
      for (fs::directory_iterator i(folders[looked], error), end; !error && i != end; i.increment(error))
        paths.push_back(i->path());
      std::sort(paths.begin(), paths.end());
      for (const fs::path& path : paths) {
        const std::string name = path.filename().string();
        if (path.extension() != ".so" || name.starts_with('.') || fs::is_directory(path, error)) continue;
        const fs::path real = fs::weakly_canonical(path, error);
        // a second link of another name is another id, and will be told that it is not its own
        if (!seen.insert((error ? path : real) / path.stem()).second) continue;
        files[path.stem().string()].push_back({path, path.stem().string(), {}, nullptr, {}});
      }
    }
  }

  std::vector<std::string> stems() const {
    std::vector<std::string> out;
    for (const auto& [id, of_id] : files) out.push_back(id);
    return out;
  }

  /// Files that export the alias; all aliases met on the way are added to `met`.
  std::vector<File*> of_alias(std::string_view name, std::vector<std::string>& met) {
    std::vector<File*> out;
    for (auto& [id, of_id] : files)
      for (File& file : of_id) {
        try {
          for (const std::string& s : file.exports()) {
            if (!s.starts_with(alias_prefix)) continue;
            met.push_back(s.substr(alias_prefix.size()));
            if (met.back() == name) out.push_back(&file);
          }
        } catch (const std::runtime_error&) {  // no library: it has no alias
        }
      }
    return out;
  }
};

Plugins::Plugins(std::vector<std::filesystem::path> folders) : impl_(std::make_unique<Impl>()) {
  impl_->folders = std::move(folders);
}
Plugins::~Plugins() = default;

Plugins& Plugins::instance() {
  static Plugins& plugins = *new Plugins(search_path());
  return plugins;
}

void Plugins::add(const std::filesystem::path& folder) {
  const std::lock_guard lock(impl_->mutex);
  if (std::find(impl_->folders.begin(), impl_->folders.end(), folder) == impl_->folders.end())
    impl_->folders.push_back(folder);
}

const Plugin& Plugins::load(std::string_view id, std::uint32_t role, const Place& mentioned) {
  const std::lock_guard lock(impl_->mutex);
  impl_->look();
  std::vector<File*> candidates;
  std::vector<std::string> names = impl_->stems();
  if (const auto found = impl_->files.find(std::string(id)); found != impl_->files.end())
    for (File& file : found->second) candidates.push_back(&file);
  else candidates = impl_->of_alias(id, names);

  const std::string kind = role == 0 ? "plugin" : role_name(role);
  if (candidates.empty()) {
    std::string hint = fmt::format("there are no plugins in {}", quoted(impl_->folders, " and "));
    if (const std::string near = nearest(id, names); !near.empty()) {
      hint = fmt::format("did you mean '{}'?", near);
    } else if (!names.empty()) {
      std::vector<std::string> of_role;
      for (auto& [stem, of_id] : impl_->files)
        if (const Plugin* p = of_id.size() == 1 ? open_once(of_id.front()) : nullptr;
            p && (role == 0 || p->role == role))
          of_role.push_back(stem);
      hint =
          of_role.empty() ? fmt::format("there is none in {}", quoted(impl_->folders, " and ")) : suggest(id, of_role);
    }
    throw Error(mentioned, fmt::format("there is no {} '{}'", kind, id), hint);
  }
  if (candidates.size() > 1) {
    std::vector<fs::path> paths;
    for (const File* file : candidates) paths.push_back(file->path);
    throw Error(mentioned,
                fmt::format("{} plugins have the name '{}': {}", paths.size() == 2 ? "two" : "several", id,
                            quoted(paths, " and ")),
                "remove one, or take its folder out of HILLOCK_PLUGIN_PATH");
  }
  File& file = *candidates.front();
  const Plugin* plugin = open_once(file);
  if (!plugin)
    throw Error(mentioned, fmt::format("plugin '{}' is refused: '{}' {}", id, file.path.string(), file.refused), {},
                Exit::run_failed);
  if (role != 0 && plugin->role != role)
    throw Error(mentioned, fmt::format("'{}' is {}, not {}", id, find_role(plugin->role)->with_article,
                                       find_role(role) ? find_role(role)->with_article : "of that role"));
  return *plugin;
}

std::vector<std::string> Plugins::aliases(const Plugin& plugin) {
  const std::lock_guard lock(impl_->mutex);
  std::vector<std::string> all;
  for (auto& [id, of_id] : impl_->files)
    for (File& file : of_id)
      if (file.path == plugin.path)
        for (const std::string& s : file.exports())
          if (s.starts_with(alias_prefix)) all.push_back(s.substr(alias_prefix.size()));
  return all;
}

std::vector<const Plugin*> Plugins::load_all(std::vector<Refused>* refused) {
  const std::lock_guard lock(impl_->mutex);
  impl_->look();
  std::vector<const Plugin*> out;
  for (auto& [id, of_id] : impl_->files) {
    for (File& file : of_id) {
      if (of_id.size() == 1 && open_once(file)) {
        out.push_back(file.plugin);
      } else if (refused) {
        std::vector<fs::path> others;
        for (const File& other : of_id)
          if (&other != &file) others.push_back(other.path);
        refused->push_back(
            {file.path, others.empty() ? file.refused : fmt::format("has the name of {}", quoted(others, " and "))});
      }
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Plugin* a, const Plugin* b) { return a->role < b->role; });
  return out;
}

std::vector<std::string> Plugins::ids() const {
  const std::lock_guard lock(impl_->mutex);
  impl_->look();
  return impl_->stems();
}

// ---- statuses ------------------------------------------------------------------------------------------------------

void check(const Plugin& plugin, hk_status status, const hk_error& error, const Place& place) {
  if (!rounds_as_usual()) round_as_usual(), blame_for_rounding(plugin);
  if (const Plugin* blamed = blamed_for_rounding())
    throw Error({}, fmt::format("plugin '{}' left the rounding of numbers changed", blamed->id),
                "build it without -ffast-math", Exit::run_failed);
  if (status == HK_OK) return;
  const std::string sentence(error.message, ::strnlen(error.message, sizeof error.message));
  const bool users = status == HK_BAD_INPUT;
  throw Error(users ? place : Place{},
              fmt::format("plugin '{}': {}", plugin.id,
                          sentence.empty() ? fmt::format("failed with status {} and no message", status) : sentence),
              {}, users ? Exit::bad_input : Exit::run_failed);
}

}  // namespace hillock
