// A directory tree, or one file of it, as a source of images: every Mach-O (all slices), ELF and PE, every archive (all
// members), and the shared caches that lie in it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/residency.h"
#include "extract/binary.h"
#include "extract/list_options.h"
#include "extract/shared_cache_source.h"
#include "extract/source.h"

namespace strata::extract {

/// Lists the tree when opened: every regular file is sniffed, binaries are looked through (binary.h), none stays open.
/// Held for as long as the source lives: about 80 bytes and its path for each file that has images, 90 bytes and the
/// text of its suffix for each image (100,000 thin files: 20 MB); and what the caches cost (shared_cache_source.h).
/// While listing, 100 bytes more for each file. While extracting, one file a thread is mapped (two while they are
/// compared), also the last one and what it was compared with, and about 48 MiB of their pages are resident.
class TreeSource : public Source {
  public:
    /// `root` is a directory, or a file that is no shared cache. Throws base::Error when there is no such thing. Files
    /// that cannot be read become failed images.
    /// `worker` as in open_source().
    explicit TreeSource(const std::filesystem::path& root, foreign::WorkerProgram worker = {},
                        ListOptions options = {});
    ~TreeSource() override;

    const SourceInfo& info() const override { return info_; }
    uint64_t image_count() const override { return images_.size() + cache_images_; }
    std::string image_key(uint64_t index) const override;
    void avoid(const KeyTaken& taken) override;
    uint64_t declared_bytes(uint64_t index) const override;
    std::optional<uint64_t> copy_of(uint64_t index) const override;
    record::Head extract(uint64_t index, const record::ChunkSink& sink) const override;

    /// Whether all there is are caches that cannot be opened.
    bool holds_only_bad_caches() const { return caches_.empty() && !images_.empty() && bad_caches_ == images_.size(); }

    /// The one cache of a tree that holds nothing else; this source is empty afterwards. Null otherwise.
    std::unique_ptr<SharedCacheSource> take_only_cache();

  private:
    static constexpr uint32_t kNoFile = UINT32_MAX;

    /// A file that has images, as it was when it was listed.
    struct File {
        std::string path;  ///< below the root
        uint64_t size = 0;
        timespec modified{};
        uint32_t first_image = 0;       ///< the others follow
        uint32_t looks_like = kNoFile;  ///< an earlier file that has the same digest
    };
    struct Image {
        uint32_t file = 0;
        FoundImage found;
    };
    /// Stays open, because images of one file come one after another.
    struct LastFile {
        std::shared_ptr<const base::MappedFile> mapped;
        uint32_t index = 0;
    };
    struct CacheImage {
        const SharedCacheSource* cache;
        uint64_t index;
    };

    /// What looking at one file found. Files are looked at side by side, and put together in the order of their paths.
    struct Listed {
        FileKind kind = FileKind::kOther;
        File file;
        base::Digest digest;  // of all its bytes
        std::vector<FoundImage> images;
        std::map<uint32_t, uint64_t> platforms;  // how many images
        std::set<std::string> archs;
        std::unique_ptr<base::Error> failure;
    };

    void list_tree();
    void list_files(const std::vector<std::string>& paths);
    Listed look_at(const std::string& relative);
    void look_into(const std::string& relative, const struct stat& status, Listed& listed);
    void add(const std::string& relative, Listed listed);
    void add_contents(const std::string& relative, Listed listed);
    void tell_progress();
    void add_failed(const std::string& path, const base::Error& error);
    void open_caches();
    void open_caches_in(const std::string& directory, const std::vector<std::string>& names);
    void describe();
    void read_system_version();
    base::Digest identity() const;
    std::string file_key(const Image& image) const { return files_[image.file].path + image.found.suffix; }
    void make_keys_unique(const KeyTaken& taken);
    void choose_cache_prefixes(const KeyTaken& taken, const std::set<uint64_t>& file_keys);

    std::filesystem::path path_of(const std::string& relative) const;
    CacheImage cache_image(uint64_t index) const;
    bool same_bytes(const Image& a, const Image& b) const;
    record::Head extract_file_image(const Image& image, const record::ChunkSink& sink) const;
    std::shared_ptr<const base::MappedFile> open(uint32_t file, LastFile& last) const;
    std::shared_ptr<const base::MappedFile> map(const std::string& relative) const;
    void check_unchanged(const File& file) const;
    void release_other_caches(const SharedCacheSource* current) const;

    std::filesystem::path root_;
    const ListOptions options_;
    bool is_directory_ = true;
    SourceInfo info_;
    std::vector<File> files_;
    std::vector<Image> images_;
    std::vector<std::unique_ptr<SharedCacheSource>> caches_;
    uint64_t cache_images_ = 0;
    std::unique_ptr<base::Error> cache_error_;
    size_t bad_caches_ = 0;  // failed images that stand for caches

    // While listing.
    base::Sha256 hash_;
    std::map<std::string, std::vector<std::string>> cache_files_;  // directory -> names
    std::map<base::Digest, uint32_t> digests_;                     // of files -> the first that has it
    std::map<uint32_t, uint64_t> platforms_;                       // how many images
    std::set<std::string> archs_;
    uint64_t files_seen_ = 0;
    std::string build_;

    mutable foreign::WorkerPool workers_;
    mutable base::Residency residency_;
    mutable std::mutex open_mutex_;
    mutable std::set<const base::MappedFile*> open_files_;
    mutable LastFile last_;
    mutable LastFile last_original_;  // what copies are compared with
    mutable const SharedCacheSource* last_cache_ = nullptr;
};

}  // namespace strata::extract
