// The parts of the HTML report that are files of their own (src/report/html), put into the program when it is built.
#pragma once

#include <string_view>

namespace strata::report {

/// The page with @CSP@, @TITLE@, @CSS@, @DATA@ and @JS@ where the other parts go.
std::string_view html_page();
std::string_view html_style();
std::string_view html_script();

}  // namespace strata::report
