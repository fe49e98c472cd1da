# Goal: whatever a list of hashes is written in, a drill compares with it, says what it compared by, and sees what changed.
# SPDX-License-Identifier: Apache-2.0
load lib

digests() { json '.record.units[0].result | .manifest_kind + ": " + (.manifest_digests | join(","))'; }

@test "SHA512SUMS of several archives, at the top of the disk: each is compared by its own line" {
    share_tar >/dev/null
    cp "$disk/共有/share-20261120.tar" "$disk/共有/share-20261113.tar"
    echo x >>"$disk/共有/share-20261113.tar"
    (cd "$disk" && sha512sum 共有/*.tar >SHA512SUMS)
    write_plan manifest='SHA512SUMS'
    drill 0
    all_good
    is digests "$(digests)" 'GNU: SHA-512'
    is proof "$(unit proof)" 'L4'
    drill_text 0 ja
    exits 0 report --format text --lang ja --ledger "$work/ledger" --keys "$work/keys"
    says 'GNU：SHA-512'
    flip_at "$disk/共有/share-20261120.tar" "$(offset_of "$disk/共有/share-20261120.tar" 目印)"
    drill 1
    found file-differs
}

@test "a list by hashdeep and one by mtree: the entry that changed is named" {
    command -v hashdeep >/dev/null || skip 'no hashdeep'
    command -v mtree >/dev/null || skip 'no mtree'
    tar=$(share_tar)
    (cd "$work/tree" && hashdeep -r . >"$disk/共有/share-20261120.hashes")
    write_plan manifest='共有/share-%Y%m%d.hashes'
    drill 0
    is digests "$(digests)" 'hashdeep: SHA-256,MD5'
    (cd "$work/tree" && LC_ALL=C mtree -c -K sha1 >"$disk/共有/share-20261120.hashes")
    drill 0
    is digests "$(digests)" 'mtree: SHA-1'
    is caveat "$(json '[.record.units[0].result.caveats[].en | select(startswith("L2: "))] | length')" 1
    exits 0 report --format text --lang ja --ledger "$work/ledger" --keys "$work/keys"
    says 'SHA-1（弱い）'
    says '確認済み（弱いハッシュ）'
    flip_at "$tar" "$(($(offset_of "$tar" 'canary') + 512))"
    drill 1
    found entry-differs
    found_at entry-differs 総務/canary.txt
}

make_bag() { # make_bag FOLDER: the tree as a bag of version 1.0
    mkdir -p "$1/data"
    make_tree "$1/data"
    printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >"$1/bagit.txt"
    (cd "$1" && find data -type f -exec sha256sum {} + >manifest-sha256.txt && sha256sum bagit.txt manifest-sha256.txt >tagmanifest-sha256.txt)
}

@test "a folder that is a bag: judged, restored, and red as soon as one file is not vouched for" {
    make_bag "$disk/保管/20261120"
    write_plan format=tree path='保管/%Y%m%d'
    drill 0
    all_good
    is digests "$(digests)" 'BagIt 1.0: SHA-256'
    is proof "$(unit proof)" 'L4'
    exits 0 verify --lang ja --no-color "$disk/保管/20261120"
    says 'L2'
    echo x >"$disk/保管/20261120/data/余分.txt"
    drill 1
    found bag-unlisted
    found_at bag-unlisted data/余分.txt
    rm "$disk/保管/20261120/data/余分.txt" "$disk/保管/20261120/bagit.txt"
    drill 1
    is rules "$(json '[.record.findings[] | select(.severity == "bad") | .rule] | unique | join(" ")')" 'bag-broken entry-missing'
}

@test "every bag of the conformance suite: exit 0 where it is valid, 1 where it is not" {
    [ -n "${KOBOSHI_CORPUS:-}" ] || skip 'KOBOSHI_CORPUS is not set'
    suite=$KOBOSHI_CORPUS/bagit/v0.97
    [ -d "$suite/valid" ] || skip "no bags at $suite"
    bags=0
    for kind in valid:0 warning:0 invalid:1 linux-only:1 windows-only:1; do
        for bag in "$suite/${kind%:*}"/*/; do
            bags=$((bags + 1))
            exits "${kind#*:}" verify --json --lang en "$bag"
        done
    done
    is bags "$bags" 41
}
