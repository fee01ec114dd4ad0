// Axon Binary Format 1.x and 2.x, as pCLAMP and AxoScope write it: all channels of every sweep; the current that was
// commanded, rebuilt from the protocol, where none was recorded. What is unclear is refused, with what to do. Layout
// and the rules of the command waveform: Molecular Devices, "Axon Binary File (ABF) Format" and the ABF file support
// pack of pCLAMP. Gives voltages in mV and currents in pA; other channels in the unit that the file names. Sweeps count
// from 0; each begins at 0 ms.
#include <limits>

#include "binary.hpp"

using hillock::BadInput, hillock::Channel, hillock::Options, hillock::Sweep;
using hillock::binary::Bytes, hillock::binary::decimal;
namespace binary = hillock::binary;

namespace {

constexpr std::uint64_t block = 512;  // bytes; sections begin at multiples
constexpr std::size_t most_sweeps = 100000, longest_text = 512;

/// Modes of acquisition.
enum { variable_length = 1, fixed_length = 2, gap_free = 3, oscilloscope = 4, episodic = 5 };
/// What an epoch plays.
enum { off = 0, step = 1, ramp = 2, pulses = 3, triangles = 4, cosines = 5, resistance = 6, biphasic = 7 };
/// Where a waveform comes from.
enum { epoch_table = 1, stimulus_file = 2 };
/// Of the amplifiers with a telegraph, MultiClamp 700 tells its mode: 0 is voltage clamp, 1 current clamp, 2 no
/// current.
constexpr int multiclamp = 24, mode_voltage_clamp = 0;

/// One recorded channel: value = scale*number + offset, in its unit.
struct Adc {
  std::string name, unit;
  bool voltage_clamped = false;  // as its amplifier told by telegraph
  double scale = 1, offset = 0;
};

/// Lengths in samples; what is added to level and length from sweep to sweep.
struct Epoch {
  int number = 0, type = off;
  double level = 0, level_step = 0;
  std::int64_t length = 0, length_step = 0, period = 0, width = 0;
};

/// One analog output.
struct Dac {
  int number = 0;
  std::string name, unit;
  double holding = 0;
  bool enabled = false;       // plays a waveform
  int source = epoch_table;   // of the waveform
  bool keeps_level = false;   // between sweeps: that of the last epoch, not holding
  bool conditioned = false;   // a train of pulses precedes each sweep
  bool listed = false;        // a user list varies it
  std::vector<Epoch> epochs;  // by number, those that are on
};

/// What both versions of the format say.
struct Header {
  int mode = 0;
  double dt = 0;  // ms
  bool floats = false;
  std::uint64_t begin = 0, values = 0;  // of the samples of all channels, one after the other; bytes, count
  std::int64_t per_episode = 0, episodes_per_run = 0;  // values
  std::vector<std::int64_t> lengths;                   // of the sweeps, in values; empty if the file lists none
  std::string protocol;
  bool alternating = false;   // DACs 0 and 1 take turns from sweep to sweep
  bool set_by_hand = false;   // holding levels were changed meanwhile
  bool trains_known = false;  // periods and widths of pulses are
  std::vector<Adc> adcs;
  std::vector<Dac> dacs;
};

std::string quoted(const std::string& s) { return "'" + s + "'"; }

}  // namespace

struct Abf {
  static constexpr auto id = "abf", version = "1.0.0", cite = "",
                        meaning = "Axon Binary Format 1.x and 2.x (pCLAMP, AxoScope)", endings = "abf";
  static constexpr hk_option options[] = {
      hillock::text("columns.voltage", "", "name of the channel that is the voltage, if several are in volts"),
      hillock::text("columns.current", "",
                    "name of the channel that is the injected current, if several are in amperes"),
      hillock::choice("current", "auto|recorded|command", "auto",
                      "which current is read: the recorded one, the one that the protocol commands, or auto: the "
                      "latter if none was recorded"),
      hillock::integer(
          "dac", -1, -1, 63,
          "the analog output whose command is read as the current; -1: the one in amperes that plays a waveform")};

