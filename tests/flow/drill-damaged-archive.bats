# Goal: damage inside an archive is found, named with its place, and never shown as green.
# SPDX-License-Identifier: Apache-2.0
load lib

@test "an undamaged archive is good, with figures and proof" {
    share_tar >/dev/null
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 0
    all_good
    is files "$(unit result.files_compared)" 5
    is matched "$(unit result.files_matched)" 5
    is restored "$(unit result.files_restored)" 5
    is proof "$(unit proof)" L4
    nothing_left
}

@test "a flipped byte inside a tar: every reader passes it, only the manifest finds it" {
    tar=$(share_tar)
    flip_at "$tar" "$(offset_of "$tar" 目印)"
    tar -xOf "$tar" >/dev/null # planted: tar itself has no objection
    write_plan
    drill 0
    [[ $(unit proof) == *'no L2'* ]] || is proof "$(unit proof)" 'something with (no L2)'
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 1
    found entry-differs
    found_at entry-differs 技術/図面.bin
    is status "$(unit status)" failed
    is verdict "$(json .record.verdict.restore)" missed
    is matched "$(unit result.files_matched)" 4
}

@test "the same in words: what was expected, found, where and what to do, in Japanese and English" {
    tar=$(share_tar)
    flip_at "$tar" "$(offset_of "$tar" 目印)"
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill_text 1 ja
    for text in '内容がハッシュ一覧と違います' '技術/図面.bin' 'share-20261120.tar' '期待' '結果' 'このファイルは別の世代か控えから復元してください'; do says "$text"; done
    drill_text 1 en
    for text in 'The content differs from the manifest' '技術/図面.bin' 'Restore this file from another generation or copy'; do says "$text"; done
}

@test "a truncated zst" {
    zst=$(share_tar zst)
    truncate -s $(($(stat -c %s "$zst") * 2 / 3)) "$zst"
    run zstd -tq "$zst"
    [ "$status" -ne 0 ]
    write_plan path='共有/share-%Y%m%d.tar.zst'
    drill 1
    one_of finding "$(json '.record.findings[0].rule')" archive-truncated archive-broken
    is status "$(unit status)" failed
}

@test "a flipped byte inside a zst is found without any manifest" {
    zst=$(share_tar zst)
    zstd -dq --rm "$zst" -o "$work/a.tar"
    zstd -q --check "$work/a.tar" -o "$zst"
    flip_at "$zst" $(($(stat -c %s "$zst") / 2))
    write_plan path='共有/share-%Y%m%d.tar.zst'
    drill 1
    one_of finding "$(json '.record.findings[0].rule')" archive-broken archive-truncated
    is status "$(unit status)" failed
}

@test "a tar cut at an entry border: GNU tar is content, the missing end mark is a finding" {
    tar=$(share_tar)
    block=$(tar -tRf "$tar" | sed -n 's/^block \([0-9]*\): 営業\/見積.*/\1/p')
    truncate -s $((block * 512)) "$tar"
    tar -tf "$tar" >/dev/null # planted: rc 0
    write_plan
    drill 1
    found no-end-of-archive
    is status "$(unit status)" failed
}

@test "a gz cut short" {
    gz=$(share_tar gz)
    truncate -s -100 "$gz"
    write_plan path='共有/share-%Y%m%d.tar.gz'
    drill 1
    one_of finding "$(json '.record.findings[0].rule')" archive-truncated archive-broken
}

@test "a zip whose entry has another checksum" {
    make_tree "$work/tree"
    mkdir -p "$disk/共有"
    (cd "$work/tree" && zip -q -0 -r -X -UN=UTF8 "$disk/共有/share-20261120.zip" .)
    write_plan path='共有/share-%Y%m%d.zip'
    drill 0
    all_good
    flip_at "$disk/共有/share-20261120.zip" "$(offset_of "$disk/共有/share-20261120.zip" 目印)"
    drill 1
    found archive-broken no-longer-readable
    is status "$(unit status)" failed
}
