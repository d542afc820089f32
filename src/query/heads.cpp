#include "query/heads.h"

namespace strata::query {
namespace {

constexpr size_t kBatchChunks = 32768;

}  // namespace

HeadBatches::HeadBatches(store::Reader& reader, uint32_t firmware, std::vector<record::ColumnKind> kinds, size_t images)
    : heads_(reader.heads(firmware)), kinds_(std::move(kinds)), images_(images) {}

bool HeadBatches::next(std::vector<ImageColumns>& batch) {
    batch.clear();
    size_t chunks = 0;
    for (; heads_->valid() && batch.size() < images_ && chunks < kBatchChunks; heads_->next()) {
        const record::HeadView head(heads_->message());
        ImageColumns image{std::string(heads_->path()), {}, {}, {}};
        for (const auto alias : head.aliases()) image.aliases.emplace_back(alias);
        for (const auto kind : kinds_) {
            const auto ids = head.chunk_ids(kind);
            image.ids.insert(image.ids.end(), ids.begin(), ids.end());
            image.ends.push_back(static_cast<uint32_t>(image.ids.size()));
        }
        chunks += image.ids.size();
        batch.push_back(std::move(image));
    }
    heads_->check();
    return !batch.empty();
}

}  // namespace strata::query
