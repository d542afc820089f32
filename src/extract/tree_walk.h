// Going through a directory tree: regular files only, in the order of their paths' bytes.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/error.h"

namespace strata::extract {

struct TreeVisitor {
    /// A regular file. `relative` is its path below the root.
    std::function<void(const std::string& relative)> file;
    /// A directory that cannot be listed; `relative` ends in '/', or is empty for the root.
    std::function<void(const std::string& relative, const base::Error& error)> unreadable;
};

/// Visits every regular file below `root`. Symbolic links are never followed (except `root` itself), so the walk stays
/// in the tree and ends; sockets, devices and the like are passed over. Memory: the names of the directories on the way
/// down.
void walk_tree(const std::filesystem::path& root, const TreeVisitor& visitor);

}  // namespace strata::extract
