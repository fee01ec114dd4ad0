#include "util/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "util/terminal.hpp"

namespace hillock {
namespace {

// Longer lines are cut around the place: a caret that the terminal has wrapped away points at nothing.
constexpr int widest_line = 160, columns_before = 70, columns_after = 80;

/// A character of a line: its bytes, and how many columns of a terminal it takes.
struct Glyph {
  std::string text;
  int width = 1;
};

bool within(std::uint32_t c, std::uint32_t low, std::uint32_t high) { return low <= c && c <= high; }

/// Combining marks take no column, the wide forms of East Asian writing two (Unicode annex 11, the large blocks only).
int columns(std::uint32_t c) {
  if (within(c, 0x300, 0x36f) || within(c, 0x200b, 0x200f) || within(c, 0x20d0, 0x20ff) || within(c, 0xfe00, 0xfe0f))
    return 0;
  const bool wide = within(c, 0x1100, 0x115f) || within(c, 0x2e80, 0xa4cf) || within(c, 0xac00, 0xd7a3) ||
                    within(c, 0xf900, 0xfaff) || within(c, 0xfe30, 0xfe6f) || within(c, 0xff00, 0xff60) ||
                    within(c, 0xffe0, 0xffe6) || within(c, 0x1f300, 0x1faff) || within(c, 0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

/// The characters of a line. What a terminal must not be sent (control characters, broken UTF-8) becomes U+FFFD.
std::vector<Glyph> glyphs(std::string_view line) {
  std::vector<Glyph> out;
  for (std::size_t i = 0; i < line.size();) {
    const auto lead = static_cast<unsigned char>(line[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc0 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf8 ? 4
                                             : 0;
    bool good = length > 0 && i + length <= line.size() && (lead >= 0x20 || lead == '\t') && lead != 0x7f;
    std::uint32_t c = length < 2 ? lead : lead & (0x7fu >> length);
    for (std::size_t k = 1; good && k < length; ++k) {
      const auto next = static_cast<unsigned char>(line[i + k]);
      good = (next & 0xc0) == 0x80;
      c = c << 6 | (next & 0x3fu);
    }
    if (good && !within(c, 0x80, 0x9f)) {
      out.push_back({std::string(line.substr(i, length)), columns(c)});
    } else {
      out.push_back({"\xef\xbf\xbd", 1});
    }
    i += good ? length : 1;
  }
  return out;
}

/// The line with its number, and below it the caret and the hint.
std::string excerpt(const Place& place, const std::string& hint) {
  const std::vector<Glyph> line = glyphs(place.source->lines[static_cast<std::size_t>(place.line - 1)]);
  const int size = static_cast<int>(line.size());
  // one past the end is a place too: something is missing there
  const int at = std::clamp(place.column - 1, 0, size);
  int begin = 0, end = size;
  if (size > widest_line) {
    begin = std::max(0, at - columns_before);
    end = std::min(size, at + columns_after);
  }
  std::string text = begin > 0 ? "…" : "", under = begin > 0 ? " " : "";
  for (int i = begin; i < end; ++i) {
    const Glyph& glyph = line[static_cast<std::size_t>(i)];
    text += glyph.text;
    if (i < at) {
      // a copied tab keeps the caret in its column, whatever the tab stops are
      under += glyph.text == "\t" ? std::string("\t") : std::string(static_cast<std::size_t>(glyph.width), ' ');
    } else if (i == at) {
      under += '^' + std::string(static_cast<std::size_t>(std::max(glyph.width - 1, 0)), '~');
    } else if (i < at + place.length) {
      under.append(static_cast<std::size_t>(glyph.width), '~');
    }
  }
  if (at >= end) { under += '^'; }
  if (end < size) { text += "…"; }
  const std::string number = fmt::format("{:>4}", place.line);
  return fmt::format("\n{} | {}\n{} | {}{}{}", number, text, std::string(number.size(), ' '), under,
                     hint.empty() ? "" : " ", hint);
}

std::string render(const Place& place, const std::string& message, const std::string& hint) {
  const std::string tail = hint.empty() ? "" : " - " + hint;
  if (!place) return "error: " + message + tail;
  if (place.line < 1) {  // the source as a whole
    return fmt::format("{}: error: {}{}", place.source->name, message, tail);
  }
  const std::string head = fmt::format("{}:{}:{}: error: {}", place.source->name, place.line, place.column, message);
  if (place.line > static_cast<int>(place.source->lines.size())) return head + tail;
  return head + excerpt(place, hint);
}

/// A text of several lines that a sentence quotes, on one line.
std::string one_line(std::string text) {
  const auto both_end = [](char a, char b) { return a == '\n' && b == '\n'; };
  text.erase(std::unique(text.begin(), text.end(), both_end), text.end());
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Edits between two names (optimal string alignment), where a difference in case alone counts as one edit in all.
std::size_t distance(std::string_view a, std::string_view b) {
  if (std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); }))
    return a == b ? 0 : 1;
  std::array<std::vector<std::size_t>, 3> rows;  // before last, last, this
  for (auto& row : rows) row.resize(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) rows[1][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& [two, last, now] = rows;
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) { now[j] = std::min(now[j], two[j - 2] + 1); }
    }
    std::rotate(rows.begin(), rows.begin() + 1, rows.end());
  }
  return rows[1][b.size()];
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    for (const Glyph& glyph : glyphs(text.substr(at, end - at))) out += glyph.text;
    if (end < text.size()) out += '\n';
    at = end + 1;
  }
  return out;
}

Error::Error(Place place, std::string message, std::string hint, Exit status)
    : place_(std::move(place)),
      message_(one_line(std::move(message))),
      hint_(one_line(std::move(hint))),
      text_(render(place_, message_, hint_)),
      status_(status) {}

Error::Error(std::string message, Exit status) : Error(Place{}, std::move(message), {}, status) {}

std::string nearest(std::string_view found, const std::vector<std::string>& known) {
  std::string best;
  std::size_t fewest = 3;
  for (const std::string& name : known) {
    const std::size_t longer = std::max(found.size(), name.size());
    if (longer > std::min(found.size(), name.size()) + 2 || longer > 256) continue;
    const std::size_t edits = distance(found, name);
    // 'd' is not a slip for 'a': something of the name must be left, unless only the case differs
    const bool shares = edits < longer || (found.size() == 1 && name.size() == 1 && lower(found[0]) == lower(name[0]));
    if (edits < fewest && shares) {
      fewest = edits;
      best = name;
    }
  }
  return best;
}

std::string suggest(std::string_view found, const std::vector<std::string>& known) {
  constexpr std::size_t most = 20;
  if (known.empty()) return {};
  if (const std::string name = nearest(found, known); !name.empty()) return fmt::format("did you mean '{}'?", name);
  const auto end = known.begin() + static_cast<std::ptrdiff_t>(std::min(known.size(), most));
  return fmt::format("known: {}{}", fmt::join(known.begin(), end, ", "), known.size() > most ? ", …" : "");
}

}  // namespace hillock
