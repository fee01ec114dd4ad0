#pragma once
// The tables of checks, one for each role. Internal to verify/.
#include <fmt/format.h>

#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/plugins.hpp"

namespace hillock::verify {

/// What is wrong with the plugin.
struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Why a check is not made.
struct NotMade : std::runtime_error {
  using std::runtime_error::runtime_error;
};
template <class... A> [[noreturn]] void fail(fmt::format_string<A...> format, A&&... a) {
  throw Failed(fmt::format(format, std::forward<A>(a)...));
}
template <class... A> [[noreturn]] void leave_out(fmt::format_string<A...> format, A&&... a) {
  throw NotMade(fmt::format(format, std::forward<A>(a)...));
}

struct Subject {
  const Plugin& plugin;
  Plugins& others;
  const std::vector<std::filesystem::path>& recordings;
  const std::filesystem::path& scratch;  ///< a folder for files of the checks
};

struct Check {
  const char *name, *tries;
  /// Returns figures worth a look, or nothing. Throws Failed, NotMade, and Error where the plugin gave up.
  std::string (*run)(const Subject&);
};

/// Checks of every role: the plugin's texts and tables.
std::string check_metadata(const Subject& subject);

std::span<const Check> model_checks();
std::span<const Check> integrator_checks();
std::span<const Check> optimizer_checks();
std::span<const Check> forecaster_checks();
std::span<const Check> recording_checks();

/// Calls f(0), ..., f(3), each in a thread of its own, at the same time. Throws what one of them threw.
void at_once(void (*f)(std::size_t, void*), void* data);
template <class F> void at_once(F&& f) {
  at_once([](std::size_t k, void* data) { (*static_cast<std::remove_reference_t<F>*>(data))(k); }, &f);
}

}  // namespace hillock::verify
