// The reader of the Allen Cell Types Database, against a server on the loopback that answers as the database does.
#include <cstdlib>

#include "experiment/experiment.hpp"
#include "experiment/reader.hpp"
#include "loopback.hpp"
#include "nwb_file.hpp"
#include "recordings.hpp"
#include "run/explore.hpp"

using namespace hillock;
using namespace hillock::test;
using namespace hillock::test::nwb;

namespace {

std::atomic<bool> asked_to_stop = false;

// What is asked, as it is sent.
const std::string query =
    "/api/v2/data/query.json?criteria=model::Specimen,rma::criteria,%5Bid$eq464212183%5D,rma::include,"
    "ephys_result(well_known_files(well_known_file_type%5Bname$eqNWBDownload%5D))";
const std::string download = "/api/v2/well_known_file_download/491198951";

/// What the database says of a specimen that has recordings of these types.
std::string answer(const std::vector<std::string>& types) {
  std::string files;
  for (const std::string& type : types)
    files += fmt::format(
        R"({}{{"attachable_id":464212185,"attachable_type":"EphysResult","download_link":"{}","id":491198951,)"
        R"("path":"/external/x.nwb","well_known_file_type_id":475137571,"well_known_file_type":{{"id":475137571,)"
        R"("name":"{}"}}}})",
        files.empty() ? "" : ",", type == "NWBDownload" ? download : "/other", type);
  return fmt::format(
      R"({{"success": true, "id": 0, "start_row": 0, "num_rows": 1, "total_rows": 1, "msg": [{{"cell_depth": null,)"
      R"( "id": 464212183, "is_cell_specimen": true, "name": "Sst-IRES-Cre;Ai14-165865.04.01.01",)"
      R"( "ephys_result": {{"failed": false, "id": 464212185, "well_known_files": [{}]}}}}]}})",
      files);
}
const std::string nobody = R"({"success": true, "id": 0, "start_row": 0, "num_rows": 0, "total_rows": 0, "msg": []})";

/// A cache of its own, and no proxy between here and the loopback.
struct Cache {
  Folder folder;
  fs::path file = folder / "cache/hillock/allen/464212183.nwb";
  std::string before = std::getenv("XDG_CACHE_HOME") ? std::getenv("XDG_CACHE_HOME") : "";
  Cache() {
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
  }
  ~Cache() {
    if (before.empty()) ::unsetenv("XDG_CACHE_HOME");
    else ::setenv("XDG_CACHE_HOME", before.c_str(), 1);
  }
  bool is_clean() const { return !fs::exists(file.parent_path()) || fs::is_empty(file.parent_path()); }
};

/// The file of the database: sweep 30.
std::string published() {
  const Folder folder;
  {
    Hdf file(folder / "a.nwb");
    put_1(file, {{30, {-0.07, -0.06, -0.05}, {0, 1e-10, 0}}});
  }
  std::ifstream in(folder / "a.nwb", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string locate(const std::string& server, double patience_s = 60) {
  const Plugin& plugin = plugins().load("allen", HK_ROLE_RECORDING);
  const hk_recording& face = plugin.recording();
  const Values values(face.options, face.n_options,
                      {{"specimen", 464212183.}, {"server", server}, {"patience", patience_s}});
  std::array<char, 4096> path{};
  hk_error error{};
  static const hk_stop stop{sizeof(hk_stop), [](void*) { return std::int32_t{asked_to_stop}; }};
  const hk_host host{sizeof(hk_host), nullptr, [](void*, const char* id) -> const void* {
                       return std::strcmp(id, HK_STOP) == 0 ? &stop : nullptr;
                     }};
  check(plugin, plugin.locate()->locate(values.data(), &host, path.data(), path.size(), &error), error);
  return path.data();
}
/// What is said, without what is at the end of each sentence.
std::string refusal(const Cache& cache, const std::string& server, double patience_s = 60) {
  std::string s = sentence([&] { locate(server, patience_s); });
  const std::string start = "error: plugin 'allen': ",
                    end = "; the cell's NWB file may also be placed by hand, as " + cache.file.string();
  CHECK(s.starts_with(start));
  CHECK(s.ends_with(end));
  CHECK(cache.is_clean());
  return s.size() > start.size() + end.size() ? s.substr(start.size(), s.size() - start.size() - end.size()) : s;
}
/// What is said of a server that answers the query and the download so.
std::string refusal(const std::string& to_query, const std::string& to_download = "", double patience_s = 60) {
  const Cache cache;
  const Loopback server([&](const std::string& path) { return path == download ? to_download : to_query; });
  std::string s = refusal(cache, server.address, patience_s);
  for (std::size_t at; (at = s.find(server.address)) != std::string::npos;)
    s.replace(at, server.address.size(), "SERVER");
  return s;
}

}  // namespace

TEST_SUITE("allen") {
  TEST_CASE("a cell is downloaded once, checked and kept, and read without the server from then on") {
    const Cache cache;
    std::string address;
    {
      const Loopback server([&](const std::string& path) {
        if (path == download) return http(published());
        CHECK(path == query);
        return http(answer({"NWB", "NWBDownload"}));
      });
      address = server.address;
      CHECK(locate(address + "/") == cache.file);
      CHECK(server.requests == 2);
      CHECK(locate(address) == cache.file);
      CHECK(server.requests == 2);
    }
    CHECK(std::distance(fs::directory_iterator(cache.file.parent_path()), fs::directory_iterator()) == 1);
    CHECK(locate(address) == cache.file);
    const Opened r("allen", cache.file, {{"specimen", 464212183.}});
    CHECK(r.sweep().number == 30);
    CHECK(r.of(HK_VOLTAGE)[1] == 1000 * static_cast<double>(-0.06F));
  }
  TEST_CASE("the data block that explore ends with names no file and reads the same again") {
    const Cache cache;
    fs::create_directories(cache.file.parent_path());
    std::ofstream(cache.file, std::ios::binary) << published();
    Node block = map_node();
    put(block, "use", text_node("allen")), put(block, "specimen", number_node(464212183));
    const Exploration found = explore(contents_of(block), {.figures = false, .on_sweep = {}});
    CHECK(found.data.find("file") == nullptr);
    CHECK(explore(contents_of(found.data), {.figures = false, .on_sweep = {}}).tables[0].rows == found.tables[0].rows);
  }
  TEST_CASE("a redirection is followed") {
    const Cache cache;
    const Loopback server([&](const std::string& path) {
      if (path == "/elsewhere") return http(published());
      return path == download
                 ? std::string(
                       "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                 : http(answer({"NWBDownload"}));
    });
    CHECK(locate(server.address) == cache.file);
  }
  TEST_CASE("a server of https shows a certificate that is trusted, and does not lead to http") {
    const Cache cache;
    const auto leads_to = [](const std::string& where) {
      return "HTTP/1.1 302 Found\r\nLocation: " + where + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    };
    const Loopback open([&](const std::string&) { return http(published()); });
    std::atomic<bool> stays = false;
    const SecureLoopback server([&](const Request& r) {
      if (r.target == query) return http(answer({"NWBDownload"}));
      if (r.target == download) return leads_to((stays ? "" : open.address) + "/elsewhere");
      return http(published());
    });
    const std::string start = "specimen 464212183 was not downloaded: " + server.address;
    const std::string refused = refusal(cache, server.address);
    CHECK(refused.starts_with(start + " cannot be reached: SSL certificate problem: "));
    CHECK(refused.ends_with(
        "; if your network has an authority of its own, let SSL_CERT_FILE name the file with its certificate"));
    CHECK(server.requests == 0);

    ::setenv("SSL_CERT_FILE", "/nowhere", 1);
    CHECK(refusal(cache, server.address)
              .ends_with("; let SSL_CERT_FILE name a file of certificates, or unset it and install the package "
                         "ca-certificates"));
    const SecureLoopback::Trusted trusted(server);
    CHECK(refusal(cache, server.address) == start + " leads to an address without https, which is not followed");
    CHECK(open.requests == 0);
    stays = true;
    CHECK(locate(server.address) == cache.file);
  }
  TEST_CASE("brackets within texts are no nesting, and what a killed download left is removed") {
    const Cache cache;
    std::string named = answer({"NWBDownload"});
    const std::string name = "Sst-IRES-Cre";
    named.replace(named.find(name), name.size(), std::string(65, '[') + R"(\")");
    const Loopback server([&](const std::string& path) { return http(path == download ? published() : named); });
    fs::create_directories(cache.file.parent_path());
    std::ofstream(cache.file.string() + ".Ab3xYz") << "half";
    CHECK(locate(server.address) == cache.file);
    CHECK(std::distance(fs::directory_iterator(cache.file.parent_path()), fs::directory_iterator()) == 1);
  }
  TEST_CASE("without the server it says so, and where the file may be placed by hand") {
    const Cache cache;
    std::string address;
    {
      address = Loopback([](const std::string&) { return std::string(); }).address;
    }
    const std::string s = refusal(cache, address);
    CHECK(s.starts_with("specimen 464212183 was not downloaded: " + address +
                        " cannot be reached: Failed to connect to 127.0.0.1"));
    CHECK(
        refusal(cache, "ftp://127.0.0.1")
            .starts_with("specimen 464212183 was not downloaded: ftp://127.0.0.1 cannot be reached: Protocol \"ftp\""));
    fs::create_directories(cache.file.parent_path());
    std::ofstream(cache.file, std::ios::binary) << published();
    CHECK(locate(address) == cache.file);
  }
  TEST_CASE("a specimen that is not there or has no recording is the user's mistake") {
    CHECK(refusal(http(nobody)) == "the Allen Cell Types Database has no specimen 464212183");
    CHECK(refusal(http(answer({"NWB"}))) ==
          "the specimen 464212183 of the Allen Cell Types Database has no recording as an NWB file");
    CHECK(refusal(http(R"({"success": true, "msg": [{"id": 464212183, "ephys_result": null}]})")) ==
          "the specimen 464212183 of the Allen Cell Types Database has no recording as an NWB file");
  }
  TEST_CASE("what goes wrong on the way is said, and nothing half is kept") {
    const std::string start = "specimen 464212183 was not downloaded: ", good = http(answer({"NWBDownload"})),
                      file = published();
    CHECK(refusal(http("down for maintenance", 503)) == start + "SERVER answered with HTTP status 503");
    CHECK(refusal(good, http("gone", 404)) == start + "SERVER answered with HTTP status 404");
    CHECK(refusal(http(R"({"success": false, "id": 0, "num_rows": 0, "total_rows": 0, "msg": "Invalid query"})")) ==
          start + "the database refused the query: Invalid query");
    CHECK(refusal(http("<html>")).starts_with(start + "the database's answer is not understood: it is no JSON: "));
    CHECK(refusal(http("{}")) == start + "the database's answer is not understood: it has no 'success' and 'msg'");
    CHECK(refusal(http(std::string(100, '['))) ==
          start + "the database's answer is not understood: it is nested too deeply");
    CHECK(refusal(
              http(R"({"success": true, "msg": [{"ephys_result": {"well_known_files": [{"download_link": "file:///x",)"
                   R"( "well_known_file_type": {"name": "NWBDownload"}}]}}]})")) ==
          start + "the database's answer is not understood: it gives the download link 'file:///x'");
    CHECK(refusal(http(std::string(2 << 20, ' '))) ==
          start + "what SERVER sent could not be kept: it is too long, or the disk is full");
    CHECK(refusal(good, "HTTP/1.1 200 OK\r\nContent-Length: 20000000000\r\nConnection: close\r\n\r\n") ==
          start + "what SERVER offers is too long for a recording");
    // fewer bytes than announced
    CHECK(refusal(good, http(file).substr(0, http(file).size() - 1)) ==
          start + "the download from SERVER was cut off: transfer closed with 1 bytes remaining to read");
    // a length that was not announced
    CHECK(refusal(good, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + file.substr(0, 3000)) ==
          start + fmt::format("what SERVER{} gave is no recording: the file is cut off: it has 3000 bytes of {}",
                              download, file.size()));
    CHECK(refusal(good, http("<html>")) ==
          start + "what SERVER" + download +
              " gave is no recording: this is no HDF5 file, as those of Neurodata Without Borders are");
    CHECK(refusal(Loopback::silence, "", 0.1).starts_with(start + "SERVER sent nothing in time: "));
    CHECK(refusal(good, http(file).substr(0, 3000) + Loopback::silence, 0.1)
              .starts_with(start + "SERVER sent nothing in time: "));
  }
  TEST_CASE("a user who asks to stop is not kept waiting, and nothing half is kept") {
    asked_to_stop = true;
    for (const std::string& to_query : {http(answer({"NWBDownload"})), std::string(Loopback::silence)})
      CHECK(refusal(to_query, Loopback::silence) == "specimen 464212183 was not downloaded: the download was stopped");
    asked_to_stop = false;
  }
  TEST_CASE("a file in the cache that is damaged is refused with what to do") {
    const Cache cache;
    fs::create_directories(cache.file.parent_path());
    std::ofstream(cache.file) << "<html>";
    CHECK(said_of("allen", locate("http://127.0.0.1:9"),
                  [&] {
                    Opened("allen", cache.file, {{"specimen", 464212183.}});
                  }) ==
          "464212183.nwb: this is no HDF5 file, as those of Neurodata Without Borders are; delete the file, and it is "
          "downloaded again");
    ::unsetenv("XDG_CACHE_HOME");
    const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
    ::setenv("HOME", cache.folder.path().c_str(), 1);
    CHECK(sentence([] {
            locate("http://127.0.0.1:9");
          }).ends_with("as " + (cache.folder / ".cache/hillock/allen/464212183.nwb").string()));
    ::unsetenv("HOME");
    CHECK(sentence([] { locate("http://127.0.0.1:9"); }) ==
          "error: plugin 'allen': there is no folder to keep the file in: neither XDG_CACHE_HOME nor HOME is set");
    if (!home.empty()) ::setenv("HOME", home.c_str(), 1);
  }
}
