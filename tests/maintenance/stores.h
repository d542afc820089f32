// Stores with real (generated) firmwares, and everything they answer as one text.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "dscgen/dscgen.h"
#include "store/reader.h"
#include "store/verify.h"
#include "strata/strata.h"
#include "support/temp_dir.h"

namespace strata::test {

/// Two generated caches, the second the next version of the first. Made once a process.
class CachePair {
  public:
    static const CachePair& get() {
        static const CachePair pair;
        return pair;
    }
    std::filesystem::path before() const { return dir_ / "before"; }
    std::filesystem::path after() const { return dir_ / "after"; }

  private:
    CachePair() {
        dscgen::Spec spec;
        spec.images = 24;
        spec.symbols = 6000;
        spec.seed = 11;
        dscgen::make(spec, before().string());
        dscgen::Step step;
        step.change = 4;
        step.add = 1;
        step.remove = 1;
        step.move = 1;
        step.seed = 12;
        dscgen::next(before().string(), after().string(), step);
    }
    TempDir dir_;
};

/// Every record of the store can be read.
inline void expect_sound(const std::filesystem::path& path) {
    store::Reader reader(path);
    store::verify_store(reader, {}, [](const std::string& line) { ADD_FAILURE() << line; });
}

inline void index_pair(const std::filesystem::path& store) {
    index_source(store, {CachePair::get().before(), "before", 2, {}});
    index_source(store, {CachePair::get().after(), "after", 2, {}});
}

/// Every fact of a firmware: `show` of all its images.
inline std::string everything(const std::filesystem::path& store, const std::string& firmware) {
    std::string text;
    std::vector<std::string> paths;
    {
        store::Reader reader(store);
        const auto heads = reader.heads(reader.firmware(firmware).id);
        for (; heads->valid(); heads->next()) paths.emplace_back(heads->path());
        heads->check();
    }
    for (const auto& path : paths) show_image(store, firmware, path, [&](std::string_view piece) { text += piece; });
    return text;
}

/// The diff without its first line, which holds what differs between stores (paths, names).
inline std::string diff_lines(const std::filesystem::path& store, const std::string& before, const std::string& after) {
    std::string text;
    diff_firmwares(store, before, after, Format::kJsonLines, [&](std::string_view piece) { text += piece; });
    return text.substr(text.find('\n') + 1);
}

inline uint64_t table_bytes(const std::filesystem::path& store) {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(store))
        if (entry.path().extension() == ".sst") bytes += entry.file_size();
    return bytes;
}

}  // namespace strata::test
