// Compares what `strata show --json` and `strata images --json` print with the facts of a cache.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "facts.h"
#include "harness.h"

namespace strata::e2e {

using ShownImages = std::map<std::string, Json>;

/// Fails, naming what is missing and what is too much, unless both hold the same (order counts).
void expect_same_list(std::string_view what, const std::vector<std::string>& want, const std::vector<std::string>& got);

/// The same where order does not count, but how often a thing occurs does.
void expect_same_members(std::string_view what, std::vector<std::string> want, std::vector<std::string> got);

/// `show FIRMWARE IMAGE --json` of every expected image.
[[nodiscard]] ShownImages show_all(const IndexedStore& store, const std::string& firmware, const ExpectedCache& cache);

/// `images FIRMWARE --json`: all images, none failed, with uuid, version, address and aliases.
void check_image_list(const IndexedStore& store, const std::string& firmware, const ExpectedCache& cache);

/// `list --json`: the line of this firmware.
void check_firmware_line(const IndexedStore& store, const std::string& firmware, const ExpectedCache& cache);

// One aspect of one image each; `shown` is what `show` printed.
void check_identity(const Json& shown, const ExpectedImage& image, const std::string& firmware);
void check_dependencies(const Json& shown, const ExpectedImage& image);
void check_sections(const Json& shown, const ExpectedImage& image);
void check_functions(const Json& shown, const ExpectedImage& image);
void check_exports(const Json& shown, const ExpectedImage& image);
void check_strings(const Json& shown, const ExpectedImage& image);

/// What the contract promises for any image: order of the lists, each symbol once, fields that go with a kind.
void check_form(const Json& shown);

/// Names of all symbols for which `wanted` (a callable taking the symbol) is true.
template <class Predicate>
std::vector<std::string> symbol_names(const Json& symbols, Predicate wanted) {
    std::vector<std::string> names;
    for (const auto& symbol : symbols)
        if (wanted(symbol)) names.push_back(symbol.at("name"));
    return names;
}

}  // namespace strata::e2e
