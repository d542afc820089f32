#include "code/x86_64.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <cstring>

#include "code/x86_64_length.h"
#include "code/x86_64_quick.h"

namespace strata::code {

namespace {

constexpr uint64_t kPiece = 1U << 20;
/// Functions up to this size are read side by side,
constexpr uint64_t kLarge = 1U << 13;
/// as many as have this size together: they stay near the processor.
constexpr uint64_t kTogether = 1U << 16;

/// Bits of a mark's word that quick ones leave zero: what comes on top of the place of their displacement.
constexpr unsigned kMoreOffset = 24;

/// Of the 32 bits at a displacement: those that are not its own.
unsigned unused_bits(uint32_t word) {
    static_assert(x86::kQuickRel8 == 1U << 6);
    return (word >> 6 & 1) * 24;
}

/// Bytes from the instruction's start to its displacement.
unsigned field_of(uint32_t word) {
    const unsigned from_end = (word & x86::kQuickLength) - 4 + unused_bits(word) / 8;
    const unsigned from_start = x86::quick_rip_offset(word) + (word >> kMoreOffset);
    static_assert(x86::kQuickRip == 1U << 5);
    return from_end + ((from_start - from_end) & (0 - (word >> 5 & 1)));  // one or the other; a jump would be guessed
}

/// What the memory operand of a reference is for. `instruction` is not masked yet.
void describe(const uint8_t* instruction, Reference& reference) {
    const X86Shape shape = x86_shape(instruction);
    reference.kind = shape.is_lea ? ReferenceKind::kAddress : ReferenceKind::kAccess;
    reference.size = shape.is_lea ? 0 : shape.access;
}

/// Compilers make a jump of a comparison here, and it would be guessed.
constexpr unsigned is_equal(unsigned a, unsigned b) {
    return ((a ^ b) - 1) >> 31;
}

/// The same without a jump; does nothing to branches. False for opcodes of several bytes and for prefixes but REX.
bool describe_quick(const uint8_t* instruction, unsigned displacement, uint32_t word, Reference& reference) {
    const unsigned rex = (instruction[0] & 0xf0) == 0x40 ? 1 : 0;
    const uint8_t opcode = instruction[rex];
    const unsigned is_rip = word >> 5 & 1;
    const unsigned is_lea = is_equal(opcode, 0x8d);
    const unsigned is_wide = is_equal(opcode, 0xff) | (rex & static_cast<unsigned>(instruction[0] >> 3));
    static_assert(static_cast<unsigned>(ReferenceKind::kBranch) == 0 &&
                  static_cast<unsigned>(ReferenceKind::kAddress) == 1 &&
                  static_cast<unsigned>(ReferenceKind::kAccess) == 2);
    reference.kind = static_cast<ReferenceKind>(is_rip * (2 - is_lea));
    reference.size = static_cast<uint8_t>((is_rip & is_wide & (1 - is_lea)) * 8);
    return (is_rip & (displacement != rex + 2 ? 1 : 0)) == 0;
}

}  // namespace

struct X86Fingerprinter::Decoder {
    ZydisDecoder zydis;

    /// `window` as for x86_shape(); only the first `size` bytes belong to the function. Length 1 for what is no
    /// instruction.
    X86Shape shape(const uint8_t* window, uint64_t size) const {
        X86Shape shape = x86_shape(window);
        if (shape.length != 0 && shape.length <= size) return shape;
        ZydisDecodedInstruction instruction;
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&zydis, nullptr, window, std::min<uint64_t>(size, kX86Longest),
                                                        &instruction)))
            return {.length = 1};
        shape = {.length = instruction.length};
        const auto& raw = instruction.raw;
        if (raw.disp.size == 32 && raw.modrm.offset != 0 && raw.modrm.mod == 0 && raw.modrm.rm == 5)
            shape.rip_offset = raw.disp.offset;
        if (raw.imm[0].size != 0 && raw.imm[0].is_relative && (raw.imm[0].size == 8 || raw.imm[0].size == 32)) {
            shape.branch_offset = raw.imm[0].offset;
            shape.branch_size = static_cast<uint8_t>(raw.imm[0].size / 8);
        }
        shape.is_lea = instruction.mnemonic == ZYDIS_MNEMONIC_LEA;
        return shape;
    }
};

