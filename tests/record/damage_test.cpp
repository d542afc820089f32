// Damaged records: every prefix and random bit flips of each kind are refused or read, never a crash, never another
// error type.
#include <gtest/gtest.h>

#include <cstring>

#include "record/head_view.h"
#include "record/sorted_texts.h"
#include "samples.h"
#include "support/errors.h"

namespace strata::record {
namespace {

/// What keeps accessors from being left out by the compiler.
uint64_t seen;
void see(std::string_view text) {
    seen += text.size() + (text.empty() ? 0 : static_cast<uint8_t>(text.back()));
}

void read_symbols(std::string_view message) {
    const SymbolsView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) {
        see(view.name(i));
        seen += static_cast<uint64_t>(view.kind(i)) + view.flags(i);
        see(view.dylib(i));
        see(view.target(i));
    }
}
void read_places(std::string_view message) {
    const PlacesView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) seen += view.place(i).offset;
}
void read_functions(std::string_view message) {
    const FunctionsView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) seen += view[i].size;
}
void read_strings(std::string_view message) {
    const StringsView view(message);
    for (uint64_t i = 0; i < view.size(); ++i) {
        see(view.value(i));
        see(view.section(i));
    }
}
void read_layout(std::string_view message) {
    const auto layout = decode_layout(message);
    see(layout.install_name);
    for (const auto& section : layout.sections) see(section.name);
    for (const auto& detail : layout.details) see(detail.text);
}
void read_head(std::string_view message) {
    seen += decode_head(message).stabs;
}
void read_firmware(std::string_view message) {
    seen += decode_firmware("name", message).images;
}

struct Kind {
    const char* name;
    Message (*make)();
    void (*read)(std::string_view);
};

void read_head_in_place(std::string_view message) {
    const HeadView head(message);
    (void)head.failed();
    (void)head.uuid();
    (void)head.address();
    (void)head.aliases();
    for (const auto kind : kColumnKinds)
        for (const uint64_t id : head.chunk_ids(kind)) (void)id;
    for (const uint64_t address : head.section_addresses()) (void)address;
    for (const uint64_t address : head.segment_addresses()) (void)address;
}

void search(ColumnKind kind, std::string_view message) {
    const SortedTexts texts(kind, message);
    for (const std::string_view text : {"", "b", "long", "\xff\xff"}) (void)texts.blob().lower_bound(text);
    for (uint64_t at = 0; at < texts.blob().bytes().size(); at += 3) {
        const uint64_t entry = texts.blob().entry_at(at);
        ASSERT_LE(entry, texts.blob().size());
        if (entry < texts.blob().size()) (void)texts.blob()[entry];
    }
}

Message first_chunk(ColumnKind kind) {
    test::Random random(80);
    SymbolSet set;
    fill_symbols(set, 40, random);
    std::vector<Chunk> chunks;
    encode_symbols(set.records, set.dylibs, keep(chunks, kind));
    return std::move(chunks.at(0).message);
}

Message strings_chunk() {
    std::vector<StringRecord> strings{{"a", 0}, {"b\xff", 1}, {"b\xff", 0}, {"long enough to fill a word or two", 1}};
    std::vector<Chunk> chunks;
    encode_strings(strings, std::vector<std::string>{"__TEXT,__cstring", "__TEXT,__os_log"},
                   keep(chunks, ColumnKind::kStrings));
    return std::move(chunks.at(0).message);
}

Message functions_chunk() {
    const std::vector<FunctionRecord> functions{{1, 0, 16}, {1, 16, 32}, {2, 0, 4}};
    std::vector<Chunk> chunks;
    encode_functions(functions, keep(chunks, ColumnKind::kFunctions));
    return std::move(chunks.at(0).message);
}

