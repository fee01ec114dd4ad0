#include "results/failure.hpp"

#include <fmt/format.h>

namespace hillock {

std::string status_of(const std::optional<Failure>& failure, double t0_ms) {
  if (!failure) return "ok";
  std::string text = failure->why;
  if (failure->stopped()) text += fmt::format(" at t = {:.10g} ms", failure->at_ms + t0_ms);
  if (!failure->of.empty()) text += fmt::format(" {}", failure->of);
  return text;
}

}  // namespace hillock
