#include "query/required_texts.h"

#include <re2/filtered_re2.h>

#include "query/regex_options.h"

namespace strata::query {
namespace {

/// An expression of thousands of alternatives costs more to ask about than it saves.
constexpr size_t kMostTexts = 1024;

}  // namespace

RequiredTexts::RequiredTexts(const std::string& regex, size_t shortest)
    : filter_(std::make_unique<re2::FilteredRE2>(static_cast<int>(shortest))) {
    int id = 0;
    if (filter_->Add(regex, regex_options(), &id) != re2::RE2::NoError) return;
    filter_->Compile(&texts_);
    none_is_enough_ = texts_.empty() || texts_.size() > kMostTexts;
    if (none_is_enough_) {
        texts_.clear();
        return;
    }
    std::vector<int> potentials;
    filter_->AllPotentials({}, &potentials);
    none_is_enough_ = !potentials.empty();
}

RequiredTexts::~RequiredTexts() = default;

bool RequiredTexts::are_enough(const std::vector<int>& held) const {
    if (none_is_enough_ || held.empty()) return none_is_enough_;
    std::vector<int> potentials;
    filter_->AllPotentials(held, &potentials);
    return !potentials.empty();
}

}  // namespace strata::query
