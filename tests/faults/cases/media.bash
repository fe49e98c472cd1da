# shellcheck shell=bash disable=SC2154 # set by lib.bash
# SPDX-License-Identifier: Apache-2.0
# Media that go away or stop answering while they are read.

# Two disks: the share on a, orders on b, so that one may die alone. DRILL: more keys of the drill
share_and_orders_on_disks() {
    local of_a of_b
    need_fuse
    of_a=$(make_disk a "$(label A)")
    of_b=$(make_disk b "$(label B)")
    two_systems medium="{kind: hdd, label: $(label A), fs_uuid: \"$of_a\", title: 外付けHDD A}" drill="${1:-}"
    sed -i "s/^  disk: .*/&\n  other: {kind: hdd, label: $(label B), fs_uuid: \"$of_b\", title: 外付けHDD B}/
        s/medium: disk, path: \"受発注/medium: other, path: \"受発注/" "$plan"
    cp -a "$disk/共有" "$work/mnt/a/"
    cp -a "$disk/受発注" "$work/mnt/b/"
    umount "$work/mnt/a" "$work/mnt/b"
}

# pull FOLDER: the file system mounted there is shut down as when its cable is pulled
pull() { python3 -c 'import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))' "$1"; }

fault unplugged 'the cable is pulled in the middle of a read, the disk comes back under another device: red, then good'
unplugged() {
    local before device other target
    share_and_orders_on_disks
    before=$(hash_of "$work/a.img")
    attach b
    device=$(attach_image "$work/a.img")
    keep_acknowledged
    worker_faults "restore pread share-20261120.tar 1 wait:$work/go"
    start_drill
    until_true 20 [ -s "$work/hits" ]
    target=$(findmnt -rn -S "$device" -o TARGET)
    pull "$target"
    echo 1 >/proc/sys/vm/drop_caches
    touch "$work/go"
    ends_with 1 60
    is orders "$(status_of orders)" good
    is share "$(status_of share)" failed
    [ "$(json '[.record.findings[] | select(.rule == "read-failed" and .medium == "disk")] | length')" -ge 1 ]
    is 'mounted' "$(findmnt -rn -S "$device" || true)" ''
    outcome "unplugged: red, other system good"
    blockdev --setrw "$device"
    losetup -d "$device"
    losetup -f >/dev/null
    truncate -s 1M "$work/between.img"
    other=$(attach_image "$work/between.img") # takes the place of the old device
    device=$(attach_image "$work/a.img")
    [ "$other" != "$device" ]
    restarts
    outcome "plugged in again as $device, was $other: good"
    is 'image' "$(hash_of "$work/a.img")" "$before"
}

fault-long hanging-disk 'a disk that never answers again while it is read: the others finish, status answers, the drill ends'
hanging-disk() {
    local from begun ms stuck
    share_and_orders_on_disks 'max_duration: 3s'
    attach b
    dying_disk a
    from=$(($(offset_of "$work/a.img" 目印) / 4096 * 4096))
    drill 0
    keep_acknowledged
    disk_faults a "hang $from $((from + 4096))"
    start_drill
    until_true 20 grep -q 'hanging [1-9]' "$(awk '{ print $3 }' "$work/dying")/faults"
    for _ in 1 2 3 4 5; do # others may use the machine: what waited for the disk would wait each time
        begun=$(now_ms)
        out=$work/status err=$work/status.err exits 0 status "${evidence[@]}" --json
        ms=$(($(now_ms) - begun))
        grep -q . "$work/status"
        [ "$ms" -ge 1000 ] || break
    done
    [ "$ms" -lt 1000 ] || is 'ms until status answered' "$ms" 'less than 1000'
    ends_with 14 60 # the disk is still mounted: a fault that is told
    is orders "$(status_of orders)" good
    is share "$(status_of share)" failed
    is found "$(json '[.record.findings[] | select(.set == "share") | .rule] | unique | join(" ")')" timed-out
    [[ $(json '.record.findings[] | select(.rule == "timed-out") | .found.en') == *'stalled since 2'*', after '* ]]
    [[ $(json '.record.deviations[].en') == *'Medium disk stopped answering'* ]]
    # who hangs is named, and does
    stuck=$(json '.record.fault.frames[].en' | sed -n 's/.*process \([0-9]*\) hangs in the kernel.*/\1/p')
    is 'state of the process named' "$(awk '$1 == "State:" { print $2 }' "/proc/$stuck/status")" D
    outcome "stalled, other system good"
    exits 0 evidence verify "${evidence[@]}"
    disk_faults a good
    restarts
}

# seen_on_terminal LANG: what a drill writes to a terminal
seen_on_terminal() {
    got=0
    script -qefc "stty cols 120; $(printf '%q ' "$KOBOSHI_BIN" drill "$plan" all --no-color --lang "$1" "${places[@]}")" \
        "$work/typescript" >/dev/null </dev/null || got=$?
    is status "$got" 0
}

fault stalled-is-shown 'a disk that does not answer for a while: who waits sees since when, then the drill goes on'
stalled-is-shown() {
    two_systems
    drill 0
    seen_on_terminal en
    fails grep -q 'stalled' "$work/typescript"
    keep_acknowledged
    worker_faults 'restore pread share-20261120.tar 2 slow:5000'
    seen_on_terminal en
    grep -Eq 'stalled for [2-6]\.[0-9] s, since 20[0-9-]+ [0-9:]+ JST, after ' "$work/typescript" || { cat -v "$work/typescript"; return 1; }
    outcome seen
    seen_on_terminal ja
    grep -q '停止中' "$work/typescript" || { cat -v "$work/typescript"; return 1; }
    outcome seen
    if [ -n "$FAULTS_FULL" ]; then
        worker_faults 'restore pread share-20261120.tar 2 slow:14000'
        drill_text 0 en
        grep -q 'stalled for 1[0-9]' "$err" || is 'on standard error' "$(cat "$err")" stalled
        outcome 'seen without a terminal'
    fi
    restarts
}

fault hanging-look 'a disk that hangs while it is looked at: the drill can be stopped, and says what is stuck'
hanging-look() {
    share_and_orders_on_disks
    attach b
    dying_disk a
    keep_acknowledged
    disk_faults a 'hang 0 67108864'
    start_drill
    until_true 20 grep -q 'hanging [1-9]' "$(awk '{ print $3 }' "$work/dying")/faults"
    kill -TERM "$pid"
    ends_with 130 60
    is 'nothing is good' "$(json '[.record.units[].status] | unique | join(" ")')" cancelled
    outcome cancelled
    disk_faults a good
    restarts
}
