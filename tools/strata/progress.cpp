#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "report/fold.h"
#include "terminal.h"

namespace tool {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
// What is over sooner needs no line that flashes up.
constexpr auto kPatience = std::chrono::milliseconds(300);

std::string time_text(double seconds) {
    const auto whole = static_cast<uint64_t>(std::max(0.0, seconds) + 0.5);
    if (whole < 60) return std::to_string(whole) + " s";
    if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string size_of(double bytes) {
    return strata::base::size_text(static_cast<uint64_t>(bytes));
}

}  // namespace

Progress::Progress(std::string what, std::string things, bool quiet)
    : what_(std::move(what)),
      things_(std::move(things)),
      on_(!quiet && ::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

std::string Progress::amount(uint64_t count) const {
    return things_ == "bytes" ? strata::base::size_text(count) : std::to_string(count);
}

std::string Progress::rates(uint64_t done, uint64_t total, uint64_t bytes, double seconds) const {
    if (seconds < 0.2 || done <= first_done_) return {};
    const double rate = static_cast<double>(done - first_done_) / seconds;
    std::string text;
    if (bytes != 0) text += ", " + size_of(static_cast<double>(bytes) / seconds) + "/s";
    text += things_ == "bytes" ? ", " + size_of(rate) + "/s"
                               : ", " + std::to_string(static_cast<uint64_t>(rate)) + " " + things_ + "/s";
    if (total >= done) text += ", " + time_text(static_cast<double>(total - done) / rate) + " left";
    return text;
}

void Progress::update(uint64_t done, uint64_t total, uint64_t bytes) {
    if (!on_) return;
    const auto now = std::chrono::steady_clock::now();
    if (!started_) {
        // What a resumed run finds done says nothing about its rate.
        started_ = true;
        first_done_ = done;
        start_ = now;
    }
    if (now - start_ < kPatience || (now - last_ < kRedraw && done != total)) return;
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::string line = what_ + " " + amount(done);
    if (total != 0) line += (things_ == "bytes" ? " of " : "/") + amount(total);
    if (things_ != "bytes") line += " " + things_;
    draw(line + rates(done, total, bytes, seconds));
}

void Progress::say(const std::string& step) {
    if (on_) draw(step + "...");
}

void Progress::draw(const std::string& line) {
    // A line that wraps could not be taken back.
    const size_t width = terminal_width(STDERR_FILENO);
    std::fprintf(stderr, "\r\033[K%s", strata::report::clipped(line, width > 1 ? width - 1 : 1).c_str());
    std::fflush(stderr);
    drawn_ = true;
}

void Progress::clear() {
    if (!drawn_) return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
}

void Progress::stop() {
    clear();
    on_ = false;
}

}  // namespace tool
