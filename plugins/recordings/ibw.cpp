// Igor binary waves of versions 2 and 5, of either byte order: one wave a file, one channel a wave.
// Layout: WaveMetrics, Igor Pro Technical Note PTN003, "Igor Binary Format". What is unclear is refused, with what to
// do. Gives one channel, voltage in mV or current in pA as the unit of the wave says; t0 and dt in ms.
#include <limits>

#include "binary.hpp"

using hillock::BadInput, hillock::Channel, hillock::Options, hillock::Sweep;
namespace binary = hillock::binary;

namespace {

constexpr std::array time_units{"s", "ms", "us", "µs", "μs"};
constexpr std::array time_powers{3, 0, -3, -3, -3};  // of ten, to ms

/// Where things stand in a version of the format, in bytes; `wave`: from the begin of the wave's header.
struct Layout {
  std::size_t header, wave_size, checked;  // checked: bytes under the checksum
  std::size_t wfm_size, note_size, formula_size;
  std::size_t type, points, name, name_size, unit, x_unit, step, start;
};
constexpr std::size_t absent = 0;
constexpr Layout version_2{.header = 16,
                           .wave_size = 110,
                           .checked = 142,  // with 16 bytes of samples
                           .wfm_size = 2,
                           .note_size = 6,
                           .formula_size = absent,
                           .type = 0,
                           .points = 42,
                           .name = 6,
                           .name_size = 20,
                           .unit = 34,
                           .x_unit = 38,
                           .step = 48,
                           .start = 56};
constexpr Layout version_5{.header = 64,
                           .wave_size = 320,
                           .checked = 384,
                           .wfm_size = 4,
                           .note_size = 12,
                           .formula_size = 8,
                           .type = 16,
                           .points = 12,
                           .name = 28,
                           .name_size = 32,
                           .unit = 148,
                           .x_unit = 152,
                           .step = 84,
                           .start = 116};
constexpr std::size_t dimensions_5 = 68, extended_units_5 = 16;

}  // namespace

struct Ibw {
  static constexpr auto id = "ibw", version = "1.0.0", cite = "",
                        meaning = "Igor binary wave, versions 2 and 5, one channel a file", endings = "ibw|bwav";
  static constexpr hk_option options[] = {
      hillock::text("units.time", "", "unit of the times, if the wave's x scale has none")};

  Ibw(const std::string& path, const Options& chosen) : file_(path) {
    const binary::Bytes first = file_.part(0, std::min<std::uint64_t>(file_.size(), 2), "the first bytes");
    // a version is below 256: the byte that is not 0 says where the lower one stands
    const int low = first.at<std::uint8_t>(0), high = first.size() > 1 ? first.at<std::uint8_t>(1) : 0;
    order_ = low == 0 ? std::endian::big : std::endian::little;
    const int number = low == 0 ? high : low;
    if ((low != 0 && high != 0) || number == 0 || number > 7) file_.refuse("this is no Igor binary wave");
    if (number != 2 && number != 5)
      file_.refuse("the wave has format version " + std::to_string(number) +
                   "; 2 and 5 are read: save it from Igor Pro as an Igor binary of these, or as text");
    const Layout& at = number == 2 ? version_2 : version_5;
    const binary::Bytes head = file_.part(0, at.checked, "the headers", order_);
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    std::uint16_t sum = 0;
    for (std::size_t i = 0; i < at.checked; i += 2) sum = static_cast<std::uint16_t>(sum + head.at<std::uint16_t>(i));
    if (sum != 0) file_.refuse("the headers do not fit their checksum: the file is damaged");
#endif
    const std::size_t wave = at.header;
    const std::string name = head.text(wave + at.name, at.name_size);

    type_ = head.at<std::int16_t>(wave + at.type);
    if (type_ == 0) file_.refuse("the wave '" + name + "' holds text, not samples");
    if (type_ & 1) file_.refuse("the wave '" + name + "' holds complex numbers; a channel has real ones");
    switch (type_) {
      case 0x08:
      case 0x48: width_ = 1; break;
      case 0x10:
      case 0x50: width_ = 2; break;
      case 0x02:
      case 0x20:
      case 0x60: width_ = 4; break;
      case 0x04: width_ = 8; break;
      default:
        file_.refuse("the wave '" + name + "' holds numbers of type " + std::to_string(type_) +
                     "; floats of 32 and 64 bits and integers of 8, 16 and 32 are read");
    }
    const auto points = head.at<std::int32_t>(wave + at.points);
    if (points < 0) file_.refuse("the wave '" + name + "' claims " + std::to_string(points) + " samples");
    if (number == 5 && head.at<std::int32_t>(wave + dimensions_5 + 4) > 0)
      file_.refuse("the wave '" + name +
                   "' has more than one dimension; split it into waves of one, each with one channel and sweep");
    if (points < 2)
      file_.refuse("the wave '" + name + "' has " + (points == 0 ? "no samples" : "one sample") +
                   "; a recording has at least two");
    sweep_.samples = static_cast<std::uint64_t>(points);
    begin_ = wave + at.wave_size;
    file_.expect(begin_, sweep_.samples * width_, "the samples");

    take_note(head, at, number);
    take_time(head, wave + at.step, wave + at.start, wave + at.x_unit, name, chosen.text("units.time"));

    if (number == 5 && head.at<std::int32_t>(extended_units_5) != 0)
      file_.refuse("the unit of the wave '" + name +
                   "' is longer than three letters; these are known here: " + binary::known_units);
    const std::string unit = head.text(wave + at.unit, 4);
    const auto known = binary::unit_of(unit);
    if (!known)
      file_.refuse(
          unit.empty()
              ? "the wave '" + name + "' does not say its unit: set it in Igor Pro, as SetScale d 0, 0, \"V\", " + name
              : "the wave '" + name + "' is in '" + unit + "', which is no unit known here: " + binary::known_units);
    unit_ = *known;
    sweep_.channels.push_back({name, unit_.name(), unit_.kind});
    if (unit_.kind == HK_CURRENT) sweep_.current_source = "recorded";
  }

