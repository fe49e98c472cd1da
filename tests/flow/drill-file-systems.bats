# Goal: the same backup is drilled from every file system that disks come with; nothing of the disk changes, and what read it is in the record.
# SPDX-License-Identifier: Apache-2.0
load lib

label=FS-$$ # other disks of this machine may be attached as well

need_tool() { # need_tool PROGRAM PACKAGE
    command -v "$1" >/dev/null || [ -x "/sbin/$1" ] || skip "$1 is not installed (package $2)"
}

kernel_has() { grep -qw "$1" /proc/filesystems; }

make_image() { # make_image NAME TYPE: $work/NAME.img with this file system, mounted writable at $work/mnt/NAME; its UUID to $work/NAME.uuid
    local image=$work/$1.img at=$work/mnt/$1 device
    mkdir -p "$at"
    case $2 in
        ext4) truncate -s 64M "$image"; mkfs.ext4 -q -F -L "$label" "$image" ;;
        xfs) truncate -s 320M "$image"; mkfs.xfs -q -L "$label" "$image" ;;
        btrfs) truncate -s 128M "$image"; mkfs.btrfs -q -L "$label" "$image" ;;
        ntfs) truncate -s 64M "$image"; mkntfs -Q -F -q -L "$label" "$image" >/dev/null 2>&1 ;;
        exfat) truncate -s 64M "$image"; mkfs.exfat -L "$label" "$image" >/dev/null ;;
    esac
    device=$(attach_image "$image")
    case $2 in
        ntfs) ntfs-3g "$device" "$at" ;;
        exfat) mount.exfat-fuse "$device" "$at" ;;
        *) mount -t "$2" "$device" "$at" ;;
    esac
    blkid -p -s UUID -o value "$image" >"$work/$1.uuid"
}

unplug() { # unplug NAME: safely, and until the program that read it has let go of it
    local device tries
    umount "$work/mnt/$1"
    for tries in $(seq 50); do
        device=$(losetup -n -O NAME -j "$work/$1.img")
        [ -n "$device" ] || return 0
        losetup -d "$device" 2>/dev/null || sleep 0.1
    done
    echo "$work/$1.img is still attached after $tries tries"
    return 1
}

a_tree_on() { # a_tree_on NAME: a dated folder as robocopy leaves it
    local to=$work/mnt/$1/共有/share-20261120
    make_tree "$work/tree"
    mkdir -p "$to"
    cp -r --preserve=timestamps "$work/tree/." "$to/"
    hashes "$work/tree" >"$work/mnt/$1/共有/share-20261120.sha256"
}

tree_plan() { # tree_plan NAME
    write_plan format=tree path='共有/share-%Y%m%d' manifest='共有/share-%Y%m%d.sha256' \
        medium="{kind: hdd, label: $label, fs_uuid: \"$(cat "$work/$1.uuid")\", title: 外付けHDD A}"
}

no_driver_left() { # of this test: a zombie is gone, whoever has to reap it
    local pid ledger
    ledger=$(json .record.ledger)
    for pid in $(pgrep -f "koboshi/mnt/koboshi-${ledger:0:8}|$work" || true); do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in
            ntfs-3g | mount.exfat-fus) is 'left running' "$(ps -o stat= -p "$pid" | cut -c 1)" Z ;;
        esac
    done
}

drills_from() { # drills_from TYPE DRIVER
    local before kept
    make_image a "$1"
    a_tree_on a
    unplug a
    before=$(hash_of "$work/a.img")
    attach a
    tree_plan a
    drill 0 --keep
    all_good
    is fs_type "$(json '.record.media[0].state.fs_type')" "$1"
    is driver "$(json '.record.media[0].state.driver')" "$2"
    is 'driver in the signed record' "$(jq -r '.media[0].state.driver' "$(json .record_file)")" "$2"
    [[ ,$(json '.record.media[0].state.options'), == *,ro,*nosuid*nodev*noexec* ]]
    is compared "$(unit result.files_matched)" 5
    kept=$(find "$work/scratch" -type d -name 総務 -print -quit)
    diff -r "$work/tree" "$(dirname "$kept")"
    is 'image after the drill' "$(hash_of "$work/a.img")" "$before"
    is 'still mounted' "$(findmnt -rn -S "$(losetup -n -O NAME -j "$work/a.img")" || true)" ''
    no_driver_left
    exits 0 report --format text --lang ja "${evidence[@]}"
    says "$2"
}

