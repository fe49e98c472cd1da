# shellcheck shell=bash disable=SC2154 # $work and its like are of lib.bash
# SPDX-License-Identifier: Apache-2.0
# What tests of attended drills share: answers typed into a drill, and what it then has to say.

# isolate (manual), fetch (wait_medium), restore, usable (probe), accept (manual, L6)
a_plan() { # a_plan [KEY=VALUE…]: as write_plan
    write_plan steps='      - {id: isolate, do: manual, role: it_lead, expect: 15m, ja: 感染端末をLANから切り離す（電源は切らない）, en: Take infected PCs off the LAN, done: ケーブルを外した写真}
      - {id: fetch, do: wait_medium, role: it_lead, media: [disk], expect: 30m, ja: HDDを取り出し、検証機に接続する, en: Fetch the disk}' \
        probes='[{files: "**/*.csv", at_least: 1}]' \
        functions='{order: {title: {ja: 受発注, en: Orders}, owner: 営業, rto: 8h, rpo: 36500d, needs: [files]}}' "$@"
    sed -i 's/^drills:/      - {id: accept, do: manual, role: biz_owner, expect: 20m, level: L6, ja: 業務担当が代表ファイルを開いて確認する, en: Look at files, done: 確認者の署名}\n&/' "$plan"
    a_key >/dev/null
}

attend() { # attend STATUS ANSWERS [ARG…]: answers line by line on standard input, JSON in $out, what was asked in $err
    local want=$1 answers=$2 got=0
    shift 2
    printf '%b' "$answers" >"$work/answers"
    timeout -k 5 60 "$KOBOSHI_BIN" drill "$plan" all --attend --json --no-color --lang ja "${places[@]}" "$@" <"$work/answers" >"$out" 2>"$err" || got=$?
    is exit "$got" "$want"
}

start() { # start [ARG…]: the same with answers that come one by one: say LINE; $agent is its process
    rm -f "$work/in" "$err" # what an earlier one said is not what this one says
    : >"$err"
    mkfifo "$work/in"
    env --default-signal=INT "$KOBOSHI_BIN" drill "$plan" all --attend --json --no-color --lang ja "${places[@]}" "$@" <"$work/in" >"$out" 2>"$err" 3>&- &
    agent=$!
    exec 7>"$work/in"
}

say() { printf '%s\n' "$@" >&7; }

asked() { # asked TEXT: waits until it has been said
    for _ in {1..300}; do
        ! grep -qF -- "$1" "$err" || return 0
        kill -0 "$agent" 2>/dev/null || break
        sleep 0.1
    done
    echo "never said: $1"
    cat "$out" "$err"
    return 1
}

ends() { # ends STATUS: the drill that was started
    local got=0
    exec 7>&-
    wait "$agent" || got=$?
    is exit "$got" "$1"
}

step() { json ".record.units[0].steps[] | select(.id == \"$1\") | .$2"; }
seconds() { awk -v ns="$1" -v from="$2" -v to="$3" 'BEGIN { exit !(ns >= from * 1e9 && ns <= to * 1e9) }' || is "$1 ns" "$1" "$2 s to $3 s"; }
kinds() { jq -r .kind "$work/ledger/ledger.jsonl" | xargs; }
kept() { find "$(state)" -name "$(sed -n '1s/^koboshi //p' "$work/ledger/checkpoint" 2>/dev/null || echo none)-*" 2>/dev/null; }
state() { if [ "$(id -u)" -eq 0 ]; then echo /var/lib/koboshi/attended; else echo "$XDG_STATE_HOME/koboshi/attended"; fi; }

# rewrite JQ: what is kept of the drill, as if koboshi itself had written it so: signed with its key
rewrite() {
    sed -n 1p "$(kept)" | jq -cj "$1" >"$work/rewritten"
    cat >"$work/sign" <<'PY'
import base64, hashlib, subprocess, sys, textwrap
key, message = sys.argv[1], open(sys.argv[2], 'rb').read()
field = lambda b: len(b).to_bytes(4, 'big') + b
names = field(b'koboshi-attended') + field(b'') + field(b'sha512')
signed = b'SSHSIG' + names + field(hashlib.sha512(message).digest())
open(sys.argv[2] + '.signed', 'wb').write(signed)
raw = subprocess.run(['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', key, '-in', sys.argv[2] + '.signed'], check=True, capture_output=True).stdout
public = subprocess.run(['openssl', 'pkey', '-in', key, '-pubout', '-outform', 'DER'], check=True, capture_output=True).stdout[-32:]
kind = b'ssh-ed25519'
blob = b'SSHSIG' + (1).to_bytes(4, 'big') + field(field(kind) + field(public)) + names + field(field(kind) + field(raw))
print(message.decode() + '\n-----BEGIN SSH SIGNATURE-----\n' + '\n'.join(textwrap.wrap(base64.b64encode(blob).decode(), 70)) + '\n-----END SSH SIGNATURE-----')
PY
    python3 "$work/sign" "$work/keys/agent.pem" "$work/rewritten" >"$(kept)"
}

eval "all_$(declare -f teardown)" # of lib.bash
teardown() {
    exec 7>&-
    all_teardown
    kept | xargs -r rm -f
}

verified() { # the ledger is what was signed, for koboshi and for stock tools
    exits 0 evidence verify "${evidence[@]}" --key "$(a_key)"
    exits 0 evidence export "${evidence[@]}" -o "$work/pack"
    (cd "$work/pack" && sh verify.sh "$(a_key)") >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
    rm -r "$work/pack"
}

disk_pair() { # disk_pair DISK_KEYS DISK_B_KEYS: BK-A and BK-B, each with a generation, and a plan whose step waits for either
    need_root
    local a b
    a=$(make_disk a BK-A) b=$(make_disk b BK-B)
    share_tar >/dev/null
    cp -r "$disk/共有" "$work/mnt/a/"
    cp -r "$disk/共有" "$work/mnt/b/"
    umount "$work/mnt/a" "$work/mnt/b"
    a_plan medium="{kind: hdd, label: BK-A, fs_uuid: \"$a\"$1}"
    sed -i -e "s/^backup_sets:/  disk-b: {kind: hdd, label: BK-B, fs_uuid: \"$b\"$2}\n&/" \
        -e 's/copies: \[\(.*\)\]/copies: [\1, {medium: disk-b, path: "共有\/share-%Y%m%d.tar"}]/' \
        -e 's/media: \[disk\]/media: [disk, disk-b]/' "$plan"
}
