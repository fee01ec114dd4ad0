#pragma once
// Texts of the user on their way into pictures and pages: made harmless, measured, cut to fit.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hillock {

/// Plain text of one line: control characters become blanks, broken UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

/// Text for HTML and SVG, in elements and in quoted attributes.
std::string markup(std::string_view text);

/// "Time (ms)"; the text alone where the unit is empty or 1.
std::string with_unit(const std::string& text, const std::string& unit);

/// Width in DejaVu Sans of this size; exact for ASCII, near for the rest.
double text_width(std::string_view text, double size);

/// The text, cut with an ellipsis where it is wider than `room`.
std::string fit(const std::string& text, double size, double room);

/// Lines of at most `room`, broken at blanks, at most `most` of them; what is too long all the same is cut.
std::vector<std::string> wrap(const std::string& text, double size, double room, std::size_t most);

}  // namespace hillock