  Abf(const std::string& path, const Options& chosen) : file_(path) {
    const std::string magic(file_.part(0, std::min<std::uint64_t>(file_.size(), 4), "the first bytes")
                                .piece(0, std::min<std::uint64_t>(file_.size(), 4)));
    if (magic == "ABF ") read_version_1();
    else if (magic == "ABF2") read_version_2();
    else if (magic == "CLPX" || magic == "FTCX")
      file_.refuse("this is a file of pCLAMP 5 or older: save it from Clampfit as ABF");
    else file_.refuse("this is no Axon Binary File");
    if (h_.mode == variable_length)
      file_.refuse("its sweeps are events of variable length; gap-free and episodic recordings are read");
    if (h_.mode < fixed_length || h_.mode > episodic)
      file_.refuse("the file is damaged: it names mode of acquisition " + std::to_string(h_.mode));
    if (!(h_.dt > 0 && h_.dt <= 1e9)) file_.refuse("the file is damaged: it names no sampling interval");
    file_.expect(h_.begin, h_.values * width(), "the samples");
    cut_into_sweeps();
    choose_channels(chosen);
  }

  std::size_t sweeps() const { return sweeps_.size(); }
  Sweep describe(std::size_t index) const {
    Sweep out = sweep_;
    out.number = static_cast<std::int64_t>(index);
    out.samples = sweeps_[index].samples;
    return out;
  }
  void read(std::size_t index, std::size_t channel, std::span<double> samples) const {
    if (channel == h_.adcs.size()) command(index, samples);
    else if (h_.floats) decode<float>(index, channel, samples);
    else decode<std::int16_t>(index, channel, samples);
  }

 private:
  std::uint64_t width() const { return h_.floats ? sizeof(float) : sizeof(std::int16_t); }

  // --- the header of version 1: one struct ---------------------------------------------------------------------------

  void read_version_1() {
    const double number = decimal(file_.part(0, 8, "the headers").at<float>(4));
    if (!(number >= 1 && number < 2))
      file_.refuse("the file is damaged: it is of version 1 by its first bytes, " + short_number(number) +
                   " by its header");
    const bool extended = number > 1.595;  // 1.6 brought a longer header
    const Bytes b = file_.part(0, extended ? 6144 : 2048, "the headers");
    const auto integer = [&](std::size_t at) { return b.at<std::int32_t>(at); };
    const auto word = [&](std::size_t at) { return static_cast<int>(b.at<std::int16_t>(at)); };
    const auto real = [&](std::size_t at) { return decimal(b.at<float>(at)); };
    const auto count = [&](std::size_t at, const char* of) { return checked_count(integer(at), of); };

    if (word(38) != 0)
      file_.refuse("its numbers are in the Microsoft binary format of 1990; save it from Clampfit as ABF");
    h_.mode = word(8);
    take_format(word(100));
    h_.values = count(10, "samples");
    const int ignored = word(14);
    if (ignored < 0) file_.refuse("the file is damaged: it ignores " + std::to_string(ignored) + " samples");
    h_.begin = count(40, "blocks before the samples") * block + static_cast<std::uint64_t>(ignored) * width();
    h_.per_episode = integer(138), h_.episodes_per_run = integer(146);
    if (extended) h_.protocol = b.text(4898, 256), h_.alternating = word(5876) != 0;
    h_.set_by_hand = integer(76) > 0;

    const int channels = word(120);
    if (channels < 1 || channels > 16)
      file_.refuse("the file is damaged: it claims " + std::to_string(channels) + " channels");
    const double second = real(126);  // another clock for the second half of each sweep
    if (second != 0 && second != real(122))
      file_.refuse("its sweeps change their sampling rate half-way, which is not read");
    h_.dt = decimal(b.at<float>(122), -3) * channels;
    h_.dt = tidy(h_.dt);

    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      const int physical = word(410 + 2 * c);
      if (physical < 0 || physical > 15)
        file_.refuse("the file is damaged: channel " + std::to_string(c) + " is input " + std::to_string(physical));
      const auto p = static_cast<std::size_t>(physical);
      Adc a;
      a.name = b.text(442 + 10 * p, 10), a.unit = b.text(602 + 8 * p, 8);
      double gain = real(922 + 4 * p) * real(730 + 4 * p);
      if (word(1410) != 0) gain *= real(1050 + 4 * p);
      if (extended)
        a.voltage_clamped =
            word(4512 + 2 * p) != 0 && word(4544 + 2 * p) == multiclamp && word(4768 + 2 * p) == mode_voltage_clamp;
      if (extended ? word(4512 + 2 * p) != 0 : word(262) != 0 && word(264) == physical)
        gain *= real(extended ? 4576 + 4 * p : 268);
      scale(a, gain, real(244), integer(252), real(986 + 4 * p) - (word(1410) != 0 ? real(1114 + 4 * p) : 0));
      h_.adcs.push_back(std::move(a));
    }

