// Recordings as text: a line of titles, then one row a sample. Columns are found by title or by their unit; units stand
// in the title or in the options; samples must be evenly spaced in time. What is unclear is refused, with the line and
// what to do. Read are plain tables as programs and spreadsheets write them (titles behind '#', columns between blanks,
// "sep=;", decimal commas, UTF-16), Axon text files (ATF, of Clampfit) and text exports of LabChart. Gives voltage and
// current in the unit that the file names, NaN where the file has a gap; t0 and dt in ms. Further columns are there too
// and are only read when asked for.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <hillock/recording.hpp>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>

#include "binary.hpp"
#include "times.hpp"

using hillock::BadInput, hillock::Channel, hillock::Options, hillock::Sweep;
namespace times = hillock::times;

namespace {

constexpr double largest_file = 2e9;  // bytes
constexpr std::array time_units{"s", "ms", "us", "µs", "μs", "ns"};
constexpr std::array time_factors{1e3, 1., 1e-3, 1e-3, 1e-3, 1e-6};  // to ms
constexpr std::size_t most_sweeps = 10000;
constexpr std::array voltage_units{"V", "mV", "uV", "µV", "μV", "nV", "1"};
constexpr std::array current_units{"A",  "mA",     "uA",     "µA",     "μA",     "nA",    "pA",
                                   "fA", "uA/cm2", "mA/cm2", "nA/cm2", "pA/um2", "mV/ms", "1"};

/// What a column can be known as; names in lower case, words parted by one blank.
struct Quantity {
  const char *name, *option, *unit_option;
  std::vector<std::string> names;
  std::span<const char* const> units;
};
const Quantity time_q{"time", "columns.time", "units.time", {"time", "t"}, time_units};
const Quantity voltage_q{"voltage",
                         "columns.voltage",
                         "units.voltage",
                         {"voltage", "v", "vm", "v m", "membrane potential", "membrane voltage", "potential"},
                         voltage_units};
const Quantity current_q{"current",
                         "columns.current",
                         "units.current",
                         {"current", "i", "injected current", "input current", "stimulus current", "command current"},
                         current_units};

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return s;
}
std::string_view trimmed(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}
std::string_view unquoted(std::string_view s) {
  s = trimmed(s);
  return s.size() >= 2 && s.front() == '"' && s.back() == '"' ? trimmed(s.substr(1, s.size() - 2)) : s;
}
std::string number(double x) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), x).ptr};
}
std::string brief(double x) {
  std::array<char, 32> text{};
  return {text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.6g", x))};
}
std::string shown(std::string_view s) { return s.size() <= 40 ? std::string(s) : std::string(s.substr(0, 37)) + "..."; }

std::string list_of(std::span<const char* const> words) {
  std::string out;
  for (const char* w : words) out += (out.empty() ? "" : ", ") + std::string(w);
  return out;
}
template <class Units> bool has(const Units& units, std::string_view unit) {
  return std::find(units.begin(), units.end(), unit) != units.end();
}

/// Edits between two words (Levenshtein).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, replaced});
    }
  }
  return row.back();
}

/// "Membrane Potential (mV)", "time_ms", "I [pA]", "v": the name in lower case, and the unit or "".
struct Title {
  std::string text, name, unit;
  explicit Title(std::string_view raw) : text(hillock::binary::text(raw)) {
    std::string_view t = text;
    const std::size_t open = t.find_first_of("([");
    if (open != std::string_view::npos && !t.empty() && (t.back() == ')' || t.back() == ']')) {
      unit = trimmed(t.substr(open + 1, t.size() - open - 2));
      t = trimmed(t.substr(0, open));
    } else if (const std::size_t part = t.find_last_of("_ ");
               part != std::string_view::npos && part > 0 && is_unit(t.substr(part + 1))) {
      unit = t.substr(part + 1);
      t = trimmed(t.substr(0, part));
    }
    name = lower(std::string(t));
    for (char& c : name)
      if (c == '_' || c == '-') c = ' ';
  }

 private:
  /// Also in the wrong case: `TIME_MS` is a time whose unit is not known, not a column called "time ms".
  static bool is_unit(std::string_view word) {
    const auto among = [&](const auto& units) {
      return std::any_of(units.begin(), units.end(),
                         [&](const char* u) { return lower(u) == lower(std::string(word)); });
    };
    return word != "1" && (among(time_units) || among(voltage_units) || among(current_units));
  }
};

}  // namespace