@test "ext4" { need_root; drills_from ext4 ext4; }

@test "xfs" { need_root; need_tool mkfs.xfs xfsprogs; drills_from xfs xfs; }

@test "btrfs" {
    need_root
    need_tool mkfs.btrfs btrfs-progs
    kernel_has btrfs || skip 'this kernel has no btrfs'
    drills_from btrfs btrfs
}

@test "NTFS" {
    need_root
    need_tool ntfs-3g ntfs-3g
    if kernel_has ntfs3; then drills_from ntfs ntfs3; else drills_from ntfs ntfs-3g; fi
}

@test "exFAT" {
    need_root
    need_tool mkfs.exfat exfatprogs
    need_tool mount.exfat-fuse exfat-fuse
    if kernel_has exfat; then drills_from exfat exfat; else drills_from exfat exfat-fuse; fi
}

@test "LUKS locked: it is named, with who opens it and how" {
    need_root
    need_tool cryptsetup cryptsetup-bin
    truncate -s 64M "$work/a.img"
    printf 'himitsu' >"$work/key"
    cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file "$work/key" "$work/a.img"
    before=$(hash_of "$work/a.img")
    attach a
    luks=$(cryptsetup luksUUID "$work/a.img")
    write_plan medium="{kind: hdd, label: $label, fs_uuid: 11111111-2222-3333-4444-555555555555, luks_uuid: $luks, encryption: {kind: luks, key: hdd-passphrase}}"
    printf 'keys:\n  hdd-passphrase: {custodian: it_lead, deputy: commander, stored: [{place: 金庫（封緘）, kind: paper}]}\n' >>"$plan"
    drill 1
    found medium-locked
    is status "$(json '.record.media[0].state.status')" locked
    is container "$(json '.record.media[0].state.luks_uuid')" "$luks"
    is image "$(hash_of "$work/a.img")" "$before"
    [[ $(json '.record.findings[0].next.ja') == *'鍵 hdd-passphrase の管理者は it_lead、代行者は commander、保管場所は 金庫（封緘） です。'* ]]
    [[ $(json '.record.findings[0].next.en') == *'Keeper of the key hdd-passphrase: it_lead, deputy commander.'* ]]
    drill_text 1 ja
    says 'ロックが解除されていません'
    says 'cryptsetup open --readonly'
}

