// Answers of a server of TimeGPT, and files of recorded ones: a forecast, or a sentence, in which the key is not. Bytes
// that begin with '{' are the recorded answers, with a zero byte between the one on the model and that with the
// forecast; others are those of the server, each as `status` and headers in lines, an empty line and a body.
#include "plugin.hpp"

#include <curl/curl.h>

#include <array>
#include <type_traits>
#include <utility>

#include "folder.hpp"
#include "fuzz/fuzz.hpp"

namespace {

/// A fake of which no byte comes from the network.
struct Transfer {
  curl_write_callback body = nullptr, header = nullptr;
  void *body_to = nullptr, *header_to = nullptr;
  bool told = false;
};
Transfer fake;
std::string_view answers;  // those that are left
long fake_status = 0;

CURL* begin() {
  fake = {};
  return &fake;
}
void end(CURL*) {}
CURLM* begin_all() { return &fake; }
CURLMcode end_all(CURLM*) { return CURLM_OK; }
CURLMcode link(CURLM*, CURL*) { return CURLM_OK; }
template <class T> CURLcode set(CURL*, CURLoption option, T value) {
  if constexpr (std::is_same_v<T, curl_write_callback>) {
    (option == CURLOPT_HEADERFUNCTION ? fake.header : fake.body) = value;
  } else if constexpr (std::is_convertible_v<T, void*>) {
    if (option == CURLOPT_HEADERDATA) fake.header_to = value;
    if (option == CURLOPT_WRITEDATA) fake.body_to = value;
  }
  return CURLE_OK;
}
CURLMcode perform(CURLM*, int* running) {
  *running = 0;
  std::string_view one = answers.substr(0, answers.find('\0'));
  answers.remove_prefix(std::min(answers.size(), one.size() + 1));
  fake_status = std::strtol(std::string(one.substr(0, 4)).c_str(), nullptr, 10);
  const auto give = [](curl_write_callback to, std::string_view bytes, void* of) {
    std::string piece(bytes);
    return to(piece.data(), 1, piece.size(), of) == piece.size();
  };
  while (!one.empty()) {
    const std::string_view line = one.substr(0, one.find('\n'));
    one.remove_prefix(std::min(one.size(), line.size() + 1));
    if (line.empty()) break;
    give(fake.header, line, fake.header_to);
  }
  for (; !one.empty(); one.remove_prefix(std::min<std::size_t>(one.size(), 16384)))
    give(fake.body, one.substr(0, 16384), fake.body_to);
  return CURLM_OK;
}
CURLMsg* done_message(CURLM*, int*) {
  static CURLMsg done;
  done.msg = CURLMSG_DONE, done.data.result = CURLE_OK;
  return std::exchange(fake.told, true) ? nullptr : &done;
}
template <class T> CURLcode get(CURL*, CURLINFO info, T* to) {
  *to = info == CURLINFO_RESPONSE_CODE ? static_cast<T>(fake_status) : T{};
  return CURLE_OK;
}

}  // namespace

#undef curl_easy_setopt
#undef curl_easy_getinfo
#define curl_easy_init begin
#define curl_easy_cleanup end
#define curl_multi_init begin_all
#define curl_multi_cleanup end_all
#define curl_multi_add_handle link
#define curl_multi_remove_handle link
#define curl_easy_setopt set
#define curl_multi_perform perform
#define curl_multi_info_read done_message
#define curl_easy_getinfo get
#define web web_without_network  // functions of other names than those that allen.cpp has in the same program
#include "../../plugins/forecasters/timegpt.cpp"

using namespace hillock::test;

namespace {

const Folder& folder() {
  static const Folder the;
  return the;
}

constexpr const char* key = "secret-key";

hillock::Forecast forecast(const std::string& record, std::string& note) {
  ::setenv("NIXTLA_API_KEY", key, 1);
  TimeGpt forecaster(1, options_of<TimeGpt>({{"record", record.c_str()}}, {{"max_retries", 1}}), Host());
  const std::array<double, 6> values{-70, -69, -68, -70, -69, -68};
  const std::array<double, 2> levels{80, 95.5};
  hillock::Forecast f = forecaster.predict({1, values, {}}, 3, {}, levels);
  note = forecaster.note();
  return f;
}

const std::string model = R"({"data": {"detail": {"input_size": 4, "horizon": 2}}})";
const std::string good =
    R"({"data": {"mean": [1, 2.5, -3e2], "intervals": {"lo-80": [0, 1, -400], "hi-80": [2, 3, -2],
    "lo-95.5": [0, 1, -400], "hi-95.5": [2, 3, -2]}, "model": "timegpt-2.1", "request_id": "b2"}})";

/// The files of recorded answers, and what is in them.
const std::vector<std::pair<fs::path, std::string>>& recorded() {
  static const auto all = [] {
    const std::string both = "200\n\n" + model + '\0' + "200\nnixtla-model: x\n\n" + good;
    answers = both;
    std::string note;
    forecast((folder() / "record").string(), note);
    std::vector<std::pair<fs::path, std::string>> files;
    for (const auto& entry : fs::directory_iterator(folder() / "record"))
      files.emplace_back(entry.path(), contents(entry.path()));
    if (files.size() == 2 && files[0].second.find("input_size") == std::string::npos) std::swap(files[0], files[1]);
    return files;
  }();
  return all;
}

void one(std::string_view bytes) {
  const bool kept = bytes.starts_with('{');
  const std::vector<std::pair<fs::path, std::string>>& files = recorded();
  answers = kept ? "500\n\n" : bytes;
  for (const auto& [path, text] : files) {
    if (!kept) {
      fs::remove(path);
      continue;
    }
    const std::string_view mine = bytes.substr(0, bytes.find('\0'));
    std::ofstream(path, std::ios::binary) << (mine.empty() ? std::string_view(text) : mine);
    bytes.remove_prefix(std::min(bytes.size(), mine.size() + 1));
  }
  const auto check = [](const std::string& said) {
    check_sentence(said);
    if (said.find(key) != std::string::npos) throw Broken("the key is told: " + said);
  };
  try {
    std::string note;
    const hillock::Forecast f = forecast((folder() / "record").string(), note);
    check(note);
    if (f.mean.size() != 3 || f.low.size() != 2 || f.high.size() != 2) throw Broken("a forecast of another length");
  } catch (const BadInput& e) { check(e.what()); } catch (const std::runtime_error& e) {
    check(e.what());
  }
}

std::vector<std::string> seeds() {
  const std::string first = "200\n\n" + model + '\0';
  return {first + "200\nnixtla-model: x\n\n" + good,
          first + "200\n\n" + R"({"mean": [1, 2, 3], "intervals": {"lo-80": [1, null, true]}})",
          first + "422\n\n" + R"({"detail": [{"loc": ["body", 3, {"a": []}], "msg": "no \u0073ecret-key"}]})",
          first + "401\n\n" + R"({"message": "Unauthorized secret-key"})",
          "302\nlocation: https://example.org:8080/a\n\n",
          "500\n\n<html>secret-key</html>",
          "200\nnixtla-model: \xff\xfe\n\n" + model + '\0' + "200\n\n" + good,
          std::string("200\n\n") + R"({"data": {"detail": {"input_size": 4, "horizon": 2, "x": )" +
              std::string(70, '[') + std::string(70, ']') + "}}}",
          recorded()[0].second,
          recorded()[0].second + '\0' + recorded()[1].second};
}

}  // namespace

HILLOCK_FUZZ("answers of TimeGPT", 2000)
