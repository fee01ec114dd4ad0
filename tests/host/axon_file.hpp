#pragma once
// Axon binary files of versions 1 and 2, as the reader's tests write them.
#include <cstdint>

#include "image.hpp"

namespace hillock::test::axon {

struct Input {
  std::string name, unit;
  float volts_per_unit = 1, offset = 0, telegraph = 0, signal_gain = 1, signal_offset = 0;  // telegraph 0: none
  std::int16_t instrument = 0, clamp_mode = 0;                                              // of the telegraph
};
struct Step {
  std::int16_t type = 1;
  float level = 0, level_step = 0;
  std::int32_t length = 0, length_step = 0, period = 0, width = 0;
};
struct Output {
  std::string name = "Cmd 0", unit = "pA";
  float holding = 0;
  std::int16_t enabled = 0, source = 1, keeps_level = 0, conditioned = 0;
  std::vector<Step> epochs{};
};
/// A file to be written. Numbers of the converter: range 10 V, resolution 32768.
struct Tape {
  float version = 1.83F;
  std::int16_t mode = 5;
  bool floats = false, conditioner = false;
  float interval_us = 50;  // between samples of a channel
  std::vector<Input> inputs{{"Vm", "mV", 0.01F}};
  std::vector<Output> outputs{{}};
  std::vector<std::vector<double>> sweeps{
      {0, 327, -654, 3276}};  // what stands in the file, channel by channel for each time
  std::string protocol = "C:\\step.pro";
  std::int32_t per_run = 100;
  bool lengths = true;  // lists the sweeps
};

inline std::size_t put_samples(Image& to, std::size_t at, const Tape& t) {
  for (const auto& sweep : t.sweeps)
    for (const double x : sweep) {
      if (t.floats) to.put(at, static_cast<float>(x));
      else to.put(at, static_cast<std::int16_t>(x));
      at += t.floats ? 4 : 2;
    }
  return at;
}
inline std::size_t values(const Tape& t) {
  std::size_t n = 0;
  for (const auto& s : t.sweeps) n += s.size();
  return n;
}

constexpr std::size_t data_1 = 13 * 512, synch_1 = 12 * 512;
/// With a header of 6144 bytes since version 1.6, of 2048 before.
inline Image image_1(const Tape& t) {
  Image f(data_1);
  const bool extended = t.version > 1.59F;
  f.put(0, std::string("ABF ")).put(4, t.version).put(8, t.mode);
  f.put(10, static_cast<std::int32_t>(values(t))).put(36, std::int16_t{1}).put(40, std::int32_t{data_1 / 512});
  if (t.lengths) f.put(92, std::int32_t{synch_1 / 512}).put(96, static_cast<std::int32_t>(t.sweeps.size()));
  f.put(100, static_cast<std::int16_t>(t.floats)).put(120, static_cast<std::int16_t>(t.inputs.size()));
  f.put(122, t.interval_us / static_cast<float>(t.inputs.size()));
  f.put(138, static_cast<std::int32_t>(t.sweeps[0].size())).put(146, t.per_run);
  f.put(244, 10.F).put(252, std::int32_t{32768}).put(1410, static_cast<std::int16_t>(t.conditioner));
  if (extended) f.put(4898, t.protocol);
  for (std::size_t c = 0; c < t.inputs.size(); ++c) {
    const Input& in = t.inputs[c];
    const std::size_t p = 15 - c;  // the physical input
    f.put(410 + 2 * c, static_cast<std::int16_t>(p)).put(442 + 10 * p, in.name).put(602 + 8 * p, in.unit);
    f.put(730 + 4 * p, 1.F).put(922 + 4 * p, in.volts_per_unit).put(986 + 4 * p, in.offset);
    f.put(1050 + 4 * p, in.signal_gain).put(1114 + 4 * p, in.signal_offset);
    if (in.telegraph != 0 && extended) f.put(4544 + 2 * p, in.instrument).put(4768 + 2 * p, in.clamp_mode);
    if (in.telegraph != 0 && extended) f.put(4512 + 2 * p, std::int16_t{1}).put(4576 + 4 * p, in.telegraph);
    if (in.telegraph != 0 && !extended)
      f.put(262, std::int16_t{1}).put(264, static_cast<std::int16_t>(p)).put(268, in.telegraph);
  }
  for (std::size_t d = 0; d < t.outputs.size(); ++d) {
    const Output& o = t.outputs[d];
    f.put(1306 + 10 * d, o.name).put(1346 + 8 * d, o.unit).put(1394 + 4 * d, o.holding);
    if (extended) {
      f.put(2296 + 2 * d, o.enabled)
          .put(2300 + 2 * d, o.source)
          .put(2304 + 2 * d, o.keeps_level)
          .put(3260 + 2 * d, o.conditioned);
    } else if (o.enabled) {
      f.put(1440, static_cast<std::int16_t>(d)).put(1438, o.source).put(1442, o.keeps_level);
    }
    for (std::size_t e = 0; e < o.epochs.size(); ++e) {
      const Step& s = o.epochs[e];
      const std::size_t k = 10 * d + e;
      if (extended)
        f.put(2308 + 2 * k, s.type)
            .put(2348 + 4 * k, s.level)
            .put(2428 + 4 * k, s.level_step)
            .put(2508 + 4 * k, s.length)
            .put(2588 + 4 * k, s.length_step);
      else
        f.put(1444 + 2 * e, s.type)
            .put(1464 + 4 * e, s.level)
            .put(1504 + 4 * e, s.level_step)
            .put(1544 + 2 * e, static_cast<std::int16_t>(s.length))
            .put(1564 + 2 * e, static_cast<std::int16_t>(s.length_step));
    }
  }
  for (std::size_t k = 0; t.lengths && k < t.sweeps.size(); ++k)
    f.put(synch_1 + 8 * k, std::int32_t{0}).put(synch_1 + 8 * k + 4, static_cast<std::int32_t>(t.sweeps[k].size()));
  put_samples(f, data_1, t);
  return f;
}

constexpr std::size_t protocol_2 = 512, adc_2 = 2 * 512, dac_2 = 3 * 512, epochs_2 = 5 * 512, lists_2 = 6 * 512,
                      strings_2 = 7 * 512, synch_2 = 9 * 512, data_2 = 10 * 512;
inline Image image_2(const Tape& t) {
  Image f(data_2);
  std::string texts = std::string("SSCH") + std::string(40, '\0');
  std::int32_t n_texts = 0;
  const auto text = [&](const std::string& s) {
    texts += s + '\0';
    return ++n_texts;
  };
  const auto section = [&](std::size_t at, std::size_t begin, std::size_t entry, std::size_t n) {
    if (n > 0)
      f.put(at, static_cast<std::uint32_t>(begin / 512))
          .put(at + 4, static_cast<std::uint32_t>(entry))
          .put(at + 8, static_cast<std::int64_t>(n));
  };
  f.put(0, std::string("ABF2")).put(6, std::int8_t{6}).put(7, std::int8_t{2});
  f.put(30, static_cast<std::int16_t>(t.floats)).put(72, static_cast<std::uint32_t>(text(t.protocol)));
  section(76, protocol_2, 512, 1);
  f.put(protocol_2, t.mode)
      .put(protocol_2 + 2, t.interval_us)
      .put(protocol_2 + 22, static_cast<std::int32_t>(t.sweeps[0].size()))
      .put(protocol_2 + 30, t.per_run);
  f.put(protocol_2 + 110, 10.F)
      .put(protocol_2 + 118, std::int32_t{32768})
      .put(protocol_2 + 138, static_cast<std::int16_t>(t.conditioner));
  section(92, adc_2, 128, t.inputs.size());
  for (std::size_t c = 0; c < t.inputs.size(); ++c) {
    const Input& in = t.inputs[c];
    const std::size_t at = adc_2 + 128 * c;
    f.put(at + 28, 1.F)
        .put(at + 40, in.volts_per_unit)
        .put(at + 44, in.offset)
        .put(at + 48, in.signal_gain)
        .put(at + 52, in.signal_offset);
    if (in.telegraph != 0) f.put(at + 4, in.instrument).put(at + 18, in.clamp_mode);
    if (in.telegraph != 0) f.put(at + 2, std::int16_t{1}).put(at + 6, in.telegraph);
    f.put(at + 74, text(in.name)).put(at + 78, text(in.unit));
  }
  section(108, dac_2, 256, t.outputs.size());
  std::size_t n_epochs = 0;
  for (std::size_t d = 0; d < t.outputs.size(); ++d) {
    const Output& o = t.outputs[d];
    const std::size_t at = dac_2 + 256 * d;
    f.put(at, static_cast<std::int16_t>(d))
        .put(at + 12, o.holding)
        .put(at + 24, text(o.name))
        .put(at + 28, text(o.unit));
    f.put(at + 40, o.enabled).put(at + 42, o.source).put(at + 44, o.keeps_level).put(at + 60, o.conditioned);
    for (std::size_t e = o.epochs.size(); e-- > 0; ++n_epochs) {  // their order in the file does not matter
      const Step& s = o.epochs[e];
      const std::size_t p = epochs_2 + 48 * n_epochs;
      f.put(p, static_cast<std::int16_t>(e))
          .put(p + 2, static_cast<std::int16_t>(d))
          .put(p + 4, s.type)
          .put(p + 6, s.level)
          .put(p + 10, s.level_step);
      f.put(p + 14, s.length).put(p + 18, s.length_step).put(p + 22, s.period).put(p + 26, s.width);
    }
  }
  section(156, epochs_2, 48, n_epochs);
  f.put(strings_2, texts);
  section(220, strings_2, texts.size(), static_cast<std::size_t>(n_texts));
  if (t.lengths) section(316, synch_2, 8, t.sweeps.size());
  for (std::size_t k = 0; t.lengths && k < t.sweeps.size(); ++k)
    f.put(synch_2 + 8 * k + 4, static_cast<std::int32_t>(t.sweeps[k].size()));
  section(236, data_2, t.floats ? 4 : 2, values(t));
  put_samples(f, data_2, t);
  return f;
}
inline Image image_of(const Tape& t) { return t.version < 2 ? image_1(t) : image_2(t); }

}  // namespace hillock::test::axon
