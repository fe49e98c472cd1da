# Goal: the sample backups that quickstart makes are drilled to the end, all good, on disks and on folders.
# SPDX-License-Identifier: Apache-2.0
load lib

teardown() { "$repo/packaging/sample-backups" --detach "$BATS_TEST_TMPDIR/sample"; }

sample() { # sample KIND
    fingerprint=$(a_key)
    "$repo/packaging/sample-backups" "$work/sample" --small --kind "$1" --key "$fingerprint"
    exits 0 check "$work/sample/plan.yaml"
    exits 0 drill "$work/sample/plan.yaml" monthly-hdd --json --lang ja "${places[@]}"
    all_good
    is units "$(json '[.record.units[].set] | sort | join(" ")')" 'books orders-db orders-dump sales-mirror share'
    is functions "$(json '[.record.functions[] | .time, .data] | unique | join(" ")')" met
    is generation "$(json '.record.units[] | select(.set == "share") | .file')" "共有/share-$(date -d "$(date +%Y-%m-%d) 1 day ago" +%Y%m%d).tar.zst"
    nothing_left
    exits 0 evidence verify "${evidence[@]}" --key "$fingerprint"
}

@test "folders" { sample folder; }

@test "two ext4 disks, of which not a bit changes" {
    need_root
    sample hdd
    for image in "$work"/sample/disks/*.img; do
        [ "$(dumpe2fs -h "$image" 2>/dev/null | sed -n 's/^Mount count: *//p')" = 1 ] # the one for filling
    done
}
