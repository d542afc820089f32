// Fingerprints of the functions of ELF and PE files (arm64 and x86-64).
//
// What operands lead to is told as far as symbols, strings and sections do; of ELF also which import a stub of the
// procedure linkage table calls, or a slot of the global offset table holds. PE calls imports through a table that is
// not followed: a call of another import is seen in the imports, not in the function.
#include "code/fingerprint.h"
#include "extract/foreign_image.h"
#include "extract/foreign_meanings.h"
#include "extract/function_batch.h"
#include "extract/import_slots.h"
#include "extract/limits.h"
#include "macho/other_formats.h"
#include "record/code.h"

namespace strata::extract {
namespace {

using code::Reference;

class ForeignCode {
  public:
    ForeignCode(const ForeignImage& image, const ForeignMeanings& meanings,
                std::unique_ptr<code::Fingerprinter> fingerprinter)
        : image_(image), meanings_(meanings), imports_(image), fingerprinter_(std::move(fingerprinter)) {
        // Functions of hostile sizes lie on top of each other.
        for (const auto& section : image.facts.sections)
            if (image.holds_code(section)) budget_ += 2 * section.file_size;
    }

    std::vector<record::CodeRecord> read(std::span<const record::FunctionRecord> functions) {
        std::vector<record::CodeRecord> records(functions.size());
        for (size_t i = 0; i < functions.size(); ++i) {
            add(functions[i], i);
            if (batch_.is_full()) finish(records);
        }
        finish(records);
        return records;
    }

  private:
    void add(const record::FunctionRecord& function, size_t index) {
        if (function.section == 0 || function.size == 0 || function.size > budget_) return;
        const auto& section = image_.facts.sections[function.section - 1];
        const auto bytes = image_.bytes_of(section);
        if (!image_.holds_code(section) || !bytes.contains(function.offset, function.size)) return;
        budget_ -= function.size;
        batch_.add({bytes.data() + function.offset, function.size},
                   image_.section_addresses()[function.section - 1] + function.offset, index);
    }

    void finish(std::vector<record::CodeRecord>& records) {
        const auto digest_of = [this](std::span<const code::Reference> references) { return digest(references); };
        touched(batch_.finish(*fingerprinter_, digest_of, records));
    }

    uint64_t digest(std::span<const Reference> references) {
        // Relocated operands of object files are zeros, and their addends are elsewhere: they lead nowhere yet.
        if (references.empty() || image_.is_object()) return 0;
        words_.clear();
        for (const auto& reference : references) words_.push_back(meaning_of(reference));
        const uint64_t hash = code::hash_bytes(words_.data(), words_.size() * sizeof(uint64_t));
        return hash == 0 ? 1 : hash;
    }

    uint64_t meaning_of(const Reference& reference) {
        if (reference.kind == code::ReferenceKind::kUnknown) return ForeignMeanings::kNowhere;
        const uint64_t import = imports_.find(reference.address);
        return import != 0 ? import : meanings_.of(reference.address);
    }

    void touched(uint64_t bytes) {
        unreported_ += bytes;
        if (unreported_ < kTouchedStep) return;
        image_.touched(unreported_);
        unreported_ = 0;
    }

    const ForeignImage& image_;
    const ForeignMeanings& meanings_;
    ImportSlots imports_;
    std::unique_ptr<code::Fingerprinter> fingerprinter_;
    uint64_t budget_ = 0;
    FunctionBatch batch_;
    std::vector<uint64_t> words_;
    uint64_t unreported_ = 0;
};

}  // namespace

void extract_foreign_code(const ForeignImage& image, const ForeignMeanings& meanings,
                          std::span<const record::FunctionRecord> functions, const record::ChunkSink& sink) {
    std::vector<record::CodeRecord> codes(functions.size());  // zeros where nothing is known
    const auto& header = image.facts.header;
    const auto cpu = image.is_elf() ? macho::elf_cpu(header.machine, header.is_64, header.big_endian)
                                    : macho::pe_cpu(header.machine);
    // Instructions of big-endian ARM are little-endian, but nobody has such files to test with.
    auto fingerprinter = header.big_endian ? nullptr : code::make_fingerprinter(cpu.type);
    if (fingerprinter && !functions.empty()) {
        ForeignCode reader(image, meanings, std::move(fingerprinter));
        codes = reader.read(functions);
    }
    record::encode_code(codes, sink);
}

}  // namespace strata::extract
