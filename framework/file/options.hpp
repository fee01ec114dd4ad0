#pragma once
// Options of a block: declared once, by a plugin or by the table of the vocabulary, and read, checked, converted,
// explained and written out from that.
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "file/node.hpp"
#include "hillock/abi.h"

namespace hillock {

/// One key of a block, or what a value without a key may be. Parser, manual and schema are made from these.
struct OptionSpec {
  /// The kinds of the boundary, and forms whose parts are in `inner`. Their readers take them as they are written:
  ///   block   a map with these keys; without any, what it may hold is told by the meaning alone
  ///   pair    [from, to], two numbers
  ///   names   a map from names to what the only one of `inner` says; its own name is what the names are: "state"
  ///   items   a list of what the only one of `inner` says, of which one may stand alone; not so of pairs and of
  ///           blocks without keys
  ///   either  one of `inner`
  ///   part    a map with `use`, and the options of what that names; `text` is its role: that of a plugin, or "shape",
  ///           "measure", "loss"; `inner` are the keys that all of that role have
  enum class Kind { number, integer, flag, choice, text, list, block, pair, names, items, either, part };
  std::string name;  ///< with a dot: a key within a map, `columns.time`
  Kind kind = Kind::number;
  std::string unit = "1";
  double value = 0, low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  std::string meaning;
  bool required = false;
  std::vector<std::string> choices;
  std::string text;  ///< default of choices and texts
  std::vector<OptionSpec> inner = {};
  std::string pattern = {};  ///< of texts: a regular expression that they match; empty: any
};

/// The keys of a value: those of a block, of each of its names or items, and of each of its forms. Each once.
std::vector<OptionSpec> keys_of(const OptionSpec& spec);

/// The options a plugin declares.
std::vector<OptionSpec> specs_of(const hk_option* options, std::uint32_t n, std::uint32_t element_size);

struct OptionValue {
  bool given = false;
  double number = 0;
  std::string text;
  std::vector<double> list;
  Node node;    ///< of blocks, and of lists for the places of their numbers
  Place place;  ///< where it was given, else where its block begins
};

/// Values as the boundary carries them; they point into the OptionValues they were made of.
class BoundaryValues {
 public:
  explicit BoundaryValues(std::vector<hk_value> values)
      : values_(std::move(values)), table_{sizeof(hk_values), sizeof(hk_value), values_.size(), values_.data()} {}
  BoundaryValues(const BoundaryValues&) = delete;
  const hk_values* get() const { return &table_; }

 private:
  std::vector<hk_value> values_;
  hk_values table_;
};

/// The options of one block, in the order of their specs.
class OptionValues {
 public:
  OptionValues() = default;
  OptionValues(std::vector<OptionSpec> specs, std::vector<OptionValue> values)
      : specs_(std::move(specs)), values_(std::move(values)) {}
  /// REQUIRES: the name is declared.
  const OptionValue& operator[](std::string_view name) const;
  double number(std::string_view name) const { return (*this)[name].number; }
  const std::string& text(std::string_view name) const { return (*this)[name].text; }
  bool given(std::string_view name) const { return (*this)[name].given; }
  const std::vector<OptionSpec>& specs() const { return specs_; }
  const std::vector<OptionValue>& values() const { return values_; }
  bool declares(std::string_view name) const;
  /// Another number for an option. REQUIRES: the name is declared.
  void set(std::string_view name, double number);
  BoundaryValues boundary() const;
  /// Appends every option with its value and unit to a map; those that are not given and have no default are left out.
  void write(Node& map) const;
  bool operator==(const OptionValues& other) const;

 private:
  std::vector<OptionSpec> specs_;
  std::vector<OptionValue> values_;
};

/// Reads a block. `owner` names it in messages ("integrator 'euler'"), `kind` what its keys are called there ("option",
/// "parameter"); `handled` are keys that the caller reads.
OptionValues read_options(const Node& block, std::vector<OptionSpec> specs, const std::string& owner,
                          const std::vector<std::string>& handled = {}, std::string_view kind = "option");

/// Refuses keys that are not in `known`: "<owner> has no <kind> '<key>'" with the nearest name.
void refuse_unknown_keys(const Node& map, const std::vector<std::string>& known, const std::string& owner,
                         std::string_view kind = "key");

/// A number in `unit`, converted from the unit written, checked against [low, high]. `name` and `owner` are for
/// messages.
double read_number(const Node& node, const std::string& name, const std::string& unit, double low, double high,
                   const std::string& owner);
double read_number(const Node& node, const OptionSpec& spec, const std::string& owner);
/// A whole number.
double read_integer(const Node& node, const std::string& name, double low, double high, const std::string& owner);
bool read_flag(const Node& node, const std::string& name);
/// A text; numbers and words are taken as they are written.
std::string read_text_value(const Node& node, const std::string& name);
/// One of several words.
std::string read_choice(const Node& node, const std::string& name, const std::vector<std::string>& choices);
/// A list of texts; a single text is a list of one.
std::vector<std::string> read_texts(const Node& node, const std::string& name);
/// [from, to], in this order.
std::pair<double, double> read_pair(const Node& node, const std::string& name, const std::string& unit,
                                    const std::string& owner = "data");
/// Refuses anything but a map.
const Node& expect_map(const Node& node, const std::string& name, const std::string& example);

/// "0.25 ms", "3" (unit "1").
std::string with_unit(double value, std::string_view unit);

}  // namespace hillock
