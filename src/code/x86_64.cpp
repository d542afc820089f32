#include "code/x86_64.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <cstring>

#include "code/x86_64_length.h"

namespace strata::code {

namespace {

constexpr uint64_t kPiece = 1U << 20;
constexpr uint64_t kLongest = 15;  // bytes of an instruction

int64_t displacement(const uint8_t* at, unsigned size) {
    if (size == 1) return static_cast<int8_t>(*at);
    int32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
}

}  // namespace

struct X86Fingerprinter::Decoder {
    ZydisDecoder zydis;

    X86Shape shape(const uint8_t* code, uint64_t size) const {
        X86Shape shape = x86_shape(code, size);
        if (shape.length != 0) return shape;
        ZydisDecodedInstruction instruction;
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&zydis, nullptr, code, std::min(size, kLongest), &instruction)))
            return {.length = 1};
        shape.length = instruction.length;
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
    uint64_t at = 0;
    while (at < code.size()) {
        const uint64_t piece = at;
        const uint64_t room = std::min(code.size() - piece, kPiece + kLongest);
        masked_.resize(std::max<size_t>(masked_.size(), room));
        std::memcpy(masked_.data(), code.data() + piece, room);
        while (at < code.size() && at - piece < kPiece) {
            const X86Shape shape = decoder_->shape(code.data() + at, code.size() - at);
            const auto mask = [&](unsigned offset, unsigned size, ReferenceKind kind, uint8_t access) {
                const uint64_t target =
                    address + at + shape.length + static_cast<uint64_t>(displacement(code.data() + at + offset, size));
                if (target - address < code.size()) return;
                std::memset(masked_.data() + (at - piece) + offset, 0, size);
                references.push_back({target, static_cast<uint32_t>(at), kind, access});
            };
            if (shape.rip_offset != 0)
                mask(shape.rip_offset, 4, shape.is_lea ? ReferenceKind::kAddress : ReferenceKind::kAccess,
                     shape.is_lea ? 0 : shape.access);
            if (shape.branch_offset != 0) mask(shape.branch_offset, shape.branch_size, ReferenceKind::kBranch, 0);
            at += shape.length;
        }
        hash = hash_bytes(masked_.data(), at - piece, hash);
    }
    return hash == 0 ? 1 : hash;
}

}  // namespace strata::code
