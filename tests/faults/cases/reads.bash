# shellcheck shell=bash disable=SC2154 # set by lib.bash
# SPDX-License-Identifier: Apache-2.0
# Reads that fail, lie, come short or late: read again, told with file, offset and medium, and the rest goes on.

# read_faults STATUS RULES: a drill whose restores meet these faults
read_faults() {
    keep_acknowledged
    worker_faults "$2"
    got=$1
    drill "$1"
    no_crash
    [ -s "$work/hits" ] || { echo "no read was hit: $2"; return 1; }
    no_false_green
}

told() { json "[.record.findings[] | select(.rule == \"$1\" and .medium == \"disk\" and .set == \"$2\") | .file + \" \" + .found.en] | join(\" \")"; }

fault one-failed-read 'one read fails with EIO, the second try succeeds: told with its bytes, everything restored'
one-failed-read() {
    local n
    two_systems
    for n in 1 2; do
        read_faults 1 "restore pread share-20261120.tar $n EIO"
        is status "$(status_of share)" conditional
        is orders "$(status_of orders)" good
        [[ $(told read-again share) == *'共有/share-20261120.tar'*'bytes '*'Input/output error; read again'* ]] ||
            is 'read again' "$(told read-again share)" 'file, bytes, cause'
        is restored "$(json '.record.units[] | select(.set == "share") | .result.files_restored')" 5
        outcome read again
        restarts
    done
}

fault bad-sector-in-archive 'bytes that cannot be read at all: red, with file, bytes and medium; the other system is good'
bad-sector-in-archive() {
    local at
    two_systems
    for at in 0 4096 200704 344064; do
        read_faults 1 "restore pread share-20261120.tar $at..$((at + 512)) EIO"
        is status "$(status_of share)" failed
        is orders "$(status_of orders)" good
        [[ $(told read-failed share) == *"共有/share-20261120.tar"*"bytes $at to "*'second read failed too'* ]] ||
            is 'read failed' "$(told read-failed share)" "file, bytes $at, cause"
        is verdict "$(json .record.verdict.restore)" missed
        outcome red, other system good
        restarts
    done
}

fault bad-sector-in-tree 'one file of a tree cannot be read: it is named, every other file is restored'
bad-sector-in-tree() {
    two_systems format=tree path='共有/share-%Y%m%d' manifest='共有/share-%Y%m%d.sha256'
    cp -a "$work/tree" "$disk/共有/share-20261120"
    read_faults 1 'restore pread 図面.bin 131072..131584 EIO'
    is status "$(status_of share)" failed
    is orders "$(status_of orders)" good
    is entries "$(json '[.record.findings[] | select(.rule == "read-failed") | .entry] | unique | join(" ")')" 技術/図面.bin
    is restored "$(json '.record.units[] | select(.set == "share") | .result.files_restored')" 4
    outcome one file red, four good
    restarts
    read_faults 1 'restore pread 見積 1+ EIO;restore pread 就業 1+ EIO'
    is entries "$(json '[.record.findings[] | select(.rule == "read-failed") | .entry] | unique | join(" ")')" \
        '営業/見積（表ソ能）.csv 総務/規程/就業規則.txt'
    outcome two files red, three good
    restarts
}

fault bit-flips 'a bit that the medium gives wrong, anywhere in what is read: never good'
bit-flips() {
    local at text tar=$disk/共有/share-20261120.tar
    two_systems
    for text in 総務/canary.txt 灯油 復旧訓練の印 ${FAULTS_FULL:+就業規則.txt 第1条 目印}; do
        at=$(offset_of "$tar" "$text")
        read_faults 1 "restore pread share-20261120.tar $at..$((at + 1)) flip"
        is "status with another bit in $text" "$(status_of share)" failed
        is orders "$(status_of orders)" good
        outcome found
        restarts
    done
    # what has no manifest is known by what it was when it was read before
    read_faults 1 'restore pread orders-20261120.dat 1000..1001 flip'
    is 'orders' "$(status_of orders)" failed
    outcome found without a manifest
    restarts
}

fault short-and-slow-reads 'reads that give less than was asked for, or take long: the same result'
short-and-slow-reads() {
    two_systems
    read_faults 0 'restore pread share-2026 1+ short;restore pread orders-2026 1+ short'
    all_good
    outcome good
    restarts
    read_faults 0 'restore pread share-2026 1+ slow:30;restore pread orders-2026 1+ slow:200'
    all_good
    outcome good
    restarts
}

# A disk whose share and orders lie on known places, behind a device that fails
share_on_dying_disk() {
    need_fuse
    uuid=$(make_disk a "$(label A)")
    two_systems medium="{kind: hdd, label: $(label A), fs_uuid: \"$uuid\", title: 外付けHDD A}"
    cp -a "$disk/." "$work/mnt/a/"
    umount "$work/mnt/a"
    at=$(offset_of "$work/a.img" 目印)
    [ -n "$at" ]
    dying_disk a
}

fault dying-disk 'a device that fails for a stretch, lies, is slow: through mount and kernel, from ext4'
dying-disk() {
    share_on_dying_disk
    local before
    before=$(hash_of "$work/a.img")
    keep_acknowledged
    disk_faults a "eio $((at / 4096 * 4096)) $((at / 4096 * 4096 + 4096))"
    drill 1
    is status "$(status_of share)" failed
    is orders "$(status_of orders)" good
    [[ $(told read-failed share) == *share-20261120.tar*bytes* ]] || is 'read failed' "$(told read-failed share)" 'file and bytes'
    outcome red, other system good
    disk_faults a good
    restarts
    keep_acknowledged
    disk_faults a "flip $at"
    drill 1
    is 'a flipped bit' "$(json '[.record.findings[] | select(.severity == "bad") | .rule] | unique | join(" ")')" entry-differs
    outcome bit found
    disk_faults a good
    restarts
    keep_acknowledged
    disk_faults a 'slow 20'
    drill 0
    all_good
    outcome slow, good
    disk_faults a good
    keep_acknowledged
    disk_faults a gone
    agent_drill ''
    one_of 'status of a disk that does not read' "$got" 1 75
    is 'nothing is good' "$(json '[.record.units[].status] | unique | join(" ")')" not-run
    [[ $(json '.record.findings[0].found.en') == *"$device cannot be read (Input/output error)"* ]] ||
        is 'what is said of it' "$(json '.record.findings[0].found.en')" "$device cannot be read"
    outcome "gone, exit $got, $(json '.record.media[0].state.status')"
    disk_faults a good
    restarts
    is 'image after the drills' "$(hash_of "$work/a.img")" "$before"
}
