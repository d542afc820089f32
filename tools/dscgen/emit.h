#pragma once
// Writers of the parts of a cache file. Each starts at the output's current offset, which the layout determined.

#include "layout.h"
#include "out.h"
#include "slide.h"

namespace dscgen {

struct Emission {
    const Scale& scale;
    const CacheLayout& layout;
    const Spec& spec;
};

void emit_header(Out& out, const Emission& e, const File& file);
// The images of a text mapping, at file offset `mapping.file_offset`.
void emit_text(Out& out, const Emission& e, const Mapping& mapping);
// All strings of one of the image's pools.
void emit_strings(Out& out, const Content& content, Pool pool);
SlideRecord emit_data(Out& out, const Emission& e, const Mapping& mapping);
void emit_linkedit_tables(Out& out, const Emission& e, const LinkeditGroup& group, u64 tables_offset);
void emit_locals(Out& out, const Emission& e, const LocalsTable& table);

}  // namespace dscgen
