@0x8c5d90e4f7a13b62;
# Column: fingerprints of functions (src/code), entry by entry and chunk by chunk in the order of the functions column.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Code {
  code @0 :List(UInt64);        # the function's own instructions, what depends on the layout masked; 0 = not known
  references @1 :List(UInt64);  # what its masked operands lead to; 0 = there is none, or not known
}
