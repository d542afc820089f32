#include "cache_files.h"

#include <fstream>
#include <random>

namespace dscgen_test {

namespace fs = std::filesystem;

TempDirectory::TempDirectory() {
    std::random_device random;
    path = fs::temp_directory_path() / ("dscgen_test_" + std::to_string(random()) + std::to_string(random()));
    fs::create_directories(path);
}

TempDirectory::~TempDirectory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return {};
    std::string bytes(fs::file_size(path), '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

std::map<std::string, std::string> cache_files(const std::string& directory) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(directory)) {
        const std::string name = entry.path().filename().string();
        if (name.rfind("dyld_shared_cache_", 0) == 0) out[name] = read_file(entry.path().string());
    }
    return out;
}

std::vector<std::string> lines(const std::string& path) {
    std::ifstream in(path);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

std::string json_value(const std::string& line, const std::string& key) {
    const std::string mark = "\"" + key + "\":";
    std::size_t at = line.find(mark);
    if (at == std::string::npos) return {};
    at += mark.size();
    if (line[at] == '"') return line.substr(at + 1, line.find('"', at + 1) - at - 1);
    return line.substr(at, line.find_first_of(",}", at) - at);
}

std::map<std::string, TextRecord> images_text(const std::string& main) {
    std::map<std::string, TextRecord> out;
    const auto offset = read_at<std::uint64_t>(main, 0x88);
    const auto count = read_at<std::uint64_t>(main, 0x90);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = offset + i * 0x20;
        const std::string path = main.c_str() + read_at<std::uint32_t>(main, at + 28);
        out[path] = {main.substr(at, 16), read_at<std::uint64_t>(main, at + 16), read_at<std::uint32_t>(main, at + 24)};
    }
    return out;
}

std::string at_address(const std::map<std::string, std::string>& files, std::uint64_t address, std::uint64_t size) {
    for (const auto& [name, bytes] : files) {
        const auto table = read_at<std::uint32_t>(bytes, 0x10);
        for (std::uint32_t i = 0; i < read_at<std::uint32_t>(bytes, 0x14); ++i) {
            const auto start = read_at<std::uint64_t>(bytes, table + i * 0x20);
            const auto length = read_at<std::uint64_t>(bytes, table + i * 0x20 + 8);
            if (address >= start && address - start + size <= length)
                return bytes.substr(read_at<std::uint64_t>(bytes, table + i * 0x20 + 16) + (address - start), size);
        }
    }
    return {};
}

}  // namespace dscgen_test
