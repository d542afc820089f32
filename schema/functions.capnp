@0xfac51ce162e88e43;
# Column: function starts (LC_FUNCTION_STARTS) in address order, relative to their sections.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Functions {
  sections @0 :List(UInt16);   # 1-based; 0 = in no section, relative to the mach header
  offsets @1 :List(UInt32);    # bytes from the section's start
  sizes @2 :List(UInt32);      # bytes to the next start or the section's end, whichever is nearer
}
