// A worker program whose "parser" does what the file says: the first line is an order.
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "foreign/worker.h"

namespace {

using namespace strata::foreign;

// Read by nobody, so that no compiler may leave the work out.
volatile uint64_t sink = 0;

void send_raw(std::string_view bytes) {
    (void)!::write(kWorkerSocket, bytes.data(), bytes.size());
}

[[noreturn]] void work_for_ever() {
    for (;;) sink = sink + 1;
}

void allocate_for_ever() {
    std::vector<std::vector<char>> blocks;
    for (;;) blocks.emplace_back(16U << 20, 'x');
}

void crash() {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer would make an exit of it
    ::raise(SIGSEGV);
}

/// How many files this process has read says which it is.
void send_sound_facts(FactsEncoder& out, unsigned files) {
    const std::string name = std::to_string(::getpid()) + " " + std::to_string(files);
    Header header;
    header.install_name = name;
    out.header(Format::kElf, header);
}

void send_symbols_for_ever(FactsEncoder& out) {
    out.header(Format::kElf, {});
    Symbol symbol;
    symbol.name = "again";
    for (;;) out.symbol(symbol);
}

void obey(std::string_view order, FactsEncoder& out, unsigned files) {
    if (order == "crash") crash();
    if (order == "work") work_for_ever();
    if (order == "wait") std::this_thread::sleep_for(std::chrono::hours(1));
    if (order == "allocate") allocate_for_ever();
    if (order == "exit") ::_exit(5);
    if (order == "refuse") throw std::runtime_error("a file it does not like");
    if (order == "flood") send_symbols_for_ever(out);
    if (order == "half") {
        out.header(Format::kElf, {});
        send_raw(std::string("S\xff\x00\x00\x00half", 9));
        ::_exit(0);
    }
    if (order == "long frame") send_raw(std::string("S\xff\xff\xff\xff", 5));
    if (order == "unknown frame") send_raw(std::string("Z\x00\x00\x00\x00", 5));
    if (order == "second is worse" && files > 1) crash();
    send_sound_facts(out, files);
}

}  // namespace

int main() {
    unsigned files = 0;
    return serve([&](Format, FileInParts& file, FactsEncoder& out) {
        const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
        obey(text.substr(0, text.find('\n')), out, ++files);
    });
}
