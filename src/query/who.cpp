#include "query/who.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "macho/names.h"
#include "query/crew.h"
#include "query/heads.h"
#include "query/scan.h"
#include "record/layout.h"
#include "record/sorted_texts.h"
#include "record/symbols.h"

namespace strata::query {
namespace {

using record::ColumnKind;
using record::SymbolKind;

/// The names of the image itself: what of it others can import.
class OfferedNames {
  public:
    OfferedNames(store::Reader& reader, const record::Head& head) {
        for (const auto& chunk : head.column(ColumnKind::kSymbols).chunks) {
            leases_.push_back(reader.column(chunk.id));
            views_.push_back(std::make_unique<record::SymbolsView>(leases_.back().message()));
            texts_.push_back(std::make_unique<record::SortedTexts>(ColumnKind::kSymbols, leases_.back().message()));
        }
    }

    bool has(std::string_view name) const {
        for (size_t chunk = 0; chunk < texts_.size(); ++chunk) {
            const auto& blob = texts_[chunk]->blob();
            if (blob.size() == 0 || blob[blob.size() - 1] < name) continue;
            for (uint64_t i = blob.lower_bound(name); i < blob.size() && blob[i] == name; ++i)
                if (views_[chunk]->kind(i) != SymbolKind::kImport) return true;
            if (blob[0] > name) return false;
        }
        return false;
    }

  private:
    std::vector<store::Lease> leases_;
    std::vector<std::unique_ptr<record::SymbolsView>> views_;
    std::vector<std::unique_ptr<record::SortedTexts>> texts_;
};

/// What one image uses.
struct Use {
    std::string dependency;
    std::map<std::string, uint64_t> imports;  ///< by library
};

class Asker {
  public:
    Asker(store::Reader& reader, const record::Firmware& firmware, const std::string& image, const WhoOptions& options)
        : reader_(reader), firmware_(firmware), image_(image), options_(options), crew_(options.jobs) {
        const auto head = reader.head(firmware.id, image);
        if (!head) throw base::Error::usage("no image \"" + image + "\" in " + firmware.name);
        head_ = *head;
        names_.insert(image);
        names_.insert(head_.aliases.begin(), head_.aliases.end());
        const auto layout = layout_of(head_.column(ColumnKind::kLayout));
        if (layout.lease && !layout.value.install_name.empty()) names_.emplace(layout.value.install_name);
        faces_ = names_;
        add_reexporters();
        if (options.symbol) {
            symbol_.emplace(Match::kExact, *options.symbol);
            rule_out_chunks(reader, ColumnKind::kSymbols, ChunkFilter(*symbol_), {}, [&](uint64_t id) {
                if (id >= ruled_out_.size()) ruled_out_.resize(id + 1);
                ruled_out_[id] = true;
            });
        }
        offered_.emplace(reader, head_);
    }

    void ask(const OnUser& on_user) {
        HeadBatches batches(reader_, firmware_.id, {ColumnKind::kLayout, ColumnKind::kSymbols});
        std::vector<ImageColumns> batch;
        while (batches.next(batch)) {
            std::vector<Use> uses(batch.size());
            crew_.for_each(batch.size(), [&](uint64_t i) { uses[i] = look_at(batch[i]); });
            for (size_t i = 0; i < batch.size(); ++i) tell(batch[i].path, uses[i], on_user);
        }
    }

  private:
    struct LeasedLayout {
        std::optional<store::Lease> lease;
        record::Layout value;
    };

    LeasedLayout layout_of(const record::ColumnRef& column) const {
        LeasedLayout layout;
        if (column.chunks.size() != 1) return layout;
        layout.lease = reader_.column(column.chunks.front().id);
        layout.value = record::decode_layout(layout.lease->message());
        return layout;
    }

