// Synthetic shared caches for tests, with what is in them.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dscgen/dscgen.h"
#include "support/temp_dir.h"

namespace strata::test {

using Json = nlohmann::json;

/// What a reader must find in one image (dscgen's truth.jsonl and images.jsonl), by path.
using Truth = std::map<std::string, Json>;

inline Truth read_truth(const std::filesystem::path& file) {
    Truth truth;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        Json row = Json::parse(line);
        truth.emplace(row.at("path").get<std::string>(), row);
    }
    return truth;
}

/// A generated cache in a folder of its own.
struct MadeCache {
    explicit MadeCache(const dscgen::Spec& spec) {
        main = dscgen::make(spec, (dir / "cache").string()).main_file;
        truth = read_truth(dir / "cache/truth.jsonl");
    }
    std::filesystem::path folder() const { return dir / "cache"; }
    /// One of its files, by suffix.
    std::filesystem::path file(const std::string& suffix) const { return main.string() + suffix; }

    TempDir dir;
    std::filesystem::path main;
    Truth truth;
};

inline dscgen::Spec spec_of(uint32_t era, dscgen::Arch arch, dscgen::Layout layout = dscgen::Layout::automatic,
                            uint32_t images = 6) {
    dscgen::Spec spec;
    spec.images = images;
    spec.symbols = images * 60;
    spec.era = era;
    spec.arch = arch;
    spec.layout = layout;
    return spec;
}

/// Every combination of era and architecture that there is; layouts are told apart inside the tests.
struct EraAndArch {
    uint32_t era;
    dscgen::Arch arch;
};

inline std::vector<EraAndArch> all_eras() {
    using dscgen::Arch;
    std::vector<EraAndArch> all;
    for (const uint32_t era : {0x70U, 0x98U, 0xf8U, 0x138U, 0x140U, 0x1c8U, 0x200U, 0x208U, 0x228U, 0x238U})
        for (const auto arch :
             {Arch::arm64, Arch::arm64e, Arch::arm64_32, Arch::armv7, Arch::armv7k, Arch::x86_64, Arch::x86_64h})
            if (arch != Arch::arm64e || era >= 0x138) all.push_back({era, arch});
    return all;
}

inline std::vector<dscgen::Layout> layouts_of(uint32_t era) {
    using dscgen::Layout;
    return era < 0x1c8 ? std::vector{Layout::single} : std::vector{Layout::single, Layout::split, Layout::many};
}

/// For INSTANTIATE_TEST_SUITE_P.
template <typename Info>
std::string era_name(const Info& info) {
    char era[16];
    std::snprintf(era, sizeof era, "era%x_", info.param.era);
    return era + dscgen::arch_name(info.param.arch);
}

}  // namespace strata::test
