#pragma once
// Sample times: a grid, or any list.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace hillock {

/// The times of samples, ms. Those of a grid are computed where they are looked at and take no memory.
class SampleTimes {
 public:
  SampleTimes() = default;
  SampleTimes(std::vector<double> list)  // implicit: any times
      : list_(std::make_shared<const std::vector<double>>(std::move(list))), size_(list_->size()) {}
  SampleTimes(std::initializer_list<double> list) : SampleTimes(std::vector<double>(list)) {}
  /// offset + (k stride) step, k = 0, 1, ..., size - 1: the product of a whole number and the step, rounded as the
  /// times of steps are.
  static SampleTimes grid(double offset, double step, std::int64_t stride, std::size_t size) {
    SampleTimes t;
    t.offset_ = offset, t.step_ = step, t.stride_ = stride, t.size_ = size;
    return t;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  double operator[](std::size_t k) const {
    return offset_ + (list_ ? (*list_)[k] : static_cast<double>(static_cast<std::int64_t>(k) * stride_) * step_);
  }
  double front() const { return (*this)[0]; }
  double back() const { return (*this)[size_ - 1]; }
  /// Leaves the first ones. REQUIRES: there are so many.
  void shorten(std::size_t size) { size_ = size; }
  void shift(double by_ms) { offset_ += by_ms; }
  std::vector<double> list() const {
    std::vector<double> all(size_);
    for (std::size_t k = 0; k < size_; ++k) all[k] = (*this)[k];
    return all;
  }

 private:
  std::shared_ptr<const std::vector<double>> list_;  // that copies share; null: a grid
  double offset_ = 0, step_ = 0;
  std::int64_t stride_ = 1;
  std::size_t size_ = 0;
};

}  // namespace hillock