X86Fingerprinter::X86Fingerprinter() : decoder_(std::make_unique<Decoder>()) {
    ZydisDecoderInit(&decoder_->zydis, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisDecoderEnableMode(&decoder_->zydis, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
}

X86Fingerprinter::~X86Fingerprinter() = default;

uint64_t X86Fingerprinter::fingerprint(std::span<const uint8_t> code, uint64_t address,
                                       std::vector<Reference>& references) {
    uint64_t hash = code.size();
    const size_t first = references.size();
    for (uint64_t piece = 0; piece < code.size();) {
        const uint64_t room = std::min(code.size() - piece, kPiece + kX86Longest);
        if (masked_.size() < room + kX86Window) masked_.resize(room + kX86Window);
        std::memcpy(masked_.data(), code.data() + piece, room);
        std::memset(masked_.data() + room, 0, kX86Window);
        // Shorter instructions than two bytes have no displacement.
        const uint64_t marks = room / 2 + kStreams * (kSlack + 1);
        if (marks_.size() < marks) marks_.resize(marks);
        const Stream found = scan(code.size() - piece);
        mask({0, piece, code.size(), address, {marks_.data(), found.mark}, 0}, references);
        bound(references, first);
        hash = hash_bytes(masked_.data(), found.at, hash);
        piece += found.at;
    }
    return hash == 0 ? 1 : hash;
}

/// Each of four streams reads a function and takes another one at its end: their beginnings are known, so none of them
/// has to guess.
void X86Fingerprinter::fingerprint_all(std::span<const Function> functions, const Take& take) {
    const auto is_alone = [](const Function& function) {
        return function.code.empty() || function.code.size() > kLarge;
    };
    for (size_t i = 0; i < functions.size(); ++i) {
        if (!is_alone(functions[i])) continue;
        references_.clear();
        const uint64_t found = fingerprint(functions[i].code, functions[i].address, references_);
        take(i, found, references_);
    }
    const size_t marks = (kTogether + kLarge + kX86Window) / 2;
    if (marks_.size() < marks) marks_.resize(marks);
    if (masked_.size() < 2 * marks) masked_.resize(2 * marks);
    for (size_t i = 0; i < functions.size(); ++i) {
        if (is_alone(functions[i])) continue;
        add_place(functions[i], i);
        if (placed_ > kTogether) finish_places(take);
    }
    finish_places(take);
}

void X86Fingerprinter::add_place(const Function& function, size_t index) {
    const auto& code = function.code;
    std::memcpy(masked_.data() + placed_, code.data(), code.size());
    std::memset(masked_.data() + placed_ + code.size(), 0, kX86Window);
    places_.push_back({placed_, 0, code.size(), function.address, {marks_.data() + placed_ / 2, 0}, index});
    placed_ += (code.size() + kX86Window + 1) & ~uint64_t{1};
}

void X86Fingerprinter::finish_places(const Take& take) {
    scan_all();
    for (const auto& place : places_) {
        references_.clear();
        mask(place, references_);
        const uint64_t hash = hash_bytes(masked_.data() + place.begin, place.size, place.size);
        take(place.index, hash == 0 ? 1 : hash, references_);
    }
    places_.clear();
    placed_ = 0;
}

/// Notes the displacements of all places.
void X86Fingerprinter::scan_all() {
    std::array<Stream, kStreams> streams;
    std::array<Place*, kStreams> read{};
    auto next = places_.begin();
    const auto refill = [&](unsigned i) {
        read[i] = next == places_.end() ? nullptr : &*next++;
        if (read[i] != nullptr) start(streams[i], *read[i]);
        return read[i] != nullptr;
    };
    bool is_full = true;
    for (unsigned i = 0; i < kStreams; ++i) is_full = refill(i) && is_full;
    while (is_full) {
        run(streams);
        for (unsigned i = 0; i < kStreams; ++i) {
            if (streams[i].at < streams[i].end) continue;
            finish(streams[i], *read[i]);
            is_full = refill(i) && is_full;
        }
    }
    for (unsigned i = 0; i < kStreams; ++i) {
        if (read[i] == nullptr) continue;
        run(streams[i]);
        finish(streams[i], *read[i]);
    }
}

void X86Fingerprinter::start(Stream& stream, const Place& place) {
    stream = {place.begin, place.begin + place.size, place.marks.data(), place.marks.data(), place.begin + place.size};
}

void X86Fingerprinter::finish(Stream& stream, Place& place) {
    if (stream.at != stream.end) {  // the last instruction is not all there: again, and with a look at the end
        start(stream, place);
        run(stream);
    }
    place.marks = {place.marks.data(), stream.mark};
}

/// Notes the displacements of a piece in marks_; `size` bytes of the function are left from it on. Returns where the
/// reading ended: behind whole instructions.
///
/// Where an instruction ends is known only some twenty cycles after where it begins, and a processor could do three
/// times as much meanwhile. So a piece is read from four places at once. Three of them are guesses that may be in the
/// middle of an instruction; but x86 code falls into step within a few of them, and from an address on which two
/// readings agree they are the same. Readings that do not agree soon are thrown away.
X86Fingerprinter::Stream X86Fingerprinter::scan(uint64_t size) {
    const uint64_t end = std::min(size, kPiece);
    const uint64_t quarter = end / kStreams;
    std::array<Stream, kStreams> streams;
    for (unsigned i = 0; i < kStreams; ++i) {
        Mark* const marks = marks_.data() + i * (quarter / 2 + kSlack);
        streams[i] = {i * quarter, (i + 1) * quarter, marks, marks, size};
    }
    Stream& first = streams.front();
    if (end >= kSplit) {
        streams.back().end = end - kX86Longest;
        run(streams);
        streams.back().end = end;
        for (auto& stream : streams) run(stream);
        for (unsigned i = 1; i < kStreams && join(first, streams[i], i * quarter); ++i) {
        }
    }
    first.end = end;
    run(first);
    return first;
}

/// Until one of them comes to its end.
void X86Fingerprinter::run(std::array<Stream, kStreams>& streams) {
    const uint8_t* const bytes = masked_.data();
    const x86::QuickTable& table = table_;
    auto [a, b, c, d] = streams;
    while (a.at < a.end && b.at < b.end && c.at < c.end && d.at < d.end) {
        const std::array<uint32_t, kStreams> words{table(bytes + a.at), table(bytes + b.at), table(bytes + c.at),
                                                   table(bytes + d.at)};
        if (((words[0] | words[1] | words[2] | words[3]) & x86::kQuickRare) != 0) [[unlikely]] {
            step(a, words[0]);
            step(b, words[1]);
            step(c, words[2]);
            step(d, words[3]);
            continue;
        }
        a.add(words[0]);
        b.add(words[1]);
        c.add(words[2]);
        d.add(words[3]);
    }
    streams = {a, b, c, d};
}

/// To its end.
void X86Fingerprinter::run(Stream& stream) {
    Stream own = stream;
    while (own.at < own.end) step(own, table_(masked_.data() + own.at));
    stream = own;
}

/// Goes on with what `next`, which began at `begin`, has found. False: `stream` is past its beginning and has found
/// nothing that both agree on.
bool X86Fingerprinter::join(Stream& stream, const Stream& next, uint64_t begin) {
    const uint8_t* const bytes = masked_.data();
    const Mark* mark = next.first;
    uint64_t other = begin;
    while (stream.at != other) {
        if (stream.at >= next.at || stream.at - begin >= kSlack) return false;
        if (stream.at < other) {
            step(stream, table_(bytes + stream.at));
            continue;
        }
        std::array<Mark, 2> unused;
        Stream skipped{other, 0, unused.data(), unused.data(), next.limit};
        step(skipped, table_(bytes + other));
        mark += skipped.mark - skipped.first;
        other = skipped.at;
    }
    stream.mark = std::copy(mark, const_cast<const Mark*>(next.mark), stream.mark);
    stream.at = next.at;
    return true;
}

void X86Fingerprinter::step(Stream& stream, uint32_t word) {
    const uint64_t length = word & x86::kQuickLength;
    if ((word & x86::kQuickRare) == 0 && length <= stream.limit - stream.at) [[likely]]
        stream.add(word);
    else
        step_rare(stream);
}

/// Over an instruction that is none of the quick ones.
void X86Fingerprinter::step_rare(Stream& stream) {
    const X86Shape shape = decoder_->shape(masked_.data() + stream.at, stream.limit - stream.at);
    uint32_t word = shape.length;
    if (shape.rip_offset != 0)
        word |= x86::kQuickRip | (shape.rip_offset - x86::quick_rip_offset(0)) << kMoreOffset;
    else if (shape.branch_offset != 0)
        word |= shape.branch_size == 1 ? x86::kQuickRel8 : x86::kQuickRel32;
    stream.add(word);
}

/// Masks the displacements that leave the function and says what they lead to. Without jumps on what a displacement is,
/// as those would be predicted wrongly half of the time.
void X86Fingerprinter::mask(const Place& place, std::vector<Reference>& references) {
    const size_t before = references.size();
    references.resize(before + place.marks.size());
    Reference* reference = references.data() + before;
    Mark* left = place.marks.data();
    for (const Mark mark : place.marks) {
        uint32_t raw = 0;
        std::memcpy(&raw, masked_.data() + mark.at + field_of(mark.word), sizeof raw);
        const unsigned unused = unused_bits(mark.word);
        const auto distance = static_cast<int64_t>(static_cast<int32_t>(raw << unused) >> unused);
        const uint64_t offset = place.piece + mark.at - place.begin;
        const uint64_t target =
            place.address + offset + (mark.word & x86::kQuickLength) + static_cast<uint64_t>(distance);
        *reference = {target, static_cast<uint32_t>(offset), ReferenceKind::kBranch, 0};
        *left = mark;
        const size_t leaves = target - place.address >= place.size ? 1 : 0;
        reference += leaves;
        left += leaves;
    }
    const std::span<const Mark> leaving(place.marks.data(), left);
    references.resize(before + leaving.size());
    reference = references.data() + before;
    for (const Mark mark : leaving) {
        uint8_t* const instruction = masked_.data() + mark.at;
        const unsigned field = field_of(mark.word);
        if (!describe_quick(instruction, field, mark.word, *reference)) [[unlikely]]
            describe(instruction, *reference);
        ++reference;
        uint32_t raw = 0;
        std::memcpy(&raw, instruction + field, sizeof raw);
        raw &= ~(UINT32_MAX >> unused_bits(mark.word));
        std::memcpy(instruction + field, &raw, sizeof raw);
    }
}

}  // namespace strata::code
