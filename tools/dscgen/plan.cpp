#include "plan.h"

#include "code_edits.h"
#include "objc.h"

#include <iterator>

namespace dscgen {

namespace {

void insert_sorted(std::vector<u32>& list, u32 value) {
    list.insert(std::upper_bound(list.begin(), list.end(), value), value);
}

// Number of the next added item of a sort.
u32 next_added(const std::vector<u32>& list) {
    return kAddedBase + static_cast<u32>(list.size());
}

class Mutator {
  public:
    Mutator(const Content& content, u32 image_count, Rng rng)
        : content_(content), m_(content.mutations()), image_count_(image_count), rng_(rng) {}

    std::shared_ptr<const Mutations> run() {
        // A function patched or grown and one string at least; the rest as the dice fall.
        bool done = (rng_.next() & 1) != 0 ? patch_function() : grow_function();
        const u32 more = 2 + rng_.below(5);
        for (u32 i = 0; i < more; ++i) done = one(rng_.below(11)) || done;
        if (!done) m_.strings_added.push_back(next_added(m_.strings_added));
        const u64 seed = rng_.next();
        mutate_objc(content_, m_, seed);
        mutate_code(content_, m_, hash(seed, 0xC0DE));
        return std::make_shared<const Mutations>(m_);
    }

  private:
    bool one(u32 what) {
        switch (what) {
            case 0:
                return patch_function();
            case 1:
                return grow_function();
            case 2:
            case 3:
                m_.functions_added.push_back(next_added(m_.functions_added));
                return true;
            case 4:
                return remove_function();
            case 5:
            case 6:
                m_.strings_added.push_back(next_added(m_.strings_added));
                return true;
            case 7:
                return remove_from(content_.counts().cstrings, m_.strings_removed);
            case 8:
                return change_data();
            case 9:
                return add_import();
            default:
                return (rng_.next() & 1) != 0 ? add_dependency() : add_section();
        }
    }

    // A named base function that is still there and was not touched before.
    bool pick_function(u32& number) {
        const u32 count = content_.counts().functions;
        for (u32 attempt = 0; attempt < 40; ++attempt) {
            number = rng_.below(count);
            const auto same = [number](const std::pair<u32, u32>& p) { return p.first == number; };
            if (contains(m_.functions_removed, number) || content_.naming(number).naming == Naming::nameless ||
                std::any_of(m_.functions_grown.begin(), m_.functions_grown.end(), same) ||
                std::any_of(m_.functions_patched.begin(), m_.functions_patched.end(), same))
                continue;
            return true;
        }
        return false;
    }

    bool patch_function() {
        u32 number = 0;
        if (!pick_function(number)) return false;
        m_.functions_patched.emplace_back(number, 1 + rng_.below(0xFFFE));
        return true;
    }

    bool grow_function() {
        u32 number = 0;
        if (!pick_function(number)) return false;
        m_.functions_grown.emplace_back(number, 16 * (1 + rng_.below(20)));
        return true;
    }

    bool remove_function() {
        for (u32 attempt = 0; attempt < 40; ++attempt) {
            const u32 number = rng_.below(content_.counts().functions / 16 + 1) * 16 + 15;
            u32 picked = 0;
            if (number >= content_.counts().functions || contains(m_.functions_removed, number)) continue;
            const FunctionName name = content_.naming(number);
            const auto same = [number](const std::pair<u32, u32>& p) { return p.first == number; };
            if (name.naming == Naming::nameless || (name.naming == Naming::exported && name.ordinal < kPopular) ||
                std::any_of(m_.functions_grown.begin(), m_.functions_grown.end(), same) ||
                std::any_of(m_.functions_patched.begin(), m_.functions_patched.end(), same))
                continue;
            picked = number;
            insert_sorted(m_.functions_removed, picked);
            return true;
        }
        return false;
    }

    bool remove_from(u32 count, std::vector<u32>& removed) {
        for (u32 attempt = 0; attempt < 20; ++attempt) {
            const u32 number = rng_.below(count / 16 + 1) * 16 + 15;
            if (number >= count || contains(removed, number)) continue;
            insert_sorted(removed, number);
            return true;
        }
        return false;
    }

