// sweep.nc: read back by the library's own reader, with labels and units.
#include <netcdf.h>
#include <sys/resource.h>

#include <array>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "results/sweep.hpp"
#include "samples.hpp"
#include "util/error.hpp"
#include "util/files.hpp"

using namespace hillock;
namespace fs = std::filesystem;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// A file open for reading; what is asked for must be there.
class Reader {
 public:
  explicit Reader(const fs::path& path) { REQUIRE(nc_open(path.c_str(), NC_NOWRITE, &file_) == NC_NOERR); }
  ~Reader() { nc_close(file_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::string text(const std::string& variable, const char* name) const {
    const int id = variable.empty() ? NC_GLOBAL : number(variable);
    std::size_t size = 0;
    if (nc_inq_attlen(file_, id, name, &size) != NC_NOERR) return "(no " + std::string(name) + ")";
    std::string out(size, '\0');
    REQUIRE(nc_get_att_text(file_, id, name, out.data()) == NC_NOERR);
    return out;
  }
  /// "recovery=3 current=2"
  std::string shape(const std::string& variable) const {
    int rank = 0;
    std::array<int, 8> ids{};
    REQUIRE(nc_inq_var(file_, number(variable), nullptr, nullptr, &rank, ids.data(), nullptr) == NC_NOERR);
    std::string out;
    for (int i = 0; i < rank; ++i) {
      std::array<char, NC_MAX_NAME + 1> name{};
      std::size_t length = 0;
      REQUIRE(nc_inq_dim(file_, ids[static_cast<std::size_t>(i)], name.data(), &length) == NC_NOERR);
      out += (out.empty() ? "" : " ") + std::string(name.data()) + '=' + std::to_string(length);
    }
    return out;
  }
  std::vector<double> numbers(const std::string& variable, std::size_t size) const {
    std::vector<double> out(size);
    REQUIRE(nc_get_var_double(file_, number(variable), out.data()) == NC_NOERR);
    return out;
  }
  std::vector<std::string> words(const std::string& variable, std::size_t size) const {
    std::vector<char*> found(size);
    REQUIRE(nc_get_var_string(file_, number(variable), found.data()) == NC_NOERR);
    std::vector<std::string> out(found.begin(), found.end());
    nc_free_string(size, found.data());
    return out;
  }
  bool fill_is_nan(const std::string& variable) const {
    double fill = 0;
    REQUIRE(nc_get_att_double(file_, number(variable), "_FillValue", &fill) == NC_NOERR);
    return std::isnan(fill);
  }
  std::vector<int> flags(const std::string& variable, std::size_t size) const {
    std::vector<int> out(size);
    REQUIRE(nc_get_att_int(file_, number(variable), "flag_values", out.data()) == NC_NOERR);
    return out;
  }

 private:
  int number(const std::string& variable) const {
    int id = 0;
    CAPTURE(variable);
    REQUIRE(nc_inq_varid(file_, variable.c_str(), &id) == NC_NOERR);
    return id;
  }
  int file_ = -1;
};

SweptAxis axis(const std::string& path, const std::string& unit, std::vector<double> numbers) {
  SweptAxis out{path, unit, "", std::move(numbers), {}};
  for (const double value : out.numbers) out.words.push_back(std::to_string(value));
  return out;
}

SweepData grid() {
  SweepData out;
  out.title = "Rate over two paths";
  out.axes = {axis("model.a", "1/ms", {0.02, 0.1, 0.5}), axis("input.I.value", "pA", {0, 10})};
  out.axes[0].label = "rate of recovery a (1/ms)";
  out.cases = 6;
  out.measures = {{"mean_rate", "Hz", "Mean firing rate", {0, 5, no_number, 7, 1, 9}},
                  {"spike_count", "1", "", {0, 1, no_number, 2, 0, 3}}};
  out.status = {"ok", "not finite at t = 3 ms"};
  out.status_of = {0, 0, 1, 0, 0, 0};
  return out;
}

}  // namespace

TEST_CASE("a grid is an array with a dimension and a coordinate for each path") {
  const test::Folder folder;
  const fs::path file = folder / "sweep.nc";
  write_netcdf(file, grid(), {{"history", "hillock run two.yaml"}});
  const Reader read(file);
  CHECK(read.shape("mean_rate") == "a=3 value=2");
  CHECK(read.shape("a") == "a=3");
  CHECK(read.numbers("a", 3) == std::vector<double>{0.02, 0.1, 0.5});
  CHECK(read.text("a", "units") == "1/ms");
  CHECK(read.text("a", "long_name") == "rate of recovery a");
  CHECK(read.text("a", "path") == "model.a");
  CHECK(read.text("value", "path") == "input.I.value");
  CHECK(read.text("mean_rate", "units") == "Hz");
  CHECK(read.text("mean_rate", "long_name") == "Mean firing rate");
  CHECK(read.text("spike_count", "units") == "1");
  CHECK(read.fill_is_nan("mean_rate"));
  const auto rate = read.numbers("mean_rate", 6);
  CHECK(std::isnan(rate[2]));
  CHECK(rate[3] == 7);
  CHECK(read.numbers("status", 6) == std::vector<double>{0, 0, 1, 0, 0, 0});
  CHECK(read.flags("status", 2) == std::vector<int>{0, 1});
  CHECK(read.text("status", "flag_meanings") == "ok not_finite_at_t___3_ms");
  CHECK(read.text("", "title") == "Rate over two paths");
  CHECK(read.text("", "Conventions") == "CF-1.8");
  CHECK(read.text("", "source") == "hillock " HILLOCK_VERSION);
  CHECK(read.text("", "history") == "hillock run two.yaml");
}

TEST_CASE("paths whose last steps are alike, or those of measures, keep their whole name") {
  const test::Folder folder;
  SweepData sweep = grid();
  sweep.axes = {axis("input.I.0.amplitude", "pA", {1, 2, 3}), axis("input.I.1.amplitude", "pA", {1, 2})};
  write_netcdf(folder / "alike.nc", sweep, {});
  CHECK(Reader(folder / "alike.nc").shape("mean_rate") == "input_I_0_amplitude=3 input_I_1_amplitude=2");
  sweep.axes = {axis("model.spike_count", "", {1, 2, 3}), axis("input.I.1", "pA", {1, 2})};
  write_netcdf(folder / "measure.nc", sweep, {});
  CHECK(Reader(folder / "measure.nc").shape("spike_count") == "model_spike_count=3 I_1=2");
}

TEST_CASE("paths that vary together are coordinates of one dimension") {
  const test::Folder folder;
  SweepData sweep = grid();
  sweep.combine = Combine::zip;
  sweep.cases = 3;
  sweep.axes = {axis("model.a", "1/ms", {0.02, 0.1, 0.5}), {"model.preset", "", "", {}, {"regular", "fast", "été"}}};
  sweep.measures = {{"mean_rate", "Hz", "", {1, 2, 3}}};
  sweep.status_of.clear();
  sweep.names = {"1", "2", "3"};
  write_netcdf(folder / "sweep.nc", sweep, {{"comment", ""}, {"references", "somewhere"}});
  const Reader read(folder / "sweep.nc");
  CHECK(read.words("case", 3) == std::vector<std::string>{"1", "2", "3"});
  CHECK(read.text("", "references") == "somewhere");
  CHECK(read.text("", "comment") == "(no comment)");
  CHECK(read.shape("mean_rate") == "case=3");
  CHECK(read.shape("a") == "case=3");
  CHECK(read.text("mean_rate", "coordinates") == "a preset");
  CHECK(read.words("preset", 3) == std::vector<std::string>{"regular", "fast", "été"});
  CHECK(read.numbers("status", 3) == std::vector<double>{0, 0, 0});
}

TEST_CASE("one at a time, a case has all its values and says which is varied") {
  const test::Folder folder;
  SweepData sweep = grid();
  sweep.combine = Combine::one_at_a_time;
  sweep.cases = 5;
  sweep.baseline = {0.02, no_number};
  sweep.measures = {{"mean_rate", "Hz", "", {1, 2, 3, 4, 5}}};
  sweep.status_of = {0, 0, 0, 0, 1};
  write_netcdf(folder / "sweep.nc", sweep, {});
  const Reader read(folder / "sweep.nc");
  CHECK(read.numbers("a", 5) == std::vector<double>{0.02, 0.1, 0.5, 0.02, 0.02});
  const auto current = read.numbers("value", 5);
  CHECK(std::isnan(current[0]));
  CHECK(current[3] == 0);
  CHECK(current[4] == 10);
  CHECK(read.numbers("varied", 5) == std::vector<double>{0, 0, 0, 1, 1});
  CHECK(read.text("varied", "flag_meanings") == "a value");
  CHECK(read.text("mean_rate", "coordinates") == "a value varied");
}

TEST_CASE("named cases are the coordinate of their dimension") {
  const test::Folder folder;
  SweepData sweep = grid();
  sweep.combine = Combine::cases;
  sweep.cases = 2;
  sweep.axes = {{"case", "", "", {}, {"tonic", "phasic"}}};
  sweep.measures = {{"mean_rate", "Hz", "", {1, 2}}};
  sweep.status_of = {0, 1};
  write_netcdf(folder / "sweep.nc", sweep, {});
  const Reader read(folder / "sweep.nc");
  CHECK(read.shape("case") == "case=2");
  CHECK(read.words("case", 2) == std::vector<std::string>{"tonic", "phasic"});
  CHECK(read.text("mean_rate", "coordinates") == "(no coordinates)");
}

TEST_CASE("the same sweep gives the same bytes") {
  const test::Folder folder;
  write_netcdf(folder / "a.nc", grid(), {{"history", "hillock run"}});
  write_netcdf(folder / "b.nc", grid(), {{"history", "hillock run"}});
  CHECK(read_text(folder / "a.nc") == read_text(folder / "b.nc"));
}

TEST_CASE("a file that cannot be written is refused with a sentence and leaves nothing") {
  const test::Folder folder;
  const auto refused = [](const fs::path& file) {
    return samples::refusal([&] { write_netcdf(file, grid(), {}); }, Exit::run_failed);
  };
  const fs::path nowhere = folder / "nowhere" / "sweep.nc";
  CHECK(refused(nowhere) == "cannot write '" + nowhere.string() + "': No such file or directory");

  // a disk that is full after some bytes: what the system says depends on why it is full
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 2000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const fs::path full = folder / "sweep.nc";
  const std::string message = refused(full);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(message == "cannot write '" + full.string() + "': File too large");
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a program without its module says what is missing") {
  // this program itself, where there is nothing beside it
  const test::Folder scratch;
  fs::create_directory(scratch / "bin");
  const fs::path program = scratch / "bin" / "tests", said = scratch / "said";
  fs::copy_file(fs::read_symlink("/proc/self/exe"), program);
  const std::string command =
      program.string() + " '-tc=the same sweep gives the same bytes' > " + said.string() + " 2>&1";
  CHECK(std::system(command.c_str()) != 0);
  const fs::path module = scratch / "lib/hillock/modules/netcdf.so";
  CHECK(read_text(said).find("cannot load what writes NetCDF files: " + module.string() +
                             ": cannot open shared object file: No such file or directory - build hillock again, or "
                             "install the library: apt-get install libnetcdf19") != std::string::npos);
}
