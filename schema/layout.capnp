@0xa486c8dbc2aca804;
# Column: how an image is put together, without any address: header facts, segments, sections, dependencies, load commands.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Layout {
  cpuType @0 :UInt32;          # mach/machine.h
  cpuSubtype @1 :UInt32;
  fileType @2 :UInt32;         # MH_* of mach-o/loader.h
  flags @3 :UInt32;            # MH_* flags
  platform @4 :UInt32;         # PLATFORM_*; 0 = not said
  installName @5 :Text;        # LC_ID_DYLIB; empty when there is none
  segments @6 :List(Segment);
  sections @7 :List(Section);  # in load-command order; their index + 1 is what other columns call a section
  dependencies @8 :List(Dependency);  # in load-command order; their index + 1 is the library ordinal
  loadCommands @9 :List(UInt32);      # LC_* values in file order
  details @10 :List(Detail);   # load commands that say something worth comparing, in file order
}

struct Segment {
  name @0 :Text;
  maxProt @1 :UInt32;
  initProt @2 :UInt32;
  flags @3 :UInt32;
}

struct Section {
  segment @0 :Text;
  name @1 :Text;
  size @2 :UInt64;             # bytes in memory
  flags @3 :UInt32;            # type in the low 8 bits
  align @4 :UInt32;            # power of two
  literalDigest @5 :Data;      # literal sections: digest of the set of strings free of build noise, 32 bytes; else empty
}

struct Dependency {
  name @0 :Text;
  kind @1 :UInt8;              # strata::macho::DependencyKind
}

struct Detail {
  command @0 :UInt32;          # LC_RPATH, LC_SUB_CLIENT, ...
  text @1 :Text;
}
