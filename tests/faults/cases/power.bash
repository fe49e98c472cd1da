# shellcheck shell=bash disable=SC2154,SC2034 # set and used by lib.bash
# SPDX-License-Identifier: Apache-2.0
# Power cuts: the file system of the ledger is shut down without its journal being flushed, at one call of the agent.

# powered TYPE: the ledger on a file system of its own, settled with one drill, its image kept
powered() {
    local type=$1 options=''
    need_root
    command -v "mkfs.$type" >/dev/null || skip "mkfs.$type is not installed"
    two_systems
    case $type in
        ext4) truncate -s 96M "$work/store.img" && mkfs.ext4 -q -F "$work/store.img" ;;
        xfs) truncate -s 320M "$work/store.img" && mkfs.xfs -q -f "$work/store.img" ;;
    esac
    mkdir -p "$work/store"
    mount_image "$work/store.img" "$work/store" "$options" || skip "no $type in this kernel"
    ln -s "$work/store/ledger" "$work/ledger"
    places=(--ledger "$work/store/ledger" --keys "$work/keys" --scratch "$work/scratch")
    evidence=(--ledger "$work/store/ledger" --keys "$work/keys")
    drill 0
}

# The machine starts again: what was not on the disk is gone, the journal is replayed
power_returns() {
    umount "$work/store"
    until_true 10 let_go # the device goes with its mount, a moment later
    mount_image "$work/store.img" "$work/store"
}

let_go() { [ -z "$(losetup -j "$work/store.img")" ]; }

# Everything said on standard output was acknowledged, so it stands in the ledger
acknowledged_is_there() {
    local said acks
    acks=$(cat "$work/acks")
    [ -n "$acks" ] || return 0
    while read -r said; do
        case $said in
            drill\ *\ started) said=$(jq -c "select(.kind == \"drill_started\" and .drill == $(cut -d ' ' -f 2 <<<"$said"))" "$work/ledger/ledger.jsonl") ;;
            drill\ *\ finished) said=$(jq -c "select(.kind == \"drill_finished\" and .drill == $(cut -d ' ' -f 2 <<<"$said"))" "$work/ledger/ledger.jsonl") ;;
            *) said=$(grep -F "\"$said\"" "$work/ledger/ledger.jsonl") || true ;;
        esac
        [ -n "$said" ] || { echo "an acknowledged line is gone, of: $acks"; return 1; }
    done <<<"$acks"
}

# planted: where fsync does nothing, such a cut loses lines, and it is seen
cut_is_seen() {
    cp --sparse=always "$work/store.img" "$work/was"
    KOBOSHI_FAULTS="- fsync,fdatasync /store/ 1+ lie; - change /store/ $1 pull" LD_PRELOAD=$preload \
        "$built/ledger_load" "$work/store/ledger" "$work/keys/agent.pem" lost 6 >"$work/acks" 2>"$work/load.err" || got=$?
    is 'exit of the planted cut' "$got" 137
    power_returns
    [ -s "$work/acks" ]
    if (nothing_lost && acknowledged_is_there) >/dev/null; then echo 'the cut cut nothing off'; return 1; fi
    umount "$work/store"
    until_true 10 let_go
    cp --sparse=always "$work/was" "$work/store.img"
    mount_image "$work/store.img" "$work/store"
}

# cuts TYPE COUNT: at calls spread evenly over what a busy ledger does
cuts() {
    local total n point got
    powered "$1"
    KOBOSHI_FAULTS='- change /store/ 1+ slow:0' KOBOSHI_FAULTS_LOG=$work/hits.load LD_PRELOAD=$preload \
        "$built/ledger_load" "$work/store/ledger" "$work/keys/agent.pem" count 6 >"$work/acks" 2>"$work/load.err"
    total=$(wc -l <"$work/hits.load")
    [ "$total" -ge 100 ] || is 'calls' "$total" 'at least 100'
    power_returns
    keep_acknowledged
    cut_is_seen $((total / 3))
    for ((n = 1; n <= $2; n++)); do
        point=$((total * n / $2))
        echo "point $point of $total"
        keep_acknowledged
        got=0
        KOBOSHI_FAULTS="- change /store/ $point pull" LD_PRELOAD=$preload \
            "$built/ledger_load" "$work/store/ledger" "$work/keys/agent.pem" "cut$n" 6 >"$work/acks" 2>"$work/load.err" || got=$?
        is "exit at call $point" "$got" 137
        fails grep -q 'cannot be shut down' "$work/load.err"
        power_returns
        nothing_lost
        acknowledged_is_there
        [ $((n % 4)) -ne 0 ] || restarts_on_store
        # the next process puts right what was cut
        "$built/ledger_load" "$work/store/ledger" "$work/keys/agent.pem" "after$n" 1 >"$work/acks"
        acknowledged_is_there
        nothing_lost
        all_ended
        exits 0 evidence verify "${evidence[@]}"
        outcome 'nothing lost'
    done
    # and in the middle of a whole drill
    for point in 10 25 45 ${FAULTS_FULL:+5 15 20 30 35 40 50 55 60}; do
        keep_acknowledged
        agent_drill "- change /store/ $point pull"
        is "exit at call $point" "$got" 137
        power_returns
        restarts_on_store
        outcome 'nothing lost in a drill'
    done
    umount "$work/store"
}

# the store itself is mounted, and is meant to be
restarts_on_store() {
    worker_faults ''
    drill 0
    all_good
    nothing_lost
    all_ended
    is 'left in scratch' "$(find "$work/scratch" -mindepth 1 | head -n 3)" ''
    exits 0 evidence verify "${evidence[@]}"
}

fault power-cut-ext4 'the power goes at calls of a busy ledger and of a drill, on ext4: nothing acknowledged is lost'
power-cut-ext4() {
    local count=4
    [ -z "$FAULTS_FULL" ] || count=100
    cuts ext4 "$count"
}

fault power-cut-xfs 'the same on xfs'
power-cut-xfs() {
    local count=4
    [ -z "$FAULTS_FULL" ] || count=100
    cuts xfs "$count"
}
