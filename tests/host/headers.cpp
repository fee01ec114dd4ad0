// All headers of the SDK in one source: a plugin may be a model's equations and a forecaster at once.
#include <doctest/doctest.h>

#include <array>
#include <hillock/adaptive.hpp>
#include <hillock/forecaster.hpp>
#include <hillock/integrator.hpp>
#include <hillock/model.hpp>
#include <hillock/optimizer.hpp>
#include <hillock/random.hpp>
#include <hillock/recording.hpp>

using namespace hillock;

/// In no anonymous namespace, as a model of a plugin.
struct DecayOfHeaders {
  static constexpr auto id = "decay_of_headers", version = "1.0.0", cite = "", meaning = "exponential decay";
  template <class T> struct State {
    T v;
  };
  template <class T> struct Params {
    T rate;
  };
  template <class T> struct Input {
    T I;
  };
  static constexpr State<Field> state{.v = {"1", 1, -10, 10, "what decays"}};
  static constexpr Params<Field> params{.rate = {"1/ms", 0.5, 0, 10, "rate"}};
  static constexpr Input<Field> inputs{.I = {"1/ms", 0, -10, 10, "drive"}};
  template <class T> static State<T> rhs(const State<T>& x, const Params<T>& p, const Input<T>& in) {
    return {.v = in.I - p.rate * x.v};
  }
};

namespace {

/// What follows is the last value, on its way to 0 as the equations of DecayOfHeaders say.
struct Decaying {
  static constexpr auto id = "decaying", version = "1.0.0", cite = "", meaning = "decays";
  Decaying(std::uint64_t, const Options&) {}
  void fit(std::span<const TimeSeries>) {}
  Forecast predict(const TimeSeries& history, std::size_t horizon, const std::vector<std::span<const double>>&,
                   std::span<const double>) {
    Forecast f;
    double v = history.values.back();
    for (std::size_t k = 0; k < horizon; ++k) {
      v += history.dt * DecayOfHeaders::rhs(DecayOfHeaders::State<double>{v}, DecayOfHeaders::Params<double>{0.5},
                                            DecayOfHeaders::Input<double>{0})
                            .v;
      f.mean.push_back(v);
    }
    return f;
  }
};

}  // namespace

TEST_SUITE("headers") {
  TEST_CASE("the headers of models, integrators, optimizers, forecasters and readers go together") {
    const auto* model = static_cast<const hk_model*>(detail::Binding<DecayOfHeaders>::get(HK_MODEL));
    REQUIRE(model != nullptr);
    CHECK(model->params[0].name == std::string("rate"));
    CHECK(model->context == nullptr);
    const auto* forecaster = static_cast<const hk_forecaster*>(detail::ForecasterBinding<Decaying>::get(HK_FORECASTER));
    REQUIRE(forecaster != nullptr);
    const hk_plugin identity = detail::identity<Decaying>(HK_ROLE_FORECASTER, detail::ForecasterBinding<Decaying>::get);
    CHECK(identity.id == std::string("decaying"));
    CHECK(identity.get(HK_FORECASTER) == forecaster);
    const hk_values none{sizeof(hk_values), sizeof(hk_value), 0, nullptr};
    hk_error error{};
    void* self = nullptr;
    REQUIRE(forecaster->open(1, &none, nullptr, &self, &error) == HK_OK);
    const std::array<double, 2> values{8, 4};
    const hk_series history{sizeof(hk_series), 0, values.size(), 1, values.data(), nullptr};
    std::array<double, 2> mean{};
    CHECK(forecaster->predict(self, &history, mean.size(), nullptr, 0, nullptr, mean.data(), nullptr, nullptr,
                              &error) == HK_OK);
    forecaster->close(self);
    CHECK(mean == std::array<double, 2>{2, 1});
  }
}
