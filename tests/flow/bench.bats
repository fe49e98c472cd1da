# Goal: tests/bench measures what it says: rows run, a hollow verify is no figure, the disk model counts by its formulas.
# SPDX-License-Identifier: Apache-2.0
load lib

need_bench() {
    KOBOSHI_BENCH_BIN=$(dirname "$KOBOSHI_BIN")
    export KOBOSHI_BENCH_BIN
    [ -x "$KOBOSHI_BENCH_BIN/make_tree" ] || skip 'the programs of tests/bench are not built here'
    [ "$(df --output=fstype /dev/shm | tail -n 1)" = tmpfs ] || skip 'needs /dev/shm'
}

bench() { timeout 300 "$repo/tests/bench/run" --tiny --pairs 1 --work "$work" "$@" >"$out" 2>"$err" </dev/null || { cat "$out" "$err"; return 1; }; }

row() { grep -F "| $1 |" "$out" || { echo "no row $1"; cat "$out" "$err"; return 1; }; }

@test "rows: a figure for each, nothing left behind" {
    need_bench
    bench zst-after tree-sums restore memory-gz memory-many-zip
    for name in zst-after tree-sums restore memory-gz memory-many-zip; do
        row $name | grep -qE '\| [0-9.]+ \| [0-9.]+ \| [0-9.]+ \| [0-9.]+–[0-9.]+ \|' || { row $name; return 1; }
    done
    is 'left in the work folder' "$(find "$work" -maxdepth 1 -name 'koboshi-bench*')" ''
}

@test "a verify that compares nothing is no figure, and --check says so" {
    need_bench
    mkdir "$work/bin"
    ln -s "$KOBOSHI_BENCH_BIN"/* "$work/bin"
    rm "$work/bin/koboshi"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec "%s" verify "$2" --json\n' "$KOBOSHI_BIN" >"$work/bin/koboshi"
    chmod +x "$work/bin/koboshi"
    export KOBOSHI_BENCH_BIN=$work/bin
    bench zst-after
    row zst-after | grep -q 'not run.*not everything was compared'
    fails bench --check zst-after
}

@test "the disk model: what reads cost is what its formulas say" {
    need_bench
    need_root
    mkdir "$work/model"
    truncate -s 100000000 "$work/model.img"
    "$KOBOSHI_BENCH_BIN/disk_model" "$work/model.img" "$work/model"
    cost() { # cost OFFSET BYTES: of one read after what came before
        local before
        before=$(cut -d ' ' -f 2 "$work/model/clock")
        dd if="$work/model/disk" of=/dev/null iflag=direct,skip_bytes bs="$2" skip="$1" count=1 status=none
        awk -v before="$before" '{ printf "%.2f", $2 - before }' "$work/model/clock"
    }
    here=$(cost 0 102400)           # 0.15 + 102,400 / 115 MB/s
    next=$(cost 204800 102400)      # the gap passes: 0.15 + 204,800 / 115 MB/s
    again=$(cost 0 102400)          # the drive has it: 0.15 + 102,400 / 250 MB/s
    far=$(cost 99696800 102400)     # 0.15 + 2 + 16 sqrt(0.99389600) + 5.56 + 102,400 / 60.2 MB/s
    umount "$work/model"
    is 'from the beginning' "$here" 1.04
    is 'over a gap' "$next" 1.93
    is 'from the cache' "$again" 0.56
    is 'from end to end' "$far" 25.36
}

@test "the disk model: a disk that was lived with, its files intact, the same figure again" {
    need_bench
    need_root
    "$repo/tests/bench/disk" make --files 800 --mean 20000 --days 60 "$work/aged.img" >"$out"
    grep -qE '^files [1-9][0-9]* bytes [1-9]' "$out"
    for turn in 1 2; do
        "$repo/tests/bench/disk" run "$work/aged.img" sha256sum -c --quiet "$work/aged.img.sha256" 2>"$work/figure.$turn"
    done
    grep -qE '^model_ms [1-9]' "$work/figure.1"
    # to a twentieth: others on this machine may look at block devices meanwhile
    paste -d ' ' "$work/figure.1" "$work/figure.2" | awk '{ exit !($2 / $14 > 0.95 && $2 / $14 < 1.05) }' || { cat "$work"/figure.*; return 1; }
}

@test "a mirror on a disk that turns: its newest file is looked for, and all is read for a restore, in the order of the disk" {
    need_bench
    need_root
    command -v mkfs.ext4 >/dev/null || skip 'mkfs.ext4 is not installed'
    bench disk-restore
    # next to nothing is on that disk: by names it takes as long as cp -a
    row disk-restore | awk -F '|' '{ exit !($7 > 0 && $7 < 0.5) }' || { row disk-restore; return 1; }
}
