#include <string>

#include "base/cursor.h"
#include "macho/fixups.h"

namespace strata::macho {
namespace {

enum Opcode : uint8_t {
    kDone = 0x00,
    kOrdinalImmediate = 0x10,
    kOrdinalUleb = 0x20,
    kOrdinalSpecial = 0x30,
    kSymbol = 0x40,
    kType = 0x50,
    kAddend = 0x60,
    kPlace = 0x70,
    kAddAddress = 0x80,
    kBindOne = 0x90,
    kBindAddAddress = 0xa0,
    kBindAddScaled = 0xb0,
    kBindTimesSkipping = 0xc0,
    kThreaded = 0xd0,
};
constexpr uint8_t kSymbolWeakImport = 0x1;
constexpr uint8_t kSymbolStrongDefinition = 0x8;
constexpr uint8_t kThreadedTableSize = 0;
constexpr uint8_t kThreadedApply = 1;

constexpr uint64_t kMaxBoundName = 1U << 20;
constexpr uint64_t kMaxThreaded = 4U << 20;  // pointers of one image; real ones have some hundred thousand

/// The machine: its registers are a Bind.
class Program {
  public:
    Program(const Image& image, base::ByteView bytes, BindKind kind, const std::function<void(const Bind&)>& visit)
        : image_(image), bytes_(bytes), cursor_(bytes), kind_(kind), visit_(visit) {
        if (kind == BindKind::kWeak) bind_.import.ordinal = kOrdinalWeak;
    }

    /// Called where a threaded chain begins.
    void on_chains(const std::function<void(const Segment&, uint64_t)>& begin_chain) { begin_chain_ = begin_chain; }

    void run() {
        while (!cursor_.at_end()) {
            start_ = cursor_.position();
            const uint8_t byte = cursor_.u8("bind opcode");
            // A lazy program is one program a symbol, each with an end of its own.
            if ((byte & 0xf0) == kDone) {
                if (kind_ != BindKind::kLazy) return;
                continue;
            }
            step(byte & 0xf0, byte & 0x0f);
        }
    }

  private:
    void step(uint8_t opcode, uint8_t immediate) {
        switch (opcode) {
            case kOrdinalImmediate:
                bind_.import.ordinal = immediate;
                return;
            case kOrdinalUleb:
                return set_ordinal(cursor_.uleb("library ordinal"));
            case kOrdinalSpecial:
                // Negative numbers, sign-extended from four bits.
                bind_.import.ordinal = immediate == 0 ? 0 : static_cast<int32_t>(immediate) - 16;
                return;
            case kSymbol:
                bind_.import.name = cursor_.text(kMaxBoundName, "symbol to bind");
                bind_.import.weak = (immediate & kSymbolWeakImport) != 0;
                is_definition_ = kind_ == BindKind::kWeak && (immediate & kSymbolStrongDefinition) != 0;
                return;
            case kType:
                bind_.type = immediate;
                return;
            case kAddend:
                bind_.import.addend = sleb();
                return;
            case kPlace:
                bind_.segment = immediate;
                bind_.offset = cursor_.uleb("segment offset");
                if (immediate >= image_.segments.size())
                    fail("segment " + std::to_string(immediate), "below " + std::to_string(image_.segments.size()));
                return;
            case kAddAddress:
                return advance(cursor_.uleb("address to add"));
            case kBindOne:
                return emit(1, 0);
            case kBindAddAddress:
                return emit(1, cursor_.uleb("address to add"));
            case kBindAddScaled:
                return emit(1, uint64_t{immediate} * image_.pointer_size());
            case kBindTimesSkipping: {
                const uint64_t count = cursor_.uleb("bind count");
                return emit(count, cursor_.uleb("bytes to skip"));
            }
            case kThreaded:
                return threaded(immediate);
            default:
                fail("opcode " + base::hex(opcode), "one of BIND_OPCODE_*");
        }
    }

    [[noreturn]] void fail(const std::string& what, std::string expected) const {
        throw bytes_.error(start_, "bind program: " + what, std::move(expected));
    }

    void set_ordinal(uint64_t ordinal) {
        if (ordinal > INT32_MAX) fail("library ordinal " + std::to_string(ordinal), "below 2^31");
        bind_.import.ordinal = static_cast<int32_t>(ordinal);
    }

