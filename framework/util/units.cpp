#include "util/units.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace hillock {
namespace {

/// A unit with its size kept apart as whole * 10^ten / parts, so that conversions need not multiply by inexact
/// inverses.
struct Exact {
  std::int64_t whole = 1, parts = 1;
  int ten = 0;
  std::array<int, 4> powers{};  // second, volt, ampere, metre

  void multiply(const Exact& other, int exponent) {
    for (int i = 0; i < std::abs(exponent); ++i) {
      whole *= exponent > 0 ? other.whole : other.parts;
      parts *= exponent > 0 ? other.parts : other.whole;
      const std::int64_t common = std::gcd(whole, parts);
      whole /= common;
      parts /= common;
    }
    ten += exponent * other.ten;
    for (std::size_t i = 0; i < powers.size(); ++i) { powers[i] += exponent * other.powers[i]; }
  }
};

struct Symbol {
  std::string_view name;
  bool prefixed;  // takes SI prefixes
  Exact unit;
};

// clang-format off
//                                   whole parts ten  s   V   A   m
const std::array<Symbol, 15> symbols{{
    {"s",                     true,  {1,    1,  0, {1,  0,  0,  0}}},
    {"V",                     true,  {1,    1,  0, {0,  1,  0,  0}}},
    {"A",                     true,  {1,    1,  0, {0,  0,  1,  0}}},
    {"m",                     true,  {1,    1,  0, {0,  0,  0,  1}}},
    {"Hz",                    true,  {1,    1,  0, {-1, 0,  0,  0}}},
    {"S",                     true,  {1,    1,  0, {0,  -1, 1,  0}}},
    {"F",                     true,  {1,    1,  0, {1,  -1, 1,  0}}},
    {"C",                     true,  {1,    1,  0, {1,  0,  1,  0}}},
    {"Ohm",                   true,  {1,    1,  0, {0,  1,  -1, 0}}},
    {"ohm",                   true,  {1,    1,  0, {0,  1,  -1, 0}}},
    {"\xce\xa9" /* Ω */,      true,  {1,    1,  0, {0,  1,  -1, 0}}},  // Greek capital omega
    {"\xe2\x84\xa6" /* Ω */,  true,  {1,    1,  0, {0,  1,  -1, 0}}},  // ohm sign
    {"min",                   false, {60,   1,  0, {1,  0,  0,  0}}},
    {"h",                     false, {3600, 1,  0, {1,  0,  0,  0}}},
    {"%",                     false, {1,    1, -2, {0,  0,  0,  0}}},
}};

struct Prefix {
  std::string_view name;
  int ten;
};
constexpr std::array<Prefix, 11> prefixes{{
    {"f", -15}, {"p", -12}, {"n", -9}, {"u", -6}, {"m", -3}, {"c", -2}, {"k", 3}, {"M", 6}, {"G", 9},
    {"\xc2\xb5", -6},  // micro sign
    {"\xce\xbc", -6},  // Greek small mu
}};
// clang-format on

constexpr std::string_view squared = "\xc2\xb2", cubed = "\xc2\xb3";  // superscripts two and three

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

const Symbol* find_symbol(std::string_view name) {
  for (const Symbol& symbol : symbols) {
    if (symbol.name == name) return &symbol;
  }
  return nullptr;
}

/// "mV", "min": a symbol as it stands goes before a prefix and a symbol ("min" is the minute, "m" the metre).
std::optional<Exact> parse_symbol(std::string_view name) {
  if (const Symbol* symbol = find_symbol(name)) return symbol->unit;
  for (const Prefix& prefix : prefixes) {
    if (!name.starts_with(prefix.name)) continue;
    const Symbol* symbol = find_symbol(name.substr(prefix.name.size()));
    if (symbol == nullptr || !symbol->prefixed) continue;
    Exact unit = symbol->unit;
    unit.ten += prefix.ten;
    return unit;
  }
  return std::nullopt;
}

/// "cm2", "ms-1", "cm^2": a symbol and its power.
std::optional<Exact> parse_term(std::string_view term) {
  if (term == "1") return Exact{};
  int power = 1;
  std::string_view name = term;
  if (term.ends_with(squared) || term.ends_with(cubed)) {
    power = term.ends_with(squared) ? 2 : 3;
    name = term.substr(0, term.size() - squared.size());
  } else if (const auto digits = term.find_first_of("^+-0123456789"); digits != std::string_view::npos) {
    name = term.substr(0, digits);
    std::string_view number = term.substr(digits);
    if (number.starts_with('^')) { number.remove_prefix(1); }
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), power);
    // beyond a dozen it is a slip of the keyboard, and whole numbers would run over
    if (error != std::errc{} || end != number.data() + number.size() || power == 0 || std::abs(power) > 12)
      return std::nullopt;
  }
  const auto symbol = parse_symbol(name);
  if (!symbol || (std::abs(power) > 2 && symbol->whole != 1)) return std::nullopt;
  Exact unit;
  unit.multiply(*symbol, power);
  return unit;
}

