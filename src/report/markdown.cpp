#include "report/markdown.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <set>

#include "base/count_text.h"
#include "base/error.h"
#include "base/text.h"
#include "macho/other_formats.h"
#include "record/layout.h"
#include "report/json.h"
#include "report/markdown_text.h"
#include "report/output.h"
#include "report/placed_image.h"
#include "report/spool.h"

namespace strata::report {
namespace {

using diff::Status;

// Caps that readers of published diffs know: shorter lists stand open, longer ones are collapsed, very long ones get a
// file of their own.
constexpr uint64_t kCollapse = 30;
constexpr uint64_t kSpill = 1000;

/// How a part is called.
struct PartNames {
    const char* heading;
    const char* folder;
    const char* list;  ///< in the names of files that hold long lists
};
constexpr std::array kParts{
    PartNames{"## MachO\n\n### filesystem\n", "MACHOS", "MachOs"},
    PartNames{"## Other binaries\n\n### filesystem\n", "BINARIES", "Binaries"},
    PartNames{"## DSC\n\n### Dylibs\n", "DYLIBS", "Dylibs"},
};

/// A heading of the report, in its order.
struct Section {
    Status status;
    const char* heading;
    const char* label;  ///< in file names and links
};
constexpr std::array kSections{
    Section{Status::kAdded, "🆕 NEW", "New"},
    Section{Status::kRemoved, "❌ Removed", "Removed"},
    Section{Status::kMoved, "🚚 Moved", "Moved"},
    Section{Status::kUpdated, "⬆️ Updated", "Updated"},
    Section{Status::kRebuilt, "♻️ Rebuilt", "Rebuilt"},
    Section{Status::kFailed, "⚠️ Failed", "Failed"},
};

size_t section_of(Status status) {
    for (size_t i = 0; i < kSections.size(); ++i)
        if (kSections[i].status == status) return i;
    return 3;
}

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

std::string title_of(const record::Firmware& before, const record::Firmware& after) {
    return before.name + " .vs " + after.name;
}

/// Rebuilt images: what little there is to say. Failed ones: why.
std::string note_of(const diff::ImageDiff& diff) {
    if (diff.status == Status::kFailed && diff.failure)
        return diff.failed_side + " side: " + (diff.failure->file.empty() ? "" : diff.failure->file + ": ") +
               diff.failure->message;
    for (const auto& scalar : diff.scalars)
        if (std::string_view(scalar.fact) == "source_version") return scalar.before + " -> " + scalar.after;
    return {};
}

/// Whether images of this status are shown, not only listed.
bool has_body(Status status) {
    return status == Status::kUpdated || status == Status::kMoved;
}

/// One image as it goes to place(); empty when it is not listed.
std::string rendered(const diff::ImageDiff& diff, const MarkdownBody& body, const PartOf& part_of) {
    const bool pair = has_body(diff.status) || (body.decides && diff.status == Status::kRebuilt);
    const auto part = [&] { return static_cast<size_t>(part_of(diff)); };
    if (!pair) return PlacedImage::pack(part(), diff.status, diff.path, note_of(diff));
    std::string text = body.render(diff);
    if (text.empty()) return {};
    return PlacedImage::pack(part(), body.decides ? Status::kUpdated : diff.status, diff.path, std::move(text));
}

/// The lists that are waiting for their heading: one for each status of each part.
class Lists {
  public:
    void add(const PlacedImage& image, std::initializer_list<std::string_view> pieces) {
        auto& list = lists_[image.part][section_of(image.status)];
        if (!list.spool) list.spool = std::make_unique<Spool>();
        for (const auto piece : pieces) list.spool->append(piece);
        ++list.count;
    }
    uint64_t count(size_t part, size_t section) const { return lists_[part][section].count; }
    bool is_empty(size_t part) const {
        return std::all_of(lists_[part].begin(), lists_[part].end(), [](const List& list) { return list.count == 0; });
    }
    bool is_empty() const {
        for (size_t part = 0; part < kParts.size(); ++part)
            if (!is_empty(part)) return false;
        return true;
    }
    void copy(size_t part, size_t section, const Spool::Write& write) {
        if (lists_[part][section].spool) lists_[part][section].spool->copy_to(write);
    }

