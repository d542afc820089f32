#include "code/arm64.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "code/arm64_classes.h"

namespace strata::code {

static_assert(std::endian::native == std::endian::little, "instructions are loaded as they lie");

namespace {

constexpr size_t kPieceWords = 1U << 18;
// Passes until a function of hostile jumps is left as it is.
constexpr int kMaxPasses = 6;
constexpr uint32_t kCalleeSaved = 0x1ff80000;  // x19 to x28

constexpr uint32_t kMask26 = 0xfc000000;
constexpr uint32_t kMask19 = 0xff00001f;
constexpr uint32_t kMask14 = 0xfff8001f;
constexpr uint32_t kMaskPage = 0x9f00001f;
constexpr uint32_t kMask12 = 0xffc003ff;

/// Sets of classes, a bit each.
constexpr uint32_t bit(ArmClass sort) {
    return 1U << static_cast<uint32_t>(sort);
}
constexpr uint32_t kUsers =
    bit(ArmClass::kOffset) | bit(ArmClass::kOffsetLoad) | bit(ArmClass::kAddOffset) | bit(ArmClass::kMove);
constexpr uint32_t kWriters = bit(ArmClass::kWrites) | bit(ArmClass::kWritesPair) | bit(ArmClass::kOffsetLoad) |
                              bit(ArmClass::kAddOffset) | bit(ArmClass::kMove);

constexpr int64_t signed_bits(uint32_t w, unsigned low, unsigned count) {
    return static_cast<int64_t>(static_cast<uint64_t>(w) << (64 - low - count)) >> (64 - count);
}
constexpr int64_t page_operand(uint32_t w) {
    return signed_bits(w, 5, 19) * 4 + static_cast<int64_t>((w >> 29) & 3);
}

/// Which of 16 instructions may, a bit each.
uint64_t stops_among(const uint32_t* words) {
    std::array<uint8_t, 16> flags;
    for (size_t i = 0; i < flags.size(); ++i) flags[i] = may_stop(words[i]) ? 1 : 0;
    std::array<uint64_t, 2> halves{};
    std::memcpy(halves.data(), flags.data(), sizeof halves);
    // The lowest bits of eight bytes, side by side.
    constexpr uint64_t kGather = 0x0102040810204080;
    return (halves[0] * kGather >> 56) | (halves[1] * kGather >> 56) << 8;
}

/// How the displacement of a direct branch is taken out of the instruction, and what the branch does.
struct BranchForm {
    uint8_t left = 0;     ///< shifts of 64 bits that leave four times the displacement
    uint8_t right = 0;    ///< the second one
    uint32_t mask = 0;    ///< what remains of the instruction without it
    uint32_t kept = 0;    ///< registers that nothing changes before the next instruction
    uint32_t unwind = 0;  ///< registers that unwinding finds as they are here
};
/// In the order of ArmClass, from kJump on.
constexpr std::array<BranchForm, 4> kBranchForms{{{38, 36, kMask26, UINT32_MAX, 0},
                                                  {38, 36, kMask26, kCalleeSaved, UINT32_MAX},
                                                  {40, 43, kMask19, UINT32_MAX, 0},
                                                  {45, 48, kMask14, UINT32_MAX, 0}}};

}  // namespace

/// One pass over one piece of a function.
class Arm64Scan {
  public:
    Arm64Scan(Arm64Fingerprinter& scratch, std::span<const uint8_t> code, uint64_t address, uint64_t piece,
              Arm64Fingerprinter::State& state)
        : joins_(scratch.joins_.data()),
          masked_(scratch.masked_.data()),
          targets_(scratch.targets_.data()),
          stops_(scratch.stops_.data()),
          guesses_(scratch.guesses_),
          words_(code.data() + piece),
          count_(std::min<uint64_t>((code.size() - piece) / 4, kPieceWords)),
          nowhere_((count_ / 64 + 1) * 64),
          piece_(piece),
          size_(code.size()),
          address_(address),
          state_(state),
          start_(state),
          references_(scratch.references_.data()),
          found_(references_) {
        std::fill_n(targets_, nowhere_ / 64 + 1, 0);
    }

    /// Masks the piece into `masked_`. False: a jump from below brought pages to a block that was thought to have
    /// none; the joins know now, and the pass has to be made again.
    bool run() {
        begin();
        for (uint64_t at = 0; at < count_;) at = state_.pages == 0 ? run_without_pages(at) : run_with_pages(at);
        return !again_;
    }

    std::span<const Reference> references() const { return {references_, found_}; }

