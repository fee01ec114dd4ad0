// The long short-term memory: its gradient, its training, and that it goes on where it was.
#define EIGEN_DONT_VECTORIZE  // as the framework: a program that has Eigen in two ways has two of its functions
#include <doctest/doctest.h>

#include "forecasting.hpp"
#include "lstm_network.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Network = forecasting::LstmNetwork<double>;
using Matrix = Network::Matrix;

Matrix drawn(Dice& dice, Eigen::Index rows, Eigen::Index columns) {
  Matrix m(rows, columns);
  for (Eigen::Index k = 0; k < m.size(); ++k) m.data()[k] = dice.between(-1, 1);
  return m;
}
const Settings quick{{"epochs", 12.}, {"hidden", 24.}, {"validation", 0.}};

Samples noisy_wave(std::size_t n, std::uint64_t seed) {
  Samples s;
  Dice dice(seed);
  for (std::size_t t = 0; t < n; ++t)
    s.values.push_back(10 * std::sin(0.2 * static_cast<double>(t)) + dice.between(-0.1, 0.1));
  return s;
}

}  // namespace

TEST_SUITE("lstm") {
  TEST_CASE("the gradient is that of finite differences, for every weight") {
    // 3 inputs, 5 units a layer, a batch of 4 over 6 steps, from a memory that is not empty
    constexpr Eigen::Index batch = 4, steps = 6;
    Network network(3, 5);
    network.initialise(Random(3, 0));
    Dice dice(4);
    network.weights += 0.3 * drawn(dice, network.weights.size(), 1);
    const Matrix x = drawn(dice, 3, steps * batch), wanted = drawn(dice, 1, steps * batch);
    Network::Memory begin = network.memory(batch);
    for (std::size_t layer = 0; layer < 2; ++layer) {
      begin.output[layer] = drawn(dice, 5, batch);
      begin.cell[layer] = drawn(dice, 5, batch);
    }
    const auto loss = [&] {
      auto memory = begin;
      return (network.forward(x, memory) - wanted).squaredNorm() / 2;
    };
    auto memory = begin;
    network.backward(network.forward(x, memory) - wanted);
    const Network::Vector exact = network.gradient;
    int wrong = 0;
    for (Eigen::Index k = 0; k < exact.size(); ++k) {
      const double kept = network.weights[k], h = 1e-5;
      network.weights[k] = kept + h;
      const double above = loss();
      network.weights[k] = kept - h;
      const double below = loss();
      network.weights[k] = kept;
      const double difference = (above - below) / (2 * h);
      wrong += !(std::abs(exact[k] - difference) <= 1e-7 * std::max(1., std::abs(exact[k])));
    }
    CHECK(wrong == 0);
    CHECK(exact.size() == 4 * 5 * (3 + 5 + 1) + 4 * 5 * (5 + 5 + 1) + 5 + 1);
    CHECK(exact.cwiseAbs().minCoeff() > 0);
  }
  TEST_CASE("a stretch walked in two parts gives what it gives in one") {
    Network network(2, 6);
    network.initialise(Random(5, 0));
    Dice dice(6);
    const Matrix x = drawn(dice, 2, 10 * 3);
    auto whole = network.memory(3), parts = network.memory(3);
    const Matrix all = network.forward(x, whole);
    const Matrix first = x.leftCols(4 * 3), last = x.rightCols(6 * 3);
    CHECK((Matrix(network.forward(first, parts)) - all.leftCols(4 * 3)).cwiseAbs().maxCoeff() < 1e-14);
    CHECK((Matrix(network.forward(last, parts)) - all.rightCols(6 * 3)).cwiseAbs().maxCoeff() < 1e-14);
  }
  TEST_CASE("the first step of Adam has the size of its rate, whatever the gradient") {
    forecasting::Adam<double> adam;
    Network::Vector weights = Network::Vector::Zero(2), gradient(2);
    gradient << 1e-3, -1e3;
    adam.step(weights, gradient, 0.1);
    CHECK(weights[0] == doctest::Approx(-0.1).epsilon(1e-4));
    CHECK(weights[1] == doctest::Approx(0.1).epsilon(1e-4));
  }

  TEST_CASE("the same seed gives the same bits, another seed others") {
    const Samples s = noisy_wave(400, 1);
    const auto bytes = [&](std::uint64_t seed) { return Forecasting("lstm", quick, nullptr, seed).fit({s}).save(); };
    const std::string first = bytes(3);
    CHECK(first == bytes(3));
    CHECK(first != bytes(4));
  }
  TEST_CASE("a network saved and restored trains on and forecasts with the same bits") {
    const Samples first = noisy_wave(400, 1), second = noisy_wave(300, 2);
    Forecasting a("lstm", quick), b("lstm", quick);
    a.fit({first});
    b.load(a.save());
    a.fit({second}), b.fit({second});
    CHECK(same_bits(a.predict(second, 50).mean, b.predict(second, 50).mean));
    CHECK(a.save() == b.save());
    // training on is more than what one fit does
    CHECK(a.save() != Forecasting("lstm", quick).fit({second}).save());
    Forecasting larger("lstm", {{"hidden", 25.}});
    CHECK(sentence([&] { larger.load(a.save()); }) ==
          "error: plugin 'lstm': what was saved is a network of another size");
    CHECK(sentence([&] {
            a.fit({{second.values, {second.values}}});
          }) == "error: plugin 'lstm': it was trained with 0 covariates, and now there are 1");
  }
  TEST_CASE("a trained network goes on with a wave, and keeps the weights that err least on what is held out") {
    const Samples all = noisy_wave(1600, 7);
    const Samples before{part(all.values, 0, 1500)};
    Forecasting f("lstm", {{"hidden", 32.}, {"rate", 5e-3}, {"epochs", 150.}, {"patience", 30.}});
    f.fit({before});
    const double error = mean_absolute_error(f.predict(before, 60).mean, part(all.values, 1500, 60));
    CHECK(error < 2);  // the wave's own mean absolute value is 6.4
    CHECK(f.note().starts_with("weights of epoch "));
    CHECK(f.note().find("held-out RMSE of one step") != std::string::npos);
  }
  TEST_CASE("a network follows a covariate that tells the future, as a corrector of residuals has to") {
    Dice dice(8);
    Samples all{{}, {{}}};
    double level = 0;
    for (int t = 0; t < 1300; ++t) {
      if (t % 10 == 0) level = dice.between(-1, 1);
      all.covariates[0].push_back(level);
      all.values.push_back(3 * level + 1);
    }
    const Samples before{part(all.values, 0, 1200), {part(all.covariates[0], 0, 1200)}};
    Forecasting f("lstm", {{"hidden", 16.}, {"rate", 1e-2}, {"epochs", 150.}});
    const Vector truth = part(all.values, 1200, 100);
    CHECK(mean_absolute_error(f.fit({before}).predict(before, 100, {part(all.covariates[0], 1200, 100)}).mean, truth) <
          0.3);
  }
  TEST_CASE("training leaves the processor's handling of small numbers as it was") {
    Forecasting("lstm", quick).fit({noisy_wave(200, 9)});
    volatile double small = 1e-310;
    CHECK(small * 0.5 > 0);
  }
  TEST_CASE("training stops when it is asked to") {
    static const hk_stop stop{sizeof(hk_stop), [](void*) { return std::int32_t{1}; }};
    const hk_host host{sizeof(hk_host), nullptr, [](void*, const char* id) -> const void* {
                         return std::string(id) == HK_STOP ? &stop : nullptr;
                       }};
    for (const char* id : {"lstm", "ddf", "reservoir"}) {
      CAPTURE(id);
      CHECK(sentence([&] { Forecasting(id, {}, &host).fit({noisy_wave(400, 1)}); }) ==
            "error: plugin '" + std::string(id) + "': the training was stopped");
    }
  }
}
