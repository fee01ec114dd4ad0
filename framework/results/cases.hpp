#pragma once
// The cases of a run in order: a few as they are, or many that are made when they are asked for.
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "results/result.hpp"

namespace hillock {

class Cases {
 public:
  Cases() = default;
  Cases(std::vector<CaseResult> all)
      : size_(all.size()), all_(std::move(all)) {}  // implicit: a few cases are a vector of them
  Cases(std::initializer_list<CaseResult> all) : Cases(std::vector<CaseResult>(all)) {}
  /// `make` gives case i of `size`; it may be called from several threads. `failed`: those that did not reach their
  /// end, ascending.
  Cases(std::size_t size, std::function<CaseResult(std::size_t)> make, std::vector<std::size_t> failed = {})
      : size_(size), make_(std::move(make)), failed_(std::move(failed)) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Case i, made if it is one of many; else where it lies here.
  std::shared_ptr<const CaseResult> get(std::size_t i) const {
    if (make_) return std::make_shared<const CaseResult>(make_(i));
    return {std::shared_ptr<const void>(), &all_[i]};
  }
  /// Those that did not reach their end, ascending.
  std::vector<std::size_t> failed() const {
    std::vector<std::size_t> all = failed_;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (!all_[i].ok()) all.push_back(i);
    return all;
  }
  /// REQUIRES: a few.
  const CaseResult& operator[](std::size_t i) const { return all_[i]; }
  const CaseResult& at(std::size_t i) const { return all_.at(i); }
  void push_back(CaseResult one) { all_.push_back(std::move(one)), size_ = all_.size(); }

  /// One after the other; of many each is there until the next.
  class Iterator {
   public:
    using value_type = CaseResult;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = const CaseResult*;
    using reference = const CaseResult&;
    Iterator(const Cases& of, std::size_t i) : of_(&of), i_(i) {}
    const CaseResult& operator*() {
      if (!of_->make_) return of_->all_[i_];
      made_ = of_->make_(i_);
      return made_;
    }
    Iterator& operator++() {
      ++i_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return i_ == other.i_; }

   private:
    const Cases* of_;
    std::size_t i_;
    CaseResult made_ = {};
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size_}; }

 private:
  std::size_t size_ = 0;
  std::vector<CaseResult> all_;
  std::function<CaseResult(std::size_t)> make_;
  std::vector<std::size_t> failed_;  // of those that are made
};

}  // namespace hillock
