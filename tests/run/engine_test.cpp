// Units of work in processes of their own.
#include "engine/engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "util/bytes.hpp"
#include "util/error.hpp"

using namespace hillock;

namespace {

struct Number {
  std::uint64_t n = 0;
  std::string pack() const {
    ByteWriter bytes;
    bytes(n);
    return std::move(bytes).bytes();
  }
  static Number unpack(std::string_view record) {
    ByteReader bytes(record);
    Number out;
    bytes(out.n);
    bytes.end();
    return out;
  }
};

/// What is taken of 0, ..., n - 1 in processes of their own. What is lost has 100 more.
std::vector<std::uint64_t> taken(std::size_t n, const std::function<void(std::uint64_t, const Delivery<Number>&)>& run,
                                 std::vector<std::string>& why) {
  const auto number = [](std::string_view unit) { return std::stoull(std::string(unit)); };
  Engine engine(1, nullptr, {}, {}, Isolation{{}, [] {}, [](std::string_view) {}});
  Work<Number> work;
  work.run = [&](std::string_view unit, const Delivery<Number>& to) { run(number(unit), to); };
  work.lost = [&](std::string_view unit, const std::string& of) {
    why.push_back(of);
    return Number{100 + number(unit)};
  };
  work.answers = [&](std::string_view unit, const std::vector<Number>& results) {
    return results.size() == 1 && results[0].n == number(unit);
  };
  std::vector<std::uint64_t> all;
  engine.map(
      n, [](std::size_t k) { return std::to_string(k); }, work,
      [&](Number one, bool lost) {
        CHECK(lost == (one.n >= 100));
        all.push_back(one.n);
      });
  return all;
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE("an isolated unit that gives back what cannot be its results is lost, and none of them is taken") {
    std::vector<std::string> why;
    const auto run = [](std::uint64_t unit, const Delivery<Number>& to) {
      to.result({unit == 3 ? 4 : unit});
      if (unit == 2) to.result({7});
    };
    CHECK(taken(5, run, why) == std::vector<std::uint64_t>{0, 1, 102, 103, 4});
    CHECK(why == std::vector<std::string>(2, "its process gave back what is no result"));
  }

  TEST_CASE("what an isolated unit throws ends the map, with its status") {
    std::vector<std::string> why;
    const auto run = [](std::uint64_t, const Delivery<Number>&) { throw Error("no such thing", Exit::bad_input); };
    try {
      taken(1, run, why);
      FAIL("nothing was thrown");
    } catch (const Error& e) {
      CHECK(e.message() == "no such thing");
      CHECK(e.status() == Exit::bad_input);
    }
  }
}
