# Goal: a worker is confined in full or refuses; what was reached is told; the self-test shows it on any machine.
load lib

worker() { printf '%s/koboshi-worker\n' "$(dirname "$(readlink -f "$KOBOSHI_BIN")")"; }

selftest() { # selftest STATUS [ARG…]: the self-test in $out
    local want=$1 got=0
    shift
    timeout -k 5 200 "${before[@]}" "$work/worker" selftest "$@" >"$out" 2>"$err" </dev/null || got=$?
    is 'exit of the self-test' "$got" "$want"
}

green() { # green ABI UID: nothing is as it must not be, and everything was tried
    selftest 0 --json "${@:3}"
    is bad "$(json '[.trials[] | select(.good | not) | .attempt] | unique | join(" ")')" ''
    is levels "$(json '[.trials[] | [.level, .programs | tostring] | join("/")] | unique | join(" ")')" \
        'cleanup/false media/false probe/false read/false read/true restore/false restore/true'
    [ "$(json .tried)" -ge 150 ] && [ "$(json '.trials | length')" -eq "$(json .tried)" ]
    [ "$(json .landlock_abi)" -ge 2 ] && [ "$(json .landlock_abi)" -le "$1" ]
    is uid "$(json .uid)" "$2"
    # what each level is for works
    is fills "$(json '[.trials[] | select(.attempt == "fill-scratch" and .outcome == "possible" and .expected == "possible") | .level] | unique | join(" ")')" 'probe restore'
    is reads "$(json '[.trials[] | select(.attempt == "read-source" and .outcome == "possible")] | length')" 6
    is clears "$(json '[.trials[] | select(.attempt == "clear-scratch" and .expected == "possible" and .good) | .level] | unique | join(" ")')" 'cleanup probe restore'
    is 'left in /tmp' "$(find /tmp -maxdepth 1 -name 'koboshi-selftest-*' -newer "$work/worker" -user "$2")" ''
}

