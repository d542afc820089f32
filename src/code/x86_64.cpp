#include "code/x86_64.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <cstring>

#include "code/x86_64_length.h"
#include "code/x86_64_quick.h"

namespace strata::code {

namespace {

constexpr uint64_t kPiece = 1U << 20;

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

/// What a memory operand is for. `instruction` is not masked yet.
void describe(const uint8_t* instruction, unsigned displacement, Reference& reference) {
    const unsigned rex = (instruction[0] & 0xf0) == 0x40 ? 1 : 0;
    const uint8_t opcode = instruction[rex];
    bool is_lea = opcode == 0x8d;
    unsigned access = opcode == 0xff || (rex & static_cast<unsigned>(instruction[0] >> 3)) != 0 ? 8 : 0;
    if (displacement != rex + 2) [[unlikely]] {  // prefixes, or an opcode of several bytes
        const X86Shape shape = x86_shape(instruction);
        is_lea = shape.is_lea;
        access = shape.access;
    }
    reference.kind = is_lea ? ReferenceKind::kAddress : ReferenceKind::kAccess;
    reference.size = static_cast<uint8_t>(is_lea ? 0 : access);
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
    for (uint64_t piece = 0; piece < code.size();) {
        const uint64_t room = std::min(code.size() - piece, kPiece + kX86Longest);
        if (masked_.size() < room + kX86Window) masked_.resize(room + kX86Window);
        std::memcpy(masked_.data(), code.data() + piece, room);
        std::memset(masked_.data() + room, 0, kX86Window);
        // Shorter instructions than two bytes have no displacement.
        const uint64_t marks = room / 2 + kStreams * (kSlack + 1);
        if (marks_.size() < marks) marks_.resize(marks);
        const uint64_t scanned = scan(code, piece);
        mask(code, address, piece, references);
        hash = hash_bytes(masked_.data(), scanned, hash);
        piece += scanned;
    }
    return hash == 0 ? 1 : hash;
}

/// Notes the displacements of a piece in marks_. Returns its bytes: whole instructions.
///
/// Where an instruction ends is known only some twenty cycles after where it begins, and a processor could do three
/// times as much meanwhile. So a piece is read from four places at once. Three of them are guesses that may be in the
/// middle of an instruction; but x86 code falls into step within a few of them, and from an address on which two
/// readings agree they are the same. Readings that do not agree soon are thrown away.
uint64_t X86Fingerprinter::scan(std::span<const uint8_t> code, uint64_t piece) {
    left_ = code.size() - piece;
    const uint64_t end = std::min(left_, kPiece);
    const uint64_t quarter = end / kStreams;
    std::array<Stream, kStreams> streams;
    for (unsigned i = 0; i < kStreams; ++i) {
        Mark* const marks = marks_.data() + i * (quarter / 2 + kSlack);
        streams[i] = {i * quarter, (i + 1) * quarter, marks, marks};
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
    mark_count_ = static_cast<size_t>(first.mark - marks_.data());
    return first.at;
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
        Stream skipped{other, 0, unused.data(), unused.data()};
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
    if ((word & x86::kQuickRare) == 0 && length <= left_ - stream.at) [[likely]]
        stream.add(word);
    else
        step_rare(stream);
}

/// Over an instruction that is none of the quick ones.
void X86Fingerprinter::step_rare(Stream& stream) {
    const X86Shape shape = decoder_->shape(masked_.data() + stream.at, left_ - stream.at);
    uint32_t word = shape.length;
    if (shape.rip_offset != 0)
        word |= x86::kQuickRip | (shape.rip_offset - x86::quick_rip_offset(0)) << kMoreOffset;
    else if (shape.branch_offset != 0)
        word |= shape.branch_size == 1 ? x86::kQuickRel8 : x86::kQuickRel32;
    stream.add(word);
}

/// Masks the displacements that leave the function and says what they lead to. Without jumps on what a displacement is,
/// as those would be predicted wrongly half of the time.
void X86Fingerprinter::mask(std::span<const uint8_t> code, uint64_t address, uint64_t piece,
                            std::vector<Reference>& references) {
    const size_t before = references.size();
    references.resize(before + mark_count_);
    Reference* reference = references.data() + before;
    size_t leaving = 0;
    for (size_t i = 0; i < mark_count_; ++i) {
        const Mark mark = marks_[i];
        uint32_t raw = 0;
        std::memcpy(&raw, masked_.data() + mark.at + field_of(mark.word), sizeof raw);
        const unsigned unused = unused_bits(mark.word);
        const auto distance = static_cast<int64_t>(static_cast<int32_t>(raw << unused) >> unused);
        const uint64_t offset = piece + mark.at;
        const uint64_t target = address + offset + (mark.word & x86::kQuickLength) + static_cast<uint64_t>(distance);
        *reference = {target, static_cast<uint32_t>(offset), ReferenceKind::kBranch, 0};
        marks_[leaving] = mark;
        const size_t leaves = target - address >= code.size() ? 1 : 0;
        reference += leaves;
        leaving += leaves;
    }
    references.resize(before + leaving);
    reference = references.data() + before;
    for (size_t i = 0; i < leaving; ++i, ++reference) {
        const uint32_t word = marks_[i].word;
        uint8_t* const instruction = masked_.data() + marks_[i].at;
        const unsigned field = field_of(word);
        if ((word & x86::kQuickRip) != 0) describe(instruction, field, *reference);
        uint32_t raw = 0;
        std::memcpy(&raw, instruction + field, sizeof raw);
        raw &= ~(UINT32_MAX >> unused_bits(word));
        std::memcpy(instruction + field, &raw, sizeof raw);
    }
}

}  // namespace strata::code
