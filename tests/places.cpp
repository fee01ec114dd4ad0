#include "places.hpp"

#include <cstdlib>

namespace hillock::test {

std::string source_folder() { return HILLOCK_SOURCE_DIR; }
std::string build_folder() { return HILLOCK_BUILD_DIR; }
std::string program_file() { return build_folder() + "/bin/hillock"; }
std::string shipped_plugins() { return build_folder() + "/lib/hillock/plugins"; }
std::string test_plugins() { return build_folder() + "/tests/plugins"; }
std::string broken_plugins() { return build_folder() + "/tests/broken_plugins"; }
std::string clang_plugins() { return HILLOCK_CLANG_PLUGINS; }
std::string libcxx_plugins() { return HILLOCK_LIBCXX_PLUGINS; }
std::string recordings() {
  const char* given = std::getenv("HILLOCK_RECORDINGS");
  return given != nullptr ? given : source_folder() + "/../shared/recordings";
}

}  // namespace hillock::test
