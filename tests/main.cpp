// The main function that every test executable shares.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <filesystem>

#include "places.hpp"
#include "skip.hpp"

namespace hillock::test {
namespace {

bool skipped = false;
constexpr int skip_status = 77;  // SKIP_RETURN_CODE in CMakeLists.txt

}  // namespace

void skip(const char* why) {
  skipped = true;
  MESSAGE("skipped: ", why);
}

bool have_recordings() {
  if (std::filesystem::exists(recordings() + "/summary.csv")) return true;
  skip("no recordings of real cells; set HILLOCK_RECORDINGS to their folder");
  return false;
}

}  // namespace hillock::test

int main(int argc, char** argv) {
  const int status = doctest::Context(argc, argv).run();
  return status == 0 && hillock::test::skipped ? hillock::test::skip_status : status;
}
