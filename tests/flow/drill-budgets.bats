# Goal: what unpacks to more than the plan allows stops there and says which key allows more; with that key it is restored.
# SPDX-License-Identifier: Apache-2.0
load lib

stopped_by() { # stopped_by KEY [ENTRY [FOUND]]: and it says so in both languages
    drill 1
    found budget-exceeded
    is status "$(unit status)" failed
    [ $# -lt 2 ] || found_at budget-exceeded "$2"
    json '.record.findings[] | select(.rule == "budget-exceeded")' >"$work/finding"
    [[ $(jq -r .expected.en "$work/finding") == *"budgets.$1"* ]]
    [[ $(jq -r .expected.ja "$work/finding") == *"budgets.$1"* ]]
    [ $# -lt 3 ] || is 'what was found' "$(jq -r .found.en "$work/finding")" "$3"
    restored=$(json '.record.units[0].result.bytes_restored // 0')
    drill_text 1 ja
    says '上限に達したため停止しました'
    says "budgets.$1"
}

@test "a set with more entries than its budget" {
    share_tar >/dev/null
    write_plan set='budgets: {entries: 3}'
    stopped_by entries '総務/規程/就業規則.txt' 'this is number 4'
    write_plan set='budgets: {entries: 20}'
    drill 0
    all_good
}

@test "a set with more bytes than its budget, and nothing beyond it is written" {
    mkdir -p "$disk/共有" "$work/tree"
    head -c 600000 /dev/urandom >"$work/tree/a"
    head -c 600000 /dev/urandom >"$work/tree/b"
    tar -C "$work/tree" -cf "$disk/共有/share-20261120.tar" a b
    write_plan set='budgets: {bytes: 1MB}'
    stopped_by bytes b
    [ "$restored" -le 1000000 ]
    write_plan set='budgets: {bytes: 2MB}'
    drill 0
    all_good
}

@test "an archive that packs better than its budget, and one that needs more memory" {
    mkdir -p "$disk/共有" "$work/tree"
    head -c 80M /dev/zero >"$work/tree/log"
    tar -C "$work/tree" -cf - log | zstd -q >"$disk/共有/share-20261120.tar.zst"
    write_plan path='共有/share-%Y%m%d.tar.zst' set='budgets: {ratio: 200}'
    stopped_by ratio
    head -c 3000000 /dev/urandom >"$work/tree/log"
    tar -C "$work/tree" -cf - log | zstd -q --long=28 >"$disk/共有/share-20261120.tar.zst"
    write_plan path='共有/share-%Y%m%d.tar.zst'
    stopped_by window
    write_plan path='共有/share-%Y%m%d.tar.zst' set='budgets: {window: 256MiB}'
    drill 0
    all_good
}

@test "a budget that cannot be is refused by check" {
    share_tar >/dev/null
    write_plan set='budgets: {window: 4GiB, entries: 100000000, depth: 4}'
    exits 3 check "$plan" --lang en --no-color
    says window
    says entries
    says depth
}
