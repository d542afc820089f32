// Fingerprints of arm64 (arm64e, arm64_32) functions.
//
// An address is made by two instructions: adrp gives a register a page, a later add, load or store brings the low 12
// bits. Both parts move with the layout, but the second is an ordinary instruction whose operand is a field offset or a
// constant everywhere else. So registers that may hold a page are tracked through the function, forward and over its
// branches:
//   - "may hold" decides what is masked: on every path into a true use the register holds a page, so taking any of them
//     into account (the union over branches) never leaves one out;
//   - "surely holds" decides what is resolved: pages that some path does not bring, that a call may have overwritten,
//     or that a block reached by unknown jumps or only from below begins with are masked but lead nowhere.
// One pass does it, since compilers place blocks after their dominators; a block that is first reached from below makes
// the pass run again with what the jump brought.
//
// Not followed: pages in spilled registers, and in registers that a block reached only by unwinding holds after a
// call that does not return.
#pragma once

#include <array>

#include "code/fingerprint.h"

namespace strata::code {

class Arm64Fingerprinter : public Fingerprinter {
  public:
    uint64_t fingerprint(std::span<const uint8_t> code, uint64_t address, std::vector<Reference>& references) override;

  private:
    friend class Arm64Scan;

    /// What branches bring to one instruction. Counts only where `targets_` has its bit.
    struct Join {
        uint32_t pages = 0;    ///< registers that hold a page on some of them
        uint32_t missing = 0;  ///< registers that do not, or not surely, on one of them
        uint32_t first = 0;    ///< index of the first of them
    };
    /// What registers hold between two instructions.
    struct Flow {
        uint32_t pages = 0;         ///< registers that may hold a page
        uint32_t sure = 0;          ///< of those in `pages`: whose page is known (the other bits are stale)
        uint32_t branch_pages = 0;  ///< pages at any branch or call so far
        bool after_end = false;     ///< the instruction before never goes on to this one
    };
    /// And which pages: entries count for registers in `pages` only. A second pass over a later piece of a large
    /// function may find pages of the first there, which are as good as any other: such registers are not sure then.
    struct State : Flow {
        std::array<uint64_t, 32> page_of;
        std::array<uint32_t, 32> set_at;  ///< index of the adrp that `page_of` is from
    };
    void make_room(uint64_t words);

    std::vector<Join> joins_;
    std::vector<uint64_t> targets_;  ///< a bit for each instruction: a branch leads to it
    std::vector<uint64_t> stops_;    ///< and: it does something even where no register holds a page
    std::vector<uint32_t> masked_;
    std::vector<Reference> references_;  ///< of the piece
    std::vector<uint32_t> guesses_;      ///< instructions whose state was guessed in this pass
};

}  // namespace strata::code
