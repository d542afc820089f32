// The list of all damage kinds, and doing one.

#include "damage_patient.h"
#include "out.h"

#include <array>
#include <filesystem>
#include <stdexcept>

namespace dscgen {

namespace {

Fatal fatal_of(char letter) {
    switch (letter) {
        case 'c':
            return Fatal::cache;
        case 'i':
            return Fatal::image;
        case 'n':
            return Fatal::none;
        default:
            return Fatal::any;
    }
}

const std::vector<Kind>& all_kinds() {
    static const std::vector<Kind> kKinds = [] {
        std::vector<Kind> kinds;
        add_file_kinds(kinds);
        add_header_kinds(kinds);
        add_table_kinds(kinds);
        add_image_kinds(kinds);
        add_linkedit_kinds(kinds);
        return kinds;
    }();
    return kKinds;
}

}  // namespace

void add_kind(std::vector<Kind>& kinds, const std::string& name, Fatal fatal, const std::string& what,
              std::function<void(Patient&)> apply) {
    kinds.push_back({{name, what, fatal}, std::move(apply)});
}

void add_field(std::vector<Kind>& kinds, const std::string& name, u32 width, const char* fatal,
               const std::function<Place(const Patient&)>& locate, bool hits_image) {
    constexpr std::array<const char*, 7> kValues = {"0", "1", "max-1", "max", "size-1", "size", "size+1"};
    const u64 max = width == 8 ? ~u64{0} : (u64{1} << (8 * width)) - 1;
    for (u32 v = 0; v < kValues.size(); ++v) {
        if (fatal[v] == '-') continue;
        const auto apply = [=](Patient& p) {
            const Place at = locate(p);
            const u64 size = p.file_size(at);
            const std::array<u64, 7> values = {0, 1, max - 1, max, size - 1, size, size + 1};
            if (hits_image) p.report.image = p.image_path(p.victim());
            p.set(at, width, values[v]);
        };
        add_kind(kinds, name + "=" + kValues[v], fatal_of(fatal[v]), name + " set to " + kValues[v], apply);
    }
}

std::vector<DamageKind> damage_kinds() {
    std::vector<DamageKind> out;
    for (const Kind& k : all_kinds()) out.push_back(k.info);
    return out;
}

const char* fatal_name(Fatal fatal) {
    switch (fatal) {
        case Fatal::cache:
            return "cache";
        case Fatal::image:
            return "image";
        case Fatal::none:
            return "none";
        default:
            return "any";
    }
}

Damage damage(const std::string& from, const std::string& to, const std::string& kind) {
    for (const Kind& k : all_kinds()) {
        if (k.info.name != kind) continue;
        if (std::filesystem::exists(to) && std::filesystem::equivalent(from, to))
            throw std::invalid_argument("damage: the same directory twice");
        Patient patient(from);
        patient.report.kind = kind;
        patient.report.fatal = k.info.fatal;
        k.apply(patient);
        remove_stale_caches(to);
        patient.write(to);
        return patient.report;
    }
    throw std::invalid_argument("unknown damage: " + kind);
}

}  // namespace dscgen
