#pragma once
// Algorithms of NLopt (Johnson, https://github.com/stevengj/nlopt) behind ask and tell. NLopt calls the loss, so each
// search runs on a thread of its own, which hands a candidate over and waits for its loss. One of the two threads runs
// at a time.
#define EIGEN_DONT_VECTORIZE  // the matrices are small, and GCC warns of what it makes of its own AVX-512 header
#include <nlopt.h>
#include <signal.h>
#include <Eigen/Dense>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "common.hpp"

namespace hillock::search {

/// Runs a function that calls its loss, and turns the calls into ask and tell.
class CalledSearch {
 public:
  /// Evaluates a point; the gradient is filled if it is not empty. False: the search is to end.
  using Evaluate = std::function<bool(const Vector& x, double& loss, Vector& gradient)>;
  /// Returns why it has finished.
  using Body = std::function<std::string(const Evaluate&)>;

  explicit CalledSearch(Body body) : body_(std::move(body)) {}
  CalledSearch(const CalledSearch&) = delete;
  CalledSearch& operator=(const CalledSearch&) = delete;
  ~CalledSearch() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  /// The candidate that waits for its loss; none: the search has finished. Throws what the search has thrown.
  Batch ask() {
    if (!thread_.joinable()) begin();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == Turn::host; });
    if (thrown_) std::rethrow_exception(thrown_);
    return finished_ ? Batch{} : Batch{x_};
  }
  void tell(double loss, const Vector& gradient) {
    {
      const std::lock_guard lock(mutex_);
      loss_ = loss;
      gradient_ = gradient;
      turn_ = Turn::search;
    }
    changed_.notify_all();
  }
  const std::string& ended() const { return why_; }

 private:
  enum class Turn { host, search };

  void begin() {
    // Signals such as Ctrl-C belong to the host's threads. Those of a crash stay open: they find the thread at fault.
    sigset_t all, before;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    try {
      thread_ = std::thread([this] { run(); });
    } catch (...) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void run() {
    std::exception_ptr thrown;
    std::string why;
    try {
      why = body_([this](const Vector& x, double& loss, Vector& gradient) { return evaluate(x, loss, gradient); });
    } catch (...) { thrown = std::current_exception(); }
    {
      const std::lock_guard lock(mutex_);
      thrown_ = thrown;
      why_ = why;
      finished_ = true;
      turn_ = Turn::host;
    }
    changed_.notify_all();
  }

  bool evaluate(const Vector& x, double& loss, Vector& gradient) {
    std::unique_lock lock(mutex_);
    if (closing_) return false;
    x_ = x;
    turn_ = Turn::host;
    changed_.notify_all();
    changed_.wait(lock, [&] { return turn_ == Turn::search || closing_; });
    if (turn_ != Turn::search) return false;
    loss = loss_;
    if (!gradient.empty()) gradient = gradient_;
    return true;
  }

  Body body_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Turn turn_ = Turn::search;
  bool closing_ = false, finished_ = false;
  Vector x_, gradient_;
  double loss_ = 0;
  std::exception_ptr thrown_;
  std::string why_;
  std::thread thread_;
};

/// Which algorithm of NLopt, and how.
struct NloptRules {
  nlopt_algorithm algorithm;
  bool gradient = false, restarts = true;
  bool local = true;  ///< converges to the minimum near its start, so that a repetition from there is worth while
  double step = 0.2;  ///< of the first candidates, in widths of the box
  double tolerance = 1e-10;    ///< a run has converged when its steps are below this part of the box
  bool axes = false;           ///< turn and scale the coordinates by the curvature that differences of the loss show
  std::size_t population = 0;  ///< of a global algorithm; doubled at each restart
};

/// Runs of an NLopt algorithm, one after another until the host ends them.
class NloptRuns {
 public:
  NloptRuns(const Problem& problem, const NloptRules& rules)
      : problem_(problem), rules_(rules), draws_(problem.seed, 0), population_(rules.population) {
    // Powell's algorithms want two numbers: a single one gets an idle companion.
    size_ = rules.algorithm == NLOPT_LN_BOBYQA ? std::max<std::size_t>(problem.n, 2) : problem.n;
  }

  std::string operator()(const CalledSearch::Evaluate& evaluate) {
    evaluate_ = &evaluate;
    Vector x = problem_.start.empty() ? draws_.point(problem_.n) : problem_.start;
    for (;;) {
      double first = failed;
      Vector gradient(rules_.gradient ? problem_.n : 0);
      while (!(first < failed)) {  // NLopt needs a number to begin with
        if (!evaluate(x, first, gradient)) return {};
        if (!(first < failed)) x = draws_.point(problem_.n);
      }
      begin_search(x, first, gradient);
      const double before = best_loss_;
      hear(x, first);
      std::string why = run(x);
      if (why == out_of_time) why = turned_runs();
      if (stopped_) return {};
      if (!rules_.restarts) return why;
      // A search that has found something new is repeated from there, with fresh steps: it may have ended early.
      const bool found = best_loss_ < before - 1e-9 * std::abs(before) || !(before < failed);
      x = rules_.local && found ? best_x_ : draws_.point(problem_.n);
      population_ *= 2;
    }
  }

