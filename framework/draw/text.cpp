#include "draw/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace hillock {
namespace {

/// One character of UTF-8 at the front of `text`, taken off it; nullopt (and one byte taken) if there is none.
std::optional<std::uint32_t> next_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  bool good = length > 0 && length <= text.size();
  std::uint32_t c = length < 2 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xc0) == 0x80;
    c = c << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  good = good && c >= least[length] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
  text.remove_prefix(good ? length : 1);
  return good ? std::optional(c) : std::nullopt;
}

/// Advance of a character of DejaVu Sans in thousandths of the font size.
double advance(std::uint32_t c) {
  // clang-format off
  constexpr std::array<short, 95> ascii{  // from the font's own table, ' ' to '~'
      318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
      636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557,
      863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550,
      635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525,
      636, 337, 636, 838};
  // clang-format on
  if (c >= 32 && c < 127) return ascii[c - 32];
  if (c >= 0x300 && c < 0x370) return 0;  // combining marks
  return c >= 0x1100 && c < 0x2000 ? 700 : c >= 0x2e80 ? 1000 : c == 0x2212 || c == 0x2026 ? 900 : 640;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const auto c = next_character(text);
    if (!c || *c == 0xfffe || *c == 0xffff) {
      out += "\xef\xbf\xbd";
    } else if (*c < 0x20 || (*c >= 0x7f && *c < 0xa0)) {
      out += ' ';
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::string markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string with_unit(const std::string& text, const std::string& unit) {
  return unit.empty() || unit == "1" ? text : text + " (" + unit + ")";
}

double text_width(std::string_view text, double size) {
  double sum = 0;
  while (!text.empty()) sum += advance(next_character(text).value_or(0xfffd));
  return sum * size / 1000;
}

std::string fit(const std::string& text, double size, double room) {
  if (text_width(text, size) <= room) return text;
  room -= advance(0x2026) * size / 1000;
  std::string_view rest = text;
  double sum = 0;
  while (!rest.empty()) {
    std::string_view after = rest;
    sum += advance(next_character(after).value_or(0xfffd)) * size / 1000;
    if (sum > room) break;
    rest = after;
  }
  std::string out = text.substr(0, text.size() - rest.size());
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out + "…";
}

std::vector<std::string> wrap(const std::string& text, double size, double room, std::size_t most) {
  if (text.find_first_not_of(' ') != std::string::npos && text_width(text, size) <= room) return {text};
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find(' ', i), text.size());
    const std::string word = text.substr(i, end - i);
    i = std::min(end + 1, text.size());
    if (word.empty()) continue;
    if (!lines.empty() && (lines.size() == most || text_width(lines.back() + ' ' + word, size) <= room)) {
      lines.back() += ' ' + word;
    } else {
      lines.push_back(word);
    }
  }
  for (std::string& line : lines) line = fit(line, size, room);
  return lines;
}

}  // namespace hillock
