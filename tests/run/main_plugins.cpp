// The models made for tests are at hand beside those that ship.
#include <cstdlib>

#include "places.hpp"

namespace {

const int at_hand = ::setenv("HILLOCK_PLUGIN_PATH", hillock::test::test_plugins().c_str(), 1);

}  // namespace
