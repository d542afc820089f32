#pragma once
// Edits of `next` that keep every size: functions that call another function or refer to another string, and entries of
// pointer tables that hold another number or lead to another string.

#include "content.h"

namespace dscgen {

// Adds some edits to `m`, which holds all others of this step already.
void mutate_code(const Content& content, Mutations& m, u64 seed);

// How far the calls and the strings of a function are shifted, 0 for none.
struct Retarget {
    u32 calls = 0;
    u32 strings = 0;
};
Retarget retarget_of(const Mutations& m, u32 number);

// The random number behind slot `i` of table __const.
u64 table_word(const Content& content, u32 i);
// What slot `i` of the __const table holds: tables with authenticated functions hold no others.
enum class TableEntry { number, function, string };
TableEntry table_entry(const Profile& profile, u32 i);

}  // namespace dscgen