  private:
    struct List {
        std::unique_ptr<Spool> spool;
        uint64_t count = 0;
    };
    std::array<std::array<List, kSections.size()>, kParts.size()> lists_;
};

std::string list_line(const PlacedImage& image) {
    return "- " + markdown_code(image.path) + (image.body.empty() ? "" : " " + markdown_text(image.body)) + "\n";
}

std::string image_head(std::string_view level, std::string_view path) {
    return std::string(level) + " " + markdown_text(base_name(path)) + "\n\n> " + markdown_code(path) + "\n\n";
}

/// What both forms share: bodies by many threads, inputs and counts at the top.
class MarkdownReport : public DiffReport {
  public:
    MarkdownReport(MarkdownBody body, PartOf part_of) : body_(std::move(body)), part_of_(std::move(part_of)) {}

    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet) override {
        of_caches_ = before.kind == kCacheKind && after.kind == kCacheKind;
        top_ = "# " + markdown_text(title_of(before, after)) + "\n\n## Inputs\n\n";
        for (const auto* firmware : {&before, &after}) {
            top_ += "- " + markdown_code(firmware->name) + " (" + base::count_text(firmware->images, "image");
            if (firmware->failed != 0) top_ += ", " + std::to_string(firmware->failed) + " failed";
            if (!firmware->complete) top_ += ", indexing not finished";
            top_ += ")\n";
        }
        return {};
    }

    std::string image(const diff::ImageDiff& diff) const override { return rendered(diff, body_, part_of_); }

    std::string summary(const diff::DiffSummary&) override { return {}; }
    ChainMarks chain_marks() const override { return {"", "\n", ""}; }

  protected:
    /// Title, inputs, counts.
    std::string top(const diff::DiffSummary& totals) const {
        std::string text = top_ + "\n";
        if (body_.decides) return text;
        std::string rule = "|";
        for (const Status status : diff::kStatuses) {
            text.append("| ").append(diff::status_name(status)) += ' ';
            rule += "---:|";
        }
        text += "|\n" + rule + "\n";
        for (const Status status : diff::kStatuses) text += "| " + std::to_string(totals.count(status)) + " ";
        text += "|\n";
        for (size_t i = 0; i < diff::kRules.size(); ++i)
            if (totals.suppressed[i] != 0)
                text += "\n_Left out as noise: " + std::to_string(totals.suppressed[i]) + " by " +
                        diff::kRules[i].name + " (" + markdown_text(diff::kRules[i].why) + ")._\n";
        return text + "\n";
    }

    /// Each part that has images; where nothing changed, that of the sources.
    template <typename WriteSection>
    void write_parts(const Write& write, const WriteSection& write_section) {
        const size_t main = static_cast<size_t>(of_caches_ ? MarkdownPart::kDylib : MarkdownPart::kMachO);
        const char* between = "";
        for (size_t part = 0; part < kParts.size(); ++part) {
            if (lists_.is_empty(part) && (part != main || !lists_.is_empty())) continue;
            write(between);
            write(kParts[part].heading);
            for (size_t i = 0; i < kSections.size(); ++i) write_section(part, i);
            between = "\n";
        }
        write("\n## EOF\n");
    }

    static std::string heading(const Section& section, uint64_t count) {
        return std::string("\n#### ") + section.heading + " (" + std::to_string(count) + ")\n\n";
    }

    Lists lists_;

  private:
    static constexpr std::string_view kCacheKind = "dyld_shared_cache";

    MarkdownBody body_;
    PartOf part_of_;
    std::string top_;
    bool of_caches_ = false;
};

class DocumentReport : public MarkdownReport {
  public:
    using MarkdownReport::MarkdownReport;

    void place(const diff::RenderedImage& rendered, const Write&) override {
        const auto image = PlacedImage::unpack(rendered.text);
        if (!has_body(image.status)) return lists_.add(image, {list_line(image)});
        lists_.add(image, {image_head("#####", image.path), image.body, "\n"});
    }

    void finish(const diff::DiffSummary& totals, const Write& write) override {
        write(top(totals));
        write_parts(write, [&](size_t part, size_t i) {
            const uint64_t count = lists_.count(part, i);
            if (count == 0) return;
            write(heading(kSections[i], count));
            const bool collapse = !has_body(kSections[i].status) && count >= kCollapse;
            if (collapse) write(std::string("<details><summary><i>View ") + kSections[i].label + "</i></summary>\n\n");
            lists_.copy(part, i, write);
            if (collapse) write("\n</details>\n");
        });
    }
};

class FolderReport : public MarkdownReport {
  public:
    FolderReport(const std::filesystem::path& folder, MarkdownBody body, PartOf part_of)
        : MarkdownReport(std::move(body), std::move(part_of)),
          folder_(without_slash(folder)),
          partial_(folder_.string() + ".partial") {
        check_report_folder(folder_);
        remove_abandoned();
        make_folder(partial_);
        write_file(kMarker, "", "");
        for (size_t part = 0; part < kParts.size(); ++part)
            for (const auto& section : kSections) taken_.insert(key_of(spill_name(part, section)));
    }

    ~FolderReport() override {
        std::error_code error;
        if (!finished_) std::filesystem::remove_all(partial_, error);
    }

