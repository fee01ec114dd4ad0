#pragma once
// What is the same in every report: the style sheet, and the script that makes plots of the data in the page.
#include <string_view>

namespace hillock {

extern const std::string_view page_style;

/// Reads the element `figures` (JSON), fills the elements `plots-0`, `plots-1`, ... Needs dygraphs.
extern const std::string_view page_script;

}  // namespace hillock