  private:
    void begin() {
        found_ = references_;
        guesses_.clear();
        static_cast<Arm64Fingerprinter::Flow&>(state_) = start_;
        if (again_) state_.sure = 0;  // the pass before may have overwritten what the piece began with
        again_ = false;
        std::memcpy(masked_, words_, count_ * 4);
        for (uint64_t at = 0; at < count_; at += 64) stops_[at / 64] = stops_from(at) | brings_pages(at);
        if (state_.after_end && count_ != 0) enter_after_end(0);
    }

    /// Which of up to 64 instructions may do something even where no register holds a page.
    uint64_t stops_from(uint64_t at) const {
        const uint64_t count = std::min<uint64_t>(count_ - at, 64);
        uint64_t stops = 0;
        for (uint64_t i = 0; i < count; i += 16) stops |= stops_among(masked_ + at + i) << i;
        return count < 64 ? stops & ((uint64_t{1} << count) - 1) : stops;
    }
    /// Those of 64 instructions that a branch of the pass before brings pages to.
    uint64_t brings_pages(uint64_t at) const {
        uint64_t found = 0;
        for (uint64_t left = targets_[at / 64]; left != 0; left &= left - 1) {
            const auto index = static_cast<unsigned>(std::countr_zero(left));
            found |= static_cast<uint64_t>(joins_[at + index].pages != 0) << index;
        }
        return found;
    }

    /// While no register holds a page, few instructions matter: nine of ten are never looked at.
    uint64_t run_without_pages(uint64_t at) {
        for (;;) {
            uint64_t stops = stops_[at / 64] >> at % 64;
            while (stops == 0) {
                at = (at | 63) + 1;
                if (at >= count_) return at;
                stops = stops_[at / 64];
            }
            at += static_cast<unsigned>(std::countr_zero(stops));
            index_ = at;
            state_.pages = joins_[at].pages & (0 - target_bit(at));
            if (state_.pages != 0) {
                state_.sure = 0;
                return at;
            }
            const uint32_t w = word(at);
            const auto sort = kArmClasses[w >> 21];
            masked_[at] = is_branch(sort) ? branch<false>(w, sort) : special(w, sort);
            if (++at >= count_ || state_.pages != 0) return at;
        }
    }

    uint64_t run_with_pages(uint64_t at) {
        for (; at < count_ && state_.pages != 0; ++at) {
            index_ = at;
            if (target_bit(at) != 0) {
                state_.sure &= state_.pages & ~joins_[at].missing;
                state_.pages |= joins_[at].pages;
            }
            const uint32_t w = word(at);
            const auto sort = kArmClasses[w >> 21];
            if (sort <= ArmClass::kMove && !uses(state_.pages, w, sort))
                state_.pages &= ~overwritten(w, sort);
            else
                masked_[at] = is_branch(sort) ? branch<true>(w, sort) : special(w, sort);
        }
        return at;
    }

    uint32_t word(uint64_t index) const {
        uint32_t w = 0;
        std::memcpy(&w, words_ + index * 4, sizeof w);
        return w;
    }
    /// 1 when a branch leads to the instruction.
    uint32_t target_bit(uint64_t index) const { return targets_[index / 64] >> index % 64 & 1; }
    /// Whether an instruction up to kMove may use one of `pages`.
    static bool uses(uint32_t pages, uint32_t w, ArmClass sort) {
        const uint32_t reg = (sort == ArmClass::kMove ? w >> 16 : w >> 5) & 31;
        return (pages >> reg & kUsers >> static_cast<uint32_t>(sort) & 1) != 0;
    }
    /// The registers that it changes.
    static uint32_t overwritten(uint32_t w, ArmClass sort) {
        const auto index = static_cast<uint32_t>(sort);
        const uint32_t second = static_cast<uint32_t>(sort == ArmClass::kWritesPair) << (w >> 10 & 31);
        return (kWriters >> index & 1) << (w & 31) | second;
    }
    static bool is_branch(ArmClass sort) {
        return static_cast<unsigned>(sort) - static_cast<unsigned>(ArmClass::kJump) < kBranchForms.size();
    }
    uint64_t here() const { return address_ + piece_ + index_ * 4; }
    bool is_inside(uint64_t target) const { return target - address_ < size_; }

    /// Noted always and kept if `is_one`: cheaper than a jump that goes either way.
    void refer_if(bool is_one, ReferenceKind kind, uint64_t target, uint32_t size = 0) {
        *found_ = {target, static_cast<uint32_t>(piece_ + index_ * 4), kind, static_cast<uint8_t>(size)};
        found_ += is_one ? 1 : 0;
    }
    void refer(ReferenceKind kind, uint64_t target, uint32_t size = 0) { refer_if(true, kind, target, size); }