std::optional<Exact> parse_exact(std::string_view text) {
  Exact unit;
  text = trim(text);
  if (text.empty()) return unit;
  if (text.size() > 64) return std::nullopt;
  int sign = 1;
  while (true) {
    const auto end = text.find_first_of(" \t*/");
    const auto term = parse_term(text.substr(0, end));
    if (!term) return std::nullopt;
    unit.multiply(*term, sign);
    if (unit.whole > 1'000'000'000 || unit.parts > 1'000'000'000) return std::nullopt;
    if (end == std::string_view::npos) return unit;
    // blanks may surround an operator or stand for a product; a division holds for the next term alone
    text = trim(text.substr(end));
    sign = 1;
    if (text.starts_with('*') || text.starts_with('/')) {
      sign = text.starts_with('/') ? -1 : 1;
      text = trim(text.substr(1));
    }
  }
}

/// value * 10^ten, rounded once from the decimal number that `value` is written as: 0.07 s is 70 ms and
/// not 70.00000000000001.
double shift(double value, int ten) {
  if (ten == 0 || !std::isfinite(value)) return value;
  const std::string text = fmt::format("{:e}", value);  // always with an exponent; shortest digits that read back
  const auto e = text.find('e');
  int exponent = 0;
  const char* first = text.data() + e + 1;
  std::from_chars(first + (*first == '+' ? 1 : 0), text.data() + text.size(), exponent);
  const std::string moved = fmt::format("{}e{}", text.substr(0, e), exponent + ten);
  double out = 0;
  const auto [end, error] = std::from_chars(moved.data(), moved.data() + moved.size(), out);
  return error == std::errc{} ? out : value * std::pow(10.0, ten);  // out of range: 0 or infinite
}

}  // namespace

bool Unit::same_dimension(const Unit& other) const {
  return second == other.second && volt == other.volt && ampere == other.ampere && metre == other.metre;
}

std::optional<Unit> parse_unit(std::string_view text) {
  const auto unit = parse_exact(text);
  if (!unit) return std::nullopt;
  const auto [second, volt, ampere, metre] = unit->powers;
  const double ratio = static_cast<double>(unit->whole) / static_cast<double>(unit->parts);
  return Unit{shift(ratio, unit->ten), second, volt, ampere, metre};
}

std::optional<double> convert(double value, std::string_view from, std::string_view to) {
  auto unit = parse_exact(from);
  const auto target = parse_exact(to);
  if (!unit || !target || unit->powers != target->powers) return std::nullopt;
  unit->multiply(*target, -1);
  const double shifted = shift(value, unit->ten);
  return shifted * static_cast<double>(unit->whole) / static_cast<double>(unit->parts);
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  text = trim(text);
  std::size_t at = 0;
  const auto peek = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  const auto digits = [&] {
    const std::size_t begin = at;
    while (is_digit(peek(at))) ++at;
    return at - begin;
  };

  if (peek(at) == '+' || peek(at) == '-') ++at;
  const std::size_t first = at;
  const std::size_t whole = digits();
  if (whole > 1 && text[first] == '0') {
    return std::nullopt;  // 8 to some readers of YAML and 10 to others
  }
  std::size_t fraction = 0;
  if (peek(at) == '.') {
    ++at;
    fraction = digits();
  }
  if (whole + fraction == 0) return std::nullopt;
  if (peek(at) == 'e' || peek(at) == 'E') {
    const bool sign = peek(at + 1) == '+' || peek(at + 1) == '-';
    if (is_digit(peek(at + (sign ? 2 : 1)))) {
      at += sign ? 2 : 1;
      digits();
    }
  }
  const std::string_view number = text.substr(text.starts_with('+') ? 1 : 0, at - (text.starts_with('+') ? 1 : 0));
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) {
    return std::nullopt;  // out of the range of a double
  }

  const std::string_view rest = text.substr(at);
  const std::string_view unit = trim(rest);
  if (unit.empty()) return Quantity{value, {}};
  const bool attached = rest.size() == unit.size();
  // "0x1f", "0b101": another base, and no unit begins so
  if (attached && whole == 1 && text[first] == '0' && unit.size() > 1 &&
      std::isxdigit(static_cast<unsigned char>(unit[1])) != 0 &&
      std::string_view("xXbBoO").find(unit[0]) != std::string_view::npos)
    return std::nullopt;
  const auto starts_unit = [](std::string_view u) {
    for (const std::string_view sign : {"\xc2\xb5", "\xce\xbc", "\xce\xa9", "\xe2\x84\xa6", "%"}) {
      if (u.starts_with(sign)) return true;
    }
    return is_letter(u[0]);
  };
  if (!starts_unit(unit) && (attached || !unit.starts_with("1/"))) return std::nullopt;
  for (const char c : unit) {
    // bytes above 0x7f belong to the micro and omega signs and the superscripts; the unit parser judges them
    if (!is_letter(c) && !is_digit(c) && std::string_view(" \t*/^-+%").find(c) == std::string_view::npos &&
        static_cast<unsigned char>(c) < 0x80) {
      return std::nullopt;
    }
  }
  return Quantity{value, std::string(unit)};
}

}  // namespace hillock
