#include <string>

#include "base/cursor.h"
#include "macho/fixups.h"

namespace strata::macho {
namespace {

enum Opcode : uint8_t {
    kDone = 0x00,
    kType = 0x10,
    kPlace = 0x20,
    kAddAddress = 0x30,
    kAddScaled = 0x40,
    kTimesImmediate = 0x50,
    kTimes = 0x60,
    kOneAddAddress = 0x70,
    kTimesSkipping = 0x80,
};

/// The machine: its registers are a Rebase.
class Program {
  public:
    Program(const Image& image, base::ByteView bytes, const std::function<void(const Rebase&)>& visit)
        : image_(image), bytes_(bytes), cursor_(bytes), visit_(visit) {}

    void run() {
        while (!cursor_.at_end()) {
            start_ = cursor_.position();
            const uint8_t byte = cursor_.u8("rebase opcode");
            if ((byte & 0xf0) == kDone) return;
            step(byte & 0xf0, byte & 0x0f);
        }
    }

  private:
    void step(uint8_t opcode, uint8_t immediate) {
        switch (opcode) {
            case kType:
                rebase_.type = immediate;
                return;
            case kPlace:
                rebase_.segment = immediate;
                rebase_.offset = cursor_.uleb("segment offset");
                placed_ = true;
                return;
            case kAddAddress:
                return advance(cursor_.uleb("address to add"));
            case kAddScaled:
                return advance(uint64_t{immediate} * image_.pointer_size());
            case kTimesImmediate:
                return emit(immediate, 0);
            case kTimes:
                return emit(cursor_.uleb("rebase count"), 0);
            case kOneAddAddress:
                return emit(1, cursor_.uleb("address to add"));
            case kTimesSkipping: {
                const uint64_t count = cursor_.uleb("rebase count");
                return emit(count, cursor_.uleb("bytes to skip"));
            }
            default:
                fail("opcode " + base::hex(opcode), "one of REBASE_OPCODE_*");
        }
    }

    [[noreturn]] void fail(const std::string& what, std::string expected) const {
        throw bytes_.error(start_, "rebase program: " + what, std::move(expected));
    }

    /// Wraps around, as addresses do: that is how a program goes back.
    void advance(uint64_t bytes) {
        rebase_.offset += bytes;
        if (!image_.is_64) rebase_.offset &= UINT32_MAX;
    }

    /// `count` words, `skip` bytes between them; then on.
    void emit(uint64_t count, uint64_t skip) {
        if (!placed_ || rebase_.segment >= image_.segments.size())
            fail("segment " + std::to_string(rebase_.segment), "below " + std::to_string(image_.segments.size()));
        rebase_.count = count;
        rebase_.stride = skip + image_.pointer_size();
        const uint64_t size = image_.segments[rebase_.segment].size;
        const uint64_t width = image_.pointer_size();
        const bool inside =
            size >= width && rebase_.offset <= size - width &&
            (count < 2 || (rebase_.stride >= width && count - 1 <= (size - width - rebase_.offset) / rebase_.stride));
        if (count != 0 && !inside)
            fail(std::to_string(count) + " rebases at " + base::hex(rebase_.offset),
                 "places inside the segment, " + base::hex(size));
        if (count != 0) visit_(rebase_);
        advance(count * rebase_.stride);
    }

    const Image& image_;
    base::ByteView bytes_;
    base::Cursor cursor_;
    const std::function<void(const Rebase&)>& visit_;
    Rebase rebase_;
    uint64_t start_ = 0;
    bool placed_ = false;
};

}  // namespace

void walk_rebases(const Image& image, base::ByteView program, const std::function<void(const Rebase&)>& visit) {
    Program(image, program, visit).run();
}

}  // namespace strata::macho
