# Goal: under what the unit files ask of systemd, read from them, a drill does its work; without any part of it something fails.
# SPDX-License-Identifier: Apache-2.0
load lib

units=$BATS_TEST_DIRNAME/../../packaging/systemd

installed() { # installed: what as_service.py puts into the places of an installation; a disk with an archive and a tree of somebody else
    local uuid name
    need_root
    for name in python3 systemd-analyze; do command -v "$name" >/dev/null || skip "needs $name"; done
    mkdir -p "$work"/{room,local/bin,etc,var,run}
    cp "$KOBOSHI_BIN" "$(dirname "$KOBOSHI_BIN")/koboshi-worker" "$work/local/bin/"
    uuid=$(make_disk a "$(label A)")
    mkdir -p "$work/mnt/a/共有"
    cp -p "$(share_tar)" "$disk/共有/share-20261120.sha256" "$work/mnt/a/共有/"
    cp -a "$work/tree" "$work/mnt/a/tree-20261120"
    chmod -R go= "$work/mnt/a/tree-20261120"
    chown -R 4711:4711 "$work/mnt/a/tree-20261120"
    umount "$work/mnt/a"
    attach a
    write_plan medium="{kind: hdd, label: $(label A), fs_uuid: \"$uuid\", title: 外付けHDD A}" manifest='共有/share-%Y%m%d.sha256' \
        probes="${1:-[{command: [/usr/bin/id]\}]}"
    sed -i -e 's/backup_sets: \[share\]/backup_sets: [share, tree]/' -e "s/^backup_sets:/&\\
  tree:\\
    title: {ja: 図面, en: Drawings}\\
    format: tree\\
    copies: [{medium: disk, path: \"tree-%Y%m%d\"}]\\
    recovery: restore-share-only/" -e "s/^procedures:/&\\
  restore-share-only:\\
    title: {ja: 図面の復元, en: Restore the drawings}\\
    steps: [{id: restore, do: restore}]/" "$plan"
    cp "$plan" "$work/etc/plan.yaml"
    as "$units/koboshi.service" koboshi keygen >/dev/null
}

as() { # as UNIT [COMMAND…]: under this unit file
    local unit=$1
    shift
    "$repo/tests/flow/as_service.py" "$unit" "$work/room" "$work/local" "$work/etc" "$work/var" "$work/run" "$@" </dev/null
}

as_job() { # as_job UNIT: the same in the background; $agent is the process that becomes koboshi
    (exec "$repo/tests/flow/as_service.py" "$1" "$work/room" "$work/local" "$work/etc" "$work/var" "$work/run" </dev/null) >"$out" 2>"$err" &
    agent=$!
}

runs() { # runs STATUS UNIT [COMMAND…]
    local want=$1 got=0
    shift
    as "$@" >"$out" 2>"$err" || got=$?
    is "exit status under $1" "$got" "$want"
}

without() { # without WORD…: the unit file with these words gone; prints its path
    local changed=$work/without.service word
    cp "$units/koboshi.service" "$changed"
    for word; do
        grep -v '^#' "$changed" | grep -q "$word" || { echo "koboshi.service holds no $word"; return 1; }
        sed -i -e '/^#/d' -e "s/$word//" "$changed"
    done
    printf '%s\n' "$changed"
}

last_record() { find "$work/var/ledger/drills" -name record.json | sort | tail -n 1; }

@test "the drill of koboshi.service: a disk found by UUID, mounted, restored, checked, signed; nothing is left, no bit of it changes" {
    installed
    before=$(hash_of "$work/a.img")
    runs 0 "$units/koboshi.service"
    is units "$(jq -r '[.units[] | .status] | join(" ")' "$(last_record)")" 'good good'
    is restored "$(jq -r '[.units[].result.files_restored] | add' "$(last_record)")" 10
    is mounted_by_us "$(jq -r '.media[0].state.mounted_by_us' "$(last_record)")" true
    is 'image after the drill' "$(hash_of "$work/a.img")" "$before"
    is 'left in scratch' "$(find "$work/var/scratch" -mindepth 1)" ''
    runs 0 "$units/koboshi.service" koboshi evidence verify --lang en
    nothing_left
}

@test "each capability is needed: without it the same drill fails, and says what could not be done" {
    installed
    while read -r capability status text; do
        echo "# without $capability"
        runs "$status" "$(without "$capability")"
        says "$text"
        rm -rf "$work/var/scratch"
    done <<'CASES'
CAP_SYS_ADMIN 11 読み取り専用にできません
CAP_DAC_READ_SEARCH 1 媒体を読み取れませんでした
CAP_DAC_OVERRIDE 11 作業フォルダ
CAP_CHOWN 11 作業フォルダ
CAP_SETUID 13 実行アカウントを変更できませんでした
CAP_SETGID 13 実行アカウントを変更できませんでした
CASES
    # and there is no other but the one of the next test
    left=$(sed -n 's/^CapabilityBoundingSet=//p' "$units/koboshi.service" | xargs -n 1 | sort | xargs)
    is capabilities "$left" 'CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_KILL CAP_SETGID CAP_SETUID CAP_SYS_ADMIN'
}

stopped() { # stopped UNIT: SIGTERM while a check sleeps; $status, and $took seconds until then
    local began
    as_job "$1"
    for _ in {1..300}; do
        child=$(pgrep -f "^/usr/bin/sleep $nap\$" || true)
        [ -z "$child" ] || break
        sleep 0.1
    done
    [ -n "$child" ] || is 'a check that sleeps' none one
    began=$(date +%s)
    kill -TERM "$agent"
    status=0
    wait "$agent" || status=$?
    took=$(($(date +%s) - began))
}

@test "SIGTERM ends a drill with 130 and its worker with it; without CAP_KILL the worker is given up" {
    nap=86391
    installed "[{command: [/usr/bin/sleep, \"$nap\"], timeout: 300s}]"
    stopped "$units/koboshi.service"
    is status "$status" 130
    [ "$took" -lt 5 ] || is 'seconds to the end' "$took" 'less than 5'
    is record "$(jq -r .status "$(last_record)")" cancelled
    is 'still there' "$(pgrep -f "^/usr/bin/sleep $nap\$" || true)" ''
    stopped "$(without CAP_KILL)"
    [ "$took" -ge 5 ] || is 'seconds until the worker is given up' "$took" 'at least 5'
    [ -z "$(pgrep -f "^/usr/bin/sleep $nap\$")" ] || kill -9 "$child"
}

@test "nothing but state, locks and a private /tmp can be written; of the devices there are disks and FUSE; no socket, namespace, code or module can be had" {
    installed
    # shellcheck disable=SC2016
    runs 0 "$units/koboshi.service" sh -c '
        for to in /etc/koboshi/plan.yaml /usr/local/bin/koboshi /etc/x /usr/x /var/x /var/lib/x /run/x /home/x /root/x /boot/x /proc/sys/kernel/core_pattern /sys/kernel/x; do
            if (echo x >>"$to") 2>/dev/null; then echo "written: $to"; exit 1; fi
        done
        for to in /var/lib/koboshi/x /run/koboshi/x /tmp/x /var/tmp/x; do
            echo x >"$to" || exit 1
            rm "$to"
        done
        [ -e /dev/loop0 ] && [ -e /dev/fuse ] && [ ! -e /dev/loop-control ] && [ ! -e /dev/mem ] && [ ! -e /dev/kmsg ]'
    runs 0 "$units/koboshi.service" python3 -c '
import ctypes, errno, mmap, os, socket
def refused(what, call):
    try:
        call()
    except OSError as problem:
        assert problem.errno in (errno.EPERM, errno.EAFNOSUPPORT, errno.ENOSYS), (what, problem)
        return
    raise AssertionError(what)
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), name)
for family in socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_PACKET:
    refused(family, lambda: socket.socket(family, socket.SOCK_DGRAM if family != socket.AF_PACKET else socket.SOCK_RAW))
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()
refused("namespace", lambda: call("unshare", 0x20000))
refused("code", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
refused("module", lambda: call("syscall", 313, -1, b"", 0))
refused("clock", lambda: call("settimeofday", b"\0" * 16, None))
refused("host name", lambda: call("sethostname", b"x", 1))
refused("ptrace", lambda: call("ptrace", 16, os.getppid(), 0, 0))
'
}

@test "planted: RestrictSUIDSGID=yes would keep every restore from its files; that is why it is not set" {
    installed
    sed 's/^RestrictSUIDSGID=no/RestrictSUIDSGID=yes/' "$units/koboshi.service" >"$work/planted.service"
    runs 10 "$work/planted.service"
}

@test "a directive that the test cannot apply ends it" {
    installed
    sed 's/^PrivateTmp=yes/&\nProtectEverything=yes/' "$units/koboshi.service" >"$work/planted.service"
    runs 1 "$work/planted.service" true
    says ProtectEverything
}

@test "koboshi-watch.service writes down a disk that is here, with no capability at all" {
    installed
    is capabilities "$(sed -n 's/^CapabilityBoundingSet=//p' "$units/koboshi-watch.service")" ''
    as_job "$units/koboshi-watch.service"
    for _ in {1..150}; do
        ! grep -q disk "$out" || break
        sleep 0.1
    done
    kill -TERM "$agent"
    wait "$agent"
    says '接続されています'
    grep -q '"presence":"present"' "$work/var/ledger/ledger.jsonl"
}
