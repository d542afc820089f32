// A rendered image on its way to a report that sorts by status: status, path and body in one piece of text, because
// that is what DiffReport::image() gives and DiffReport::place() takes.
#pragma once

#include <string>
#include <string_view>

#include "diff/image_diff.h"

namespace strata::report {

struct PlacedImage {
    diff::Status status;
    std::string_view path;
    std::string_view body;

    static std::string pack(diff::Status status, std::string_view path, std::string_view body) {
        std::string piece(1, static_cast<char>('A' + static_cast<int>(status)));
        piece += path;
        piece += '\0';  // paths come from C strings
        return piece.append(body);
    }
    /// `piece` must outlive the result.
    static PlacedImage unpack(std::string_view piece) {
        const size_t end = piece.find('\0');
        return {static_cast<diff::Status>(piece.front() - 'A'), piece.substr(1, end - 1), piece.substr(end + 1)};
    }
};

}  // namespace strata::report
