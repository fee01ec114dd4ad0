// What readers give of the files of a recording.
#include "data/read_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "file/options.hpp"
#include "host/opened.hpp"
#include "host/services.hpp"
#include "util/units.hpp"

namespace hillock {
namespace {

/// A file of a recording, opened by its reader, and one of its sweeps.
class OpenFile {
 public:
  OpenFile(const DataBlock& data, const std::filesystem::path& file, const std::string& shown, const Place& place)
      : plugin_(*data.plugin), face_(plugin_.recording()), shown_(shown), place_(place), inside_(plugin_) {
    const BoundaryValues values = data.options.boundary();
    void* self = nullptr;
    // the plugin's sentence names the file already
    check(plugin_, face_.open(file.c_str(), values.get(), &services(), &self, &error_), error_, place_);
    self_ = Opened(self, {&plugin_, face_.close});
    std::uint32_t n = 0;
    check(plugin_, face_.sweeps(self_.get(), &n, &error_), error_, place_);
    if (n == 0) throw Error(place_, fmt::format("'{}' holds no sweep", shown_));
    for (std::uint32_t i = 0; i < n; ++i) numbers_.push_back(describe(i).number);
  }
  /// The sweeps of the file that are asked for, as they are counted here; all if the block names none.
  std::vector<std::uint32_t> chosen(const DataBlock& data) const {
    const std::size_t n = numbers_.size();
    const std::string has = n == 1 ? fmt::format("it has one, number {}", numbers_[0])
                                   : fmt::format("it has {}, numbers {} to {}", n, numbers_[0], numbers_[n - 1]);
    std::vector<std::uint32_t> all;
    if (!data.sweep || data.sweep->range) {
      for (std::uint32_t i = 0; i < n; ++i)
        if (!data.sweep || (data.sweep->numbers[0] <= numbers_[i] && numbers_[i] <= data.sweep->numbers[1]))
          all.push_back(i);
      if (all.empty())
        throw Error(
            data.sweep_place,
            fmt::format("'{}' has no sweep from {} to {}", shown_, data.sweep->numbers[0], data.sweep->numbers[1]),
            has);
      return all;
    }
    for (const std::int64_t number : data.sweep->numbers) {
      const auto found = std::find(numbers_.begin(), numbers_.end(), number);
      if (found == numbers_.end())
        throw Error(data.sweep_place, fmt::format("'{}' has no sweep {}", shown_, number), has);
      all.push_back(static_cast<std::uint32_t>(found - numbers_.begin()));
    }
    return all;
  }
  /// The same, of a block that has to say which if there are several. `listed`: each file of a list is one sweep.
  std::vector<std::uint32_t> to_read(const DataBlock& data, bool listed) const {
    if (listed && numbers_.size() > 1)
      throw Error(place_, fmt::format("'{}' has {} sweeps, and each file of a list is one", shown_, numbers_.size()),
                  "name it alone, with 'sweep'");
    if (!data.sweep && numbers_.size() > 1)
      throw Error(place_,
                  fmt::format("'{}' has {} sweeps, numbers {} to {}", shown_, numbers_.size(), numbers_.front(),
                              numbers_.back()),
                  fmt::format("say which: data: {{sweep: {}}}", numbers_[0]));
    return chosen(data);
  }
  std::size_t sweeps() const { return numbers_.size(); }
  DescribedSweep described(std::uint32_t index) {
    const hk_sweep s = describe(index);
    DescribedSweep out{s.number, s.samples, s.dt, s.protocol ? s.protocol : "", source_of(s), {}};
    for (std::uint32_t c = 0; c < s.n_channels; ++c) {
      const hk_channel& channel = channel_of(s, c);
      out.channels.push_back({channel.name, channel.unit, channel.kind});
    }
    return out;
  }
  void select(std::uint32_t index) {
    index_ = index;
    sweep_ = describe(index);
  }
  const hk_sweep& sweep() const { return sweep_; }
  std::string current_source() const { return source_of(sweep_); }
  std::vector<double> channel(std::uint32_t kind, const std::string& what, const char* unit) {
    for (std::uint32_t c = 0; c < sweep_.n_channels; ++c) {
      const hk_channel& ch = channel_of(sweep_, c);
      if (ch.kind != kind) continue;
      const auto factor = convert(1, ch.unit, unit);
      if (!factor)
        throw Error(place_, fmt::format("the {} '{}' of '{}' is in '{}', which is no unit of {}", what, ch.name, shown_,
                                        ch.unit, what));
      std::vector<double> samples(sweep_.samples);
      try {
        check(plugin_, face_.read(self_.get(), index_, c, samples.data(), &error_), error_, place_);
      } catch (const Error& e) {
        if (kind == HK_CURRENT && e.status() == Exit::bad_input) throw NoCurrent(e.place(), e.message(), e.hint());
        throw;
      }
      if (*factor != 1)
        for (double& x : samples) x *= *factor;
      return samples;
    }
    bool named = false;  // by an option of the reader
    for (const OptionSpec& s : specs_of(face_.options, face_.n_options, face_.option_size))
      named = named || s.name == "columns." + what;
    // on the command line a recording is named without a block
    const bool block = place_.source != nullptr;
    throw Error(place_, fmt::format("'{}' has no {}", shown_, what),
                named   ? fmt::format(fmt::runtime(block ? "name its column: data: {{columns: {{{}: TITLE}}}}"
                                                         : "name its column: --set columns.{}=TITLE"),
                                      what)
                : block ? "where each has its own file: data: {file: {voltage: ..., current: ...}}"
                        : "where each has its own file, name both: that of the voltage first");
  }

