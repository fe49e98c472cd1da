# Goal: a drill restores the generation that names, files and stamps say is the newest good one, and the record says of which time it is and by what.
# SPDX-License-Identifier: Apache-2.0
load lib

share_at() { # share_at PATH TIME [LINE]: a tar of the tree on the disk, last changed then; LINE tells it from others
    make_tree "$work/tree"
    printf '%s\n' "${3:-}" >"$work/tree/総務/印.txt"
    mkdir -p "$(dirname "$disk/$1")"
    tar -C "$work/tree" --sort=name -cf "$disk/$1" 総務 営業 技術
    touch -d "$2" "$disk/$1"
}

recorded() { # recorded WHAT EXPECTED: of the only unit, as it was signed
    is "record's $1" "$(jq -r ".units[0].$1" "$work"/ledger/drills/*/record.json)" "$2"
}

@test "weekday folders: the newest day that was not overwritten on another, with its warning" {
    share_at '火/share.tar' '2026-11-17 22:00'
    share_at '水/share.tar' '2026-11-18 22:30'
    share_at '木/share.tar' '2026-11-20 01:10' # begun on Thursday night
    share_at '金/share.tar' '2026-11-23 08:00' # of a Monday: overwritten by hand
    write_plan path='%{weekday:月火水木金}/share.tar'
    drill 1
    found time-disagrees
    is file "$(json '.record.findings[] | select(.rule == "time-disagrees") | .file')" '金/share.tar'
    is status "$(unit status)" conditional
    recorded file '木/share.tar'
    recorded point_in_time '2026-11-20T01:10:00+09:00'
    recorded pit_source mtime
}

@test "era names with full-width digits, stored in NFD as macOS does" {
    share_at '令和8年/ハ'$'\xe3\x82\x99''ックアッフ'$'\xe3\x82\x9a''１１２０.tar' '2026-11-20 22:00'
    share_at 'R07/バックアップ1231.tar' '2026-01-02 10:00'
    share_at 'R08/バックアップ0230.tar' '2026-11-21 10:00' # never was a day
    write_plan path='%{era}/バックアップ%m%d.tar'
    drill 0
    all_good
    recorded file '令和8年/ハ'$'\xe3\x82\x99''ックアッフ'$'\xe3\x82\x9a''１１２０.tar'
    recorded point_in_time '2026-11-20T22:00:00+09:00'
    recorded pit_source name+mtime
}

@test "a fiscal year's file is of the day it was written" {
    share_at '令和8年度/決算.tar' '2026-11-02 18:00'
    share_at '令和7年度/決算.tar' '2026-03-31 18:00'
    write_plan path='%{fy}/決算.tar'
    drill 0
    all_good
    recorded file '令和8年度/決算.tar'
    recorded point_in_time '2026-11-02T18:00:00+09:00'
}

@test "a mirror is as old as its newest file, and the report says so" {
    make_tree "$disk/共有"
    find "$disk/共有" -type f -exec touch -d '2026-11-18 09:00' {} +
    touch -d '2026-11-20 17:55:30' "$disk/共有/営業/見積（表ソ能）.csv"
    ln -s /etc/hostname "$work/link" && touch -h -d '2026-11-22 09:00' "$work/link"
    write_plan format=tree path=共有 set='tool: robocopy'
    drill 0
    all_good
    recorded point_in_time '2026-11-20T17:55:30+09:00'
    recorded pit_source newest-file
    exits 0 report --ledger "$work/ledger" --format text --lang ja
    says 'フォルダ内で最も新しいファイルの更新時刻'
}

@test "a stamp file tells the time; one that does not leaves nothing to restore" {
    make_tree "$disk/共有"
    printf '2026年11月21日(土) 2時05分\r\n' >"$disk/共有/終了.txt"
    write_plan format=tree path=共有 set='point_in_time: {from: stamp_file, file: 終了.txt}'
    drill 0
    all_good
    recorded point_in_time '2026-11-21T02:05:00+09:00'
    recorded pit_source stamp-file
    printf 'バックアップ失敗\n' >"$disk/共有/終了.txt"
    drill 1
    found generation-missing time-unknown
    is status "$(unit status)" not-run
    is found "$(json '.record.findings[] | select(.rule == "time-unknown") | .found.ja')" '「バックアップ失敗」'
}

@test "names in UTC, as Windows Server Backup writes them" {
    make_tree "$disk/WindowsImageBackup/SRV1/Backup 2026-11-20 160005"
    make_tree "$disk/WindowsImageBackup/SRV1/Catalog"
    write_plan format=tree path='WindowsImageBackup/*/Backup %Y-%m-%d %H%M%S' set='point_in_time: {tz: UTC}'
    drill 0
    all_good
    recorded point_in_time '2026-11-21T01:00:05+09:00'
    recorded pit_source name
}

@test "a time in the future is told, and the generation of the past is used" {
    share_at '共有/share-20261120.tar' '2026-11-20 22:00'
    share_at '共有/share-20991120.tar' '2099-11-20 22:00'
    write_plan
    drill 1
    found time-in-future
    recorded file '共有/share-20261120.tar'
}

@test "a split backup that lacks a file is passed over" {
    share_at 'share-20261120.tar' '2026-11-20 22:00'
    split -b 100000 "$disk/share-20261120.tar" "$disk/share-20261120.tar."
    touch -d '2026-11-20 22:00' "$disk"/share-20261120.tar.a?
    rm "$disk/share-20261120.tar" "$disk/share-20261120.tar.ab"
    write_plan path='share-%Y%m%d.tar.%{part}'
    drill 1
    found generation-missing parts-missing
    is status "$(unit status)" not-run
}

@test "parts of a chain without their full backup are nothing to restore" {
    share_at 'chain/inc-20261119.tar' '2026-11-19 22:00'
    share_at 'chain/inc-20261120.tar' '2026-11-20 22:00'
    write_plan format=chain path=chain set='chain: {full: "full-%Y%m%d.tar", part: "inc-%Y%m%d.tar"}'
    drill 1
    found chain-incomplete generation-missing
    is status "$(unit status)" not-run
    is file "$(json '.record.findings[] | select(.rule == "chain-incomplete") | "\(.file) \(.count)"')" 'chain/inc-20261119.tar 2'
}

@test "a fiscal year that begins in October, in the point in time and on the report" {
    share_tar >/dev/null
    mkdir -p "$disk/令和7年度"
    mv "$disk/共有/share-20261120.tar" "$disk/令和7年度/09月30日.tar"
    touch -d '2026-11-20 09:00' "$disk/令和7年度/09月30日.tar"
    write_plan path='%{fy}/%m月%d日.tar'
    drill 0 # by April it is of 2025-09-30
    is 'by April' "$(unit point_in_time)" '2025-09-30T00:00:00+09:00'
    printf 'policy: {fiscal_year_start: "10-01"}\n' >>"$plan"
    drill 0
    is 'by October' "$(unit point_in_time)" '2026-09-30T00:00:00+09:00'
    is 'in the record' "$(json .record.fiscal_year_start)" 10-01
    exits 0 report --ledger "$work/ledger" --format text --lang en
    says '(from October)'
}
