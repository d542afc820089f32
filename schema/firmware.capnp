@0xbaa8164fa53a7f07;
# The manifest of one firmware: the value of the `firmwares` family, keyed by the firmware's name.
# Small, rewritten while indexing; never shared.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Firmware {
  id @0 :UInt32;              # first part of the keys of its images; never reused in a store
  state @1 :State;
  identity @2 :Data;          # SHA-256 over what identifies the sources; equal identity = same content
  sourcePath @3 :Text;        # where it was read from, for people; not part of the identity
  kind @4 :Text;              # "dyld_shared_cache", "tree", "macho"; "composite" of several sources
  arch @5 :Text;              # from the cache's magic, such as "arm64e"
  platform @6 :UInt32;        # PLATFORM_* of mach-o/loader.h; 0 = not said
  osVersion @7 :UInt32;       # xxxx.yy.zz nibbles; 0 = not said
  uuid @8 :Data;              # 16 bytes of the main file
  files @9 :List(SourceFile);
  images @10 :UInt64;         # how many the source lists
  failed @11 :UInt64;         # how many of them could not be read
  warnings @12 :List(Text);   # about the source as a whole: missing sub-caches and the like
  toolVersion @13 :Text;
  schemaVersion @14 :UInt32;
  extractedBytes @15 :UInt64; # bytes of records made from this source, shared ones included
  frozen @16 :Bool;           # its string columns may be stored compressed
  sources @17 :List(Source);  # what it was built from, in the order it was added; heads refer to it

  enum State {
    indexing @0;              # some images have heads; the next run goes on from there
    complete @1;
  }
}

struct Source {
  identity @0 :Data;          # as above, of this source alone
  kind @1 :Text;
  path @2 :Text;              # for people
  images @3 :UInt64;
  failed @4 :UInt64;
  complete @5 :Bool;          # all its images have heads
}

struct SourceFile {
  name @0 :Text;              # file name only
  size @1 :UInt64;            # bytes
  uuid @2 :Data;
}
