// The tables of a result as comma-separated text (RFC 4180, but lines end with '\n').
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "results/folder.hpp"

namespace hillock {
namespace {

using Text = fmt::memory_buffer;

void add(Text& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

/// The shortest text that reads back to the same double; nothing for what is no number.
void add(Text& out, double value) {
  if (std::isfinite(value)) fmt::format_to(std::back_inserter(out), "{}", value);
}

void add_field(Text& out, std::string_view text) {
  const bool blank_end = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!blank_end && text.find_first_of(",\"\r\n") == std::string_view::npos) return add(out, text);
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

std::string with_unit(const std::string& title, const std::string& unit) {
  return unit.empty() || unit == "1" ? title : fmt::format("{} ({})", title, unit);
}

/// The titles of one kind of column over all cases, in the order of their first appearance.
template <class Visit> std::vector<std::string> titles(const std::vector<CaseResult>& cases, Visit visit) {
  std::vector<std::string> out;
  for (const CaseResult& result : cases)
    visit(result, [&](const std::string& title) {
      if (std::find(out.begin(), out.end(), title) == out.end()) out.push_back(title);
    });
  return out;
}

/// "12.5 mV" as "12.5" and "mV"; nullopt if it does not begin with a number.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view value) {
  const std::size_t blank = std::min(value.find(' '), value.size());
  const std::string number(value.substr(0, blank));
  if (number.empty() || number.find_first_not_of("0123456789+-.eE") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  std::strtod(number.c_str(), &end);
  if (*end != '\0') return std::nullopt;
  return std::pair{value.substr(0, blank), value.substr(std::min(blank + 1, value.size()))};
}

const std::string* swept_value(const CaseResult& result, const std::string& path) {
  for (const auto& [name, value] : result.swept)
    if (name == path) return &value;
  return nullptr;
}

/// The unit that all cases give this path in; nullopt if they differ or a value is no number.
std::optional<std::string> swept_unit(const std::vector<CaseResult>& cases, const std::string& path) {
  std::optional<std::string> unit;
  for (const CaseResult& result : cases) {
    const std::string* value = swept_value(result, path);
    if (!value) continue;
    const auto parts = split(*value);
    if (!parts || (unit && *unit != parts->second)) return std::nullopt;
    unit = parts->second;
  }
  return unit;
}

}  // namespace

std::string case_csv(const CaseResult& result) {
  std::size_t rows = result.time_ms.size();
  for (const Column& column : result.columns) rows = std::min(rows, column.values.size());
  if (!result.ok()) {
    for (const Column& column : result.columns) {
      const auto begin = column.values.begin(), end = begin + static_cast<std::ptrdiff_t>(rows);
      rows = static_cast<std::size_t>(std::find_if_not(begin, end, [](double v) { return std::isfinite(v); }) - begin);
    }
  }
  Text out;
  out.reserve((rows + 1) * (result.columns.size() + 1) * 20);
  add(out, "Time (ms)");
  for (const Column& column : result.columns) {
    out.push_back(',');
    add_field(out, with_unit(column.title.empty() ? column.name : column.title, column.unit));
  }
  out.push_back('\n');
  for (std::size_t i = 0; i < rows; ++i) {
    add(out, result.time_ms[i]);
    for (const Column& column : result.columns) {
      out.push_back(',');
      add(out, column.values[i]);
    }
    out.push_back('\n');
  }
  return fmt::to_string(out);
}

std::string sheet_csv(const Sheet& sheet) {
  Text out;
  std::size_t rows = 0;
  for (const Column& column : sheet.columns) {
    if (&column != &sheet.columns[0]) out.push_back(',');
    add_field(out, with_unit(column.title, column.unit));
    rows = std::max({rows, column.values.size(), column.words.size()});
  }
  out.push_back('\n');
  for (std::size_t i = 0; i < rows; ++i) {
    for (const Column& column : sheet.columns) {
      if (&column != &sheet.columns[0]) out.push_back(',');
      if (i < column.words.size()) add_field(out, column.words[i]);
      else if (i < column.values.size()) add(out, column.values[i]);
    }
    out.push_back('\n');
  }
  return fmt::to_string(out);
}

std::string summary_csv(const std::vector<CaseResult>& cases) {
  const auto paths = titles(cases, [](const CaseResult& result, auto take) {
    for (const auto& [path, value] : result.swept) take(path);
  });
  const auto measures = titles(cases, [](const CaseResult& result, auto take) {
    for (const MeasureValue& measure : result.measures) take(with_unit(measure.name, measure.unit));
  });
  std::vector<std::optional<std::string>> units;
  Text out;
  add(out, "case");
  for (const std::string& path : paths) {
    units.push_back(swept_unit(cases, path));
    out.push_back(',');
    add_field(out, with_unit(path, units.back().value_or("")));
  }
  for (const std::string& title : measures) {
    out.push_back(',');
    add_field(out, title);
  }
  add(out, ",status\n");
  for (const CaseResult& result : cases) {
    add_field(out, result.name);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      out.push_back(',');
      const std::string* value = swept_value(result, paths[i]);
      if (value) add_field(out, units[i] ? split(*value)->first : std::string_view(*value));
    }
    for (const std::string& title : measures) {
      out.push_back(',');
      for (const MeasureValue& measure : result.measures) {
        if (with_unit(measure.name, measure.unit) != title) continue;
        if (measure.why.empty()) add(out, measure.value);
        break;
      }
    }
    out.push_back(',');
    add_field(out, result.status);
    out.push_back('\n');
  }
  return fmt::to_string(out);
}

std::string spikes_csv(const std::vector<CaseResult>& cases) {
  Text out;
  add(out, "case,Time (ms)\n");
  for (const CaseResult& result : cases) {
    for (const double time : result.spikes_ms) {
      add_field(out, result.name);
      out.push_back(',');
      add(out, time);
      out.push_back('\n');
    }
  }
  return fmt::to_string(out);
}

std::string failures_csv(const std::vector<CaseResult>& cases) {
  Text out;
  add(out, "case,status,time (ms),parameters\n");
  for (const CaseResult& result : cases) {
    if (result.ok()) continue;
    add_field(out, result.name);
    out.push_back(',');
    add_field(out, result.status);
    out.push_back(',');
    add(out, result.failed_at_ms);
    out.push_back(',');
    add_field(out, result.parameters);
    out.push_back('\n');
  }
  return fmt::to_string(out);
}

}  // namespace hillock