 private:
  static constexpr const char* out_of_time = "out of time";  // of a run that may be too slow

  void begin_search(const Vector& x, double loss, const Vector& gradient) {
    known_x_ = x;
    known_loss_ = loss;
    known_gradient_ = gradient;
    here_x_ = x;
    here_loss_ = loss;
    axes_.resize(0, 0);
    reach_ = 0.05;
    patient_ = false;
  }

  /// A slow run is followed by others in coordinates of their own, as long as they find something, and then by a
  /// patient one in those of the box.
  std::string turned_runs() {
    for (;;) {
      const double before = here_loss_;
      if (!find_axes()) return {};
      const std::string why = run(here_x_);
      if (stopped_ || !(here_loss_ < before - 1e-12 * std::abs(before))) break;
    }
    axes_.resize(0, 0);
    patient_ = true;
    return stopped_ ? "" : run(here_x_);
  }

  std::string run(const Vector& from) {
    const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> opt(
        nlopt_create(rules_.algorithm, static_cast<unsigned>(size_)), nlopt_destroy);
    if (!opt) throw std::runtime_error("NLopt cannot make the algorithm");
    opt_ = opt.get();
    // The generator of NLopt belongs to the thread.
    nlopt_srand(static_cast<unsigned long>(draws_.uniform() * 4294967296.0));
    // in coordinates of its own, the origin is where the run begins, and the walls are mirrors
    const bool own = axes_.size() > 0;
    centre_ = Eigen::Map<const Eigen::VectorXd>(from.data(), static_cast<Eigen::Index>(from.size()));
    require(nlopt_set_lower_bounds1(opt_, own ? -20 : 0));
    require(nlopt_set_upper_bounds1(opt_, own ? 20 : 1));
    if (rules_.axes && !patient_) require(nlopt_set_maxeval(opt_, static_cast<int>(60 * problem_.n)));
    require(nlopt_set_xtol_abs1(opt_, rules_.tolerance));
    require(nlopt_set_min_objective(opt_, called, this));
    if (rules_.local) require(nlopt_set_initial_step1(opt_, rules_.step));
    if (population_ > 0)
      require(nlopt_set_population(opt_, static_cast<unsigned>(std::min<std::size_t>(population_, 1u << 24))));
    if (rules_.gradient) require(nlopt_set_vector_storage(opt_, 10));  // its own choice is megabytes
    Vector x = own ? Vector(problem_.n, 0) : from;
    x.resize(size_, own ? 0 : 0.5);
    double least = 0;
    calls_ = 0;
    const nlopt_result result = nlopt_optimize(opt_, x.data(), &least);
    if (thrown_) std::rethrow_exception(thrown_);
    if (stopped_) return {};
    if (calls_ == 0 || result == NLOPT_INVALID_ARGS || result == NLOPT_OUT_OF_MEMORY) {
      const char* message = nlopt_get_errmsg(opt_);
      throw std::runtime_error(std::string("NLopt: ") + (message ? message : nlopt_result_to_string(result)));
    }
    if (result == NLOPT_MAXEVAL_REACHED) return out_of_time;
    if (result == NLOPT_XTOL_REACHED) return "step below tolerance";
    return result > 0 ? "converged" : "NLopt's algorithm ended early: rounding errors or a failed line search";
  }
  void require(nlopt_result result) {
    if (result < 0) throw std::runtime_error(std::string("NLopt: ") + nlopt_result_to_string(result));
  }

  static double called(unsigned, const double* x, double* gradient, void* self) {
    return static_cast<NloptRuns*>(self)->call(x, gradient);
  }
  /// No exception may pass through NLopt, which is C.
  double call(const double* x, double* gradient) noexcept {
    try {
      if (!stopped_) {
        double loss = 0;
        if (value(place(Vector(x, x + problem_.n)), loss, gradient)) return loss;
        stopped_ = true;
      }
    } catch (...) {
      thrown_ = std::current_exception();
      stopped_ = true;
    }
    nlopt_force_stop(opt_);
    if (gradient) std::fill(gradient, gradient + size_, 0.0);
    return worst_;
  }

  /// A point of the box, from the coordinates of the run.
  Vector place(const Vector& y) const {
    if (axes_.size() == 0) return y;
    const Eigen::VectorXd x = centre_ + axes_ * Eigen::Map<const Eigen::VectorXd>(y.data(), axes_.cols());
    if (x == centre_) return Vector(x.begin(), x.end());
    Vector out;
    for (const double v : x) out.push_back(mirrored(v));
    return out;
  }

