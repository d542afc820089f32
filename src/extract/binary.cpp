#include "extract/binary.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "extract/bound_symbols.h"
#include "extract/file_pointers.h"
#include "extract/foreign_facts.h"
#include "extract/image_facts.h"
#include "macho/archive.h"
#include "macho/fat.h"
#include "macho/names.h"
#include "macho/segment_space.h"

namespace strata::extract {
namespace {

using base::ByteView;
using base::Error;

/// Archives may hold fat files; nothing real goes deeper.
constexpr unsigned kMaxDepth = 4;
/// The largest real archives have some ten thousand members. Each costs memory for as long as the source is open.
constexpr size_t kMaxImages = 1U << 17;
/// Tables of one image may overlap a little (string pools are shared by symbol tables in odd files), not many times.
constexpr uint64_t kWorkPerByte = 2;
constexpr uint64_t kWorkSlack = 1U << 16;

class Lister {
  public:
    Lister(ByteView file, const std::function<void(const ImageSummary&)>& see,
           const std::function<void(uint64_t)>& touched)
        : file_(file), see_(see), touched_(touched) {}

    std::vector<FoundImage> run() {
        try {
            list(file_, "", "", 0);
        } catch (const Error& error) {
            fail(file_, "", error);
        }
        return std::move(images_);
    }

  private:
    /// `member` and `arch` make up the key: "(member.o)" and "@arm64".
    void list(ByteView bytes, const std::string& member, const std::string& arch, unsigned depth) {
        if (full_) return;
        const FileKind kind = sniff(bytes);
        touched_(kSniffBytes);
        if (depth == kMaxDepth)
            throw bytes.error(0, "archives and fat files inside each other", "at most three levels");
        if (kind == FileKind::kFat) return list_slices(bytes, member, arch, depth);
        if (kind == FileKind::kArchive) return list_members(bytes, member, arch, depth);
        // Archives hold texts and bitcode, too; a slice that is nothing known is an error.
        if (!is_binary(kind) || kind == FileKind::kCache) {
            if (member.empty())
                throw bytes.error(0, "is no binary of a known kind", "a Mach-O, ELF, PE or archive magic");
            return;
        }
        add(bytes, kind, member + arch);
    }

    void list_slices(ByteView bytes, const std::string& member, const std::string& arch, unsigned depth) {
        const auto slices = macho::read_fat(bytes);
        if (slices.empty()) throw bytes.error(4, "fat header without slices", "at least one");
        for (const auto& slice : slices) {
            const std::string name =
                slices.size() == 1 ? arch : "@" + macho::arch_name(slice.cpu_type, slice.cpu_subtype);
            try {
                list(slice_bytes(bytes, slice), member, name, depth + 1);
            } catch (const Error& error) {
                fail(bytes, member + name, error);
            }
        }
    }

    void list_members(ByteView bytes, const std::string& outer, const std::string& arch, unsigned depth) {
        try {
            macho::walk_archive(bytes, [&](std::string_view name, ByteView content) {
                touched_(kSniffBytes);
                const std::string member = outer + "(" + std::string(name) + ")";
                try {
                    list(content, member, arch, depth + 1);
                } catch (const Error& error) {
                    fail(content, member + arch, error);
                }
            });
        } catch (const Error& error) {
            fail(bytes, outer + arch, error);  // members before the damage stay
        }
    }

    void add(ByteView bytes, FileKind kind, const std::string& suffix) {
        images_.push_back({unique(suffix), kind, bytes.file_offset() - file_.file_offset(), bytes.size(), {}});
        summarise(bytes, kind);
        check_full();
    }

    void fail(ByteView bytes, const std::string& suffix, const Error& error) {
        if (full_) return;
        images_.push_back({unique(suffix), FileKind::kOther, bytes.file_offset() - file_.file_offset(), 0,
                           std::make_shared<const Error>(error)});
        check_full();
    }

    /// The last image says that there are more.
    void check_full() {
        if (full_ || images_.size() < kMaxImages) return;
        full_ = true;
        const Error error = file_.error(0, "more than " + std::to_string(kMaxImages) + " images in one file", "fewer");
        images_.push_back({unique(""), FileKind::kOther, 0, 0, std::make_shared<const Error>(error)});
    }

    /// Archives may hold several members of one name, fat files two slices of one architecture: the second is "#2".
    std::string unique(const std::string& suffix) {
        std::string key = suffix;
        // Counting goes on where it stopped: a million members of one name must not cost a million squared.
        for (uint64_t& count = used_[suffix]; count != 0 && used_.contains(key);)
            key = suffix + "#" + std::to_string(++count);
        used_[key] = std::max<uint64_t>(used_[key], 1);
        return key;
    }

    void summarise(ByteView bytes, FileKind kind) {
        if (kind == FileKind::kElf) return see_({foreign_arch(foreign::Format::kElf, bytes), 0});
        if (kind == FileKind::kPe) return see_({foreign_arch(foreign::Format::kPe, bytes), 0});
        try {
            const macho::Image image = macho::read_file_image(bytes);
            see_({macho::arch_name(image.cpu_type, image.cpu_subtype), image.platform});
            touched_(image.header.size());
        } catch (const Error&) {
            // Extraction will say what is wrong.
        }
    }

    ByteView file_;
    const std::function<void(const ImageSummary&)>& see_;
    const std::function<void(uint64_t)>& touched_;
    std::vector<FoundImage> images_;
    std::unordered_map<std::string, uint64_t> used_;  // suffix -> how often it was asked for
    bool full_ = false;
};

record::Head extract_macho(ByteView bytes, const std::function<void(uint64_t)>& touched,
                           const record::ChunkSink& sink) {
    const macho::Image image = macho::read_file_image(bytes);
    touched(image.header.size());
    if (image.declared_bytes() / kWorkPerByte > bytes.size() + kWorkSlack)
        throw image.header.error(
            0, "sections and tables of this image add up to " + base::hex(image.declared_bytes()) + " bytes",
            "in proportion to the " + base::hex(bytes.size()) + " bytes it has");
    const macho::SegmentSpace space(bytes, image);
    ImageContext context{space, image, macho::SymbolTable({}, {}, image.is_64), touched};
    context.bound_symbol = bound_symbols(space, image);
    std::optional<FilePointers> pointers;
    if (FilePointers::are_told(space, image))
        context.walk_pointers = [&](uint64_t address, uint64_t size, const PointerVisitor& visit) {
            if (!pointers) pointers.emplace(bytes, space, image);
            pointers->walk(address, size, visit);
        };
    return extract_image(context, sink);
}

}  // namespace

bool is_binary(FileKind kind) {
    return kind != FileKind::kOther;
}

std::vector<FoundImage> list_images(ByteView file, const std::function<void(const ImageSummary&)>& see,
                                    const std::function<void(uint64_t)>& touched) {
    return Lister(file, see, touched).run();
}

record::Head extract_binary(FileKind kind, ByteView bytes, foreign::WorkerPool& workers,
                            const std::function<void(uint64_t)>& touched, const record::ChunkSink& sink) {
    if (kind == FileKind::kMachO) return extract_macho(bytes, touched, sink);
    if (kind == FileKind::kElf) return extract_foreign(workers, foreign::Format::kElf, bytes, touched, sink);
    if (kind == FileKind::kPe) return extract_foreign(workers, foreign::Format::kPe, bytes, touched, sink);
    throw bytes.error(0, "files of this kind are not read", "a Mach-O, ELF or PE image");
}

}  // namespace strata::extract
