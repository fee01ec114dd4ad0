// Files written whole or not at all, and SHA-256 against the examples of its standard.
#include "util/files.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>

#include "folder.hpp"
#include "util/error.hpp"

using namespace hillock;
using hillock::test::Folder;
namespace fs = std::filesystem;

namespace {

template <class F> Error caught(F f) {
  try {
    f();
  } catch (const Error& error) { return error; }
  FAIL("nothing was refused");
  return Error("");
}

/// VariationalModel files cannot be written while this stands: as good as a full disk, and needs none.
struct FileLimit {
  rlimit before{};
  void (*handler)(int);
  explicit FileLimit(rlim_t bytes) : handler(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit now{bytes, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
};

}  // namespace

TEST_SUITE("files") {
  TEST_CASE("a written file reads back byte by byte and replaces the old one") {
    const Folder folder;
    const fs::path file = folder / "x.csv";
    std::string bytes("a\r\nb\0c", 6);
    bytes += std::string(200'000, '\xff');
    write_whole(file, bytes);
    CHECK(read_text(file) == bytes);
    write_whole(file, "short");
    CHECK(read_text(file) == "short");
    write_whole(file, "");
    CHECK(read_text(file).empty());
    CHECK(folder.files().size() == 1);
  }
  TEST_CASE("a new file is as readable as the user's others") {
    const Folder folder;
    const mode_t mask = ::umask(022);
    write_whole(folder / "x", "1");
    ::umask(mask);
    CHECK((fs::status(folder / "x").permissions() & fs::perms::mask) == fs::perms(0644));
  }
  TEST_CASE("a file that cannot be written whole leaves the old one and nothing else") {
    const Folder folder;
    const fs::path file = folder / "x.csv";
    write_whole(file, "old");
    const Error error = caught([&] {
      const FileLimit limit(1000);
      write_whole(file, std::string(5000, 'n'));
    });
    CHECK(error.what() == "error: cannot write '" + file.string() + "': File too large");
    CHECK(error.status() == Exit::run_failed);
    CHECK(read_text(file) == "old");
    CHECK(folder.files().size() == 1);
  }
  TEST_CASE("a file in a folder that is not there cannot be written") {
    const Folder folder;
    const fs::path file = folder / "no" / "x";
    CHECK(caught([&] { write_whole(file, "1"); }).what() ==
          "error: cannot write '" + file.string() + "': No such file or directory");
  }
  TEST_CASE("a folder is not overwritten by a file") {
    const Folder folder;
    fs::create_directories(folder / "x" / "y");
    CHECK(caught([&] { write_whole(folder / "x", "1"); }).what() ==
          "error: cannot write '" + (folder / "x").string() + "': Is a directory");
    CHECK(folder.files().empty());
  }
  TEST_CASE("a name as long as names may be can be written") {
    const Folder folder;
    const fs::path file = folder / std::string(255, 'x');
    write_whole(file, "1");
    CHECK(read_text(file) == "1");
  }
  TEST_CASE("a file without a folder in its name goes to the current one") {
    const Folder folder;
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    write_whole("x", "here");
    fs::current_path(before);
    CHECK(read_text(folder / "x") == "here");
  }
  TEST_CASE("what cannot be read is named with the reason") {
    const Folder folder;
    const fs::path missing = folder / "no.csv";
    CHECK(caught([&] { (void)read_text(missing); }).what() ==
          "error: cannot read '" + missing.string() + "': No such file or directory");
    CHECK(caught([&] { (void)read_text(missing); }).status() == Exit::bad_input);
    CHECK(caught([&] { (void)read_text(folder.path()); }).what() ==
          "error: cannot read '" + folder.path().string() + "': Is a directory");
    CHECK(caught([&] { (void)sha256_file(missing); }).what() ==
          "error: cannot hash '" + missing.string() + "': No such file or directory");
  }
  TEST_CASE("a folder is flushed to its disk, and one that is not there is named") {
    const Folder folder;
    write_whole(folder / "x", "here");
    flush_folder(folder.path());
    const fs::path missing = folder / "no";
    CHECK(caught([&] { flush_folder(missing); }).what() ==
          "error: cannot flush '" + missing.string() + "': No such file or directory");
    CHECK(caught([&] { flush_folder(missing); }).status() == Exit::run_failed);
    CHECK(flush_failed(EIO));
    CHECK(flush_failed(EROFS));    // what a file system says that was mounted read-only after an error
    CHECK(!flush_failed(EINVAL));  // what file systems say that know no such call
  }
}

TEST_SUITE("sha256") {
  TEST_CASE("the hashes of the standard's examples are those of the standard") {
    // FIPS 180-4, examples of NIST: one block, two blocks, the empty text, a million times 'a'
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex(
              "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnop"
              "qrstnopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
  TEST_CASE("a text that ends at the edge of a block has the right hash") {
    // made with coreutils' sha256sum: the padding takes a block of its own from 56 bytes on
    CHECK(sha256_hex(std::string(55, 'a')) == "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    CHECK(sha256_hex(std::string(56, 'a')) == "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    CHECK(sha256_hex(std::string(63, 'a')) == "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34");
    CHECK(sha256_hex(std::string(64, 'a')) == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
    CHECK(sha256_hex(std::string(65, 'a')) == "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0");
  }
  TEST_CASE("a file has the hash of its bytes") {
    const Folder folder;
    const std::string bytes(300'000, '\x80');
    write_whole(folder / "x", bytes);
    CHECK(sha256_file(folder / "x") == sha256_hex(bytes));
  }
}
