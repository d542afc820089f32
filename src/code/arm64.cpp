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
constexpr uint32_t kTargetMark = 1U << 31;
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

}  // namespace

/// One pass over one piece of a function.
class Arm64Scan {
  public:
    Arm64Scan(Arm64Fingerprinter& scratch, std::span<const uint8_t> code, uint64_t address, uint64_t piece,
              Arm64Fingerprinter::State& state, std::vector<Reference>& references)
        : joins_(scratch.joins_),
          masked_(scratch.masked_),
          guesses_(scratch.guesses_),
          words_(code.data() + piece),
          count_(std::min<uint64_t>((code.size() - piece) / 4, kPieceWords)),
          piece_(piece),
          size_(code.size()),
          address_(address),
          state_(state),
          start_(state),
          references_(references),
          first_reference_(references.size()) {}

    /// Masks the piece into `masked_`. False: a jump from below brought pages to a block that was thought to have
    /// none; the joins know now, and the pass has to be made again.
    bool run() {
        references_.resize(first_reference_);
        guesses_.clear();
        state_.pages = start_.pages;
        state_.sure = again_ ? 0 : start_.sure;  // the pass before may have overwritten what the piece began with
        again_ = false;
        state_.branch_pages = start_.branch_pages;
        state_.after_end = start_.after_end;
        // Kept out of memory: what is written through `out` could be anything else of its type.
        const Arm64Fingerprinter::Join* const joins = joins_.data();
        uint32_t* const out = masked_.data();
        uint32_t pages = state_.pages;
        bool after_end = state_.after_end;
        for (uint64_t i = 0; i < count_; ++i) {
            const uint32_t w = word(i);
            const auto sort = kArmClasses[w >> 21];
            if (sort <= ArmClass::kMove && !after_end && joins[i].missing == 0 && !uses(pages, w, sort)) [[likely]] {
                out[i] = w;
                pages &= ~overwritten(w, sort);
                continue;
            }
            index_ = i;
            state_.pages = pages;
            if (after_end || joins[i].missing != 0) enter_block();
            out[i] = special(w, sort);
            pages = state_.pages;
            after_end = state_.after_end;
        }
        return !again_;
    }

  private:
    uint32_t word(uint64_t index) const {
        uint32_t w = 0;
        std::memcpy(&w, words_ + index * 4, sizeof w);
        return w;
    }
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
    uint64_t here() const { return address_ + piece_ + index_ * 4; }
    bool is_inside(uint64_t target) const { return target - address_ < size_; }

    void refer(ReferenceKind kind, uint64_t target, uint32_t size = 0) {
        references_.push_back({target, static_cast<uint32_t>(piece_ + index_ * 4), kind, static_cast<uint8_t>(size)});
    }

    void enter_block() {
        const auto join = joins_[index_];
        if (state_.after_end) {
            state_.after_end = false;
            if (join.missing != 0) {
                state_.pages = join.pages;
                state_.sure = unchanged_since(join.first, join.pages & ~join.missing);
                return;
            }
            // Reached by a jump table, by unwinding, or from below.
            state_.pages = state_.branch_pages;
            state_.sure = 0;
            guesses_.push_back(static_cast<uint32_t>(index_));
            return;
        }
        state_.sure &= state_.pages & ~join.missing;
        state_.pages |= join.pages;
    }

    /// Those of `registers` whose page was set before instruction `index`: what is known of them is what it was there.
    uint32_t unchanged_since(uint32_t index, uint32_t registers) const {
        for (uint32_t left = registers; left != 0; left &= left - 1) {
            const auto reg = static_cast<uint32_t>(std::countr_zero(left));
            if (state_.set_at[reg] > index) registers &= ~(1U << reg);
        }
        return registers;
    }

    /// A branch inside the function brings the present state to its target.
    void bring(uint64_t target) {
        state_.branch_pages |= state_.pages;
        const uint64_t at = (target - address_ - piece_) / 4;
        if (target < address_ + piece_ || at >= count_) return;
        auto& join = joins_[at];
        if (at <= index_) {
            // From below: news only for a block that nothing above leads to.
            if ((state_.pages & ~join.pages) != 0 &&
                std::binary_search(guesses_.begin(), guesses_.end(), static_cast<uint32_t>(at)))
                again_ = true;
            else
                return;
        }
        if (join.missing == 0) join.first = static_cast<uint32_t>(index_);
        join.pages |= state_.pages;
        join.missing |= ~(state_.sure & state_.pages) | kTargetMark;
    }

    /// The masked form of a branch with `mask` for its displacement.
    uint32_t branch(uint32_t w, int64_t displacement, uint32_t mask) {
        const uint64_t target = here() + static_cast<uint64_t>(displacement * 4);
        if (is_inside(target)) {
            bring(target);
            return w;
        }
        refer(ReferenceKind::kBranch, target);
        return w & mask;
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
            default:
                return control(w, sort);
        }
    }

    static uint32_t literal_size(uint32_t w) {
        const uint32_t opc = w >> 30;
        if ((w & 0x04000000) != 0) return opc == 3 ? 0 : 4U << opc;
        return opc == 1 ? 8 : opc == 3 ? 0 : 4;
    }

    uint32_t control(uint32_t w, ArmClass sort) {
        uint32_t masked = w;
        switch (sort) {
            case ArmClass::kJump:
                masked = branch(w, signed_bits(w, 0, 26), kMask26);
                end_block();
                return masked;
            case ArmClass::kCall:
                masked = branch(w, signed_bits(w, 0, 26), kMask26);
                called();
                return masked;
            case ArmClass::kBranch19:
                return branch(w, signed_bits(w, 5, 19), kMask19);
            case ArmClass::kBranch14:
                return branch(w, signed_bits(w, 5, 14), kMask14);
            case ArmClass::kIndirectCall:
                called();
                return w;
            default:
                end_block();
                return w;
        }
    }

    /// Some callees keep registers that others may change, so pages stay masked; they are no longer sure.
    void called() {
        state_.branch_pages |= state_.pages;
        state_.sure &= kCalleeSaved;
    }

    void end_block() {
        state_.branch_pages |= state_.pages;
        state_.after_end = true;
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

    std::vector<Arm64Fingerprinter::Join>& joins_;
    std::vector<uint32_t>& masked_;
    std::vector<uint32_t>& guesses_;
    const uint8_t* const words_;
    const uint64_t count_;
    const uint64_t piece_;
    const uint64_t size_;
    const uint64_t address_;
    Arm64Fingerprinter::State& state_;
    const Arm64Fingerprinter::Flow start_;
    std::vector<Reference>& references_;
    const size_t first_reference_;
    uint64_t index_ = 0;
    bool again_ = false;
};

uint64_t Arm64Fingerprinter::fingerprint(std::span<const uint8_t> code, uint64_t address,
                                         std::vector<Reference>& references) {
    uint64_t hash = code.size();
    State state;
    for (uint64_t piece = 0; piece < code.size(); piece += kPieceWords * 4) {
        const uint64_t words = std::min<uint64_t>((code.size() - piece) / 4, kPieceWords);
        masked_.resize(std::max<size_t>(masked_.size(), words + 1));
        if (joins_.size() < words) joins_.resize(words);
        std::fill_n(joins_.begin(), words, Join{});
        Arm64Scan scan(*this, code, address, piece, state, references);
        int passes = 1;
        while (!scan.run() && passes < kMaxPasses) ++passes;
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

}  // namespace strata::code
