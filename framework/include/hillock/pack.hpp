#pragma once
// Eight neurons as one number: the lanes of a batch are computed over Pack, in the vector registers of the processor.
//
// A product that is added to something is rounded once, with it, where the processor can: the type of a product says
// so, so that the result does not depend on what a compiler makes of the code around it. A neuron has the same bits in
// every lane, batch and loop, from every compiler, on one kind of processor.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include "hillock/abi.h"
#include "hillock/scalar.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define HILLOCK_VECTOR_BYTES 64
#define HILLOCK_LIBMVEC(f, form) _ZGVeN8##form##_##f
#elif defined(__AVX__)
#define HILLOCK_VECTOR_BYTES 32
#if defined(__AVX2__)
#define HILLOCK_LIBMVEC(f, form) _ZGVdN4##form##_##f
#else
#define HILLOCK_LIBMVEC(f, form) _ZGVcN4##form##_##f
#endif
#else
#define HILLOCK_VECTOR_BYTES 16
#define HILLOCK_LIBMVEC(f, form) _ZGVbN2##form##_##f
#endif

#define HILLOCK_INLINE __attribute__((always_inline))  // of lambdas

// The elementary functions of one number, beside sqrt and abs.
#define HILLOCK_ELEMENTARY_FUNCTIONS(each) \
  each(exp) each(expm1) each(log) each(log1p) each(sin) each(cos) each(tanh) each(sinh) each(cosh)

namespace hillock {
typedef double Vector __attribute__((vector_size(HILLOCK_VECTOR_BYTES)));

#if defined(__x86_64__) && defined(__gnu_linux__)
extern "C" {
#define HILLOCK_ELEMENTARY(f) __attribute__((const)) Vector HILLOCK_LIBMVEC(f, v)(Vector) noexcept;
HILLOCK_ELEMENTARY_FUNCTIONS(HILLOCK_ELEMENTARY)
#undef HILLOCK_ELEMENTARY
__attribute__((const)) Vector HILLOCK_LIBMVEC(pow, vv)(Vector, Vector) noexcept;
}
#endif

namespace [[gnu::visibility("hidden")]] detail {
inline constexpr std::size_t vector_width = HILLOCK_VECTOR_BYTES / sizeof(double), parts = HK_LANES / vector_width;
#if HILLOCK_VECTOR_BYTES == 64
typedef unsigned char Bits;  // a bit a lane
#else
typedef long long Bits __attribute__((vector_size(HILLOCK_VECTOR_BYTES)));  // all bits of a lane, or none
#endif

[[gnu::always_inline]] inline Vector multiply_add(Vector a, Vector b, Vector c) {
#if HILLOCK_VECTOR_BYTES == 64
  return __builtin_ia32_vfmaddpd512_mask(a, b, c, static_cast<unsigned char>(-1), 4);
#elif defined(__AVX__) && defined(HILLOCK_FMA)
  return __builtin_ia32_vfmaddpd256(a, b, c);
#elif defined(HILLOCK_FMA)
  for (std::size_t i = 0; i < vector_width; ++i) c[i] = __builtin_fma(a[i], b[i], c[i]);
  return c;
#else
  return a * b + c;
#endif
}
[[gnu::always_inline]] inline Vector square_root(Vector a) {
  for (std::size_t i = 0; i < vector_width; ++i) a[i] = __builtin_sqrt(a[i]);
  return a;
}
[[gnu::always_inline]] inline Vector magnitude(Vector a) {
  typedef long long Integers __attribute__((vector_size(HILLOCK_VECTOR_BYTES)));
  return reinterpret_cast<Vector>(reinterpret_cast<Integers>(a) & INT64_MAX);
}
/// Where the answer is yes, `yes`.
[[gnu::always_inline]] inline Vector choose(Bits c, Vector yes, Vector no) {
#if HILLOCK_VECTOR_BYTES == 64 && defined(__clang__)
  return __builtin_ia32_selectpd_512(c, yes, no);
#elif HILLOCK_VECTOR_BYTES == 64
  return __builtin_ia32_blendmpd_512_mask(no, yes, c);
#else
  return c ? yes : no;
#endif
}
#if HILLOCK_VECTOR_BYTES == 64
template <int predicate> [[gnu::always_inline]] inline Bits compare(Vector a, Vector b) {
  return __builtin_ia32_cmppd512_mask(a, b, predicate, static_cast<unsigned char>(-1), 4);
}
#endif
[[gnu::always_inline]] inline Bits less(Vector a, Vector b) {
#if HILLOCK_VECTOR_BYTES == 64
  return compare<0x11>(a, b);
#else
  return a < b;
#endif
}
[[gnu::always_inline]] inline Bits less_equal(Vector a, Vector b) {
#if HILLOCK_VECTOR_BYTES == 64
  return compare<0x12>(a, b);
#else
  return a <= b;
#endif
}
[[gnu::always_inline]] inline Bits equal(Vector a, Vector b) {
#if HILLOCK_VECTOR_BYTES == 64
  return compare<0x00>(a, b);
#else
  return a == b;
#endif
}
/// A bit a lane.
[[gnu::always_inline]] inline unsigned to_bits(Bits c) {
#if HILLOCK_VECTOR_BYTES == 64
  return c;
#elif HILLOCK_VECTOR_BYTES == 32
  return static_cast<unsigned>(__builtin_ia32_movmskpd256(reinterpret_cast<Vector>(c)));
#elif defined(__SSE2__)
  return static_cast<unsigned>(__builtin_ia32_movmskpd(reinterpret_cast<Vector>(c)));
#else
  unsigned bits = 0;
  for (std::size_t i = 0; i < vector_width; ++i) bits |= (c[i] != 0 ? 1u : 0u) << i;
  return bits;
#endif
}

// The elementary functions: the vector forms of glibc's libmvec, within 4 units in the last place; elsewhere those of
// libm, lane by lane.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define HILLOCK_ELEMENTARY(f) \
  [[gnu::always_inline]] inline Vector vector_##f(Vector a) { return HILLOCK_LIBMVEC(f, v)(a); }
[[gnu::always_inline]] inline Vector vector_pow(Vector a, Vector b) { return HILLOCK_LIBMVEC(pow, vv)(a, b); }
#else
#define HILLOCK_ELEMENTARY(f)                                        \
  inline Vector vector_##f(Vector a) {                               \
    for (std::size_t i = 0; i < vector_width; ++i) a[i] = ::f(a[i]); \
    return a;                                                        \
  }
inline Vector vector_pow(Vector a, Vector b) {
  for (std::size_t i = 0; i < vector_width; ++i) a[i] = ::pow(a[i], b[i]);
  return a;
}
#endif
HILLOCK_ELEMENTARY_FUNCTIONS(HILLOCK_ELEMENTARY)
#undef HILLOCK_ELEMENTARY
}  // namespace detail

