#include "extract/code_facts.h"

#include "code/fingerprint.h"
#include "extract/function_batch.h"
#include "extract/limits.h"
#include "record/code.h"

namespace strata::extract {
namespace {

class CodeReader {
  public:
    CodeReader(const ImageContext& context, Meanings& meanings)
        : context_(context),
          meanings_(meanings),
          fingerprinter_(code::make_fingerprinter(context.image.cpu_type)),
          sections_(context.image.sections.size()) {}

    std::vector<record::CodeRecord> read(std::span<const record::FunctionRecord> functions) {
        std::vector<record::CodeRecord> records(functions.size());
        if (!fingerprinter_) return records;
        for (size_t i = 0; i < functions.size(); ++i) {
            add(functions[i], i);
            if (batch_.is_full()) finish(records);
        }
        finish(records);
        return records;
    }

  private:
    void add(const record::FunctionRecord& function, size_t index) {
        if (function.section == 0 || function.size == 0) return;
        const auto& section = context_.image.sections[function.section - 1];
        auto& bytes = sections_[function.section - 1];
        if (bytes.empty() && section.has_bytes()) bytes = context_.space.at(section.address, section.size, "section");
        if (!bytes.contains(function.offset, function.size)) return;
        batch_.add({bytes.data() + function.offset, function.size}, section.address + function.offset, index);
    }

    void finish(std::vector<record::CodeRecord>& records) {
        const auto digest_of = [this](std::span<const code::Reference> references) { return digest(references); };
        count(batch_.finish(*fingerprinter_, digest_of, records));
    }

    void count(uint64_t bytes) {
        unreported_ += bytes;
        if (unreported_ < kTouchedStep) return;
        context_.touched(unreported_);
        unreported_ = 0;
    }

    uint64_t digest(std::span<const code::Reference> references) {
        // Operands of object files are not what the linker makes of them, and symbols say what: they lead nowhere yet.
        if (references.empty() || context_.image.is_object()) return 0;
        words_.clear();
        for (const auto& reference : references) words_.push_back(meanings_.of_reference(reference));
        const uint64_t hash = code::hash_bytes(words_.data(), words_.size() * sizeof(uint64_t));
        return hash == 0 ? 1 : hash;
    }

    const ImageContext& context_;
    Meanings& meanings_;
    std::unique_ptr<code::Fingerprinter> fingerprinter_;
    std::vector<base::ByteView> sections_;  // those that functions were in so far
    FunctionBatch batch_;
    std::vector<uint64_t> words_;
    uint64_t unreported_ = 0;
};

}  // namespace

void extract_code(const ImageContext& context, std::span<const record::FunctionRecord> functions, Meanings& meanings,
                  const record::ChunkSink& sink) {
    CodeReader reader(context, meanings);
    record::encode_code(reader.read(functions), sink);
}

}  // namespace strata::extract
