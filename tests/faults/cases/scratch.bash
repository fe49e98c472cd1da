# shellcheck shell=bash disable=SC2154,SC2034 # set and used by lib.bash
# SPDX-License-Identifier: Apache-2.0
# Scratch and ledger on file systems that are full: bytes, inodes, quota.

# small_fs NAME SIZE [MKFS OPTION…]: a small ext4 at $work/NAME
small_fs() {
    local name=$1 size=$2
    shift 2
    need_root
    truncate -s "$size" "$work/$name.img"
    mkfs.ext4 -q -F -m 0 "$@" "$work/$name.img"
    mkdir -p "$work/$name"
    mount_image "$work/$name.img" "$work/$name"
    rm -rf "$work/$name/lost+found"
    chmod 755 "$work/$name"
}

unmounted() { umount "$work/$1"; } # so that nothing of a case counts as left mounted

# Restores into a scratch that is full: red or a fault, never good; what was not restored is said
full_scratch() { # full_scratch WHAT STATUS…
    local what=$1
    shift
    agent_drill ''
    one_of "status with $what" "$got" "$@"
    is share "$(status_of share)" failed
    # while it is written a finding, before that a fault
    [ "$(json '[.record.findings[] | select(.rule == "space" or .rule == "restore-write")] | length')" -ge 1 ] ||
        [[ $(json '.record.fault.frames[].en') == *scratch* ]] ||
        is "what is said about $what" "$(json '[.record.findings[].rule] | join(" ")')" space
    is 'scratch' "$(find "$work/scratch" -mindepth 1 | head -n 1)" ''
    outcome "$what: red, cleaned"
}

fault scratch-full 'no room and no inodes in scratch: said before or when it happens, the scratch is clean afterwards'
scratch-full() {
    two_systems
    small_fs scratch 8M -O ^has_journal
    fallocate -l $(($(df -B1 --output=avail "$work/scratch" | tail -n 1) - 200000)) "$work/scratch/rest"
    agent_drill ''
    is "share (status $got)" "$(status_of share)" failed
    is 'left' "$(ls "$work/scratch")" rest
    outcome "no room: red, cleaned"
    rm "$work/scratch/rest"
    unmounted scratch
    keep_acknowledged
    restarts
    small_fs scratch 8M -N 16
    full_scratch 'no inodes' 1
    unmounted scratch
    restarts
}

fault scratch-fills-up 'another program fills the scratch while it is written: ENOSPC and EDQUOT in the middle'
scratch-fills-up() {
    local n what calls
    two_systems
    # as many calls as a restore makes that nothing stops
    worker_faults 'restore write,pwrite,mkdir /share 1+ slow:0'
    drill 0
    calls=$(wc -l <"$work/hits")
    [ "$calls" -ge 3 ] || is 'calls that write share' "$calls" 'at least 3'
    for what in ENOSPC EDQUOT EIO; do
        for n in $([ "$FAULTS_FULL" ] && seq "$calls" || echo 3); do
            keep_acknowledged
            worker_faults "restore write,pwrite,mkdir /share $n $what"
            full_scratch "$what" 1 10 14
            restarts
        done
    done
}

fault ledger-full 'a ledger without room or inodes: no drill begins that could not be recorded; with room it goes on'
ledger-full() {
    local i=0
    two_systems
    small_fs store 40M -N 256
    places=(--ledger "$work/store/ledger" --keys "$work/keys" --scratch "$work/scratch")
    evidence=(--ledger "$work/store/ledger" --keys "$work/keys")
    ln -s "$work/store/ledger" "$work/ledger"
    drill 0
    keep_acknowledged
    fallocate -l $(($(df -B1 --output=avail "$work/store" | tail -n 1) - (12 << 20))) "$work/store/rest"
    agent_drill ''
    one_of 'status of a drill without room' "$got" 10 12
    says '16 MiB must be free'
    is 'ledger' "$(cat "$work/ledger/ledger.jsonl")" "$(cat "$work/acknowledged")"
    outcome 'no room: not begun'
    rm "$work/store/rest"
    drill 0
    keep_acknowledged
    while touch "$work/store/$i" 2>/dev/null; do i=$((i + 1)); done
    agent_drill ''
    fails [ "$got" -eq 0 ]
    outcome "no inodes: exit $got"
    find "$work/store" -maxdepth 1 -type f -delete
    drill 0
    nothing_lost
    all_ended
    exits 0 evidence verify "${evidence[@]}"
    unmounted store
}
