# Goal: split files, chains and the files of backup tools go through a whole drill: good ones are restored, broken ones named.
# SPDX-License-Identifier: Apache-2.0
load lib

recorded() { # recorded WHAT EXPECTED: of the only unit, as it was signed
    is "record's $1" "$(jq -r ".units[0].$1" "$work"/ledger/drills/*/record.json)" "$2"
}

finding() { json ".record.findings[] | select(.rule == \"$1\") | .$2"; } # finding RULE KEY

on_disk() { # names, sizes, times and content of all that lies on the medium
    (cd "$disk" && find . -printf '%p %s %T@ %C@ %m\n' | LC_ALL=C sort && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

split_share() { # a tar.zst in parts of 100,000 bytes with a manifest of its parts
    local zst
    zst=$(share_tar zst)
    (cd "$disk/共有" && split -b 100000 "$zst" share-20261120.tar.zst. && rm "$zst" && sha256sum share-20261120.tar.zst.* >share-20261120.sha256)
    touch -d '2026-11-20 22:00' "$disk"/共有/share-*
    write_plan path='共有/share-%Y%m%d.tar.zst.%{part}' "$@"
}

chain_share() { # four evenings of GNU tar: the full backup and three increments, with a manifest of the files
    local day
    make_tree "$work/tree"
    mkdir -p "$disk/chain"
    for day in 17 18 19 20; do
        case $day in
            18) printf '灯油,250\n' >"$work/tree/営業/見積（表ソ能）.csv" && rm "$work/tree/営業/空.txt" ;;
            19) mv "$work/tree/総務/規程" "$work/tree/総務/規則" && printf '第2条\n' >"$work/tree/総務/規則/追加.txt" ;;
            20) rm -r "$work/tree/技術" && printf '図面は別の場所へ\n' >"$work/tree/技術" ;;
        esac
        sleep 0.05 # tar -g goes by times
        tar -C "$work/tree" -g "$work/snar" -czf "$disk/chain/$([ $day = 17 ] && echo full || echo inc)-202611$day.tgz" .
        sleep 0.05
        touch -d "2026-11-$day 22:00" "$disk/chain/"*"-202611$day.tgz"
    done
    (cd "$disk/chain" && sha256sum -- *.tgz >SHA256SUMS)
    # shellcheck disable=SC2016
    write_plan format=chain path=chain set='chain: {full: "full-%Y%m%d.tgz", part: "inc-%Y%m%d.tgz"}' "$@"
}

@test "a split file is restored as one, with the hashes of its parts, and the medium stays as it was" {
    split_share manifest='共有/share-%Y%m%d.sha256'
    before=$(on_disk)
    drill 0
    all_good
    is proof "$(unit proof)" L4
    is detected "$(unit result.detected)" 'tar + zstd'
    is compared "$(unit result.files_compared)" "$(wc -l <"$disk/共有/share-20261120.sha256")"
    is sha256 "$(unit result.sha256)" "$(cat "$disk"/共有/share-20261120.tar.zst.* | sha256sum | cut -d ' ' -f 1)"
    is read "$(unit result.bytes_read)" "$(cat "$disk"/共有/share-20261120.tar.zst.* | wc -c)"
    is 'what lies on the medium' "$(on_disk)" "$before"
    nothing_left
}

@test "a flipped byte in the middle of a split file" {
    split_share manifest='共有/share-%Y%m%d.sha256'
    flip_at "$disk/共有/share-20261120.tar.zst.ab" 5000
    drill 1
    one_of finding "$(json '.record.findings[0].rule')" archive-truncated archive-broken
    is 'what differs' "$(finding file-differs found.en | cut -d : -f 1)" share-20261120.tar.zst.ab
    is status "$(unit status)" failed
}

@test "7-Zip volumes and a split zip" {
    make_tree "$work/tree"
    (cd "$work/tree" && 7z a -bd -y -v100000b "$disk/share-20261120.7z" . >/dev/null && zip -qr "$work/share.zip" .)
    write_plan path='share-%Y%m%d.7z.%{part}'
    drill 0
    all_good
    is detected "$(unit result.detected)" 7z
    split -b 100000 -d -a 3 "$work/share.zip" "$disk/share-20261120.zip."
    write_plan path='share-%Y%m%d.zip.%{part}'
    drill 0
    all_good
    is detected "$(unit result.detected)" zip
}

