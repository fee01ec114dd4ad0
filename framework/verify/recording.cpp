// What a reader promises: a recording that it knows comes out the same each time, and a file that is cut short, damaged
// or of another kind ends with a sentence.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/services.hpp"
#include "util/files.hpp"
#include "util/units.hpp"
#include "verify/batch.hpp"
#include "verify/checks.hpp"

namespace hillock::verify {
namespace {

namespace fs = std::filesystem;

/// Writes a file for a reader into the folder of the checks.
fs::path write(const Subject& s, const std::string& name, std::string_view bytes) {
  std::ofstream(s.scratch / name, std::ios::binary) << bytes;
  return s.scratch / name;
}

/// What a reader makes of a file: all numbers, or its refusal.
struct Read {
  std::string refusal;  ///< empty if it was read
  std::vector<double> numbers;
  std::size_t sweeps = 0, channels = 0;
};

/// `largest`: more samples than this are the reader's mistake.
Read read(const Plugin& p, const fs::path& file, std::size_t largest) {
  const hk_recording& reader = p.recording();
  const Values values(reader.options, reader.n_options, {});
  Read out;
  hk_error error{};
  void* self = nullptr;
  const auto refused = [&](const char* function, hk_status status) {
    if (status == HK_OK) return false;
    out.refusal = std::string(error.message, ::strnlen(error.message, sizeof error.message));
    if (out.refusal.empty())
      fail("{} of '{}' fails with status {} and no message", function, file.filename().string(), status);
    return true;
  };
  if (refused("open", reader.open(file.c_str(), values.data(), &services(), &self, &error))) return out;
  const std::unique_ptr<void, void (*)(void*)> closing(self, reader.close);
  std::uint32_t n = 0;
  if (refused("sweeps", reader.sweeps(self, &n, &error))) return out;
  out.sweeps = n;
  for (std::uint32_t i = 0; i < n; ++i) {
    hk_sweep sweep{};
    sweep.size = sizeof sweep;
    if (refused("describe", reader.describe(self, i, &sweep, &error))) return out;
    if (!(sweep.dt > 0) || !std::isfinite(sweep.dt) || !std::isfinite(sweep.t0))
      fail("sweep {} has dt = {:g} ms and t0 = {:g} ms", i, sweep.dt, sweep.t0);
    if (sweep.samples > largest)
      fail("sweep {} has {} samples, of a file of {} bytes", i, sweep.samples, fs::file_size(file));
    if (sweep.n_channels > 10'000 || (sweep.n_channels > 0 && !sweep.channels))
      fail("sweep {} has {} channels and no table of them", i, sweep.n_channels);
    for (std::uint32_t c = 0; c < sweep.n_channels; ++c) {
      const auto& channel = *reinterpret_cast<const hk_channel*>(reinterpret_cast<const char*>(sweep.channels) +
                                                                 std::size_t{c} * sweep.channel_size);
      if (!channel.name || !channel.unit) fail("channel {} of sweep {} has no name or no unit", c, i);
      if (channel.kind < HK_VOLTAGE || channel.kind > HK_OTHER)
        fail("channel '{}' has the kind {}, which is none", channel.name, channel.kind);
      std::vector<double> samples(sweep.samples);
      if (refused("read", reader.read(self, i, c, samples.data(), &error))) return out;
      out.numbers.insert(out.numbers.end(), samples.begin(), samples.end());
      ++out.channels;
    }
  }
  return out;
}

/// A file of that size holds no more samples than bits.
std::size_t most(std::size_t bytes) { return 8 * bytes + 1000; }

std::string check_strangers(const Subject& s) {
  const std::string endings = s.plugin.recording().endings;
  const std::string ending = endings.empty() ? "dat" : endings.substr(0, endings.find('|'));
  std::string noise;
  Dice dice(41);
  for (int k = 0; k < 4096; ++k) noise += static_cast<char>(dice.below(256));
  const auto refuse = [&](const char* what, const fs::path& file) {
    if (read(s.plugin, file, most(4096)).refusal.empty()) fail("{} is read as a recording", what);
  };
  refuse("an empty file", write(s, "empty." + ending, ""));
  refuse("a file of noise", write(s, "noise." + ending, noise));
  refuse("a line of text", write(s, "text." + ending, "no recording\n"));
  refuse("a file of zeros", write(s, "zeros." + ending, std::string(4096, '\0')));
  refuse("a file that is not there", s.scratch / ("absent." + ending));
  refuse("a folder", s.scratch);
  return "empty, noise, text, zeros, absent, a folder: refused";
}

const std::vector<fs::path>& recordings(const Subject& s) {
  if (s.recordings.empty()) leave_out("give a recording that it reads: --recording FILE");
  return s.recordings;
}

std::string check_reads(const Subject& s) {
  std::size_t sweeps = 0, channels = 0, numbers = 0;
  for (const fs::path& file : recordings(s)) {
    constexpr std::size_t any = 1'000'000'000;
    const Read a = read(s.plugin, file, any), b = read(s.plugin, file, any);
    if (!a.refusal.empty()) fail("'{}' is refused: {}", file.string(), a.refusal);
    if (a.sweeps == 0 || a.numbers.empty()) fail("'{}' has no sweep or no sample", file.string());
    if (!same_bits(a.numbers, b.numbers)) fail("'{}' read twice gives other samples", file.string());
    sweeps += a.sweeps, channels += a.channels, numbers += a.numbers.size();
  }
  return fmt::format("{} sweeps, {} channels, {} samples, the same twice", sweeps, channels, numbers);
}

std::string check_truncated(const Subject& s) {
  int refused = 0, tried = 0;
  for (const fs::path& file : recordings(s)) {
    const std::string bytes = read_text(file);
    for (int k = 0; k < 40; ++k) {
      // within the head of the file, and all over it
      const std::size_t n = k < 10
                                ? std::min<std::size_t>(bytes.size(), 8u << (k / 2)) - static_cast<std::size_t>(k % 2)
                                : bytes.size() * static_cast<std::size_t>(k - 9) / 31;
      const fs::path cut = write(s, "cut" + file.extension().string(), std::string_view(bytes).substr(0, n));
      refused += !read(s.plugin, cut, most(bytes.size())).refusal.empty(), ++tried;
    }
  }
  return fmt::format("{} of {} refused, the others read", refused, tried);
}

std::string check_damaged(const Subject& s) {
  Dice dice(42);
  int refused = 0, tried = 0;
  for (const fs::path& file : recordings(s)) {
    const std::string whole = read_text(file);
    for (int k = 0; k < 100 && !whole.empty(); ++k) {
      std::string bytes = whole;
      const std::size_t among = k % 2 ? bytes.size() : std::min<std::size_t>(bytes.size(), 512);
      for (std::size_t n = 1 + dice.below(4); n > 0; --n)
        bytes[dice.below(among)] = static_cast<char>(dice.below(3) == 0 ? 255 : dice.below(256));
      const fs::path damaged = write(s, "damaged" + file.extension().string(), bytes);
      refused += !read(s.plugin, damaged, 1'000'000'000).refusal.empty(), ++tried;
    }
  }
  return fmt::format("{} of {} refused, the others read", refused, tried);
}

constexpr Check checks[] = {
    {"strangers", "files that are no recordings", check_strangers},
    {"reads", "a recording: sweeps, channels, units, samples, twice", check_reads},
    {"truncated", "the recording cut short at 40 places", check_truncated},
    {"damaged", "the recording with a few bytes changed, 100 times", check_damaged},
};

}  // namespace

std::span<const Check> recording_checks() { return checks; }

}  // namespace hillock::verify
