// The body of one updated image exactly as `ipsw diff` prints it, so that what reads its reports can read ours.
//
// The facts are ours; the rules are those of ipsw (blacktop/ipsw, internal/commands/macho/diff.go at d3402ccd0, August
// 2026), noise limit and quirks included:
//   - a symbol table name that holds a '.' and begins with '_' has lost that '_'; names from a .symbols file keep it;
//   - names and strings are compared as sets after build paths and trailing compiler counters are taken out;
//   - the list of functions is thrown away when too many neighbours disagree.
// Known differences: names of debugging entries (stabs) count in ipsw and are not in our store; where several local
// symbols of one table share an address, ipsw takes the last one of the table, and the table's order is not stored.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "record/head.h"
#include "store/reader.h"

namespace strata::report {

/// One side as ipsw sees it. Texts view the leases or `owned`. Memory: 16 bytes a symbol and a string, 40 a function.
struct IpswSide {
    struct Section {
        std::string name;  ///< "__TEXT.__text"
        uint64_t size = 0;
        uint32_t type = 0;
        std::string digest;  ///< of literal content; empty where content is not compared
        bool operator==(const Section&) const = default;
    };
    struct Function {
        std::string name;
        uint64_t size = 0;
    };

    std::string version;  ///< "1.2.3.0.0", or empty
    std::vector<Section> sections;
    std::vector<std::string> imports;  ///< sorted
    std::vector<Function> functions;
    std::vector<std::string_view> symbols;  ///< normalised, sorted, each once
    std::vector<std::string_view> strings;  ///< the same
    std::vector<store::Lease> leases;
    std::deque<std::string> owned;
};

/// Throws Error(kStore) on damage.
IpswSide read_ipsw_side(store::Reader& reader, const record::Head& head);

/// Whether ipsw would leave the pair out.
bool ipsw_equivalent(const IpswSide& before, const IpswSide& after);

/// The text of one side that is compared line by line, as ipsw prints it.
std::string ipsw_header(const IpswSide& side);

enum class IpswForm : uint8_t {
    kText,      ///< as in the terminal
    kMarkdown,  ///< sections with changed content first, the rest in a fence
};

/// Empty when there is nothing to print.
std::string ipsw_body(const IpswSide& before, const IpswSide& after, IpswForm form);

/// The lines below "Functions:"; empty when there is nothing to say, or when ipsw would call it noise.
std::string ipsw_functions(const std::vector<IpswSide::Function>& before, const std::vector<IpswSide::Function>& after);

}  // namespace strata::report
