#include "extract/code_facts.h"

#include "code/fingerprint.h"
#include "record/code.h"

namespace strata::extract {
namespace {

/// Bytes that are read between two reports of them.
constexpr uint64_t kStep = 1U << 20;

class CodeReader {
  public:
    CodeReader(const ImageContext& context, Meanings& meanings)
        : context_(context),
          meanings_(meanings),
          fingerprinter_(code::make_fingerprinter(context.image.cpu_type)),
          sections_(context.image.sections.size()) {}

    record::CodeRecord read(const record::FunctionRecord& function) {
        if (!fingerprinter_ || function.section == 0 || function.size == 0) return {};
        const auto& section = context_.image.sections[function.section - 1];
        auto& bytes = sections_[function.section - 1];
        if (bytes.empty() && section.has_bytes()) bytes = context_.space.at(section.address, section.size, "section");
        if (!bytes.contains(function.offset, function.size)) return {};
        references_.clear();
        record::CodeRecord record;
        record.code = fingerprinter_->fingerprint({bytes.data() + function.offset, function.size},
                                                  section.address + function.offset, references_);
        record.references = digest_references();
        count(function.size);
        return record;
    }

    void count(uint64_t bytes) {
        unreported_ += bytes;
        if (unreported_ < kStep) return;
        context_.touched(unreported_);
        unreported_ = 0;
    }

  private:
    uint64_t digest_references() {
        if (references_.empty()) return 0;
        words_.clear();
        for (const auto& reference : references_) words_.push_back(meanings_.of_reference(reference));
        const uint64_t hash = code::hash_bytes(words_.data(), words_.size() * sizeof(uint64_t));
        return hash == 0 ? 1 : hash;
    }

    const ImageContext& context_;
    Meanings& meanings_;
    std::unique_ptr<code::Fingerprinter> fingerprinter_;
    std::vector<base::ByteView> sections_;  // those that functions were in so far
    std::vector<code::Reference> references_;
    std::vector<uint64_t> words_;
    uint64_t unreported_ = 0;
};

}  // namespace

void extract_code(const ImageContext& context, std::span<const record::FunctionRecord> functions, Meanings& meanings,
                  const record::ChunkSink& sink) {
    CodeReader reader(context, meanings);
    std::vector<record::CodeRecord> codes;
    codes.reserve(functions.size());
    for (const auto& function : functions) codes.push_back(reader.read(function));
    record::encode_code(codes, sink);
}

}  // namespace strata::extract