    const std::size_t active = word(1440) == 1 ? 1 : 0;  // the only one with a waveform before 1.6
    for (std::size_t d = 0; d < 4; ++d) {
      Dac a;
      a.number = static_cast<int>(d);
      a.name = b.text(1306 + 10 * d, 10), a.unit = b.text(1346 + 8 * d, 8);
      a.holding = real(1394 + 4 * d);
      if (extended && d < 2) {
        a.source = word(2300 + 2 * d), a.enabled = word(2296 + 2 * d) != 0 && a.source != 0;
        a.keeps_level = word(2304 + 2 * d) != 0;
        a.conditioned = word(3260 + 2 * d) != 0, a.listed = word(3360 + 2 * d) != 0;
        for (std::size_t e = 0; e < 10; ++e) {
          const std::size_t k = 10 * d + e;
          add(a, {static_cast<int>(e), word(2308 + 2 * k), real(2348 + 4 * k), real(2428 + 4 * k),
                  integer(2508 + 4 * k), integer(2588 + 4 * k)});
        }
      } else if (!extended && d == active) {
        a.source = word(1438), a.enabled = a.source != 0;
        a.keeps_level = word(1442) != 0;
        for (std::size_t e = 0; e < 10; ++e)
          add(a, {static_cast<int>(e), word(1444 + 2 * e), real(1464 + 4 * e), real(1504 + 4 * e), word(1544 + 2 * e),
                  word(1564 + 2 * e)});
      }
      h_.dacs.push_back(std::move(a));
    }
    take_lengths(count(92, "blocks before the list of sweeps") * block, 8, count(96, "sweeps"));
  }

  // --- the header of version 2: sections -----------------------------------------------------------------------------

  struct Section {
    std::uint64_t begin = 0, entry = 0, entries = 0;
  };
  /// A section, whose entries must lie in the file.
  Section section(const Bytes& info, std::size_t at, const char* of) const {
    const Section s{info.at<std::uint32_t>(at) * block, info.at<std::uint32_t>(at + 4),
                    checked_count(info.at<std::int64_t>(at + 8), of)};
    if (s.entries > 0 && (s.entry == 0 || s.entries > file_.size() / s.entry))
      file_.refuse("the file is cut off or damaged: it claims " + std::to_string(s.entries) + " " + of + " of " +
                   std::to_string(s.entry) + " bytes and has " + std::to_string(file_.size()));
    return s;
  }
  Bytes entry(const Section& s, std::uint64_t k, const char* of) const {
    return file_.part(s.begin + k * s.entry, s.entry, of);
  }

  void read_version_2() {
    const Bytes info = file_.part(0, block, "the headers");
    if (const int major = info.at<std::uint8_t>(7); major != 2)
      file_.refuse("the file is of version " + std::to_string(major) + " of the format; 1 and 2 are read");
    const Section protocol = section(info, 76, "protocols"), adcs = section(info, 92, "channels"),
                  dacs = section(info, 108, "analog outputs"), epochs = section(info, 156, "epochs"),
                  lists = section(info, 172, "user lists"), strings = section(info, 220, "texts"),
                  data = section(info, 236, "samples"), deltas = section(info, 284, "changes"),
                  synch = section(info, 316, "sweeps");
    if (protocol.entries == 0) file_.refuse("the file is damaged: it holds no protocol");
    const std::vector<std::string> texts = read_texts(strings);
    const auto text = [&](std::int64_t index) {  // they count from 1
      return index >= 1 && static_cast<std::uint64_t>(index) <= texts.size()
                 ? texts[static_cast<std::size_t>(index) - 1]
                 : "";
    };

    const Bytes p = entry(protocol, 0, "the protocol");
    h_.mode = p.at<std::int16_t>(0);
    h_.dt = decimal(p.at<float>(2), -3);
    if (p.at<std::uint8_t>(6) != 0)
      file_.refuse("its samples are compressed, which is not read: save it from Clampfit without");
    h_.per_episode = p.at<std::int32_t>(22), h_.episodes_per_run = p.at<std::int32_t>(30);
    h_.alternating = p.at<std::int16_t>(182) != 0;
    h_.protocol = text(info.at<std::uint32_t>(72));
    h_.set_by_hand = deltas.entries > 0;
    h_.trains_known = true;
    take_format(info.at<std::int16_t>(30));
    h_.begin = data.begin, h_.values = data.entries;
    if (h_.values > 0 && data.entry != width())
      file_.refuse("the file is damaged: a sample has " + std::to_string(data.entry) + " bytes, of its format " +
                   std::to_string(width()));

    const double range = decimal(p.at<float>(110));
    const int resolution = p.at<std::int32_t>(118);
    const bool conditioner = p.at<std::int16_t>(138) != 0;
    if (adcs.entries < 1 || adcs.entries > 64)
      file_.refuse("the file is damaged: it claims " + std::to_string(adcs.entries) + " channels");
    for (std::uint64_t c = 0; c < adcs.entries; ++c) {
      const Bytes b = entry(adcs, c, "the channels");
      const auto real = [&](std::size_t at) { return decimal(b.at<float>(at)); };
      Adc a;
      a.name = text(b.at<std::int32_t>(74)), a.unit = text(b.at<std::int32_t>(78));
      double gain = real(40) * real(28);
      if (conditioner) gain *= real(48);
      if (b.at<std::int16_t>(2) != 0) gain *= real(6);
      a.voltage_clamped = b.at<std::int16_t>(2) != 0 && b.at<std::int16_t>(4) == multiclamp &&
                          b.at<std::int16_t>(18) == mode_voltage_clamp;
      scale(a, gain, range, resolution, real(44) - (conditioner ? real(52) : 0));
      h_.adcs.push_back(std::move(a));
    }
    if (dacs.entries > 64)
      file_.refuse("the file is damaged: it claims " + std::to_string(dacs.entries) + " analog outputs");
    for (std::uint64_t d = 0; d < dacs.entries; ++d) {
      const Bytes b = entry(dacs, d, "the analog outputs");
      Dac a;
      a.number = b.at<std::int16_t>(0);
      a.name = text(b.at<std::int32_t>(24)), a.unit = text(b.at<std::int32_t>(28));
      a.holding = decimal(b.at<float>(12));
      a.source = b.at<std::int16_t>(42), a.enabled = b.at<std::int16_t>(40) != 0 && a.source != 0;
      a.keeps_level = b.at<std::int16_t>(44) != 0, a.conditioned = b.at<std::int16_t>(60) != 0;
      h_.dacs.push_back(std::move(a));
    }
    if (epochs.entries > 64 * 64)
      file_.refuse("the file is damaged: it claims " + std::to_string(epochs.entries) + " epochs");
    for (std::uint64_t e = 0; e < epochs.entries; ++e) {
      const Bytes b = entry(epochs, e, "the epochs");
      for (Dac& d : h_.dacs)
        if (d.number == b.at<std::int16_t>(2))
          add(d, {b.at<std::int16_t>(0), b.at<std::int16_t>(4), decimal(b.at<float>(6)), decimal(b.at<float>(10)),
                  b.at<std::int32_t>(14), b.at<std::int32_t>(18), b.at<std::int32_t>(22), b.at<std::int32_t>(26)});
    }
    if (lists.entries > 64)
      file_.refuse("the file is damaged: it claims " + std::to_string(lists.entries) + " user lists");
    for (std::uint64_t l = 0; l < lists.entries; ++l) {
      const Bytes b = entry(lists, l, "the user lists");
      for (Dac& d : h_.dacs)  // a list is there only if it is used
        if (d.number == b.at<std::int16_t>(0)) d.listed = true;
    }
    take_lengths(synch.begin, synch.entry, synch.entries);
  }

  /// The texts, one after the other, each with a NUL.
  std::vector<std::string> read_texts(const Section& s) const {
    std::vector<std::string> out;
    if (s.entries == 0) return out;
    constexpr std::size_t head = 44;
    const Bytes b = file_.part(s.begin, s.entry, "the texts");
    if (b.piece(0, 4) != "SSCH") file_.refuse("the file is damaged: its texts do not begin with SSCH");
    for (std::string_view rest = b.piece(head, b.size() < head ? 0 : b.size() - head);
         !rest.empty() && out.size() < 4096;) {
      const std::size_t end = std::min(rest.find('\0'), rest.size());
      out.push_back(binary::text(rest.substr(0, std::min(end, longest_text))));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
  }

  // --- what both share -----------------------------------------------------------------------------------------------

  static std::string short_number(double x) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), x).ptr};
  }
  /// Without the rounding of a product: 3*0.05 is 0.15.
  static double tidy(double x) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::scientific, 12).ptr;
    std::from_chars(text.data(), end, x);
    return x;
  }
  std::uint64_t checked_count(std::int64_t n, const char* of) const {
    if (n < 0) file_.refuse("the file is damaged: it claims " + std::to_string(n) + " " + of);
    return static_cast<std::uint64_t>(n);
  }
  void take_format(int format) {
    if (format != 0 && format != 1)
      file_.refuse("the file is damaged: its samples have format " + std::to_string(format));
    h_.floats = format == 1;
  }
  static void add(Dac& d, const Epoch& e) {
    if (e.type == off) return;
    d.epochs.insert(std::upper_bound(d.epochs.begin(), d.epochs.end(), e,
                                     [](const Epoch& a, const Epoch& b) { return a.number < b.number; }),
                    e);
  }
  /// The gain is in volts at the converter per unit.
  void scale(Adc& a, double gain, double range, std::int32_t resolution, double offset) const {
    if (h_.floats) return;  // they are in their unit already
    a.scale = range / gain / resolution, a.offset = offset;
    if (!std::isfinite(a.scale) || a.scale == 0 || !std::isfinite(a.offset))
      file_.refuse("the file is damaged: channel " + quoted(a.name) + " has gain " + short_number(gain) + ", range " +
                   short_number(range) + " V, resolution " + std::to_string(resolution) + " and offset " +
                   short_number(offset));
  }
  void take_lengths(std::uint64_t begin, std::uint64_t entry, std::uint64_t n) {
    if (n == 0) return;
    if (n > most_sweeps)
      file_.refuse("it claims " + std::to_string(n) + " sweeps; at most " + std::to_string(most_sweeps) + " are read");
    if (entry != 8)
      file_.refuse("the file is damaged: an entry of its list of sweeps has " + std::to_string(entry) +
                   " bytes, not 8");
    const Bytes b = file_.part(begin, n * entry, "the sweeps");
    for (std::size_t k = 0; k < n; ++k) h_.lengths.push_back(b.at<std::int32_t>(8 * k + 4));
  }

  /// Sweeps follow each other without gaps in the file.
  void cut_into_sweeps() {
    const auto channels = static_cast<std::int64_t>(h_.adcs.size()), values = static_cast<std::int64_t>(h_.values);
    std::vector<std::int64_t> lengths = h_.lengths;
    if (h_.mode == gap_free && lengths.size() < 2) lengths = {values - values % channels};
    if (lengths.empty()) {
      if (h_.per_episode < 1 || values / h_.per_episode > static_cast<std::int64_t>(most_sweeps))
        file_.refuse("the file is damaged: it claims " + std::to_string(h_.per_episode) + " samples a sweep of " +
                     std::to_string(values));
      lengths.assign(static_cast<std::size_t>(values / h_.per_episode), h_.per_episode);
    }
    if (lengths.empty()) file_.refuse("the file holds no sweep");
    std::int64_t at = 0;
    for (std::size_t k = 0; k < lengths.size(); ++k) {
      const std::int64_t n = lengths[k];
      if (n < 0 || n % channels != 0 || n > values - at)
        file_.refuse("the file is damaged: sweep " + std::to_string(k) + " claims " + std::to_string(n) +
                     " values of " + std::to_string(channels) + (channels == 1 ? " channel, " : " channels, ") +
                     std::to_string(values - at) + " are left");
      if (n / channels < 2)
        file_.refuse("sweep " + std::to_string(k) + " has " + (n == 0 ? "no samples" : "one sample") +
                     "; a recording has at least two");
      sweeps_.push_back({static_cast<std::uint64_t>(at), static_cast<std::uint64_t>(n / channels)});
      at += n;
    }
  }

  std::string channels_listed() const {
    std::string out;
    for (std::size_t c = 0; c < h_.adcs.size() && c < 12; ++c)
      out += (c ? ", " : "") + quoted(h_.adcs[c].name) + " in " + quoted(h_.adcs[c].unit);
    return h_.adcs.size() > 12 ? out + ", ..." : out;
  }
  /// The channel that the user named, else the one whose unit is of this kind.
  std::optional<std::size_t> find(std::uint32_t kind, const char* what, const std::string& asked) const {
    std::vector<std::size_t> found;
    for (std::size_t c = 0; c < h_.adcs.size(); ++c) {
      const auto unit = binary::unit_of(h_.adcs[c].unit);
      if (asked.empty() ? unit && unit->kind == kind : h_.adcs[c].name == asked) found.push_back(c);
    }
    if (found.size() > 1 && !asked.empty()) file_.refuse("two channels have the name " + quoted(asked));
    if (found.size() > 1)
      file_.refuse(quoted(h_.adcs[found[0]].name) + " and " + quoted(h_.adcs[found[1]].name) +
                   " are both in the unit of a " + what + ": name one, " +
                   hillock::option_hint(std::string("columns.") + what, h_.adcs[found[0]].name));
    if (found.empty()) {
      if (!asked.empty())
        file_.refuse("there is no channel " + quoted(asked) + " for " + what + "; it has " + channels_listed());
      return {};
    }
    if (const auto unit = binary::unit_of(h_.adcs[found[0]].unit); !unit || unit->kind != kind)
      file_.refuse("the channel " + quoted(asked) + " is in " + quoted(h_.adcs[found[0]].unit) +
                   ", which is no unit of " + what +
                   " known here: " + (kind == HK_VOLTAGE ? "V, mV, uV" : "A, nA, pA"));
    return found[0];
  }

  /// A command in volts, or the amplifier's telegraph, tells voltage clamp.
  void refuse_voltage_clamp() const {
    const auto recorded = [&](std::uint32_t kind) {
      return std::any_of(h_.adcs.begin(), h_.adcs.end(), [&](const Adc& a) {
        const auto unit = binary::unit_of(a.unit);
        return unit && unit->kind == kind;
      });
    };
    const auto commanded = [&](std::uint32_t kind, bool playing) {
      return std::any_of(h_.dacs.begin(), h_.dacs.end(), [&](const Dac& d) {
        const auto unit = binary::unit_of(d.unit);
        return unit && unit->kind == kind && (!playing || (d.enabled && h_.mode == episodic));
      });
    };
    const auto refuse = [&](const std::string& why) {
      const std::string both = recorded(HK_VOLTAGE) && recorded(HK_CURRENT)
                                   ? "; if it was not, name both channels, as columns.voltage and columns.current"
                                   : "";
      file_.refuse("it was recorded in voltage clamp: " + why + "; recordings in current clamp are read" + both);
    };
    for (const Adc& a : h_.adcs)
      if (a.voltage_clamped && binary::unit_of(a.unit))
        refuse("the amplifier told so of the channel " + quoted(a.name));
    // outputs that play tell more than the others; a voltage that was recorded as well may be that of a current clamp
    // whose outputs nobody named
    const bool plays = commanded(HK_VOLTAGE, true) || commanded(HK_CURRENT, true);
    if (recorded(HK_CURRENT) && !recorded(HK_VOLTAGE) && commanded(HK_VOLTAGE, plays) && !commanded(HK_CURRENT, plays))
      refuse("it recorded a current alone, and its analog outputs command a voltage");
  }

  void choose_channels(const Options& chosen) {
    const int dac = static_cast<int>(chosen.number("dac"));
    const std::string wish = chosen.text("current") == "auto" && dac >= 0 ? "command" : chosen.text("current");
    const std::string& named = chosen.text("columns.current");
    if (wish == "command" && !named.empty())
      throw BadInput("columns.current names a recorded channel, but current = command: leave one of both out");
    // who names both channels knows better than the file
    if (named.empty() || chosen.text("columns.voltage").empty()) refuse_voltage_clamp();
    const auto voltage = find(HK_VOLTAGE, "voltage", chosen.text("columns.voltage"));
    const auto current = wish == "command" ? std::nullopt : find(HK_CURRENT, "current", named);
    for (std::size_t c = 0; c < h_.adcs.size(); ++c) {
      const Adc& a = h_.adcs[c];
      const auto unit = binary::unit_of(a.unit);
      units_.push_back(unit.value_or(binary::Unit{HK_OTHER, 1, 1}));
      sweep_.channels.push_back({a.name,
                                 unit             ? unit->name()
                                 : a.unit.empty() ? "1"
                                                  : a.unit,
                                 static_cast<std::uint32_t>(c == voltage   ? HK_VOLTAGE
                                                            : c == current ? HK_CURRENT
                                                                           : HK_OTHER)});
    }
    sweep_.dt = h_.dt, sweep_.protocol = h_.protocol;
    if (current) sweep_.current_source = "recorded";
    else if (wish != "recorded") choose_dac(dac);
    if (!voltage && sweep_.current_source.empty())
      file_.refuse("no channel is in a unit of voltage or current known here (" + std::string(binary::known_units) +
                   "): it has " + channels_listed());
  }

  /// The output that commands the current. What stands against rebuilding it is said when it is read: the voltage is
  /// there all the same.
  void choose_dac(int asked) {
    std::vector<const Dac*> currents, playing;
    for (const Dac& d : h_.dacs)
      if (const auto unit = binary::unit_of(d.unit); unit && unit->kind == HK_CURRENT) {
        currents.push_back(&d);
        if (d.enabled && h_.mode == episodic) playing.push_back(&d);
      }
    if (asked >= 0) {
      const auto it = std::find_if(h_.dacs.begin(), h_.dacs.end(), [&](const Dac& d) { return d.number == asked; });
      if (it == h_.dacs.end()) file_.refuse("it has no analog output " + std::to_string(asked));
      if (std::find(currents.begin(), currents.end(), &*it) == currents.end())
        file_.refuse("the analog output " + std::to_string(asked) + ", " + quoted(it->name) + ", is in " +
                     quoted(it->unit) + ", which is no unit of current known here: A, nA, pA");
      dac_ = &*it;
    } else {
      const auto& of = playing.empty() ? currents : playing;
      if (of.empty()) return;
      dac_ = of[0];
      if (of.size() > 1)
        against_ = "the analog outputs " + std::to_string(of[0]->number) + " " + quoted(of[0]->name) + " and " +
                   std::to_string(of[1]->number) + " " + quoted(of[1]->name) +
                   " may both have commanded it: say which, " +
                   hillock::option_hint("dac", std::to_string(of[0]->number));
    }
    const bool plays = dac_->enabled && h_.mode == episodic;
    sweep_.current_source = plays ? "epoch table" : "command";
    sweep_.channels.push_back({dac_->name.empty() ? "command" : dac_->name, "pA", HK_CURRENT});
    if (!against_.empty()) return;
    const std::string output = "the analog output " + std::to_string(dac_->number) + " " + quoted(dac_->name);
    if (h_.set_by_hand) against_ = "its level was changed by hand during the recording";
    else if (plays && dac_->source == stimulus_file)
      against_ = output + " played a stimulus file, which is another file";
    else if (plays && dac_->source != epoch_table)
      against_ = output + " played a waveform of unknown source " + std::to_string(dac_->source);
    else if (plays && dac_->listed) against_ = "a user list varied " + output;
    else if (plays && dac_->conditioned) against_ = "a conditioning train came before each sweep of " + output;
    else if (plays && h_.alternating) against_ = "two analog outputs took turns from sweep to sweep";
    else if (plays)
      for (const Epoch& e : dac_->epochs) {
        const bool known = e.type == step || e.type == ramp || (e.type == pulses && h_.trains_known);
        if (known && (e.type != pulses || (e.period > 0 && e.width >= 0 && e.width <= e.period))) continue;
        static constexpr std::array kinds{
            "", "steps", "a ramp", "pulses", "triangles", "cosines", "a resistance test", "biphasic pulses"};
        against_ =
            "epoch " + std::string(1, static_cast<char>('A' + std::clamp(e.number, 0, 25))) + " of " + output +
            " plays " +
            (e.type > 0 && e.type < static_cast<int>(kinds.size()) ? kinds[static_cast<std::size_t>(e.type)]
                                                                   : "type " + std::to_string(e.type)) +
            (known ? " of period " + std::to_string(e.period) + " and width " + std::to_string(e.width) + " samples"
                   : "") +
            "; known are steps, ramps and, in version 2, pulses";
        return;
      }
  }

  // --- samples -------------------------------------------------------------------------------------------------------

  template <class T> void decode(std::size_t index, std::size_t channel, std::span<double> samples) const {
    const std::size_t channels = h_.adcs.size(), at_once = std::max<std::size_t>(1, 32768 / channels);
    const Adc& a = h_.adcs[channel];
    const binary::Unit& unit = units_[channel];
    std::vector<T> raw(std::min(at_once, samples.size()) * channels);
    std::uint64_t begin = h_.begin + sweeps_[index].begin * sizeof(T);
    static_assert(std::endian::native == std::endian::little, "the format is little-endian");
    for (std::size_t k = 0; k < samples.size();) {
      const std::size_t n = std::min(at_once, samples.size() - k);
      file_.read(begin, {reinterpret_cast<char*>(raw.data()), n * channels * sizeof(T)});
      begin += n * channels * sizeof(T);
      for (std::size_t i = 0; i < n; ++i, ++k) {
        samples[k] = unit(a.scale * static_cast<double>(raw[i * channels + channel]) + a.offset);
        if (!std::isfinite(samples[k])) samples[k] = std::numeric_limits<double>::quiet_NaN();  // a gap
      }
    }
  }

  /// The command of the sweep: 1/64 of it at holding, the epochs, holding again.
  void command(std::size_t index, std::span<double> out) const {
    const auto impossible = [&](const std::string& why) {
      file_.refuse("the current was not recorded and its command cannot be rebuilt: " + why);
    };
    if (!against_.empty()) impossible(against_);
    const Dac& d = *dac_;
    const auto sweep = static_cast<double>(index);
    const auto level_of = [&](const Epoch& e, double k) { return e.level + k * e.level_step; };
    double level = d.holding;
    if (h_.mode != episodic || !d.enabled) {
      std::fill(out.begin(), out.end(), level);
    } else {
      if (h_.episodes_per_run > 0 && static_cast<std::int64_t>(index) >= h_.episodes_per_run)
        impossible("sweep " + std::to_string(index) + " is not among the " + std::to_string(h_.episodes_per_run) +
                   " of the protocol");
      if (d.keeps_level && index > 0 && !d.epochs.empty()) level = level_of(d.epochs.back(), sweep - 1);
      // a sweep that was stopped early is shorter than what the protocol plays
      const auto whole = std::max<std::size_t>(
          out.size(), h_.per_episode > 0 ? static_cast<std::size_t>(h_.per_episode) / h_.adcs.size() : 0);
      std::size_t k = std::min(std::max<std::size_t>(1, whole / 64), out.size());
      std::fill_n(out.begin(), k, level);
      for (const Epoch& e : d.epochs) {
        const std::int64_t length = e.length + static_cast<std::int64_t>(index) * e.length_step;
        if (length <= 0) continue;
        const auto n = static_cast<std::size_t>(length);
        const double before = level;
        level = level_of(e, sweep);
        for (std::size_t i = 0; i < n && k < out.size(); ++i, ++k) {
          if (e.type == step) out[k] = level;
          else if (e.type == ramp)
            out[k] = before + (level - before) * static_cast<double>(i + 1) / static_cast<double>(n);
          else out[k] = pulse(e, i, n) ? level : before;
        }
      }
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(k), out.end(), d.keeps_level ? level : d.holding);
    }
    const binary::Unit unit = *binary::unit_of(d.unit);
    for (double& x : out) x = unit(x);
    if (!std::all_of(out.begin(), out.end(), [](double x) { return std::isfinite(x); }))
      impossible("a level is no finite number");
  }
  /// Sample i of n lies in a pulse; the last one is left out if it has no room.
  static bool pulse(const Epoch& e, std::size_t i, std::size_t n) {
    const auto period = static_cast<std::size_t>(e.period), width = static_cast<std::size_t>(e.width);
    return i % period < width && (n % period >= width || i < n - n % period);
  }

  struct Place {
    std::uint64_t begin, samples;  // values before it; samples of each channel
  };
  binary::File file_;
  Header h_;
  std::vector<Place> sweeps_;
  std::vector<binary::Unit> units_;  // of the recorded channels
  Sweep sweep_;                      // what all have in common
  const Dac* dac_ = nullptr;         // in h_; commands the current, if none was recorded
  std::string against_;              // why it cannot be rebuilt
};
HILLOCK_RECORDING(Abf)
