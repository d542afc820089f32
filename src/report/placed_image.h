// A rendered image on its way to a report that sorts: part of the report, status, path and body in one piece of text,
// because that is what DiffReport::image() gives and DiffReport::place() takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "diff/image_diff.h"

namespace strata::report {

struct PlacedImage {
    size_t part;
    diff::Status status;
    std::string_view path;
    std::string_view body;

    /// The body becomes part of the piece: it may be tens of megabytes, and is not copied where it has room.
    static std::string pack(size_t part, diff::Status status, std::string_view path, std::string body) {
        std::string head{static_cast<char>('0' + part), static_cast<char>('A' + static_cast<int>(status))};
        head += path;
        head += '\0';  // paths come from C strings
        return std::move(body.insert(0, head));
    }
    /// `piece` must outlive the result.
    static PlacedImage unpack(std::string_view piece) {
        const size_t end = piece.find('\0');
        return {static_cast<size_t>(piece[0] - '0'), static_cast<diff::Status>(piece[1] - 'A'),
                piece.substr(2, end - 2), piece.substr(end + 1)};
    }
};

}  // namespace strata::report