  std::size_t sweeps() const { return 1; }
  Sweep describe(std::size_t) const { return sweep_; }
  void read(std::size_t, std::size_t, std::span<double> samples) const {
    switch (type_) {
      case 0x02: return decode<float>(samples);
      case 0x04: return decode<double>(samples);
      case 0x08: return decode<std::int8_t>(samples);
      case 0x48: return decode<std::uint8_t>(samples);
      case 0x10: return decode<std::int16_t>(samples);
      case 0x50: return decode<std::uint16_t>(samples);
      case 0x20: return decode<std::int32_t>(samples);
      default: return decode<std::uint32_t>(samples);
    }
  }

 private:
  /// The note of the wave, which stands after the samples.
  void take_note(const binary::Bytes& head, const Layout& at, int number) {
    const auto size = [&](std::size_t place, const char* what) {
      const auto n = head.at<std::int32_t>(place);
      if (n < 0) file_.refuse("the file is damaged: " + std::string(what) + " has " + std::to_string(n) + " bytes");
      return static_cast<std::uint64_t>(n);
    };
    const std::uint64_t wfm = size(at.wfm_size, "the wave"),
                        formula = at.formula_size == absent ? 0 : size(at.formula_size, "its formula"),
                        note = size(at.note_size, "its note");
    const std::uint64_t padding = number == 2 ? 16 : 0, needed = at.wave_size + sweep_.samples * width_ + padding;
    if (wfm < needed)
      file_.refuse("the file is damaged: " + std::to_string(sweep_.samples) + " samples need " +
                   std::to_string(needed) + " bytes, the wave has " + std::to_string(wfm));
    if (note > 0) {
      const binary::Bytes raw = file_.part(at.header + wfm + formula, note, "the samples and the note");
      sweep_.protocol = binary::line(raw.text(0, raw.size()));
    }
  }

  void take_time(const binary::Bytes& head, std::size_t step, std::size_t start, std::size_t x_unit,
                 const std::string& name, const std::string& asked) {
    const std::string given = head.text(x_unit, 4);
    if (!given.empty() && !asked.empty() && given != asked)
      file_.refuse("the x scale of '" + name + "' says " + given + ", units.time says " + asked +
                   ": leave that option out");
    const std::string unit = given.empty() ? asked : given;
    if (unit.empty())
      file_.refuse("the x scale of '" + name + "' does not say its unit: give it, " +
                   hillock::option_hint("units.time", "s"));
    const auto known = std::find(time_units.begin(), time_units.end(), unit);
    if (known == time_units.end())
      file_.refuse("the x scale of '" + name + "' is in '" + unit +
                   "', which is no unit of time known here: s, ms, us");
    const int power = time_powers[static_cast<std::size_t>(known - time_units.begin())];
    sweep_.dt = binary::decimal(head.at<double>(step), power),
    sweep_.t0 = binary::decimal(head.at<double>(start), power);
    if (!(sweep_.dt > 0 && sweep_.dt <= 1e9) || !(std::abs(sweep_.t0) <= 1e15))
      file_.refuse("the x scale of '" + name + "' is no sampling interval: from " +
                   std::to_string(head.at<double>(start)) + " by " + std::to_string(head.at<double>(step)) + " " +
                   unit);
  }

  template <class T> void decode(std::span<double> samples) const {
    constexpr std::size_t block = 1 << 14;
    std::vector<char> raw(std::min(block, samples.size()) * sizeof(T));
    for (std::size_t k = 0; k < samples.size();) {
      const std::size_t n = std::min(block, samples.size() - k);
      file_.read(begin_ + k * sizeof(T), std::span(raw).first(n * sizeof(T)));
      for (std::size_t i = 0; i < n; ++i, ++k) {
        std::array<char, sizeof(T)> one;
        std::memcpy(one.data(), raw.data() + i * sizeof(T), sizeof(T));
        if (order_ != std::endian::native) std::reverse(one.begin(), one.end());
        samples[k] = unit_(static_cast<double>(std::bit_cast<T>(one)));
        if (!std::isfinite(samples[k])) samples[k] = std::numeric_limits<double>::quiet_NaN();  // a gap
      }
    }
  }

  binary::File file_;
  std::endian order_ = std::endian::little;
  int type_ = 0;
  std::size_t width_ = 0;
  std::uint64_t begin_ = 0;  // of the samples
  binary::Unit unit_{};
  Sweep sweep_;
};
HILLOCK_RECORDING(Ibw)
