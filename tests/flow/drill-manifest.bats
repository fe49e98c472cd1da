# Goal: archive and manifest are compared both ways, and a manifest that is not there is said.
# SPDX-License-Identifier: Apache-2.0
load lib

@test "the manifest names a file that the archive does not hold" {
    share_tar >/dev/null
    printf '%064d  ./総務/給与台帳.xlsx\n' 7 >>"$disk/共有/share-20261120.sha256"
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 1
    found entry-missing
    found_at entry-missing 総務/給与台帳.xlsx
    is status "$(unit status)" failed
}

@test "the archive holds a file that nobody vouches for: conditional, not green" {
    share_tar >/dev/null
    sed -i '/canary/d' "$disk/共有/share-20261120.sha256"
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 1
    found entry-extra
    found_at entry-extra 総務/canary.txt
    is status "$(unit status)" conditional
    is verdict "$(json .record.verdict.restore)" conditional
}

@test "the plan names a manifest that is not there" {
    share_tar >/dev/null
    rm "$disk/共有/share-20261120.sha256"
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 1
    found manifest-absent
}

@test "a manifest that is none" {
    share_tar >/dev/null
    printf 'これはハッシュ一覧ではありません\n' >"$disk/共有/share-20261120.sha256"
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 1
    found manifest-broken
}

@test "a mirrored tree: changed, missing and extra files are told apart" {
    make_tree "$disk/ミラー/20261120"
    hashes "$disk/ミラー/20261120" >"$disk/ミラー/20261120.sha256"
    write_plan format=tree path='ミラー/%Y%m%d' manifest='ミラー/%Y%m%d.sha256'
    drill 0
    all_good
    is compared "$(unit result.files_compared)" 5
    flip_at "$disk/ミラー/20261120/技術/図面.bin" 1000
    rm "$disk/ミラー/20261120/総務/canary.txt"
    printf x >"$disk/ミラー/20261120/営業/新規.txt"
    drill 1
    found entry-differs entry-extra entry-missing
    found_at entry-differs 技術/図面.bin
    found_at entry-missing 総務/canary.txt
    found_at entry-extra 営業/新規.txt
}

@test "a single file against the hash of the whole file" {
    mkdir -p "$disk/受発注"
    noise 100000 3 >"$disk/受発注/orders-20261120.dat"
    (cd "$disk/受発注" && sha256sum orders-20261120.dat >orders-20261120.dat.sha256)
    write_plan format=file path='受発注/orders-%Y%m%d.dat' manifest='受発注/orders-%Y%m%d.dat.sha256'
    drill 0
    all_good
    flip_at "$disk/受発注/orders-20261120.dat" 50000
    drill 1
    found file-differs
}
