// Recordings as text: a line of titles, then one row a sample. Columns are found by title, units stand in the title or in the options; samples must be
// evenly spaced in time. What is unclear is refused, with the line and what to do.
// Gives voltage and current in the unit that the file names; t0 and dt in ms. Further columns are there too and are only read when asked for.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <hillock/recording.hpp>
#include <memory>
#include <numeric>
#include <optional>

using hillock::BadInput, hillock::Channel, hillock::Options, hillock::Sweep;

namespace {

constexpr double largest_file = 2e9;  // bytes
constexpr std::array time_units{"s", "ms", "us", "µs", "μs", "ns"};
constexpr std::array time_factors{1e3, 1., 1e-3, 1e-3, 1e-3, 1e-6};  // to ms
constexpr std::array voltage_units{"V", "mV", "uV", "µV", "μV", "nV", "1"};
constexpr std::array current_units{"A",  "mA",     "uA",     "µA",     "μA",     "nA",    "pA",
                                   "fA", "uA/cm2", "mA/cm2", "nA/cm2", "pA/um2", "mV/ms", "1"};

/// What a column can be known as; names in lower case, words parted by one blank.
struct Quantity {
  const char *name, *option, *unit_option;
  std::vector<std::string> names;
  std::span<const char* const> units;
};
const Quantity time_q{
    "time", "columns.time", "units.time", {"time", "t"},
       time_units
};
const Quantity voltage_q{
    "voltage",
    "columns.voltage",
    "units.voltage",
    {"voltage", "v", "vm", "v m", "membrane potential", "membrane voltage", "potential"},
    voltage_units
};
const Quantity current_q{
    "current",
    "columns.current",
    "units.current",
    {"current", "i", "injected current", "input current", "stimulus current", "command current"},
    current_units
};

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
  explicit Title(std::string_view t) : text(t) {
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
  static constexpr auto id = "csv", version = "1.0.0", cite = "", meaning = "text, one row a sample, columns by title",
                        endings = "csv|tsv|txt";
  static constexpr hk_option options[] = {
      hillock::text("columns.time", "",
                    "title of the column of times; found by titles such as 'time_ms' or 'Time (ms)' if left out"),
      hillock::text(
          "columns.voltage", "",
          "title of the voltage; found by titles such as 'voltage_mV' or 'Membrane Potential (mV)' if left out"),
      hillock::text("columns.current", "",
                    "title of the injected current; found by titles such as 'current_pA' or 'I (pA)' if left out"),
      hillock::text("units.time", "", "unit of the times, if the title has none"),
      hillock::text("units.voltage", "", "unit of the voltage, if the title has none"),
      hillock::text("units.current", "", "unit of the current, if the title has none"),
      hillock::choice("delimiter", "auto|comma|semicolon|tab", "auto",
                      "what parts the columns; auto: the one that the titles show"),
      hillock::number("rate", "Hz", 0, 0, 1e9, "samples per second of a file without times; 0: none given")};

  Csv(const std::string& path, const Options& chosen)
      : path_(path), file_(load(path)), text_(file_.data(), file_.size()), chosen_(chosen) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
    read_titles();
    const auto time = find(time_q), voltage = find(voltage_q), current = find(current_q);
    if (!voltage && !current)
      refuse("no column is known as voltage or current; the titles are " + titles() +
             ": name one with columns: {voltage: ...}");
    if (!time && chosen_.number("rate") == 0)
      refuse("no column is known as time; the titles are " + titles() +
             ": name one with columns: {time: ...}, or give the rate, as rate: 20 kHz");

    const std::string time_unit = time ? unit_of(*time, time_q) : "",
                      voltage_unit = voltage ? unit_of(*voltage, voltage_q) : "",
                      current_unit = current ? unit_of(*current, current_q) : "";
    std::vector<std::size_t> wanted;
    for (const auto& column : {time, voltage, current})
      if (column) wanted.push_back(*column);
    std::vector<std::vector<double>> numbers = scan(wanted, time.has_value());
    sweep_.samples = numbers[0].size();
    if (sweep_.samples < 2)
      refuse(sweep_.samples == 0 ? "the file has titles, but no samples"
                                 : "the file has one sample; a recording has at least two");
    if (time) measure_time(numbers[0], time_unit);
    if (chosen_.number("rate") > 0) take_rate(time.has_value());

    std::size_t next = time ? 1 : 0;
    const auto add = [&](const std::optional<std::size_t>& column, const std::string& unit, std::uint32_t kind) {
      if (!column) return;
      sweep_.channels.push_back({titles_[*column].text, unit, kind});
      column_.push_back(*column);
      samples_.push_back(std::move(numbers[next++]));
    };
    add(voltage, voltage_unit, HK_VOLTAGE);
    add(current, current_unit, HK_CURRENT);
    if (current) sweep_.current_source = "recorded";
    for (std::size_t c = 0; c < titles_.size(); ++c)
      if (c != time && c != voltage && c != current && !titles_[c].text.empty()) {
        sweep_.channels.push_back({titles_[c].text, titles_[c].unit.empty() ? "1" : titles_[c].unit, HK_OTHER});
        column_.push_back(c);
      }
  }

