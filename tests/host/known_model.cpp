// Integrators compiled with another header than the host: the model they are given has rows of another size.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>

#include "hillock/integrator.hpp"

using namespace hillock;

namespace {

/// A field as a later header may have it.
struct LongField {
  hk_field field;
  double later[3];
};

void nothing(std::uint32_t, hk_in, hk_in, hk_in, hk_out) {}

}  // namespace

TEST_SUITE("the model an integrator is given") {
  TEST_CASE("rows that have grown are read by their own size") {
    const std::array<LongField, 1> state{{{{"v", "mV", "potential", -70, -100, 60, 0}, {1, 2, 3}}}};
    const std::array<LongField, 2> inputs{
        {{{"I", "pA", "current", 0, -1, 1, HK_SIGNAL}, {1, 2, 3}}, {{"e", "1", "drawn", 1, 0, 9, HK_DRAW}, {1, 2, 3}}}
    };
    hk_model m{};
    m.size = sizeof m, m.field_size = sizeof(LongField);
    m.n_state = 1, m.n_inputs = 2, m.state = &state[0].field, m.inputs = &inputs[0].field, m.rhs = nothing;
    const KnownModel known(m);
    CHECK((*known).inputs[0].kind == HK_SIGNAL);
    CHECK((*known).inputs[1].kind == HK_DRAW);
    CHECK((*known).inputs[1].high == 9);
    CHECK((*known).state[0].low == -100);
    CHECK((*known).field_size == sizeof(hk_field));
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
