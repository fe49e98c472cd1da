# Goal: where nothing was checked nothing is green: zero files, too few files, no generation.
# SPDX-License-Identifier: Apache-2.0
load lib

empty_is_failed() {
    drill 1
    found zero-files
    is status "$(unit status)" failed
    is verdict "$(json .record.verdict.restore)" missed
}

@test "a tar without a single file" {
    mkdir -p "$disk/共有"
    tar -cf "$disk/共有/share-20261120.tar" -T /dev/null
    write_plan
    empty_is_failed
    drill_text 1 ja
    says '検査できたファイルが1つもありません'
}

@test "a tar of folders only" {
    mkdir -p "$disk/共有" "$work/tree/総務/規程" "$work/tree/営業"
    tar -C "$work/tree" -cf "$disk/共有/share-20261120.tar" .
    write_plan
    empty_is_failed
}

@test "a zip that holds nothing" {
    mkdir -p "$disk/共有"
    printf 'PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >"$disk/共有/share-20261120.zip" # its end record alone
    write_plan path='共有/share-%Y%m%d.zip'
    empty_is_failed
}

@test "an empty tree" {
    mkdir -p "$disk/ミラー/20261120"
    write_plan format=tree path='ミラー/%Y%m%d'
    empty_is_failed
}

@test "fewer files and bytes than the plan expects" {
    share_tar >/dev/null
    write_plan expect='{min_files: 5, min_bytes: 1KiB}'
    drill 0
    write_plan expect='{min_files: 6, min_bytes: 1MiB}'
    drill 1
    found too-few-bytes too-few-files
}

@test "no generation matches" {
    share_tar >/dev/null
    write_plan path='共有/shere-%Y%m%d.tar'
    drill 1
    found generation-missing
    [ "$(json '[.record.units[] | select(.status == "good")] | length')" -eq 0 ]
    drill_text 1 ja
    says 'パターンに合う世代がありません'
    says '共有/shere-%Y%m%d.tar'
}

@test "a folder medium that is empty because nothing is mounted there" {
    write_plan
    exits 0 keygen --keys "$work/keys"
    got=0
    "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$out" 2>"$err" || got=$?
    one_of exit "$got" 1 75
    [ "$(json '[.record.units[]? | select(.status == "good")] | length')" -eq 0 ]
    grep -q 'mount-empty\|nothing is mounted there' "$out" "$err"
}

@test "what the plan expects and could not be looked at is said" {
    share_tar >/dev/null
    write_plan expect='{max_change: 30%}' manifest='共有/share-%Y%m%d.sha256'
    drill 0
    all_good
    says 'How much of share has changed (max_change) is not known: no earlier list of it could be compared with.'
    write_plan manifest='共有/share-%Y%m%d.sha256' expect='{max_change: 30%}'
    drill 0
    is unchecked "$(json '[.record.not_proven[].en | select(test("is not known|was not looked at"))] | length')" 0
}
