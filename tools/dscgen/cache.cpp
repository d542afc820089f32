// make() and next(): replay, measure, lay out, write.

#include "dscgen.h"

#include "emit.h"
#include "objc.h"
#include "plan.h"
#include "truth.h"

#include <filesystem>
#include <stdexcept>

namespace dscgen {

namespace {

namespace fs = std::filesystem;

constexpr const char* kStateFile = "dscgen.state";

void write_file(const Emission& e, const File& file, const std::string& path) {
    Out out(path, e.spec.arch);
    emit_header(out, e, file);
    std::vector<SlideRecord> slides;
    for (const Mapping& m : file.mappings) {
        if (m.file_offset > 0) out.zero_to(m.file_offset, "mapping");
        switch (m.kind) {
            case MappingKind::text:
                emit_text(out, e, m);
                break;
            case MappingKind::data:
                slides.push_back(emit_data(out, e, m));
                break;
            case MappingKind::linkedit: {
                std::size_t next = 0;
                for (const Mapping& data : file.mappings) {
                    if (!data.has_slide) continue;
                    out.zero_to(data.slide_offset, "slide info");
                    write_slide_info(out, e.spec, e.layout.base, slides[next++]);
                    out.zero_to(data.slide_offset + data.slide_size, "slide info");
                }
                if (m.group != ~0U)
                    emit_linkedit_tables(out, e, e.layout.groups[m.group],
                                         m.file_offset + e.layout.groups[m.group].tables);
                break;
            }
            default:
                break;
        }
        out.zero_to(m.file_offset + m.size, "mapping");
    }
    if (file.locals.offset != 0) emit_locals(out, e, file.locals);
    out.zero_to(file.signature_offset, "end of file");
    const std::vector<u8> signature = out.end_code();
    out.bytes(signature.data(), signature.size());
    out.zero_to(file.size, "code signature");
    out.close();
}

void write_truth(const std::string& path, const Scale& scale, const CacheLayout& layout) {
    std::ofstream out(path, std::ios::binary);
    for (const Image& image : layout.images) write_counts(out, scale, image);
    if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

Result write_cache(const State& state, const std::string& directory) {
    const Scale scale(spec_now(state));
    const u64 generation = state.steps.size();
    const Plan plan = replay(scale, state.steps);
    const CacheLayout layout = build_layout(scale, plan, generation);
    fs::create_directories(directory);
    remove_stale_caches(directory);
    const std::string stem = directory + "/dyld_shared_cache_" + arch_name(state.spec.arch);
    const Emission e{scale, layout, scale.spec()};
    Result result;
    result.main_file = stem;
    for (const File& file : layout.files) {
        write_file(e, file, stem + file.suffix);
        result.bytes += file.size;
    }
    result.files = static_cast<u32>(layout.files.size());
    result.images = static_cast<u32>(layout.images.size());
    for (const Image& image : layout.images) result.symbols += symbol_count(image.shape);
    const bool first = state.steps.empty();
    write_truth(directory + (first ? "/truth.jsonl" : "/images.jsonl"), scale, layout);
    if (!first) {
        std::ofstream out(directory + "/truth.jsonl", std::ios::binary);
        for (const Change& change : plan.changes) write_change(out, scale, change);
        if (!out.flush()) throw std::runtime_error("cannot write truth.jsonl");
    }
    save_state(state, directory + "/" + kStateFile);
    return result;
}

}  // namespace

namespace {

// Where each image's Objective-C strings are in libobjc, which grows by them.
void place_pool(const Scale& scale, bool share, TrieBuilder& trie, CacheLayout& layout) {
    u64 at = opt_section_size();
    for (Image& image : layout.images) {
        image.shape.pooled_at = static_cast<u32>(at);
        for (const Section section : kPooledSections) at += image.shape.pooled[section];
    }
    if (at > u64{1} << 31) throw std::invalid_argument("more Objective-C strings than a pool takes: use fewer symbols");
    Image& home = layout.images[layout.index_by_id[selector_home(scale.spec())]];
    const u32 home_at = home.shape.pooled_at;
    home.shape =
        measure(Content(scale, home.record), home.path, share, trie, static_cast<u32>(at - opt_section_size()));
    home.shape.pooled_at = home_at;
}

}  // namespace

CacheLayout build_layout(const Scale& scale, const Plan& plan, u64 generation) {
    const Spec& spec = scale.spec();
    CacheLayout layout;
    layout.index_by_id.assign(plan.next_id, ~0U);
    layout.images.reserve(plan.images.size());
    const bool share = shares_pool(spec);
    TrieBuilder trie;
    for (const ImageRecord& record : plan.images) {
        layout.index_by_id[record.id] = static_cast<u32>(layout.images.size());
        Image image;
        image.record = record;
        image.path = install_name(spec.seed, record.id, record.place, spec.platform, scale.has_dyld());
        image.alias = alias_name(image.path, spec.platform);
        image.shape = measure(Content(scale, record), image.path, share, trie);
        layout.images.push_back(std::move(image));
    }
    if (spec.objc_strings == ObjcStrings::pool) place_pool(scale, share, trie, layout);
    lay_out(scale, layout, generation);
    return layout;
}

std::vector<ObjcTruth> objc_truth(const std::string& directory) {
    const State state = load_state(directory + "/" + kStateFile);
    const Scale scale(state.spec);
    std::vector<ObjcTruth> out;
    for (const ImageRecord& record : replay(scale, state.steps).images) {
        const Content content(scale, record);
        const std::string path =
            install_name(state.spec.seed, record.id, record.place, state.spec.platform, scale.has_dyld());
        for (ObjcFact& f : ObjcPlan(content).facts())
            out.push_back({path, std::move(f.owner), std::move(f.name), std::move(f.value)});
    }
    return out;
}

Result make(Spec spec, const std::string& directory) {
    resolve(spec);
    return write_cache({spec, {}}, directory);
}

Result next(const std::string& from, const std::string& to, const Step& step) {
    State state = load_state(from + "/" + kStateFile);
    if (fs::exists(to) && fs::equivalent(from, to)) throw std::invalid_argument("next: the same directory twice");
    state.steps.push_back(step);
    return write_cache(state, to);
}

}  // namespace dscgen