    /// A block that the instruction before it never goes on to.
    void enter_after_end(uint64_t at) {
        state_.after_end = false;
        if (target_bit(at) != 0) {
            const auto join = joins_[at];
            state_.pages = join.pages;
            // Brought from below: page_of is what the text above left there.
            state_.sure = join.first < at ? unchanged_since(join.first, join.pages & ~join.missing) : 0;
        } else {  // reached by a jump table, by unwinding, or from below
            state_.pages = state_.branch_pages;
            state_.sure = 0;
            guesses_.push_back(static_cast<uint32_t>(at));
        }
    }

    /// Those of `registers` whose page was set before instruction `index`: what is known of them is what it was there.
    uint32_t unchanged_since(uint32_t index, uint32_t registers) const {
        for (uint32_t left = registers; left != 0; left &= left - 1) {
            const auto reg = static_cast<uint32_t>(std::countr_zero(left));
            if (state_.set_at[reg] > index) registers &= ~(1U << reg);
        }
        return registers;
    }

    /// A branch up to a block that nothing above leads to: what it brings there was not thought of.
    void bring_back(uint64_t at) {
        const uint32_t known = joins_[at].pages & (0 - target_bit(at));
        if ((state_.pages & ~known) == 0 ||
            !std::binary_search(guesses_.begin(), guesses_.end(), static_cast<uint32_t>(at)))
            return;
        again_ = true;
        bring(at, state_.pages, state_.sure);
    }

    /// Brings the present state to the instruction `at`.
    void bring(uint64_t at, uint32_t pages, uint32_t sure) {
        const uint32_t before = 0 - target_bit(at);
        auto& join = joins_[at];
        join.first = (join.first & before) | (static_cast<uint32_t>(index_) & ~before);
        join.pages = (join.pages & before) | pages;
        join.missing = (join.missing & before) | ~(sure & pages);
        targets_[at / 64] |= uint64_t{1} << at % 64;
        if (pages != 0) stops_[at / 64] |= uint64_t{1} << at % 64;
    }

    /// A direct branch. Mostly without jumps: whether one leaves the function, or is the last of a block, cannot be
    /// guessed, and a wrong guess costs more than all of this.
    template <bool kHasPages>
    uint32_t branch(uint32_t w, ArmClass sort) {
        const BranchForm& form = kBranchForms[static_cast<size_t>(sort) - static_cast<size_t>(ArmClass::kJump)];
        const auto distance = static_cast<int64_t>(static_cast<uint64_t>(w) << form.left) >> form.right;
        const uint64_t target = here() + static_cast<uint64_t>(distance & ~int64_t{3});
        const bool leaves = !is_inside(target);
        const auto stays = static_cast<uint32_t>(leaves) - 1;
        refer_if(leaves, ReferenceKind::kBranch, target);
        const uint64_t at = index_ + static_cast<uint64_t>(distance >> 2);
        const uint64_t down = distance >= 4 && at < count_ ? at : nowhere_;
        if constexpr (kHasPages) {
            bring(down, state_.pages, state_.sure);
            state_.branch_pages |= state_.pages & (form.unwind | stays);
            if (distance < 4 && at < count_ && !leaves) bring_back(at);
            state_.sure &= form.kept;
        } else {
            bring(down, 0, 0);
        }
        if (sort == ArmClass::kJump) end_block();
        return w & (form.mask | stays);
    }

    uint32_t relative(uint32_t w, uint64_t target, uint32_t mask, ReferenceKind kind, uint32_t size = 0) {
        if (is_inside(target)) return w;
        refer(kind, target, size);
        return w & mask;
    }

    void forget(uint32_t reg) { state_.pages &= ~(1U << (reg & 31)); }

    void hold(uint32_t reg, uint64_t page, bool sure) {
        if (reg == 31) return;
        state_.pages |= 1U << reg;
        state_.sure = (state_.sure & ~(1U << reg)) | static_cast<uint32_t>(sure) << reg;
        state_.page_of[reg] = page;
        state_.set_at[reg] = static_cast<uint32_t>(index_);
    }

    uint32_t low_bits(uint32_t w, uint32_t scale, ReferenceKind kind) {
        const uint32_t base = (w >> 5) & 31;
        if (((state_.pages >> base) & 1) == 0) return w;
        if (((state_.sure >> base) & 1) == 0) {
            refer(ReferenceKind::kUnknown, 0);
        } else {
            refer(kind, state_.page_of[base] + static_cast<uint64_t>((w >> 10) & 0xfff) * scale,
                  kind == ReferenceKind::kAccess ? scale : 0);
        }
        return w & kMask12;
    }

