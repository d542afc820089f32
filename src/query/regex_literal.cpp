#include "query/regex_literal.h"

#include <cctype>

namespace strata::query {
namespace {

/// Walks the expression once. A run of plain bytes is a candidate; whatever is not plain ends the run.
class LiteralFinder {
  public:
    explicit LiteralFinder(std::string_view regex) : regex_(regex) {}

    std::string find() {
        while (at_ < regex_.size())
            if (!step()) return {};
        end_run();
        return best_;
    }

  private:
    /// False: give up.
    bool step() {
        const char c = regex_[at_];
        switch (c) {
            case '|':
                return false;
            case '\\':
                return escape();
            case '[':
                end_run();
                return skip_class();
            case '(':
                end_run();
                return skip_group();
            case ')':
                return false;
            case '*':
            case '?':
                end_run_before_optional();
                ++at_;
                return true;
            case '{':
                return brace();
            case '+':
                end_run();
                ++at_;
                return true;
            case '.':
            case '^':
            case '$':
                end_run();
                ++at_;
                return true;
            default:
                run_ += c;
                ++at_;
                return true;
        }
    }

    bool escape() {
        if (at_ + 1 >= regex_.size()) return false;
        const char c = regex_[at_ + 1];
        // Letters and digits are classes, assertions, numbers: \Q, \x41, \pN are not taken apart here.
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            if (std::string_view("dDsSwWbBAz").find(c) == std::string_view::npos) return false;
            end_run();
        } else {
            run_ += c;
        }
        at_ += 2;
        return true;
    }

    bool skip_class() {
        ++at_;
        if (at_ < regex_.size() && regex_[at_] == '^') ++at_;
        if (at_ < regex_.size() && regex_[at_] == ']') ++at_;
        for (; at_ < regex_.size(); ++at_) {
            if (regex_[at_] == '\\') {
                ++at_;
            } else if (regex_[at_] == '[') {
                return false;  // [[:alpha:]] and nested ones
            } else if (regex_[at_] == ']') {
                ++at_;
                return true;
            }
        }
        return false;
    }

    bool skip_group() {
        size_t depth = 0;
        while (at_ < regex_.size()) {
            const char c = regex_[at_];
            if (c == '(' && at_ + 1 < regex_.size() && regex_[at_ + 1] == '?') return false;
            if (c == '\\') {
                if (at_ + 1 < regex_.size() && regex_[at_ + 1] == 'Q') return false;
                at_ += 2;
                continue;
            }
            if (c == '[') {
                if (!skip_class()) return false;
                continue;
            }
            ++at_;
            if (c == '(') ++depth;
            if (c == ')' && --depth == 0) return true;
        }
        return false;
    }

    /// `{2}`, `{2,}`, `{2,3}` repeat; any other brace stands for itself.
    bool brace() {
        size_t end = regex_.find_first_not_of("0123456789", at_ + 1);
        const bool number = end != std::string_view::npos && end != at_ + 1;
        if (number && regex_[end] == ',') end = regex_.find_first_not_of("0123456789", end + 1);
        if (number && end != std::string_view::npos && regex_[end] == '}') {
            end_run_before_optional();
            at_ = end + 1;
        } else {
            run_ += regex_[at_++];
        }
        return true;
    }

    /// What came before may be missing.
    void end_run_before_optional() {
        if (!run_.empty()) run_.pop_back();
        end_run();
    }

    void end_run() {
        if (run_.size() > best_.size()) best_ = run_;
        run_.clear();
    }

    std::string_view regex_;
    size_t at_ = 0;
    std::string run_;
    std::string best_;
};

}  // namespace

std::string required_literal(std::string_view regex) {
    return LiteralFinder(regex).find();
}

}  // namespace strata::query
