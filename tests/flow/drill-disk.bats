# Goal: the right disk is found by its UUID, nothing is ever written to it, and a wrong or absent one is named.
# SPDX-License-Identifier: Apache-2.0
load lib

fill() { # fill NAME: one good generation on the mounted disk
    mkdir -p "$work/mnt/$1/共有"
    cp -p "$(share_tar)" "$disk/共有/share-20261120.sha256" "$work/mnt/$1/共有/"
}

on_disk() { # on_disk UUID: the plan that wants this disk
    write_plan medium="{kind: hdd, label: $(label A), fs_uuid: \"$1\", title: 外付けHDD A}" manifest='共有/share-%Y%m%d.sha256'
}

@test "a clean disk is mounted read-only, drilled, unmounted, and not a bit of it changes" {
    need_root
    uuid=$(make_disk a "$(label A)")
    fill a
    umount "$work/mnt/a"
    attach a
    before=$(hash_of "$work/a.img")
    on_disk "$uuid"
    drill 0
    all_good
    is uuid "$(json '.record.media[0].state.fs_uuid')" "$uuid"
    is mounted_by_us "$(json '.record.media[0].state.mounted_by_us')" true
    [[ ,$(json '.record.media[0].state.options'), == *,ro,* ]]
    is 'image after the drill' "$(hash_of "$work/a.img")" "$before"
    is 'still mounted' "$(findmnt -rn -S "$(losetup -n -O NAME -j "$work/a.img")" || true)" ''
}

@test "an unclean ext4 is read without replaying its journal; the image stays as it is; that it is unclean is said" {
    need_root
    uuid=$(make_disk live "$(label A)")
    fill live
    umount "$work/mnt/live"
    mount_image "$work/live.img" "$work/mnt/live"
    printf 'まだ書き込み中\n' >"$work/mnt/live/書きかけ.txt"
    sync -f "$work/mnt/live"
    cp --sparse=always "$work/live.img" "$work/a.img" # what is on the disk when the cable is pulled now
    umount "$work/mnt/live"
    rm "$work/live.img"
    dumpe2fs -h "$work/a.img" 2>/dev/null | grep -q needs_recovery
    # planted: a plain read-only mount does change it
    cp --sparse=always "$work/a.img" "$work/replayed.img"
    before=$(hash_of "$work/a.img")
    mount_image "$work/replayed.img" "$work/mnt/live" ro
    umount "$work/mnt/live"
    [ "$(hash_of "$work/replayed.img")" != "$before" ]
    rm "$work/replayed.img"
    attach a
    on_disk "$uuid"
    drill 1
    found medium-unclean
    is unclean "$(json '.record.media[0].state.unclean')" true
    is status "$(unit status)" conditional
    is restored "$(unit result.files_restored)" 5
    is 'image after the drill' "$(hash_of "$work/a.img")" "$before"
}

@test "another disk with the same label is in the slot: named, and not used" {
    need_root
    make_disk a "$(label A)" >/dev/null
    fill a
    umount "$work/mnt/a"
    attach a
    other=$(blkid -p -s UUID -o value "$work/a.img")
    on_disk 11111111-2222-3333-4444-555555555555
    drill 1
    is finding "$(json '[.record.findings[] | select(.rule == "medium-wrong")] | length')" 1
    [ "$(json '[.record.units[] | select(.status == "good" or .result.bytes_read > 0)] | length')" -eq 0 ]
    drill_text 1 ja
    says '別のディスクが接続されています'
    says "$other"
    says 11111111-2222-3333-4444-555555555555
}

@test "the disk is absent: exit 75, nothing is green" {
    need_root
    [ -z "$(losetup -n -O NAME)" ] || skip 'other loop devices are attached; koboshi would rightly ask about those'
    on_disk 11111111-2222-3333-4444-555555555555
    drill 75
    [ "$(json '[.record.units[]? | select(.status == "good")] | length')" -eq 0 ]
    drill_text 75 ja
    says '媒体が接続されていません'
}

@test "two disks with one UUID cannot be told apart: refused" {
    need_root
    uuid=$(make_disk a "$(label A)")
    fill a
    umount "$work/mnt/a"
    cp --sparse=always "$work/a.img" "$work/clone.img"
    attach a
    attach clone
    on_disk "$uuid"
    drill 1
    is finding "$(json '[.record.findings[] | select(.rule == "medium-twice")] | length')" 1
    [ "$(json '[.record.units[] | select(.status == "good")] | length')" -eq 0 ]
}

@test "neither evidence nor restored data ever goes to a backup disk" {
    need_root
    uuid=$(make_disk a "$(label A)")
    disk=$work/mnt/a share_tar >/dev/null
    write_plan medium="{kind: hdd, label: $(label A), fs_uuid: $uuid}"
    a_key >/dev/null
    before=$(find "$work/mnt/a" | sort)
    exits 2 drill "$plan" all "${places[@]}" --ledger "$work/mnt/a/ledger" --lang ja
    says 'ディスクには何も書き込みません'
    exits 2 drill "$plan" all "${places[@]}" --scratch "$work/mnt/a/new/scratch" --lang en
    says 'nothing is ever written'
    is 'on the disk' "$(find "$work/mnt/a" | sort)" "$before"
}
