# Goal: Japanese names come back as they were: UTF-8, NFC and NFD side by side, CP932, long ones; hostile ones are shown harmless.
# SPDX-License-Identifier: Apache-2.0
load lib

restored() { # the folder that --keep left, found by a folder only it has
    dirname "$(find "$work/scratch" -type d -name 総務 | sed -n 1p)"
}

same_tree() { # same_tree A B: names byte for byte, and contents
    diff <(hashes "$1") <(hashes "$2")
}

@test "a tar: byte for byte the same names and contents, NFD beside NFC, 80 kanji" {
    make_tree "$work/tree"
    printf 'nfc' >"$work/tree/総務/がくせい.txt"
    printf 'nfd' >"$work/tree/総務/"$'か\xe3\x82\x99くせい.txt'
    printf '長い' >"$work/tree/総務/$(printf '議%.0s' {1..80}).txt"
    printf '100%%' >"$work/tree/総務/進捗100%.txt"
    mkdir -p "$disk/共有 2026年"
    tar -C "$work/tree" -cf "$disk/共有 2026年/控え-20261120.tar" .
    hashes "$work/tree" >"$disk/共有 2026年/控え-20261120.sha256"
    write_plan path='共有 2026年/控え-%Y%m%d.tar' manifest='共有 2026年/控え-%Y%m%d.sha256'
    drill 0 --keep
    all_good
    is file "$(unit file)" '共有 2026年/控え-20261120.tar'
    same_tree "$work/tree" "$(restored)"
}

@test "a zip in UTF-8, and one in CP932 with 0x5C bytes" {
    make_tree "$work/tree"
    mkdir -p "$disk/共有"
    (cd "$work/tree" && zip -q -r -X -UN=UTF8 "$disk/共有/share-20261120.zip" .)
    write_plan path='共有/share-%Y%m%d.zip'
    drill 0 --keep
    all_good
    same_tree "$work/tree" "$(restored)"
    rm -rf "$disk/共有/share-20261120.zip" "$work/scratch"
    mkdir "$work/scratch"
    (cd "$work/tree" && bsdtar -c --format zip --options zip:hdrcharset=CP932 -f "$disk/共有/share-20261120.zip" 総務 営業 技術)
    LC_ALL=C grep -qaF "$(printf '表ソ能' | iconv -t CP932)" "$disk/共有/share-20261120.zip" # planted
    drill 0 --keep
    all_good
    same_tree "$work/tree" "$(restored)"
}

@test "names that lead out of the scratch folder are refused, and nothing is written there" {
    mkdir -p "$disk/共有" "$work/in/a"
    printf x >"$work/outside.txt"
    printf ok >"$work/in/総務.txt"
    (cd "$work/in/a" && tar -P -cf "$disk/共有/share-20261120.tar" ../../outside.txt ../総務.txt)
    rm "$work/outside.txt"
    write_plan
    drill 1
    is finding "$(json '[.record.findings[] | select(.rule == "name-unsafe")] | length > 0')" true
    [ ! -e "$work/outside.txt" ]
    is status "$(unit status)" failed
}

@test "escape sequences in a name never reach the terminal, the JSON or the report" {
    make_tree "$work/tree"
    printf x >"$work/tree/総務/"$'\033[31m赤.txt'
    mkdir -p "$disk/共有"
    tar -C "$work/tree" -cf "$disk/共有/share-20261120.tar" .
    write_plan
    drill 1
    found name-control
    says '%1B[31m赤.txt'
    drill_text 1 ja
    fails grep -q $'\033' "$out" "$err"
    fails grep -q $'\033' "$work"/ledger/drills/*/report.html "$work"/ledger/drills/*/record.json
}
