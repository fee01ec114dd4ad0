#include "verify/verify.hpp"

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>

#include "engine/child.hpp"
#include "file/options.hpp"
#include "util/units.hpp"
#include "verify/checks.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;
using verify::Check, verify::Failed, verify::NotMade, verify::Subject;

constexpr Check metadata{"metadata", "version, meaning, citation; units known, ranges not empty, meanings given",
                         verify::check_metadata};

std::span<const Check> checks_of(std::uint32_t role) {
  switch (role) {
    case HK_ROLE_MODEL: return verify::model_checks();
    case HK_ROLE_INTEGRATOR: return verify::integrator_checks();
    case HK_ROLE_OPTIMIZER: return verify::optimizer_checks();
    case HK_ROLE_FORECASTER: return verify::forecaster_checks();
    case HK_ROLE_RECORDING: return verify::recording_checks();
    default: return {};
  }
}

/// The plugin of a file, by itself.
const Plugin& load(const fs::path& file) {
  static Plugins& alone = *new Plugins({fs::absolute(file).parent_path()});
  return alone.load(file.stem().string(), 0);
}

/// What a check says, as bytes for the parent: a letter and a sentence.
template <class F> std::string spoken(F&& f) {
  try {
    return "+" + f();
  } catch (const Failed& e) { return fmt::format("-{}", e.what()); } catch (const NotMade& e) {
    return fmt::format("0{}", e.what());
  } catch (const Error& e) { return "-" + e.message(); } catch (const std::exception& e) {
    return fmt::format("-{}", e.what());
  }
}

void hear(Verified& row, const ChildEnd& end) {
  row.verdict = CheckVerdict::failed;
  if (!end.finished) {
    row.found = "the plugin " + end.why;
    return;
  }
  row.found = end.bytes.substr(std::min<std::size_t>(1, end.bytes.size()));
  if (end.bytes.starts_with('+')) row.verdict = CheckVerdict::passed;
  if (end.bytes.starts_with('0')) row.verdict = CheckVerdict::not_made;
}

/// A folder for files of the checks, gone when it ends.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "hillock_verify_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a temporary folder", Exit::run_failed);
    path_ = name;
  }
  ~Scratch() {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  Scratch(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

bool Verification::passed() const {
  return std::none_of(checks.begin(), checks.end(),
                      [](const Verified& v) { return v.verdict == CheckVerdict::failed; });
}

Verification verify_plugin(const VerifyCall& call) {
  std::error_code none;
  if (!fs::is_regular_file(call.plugin, none))
    throw Error({}, fmt::format("there is no file '{}'", call.plugin.string()), "give the plugin's own file, NAME.so");
  for (const fs::path& recording : call.recordings)
    if (!fs::is_regular_file(recording, none))
      throw Error(fmt::format("there is no recording '{}'", recording.string()));
  const ChildLimits limits{call.seconds, call.memory_MB << 20};
  Verification out;

  Verified boundary{"boundary", "exported name, ABI, role, tables, functions", {}, {}};
  std::uint32_t role = 0;
  const ChildEnd loaded = in_child(
      [&] {
        return spoken([&] {
          if (call.plugin.extension() != ".so") verify::fail("the file's name does not end in '.so'");
          const Plugin& p = load(call.plugin);
          return fmt::format("{}\n{}\n{}\n{}", p.role, p.id, p.version, p.meaning);
        });
      },
      limits);
  hear(boundary, loaded);
  if (boundary.verdict == CheckVerdict::passed) {
    std::string_view rest = boundary.found;
    const auto line = [&] {
      const std::string_view text = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), text.size() + 1));
      return std::string(text);
    };
    role = static_cast<std::uint32_t>(std::atoi(line().c_str()));
    out.role = role_name(role), out.id = line(), out.version = line(), out.meaning = rest;
    boundary.found.clear();
  }
  out.checks.push_back(std::move(boundary));
  if (role == 0) return out;

  const Scratch scratch;  // of this process, which survives the checks
  const auto make = [&](const Check& check) {
    Verified row{check.name, check.tries, {}, {}};
    const ChildEnd end = in_child(
        [&] {
          return spoken([&] {
            Plugins& others = call.others ? *call.others : Plugins::instance();
            return check.run(Subject{load(call.plugin), others, call.recordings, scratch.path()});
          });
        },
        limits);
    hear(row, end);
    out.checks.push_back(std::move(row));
  };
  make(metadata);
  for (const Check& check : checks_of(role)) make(check);
  return out;
}

namespace verify {

std::string check_metadata(const Subject& subject) {
  const Plugin& p = subject.plugin;
  if (p.version.empty()) fail("it has no version: state `version = \"1.0.0\"`");
  if (p.meaning.empty()) fail("it has no meaning: state `meaning = \"one line for lists\"`");
  if (p.cite.empty() && p.role != HK_ROLE_RECORDING)
    fail("it cites nothing: state the source of the {}, as `cite = \"doi:...\"`",
         p.role == HK_ROLE_MODEL ? "equations" : "method");
  const auto unit = [](const char* what, std::string_view name, std::string_view of) {
    if (!parse_unit(of))
      fail("the {} '{}' has the unit '{}', which is unknown: write it as mV, pA, nS, 1/ms, uA/cm2, or 1 for none", what,
           name, of);
  };
  const auto meaning = [](const char* what, std::string_view name, std::string_view text) {
    if (text.empty()) fail("the {} '{}' has no meaning: say in a few words what it is", what, name);
  };
  std::size_t n = 0;
  const auto fields = [&](const char* what, const hk_field* from, std::uint32_t count, bool ranged) {
    for (const hk_field& f : std::span(from, count)) {
      unit(what, f.name, f.unit), meaning(what, f.name, f.meaning), ++n;
      if (ranged && f.kind != HK_DRAW && !(std::isfinite(f.low) && std::isfinite(f.high)))
        fail("the {} '{}' has the range [{}, {}]: both ends have to be finite", what, f.name, f.low, f.high);
    }
  };
  const auto options = [&](const auto& of) {
    for (const OptionSpec& o : specs_of(of.options, of.n_options, of.option_size))
      unit("option", o.name, o.unit), meaning("option", o.name, o.meaning), ++n;
  };
  switch (p.role) {
    case HK_ROLE_MODEL: {
      const hk_model& m = p.model();
      fields("state", m.state, m.n_state, true), fields("parameter", m.params, m.n_params, true);
      fields("input", m.inputs, m.n_inputs, true), fields("observed number", m.observed, m.n_observed, false);
      return fmt::format("{} numbers, {} presets", n, m.n_presets);
    }
    case HK_ROLE_INTEGRATOR: options(p.integrator()); break;
    case HK_ROLE_OPTIMIZER: options(p.optimizer()); break;
    case HK_ROLE_FORECASTER: options(p.forecaster()); break;
    default: options(p.recording()); break;
  }
  return fmt::format("{} options", n);
}

void at_once(void (*f)(std::size_t, void*), void* data) {
  constexpr std::ptrdiff_t n = 4;
  std::mutex mutex;
  std::exception_ptr failure;
  std::barrier all_there(n);
  {
    std::vector<std::jthread> threads;
    for (std::size_t k = 0; k < n; ++k)
      threads.emplace_back([&, k] {
        all_there.arrive_and_wait();
        try {
          f(k, data);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      });
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace verify
}  // namespace hillock
