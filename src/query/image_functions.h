// The functions of one image by address.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "record/code.h"
#include "record/functions.h"
#include "record/head.h"
#include "store/reader.h"

namespace strata::query {

/// Holds leases on the image's functions chunks, nothing more; the reader and the head must outlive it.
class ImageFunctions {
  public:
    struct Function {
        uint64_t address = 0;  ///< unslid
        uint64_t size = 0;     ///< bytes
        size_t chunk = 0;      ///< where it is in the functions column, and so in the code column
        uint64_t index = 0;
    };

    ImageFunctions(store::Reader& reader, const record::Head& head);

    /// The function that starts at `address`.
    std::optional<Function> starting_at(uint64_t address) const;
    /// The function that `address` lies in.
    std::optional<Function> around(uint64_t address) const;
    /// Its fingerprints, read from the code column; zeros when the image has none.
    record::CodeRecord code(const Function& function) const;

  private:
    Function get(size_t chunk, uint64_t index) const;
    std::optional<Function> last_not_after(uint64_t address) const;

    store::Reader& reader_;
    const record::Head& head_;
    std::vector<store::Lease> leases_;
    std::deque<record::FunctionsView> chunks_;
};

}  // namespace strata::query
