#include "base/bytes.h"

namespace strata::base {

Error ByteView::error(uint64_t at, std::string message, std::string expected) const {
    return Error::input(source_ == nullptr ? "(memory)" : source_->name, file_offset(at), std::move(message),
                        std::move(expected));
}

void ByteView::fail_bounds(uint64_t offset, uint64_t length, const char* what) const {
    throw error(offset, std::string(what) + " of " + hex(length) + " bytes does not fit",
                "at most " + hex(offset <= size_ ? size_ - offset : 0) + " bytes here");
}

}  // namespace strata::base
