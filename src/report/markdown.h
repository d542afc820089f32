// Diffs as Markdown: one document, or a folder in the layout of published firmware diffs (a README with lists and
// counts, one file an image).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "report/diff_report.h"

namespace strata::report {

/// How the Markdown of one image is made.
struct MarkdownBody {
    /// Safe from many threads.
    std::function<std::string(const diff::ImageDiff&)> render;
    /// Whether `render` says by itself which pairs are updated (those with a body); else it is asked for updated ones.
    bool decides = false;
};

/// strata's own body: a table of single facts, then a fenced list for each kind of fact, long ones collapsed.
MarkdownBody own_markdown_body();

/// The body as `ipsw diff` writes it (ipsw_body.h), for the pairs that it would list. The reader must outlive the
/// result.
MarkdownBody ipsw_markdown_body(store::Reader& reader);

/// The parts of a report, in its order. Readers of published firmware diffs know the first and the last.
enum class MarkdownPart : uint8_t { kMachO, kOther, kDylib };

/// Which part an image belongs to; safe from many threads.
using PartOf = std::function<MarkdownPart(const diff::ImageDiff&)>;

/// Images of caches are known by their keys. The layout says whether a file is Mach-O; one that could not be read on
/// either side is "other". The reader must outlive the result.
PartOf part_by_layout(store::Reader& reader);

/// One document. Lists are put aside in temporary files until their lengths are known: memory does not grow with them.
std::unique_ptr<DiffReport> make_markdown_report(MarkdownBody body, PartOf part_of);

/// Throws base::Error(kUsage) when the folder is there and not empty.
void check_report_folder(const std::filesystem::path& folder);

/// A folder: README.md, DYLIBS/<path of the image>.md (files: MACHOS/..., BINARIES/...), and long lists in files of
/// their own. It is written under `folder`.partial and renamed when it is whole. Throws base::Error(kUsage) when
/// `folder` is there and not empty. Memory: 8 bytes an updated image, to keep names apart on file systems that ignore
/// case.
std::unique_ptr<DiffReport> make_markdown_folder_report(const std::filesystem::path& folder, MarkdownBody body,
                                                        PartOf part_of);

/// What `ipsw diff --json` writes: {"title", "dylibs": {"new", "removed", "updated": {path: Markdown}}}; files are
/// under "machos", in a volume named "filesystem".
std::unique_ptr<DiffReport> make_ipsw_json_report(MarkdownBody body, PartOf part_of);

}  // namespace strata::report
