# Goal: a worker that is killed fails its unit alone, Ctrl-C ends cleanly, and both are in the record.
# SPDX-License-Identifier: Apache-2.0
load lib

two_systems() { # the share, which hangs in a probe, and a second system that has nothing to do with it
    share_tar >/dev/null
    mkdir -p "$disk/受発注"
    noise 20000 5 >"$disk/受発注/orders-20261120.dat"
    write_plan probes='[{command: [/usr/bin/sleep, "86398"], timeout: 300s}]'
    sed -i -e 's/^  files: .*/&\n  orders: {title: 受発注, backup_sets: [orders]}/' -e 's/systems: \[files\]/systems: [files, orders]/' \
        -e 's/^backup_sets:$/&\n  orders: {title: 受発注, format: file, copies: [{medium: disk, path: "受発注\/orders-%Y%m%d.dat"}]}/' "$plan"
}

start() { # a drill in the background, $agent its process, once its probe hangs
    a_key >/dev/null
    # a shell without job control starts background programs with SIGINT ignored; a person's does not
    env --default-signal=INT "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$out" 2>"$err" </dev/null 3>&- &
    agent=$!
    for _ in {1..300}; do
        [ -z "$(below "$agent" sleep)" ] || return 0
        kill -0 "$agent" 2>/dev/null || { cat "$out" "$err"; return 1; }
        sleep 0.1
    done
    echo 'the probe never started'
    return 1
}

below() { # below PID NAME: processes of this name that descend from PID
    local child children
    mapfile -t -d ' ' children < <(cat "/proc/$1/task/"*/children 2>/dev/null)
    for child in "${children[@]}"; do
        [ "$(cat "/proc/$child/comm" 2>/dev/null)" != "$2" ] || printf '%s\n' "$child"
        below "$child" "$2"
    done
}

ends() { # ends STATUS: the drill that was started
    local got=0
    wait "$agent" || got=$?
    is exit "$got" "$1"
}

@test "a worker killed with -9 fails its own unit, with the reason; the other system is finished" {
    two_systems
    start
    # the worker that stands above the hanging probe
    probe=$(below "$agent" sleep | sed -n 1p)
    worker=$probe
    while [ "$(cat "/proc/$worker/comm")" != koboshi-worker ]; do worker=$(awk '/^PPid:/ { print $2 }' "/proc/$worker/status"); done
    while [ "$(awk '/^PPid:/ { print $2 }' "/proc/$worker/status")" != "$agent" ]; do worker=$(awk '/^PPid:/ { print $2 }' "/proc/$worker/status"); done
    kill -9 "$worker"
    ends 1
    is 'share' "$(json '.record.units[] | select(.set == "share") | .status')" failed
    is 'orders' "$(json '.record.units[] | select(.set == "orders") | .status')" good
    is finding "$(json '[.record.findings[] | select(.rule == "worker-lost" and .set == "share")] | length')" 1
    is 'process left' "$(pgrep -fx '/usr/bin/sleep 86398' || true)" ''
    nothing_left
    exits 0 evidence verify "${evidence[@]}"
}

@test "Ctrl-C: exit 130, the record says cancelled, nothing is left, the next drill runs" {
    two_systems
    start
    kill -INT "$agent"
    ends 130
    is status "$(jq -r .status "$work"/ledger/drills/000001/record.json)" cancelled
    is 'process left' "$(pgrep -fx '/usr/bin/sleep 86398' || true)" ''
    nothing_left
    exits 0 evidence verify "${evidence[@]}"
    write_plan
    drill 0
}

@test "the agent killed with -9: its workers end too, and the ledger shows the drill as never finished" {
    two_systems
    start
    kill -9 "$agent"
    wait "$agent" || true
    for _ in {1..50}; do pgrep -fx '/usr/bin/sleep 86398' >/dev/null || break; sleep 0.1; done
    is 'process left' "$(pgrep -fx '/usr/bin/sleep 86398' || true)" ''
    write_plan
    drill 0
    is kinds "$(jq -r .kind "$work/ledger/ledger.jsonl" | xargs)" \
        'ledger_created drill_started drill_interrupted drill_started drill_finished'
    exits 0 evidence verify "${evidence[@]}"
}
