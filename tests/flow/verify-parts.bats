# Goal: a folder too large for one night is verified in parts: the oldest first, stopped in time, never green before all of it was read.
# SPDX-License-Identifier: Apache-2.0
load lib

a_folder() { # a_folder LINKS: of a plan; one large file under so many names, which takes longer than a second to read
    local i to=$disk/共有/share-20261120 sum
    make_tree "$to"
    hashes "$to" >"$disk/共有/share-20261120.sha256"
    mkdir "$to/映像"
    noise 4000000 5 >"$to/映像/0"
    for ((i = 1; i < $1; i++)); do ln "$to/映像/0" "$to/映像/$i"; done
    sum=$(hash_of "$to/映像/0")
    for ((i = 0; i < $1; i++)); do printf '%s  ./映像/%s\n' "$sum" "$i"; done >>"$disk/共有/share-20261120.sha256"
    write_plan format=tree path='共有/share-%Y%m%d' manifest='共有/share-%Y%m%d.sha256'
    a_key >/dev/null
}

parts() { exits "$1" verify --plan "$plan" --json --no-color --lang en "${places[@]}" "${@:2}"; } # parts STATUS [ARG…]

covered() { json ".record.units[0].result.freshness.$1"; }

state_file() { # of this test's folder
    local state=$XDG_STATE_HOME/koboshi
    [ "$(id -u)" -ne 0 ] || state=/var/lib/koboshi
    printf '%s/verified/%s\n' "$state" "$(printf '%s\nshare\n共有/share-20261120' "$disk" | sha256sum | cut -d ' ' -f 1)"
}

forget() { rm -f "$(state_file)"; }

@test "with time enough all is verified: green, and known to the next run" {
    a_folder 3
    parts 0 --max-duration 1h
    is status "$(unit status)" good
    is now "$(covered now)" "$(covered files)"
    is proof "$(unit proof)" L2
    is mode "$(stat -c %a "$(state_file)")" 600
    is size "$(stat -c %s "$(state_file)")" $((40 + 48 * 8))
    parts 0
    is now "$(covered now)" 8
    forget
    parts 0
    is freshness "$(unit result.freshness)" null
    [ ! -e "$(state_file)" ]
}

@test "cut short it is not green, says how much was verified, and goes on where it stopped" {
    local first
    a_folder 8000
    parts 1 --max-duration 1s
    # shellcheck disable=SC2119
    found
    is status "$(unit status)" partial
    first=$(covered now)
    [ "$first" -gt 0 ] && [ "$first" -lt 8005 ] || is 'verified at first' "$first" 'some of 8005'
    is sum "$(($(covered now) + $(covered never)))" 8005
    is read "$(unit result.proof.read)" not-reached
    is hash "$(unit result.proof.hash)" not-reached
    is verdict "$(json .record.verdict.restore)" none
    says "of 8,005 files were verified within 7 days"
    parts 1 --max-duration 1s
    is recent "$(covered recent)" "$first" # none of them again before the others
    is sum "$(($(covered now) + $(covered recent) + $(covered never)))" 8005
    is 'in the ledger' "$(jq -r 'select(.kind == "verified") | .reads[0] | .status, .freshness.files' "$work/ledger/ledger.jsonl" | sort -u | xargs)" '8005 partial'
    exits 1 verify --plan "$plan" --max-duration 1s --lang ja "${places[@]}"
    says '日以内に検証しました（うち今回'
    says '残りは未検証です'
    fails grep -q ' OK$' "$out"
    forget
}

@test "a fault is found again until it is mended, also when all else is verified" {
    a_folder 3
    parts 0 --max-duration 1h
    printf x >>"$disk/共有/share-20261120/営業/空.txt"
    parts 1 --max-duration 1h
    found entry-differs
    is never "$(covered never)" 1
    parts 1 --max-duration 1h
    found entry-differs
    forget
}

@test "what does not begin as its tool writes it counts as never verified" {
    local to=$disk/WindowsImageBackup/SRV1
    mkdir -p "$to/Backup 2026-11-20 130000"
    printf 'vhdxfile%02048d' 0 >"$to/Backup 2026-11-20 130000/good.vhdx"
    noise 4000 3 >"$to/Backup 2026-11-20 130000/bad.vhdx"
    printf '<?xml version="1.0"?><a/>' | tee "$to/Backup 2026-11-20 130000/BackupSpecs.xml" >"$to/Backup 2026-11-20 130000/1_Components.xml"
    write_plan format=tree path='WindowsImageBackup/SRV1/Backup %Y-%m-%d %H%M%S' set='tool: wsb'
    a_key >/dev/null
    for _ in 1 2; do
        parts 1 --max-duration 1h
        [[ " $(json '[.record.findings[].entry] | join(" ")') " = *' bad.vhdx '* ]] || is 'named' "$(json '[.record.findings[].entry] | join(" ")')" bad.vhdx
    done
    is never "$(covered never)" "$(json '[.record.findings[] | select(.rule == "tool-magic") | .entry] | unique | length')"
    [ "$(covered never)" -gt 0 ]
}

