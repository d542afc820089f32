@0xe1b7c2f4a9d05b36;
# Column: keyed texts: imports, code signatures, data sections, Objective-C, Swift. One form for all of them, so that one
# merge compares them and one reader lists them. Sorted bytewise by key, then by value; each pair once.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Facts {
  keys @0 :Data;               # all keys, one after another: owner, NUL, name ("class Foo", "-bar:")
  keyOffsets @1 :List(UInt32); # count + 1
  values @2 :Data;             # all values, one after another, any bytes
  valueOffsets @3 :List(UInt32);  # count + 1
}
