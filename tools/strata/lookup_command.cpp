#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "base/error.h"
#include "options.h"
#include "query/image_name.h"
#include "query/lookup.h"
#include "query_options.h"
#include "report/output.h"
#include "report/query_rows.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

using strata::base::Error;
using strata::query::Location;

struct LookupArguments {
    Common common;
    std::string firmware;  ///< with --uuid the first address
    std::vector<std::string> addresses;
    std::string uuid;
    std::string image;
    std::string slide;
    bool demangle = false;
};

/// Where addresses are looked up: a firmware, or one image of it.
class Place {
  public:
    virtual ~Place() = default;
    virtual const std::string& firmware() const = 0;
    /// The unslid address that `word` says.
    virtual uint64_t address_of(const std::string& word, uint64_t slide) const {
        if (word.starts_with('+'))
            throw Error::usage(word + " is an offset into an image: say which by --image or --uuid");
        return parse_number(word, "address") - slide;
    }
    virtual std::optional<Location> locate(uint64_t address) = 0;
};

class WholeFirmware : public Place {
  public:
    WholeFirmware(strata::store::Reader& reader, const std::string& name)
        : firmware_(reader.firmware(name)), map_(reader, firmware_) {}
    const std::string& firmware() const override { return firmware_.name; }
    std::optional<Location> locate(uint64_t address) override { return map_.locate(address); }

  private:
    strata::record::Firmware firmware_;
    strata::query::AddressMap map_;
};

class OneImage : public Place {
  public:
    OneImage(strata::store::Reader& reader, strata::query::FoundImage image)
        : reader_(reader), image_(std::move(image)), head_(*reader.head(image_.firmware.id, image_.path)) {}
    const std::string& firmware() const override { return image_.firmware.name; }
    /// "+N": N bytes into the image, wherever a firmware puts it.
    uint64_t address_of(const std::string& word, uint64_t slide) const override {
        if (word.starts_with('+')) return image_.address + parse_number(std::string_view(word).substr(1), "offset");
        return Place::address_of(word, slide);
    }
    std::optional<Location> locate(uint64_t address) override {
        return strata::query::locate_in_image(reader_, image_.path, head_, address);
    }

  private:
    strata::store::Reader& reader_;
    strata::query::FoundImage image_;
    strata::record::Head head_;
};

strata::query::FoundImage image_of_uuid(strata::store::Reader& reader, const std::string& uuid) {
    const std::string bytes = strata::query::parse_uuid(uuid);
    if (bytes.empty()) throw Error::usage("\"" + uuid + "\" is no uuid: expected 32 hexadecimal digits");
    auto found = strata::query::images_by_uuid(reader, bytes);
    if (found.empty()) throw Error::usage("no firmware has an image with the uuid " + uuid);
    return std::move(found.front());
}

strata::query::FoundImage named_image(strata::store::Reader& reader, const std::string& firmware_name,
                                      const std::string& name) {
    const auto firmware = reader.firmware(firmware_name);
    const auto path = strata::query::resolve_image(reader, firmware, name);
    return {firmware, path, reader.head(firmware.id, path)->address};
}

std::unique_ptr<Place> place_of(strata::store::Reader& reader, const LookupArguments& options) {
    if (!options.uuid.empty()) return std::make_unique<OneImage>(reader, image_of_uuid(reader, options.uuid));
    if (!options.image.empty())
        return std::make_unique<OneImage>(reader, named_image(reader, options.firmware, options.image));
    return std::make_unique<WholeFirmware>(reader, options.firmware);
}

int lookup(const LookupArguments& options) {
    RunStats stats("lookup");
    std::vector<std::string> addresses = options.addresses;
    if (options.uuid.empty() && options.firmware.empty()) throw Error::usage("lookup needs a firmware, or --uuid");
    if (!options.uuid.empty() && !options.firmware.empty()) addresses.insert(addresses.begin(), options.firmware);
    const uint64_t slide = options.slide.empty() ? 0 : parse_number(options.slide, "slide");
    strata::store::Reader reader(store_directory(options.common));
    const auto place = place_of(reader, options);
    strata::report::Output output;
    const auto answer = [&](const std::string& word) {
        const uint64_t address = place->address_of(word, slide);
        const auto location = place->locate(address);
        const uint64_t given = word.starts_with('+') ? address : parse_number(word, "address");
        output.write(options.common.json ? strata::report::location_json(place->firmware(), given, address, location)
                                         : strata::report::location_text(given, location, options.demangle));
    };
    for (const auto& word : addresses) answer(word);
    if (addresses.empty())
        for (std::string word; std::cin >> word;) answer(word);
    output.finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_lookup(const Command& program, Run& run) {
    auto options = std::make_shared<LookupArguments>();
    const Command command = program.subcommand("lookup", "What is at an address: image, section, symbol, function");
    command.option("FIRMWARE", options->firmware, "A firmware name (strata list shows them); not with --uuid");
    command.option("ADDRESS", options->addresses,
                   "Unslid addresses, 0x for hexadecimal; without any, they are read from standard input");
    const Option uuid =
        command.option("--uuid", options->uuid,
                       "Look in the image of this uuid, in the first firmware that has it (then no FIRMWARE is given); "
                       "an address +N is N bytes into it");
    command
        .option("--image,-i", options->image,
                "Look in this image of the firmware: a path, an alias or an unambiguous last component. In a "
                "directory tree each image has addresses of its own. +N is N bytes into it")
        .excludes(uuid);
    command.option("--slide", options->slide, "Take this off each address first");
    command.flag("--demangle", options->demangle, "C++ names as they were written (text only)");
    add_query_options(command, options->common);
    command.footer(
        "Text: address, image, section, nearest symbol + offset, function; tabs between.\n\n"
        "Examples:\n"
        "  strata lookup 26.0 0x18000a7c0 0x1a1b2c3d4\n"
        "  strata lookup 26.0 --slide 0x1c0000 < addresses.txt\n"
        "  strata lookup 26.0 --image usr/bin/tool 0x100003f50 +0x20\n"
        "  strata lookup --uuid 8E68174B-502C-3A48-BFB9-DAD3A5BCC558 +0x2c44 --json");
    command.runs(run, [options] { return lookup(*options); });
}

}  // namespace tool
