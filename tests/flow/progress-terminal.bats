# Goal: progress fits a narrow terminal with Japanese names, and elsewhere is plain lines without escape codes.
# SPDX-License-Identifier: Apache-2.0
load lib

# a worker that only says how far it is: 40 of 100 MiB, at a long name
a_slow_worker() {
    mkdir -p "$work/bin"
    cp "$KOBOSHI_BIN" "$work/bin/koboshi"
    cat >"$work/bin/koboshi-worker" <<SH
#!/bin/bash
say() { local n=\$(printf %s "\$1" | wc -c); printf "\\\\0\\\\0\\\\x\$(printf %02x \$((n >> 8)))\\\\x\$(printf %02x \$((n & 255)))%s" "\$1" >&3; }
head -c 60 | grep -qa '"stage":"verify"' || exec "$(dirname "$KOBOSHI_BIN")/koboshi-worker"
say '{"kind":"hello","build_id":"$("$(dirname "$KOBOSHI_BIN")/koboshi-worker" --version)"}'
say '{"kind":"confined","confinement":{"landlock_abi":2,"landlock_rights":"files","seccomp":"allow-list","no_new_privs":true,"uid":0,"user":"root","capabilities":"none","complete":false,"lacking":{"ja":"隔離","en":"confinement"}}}'
for mib in 0 20 40; do
    say "{\"kind\":\"progress\",\"progress\":{\"bytes\":\$((mib << 20)),\"bytes_total\":$((100 << 20)),\"entry\":\"総務部門共有資料／令和八年度（第二四半期）／就業規則の改訂案ソ表能.txt\",\"phase\":\"read\"}}"
    sleep 0.3
done
say '{"kind":"end"}'
SH
    chmod +x "$work/bin/koboshi-worker"
    KOBOSHI_BIN=$work/bin/koboshi
}

on_terminal() { # on_terminal COLUMNS ARG…: what koboshi writes to a terminal of this width
    local columns=$1
    shift
    script -qefc "stty cols $columns; $(printf '%q ' "$KOBOSHI_BIN" "$@")" "$work/typescript" >/dev/null </dev/null || true
    sed -e '1d' -e '$d' "$work/typescript" | tr -d '\n' | awk 'BEGIN { RS = "\r" } /^\033\[K[^\033]/ { print substr($0, 4) }' >"$work/bars"
}

@test "on 40, 20 and 3 columns no bar is wider than the terminal, and figures come before names" {
    share_tar >/dev/null
    a_slow_worker
    for columns in 40 20 3; do
        on_terminal "$columns" verify "$disk/共有/share-20261120.tar" --lang ja --sandbox=best-effort "${places[@]}"
        [ "$(wc -l <"$work/bars")" -ge 2 ] || { cat -v "$work/typescript"; return 1; }
        [ "$(wc -L <"$work/bars")" -lt "$columns" ] || { cat "$work/bars"; return 1; }
    done
    on_terminal 40 verify "$disk/共有/share-20261120.tar" --lang ja --sandbox=best-effort "${places[@]}"
    grep -q '40%' "$work/bars"
    grep -q '40.0 MiB' "$work/bars"
    iconv -f UTF-8 -t UTF-8 "$work/bars" >/dev/null # never half a character
    on_terminal 200 verify "$disk/共有/share-20261120.tar" --lang ja --sandbox=best-effort "${places[@]}"
    grep -q '就業規則の改訂案ソ表能.txt' "$work/bars"
    # 20 MiB in each 0.3 s: the rate is neither that of the whole run nor infinite
    grep -Eq '(5|6)[0-9] MiB/s' "$work/bars" || { cat "$work/bars"; return 1; }
}

@test "without a terminal there is no escape code, and none of color with --no-color on one" {
    share_tar >/dev/null
    write_plan
    drill_text 0 ja
    fails grep -q "$(printf '\033')" "$out" "$err"
    drill 0
    fails grep -q "$(printf '\033')" "$out" "$err"
    script -qefc "$(printf '%q ' "$KOBOSHI_BIN" drill "$plan" all --no-color --lang ja --sandbox=best-effort "${places[@]}")" "$work/typescript" >/dev/null </dev/null
    fails grep -q "$(printf '\033\\[[0-9;]*m')" "$work/typescript"
    script -qefc "$(printf '%q ' "$KOBOSHI_BIN" drill "$plan" all --lang ja --sandbox=best-effort "${places[@]}")" "$work/typescript" >/dev/null </dev/null
    grep -q "$(printf '\033\\[[0-9;]*m')" "$work/typescript" # planted: it is there otherwise
}