    int64_t sleb() {
        uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const uint8_t byte = cursor_.u8("addend");
            if (shift > 63) fail("addend of more than 64 bits", "at most 10 bytes");
            value |= uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80) != 0) continue;
            if ((byte & 0x40) != 0 && shift < 57) value |= UINT64_MAX << (shift + 7);
            return static_cast<int64_t>(value);
        }
    }

    void threaded(uint8_t sub) {
        if (sub == kThreadedTableSize) {
            const uint64_t size = cursor_.uleb("table of threaded binds");
            if (size > bytes_.size())
                fail("table of " + std::to_string(size) + " threaded binds", "no more than the program has bytes");
            threaded_ = true;
        } else if (sub == kThreadedApply) {
            if (begin_chain_) begin_chain();
        } else {
            fail("threaded opcode " + base::hex(sub), "0 or 1");
        }
    }

    void begin_chain() const {
        if (bind_.segment >= image_.segments.size()) fail("a chain without a segment", "one");
        const auto& segment = image_.segments[bind_.segment];
        if (bind_.offset >= segment.size)
            fail("chain at " + base::hex(bind_.offset), "a place inside the segment, " + base::hex(segment.size));
        begin_chain_(segment, bind_.offset);
    }

    /// Wraps around, as addresses do: that is how a program goes back.
    void advance(uint64_t bytes) {
        bind_.offset += bytes;
        if (!image_.is_64) bind_.offset &= UINT32_MAX;
    }

    /// `count` pointers, `skip` bytes between them; then on.
    void emit(uint64_t count, uint64_t skip) {
        bind_.threaded = threaded_;
        bind_.count = count;
        bind_.stride = skip + image_.pointer_size();
        if (threaded_) {  // fills the table that chains in the data refer to
            visit_(bind_);
            return;
        }
        if (bind_.segment >= image_.segments.size()) fail("a bind without a segment", "one");
        const uint64_t size = image_.segments[bind_.segment].size;
        const uint64_t width = image_.pointer_size();
        const bool inside =
            size >= width && bind_.offset <= size - width &&
            (count < 2 || (bind_.stride >= width && count - 1 <= (size - width - bind_.offset) / bind_.stride));
        if (count != 0 && !inside)
            fail(std::to_string(count) + " binds at " + base::hex(bind_.offset),
                 "places inside the segment, " + base::hex(size));
        if (count != 0 && !is_definition_) visit_(bind_);
        advance(count * bind_.stride);
    }

    const Image& image_;
    base::ByteView bytes_;
    base::Cursor cursor_;
    BindKind kind_;
    const std::function<void(const Bind&)>& visit_;
    std::function<void(const Segment&, uint64_t)> begin_chain_;
    Bind bind_;
    uint64_t start_ = 0;
    bool is_definition_ = false;
    bool threaded_ = false;
};

}  // namespace

void walk_binds(const Image& image, base::ByteView program, BindKind kind,
                const std::function<void(const Bind&)>& visit) {
    Program(image, program, kind, visit).run();
}

void walk_threaded(const AddressSpace& space, const Image& image, base::ByteView program,
                   const std::function<void(const Bind&)>& visit,
                   const std::function<void(uint64_t, const ChainedFixups::Pointer&)>& visit_pointer) {
    uint32_t imports = 0;
    uint64_t left = kMaxThreaded;
    const std::function<void(const Bind&)> counting = [&](const Bind& bind) {
        if (bind.threaded) ++imports;
        visit(bind);
    };
    const auto walk_chain = [&](const Segment& segment, uint64_t offset) {
        for (;;) {
            // Chains that run into each other must not be walked for ever.
            if (offset >= segment.size || left-- == 0)
                throw program.error(0, "threaded chain at " + base::hex(offset) + " of a segment",
                                    "places inside the segment, at most " + std::to_string(kMaxThreaded) + " in all");
            const auto word = space.at(segment.address + offset, 8, "threaded pointer");
            const auto pointer = decode_threaded(word.u64(0, "threaded pointer"), image.address);
            if (pointer.bind && pointer.import >= imports)
                throw word.error(0, "bind to threaded import " + std::to_string(pointer.import),
                                 "below " + std::to_string(imports));
            visit_pointer(segment.address + offset, pointer);
            if (pointer.next == 0) return;
            offset += pointer.next;
        }
    };
    Program run(image, program, BindKind::kBind, counting);
    run.on_chains(walk_chain);
    run.run();
}

}  // namespace strata::macho
