#include "report/facts_text.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace strata::report {
namespace {

using base::terminal_safe;
using diff::ChangedFact;
using diff::FactGroup;
using record::FactView;

/// Walks the three sorted lists of a group owner by owner.
class OwnerWalker {
  public:
    OwnerWalker(const FactGroup& group, const std::function<void(FactSign, const std::string&)>& line)
        : group_(group), line_(line) {}

    void run() {
        while (const std::string_view* first = next_owner()) {
            const std::string_view owner = *first;
            heading(owner);
            const char* indent = owner.empty() ? "" : "  ";
            take(group_.added, added_, owner, [&](const FactView& fact) { fact_line(FactSign::kAdded, indent, fact); });
            take(group_.removed, removed_, owner,
                 [&](const FactView& fact) { fact_line(FactSign::kRemoved, indent, fact); });
            take(group_.changed, changed_, owner, [&](const ChangedFact& fact) {
                if (is_itself(fact)) return;
                line_(FactSign::kChanged, indent + terminal_safe(fact.name) + "  " + terminal_safe(fact.before) +
                                              " -> " + terminal_safe(fact.after));
            });
        }
    }

  private:
    /// The owner's own fact has no name; of facts without owner none is that.
    template <typename Fact>
    static bool is_itself(const Fact& fact) {
        return fact.name.empty() && !fact.owner.empty();
    }

    const std::string_view* next_owner() const {
        const std::string_view* least = nullptr;
        const auto see = [&](const auto& list, size_t at) {
            if (at < list.size() && (least == nullptr || list[at].owner < *least)) least = &list[at].owner;
        };
        see(group_.added, added_);
        see(group_.removed, removed_);
        see(group_.changed, changed_);
        return least;
    }

    template <typename Fact, typename Visit>
    static void take(const std::vector<Fact>& list, size_t& at, std::string_view owner, const Visit& visit) {
        for (; at < list.size() && list[at].owner == owner; ++at) visit(list[at]);
    }

    /// An owner's own fact sorts first among its facts.
    template <typename Fact>
    static const Fact* itself(const std::vector<Fact>& list, size_t at, std::string_view owner) {
        return at < list.size() && list[at].owner == owner && is_itself(list[at]) ? &list[at] : nullptr;
    }

    void heading(std::string_view owner) {
        if (owner.empty()) return;
        const std::string name = terminal_safe(owner);
        const auto with = [&](std::string_view value) {
            return name + (value.empty() ? "" : " : " + terminal_safe(value));
        };
        const FactView* added = itself(group_.added, added_, owner);
        const FactView* removed = itself(group_.removed, removed_, owner);
        const ChangedFact* changed = itself(group_.changed, changed_, owner);
        if (added != nullptr) line_(FactSign::kAdded, with(added->value));
        if (removed != nullptr) line_(FactSign::kRemoved, with(removed->value));
        if (changed != nullptr)
            line_(FactSign::kChanged,
                  name + " : " + terminal_safe(changed->before) + " -> " + terminal_safe(changed->after));
        if (added == nullptr && removed == nullptr && changed == nullptr) line_(FactSign::kSame, name);
    }

    void fact_line(FactSign sign, const char* indent, const FactView& fact) {
        if (is_itself(fact)) return;
        line_(sign, indent + terminal_safe(fact.name) + (fact.value.empty() ? "" : "  " + terminal_safe(fact.value)));
    }

    const FactGroup& group_;
    const std::function<void(FactSign, const std::string&)>& line_;
    size_t added_ = 0;
    size_t removed_ = 0;
    size_t changed_ = 0;
};

}  // namespace

void walk_fact_lines(const FactGroup& group, const std::function<void(FactSign, const std::string&)>& line) {
    OwnerWalker(group, line).run();
}

}  // namespace strata::report