    uint32_t special(uint32_t w, ArmClass sort) {
        uint32_t masked = w;
        switch (sort) {
            case ArmClass::kPlain:
                return w;
            case ArmClass::kWrites:
                forget(w);
                return w;
            case ArmClass::kWritesPair:
                forget(w);
                forget(w >> 10);
                return w;
            case ArmClass::kOffset:
                return low_bits(w, access_size(w), ReferenceKind::kAccess);
            case ArmClass::kOffsetLoad:
                masked = low_bits(w, access_size(w), ReferenceKind::kAccess);
                forget(w);
                return masked;
            case ArmClass::kAddOffset:
                masked = low_bits(w, 1, ReferenceKind::kAddress);
                forget(w);
                return masked;
            case ArmClass::kMove:
                move(w);
                return w;
            case ArmClass::kAdrp:
                hold(w & 31, (here() & ~uint64_t{0xfff}) + static_cast<uint64_t>(page_operand(w) * 4096), true);
                return w & kMaskPage;
            case ArmClass::kAdr:
                forget(w);
                return relative(w, here() + static_cast<uint64_t>(page_operand(w)), kMaskPage, ReferenceKind::kAddress);
            case ArmClass::kLiteral:
            case ArmClass::kLiteralLoad:
                if (sort == ArmClass::kLiteralLoad) forget(w);
                return relative(w, here() + static_cast<uint64_t>(signed_bits(w, 5, 19) * 4), kMask19,
                                ReferenceKind::kAccess, literal_size(w));
            case ArmClass::kIndirectCall:
                called();
                return w;
            default:
                end_block();
                return w;
        }
    }

    static uint32_t literal_size(uint32_t w) {
        const uint32_t opc = w >> 30;
        if ((w & 0x04000000) != 0) return opc == 3 ? 0 : 4U << opc;
        return opc == 1 ? 8 : opc == 3 ? 0 : 4;
    }

    /// Some callees keep registers that others may change, so pages stay masked; they are no longer sure.
    void called() {
        state_.branch_pages |= state_.pages;
        state_.sure &= kCalleeSaved;
    }

    void end_block() {
        state_.branch_pages |= state_.pages;
        state_.after_end = true;
        if (index_ + 1 < count_) enter_after_end(index_ + 1);
    }

    void move(uint32_t w) {
        const uint32_t from = (w >> 16) & 31;
        const bool plain = (w & 0xffe0ffe0) == 0xaa0003e0;
        if (plain && ((state_.pages >> from) & 1) != 0) {
            hold(w & 31, state_.page_of[from], ((state_.sure >> from) & 1) != 0);
        } else {
            forget(w);
        }
    }

    Arm64Fingerprinter::Join* const joins_;
    uint32_t* const masked_;
    uint64_t* const targets_;
    uint64_t* const stops_;
    std::vector<uint32_t>& guesses_;
    const uint8_t* const words_;
    const uint64_t count_;
    const uint64_t nowhere_;  ///< index for branches to elsewhere: behind all others
    const uint64_t piece_;
    const uint64_t size_;
    const uint64_t address_;
    Arm64Fingerprinter::State& state_;
    const Arm64Fingerprinter::Flow start_;
    Reference* const references_;
    Reference* found_;
    uint64_t index_ = 0;
    bool again_ = false;
};

uint64_t Arm64Fingerprinter::fingerprint(std::span<const uint8_t> code, uint64_t address,
                                         std::vector<Reference>& references) {
    uint64_t hash = code.size();
    const size_t first = references.size();
    State state;
    for (uint64_t piece = 0; piece < code.size(); piece += kPieceWords * 4) {
        const uint64_t words = std::min<uint64_t>((code.size() - piece) / 4, kPieceWords);
        make_room(words);
        Arm64Scan scan(*this, code, address, piece, state);
        int passes = 1;
        while (!scan.run() && passes < kMaxPasses) ++passes;
        references.insert(references.end(), scan.references().begin(), scan.references().end());
        bound(references, first);
        if (piece + kPieceWords * 4 < code.size()) state.set_at.fill(0);  // before the next piece
        uint64_t bytes = words * 4;
        if (words < kPieceWords && piece + bytes < code.size()) {  // an odd tail
            masked_[words] = 0;
            std::memcpy(&masked_[words], code.data() + piece + bytes, code.size() - piece - bytes);
            bytes += 4;
        }
        hash = hash_bytes(masked_.data(), bytes, hash);
    }
    return hash == 0 ? 1 : hash;
}

void Arm64Fingerprinter::make_room(uint64_t words) {
    if (masked_.size() > words) return;
    const size_t rounded = (words / 64 + 1) * 64;
    masked_.resize(rounded);
    references_.resize(rounded);
    joins_.resize(rounded + 1);
    targets_.resize(rounded / 64 + 1);
    stops_.resize(rounded / 64 + 1);
}

}  // namespace strata::code