// Written out for each part: what a loop indexes, GCC keeps in memory until late.
#define HILLOCK_PART(J, ...)     \
  {                              \
    constexpr std::size_t j = J; \
    __VA_ARGS__;                 \
  }
#if HILLOCK_VECTOR_BYTES == 64
#define HILLOCK_PARTS(...) HILLOCK_PART(0, __VA_ARGS__)
#elif HILLOCK_VECTOR_BYTES == 32
#define HILLOCK_PARTS(...) HILLOCK_PART(0, __VA_ARGS__) HILLOCK_PART(1, __VA_ARGS__)
#else
#define HILLOCK_PARTS(...) \
  HILLOCK_PART(0, __VA_ARGS__) HILLOCK_PART(1, __VA_ARGS__) HILLOCK_PART(2, __VA_ARGS__) HILLOCK_PART(3, __VA_ARGS__)
#endif
#define HILLOCK_EACH_PART(Result, value) \
  {                                      \
    Result r;                            \
    HILLOCK_PARTS(r.part[j] = (value))   \
    return r;                            \
  }

/// What a comparison of Packs gives: an answer per lane.
struct PackMask {
  detail::Bits part[detail::parts];
  HILLOCK_NO_BRANCH

  /// Bit i: lane i.
  [[gnu::always_inline]] unsigned bits() const {
    unsigned all = 0;
    HILLOCK_PARTS(all |= detail::to_bits(part[j]) << (j * detail::vector_width))
    return all;
  }
#define HILLOCK_FRIEND [[gnu::always_inline]] friend
  // clang-format off
  HILLOCK_FRIEND PackMask operator&&(const PackMask& a, const PackMask& b)
      HILLOCK_EACH_PART(PackMask, detail::Bits(a.part[j] & b.part[j]))
  HILLOCK_FRIEND PackMask operator||(const PackMask& a, const PackMask& b)
      HILLOCK_EACH_PART(PackMask, detail::Bits(a.part[j] | b.part[j]))
  HILLOCK_FRIEND PackMask operator!(const PackMask& a) HILLOCK_EACH_PART(PackMask, detail::Bits(~a.part[j]))
  // clang-format on
};

