#include "query/matrix.h"

#include <algorithm>
#include <map>

#include "base/sha256.h"
#include "query/image_name.h"

namespace strata::query {
namespace {

using record::ColumnKind;
using record::kColumnKinds;

/// Numbers contents by first appearance.
class Contents {
  public:
    uint32_t number(const base::Digest& digest) {
        const auto next = static_cast<uint32_t>(numbers_.size() + 1);
        return numbers_.emplace(std::string(digest.view()), next).first->second;
    }

  private:
    std::map<std::string, uint32_t> numbers_;
};

base::Digest digest_of(const record::ColumnRef& column) {
    base::Sha256 hash;
    for (const auto& chunk : column.chunks) hash.update(chunk.digest.view());
    return hash.finish();
}

/// Makes one row, firmware by firmware.
class RowMaker {
  public:
    RowMaker(std::string path, size_t firmwares) {
        row_.path = std::move(path);
        row_.cells.resize(firmwares);
        row_.steps.resize(firmwares);
    }

    void set(size_t firmware, const record::Head& head) {
        Cell& cell = row_.cells[firmware];
        cell.present = true;
        cell.failed = head.failure.has_value();
        if (cell.failed) return;
        cell.uuid = head.uuid;
        cell.source_version = head.source_version;
        base::Sha256 whole;
        for (size_t i = 0; i < kColumnKinds.size(); ++i) {
            const auto& column = head.column(kColumnKinds[i]);
            cell.counts[i] = column.count;
            if (!is_content(kColumnKinds[i])) continue;
            const auto digest = digest_of(column);
            whole.update(digest.view());
            if (!column.chunks.empty()) cell.kinds[i] = kinds_[i].number(digest);
        }
        cell.content = contents_.number(whole.finish());
    }

    /// `lines`: which line of versions each firmware is in.
    MatrixRow finish(const std::vector<size_t>& lines) {
        std::optional<size_t> last;  // the firmware of this line that had it last
        for (size_t i = 0; i < row_.cells.size(); ++i) {
            if (i != 0 && lines[i] != lines[i - 1]) last.reset();
            row_.steps[i] = step(i, last, lines);
            if (row_.cells[i].present) last = i;
        }
        return std::move(row_);
    }

  private:
    CellStep step(size_t at, std::optional<size_t> last, const std::vector<size_t>& lines) const {
        const Cell& cell = row_.cells[at];
        if (!cell.present) return {last && *last + 1 == at ? Step::kGone : Step::kAbsent, {}, {}};
        if (!last) return {Step::kFirst, {}, {}};
        const Cell& before = row_.cells[*last];
        CellStep step{*last + 1 == at ? Step::kSame : Step::kBack, {}, {}};
        if (cell.content == before.content) return step;
        for (size_t i = 0; i < kColumnKinds.size(); ++i)
            if (cell.kinds[i] != before.kinds[i]) step.changed.push_back(kColumnKinds[i]);
        if (step.step == Step::kBack) return step;
        step.step = Step::kChanged;
        for (size_t i = 0; i < *last && !step.reverted_to; ++i)
            if (lines[i] == lines[at] && row_.cells[i].present && row_.cells[i].content == cell.content)
                step.reverted_to = i;
        if (step.reverted_to) step.step = Step::kReverted;
        return step;
    }

    MatrixRow row_;
    std::array<Contents, kColumnKinds.size()> kinds_;
    Contents contents_;
};

bool matches_path(const Pattern& pattern, std::string_view path) {
    return pattern.matches(path) || (pattern.how() == Match::kExact && pattern.text() == base_name(path));
}

}  // namespace

bool is_content(ColumnKind kind) {
    return kind != ColumnKind::kPlaces && kind != ColumnKind::kSignature;
}

const char* step_name(Step step) {
    static constexpr const char* kNames[] = {"absent", "first", "same", "changed", "reverted", "gone", "back"};
    return kNames[static_cast<size_t>(step)];
}

void matrix(store::Reader& reader, const std::vector<record::Firmware>& firmwares, bool one_line,
            const Pattern& pattern, const OnRow& on_row) {
    std::vector<std::unique_ptr<store::HeadCursor>> cursors;
    std::vector<size_t> lines;
    for (size_t i = 0; i < firmwares.size(); ++i) {
        cursors.push_back(reader.heads(firmwares[i].id));
        const bool same = i != 0 && (one_line || (firmwares[i].platform == firmwares[i - 1].platform &&
                                                  firmwares[i].arch == firmwares[i - 1].arch));
        lines.push_back(i == 0 ? 0 : lines.back() + (same ? 0 : 1));
    }
    for (;;) {
        const store::HeadCursor* least = nullptr;
        for (const auto& cursor : cursors)
            if (cursor->valid() && (least == nullptr || cursor->path() < least->path())) least = cursor.get();
        if (least == nullptr) break;
        const std::string path(least->path());
        const bool wanted = matches_path(pattern, path);
        RowMaker maker(path, firmwares.size());
        for (size_t i = 0; i < cursors.size(); ++i) {
            if (!cursors[i]->valid() || cursors[i]->path() != path) continue;
            if (wanted) maker.set(i, cursors[i]->head());
            cursors[i]->next();
        }
        if (wanted) on_row(maker.finish(lines));
    }
    for (const auto& cursor : cursors) cursor->check();
}

}  // namespace strata::query
