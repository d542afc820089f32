// Rendered images put aside until it is known which of them belong into a report, and in which order.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "diff/firmware_diff.h"
#include "report/spool.h"

namespace strata::report {

/// Texts are in a temporary file; 24 bytes of memory an image.
class RankedSpool {
  public:
    using Take = std::function<void(const diff::RenderedImage&)>;

    /// In path order.
    void add(const diff::RenderedImage& image);

    /// Forgets all but the `count` with the highest scores; among equals, those that came first stay.
    void keep_best(uint64_t count);
    uint64_t size() const { return entries_.size(); }

    /// Gives them back one by one, in the order in which they came. Their counts of suppressed facts are not kept.
    void by_path(const Take& take);
    /// The highest score first; among equals, in the order in which they came. At most `count` of them.
    void by_relevance(const Take& take, size_t count = SIZE_MAX);

  private:
    struct Entry {
        uint64_t offset;
        uint64_t size : 56;
        uint64_t status : 8;
        uint32_t score;
        uint32_t sequence;
    };
    void give(const Take& take, size_t count);

    Spool spool_;
    std::vector<Entry> entries_;
};

}  // namespace strata::report
