// TimeGPT's client against a server on the loopback that answers as Nixtla's does.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <zstd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>

#include "forecasting.hpp"
#include "loopback.hpp"

using namespace hillock;
using namespace hillock::test;
using nlohmann::json;

namespace {

const std::string key = "nixak-secret.Key_0123456789";

/// The environment of a test: a key, a server, and no proxy between here and the loopback.
struct Environment {
  explicit Environment(const std::string& address) {
    ::setenv("NIXTLA_API_KEY", key.c_str(), 1);
    ::setenv("NIXTLA_BASE_URL", address.c_str(), 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
  }
  ~Environment() { ::unsetenv("NIXTLA_API_KEY"), ::unsetenv("NIXTLA_BASE_URL"); }
};

/// Answers that can be foreseen: the mean is the last value that was sent, and one more at each step; half of a level's
/// width is a tenth of it.
json forecast_for(const json& body) {
  json answer{{"mean", json::array()},
              {"intervals", nullptr},
              {"weights_x", nullptr},
              {"input_tokens", 1},
              {"request_id", "K3X9Q2M7TA"}};
  const double last = body["series"]["y"].back().get<double>();
  const int h = body["h"].get<int>();
  for (int k = 0; k < h; ++k) answer["mean"].push_back(last + 1 + k);
  if (!body["level"].is_null()) answer["intervals"] = json::object();
  if (!body["level"].is_null())
    for (const json& level : body["level"])
      for (const json& m : answer["mean"]) {
        answer["intervals"]["lo-" + level.dump()].push_back(m.get<double>() - level.get<double>() / 10);
        answer["intervals"]["hi-" + level.dump()].push_back(m.get<double>() + level.get<double>() / 10);
      }
  return answer;
}
const std::string params = R"({"detail":{"input_size":120,"horizon":24}})";

const std::string nothing = "nothing";  // a connection closed without an answer

/// A server that keeps what it was asked, and lets a test answer POST otherwise; "" is answered as foreseen.
struct Service {
  using Otherwise = std::function<std::string(const Request&, int attempt)>;
  explicit Service(Otherwise otherwise = {})
      : server(std::function<std::string(const Request&)>([this, otherwise](const Request& r) {
          const std::lock_guard lock(mutex);
          requests.push_back(r);
          if (r.method == "GET") return http(params);
          std::string text = r.body;
          if (const auto e = r.headers.find("content-encoding"); e != r.headers.end() && e->second == "zstd") {
            text.resize(ZSTD_getFrameContentSize(r.body.data(), r.body.size()));
            text.resize(ZSTD_decompress(text.data(), text.size(), r.body.data(), r.body.size()));
          }
          bodies.push_back(json::parse(text));
          const std::string other = otherwise ? otherwise(r, static_cast<int>(bodies.size())) : "";
          return other == nothing ? std::string() : other.empty() ? http(forecast_for(bodies.back()).dump()) : other;
        })),
        environment(server.address) {}
  std::mutex mutex;
  std::vector<Request> requests;
  std::vector<json> bodies;
  Loopback server;
  Environment environment;
};

const Settings hasty{{"retry_interval", 0.01}, {"max_retries", 4.}, {"timeout", 0.3}};

Samples counted(std::size_t n) {
  Samples s;
  s.dt = 0.25;
  for (std::size_t t = 0; t < n; ++t) s.values.push_back(static_cast<double>(t));
  return s;
}
/// What is said of a forecast that fails, without the plugin's name; the server's is SERVER, and nothing holds the key.
std::string refusal(const Service& service, Settings settings = hasty, const Vector& levels = {80},
                    std::size_t horizon = 3) {
  std::string s = sentence([&] { Forecasting("timegpt", settings).predict(counted(10), horizon, {}, levels); });
  CHECK(s.find(key) == std::string::npos);
  const std::string start = "error: plugin 'timegpt': ", name = service.server.address.substr(7);
  CHECK(s.starts_with(start));
  s.erase(0, std::min(start.size(), s.size()));
  for (std::size_t at; (at = s.find(name)) != std::string::npos;) s.replace(at, name.size(), "SERVER");
  return s;
}
std::string status(int code, const std::string& body) { return http(body, code); }

}  // namespace

TEST_SUITE("timegpt") {
  TEST_CASE("a request is that of the official client, field by field") {
    Service service;
    const Samples neuron = regular_spiking(2000);
    Forecasting f("timegpt", {{"freq", std::string("25ms")}, {"finetune_steps", 50.}});
    const Answer a = f.predict(neuron, 200, {}, {80, 90});
    REQUIRE(service.requests.size() == 2);
    const Request &first = service.requests[0], &second = service.requests[1];
    CHECK(first.method == "GET");
    CHECK(first.target == "/model_params?model=timegpt-2.1&freq=25ms");
    CHECK(second.method == "POST");
    CHECK(second.target == "/v2/forecast");
    for (const Request* r : {&first, &second}) {
      CHECK(r->headers.at("authorization") == "Bearer " + key);
      CHECK(r->headers.at("content-type") == "application/json");
      CHECK(r->headers.at("accept") == "*/*");
      CHECK(r->headers.at("nixtla-client-version") == "0.8.0");
      CHECK(r->headers.at("accept-encoding").find("gzip") != std::string::npos);
    }
    CHECK(second.headers.at("nixtla-model") == "timegpt-2.1");
    CHECK(!first.headers.contains("nixtla-model"));
    CHECK(second.headers.at("content-length") == std::to_string(second.body.size()));
    const std::string start = R"({"series":{"y":[-65.0,-63.25,-61.556873,-59.860916,-58.105064,-56.226986,-54.150265,)";
    CHECK(second.body.substr(0, start.size()) == start);
    const std::string end =
        R"(],"sizes":[2000],"X":null,"X_future":null,"start_datetime":["2023-01-01"]},"model":"timegpt-2.1",)"
        R"("h":200,"freq":"25ms",)"
        R"("clean_ex_first":true,"level":[80,90],"finetune_steps":50,"finetune_depth":1,"finetune_loss":"default",)"
        R"("finetuned_model_id":null,"feature_contributions":false,"multivariate":false})";
    CHECK(second.body.substr(second.body.size() - end.size()) == end);
    CHECK(service.bodies[0]["series"]["y"].size() == 2000);
    int wrong = 0;
    for (std::size_t t = 0; t < 2000; ++t)
      wrong += service.bodies[0]["series"]["y"][t].get<float>() != static_cast<float>(neuron.values[t]);
    CHECK(wrong == 0);
    const double last = service.bodies[0]["series"]["y"].back();
    CHECK(a.mean[199] == last + 200);
    CHECK(a.low[0][0] == last + 1 - 8);
    CHECK(a.high[1][0] == last + 1 + 9);
  }
  TEST_CASE("without fine-tuning and covariates only what the model looks at is sent, with the time where it begins") {
    Service service;
    Forecasting f("timegpt", {{"freq", std::string("25ms")}});
    f.predict(counted(2000), 200, {}, {80, 90});
    f.predict(counted(2000), 24);
    f.predict(counted(400), 8, {}, {90});
    REQUIRE(service.bodies.size() == 3);
    const auto begins = [&](std::size_t k) {
      return service.bodies[k]["series"]["start_datetime"][0].get<std::string>();
    };
    CHECK(service.bodies[0]["series"]["sizes"] == json{560});
    CHECK(service.bodies[0]["series"]["y"][0] == 1440);
    CHECK(begins(0) == "2023-01-01T00:00:36");
    CHECK(service.bodies[1]["series"]["sizes"] == json{120});
    CHECK(service.bodies[1]["level"] == nullptr);
    CHECK(begins(1) == "2023-01-01T00:00:47");
    CHECK(service.bodies[2]["series"]["sizes"] == json{384});
    CHECK(begins(2) == "2023-01-01T00:00:00.400");
  }
  TEST_CASE("the step of the series is said to the service, and the times are made of whole nanoseconds") {
    Service service;
    const auto sent = [&](double dt, std::size_t n) {
      Samples s = counted(n);
      s.dt = dt;
      Forecasting("timegpt").predict(s, 1);
      const json& body = service.bodies.back();
      return body["freq"].get<std::string>() + " " + body["series"]["start_datetime"][0].get<std::string>();
    };
    CHECK(sent(0.25, 121) == "250us 2023-01-01T00:00:00.000250");
    CHECK(sent(0.1, 1120) == "100us 2023-01-01T00:00:00.100");
    CHECK(sent(5, 120) == "5ms 2023-01-01");
    CHECK(sent(1e-3 / 3, 121) == "333ns 2023-01-01T00:00:00.000000333");
    CHECK(sent(1000, 120 + 86400 * 31) == "1000ms 2023-02-01");
    CHECK(sent(86400000, 120 + 365) == "86400000ms 2024-01-01");
    Forecasting("timegpt", {{"freq", std::string("MS")}}).predict(counted(5), 1);
    CHECK(!service.bodies.back()["series"].contains("start_datetime"));
    CHECK(sentence([&] { sent(1e-9, 5); }) ==
          "error: plugin 'timegpt': a step of 1e-09 ms cannot be said to TimeGPT; `freq` gives another");
  }
  TEST_CASE("covariates are sent with their future, or as history alone where it is not known") {
    Service service;
    Samples s = counted(400);
    s.covariates = {Vector(400, 10), counted(400).values};
    Forecasting f("timegpt");
    f.predict(s, 2, {{10, 11}, {400, 401}});
    f.predict(s, 2);
    const json &known = service.bodies.at(0)["series"], &unknown = service.bodies.at(1)["series"];
    CHECK(known["sizes"] == json{400});
    CHECK(known["X"].size() == 2);
    CHECK(known["X"][0].size() == 400);
    CHECK(known["X"][1][399] == 399);
    CHECK(known["X_future"] == json::parse("[[10.0,11.0],[400.0,401.0]]"));
    CHECK(unknown["X"] == known["X"]);
    CHECK(unknown["X_future"] == nullptr);
  }
  TEST_CASE("every option of the service is sent, and the address may have a path and end with a slash") {
    Service service;
    ::setenv("NIXTLA_BASE_URL", (service.server.address + "/some/path/").c_str(), 1);
    Forecasting f("timegpt", {{"model", std::string("any-model")},
                              {"finetune_steps", 3.},
                              {"finetune_depth", 2.},
                              {"finetune_loss", std::string("mae")},
                              {"finetuned_model_id", std::string("rs-1")},
                              {"clean_ex_first", 0.}});
    f.predict(counted(5), 1, {}, {97.5});
    CHECK(service.requests[0].target == "/some/path/model_params?model=any-model&freq=250us");
    CHECK(service.requests[1].target == "/some/path/v2/forecast");
    const json& body = service.bodies[0];
    CHECK(body["model"] == "any-model");
    CHECK(body["finetune_steps"] == 3);
    CHECK(body["finetune_depth"] == 2);
    CHECK(body["finetune_loss"] == "mae");
    CHECK(body["finetuned_model_id"] == "rs-1");
    CHECK(body["clean_ex_first"] == false);
    CHECK(body["level"] == json{97.5});
    CHECK(sentence([&] { f.predict(counted(1), 1); }) ==
          "error: plugin 'timegpt': the history is too short: 2 values are needed, and it has 1");
  }
  TEST_CASE("the model that the server names is noted") {
    const auto noted = [](const std::string& reply) {
      Service service([&](const Request&, int) { return reply; });
      Forecasting f("timegpt");
      f.predict(counted(5), 1);
      return f.note();
    };
    CHECK(noted(http(R"({"mean":[1],"model":"timegpt-3","request_id":"AB"})")) ==
          "model timegpt-3, request AB, freq 250us");
    CHECK(noted(http(R"({"data":{"mean":[1],"model":"timegpt-4"}})")) == "model timegpt-4, freq 250us");
    CHECK(noted("HTTP/1.1 200 x\r\nNixtla-Model: by-header\r\nContent-Length: 12\r\n\r\n{\"mean\":[1]}") ==
          "model by-header, freq 250us");
    CHECK(noted(http(R"({"mean":[1]})")) == "model timegpt-2.1 as asked for (the answer names none), freq 250us");
  }
  TEST_CASE("a long series is sent compressed") {
    Service service;
    Samples s = counted(150000);
    Dice dice(3);
    for (double& x : s.values) x = dice.between(-70, 30);
    Forecasting f("timegpt", {{"finetune_steps", 1.}});
    const double last = f.predict(s, 1).mean[0] - 1;
    CHECK(last == doctest::Approx(s.values.back()));
    CHECK(service.requests[1].headers.at("content-encoding") == "zstd");
    CHECK(service.bodies[0]["series"]["sizes"] == json{150000});
    CHECK(service.bodies[0].dump().size() > (1 << 20));
    CHECK(service.requests[1].body.size() < service.bodies[0].dump().size());
  }

  TEST_CASE("failures that may pass are tried again, with a word to the user") {
    static std::vector<std::string> said;
    static const hk_log log{sizeof(hk_log), [](void*, const char* line) { said.emplace_back(line); },
                            [](void*, double, const char*) {}};
    const hk_host host{sizeof(hk_host), nullptr,
                       [](void*, const char* id) -> const void* { return std::string(id) == HK_LOG ? &log : nullptr; }};
    const std::string whole = http(R"({"mean":[1,2,3]})");
    const std::string html = "<html><h1>Bad Gateway</h1></html>";
    const std::pair<std::string, std::string> failures[] = {
        {status(408, R"({"detail":"slow"})"), "answered with HTTP status 408: slow"},
        {status(409, R"({"detail":"conflict"})"), "answered with HTTP status 409: conflict"},
        {status(429, R"({"details":"too many"})"), "answered with HTTP status 429: too many"},
        {status(502, html), "answered with HTTP status 502: " + html},
        {status(503, ""), "answered with HTTP status 503"},
        {status(504, html), "answered with HTTP status 504: " + html},
        {whole.substr(0, whole.size() - 5), "the answer of "},
        {"", "the answer of "}};
    for (const auto& [reply, word] : failures) {
      CAPTURE(word);
      said.clear();
      const std::string failure = reply.empty() ? nothing : reply;
      Service service([&](const Request&, int attempt) { return attempt <= 2 ? failure : std::string(); });
      CHECK(Forecasting("timegpt", hasty, &host).predict(counted(10), 3).mean == Vector{10, 11, 12});
      CHECK(service.bodies.size() == 3);
      REQUIRE(said.size() == 2);
      CHECK(said[0].find(word) != std::string::npos);
      CHECK(said[0].ends_with("; attempt 2 of 4 in 0.01 s"));
      CHECK(said[0].find(key) == std::string::npos);
      // at last it gives up
      Service never([&](const Request&, int) { return failure; });
      CHECK(refusal(never).ends_with(" (after 4 attempts)"));
      CHECK(never.bodies.size() == 4);
    }
    Service silent([](const Request&, int) { return std::string(Loopback::silence); });
    CHECK(refusal(silent, {{"timeout", 0.2}, {"retry_interval", 0.01}, {"max_retries", 1.}}) ==
          "SERVER sent nothing for 0.2 s");
    CHECK(refusal(silent, {{"timeout", 0.2}, {"retry_interval", 0.01}, {"max_retries", 2.}})
              .ends_with(" (after 2 attempts)"));
    Service late([](const Request&, int) { return status(503, ""); });
    CHECK(refusal(late, {{"retry_interval", 0.02}, {"max_wait_time", 0.01}}) == "SERVER answered with HTTP status 503");
  }
  TEST_CASE("failures that stay are said at once") {
    const auto said = [](const std::string& reply, const Vector& levels = {80}) {
      Service service([&](const Request&, int) { return reply; });
      const std::string out = refusal(service, hasty, levels);
      CHECK(service.bodies.size() == 1);
      return out;
    };
    const std::string answered = "SERVER answered with HTTP status ";
    CHECK(said(status(400, R"({"detail":"bad request"})")) == answered + "400: bad request");
    CHECK(said(status(401, R"({"message":"short","details":"longer"})")) ==
          answered + "401: longer (is NIXTLA_API_KEY right?)");
    CHECK(said(status(404, R"({"message":"not found"})")) == answered + "404: not found");
    CHECK(said(status(422, R"({"detail":[{"loc":["body","h"],"msg":"too small"},{"loc":["body","series","y",3],)"
                           R"("msg":"no number"}]})")) ==
          answered + "422: body.h: too small, body.series.y.3: no number");
    CHECK(said(status(500, "")) == answered + "500");
    CHECK(said(status(500, std::string(300, 'x'))) == answered + "500: " + std::string(200, 'x') + " ...");
    CHECK(said(status(401, R"({"detail":"the key )" + key + R"( is wrong"})")) ==
          answered + "401: the key <key> is wrong (is NIXTLA_API_KEY right?)");
    CHECK(said(status(500, std::string(190, 'x') + key)) == answered + "500: " + std::string(190, 'x') + "<key>");
    CHECK(said("HTTP/1.1 307 x\r\nLocation: https://elsewhere.org/v2\r\nContent-Length: 0\r\n\r\n") ==
          answered + "307, a redirection to elsewhere.org, which is not followed");
    CHECK(said(http("<html>")) == "the answer of SERVER is no JSON, or nested too deeply: <html>");
    // whose copy would overflow the stack
    CHECK(said(http(std::string(100'000, '[') + std::string(100'000, ']'))) ==
          "the answer of SERVER is no JSON, or nested too deeply: " + std::string(200, '[') + " ...");
    CHECK(said(http("[1,2]")) == "TimeGPT's answer has no 'mean'");
    CHECK(said(http(R"({"mean":[1,2]})")) == "TimeGPT's answer has 2 numbers in 'mean' where 3 were asked for");
    CHECK(said(http(R"({"mean":[1,null,3]})")) == "TimeGPT's answer holds what is no finite number in 'mean'");
    CHECK(said(http(R"({"mean":[1,1e999,3]})")).find("JSON") != std::string::npos);
    CHECK(said(http(R"({"mean":[1,2,3]})")) == "TimeGPT's answer has no interval 'lo-80'");
    CHECK(said(http(R"({"mean":[1,2,3],"intervals":{"lo-80":[1,2,3]}})")) ==
          "TimeGPT's answer has no interval 'hi-80'");
    CHECK(said(http(R"({"mean":[1,2,3],"intervals":{"lo-80":[1,2,3],"hi-80":[1,2]}})")) ==
          "TimeGPT's answer has 2 numbers in 'hi-80' where 3 were asked for");
    CHECK(said(http(R"({"mean":[1,2,3],"intervals":{"lo-80":[9,2,3],"hi-80":[1,2,3]}})")) ==
          "TimeGPT's answer has a lower bound above the upper one");
    std::string address;
    {
      address = Loopback([](const std::string&) { return std::string(); }).address;
    }
    const Environment nobody(address);
    const std::string unreached = sentence([] { Forecasting("timegpt").predict(counted(5), 1); });
    CHECK(unreached.starts_with("error: plugin 'timegpt': " + address.substr(7) + " cannot be reached: "));
    CHECK(unreached.ends_with("; look at the network and NIXTLA_BASE_URL"));
  }
  TEST_CASE("a key is needed, from the environment, over a safe way") {
    Service service;
    const auto said = [] { return sentence([] { Forecasting("timegpt").predict(counted(5), 1); }); };
    const std::string start = "error: plugin 'timegpt': ";
    for (const char* broken : {"nixak secret", "nixak-secret\n", "nixak\"secret"}) {
      ::setenv("NIXTLA_API_KEY", broken, 1);
      CHECK(said() == start + "NIXTLA_API_KEY holds a character that no key has, as a blank or the end of a line");
    }
    for (const bool unset : {true, false}) {
      if (unset) ::unsetenv("NIXTLA_API_KEY");
      else ::setenv("NIXTLA_API_KEY", "", 1);
      CHECK(
          said() ==
          start +
              "TimeGPT needs a key: set the environment variable NIXTLA_API_KEY to yours; analog, autoregressive, ddf, "
              "exponential_smoothing, lstm, mechanistic, median, naive, reservoir, seasonal and theta need none");
    }
    ::setenv("NIXTLA_API_KEY", key.c_str(), 1);
    ::setenv("NIXTLA_BASE_URL", "http://api.nixtla.io", 1);
    CHECK(said() ==
          start +
              "NIXTLA_BASE_URL names api.nixtla.io by http, where the key could be read on the way; https is needed");
    ::setenv("NIXTLA_BASE_URL", "ftp://127.0.0.1", 1);
    CHECK(said() == start + "NIXTLA_BASE_URL is no address of the web, as https://api.nixtla.io is");
    CHECK(sentence([] {
            Forecasting("timegpt", {{"model", std::string("a\nb")}});
          }) == start + "`model` holds a character that no such name has");
    CHECK(service.requests.empty());
  }
  TEST_CASE("a server of https gets the key when it shows a certificate that is trusted") {
    const SecureLoopback server([](const Request& r) {
      CHECK(r.headers.at("authorization") == "Bearer " + key);
      return http(r.method == "GET" ? params : forecast_for(json::parse(r.body)).dump());
    });
    const Environment environment(server.address);
    const auto predicted = [] { return Forecasting("timegpt").predict(counted(5), 2).mean; };
    CHECK(sentence(predicted).starts_with("error: plugin 'timegpt': " + server.address.substr(8) +
                                          " cannot be reached: SSL certificate problem: "));
    CHECK(server.requests == 0);
    const SecureLoopback::Trusted trusted(server);
    CHECK(predicted() == Vector{5, 6});
  }
  TEST_CASE("what TimeGPT refuses of every forecaster is refused before anything is sent") {
    Service service;
    Samples broken = counted(10);
    broken.values[3] = NAN;
    CHECK(refusal(service, hasty, {100}) == "the level 100 is asked for, and levels lie between 0 and 100");
    CHECK(sentence([&] { Forecasting("timegpt").predict(broken, 1); }) ==
          "error: plugin 'timegpt': the history holds what is no finite number");
    CHECK(sentence([&] { Forecasting("timegpt").predict({}, 1); }) ==
          "error: plugin 'timegpt': there is no value before the forecast");
    CHECK(service.requests.empty());
  }
  TEST_CASE("a stop is heeded at once, while waiting for an answer and between attempts") {
    static std::atomic<bool> asked;
    static const hk_stop stop{sizeof(hk_stop), [](void*) { return std::int32_t{asked}; }};
    const hk_host host{sizeof(hk_host), nullptr, [](void*, const char* id) -> const void* {
                         return std::string(id) == HK_STOP ? &stop : nullptr;
                       }};
    for (const std::string& reply : {std::string(Loopback::silence), status(503, "")}) {
      asked = false;
      Service service([&](const Request&, int) {
        asked = true;
        return reply;
      });
      CHECK(sentence([&] { Forecasting("timegpt", {}, &host).predict(counted(5), 1); }) ==
            "error: plugin 'timegpt': stopped while waiting for " + service.server.address.substr(7));
      CHECK(service.bodies.size() == 1);
    }
  }

  TEST_CASE("answers are recorded and taken from the record without server and key") {
    const Folder folder;
    const std::string record = (folder / "answers").string();
    const Settings recorded{{"record", record}};
    Answer live;
    std::string note;
    {
      Service service([&](const Request&, int) {
        return http(R"({"mean":[1,2.5,3],"model":"m )" + key + R"(","intervals":{"lo-80":[0,1,2],"hi-80":[4,5,6]}})");
      });
      Forecasting f("timegpt", recorded);
      live = f.predict(counted(10), 3, {}, {80});
      note = f.note();
      CHECK(note == "model m <key>, freq 250us");
    }
    Forecasting f("timegpt", recorded);
    const Answer again = f.predict(counted(10), 3, {}, {80});
    CHECK(same_bits(again.mean, live.mean));
    CHECK(same_bits(again.high[0], live.high[0]));
    CHECK(f.note() == note);
    int files = 0;
    for (const auto& entry : fs::directory_iterator(record)) {
      ++files;
      CHECK(contents(entry.path()).find(key) == std::string::npos);
      CHECK(entry.path().extension() == ".json");
    }
    CHECK(files == 2);
    // another question is not in the record
    CHECK(sentence([&] { f.predict(counted(11), 3); }).starts_with("error: plugin 'timegpt': TimeGPT needs a key: "));
    for (const auto& entry : fs::directory_iterator(record)) std::ofstream(entry.path()) << "{}";
    const std::string broken = sentence([&] { Forecasting("timegpt", recorded).predict(counted(10), 3, {}, {80}); });
    CHECK(broken.ends_with(" is no recorded answer; delete it, and the server is asked again"));
  }
  TEST_CASE("what no header may hold is not recorded, and a key is hidden that is part of what stands for it") {
    const Folder folder;
    const std::string record = (folder / "answers").string();
    const std::string body = R"({"mean":[1,2,3]})";
    Service service([&](const Request&, int) {
      return "HTTP/1.1 200 x\r\nnixtla-model: m\xff key\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\nConnection: close\r\n\r\n" + body;
    });
    ::setenv("NIXTLA_API_KEY", "key", 1);
    Forecasting f("timegpt", {{"record", record}});
    f.predict(counted(10), 3);
    CHECK(f.note().starts_with("model m? <"));
    CHECK(f.note().find(" key") == std::string::npos);
  }
  TEST_CASE("a recorded answer that is nested too deeply is none") {
    const Folder folder;
    const Settings recorded{{"record", folder.path().string()}};
    {
      Service service;
      Forecasting("timegpt", recorded).predict(counted(10), 3);
    }
    for (const auto& entry : fs::directory_iterator(folder.path()))
      std::ofstream(entry.path()) << R"({"request":null,"model":"","answer":)" << std::string(100'000, '[')
                                  << std::string(100'000, ']') << "}";
    CHECK(sentence([&] {
            Forecasting("timegpt", recorded).predict(counted(10), 3);
          }).ends_with(" is no recorded answer; delete it, and the server is asked again"));
  }
  TEST_CASE("an answer that cannot be recorded is said in a sentence, and nothing is left behind") {
    const Folder folder;
    Service service;
    std::ofstream(folder / "file") << "x";
    CHECK(refusal(service, {{"record", (folder / "file").string()}}) ==
          "the answer cannot be recorded to " + (folder / "file").string() +
              ": Not a directory; make room, or choose another folder by `record`");
    // no room is left: files may not grow
    const std::string record = (folder / "full").string();
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
    const std::string said = sentence([&] { Forecasting("timegpt", {{"record", record}}).predict(counted(5), 1); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(said == "error: plugin 'timegpt': the answer cannot be recorded to " + record +
                      ": File too large; make room, or choose another folder by `record`");
    CHECK(fs::is_empty(record));
  }
}
