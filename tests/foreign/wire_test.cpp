// Facts through the wire and back; and everything a worker could send that it should not.
#include "foreign/wire.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace strata::foreign {
namespace {

constexpr size_t kFileSize = 1000;

class Wire : public ::testing::Test {
  protected:
    /// What `make` encodes, decoded again.
    template <typename Make>
    std::unique_ptr<Facts> through(const Make& make) {
        std::string stream;
        FactsEncoder out([&](std::string_view frame) { stream += frame; });
        make(out);
        return decode(stream);
    }

    std::unique_ptr<Facts> decode(std::string_view stream) {
        FactsDecoder decoder(Format::kElf, view());
        while (!stream.empty()) {
            if (stream.size() < kFrameHead) throw std::runtime_error("half a frame");
            uint32_t size = 0;
            for (unsigned i = 0; i < 4; ++i) size |= uint32_t{static_cast<uint8_t>(stream[1 + i])} << (8 * i);
            decoder.frame(static_cast<uint8_t>(stream[0]), stream.substr(kFrameHead, size));
            stream.remove_prefix(kFrameHead + size);
        }
        return decoder.done() ? decoder.take() : nullptr;
    }

    template <typename Make>
    std::string refused(const Make& make) {
        try {
            return through(make) ? "accepted" : "no end";
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
            return error.message();
        }
    }

    base::ByteView view() const { return {&source_, file_.data(), file_.size()}; }

    std::vector<uint8_t> file_ = std::vector<uint8_t>(kFileSize);
    base::ByteSource source_{"file", file_.data()};
};

Section section_at(uint64_t offset, uint64_t size) {
    Section section;
    section.name = ".text";
    section.file_offset = offset;
    section.file_size = size;
    section.size = size;
    return section;
}

TEST_F(Wire, EverythingArrives) {
    const auto facts = through([](FactsEncoder& out) {
        Header header;
        header.machine = 62;
        header.type = 3;
        header.is_64 = true;
        header.min_os = 0x00030200;
        header.build_id = std::string_view("a\0b", 3);
        header.install_name = "libx.so.1";
        header.base = UINT64_MAX;
        out.header(Format::kElf, header);
        out.segment({1, 5, 0x400000, 0x1000, 0, 0x900});
        out.section(section_at(100, 900));
        out.library("libc.so.6");
        out.detail({DetailKind::kRunpath, "$ORIGIN"});
        Symbol symbol;
        symbol.name = "printf";
        symbol.version = "GLIBC_2.2.5";
        symbol.library = 0;
        symbol.binding = Binding::kWeak;
        symbol.type = SymbolType::kFunction;
        symbol.dynamic = true;
        out.symbol(symbol);
        out.left_out();
        out.end();
    });
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->header.machine, 62U);
    EXPECT_TRUE(facts->header.is_64);
    EXPECT_EQ(facts->header.base, UINT64_MAX);
    EXPECT_EQ(facts->header.build_id, std::string_view("a\0b", 3));
    EXPECT_EQ(facts->header.install_name, "libx.so.1");
    ASSERT_EQ(facts->segments.size(), 1U);
    EXPECT_EQ(facts->segments[0].file_size, 0x900U);
    ASSERT_EQ(facts->sections.size(), 1U);
    EXPECT_EQ(facts->sections[0].name, ".text");
    EXPECT_EQ(facts->sections[0].file_size, 900U);
    EXPECT_EQ(facts->libraries, std::vector<std::string_view>{"libc.so.6"});
    ASSERT_EQ(facts->details.size(), 1U);
    EXPECT_EQ(facts->details[0].text, "$ORIGIN");
    ASSERT_EQ(facts->symbols.size(), 1U);
    EXPECT_EQ(facts->symbols[0].version, "GLIBC_2.2.5");
    EXPECT_EQ(facts->symbols[0].binding, Binding::kWeak);
    EXPECT_EQ(facts->left_out, 1U);
}

TEST_F(Wire, ManySymbolsMakeManyFrames) {
    size_t frames = 0;
    FactsDecoder decoder(Format::kElf, view());
    FactsEncoder out([&](std::string_view frame) {
        ++frames;
        EXPECT_LE(frame.size(), kFrameHead + kMaxFrame);
        decoder.frame(static_cast<uint8_t>(frame[0]), frame.substr(kFrameHead));
    });
    out.header(Format::kElf, {});
    for (int i = 0; i < 50000; ++i) {
        const std::string name = "symbol" + std::to_string(i);
        Symbol symbol;
        symbol.name = name;
        out.symbol(symbol);
    }
    out.end();
    ASSERT_TRUE(decoder.done());
    EXPECT_GT(frames, 10U);
    const auto facts = decoder.take();
    EXPECT_EQ(facts->symbols.size(), 50000U);
    EXPECT_EQ(facts->symbols.back().name, "symbol49999");
}

TEST_F(Wire, AnErrorIsTheLastWord) {
    EXPECT_EQ(refused([](FactsEncoder& out) {
                  out.header(Format::kElf, {});
                  out.section(section_at(0, 1));  // not sent yet: it may be half an entry
                  out.error("no\nway");
              }),
              "no\\x0Away");
}

TEST_F(Wire, TextsEndAtNul) {
    const auto facts = through([](FactsEncoder& out) {
        out.header(Format::kElf, {});
        out.library(std::string_view("a\0b", 3));
        out.end();
    });
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->libraries.at(0), "a");
}

