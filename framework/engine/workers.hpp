#pragma once
// Work shared by the threads of this process.
#include <cstddef>
#include <functional>

namespace hillock {

/// As many as the machine lets this process run at a time.
std::size_t all_workers();

/// Calls f(0), ..., f(n - 1), in any order, on up to `workers` threads. The first exception ends the calls that have
/// not begun, and is thrown here.
void for_all(std::size_t n, std::size_t workers, const std::function<void(std::size_t)>& f);

}  // namespace hillock
