#pragma once
// Writes a data mapping page by page: collects where pointers are, encodes them as the slide info version demands and
// keeps the page starts for the slide info that is written later into the LINKEDIT.

#include "layout.h"
#include "out.h"

namespace dscgen {

// What is needed to write slide info after the data.
struct SlideRecord {
    std::vector<u16> page_starts;
    std::vector<u16> extras;
    std::vector<u8> bitmaps;  // version 1: 128 bytes a page
};

class DataWriter {
  public:
    DataWriter(Out& out, const Spec& spec, u64 cache_base, u64 mapping_address);

    void pointer(u64 target, bool authenticated = false, u32 diversity = 0);
    void word(u64 value);  // pointer-sized
    void value32(u64 value);
    void zeros_to(u64 address, const char* what);
    u64 address() const { return address_; }
    // Ends the mapping; the record is complete afterwards.
    SlideRecord finish();

  private:
    struct Slot {
        u64 target;
        u16 offset;
        u16 diversity;
        bool authenticated;
    };
    void advance(std::size_t n);
    void end_page();
    void encode_v1();
    void encode_v2();
    void encode_v3();
    void encode_v5();
    void store(const Slot& slot, u64 raw);

    Out& out_;
    const Spec& spec_;
    u64 base_;
    u64 address_;
    u32 pointer_;
    std::vector<u8> page_;
    std::size_t used_ = 0;
    std::vector<Slot> slots_;
    SlideRecord record_;
};

void write_slide_info(Out& out, const Spec& spec, u64 cache_base, const SlideRecord& record);

}  // namespace dscgen
