#include "query/history.h"

#include <algorithm>
#include <set>

#include "query/image_name.h"

namespace strata::query {
namespace {

/// Both sorted, so that what one image has twice meets in order.
std::vector<SymbolChange> changes(const std::vector<Definition>& before, const std::vector<Definition>& after) {
    const auto same_image = [](const Definition& a, const Definition& b) { return a.image == b.image; };
    if (!std::equal(before.begin(), before.end(), after.begin(), after.end(), same_image))
        return {SymbolChange::kImages};
    std::set<SymbolChange> changed;
    for (size_t i = 0; i < before.size(); ++i) {
        const Definition& a = before[i];
        const Definition& b = after[i];
        if (a.kind != b.kind) changed.insert(SymbolChange::kKind);
        if (a.target != b.target) changed.insert(SymbolChange::kTarget);
        if (a.size != b.size) {
            changed.insert(SymbolChange::kSize);
        } else if (a.code != 0 && b.code != 0) {
            if (a.code != b.code) changed.insert(SymbolChange::kCode);
            if (a.code == b.code && a.references != b.references) changed.insert(SymbolChange::kReferences);
        }
    }
    return {changed.begin(), changed.end()};
}

/// Turns hits, which come firmware by firmware, into steps.
class Steps {
  public:
    Steps(const std::vector<record::Firmware>& firmwares, const HistoryOptions& options, const OnStep& on_step)
        : firmwares_(firmwares), options_(options), on_step_(on_step) {}

    void add(const Hit& hit) {
        while (firmwares_[at_].name != hit.firmware) finish_one();
        if (options_.image && !options_.image->matches(hit.image) && !options_.image->matches(base_name(hit.image)))
            return;
        if (hit.area == Area::kFunctions) {
            add_function(hit);
        } else if (hit.kind == "import") {
            ++now_.importers;
        } else {
            now_.definitions.push_back(
                {std::string(hit.image), std::string(hit.kind), {}, std::string(hit.value), 0, 0});
            addresses_.push_back(hit.address);
        }
    }

    void finish() {
        while (at_ < firmwares_.size()) finish_one();
    }

  private:
    /// An image may have several symbols of this name, static functions of several source files: the address says which
    /// one this is.
    void add_function(const Hit& hit) {
        for (size_t i = 0; i < now_.definitions.size(); ++i) {
            Definition& definition = now_.definitions[i];
            if (definition.image != hit.image || definition.kind != hit.kind || addresses_[i] != hit.address) continue;
            definition.size = hit.size;
            definition.code = hit.code.code;
            definition.references = hit.code.references;
        }
    }

    void finish_one() {
        const auto& firmware = firmwares_[at_];
        if (at_ != 0 && !options_.one_line &&
            (firmware.platform != firmwares_[at_ - 1].platform || firmware.arch != firmwares_[at_ - 1].arch)) {
            last_.reset();
            was_there_ = false;
        }
        std::sort(now_.definitions.begin(), now_.definitions.end());
        now_.firmware = &firmware;
        if (last_ && !now_.definitions.empty()) now_.changed = changes(*last_, now_.definitions);
        now_.step = step();
        on_step_(now_);
        was_there_ = !now_.definitions.empty();
        if (was_there_) last_ = std::move(now_.definitions);
        now_ = {};
        addresses_.clear();
        ++at_;
    }

    Step step() const {
        if (now_.definitions.empty()) return was_there_ ? Step::kGone : Step::kAbsent;
        if (!last_) return Step::kFirst;
        if (!was_there_) return Step::kBack;
        return now_.changed.empty() ? Step::kSame : Step::kChanged;
    }

    const std::vector<record::Firmware>& firmwares_;
    const HistoryOptions& options_;
    const OnStep& on_step_;
    size_t at_ = 0;
    SymbolStep now_;
    std::vector<std::optional<uint64_t>> addresses_;  // of now_.definitions, while they come in
    std::optional<std::vector<Definition>> last_;
    bool was_there_ = false;
};

}  // namespace

void symbol_history(store::Reader& reader, const std::vector<record::Firmware>& firmwares, const std::string& symbol,
                    const HistoryOptions& options, const OnStep& on_step) {
    Steps steps(firmwares, options, on_step);
    FindOptions find_options;
    find_options.areas = {Area::kSymbols, Area::kFunctions};
    find_options.fingerprints = true;
    find_options.jobs = options.jobs;
    find_options.stop = options.stop;
    find(reader, firmwares, Pattern(Match::kExact, symbol), find_options, [&](const Hit& hit) { steps.add(hit); });
    steps.finish();
}

const char* change_name(SymbolChange change) {
    static constexpr const char* kNames[] = {"images", "kind", "size", "code", "references", "target"};
    return kNames[static_cast<size_t>(change)];
}

void HistorySummary::add(const record::Firmware& firmware, Step step) {
    if (step == Step::kFirst) {
        first.push_back(firmware.name);
        last.push_back(firmware.name);
    }
    if (step == Step::kGone) gone.push_back(firmware.name);
    if (step == Step::kBack) back.push_back(firmware.name);
    if (step == Step::kChanged || step == Step::kReverted) changed.push_back(firmware.name);
    if (step != Step::kFirst && step != Step::kAbsent && step != Step::kGone) last.back() = firmware.name;
}

}  // namespace strata::query