 private:
  static const hk_channel& channel_of(const hk_sweep& s, std::uint32_t c) {
    return *reinterpret_cast<const hk_channel*>(reinterpret_cast<const char*>(s.channels) +
                                                std::size_t{c} * s.channel_size);
  }
  static std::string source_of(const hk_sweep& s) { return s.current_source ? s.current_source : ""; }
  hk_sweep describe(std::uint32_t index) {
    hk_sweep sweep{};
    sweep.size = sizeof sweep;
    check(plugin_, face_.describe(self_.get(), index, &sweep, &error_), error_, place_);
    believe(sweep, index);
    return sweep;
  }
  /// A reader is foreign code: what it tells of a sweep is looked at before it is used.
  void believe(const hk_sweep& s, std::uint32_t index) const {
    const auto refuse = [&](const std::string& told) {
      throw Error(
          {},
          fmt::format("plugin '{}' tells nonsense of '{}': sweep {} of its list {}", plugin_.id, shown_, index, told),
          {}, Exit::run_failed);
    };
    constexpr std::uint64_t most_samples = std::uint64_t{1} << 34;
    if (!(s.dt > 0 && std::isfinite(s.dt))) refuse(fmt::format("has a sample each {} ms", s.dt));
    if (!std::isfinite(s.t0)) refuse(fmt::format("begins at {} ms", s.t0));
    if (s.samples < 2 || s.samples > most_samples) refuse(fmt::format("has {} samples", s.samples));
    if (s.n_channels > 0 && !s.channels) refuse("has channels that are nowhere");
    if (s.n_channels > 0 && s.channel_size < sizeof(hk_channel))
      refuse(fmt::format("has channels of {} bytes each", s.channel_size));
    for (std::uint32_t c = 0; c < s.n_channels; ++c) {
      const hk_channel& channel = channel_of(s, c);
      if (!channel.name || !channel.unit)
        refuse(fmt::format("has a channel without a {}", channel.name ? "unit" : "name"));
      if (channel.kind < HK_VOLTAGE || channel.kind > HK_OTHER)
        refuse(fmt::format("has the channel '{}' of kind {}", channel.name, channel.kind));
    }
  }

