#include "purpose/fit/squares.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "hillock/pack.hpp"
#include "measure/traces.hpp"

namespace hillock {

std::optional<SquaresPlan> SquaresPlan::of(const FitBlock& block, const Target& target, double every_ms,
                                           std::size_t samples) {
  const Recording& recording = *target.data;
  const ScoredWindow& data = target.train;
  if (!looks_at_squares(block) || !data.voltage || samples == 0) return {};
  const Sampled& trace = *data.voltage;
  const SampleRange range = samples_within(trace, data.from_ms, data.to_ms);
  std::vector<std::pair<double, double>> unscored(data.unscored.begin(), data.unscored.end());
  if (!all_finite(trace, range, unscored)) return {};
  SquaresPlan plan;
  if (block.cut) {
    unscored = cut_out(*block.cut, data, std::move(unscored), data.spikes_ms);
    if (!block.reset_at_data) plan.around_ = block.cut;
  }
  plan.t0_ms_ = recording.t0_ms, plan.from_ms_ = data.from_ms, plan.to_ms_ = data.to_ms;
  // times alone are looked at
  const Sampled run{recording.t0_ms, every_ms, {static_cast<const double*>(nullptr), samples}};
  bool on_samples = true;
  each_outside(trace, range, unscored, [&](std::size_t k) {
    const double t = trace.at_ms(k), after = (t - run.t0_ms) / every_ms - static_cast<double>(samples);
    const TracePoint point = point_at(run, t);
    on_samples = on_samples && point.part == 0 && t >= run.t0_ms - sample_slack && after <= sample_slack;
    const auto recorded = static_cast<std::size_t>(static_cast<double>(point.k) * every_ms / recording.dt_ms + 1e-6);
    plan.at_.push_back(point.k);
    plan.looked_at_ms_.push_back(t + sample_slack * trace.dt_ms);
    plan.data_.push_back(trace.values[k]);
    plan.current_pA_.push_back(recording.current_pA[std::min(recorded, recording.current_pA.size() - 1)]);
  });
  if (!on_samples) return {};
  return plan;
}

SquaresInLanes::SquaresInLanes(const SquaresPlan& plan, const std::vector<ReadoutBlock>& readouts)
    : plan_(plan),
      neurons_(readouts.size()),
      width_((neurons_ + HK_LANES - 1) / HK_LANES * HK_LANES),
      scale_(width_, 1.0),
      shift_(width_, 0.0),
      series_(width_, 0.0),
      sum_(width_, 0.0),
      count_(width_, 0.0),
      until_(width_, 0.0),
      spikes_(neurons_, 0) {
  for (std::size_t i = 0; i < neurons_; ++i) {
    maps_ = maps_ || readouts[i].is_map();
    scale_[i] = readouts[i].scale, shift_[i] = readouts[i].shift_mV, series_[i] = 1e-3 * readouts[i].series_MOhm;
  }
}

void SquaresInLanes::hear(const NewSamples& heard) {
  if (plan_.around_) take_spikes(*heard.runs);
  const auto& at = plan_.at_;
  const double known_ms = plan_.t0_ms_ + heard.until_ms - (plan_.around_ ? plan_.around_->before_ms : 0);
  // rows that wait come first
  std::size_t waiting = waiting_.size() / width_, row = 0;
  for (; next_ < at.size() && row < waiting && plan_.looked_at_ms_[next_] < known_ms; ++row)
    add(waiting_.data() + row * width_);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(row * width_));
  waiting = waiting_.size() / width_;
  std::vector<double> padded(width_, 0.0);
  for (std::size_t j = next_ + waiting; j < at.size() && at[j] < heard.first + heard.count; ++j) {
    const double* values = heard.values + (at[j] - heard.first) * neurons_;
    std::copy_n(values, neurons_, padded.data());
    if (waiting_.empty() && (!plan_.around_ || plan_.looked_at_ms_[j] < known_ms)) add(padded.data());
    else waiting_.insert(waiting_.end(), padded.begin(), padded.end());
  }
}

std::vector<Squares> SquaresInLanes::sums() {
  for (std::size_t row = 0; row < waiting_.size() / width_; ++row) add(waiting_.data() + row * width_);
  waiting_.clear();
  std::vector<Squares> out(neurons_);
  for (std::size_t i = 0; i < neurons_; ++i)
    out[i] = {sum_[i], plan_.around_ ? count_[i] : static_cast<double>(plan_.at_.size())};
  return out;
}

void SquaresInLanes::take_spikes(const std::vector<Trajectory>& runs) {
  const auto sample = [&](double t_ms) {
    const auto& times = plan_.looked_at_ms_;
    return static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), t_ms) - times.begin());
  };
  const std::size_t before = cuts_.size();
  for (std::size_t i = 0; i < neurons_; ++i)
    for (std::size_t& taken = spikes_[i]; taken < runs[i].spikes_ms.size(); ++taken) {
      const double t = runs[i].spikes_ms[taken] + plan_.t0_ms_;
      const double from = std::max(t - plan_.around_->before_ms, plan_.from_ms_),
                   to = std::min(t + plan_.around_->after_ms, plan_.to_ms_);
      if (from < to) cuts_.push_back({sample(from), sample(to), i});
    }
  if (cuts_.size() == before) return;
  cuts_.erase(cuts_.begin(), cuts_.begin() + static_cast<std::ptrdiff_t>(begun_));
  begun_ = 0;
  std::sort(cuts_.begin(), cuts_.end(), [](const Cut& a, const Cut& b) { return a.from < b.from; });
}

void SquaresInLanes::add(const double* row) {
  const std::size_t j = next_++;
  for (; begun_ < cuts_.size() && cuts_[begun_].from <= j; ++begun_) {
    double& until = until_[cuts_[begun_].lane];
    until = std::max(until, static_cast<double>(cuts_[begun_].to));
  }
  const Pack data(plan_.data_[j]), current(plan_.current_pA_[j]), now(static_cast<double>(j));
  // products are rounded before they are added, as in sums over one trace
  for (std::size_t lane = 0; lane < width_; lane += HK_LANES) {
    Pack v = Pack::load(row + lane);
    if (maps_)
      v = Pack(Pack(Pack::load(&scale_[lane]) * v) + Pack::load(&shift_[lane])) +
          Pack(Pack::load(&series_[lane]) * current);
    const Pack apart = v - data;
    Pack square = apart * apart;
    if (plan_.around_) {
      const PackMask scored = now >= Pack::load(&until_[lane]);
      square = select(scored, square, Pack(0.0));
      (Pack::load(&count_[lane]) + select(scored, Pack(1.0), Pack(0.0))).store(&count_[lane]);
    }
    (Pack::load(&sum_[lane]) + square).store(&sum_[lane]);
  }
}

}  // namespace hillock
