#pragma once
// Igor binary waves of versions 2 and 5, as the reader's tests write them.
#include <cstdint>
#include <map>

#include "image.hpp"

namespace hillock::test::igor {

/// A wave to be written.
struct Wave {
  int version = 5;
  std::endian order = std::endian::little;
  int type = 2;  // float
  std::vector<double> samples{1, 2, 3};
  std::string name = "wave0", unit = "mV", x_unit = "s", note;
  double step = 1e-4, start = 0;
};

inline std::size_t width(int type) { return type == 4 ? 8 : type & 0x08 ? 1 : type & 0x10 ? 2 : 4; }

inline void put_sample(Image& to, std::size_t place, int type, double x) {
  switch (type) {
    case 2: to.put(place, static_cast<float>(x)); break;
    case 4: to.put(place, x); break;
    case 0x08: to.put(place, static_cast<std::int8_t>(x)); break;
    case 0x48: to.put(place, static_cast<std::uint8_t>(x)); break;
    case 0x10: to.put(place, static_cast<std::int16_t>(x)); break;
    case 0x50: to.put(place, static_cast<std::uint16_t>(x)); break;
    case 0x20: to.put(place, static_cast<std::int32_t>(x)); break;
    case 0x60: to.put(place, static_cast<std::uint32_t>(x)); break;
    default: break;
  }
}

/// Where a field of the wave's header stands, and where its samples begin.
inline std::size_t place(int version, const std::string& field) {
  static const std::map<std::string, std::array<std::size_t, 2>> all{
      {"wfm", {2, 4}},     {"note", {6, 12}},    {"checksum", {14, 2}},  {"type", {16, 80}},
      {"name", {22, 92}},  {"unit", {50, 212}},  {"x_unit", {54, 216}},  {"points", {58, 76}},
      {"step", {64, 148}}, {"start", {72, 180}}, {"samples", {126, 384}}};
  return all.at(field)[version == 5];
}

/// The header's 16-bit words add up to 0.
inline void seal(Image& image, int version, std::endian order) {
  const std::size_t at = place(version, "checksum"), n = version == 5 ? 384 : 142;
  image.put(at, std::uint16_t{0});
  std::uint16_t sum = 0;
  for (std::size_t i = 0; i < n; i += 2) {
    const auto a = static_cast<unsigned char>(image.bytes[i]), b = static_cast<unsigned char>(image.bytes[i + 1]);
    sum = static_cast<std::uint16_t>(sum + (order == std::endian::little ? a | b << 8 : b | a << 8));
  }
  image.put(at, static_cast<std::uint16_t>(-sum));
}

inline Image image_of(const Wave& w) {
  const auto at = [&](const char* field) { return place(w.version, field); };
  const std::size_t size = w.samples.size() * width(w.type), end = at("samples") + size + (w.version == 2 ? 16 : 0);
  Image image(end, w.order);
  image.put(0, static_cast<std::int16_t>(w.version));
  image.put(at("wfm"), static_cast<std::int32_t>(w.version == 2 ? 110 + size + 16 : 320 + size));
  image.put(at("note"), static_cast<std::int32_t>(w.note.size()));
  image.put(at("type"), static_cast<std::int16_t>(w.type));
  image.put(at("name"), w.name).put(at("unit"), w.unit).put(at("x_unit"), w.x_unit);
  image.put(at("points"), static_cast<std::int32_t>(w.samples.size()));
  image.put(at("step"), w.step).put(at("start"), w.start);
  if (w.version == 5) image.put(132, static_cast<std::int32_t>(w.samples.size()));
  for (std::size_t k = 0; k < w.samples.size(); ++k)
    put_sample(image, at("samples") + k * width(w.type), w.type, w.samples[k]);
  image.put(end, w.note);
  seal(image, w.version, w.order);
  return image;
}

}  // namespace hillock::test::igor
