#pragma once
// Folders and files outside the tests. Only places.cpp is compiled with their paths, so that a compiler cache serves
// the other tests in any checkout.
#include <string>

namespace hillock::test {

std::string source_folder();  ///< root of the project
std::string build_folder();
std::string program_file();     ///< hillock
std::string shipped_plugins();  ///< folder of the plugins that are installed
std::string test_plugins();     ///< folder of plugins made for tests
std::string broken_plugins();   ///< folder of plugins that must be refused
std::string clang_plugins();    ///< folder of plugins that clang compiled; empty if there are none
std::string libcxx_plugins();   ///< the same with libc++
std::string recordings();       ///< folder of recordings of real cells, which need not exist: $HILLOCK_RECORDINGS

}  // namespace hillock::test