open_container() { # the inside of $work/a.img as a disk of its own, below this koboshi; where the kernel has no dm-crypt $work/in.img stands for it
    if dmsetup version >/dev/null 2>&1; then
        cryptsetup open --key-file "$work/key" "$work/a.img" "$mapped"
        mkfs.ext4 -q -L "$label" "/dev/mapper/$mapped"
        mkdir -p "$work/mnt/in"
        mount "/dev/mapper/$mapped" "$work/mnt/in"
        blkid -p -s UUID -o value "/dev/mapper/$mapped" >"$work/in.uuid"
        a_tree_on in
        umount "$work/mnt/in"
        cryptsetup close "$mapped"
        before=$(hash_of "$work/a.img")
        cryptsetup open --readonly --key-file "$work/key" "$work/a.img" "$mapped"
        return
    fi
    make_image in ext4
    a_tree_on in
    unplug in
    attach in
    before=$(hash_of "$work/a.img")
    local outer inner folder
    outer=$(losetup -n -O NAME -j "$work/a.img") inner=$(losetup -n -O NAME -j "$work/in.img")
    for folder in "$work/block/${outer#/dev/}" "$work/block/dm-0"; do
        mkdir -p "$folder"
        echo 131072 >"$folder/size"
    done
    stat -c '%Hr:%Lr' "$outer" >"$work/block/${outer#/dev/}/dev"
    stat -c '%Hr:%Lr' "$inner" >"$work/block/dm-0/dev"
    mkdir -p "$work/block/dm-0/slaves" "$work/block/dm-0/dm" "$work/block/${outer#/dev/}/holders"
    ln -s "$work/block/${outer#/dev/}" "$work/block/dm-0/slaves/"
    ln -s "$work/block/dm-0" "$work/block/${outer#/dev/}/holders/dm-0"
    echo "CRYPT-LUKS2-${luks//-/}-$mapped" >"$work/block/dm-0/dm/uuid"
    cat >"$work/koboshi" <<SH
#!/bin/bash
mount --bind "$work/block" /sys/class/block && mount -t tmpfs dev /dev || exit 1
mknod /dev/dm-0 b $(tr : ' ' <"$work/block/dm-0/dev") && mknod $outer b $(stat -c '%Hr %Lr' "$outer") || exit 1
mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/zero c 1 5 && mknod -m 666 /dev/urandom c 1 9 || exit 1
exec "$KOBOSHI_BIN" "\$@"
SH
    chmod +x "$work/koboshi"
    printf '#!/bin/sh\nexec unshare -m --propagation private %s "$@"\n' "$work/koboshi" >"$work/koboshi-inside"
    chmod +x "$work/koboshi-inside"
    KOBOSHI_BIN=$work/koboshi-inside
}

@test "LUKS opened by a person: its inside is drilled, the container and the key that opened it are in the record" {
    need_root
    need_tool cryptsetup cryptsetup-bin
    mapped=koboshi-test-$$
    truncate -s 64M "$work/a.img"
    printf 'himitsu' >"$work/key"
    cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file "$work/key" "$work/a.img"
    luks=$(cryptsetup luksUUID "$work/a.img")
    attach a
    open_container
    write_plan format=tree path='共有/share-%Y%m%d' manifest='共有/share-%Y%m%d.sha256' \
        medium="{kind: hdd, label: $label, fs_uuid: \"$(cat "$work/in.uuid")\", luks_uuid: $luks, encryption: {kind: luks, key: hdd-passphrase}}"
    printf 'keys:\n  hdd-passphrase: {stored: [{place: 金庫（封緘）, kind: paper}]}\n' >>"$plan"
    drill 0 || { cryptsetup close "$mapped" 2>/dev/null; return 1; }
    cryptsetup close "$mapped" 2>/dev/null || true
    all_good
    is container "$(json '.record.media[0].state.luks_uuid')" "$luks"
    is kind "$(json '.record.media[0].state.container')" luks
    is key_used "$(json '.record.media[0].key_used')" hdd-passphrase
    is image "$(hash_of "$work/a.img")" "$before"
    nothing_left
}

@test "an NTFS disk that Windows wants to check is read, and said to be unclean" {
    need_root
    need_tool ntfs-3g ntfs-3g
    make_image a ntfs
    a_tree_on a
    unplug a
    ntfsfix "$work/a.img" >/dev/null # leaves it marked for chkdsk
    before=$(hash_of "$work/a.img")
    attach a
    tree_plan a
    drill 1
    found medium-unclean
    is status "$(unit status)" conditional
    is restored "$(unit result.files_restored)" 5
    is 'image after the drill' "$(hash_of "$work/a.img")" "$before"
    drill_text 1 ja
    says chkdsk
}

