# Goal: an attended drill waits for the disk that is meant, one at a time, and for no other.
# SPDX-License-Identifier: Apache-2.0
load lib
load attend

@test "a disk that the threat destroys is not waited for, also when it is the first to come" {
    disk_pair ', home: 事務所' ', home: 社長自宅, offsite: true'
    sed -i 's/^drills:/threats: {fire: {title: 火災, detect: 1h, destroys: [onsite]}}\n&/' "$plan"
    start --threat fire
    say '' s d 山田
    asked 'この媒体は使えないため、待ちません'
    asked 'BK-B を待っています'
    fails grep -qF 'BK-A を待っています' "$err" # kept on site, whatever is on it
    attach a
    sleep 4
    fails grep -qF '確認しました' "$err"
    attach b
    asked 'BK-B を確認しました'
    say 鈴木 s d 業務課長 ''
    ends 0
    is medium "$(unit medium)" disk-b
    is fetch "$(step fetch source)" attended
    nothing_left
}

@test "only when it is here a disk shows that the threat destroys it: told, let go, and the other is waited for" {
    disk_pair '' ''
    mount -o loop "$work/a.img" "$work/mnt/a"
    mount -o loop "$work/b.img" "$work/mnt/b"
    mv "$work/mnt/a/共有/share-20261120.tar" "$work/mnt/a/共有/share-$(date -d '1 day ago' +%Y%m%d).tar"
    mv "$work/mnt/b/共有/share-20261120.tar" "$work/mnt/b/共有/share-$(date -d '8 days ago' +%Y%m%d).tar"
    umount "$work/mnt/a" "$work/mnt/b"
    sed -i -e 's/^drills:/threats: {ransomware: {title: ランサムウェア, detect: 1h}}\n&/' "$plan"
    printf 'rotations:\n  weekly: {disks: [disk, disk-b], swap: %s}\n' "$(date -d '3 days' +%a | tr '[:upper:]' '[:lower:]')" >>"$plan"
    start --threat ransomware
    say '' s d 山田
    asked 'BK-A を待っています'
    asked 'または BK-B'
    attach a # the newest generation is on it: it was attached when it struck
    asked 'この媒体は使えないため、待ちません'
    asked 'BK-A は取り外せます'
    losetup -d "$(losetup -n -O NAME -j "$work/a.img")"
    attach b
    asked 'BK-B を確認しました'
    say 鈴木 s d 業務課長 ''
    ends 0
    is medium "$(unit medium)" disk-b
    nothing_left
}

@test "two disks of one rotation that are attached together are told, once" {
    disk_pair '' ''
    printf 'rotations:\n  weekly: {disks: [disk, disk-b], swap: fri}\n' >>"$plan"
    attach a
    attach b
    attend 75 '\ns\nd\n山田\n'
    attend 1 's\nd\n業務課長\n\n' --resume
    is rules "$(json '[.record.findings[] | select(.severity != "note") | .rule] | join(" ")')" rotation-together
    is status "$(unit status)" conditional
    nothing_left
}

@test "a disk is attached in the middle; the wrong one is named; disks are exchanged between two sets; images stay as they are" {
    need_root
    local a b
    # both with one label: that is how a loop device, which is not external as a USB disk is, can be taken for the other
    a=$(make_disk a "$(label A)") b=$(make_disk b "$(label A)")
    share_tar >/dev/null
    cp -r "$disk/共有" "$work/mnt/a/"
    mkdir "$work/mnt/b/受発注"
    noise 20000 5 >"$work/mnt/b/受発注/orders-20261120.dat"
    umount "$work/mnt/a" "$work/mnt/b"
    a_plan medium="{kind: hdd, label: $(label A), fs_uuid: \"$a\", home: 金庫（本社）, retrieval: 30m}"
    sed -i -e "s/^backup_sets:/  disk-b: {kind: hdd, label: $(label B), fs_uuid: \"$b\", home: 社長自宅, retrieval: 1h}\n&\n  orders: {title: 受発注, format: file, recovery: restore-orders, copies: [{medium: disk-b, path: '受発注\/orders-%Y%m%d.dat'}]}/" \
        -e 's/^procedures:/&\n  restore-orders: {title: 受発注, steps: [{id: fetch-b, do: wait_medium, role: it_lead, media: [disk-b], ja: 社長自宅のHDDを接続する}, {id: restore, do: restore}]}/' \
        -e 's/backup_sets: \[share\]/backup_sets: [share, orders]/' "$plan"
    before=$(hash_of "$work/a.img")$(hash_of "$work/b.img")
    start
    say '' s d 山田
    asked "$(label A) を待っています（保管場所: 金庫（本社））"
    attach b # the wrong one
    asked "接続されているのは $(label B) です"
    losetup -d "$(losetup -n -O NAME -j "$work/b.img")"
    attach a
    asked "$(label A) を確認しました"
    say 鈴木
    asked '手順 5/5'
    say s d 業務課長
    asked "$(label B) を待っています（保管場所: 社長自宅）"
    asked "$(label A) は取り外せます"
    is 'still mounted' "$(findmnt -rn -S "$(losetup -n -O NAME -j "$work/a.img")" || true)" ''
    losetup -d "$(losetup -n -O NAME -j "$work/a.img")"
    attach b
    asked "$(label B) を確認しました"
    say '' ''
    ends 0
    is units "$(json '[.record.units[] | "\(.set) \(.medium) \(.status)"] | join(", ")')" 'share disk good, orders disk-b good'
    is fetch "$(json '[.record.units[].steps[] | select(.do == "wait_medium") | .source] | join(" ")')" 'attended attended'
    is media "$(json '[.record.media[].state | "\(.medium) \(.status)"] | sort | join(", ")')" 'disk ready, disk-b ready'
    is images "$(hash_of "$work/a.img")$(hash_of "$work/b.img")" "$before"
    nothing_left
    verified
}

@test "killed while a disk was mounted: the next call unmounts it and goes on" {
    need_root
    local a
    a=$(make_disk a "$(label A)")
    share_tar >/dev/null
    cp -r "$disk/共有" "$work/mnt/a/"
    umount "$work/mnt/a"
    attach a
    a_plan medium="{kind: hdd, label: $(label A), fs_uuid: \"$a\"}"
    start
    say '' s d 山田
    asked '手順 5/5'
    kill -9 "$agent"
    wait "$agent" || true
    exec 7>&-
    [ -n "$(findmnt -rn -S "$(losetup -n -O NAME -j "$work/a.img")")" ] # planted: it is still mounted
    attend 0 's\nd\n業務課長\n\n' --resume
    is 'still mounted' "$(findmnt -rn -S "$(losetup -n -O NAME -j "$work/a.img")" || true)" ''
    is restored "$(unit result.files_restored)" 5
    verified
}

@test "waiting for a disk that nobody brings: skipped with its reason, and nothing is green" {
    a_plan
    rm -r "$disk"
    start
    say '' s d 山田
    asked '外付けHDD A を待っています'
    say k 'ディスクが見つからない' ''
    ends 75
    is status "$(unit status)" not-run
    is reason "$(step fetch skipped)" 'ディスクが見つからない'
    is accepted "$(step accept status)" not-run
    verified
}