@test "a split file whose last part is as large as the others: only its content can show that it ends there" {
    make_tree "$work/tree"
    tar -C "$work/tree" --sort=name --record-size=512 -cf "$work/share.tar" .
    split -n 4 -d -a 3 "$work/share.tar" "$disk/share-20261120.tar."
    truncate -s %4 "$work/share.tar" && split -n 4 -d -a 3 "$work/share.tar" "$disk/share-20261120.tar."
    is sizes "$(stat -c %s "$disk"/share-* | sort -u | wc -l)" 1
    write_plan path='share-%Y%m%d.tar.%{part}'
    drill 0
    all_good
    write_plan format=file path='share-%Y%m%d.tar.%{part}'
    drill 1
    found parts-uneven
    is status "$(unit status)" conditional
    is 'which one' "$(finding parts-uneven found.en)" 'share-20261120.tar.003 has the same size: another may be missing after it'
    (cd "$disk" && sha256sum share-20261120.tar.* >share-20261120.sha256)
    write_plan format=file path='share-%Y%m%d.tar.%{part}' manifest='share-%Y%m%d.sha256'
    drill 0
    all_good
    rm "$disk/share-20261120.tar.003" "$disk/share-20261120.sha256" # now it is lost indeed
    write_plan path='share-%Y%m%d.tar.%{part}'
    drill 1
    is status "$(unit status)" failed
}

@test "a chain becomes its last state: changed, deleted, renamed and replaced" {
    chain_share manifest=chain/SHA256SUMS
    before=$(on_disk)
    drill 0 --keep
    all_good
    is proof "$(unit proof)" L4
    recorded point_in_time '2026-11-20T22:00:00+09:00'
    is 'what was restored' "$(diff -r "$work/tree" "$work"/scratch/*/share 2>&1)" ''
    is 'what lies on the medium' "$(on_disk)" "$before"
}

@test "a chain whose full backup is broken: all that hangs on it is named" {
    chain_share
    flip_at "$disk/chain/full-20261117.tgz" 5000
    drill 1
    one_of 'the archive itself' "$(json '.record.findings[0].rule')" archive-broken archive-truncated
    is 'what hangs on it' "$(finding chain-base-broken found.en)" \
        'full-20261117.tgz is not sound; 3 hang on it and cannot be used: inc-20261118.tgz, inc-20261119.tgz, inc-20261120.tgz'
    is status "$(unit status)" failed
}

@test "a chain with a broken part is intact up to the one before" {
    chain_share
    truncate -s -100 "$disk/chain/inc-20261119.tgz"
    drill 1
    says 'last intact part: inc-20261118.tgz (2026-11-18'
    is status "$(unit status)" failed
    found archive-truncated chain-part-broken
    is 'what is lost' "$(finding chain-part-broken found.ja)" \
        'inc-20261119.tgz に異常があり、後に続く 1 件も使えません: inc-20261120.tgz。最後の正常な部分: inc-20261118.tgz（2026-11-18 22:00 JST）'
    is caveats "$(unit 'result.caveats[].en' | grep -c 'intact up to inc-20261118.tgz')" 1
}

@test "Windows Server Backup: images and catalogue, and no more is claimed than was seen" {
    local folder="$disk/WindowsImageBackup/SRV1/Backup 2026-11-20 130005"
    mkdir -p "$folder"
    { printf vhdxfile && noise 1100000 3; } >"$folder/9b9cfbc3.vhdx"
    printf '<?xml version="1.0"?><backup/>' | tee "$folder/BackupSpecs.xml" >"$folder/cd11_Components.xml"
    write_plan format=tree path='WindowsImageBackup/*/Backup %Y-%m-%d %H%M%S' set='tool: wsb'
    drill 0
    all_good
    is structure "$(unit result.proof.structure)" not-reached
    recorded point_in_time '2026-11-20T22:00:05+09:00'
    exits 0 report --ledger "$work/ledger" --format text --lang ja
    says 'wbadmin'
    truncate -s 200000 "$folder/9b9cfbc3.vhdx" # the copy ended within the headers
    drill 1
    found baseline-differs tool-magic
    { printf vhdxfile && noise 1100000 3; } >"$folder/9b9cfbc3.vhdx"
    rm "$folder/BackupSpecs.xml"
    drill 1
    found tool-layout
    noise 200000 4 >"$folder/9b9cfbc3.vhdx"
    drill 1
    found baseline-differs tool-layout tool-magic
    found_at tool-magic 9b9cfbc3.vhdx
}

