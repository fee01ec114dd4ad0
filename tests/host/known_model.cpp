// Integrators compiled with another header than the host: the model they are given has rows of another size.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>

#include "hillock/integrator.hpp"

using namespace hillock;

namespace {

/// A field as a later header may have it.
struct LongField {
  hk_field field;
  double later[3];
};

struct LongPreset {
  hk_preset preset;
  double later[3];
};

void nothing(void*, std::uint32_t, hk_in, hk_in, hk_in, hk_out) {}

}  // namespace

TEST_SUITE("the model an integrator is given") {
  TEST_CASE("rows that have grown are read by their own size") {
    const std::array<LongField, 1> state{{{{"v", "mV", "potential", -70, -100, 60, 0}, {1, 2, 3}}}};
    const std::array<LongField, 2> inputs{
        {{{"I", "pA", "current", 0, -1, 1, HK_SIGNAL}, {1, 2, 3}}, {{"e", "1", "drawn", 1, 0, 9, HK_DRAW}, {1, 2, 3}}}};
    hk_model m{};
    m.size = sizeof m, m.field_size = sizeof(LongField);
    m.n_state = 1, m.n_inputs = 2, m.state = &state[0].field, m.inputs = &inputs[0].field, m.rhs = nothing;
    m.n_observed = 2, m.observed = &inputs[0].field;
    const std::array<double, 1> start{-65};
    const std::array<LongPreset, 2> presets{
        {{{"one", "", nullptr, start.data()}, {1, 2, 3}}, {{"two", "", nullptr, start.data()}, {1, 2, 3}}}};
    m.n_presets = 2, m.preset_size = sizeof(LongPreset), m.presets = &presets[0].preset;
    const KnownModel known(m);
    CHECK((*known).inputs[0].kind == HK_SIGNAL);
    CHECK((*known).inputs[1].kind == HK_DRAW);
    CHECK((*known).inputs[1].high == 9);
    CHECK((*known).state[0].low == -100);
    CHECK((*known).field_size == sizeof(hk_field));
    CHECK((*known).observed[1].name == std::string("e"));
    CHECK((*known).presets[1].name == std::string("two"));
    CHECK((*known).presets[1].start[0] == -65);
    CHECK((*known).preset_size == sizeof(hk_preset));
  }
  TEST_CASE("members that an older host does not have are null") {
    hk_model m{};
    m.size = offsetof(hk_model, threshold), m.field_size = sizeof(hk_field), m.rhs = nothing;
    m.reset = nothing;  // behind what the older struct reaches
    const KnownModel known(m);
    CHECK(((*known).rhs == nothing));
    CHECK(((*known).reset == nullptr));
  }
}
