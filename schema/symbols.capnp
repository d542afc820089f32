@0x9a5bf3768685a178;
# Column: symbols, sorted bytewise by name. A chunk is complete in itself; where they are is in the places column.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Symbols {
  names @0 :Data;              # all names, one after another
  offsets @1 :List(UInt32);    # count + 1: name i is [offsets[i], offsets[i+1])
  kinds @2 :List(UInt8);       # strata::record::SymbolKind in the low 4 bits, flags above
  dylibs @3 :List(UInt16);     # index into dylibNames; 0xffff = none
  dylibNames @4 :List(Text);   # sorted
  targets @5 :List(Target);    # re-exports under another name, by index
}

struct Target {
  index @0 :UInt32;            # of the symbol in this chunk
  name @1 :Text;               # its name in the dylib it comes from
}
