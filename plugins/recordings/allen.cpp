// Cells of the Allen Cell Types Database by the number of their specimen: the file that the Allen Institute publishes
// of a cell is downloaded once, checked, and kept as $XDG_CACHE_HOME/hillock/allen/<specimen>.nwb (~/.cache if that is
// not set), where it may be placed by hand as well. Interface: a query by RESTful Model Access for the specimen's
// well-known file of the type NWBDownload, then that file
// (https://brain-map.org/support/documentation/restful-model-access-rma,
// https://community.brain-map.org/t/downloading-a-wellknownfile/2881).
#include <fcntl.h>
#include <sys/file.h>
#include <sys/types.h>

#define BOOST_BIND_GLOBAL_PLACEHOLDERS  // Boost 1.74 warns of its own use of them
#include <boost/property_tree/json_parser.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>

#include "../web.hpp"
#include "nwb.hpp"

using hillock::BadInput, hillock::Host, hillock::Options;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_answer = 1 << 20;  // bytes; a specimen has some 3 kB
constexpr long slowest = 1000;                   // bytes a second, of a download that has not stopped
constexpr curl_off_t largest_file = 1LL << 34;   // bytes; recordings of the database have less than one gigabyte
constexpr int deepest_answer = 64;               // nested lists and objects

/// Why there is no file; what to do is said by who catches it.
struct NotFetched : std::runtime_error {
  using std::runtime_error::runtime_error;
};

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value ? value : "");
  };
  // a relative XDG_CACHE_HOME is no value (XDG Base Directory Specification)
  if (const fs::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "hillock/allen";
  if (const fs::path home = variable("HOME"); home.is_absolute()) return home / ".cache/hillock/allen";
  throw BadInput("there is no folder to keep the file in: neither XDG_CACHE_HOME nor HOME is set");
}

