// ELF as the System V ABI, chapters 4 and 5, and <elf.h> describe it.
#include "host/symbols.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <stdexcept>

namespace hillock {
namespace {

constexpr unsigned char native_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char native_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
constexpr const char* cut_short = "is a damaged shared library, perhaps cut short";

/// A file of which any stretch can be read; a stretch beyond its end is refused.
class File {
 public:
  explicit File(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat about {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &about) != 0) fail(errno);
    if (!S_ISREG(about.st_mode)) fail(S_ISDIR(about.st_mode) ? EISDIR : EINVAL);
    size_ = static_cast<std::uint64_t>(about.st_size);
  }
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;

  std::uint64_t size() const { return size_; }
  bool holds(std::uint64_t offset, std::uint64_t bytes) const { return offset <= size_ && bytes <= size_ - offset; }

  template <class T> std::vector<T> read(std::uint64_t offset, std::uint64_t count) const {
    if (count > size_ / sizeof(T) || !holds(offset, count * sizeof(T))) throw std::runtime_error(cut_short);
    std::vector<T> out(count);
    const std::size_t bytes = count * sizeof(T);
    for (std::size_t done = 0; done < bytes;) {
      const ssize_t n = ::pread(descriptor_, reinterpret_cast<char*>(out.data()) + done, bytes - done,
                                static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(errno);
      if (n == 0) throw std::runtime_error(cut_short);
      done += static_cast<std::size_t>(n);
    }
    return out;
  }

 private:
  [[noreturn]] void fail(int error) const {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw std::runtime_error(std::string("cannot be read: ") + std::strerror(error));
  }
  int descriptor_;
  std::uint64_t size_ = 0;
};

/// Names of the exported symbols with one of these bindings.
std::vector<std::string> symbols_of(const std::filesystem::path& path, std::initializer_list<int> bindings) {
  const File file(path);
  if (file.size() < SELFMAG || std::memcmp(file.read<char>(0, SELFMAG).data(), ELFMAG, SELFMAG) != 0)
    throw std::runtime_error("is no shared library");
  const auto header = file.read<ElfW(Ehdr)>(0, 1)[0];
  if (header.e_ident[EI_CLASS] != native_class || header.e_ident[EI_DATA] != native_order)
    throw std::runtime_error("is a library for another kind of machine");
  if (header.e_type != ET_DYN) throw std::runtime_error("is no shared library");
  if (header.e_phentsize != sizeof(ElfW(Phdr)) || (header.e_shnum > 0 && header.e_shentsize != sizeof(ElfW(Shdr))))
    throw std::runtime_error(cut_short);
  // What the loader maps must be there: it would map a hole, and the first touch of it would end the process.
  for (const auto& segment : file.read<ElfW(Phdr)>(header.e_phoff, header.e_phnum))
    if (segment.p_type == PT_LOAD && !file.holds(segment.p_offset, segment.p_filesz))
      throw std::runtime_error(cut_short);

  std::vector<std::string> names;
  const auto sections = file.read<ElfW(Shdr)>(header.e_shoff, header.e_shnum);
  for (const auto& section : sections) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) continue;
    const auto& strings = sections[section.sh_link];
    const auto text = file.read<char>(strings.sh_offset, strings.sh_size);
    for (const auto& symbol : file.read<ElfW(Sym)>(section.sh_offset, section.sh_size / sizeof(ElfW(Sym)))) {
      const auto binding = symbol.st_info >> 4, visibility = symbol.st_other & 3;
      if (symbol.st_shndx == SHN_UNDEF || std::find(bindings.begin(), bindings.end(), binding) == bindings.end())
        continue;
      if (visibility != STV_DEFAULT && visibility != STV_PROTECTED) continue;
      if (symbol.st_name >= text.size()) throw std::runtime_error(cut_short);
      const char* name = text.data() + symbol.st_name;
      names.emplace_back(name, ::strnlen(name, text.size() - symbol.st_name));
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> exported_symbols(const std::filesystem::path& path) {
  return symbols_of(path, {STB_GLOBAL, STB_WEAK});
}

std::vector<std::string> unique_symbols(const std::filesystem::path& path) {
  return symbols_of(path, {STB_GNU_UNIQUE});
}

}  // namespace hillock
