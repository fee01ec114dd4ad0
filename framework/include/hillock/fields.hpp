#pragma once
// Names and tables of a model, taken from the members of its own structs: one list of names for equations and metadata.
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include "hillock/abi.h"

namespace hillock {

/// What is known of one number of a model. REQUIRES: low <= value <= high.
struct Field {
  const char* unit;
  double value, low, high;
  const char* meaning;
  std::uint32_t kind = HK_SIGNAL;
};

/// An input drawn from the exponential distribution of mean 1 at the start and after each spike.
constexpr Field draw(const char* meaning) { return {"1", 1, 0, 1e9, meaning, HK_DRAW}; }

/// One number of a preset: a parameter or a start value by its name.
struct Setting {
  const char* name = nullptr;
  double value = 0;
};

/// A named set of parameters and start values; what it leaves out keeps its default.
struct Preset {
  const char *name, *meaning;
  Setting settings[40] = {};
};

namespace [[gnu::visibility("hidden")]] detail {  // never shared between two plugins whose structs have the same name

template <class S> extern const S ghost;  // never defined: only the addresses of its members are used, at compile time
struct Member {
  const double* address;
};  // in a struct: clang 16 prints the name of the member only so

/// The name of a member, read from what the compiler calls its address (GCC 12 and clang 16).
template <Member m> consteval std::array<char, 32> name_of() {
  const auto in_name = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const char *const whole = __PRETTY_FUNCTION__, *end = whole;
  while (*end && *end != ';') ++end;
  while (end > whole && !in_name(end[-1])) --end;
  const char* begin = end;
  while (begin > whole && in_name(begin[-1])) --begin;
  if (end - begin > 31) throw "the name of a member is longer than 31 characters";  // does not compile
  std::array<char, 32> name{};
  for (std::size_t i = 0; begin + i < end; ++i) name[i] = begin[i];
  return name;
}

template <template <class> class S> static constexpr std::size_t count = sizeof(S<double>) / sizeof(double);

/// Pointers to the members of s, in order.
template <std::size_t n, class S> constexpr auto addresses(const S& s) {
  // clang-format off
#define HILLOCK_MEMBERS(k, ...)                                        \
  if constexpr (n == k) {                                               \
    auto& [__VA_ARGS__] = s;                                            \
    return [](auto&... each) { return std::array{&each...}; }(__VA_ARGS__); \
  } else
  HILLOCK_MEMBERS(1, a) HILLOCK_MEMBERS(2, a,b) HILLOCK_MEMBERS(3, a,b,c) HILLOCK_MEMBERS(4, a,b,c,d)
  HILLOCK_MEMBERS(5, a,b,c,d,e)
  HILLOCK_MEMBERS(6, a,b,c,d,e,f) HILLOCK_MEMBERS(7, a,b,c,d,e,f,g) HILLOCK_MEMBERS(8, a,b,c,d,e,f,g,h)
  HILLOCK_MEMBERS(9, a,b,c,d,e,f,g,h,i)
  HILLOCK_MEMBERS(10, a,b,c,d,e,f,g,h,i,j) HILLOCK_MEMBERS(11, a,b,c,d,e,f,g,h,i,j,k)
  HILLOCK_MEMBERS(12, a,b,c,d,e,f,g,h,i,j,k,l)
  HILLOCK_MEMBERS(13, a,b,c,d,e,f,g,h,i,j,k,l,m) HILLOCK_MEMBERS(14, a,b,c,d,e,f,g,h,i,j,k,l,m,o)
  HILLOCK_MEMBERS(15, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p)
  HILLOCK_MEMBERS(16, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q) HILLOCK_MEMBERS(17, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r)
  HILLOCK_MEMBERS(18, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,t) HILLOCK_MEMBERS(19, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,t,u)
  HILLOCK_MEMBERS(20, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,t,u,v)
  HILLOCK_MEMBERS(21, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,t,u,v,w)
  HILLOCK_MEMBERS(22, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,t,u,v,w,x)
  HILLOCK_MEMBERS(23, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,t,u,v,w,x,y)
  HILLOCK_MEMBERS(24, a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,t,u,v,w,x,y,z)
  static_assert(n >= 1 && n <= 24,
                "a model has 1 to 24 numbers of each kind: state variables, parameters, inputs, derived");
#undef HILLOCK_MEMBERS
  // clang-format on
}

// `static`: an inline variable would be one for the whole process, with the names of whichever plugin came first.
template <template <class> class S, std::size_t i>
consteval Member member() {  // no variable: it would hold an address that no program has
  return Member{addresses<count<S>>(ghost<S<double>>)[i]};
}
template <template <class> class S, std::size_t i>
static constexpr std::array<char, 32> name = name_of<member<S, i>()>();

// Mistakes of an author as types without a body: what a compiler says of them begins with the remedy and the name.
struct Word {
  char text[32] = {};
};
constexpr Word word(const char* s) {
  Word w;
  for (std::size_t i = 0; s[i] && i < 31; ++i) w.text[i] = s[i];
  return w;
}
constexpr bool same_text(const char* a, const char* b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}
template <auto name> struct add_a_row_with_unit_default_range_and_meaning_to_the_table_for;
template <auto name> struct set_the_default_within_its_own_range_for;
template <auto name> struct a_preset_sets_a_value_outside_the_range_of;
template <auto name> struct a_preset_sets_a_name_that_is_no_parameter_and_no_state;

/// Does not compile if there is a mistake, with a line that names Mistake and name.
template <template <auto> class Mistake, bool wrong, auto name> consteval bool right() {
  if constexpr (wrong) return sizeof(Mistake<name>) == 0;
  else return true;
}
/// The name of a member as the compiler at hand prints it.
#ifdef __clang__
template <template <class> class S, std::size_t i> consteval Member shown() { return member<S, i>(); }
#else
template <template <class> class S, std::size_t i> consteval Word shown() { return word(name<S, i>.data()); }
#endif

/// Whether all members of a struct are T: of one byte each, there is then no gap between them, and nothing else.
template <template <class> class S>
inline constexpr bool all_members_vary = sizeof(S<char>) * sizeof(double) == sizeof(S<double>);

/// The table of S<Field> as the boundary carries it.
template <template <class> class S> consteval auto table(const S<Field>& fields) {
  const auto f = addresses<count<S>>(fields);
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return std::array<hk_field, count<S>>{
        hk_field{name<S, i>.data(), f[i]->unit, f[i]->meaning, f[i]->value, f[i]->low, f[i]->high, f[i]->kind}...};
  }(std::make_index_sequence<count<S>>{});
}

/// Whether each member of S has a row in its table, and a default within its range.
// clang-format off
template <template <class> class S, const auto& fields> consteval bool has_rows() {
  return []<std::size_t... i>(std::index_sequence<i...>) {
    return (right<add_a_row_with_unit_default_range_and_meaning_to_the_table_for,
                  !fields[i].unit || !fields[i].meaning, shown<S, i>()>() && ...);
  }(std::make_index_sequence<count<S>>{});
}
template <template <class> class S, const auto& fields> consteval bool has_defaults() {
  return []<std::size_t... i>(std::index_sequence<i...>) {
    return (right<set_the_default_within_its_own_range_for,
                  !(fields[i].low <= fields[i].value && fields[i].value <= fields[i].high), shown<S, i>()>() && ...);
  }(std::make_index_sequence<count<S>>{});
}
// clang-format on

/// Index of a name in a table, or n.
template <std::size_t n> consteval std::size_t index_of(const std::array<hk_field, n>& fields, const char* name) {
  for (std::size_t i = 0; i < n; ++i)
    if (same_text(name, fields[i].name)) return i;
  return n;
}

}  // namespace detail
}  // namespace hillock
