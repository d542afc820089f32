#!/bin/sh
# Makes caches of the forms that Debian's `object` crate knows (0.30: one file, and version 1 sub-caches) and compares
# what it reads with truth.jsonl. Usage: run.sh DSCGEN_PROGRAM [TARGET_DIR]. Needs cargo and librust-object-dev.
set -eu
dscgen=$1
here=$(cd "$(dirname "$0")" && pwd)
work=${2:-$(mktemp -d)}
cd "$here"
cargo build --quiet --offline --release --target-dir "$work/target"
rm -f "$here/Cargo.lock"
failed=0
check() {
    name=$(echo "$*" | tr -d ' -')
    "$dscgen" make --out "$work/$name" --images 50 --seed 21 "$@" >/dev/null
    main=$(ls "$work/$name"/dyld_shared_cache_* | head -1)
    # Appended alias records (old eras) show up as images of their own: count each path of the truth once.
    if ! "$work/target/release/dscgen-check" "$main" >"$work/got" 2>"$work/err"; then
        echo "refused: $* ($(cat "$work/err"))"
        failed=1
        return
    fi
    sed 's/.*"path":"\([^"]*\)","uuid":"\([^"]*\)".*"sections":\([0-9]*\).*"nlist":\([0-9]*\).*/\1 \4 \3 \2/' \
        "$work/$name/truth.jsonl" | sed 's/-\([0-9A-F]*\)-\([0-9A-F]*\)-\([0-9A-F]*\)-\([0-9A-F]\{12\}\)$/\1\2\3\4/' | sort >"$work/want"
    tr '\t' ' ' <"$work/got" | sort >"$work/got.sorted"
    if [ -z "$(comm -23 "$work/want" "$work/got.sorted")" ]; then
        echo "agrees: $* ($(wc -l <"$work/want") images)"
    else
        echo "differs: $*"
        comm -23 "$work/want" "$work/got.sorted" | head -3
        failed=1
    fi
}
for era in 0x70 0x98 0xF8; do
    check --era $era --arch arm64
    check --era $era --arch armv7
    check --era $era --arch x86_64
done
for era in 0x138 0x140 0x1C8 0x200 0x208 0x228 0x238; do
    for arch in arm64 arm64e armv7k x86_64 x86_64h; do check --era $era --arch $arch --layout single; done
done
for arch in arm64 arm64e x86_64; do
    for layout in split many; do check --era 0x1C8 --arch $arch --layout $layout; done
done
exit $failed
