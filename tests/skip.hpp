#pragma once
// Test cases that cannot run here.

namespace hillock::test {

/// Prints "skipped: " and the reason. If nothing fails, the program then ends with status 77, which ctest shows as
/// skipped. The test case returns after it: `return skip("gnuplot is not installed");`
void skip(const char* why);

/// Whether recordings of real cells are at hand; skips the test case if not.
bool have_recordings();

}  // namespace hillock::test
