// Validating JSON against the published schema (docs/schema), strictly: what the schema does not list is an error here,
// although readers of the schema are told to let it pass.
#pragma once

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

namespace strata::test {

class Schema {
  public:
    /// `definition`: the name below $defs, such as "diff_line".
    Schema(const std::string& path, const std::string& definition) {
        std::ifstream in(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
        document_.Parse(text.c_str());
        if (document_.HasParseError()) {
            ADD_FAILURE() << path << " is not JSON";
            return;
        }
        auto& memory = document_.GetAllocator();
        close(document_);
        // Only the definition that is asked for.
        rapidjson::Value all(rapidjson::kArrayType);
        rapidjson::Value ref(rapidjson::kObjectType);
        ref.AddMember("$ref", rapidjson::Value(("#/%24defs/" + definition).c_str(), memory), memory);
        EXPECT_TRUE(document_["$defs"].HasMember(definition.c_str())) << definition;
        all.PushBack(ref, memory);
        document_.RemoveMember("anyOf");
        document_.AddMember("allOf", all, memory);
        schema_ = std::make_unique<rapidjson::SchemaDocument>(document_);
    }

    /// For EXPECT_TRUE: says what does not fit, and where.
    ::testing::AssertionResult fits(std::string_view json) const {
        rapidjson::Document value;
        value.Parse(json.data(), json.size());
        if (value.HasParseError()) return ::testing::AssertionFailure() << "not JSON: " << json.substr(0, 300);
        rapidjson::SchemaValidator validator(*schema_);
        if (value.Accept(validator)) return ::testing::AssertionSuccess();
        rapidjson::StringBuffer where;
        validator.GetInvalidDocumentPointer().StringifyUriFragment(where);
        return ::testing::AssertionFailure()
               << validator.GetInvalidSchemaKeyword() << " at " << where.GetString() << " of " << json.substr(0, 1000);
    }

  private:
    /// Objects with listed keys may have no others.
    void close(rapidjson::Value& value) {
        if (value.IsArray())
            for (auto& item : value.GetArray()) close(item);
        if (!value.IsObject()) return;
        for (auto& member : value.GetObject()) close(member.value);
        if (value.HasMember("$ref")) encode(value["$ref"]);
        if (value.HasMember("properties") && value.HasMember("type") && !value.HasMember("additionalProperties"))
            value.AddMember("additionalProperties", false, document_.GetAllocator());
    }

    /// RapidJSON wants '$' percent-encoded in a reference; one it cannot read lets everything pass.
    void encode(rapidjson::Value& reference) {
        std::string text = reference.GetString();
        if (const auto at = text.find('$'); at != std::string::npos) text.replace(at, 1, "%24");
        reference.SetString(text.c_str(), document_.GetAllocator());
    }

    rapidjson::Document document_;
    std::unique_ptr<rapidjson::SchemaDocument> schema_;
};

}  // namespace strata::test