@test "in parts: canaries are read each time, what is missing or too few is told before all is read" {
    local canary
    a_folder 8000
    canary=$(hash_of "$disk/共有/share-20261120/総務/canary.txt")
    write_plan format=tree path='共有/share-%Y%m%d' manifest='共有/share-%Y%m%d.sha256' \
        expect="{min_files: 8000, min_bytes: 28GB, canary: [{path: 総務/canary.txt, sha256: $canary}]}"
    for _ in 1 2; do
        parts 1 --max-duration 1s
        # shellcheck disable=SC2119
        found
        is status "$(unit status)" partial
        is canaries "$(unit result.canaries) $(unit result.canaries_good)" '1 1'
    done
    write_plan format=tree path='共有/share-%Y%m%d' manifest='共有/share-%Y%m%d.sha256' \
        expect="{min_files: 8007, min_bytes: 36GB, canary: [{path: 総務/なし.txt, sha256: $canary}]}"
    printf 'pay\n' >"$disk/共有/share-20261120/映像/Restore-My-Files.txt"
    for _ in 1 2; do # whichever run reads it
        parts 1 --max-duration 1s
        is told "$(json '[.record.findings[].rule] | unique - ["entry-extra"] | join(" ")')" 'canary-missing ransom-names too-few-bytes too-few-files'
    done
    forget
}

@test "what was verified in parts is not what a later run is compared with" {
    a_folder 2000
    rm "$disk/共有/share-20261120.sha256"
    write_plan format=tree path='共有/share-%Y%m%d'
    for _ in $(seq 90); do
        "$KOBOSHI_BIN" verify --plan "$plan" --max-duration 1s --json --lang en "${places[@]}" >"$out" 2>"$err" && break
    done
    is status "$(unit status)" conditional
    [ "$(covered now)" -lt 2005 ]
    parts 0
    is change "$(unit change)" null
    is baseline "$(unit baseline)" null
    parts 0
    is change "$(unit change.before) $(unit change.added)" '2005 0'
    forget
}

@test "completed in parts it is proven as in one go: its hashes too, on the day of the run that completed it" {
    local completed
    a_folder 2000
    for _ in $(seq 90); do
        "$KOBOSHI_BIN" verify --plan "$plan" --max-duration 1s --json --lang en "${places[@]}" >"$out" 2>"$err" && break
        is proof "$(unit proof)" 'L0'
    done
    is status "$(unit status)" conditional
    [ "$(covered now)" -lt 2005 ]
    is proof "$(unit proof)" L2
    is 'in the ledger' "$(jq -r 'select(.kind == "verified") | .reads[0].proof' "$work/ledger/ledger.jsonl" | tail -n 1)" L2
    is change "$(unit change.partial)" null
    completed=$(jq -r 'select(.kind == "verified") | .time' "$work/ledger/ledger.jsonl" | tail -n 1)
    exits 0 media list "$plan" --json "${evidence[@]}"
    is verified "$(json '.media[0].verified | fromdateiso8601' 2>/dev/null || json '.media[0].verified')" "$completed"
    # a file that is on no list is told by each run, and by none called verified
    printf x >"$disk/共有/share-20261120/総務/余分.txt"
    parts 1 --max-duration 1h
    found entry-extra
    is never "$(covered never)" 1
    parts 1 --max-duration 1h
    found entry-extra
    is proof "$(unit proof)" L1
    forget
}

@test "Ctrl-C is told with how far it was, and what was not begun as such" {
    local pid
    mkdir -p "$disk/共有" "$disk/受発注"
    truncate -s 40G "$disk/共有/share-20261120.tar"
    truncate -s 40G "$disk/受発注/orders-20261120.dat"
    write_plan format=file path='共有/share-%Y%m%d.tar'
    sed -i -e 's/^  files: .*/&\n  orders: {title: 受発注, backup_sets: [orders]}/' \
        -e 's/^backup_sets:$/&\n  orders: {title: 受発注, format: file, copies: [{medium: disk, path: "受発注\/orders-%Y%m%d.dat"}]}/' "$plan"
    a_key >/dev/null
    for lang in ja en; do
        env --default-signal=INT "$KOBOSHI_BIN" verify --plan "$plan" --no-color --lang "$lang" "${places[@]}" >"$out" 2>"$err" 3>&- &
        pid=$!
        sleep 3
        kill -INT "$pid"
        wait "$pid" || is status "$?" 130
        if [ "$lang" = ja ]; then
            grep -qE '中止 途中で中止しました（40.0 GiB 中 [0-9.]+ [KMG]iB まで読み取り）' "$out"
            says '始める前に中止しました'
        else
            grep -qE 'interrupted; [0-9.]+ [KMG]iB of 40.0 GiB were read by then' "$out"
            says 'interrupted before it was begun'
        fi
    done
}

@test "an interrupted run keeps what it did" {
    local pid before
    a_folder 8000
    "$KOBOSHI_BIN" verify --plan "$plan" --max-duration 1h --json --lang en "${places[@]}" >"$out" 2>"$err" &
    pid=$!
    sleep 2
    kill -INT "$pid"
    wait "$pid" || is status "$?" 130
    [ -e "$(state_file)" ] || is 'state file' none some
    before=$((($(stat -c %s "$(state_file)") - 40) / 48))
    [ "$before" -gt 0 ] || is 'kept' "$before" 'some files'
    parts 1 --max-duration 1s
    is recent "$(covered recent)" "$before"
    forget
}

@test "state that somebody made up, or that is none, only makes more be verified" {
    a_folder 3
    parts 0 --max-duration 1h
    head -c 4000 /dev/urandom >"$(state_file)"
    parts 0 --max-duration 1h
    is now "$(covered now)" 8
    forget
}

@test "--max-duration needs a plan and a time" {
    exits 2 verify "$disk" --max-duration 1h --lang en
    says '--max-duration goes with --plan'
    a_folder 1
    exits 2 verify --plan "$plan" --max-duration soon --lang ja "${places[@]}"
    says '--max-duration は'
}