const Kind kKinds[] = {
    {"symbols", [] { return first_chunk(ColumnKind::kSymbols); }, read_symbols},
    {"places", [] { return first_chunk(ColumnKind::kPlaces); }, read_places},
    {"functions", functions_chunk, read_functions},
    {"strings", strings_chunk, read_strings},
    {"layout", [] { return encode_layout(sample_layout()).message; }, read_layout},
    {"head",
     [] {
         Head head = sample_head();
         head.failure = Failure{"f", 1, "m", "e"};
         return encode_head(head);
     },
     read_head},
    {"head_in_place", [] { return encode_head(sample_head()); }, read_head_in_place},
    {"symbols_searched", [] { return first_chunk(ColumnKind::kSymbols); },
     [](std::string_view message) { search(ColumnKind::kSymbols, message); }},
    {"strings_searched", strings_chunk, [](std::string_view message) { search(ColumnKind::kStrings, message); }},
    {"firmware", [] { return encode_firmware(sample_firmware()); }, read_firmware},
};

/// Bytes at an 8-byte aligned address with nothing readable assumed behind them (the address sanitizer watches the
/// end).
class Aligned {
  public:
    explicit Aligned(std::string_view bytes) : words_(bytes.size() / 8) {
        std::memcpy(words_.data(), bytes.data(), words_.size() * 8);
    }
    std::string_view view() const { return {reinterpret_cast<const char*>(words_.data()), words_.size() * 8}; }

  private:
    std::vector<uint64_t> words_;
};

class DamagedRecord : public ::testing::TestWithParam<Kind> {};

TEST_P(DamagedRecord, SoundOneIsRead) {
    const auto message = GetParam().make();
    EXPECT_NO_THROW(GetParam().read(message.bytes()));
}

TEST_P(DamagedRecord, EveryPrefix) {
    const auto message = GetParam().make();
    uint64_t refused = 0;
    for (uint64_t size = 0; size < message.size(); size += 8) {
        const Aligned prefix(message.bytes().substr(0, size));
        ASSERT_TRUE(test::works_or_refuses([&] { GetParam().read(prefix.view()); }))
            << size << " bytes of " << message.size();
        try {
            GetParam().read(prefix.view());
        } catch (const base::Error& error) {
            ASSERT_EQ(error.kind(), base::ErrorKind::kStore);
            ++refused;
        }
    }
    EXPECT_EQ(refused, message.size() / 8) << "the segment table says how long a message is";
}

TEST_P(DamagedRecord, EveryBitFlip) {
    const auto message = GetParam().make();
    for (uint64_t bit = 0; bit < message.size() * 8; ++bit) {
        std::string bytes(message.bytes());
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
        const Aligned flipped(bytes);
        ASSERT_TRUE(test::works_or_refuses([&] { GetParam().read(flipped.view()); })) << "bit " << bit;
    }
}

TEST_P(DamagedRecord, RandomBytes) {
    const auto message = GetParam().make();
    test::Random random(81);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes(message.bytes());
        for (uint64_t i = random.below(4) + 1; i-- > 0;)
            bytes[random.below(bytes.size())] = static_cast<char>(random.word());
        const Aligned damaged(bytes);
        ASSERT_TRUE(test::works_or_refuses([&] { GetParam().read(damaged.view()); })) << "round " << round;
    }
}

TEST_P(DamagedRecord, OfAnotherKind) {
    for (const auto& other : kKinds) {
        const auto message = other.make();
        EXPECT_TRUE(test::works_or_refuses([&] { GetParam().read(message.bytes()); })) << other.name;
    }
}

TEST_P(DamagedRecord, Misaligned) {
    const auto message = GetParam().make();
    std::vector<uint64_t> space(message.size() / 8 + 2);
    auto* at = reinterpret_cast<char*>(space.data()) + 4;
    std::memcpy(at, message.bytes().data(), message.size());
    EXPECT_TRUE(test::fails_with("alignment", [&] { GetParam().read({at, message.size()}); }));
    EXPECT_TRUE(test::fails_with("damaged", [&] { GetParam().read(message.bytes().substr(0, message.size() - 1)); }));
}

INSTANTIATE_TEST_SUITE_P(Records, DamagedRecord, ::testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace strata::record
