#pragma once
// A plugin's class without its boundary: its source is part of the target, as one of several.
#include <hillock/forecaster.hpp>
#include <hillock/recording.hpp>
#undef HILLOCK_FORECASTER
#undef HILLOCK_RECORDING
#define HILLOCK_FORECASTER(C)
#define HILLOCK_RECORDING(C)
#if defined(__GNUC__) && !defined(__clang__)
// A class that holds another of its own source is no concern of other sources.
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

#include <map>
#include <string>
#include <vector>

namespace hillock::test {

/// The options of a plugin: texts and numbers that are given, and the defaults of the others.
template <class P>
Options options_of(const std::map<std::string, const char*>& texts = {},
                   const std::map<std::string, double>& numbers = {}) {
  std::vector<hk_value> values;
  for (const hk_option& o : P::options) {
    hk_value v{};
    const auto text = texts.find(o.name);
    const auto number = numbers.find(o.name);
    v.kind = o.kind, v.number = number != numbers.end() ? number->second : o.value;
    v.text = text != texts.end() ? text->second : o.text ? o.text : "";
    values.push_back(v);
  }
  const hk_values table{sizeof(hk_values), sizeof(hk_value), values.size(), values.data()};
  return Options(P::options, values.size(), &table);
}

}  // namespace hillock::test
