// Looking at the error a call throws.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace strata::test {

/// The base::Error that `call` throws; empty (and a test failure) when it throws none. Other exceptions pass through.
template <typename Call>
std::optional<base::Error> error_of(Call&& call) {
    try {
        call();
    } catch (const base::Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error was thrown";
    return std::nullopt;
}

/// Whether `call` throws an error whose full text holds `part`. For EXPECT_TRUE: says what it got instead.
template <typename Call>
::testing::AssertionResult fails_with(std::string_view part, Call&& call) {
    try {
        call();
    } catch (const base::Error& error) {
        if (std::string_view(error.what()).find(part) != std::string_view::npos) return ::testing::AssertionSuccess();
        return ::testing::AssertionFailure() << "the error says: " << error.what();
    }
    return ::testing::AssertionFailure() << "no error was thrown";
}

/// Whether `call` either works or throws base::Error: all that is asked of readers of random damage.
template <typename Call>
::testing::AssertionResult works_or_refuses(Call&& call) {
    try {
        call();
    } catch (const base::Error&) {
        return ::testing::AssertionSuccess();
    } catch (const std::exception& exception) {
        return ::testing::AssertionFailure() << "an exception of another type escaped: " << exception.what();
    }
    return ::testing::AssertionSuccess();
}

}  // namespace strata::test
