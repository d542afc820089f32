#include "query/symbolicate.h"

#include "base/error.h"
#include "query/frames.h"
#include "query/report_ips.h"
#include "query/report_text.h"

namespace strata::query {

Symbolicated symbolicate(store::Reader& reader, const record::Firmware& firmware, std::string_view report,
                         const SymbolicateOptions& options) {
    if (report.size() > kMostReport)
        throw base::Error::input("report", kMostReport, "the report is too large",
                                 "at most " + std::to_string(kMostReport) + " bytes");
    FrameNames names(reader, firmware, options.demangle);
    const size_t first = report.find_first_not_of(" \t\r\n\xef\xbb\xbf");
    const bool is_json = first != std::string_view::npos && report[first] == '{';
    return is_json ? symbolicate_ips(names, report) : symbolicate_text(names, report);
}

}  // namespace strata::query
