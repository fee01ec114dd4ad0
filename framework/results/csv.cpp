// The tables of a result as comma-separated text (RFC 4180, but lines end with '\n').
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "draw/text.hpp"
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

/// The columns of a summary: what any of the cases has, in the order of first appearance.
struct Columns {
  struct Swept {
    std::string path;
    std::optional<std::string> unit;  ///< that all cases give it in; none if they differ or a value is no number
    bool any = false;
  };
  std::vector<Swept> swept;
  std::vector<std::pair<std::string, std::string>> measures;  ///< name and unit

  explicit Columns(const Cases& cases) {
    for (const CaseResult& result : cases) {
      for (const auto& [path, value] : result.swept) {
        auto found = std::find_if(swept.begin(), swept.end(), [&](const Swept& s) { return s.path == path; });
        if (found == swept.end()) found = swept.insert(swept.end(), {path, {}, false});
        const auto parts = split(value);
        if (!found->any) found->unit = parts ? std::optional<std::string>(parts->second) : std::nullopt;
        else if (!parts || found->unit != parts->second) found->unit = std::nullopt;
        found->any = true;
      }
      for (const MeasureValue& m : result.measures)
        if (std::none_of(measures.begin(), measures.end(),
                         [&](const auto& known) { return known.first == m.name && known.second == m.unit; }))
          measures.emplace_back(m.name, m.unit);
    }
  }
};

}  // namespace

void case_csv(const CaseResult& result, const std::function<void(std::string_view)>& write) {
  constexpr std::size_t piece = 1 << 20;
  std::size_t rows = result.time_ms.size();
  for (const Column& column : result.columns) rows = std::min(rows, column.values.size());
  if (!result.ok()) {
    for (const Column& column : result.columns) {
      const auto begin = column.values.begin(), end = begin + static_cast<std::ptrdiff_t>(rows);
      rows = static_cast<std::size_t>(std::find_if_not(begin, end, [](double v) { return std::isfinite(v); }) - begin);
    }
  }
  Text out;
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
    if (out.size() < piece) continue;
    write({out.data(), out.size()});
    out.clear();
  }
  write({out.data(), out.size()});
}

std::string case_csv(const CaseResult& result) {
  std::string all;
  case_csv(result, [&](std::string_view text) { all += text; });
  return all;
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

void summary_csv(const Cases& cases, const std::function<void(std::string_view)>& write) {
  const Columns columns(cases);
  Text out;
  add(out, "case");
  for (const Columns::Swept& s : columns.swept) {
    out.push_back(',');
    add_field(out, with_unit(s.path, s.unit.value_or("")));
  }
  for (const auto& [name, unit] : columns.measures) {
    out.push_back(',');
    add_field(out, with_unit(name, unit));
  }
  add(out, ",status\n");
  for (const CaseResult& result : cases) {
    add_field(out, result.name);
    for (const Columns::Swept& s : columns.swept) {
      out.push_back(',');
      const std::string* value = swept_value(result, s.path);
      if (value) add_field(out, s.unit ? split(*value)->first : std::string_view(*value));
    }
    for (const auto& [name, unit] : columns.measures) {
      out.push_back(',');
      for (const MeasureValue& measure : result.measures) {
        if (measure.name != name || measure.unit != unit) continue;
        if (measure.why.empty()) add(out, measure.value);
        break;
      }
    }
    out.push_back(',');
    add_field(out, result.status());
    out.push_back('\n');
    if (out.size() > 1'000'000) {
      write({out.data(), out.size()});
      out.clear();
    }
  }
  write({out.data(), out.size()});
}

std::string summary_csv(const Cases& cases) {
  std::string text;
  summary_csv(cases, [&](std::string_view piece) { text += piece; });
  return text;
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

std::string failures_csv(const Cases& cases) {
  std::string text;
  failures_csv(cases, [&](std::string_view part) { text += part; });
  return text;
}

void failures_csv(const Cases& cases, const std::function<void(std::string_view)>& write) {
  Text out;
  add(out, "case,status,time (ms),parameters\n");
  for (const std::size_t i : cases.failed()) {
    const auto result = cases.get(i);
    add_field(out, result->name);
    out.push_back(',');
    add_field(out, result->status());
    out.push_back(',');
    add(out, result->failure->at_ms);
    out.push_back(',');
    add_field(out, result->failure->parameters);
    out.push_back('\n');
    if (out.size() > 1 << 16) write({out.data(), out.size()}), out.clear();
  }
  write({out.data(), out.size()});
}

}  // namespace hillock
