#include "query/history.h"

#include <algorithm>

#include "query/image_name.h"

namespace strata::query {
namespace {

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
            for (auto& definition : now_.definitions)
                if (definition.image == hit.image && definition.kind == hit.kind) definition.size = hit.size;
        } else if (hit.kind == "import") {
            ++now_.importers;
        } else {
            now_.definitions.push_back({std::string(hit.image), std::string(hit.kind), {}, std::string(hit.value)});
        }
    }

    void finish() {
        while (at_ < firmwares_.size()) finish_one();
    }

  private:
    void finish_one() {
        const auto& firmware = firmwares_[at_];
        if (at_ != 0 && !options_.one_line &&
            (firmware.platform != firmwares_[at_ - 1].platform || firmware.arch != firmwares_[at_ - 1].arch)) {
            last_.reset();
            was_there_ = false;
        }
        std::sort(now_.definitions.begin(), now_.definitions.end());
        now_.firmware = &firmware;
        now_.step = step();
        on_step_(now_);
        was_there_ = !now_.definitions.empty();
        if (was_there_) last_ = std::move(now_.definitions);
        now_ = {};
        ++at_;
    }

    Step step() const {
        if (now_.definitions.empty()) return was_there_ ? Step::kGone : Step::kAbsent;
        if (!last_) return Step::kFirst;
        if (!was_there_) return Step::kBack;
        return now_.definitions == *last_ ? Step::kSame : Step::kChanged;
    }

    const std::vector<record::Firmware>& firmwares_;
    const HistoryOptions& options_;
    const OnStep& on_step_;
    size_t at_ = 0;
    SymbolStep now_;
    std::optional<std::vector<Definition>> last_;
    bool was_there_ = false;
};

}  // namespace

void symbol_history(store::Reader& reader, const std::vector<record::Firmware>& firmwares, const std::string& symbol,
                    const HistoryOptions& options, const OnStep& on_step) {
    Steps steps(firmwares, options, on_step);
    FindOptions find_options;
    find_options.areas = {Area::kSymbols, Area::kFunctions};
    find_options.jobs = options.jobs;
    find_options.stop = options.stop;
    find(reader, firmwares, Pattern(Match::kExact, symbol), find_options, [&](const Hit& hit) { steps.add(hit); });
    steps.finish();
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
