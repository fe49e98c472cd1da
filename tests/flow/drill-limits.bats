# Goal: a check that needs more memory, processor time or time than the plan allows is stopped, and says which budget it was,
# where it stood and which key allows more; with that key the same drill is good. A disk that stands still is no budget.
# SPDX-License-Identifier: Apache-2.0
load lib

over() { # over KEY LIMIT: stopped by this budget while it was at the entry log, in both languages; nothing is good or left
    drill 1
    found budget-exceeded
    is status "$(unit status)" failed
    json '.record.findings[] | select(.rule == "budget-exceeded")' >"$work/finding"
    [[ $(jq -r .expected.en "$work/finding") == *"$2"*"budgets.$1"* ]] || is expected "$(jq -r .expected.en "$work/finding")" "$2, budgets.$1"
    [[ $(jq -r .expected.ja "$work/finding") == *"budgets.$1"* ]] || is expected "$(jq -r .expected.ja "$work/finding")" "budgets.$1"
    [[ $(jq -r .found.en "$work/finding") =~ after\ [0-9,]+\ entries,\ [0-9.]+\ [KMG]?i?B\ read ]] || is found "$(jq -r .found.en "$work/finding")" 'where it stood'
    is entry "$(jq -r .entry "$work/finding")" log
    is fault "$(unit fault)" null
    nothing_left
    drill_text 1 ja
    says '上限に達したため停止しました'
    says "budgets.$1"
    says '読み取った時点'
}

packed() { # packed SUFFIX COMPRESSOR…: the file `log`, whose content comes from standard input
    local to=$disk/共有/share-20261120.tar
    mkdir -p "$disk/共有" "$work/tree"
    cat >"$work/tree/log"
    tar -C "$work/tree" -cf - log | "${@:2}" >"$to.$1"
    touch -d '2026-11-20 22:00' "$to.$1"
}

# with_worker RULES: koboshi beside a worker whose system calls fail so (tests/faults/faults.c)
with_worker() {
    local built=${KOBOSHI_BIN%/*} sanitizer
    [ -e "$built/faults.so" ] || skip 'needs faults.so beside the program'
    sanitizer=$(ldd "$KOBOSHI_BIN" | awk '/libasan/ { print $3 }')
    mkdir -p "$work/bin"
    cp "$KOBOSHI_BIN" "$work/bin/koboshi"
    printf '#!/bin/sh\nexport KOBOSHI_FAULTS="%s" LD_PRELOAD="%s"\nexec %s/koboshi-worker "$@"\n' "$1" \
        "${sanitizer:+$sanitizer }$built/faults.so" "$built" >"$work/bin/koboshi-worker"
    chmod +x "$work/bin/koboshi-worker"
    KOBOSHI_BIN=$work/bin/koboshi
}

@test "memory: a window that the plan allows, in more memory than it allows" {
    noise 300000000 7 | packed zst zstd -q -1 --long=28
    write_plan path='共有/share-%Y%m%d.tar.zst' set='budgets: {window: 256MiB, memory: 200MiB}'
    over memory '200.0 MiB of memory'
    write_plan path='共有/share-%Y%m%d.tar.zst' set='budgets: {window: 256MiB, memory: 1GiB}'
    drill 0
    all_good
}

@test "processor time: what takes long to unpack" {
    noise 60000000 8 | packed bz2 bzip2 -1
    write_plan path='共有/share-%Y%m%d.tar.bz2' set='budgets: {cpu: 1s}'
    over cpu '1.0 s of processor time'
    write_plan path='共有/share-%Y%m%d.tar.bz2' set='budgets: {cpu: 10m}'
    drill 0
    all_good
}

@test "time: a disk that is slow and gives bytes to the end" {
    noise 40000000 9 | packed gz gzip -1
    with_worker '- pread share-20261120.tar.gz 1+ slow:150'
    write_plan path='共有/share-%Y%m%d.tar.gz' set='budgets: {time: 3s}'
    over time 'done within 3.0 s'
    write_plan path='共有/share-%Y%m%d.tar.gz' set='budgets: {time: 1h}'
    drill 0
    all_good
    # the drill's own limit stays what it is, whatever the set may take
    write_plan path='共有/share-%Y%m%d.tar.gz' set='budgets: {time: 1h}' drill='max_duration: 3s'
    drill 1
    found timed-out
    [[ $(json '.record.findings[] | select(.rule == "timed-out") | .found.en') =~ ^still\ at\ work\ after\ 1\ entries,\ [0-9.]+\ [KM]iB\ read$ ]] ||
        is found "$(json '.record.findings[] | select(.rule == "timed-out") | .found.en')" 'still at work after …'
}

@test "time: a disk that stands still is told as such, and no key is to be raised" {
    noise 6000000 9 | packed gz gzip -1
    with_worker '- pread share-20261120.tar.gz 3+ hang'
    write_plan path='共有/share-%Y%m%d.tar.gz' set='budgets: {time: 4s}'
    drill 1
    found timed-out
    [[ $(json '.record.findings[] | select(.rule == "timed-out") | .found.en') == *'stalled since'* ]]
    nothing_left
}

@test "what no worker may have is refused by check" {
    share_tar >/dev/null
    write_plan set='budgets: {memory: 1MiB, cpu: 0s, time: 400d}'
    exits 3 check "$plan" --lang en --no-color
    says memory
    says cpu
    says time
}
