// Gradients and curvature of the loss of a fit, and searches that follow them.
#include <doctest/doctest.h>

#include <cmath>

#include "purpose/fit/front.hpp"
#include "purpose/fit/search.hpp"
#include "run/experiments.hpp"
#include "run/fits.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// A fit whose candidates are told by their places in the ranges that are searched.
struct Fitted : Prepared {
  using Prepared::Prepared;
  std::vector<double> numbers(const std::vector<double>& places) const {
    std::vector<double> out;
    for (std::size_t k = 0; k < places.size(); ++k) out.push_back(block.free[k].number(places[k]));
    return out;
  }
  double loss(const std::vector<double>& places) const { return Prepared::loss(numbers(places)); }
};

/// d loss/d place by central differences, with two steps of Richardson's extrapolation; and how far the last two agree.
std::pair<double, double> converged(const Fitted& fit, std::vector<double> at, std::size_t k, double h) {
  const double here = at[k];
  const auto slope = [&](double step) {
    at[k] = here + step;
    const double up = fit.loss(at);
    at[k] = here - step;
    return (up - fit.loss(at)) / (2 * step);
  };
  const double a = slope(h), b = slope(h / 2), c = slope(h / 4);
  const double ab = b + (b - a) / 3, bc = c + (c - b) / 3;
  return {bc + (bc - ab) / 15, std::abs(bc - ab)};
}

void check_gradient(const Fitted& fit, const std::vector<double>& at, double h) {
  const std::size_t n = at.size();
  const Evaluated told = fit.evaluator.evaluate(fit.numbers(at), 1, HK_GRADIENT);
  CHECK(told.losses[0] == fit.loss(at));  // the same bits with and without slopes
  double largest = 0;
  for (std::size_t k = 0; k < n; ++k) largest = std::max(largest, std::abs(told.gradient[k][0]));
  CHECK(largest > 0);
  for (std::size_t k = 0; k < n; ++k) {
    const auto [slope, error] = converged(fit, at, k, h);
    CAPTURE(fit.block.free[k].parameter.path());
    CHECK(error < 1e-4 * largest);
    CHECK(std::abs(told.gradient[k][0] - slope) < 2e-5 * largest);
  }
}

void write_izhikevich() {
  write("spiking.yaml",
        "seed: 4\nmodel: {use: izhikevich, a: 0.02, b: 0.2, c: -65, d: 8}\ndrive: {gain: 1}\n"
        "input: {I: {use: ornstein_uhlenbeck, mean: 10, sd: 3, tau: 20 ms, every: 0.5 ms}}\n"
        "integrator: {use: rk4, dt: 0.02 ms, spikes: located}\n"
        "simulate: {for: 400 ms, every: 0.5 ms, start: {v: -65, u: -13}, record: [v, I]}\n");
}

const std::string fit_of_spiking =
    "seed: 5\nmodel: {use: izhikevich, a: 0.02, b: 0.2, c: -65, d: 8}\ndrive: {gain: 1}\n"
    "integrator: {use: rk4, dt: 0.02 ms, spikes: located}\nsimulate: {every: 0.5 ms, start: {v: -65, u: -13}}\n"
    "fit:\n  data: {file: spiking.yaml}\n";

void write_smooth() {
  write("smooth.yaml",
        "seed: 7\nmodel: {use: nagumo, a: 0.7, b: 0.8, epsilon: 0.08}\ndrive: {gain: 0.005, shift: 0.4}\n"
        "readout: {scale: 30 mV, shift: -40 mV}\n"
        "input: {I: {use: ornstein_uhlenbeck, mean: 0.5, sd: 0.3, tau: 20 ms, every: 0.5 ms}}\n"
        "integrator: {use: rk4, dt: 0.1 ms}\n"
        "simulate: {for: 200 ms, every: 0.5 ms, start: {v: -1, w: -0.5}, record: [v, I]}\n");
}

const std::string fit_of_smooth =
    "seed: 5\nmodel: {use: nagumo, a: 0.6, b: 0.9, epsilon: 0.1}\ndrive: {gain: 0.005, shift: 0.3}\n"
    "readout: {scale: 30 mV, shift: -40 mV}\nintegrator: {use: rk4, dt: 0.1 ms}\n"
    "simulate: {every: 0.5 ms, start: {v: -1, w: -0.5}}\nfit:\n  data: {file: smooth.yaml}\n";

const std::string free_of_smooth =
    "  free:\n    model.a: {from: 0.2, to: 1.2}\n    model.b: {from: 0.2, to: 1.6}\n"
    "    model.epsilon: {from: 0.02, to: 0.4, scale: logarithmic}\n    drive.shift: {from: -0.2, to: 1}\n";

}  // namespace