  /// Axes along which the loss curves alike, as far as second differences about the best point show, in the axes of the
  /// run before. False: the search is to end.
  bool find_axes() {
    const auto n = static_cast<Eigen::Index>(problem_.n);
    const bool first = axes_.size() == 0;
    Eigen::MatrixXd old = first ? Eigen::MatrixXd(Eigen::MatrixXd::Identity(n, n)) : axes_;
    if (!first) reach_ *= 0.2;
    const Vector from = here_x_;
    const Eigen::VectorXd at = Eigen::Map<const Eigen::VectorXd>(from.data(), n);
    const double here = here_loss_;
    bool going = true;
    const auto difference = [&](const Eigen::VectorXd& y) {
      const Eigen::VectorXd moved = at + old * y;
      Vector point;
      for (const double v : moved) point.push_back(mirrored(v));
      double loss = 0;
      if (going) going = value(point, loss, nullptr);
      return loss - here;
    };
    Eigen::VectorXd up(n);
    Eigen::MatrixXd h(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::VectorXd e = reach_ * Eigen::VectorXd::Unit(n, i);
      up[i] = difference(e);
      h(i, i) = up[i] + difference(-e);
    }
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < i; ++j)
        h(i, j) = h(j, i) =
            difference(reach_ * (Eigen::VectorXd::Unit(n, i) + Eigen::VectorXd::Unit(n, j))) - up[i] - up[j];
    if (!going) return false;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(h);
    const Eigen::VectorXd curved = solver.eigenvalues().cwiseAbs();
    const double most = curved.maxCoeff();
    axes_ = old;
    if (solver.info() != Eigen::Success || !(most > 0) || !std::isfinite(most)) return true;
    const Eigen::VectorXd lengths = (curved.cwiseMax(1e-8 * most) / most).cwiseSqrt().cwiseInverse();
    axes_ = old * solver.eigenvectors() * lengths.asDiagonal();
    axes_ /= axes_.colwise().norm().maxCoeff();
    return true;
  }

  bool value(const Vector& x, double& loss, double* gradient) {
    ++calls_;
    Vector slope(rules_.gradient ? problem_.n : 0);
    if (x == known_x_) {
      loss = known_loss_;
      slope = known_gradient_;
    } else if (!(*evaluate_)(x, loss, slope)) {
      return false;
    }
    if (loss < failed) {
      hear(x, loss);
    } else {  // worse than all others; NLopt has no number for that
      const double range = std::max(worst_ - best_loss_, std::abs(worst_));
      loss = worst_ + (range > 0 ? range : 1);
      std::fill(slope.begin(), slope.end(), 0.0);
    }
    loss = std::clamp(loss, -1e100, 1e100);  // its algorithms multiply losses
    if (gradient) {
      std::fill(gradient, gradient + size_, 0.0);
      std::copy(slope.begin(), slope.end(), gradient);
    }
    return true;
  }

  void hear(const Vector& x, double loss) {
    worst_ = heard_ ? std::max(worst_, loss) : loss;
    if (!heard_ || loss < best_loss_) {
      best_loss_ = loss;
      best_x_ = x;
    }
    if (loss < here_loss_) {
      here_loss_ = loss;
      here_x_ = x;
    }
    heard_ = true;
  }

  Problem problem_;
  NloptRules rules_;
  Draws draws_;
  std::size_t population_, size_ = 0;
  const CalledSearch::Evaluate* evaluate_ = nullptr;
  nlopt_opt opt_ = nullptr;
  std::uint64_t calls_ = 0;
  bool stopped_ = false, heard_ = false;
  double worst_ = 0, best_loss_ = failed, known_loss_ = 0;
  Vector known_x_, known_gradient_, best_x_;
  Eigen::MatrixXd axes_;  // of the run, as columns; none: those of the box
  Eigen::VectorXd centre_;
  double reach_ = 0, here_loss_ = failed;  // the best of this search, and where that is
  Vector here_x_;
  bool patient_ = false;
  std::exception_ptr thrown_;
};

/// The optimizer made of it.
class NloptSearch {
 public:
  NloptSearch(const Problem& problem, const NloptRules& rules)
      : search_(std::make_unique<CalledSearch>(
            [runs = std::make_shared<NloptRuns>(problem, rules)](const CalledSearch::Evaluate& evaluate) {
              return (*runs)(evaluate);
            })) {}
  Batch ask() { return search_->ask(); }
  void tell(const Outcome& told) {
    search_->tell(told.losses[0], told.gradients.empty() ? Vector{} : told.gradients[0]);
  }
  std::string ended() const { return search_->ended(); }

 protected:
  static constexpr hk_option step = hillock::number("step", "1", 0.2, 1e-9, 1, "first step, in widths of the box");
  static constexpr hk_option tolerance = hillock::number(
      "tolerance", "1", 1e-10, 0, 1, "a run has converged when its steps are below this part of the box");
  static constexpr hk_option restarts =
      hillock::flag("restarts", true,
                    "a run that has converged is followed by another: from its end if that is new, else from anywhere");

 private:
  std::unique_ptr<CalledSearch> search_;
};

}  // namespace hillock::search
