#include "store/verify.h"

#include <rocksdb/db.h>

#include <vector>

#include "record/code.h"
#include "record/facts.h"
#include "record/functions.h"
#include "record/layout.h"
#include "record/text_filter.h"
#include "record/strings.h"
#include "record/symbols.h"
#include "store/filters.h"
#include "store/keys.h"
#include "store/references.h"

namespace strata::store {
namespace {

using record::ColumnKind;

/// Entries of a record, counted by going through all of them; throws when one cannot be read.
uint64_t count_entries(ColumnKind kind, std::string_view message) {
    switch (kind) {
        case ColumnKind::kLayout:
            record::decode_layout(message);
            return 1;
        case ColumnKind::kSymbols: {
            const record::SymbolsView view(message);
            for (uint64_t i = 0; i < view.size(); ++i) {
                view.name(i);
                view.kind(i);
                view.dylib(i);
            }
            return view.size();
        }
        case ColumnKind::kPlaces: {
            const record::PlacesView view(message);
            for (uint64_t i = 0; i < view.size(); ++i) view.place(i);
            return view.size();
        }
        case ColumnKind::kFunctions:
            return record::FunctionsView(message).size();
        case ColumnKind::kStrings: {
            const record::StringsView view(message);
            for (uint64_t i = 0; i < view.size(); ++i) {
                view.value(i);
                view.section(i);
            }
            return view.size();
        }
        case ColumnKind::kCode:
            return record::CodeView(message).size();
        case ColumnKind::kImports:
        case ColumnKind::kSignature:
        case ColumnKind::kData:
        case ColumnKind::kObjc:
        case ColumnKind::kSwift: {
            const record::FactsView view(message);
            for (uint64_t i = 0; i < view.size(); ++i) (void)view[i];
            return view.size();
        }
    }
    return 0;
}

class Verifier {
  public:
    Verifier(Reader& reader, const VerifyOptions& options, const std::function<void(const std::string&)>& report)
        : reader_(reader), database_(reader.database()), options_(options), report_(report) {}

    VerifyResult run() {
        // Catches every flipped bit in a table file, also where no record is.
        guarded("table files", [&] { database_.check(database_.db().VerifyChecksum(), "checksum"); });
        entries_.assign(end_of_column_ids(database_), kUnseen);
        std::vector<record::Firmware> firmwares;
        guarded("manifests", [&] { firmwares = list_firmwares(database_); });
        for (const auto& firmware : firmwares) total_ += firmware.images;
        for (const auto& firmware : firmwares) guarded("firmware " + firmware.name, [&] { verify_firmware(firmware); });
        return result_;
    }

  private:
    /// Runs one check; what it throws becomes a finding.
    template <typename Check>
    void guarded(const std::string& what, const Check& check) {
        try {
            check();
        } catch (const base::Error& error) {
            if (error.kind() == base::ErrorKind::kInterrupted) throw;
            found(what + ": " + error.what());
        }
    }

    void found(const std::string& finding) {
        ++result_.damaged;
        report_(finding);
    }

    void verify_firmware(const record::Firmware& firmware) {
        ++result_.firmwares;
        uint64_t images = 0;
        uint64_t failed = 0;
        const auto heads = walk_heads(database_, firmware.id);
        for (; heads->valid(); heads->next()) {
            if (options_.stop != nullptr && options_.stop->requested())
                throw base::Error(base::ErrorKind::kInterrupted, "interrupted");
            const std::string what = firmware.name + ": " + std::string(heads->path());
            ++images;
            guarded(what, [&] {
                const record::Head head = heads->head();
                if (head.failure) ++failed;
                verify_head(what, head);
            });
            ++result_.images;
            if (options_.progress) options_.progress(result_.images, total_);
        }
        heads->check();
        if (!firmware.complete) return;
        if (images != firmware.images)
            found(firmware.name + ": " + std::to_string(images) + " images; its manifest says " +
                  std::to_string(firmware.images));
        if (failed != firmware.failed)
            found(firmware.name + ": " + std::to_string(failed) + " failed images; its manifest says " +
                  std::to_string(firmware.failed));
    }

    void verify_head(const std::string& what, const record::Head& head) {
        for (const auto kind : record::kColumnKinds) {
            const auto& column = head.column(kind);
            uint64_t count = 0;
            bool whole = true;
            for (const auto& chunk : column.chunks) {
                const auto entries = verify_column(what + ": " + record::column_name(kind), kind, chunk);
                whole = whole && entries.has_value();
                count += entries.value_or(0);
            }
            if (whole && count != column.count)
                found(what + ": " + record::column_name(kind) + " has " + std::to_string(count) +
                      " entries; its head says " + std::to_string(column.count));
        }
    }

    /// Entries of the record, or nothing when it is damaged.
    std::optional<uint64_t> verify_column(const std::string& what, ColumnKind kind, const record::ChunkRef& chunk) {
        std::optional<uint64_t> entries;
        guarded(what + " column " + std::to_string(chunk.id), [&] {
            if (find_column(database_, chunk.digest) != chunk.id)
                throw base::Error::store("", "is not found under its digest");
            if (chunk.id >= entries_.size()) throw base::Error::store("", "is not there");
            if (entries_[chunk.id] == kUnseen) entries_[chunk.id] = read_column(kind, chunk);
            entries = entries_[chunk.id];
        });
        return entries;
    }

    uint64_t read_column(ColumnKind kind, const record::ChunkRef& chunk) {
        const Lease lease = reader_.column(chunk.id);
        if (record::column_digest(kind, lease.message()) != chunk.digest)
            throw base::Error::store("", "content does not have the digest it is stored under");
        // A filter that lacks a name hides it from searches.
        if (has_filter(kind)) {
            const std::string filter = filter_of(database_, kind, chunk.id);
            if (!filter.empty() && !record::is_older_text_filter(filter) &&
                filter != record::text_filter_of(kind, lease.message()))
                throw base::Error::store("", "its filter is not that of its content");
        }
        ++result_.columns;
        result_.bytes += lease.message().size();
        return count_entries(kind, lease.message());
    }

    static constexpr uint64_t kUnseen = UINT64_MAX;

    Reader& reader_;
    Database& database_;
    const VerifyOptions& options_;
    const std::function<void(const std::string&)>& report_;
    std::vector<uint64_t> entries_;  // by column id
    uint64_t total_ = 0;
    VerifyResult result_;
};

}  // namespace

VerifyResult verify_store(Reader& reader, const VerifyOptions& options,
                          const std::function<void(const std::string&)>& report) {
    return Verifier(reader, options, report).run();
}

}  // namespace strata::store
