#pragma once
// 128 words, sorted, so that names made from consecutive ordinals share prefixes as real ones do. A word starts with
// the only capital letter in it: a sequence of words can be split in one way, so different sequences differ as text.

#include "bits.h"

#include <array>
#include <string_view>

namespace dscgen {

constexpr std::array<std::string_view, 128> kWords = {
    "Accessory",  "Account",     "Action",    "Activity",   "Adapter",    "Address",  "Agent",      "Alert",
    "Allocation", "Analytics",   "Animation", "Appearance", "Archive",    "Asset",    "Attribute",  "Audio",
    "Backup",     "Balance",     "Battery",   "Binding",    "Bluetooth",  "Bookmark", "Browser",    "Buffer",
    "Bundle",     "Cache",       "Calendar",  "Camera",     "Capture",    "Channel",  "Client",     "Cloud",
    "Collection", "Color",       "Command",   "Config",     "Connection", "Contact",  "Container",  "Context",
    "Controller", "Coordinator", "Cursor",    "Data",       "Database",   "Delegate", "Descriptor", "Device",
    "Dictionary", "Display",     "Document",  "Domain",     "Download",   "Element",  "Encoder",    "Engine",
    "Entity",     "Error",       "Event",     "Extension",  "Factory",    "Feature",  "Fetch",      "Filter",
    "Folder",     "Format",      "Frame",     "Gesture",    "Graph",      "Group",    "Handler",    "Header",
    "Health",     "Helper",      "History",   "Image",      "Index",      "Info",     "Input",      "Intent",
    "Interface",  "Item",        "Journal",   "Key",        "Layer",      "Layout",   "Link",       "List",
    "Loader",     "Location",    "Manager",   "Mapping",    "Matrix",     "Media",    "Message",    "Metadata",
    "Metric",     "Model",       "Monitor",   "Network",    "Node",       "Note",     "Object",     "Observer",
    "Operation",  "Option",      "Output",    "Package",    "Parser",     "Path",     "Payload",    "Player",
    "Policy",     "Predicate",   "Profile",   "Provider",   "Proxy",      "Query",    "Queue",      "Record",
    "Region",     "Request",     "Resource",  "Response",   "Result",     "Scanner",  "Service",    "Session"};

// Appends to a caller's buffer; the caller knows that there is room (kMaxName).
struct Text {
    u8* p;
    void put(std::string_view s) {
        std::memcpy(p, s.data(), s.size());
        p += s.size();
    }
    void put(char c) { *p++ = static_cast<u8>(c); }
    void word(u64 n) { put(kWords[n & 127]); }
    // The first letter in lower case, as method names begin.
    void lower_word(u64 n) {
        u8* start = p;
        word(n);
        *start = static_cast<u8>(*start | 0x20);
    }
    void number(u64 n) {
        u8 digits[20];
        std::size_t count = 0;
        do {
            digits[count++] = static_cast<u8>('0' + n % 10);
            n /= 10;
        } while (n > 0);
        while (count > 0) *p++ = digits[--count];
    }
    // The ordinal as three words, unique below 2^21. Seed and last digit shift the first two digits, so that small
    // ordinals do not all begin with the same word; this can be undone from the last digit up, so it stays unique.
    void ordinal(u64 seed, u32 n) {
        word((n >> 14) + (seed >> 40) + ((n & 127) >> 3) * 7);
        word((n >> 7) + (seed >> 47) + ((n & 127) >> 1) * 13);
        word(n + (seed >> 54));
    }
    void lower_ordinal(u64 seed, u32 n) {
        u8* start = p;
        ordinal(seed, n);
        *start = static_cast<u8>(*start | 0x20);
    }
};

}  // namespace dscgen
