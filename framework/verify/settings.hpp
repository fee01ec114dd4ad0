#pragma once
// Options of a plugin as a user would choose them.
#include <map>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "hillock/abi.h"

namespace hillock::verify {

/// Options as a user would choose them, by name.
using Settings = std::map<std::string, std::variant<double, std::string>>;
class Values {
 public:
  Values(const hk_option* options, std::size_t n, Settings settings) : settings_(std::move(settings)) {
    std::size_t used = 0;
    for (std::size_t i = 0; i < n; ++i) {
      hk_value v{options[i].kind, 0, options[i].value, options[i].text ? options[i].text : "", nullptr, 0};
      if (const auto s = settings_.find(options[i].name); s != settings_.end()) {
        v.given = 1, ++used;
        if (const auto* number = std::get_if<double>(&s->second)) v.number = *number;
        else v.text = std::get<std::string>(s->second).c_str();
      }
      values_.push_back(v);
    }
    if (used != settings_.size()) throw std::logic_error("a setting is no option of the plugin");
  }
  const hk_values* data() const {
    table_ = {sizeof(hk_values), sizeof(hk_value), values_.size(), values_.data()};
    return &table_;
  }

 private:
  Settings settings_;
  std::vector<hk_value> values_;
  mutable hk_values table_{};
};

}  // namespace hillock::verify
