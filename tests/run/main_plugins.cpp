// The models made for tests are at hand beside those that ship.
#include <cstdlib>

namespace {

const int at_hand = ::setenv("HILLOCK_PLUGIN_PATH", HILLOCK_TEST_PLUGINS, 1);

}  // namespace
