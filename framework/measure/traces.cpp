#include "measure/traces.hpp"

#include <utility>

namespace hillock {

SampleRange samples_within(const Sampled& trace, double from_ms, double to_ms) {
  const auto first_at = [&](double t_ms) {
    const double k = std::ceil((t_ms - trace.t0_ms) / trace.dt_ms - sample_slack);
    return static_cast<std::size_t>(std::clamp(k, 0.0, static_cast<double>(trace.values.size())));
  };
  const std::size_t begin = first_at(from_ms);
  return {begin, std::max(begin, first_at(to_ms))};
}

bool all_finite(const Sampled& trace, SampleRange range, Stretches unscored) {
  bool all = true;
  each_outside(trace, range, unscored, [&](std::size_t k) { all &= std::isfinite(trace.values[k]); });
  return all;
}

PairedTraces::PairedTraces(const Sampled& model, const Sampled& data, double from_ms, double to_ms, SpikeCuts cuts,
                           Stretches unscored)
    : model_(model),
      data_(data),
      cuts_(std::move(cuts)),
      range_(samples_within(data, from_ms, to_ms)),
      unscored_(unscored),
      side_by_side_(model.t0_ms == data.t0_ms && model.dt_ms == data.dt_ms && cuts_.spikes_ms.empty() &&
                    unscored.empty()) {
  if (unscored_.empty()) samples_ = range_.count();
  else each_outside(data_, range_, unscored_, [&](std::size_t) { ++samples_; });
  if (samples_ == 0) {
    why_ = "not defined: the data have no samples in the window";
    return;
  }
  if (!all_finite(data, range_, unscored_)) {
    why_ = "not defined: the data's trace is not finite in the window";
    return;
  }
  // Positions of the first and the last time in the model's trace. One interval before its first and after its last
  // sample, these are held: a trace recorded every 0.2 ms up to 99.8 ms does cover the sample at 99.95 ms.
  const double first = (data.at_ms(range_.begin) - model.t0_ms) / model.dt_ms;
  const double last = (data.at_ms(range_.end - 1) - model.t0_ms) / model.dt_ms;
  const double size = static_cast<double>(model.values.size());
  if (size == 0 || first < -1 - sample_slack || last > size + sample_slack) {
    why_ = "not defined: the model's trace does not cover the data in the window";
    return;
  }
  const auto sample = [&](double k) { return static_cast<std::size_t>(std::clamp(k, 0.0, size - 1)); };
  const SampleRange used{sample(std::floor(first + sample_slack)), sample(std::ceil(last - sample_slack)) + 1};
  if (!all_finite(model, used)) why_ = "not defined: the model's trace is not finite in the window";
}

bool is_mean_square(std::string_view measure) { return measure == "mse" || measure == "rmse"; }

double of_squares(std::string_view measure, double sum, double samples) {
  return measure == "mse" ? sum / samples : std::sqrt(sum / samples);
}

}  // namespace hillock