    void place(const diff::RenderedImage& rendered, const Write&) override {
        const auto image = PlacedImage::unpack(rendered.text);
        if (!has_body(image.status)) return lists_.add(image, {list_line(image)});
        const std::string name = free_name(kParts[image.part].folder, image.path);
        write_file(name, image_head("##", image.path), image.body);
        lists_.add(image, {"- [" + markdown_text(image.path) + "](" + name + ")\n"});
    }

    void finish(const diff::DiffSummary& totals, const Write&) override {
        Output readme((partial_ / "README.md").string());
        const Write write = [&](std::string_view text) { readme.write(text); };
        write(top(totals));
        write_parts(write, [&](size_t part, size_t i) { add_section(part, i, write); });
        readme.finish();
        std::error_code error;
        std::filesystem::remove(partial_ / kMarker, error);
        std::filesystem::remove(folder_, error);  // an empty one; rename refuses all others
        std::filesystem::rename(partial_, folder_, error);
        if (error) throw base::Error::io(folder_.string(), "cannot rename: " + error.message());
        finished_ = true;
    }

  private:
    /// In every unfinished folder: what else is called "out.partial" belongs to somebody, and is not removed.
    static constexpr const char* kMarker = ".strata-report";

    /// What a run that was killed has left.
    void remove_abandoned() const {
        std::error_code error;
        const bool is_ours = std::filesystem::exists(partial_ / kMarker, error);
        if (!is_ours && std::filesystem::exists(partial_, error))
            throw base::Error::usage("\"" + partial_.string() +
                                     "\" is in the way: move it, or choose another --output");
        std::filesystem::remove_all(partial_, error);
    }

    /// "out/" is the folder "out": what is written beside it must not land in it.
    static std::filesystem::path without_slash(const std::filesystem::path& folder) {
        const auto normal = folder.lexically_normal();
        return normal.has_filename() ? normal : normal.parent_path();
    }

    static std::string spill_name(size_t part, const Section& section) {
        return std::string(kParts[part].folder) + "/" + kParts[part].list + "." + section.label + ".md";
    }

    void add_section(size_t part, size_t i, const Write& write) {
        const uint64_t count = lists_.count(part, i);
        if (count == 0) return;
        const Section& section = kSections[i];
        write(heading(section, count));
        if (count >= kSpill) {
            const std::string name = spill_name(part, section);
            const std::string folder = kParts[part].folder;
            make_folder(partial_ / folder);
            Output file((partial_ / name).string());
            file.write(std::string("# ") + section.heading + " (" + std::to_string(count) + ")\n\n");
            // Links in the list are written for the README, one folder up; other lists have none, only paths.
            const Write into = [&](std::string_view text) { file.write(text); };
            lists_.copy(part, i, has_body(section.status) ? Write(LinkShift(folder, into)) : into);
            file.finish();
            write("- [View " + std::to_string(count) + " " + std::string(diff::status_name(section.status)) +
                  " files](" + name + ")\n");
            return;
        }
        const bool collapse = count >= kCollapse;
        if (collapse) write(std::string("<details><summary><i>View ") + section.label + "</i></summary>\n\n");
        lists_.copy(part, i, write);
        if (collapse) write("\n</details>\n");
    }

    /// Takes the folder out of the link targets of a list that comes in pieces. No text of such a list holds "]("
    /// unescaped but the links themselves.
    class LinkShift {
      public:
        LinkShift(const std::string& folder, Write write)
            : link_("](" + folder + "/"), write_(std::move(write)), held_(std::make_shared<std::string>()) {}
        void operator()(std::string_view text) const {
            std::string& held = *held_;
            held.append(text);
            size_t done = 0;
            for (size_t end = held.find('\n'); end != std::string::npos; end = held.find('\n', done)) {
                std::string line = held.substr(done, end + 1 - done);
                if (const size_t at = line.find(link_); at != std::string::npos) line.erase(at + 2, link_.size() - 2);
                write_(line);
                done = end + 1;
            }
            held.erase(0, done);
        }

      private:
        std::string link_;
        Write write_;
        std::shared_ptr<std::string> held_;  // a line cut in two
    };

    static std::string lower(std::string text) {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
        return text;
    }

    static uint64_t key_of(const std::string& name) { return std::hash<std::string>{}(lower(name)); }

    /// The image's file name, made different from all before it: paths that differ in case, or in characters that files
    /// cannot have, get a number.
    std::string free_name(const std::string& folder, std::string_view image_path) {
        const std::string name = folder + "/" + sidecar_path(image_path);
        std::string free = name;
        for (unsigned i = 2; !taken_.insert(key_of(free)).second; ++i)
            free = name.substr(0, name.size() - 3) + "." + std::to_string(i) + ".md";
        return free;
    }

    void make_folder(const std::filesystem::path& folder) const {
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        if (error) throw base::Error::io(folder.string(), "cannot make the folder: " + error.message());
    }

