#pragma once
// Linear regressions: least squares to full accuracy, and ridges of many unknowns.
#include <Eigen/Dense>
#include <algorithm>
#include <stdexcept>

namespace hillock::forecasting {

/// Least squares by orthogonal transformations, rows taken block by block: the accuracy of a QR decomposition in the
/// memory of one block. The first k columns by themselves are the fit with k unknowns.
class LeastSquares {
 public:
  /// `columns` unknowns.
  explicit LeastSquares(Eigen::Index columns)
      : columns_(columns), block_(std::max<Eigen::Index>(4 * columns, 512), columns + 1) {}
  /// A row of which the caller fills the columns, and then the right-hand side.
  auto row() {
    if (used_ == block_.rows()) reduce();
    ++rows_;
    return block_.row(used_++);
  }
  std::size_t rows() const { return rows_; }
  /// Sum of squares that the first k columns leave.
  double left(Eigen::Index k) {
    reduce();
    return block_.col(columns_).segment(k, columns_ + 1 - k).squaredNorm();
  }
  Eigen::VectorXd solve(Eigen::Index k) {
    reduce();
    Eigen::VectorXd x = Eigen::VectorXd::Zero(k);
    for (Eigen::Index i = k; i-- > 0;)
      if (block_(i, i) != 0)
        x[i] = (block_(i, columns_) - block_.row(i).segment(i + 1, k - i - 1).dot(x.tail(k - i - 1))) / block_(i, i);
    return x;
  }

 private:
  /// Householder's reflections make the block triangular.
  void reduce() {
    const Eigen::Index kept = columns_ + 1;
    if (triangular_ && used_ == kept) return;
    if (used_ < kept) block_.middleRows(used_, kept - used_).setZero();
    used_ = std::max(used_, kept);
    Eigen::VectorXd v;
    for (Eigen::Index k = 0; k < kept; ++k) {
      const Eigen::Index below = used_ - k;
      v = block_.col(k).segment(k, below);
      const double norm = v.norm();
      // rounding leaves so much of a column that others make up; taken for more, it shrinks with each further one
      // until its square vanishes
      constexpr double nothing = 1e-14;
      if (norm <= nothing * block_.col(k).head(used_).norm()) {
        block_.col(k).segment(k, below).setZero();
        continue;
      }
      const double pivot = v[0] > 0 ? -norm : norm;
      v[0] -= pivot;
      const double scale = 2 / v.squaredNorm();
      for (Eigen::Index j = k + 1; j < kept; ++j) {
        auto column = block_.col(j).segment(k, below);
        const double along = scale * v.dot(column);
        column -= along * v;
      }
      block_(k, k) = pivot;
      block_.col(k).segment(k + 1, below - 1).setZero();
    }
    used_ = kept;
    triangular_ = true;
  }
  Eigen::Index columns_, used_ = 0;
  std::size_t rows_ = 0;
  bool triangular_ = false;
  Eigen::MatrixXd block_;
};

/// Ridge regression (Hoerl & Kennard 1970) by the normal equations, which several ridges then share.
class Ridge {
 public:
  explicit Ridge(Eigen::Index columns)
      : gram_(Eigen::MatrixXd::Zero(columns, columns)), moment_(Eigen::VectorXd::Zero(columns)) {}
  /// Rows of features, and what each should give.
  void add(const Eigen::MatrixXd& rows, const Eigen::VectorXd& wanted) {
    gram_.selfadjointView<Eigen::Lower>().rankUpdate(rows.transpose());
    moment_.noalias() += rows.transpose() * wanted;
    n_ += rows.rows();
  }
  /// The same without rows that were added to `part` as well.
  Ridge without(const Ridge& part) const {
    Ridge rest = *this;
    rest.gram_ -= part.gram_, rest.moment_ -= part.moment_, rest.n_ -= part.n_;
    return rest;
  }
  /// The weights for a ridge in units of the mean square of the features; empty if the equations have no solution in
  /// these numbers.
  Eigen::VectorXd solve(double ridge) const {
    Eigen::MatrixXd a = gram_;
    a.diagonal().array() += ridge * static_cast<double>(n_);
    const Eigen::LLT<Eigen::MatrixXd> factors(a);
    if (factors.info() != Eigen::Success) return {};
    Eigen::VectorXd w = factors.solve(moment_);
    if (!w.allFinite()) return {};
    return w;
  }

 private:
  Eigen::MatrixXd gram_;
  Eigen::VectorXd moment_;
  Eigen::Index n_ = 0;
};

}  // namespace hillock::forecasting
