// The few numbers of ELF that are needed beside LIEF: by the worker to prepare a file for it, by extraction to
// understand the facts. After the System V ABI and <elf.h>.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"

namespace strata::foreign {

inline constexpr uint32_t kEtRel = 1;
inline constexpr uint32_t kEtExec = 2;
inline constexpr uint32_t kEtDyn = 3;
inline constexpr uint32_t kEtCore = 4;

inline constexpr uint32_t kShtNull = 0;
inline constexpr uint32_t kShtProgbits = 1;
inline constexpr uint32_t kShtStrtab = 3;
inline constexpr uint32_t kShtRela = 4;
inline constexpr uint32_t kShtNobits = 8;
inline constexpr uint32_t kShtRel = 9;
inline constexpr uint32_t kShtUnwind = 0x70000001;  ///< SHT_X86_64_UNWIND, SHT_ARM_EXIDX
inline constexpr uint64_t kShfWrite = 0x1;
inline constexpr uint64_t kShfAlloc = 0x2;
inline constexpr uint64_t kShfExec = 0x4;
inline constexpr uint64_t kShfStrings = 0x20;
inline constexpr uint64_t kShfTls = 0x400;
inline constexpr uint64_t kShfCompressed = 0x800;

inline constexpr uint32_t kPtLoad = 1;
inline constexpr uint32_t kPtDynamic = 2;
inline constexpr uint32_t kPtInterp = 3;
inline constexpr uint32_t kPtTls = 7;
inline constexpr uint32_t kPtGnuEhFrame = 0x6474e550;
inline constexpr uint32_t kPtGnuStack = 0x6474e551;
inline constexpr uint32_t kPtGnuRelro = 0x6474e552;

inline constexpr uint32_t kDtFlags = 30;
inline constexpr uint32_t kDtFlags1 = 0x6ffffffb;

inline constexpr uint32_t kSttObject = 1;
inline constexpr uint32_t kSttFunc = 2;
inline constexpr uint32_t kSttSection = 3;
inline constexpr uint32_t kSttFile = 4;
inline constexpr uint32_t kSttCommon = 5;
inline constexpr uint32_t kSttTls = 6;
inline constexpr uint32_t kSttIfunc = 10;

inline constexpr uint32_t kNoteAbiTag = 1;
inline constexpr uint32_t kNoteBuildId = 3;

inline constexpr uint32_t kEmArm = 40;

/// Numbers of an ELF file in the byte order its header names. Throws std::runtime_error when they are outside.
class ElfNumbers {
  public:
    explicit ElfNumbers(std::span<const uint8_t> file) : file_(file) {
        if (file.size() < 0x34) throw std::runtime_error("too short for an ELF header");
        if (file[4] != 1 && file[4] != 2) throw std::runtime_error("ELF class " + std::to_string(file[4]));
        if (file[5] != 1 && file[5] != 2) throw std::runtime_error("ELF byte order " + std::to_string(file[5]));
    }

    bool is_64() const { return file_[4] == 2; }
    uint16_t u16(uint64_t at) const { return static_cast<uint16_t>(number(at, 2)); }
    uint32_t u32(uint64_t at) const { return static_cast<uint32_t>(number(at, 4)); }
    uint64_t u64(uint64_t at) const { return number(at, 8); }

    /// Overwrites a number that was read before.
    void put_u32(std::vector<uint8_t>& file, uint64_t at, uint32_t value) const { put(file, at, value, 4); }
    void put_u64(std::vector<uint8_t>& file, uint64_t at, uint64_t value) const { put(file, at, value, 8); }

  private:
    bool little() const { return file_[5] == 1; }

    void check(uint64_t at, uint64_t size) const {
        if (at > file_.size() || size > file_.size() - at)
            throw std::runtime_error("ELF table at " + base::hex(at) + " leaves the file");
    }

    void put(std::vector<uint8_t>& file, uint64_t at, uint64_t value, unsigned size) const {
        check(at, size);
        for (unsigned i = 0; i < size; ++i)
            file[at + i] = static_cast<uint8_t>(value >> (8 * (little() ? i : size - 1 - i)));
    }

    uint64_t number(uint64_t at, unsigned size) const {
        check(at, size);
        uint64_t value = 0;
        for (unsigned i = 0; i < size; ++i) value |= uint64_t{file_[at + i]} << (8 * (little() ? i : size - 1 - i));
        return value;
    }

    std::span<const uint8_t> file_;
};

}  // namespace strata::foreign
