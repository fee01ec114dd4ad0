#pragma once
// What a shell is told of the program, made from the texts of its command line.
#include <CLI/CLI.hpp>
#include <string>

namespace hillock {

/// The manual page hillock(1), in the language of man.
std::string man_page(const CLI::App& app);
/// A script by which bash completes commands, options, roles and ids.
std::string bash_completion(const CLI::App& app);

}  // namespace hillock
