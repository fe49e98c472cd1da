# shellcheck shell=bash disable=SC2154 # set by lib.bash
# SPDX-License-Identifier: Apache-2.0
# The ledger while the agent is killed, writes are torn, calls fail, space and inodes run out, at every call it makes.

# A ledger with one drill in it, to begin each run from
settled_ledger() {
    two_systems
    drill 0
    all_good
    cp -a "$work/ledger" "$work/settled"
}

from_settled() {
    rm -rf "$work/ledger"
    cp -a "$work/settled" "$work/ledger"
    keep_acknowledged
}

# points CALLS WHERE SHORT: which calls of a drill are tried: each, or SHORT of them, the last among them
points() {
    local total i
    agent_drill "- $1 $2 1+ slow:0"
    [ "$got" -eq 0 ]
    total=$(awk '$2 > n { n = $2 } END { print n + 0 }' "$work/hits.agent") # who renders the report counts for itself
    [ "$total" -ge "$3" ] || { echo "only $total calls ($1 $2) in a drill"; return 1; }
    if [ -n "$FAULTS_FULL" ]; then seq "$total"; else for ((i = 1; i <= $3; i++)); do echo $((total * i / $3)); done; fi
}

# sweep CALLS WHERE ACTION SHORT: the action at each point of a drill, and what comes of it
sweep() {
    local point all
    settled_ledger
    all=$(points "$1" "$2" "$4") || { echo "$all"; return 1; }
    for point in $all; do
        echo "point $point: $1 $2 $3"
        from_settled
        agent_drill "- $1 $2 $point $3"
        is "the fault acted (status $got)" "$hit" 1
        no_false_green
        case $3 in
            kill | torn) is status "$got" 137; outcome killed ;;
            *) one_of status "$got" 0 1 10 12; outcome "exit $got" ;;
        esac
        restarts
    done
}

fault kill-at-every-call 'SIGKILL in place of each call that may change the ledger'
kill-at-every-call() { sweep change /ledger kill 5; }

fault torn-at-every-write 'SIGKILL in the middle of each write into the ledger'
torn-at-every-write() { sweep write /ledger torn 2; }

fault eio-at-every-call 'each call that may change the ledger fails once with EIO'
eio-at-every-call() { sweep change /ledger EIO 3; }

fault enospc-at-every-call 'each call that may change the ledger fails once with ENOSPC'
enospc-at-every-call() { sweep change /ledger ENOSPC 2; }

fault failed-fsync 'each fsync and fdatasync of the ledger fails once: never a success'
failed-fsync() {
    local point all
    settled_ledger
    all=$(points fsync,fdatasync /ledger 3)
    for point in $all; do
        from_settled
        agent_drill "- fsync,fdatasync /ledger $point EIO"
        is 'the fault acted' "$hit" 1
        one_of "status at fsync $point" "$got" 10 12
        outcome "exit $got"
        restarts
    done
}

fault first-line 'SIGKILL at each call that makes the ledger: the next drill makes it'
first-line() {
    local n step=14
    [ -z "$FAULTS_FULL" ] || step=1
    two_systems
    a_key >/dev/null
    for ((n = 1; n <= 60; n += step)); do
        rm -rf "$work/ledger"
        agent_drill "- change $work/ledger $n kill"
        [ "$got" -eq 137 ] || { is status "$got" 0; no_false_green; break; }
        outcome killed
        rm -f "$work/acknowledged"
        restarts
        is 'ledgers left' "$(find "$work" -maxdepth 1 -name 'ledger.new-*' | head -n 1)" ''
    done
}