@test "a name that NTFS holds and Linux does not: said, the rest is restored" {
    need_root
    need_tool ntfs-3g ntfs-3g
    make_image a ntfs
    a_tree_on a
    long=$(printf '表%.0s' $(seq 255))
    printf 'x' >"$work/mnt/a/共有/share-20261120/営業/$long"
    hashes "$work/mnt/a/共有/share-20261120" >"$work/mnt/a/共有/share-20261120.sha256"
    unplug a
    attach a
    tree_plan a
    drill 1
    found not-representable
    says "$long"
    is restored "$(unit result.files_restored)" 5
    is status "$(unit status)" conditional
}

@test "two disks of one rotation are attached together: said; one alone is as it should be" {
    need_root
    for name in a b; do
        make_image "$name" ext4
        a_tree_on "$name"
        unplug "$name"
        attach "$name"
    done
    tree_plan a
    sed -i "s|^media:\$|&\n  other: {kind: hdd, label: $label-b, fs_uuid: \"$(cat "$work/b.uuid")\"}|
        s|copies: \\[\\(.*\\)\\]\$|copies: [\\1, {medium: other, path: \"共有/share-%Y%m%d\"}]|" "$plan"
    printf 'rotations:\n  weekly: {disks: [disk, other], swap: fri}\n' >>"$plan"
    drill 1
    found rotation-together
    is status "$(json .record.status)" completed
    drill_text 1 ja
    says '交換サイクル weekly は一度に1台だけ'
    losetup -d "$(losetup -n -O NAME -j "$work/b.img")"
    drill 0
    all_good
}

@test "a disk that somebody else has mounted writable: a deviation in the record" {
    need_root
    make_image a ext4
    a_tree_on a
    ln -s canary.txt "$work/mnt/a/共有/share-20261120/総務/リンク"
    chown -R 1000:1000 "$work/mnt/a"
    find "$work/mnt/a" -depth -exec touch -h -a -d 2020-01-01 {} +
    mount -o remount,strictatime "$work/mnt/a"
    tree_plan a
    drill 1
    found medium-writable
    [[ $(json '.record.deviations[].en') == *"Medium disk was mounted writable"* ]]
    is compared "$(unit result.files_matched)" 5
    is 'files whose access time changed' "$(find "$work/mnt/a/共有" ! -type d -newerat 2020-01-02)" ''
    find "$work/mnt/a" -depth -exec touch -h -a -d 2020-01-01 {} +
    write_plan format=tree path='共有/share-%Y%m%d' medium="{kind: folder, mount: \"$work/mnt/a\"}"
    drill 0
    all_good
    is 'access times of folders' "$(stat -c %x "$work/mnt/a" "$work/mnt/a/共有" "$work/mnt/a/共有/share-20261120" | cut -c 1-4 | xargs)" '2020 2020 2020'
}

@test "another disk is mounted inside the mounted medium: named, and not read as this one" {
    need_root
    make_image a ext4
    a_tree_on a
    mkdir -p "$work/other/share-20261120"
    cp -r "$work/tree/." "$work/other/share-20261120/"
    mount -t tmpfs -o size=16m other "$work/mnt/a/共有"
    cp -r "$work/other/." "$work/mnt/a/共有/"
    tree_plan a
    drill 1
    umount "$work/mnt/a/共有"
    found generation-missing medium-writable medium-wrong
    is 'where it is' "$(json '.record.findings[] | select(.rule == "medium-wrong") | .file')" 共有
    says 'other is mounted there (tmpfs)'
}

@test "the agent is killed while an NTFS disk is open: the next drill ends what was left and goes on" {
    need_root
    need_tool ntfs-3g ntfs-3g
    make_image a ntfs
    a_tree_on a
    unplug a
    before=$(hash_of "$work/a.img")
    attach a
    tree_plan a
    a_key >/dev/null
    device=$(losetup -n -O NAME -j "$work/a.img")
    "$KOBOSHI_BIN" drill "$plan" all "${places[@]}" >/dev/null 2>&1 &
    agent=$!
    for _ in $(seq 400); do
        ! findmnt -rn -S "$device" >/dev/null || break
        sleep 0.02
    done
    kill -9 "$agent"
    wait "$agent" || true
    findmnt -rn -S "$device" # it was in the middle
    sleep 1
    drill 0
    all_good
    is 'still mounted' "$(findmnt -rn -S "$device" || true)" ''
    no_driver_left
    is 'image after the drills' "$(hash_of "$work/a.img")" "$before"
}

@test "the program that reads NTFS never answers again: the drill ends in time, and the program with it" {
    need_root
    need_tool ntfs-3g ntfs-3g
    need_tool gcc gcc
    make_image a ntfs
    a_tree_on a
    unplug a
    before=$(hash_of "$work/a.img")
    attach a
    tree_plan a
    sed -i 's/systems: \[files\]/&, max_duration: 2s/' "$plan"
    # planted: it loops for ever once it has read the name 空.txt; who asked for it cannot even be killed
    cat >"$work/hang.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
ssize_t pread(int fd, void *data, size_t n, off_t at)
{
    ssize_t (*real)(int, void *, size_t, off_t) = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread64");
    ssize_t got = real(fd, data, n, at);
    while (got > 0 && memmem(data, (size_t)got, "zz.\0t\0x\0t", 9))
        usleep(10000);
    return got;
}
ssize_t pread64(int fd, void *data, size_t n, off_t at) __attribute__((alias("pread")));
C
    gcc -shared -fPIC -o "$work/hang.so" "$work/hang.c" -ldl
    cp /usr/bin/ntfs-3g "$work/ntfs-3g"
    printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$work/hang.so" "$work/ntfs-3g" >"$work/driver"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec unshare -m sh -c '\''mount --bind "$0" /usr/bin/ntfs-3g && exec "$@"'\'' %s %s "$@"\n' \
        "$work/driver" "$KOBOSHI_BIN" >"$work/koboshi"
    chmod +x "$work/driver" "$work/koboshi"
    KOBOSHI_BIN=$work/koboshi drill 1
    found timed-out
    no_driver_left
    is 'still running' "$(pgrep -f "$work/ntfs-3g" | while read -r pid; do ps -o stat= -p "$pid" | grep -v Z; done || true)" ''
    is 'image after the drill' "$(hash_of "$work/a.img")" "$before"
    is 'left on the disk' "$(blockdev --getro "$(losetup -n -O NAME -j "$work/a.img")")" 0
    drill 0 # max_duration is enough for one that answers
}

@test "names that NTFS holds and Linux does not: what is in them is read and compared, and it is said that they stay out" {
    need_root
    need_tool ntfs-3g ntfs-3g
    make_image a ntfs
    a_tree_on a
    local folder name device to=$work/mnt/a/共有/share-20261120
    folder=$(printf '漢%.0s' $(seq 100)) name=$(printf '字%.0s' $(seq 90)).txt
    mkdir "$to/$folder" && printf 'in a folder\n' >"$to/$folder/中.txt" && printf 'a file\n' >"$to/$name"
    hashes "$to" >"$work/mnt/a/共有/share-20261120.sha256"
    unplug a
    attach a
    tree_plan a
    drill 1
    found not-representable
    is named "$(json '[.record.findings[] | select(.rule == "not-representable") | .entry] | sort | map(split("/") | last | .[:1]) | join(" ")')" '字 漢 中'
    is figures "$(json '.record.units[0].result | "\(.files) \(.files_compared) \(.files_matched) \(.files_restored)"')" '7 7 7 5'
    is hash "$(unit result.proof.hash)" reached
    is restored "$(unit result.proof.restored)" not-reached
    device=$(losetup -n -O NAME -j "$work/a.img")
    ntfs-3g "$device" "$work/mnt/a"
    printf 'changed\n' >"$to/$folder/中.txt"
    unplug a
    attach a
    drill 1
    found entry-differs not-representable
}
