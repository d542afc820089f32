#include "extract/tree_walk.h"

#include <algorithm>
#include <vector>

namespace strata::extract {
namespace fs = std::filesystem;
namespace {

/// Names of one directory: folders end in '/', so that they sort as the paths below them do.
std::vector<std::string> list(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        std::error_code ignored;
        const auto type = entry->symlink_status(ignored).type();
        if (type == fs::file_type::regular) names.push_back(entry->path().filename().string());
        if (type == fs::file_type::directory) names.push_back(entry->path().filename().string() + "/");
    }
    if (error) throw base::Error::io(directory.string(), "cannot be listed: " + error.message());
    std::sort(names.begin(), names.end());
    return names;
}

void walk(const fs::path& root, const std::string& relative, const TreeVisitor& visitor) {
    std::vector<std::string> names;
    try {
        names = list(root / relative);
    } catch (const base::Error& error) {
        visitor.unreadable(relative, error);
        return;
    }
    for (const auto& name : names) {
        if (name.ends_with('/')) {
            walk(root, relative + name, visitor);
        } else {
            visitor.file(relative + name);
        }
    }
}

}  // namespace

void walk_tree(const fs::path& root, const TreeVisitor& visitor) {
    walk(root, "", visitor);
}

}  // namespace strata::extract