@test "a .bak that SQL Server did not write" {
    { printf TAPE && noise 100000 5; } >"$disk/sales_20261120.bak"
    (cd "$disk" && sha256sum sales_20261120.bak >sales_20261120.sha256)
    write_plan format=file path='sales_%Y%m%d.bak' manifest='sales_%Y%m%d.sha256' set='tool: mssql'
    drill 0
    all_good
    is proof "$(unit proof)" 'L2 +L4 (no L3)'
    noise 100000 6 >"$disk/sales_20261120.bak"
    write_plan format=file path='sales_%Y%m%d.bak' set='tool: mssql'
    drill 1
    found baseline-differs tool-magic
    drill_text 1 ja
    for text in 'このツールが作るファイルではありません' 'MSSQLBAK'; do says "$text"; done
    : >"$disk/sales_20261120.bak"
    drill 1
    found baseline-differs tool-magic
    is caveats "$(unit 'result.caveats[].ja' | grep -c 'RESTORE VERIFYONLY')" 1
    is status "$(unit status)" failed
}

sidecars() { # a manifest beside each archive of the chain: `sums` of the archive itself, `entries` of what it holds
    local archive
    (cd "$disk/chain" && rm -f -- *.sha256 && for archive in *.tgz; do
        if [ "$1" = sums ]; then
            sha256sum "$archive"
        else
            mkdir -p "$work/one" && tar -xzf "$archive" -C "$work/one" && hashes "$work/one" && rm -rf "$work/one"
        fi >"$archive.sha256"
    done)
    # shellcheck disable=SC2016
    write_plan format=chain path=chain manifest="chain/%{file}.sha256" set='chain: {full: "full-%Y%m%d.tgz", part: "inc-%Y%m%d.tgz"}'
}

@test "a chain whose archives each have a hash beside them" {
    chain_share
    sidecars sums
    drill 0
    all_good
    is proof "$(unit proof)" L4
    is compared "$(unit result.files_compared)" 4
    recorded 'segments[3].file' chain/inc-20261120.tgz
    recorded 'segments[3].manifest' chain/inc-20261120.tgz.sha256
    recorded 'segments[3].manifest_sha256' "$(hash_of "$disk/chain/inc-20261120.tgz.sha256")"
    recorded 'segments[0].point_in_time' '2026-11-17T22:00:00+09:00'
    is 'hashes of all' "$(unit 'segments[].sha256')" "$(cut -c 1-64 "$disk"/chain/full*.sha256 "$disk"/chain/inc*.sha256)"
    exits 0 report --ledger "$work/ledger" --format html -o "$work/report.html" --lang ja
    grep -q "構成ファイル.*full-20261117.tgz.*inc-20261120.tgz" <(tr -d '\n' <"$work/report.html")
    cp "$disk/chain/full-20261117.tgz.sha256" "$disk/chain/inc-20261118.tgz.sha256" # of another file
    drill 1
    found chain-part-broken entry-extra entry-missing
    sed 's/full-20261117/inc-20261118/' "$disk/chain/full-20261117.tgz.sha256" >"$disk/chain/inc-20261118.tgz.sha256"
    drill 1
    is 'which one' "$(finding file-differs found.en | cut -d : -f 1)" inc-20261118.tgz
    found chain-part-broken file-differs
    rm "$disk/chain/inc-20261118.tgz.sha256"
    drill 1
    is 'which one' "$(finding manifest-absent found.en | cut -d : -f 1)" inc-20261118.tgz
    is hash "$(unit result.proof.hash)" not-reached
}

