#include "terminal.h"

#include <sys/ioctl.h>

#include <cstdlib>
#include <string_view>

namespace tool {
namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

size_t terminal_width(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
    const long columns = std::strtol(std::string(variable("COLUMNS")).c_str(), nullptr, 10);
    return columns > 0 ? static_cast<size_t>(columns) : 80;
}

bool wants_colour(const std::string& when, bool is_terminal) {
    if (when != "auto") return when == "always";
    return is_terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

}  // namespace tool
