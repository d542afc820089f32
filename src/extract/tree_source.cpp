#include "extract/tree_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <functional>
#include <new>
#include <thread>

#include "base/ordered_queue.h"
#include "base/text.h"
#include "extract/tree_walk.h"
#include "macho/names.h"

namespace strata::extract {
namespace fs = std::filesystem;
namespace {

using base::Error;

constexpr uint64_t kResidentLimit = 48U << 20;
// Each open cache keeps its files mapped, and mappings are a bounded resource. A release for all kinds of machines has
// five or six.
constexpr size_t kMaxCaches = 16;
constexpr size_t kMaxCacheFiles = 1024;
constexpr uint64_t kMaxImages = 1U << 20;
// Of a directory's listing, names are held for so many files, and what was found in them for so many bytes, until it is
// put together.
constexpr size_t kPathsAtOnce = 4096;
constexpr uint64_t kListedBytes = 16U << 20;
constexpr uint64_t kCompareStep = 1U << 20;
constexpr uint64_t kMaxPlist = 64U << 10;
constexpr const char* kSystemVersion = "System/Library/CoreServices/SystemVersion.plist";
constexpr size_t kMaxArchsInName = 4;
constexpr size_t kIdentityInName = 8;  // digits

/// Which of several caches of an operating system is meant when just "the cache" is said: the newest machines'.
constexpr std::array kArchOrder{"arm64e", "arm64",   "arm64_32", "armv7k", "armv7s",
                                "armv7",  "x86_64h", "x86_64",   "i386"};

size_t arch_rank(const std::string& arch) {
    return static_cast<size_t>(std::find(kArchOrder.begin(), kArchOrder.end(), arch) - kArchOrder.begin());
}

uint64_t hash_of(const std::string& key) {
    return std::hash<std::string>{}(key);
}

/// Closes a descriptor at the end of its scope.
struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

[[noreturn]] void fail_errno(const fs::path& path, const char* what) {
    throw Error::io(path.string(), std::string(what) + ": " + std::strerror(errno));
}

bool same_time(const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// The text of <key>KEY</key><string>...</string>; empty when it is not there.
std::string plist_string(std::string_view plist, std::string_view key) {
    const auto at = plist.find("<key>" + std::string(key) + "</key>");
    if (at == std::string_view::npos) return {};
    constexpr std::string_view kOpen = "<string>";
    const auto open = plist.find(kOpen, at);
    const auto close = plist.find("</string>", at);
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
    return std::string(plist.substr(open + kOpen.size(), close - open - kOpen.size()));
}

/// "26.0.1" as xxxx.yy.zz nibbles; 0 when it is no version.
uint32_t packed_version(std::string_view text) {
    std::array<uint32_t, 3> parts{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (auto& part : parts) {
        const auto [next, error] = std::from_chars(at, end, part);
        if (error != std::errc() || part > 0xffff) return 0;
        at = next;
        if (at == end) break;
        if (*at++ != '.') return 0;
    }
    return parts[1] > 0xff || parts[2] > 0xff ? 0 : parts[0] << 16 | parts[1] << 8 | parts[2];
}

std::string name_of_root(const fs::path& root) {
    std::error_code error;
    fs::path path = fs::absolute(root, error).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // "dir/" and "."
    const std::string name = path.filename().string();
    return name.empty() || name == "/" ? "tree" : base::printable(name);
}

}  // namespace

TreeSource::TreeSource(const fs::path& root, foreign::WorkerProgram worker, ListOptions options)
    : root_(root), options_(std::move(options)), workers_(std::move(worker)), residency_(kResidentLimit) {
    residency_.add([this] {
        const std::lock_guard lock(open_mutex_);
        for (const auto* file : open_files_) file->release_pages();
    });
    std::error_code error;
    if (!fs::exists(root, error)) throw Error::io(root.string(), "no such file or directory");
    is_directory_ = fs::is_directory(root, error);
    info_.kind = is_directory_ ? "tree" : "macho";
    info_.path = root.string();
    hash_.update("strata tree 1");
    if (is_directory_) {
        list_tree();
    } else {
        list_files({root.filename().string()});
    }
    digests_.clear();
    open_caches();
    if (images_.empty() && cache_images_ == 0) {
        if (cache_error_) throw Error(*cache_error_);
        throw Error::io(root.string(), "holds no Mach-O file, static archive or dyld shared cache that can be read");
    }
    make_keys_unique([](const std::string&) { return false; });
    describe();
}

TreeSource::~TreeSource() {
    // While what their deleters touch is still there.
    last_ = {};
    last_original_ = {};
}

fs::path TreeSource::path_of(const std::string& relative) const {
    return is_directory_ ? root_ / relative : root_;
}

void TreeSource::list_tree() {
    std::vector<std::string> paths;
    const auto list = [&] {
        list_files(paths);
        paths.clear();
    };
    TreeVisitor visitor;
    visitor.file = [&](const std::string& relative) {
        paths.push_back(relative);
        if (paths.size() == kPathsAtOnce) list();
    };
    visitor.unreadable = [&](const std::string& relative, const Error& error) {
        if (relative.empty()) throw Error(error);
        list();  // what comes before it
        add_failed(relative, error);
    };
    walk_tree(root_, visitor);
    list();
}

/// Files are read whole for their digest, so that listing takes as long as reading them: on all cores.
void TreeSource::list_files(const std::vector<std::string>& paths) {
    base::OrderedQueue<Listed> queue(kListedBytes);
    std::atomic<size_t> next{0};
    std::mutex failure_mutex;
    std::exception_ptr failure;
    const auto fail = [&] {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = paths.size();
    };
    const auto work = [&] {
        try {
            for (size_t i = next++; i < paths.size(); i = next++) {
                Listed listed = look_at(paths[i]);
                const uint64_t bytes = sizeof listed + listed.images.size() * 2 * sizeof(FoundImage);
                queue.push(i, std::move(listed), bytes);
                queue.finish(i);
            }
        } catch (...) {
            fail();
            queue.close();  // what waits for this file would wait for ever
        }
    };
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const unsigned jobs = options_.reading.jobs != 0 ? options_.reading.jobs : cores;
    std::vector<std::thread> workers;
    try {
        for (size_t i = 0; i < std::min<size_t>(jobs, paths.size()); ++i) workers.emplace_back(work);
        for (size_t done = 0; done < paths.size();) {
            auto popped = queue.pop();
            if (!popped) break;
            if (popped->item) {
                add(paths[popped->sequence], std::move(*popped->item));
            } else {
                ++done;
                tell_progress();
            }
        }
    } catch (...) {
        fail();
    }
    queue.close();
    for (auto& worker : workers) worker.join();
    if (failure) std::rethrow_exception(failure);
}

void TreeSource::tell_progress() {
    ++files_seen_;
    if (options_.progress) options_.progress(files_seen_);
    if (options_.reading.stop != nullptr && options_.reading.stop->requested())
        throw Error(base::ErrorKind::kInterrupted, "stopped while files were listed: nothing was read into the store");
}

/// Called from many threads. Throws nothing: what goes wrong is a failure of this file.
TreeSource::Listed TreeSource::look_at(const std::string& relative) {
    const fs::path path = path_of(relative);
    Listed listed;
    try {
        // O_NOFOLLOW: what was a file when the directory was read may be a link out of the tree by now.
        const Descriptor file{
            ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (is_directory_ ? O_NOFOLLOW : 0))};
        if (file.fd < 0) fail_errno(path, "cannot open");
        struct stat status {};
        if (::fstat(file.fd, &status) != 0) fail_errno(path, "cannot stat");
        if (!S_ISREG(status.st_mode)) return listed;
        std::array<uint8_t, kSniffBytes> start{};
        const auto got = ::pread(file.fd, start.data(), start.size(), 0);
        if (got < 0) fail_errno(path, "cannot read");
        const base::ByteSource source{path.string(), start.data()};
        listed.kind = sniff({&source, start.data(), static_cast<uint64_t>(got)});
        if (is_binary(listed.kind) && listed.kind != FileKind::kCache) look_into(relative, status, listed);
    } catch (const Error& error) {
        listed.failure = std::make_unique<Error>(error);
    } catch (const std::bad_alloc&) {
        listed.failure = std::make_unique<Error>(Error::io(path.string(), "does not fit into memory"));
    }
    return listed;
}

void TreeSource::look_into(const std::string& relative, const struct stat& status, Listed& listed) {
    const auto file = map(relative);
    const auto see = [&](const ImageSummary& image) {
        ++listed.platforms[image.platform];
        listed.archs.insert(image.arch);
    };
    listed.images = list_images(file->view(), see, [this](uint64_t bytes) { residency_.touched(bytes); });
    listed.digest = base::digest_file(*file, options_.reading.stop);
    file->check_intact();
    listed.file = {relative, static_cast<uint64_t>(status.st_size), status.st_mtim};
    check_unchanged(listed.file);
}

void TreeSource::add(const std::string& relative, Listed listed) {
    if (listed.failure) return add_failed(relative, *listed.failure);
    if (!is_binary(listed.kind)) return;
    if (listed.kind != FileKind::kCache) return add_contents(relative, std::move(listed));
    const auto slash = relative.rfind('/');
    const size_t name = slash == std::string::npos ? 0 : slash + 1;
    cache_files_[relative.substr(0, name)].push_back(relative.substr(name));
}

void TreeSource::add_contents(const std::string& relative, Listed listed) {
    if (images_.size() + listed.images.size() > kMaxImages)
        return add_failed(relative,
                          Error::input(path_of(relative).string(), 0,
                                       "more than " + std::to_string(kMaxImages) + " images in one tree", "fewer"));
    hash_.update(relative).update("\0", 1).update(listed.digest.view());
    for (const auto& [platform, images] : listed.platforms) platforms_[platform] += images;
    archs_.merge(listed.archs);
    info_.bytes += listed.file.size;
    const auto index = static_cast<uint32_t>(files_.size());
    listed.file.first_image = static_cast<uint32_t>(images_.size());
    const auto [first, is_new] = digests_.emplace(listed.digest, index);
    if (!is_new) listed.file.looks_like = first->second;
    files_.push_back(std::move(listed.file));
    for (auto& image : listed.images) images_.push_back({index, std::move(image)});
}

void TreeSource::add_failed(const std::string& path, const Error& error) {
    hash_.update(path).update("\0unreadable", 11);
    files_.push_back({path, 0, {}, static_cast<uint32_t>(images_.size()), kNoFile});
    FoundImage found;
    found.failure = std::make_shared<const Error>(error);
    images_.push_back({static_cast<uint32_t>(files_.size() - 1), std::move(found)});
}

void TreeSource::open_caches() {
    for (const auto& [directory, names] : cache_files_) open_caches_in(directory, names);
    cache_files_.clear();
    // The order says which one needs no prefix; it must not depend on where they lie, as far as possible.
    std::stable_sort(caches_.begin(), caches_.end(), [](const auto& a, const auto& b) {
        const auto rank = [](const SharedCacheSource& cache) {
            return std::pair(cache.is_special(), arch_rank(cache.info().arch));
        };
        return rank(*a) < rank(*b);
    });
    for (const auto& cache : caches_) {
        cache_images_ += cache->image_count();
        info_.bytes += cache->info().bytes;
    }
}

void TreeSource::open_caches_in(const std::string& directory, const std::vector<std::string>& names) {
    const auto fail = [&](const std::string& name, const Error& error) {
        if (!cache_error_) cache_error_ = std::make_unique<Error>(error);
        add_failed(directory + name, error);
        ++bad_caches_;
    };
    std::vector<fs::path> paths;
    for (const auto& name : names) paths.push_back(path_of(directory + name));
    if (paths.size() > kMaxCacheFiles)
        return fail(names.front(),
                    Error::io(path_of(directory).string(),
                              "holds more than " + std::to_string(kMaxCacheFiles) + " files of shared caches"));
    const auto mains = dyld::find_cache_mains(paths);
    if (mains.empty())
        fail(names.front(), Error::io(path_of(directory).string(), "holds no dyld shared cache that can be read"));
    for (const auto& main : mains) {
        try {
            if (caches_.size() == kMaxCaches)
                throw Error::io(main.string(), "is more than the " + std::to_string(kMaxCaches) +
                                                   " shared caches that one tree may hold");
            caches_.push_back(std::make_unique<SharedCacheSource>(main, options_));
            caches_.back()->release_pages();
        } catch (const Error& error) {
            if (error.kind() == base::ErrorKind::kInterrupted) throw;
            fail(main.filename().string(), error);
        }
    }
}

/// Two files cannot have one path, but a file may be named like a slice or a member of another.
void TreeSource::make_keys_unique(const KeyTaken& taken) {
    std::set<uint64_t> used;
    for (auto& image : images_) {
        const std::string suffix = image.found.suffix;
        std::string key = file_key(image);
        for (uint64_t n = 2; used.contains(hash_of(key)) || taken(key); ++n) {
            image.found.suffix = suffix + "#" + std::to_string(n);
            key = file_key(image);
        }
        used.insert(hash_of(key));
    }
    choose_cache_prefixes(taken, used);
}

void TreeSource::choose_cache_prefixes(const KeyTaken& taken, const std::set<uint64_t>& file_keys) {
    std::set<uint64_t> used = file_keys;
    const auto is_taken = [&](const std::string& key) { return used.contains(hash_of(key)) || taken(key); };
    for (size_t i = 0; i < caches_.size(); ++i) {
        SharedCacheSource& cache = *caches_[i];
        cache.choose_prefix(i == 0 && !cache.is_special(), is_taken);
        for (uint64_t j = 0; j < cache.image_count(); ++j) used.insert(hash_of(cache.image_key(j)));
    }
}

void TreeSource::avoid(const KeyTaken& taken) {
    make_keys_unique(taken);
}

base::Digest TreeSource::identity() const {
    base::Sha256 hash;
    hash.update(hash_.peek().view());
    for (const auto& cache : caches_) hash.update(cache->image_key(0)).update(cache->info().identity.view());
    return hash.finish();
}

void TreeSource::describe() {
    info_.identity = identity();
    uint64_t bytes = 0;
    for (const auto& file : files_) bytes += file.size;
    if (bytes != 0 || caches_.empty()) info_.files.push_back({name_of_root(root_), bytes, ""});
    for (const auto& cache : caches_) {
        const auto& info = cache->info();
        info_.files.insert(info_.files.end(), info.files.begin(), info.files.end());
        for (const auto& warning : info.warnings) info_.warnings.push_back(cache->label() + ": " + warning);
    }
    if (!caches_.empty() && !caches_.front()->is_special()) {
        const auto& main = caches_.front()->info();
        info_.platform = main.platform;
        info_.os_version = main.os_version;
        info_.arch = main.arch;
        info_.uuid = main.uuid;
    } else {
        const auto most = std::max_element(platforms_.begin(), platforms_.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
        if (most != platforms_.end()) info_.platform = most->first;
        for (const auto& arch : archs_) info_.arch += (info_.arch.empty() ? "" : "+") + arch;
        if (archs_.size() > kMaxArchsInName) info_.arch = std::to_string(archs_.size()) + " architectures";
    }
    read_system_version();
    std::string platform = macho::platform_name(info_.platform);
    std::replace(platform.begin(), platform.end(), ' ', '-');
    const bool is_system = !platform.empty() && info_.os_version != 0;
    info_.name = is_system
                     ? platform + "-" + base::version_text(info_.os_version) + (build_.empty() ? "" : "-" + build_)
                     : name_of_root(root_);
    info_.name += "-" + info_.identity.hex().substr(0, kIdentityInName);
}

/// A system's root says which version it is.
void TreeSource::read_system_version() {
    if (!is_directory_) return;
    std::error_code error;
    const fs::path path = root_ / kSystemVersion;
    if (fs::symlink_status(path, error).type() != fs::file_type::regular) return;
    try {
        const auto file = base::MappedFile::open(path);
        const auto text = file->view().as_text().substr(0, kMaxPlist);
        if (info_.os_version == 0) info_.os_version = packed_version(plist_string(text, "ProductVersion"));
        build_ = plist_string(text, "ProductBuildVersion");
        if (!std::all_of(build_.begin(), build_.end(), [](unsigned char c) { return std::isalnum(c) != 0; }))
            build_.clear();
        file->check_intact();
    } catch (const Error&) {
        build_.clear();  // only a nicer name is lost
    }
}

std::unique_ptr<SharedCacheSource> TreeSource::take_only_cache() {
    if (!images_.empty() || caches_.size() != 1) return nullptr;
    caches_.front()->set_prefix("");
    cache_images_ = 0;
    auto cache = std::move(caches_.front());
    caches_.clear();
    return cache;
}

TreeSource::CacheImage TreeSource::cache_image(uint64_t index) const {
    index -= images_.size();
    for (const auto& cache : caches_) {
        if (index < cache->image_count()) return {cache.get(), index};
        index -= cache->image_count();
    }
    throw Error::usage("no image " + std::to_string(index));
}

std::string TreeSource::image_key(uint64_t index) const {
    if (index < images_.size()) return file_key(images_[index]);
    const CacheImage image = cache_image(index);
    return image.cache->image_key(image.index);
}

/// Sections and tables of a file's image lie in its bytes: extraction refuses those that claim much more.
uint64_t TreeSource::declared_bytes(uint64_t index) const {
    if (index < images_.size()) return images_[index].found.size;
    const CacheImage image = cache_image(index);
    return image.cache->declared_bytes(image.index);
}

/// A digest that is not cryptographic tells which files are worth comparing.
std::optional<uint64_t> TreeSource::copy_of(uint64_t index) const {
    if (index >= images_.size()) return std::nullopt;
    const Image& image = images_[index];
    const File& file = files_[image.file];
    if (image.found.failure || file.looks_like == kNoFile) return std::nullopt;
    const uint64_t other = files_[file.looks_like].first_image + (index - file.first_image);
    if (other >= images_.size() || images_[other].file != file.looks_like) return std::nullopt;
    try {
        if (same_bytes(images_[other], image)) return other;
    } catch (const Error&) {
        // A file that cannot be read has its own error, and the other one may be well.
    }
    return std::nullopt;
}

bool TreeSource::same_bytes(const Image& a, const Image& b) const {
    if (a.found.failure || a.found.kind != b.found.kind || a.found.offset != b.found.offset ||
        a.found.size != b.found.size)
        return false;
    const auto file_a = open(a.file, last_original_);
    const auto file_b = open(b.file, last_);
    const auto bytes_a = file_a->view().sub(a.found.offset, a.found.size, "image");
    const auto bytes_b = file_b->view().sub(b.found.offset, b.found.size, "image");
    for (uint64_t at = 0; at < bytes_a.size(); at += kCompareStep) {
        const uint64_t step = std::min(kCompareStep, bytes_a.size() - at);
        if (std::memcmp(bytes_a.data() + at, bytes_b.data() + at, step) != 0) return false;
        residency_.touched(2 * step);
    }
    file_a->check_intact();
    file_b->check_intact();
    return true;
}

record::Head TreeSource::extract(uint64_t index, const record::ChunkSink& sink) const {
    if (index < images_.size()) return extract_file_image(images_[index], sink);
    const CacheImage image = cache_image(index);
    release_other_caches(image.cache);
    return image.cache->extract(image.index, sink);
}

record::Head TreeSource::extract_file_image(const Image& image, const record::ChunkSink& sink) const {
    if (image.found.failure) throw Error(*image.found.failure);
    const auto file = open(image.file, last_);
    const auto bytes = file->view().sub(image.found.offset, image.found.size, "image");
    try {
        record::Head head = extract_binary(
            image.found.kind, bytes, workers_, [this](uint64_t touched) { residency_.touched(touched); }, sink);
        file->check_intact();  // only now is it known that no page was missing under what was read
        return head;
    } catch (const Error&) {
        file->check_intact();  // what is wrong with a file that changed is that it changed
        throw;
    }
}

std::shared_ptr<const base::MappedFile> TreeSource::open(uint32_t index, LastFile& last) const {
    {
        const std::lock_guard lock(open_mutex_);
        if (last.mapped && last.index == index) return last.mapped;
    }
    const auto file = map(files_[index].path);
    check_unchanged(files_[index]);
    std::shared_ptr<const base::MappedFile> previous = file;  // goes when the lock is gone: its deleter takes it
    const std::lock_guard lock(open_mutex_);
    last.mapped.swap(previous);
    last.index = index;
    return file;
}

/// Maps a file; its pages are given back with those of the others when too many are resident.
std::shared_ptr<const base::MappedFile> TreeSource::map(const std::string& relative) const {
    const auto remove = [this](const base::MappedFile* old) {
        {
            const std::lock_guard lock(open_mutex_);
            open_files_.erase(old);
        }
        delete old;
    };
    const std::shared_ptr<const base::MappedFile> file(base::MappedFile::open(path_of(relative)).release(), remove);
    const std::lock_guard lock(open_mutex_);
    open_files_.insert(file.get());
    return file;
}

/// What was listed must be what is read: a file that another one took the place of has other slices in other places.
void TreeSource::check_unchanged(const File& file) const {
    struct stat now {};
    const fs::path path = path_of(file.path);
    const int result = is_directory_ ? ::lstat(path.c_str(), &now) : ::stat(path.c_str(), &now);
    if (result != 0 || !S_ISREG(now.st_mode) || static_cast<uint64_t>(now.st_size) != file.size ||
        !same_time(now.st_mtim, file.modified))
        throw Error::io(path.string(), "the file was changed since it was listed");
}

/// Caches come one after another; the pages of the one before would only be in the way.
void TreeSource::release_other_caches(const SharedCacheSource* current) const {
    const std::lock_guard lock(open_mutex_);
    if (last_cache_ == current) return;
    if (last_cache_ != nullptr) last_cache_->release_pages();
    last_cache_ = current;
}

}  // namespace strata::extract
