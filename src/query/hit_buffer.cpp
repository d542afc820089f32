#include "query/hit_buffer.h"

#include <cstring>

namespace strata::query {

void HitBuffer::add(const Hit& hit) {
    Hit kept = hit;
    for (auto* text : {&kept.text, &kept.kind, &kept.from, &kept.value}) *text = keep(*text);
    hits_.push_back(kept);
}

void HitBuffer::tell(const OnHit& on_hit) const {
    for (const Hit& hit : hits_) on_hit(hit);
}

std::string_view HitBuffer::keep(std::string_view text) {
    if (text.empty()) return {};
    auto* bytes = static_cast<char*>(memory_.allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
}

}  // namespace strata::query