/// A file beside its final place; gone unless it is kept.
class Unfinished {
 public:
  explicit Unfinished(const fs::path& path) : name_(path.string() + ".XXXXXX"), file_(::mkstemp(name_.data())) {
    if (file_ < 0)
      throw NotFetched("nothing can be written to " + path.parent_path().string() + ": " + std::strerror(errno));
    ::flock(file_, LOCK_EX | LOCK_NB);  // as long as it is locked, no other process removes it
  }
  Unfinished(const Unfinished&) = delete;
  ~Unfinished() {
    if (file_ >= 0) ::close(file_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  const std::string& name() const { return name_; }
  bool write(const char* from, std::size_t n) {
    while (n > 0) {
      const ssize_t done = ::write(file_, from, n);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      from += done, n -= static_cast<std::size_t>(done);
    }
    return true;
  }
  void close() {
    if (file_ >= 0 && ::close(std::exchange(file_, -1)) != 0)
      throw NotFetched(name_ + " cannot be written: " + std::strerror(errno));
  }
  void keep_as(const fs::path& path) {
    ::chmod(name_.c_str(), 0644);
    if (std::rename(name_.c_str(), path.c_str()) != 0)
      throw NotFetched(path.string() + " cannot be written: " + std::strerror(errno));
    name_.clear();
  }

 private:
  std::string name_;
  int file_;
};

/// Removes what killed downloads of a file have left: what no process has locked.
void remove_unfinished(const fs::path& path) {
  const std::string begin = path.filename().string() + ".";
  std::error_code error;
  std::vector<fs::path> left;
  for (fs::directory_iterator entry(path.parent_path(), error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(begin) && name.size() == begin.size() + 6) left.push_back(entry->path());
  }
  for (const fs::path& file : left) {
    const int number = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (number < 0) continue;
    if (::flock(number, LOCK_EX | LOCK_NB) == 0) ::unlink(file.c_str());
    ::close(number);
  }
}

/// How a server is waited for.
struct Patience {
  double s;          ///< how long nothing may come
  const Host& host;  ///< tells whether the user asked to stop
};

/// Gets what an address leads to; `brief`: all of it within the patience. Throws NotFetched.
template <class Take> void get(const std::string& address, const Patience& patience, bool brief, Take take) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, void (*)(CURL*)> transfer(curl_easy_init(), curl_easy_cleanup);
  CURL* const t = transfer.get();
  if (ready != CURLE_OK || !t) throw NotFetched("libcurl cannot be set up");
  std::array<char, CURL_ERROR_SIZE> why{};
  const bool secure = address.starts_with("https:");  // and stays so wherever it is led to
  const auto patience_ms = static_cast<long>(std::ceil(1000 * patience.s));
  curl_write_callback writer = [](char* from, std::size_t, std::size_t n, void* to) -> std::size_t {
    try {
      return (*static_cast<Take*>(to))(from, n) ? n : 0;
    } catch (...) { return 0; }
  };
  hillock::web::prepare(t, address.c_str(), why.data());
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(t, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
#else
  curl_easy_setopt(t, CURLOPT_REDIR_PROTOCOLS, secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  curl_easy_setopt(t, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(t, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(t, CURLOPT_FAILONERROR, 1L);  // else the page of an error would be taken for the file
  curl_easy_setopt(t, CURLOPT_CONNECTTIMEOUT_MS, patience_ms);
  if (brief) {
    curl_easy_setopt(t, CURLOPT_TIMEOUT_MS, patience_ms);
  } else {
    curl_easy_setopt(t, CURLOPT_LOW_SPEED_LIMIT, slowest);
    curl_easy_setopt(t, CURLOPT_MAXFILESIZE_LARGE, largest_file);
    curl_easy_setopt(t, CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::ceil(patience.s)));
  }
  curl_easy_setopt(t, CURLOPT_WRITEFUNCTION, writer);
  curl_easy_setopt(t, CURLOPT_WRITEDATA, &take);
  // asked at each piece, and some times a second while nothing comes
  curl_xferinfo_callback watch = [](void* host, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const Host*>(host)->stopped() ? 1 : 0;
  };
  curl_easy_setopt(t, CURLOPT_XFERINFOFUNCTION, watch);
  curl_easy_setopt(t, CURLOPT_XFERINFODATA, &patience.host);
  curl_easy_setopt(t, CURLOPT_NOPROGRESS, 0L);

  const CURLcode status = curl_easy_perform(t);
  if (status == CURLE_OK) return;
  const std::string server = address.substr(0, address.find('/', address.find("//") + 2));
  const std::string details = hillock::web::details(status, why.data());
  switch (status) {
    case CURLE_HTTP_RETURNED_ERROR: {
      long code = 0;
      curl_easy_getinfo(t, CURLINFO_RESPONSE_CODE, &code);
      throw NotFetched(server + " answered with HTTP status " + std::to_string(code));
    }
    case CURLE_OPERATION_TIMEDOUT: throw NotFetched(server + " sent nothing in time: " + details);
    case CURLE_PARTIAL_FILE: throw NotFetched("the download from " + server + " was cut off: " + details);
    case CURLE_ABORTED_BY_CALLBACK: throw NotFetched("the download was stopped");
    case CURLE_FILESIZE_EXCEEDED: throw NotFetched("what " + server + " offers is too long for a recording");
    case CURLE_WRITE_ERROR:
      throw NotFetched("what " + server + " sent could not be kept: it is too long, or the disk is full");
    case CURLE_UNSUPPORTED_PROTOCOL: {
      long led = 0;
      curl_easy_getinfo(t, CURLINFO_REDIRECT_COUNT, &led);
      if (secure && led > 0) throw NotFetched(server + " leads to an address without https, which is not followed");
      [[fallthrough]];
    }
    default: throw NotFetched(server + " cannot be reached: " + details);
  }
}

/// Where the file of a specimen is, as the database answers: a path on its server.
std::string link_in(const std::string& answer, const std::string& specimen) {
  const auto strange = [](const std::string& what) {
    return NotFetched("the database's answer is not understood: " + what);
  };
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const char c = answer[i];
    if (c == '"') in_text = !in_text;
    if (in_text && c == '\\') ++i;  // what follows is of the text, a quote too
    if (in_text) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > deepest_answer) throw strange("it is nested too deeply");
  }
  boost::property_tree::ptree tree;
  try {
    std::istringstream text(answer);
    boost::property_tree::read_json(text, tree);
  } catch (const boost::property_tree::json_parser_error& e) { throw strange("it is no JSON: " + e.message()); }
  const auto success = tree.get_optional<std::string>("success");
  const auto message = tree.get_child_optional("msg");
  if (!success || !message) throw strange("it has no 'success' and 'msg'");
  if (*success != "true") throw NotFetched("the database refused the query: " + message->data());
  if (message->empty()) throw BadInput("the Allen Cell Types Database has no specimen " + specimen);
  if (const auto files = message->front().second.get_child_optional("ephys_result.well_known_files"))
    for (const auto& [key, file] : *files)
      if (file.get<std::string>("well_known_file_type.name", "") == "NWBDownload") {
        const auto link = file.get<std::string>("download_link", "");
        if (!link.starts_with('/')) throw strange("it gives the download link '" + link + "'");
        return link;
      }
  throw BadInput("the specimen " + specimen + " of the Allen Cell Types Database has no recording as an NWB file");
}

void fetch(const std::string& server, const std::string& specimen, const Patience& patience, const fs::path& to) {
  std::string answer;
  get(server + "/api/v2/data/query.json?criteria=model::Specimen,rma::criteria,%5Bid$eq" + specimen +
          "%5D,rma::include,ephys_result(well_known_files(well_known_file_type%5Bname$eqNWBDownload%5D))",
      patience, true, [&](const char* from, std::size_t n) {
        answer.append(from, n);
        return answer.size() <= largest_answer;
      });
  const std::string link = link_in(answer, specimen);

  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  remove_unfinished(to);
  Unfinished file(to);
  curl_off_t size = 0;  // which the server need not have announced
  get(server + link, patience, false, [&](const char* from, std::size_t n) {
    size += static_cast<curl_off_t>(n);
    return size <= largest_file && file.write(from, n);
  });
  file.close();
  try {
    const hillock::nwb::File whole(file.name());
  } catch (const BadInput& e) {
    // its name is gone in a moment
    std::string why = e.what();
    if (why.starts_with(file.name() + ": ")) why.erase(0, file.name().size() + 2);
    throw NotFetched("what " + server + link + " gave is no recording: " + why);
  }
  file.keep_as(to);
}

}  // namespace

struct Allen : hillock::nwb::File {
  static constexpr auto id = "allen", version = "1.0.0", cite = "",
                        meaning = "cells of the Allen Cell Types Database, downloaded once", endings = "";
  static constexpr hk_option options[] = {
      {"specimen", HK_INTEGER, 1, "1", 0, 1, 9007199254740991., nullptr, nullptr, "number of the cell in the database"},
      hillock::text("server", "https://api.brain-map.org", "address of the database, or of a mirror"),
      hillock::number("patience", "s", 60, 0.001, 3600, "how long nothing may come from the server")};

  static std::string locate(const Options& chosen, const Host& host) {
    const std::string specimen = std::to_string(static_cast<std::int64_t>(chosen.number("specimen")));
    const fs::path path = cache_folder() / (specimen + ".nwb");
    std::error_code error;
    if (fs::exists(path, error)) return path.string();
    std::string server = chosen.text("server");
    while (server.ends_with('/')) server.pop_back();
    const std::string instead = "; the cell's NWB file may also be placed by hand, as " + path.string();
    try {
      fetch(server, specimen, {chosen.number("patience"), host}, path);
    } catch (const NotFetched& e) {
      throw std::runtime_error("specimen " + specimen + " was not downloaded: " + e.what() + instead);
    } catch (const BadInput& e) { throw BadInput(e.what() + instead); }
    return path.string();
  }

  Allen(const std::string& path, const Options&) try : File(path) {
  } catch (const BadInput& e) {
    throw BadInput(e.what() + std::string("; delete the file, and it is downloaded again"));
  }
};
HILLOCK_RECORDING(Allen)