TEST_SUITE("slopes of a fit") {
  TEST_CASE("the gradient of a spike loss in the fit is that of converged differences through spikes") {
    write_izhikevich();
    for (const std::string loss :
         {"{use: van_rossum, tau: 20 ms}", "{use: victor_purpura, cost: 0.05}", "isi_distance"}) {
      CAPTURE(loss);
      const Fitted fit(
          fit_of_spiking +
          "  free:\n    model.a: {from: 0.005, to: 0.08, scale: logarithmic}\n    model.d: {from: 2, to: 14}\n"
          "    drive.gain: {from: 0.7, to: 1.4}\n    simulate.start.v: {from: -80, to: -50}\n"
          "  loss: " +
          loss + "\n  optimizer: {use: gradient_descent}\n");
      check_gradient(fit, {0.45, 0.53, 0.46, 0.4}, 2e-5);
    }
  }

  TEST_CASE("the gradient of a loss of the voltage in the fit is that of differences, readout and start among them") {
    write_smooth();
    for (const char* loss : {"mse", "rmse", "explained_variance", "subthreshold_ev", "legacy_minmax",
                             "[{use: rmse, weight: 2}, {use: explained_variance, weight: 0.5}]"}) {
      CAPTURE(loss);
      std::string text = fit_of_smooth;
      if (loss == std::string_view("subthreshold_ev"))  // which cuts around spikes, whose times are asked for
        text.insert(text.find("dt: 0.1 ms") + 10, ", spikes: located");
      const Fitted fit(text + free_of_smooth +
                       "    readout.scale: {from: 20, to: 40}\n    simulate.start.w: {from: -1, to: 1}\n  loss: " +
                       loss + "\n  optimizer: {use: gradient_descent}\n");
      check_gradient(fit, {0.55, 0.4, 0.45, 0.55, 0.6, 0.3}, 1e-4);
    }
  }

  TEST_CASE("a start at rest moves with the numbers, and the gradient with it") {
    write_smooth();
    std::string text = fit_of_smooth;
    text.replace(text.find("start: {v: -1, w: -0.5}"), 23, "start: rest");
    const Fitted fit(text +
                     "  free:\n    model.a: {from: 0.2, to: 1.2}\n    model.b: {from: 0.2, to: 1.2}\n"
                     "    drive.shift: {from: -0.6, to: 0}\n"
                     "  loss: rmse\n  optimizer: {use: gradient_descent}\n");
    check_gradient(fit, {0.6, 0.5, 0.3}, 1e-4);
  }

  TEST_CASE("the curvature of a sum of squares is twice the product of the slopes of its residuals") {
    write_smooth();
    for (const char* loss : {"mse", "explained_variance", "legacy_minmax"}) {
      CAPTURE(loss);
      const Fitted fit(fit_of_smooth + free_of_smooth + "  loss: " + loss + "\n  optimizer: {use: gauss_newton}\n");
      // at the truth all residuals are 0, where it is the whole second derivative
      const std::vector<double> truth = {0.5, (0.8 - 0.2) / 1.4, std::log(0.08 / 0.02) / std::log(20.0), 0.5};
      const auto told = fit.evaluator.evaluate(fit.numbers(truth), 1, HK_GRADIENT | HK_CURVATURE);
      CHECK(told.losses[0] < 1e-12);
      double largest = 0;
      for (const auto& row : told.curvature) largest = std::max(largest, std::abs(row[0]));
      CHECK(largest > 0);
      const double h = 1e-4;
      for (std::size_t k = 0; k < 4; ++k) {
        std::vector<double> up = truth, down = truth;
        up[k] += h, down[k] -= h;
        const auto above = fit.evaluator.evaluate(fit.numbers(up), 1, HK_GRADIENT),
                   below = fit.evaluator.evaluate(fit.numbers(down), 1, HK_GRADIENT);
        for (std::size_t j = 0; j < 4; ++j) {
          const double second = (above.gradient[j][0] - below.gradient[j][0]) / (2 * h);
          // the extremes that scale a trace jump from sample to sample
          const double close = fit.block.loss[0].measure.name == "legacy_minmax" ? 0.02 : 1e-3;
          CHECK(std::abs(told.curvature[j * 4 + k][0] - second) < close * largest);
        }
      }
    }
  }

  TEST_CASE("differences on request give the same gradient, also of a loss that has none of its own") {
    write_smooth();
    const std::string rest = "\n  optimizer: {use: gradient_descent, derivatives: differences, step: 1e-5}\n";
    const Fitted exact(fit_of_smooth + free_of_smooth + "  loss: rmse\n  optimizer: {use: gradient_descent}\n"),
        by_differences(fit_of_smooth + free_of_smooth + "  loss: rmse" + rest),
        without(fit_of_smooth + free_of_smooth + "  loss: {use: features, of: [mean_voltage]}" + rest);
    const std::vector<double> at = exact.numbers({0.55, 0.4, 0.45, 0.55});
    const auto a = exact.evaluator.evaluate(at, 1, HK_GRADIENT),
               b = by_differences.evaluator.evaluate(at, 1, HK_GRADIENT),
               c = without.evaluator.evaluate(at, 1, HK_GRADIENT);
    for (std::size_t k = 0; k < 4; ++k) {
      CHECK(b.gradient[k][0] == doctest::Approx(a.gradient[k][0]).epsilon(1e-5));
      CHECK(std::abs(c.gradient[k][0]) > 0);
    }
  }

  TEST_CASE("many candidates at once have the gradients that each has alone") {
    write_izhikevich();
    const Fitted fit(fit_of_spiking +
                     "  free:\n    model.d: {from: 2, to: 14}\n    drive.gain: {from: 0.7, to: 1.4}\n"
                     "  loss: van_rossum\n  optimizer: {use: gradient_descent}\n");
    std::vector<double> values;
    for (std::size_t i = 0; i < 11; ++i)
      for (const double x : fit.numbers({0.1 + 0.07 * static_cast<double>(i), 0.5})) values.push_back(x);
    const auto together = fit.evaluator.evaluate(values, 11, HK_GRADIENT);
    for (std::size_t i = 0; i < 11; ++i) {
      const auto alone = fit.evaluator.evaluate({values[2 * i], values[2 * i + 1]}, 1, HK_GRADIENT);
      for (std::size_t k = 0; k < 2; ++k) CHECK(same_bits({together.gradient[k][i]}, {alone.gradient[k][0]}));
    }
  }
}
