@0xd66fb90bea587cf6;
# Column: C strings and CFStrings, sorted bytewise by value, then by section; each pair once.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Strings {
  values @0 :Data;             # all values, one after another, without their NULs; CFStrings as UTF-8
  offsets @1 :List(UInt32);    # count + 1
  sections @2 :List(UInt16);   # index into sectionNames
  sectionNames @3 :List(Text); # "__TEXT,__cstring"; sorted
}
