#include "progress.h"

#include <unistd.h>

#include <cstdio>

#include "base/text.h"

namespace tool {

namespace {
constexpr auto kRedraw = std::chrono::milliseconds(100);
}

Progress::Progress(std::string what, bool quiet)
    : what_(std::move(what)),
      on_(!quiet && ::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

void Progress::update(uint64_t done, uint64_t total, uint64_t bytes) {
    if (!on_) return;
    const auto now = std::chrono::steady_clock::now();
    if (!started_) {
        // What a resumed run finds done says nothing about its rate.
        started_ = true;
        first_done_ = done;
        start_ = now;
    }
    if (now - last_ < kRedraw && done != total) return;
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    std::string line = what_ + " " + std::to_string(done) + "/" + std::to_string(total) + " images";
    if (seconds > 0.2 && done > first_done_) {
        const double rate = static_cast<double>(done - first_done_) / seconds;
        if (bytes != 0)
            line += ", " + strata::base::size_text(static_cast<uint64_t>(static_cast<double>(bytes) / seconds)) + "/s";
        line += ", " + std::to_string(static_cast<uint64_t>(rate)) + " images/s, " +
                std::to_string(static_cast<uint64_t>(static_cast<double>(total - done) / rate + 0.5)) + " s left";
    }
    draw(line);
}

void Progress::update(uint64_t files) {
    const auto now = std::chrono::steady_clock::now();
    if (!on_ || now - last_ < kRedraw) return;
    last_ = now;
    draw(what_ + " " + std::to_string(files) + " files");
}

void Progress::draw(const std::string& line) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
    drawn_ = true;
}

void Progress::clear() {
    if (!drawn_) return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
}

}  // namespace tool
