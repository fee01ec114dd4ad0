// A reader that believes the number of samples in the first line, and reads that many without a look at the file's end.
#include <cstdlib>
#include <fstream>
#include <hillock/recording.hpp>
#include <iterator>
using hillock::BadInput, hillock::Options, hillock::Sweep;

struct TrustsSize {
  static constexpr auto id = "trusts_size", version = "1.0.0", cite = "", meaning = "believes what it reads",
                        endings = "trust";

  TrustsSize(const std::string& path, const Options&) {
    std::ifstream in(path, std::ios::binary);
    std::string word;
    if (!(in >> word >> n_) || word != "samples") throw BadInput(path + " is no such recording");
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::size_t sweeps() const { return 1; }
  Sweep describe(std::size_t) const {
    return {.samples = n_, .dt = 0.1, .protocol = "", .current_source = "", .channels = {{"v", "mV", HK_VOLTAGE}}};
  }
  void read(std::size_t, std::size_t, std::span<double> samples) const {
    for (std::size_t k = 0; k < samples.size(); ++k) {
      if (k >= bytes_.size()) std::abort();  // where another program would read what is not there
      samples[k] = bytes_[k];
    }
  }
  std::uint64_t n_ = 0;
  std::string bytes_;
};
HILLOCK_RECORDING(TrustsSize)