    /// Libraries that re-export the image, or one that does, until there are no more.
    void add_reexporters() {
        std::multimap<std::string, std::string> reexports;  // what -> by which image; re-exports are few
        HeadBatches batches(reader_, firmware_.id, {ColumnKind::kLayout});
        std::vector<ImageColumns> batch;
        while (batches.next(batch)) {
            std::vector<std::vector<std::string>> found(batch.size());
            crew_.for_each(batch.size(), [&](uint64_t i) {
                if (batch[i].ids.size() != 1) return;
                const store::Lease lease = reader_.column(batch[i].ids.front());
                for (const auto& dependency : record::decode_layout(lease.message()).dependencies)
                    if (dependency.kind == static_cast<uint8_t>(macho::DependencyKind::kReexport))
                        found[i].emplace_back(dependency.name);
            });
            for (size_t i = 0; i < batch.size(); ++i)
                for (auto& name : found[i]) reexports.emplace(std::move(name), batch[i].path);
        }
        std::vector<std::string> open(faces_.begin(), faces_.end());
        while (!open.empty()) {
            const auto [begin, end] = reexports.equal_range(open.back());
            open.pop_back();
            for (auto at = begin; at != end; ++at)
                if (faces_.insert(at->second).second) open.push_back(at->second);
        }
    }

    Use look_at(const ImageColumns& image) const {
        if (options_.stop != nullptr && options_.stop->requested())
            throw base::Error(base::ErrorKind::kInterrupted, "interrupted");
        Use use;
        if (image.chunks(0).size() == 1) {
            const store::Lease lease = reader_.column(image.chunks(0).front());
            for (const auto& dependency : record::decode_layout(lease.message()).dependencies)
                if (names_.contains(std::string(dependency.name)))
                    use.dependency = macho::dependency_kind_name(static_cast<macho::DependencyKind>(dependency.kind));
        }
        if (options_.symbol) {
            count_symbol(image.chunks(1), use);
        } else {
            for (const uint64_t id : image.chunks(1)) count_imports(id, use);
        }
        return use;
    }

    void count_imports(uint64_t id, Use& use) const {
        const store::Lease lease = reader_.column(id);
        const record::SymbolsView symbols(lease.message());
        for (uint64_t i = 0; i < symbols.size(); ++i) count(symbols, i, use);
    }

    void count_symbol(std::span<const uint64_t> ids, Use& use) const {
        const auto is_ruled_out = [&](uint64_t id) { return id < ruled_out_.size() && ruled_out_[id]; };
        if (std::all_of(ids.begin(), ids.end(), is_ruled_out)) return;
        for (const uint64_t id : chunks_of_range(reader_, ColumnKind::kSymbols, ids, *symbol_)) {
            const store::Lease lease = reader_.column(id);
            const record::SymbolsView symbols(lease.message());
            const record::SortedTexts names(ColumnKind::kSymbols, lease.message());
            for_each_match(names.blob(), *symbol_, [&](uint64_t i) { count(symbols, i, use); });
        }
    }

    void count(const record::SymbolsView& symbols, uint64_t i, Use& use) const {
        if (symbols.kind(i) != SymbolKind::kImport) return;
        const auto dylib = symbols.dylib(i);
        if (dylib.empty()) return;
        const auto face = faces_.find(dylib);
        if (face == faces_.end()) return;
        // Through a library that re-exports many, only what this image has is of this image.
        const bool direct = names_.contains(*face);
        if (!direct && !offered_->has(symbols.name(i))) return;
        ++use.imports[direct ? std::string() : *face];
    }

    void tell(std::string_view path, const Use& use, const OnUser& on_user) const {
        if (path == image_) return;
        User user{path, use.dependency, 0, {}};
        if (options_.symbol ? use.imports.empty() : use.dependency.empty() && use.imports.empty()) return;
        if (use.imports.empty()) return on_user(user);
        for (const auto& [library, imports] : use.imports) {
            user.imports = imports;
            user.via = library;
            on_user(user);
        }
    }

    store::Reader& reader_;
    const record::Firmware& firmware_;
    const std::string& image_;
    const WhoOptions& options_;
    Crew crew_;
    record::Head head_;
    std::set<std::string, std::less<>> names_;  ///< of the image itself
    std::set<std::string, std::less<>> faces_;  ///< and of the libraries that re-export it
    std::optional<OfferedNames> offered_;
    std::optional<Pattern> symbol_;
    std::vector<bool> ruled_out_;  ///< by id: chunks without the symbol
};

}  // namespace

void who(store::Reader& reader, const record::Firmware& firmware, const std::string& image, const WhoOptions& options,
         const OnUser& on_user) {
    Asker(reader, firmware, image, options).ask(on_user);
}

}  // namespace strata::query