# without landlock|seccomp|openat2 COMMAND…: as on a kernel that was built without it
without() {
    cat >"$work/without.py" <<'PY'
import ctypes, os, struct, sys
BLOCKED = {"landlock": [(444, None)], "seccomp": [(317, None), (157, 22)], "openat2": [(437, None)]}  # x86-64; prctl(PR_SET_SECCOMP)
LOAD, EQUAL, RETURN, ALLOW, ERRNO = 0x20, 0x15, 0x06, 0x7fff0000, 0x00050000
code = []
for number, argument in BLOCKED[sys.argv[1]]:
    # the whole of a row is skipped where it does not fit
    row = [(LOAD, 0, 0, 0), (EQUAL, 0, 1 if argument is None else 3, number)]
    if argument is not None:
        row += [(LOAD, 0, 0, 16), (EQUAL, 0, 1, argument)]
    code += row + [(RETURN, 0, 0, ERRNO | 38)]
code.append((RETURN, 0, 0, ALLOW))
text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in code))
class Program(ctypes.Structure):
    _fields_ = [("n", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, ctypes.byref(Program(len(code), ctypes.addressof(text))), 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execv(sys.argv[2], sys.argv[2:])
PY
    [ "$(uname -m)" = x86_64 ] || skip 'the numbers of system calls are those of x86-64'
    printf '#!/bin/sh\nexec python3 %q %s %q "$@"\n' "$work/without.py" "$1" "$KOBOSHI_BIN" >"$work/koboshi"
    chmod +x "$work/koboshi"
}

setup_worker() {
    cp "$(worker)" "$work/worker"
    chmod 755 "$work/worker" "$work"
    before=(env)
}

@test "the self-test is green here, and on a kernel of Landlock ABI 2" {
    setup_worker
    uid=$(id -u)
    [ "$uid" -ne 0 ] || uid=$(id -u koboshi-worker)
    green 99 "$uid"
    green 2 "$uid" --landlock-abi 2
    is abi "$(json .landlock_abi)" 2
}

@test "it is green for an ordinary user" {
    [ "$(id -u)" -eq 0 ] || skip 'not root: the test before this one was it'
    setup_worker
    before=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    green 99 65534
    green 2 65534 --landlock-abi 2
}

@test "people read it as a table, in both languages; a wrong order is a usage error" {
    setup_worker
    selftest 0 --lang en
    says 'use io_uring'
    says ', 0 not as they must be'
    selftest 0 --lang ja
    says '問題 0件'
    is lines "$(wc -l <"$out")" 34
    selftest 2 --landlock-abi two
    selftest 2 --unknown
}

@test "a drill tells what was reached, in record and report" {
    share_tar >/dev/null
    write_plan probes='[{command: [/bin/true]}]'
    drill 0
    all_good
    is complete "$(unit confinement.complete)" true
    is seccomp "$(unit confinement.seccomp)" deny-list # of the check, which came last
    is no_new_privs "$(unit confinement.no_new_privs)" true
    is capabilities "$(unit confinement.capabilities)" none
    [ "$(unit confinement.landlock_abi)" -ge 2 ]
    [[ $(unit confinement.landlock_rights) == 'files, refer'* ]]
    [ "$(id -u)" -ne 0 ] || is user "$(unit confinement.user)" koboshi-worker
    exits 0 report --format html --lang ja "${evidence[@]}"
    says 'seccomp 拒否リスト方式、no_new_privs あり'
    write_plan
    drill 0
    is seccomp "$(unit confinement.seccomp)" allow-list
}

@test "no seccomp in the kernel: refused with 13, unless best effort was asked for, and then the record says so" {
    without seccomp
    share_tar >/dev/null
    write_plan
    a_key >/dev/null
    KOBOSHI_BIN=$work/koboshi drill 13
    says 'system calls could not be filtered (seccomp): '
    nothing_left
    KOBOSHI_BIN=$work/koboshi drill 0 --sandbox=best-effort
    is seccomp "$(unit confinement.seccomp)" none
    is complete "$(unit confinement.complete)" false
    [[ $(unit confinement.lacking.en) == *'a socket can be made'* ]]
    exits 0 report --format html --lang ja "${evidence[@]}"
    says 'seccomp なし'
}

@test "no Landlock in the kernel: the same" {
    without landlock
    share_tar >/dev/null
    write_plan
    a_key >/dev/null
    KOBOSHI_BIN=$work/koboshi drill 13
    says 'this kernel has no Landlock'
    KOBOSHI_BIN=$work/koboshi drill 0 --sandbox=best-effort
    is landlock "$(unit confinement.landlock_abi)" 0
    is complete "$(unit confinement.complete)" false
    is seccomp "$(unit confinement.seccomp)" allow-list
    KOBOSHI_BIN=$(worker) without landlock
    cp "$work/koboshi" "$work/worker"
    before=(env)
    selftest 13 --json
    is exit "$(json .exit)" 13
    says 'this kernel has no Landlock'
}

@test "no openat2, as under Landlock before ABI 3: folders and archives are read, restored and checked all the same" {
    without openat2
    share_tar >/dev/null
    write_plan probes="[{sha256: 総務/canary.txt, is: \"$(printf '復旧訓練の印\n' | sha256sum | cut -d ' ' -f 1)\"}, {files: '**', at_least: 3}]"
    a_key >/dev/null
    KOBOSHI_BIN=$work/koboshi drill 0
    all_good
    is complete "$(unit confinement.complete)" true
    make_tree "$disk/tree-20261120"
    write_plan format=tree path=tree-%Y%m%d
    KOBOSHI_BIN=$work/koboshi drill 0
    all_good
}

@test "a check that opens a socket, a new namespace or somebody else's process is told no; pipes and threads are its own" {
    share_tar >/dev/null
    cat >"$work/check.py" <<'PY'
#!/usr/bin/python3
import ctypes, os, socket, subprocess, threading
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
    try:
        socket.socket(family)
        raise SystemExit("a socket of family %d" % family)
    except PermissionError:
        pass
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) == 0 or libc.ptrace(16, os.getppid(), 0, 0) == 0 or libc.mount(b"x", b"/tmp", b"tmpfs", 0, None) == 0:
    raise SystemExit("not stopped")
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
if subprocess.run("echo one | tr o O", shell=True, capture_output=True).stdout != b"One\n":
    raise SystemExit("no pipe")
print("held")
PY
    chmod +x "$work/check.py"
    chmod o+x "$work"
    write_plan probes="[{command: [./check.py], expect: '== held'}]"
    drill 0
    all_good
}
