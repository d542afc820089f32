// Fingerprints of the functions of ELF and PE files (arm64 and x86-64).
//
// What operands lead to is told as far as symbols, strings and sections do. Which import a stub of the procedure
// linkage table calls is not: a call of another import is seen in the imports, not in the function.
#include <algorithm>

#include "code/fingerprint.h"
#include "extract/foreign_image.h"
#include "extract/foreign_meanings.h"
#include "macho/other_formats.h"
#include "record/code.h"

namespace strata::extract {
namespace {

using code::Reference;

constexpr uint64_t kStep = 1U << 20;
class ForeignCode {
  public:
    ForeignCode(const ForeignImage& image, const ForeignMeanings& meanings,
                std::unique_ptr<code::Fingerprinter> fingerprinter)
        : image_(image), meanings_(meanings), fingerprinter_(std::move(fingerprinter)) {
        // Functions of hostile sizes lie on top of each other.
        for (const auto& section : image.facts.sections)
            if (image.holds_code(section)) budget_ += 2 * section.file_size;
    }

    record::CodeRecord read(const record::FunctionRecord& function) {
        if (function.section == 0 || function.size == 0 || function.size > budget_) return {};
        const auto& section = image_.facts.sections[function.section - 1];
        const auto bytes = image_.bytes_of(section);
        if (!image_.holds_code(section) || !bytes.contains(function.offset, function.size)) return {};
        budget_ -= function.size;
        references_.clear();
        record::CodeRecord record;
        record.code = fingerprinter_->fingerprint({bytes.data() + function.offset, function.size},
                                                  image_.section_addresses()[function.section - 1] + function.offset,
                                                  references_);
        record.references = digest_references();
        touched(function.size);
        return record;
    }

  private:
    uint64_t digest_references() {
        // Relocated operands of object files are zeros, and their addends are elsewhere: they lead nowhere yet.
        if (references_.empty() || image_.is_object()) return 0;
        words_.clear();
        for (const auto& reference : references_)
            words_.push_back(reference.kind == code::ReferenceKind::kUnknown ? ForeignMeanings::kNowhere
                                                                             : meanings_.of(reference.address));
        const uint64_t hash = code::hash_bytes(words_.data(), words_.size() * sizeof(uint64_t));
        return hash == 0 ? 1 : hash;
    }

    void touched(uint64_t bytes) {
        unreported_ += bytes;
        if (unreported_ < kStep) return;
        image_.touched(unreported_);
        unreported_ = 0;
    }

    const ForeignImage& image_;
    const ForeignMeanings& meanings_;
    std::unique_ptr<code::Fingerprinter> fingerprinter_;
    uint64_t budget_ = 0;
    std::vector<Reference> references_;
    std::vector<uint64_t> words_;
    uint64_t unreported_ = 0;
};

}  // namespace

void extract_foreign_code(const ForeignImage& image, const ForeignMeanings& meanings,
                          std::span<const record::FunctionRecord> functions, const record::ChunkSink& sink) {
    std::vector<record::CodeRecord> codes(functions.size());
    const auto& header = image.facts.header;
    const auto cpu = image.is_elf() ? macho::elf_cpu(header.machine, header.is_64, header.big_endian)
                                    : macho::pe_cpu(header.machine);
    // Instructions of big-endian ARM are little-endian, but nobody has such files to test with.
    auto fingerprinter = header.big_endian ? nullptr : code::make_fingerprinter(cpu.type);
    if (fingerprinter && !functions.empty()) {
        ForeignCode reader(image, meanings, std::move(fingerprinter));
        std::transform(functions.begin(), functions.end(), codes.begin(),
                       [&](const auto& function) { return reader.read(function); });
    }
    record::encode_code(codes, sink);
}

}  // namespace strata::extract