    bool change_data() {
        if ((rng_.next() & 1) != 0 && remove_from(content_.counts().exported_data, m_.data_removed)) return true;
        m_.data_added.push_back(next_added(m_.data_added));
        return true;
    }

    bool add_import() {
        if (content_.base_imports() + m_.imports_added.size() >= content_.importable()) return false;
        m_.imports_added.push_back(next_added(m_.imports_added));
        return true;
    }

    bool add_dependency() {
        if (content_.image().id == 0) return false;  // the first image is the one everything may depend on: it has none
        for (u32 attempt = 0; attempt < 20; ++attempt) {
            const u32 id = rng_.below(image_count_) & ~3U;
            const auto& now = content_.dependencies();
            const bool known = std::any_of(now.begin(), now.end(), [id](const Dependency& d) { return d.id == id; });
            const bool is_dyld = content_.scale().has_dyld() && (id == 4 || content_.image().id == 4);
            if (known || is_dyld || id == content_.image().id || !m_.dependencies_added.empty()) continue;
            m_.dependencies_added.push_back(id);
            return true;
        }
        return false;
    }

    bool add_section() {
        if (m_.sections_added.size() >= 4) return false;
        m_.sections_added.push_back(64 + 16 * rng_.below(40));
        return true;
    }

    const Content& content_;
    Mutations m_;
    u32 image_count_;
    Rng rng_;
};

class Stepper {
  public:
    Stepper(const Scale& scale, Plan& plan, const Step& step, u64 number)
        : scale_(scale), plan_(plan), step_(step), rng_{hash(step.seed, 0x57E9, number)} {}

    void run() {
        plan_.changes.assign(plan_.images.size(), Change{});
        take(step_.remove, Status::removed);
        take(step_.move, Status::moved);
        take(step_.change, Status::changed);
        std::vector<Change> changes;
        std::vector<ImageRecord> images;
        for (std::size_t i = 0; i < plan_.images.size(); ++i) {
            Change& c = plan_.changes[i];
            if (c.status == Status::removed)
                c.before = plan_.images[i];
            else
                images.push_back(c.status == Status::same ? plan_.images[i] : c.after);
            if (c.status != Status::same) changes.push_back(c);
        }
        for (u32 i = 0; i < step_.add; ++i) {
            Change c;
            c.status = Status::added;
            c.after = new_image(scale_.spec(), plan_.next_id++);
            // Not before the first images, which the others depend on.
            const u32 first = std::min<u32>(kCoreImages, static_cast<u32>(images.size()));
            const u32 at = first + rng_.below(static_cast<u32>(images.size()) - first + 1);
            images.insert(images.begin() + at, c.after);
            changes.push_back(c);
        }
        plan_.images = std::move(images);
        plan_.changes = std::move(changes);
    }

  private:
    void take(u32 count, Status status) {
        std::vector<u32> candidates;
        for (u32 i = 0; i < plan_.images.size(); ++i) {
            if (plan_.changes[i].status != Status::same) continue;
            if (status == Status::changed || !is_provider(plan_.images[i].id)) candidates.push_back(i);
        }
        for (u32 n = 0; n < count && !candidates.empty(); ++n) {
            const u32 at = rng_.below(static_cast<u32>(candidates.size()));
            apply(candidates[at], status);
            candidates[at] = candidates.back();
            candidates.pop_back();
        }
    }

    void apply(u32 index, Status status) {
        Change& c = plan_.changes[index];
        c.status = status;
        c.before = c.after = plan_.images[index];
        if (status == Status::moved) ++c.after.place;
        if (status != Status::changed) return;
        ++c.after.revision;
        c.after.mutations = Mutator(Content(scale_, c.before), plan_.next_id, Rng{rng_.next()}).run();
    }

    const Scale& scale_;
    Plan& plan_;
    const Step& step_;
    Rng rng_;
};

}  // namespace

Plan replay(const Scale& scale, const std::vector<Step>& steps) {
    Plan plan;
    for (; plan.next_id < scale.spec().images; ++plan.next_id)
        plan.images.push_back(new_image(scale.spec(), plan.next_id));
    for (std::size_t i = 0; i < steps.size(); ++i) Stepper(scale, plan, steps[i], i).run();
    return plan;
}

}  // namespace dscgen
