// Indexes two sources into a store, then prints what changed from the first to the second:
//   changed_images STORE OLD NEW
#include <strata/strata.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: changed_images STORE OLD NEW\n");
        return 2;
    }
    try {
        const auto index = [&](const char* source) {
            strata::IndexRequest request;
            request.source = source;
            return strata::index_source(argv[1], request);
        };
        const auto before = index(argv[2]);
        const auto after = index(argv[3]);
        const auto totals =
            strata::diff_firmwares(argv[1], before.name, after.name, strata::Format::kText,
                                   [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); });
        std::fprintf(stderr, "%llu of %llu images updated\n", static_cast<unsigned long long>(totals.updated),
                     static_cast<unsigned long long>(after.images));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
