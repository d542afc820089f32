// Reading a source without the program: hundreds of damaged ones a second.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace strata::hostile {

/// What came of it.
struct ReadOutcome {
    std::string refusal;  ///< why the source as a whole was refused; empty when it was not
    uint64_t images = 0;
    std::vector<std::string> failures;  ///< messages, an image each
    /// Of each image that could be read: digests of its records, as far as they tell of this image alone.
    std::map<std::string, std::string> facts;
    /// The same of records that also name what other images hold: callees, superclasses, what pointers lead to.
    std::map<std::string, std::string> relations;
    std::vector<std::string> warnings;
};

enum class Check : uint8_t {
    kRecords,  ///< decode every record again (fuzz/chunk_checks.h: a broken promise aborts)
    kNothing,  ///< for files that change meanwhile: nothing is promised of records until it is known that they did not
};

/// Opens a cache, a file or a tree and extracts every image. Errors other than base::Error escape.
ReadOutcome read_all(const std::filesystem::path& path, Check check = Check::kRecords);

}  // namespace strata::hostile