  const Plugin& plugin_;
  const hk_recording& face_;
  std::string shown_;
  Place place_;
  PluginCall inside_;
  hk_error error_{};
  Opened self_;
  std::vector<std::int64_t> numbers_;
  std::uint32_t index_ = 0;
  hk_sweep sweep_{};
};

void take(Recording& r, OpenFile& file) {
  const hk_sweep& s = file.sweep();
  r.t0_ms = s.t0, r.dt_ms = s.dt, r.sweep = s.number;
}

std::mutex readers;  ///< are called from one thread at a time

/// The sweeps of one file, or of the two of voltage and current. REQUIRES: `readers` is held.
std::vector<Recording> read_one(const DataBlock& data, Wanted wanted, bool listed) {
  std::vector<Recording> all;
  if (data.current_file.empty()) {
    OpenFile file(data, data.file, data.shown, data.place);
    for (const std::uint32_t index : file.to_read(data, listed)) {
      Recording& r = all.emplace_back();
      file.select(index);
      take(r, file);
      if (has_voltage(wanted)) r.voltage = file.channel(HK_VOLTAGE, "voltage", "mV");
      if (wanted == Wanted::voltage) continue;
      r.current_pA = file.channel(HK_CURRENT, "current", "pA");
      r.current_source = file.current_source();
    }
    return all;
  }
  if (has_voltage(wanted)) {
    OpenFile file(data, data.file, data.shown, data.place);
    for (const std::uint32_t index : file.to_read(data, listed)) {
      Recording& r = all.emplace_back();
      file.select(index);
      take(r, file);
      r.voltage = file.channel(HK_VOLTAGE, "voltage", "mV");
    }
  }
  if (wanted == Wanted::voltage) return all;
  OpenFile file(data, data.current_file, data.current_shown, data.current_place);
  const std::vector<std::uint32_t> chosen = file.to_read(data, listed);
  if (!has_voltage(wanted)) all.resize(chosen.size());
  if (chosen.size() != all.size())
    throw Error(data.current_place, fmt::format("'{}' has {} of the sweeps that are asked for, '{}' {}",
                                                data.current_shown, chosen.size(), data.shown, all.size()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    Recording& r = all[i];
    file.select(chosen[i]);
    const hk_sweep& s = file.sweep();
    if (has_voltage(wanted) && (std::abs(s.dt - r.dt_ms) > 1e-9 * r.dt_ms || std::abs(s.t0 - r.t0_ms) > 1e-3 * r.dt_ms))
      throw Error(
          data.current_place,
          fmt::format("'{}' does not fit '{}': {} samples from {:.10g} ms, one each {:.10g} ms", data.current_shown,
                      data.shown, s.samples, s.t0, s.dt),
          fmt::format("the voltage has {} from {:.10g} ms, one each {:.10g} ms", r.voltage.size(), r.t0_ms, r.dt_ms));
    if (!has_voltage(wanted)) take(r, file);
    r.current_pA = file.channel(HK_CURRENT, "current", "pA");
    // a recording that was stopped early is shorter than what it was meant to answer; where the current ends first, it
    // has a gap
    if (has_voltage(wanted)) r.current_pA.resize(r.voltage.size(), std::numeric_limits<double>::quiet_NaN());
    r.current_source = file.current_source();
  }
  return all;
}

}  // namespace

std::vector<Recording> read_files(const DataBlock& data, Wanted wanted) {
  const std::lock_guard alone(readers);
  if (data.parts.empty()) return read_one(data, wanted, false);
  std::vector<Recording> all;
  for (const std::int64_t number : data.sweep->numbers) {
    const DataBlock& part = *data.parts[static_cast<std::size_t>(number - 1)];
    all.push_back(std::move(read_one(part, wanted, true).at(0)));
    all.back().sweep = number, all.back().shown = part.shown;
  }
  return all;
}

DescribedFile describe_recordings(const DataBlock& data) {
  const std::lock_guard alone(readers);
  DescribedFile out;
  for (const auto& part : data.parts) {
    OpenFile file(*part, part->file, part->shown, part->place);
    out.sweeps.push_back(file.described(file.to_read(*part, true)[0]));
    out.sweeps.back().number = static_cast<std::int64_t>(out.sweeps.size());
    if (!part->current_file.empty() && !out.in_current_file)
      out.in_current_file = OpenFile(*part, part->current_file, part->current_shown, part->current_place).described(0);
  }
  if (!data.parts.empty()) {
    for (const std::int64_t number : data.sweep->numbers) out.chosen.push_back(static_cast<std::size_t>(number - 1));
    return out;
  }
  OpenFile file(data, data.file, data.shown, data.place);
  for (std::uint32_t i = 0; i < file.sweeps(); ++i) out.sweeps.push_back(file.described(i));
  for (const std::uint32_t i : file.chosen(data)) out.chosen.push_back(i);
  if (!data.current_file.empty())
    out.in_current_file = OpenFile(data, data.current_file, data.current_shown, data.current_place).described(0);
  return out;
}

}  // namespace hillock