inline PackMask mask_of(const PackMask& c) { return c; }

/// HK_LANES numbers, one a lane.
struct Pack {
  Vector part[detail::parts];

  Pack() = default;
  [[gnu::always_inline]] Pack(double x) {  // implicit: a constant
    HILLOCK_PARTS(part[j] = x - Vector{})
  }
  [[gnu::always_inline]] static Pack load(const double* from) {
    Pack r;
    HILLOCK_PARTS(std::memcpy(&r.part[j], from + j * detail::vector_width, sizeof(Vector)))
    return r;
  }
  [[gnu::always_inline]] void store(double* to) const {
    HILLOCK_PARTS(std::memcpy(to + j * detail::vector_width, &part[j], sizeof(Vector)))
  }

  /// A product not yet rounded.
  struct Product {
    Product() = default;
    [[gnu::always_inline]] explicit Product(double x) : Product(Pack(x)) {}
    [[gnu::always_inline]] Product(const Pack& x)
        : Product(x, 1.0) {}  // implicit: any number of a template over T = Product
    [[gnu::always_inline]] Product(const Pack& x, const Pack& y);
    [[gnu::always_inline]] operator Pack() const;
    Vector a[detail::parts], b[detail::parts];
  };

  // clang-format off
  HILLOCK_FRIEND Pack operator+(const Pack& x) { return x; }
  HILLOCK_FRIEND Pack operator-(const Pack& x) HILLOCK_EACH_PART(Pack, -x.part[j])
  HILLOCK_FRIEND Pack operator+(const Pack& x, const Pack& y) HILLOCK_EACH_PART(Pack, x.part[j] + y.part[j])
  HILLOCK_FRIEND Pack operator-(const Pack& x, const Pack& y) HILLOCK_EACH_PART(Pack, x.part[j] - y.part[j])
  HILLOCK_FRIEND Product operator*(const Pack& x, const Pack& y) { return {x, y}; }
  HILLOCK_FRIEND Pack operator/(const Pack& x, const Pack& y) HILLOCK_EACH_PART(Pack, x.part[j] / y.part[j])
  HILLOCK_FRIEND Pack operator+(const Product& x, const Pack& y)
      HILLOCK_EACH_PART(Pack, detail::multiply_add(x.a[j], x.b[j], y.part[j]))
  HILLOCK_FRIEND Pack operator-(const Product& x, const Pack& y)
      HILLOCK_EACH_PART(Pack, detail::multiply_add(x.a[j], x.b[j], -y.part[j]))
  HILLOCK_FRIEND Pack operator+(const Pack& x, const Product& y) { return y + x; }
  HILLOCK_FRIEND Pack operator-(const Pack& x, const Product& y)
      HILLOCK_EACH_PART(Pack, detail::multiply_add(-y.a[j], y.b[j], x.part[j]))
  // of two products the second is rounded first
  HILLOCK_FRIEND Pack operator+(const Product& x, const Product& y) { return x + Pack(y); }
  HILLOCK_FRIEND Pack operator-(const Product& x, const Product& y) { return x - Pack(y); }
  [[gnu::always_inline]] Pack& operator+=(const Pack& y) { return *this = *this + y; }
  [[gnu::always_inline]] Pack& operator-=(const Pack& y) { return *this = *this - y; }
  [[gnu::always_inline]] Pack& operator+=(const Product& y) { return *this = *this + y; }
  [[gnu::always_inline]] Pack& operator-=(const Product& y) { return *this = *this - y; }
  [[gnu::always_inline]] Pack& operator*=(const Pack& y) { return *this = *this * y; }
  [[gnu::always_inline]] Pack& operator/=(const Pack& y) { return *this = *this / y; }