@test "a chain whose archives each have a list of their files beside them" {
    chain_share
    sidecars entries
    drill 0
    all_good
    is proof "$(unit proof)" L4
    recorded 'segments[1].manifest_sha256' "$(hash_of "$disk/chain/inc-20261118.tgz.sha256")"
    sed -i 's/^./0/;s/^0\([0-9a-f]\)/\11/' "$disk/chain/inc-20261119.tgz.sha256"
    drill 1
    is 'which one' "$(finding entry-differs found.en | cut -d : -f 1)" inc-20261119.tgz
    is hash "$(unit result.proof.hash)" not-reached
}

@test "files of Yayoi, OBC and Hyper Backup: opaque, and yet not hollow" {
    local tool task=$disk/nas_1.hbk
    for tool in yayoi obc; do
        noise 50000 1 >"$disk/商事_20261120.bak"
        write_plan format=file path='商事_%Y%m%d.bak' set="tool: $tool" probes='[{files: "**", at_least: 1}]'
        drill 0
        all_good
        is proof "$(unit proof)" 'L1 +L4 (no L2, L3)' # bytes came and went; nothing vouches for them
        truncate -s 0 "$disk/商事_20261120.bak" && truncate -s 50000 "$disk/商事_20261120.bak"
        drill 1
        found baseline-differs tool-magic
        is content "$(finding tool-magic found.ja)" '50,000 バイトすべてがゼロです'
    done
    mkdir -p "$task/Config" "$task/Pool/0"
    : >"$task/SynologyHyperBackup.bkpi"
    printf 'x=1' | tee "$task/_Syno_TaskConfig" >"$task/Config/target_info.db"
    noise 10000 2 >"$task/Pool/0/0.bucket"
    write_plan format=tree path='*.hbk' set='tool: hyperbackup'
    drill 0
    all_good
    is proof "$(unit proof)" 'L1 +L4 (no L2, L3)'
    : >"$task/Pool/0/0.bucket"
    drill 1
    found baseline-differs tool-layout
    is content "$(finding tool-layout found.en)" 'only empty files (0 bytes)'
}

@test "times before 1970 and after 9999 on a medium are no fault of the agent" {
    share_tar >/dev/null
    write_plan path='共有/*.tar'
    touch -d '1960-01-01T00:00:00Z' "$disk/共有/share-20261120.tar" # NTFS: 1601, where a program wrote no time
    drill 0
    all_good
    recorded point_in_time '1960-01-01T09:00:00+09:00'
}

@test "an increment that the manifest lists and the disk lacks" {
    chain_share manifest=chain/SHA256SUMS
    rm "$disk/chain/inc-20261118.tgz" # changed one file and deleted one: the listings alone would not tell
    drill 1
    found_at segment-missing inc-20261118.tgz
    is hash "$(unit result.proof.hash)" not-reached
    is status "$(unit status)" failed
}

@test "two chains in one folder: each part goes with the full backup of its own name" {
    local file
    mkdir -p "$disk/chain" "$work/a" "$work/b"
    printf a >"$work/a/a.txt" && printf b >"$work/b/b.txt"
    tar -C "$work/a" -cf "$disk/chain/srvA-full-20261117.tar" .
    tar -C "$work/b" -cf "$disk/chain/srvB-full-20261118.tar" .
    printf a2 >"$work/a/a2.txt" && tar -C "$work/a" -cf "$disk/chain/srvA-inc-20261119.tar" ./a2.txt
    for file in "$disk"/chain/*; do touch -d "$(basename "${file##*-}" .tar) 22:00" "$file"; done
    # shellcheck disable=SC2016
    write_plan format=chain path=chain set='chain: {full: "*-full-%Y%m%d.tar", part: "*-inc-%Y%m%d.tar"}'
    drill 0 --keep
    all_good
    is files "$(json '[.record.units[0].segments[].file] | join(" ")')" 'chain/srvA-full-20261117.tar chain/srvA-inc-20261119.tar'
    is 'what was restored' "$(diff -r "$work/a" "$work"/scratch/*/share 2>&1)" ''
    is caveat "$(unit 'result.caveats[].en' | grep -c 'missing in between')" 1
    rm -r "${disk:?}"/chain/srvA-full* "$work"/scratch/*
    drill 1
    found chain-incomplete
    is files "$(unit file)" chain/srvB-full-20261118.tar
}