    void write_file(const std::string& name, std::string_view head, std::string_view body) const {
        const auto path = partial_ / name;
        make_folder(path.parent_path());
        Output file(path.string());
        file.write(head);
        file.write(body);
        file.finish();
    }

    std::filesystem::path folder_;
    std::filesystem::path partial_;
    std::set<uint64_t> taken_;
    bool finished_ = false;
};

class IpswJsonReport : public DiffReport {
  public:
    IpswJsonReport(MarkdownBody body, PartOf part_of) : body_(std::move(body)), part_of_(std::move(part_of)) {}

    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet) override {
        JsonWriter json;
        json.begin_object().field("title", title_of(before, after));
        return json.drain();
    }

    std::string image(const diff::ImageDiff& diff) const override {
        return diff.status == Status::kFailed ? "" : rendered(diff, body_, part_of_);
    }

    std::string summary(const diff::DiffSummary&) override { return {}; }

    void place(const diff::RenderedImage& rendered, const Write&) override {
        auto image = PlacedImage::unpack(rendered.text);
        if (image.part == static_cast<size_t>(MarkdownPart::kOther)) return;  // ipsw knows none
        JsonWriter json;
        json.begin_array().text(image.path);
        if (image.status == Status::kUpdated) json.text(image.body);
        json.end_array();
        std::string text = json.drain();
        text = text.substr(1, text.size() - 2);
        // ["path","body"] to "path":"body": a quote inside a text is escaped, so the first `","` is between the two.
        if (image.status == Status::kUpdated) text.replace(text.find("\",\"") + 1, 1, ":");
        lists_.add(image, {lists_.count(image.part, section_of(image.status)) == 0 ? "\n  " : ",\n  ", text});
    }

    void finish(const diff::DiffSummary&, const Write& write) override {
        const auto files = static_cast<size_t>(MarkdownPart::kMachO);
        write(",\"dylibs\":");
        write_lists(static_cast<size_t>(MarkdownPart::kDylib), write);
        if (!lists_.is_empty(files)) {
            write(",\n\"machos\":{\"filesystem\":");
            write_lists(files, write);
            write("}");
        }
        write("}\n");
    }

  private:
    void write_lists(size_t part, const Write& write) {
        const char* before = "{";
        const auto list = [&](Status status, const char* name, char open, char close) {
            const size_t section = section_of(status);
            if (lists_.count(part, section) == 0) return;
            write(std::string(before) + "\n \"" + name + "\":" + open);
            lists_.copy(part, section, write);
            write(std::string("\n ") + close);
            before = ",";
        };
        list(Status::kAdded, "new", '[', ']');
        list(Status::kRemoved, "removed", '[', ']');
        list(Status::kUpdated, "updated", '{', '}');
        write(*before == '{' ? "{}" : "\n}");
    }

    MarkdownBody body_;
    PartOf part_of_;
    Lists lists_;
};

bool is_of_cache(std::string_view key) {
    return key.starts_with('/') || key.starts_with("dyld:");
}

}  // namespace

PartOf part_by_layout(store::Reader& reader) {
    return [&reader](const diff::ImageDiff& diff) {
        if (is_of_cache(diff.path)) return MarkdownPart::kDylib;
        for (const auto* head : {diff.after, diff.before}) {
            if (head == nullptr || head->failure) continue;
            const auto lease = reader.column(head->column(record::ColumnKind::kLayout).chunks.at(0).id);
            const bool is_macho = macho::is_macho_type(record::decode_layout(lease.message()).file_type);
            return is_macho ? MarkdownPart::kMachO : MarkdownPart::kOther;
        }
        return MarkdownPart::kOther;
    };
}

std::unique_ptr<DiffReport> make_markdown_report(MarkdownBody body, PartOf part_of) {
    return std::make_unique<DocumentReport>(std::move(body), std::move(part_of));
}

void check_report_folder(const std::filesystem::path& folder) {
    std::error_code error;
    const bool is_there = std::filesystem::exists(folder, error);
    const bool is_usable = std::filesystem::is_directory(folder, error) && std::filesystem::is_empty(folder, error);
    if (is_there && !is_usable)
        throw base::Error::usage("\"" + folder.string() + "\" is there already: name a folder that is empty or new");
}

std::unique_ptr<DiffReport> make_markdown_folder_report(const std::filesystem::path& folder, MarkdownBody body,
                                                        PartOf part_of) {
    return std::make_unique<FolderReport>(folder, std::move(body), std::move(part_of));
}

std::unique_ptr<DiffReport> make_ipsw_json_report(MarkdownBody body, PartOf part_of) {
    return std::make_unique<IpswJsonReport>(std::move(body), std::move(part_of));
}

}  // namespace strata::report
