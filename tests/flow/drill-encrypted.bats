# Goal: an encrypted backup is opened with its key and with nothing else, and the key is seen nowhere.
# SPDX-License-Identifier: Apache-2.0
load lib

secret='kJ7x-correct horse' # 7z refuses others for zip

packed() { # packed KIND: the tree as zip or 7z with this secret; its key in $work/key
    make_tree "$work/tree"
    mkdir -p "$disk/控え"
    hashes "$work/tree" | sed 's|  \./|  |' >"$disk/控え/share-20261120.sha256"
    printf '%s\n' "$secret" >"$work/key"
    printf 'wrong horse\n' >"$work/wrong"
    case $1 in
        zip) (cd "$work/tree" && 7z a -tzip -mem=AES256 "-p$secret" "$disk/控え/share-20261120.zip" 総務 営業 技術 >/dev/null) ;;
        7z) (cd "$work/tree" && 7z a -mhe=on "-p$secret" "$disk/控え/share-20261120.7z" 総務 営業 技術 >/dev/null) ;;
    esac
    chmod 600 "$disk/控え/share-20261120.$1" # of the account that made it alone
    write_plan path="控え/share-%Y%m%d.$1" manifest='控え/share-%Y%m%d.sha256'
    sed -i 's|manifest: "控え/share-%Y%m%d.sha256"|&, encryption: {kind: '"${2:-zip-aes}"', key: backup-key}|' "$plan"
    cat >>"$plan" <<YAML
keys:
  backup-key: {title: 控えのパスフレーズ, stored: [{place: 金庫（封緘）, kind: paper}]}
YAML
}

opened() { # opened DECRYPTED: a drill that the key opened
    all_good
    is key_used "$(unit key_used)" backup-key
    is decrypted "$(unit result.files_decrypted)" "$1"
    is matched "$(unit result.files_matched)" 5
    is proof "$(unit proof)" L4
    cmp "$work/tree/技術/図面.bin" "$(find "$work/scratch" -name 図面.bin)"
}

@test "zip with AES: opened by its key file, each entry held against the manifest, the key named in the record" {
    packed zip
    drill 0 --key-file "backup-key=$work/key" --keep
    opened 5
}

@test "7z with an encrypted directory: the same" {
    packed 7z 7z
    drill 0 --key-file "$work/key" --keep
    opened 4 # a 7z has nothing to encrypt in an empty file
}

@test "without a key, with a wrong one, and with a flipped byte it is red, and never opened" {
    packed zip
    drill 1
    found encrypted
    is key_used "$(unit key_used)" null
    drill 1 --key-file "$work/wrong"
    one_of rule "$(json '[.record.findings[].rule] | contains(["encrypted"])')" true
    is key_used "$(unit key_used)" null
    flip_at "$disk/控え/share-20261120.zip" 200000
    drill 1 --key-file "$work/key"
    says 'Authentication code'
}

@test "7z without a key, with a wrong one, cut" {
    packed 7z 7z
    drill 1
    is 'found encrypted' "$(json '[.record.findings[].rule] | contains(["encrypted"])')" true
    drill 1 --key-file "$work/wrong"
    says 'the key given does not open it'
    truncate -s -1000 "$disk/控え/share-20261120.7z"
    drill 1 --key-file "$work/key"
    is status "$(unit status)" failed
}

@test "a key that the plan does not have and a key file that is not there are told before anything runs" {
    packed zip
    drill 2 --key-file "other=$work/key"
    says 'the plan has no key'
    drill 10 --key-file "backup-key=$work/nothing"
    says 'cannot be opened'
    : >"$work/empty"
    drill 15 --key-file "backup-key=$work/empty"
}

@test "on a terminal the passphrase is asked for, and not shown while it is typed" {
    packed zip
    a_key >/dev/null
    cat >"$work/type.py" <<'PY'
import os, pty, sys
secret = os.environ["TYPED"].encode()
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
typed = False
while True:
    try:
        got = os.read(fd, 65536)
    except OSError:
        break
    if not got:
        break
    seen += got
    if not typed and "Enter".encode() in seen:
        typed = True
        os.write(fd, secret + b"\n")
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status))
PY
    TYPED=$secret timeout 60 python3 "$work/type.py" "$KOBOSHI_BIN" drill "$plan" all --lang ja "${places[@]}" >"$out" 2>"$err"
    says '控えのパスフレーズ'
    says 'OK'
    fails grep -qF "$secret" "$out"
}

