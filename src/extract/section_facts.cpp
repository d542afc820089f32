#include "extract/section_facts.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/build_noise.h"
#include "base/sha256.h"
#include "extract/limits.h"

namespace strata::extract {
namespace {

using macho::Section;

/// A longer "string" is no string: such a section is digested verbatim.
constexpr size_t kMaxToken = 1U << 20;

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool holds_strings(const Section& section) {
    return section.type() == macho::kCstringLiterals ||
           (section.segment == "__TEXT" && is_any(section.name, {"__objc_methname", "__objc_classname",
                                                                 "__objc_methtype", "__swift5_reflstr", "__os_log"}));
}

bool is_verbatim_literal(const Section& section) {
    const uint32_t type = section.type();
    return type == macho::k4ByteLiterals || type == macho::k8ByteLiterals || type == macho::k16ByteLiterals ||
           (section.segment == "__TEXT" && section.name == "__ustring") ||
           (section.segment == "__DATA_CONST" && section.name == "__objc_imageinfo");
}

/// A sum of 256-bit numbers: order does not matter, repetition does.
class MultisetDigest {
  public:
    void add(std::string_view text) {
        std::string clean;
        const bool changed = base::without_build_paths(text, clean);
        const auto digest = changed ? base::sha256(clean.data(), clean.size()) : base::sha256(text.data(), text.size());
        uint64_t carry = 0;
        for (size_t lane = 0; lane < lanes_.size(); ++lane) {
            uint64_t term = 0;
            std::memcpy(&term, digest.bytes.data() + lane * sizeof term, sizeof term);
            const uint64_t with_carry = term + carry;
            lanes_[lane] += with_carry;
            carry = static_cast<uint64_t>(with_carry < carry) | static_cast<uint64_t>(lanes_[lane] < with_carry);
        }
        ++count_;
    }
    std::string finish() const {
        if (count_ == 0) return {};
        base::Sha256 hash;
        hash.update(lanes_.data(), sizeof lanes_).update(&count_, sizeof count_);
        return std::string(hash.finish().view());
    }

  private:
    std::array<uint64_t, 4> lanes_{};
    uint64_t count_ = 0;
};

/// Empty when some token is too long to be a string.
std::optional<std::string> digest_strings(const ImageContext& context, base::ByteView bytes) {
    MultisetDigest digest;
    auto rest = bytes.as_text();
    while (!rest.empty()) {
        const auto* end = static_cast<const char*>(std::memchr(rest.data(), 0, rest.size()));
        const size_t length = end == nullptr ? rest.size() : static_cast<size_t>(end - rest.data());
        if (length > kMaxToken) return std::nullopt;
        digest.add(rest.substr(0, length));
        context.touched(length + 1);
        rest.remove_prefix(std::min(length + 1, rest.size()));
    }
    return digest.finish();
}

base::Digest digest_raw(const ImageContext& context, base::ByteView bytes) {
    base::Sha256 hash;
    for (uint64_t at = 0; at < bytes.size(); at += kTouchedStep) {
        const uint64_t step = std::min(kTouchedStep, bytes.size() - at);
        hash.update(bytes.data() + at, step);
        context.touched(step);
    }
    return hash.finish();
}

}  // namespace

SectionDigests digest_sections(const ImageContext& context) {
    const auto& sections = context.image.sections;
    SectionDigests digests;
    digests.raw.resize(sections.size() * record::kSectionDigestSize);
    digests.literal.resize(sections.size());
    for (size_t i = 0; i < sections.size(); ++i) {
        const Section& section = sections[i];
        if (!section.has_bytes()) continue;
        const auto bytes = context.space.at(section.address, section.size, "section");
        const auto raw = digest_raw(context, bytes);
        std::memcpy(digests.raw.data() + i * record::kSectionDigestSize, raw.bytes.data(), record::kSectionDigestSize);
        if (holds_strings(section))
            digests.literal[i] = digest_strings(context, bytes).value_or(std::string(raw.view()));
        if (is_verbatim_literal(section)) digests.literal[i] = raw.view();
    }
    return digests;
}

}  // namespace strata::extract
