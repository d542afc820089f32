#include "query/pattern.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "query/regex_literal.h"
#include "query/regex_loose.h"
#include "query/regex_options.h"

namespace strata::query {
namespace {

constexpr size_t kMaxPattern = 64U << 10;
constexpr size_t kMaxPrefix = 256;

}  // namespace

Pattern::Pattern(Match how, std::string text) : how_(how), text_(std::move(text)) {
    if (text_.size() > kMaxPattern)
        throw base::Error::usage("the pattern has " + std::to_string(text_.size()) + " bytes; expected at most " +
                                 std::to_string(kMaxPattern));
    switch (how_) {
        case Match::kExact:
        case Match::kPrefix:
            prefix_ = text_;
            literal_ = LiteralSearch(text_);
            break;
        case Match::kGlob:
            compile_glob();
            break;
        case Match::kRegex:
            compile_regex();
            break;
    }
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;

void Pattern::compile_glob() {
    for (size_t i = 0; i < text_.size(); ++i) {
        Step step;
        if (text_[i] == '*') {
            step.kind = Step::Kind::kAnyBytes;
            if (!steps_.empty() && steps_.back().kind == step.kind) continue;  // ** is *
        } else if (text_[i] == '?') {
            step.kind = Step::Kind::kAnyByte;
        } else if (text_[i] == '[') {
            i = compile_class(i);
            continue;
        } else {
            if (text_[i] == '\\' && ++i == text_.size())
                throw base::Error::usage("the glob ends with a single backslash");
            step.byte = text_[i];
        }
        steps_.push_back(std::move(step));
    }
    std::string run;
    bool first = true;
    const auto end_run = [&] {
        if (first) prefix_ = run;
        if (!run.empty()) parts_.push_back(run);
        run.clear();
        first = false;
    };
    for (const auto& step : steps_) {
        if (step.kind == Step::Kind::kByte) {
            run += step.byte;
        } else {
            end_run();
        }
    }
    end_run();
    const auto longest = std::max_element(parts_.begin(), parts_.end(),
                                          [](const auto& a, const auto& b) { return a.size() < b.size(); });
    if (longest != parts_.end()) literal_ = LiteralSearch(*longest);
}

/// `[abc]`, `[a-z]`, `[!a-z]`; `]` right after the opening is a member. Returns where it ends.
size_t Pattern::compile_class(size_t at) {
    Step step;
    step.kind = Step::Kind::kClass;
    step.members.assign(256, false);
    size_t i = at + 1;
    const bool negated = i < text_.size() && (text_[i] == '!' || text_[i] == '^');
    if (negated) ++i;
    for (bool first = true; i < text_.size() && (first || text_[i] != ']'); first = false) {
        const auto low = static_cast<uint8_t>(text_[i]);
        auto high = low;
        if (i + 2 < text_.size() && text_[i + 1] == '-' && text_[i + 2] != ']') {
            high = static_cast<uint8_t>(text_[i + 2]);
            i += 2;
        }
        for (unsigned byte = low; byte <= high; ++byte) step.members[byte] = true;
        ++i;
    }
    if (i >= text_.size()) throw base::Error::usage("the glob has a [ without its ]");
    if (negated) step.members.flip();
    steps_.push_back(std::move(step));
    return i;
}

void Pattern::compile_regex() {
    const auto options = regex_options();
    regex_ = std::make_unique<re2::RE2>(text_, options);
    if (!regex_->ok())
        throw base::Error::usage("not a regular expression: " + base::terminal_safe(regex_->error()) +
                                 " (the syntax is RE2's)");
    literal_ = LiteralSearch(required_literal(text_));
    if (!literal().empty()) parts_ = {literal()};
    if (const auto text = without_assertions(text_)) {
        loose_ = std::make_unique<re2::RE2>(*text, options);
        if (!loose_->ok() || re2::RE2::PartialMatch("", *loose_))
            loose_.reset();  // one that matches nothing matches all
    }
    // Whatever an anchored expression matches lies between these two; what they have in common all of it begins with.
    // An anchor that may be missing (^*, ^?, ^{0}) is none; and RE2 does not see that \b depends on what comes before.
    std::string low;
    std::string high;
    const bool anchored =
        text_.starts_with('^') && std::string_view("*?+{").find(text_.substr(1, 1)) == std::string_view::npos;
    const bool simple = text_.find('|') == std::string::npos && text_.find("\\b") == std::string::npos &&
                        text_.find("\\B") == std::string::npos;
    if (anchored && simple && regex_->PossibleMatchRange(&low, &high, static_cast<int>(kMaxPrefix))) {
        const auto differs = std::mismatch(low.begin(), low.end(), high.begin(), high.end()).first;
        prefix_.assign(low.begin(), differs);
        // `high` is made by adding one to its last byte: what is left of it may say too much.
        if (prefix_.size() == high.size() && !prefix_.empty()) prefix_.pop_back();
    }
}

bool Pattern::matches(std::string_view text) const {
    switch (how_) {
        case Match::kExact:
            return text == text_;
        case Match::kPrefix:
            return text.starts_with(text_);
        case Match::kGlob:
            return matches_glob(text);
        case Match::kRegex:
            return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
    }
    return false;
}

bool Pattern::may_match_in(std::string_view texts) const {
    return loose_ == nullptr || re2::RE2::PartialMatch(re2::StringPiece(texts.data(), texts.size()), *loose_);
}

bool Pattern::takes(const Step& step, char byte) {
    switch (step.kind) {
        case Step::Kind::kByte:
            return step.byte == byte;
        case Step::Kind::kClass:
            return step.members[static_cast<uint8_t>(byte)];
        default:
            return true;
    }
}

/// Only the last `*` is ever taken up again: what an earlier one could give is found by the last one too. So the work
/// is text times glob at most, not exponential.
bool Pattern::matches_glob(std::string_view text) const {
    size_t at = 0;
    size_t step = 0;
    size_t star = steps_.size();
    size_t star_at = 0;
    while (at < text.size()) {
        if (step < steps_.size() && steps_[step].kind == Step::Kind::kAnyBytes) {
            star = step++;
            star_at = at;
        } else if (step < steps_.size() && takes(steps_[step], text[at])) {
            ++step;
            ++at;
        } else if (star != steps_.size()) {
            step = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (step < steps_.size() && steps_[step].kind == Step::Kind::kAnyBytes) ++step;
    return step == steps_.size();
}

}  // namespace strata::query
