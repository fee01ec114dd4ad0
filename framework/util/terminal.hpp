#pragma once
// Text on its way to a terminal.
#include <string>
#include <string_view>

namespace hillock {

/// The text with U+FFFD for each character that would steer a terminal and for broken UTF-8; line ends and tabs stay.
/// Titles, keys, columns and names of plugins are other people's words.
std::string harmless(std::string_view text);

}  // namespace hillock
