# shellcheck shell=bash disable=SC2154 # set by lib.bash
# SPDX-License-Identifier: Apache-2.0
# Workers that die, crash and lie at each message they send: a failed unit or a fault, in any case said; nothing is green.

# Messages of this stage in a good drill, after the greeting; each is two writes to fd 3: its length, its text
writes_of() {
    worker_faults "$1 write fd:3 1+ slow:0"
    drill 0
    awk '$2 > n { n = $2 } END { print n + 0 }' "$work/hits"
}

a_set_with_probe() {
    two_systems probes='[{files: "**"}]'
    drill 0
    all_good
}

# bad_workers ACTION STAGE…: the action at each message of the workers of these stages
bad_workers() {
    local action=$1 stage n all points status
    shift
    a_set_with_probe
    for stage; do
        all=$(writes_of "$stage")
        [ "$all" -ge 2 ] || is "messages of $stage" "$all" 'at least one'
        points=$(printf '%s\n' 1 2 "$all" | sort -nu)
        [ -z "$FAULTS_FULL" ] || points=$(seq "$all")
        for n in $points; do
            echo "point $stage $n of $all: $action"
            keep_acknowledged
            worker_faults "$stage write fd:3 $n $action"
            agent_drill ''
            is 'acted' "$(grep -c . "$work/hits" | sed 's/^[1-9][0-9]*$/yes/')" yes
            fails [ "$got" -eq 0 ]
            one_of status "$got" 1 10 14
            status=$(json .record.status)
            [ "$got" -eq 1 ] || is 'record' "$status" fault
            grep -qE 'シグナル|終了コード|形式ではありません|結果を出さず' "$out" || is 'reason' none 'why, in Japanese'
            outcome "exit $got"
            restarts
        done
    done
}

fault killed-at-every-message 'SIGKILL of a worker in place of each message'
killed-at-every-message() { bad_workers kill ${FAULTS_FULL:+probe cleanup} restore media-open; }

fault lost-greeting 'every worker dies, crashes or lies in its first message'
lost-greeting() {
    local action
    a_set_with_probe
    for action in kill garbage ${FAULTS_FULL:+segv torn}; do
        keep_acknowledged
        worker_faults "- write fd:3 2 $action"
        agent_drill ''
        one_of status "$got" 14
        is 'nothing is good' "$(json '[.record.units[].status] | unique | join(" ")')" not-run
        outcome "exit $got"
        restarts
    done
}

fault crash-at-every-message 'SIGSEGV of a worker in place of each message'
crash-at-every-message() { bad_workers segv ${FAULTS_FULL:+media-open probe cleanup} restore; }

fault garbage-at-every-message 'other bytes in place of each message'
garbage-at-every-message() { bad_workers garbage ${FAULTS_FULL:+media-open probe cleanup} restore; }

fault-long half-a-message 'each message is cut in its middle, then the worker is gone'
half-a-message() { bad_workers torn restore media-open probe cleanup; }

fault-long repeated-messages 'each message, or its length, comes twice'
repeated-messages() { bad_workers twice restore; }