  Csv(const Csv&) = delete;

  std::size_t sweeps() const { return 1; }
  Sweep describe(std::size_t) const { return sweep_; }
  void read(std::size_t, std::size_t channel, std::span<double> samples) {
    if (channel < samples_.size()) {
      std::copy(samples_[channel].begin(), samples_[channel].end(), samples.begin());
    } else {
      const auto numbers = scan(std::vector{column_[channel]}, false);
      std::copy(numbers[0].begin(), numbers[0].end(), samples.begin());
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& sentence) const { throw BadInput(path_ + ": " + sentence); }
  [[noreturn]] void refuse_line(std::size_t line, const std::string& sentence) const {
    throw BadInput(path_ + ":" + std::to_string(line) + ": " + sentence);
  }

  static std::vector<char> load(const std::string& path) {
    const auto fail = [&](const std::string& why) { throw BadInput(path + ": " + why); };
    const auto close = [](std::FILE* f) { std::fclose(f); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
    struct stat about {};
    if (!file || ::fstat(::fileno(file.get()), &about) != 0)
      fail(errno == ENOENT ? "there is no such file" : std::string("the file cannot be read: ") + std::strerror(errno));
    if (S_ISDIR(about.st_mode)) fail("this is a folder, not a file");
    if (static_cast<double>(about.st_size) > largest_file)
      fail("the file has " + brief(static_cast<double>(about.st_size) * 1e-9) +
           " GB; text of more than 2 GB is not read: cut it into sweeps");
    std::vector<char> bytes(static_cast<std::size_t>(about.st_size));
    if (std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
      fail("the file could not be read to its end");
    if (bytes.empty()) fail("the file is empty");
    const std::string_view start(bytes.data(), std::min<std::size_t>(bytes.size(), 4096));
    if (start.find('\0') != std::string_view::npos || start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff"))
      fail("this is no text in UTF-8; export the recording as CSV");
    return bytes;
  }

  /// The next line without its end; false at the end of the file.
  bool next_line(std::size_t& at, std::string_view& line) const {
    if (at >= text_.size()) return false;
    const char* const begin = text_.data() + at;
    const void* const end = std::memchr(begin, '\n', text_.size() - at);
    const std::size_t size = end ? static_cast<std::size_t>(static_cast<const char*>(end) - begin) : text_.size() - at;
    at += size + 1;
    line = {begin, size};
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return true;
  }
  /// Takes the next field, with quotes, off a line.
  std::string_view next_field(std::string_view& rest) const {
    std::size_t from = 0;
    if (!rest.empty() && rest.front() == '"')
      if (const std::size_t quote = rest.find('"', 1); quote != std::string_view::npos) from = quote;
    const void* const end =
        from < rest.size() ? std::memchr(rest.data() + from, delimiter_, rest.size() - from) : nullptr;
    const std::size_t size = end ? static_cast<std::size_t>(static_cast<const char*>(end) - rest.data()) : rest.size();
    const std::string_view field = rest.substr(0, size);
    rest = end ? rest.substr(size + 1) : std::string_view(nullptr, 0);  // a null rest: that was the last
    return field;
  }

  void read_titles() {
    std::string_view line;
    do {
      ++title_line_;
      if (!next_line(body_, line)) refuse("the file has no line of titles");
    } while (trimmed(line).empty() || line.front() == '#');
    choose_delimiter(line);
    for (std::string_view rest = line; rest.data();) titles_.emplace_back(unquoted(next_field(rest)));
    if (std::all_of(titles_.begin(), titles_.end(), [](const Title& t) { return is_number(t.text); }))
      refuse_line(
          title_line_,
          "numbers stand where the titles of the columns belong: put a line such as 'time_ms,voltage_mV,current_pA' before them");
  }
  static bool is_number(std::string_view s) {
    double x;
    return std::from_chars(s.data(), s.data() + s.size(), x).ec == std::errc{};
  }
  void choose_delimiter(std::string_view line) {
    const std::string& wish = chosen_.text("delimiter");
    if (wish != "auto") {
      delimiter_ = wish == "comma" ? ',' : wish == "semicolon" ? ';' : '\t';
      return;
    }
    std::string present;
    bool in_quotes = false;
    for (const char c : line) {
      if (c == '"') in_quotes = !in_quotes;
      else if (!in_quotes && (c == ',' || c == ';' || c == '\t') && present.find(c) == std::string::npos) present += c;
    }
    if (present.size() > 1)
      refuse_line(
          title_line_,
          "the titles have several of comma, semicolon and tab between them: say which parts the columns, as delimiter: semicolon");
    if (!present.empty()) delimiter_ = present[0];
  }

  std::string titles() const {
    std::string out;
    for (std::size_t c = 0; c < titles_.size() && c < 12; ++c) out += (c ? ", '" : "'") + shown(titles_[c].text) + "'";
    return titles_.size() > 12 ? out + ", ..." : out;
  }

  /// The column that the user named, else the one known by its title.
  std::optional<std::size_t> find(const Quantity& q) const {
    std::vector<std::size_t> found;
    const std::string& asked = chosen_.text(q.option);
    for (std::size_t c = 0; c < titles_.size(); ++c)
      if (asked.empty() ? std::find(q.names.begin(), q.names.end(), titles_[c].name) != q.names.end()
                        : titles_[c].text == asked)
        found.push_back(c);
    if (found.size() > 1) {
      const std::string first = "'" + titles_[found[0]].text + "'", second = "'" + titles_[found[1]].text + "'";
      if (!asked.empty()) refuse_line(title_line_, "two columns have the title " + first);
      refuse_line(title_line_, first + " and " + second + " are both known as " + q.name +
                                   ": name one with columns: {" + q.name + ": ...}");
    }
    if (!found.empty()) return found[0];
    if (asked.empty()) return {};
    std::size_t best = 3;
    std::string near;
    for (const Title& t : titles_)
      if (const std::size_t e = lower(t.text) == lower(asked) ? 1 : edits(asked, t.text); e < best && e < t.text.size())
        best = e, near = t.text;
    refuse_line(title_line_, "there is no column '" + asked + "' for " + q.name +
                                 (near.empty() ? "; the titles are " + titles() : ", did you mean '" + near + "'?"));
  }

  /// The unit of a column: of its title or of the options, not of both unless they agree.
  std::string unit_of(std::size_t column, const Quantity& q) const {
    const Title& title = titles_[column];
    const std::string& asked = chosen_.text(q.unit_option);
    if (!asked.empty() && !has(q.units, asked))
      throw BadInput(std::string(q.unit_option) + " = '" + asked + "' is no unit of " + q.name +
                     " known here: " + list_of(q.units));
    if (title.unit.empty()) {
      if (!asked.empty()) return asked;
      const std::string example = q.units[1];
      refuse_line(title_line_, "the unit of '" + title.text + "' is not said: write '" + title.text + " (" + example +
                                   ")', or give units: {" + q.name + ": " + example + "}");
    }
    if (!has(q.units, title.unit))
      refuse_line(title_line_, "'" + title.unit + "' in the title '" + title.text + "' is no unit of " + q.name +
                                   " known here: " + list_of(q.units));
    if (!asked.empty() && asked != title.unit)
      refuse_line(title_line_, "the title '" + title.text + "' says " + title.unit + ", " + q.unit_option + " says " +
                                   asked + ": leave that option out, or mend the title");
    return title.unit;
  }

  /// A plain decimal of at most 15 digits: whole number and power of ten are exact, so their quotient is rounded as std::from_chars rounds, three times
  /// as fast (Clinger 1990, doi:10.1145/93542.93557).
  static bool plain(std::string_view field, double& x) {
    static constexpr std::array powers{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *at = field.data(), *const end = at + field.size(), *point = nullptr;
    const bool minus = at != end && *at == '-';
    at += minus;
    if (end - at < 1 || end - at > 16 || *at == '.') return false;
    std::int64_t whole = 0;
    for (; at != end; ++at) {
      const auto digit = static_cast<unsigned char>(*at - '0');
      if (digit <= 9) whole = 10 * whole + digit;
      else if (*at == '.' && !point) point = at;
      else return false;
    }
    if (whole >= 1'000'000'000'000'000) return false;
    x = static_cast<double>(whole) / powers[point ? static_cast<std::size_t>(end - point - 1) : 0];
    if (minus) x = -x;
    return true;
  }

  double value(std::string_view field, std::size_t line, std::size_t column) const {
    if (double quick; plain(field, quick)) return quick;
    field = trimmed(field);
    if (!field.empty() && field.front() == '"') field = unquoted(field);
    if (!field.empty() && field.front() == '+') field.remove_prefix(1);
    double x = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), x);
    if (error == std::errc{} && end == field.data() + field.size() && std::isfinite(x)) return x;
    const std::string where = "'" + titles_[column].text + "'";
    if (error == std::errc{} && end == field.data() + field.size())
      refuse_line(line, where + " is " + std::string(field) + ": a gap in the recording; cut the file there");
    if (field.empty()) refuse_line(line, where + " is missing: a gap in the recording; cut the file there");
    if (error == std::errc::result_out_of_range)
      refuse_line(line, where + " is " + shown(field) + ", beyond the range of numbers");
    if (error == std::errc{} && *end == ',')
      refuse_line(line, where + " is " + shown(field) + ", with a decimal comma: write decimal points");
    refuse_line(line, where + " is '" + shown(field) + "', which is no number");
  }

  /// The numbers of the wanted columns, in one pass over the rows. `timed`: the first of them is the time, which has to rise.
  std::vector<std::vector<double>> scan(const std::vector<std::size_t>& wanted, bool timed) {
    std::vector<std::vector<double>> out(wanted.size());
    std::vector<std::size_t> place(titles_.size(), wanted.size());  // of a column in `wanted`
    for (std::size_t w = 0; w < wanted.size(); ++w) place[wanted[w]] = w;
    std::size_t at = body_, line_number = title_line_, blank = 0;
    std::string_view line;
    while (next_line(at, line)) {
      ++line_number;
      if (trimmed(line).empty() && (delimiter_ != '\t' || line.empty())) {
        if (!blank) blank = line_number;
        continue;
      }
      if (blank) refuse_line(blank, "a blank line stands between the samples");
      if (out[0].empty())  // now the length of a row is known
        for (auto& column : out) column.reserve((text_.size() - body_) / (line.size() + 1) * 5 / 4 + 2);
      std::size_t c = 0;
      for (std::string_view rest = line; rest.data(); ++c) {
        const std::string_view field = next_field(rest);
        if (c >= titles_.size() || place[c] == wanted.size()) continue;
        out[place[c]].push_back(value(field, line_number, c));
        if (timed && c == wanted[0]) note_time(field, out[0], line_number);
      }
      if (c != titles_.size())
        refuse_line(line_number, "the row has " + std::to_string(c) + (c == 1 ? " field" : " fields") +
                                     ", the titles are " + std::to_string(titles_.size()) +
                                     (delimiter_ == ',' && c == 2 * titles_.size()
                                          ? ": these look like decimal commas, write decimal points"
                                          : ""));
    }
    first_sample_ = title_line_ + 1;
    return out;
  }

  /// Keeps the digits with which times are printed, and that they rise.
  void note_time(std::string_view field, const std::vector<double>& times, std::size_t line) {
    if (const std::size_t n = times.size(); n > 1 && !(times[n - 1] > times[n - 2]))
      refuse_line(line, "the time " + number(times[n - 1]) + " does not come after " + number(times[n - 2]) +
                            ", the one before");
    int digits = 0, after_point = 0, exponent = 0;
    bool point = false;
    for (const char& ch : field) {
      if (ch >= '0' && ch <= '9') digits += digits > 0 || ch != '0', after_point += point;
      else if (ch == '.') point = true;
      else if (ch == 'e' || ch == 'E') {
        const char* from = &ch + 1;
        if (*from == '+') ++from;
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

  /// t0 and dt, from times that are even as far as their digits can tell.
  void measure_time(const std::vector<double>& t, const std::string& unit) {
    const double n = static_cast<double>(t.size() - 1), dt = (t.back() - t.front()) / n;
    const double largest = std::max(std::abs(t.front()), std::abs(t.back()));
    const double rounding = 8 * 0x1p-53 * largest;  // of reading, and of k*dt
    double low = 0, high = 0, worst_step = 0;
    std::size_t worst = 1;
    for (std::size_t k = 1; k < t.size(); ++k) {
      const double off = t[k] - (t.front() + static_cast<double>(k) * dt), step = std::abs(t[k] - t[k - 1] - dt);
      low = std::min(low, off), high = std::max(high, off);
      if (step > worst_step) worst_step = step, worst = k;
    }
    // The line may pass anywhere within the rounding of the first and last time, so their spread counts. Digits coarser than half a step would hide a
    // missing sample: then only exactly even times are believed.
    const double half = half_digit(largest);
    const bool even = high - low <= 2 * rounding || (high - low <= 2 * half + 2 * rounding && half <= 0.25 * dt);
    if (!even) {
      refuse_line(first_sample_ + worst, "the samples are not evenly spaced: from " + number(t[worst - 1]) + " to " +
                                             number(t[worst]) + " " + unit + ", where the mean step is " + brief(dt) +
                                             " " + unit + "; resample the file or cut it there");
    }
    const double factor = time_factors[static_cast<std::size_t>(std::find(time_units.begin(), time_units.end(), unit) -
                                                                time_units.begin())];
    sweep_.t0 = rounded(t.front() * factor, rounding * factor);
    sweep_.dt = rounded(dt * factor, rounding * factor / n);
  }

  /// The shortest decimal within `slack` of x, so that a file of 0, 0.05, 0.1 has dt = 0.05 to the last bit.
  static double rounded(double x, double slack) {
    for (int digits = 1; digits < 13; ++digits) {
      std::array<char, 40> text{};
      const int size = std::snprintf(text.data(), text.size(), "%.*e", digits - 1, x);
      double y = x;
      std::from_chars(text.data(), text.data() + size, y);
      if (std::abs(y - x) <= slack) return y;
    }
    return x;
  }

  void take_rate(bool timed) {
    const double rate = chosen_.number("rate");
    const double dt = 1000 / rate;
    if (timed && std::abs(dt - sweep_.dt) > 1e-6 * dt)
      refuse("its times are " + number(sweep_.dt) + " ms apart, but rate = " + number(rate) + " Hz means " +
             number(dt) + " ms: leave rate out");
    sweep_.dt = dt;
  }

  std::string path_;
  std::vector<char> file_;
  std::string_view text_;
  Options chosen_;
  char delimiter_ = ',';
  std::vector<Title> titles_;
  std::size_t title_line_ = 0, first_sample_ = 0,
              body_ = 0;  // lines count from 1; body_: where the rows begin in text_
  int decimals_ = -400, digits_ = 1;
  Sweep sweep_;
  std::vector<std::vector<double>> samples_;  // of voltage and current
  std::vector<std::size_t> column_;           // of each channel
};
HILLOCK_RECORDING(Csv)
