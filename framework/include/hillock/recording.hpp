#pragma once
// How to write a reader of recordings: a class, and HILLOCK_RECORDING(Name).
//
//   struct Csv {
//     static constexpr auto id = "csv", version = "1.0.0", cite = "", meaning = "...", endings = "csv|txt";
//     Csv(const std::string& path, const Options&);               // or (path, const Options&, const Host&); throws
//                                                                 // BadInput with a sentence that a user can act on
//     std::size_t sweeps() const;
//     Sweep describe(std::size_t index) const;
//     // NaN where nothing was recorded
//     void read(std::size_t index, std::size_t channel, std::span<double> samples) const;
//   };
//   HILLOCK_RECORDING(Csv)
//
// A reader that needs no file of the user has besides
//     static std::string locate(const Options&, const Host& host);  // the path of the file that the options name;
//                                  // fetches it if it has to, and throws soon after `host.stopped()`
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>
#include "hillock/plugin.hpp"

namespace hillock {

/// One channel of a sweep.
struct Channel {
  std::string name, unit;
  std::uint32_t kind = HK_OTHER;
};

/// What is known of a sweep without its samples. All channels have `samples` values, at t0 + k*dt ms.
struct Sweep {
  std::int64_t number = 0;
  std::uint64_t samples = 0;
  double t0 = 0, dt = 0;
  std::string protocol,
      current_source;  ///< current_source: "recorded", "command", "epoch table"; empty without a current
  std::vector<Channel> channels;
};

/// How a user gives an option of a reader: both ways, since the reader does not know where its file is named.
inline std::string option_hint(const std::string& name, const std::string& value) {
  const std::size_t dot = name.find('.');
  const std::string quote = value.find_first_of(" ()[]#'\"$&;") == std::string::npos ? "" : "'";
  return "as --set " + name + "=" + quote + value + quote + " of explore or data: {" +
         (dot == std::string::npos
              ? name + ": " + quote + value + quote
              : name.substr(0, dot) + ": {" + name.substr(dot + 1) + ": " + quote + value + quote + "}") +
         "} of an experiment";
}

namespace [[gnu::visibility("hidden")]] detail {

template <class Reader> struct RecordingBinding {
  struct Open {
    Reader reader;
    std::vector<Sweep> sweeps;
    std::vector<std::vector<hk_channel>> channels;
    static Reader make(const char* path, const Options& chosen, [[maybe_unused]] const Host& host) {
      if constexpr (std::is_constructible_v<Reader, std::string, const Options&, const Host&>)
        return Reader(path, chosen, host);
      else return Reader(path, chosen);
    }
    Open(const char* path, const Options& chosen, const Host& host) : reader(make(path, chosen, host)) {
      for (std::size_t i = 0; i < reader.sweeps(); ++i) sweeps.push_back(reader.describe(i));
      for (const Sweep& s : sweeps) {
        channels.emplace_back();
        for (const Channel& c : s.channels) channels.back().push_back({c.name.c_str(), c.unit.c_str(), c.kind});
      }
    }
  };
  static Open& at(void* self) { return *static_cast<Open*>(self); }
  static hk_status open(const char* path, const hk_values* values, const hk_host* host, void** self, hk_error* error) {
    return guard(
        error, [&] { *self = new Open(path, Options(options_of<Reader>(), n_options<Reader>(), values), Host(host)); });
  }
  static hk_status sweeps(void* self, std::uint32_t* n, hk_error* error) {
    return guard(error, [&] { *n = static_cast<std::uint32_t>(at(self).sweeps.size()); });
  }
  static hk_status describe(void* self, std::uint32_t index, hk_sweep* out, hk_error* error) {
    return guard(error, [&] {
      const Sweep& s = at(self).sweeps.at(index);
      const auto& channels = at(self).channels[index];
      const hk_sweep full{sizeof(hk_sweep),
                          static_cast<std::uint32_t>(channels.size()),
                          sizeof(hk_channel),
                          s.number,
                          s.samples,
                          s.t0,
                          s.dt,
                          s.protocol.c_str(),
                          s.current_source.c_str(),
                          channels.data()};
      const std::uint32_t known = out->size < full.size ? out->size : full.size;  // an older host knows fewer members
      std::memcpy(out, &full, known);
      out->size = known;
    });
  }
  static hk_status read(void* self, std::uint32_t index, std::uint32_t channel, double* samples, hk_error* error) {
    return guard(error, [&] {
      const Sweep& s = at(self).sweeps.at(index);
      if (channel >= s.channels.size()) throw std::out_of_range("no such channel");
      at(self).reader.read(index, channel, std::span<double>(samples, s.samples));
    });
  }
  static void close(void* self) { delete static_cast<Open*>(self); }
  static constexpr hk_recording interface {
    sizeof(hk_recording), sizeof(hk_option), n_options<Reader>(), Reader::endings,
        options_of<Reader>(), open, sweeps, describe, read, close
  };
  static hk_status locate(const hk_values* values, const hk_host* host, char* path, std::uint64_t capacity,
                          hk_error* error) {
    return guard(error, [&] {
      const Options chosen(options_of<Reader>(), n_options<Reader>(), values);
      const std::string found = Reader::locate(chosen, Host(host));
      if (found.size() >= capacity) throw BadInput(found + ": the path is too long");
      std::memcpy(path, found.c_str(), found.size() + 1);
    });
  }
  static const void* get(const char* id) {
    if (!std::strcmp(id, HK_RECORDING)) return &interface;
    if constexpr (requires { &Reader::locate; }) {
      static constexpr hk_locate locating{sizeof(hk_locate), locate};
      if (!std::strcmp(id, HK_LOCATE)) return &locating;
    }
    return nullptr;
  }
};

}  // namespace detail
}  // namespace hillock

/// The one line that makes a plugin of a reader.
#define HILLOCK_RECORDING(C)                \
  HILLOCK_EXPORT const hk_plugin HK_PLUGIN; \
  constexpr hk_plugin HK_PLUGIN =           \
      hillock::detail::identity<C>(HK_ROLE_RECORDING, hillock::detail::RecordingBinding<C>::get);
