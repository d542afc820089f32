@0xbd435b91fab56a1f;
# Column: where the symbols of the symbols column are, entry by entry and chunk by chunk in the same order.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Places {
  sections @0 :List(UInt16);   # 1-based section; 0 = relative to the mach header; 0xffff = nowhere; 0xfffe = see far
  offsets @1 :List(UInt32);    # bytes from there
  far @2 :List(UInt64);        # values of the 0xfffe entries, in order: absolute symbols
}
