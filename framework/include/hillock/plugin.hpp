#pragma once
// What all plugins share: the guard that keeps exceptions inside, and options as the author writes and reads them.
#include <array>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include "hillock/abi.h"
#include "hillock/identity.hpp"

namespace hillock {

/// Thrown by a plugin for what the user can mend: an option, a file, a problem it cannot serve.
struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Declared options of a plugin: `static constexpr hk_option options[] = {number("dt", "ms", 0.1, 1e-6, 10, "step"),
/// ...};`
constexpr hk_option number(const char* name, const char* unit, double value, double low, double high,
                           const char* meaning) {
  return {name, HK_NUMBER, 0, unit, value, low, high, nullptr, nullptr, meaning};
}
constexpr hk_option required_number(const char* name, const char* unit, double low, double high, const char* meaning) {
  return {name, HK_NUMBER, 1, unit, 0, low, high, nullptr, nullptr, meaning};
}
constexpr hk_option integer(const char* name, double value, double low, double high, const char* meaning) {
  return {name, HK_INTEGER, 0, "1", value, low, high, nullptr, nullptr, meaning};
}
constexpr hk_option flag(const char* name, bool value, const char* meaning) {
  return {name, HK_FLAG, 0, "1", value ? 1. : 0., 0, 1, nullptr, nullptr, meaning};
}
/// `choices` separated by '|'; the default is `value`.
constexpr hk_option choice(const char* name, const char* choices, const char* value, const char* meaning) {
  return {name, HK_CHOICE, 0, "1", 0, 0, 0, choices, value, meaning};
}
constexpr hk_option text(const char* name, const char* value, const char* meaning) {
  return {name, HK_TEXT, 0, "1", 0, 0, 0, nullptr, value, meaning};
}
constexpr hk_option list(const char* name, const char* unit, double low, double high, const char* meaning) {
  return {name, HK_LIST, 0, unit, 0, low, high, nullptr, nullptr, meaning};
}

/// The chosen values by name. Asking for a name that was not declared is the author's mistake and throws
/// std::logic_error.
class Options {
 public:
  Options(const hk_option* declared, std::size_t n, const hk_values* values) {
    if (values->n != n)
      throw std::logic_error("the host gives another number of option values than the plugin declares");
    for (std::size_t i = 0; i < n; ++i) {
      const auto& v =
          *reinterpret_cast<const hk_value*>(reinterpret_cast<const char*>(values->values) + i * values->value_size);
      values_.push_back({declared[i].name, v.given != 0, v.number, v.text ? v.text : "", {}});
      if (v.list) values_.back().list.assign(v.list, v.list + v.n);
    }
  }
  double number(std::string_view name) const { return find(name).number; }
  bool flag(std::string_view name) const { return find(name).number != 0; }
  const std::string& text(std::string_view name) const { return find(name).text; }
  const std::vector<double>& list(std::string_view name) const { return find(name).list; }
  bool given(std::string_view name) const { return find(name).given; }

 private:
  struct Value {
    std::string name;
    bool given;
    double number;
    std::string text;
    std::vector<double> list;
  };
  const Value& find(std::string_view name) const {
    for (const Value& v : values_)
      if (v.name == name) return v;
    throw std::logic_error("the plugin reads an option that it does not declare: " + std::string(name));
  }
  std::vector<Value> values_;
};

/// What the host offers. Without a host, as in a test of the author's own, nothing stops and nothing is shown.
class Host {
 public:
  Host() = default;
  /// Valid as long as the host's struct: until `close`.
  explicit Host(const hk_host* host) {
    if (!host || !host->get) return;
    self_ = host->self;
    stop_ = static_cast<const hk_stop*>(host->get(host->self, HK_STOP));
    log_ = static_cast<const hk_log*>(host->get(host->self, HK_LOG));
  }
  /// Whether the user asked to stop. [any thread]
  bool stopped() const { return stop_ && stop_->stopped(self_) != 0; }
  /// Shows a line to the user. [any thread]
  void say(const std::string& line) const {
    if (log_) log_->say(self_, line.c_str());
  }
  /// Shows how far the work is, from 0 to 1. [any thread]
  void progress(double done, const std::string& activity) const {
    if (log_) log_->progress(self_, done, activity.c_str());
  }

 private:
  void* self_ = nullptr;
  const hk_stop* stop_ = nullptr;
  const hk_log* log_ = nullptr;
};

namespace [[gnu::visibility("hidden")]] detail {

/// A struct of the host as this plugin knows it: what an older host does not have is zero, what a newer one adds is
/// left out.
template <class S> S adopt(const S* from) {
  S out{};
  std::memcpy(&out, from, from->size < sizeof(S) ? from->size : sizeof(S));
  return out;
}

/// Runs f and turns what it throws into a status and a sentence.
template <class F> hk_status guard(hk_error* error, F&& f) noexcept {
  const auto say = [&](hk_status status, const char* what) noexcept {
    if (error) {
      std::strncpy(error->message, what, sizeof error->message - 1);
      error->message[sizeof error->message - 1] = 0;
    }
    return status;
  };
  try {
    f();
    return HK_OK;
  } catch (const BadInput& e) { return say(HK_BAD_INPUT, e.what()); } catch (const std::exception& e) {
    return say(HK_FAILED, e.what());
  } catch (...) { return say(HK_FAILED, "an exception that is no std::exception"); }
}

/// Options of a plugin class C: `C::options` if it has any.
template <class C> constexpr std::uint32_t n_options() {
  if constexpr (requires { C::options; }) return static_cast<std::uint32_t>(sizeof(C::options) / sizeof(hk_option));
  else return 0;
}
/// A copy of them that no other plugin shares, whatever the name of its class.
template <class C> struct OwnOptions {
  static constexpr auto table = [] {
    std::array<hk_option, n_options<C>()> copy{};
    for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = C::options[i];
    return copy;
  }();
};
template <class C> constexpr const hk_option* options_of() {
  if constexpr (requires { C::options; }) return OwnOptions<C>::table.data();
  else return nullptr;
}
}  // namespace detail
}  // namespace hillock
