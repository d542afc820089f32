#include "dscgen.h"
#include <stdexcept>
namespace dscgen {
std::vector<DamageKind> damage_kinds() { return {}; }
const char* fatal_name(Fatal f) { return f == Fatal::cache ? "cache" : f == Fatal::image ? "image" : f == Fatal::none ? "none" : "any"; }
Damage damage(const std::string&, const std::string&, const std::string& kind) { throw std::invalid_argument("unknown damage: " + kind); }
}
