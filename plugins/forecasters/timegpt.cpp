// TimeGPT (Garza, Challu & Mergenthaler-Canseco 2023), a model on Nixtla's servers: the history is sent, the forecast
// and its intervals come back. The interface as the official Python client 0.8.0 speaks it: GET /model_params once,
// then POST /v2/forecast; without fine-tuning and covariates only as much of the history as the model looks at. The key
// comes from NIXTLA_API_KEY alone and is in no file and no message; NIXTLA_BASE_URL names another server.
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "../web.hpp"
#include "common.hpp"

using hillock::BadInput, hillock::Forecast, hillock::Host, hillock::Options, hillock::TimeSeries;
using namespace hillock::forecasting;
using nlohmann::json;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t compressed_above = 1 << 20, largest_request = 200u << 20, largest_answer = 256u << 20;  // bytes
constexpr int deepest_answer = 64;  // nested lists and objects

/// Discarded if it is no JSON, or nested so deeply that a copy of it, which recurs, would overflow the stack.
json parsed(const std::string& text) {
  bool shallow = true;
  json out = json::parse(
      text,
      [&](int depth, json::parse_event_t, const json&) {
        shallow = shallow && depth <= deepest_answer;
        return shallow;
      },
      false);
  return shallow ? out : json(json::value_t::discarded);
}

/// A failure that may be gone with the next attempt.
struct Transient : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

std::string shown(double x) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), x).ptr};
}

/// As the service reads numbers: the shortest decimal that gives the same 32-bit float.
void append_number(std::string& to, double x) {
  constexpr double most = 3.4028234663852886e38;
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<float>(std::clamp(x, -most, most))).ptr;
  to.append(text.data(), end);
  if (std::none_of(text.data(), end, [](char c) { return c == '.' || c == 'e'; })) to += ".0";
}
template <class Values> void append_numbers(std::string& to, const Values& values) {
  to += '[';
  for (const double x : values) {
    if (to.back() != '[') to += ',';
    append_number(to, x);
  }
  to += ']';
}
template <class Columns> void append_columns(std::string& to, const Columns& columns) {
  if (columns.empty()) {
    to += "null";
    return;
  }
  to += '[';
  for (const auto& column : columns) {
    if (to.back() != '[') to += ',';
    append_numbers(to, column);
  }
  to += ']';
}

