#include "record/head.h"

#include <algorithm>
#include <cstring>

#include "schema/head.capnp.h"

namespace strata::record {
namespace {

void encode_column(const ColumnRef& column, uint8_t kind, schema::Column::Builder out) {
    out.setKind(kind);
    out.setCount(column.count);
    out.setBytes(column.bytes);
    const auto count = static_cast<uint32_t>(column.chunks.size());
    auto ids = out.initIds(count);
    auto digests = out.initDigests(count * sizeof(base::Digest));
    auto sizes = out.initSizes(count);
    for (uint32_t i = 0; i < count; ++i) {
        sizes.set(i, column.chunks[i].bytes);
        ids.set(i, column.chunks[i].id);
        std::memcpy(digests.begin() + i * sizeof(base::Digest), column.chunks[i].digest.bytes.data(),
                    sizeof(base::Digest));
    }
}

ColumnRef decode_column(schema::Column::Reader in) {
    ColumnRef column;
    column.count = in.getCount();
    column.bytes = in.getBytes();
    const auto ids = in.getIds();
    const auto digests = in.getDigests();
    const auto sizes = in.getSizes();
    if (digests.size() != ids.size() * sizeof(base::Digest) || sizes.size() != ids.size())
        fail_record("image head", "digests, sizes and ids differ in number");
    column.chunks.resize(ids.size());
    for (uint32_t i = 0; i < ids.size(); ++i) {
        column.chunks[i].id = ids[i];
        column.chunks[i].bytes = sizes[i];
        std::memcpy(column.chunks[i].digest.bytes.data(), digests.begin() + i * sizeof(base::Digest),
                    sizeof(base::Digest));
    }
    return column;
}

template <typename Builder, typename Values>
void set_all(Builder list, const Values& values) {
    for (uint32_t i = 0; i < values.size(); ++i) list.set(i, values[i]);
}

void encode_failure(const Failure& failure, schema::Failure::Builder out) {
    out.setFile(text_of(failure.file));
    out.setHasOffset(failure.offset.has_value());
    out.setOffset(failure.offset.value_or(0));
    out.setMessage(text_of(failure.message));
    out.setExpected(text_of(failure.expected));
}

Failure decode_failure(schema::Failure::Reader in) {
    Failure failure;
    failure.file = view_of(in.getFile());
    if (in.getHasOffset()) failure.offset = in.getOffset();
    failure.message = view_of(in.getMessage());
    failure.expected = view_of(in.getExpected());
    return failure;
}

}  // namespace

Failure Failure::from(const base::Error& error) {
    const auto slash = error.file().rfind('/');
    return {slash == std::string::npos ? error.file() : error.file().substr(slash + 1), error.offset(), error.message(),
            error.expected()};
}

bool ColumnRef::same_content(const ColumnRef& other) const {
    return std::equal(chunks.begin(), chunks.end(), other.chunks.begin(), other.chunks.end(),
                      [](const ChunkRef& a, const ChunkRef& b) { return a.digest == b.digest; });
}

Message encode_head(const Head& head) {
    auto builder = sized_builder(4096 + head.section_addresses.size() * 32);
    auto root = builder.initRoot<schema::Head>();
    root.setUuid(data_of(head.uuid));
    root.setHasSourceVersion(head.source_version.has_value());
    root.setSourceVersion(head.source_version.value_or(0));
    root.setHasBuildVersion(head.has_build_version);
    root.setMinOs(head.min_os);
    root.setSdk(head.sdk);
    root.setAddress(head.address);
    set_all(root.initSegmentAddresses(static_cast<uint32_t>(head.segment_addresses.size())), head.segment_addresses);
    set_all(root.initSectionAddresses(static_cast<uint32_t>(head.section_addresses.size())), head.section_addresses);
    root.setSectionDigests(data_of(head.section_digests));
    set_all(root.initDependencyVersions(static_cast<uint32_t>(head.dependency_versions.size())),
            head.dependency_versions);
    auto columns = root.initColumns(static_cast<uint32_t>(head.columns.size()));
    for (uint32_t i = 0; i < columns.size(); ++i) encode_column(head.columns[i], static_cast<uint8_t>(i), columns[i]);
    auto aliases = root.initAliases(static_cast<uint32_t>(head.aliases.size()));
    for (uint32_t i = 0; i < aliases.size(); ++i) aliases.set(i, text_of(head.aliases[i]));
    root.setHasFailure(head.failure.has_value());
    if (head.failure) encode_failure(*head.failure, root.initFailure());
    root.setStabs(head.stabs);
    root.setRedacted(head.redacted);
    root.setUnmappedLocals(head.unmapped_locals);
    root.setSource(head.source);
    return encode(builder);
}

Head decode_head(std::string_view message) {
    MessageView view(message, "image head", Access::kOnce);
    return guarded("image head", [&] {
        const auto root = view.root<schema::Head>();
        Head head;
        head.uuid = view_of(root.getUuid());
        if (root.getHasSourceVersion()) head.source_version = root.getSourceVersion();
        head.has_build_version = root.getHasBuildVersion();
        head.min_os = root.getMinOs();
        head.sdk = root.getSdk();
        head.address = root.getAddress();
        for (const uint64_t address : root.getSegmentAddresses()) head.segment_addresses.push_back(address);
        for (const uint64_t address : root.getSectionAddresses()) head.section_addresses.push_back(address);
        head.section_digests = view_of(root.getSectionDigests());
        for (const uint32_t version : root.getDependencyVersions()) head.dependency_versions.push_back(version);
        for (const auto column : root.getColumns())
            if (column.getKind() < head.columns.size()) head.columns[column.getKind()] = decode_column(column);
        for (const auto alias : root.getAliases()) head.aliases.emplace_back(view_of(alias));
        if (root.getHasFailure()) head.failure = decode_failure(root.getFailure());
        head.stabs = root.getStabs();
        head.redacted = root.getRedacted();
        head.unmapped_locals = root.getUnmappedLocals();
        head.source = root.getSource();
        return head;
    });
}

}  // namespace strata::record
