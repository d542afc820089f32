#pragma once
// A few lines of reading for the generator's tests, sharing nothing with the generator or the product's readers.

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dscgen_test {

struct TempDirectory {
    TempDirectory();
    ~TempDirectory();
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    std::string at(const std::string& name) const { return (path / name).string(); }
    std::filesystem::path path;
};

template <typename T>
T read_at(const std::string& bytes, std::uint64_t offset) {
    T value{};
    if (offset + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::string read_file(const std::string& path);
// All files of a directory whose names begin with dyld_shared_cache_, by name.
std::map<std::string, std::string> cache_files(const std::string& directory);
std::vector<std::string> lines(const std::string& path);
// Value of a key in one line of flat JSON: text without quotes, or digits; "" when absent.
std::string json_value(const std::string& line, const std::string& key);

struct TextRecord {
    std::string uuid;  // raw 16 bytes
    std::uint64_t address;
    std::uint32_t size;
};
// path -> imagesText record of a main file.
std::map<std::string, TextRecord> images_text(const std::string& main);
// The bytes at an unslid address in whichever file maps it; empty when none does.
std::string at_address(const std::map<std::string, std::string>& files, std::uint64_t address, std::uint64_t size);

}  // namespace dscgen_test
