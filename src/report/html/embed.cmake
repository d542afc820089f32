# Writes OUT: a C++ file with the text of IN as strata::report::NAME. Bytes, not a literal: compilers limit literals.
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REPEAT "0x..," 20 line)
string(REGEX REPLACE "(${line})" "    \\1\n" bytes "${bytes}")
file(WRITE "${OUT}" "// Made from ${NAME_OF_FILE} by embed.cmake.
#include \"report/html_parts.h\"

namespace strata::report {
namespace {
constexpr unsigned char k_${NAME}_bytes[] = {
${bytes}0};
}  // namespace
std::string_view ${NAME}() {
    return {reinterpret_cast<const char*>(k_${NAME}_bytes), sizeof k_${NAME}_bytes - 1};
}
}  // namespace strata::report
")
