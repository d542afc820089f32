// Fingerprints of x86-64 functions: displacements from the instruction pointer and of branches that leave the function
// are masked, everything else counts. Bytes that are no instruction (jump tables between code) are stepped over one by
// one; the same bytes are always read the same way.
//
// Many functions are read side by side, four at a time (fingerprint_all).
//
// Two passes over a piece of code: the first finds where instructions begin and notes which have a displacement, the
// second masks those. Apart, the first is a chain of look-ups that the processor can run ahead in.
#pragma once

#include <array>

#include "code/fingerprint.h"
#include "code/x86_64_quick.h"

namespace strata::code {

class X86Fingerprinter : public Fingerprinter {
  public:
    X86Fingerprinter();
    ~X86Fingerprinter() override;
    uint64_t fingerprint(std::span<const uint8_t> code, uint64_t address, std::vector<Reference>& references) override;
    void fingerprint_all(std::span<const Function> functions, const Take& take) override;

  private:
    struct Decoder;
    /// An instruction with a displacement.
    struct Mark {
        uint32_t at = 0;    ///< in the piece
        uint32_t word = 0;  ///< of QuickTable; of others a like one, with more places in kMoreOffset
    };
    /// One reading of the bytes in `masked_`.
    struct Stream {
        uint64_t at = 0;
        uint64_t end = 0;
        Mark* mark = nullptr;  ///< where its next one goes
        const Mark* first = nullptr;
        uint64_t limit = 0;  ///< where the function ends

        void add(uint32_t word) {
            // Written always and kept when there is one: cheaper than a jump that half of the time goes the other way.
            *mark = {static_cast<uint32_t>(at), word};
            mark += (word & x86::kQuickDisplaced) != 0 ? 1 : 0;
            at += word & x86::kQuickLength;
        }
    };
    /// Where a function, or a piece of one, lies.
    struct Place {
        uint64_t begin = 0;    ///< in `masked_`
        uint64_t piece = 0;    ///< bytes of the function before it
        uint64_t size = 0;     ///< of the function
        uint64_t address = 0;  ///< of the function
        std::span<Mark> marks;
        size_t index = 0;  ///< among many functions
    };
    static constexpr unsigned kStreams = 4;
    static constexpr uint64_t kSlack = 64;   ///< bytes in which two readings have to agree
    static constexpr uint64_t kSplit = 192;  ///< bytes from which on several readings are worth it

    Stream scan(uint64_t size);
    void scan_all();
    void start(Stream& stream, const Place& place);
    void finish(Stream& stream, Place& place);
    void run(std::array<Stream, kStreams>& streams);
    void run(Stream& stream);
    bool join(Stream& stream, const Stream& next, uint64_t begin);
    void step(Stream& stream, uint32_t word);
    void step_rare(Stream& stream);
    void add_place(const Function& function, size_t index);
    void finish_places(const Take& take);
    void mask(const Place& place, std::vector<Reference>& references);

    const x86::QuickTable& table_ = x86::QuickTable::get();
    std::unique_ptr<Decoder> decoder_;  // of Zydis, for what the tables do not know
    std::vector<uint8_t> masked_;       // a piece, or several functions, and room for a window behind each
    std::vector<Mark> marks_;
    std::vector<Place> places_;          // of functions that are read side by side
    uint64_t placed_ = 0;                // their bytes in `masked_`
    std::vector<Reference> references_;  // of one of them
};

}  // namespace strata::code
