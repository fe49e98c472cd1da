# Goal: what was restored is opened and asked, and a probe that finds something wrong, or hangs, fails its unit.
# SPDX-License-Identifier: Apache-2.0
load lib

orders() { # orders: a database at $work/orders.db with enough pages to break one
    sqlite3 "$work/orders.db" "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, litres INTEGER);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO orders SELECT i, '得意先' || i, i % 400 FROM n;
        CREATE INDEX by_customer ON orders (customer);"
}

back_up_orders() { # as the job does: gzip, and the hash of what it wrote
    mkdir -p "$disk/受発注"
    gzip -c "$work/orders.db" >"$disk/受発注/orders-20261120.db.gz"
    (cd "$disk/受発注" && sha256sum orders-20261120.db.gz >orders-20261120.db.gz.sha256)
}

orders_plan() { # orders_plan PROBES
    write_plan format=file unpack=true as=orders.db path='受発注/orders-%Y%m%d.db.gz' \
        manifest='受発注/orders-%Y%m%d.db.gz.sha256' probes="$1"
}

@test "a sound database is opened and counted" {
    orders
    back_up_orders
    orders_plan '[{sqlite: orders.db, integrity: true, query: "SELECT count(*) FROM orders", expect: "== 5000"}, {opens: orders.db}]'
    drill 0
    all_good
    is probes "$(unit result.probes_good) of $(unit result.probes)" '2 of 2'
    [[ $(unit proof) == *L5* ]] || is proof "$(unit proof)" 'with L5'
}

@test "a database with a broken page: hashes agree, only the probe finds it" {
    orders
    pages=$(sqlite3 "$work/orders.db" 'PRAGMA page_count')
    noise 4096 9 | dd of="$work/orders.db" bs=4096 seek=$((pages / 2)) conv=notrunc status=none
    [ "$(sqlite3 "$work/orders.db" 'PRAGMA integrity_check' 2>&1 | sed -n 1p)" != ok ]
    back_up_orders
    orders_plan '[{sqlite: orders.db, integrity: true}]'
    drill 1
    found probe-sqlite
    is status "$(unit status)" failed
    is hash "$(unit result.proof.hash)" reached
    is opened "$(unit result.proof.opened)" not-reached
}

@test "a query with another answer than the plan expects" {
    orders
    sqlite3 "$work/orders.db" 'DELETE FROM orders WHERE id > 100'
    back_up_orders
    orders_plan '[{sqlite: orders.db, query: "SELECT count(*) FROM orders", expect: "> 1000"}]'
    drill 1
    found probe-query
    says 100
}

@test "files that should match are too few; a canary that was changed; a zip that does not open" {
    share_tar >/dev/null
    write_plan probes='[{files: "総務/**/*.txt", at_least: 2}]'
    drill 0
    all_good
    write_plan probes='[{files: "総務/**/*.txt", at_least: 3}]'
    drill 1
    found probe-files
    write_plan probes="[{sha256: 総務/canary.txt, is: \"$(printf '復旧訓練の印\n' | sha256sum | cut -d ' ' -f 1)\"}]"
    drill 0
    write_plan probes="[{sha256: 総務/canary.txt, is: \"$(printf '別物\n' | sha256sum | cut -d ' ' -f 1)\"}]"
    drill 1
    found probe-sha256
}

@test "an office file that is none" {
    make_tree "$work/tree"
    noise 3000 4 >"$work/tree/営業/見積.xlsx"
    mkdir -p "$disk/共有"
    tar -C "$work/tree" -cf "$disk/共有/share-20261120.tar" .
    write_plan probes='[{opens: 営業/見積.xlsx}]'
    drill 1
    found probe-opens
}

@test "a command that says no, and one that says yes" {
    share_tar >/dev/null
    write_plan probes='[{command: [/usr/bin/grep, -q, 第1条, 総務/規程/就業規則.txt]}]'
    drill 0
    all_good
    write_plan probes='[{command: [/usr/bin/grep, -q, 第9条, 総務/規程/就業規則.txt]}]'
    drill 1
    found probe-command
}

@test "a probe that hangs is ended in time and leaves no process" {
    share_tar >/dev/null
    write_plan probes='[{command: [/usr/bin/sleep, "86397"], timeout: 2s}]'
    SECONDS=0
    limit=60 drill 1
    found probe-hung
    [ "$SECONDS" -lt 40 ]
    is 'process left' "$(pgrep -fx '/usr/bin/sleep 86397' || true)" ''
    nothing_left
}

@test "a check runs confined: no core dumps, few descriptors, not as root, nothing to read but programs and the restored files" {
    share_tar >/dev/null
    cat >"$work/check.sh" <<'SH'
#!/bin/sh
[ "$(ulimit -c)" = 0 ] || { echo core dumps; exit 1; }
[ "$(ulimit -n)" = 2048 ] || { echo descriptors: "$(ulimit -n)"; exit 1; }
[ "$(id -u)" != 0 ] || { echo root; exit 1; }
! cat "$1" 2>/dev/null || { echo "$1 can be read"; exit 1; }
! touch "$2/written" 2>/dev/null || { echo "$2 can be written"; exit 1; }
grep -q 第1条 総務/規程/就業規則.txt && : >"$TMPDIR/mine"
SH
    chmod +x "$work/check.sh"
    chmod o+x "$work"
    mkdir -m 777 "$work/open"
    write_plan probes="[{command: [./check.sh, $plan, $work/open]}]"
    drill 0
    all_good
    [ ! -e "$work/open/written" ]
}
