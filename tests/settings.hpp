#pragma once
// Options of a plugin as a user would choose them: what the conformance kit drives plugins with.
#include "verify/settings.hpp"

namespace hillock::test {
using namespace hillock::verify;
}
