#pragma once
// Files read and written whole, and the hashes that provenance records of them.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hillock {

/// All bytes of a file. Throws (bad input) "cannot read 'x': No such file or directory" and the like.
std::string read_text(const std::filesystem::path& path);

/// Writes a file that is either the old one or the new one, never a part: the bytes go to a temporary name in the same
/// folder, which is then renamed. The folder must exist. A link is replaced, not followed. Throws (run failed)
/// "cannot write 'x': No space left on device" and the like, and leaves no temporary file behind.
/// After a power cut the file may be the old one, unless `flush_folder` came after.
void write_whole(const std::filesystem::path& path, std::string_view bytes);
/// The same for bytes that come in pieces: `fill` hands them to the function it is given.
void write_whole(const std::filesystem::path& path,
                 const std::function<void(const std::function<void(std::string_view)>&)>& fill);

/// Returns when everything written in the file system of a folder is on its disk, so that no power cut takes it. Throws
/// (run failed) "cannot flush 'x': Input/output error" and the like. File systems that cannot do that do nothing.
void flush_folder(const std::filesystem::path& folder);
/// Whether a failed call says that something was lost, and not that the file system knows no such call.
bool flush_failed(int reason);

/// Removes what a process that was killed had begun to write, in a folder and those below.
void remove_parts(const std::filesystem::path& folder);

/// Refuses, before the work, a place that `write_whole` should not write to. Throws (bad input) for a folder that is
/// not there, for what is there and no regular file (folders, links, devices) and for one of `inputs`, by whatever
/// name.
void refuse_target(const std::filesystem::path& path, const std::vector<std::filesystem::path>& inputs);

/// The checksum of PNG and gzip: CRC-32 of ISO 3309.
std::uint32_t crc32(std::string_view bytes);

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// The same of a file's bytes, read in pieces. Throws like `read_text`, but "cannot hash 'x': ...".
std::string sha256_file(const std::filesystem::path& path);

}  // namespace hillock
