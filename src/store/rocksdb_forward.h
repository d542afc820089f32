// RocksDB's types by name only. Its headers take two seconds of each compile that includes them, and what reads a store
// has no use for them.
#pragma once

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Iterator;
class SstFileWriter;
class Status;
class WriteBatch;
struct Options;
}  // namespace rocksdb
