#include "diff/timestamps.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace strata::diff {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr size_t kLongest = 40;

/// Reads a text from its start; every step says whether it was there.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool at_end() const { return text_.empty(); }
    bool skip(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    template <size_t n>
    bool word(const std::array<std::string_view, n>& words) {
        if (std::find(words.begin(), words.end(), text_.substr(0, 3)) == words.end()) return false;
        text_.remove_prefix(3);
        return true;
    }
    /// Exactly `count` digits, at most `limit`.
    bool number(size_t count, unsigned limit) {
        if (text_.size() < count) return false;
        unsigned value = 0;
        for (size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return false;
            value = value * 10 + static_cast<unsigned>(text_[i] - '0');
        }
        text_.remove_prefix(count);
        return value <= limit;
    }
    bool time() { return number(2, 23) && skip(':') && number(2, 59) && skip(':') && number(2, 60); }
    /// One digit, with a blank before it or not, or two.
    bool day() {
        if (skip(' ')) return number(1, 9);
        const bool two = text_.size() > 1 && text_[1] != ' ';
        return number(two ? 2 : 1, 31);
    }
    /// An optional time zone and the blank after it.
    bool zone() {
        const size_t length = std::min(text_.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), text_.size());
        if (length == 0) return true;
        text_.remove_prefix(length);
        return length >= 2 && length <= 5 && skip(' ');
    }

  private:
    std::string_view text_;
};

bool is_time(std::string_view value) {
    Scanner scanner(value);
    return scanner.time() && scanner.at_end();
}

std::string_view date_form(std::string_view value) {
    Scanner scanner(value);
    if (!scanner.word(kMonths) || !scanner.skip(' ') || !scanner.day() || !scanner.skip(' ') ||
        !scanner.number(4, 9999))
        return {};
    if (scanner.at_end()) return "<DATE>";
    if (!scanner.skip(' ')) scanner.skip('/');
    return scanner.time() && scanner.at_end() ? "<DATE TIME>" : std::string_view{};
}

bool is_timestamp(std::string_view value) {
    Scanner scanner(value);
    return scanner.word(kDays) && scanner.skip(' ') && scanner.word(kMonths) && scanner.skip(' ') && scanner.day() &&
           scanner.skip(' ') && scanner.time() && scanner.skip(' ') && scanner.zone() && scanner.number(4, 9999) &&
           scanner.at_end();
}

}  // namespace

std::string_view timestamp_form(std::string_view value) {
    if (value.size() < 8 || value.size() > kLongest) return {};
    if (is_time(value)) return "<TIME>";
    if (const auto form = date_form(value); !form.empty()) return form;
    return is_timestamp(value) ? "<TIMESTAMP>" : std::string_view{};
}

}  // namespace strata::diff