TEST_F(Wire, WhatDoesNotFitTheFile) {
    const auto with_section = [this](uint64_t offset, uint64_t size) {
        return refused([&](FactsEncoder& out) {
            out.header(Format::kElf, {});
            out.section(section_at(offset, size));
            out.end();
        });
    };
    EXPECT_EQ(with_section(0, kFileSize), "accepted");
    EXPECT_EQ(with_section(kFileSize, 0), "accepted");
    EXPECT_EQ(with_section(UINT64_MAX, 0), "accepted");  // nothing is nowhere
    EXPECT_NE(with_section(1, kFileSize).find("section .text at 0x1 of 0x3e8 bytes leaves the file"),
              std::string::npos);
    EXPECT_NE(with_section(UINT64_MAX, 2).find("leaves the file"), std::string::npos);
    EXPECT_NE(with_section(2, UINT64_MAX).find("leaves the file"), std::string::npos);
}

TEST_F(Wire, IndicesOfNothing) {
    const auto with_symbol = [this](uint32_t section, uint32_t library) {
        return refused([&](FactsEncoder& out) {
            out.header(Format::kElf, {});
            out.section(section_at(0, 1));
            out.library("lib");
            Symbol symbol;
            symbol.section = section;
            symbol.library = library;
            out.symbol(symbol);
            out.end();
        });
    };
    EXPECT_EQ(with_symbol(1, 0), "accepted");
    EXPECT_EQ(with_symbol(kAnySection, kNoLibrary), "accepted");
    EXPECT_NE(with_symbol(2, 0).find("section that is not there"), std::string::npos);
    EXPECT_NE(with_symbol(1, 1).find("library that is not there"), std::string::npos);
    EXPECT_NE(with_symbol(0xffff'fff0, 0).find("section that is not there"), std::string::npos);
}

TEST_F(Wire, OrderAndRepetition) {
    EXPECT_NE(refused([](FactsEncoder& out) { out.error(""); }).find("without a reason"), std::string::npos);
    EXPECT_NE(refused([](FactsEncoder& out) { out.end(); }).find("no header"), std::string::npos);
    EXPECT_NE(refused([](FactsEncoder& out) {
                  out.header(Format::kElf, {});
                  out.library("x");
                  out.header(Format::kElf, {});
                  out.end();
              }).find("two headers"),
              std::string::npos);
    EXPECT_NE(refused([](FactsEncoder& out) { out.header(Format::kPe, {}), out.end(); }).find("another format"),
              std::string::npos);
    EXPECT_NE(refused([](FactsEncoder& out) {
                  out.header(Format::kElf, {});
                  out.end();
                  out.end();
              }).find("after the last"),
              std::string::npos);
}

/// Frames written byte by byte.
TEST_F(Wire, BytesThatAreNoFrames) {
    const auto refused_bytes = [this](char kind, const std::string& payload) -> std::string {
        FactsDecoder decoder(Format::kElf, view());
        try {
            decoder.frame(static_cast<uint8_t>(kind), payload);
        } catch (const base::Error& error) {
            return error.message();
        }
        return "accepted";
    };
    using namespace std::string_literals;
    EXPECT_EQ(refused_bytes('L', "\3abc"), "accepted");
    EXPECT_NE(refused_bytes('L', "\4abc").find("ends in a text"), std::string::npos);
    EXPECT_NE(refused_bytes('L', "\xff").find("ends in a number"), std::string::npos);
    EXPECT_NE(refused_bytes('L', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").find("more than 64 bits"),
              std::string::npos);
    EXPECT_NE(refused_bytes('L', "\2a\0"s).find("NUL"), std::string::npos);
    EXPECT_NE(refused_bytes('L', "\xff\xff\xff\xff\x0f").find("at most"), std::string::npos);
    EXPECT_NE(refused_bytes('D', "\0\0"s).find("no kind"), std::string::npos);
    EXPECT_NE(refused_bytes('D', "\x7f\0"s).find("at most"), std::string::npos);
    EXPECT_NE(refused_bytes('?', "").find("unknown kind"), std::string::npos);
    EXPECT_NE(refused_bytes('H', "\1").find("ends in a number"), std::string::npos);
}

TEST_F(Wire, CountsAreBounded) {
    EXPECT_NE(refused([](FactsEncoder& out) {
                  out.header(Format::kElf, {});
                  for (uint64_t i = 0; i <= kMaxSegments; ++i) out.segment({});
                  out.end();
              }).find("more than 4096 segments"),
              std::string::npos);
    EXPECT_NE(refused([](FactsEncoder& out) {
                  out.header(Format::kElf, {});
                  const std::string name(kMaxText, 'n');
                  for (uint64_t bytes = 0; bytes <= kMaxTextBytes; bytes += kMaxText) out.library(name);
                  out.end();
              }).find("names add up"),
              std::string::npos);
}

TEST_F(Wire, ACountThatDoesNotMatch) {
    std::string stream;
    FactsEncoder out([&](std::string_view frame) {
        if (frame[0] != 'L') stream += frame;  // lost on the way
    });
    out.header(Format::kElf, {});
    out.library("lost");
    out.end();
    EXPECT_THROW(decode(stream), base::Error);
}

}  // namespace
}  // namespace strata::foreign
