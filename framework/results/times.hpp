#pragma once
// Sample times: a grid, or any list.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

namespace hillock {

/// The times of samples, ms. Those of a grid are computed where they are looked at and take no memory.
class SampleTimes {
 public:
  SampleTimes() = default;
  SampleTimes(std::vector<double> list) : list_(std::move(list)), size_(list_.size()) {}  // implicit: any times
  SampleTimes(std::initializer_list<double> list) : SampleTimes(std::vector<double>(list)) {}
  /// offset + (k stride) step, k = 0, 1, ..., size - 1: the product of a whole number and the step, rounded as the times of steps are.
  static SampleTimes grid(double offset, double step, std::int64_t stride, std::size_t size) {
    SampleTimes t;
    t.offset_ = offset, t.step_ = step, t.stride_ = stride, t.size_ = size;
    return t;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  double operator[](std::size_t k) const {
    return offset_ + (list_.empty() ? static_cast<double>(static_cast<std::int64_t>(k) * stride_) * step_ : list_[k]);
  }
  double front() const { return (*this)[0]; }
  double back() const { return (*this)[size_ - 1]; }
  /// Leaves the first ones. REQUIRES: there are so many.
  void shorten(std::size_t size) {
    size_ = size;
    if (!list_.empty()) list_.resize(size);
  }
  void shift(double by_ms) { offset_ += by_ms; }
  std::vector<double> list() const { return {begin(), end()}; }

  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = double;
    using difference_type = std::ptrdiff_t;
    using pointer = const double*;
    using reference = double;
    iterator() = default;
    iterator(const SampleTimes& of, std::size_t k) : of_(&of), k_(k) {}
    double operator*() const { return (*of_)[k_]; }
    iterator& operator++() { return ++k_, *this; }
    iterator operator++(int) {
      const iterator before = *this;
      ++k_;
      return before;
    }
    bool operator==(const iterator&) const = default;

   private:
    const SampleTimes* of_ = nullptr;
    std::size_t k_ = 0;
  };
  iterator begin() const { return {*this, 0}; }
  iterator end() const { return {*this, size_}; }

 private:
  std::vector<double> list_;  // empty: a grid
  double offset_ = 0, step_ = 0;
  std::int64_t stride_ = 1;
  std::size_t size_ = 0;
};

}  // namespace hillock
