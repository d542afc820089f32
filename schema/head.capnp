@0xf3963c4b0e6a30be;
# The head of one image: what differs on every build, and where its columns are.
# Value of the `images` family, keyed by firmware id and image path. Addresses live here and nowhere else.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("strata::schema");

struct Head {
  uuid @0 :Data;               # LC_UUID, 16 bytes; empty when the image has none
  sourceVersion @1 :UInt64;    # LC_SOURCE_VERSION, 24.10.10.10.10 bits
  hasSourceVersion @2 :Bool;
  minOs @3 :UInt32;            # xxxx.yy.zz nibbles, of LC_BUILD_VERSION or LC_VERSION_MIN_*
  sdk @4 :UInt32;
  hasBuildVersion @5 :Bool;
  address @6 :UInt64;          # unslid address of the mach header
  segmentAddresses @7 :List(UInt64);  # in the order of the layout column
  sectionAddresses @8 :List(UInt64);  # in the order of the layout column
  sectionDigests @9 :Data;     # 16 bytes a section: SHA-256 of its raw bytes, cut; zeros when it has no bytes
  dependencyVersions @10 :List(UInt32);  # current, compatibility; in the order of the layout column
  columns @11 :List(Column);   # one entry a kind, in the order of ColumnKind
  aliases @12 :List(Text);     # other install names of the same image
  failure @13 :Failure;        # set when the image could not be read; then nothing else is
  hasFailure @14 :Bool;
  stabs @15 :UInt32;           # debugging entries of the symbol table: counted, not kept
  redacted @16 :UInt32;        # entries of the symbol table whose name the cache builder replaced by "<redacted>"
  unmappedLocals @17 :UInt32;  # local symbols that came from outside the image: .symbols file or local symbols table
  source @18 :UInt16;          # index into the manifest's sources: which one this image came from
}

struct Column {
  kind @0 :UInt8;              # strata::record::ColumnKind
  count @1 :UInt64;            # entries, all chunks together
  bytes @2 :UInt64;            # stored bytes, all chunks together
  ids @3 :List(UInt64);        # chunks in order: keys in the `columns` family
  digests @4 :Data;            # 32 bytes a chunk: SHA-256 of the kind and the message
  sizes @5 :List(UInt32);      # message bytes of each chunk
}

struct Failure {
  file @0 :Text;               # file name only
  offset @1 :UInt64;           # bytes into that file
  hasOffset @2 :Bool;
  message @3 :Text;
  expected @4 :Text;
}
