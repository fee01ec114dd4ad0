#include "run/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "file/node.hpp"
#include "util/error.hpp"
#include "util/files.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

using Texts = std::map<std::string, std::string>;

/// Every scalar below a node by its dotted path.
void flatten(const Node& node, const std::string& path, Texts& out) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  for (const Node::Entry& entry : node.entries) flatten(entry.value, below(entry.key), out);
  for (std::size_t i = 0; i < node.items.size(); ++i) flatten(node.items[i], below(std::to_string(i)), out);
  if (!node.is_map() && !node.is_list()) out[path] = node.text;
}

Texts texts_of(const fs::path& file) {
  Texts out;
  flatten(parse_yaml(read_source(file)), "", out);
  return out;
}

/// Whether a line of the experiment decides what comes out.
bool decides(const std::string& path) {
  return !path.starts_with("expect") && path != "title" && path != "note" && path != "source";
}

/// Whether a line of provenance says what a result was made from, not where, when or by which words.
bool makes_result(const std::string& path) {
  return path != "command" && path != "experiment" && !path.starts_with("machine") && !path.starts_with("identity");
}

void add_texts(Table& table, const Texts& a, const Texts& b, bool (*shown)(const std::string&)) {
  std::set<std::string> paths;
  for (const Texts* side : {&a, &b})
    for (const auto& [path, text] : *side) paths.insert(path);
  const auto text_of = [](const Texts& side, const std::string& path) {
    const auto at = side.find(path);
    return at == side.end() ? std::string("(none)") : at->second;
  };
  for (const std::string& path : paths)
    if (const std::string left = text_of(a, path), right = text_of(b, path); left != right && shown(path))
      table.rows.push_back({path, left, right});
}

/// The fields of a CSV file as hillock writes it, by rows.
std::vector<std::vector<std::string>> rows_of(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '\n')) {
      row.push_back(std::move(field));
      field.clear();
      if (c == '\n') rows.push_back(std::move(row)), row.clear();
    } else {
      field += c;
    }
  }
  return rows;
}

std::optional<double> number(const std::string& text) {
  double x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return x;
}

/// The columns of one CSV file whose fields differ.
void add_columns(Table& table, const std::string& file, const std::string& left, const std::string& right) {
  const auto a = rows_of(left), b = rows_of(right);
  if (a.empty() || b.empty() || a[0] != b[0]) {
    table.rows.push_back({file, "(titles)", "", "", "", "", ""});
    return;
  }
  if (a.size() != b.size())
    table.rows.push_back({file, "(rows)", "", std::to_string(a.size() - 1), std::to_string(b.size() - 1), "", ""});
  for (std::size_t c = 0; c < a[0].size(); ++c) {
    std::size_t differ = 0, at = 0;
    double largest = -1;
    for (std::size_t r = 1; r < std::min(a.size(), b.size()); ++r) {
      if (c >= a[r].size() || c >= b[r].size() || a[r][c] == b[r][c]) continue;
      const auto x = number(a[r][c]), y = number(b[r][c]);
      // a field that is no number differs most
      const double apart = x && y && !std::isnan(*x - *y) ? std::abs(*x - *y) : INFINITY;
      if (differ++ == 0 || apart > largest) largest = apart, at = r;
    }
    if (differ == 0) continue;
    table.rows.push_back({file, a[0][c], a[at][0], a[at][c], b[at][c],
                          std::isfinite(largest) ? fmt::format("{:.5g}", largest) : "", std::to_string(differ)});
  }
}

void check_result(const fs::path& folder) {
  std::error_code none;
  if (!fs::exists(folder / "provenance.yaml", none))
    throw Error({}, fmt::format("'{}' is no result of hillock: it has no provenance.yaml", folder.string()),
                "name a folder that `hillock run` wrote");
}

std::set<fs::path> files_of(const fs::path& folder) {
  std::set<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (const fs::path file = entry.path().lexically_relative(folder);
        entry.is_regular_file() && *file.begin() != "plots")
      out.insert(file);
  out.erase("provenance.yaml");
  out.erase("report.html");
  return out;
}

}  // namespace

std::vector<fs::path> files_that_differ(const fs::path& a, const fs::path& b) {
  check_result(a), check_result(b);
  std::set<fs::path> all = files_of(a);
  all.merge(files_of(b));
  std::vector<fs::path> out;
  std::error_code none;
  for (const fs::path& file : all)
    if (!fs::exists(a / file, none) || !fs::exists(b / file, none) || read_text(a / file) != read_text(b / file))
      out.push_back(file);
  return out;
}

std::vector<Table> difference(const fs::path& a, const fs::path& b) {
  const std::vector<fs::path> files = files_that_differ(a, b);
  Table made{"Made from", {"path", "first", "second"}, {}, ""};
  std::error_code none;
  if (fs::exists(a / "experiment.yaml", none) && fs::exists(b / "experiment.yaml", none))
    add_texts(made, texts_of(a / "experiment.yaml"), texts_of(b / "experiment.yaml"), decides);
  Texts left = texts_of(a / "provenance.yaml"), right = texts_of(b / "provenance.yaml");
  for (Texts* side : {&left, &right}) side->erase("files." + (*side)["experiment"]);  // its text is compared above
  add_texts(made, left, right, makes_result);
  Table numbers{
      "Numbers", {"file", "column", "where it differs most", "first", "second", "apart", "fields that differ"}, {}, ""};
  Table others{"Files", {"file", ""}, {}, ""};
  for (const fs::path& file : files) {
    const bool in_a = fs::exists(a / file, none), in_b = fs::exists(b / file, none);
    if (!in_a || !in_b) others.rows.push_back({file.string(), in_a ? "only in the first" : "only in the second"});
    else if (file.extension() == ".csv") {
      const std::size_t before = numbers.rows.size();
      add_columns(numbers, file.string(), read_text(a / file), read_text(b / file));
      if (numbers.rows.size() == before) others.rows.push_back({file.string(), "differs, and not in its numbers"});
    } else if (file.extension() == ".nc" || file.extension() == ".yaml") {
      others.rows.push_back({file.string(), "differs"});
    }
  }
  std::vector<Table> out;
  for (Table* table : {&made, &numbers, &others})
    if (!table->rows.empty()) out.push_back(std::move(*table));
  return out;
}

}  // namespace hillock
