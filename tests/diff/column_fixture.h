// Pairs of columns in a store, for comparing.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "diff/set_difference.h"
#include "support/random.h"
#include "support/store_maker.h"

namespace strata::diff {

/// Facts that own their texts, to compare with what a difference gave.
using OwnedSymbol = std::tuple<std::string, record::SymbolKind, std::string, std::string>;
using OwnedString = std::pair<std::string, std::string>;

inline OwnedSymbol own(const SymbolFact& fact) {
    return {std::string(fact.name), fact.kind, std::string(fact.dylib), std::string(fact.target)};
}
inline OwnedString own(const StringFact& fact) {
    return {std::string(fact.value), std::string(fact.section)};
}

template <typename Fact>
auto own_all(const std::vector<Fact>& facts) {
    std::vector<decltype(own(facts.front()))> owned;
    for (const auto& fact : facts) owned.push_back(own(fact));
    return owned;
}

/// A store to which images are written first, and which is then read. Opening one costs tens of milliseconds: tests of
/// many rounds put all their images before they ask for the first difference.
class ColumnTest : public ::testing::Test {
  protected:
    record::Head put(const test::MadeFacts& facts) {
        reader_.reset();
        if (!writer_) writer_ = std::make_unique<store::Writer>(dir_ / "store");
        return put_facts(*writer_, facts);
    }

    record::Head put_symbols(const std::vector<test::MadeSymbol>& symbols) {
        test::MadeFacts facts;
        facts.symbols = symbols;
        return put(facts);
    }

    record::Head put_strings(const std::vector<std::string>& strings) {
        test::MadeFacts facts;
        facts.strings = strings;
        return put(facts);
    }

    store::Reader& reader() {
        if (writer_) writer_->flush();
        writer_.reset();
        if (!reader_) reader_ = std::make_unique<store::Reader>(dir_ / "store");
        return *reader_;
    }

    SymbolDifference symbols(const record::Head& before, const record::Head& after,
                             RuleSet rules = RuleSet::defaults()) {
        return symbol_difference(reader(), before.column(record::ColumnKind::kSymbols),
                                 after.column(record::ColumnKind::kSymbols), rules);
    }
    SetDifference<StringFact> strings(const record::Head& before, const record::Head& after,
                                      RuleSet rules = RuleSet::defaults()) {
        return string_difference(reader(), before.column(record::ColumnKind::kStrings),
                                 after.column(record::ColumnKind::kStrings), rules);
    }

  private:
    test::TempDir dir_;
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<store::Reader> reader_;
};

}  // namespace strata::diff