@test "Ctrl-C, Ctrl-\\ and a lost line at the question give the terminal its echo back; Ctrl-Z does not stop it half asked" {
    packed zip
    a_key >/dev/null
    cat >"$work/leave.py" <<'PY'
import os, pty, signal, sys, termios, time
for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT), (None, signal.SIGHUP)):
    ours, theirs = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.login_tty(theirs) if hasattr(os, "login_tty") else (os.setsid(), __import__("fcntl").ioctl(theirs, termios.TIOCSCTTY, 0), [os.dup2(theirs, n) for n in (0, 1, 2)])
        os.execv(sys.argv[1], sys.argv[1:])
    seen = b""
    while b"Enter" not in seen:
        seen += os.read(ours, 65536)
    for _ in range(100):
        if not termios.tcgetattr(theirs)[3] & termios.ECHO:
            break
        time.sleep(0.05)
    else:
        sys.exit("typing is shown")
    os.write(ours, b"\x1a")
    time.sleep(0.3)
    if os.waitpid(pid, os.WNOHANG | os.WUNTRACED) != (0, 0):
        sys.exit("stopped by Ctrl-Z")
    if key:
        os.write(ours, key)
    else:
        os.kill(pid, number)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != number:
        sys.exit(f"{number}: ended as {status}")
    if not termios.tcgetattr(theirs)[3] & termios.ECHO:
        sys.exit(f"{number}: no echo")
    os.close(theirs)
    os.close(ours)
print("echo is back")
PY
    timeout 60 python3 "$work/leave.py" "$KOBOSHI_BIN" drill "$plan" all --lang ja "${places[@]}" >"$out" 2>"$err"
    says 'echo is back'
}

@test "the secret is in no argument, environment, open file, log, record, scratch or dump, not even while it is used" {
    need_root
    packed 7z 7z
    noise 96000000 7 >"$work/tree/技術/大きい.bin" # long enough to be looked at
    rm "$disk/控え/share-20261120.7z"
    (cd "$work/tree" && 7z a -mx=1 -mhe=on "-p$secret" "$disk/控え/share-20261120.7z" 総務 営業 技術 >/dev/null)
    hashes "$work/tree" | sed 's|  \./|  |' >"$disk/控え/share-20261120.sha256"
    a_key >/dev/null
    ulimit -c unlimited
    mv "$work/key" "$work/key-file"
    rm "$work/wrong"
    "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" --key-file "$work/key-file" >"$out" 2>"$err" &
    agent=$!
    program=''
    while [ -z "$program" ] && kill -0 "$agent" 2>/dev/null; do
        for worker in $(pgrep -P "$agent"); do
            program=$(pgrep -P "$worker" -f '^7zz x -so .*/proc/self/fd/9' || true)
            [ -z "$program" ] || kill -STOP "$program" 2>/dev/null || program='' # it was through with its work
            [ -z "$program" ] || break
        done
        sleep 0.02
    done
    [ -n "$program" ] # 7zz runs, with the key in it
    kill -STOP "$worker" "$agent"
    for pid in "$agent" "$worker" "$program"; do
        cat "/proc/$pid/cmdline" "/proc/$pid/environ" >>"$work/proc" 2>/dev/null || true
        for fd in "/proc/$pid/fd"/*; do
            case $(readlink "$fd") in /memfd:* | "$work"/*) cat "$fd" >>"$work/proc" 2>/dev/null || true ;; esac
        done
        [ "$pid" = "$agent" ] || # which only opened the key file
            is "core limit of $pid" "$(awk '/^Max core file size/ {print $5, $6}' "/proc/$pid/limits")" '0 0'
    done
    grep -qaF 7zz "$work/proc" # it was looked at
    kill -CONT "$program" "$worker" "$agent"
    wait "$agent"
    all_good
    rm "$work/key-file"
    fails grep -raqF --exclude-dir=tree "$secret" "$work" /dev/shm /run/koboshi
}
