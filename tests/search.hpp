#pragma once
// Optimizers driven through the boundary, as the conformance kit does it.
#include "verify/search.hpp"

namespace hillock::test {
using namespace hillock::verify;
}