  HILLOCK_FRIEND PackMask operator<(const Pack& x, const Pack& y)
      HILLOCK_EACH_PART(PackMask, detail::less(x.part[j], y.part[j]))
  HILLOCK_FRIEND PackMask operator<=(const Pack& x, const Pack& y)
      HILLOCK_EACH_PART(PackMask, detail::less_equal(x.part[j], y.part[j]))
  HILLOCK_FRIEND PackMask operator>(const Pack& x, const Pack& y) { return y < x; }
  HILLOCK_FRIEND PackMask operator>=(const Pack& x, const Pack& y) { return y <= x; }
  HILLOCK_FRIEND PackMask operator==(const Pack& x, const Pack& y)
      HILLOCK_EACH_PART(PackMask, detail::equal(x.part[j], y.part[j]))
  HILLOCK_FRIEND Pack select(const PackMask& c, const Pack& yes, const Pack& no)
      HILLOCK_EACH_PART(Pack, detail::choose(c.part[j], yes.part[j], no.part[j]))
  HILLOCK_FRIEND Pack min(const Pack& x, const Pack& y) { return select(y < x, y, x); }
  HILLOCK_FRIEND Pack max(const Pack& x, const Pack& y) { return select(x < y, y, x); }
  HILLOCK_FRIEND Pack sqrt(const Pack& x) HILLOCK_EACH_PART(Pack, detail::square_root(x.part[j]))
  HILLOCK_FRIEND Pack abs(const Pack& x) HILLOCK_EACH_PART(Pack, detail::magnitude(x.part[j]))
  HILLOCK_FRIEND Pack pow(const Pack& x, const Pack& y)
      HILLOCK_EACH_PART(Pack, detail::vector_pow(x.part[j], y.part[j]))
#define HILLOCK_ELEMENTARY(f)                                                                                          \
    HILLOCK_FRIEND Pack f(const Pack& x) HILLOCK_EACH_PART(Pack, detail::vector_##f(x.part[j]))
  HILLOCK_ELEMENTARY_FUNCTIONS(HILLOCK_ELEMENTARY)
#undef HILLOCK_ELEMENTARY
  // clang-format on
#undef HILLOCK_FRIEND
};

[[gnu::always_inline]] inline Pack::Product::Product(const Pack& x, const Pack& y) {
  HILLOCK_PARTS(a[j] = x.part[j], b[j] = y.part[j])
}
[[gnu::always_inline]] inline Pack::Product::operator Pack() const { HILLOCK_EACH_PART(Pack, a[j] * b[j]) }
#undef HILLOCK_EACH_PART
#undef HILLOCK_PARTS
#undef HILLOCK_PART
#undef HILLOCK_ELEMENTARY_FUNCTIONS

// Found by their full names too, and where one of the numbers is a product.
Pack select(const PackMask& c, const Pack& yes, const Pack& no);
constexpr DualOf<Pack> select(const PackMask& c, const DualOf<Pack>& yes, const DualOf<Pack>& no);
Pack min(const Pack& x, const Pack& y);
Pack max(const Pack& x, const Pack& y);
[[gnu::always_inline]] inline Pack min(const Pack::Product& x, const Pack::Product& y) { return min(Pack(x), Pack(y)); }
[[gnu::always_inline]] inline Pack max(const Pack::Product& x, const Pack::Product& y) { return max(Pack(x), Pack(y)); }
[[gnu::always_inline]] inline Pack exprelr(const Pack::Product& x) { return exprelr(Pack(x)); }

/// `yes` where c, but not where `no` is not finite: there it stays outside.
[[gnu::always_inline]] inline Pack select_finite(const PackMask& c, const Pack& yes, const Pack& no) {
#if HILLOCK_VECTOR_BYTES == 64
  Pack r;
  r.part[0] = __builtin_ia32_vfmaddpd512_mask(no.part[0], Vector{}, yes.part[0], c.part[0], 4);
  return r;
#else
  return select(c, 0.0 * no + yes, no);
#endif
}
/// (exp(z) - 1)/z, 1 at 0.
inline Pack growth(const Pack& z) { return select(z == 0.0, 1.0, expm1(z) / z); }

}  // namespace hillock