/// Nanoseconds of a pandas offset of fixed length, as "25ms"; none of those that depend on the calendar.
std::optional<std::int64_t> nanoseconds(const std::string& freq) {
  std::int64_t count = 1;
  const auto [end, error] = std::from_chars(freq.data(), freq.data() + freq.size(), count);
  const std::string unit(error == std::errc() ? end : freq.data(), freq.data() + freq.size());
  constexpr std::pair<const char*, std::int64_t> units[] = {{"ns", 1},
                                                            {"us", 1'000},
                                                            {"ms", 1'000'000},
                                                            {"s", 1'000'000'000},
                                                            {"min", 60'000'000'000},
                                                            {"h", 3'600'000'000'000},
                                                            {"D", 86'400'000'000'000},
                                                            {"W", 604'800'000'000'000}};
  for (const auto& [name, ns] : units)
    if (unit == name && count > 0 && count < 1'000'000'000'000'000'000 / ns) return count * ns;
  return {};
}
/// The step of a series as such an offset.
std::string freq_of(double dt_ms) {
  const double exact = std::round(dt_ms * 1e6);
  if (!(exact >= 1 && exact < 1e18))
    throw BadInput("a step of " + shown(dt_ms) + " ms cannot be said to TimeGPT; `freq` gives another");
  const auto ns = static_cast<std::int64_t>(exact);
  if (ns % 1'000'000 == 0) return std::to_string(ns / 1'000'000) + "ms";
  if (ns % 1'000 == 0) return std::to_string(ns / 1'000) + "us";
  return std::to_string(ns) + "ns";
}
/// The time of a sample whose series begins with the year 2023, by ISO 8601 with as many digits as it needs.
std::string stamp(std::int64_t sample, std::int64_t step_ns) {
  using namespace std::chrono;
  const auto day_ns = std::int64_t{86'400'000'000'000};
  const std::int64_t per_day = day_ns / step_ns;
  // days first, so that nothing overflows
  const std::int64_t days_of_samples = day_ns % step_ns == 0 ? sample / per_day : 0;
  const std::int64_t rest = (sample - days_of_samples * (day_ns % step_ns == 0 ? per_day : 0)) * step_ns;
  const std::int64_t day = days_of_samples + rest / day_ns, ns = rest % day_ns;
  const year_month_day date{sys_days{2023y / January / 1} + days{day}};
  std::array<char, 64> text{};
  int n = std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (ns == 0) return {text.data(), static_cast<std::size_t>(n)};
  const auto part = [&](std::int64_t unit, std::int64_t of) { return static_cast<int>(ns / unit % of); };
  std::string out(text.data(), static_cast<std::size_t>(n));
  std::snprintf(text.data(), text.size(), "T%02d:%02d:%02d", part(3'600'000'000'000, 24), part(60'000'000'000, 60),
                part(1'000'000'000, 60));
  out += text.data();
  const std::int64_t fraction = ns % 1'000'000'000;
  const int digits = fraction == 0 ? 0 : fraction % 1'000'000 == 0 ? 3 : fraction % 1'000 == 0 ? 6 : 9;
  if (digits > 0) {
    std::snprintf(text.data(), text.size(), ".%0*lld", digits,
                  static_cast<long long>(fraction / (digits == 3   ? 1'000'000
                                                     : digits == 6 ? 1'000
                                                                   : 1)));
    out += text.data();
  }
  return out;
}

/// The parts of an address; empty if it is none.
struct Address {
  std::string scheme, host, port;
  explicit Address(const std::string& text) {
    const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return;
    const auto part = [&](CURLUPart which) {
      char* value = nullptr;
      if (curl_url_get(url.get(), which, &value, 0) != CURLUE_OK) return std::string();
      std::string out = value;
      curl_free(value);
      return out;
    };
    scheme = part(CURLUPART_SCHEME), host = part(CURLUPART_HOST), port = part(CURLUPART_PORT);
  }
  bool is_loopback() const { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }
  std::string name() const { return host + (port.empty() ? "" : ":" + port); }
};

struct Patience {
  double timeout_s, pause_s, wait_s;
  int attempts;
};

/// A server of the interface, and how it is asked.
class Client {
 public:
  struct Answer {
    json body;
    std::string model;  // by the header, if there
  };

  Client(Patience patience, Host host) : patience_(patience), host_(host) {}

  /// REQUIRES: `target` begins with a slash; `body` is empty for GET. Tries as often as the interface allows.
  Answer ask(const std::string& target, const std::string& body, const std::string& model) {
    const std::string key = key_from_environment();
    std::string base = variable("NIXTLA_BASE_URL");
    if (base.empty()) base = "https://api.nixtla.io";
    while (base.ends_with('/')) base.pop_back();
    const Address address(base);
    if (address.host.empty() || (address.scheme != "https" && address.scheme != "http"))
      throw BadInput("NIXTLA_BASE_URL is no address of the web, as https://api.nixtla.io is");
    if (address.scheme == "http" && !address.is_loopback())
      throw BadInput("NIXTLA_BASE_URL names " + address.name() +
                     " by http, where the key could be read on the way; https is needed");
    server_ = address.name();
    if (body.size() > largest_request)
      throw BadInput("the series is too long for TimeGPT: a request of " + std::to_string(body.size() >> 20) +
                     " MiB, and at most 200 MiB are taken; a shorter history is needed");
    const auto begin = Clock::now();
    for (int attempt = 1;; ++attempt) {
      try {
        return once(base + target, body, model, key);
      } catch (const Transient& e) {
        if (attempt >= patience_.attempts || seconds_since(begin) + patience_.pause_s > patience_.wait_s)
          throw std::runtime_error(
              clean(e.what(), key) +
              (attempt > 1 ? " (after " + plural(static_cast<std::size_t>(attempt), "attempt") + ")" : ""));
        host_.say("timegpt: " + clean(e.what(), key) + "; attempt " + std::to_string(attempt + 1) + " of " +
                  std::to_string(patience_.attempts) + " in " + shown(patience_.pause_s) + " s");
        const auto pause = Clock::now();
        while (seconds_since(pause) < patience_.pause_s) {
          need_going();
          std::this_thread::sleep_for(
              std::chrono::duration<double>(std::clamp(patience_.pause_s - seconds_since(pause), 0.001, 0.02)));
        }
      } catch (const std::runtime_error& e) { throw std::runtime_error(clean(e.what(), key)); }
    }
  }

  static std::string key_from_environment() {
    const std::string key = variable("NIXTLA_API_KEY");
    if (key.empty())
      throw BadInput(
          "TimeGPT needs a key: set the environment variable NIXTLA_API_KEY to yours; analog, autoregressive, ddf, "
          "exponential_smoothing, lstm, mechanistic, median, naive, reservoir, seasonal and theta need none");
    // what a bearer token may be made of (RFC 6750)
    if (!std::all_of(key.begin(), key.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::strchr("-._~+/=", c);
        }))
      throw BadInput("NIXTLA_API_KEY holds a character that no key has, as a blank or the end of a line");
    return key;
  }
  /// Without the key, should a server have repeated it, and on one line.
  static std::string clean(std::string text, const std::string& key) {
    constexpr std::string_view instead = "<key>";  // which may hold the key
    for (std::size_t at = 0; !key.empty() && (at = text.find(key, at)) != std::string::npos; at += instead.size())
      text.replace(at, key.size(), instead);
    for (char& c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
  }

 private:
  void need_going() const {
    if (host_.stopped()) throw std::runtime_error("stopped while waiting for " + server_);
  }

  Answer once(const std::string& url, const std::string& body, const std::string& model, const std::string& key) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, void (*)(CURL*)> transfer(curl_easy_init(), curl_easy_cleanup);
    const std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> all(curl_multi_init(), curl_multi_cleanup);
    CURL* const t = transfer.get();
    if (ready != CURLE_OK || !t || !all) throw std::runtime_error("libcurl cannot be set up");

    std::string sent = body;
    curl_slist* list = nullptr;
    const auto header = [&](const std::string& line) { list = curl_slist_append(list, line.c_str()); };
    header("Authorization: Bearer " + key);
    header("Content-Type: application/json");
    header("Accept: */*");
    header("nixtla-client-version: 0.8.0");
    if (!body.empty()) header("nixtla-model: " + model);
    if (body.size() > compressed_above) {
      sent.resize(ZSTD_compressBound(body.size()));
      const std::size_t n = ZSTD_compress(sent.data(), sent.size(), body.data(), body.size(), 1);
      if (ZSTD_isError(n))
        throw std::runtime_error(std::string("the request cannot be compressed: ") + ZSTD_getErrorName(n));
      sent.resize(n);
      header("Content-Encoding: zstd");
    }
    header("Expect:");  // the body at once, without asking first
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(list, curl_slist_free_all);

    std::array<char, CURL_ERROR_SIZE> why{};
    struct Reply {
      std::string body, model, location;
    } reply;
    curl_write_callback take_body = [](char* from, std::size_t, std::size_t n, void* to) -> std::size_t {
      auto& text = static_cast<Reply*>(to)->body;
      if (text.size() + n > largest_answer) return 0;
      text.append(from, n);
      return n;
    };
    curl_write_callback take_header = [](char* from, std::size_t, std::size_t n, void* to) -> std::size_t {
      const std::string line(from, n);
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) return n;
      std::string name = line.substr(0, colon);
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      const std::size_t first = line.find_first_not_of(" \t\r\n", colon + 1), last = line.find_last_not_of(" \t\r\n");
      std::string value = first == std::string::npos ? "" : line.substr(first, last - first + 1);
      for (char& c : value) c = c < 0x20 || c > 0x7e ? '?' : c;  // what a header may not hold
      if (name == "nixtla-model") static_cast<Reply*>(to)->model = value;
      if (name == "location") static_cast<Reply*>(to)->location = value;
      return n;
    };
    hillock::web::prepare(t, url.c_str(), why.data());
    curl_easy_setopt(t, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(t, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(t, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(
        t, CURLOPT_CONNECTTIMEOUT_MS,
        patience_.timeout_s > 0 ? static_cast<long>(std::ceil(1000 * patience_.timeout_s)) : 1'000'000'000L);
    if (!body.empty()) {
      curl_easy_setopt(t, CURLOPT_POST, 1L);
      curl_easy_setopt(t, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.size()));
      curl_easy_setopt(t, CURLOPT_POSTFIELDS, sent.data());
    }
    curl_easy_setopt(t, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(t, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(t, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(t, CURLOPT_HEADERDATA, &reply);

    curl_multi_add_handle(all.get(), t);
    const struct Removal {
      CURLM* from;
      CURL* what;
      ~Removal() { curl_multi_remove_handle(from, what); }
    } removal{all.get(), t};
    CURLcode status = CURLE_OK;
    curl_off_t moved_before = -1;
    auto last_moved = Clock::now();
    for (int running = 1; running > 0;) {
      if (const CURLMcode m = curl_multi_perform(all.get(), &running); m != CURLM_OK)
        throw std::runtime_error(curl_multi_strerror(m));
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(all.get(), &left))
        if (message->msg == CURLMSG_DONE) status = message->data.result;
      if (running == 0) break;
      need_going();
      curl_off_t up = 0, down = 0;
      curl_easy_getinfo(t, CURLINFO_SIZE_UPLOAD_T, &up);
      curl_easy_getinfo(t, CURLINFO_SIZE_DOWNLOAD_T, &down);
      if (up + down != moved_before) moved_before = up + down, last_moved = Clock::now();
      if (patience_.timeout_s > 0 && seconds_since(last_moved) > patience_.timeout_s)
        throw Transient(server_ + " sent nothing for " + shown(patience_.timeout_s) + " s");
      host_.progress(0, "waiting for " + server_);
      curl_multi_poll(all.get(), nullptr, 0, 50, nullptr);
    }

    const std::string details = hillock::web::details(status, why.data());
    switch (status) {
      case CURLE_OK: break;
      case CURLE_OPERATION_TIMEDOUT: throw Transient(server_ + " did not answer in time: " + details);
      case CURLE_PARTIAL_FILE:
      case CURLE_RECV_ERROR:
      case CURLE_SEND_ERROR:
      case CURLE_GOT_NOTHING:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM: throw Transient("the answer of " + server_ + " was cut off: " + details);
      case CURLE_WRITE_ERROR: throw std::runtime_error("the answer of " + server_ + " is longer than any forecast");
      default:
        throw std::runtime_error(server_ + " cannot be reached: " + details +
                                 "; look at the network and NIXTLA_BASE_URL");
    }
    long code = 0;
    curl_easy_getinfo(t, CURLINFO_RESPONSE_CODE, &code);
    judge(code, clean(reply.body, key), clean(reply.location, key));
    Answer answer{parsed(reply.body), clean(reply.model, key)};
    if (answer.body.is_discarded())
      throw std::runtime_error("the answer of " + server_ +
                               " is no JSON, or nested too deeply: " + excerpt(clean(reply.body, key)));
    return answer;
  }

  static std::string excerpt(const std::string& text) {
    return text.size() > 200 ? text.substr(0, 200) + " ..." : text;
  }

  /// What a body says of an error: `detail`, a text or a list, `details`, `message`, else its beginning.
  static std::string reason(const std::string& body) {
    const json j = parsed(body);
    if (j.is_object()) {
      const auto text = [&](const char* name) {
        return j.contains(name) && j[name].is_string() ? j[name].get<std::string>() : "";
      };
      if (const auto detail = j.find("detail"); detail != j.end() && detail->is_array()) {
        std::string out;
        for (const json& entry : *detail) {
          if (!entry.is_object() || !entry.contains("msg") || !entry["msg"].is_string()) continue;
          if (!out.empty()) out += ", ";
          if (const auto loc = entry.find("loc"); loc != entry.end() && loc->is_array()) {
            std::string place;
            for (const json& part : *loc)
              place += (place.empty() ? "" : ".") + (part.is_string() ? part.get<std::string>() : part.dump());
            out += place + ": ";
          }
          out += entry["msg"].get<std::string>();
        }
        if (!out.empty()) return out;
      }
      for (const char* name : {"detail", "details", "message"})
        if (const std::string found = text(name); !found.empty()) return found;
    }
    return body;
  }

  void judge(long code, const std::string& body, const std::string& location) const {
    if (code >= 200 && code < 300) return;
    std::string text = server_ + " answered with HTTP status " + std::to_string(code);
    if (code >= 300 && code < 400) {
      const Address to(location);
      throw std::runtime_error(text + ", a redirection" + (to.host.empty() ? "" : " to " + to.name()) +
                               ", which is not followed");
    }
    if (const std::string why = excerpt(reason(body)); !why.empty()) text += ": " + why;
    if (code == 401) text += " (is NIXTLA_API_KEY right?)";
    for (const long again : {408, 409, 429, 502, 503, 504})
      if (code == again) throw Transient(text);
    throw std::runtime_error(text);
  }

  Patience patience_;
  Host host_;
  std::string server_;
};

/// Answers in a folder, a file for each request: what is there is not asked again.
class Record {
 public:
  explicit Record(std::string folder) : folder_(std::move(folder)) {}
  bool on() const { return !folder_.empty(); }

  std::optional<Client::Answer> find(const std::string& target, const std::string& body) const {
    if (!on()) return {};
    const fs::path path = file(target, body);
    std::error_code error;
    if (!fs::exists(path, error)) return {};
    std::ifstream in(path, std::ios::binary);
    const json kept = parsed(std::string(std::istreambuf_iterator<char>(in), {}));
    const auto broken = [&](const char* what) {
      return BadInput(path.string() + " " + what + "; delete it, and the server is asked again");
    };
    if (!kept.is_object() || !kept.contains("request") || !kept.contains("answer") || !kept.contains("model") ||
        !kept["model"].is_string())
      throw broken("is no recorded answer");
    if (kept["request"] != request(target, body)) throw broken("is the answer to another request");
    return Client::Answer{kept["answer"], kept["model"].get<std::string>()};
  }

  void keep(const std::string& target, const std::string& body, const Client::Answer& answer,
            const std::string& key) const {
    if (!on()) return;
    const fs::path path = file(target, body);
    const json kept{{"request", request(target, body)}, {"model", answer.model}, {"answer", answer.body}};
    const std::string text = Client::clean(kept.dump(), key) + "\n";
    std::error_code error;
    fs::create_directories(folder_, error);
    std::string name = path.string() + ".XXXXXX";
    const int f = ::mkstemp(name.data());
    if (f < 0) throw failed(errno);
    int why = 0;
    for (std::size_t at = 0; at < text.size() && why == 0;) {
      const ssize_t n = ::write(f, text.data() + at, text.size() - at);
      if (n > 0) at += static_cast<std::size_t>(n);
      else if (n == 0 || errno != EINTR) why = n == 0 ? ENOSPC : errno;
    }
    ::fchmod(f, 0644);
    if (::close(f) != 0 && why == 0) why = errno;
    if (why == 0 && std::rename(name.c_str(), path.c_str()) != 0) why = errno;
    if (why == 0) return;
    ::unlink(name.c_str());
    throw failed(why);
  }

 private:
  std::runtime_error failed(int why) const {
    return std::runtime_error("the answer cannot be recorded to " + folder_ + ": " + std::strerror(why) +
                              "; make room, or choose another folder by `record`");
  }
  static json request(const std::string& target, const std::string& body) {
    return {{"target", target}, {"body", body.empty() ? json(nullptr) : json::parse(body)}};
  }
  fs::path file(const std::string& target, const std::string& body) const {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (const std::string* text : {&target, &body})
      for (const char c : *text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    std::array<char, 64> name{};
    std::snprintf(name.data(), name.size(), "timegpt-%016llx.json", static_cast<unsigned long long>(hash));
    return fs::path(folder_) / name.data();
  }
  std::string folder_;
};

}  // namespace

struct TimeGpt {
  static constexpr auto id = "timegpt", version = "1.0.0", cite = "arXiv:2310.03589",
                        meaning = "TimeGPT on Nixtla's servers, with the key in NIXTLA_API_KEY";
  static constexpr std::uint32_t flags = HK_INTERVALS | HK_FUTURE | HK_REMOTE;
  static constexpr hk_option options[] = {
      hillock::text("model", "timegpt-2.1", "which of the service's models"),
      hillock::text("freq", "",
                    "the step as it is told to the service, a pandas offset as 25ms; empty: the step of the series"),
      hillock::integer("finetune_steps", 0, 0, 1e6, "steps of training on the history before the forecast"),
      hillock::integer("finetune_depth", 1, 1, 5, "how much of the model is trained"),
      hillock::choice("finetune_loss", "default|mae|mse|rmse|mape|smape|poisson", "default",
                      "what the training makes small"),
      hillock::text("finetuned_model_id", "", "a fine-tuned model kept at the service; empty: none"),
      hillock::flag("clean_ex_first", true,
                    "the effect of covariates is taken out before the forecast rather than added after it"),
      hillock::text("record", "", "folder where answers are kept and taken from in place of the server; empty: none"),
      hillock::number("timeout", "s", 60, 0, 86400,
                      "how long the server may be silent; 0: for ever, as long fine-tuning needs"),
      hillock::integer("max_retries", 6, 1, 1000, "attempts in all, where a failure may pass"),
      hillock::number("retry_interval", "s", 10, 0, 3600, "pause between attempts"),
      hillock::number("max_wait_time", "s", 360, 0, 86400, "no new attempt after that")};

  TimeGpt(std::uint64_t, const Options& chosen, const Host& host)
      : model_(chosen.text("model")),
        freq_(chosen.text("freq")),
        loss_(chosen.text("finetune_loss")),
        kept_model_(chosen.text("finetuned_model_id")),
        steps_(static_cast<long>(chosen.number("finetune_steps"))),
        depth_(static_cast<long>(chosen.number("finetune_depth"))),
        clean_first_(chosen.flag("clean_ex_first")),
        record_(chosen.text("record")),
        client_({chosen.number("timeout"), chosen.number("retry_interval"), chosen.number("max_wait_time"),
                 static_cast<int>(chosen.number("max_retries"))},
                host),
        host_(host) {
    for (const auto& [name, value] :
         {std::pair("model", &model_), std::pair("freq", &freq_), std::pair("finetuned_model_id", &kept_model_)})
      if (std::any_of(value->begin(), value->end(), [](char c) { return c < 0x21 || c > 0x7e; }))
        throw BadInput(std::string("`") + name + "` holds a character that no such name has");
    if (model_.empty()) throw BadInput("`model` is empty");
    if (!record_.on()) Client::key_from_environment();  // said now rather than after hours
  }

  void fit(std::span<const TimeSeries>) {}  // all that it learns from is the history

  Forecast predict(const TimeSeries& history, std::size_t horizon, const Futures& future,
                   std::span<const double> levels) {
    const auto n = static_cast<std::int64_t>(history.values.size());
    need_history(history, steps_ > 0 ? 2 : 1, history.covariates.size());
    const std::string freq = freq_.empty() ? freq_of(history.dt) : freq_;
    std::int64_t sent = n;
    const json params = ask("/model_params?model=" + escaped(model_) + "&freq=" + escaped(freq), "").body;
    const auto [input_size, longest_horizon] = window(params);
    if (static_cast<std::int64_t>(horizon) > longest_horizon)
      host_.say("timegpt: a horizon of " + std::to_string(horizon) + " is longer than the " +
                std::to_string(longest_horizon) + " that the model was made for");
    if (steps_ == 0 && history.covariates.empty())
      sent =
          std::min(n, levels.empty() ? input_size
                                     : 3 * input_size + std::max(longest_horizon, static_cast<std::int64_t>(horizon)));

    std::string body = "{\"series\":{\"y\":";
    append_numbers(body, history.values.last(static_cast<std::size_t>(sent)));
    body += ",\"sizes\":[" + std::to_string(sent) + "],\"X\":";
    append_columns(body, history.covariates);
    body += ",\"X_future\":";
    append_columns(body, future);
    if (const auto step = nanoseconds(freq)) body += ",\"start_datetime\":[\"" + stamp(n - sent, *step) + "\"]";
    body += "},\"model\":" + json(model_).dump() + ",\"h\":" + std::to_string(horizon) +
            ",\"freq\":" + json(freq).dump() + ",\"clean_ex_first\":" + (clean_first_ ? "true" : "false") +
            ",\"level\":";
    if (levels.empty()) {
      body += "null";
    } else {
      for (std::size_t l = 0; l < levels.size(); ++l) body += (l == 0 ? "[" : ",") + shown(levels[l]);
      body += "]";
    }
    body += ",\"finetune_steps\":" + std::to_string(steps_) + ",\"finetune_depth\":" + std::to_string(depth_) +
            ",\"finetune_loss\":\"" + loss_ +
            "\",\"finetuned_model_id\":" + (kept_model_.empty() ? "null" : json(kept_model_).dump()) +
            ",\"feature_contributions\":false,\"multivariate\":false}";

    const Client::Answer answer = ask("/v2/forecast", body);
    const json& said = answer.body.is_object() && answer.body.contains("data") && answer.body["data"].is_object()
                           ? answer.body["data"]
                           : answer.body;
    Forecast f;
    f.mean = numbers(said, "mean", horizon);
    for (const double level : levels) {
      f.low.push_back(bound(said, "lo-", level, horizon));
      f.high.push_back(bound(said, "hi-", level, horizon));
      for (std::size_t h = 0; h < horizon; ++h)
        if (f.low.back()[h] > f.high.back()[h])
          throw std::runtime_error("TimeGPT's answer has a lower bound above the upper one");
    }
    const auto text = [&](const char* name) {
      return said.contains(name) && said[name].is_string() ? said[name].get<std::string>() : std::string();
    };
    std::string model = text("model");
    if (model.empty()) model = answer.model;
    note_ = model.empty() ? "model " + model_ + " as asked for (the answer names none)" : "model " + model;
    if (!text("request_id").empty()) note_ += ", request " + text("request_id");
    note_ += ", freq " + freq;
    note_ = Client::clean(note_, variable("NIXTLA_API_KEY"));
    return f;
  }

  std::string note() const { return note_; }

 private:
  Client::Answer ask(const std::string& target, const std::string& body) {
    if (const auto kept = record_.find(target, body)) return *kept;
    const Client::Answer answer = client_.ask(target, body, model_);
    record_.keep(target, body, answer, variable("NIXTLA_API_KEY"));
    return answer;
  }
  static std::string escaped(const std::string& text) {
    const std::unique_ptr<char, void (*)(void*)> out(
        curl_easy_escape(nullptr, text.c_str(), static_cast<int>(text.size())), curl_free);
    return out.get();
  }
  /// How many values the model looks at, and the horizon that it was made for.
  static std::pair<std::int64_t, std::int64_t> window(const json& answer) {
    const json* said = &answer;
    for (const char* inside : {"data", "detail"})
      if (said->is_object() && said->contains(inside)) said = &(*said)[inside];
    const auto number = [&](const char* name) -> std::int64_t {
      if (!said->is_object() || !said->contains(name) || !(*said)[name].is_number_integer() ||
          (*said)[name].get<std::int64_t>() < 1 || (*said)[name].get<std::int64_t>() > 1'000'000'000)
        throw std::runtime_error(std::string("TimeGPT's answer on its model is not understood: it has no ") + name);
      return (*said)[name].get<std::int64_t>();
    };
    return {number("input_size"), number("horizon")};
  }
  static std::vector<double> numbers(const json& of, const std::string& name, std::size_t n) {
    if (!of.is_object() || !of.contains(name) || !of[name].is_array())
      throw std::runtime_error("TimeGPT's answer has no '" + name + "'");
    const json& list = of[name];
    if (list.size() != n)
      throw std::runtime_error("TimeGPT's answer has " + plural(list.size(), "number") + " in '" + name + "' where " +
                               std::to_string(n) + " were asked for");
    std::vector<double> out;
    for (const json& x : list) {
      if (!x.is_number() || !std::isfinite(x.get<double>()))
        throw std::runtime_error("TimeGPT's answer holds what is no finite number in '" + name + "'");
      out.push_back(x.get<double>());
    }
    return out;
  }
  static std::vector<double> bound(const json& said, const std::string& side, double level, std::size_t n) {
    if (said.is_object() && said.contains("intervals") && said["intervals"].is_object())
      for (const auto& [name, list] : said["intervals"].items()) {
        double found = 0;
        if (!name.starts_with(side)) continue;
        const char* const end = name.data() + name.size();
        const auto read = std::from_chars(name.data() + side.size(), end, found);
        if (read.ec == std::errc() && read.ptr == end && std::abs(found - level) < 1e-9)
          return numbers(said["intervals"], name, n);
      }
    throw std::runtime_error("TimeGPT's answer has no interval '" + side + shown(level) + "'");
  }

  std::string model_, freq_, loss_, kept_model_, note_;
  long steps_, depth_;
  bool clean_first_;
  Record record_;
  Client client_;
  Host host_;
};
HILLOCK_FORECASTER(TimeGpt)