struct Csv {
  static constexpr auto id = "csv", version = "1.1.0", cite = "",
                        meaning = "text, one row a sample, columns by title; ATF and text of LabChart",
                        endings = "csv|tsv|txt|atf";
  static constexpr hk_option options[] = {
      hillock::text("columns.time", "",
                    "title of the column of times; found by titles such as 'time_ms' or 'Time (ms)' if left out"),
      hillock::text(
          "columns.voltage", "",
          "title of the voltage; found by titles such as 'voltage_mV' or as the only one in volts if left out"),
      hillock::text("columns.current", "",
                    "title of the injected current; found by titles such as 'current_pA' or as the only one in amperes "
                    "if left out"),
      hillock::text("units.time", "", "unit of the times, if the title has none"),
      hillock::text("units.voltage", "", "unit of the voltage, if the title has none"),
      hillock::text("units.current", "", "unit of the current, if the title has none"),
      hillock::choice("delimiter", "auto|comma|semicolon|tab|blank", "auto",
                      "what parts the columns; auto: the one that titles and rows show"),
      hillock::number("rate", "Hz", 0, 0, 1e9, "samples per second of a file without times; 0: none given")};

  Csv(const std::string& path, const Options& chosen)
      : path_(path), file_(load(path)), text_(file_.data(), file_.size()), chosen_(chosen) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    read_tables();
    for (const Table& t : tables_) read_table(t);
  }

  Csv(const Csv&) = delete;

  std::size_t sweeps() const { return sweeps_.size(); }
  Sweep describe(std::size_t index) const { return sweeps_[index].described; }
  void read(std::size_t index, std::size_t channel, std::span<double> samples) {
    const Part& p = sweeps_[index];
    if (channel < p.samples.size()) {
      std::copy(p.samples[channel].begin(), p.samples[channel].end(), samples.begin());
    } else {
      const auto numbers = scan(tables_[p.table], std::vector{p.columns[channel]}, {});
      std::copy(numbers[0].begin(), numbers[0].end(), samples.begin());
    }
  }

 private:
  /// Titles and the rows below them. A file has one; an export of LabChart one for each of its blocks.
  struct Table {
    std::size_t title_line = 0;      // lines count from 1
    std::size_t begin = 0, end = 0;  // of the rows, in text_
    std::size_t first_line = 1;      // of the rows
    char delimiter = ',';            // ' ': one blank or several
    std::vector<Title> titles;
    double interval_ms = 0;  // where the file states it
    std::string protocol;
    std::vector<std::int64_t> traces{};  // of an ATF file: the sweep that each column belongs to, or -1
    std::optional<std::int64_t> number{};
  };
  /// A sweep.
  struct Part {
    Sweep described;
    std::size_t table = 0;
    std::vector<std::vector<double>> samples{};  // of voltage and current
    std::vector<std::size_t> columns{};          // of each channel
  };

  [[noreturn]] void refuse(const std::string& sentence) const { throw BadInput(path_ + ": " + sentence); }
  [[noreturn]] void refuse_line(std::size_t line, const std::string& sentence) const {
    throw BadInput(path_ + ":" + std::to_string(line) + ": " + sentence);
  }

  /// Without waiting where the path is a named pipe.
  static std::FILE* open_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return file < 0 ? nullptr : ::fdopen(file, "rb");
  }
  static std::vector<char> load(const std::string& path) {
    const auto fail = [&](const std::string& why) { throw BadInput(path + ": " + why); };
    const auto close = [](std::FILE* f) { std::fclose(f); };
    const std::unique_ptr<std::FILE, decltype(close)> file(open_file(path), close);
    struct stat about {};
    if (!file || ::fstat(::fileno(file.get()), &about) != 0)
      fail(errno == ENOENT ? "there is no such file" : std::string("the file cannot be read: ") + std::strerror(errno));
    if (S_ISDIR(about.st_mode)) fail("this is a folder, not a file");
    if (!S_ISREG(about.st_mode)) fail("this is no file");
    if (static_cast<double>(about.st_size) > largest_file)
      fail("the file has " + brief(static_cast<double>(about.st_size) * 1e-9) +
           " GB; text of more than 2 GB is not read: cut it into sweeps");
    std::vector<char> bytes(static_cast<std::size_t>(about.st_size));
    if (std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
      fail("the file could not be read to its end");
    if (bytes.empty()) fail("the file is empty");
    // "Unicode text" of Excel: UTF-16, with or without a mark of its order
    const std::string_view start(bytes.data(), std::min<std::size_t>(bytes.size(), 4096));
    const auto zeros = [&](std::size_t from) {
      std::size_t n = 0;
      for (std::size_t i = from; i < start.size(); i += 2) n += start[i] == '\0';
      return n;
    };
    const std::size_t half = start.size() / 2;
    const bool little = start.starts_with("\xff\xfe") || (half > 1 && zeros(1) > half / 2 && zeros(0) == 0),
               big = start.starts_with("\xfe\xff") || (half > 1 && zeros(0) > half / 2 && zeros(1) == 0);
    if (little || big) return from_utf_16(bytes, big);
    if (start.find('\0') != std::string_view::npos) fail("this is no text; export the recording as CSV");
    return bytes;
  }
  static std::vector<char> from_utf_16(const std::vector<char>& bytes, bool big) {
    std::vector<char> out;
    out.reserve(bytes.size() / 2 + 16);
    const auto unit = [&](std::size_t i) {
      const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
      return static_cast<std::uint32_t>(big ? a << 8 | b : b << 8 | a);
    };
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
      std::uint32_t c = unit(i);
      if (c == 0xFEFF) continue;  // mark of the order of bytes
      if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size()) {
        c = 0x10000 + ((c - 0xD800) << 10) + ((unit(i + 2) - 0xDC00) & 0x3FF);
        i += 2;
      }
      const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
      if (c < 0x80) {
        put(c);
      } else if (c < 0x800) {
        put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
      } else if (c < 0x10000) {
        put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
      } else {
        put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
      }
    }
    return out;
  }

  /// The next line without its end; false at the end of the text.
  static bool next_line(std::string_view text, std::size_t& at, std::string_view& line) {
    if (at >= text.size()) return false;
    const char* const begin = text.data() + at;
    const void* const end = std::memchr(begin, '\n', text.size() - at);
    const std::size_t size = end ? static_cast<std::size_t>(static_cast<const char*>(end) - begin) : text.size() - at;
    at += size + 1;
    line = {begin, size};
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return true;
  }
  /// Takes the next field, with quotes, off a line. A null rest: that was the last.
  static std::string_view next_field(std::string_view& rest, char delimiter) {
    if (delimiter == ' ') {
      rest = trimmed(rest);
      const std::size_t size = std::min(rest.find_first_of(" \t"), rest.size());
      const std::string_view field = rest.substr(0, size);
      rest = trimmed(rest.substr(size));
      if (rest.empty()) rest = {nullptr, 0};
      return field;
    }
    std::size_t from = 0;
    if (!rest.empty() && rest.front() == '"')
      if (const std::size_t quote = rest.find('"', 1); quote != std::string_view::npos) from = quote;
    const void* const end =
        from < rest.size() ? std::memchr(rest.data() + from, delimiter, rest.size() - from) : nullptr;
    const std::size_t size = end ? static_cast<std::size_t>(static_cast<const char*>(end) - rest.data()) : rest.size();
    const std::string_view field = rest.substr(0, size);
    rest = end ? rest.substr(size + 1) : std::string_view(nullptr, 0);
    return field;
  }
  static std::vector<std::string_view> fields_of(std::string_view line, char delimiter) {
    std::vector<std::string_view> out;
    for (std::string_view rest = line; rest.data();) out.push_back(next_field(rest, delimiter));
    return out;
  }
  /// Titles between blanks, where "time (ms)" is one title.
  static std::vector<std::string> titles_of(std::string_view line, char delimiter) {
    std::vector<std::string> out;
    for (const std::string_view field : fields_of(line, delimiter)) {
      const std::string_view title = unquoted(field);
      if (delimiter == ' ' && !out.empty() && (title.starts_with('(') || title.starts_with('[')))
        out.back() += " " + std::string(title);
      else out.emplace_back(title);
    }
    return out;
  }
  static bool is_comment(std::string_view line) {
    line = trimmed(line);
    return line.starts_with('#') || line.starts_with('%');
  }

  /// Finds the tables of the file: where their titles and rows stand, and what parts the columns.
  void read_tables() {
    std::size_t at = 0, line_number = 0;
    std::string_view line, comment;
    std::size_t comment_line = 0;
    const auto next = [&] {
      ++line_number;
      return next_line(text_, at, line);
    };
    std::optional<char> said;  // by the file
    for (;;) {
      if (!next()) refuse("the file has no line of titles");
      const std::string_view plain = unquoted(line);
      if (plain.empty()) continue;
      if (is_comment(plain)) {
        comment = trimmed(plain.substr(1)), comment_line = line_number;
        while (is_comment(comment)) comment = trimmed(comment.substr(1));
        continue;
      }
      if (tables_.empty() && !said && lower(std::string(plain.substr(0, 4))) == "sep=" && plain.size() == 5) {
        said = plain[4];
        continue;
      }
      if (plain.starts_with("ATF\t") || plain.starts_with("ATF ") || plain.starts_with("ATF,"))
        return read_atf(at, line_number, plain[3]);
      if (plain.starts_with("Interval=") || plain.starts_with("ChannelTitle=")) return read_labchart();
      break;
    }
    Table t;
    t.end = text_.size();
    const std::vector<std::string_view> first = fields_of(line, row_delimiter(line));
    const bool numbers =
        std::all_of(first.begin(), first.end(), [](std::string_view f) { return is_number(unquoted(f)); });
    if (numbers) {  // the titles may stand in the comment before
      if (comment.empty()) refuse_untitled(line_number);
      const std::size_t row_begin = static_cast<std::size_t>(line.data() - text_.data());
      t.title_line = comment_line, t.begin = row_begin, t.first_line = line_number;
      choose_delimiters(t, comment, line, said, true);
      if (t.titles.size() != fields_of(line, t.delimiter).size() ||
          std::all_of(t.titles.begin(), t.titles.end(), [](const Title& title) { return is_number(title.text); }))
        refuse_untitled(line_number);
    } else {
      t.title_line = line_number, t.begin = at, t.first_line = line_number + 1;
      std::string_view row;
      for (std::size_t from = at; next_line(text_, from, row) && (trimmed(row).empty() || is_comment(row));) {}
      choose_delimiters(t, line, row, said, false);
    }
    tables_.push_back(std::move(t));
  }
  [[noreturn]] void refuse_untitled(std::size_t line) const {
    refuse_line(line,
                "numbers stand where the titles of the columns belong: put a line such as "
                "'time_ms,voltage_mV,current_pA' before them");
  }
  /// What parts the numbers of a row as far as it alone tells.
  static char row_delimiter(std::string_view row) {
    for (const char c : {'\t', ';'})
      if (row.find(c) != std::string_view::npos) return c;
    const std::string_view plain = trimmed(row);
    if (const std::size_t comma = plain.find(','); comma != std::string_view::npos)
      return plain.find_first_of(" \t") != std::string_view::npos && plain.find(", ") == std::string_view::npos ? ' '
                                                                                                                : ',';
    return plain.find(' ') != std::string_view::npos ? ' ' : ',';
  }
  /// By the option, by the file, or by the titles and the first row, which have as many fields. `apart`: titles in a
  /// comment may have another one than the rows, as numpy's savetxt writes them.
  void choose_delimiters(Table& t, std::string_view titles, std::string_view row, std::optional<char> said,
                         bool apart) {
    const std::string& wish = chosen_.text("delimiter");
    const auto take = [&](char of_titles, char of_rows) {
      t.delimiter = of_rows;
      for (const std::string& title : titles_of(titles, of_titles)) t.titles.emplace_back(title);
    };
    if (wish != "auto") {
      const char c = wish == "comma" ? ',' : wish == "semicolon" ? ';' : wish == "tab" ? '\t' : ' ';
      return take(c, c);
    }
    if (said) return take(*said, *said);
    std::string in_titles, fitting;
    bool in_quotes = false;
    for (const char c : titles) {
      if (c == '"') in_quotes = !in_quotes;
      else if (!in_quotes && (c == ',' || c == ';' || c == '\t') && in_titles.find(c) == std::string::npos)
        in_titles += c;
    }
    const auto count = [&](char c) { return titles_of(titles, c).size(); };
    const auto in_row = [&](char c) { return fields_of(row, c).size(); };
    for (const char c : in_titles)
      if (count(c) == in_row(c)) fitting += c;
    if (in_titles.size() == 1 && (!fitting.empty() || !apart)) return take(in_titles[0], in_titles[0]);
    if (fitting.size() == 1) return take(fitting[0], fitting[0]);
    if (in_titles.size() > 1 && !apart)
      refuse_line(t.title_line,
                  "the titles have several of comma, semicolon and tab between them: say which parts the columns, as "
                  "delimiter: semicolon");
    if (in_titles.empty() && in_row(' ') > 1 && count(' ') == in_row(' ')) return take(' ', ' ');
    if (apart)
      for (const char of_titles : {',', ';', '\t', ' '})
        for (const char of_rows : {'\t', ';', ' ', ','})
          if (in_row(of_rows) > 1 && count(of_titles) == in_row(of_rows)) return take(of_titles, of_rows);
    take(',', ',');
  }

  /// Axon text file: how many lines of header and columns follow, the header, the titles. The sweeps stand side by
  /// side, as "Trace #1 (mV)".
  void read_atf(std::size_t at, std::size_t line_number, char delimiter) {
    std::string_view line;
    const auto next = [&] {
      ++line_number;
      if (!next_line(text_, at, line)) refuse("the file is cut off: it ends within its header");
    };
    Table t;
    t.delimiter = delimiter, t.end = text_.size();
    next();
    std::size_t headers = 0;
    const std::string_view counts = trimmed(line);
    if (std::from_chars(counts.data(), counts.data() + counts.size(), headers).ec != std::errc{} || headers > 10000)
      refuse_line(line_number, "this is no Axon text file: the number of its lines of header is missing");
    for (; headers > 0; --headers) {
      next();
      const std::string_view text = unquoted(line);
      if (text.starts_with("Comment=")) t.protocol = hillock::binary::line(std::string(trimmed(text.substr(8))));
    }
    do next();
    while (trimmed(line).empty());
    if (line.find('\t') == std::string_view::npos && line.find(',') != std::string_view::npos) t.delimiter = ',';
    else if (line.find('\t') != std::string_view::npos) t.delimiter = '\t';
    t.title_line = line_number, t.begin = at, t.first_line = line_number + 1;
    bool traces = false;
    for (const std::string& title : titles_of(line, t.delimiter)) {
      std::int64_t number = -1;
      if (const std::size_t mark = title.find('#');
          mark != std::string::npos && lower(title.substr(0, mark)).find("trace") == 0)
        std::from_chars(title.data() + mark + 1, title.data() + title.size(), number);
      t.titles.emplace_back(title), t.traces.push_back(number);
      traces = traces || number >= 0;
    }
    if (!traces) t.traces.clear();
    tables_.push_back(std::move(t));
  }

  /// Text export of LabChart: each block has lines "Interval=", "ChannelTitle=", "Range=" and others, then rows of a
  /// time and one number a channel.
  void read_labchart() {
    std::size_t at = 0, line_number = 0;
    std::string_view line;
    bool in_header = false;
    std::vector<std::string> names, units;
    Table t;
    t.delimiter = '\t';
    const auto finish = [&](std::size_t end) {
      if (t.titles.empty()) return;
      t.end = end;
      tables_.push_back(t);
      t.titles.clear();
    };
    for (;;) {
      const std::size_t begin = at;
      ++line_number;
      if (!next_line(text_, at, line)) break;
      const std::size_t sign = line.find('=');
      const bool header = sign != std::string_view::npos && sign > 0 &&
                          std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(sign),
                                      [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
      if (header) {
        if (!in_header) finish(begin), names.clear(), units.clear(), t.interval_ms = 0;
        in_header = true, t.title_line = line_number;
        const std::string_view key = line.substr(0, sign);
        std::vector<std::string> values = titles_of(trimmed(line.substr(sign + 1)), '\t');
        if (key == "Interval" && !values.empty()) t.interval_ms = interval_of(values[0], line_number);
        if (key == "ChannelTitle") names = values;
        if (key == "UnitName") units = values;
        if (key == "Range" && units.empty())
          for (const std::string& range : values) units.push_back(range.substr(range.find_last_of(' ') + 1));
      } else if (in_header && !trimmed(line).empty()) {
        in_header = false;
        if (names.empty()) refuse_line(line_number, "no line 'ChannelTitle=' of LabChart names the columns");
        std::vector<std::string_view> row = fields_of(line, '\t');
        while (!row.empty() && (trimmed(row.back()).empty() || trimmed(row.back()).starts_with('#'))) row.pop_back();
        if (row.size() > names.size()) t.titles.emplace_back("Time (s)");
        if (row.size() > names.size() && row[0].find(':') != std::string_view::npos)
          t.titles.back() = Title("Time of day");
        for (std::size_t c = 0; c < names.size(); ++c)
          t.titles.emplace_back(c < units.size() && !units[c].empty() ? names[c] + " (" + units[c] + ")" : names[c]);
        t.begin = begin, t.first_line = line_number;
        t.number = static_cast<std::int64_t>(tables_.size()) + 1;
      }
    }
    finish(text_.size());
    if (tables_.empty()) refuse("the file has titles, but no samples");
    if (tables_.size() == 1) tables_[0].number.reset();
  }
  /// "0.0001 s" in ms.
  double interval_of(const std::string& text, std::size_t line) const {
    std::string digits = text.substr(0, text.find_first_of(" \t"));
    std::replace(digits.begin(), digits.end(), ',', '.');
    const std::string unit(trimmed(std::string_view(text).substr(digits.size())));
    const auto known = std::find(time_units.begin(), time_units.end(), unit);
    double x = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), x).ec != std::errc{} || !(x > 0) ||
        known == time_units.end())
      refuse_line(line, "'" + shown(text) + "' is no sampling interval");
    return x * time_factors[static_cast<std::size_t>(known - time_units.begin())];
  }

  /// The sweeps of a table.
  void read_table(const Table& t) {
    const auto index = static_cast<std::size_t>(&t - tables_.data());
    if (t.traces.empty()) return add_sweep(t, index, t.number.value_or(0), [](std::size_t) { return true; });
    std::vector<std::int64_t> numbers;
    for (const std::int64_t n : t.traces)
      if (n >= 0 && std::find(numbers.begin(), numbers.end(), n) == numbers.end()) numbers.push_back(n);
    if (numbers.size() > most_sweeps)
      refuse_line(t.title_line, "the file has more than 10000 sweeps; cut it into files");
    for (const std::int64_t n : numbers)
      add_sweep(t, index, n, [&](std::size_t c) { return t.traces[c] < 0 || t.traces[c] == n; });
  }
  template <class Belongs>
  void add_sweep(const Table& t, std::size_t index, std::int64_t sweep_number, Belongs belongs) {
    const auto time = find(t, time_q, belongs), voltage = find(t, voltage_q, belongs),
               current = find(t, current_q, belongs);
    if (!voltage && !current)
      refuse("no column is known as voltage or current; the titles are " + titles(t) + ": name one, " +
             hillock::option_hint("columns.voltage", "TITLE"));
    const double rate = chosen_.number("rate");
    if (!time && rate == 0 && t.interval_ms == 0)
      refuse("no column is known as time; the titles are " + titles(t) + ": name one, " +
             hillock::option_hint("columns.time", "TITLE") + ", or give the rate, as rate: 20 kHz");

    const std::string time_unit = time ? unit_of(t, *time, time_q) : "",
                      voltage_unit = voltage ? unit_of(t, *voltage, voltage_q) : "",
                      current_unit = current ? unit_of(t, *current, current_q) : "";
    std::vector<std::size_t> wanted;
    for (const auto& column : {time, voltage, current})
      if (column) wanted.push_back(*column);
    std::vector<std::vector<double>> numbers = scan(t, wanted, time);
    Part part;
    part.table = index;
    Sweep& sweep = part.described;
    sweep.number = sweep_number, sweep.protocol = t.protocol;
    sweep.samples = numbers[0].size();
    if (sweep.samples < 2)
      refuse(sweep.samples == 0 ? "the file has titles, but no samples"
                                : "the file has one sample; a recording has at least two");
    if (!time && rate == 0) sweep.dt = t.interval_ms;
    else if (!time) sweep.dt = 1000 / rate;
    else measure_time(sweep, numbers[0], time_unit, rate);

    std::size_t next = time ? 1 : 0;
    const auto add = [&](const std::optional<std::size_t>& column, const std::string& unit, std::uint32_t kind) {
      if (!column) return;
      sweep.channels.push_back({t.titles[*column].text, unit, kind});
      part.columns.push_back(*column);
      part.samples.push_back(std::move(numbers[next++]));
    };
    add(voltage, voltage_unit, HK_VOLTAGE);
    add(current, current_unit, HK_CURRENT);
    if (current) sweep.current_source = "recorded";
    for (std::size_t c = 0; c < t.titles.size(); ++c)
      if (c != time && c != voltage && c != current && !t.titles[c].text.empty() && belongs(c)) {
        sweep.channels.push_back({t.titles[c].text, t.titles[c].unit.empty() ? "1" : t.titles[c].unit, HK_OTHER});
        part.columns.push_back(c);
      }
    sweeps_.push_back(std::move(part));
  }

  static bool is_number(std::string_view s) {
    double x;
    return std::from_chars(s.data(), s.data() + s.size(), x).ec == std::errc{};
  }
  static std::string titles(const Table& t) {
    std::string out;
    for (std::size_t c = 0; c < t.titles.size() && c < 12; ++c)
      out += (c ? ", '" : "'") + shown(t.titles[c].text) + "'";
    return t.titles.size() > 12 ? out + ", ..." : out;
  }

  /// The column that the user named, else the one known by its title, else the only one in a unit of the quantity.
  template <class Belongs> std::optional<std::size_t> find(const Table& t, const Quantity& q, Belongs belongs) const {
    std::vector<std::size_t> found, in_unit;
    const std::string& asked = chosen_.text(q.option);
    for (std::size_t c = 0; c < t.titles.size(); ++c) {
      const Title& title = t.titles[c];
      if (!belongs(c)) continue;
      if (asked.empty() ? std::find(q.names.begin(), q.names.end(), title.name) != q.names.end() : title.text == asked)
        found.push_back(c);
      if (title.unit != "1" && has(q.units, title.unit)) in_unit.push_back(c);
    }
    const auto name_one = [&](const std::vector<std::size_t>& of, const std::string& known) {
      refuse_line(t.title_line, "'" + t.titles[of[0]].text + "' and '" + t.titles[of[1]].text + "' are both " + known +
                                    ": name one, " + hillock::option_hint(q.option, t.titles[of[0]].text));
    };
    if (found.size() > 1 && !asked.empty())
      refuse_line(t.title_line, "two columns have the title '" + t.titles[found[0]].text + "'");
    if (found.size() > 1) name_one(found, std::string("known as ") + q.name);
    if (!found.empty()) return found[0];
    if (asked.empty()) {
      if (in_unit.size() > 1) name_one(in_unit, std::string("in a unit of ") + q.name);
      return in_unit.empty() ? std::nullopt : std::optional(in_unit[0]);
    }
    std::size_t best = 3;
    std::string near;
    for (const Title& title : t.titles)
      if (const std::size_t e = lower(title.text) == lower(asked) ? 1 : edits(asked, title.text);
          e < best && e < title.text.size())
        best = e, near = title.text;
    refuse_line(t.title_line, "there is no column '" + asked + "' for " + q.name +
                                  (near.empty() ? "; the titles are " + titles(t) : ", did you mean '" + near + "'?"));
  }

  /// The unit of a column: of its title or of the options, not of both unless they agree.
  std::string unit_of(const Table& t, std::size_t column, const Quantity& q) const {
    const Title& title = t.titles[column];
    const std::string& asked = chosen_.text(q.unit_option);
    if (!asked.empty() && !has(q.units, asked))
      throw BadInput(std::string(q.unit_option) + " = '" + asked + "' is no unit of " + q.name +
                     " known here: " + list_of(q.units));
    if (title.unit.empty()) {
      if (!asked.empty()) return asked;
      const std::string example = q.units[1];
      refuse_line(t.title_line, "the unit of '" + title.text + "' is not said: write '" + title.text + " (" + example +
                                    ")', or give it, " + hillock::option_hint(q.unit_option, example));
    }
    if (!has(q.units, title.unit))
      refuse_line(t.title_line, "'" + title.unit + "' in the title '" + title.text + "' is no unit of " + q.name +
                                    " known here: " + list_of(q.units));
    if (!asked.empty() && asked != title.unit)
      refuse_line(t.title_line, "the title '" + title.text + "' says " + title.unit + ", " + q.unit_option + " says " +
                                    asked + ": leave that option out, or mend the title");
    return title.unit;
  }

  /// A plain decimal of at most 15 digits: whole number and power of ten are exact, so their quotient is rounded as
  /// std::from_chars rounds, three times as fast (Clinger 1990, doi:10.1145/93542.93557).
  static bool plain(std::string_view field, double& x, char point_mark) {
    static constexpr std::array powers{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *at = field.data(), *const end = at + field.size(), *point = nullptr;
    const bool minus = at != end && *at == '-';
    at += minus;
    if (end - at < 1 || end - at > 16 || *at == point_mark) return false;
    std::int64_t whole = 0;
    for (; at != end; ++at) {
      const auto digit = static_cast<unsigned char>(*at - '0');
      if (digit <= 9) whole = 10 * whole + digit;
      else if (*at == point_mark && !point) point = at;
      else return false;
    }
    if (whole >= 1'000'000'000'000'000) return false;
    x = static_cast<double>(whole) / powers[point ? static_cast<std::size_t>(end - point - 1) : 0];
    if (minus) x = -x;
    return true;
  }

  /// What programs write where nothing was recorded.
  static bool is_gap(std::string_view field) {
    if (field.empty()) return true;
    std::string word = lower(std::string(field));
    if (word[0] == '-' || word[0] == '+') word.erase(0, 1);
    static constexpr std::array words{"",    "-",    "nan",  "inf",  "infinity", "na",
                                      "n/a", "#n/a", "null", "none", "#num!",    "*"};
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  /// A number, or NaN for a gap; `is_time`: which has none.
  double value(const Table& t, std::string_view field, std::size_t line, std::size_t column, bool is_time) {
    if (double quick; plain(field, quick, '.')) {
      points_ = points_ || field.find('.') != std::string_view::npos;
      if (!(points_ && commas_)) return quick;
    }
    field = trimmed(field);
    if (!field.empty() && field.front() == '"') field = unquoted(field);
    std::string with_point;
    if (const std::size_t comma = field.find(','); t.delimiter != ',' && comma != std::string_view::npos &&
                                                   field.find('.') == std::string_view::npos &&
                                                   field.find(',', comma + 1) == std::string_view::npos) {
      if (points_)
        refuse_line(line, "'" + t.titles[column].text + "' is " + shown(field) +
                              ", with a decimal comma, where numbers before have decimal points");
      with_point = field, with_point[comma] = '.', field = with_point, commas_ = true;
    } else if (field.find('.') != std::string_view::npos) {
      points_ = true;
    }
    if (points_ && commas_)
      refuse_line(line, "'" + t.titles[column].text + "' is " + shown(field) +
                            ", with a decimal point, where numbers before have decimal commas");
    if (!field.empty() && field.front() == '+') field.remove_prefix(1);
    double x = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), x);
    if (error == std::errc{} && end == field.data() + field.size() && std::isfinite(x)) return x;
    const std::string where = "'" + t.titles[column].text + "'";
    if (is_gap(field)) {
      if (!is_time) return std::numeric_limits<double>::quiet_NaN();
      refuse_line(line, where + (field.empty() ? " is missing" : " is " + std::string(field)) +
                            ": a sample without a time; cut the file there");
    }
    if (error == std::errc::result_out_of_range)
      refuse_line(line, where + " is " + shown(field) + ", beyond the range of numbers");
    if (error == std::errc{} && *end == ',')
      refuse_line(line, where + " is " + shown(field) + ", with a decimal comma: write decimal points");
    refuse_line(line, where + " is '" + shown(field) + "', which is no number");
  }

  /// The numbers of the wanted columns, in one pass over the rows.
  std::vector<std::vector<double>> scan(const Table& t, const std::vector<std::size_t>& wanted,
                                        std::optional<std::size_t> time) {
    std::vector<std::vector<double>> out(wanted.size());
    std::vector<std::size_t> place(t.titles.size(), wanted.size());  // of a column in `wanted`
    for (std::size_t w = 0; w < wanted.size(); ++w) place[wanted[w]] = w;
    decimals_ = -400, digits_ = 1, points_ = commas_ = false;
    const std::string_view text = text_.substr(0, t.end);
    std::size_t at = t.begin, line_number = t.first_line - 1, blank = 0;
    std::string_view line;
    while (next_line(text, at, line)) {
      ++line_number;
      if (line.empty() ||
          line.find_first_not_of(std::string{' ', '\t', t.delimiter, '\0'}.c_str()) == std::string_view::npos) {
        if (!blank) blank = line_number;  // a spreadsheet ends with rows of delimiters alone
        continue;
      }
      if (line.front() == '#') continue;
      if (blank && !out[0].empty()) refuse_line(blank, "a blank line stands between the samples");
      blank = 0;
      if (out[0].empty()) {  // now the length of a row is known
        first_sample_ = line_number;
        for (auto& column : out) column.reserve((t.end - t.begin) / (line.size() + 1) * 5 / 4 + 2);
      }
      std::size_t c = 0;
      bool remark = false;
      for (std::string_view rest = line; rest.data(); ++c) {
        const std::string_view field = next_field(rest, t.delimiter);
        if (c >= t.titles.size()) {
          // an empty field at the end, or a comment of LabChart
          remark = remark || trimmed(field).starts_with('#');
          if (remark || (trimmed(field).empty() && !rest.data())) --c;
          continue;
        }
        if (place[c] == wanted.size()) continue;
        out[place[c]].push_back(value(t, field, line_number, c, c == time));
        if (c == time) note_time(field, out[place[c]], line_number);
      }
      if (c != t.titles.size())
        refuse_line(line_number, "the row has " + std::to_string(c) + (c == 1 ? " field" : " fields") +
                                     ", the titles are " + std::to_string(t.titles.size()) +
                                     (t.delimiter == ',' && c == 2 * t.titles.size()
                                          ? ": these look like decimal commas, write decimal points"
                                          : ""));
    }
    return out;
  }

  /// Keeps the digits with which times are printed, and that they rise.
  void note_time(std::string_view field, const std::vector<double>& times, std::size_t line) {
    if (const std::size_t n = times.size(); n > 1 && !(times[n - 1] > times[n - 2]))
      if (chosen_.number("rate") == 0 || times[n - 1] < times[n - 2])
        refuse_line(line, "the time " + number(times[n - 1]) + " does not come after " + number(times[n - 2]) +
                              ", the one before" +
                              (times[n - 1] < times[n - 2]
                                   ? ""
                                   : "; where it is printed with too few digits, give the rate: rate: 20 kHz"));
    int digits = 0, after_point = 0, exponent = 0;
    bool point = false;
    for (const char& ch : field) {
      if (ch >= '0' && ch <= '9') digits += digits > 0 || ch != '0', after_point += point;
      else if (ch == '.' || ch == ',') point = true;
      else if (ch == 'e' || ch == 'E') {
        const char* from = &ch + 1;
        if (from != field.data() + field.size() && *from == '+') ++from;
        std::from_chars(from, field.data() + field.size(), exponent);
        break;
      }
    }
    decimals_ = std::max(decimals_, after_point - exponent);
    digits_ = std::max(digits_, digits);
  }

  /// Half a unit of the last digit with which a time of this size is printed.
  double half_digit(double t) const {
    const int whole = t == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(t)))) + 1;
    return 0.5 * std::pow(10, std::max(-decimals_, whole - digits_));
  }

  /// t0 and dt, from times that are even as far as they were rounded. A rate that the user gives says the step, and the
  /// times only have to fit it.
  void measure_time(Sweep& sweep, const std::vector<double>& t, const std::string& unit, double rate) const {
    const double half = half_digit(std::max(std::abs(t.front()), std::abs(t.back())));
    const times::Grid g = times::grid_of(t, half);
    const double factor = time_factors[static_cast<std::size_t>(std::find(time_units.begin(), time_units.end(), unit) -
                                                                time_units.begin())];
    sweep.t0 = times::shortest(t.front() * factor, g.start_slack * factor).value;
    if (rate > 0) {
      sweep.dt = 1000 / rate;
      const double tolerance = half * factor + 1e-3 * sweep.dt;
      for (std::size_t k = 0; k < t.size(); ++k)
        if (std::abs(t[k] * factor - (t.front() * factor + static_cast<double>(k) * sweep.dt)) > 2 * tolerance)
          refuse("its times are " + brief(g.step * factor) + " ms apart, but rate = " + number(rate) + " Hz means " +
                 number(sweep.dt) + " ms: leave rate out");
      return;
    }
    if (!g.even)
      refuse_line(first_sample_ + g.worst, "the samples are not evenly spaced: from " + number(t[g.worst - 1]) +
                                               " to " + number(t[g.worst]) + " " + unit + ", where the mean step is " +
                                               brief(g.step) + " " + unit + "; resample the file or cut it there");
    sweep.dt = times::tidy_step(g.step * factor, g.step_slack * factor);
  }

  std::string path_;
  std::vector<char> file_;
  std::string_view text_;
  Options chosen_;
  std::vector<Table> tables_;
  std::vector<Part> sweeps_;
  // of the last scan
  std::size_t first_sample_ = 0;  // its line
  int decimals_ = -400, digits_ = 1;
  bool points_ = false, commas_ = false;  // numbers have
};
HILLOCK_RECORDING(Csv)
