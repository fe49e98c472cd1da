# Goal: init writes a plan that loads and the key, all or nothing, over nothing; answers and samples go in as they are;
# a scan changes nothing on what it looks at.
# SPDX-License-Identifier: Apache-2.0
load lib

@test "a starter plan passes check in both languages, and the key is made once" {
    local lang
    for lang in ja en; do
        exits 0 init "$work/$lang" --lang "$lang" --keys "$work/keys"
        exits 0 check "$work/$lang/plan.yaml"
        grep -q '^koboshi: 1' "$work/$lang/plan.yaml"
    done
    grep -q 'はじめての復旧計画' "$work/ja/plan.yaml"
    grep -q 'Recovery plan' "$work/en/plan.yaml"
    is 'fingerprints in the plans' "$(grep -ho 'SHA256:[^"]*' "$work"/{ja,en}/plan.yaml | sort -u | wc -l)" 1
    is 'mode of the key' "$(stat -c %a "$work/keys/agent.pem")" 600
    ssh-keygen -lf "$work/keys/agent.pub" | grep -qF "$(grep -ho 'SHA256:[^"]*' "$work/ja/plan.yaml")"
}

@test "nothing that is there is replaced" {
    mkdir "$work/dir"
    printf 'mine\n' >"$work/dir/plan.yaml"
    exits 2 init "$work/dir" --keys "$work/keys"
    says plan.yaml
    is plan "$(cat "$work/dir/plan.yaml")" mine
    [ ! -e "$work/keys" ]
    ln -s nowhere "$work/link.yaml"
    mkdir "$work/dir2"
    ln -s "$work/elsewhere" "$work/dir2/plan.yaml"
    exits 2 init "$work/dir2" --keys "$work/keys"
    [ ! -e "$work/elsewhere" ]
    exits 2 init "$work/dir/plan.yaml" --keys "$work/keys"
    a_key >/dev/null
    cp "$work/keys/agent.pem" "$work/before.pem"
    exits 0 init "$work/dir3" --keys "$work/keys"
    cmp "$work/keys/agent.pem" "$work/before.pem"
}

@test "what fails leaves nothing behind" {
    : >"$work/file"
    fails exits 0 init "$work/a/b/c" --keys "$work/file/keys" # the key cannot be made there
    [ ! -e "$work/a" ]
    fails exits 0 init "$work/d" --keys "$work/keys" --scan "$work/not-there"
    fails exits 0 init "$work/d" --keys "$work/keys" --scan "$work/file"
    fails exits 0 init "$work/d" --keys "$work/keys" --scan "$disk" --scan "$work/./disk"
    mkdir "$work/empty"
    exits 1 init "$work/d" --keys "$work/keys" --scan "$work/empty" --lang en
    says 'Nothing there looks like a backup'
    exits 1 init "$work/d" --keys "$work/keys" --scan "$work/empty" --json
    is exit "$(json .exit)" 1
    [ ! -e "$work/d" ]
    [ ! -e "$work/keys" ]
}

@test "samples: copied after loading, listed when the name is none of them" {
    exits 0 init "$work/s" --from first --keys "$work/keys"
    cmp "$work/s/plan.yaml" "$repo/plans/first.yaml"
    local sample
    for sample in "$repo"/plans/*.yaml; do
        sample=$(basename "$sample" .yaml)
        exits 0 init "$work/of-$sample" --from "$sample" --keys "$work/keys"
        exits 0 check "$work/of-$sample/plan.yaml"
    done
    exits 2 init "$work/t" --from nothing-such --keys "$work/keys" --lang en
    says 'first  A first recovery plan'
    exits 2 init "$work/t" --from ../plans/first --keys "$work/keys"
    [ ! -e "$work/t" ]
}

ask() { # ask STATUS FILE: init --ask with these answers
    local got=0
    timeout -k 5 60 "$KOBOSHI_BIN" init "$work/asked" --ask --keys "$work/keys" --lang ja <"$2" >"$out" 2>"$err" || got=$?
    [ "$got" -eq "$1" ] || { echo "exit $got, expected $1"; cat "$out" "$err"; return 1; }
}

@test "answers in office words become the plan; the end of the input leaves nothing" {
    printf '%s\n' 'サンプル燃料株式会社 #1' 'エネルギー供給業' '受発注: 配送' '業務課長' '３日' '4:00' '4' '８時間' '2日' '総務: 田中' '090-0000-0002' '業務課長' '金庫「本社」' '１時間 30分' >"$work/answers"
    ask 0 "$work/answers"
    exits 0 check "$work/asked/plan.yaml"
    grep -qF 'organization: {name: "サンプル燃料株式会社 #1", industry: エネルギー供給業}' "$work/asked/plan.yaml"
    grep -qF 'title: "受発注: 配送"' "$work/asked/plan.yaml"
    grep -qF 'mtpd: 3d' "$work/asked/plan.yaml"
    grep -qF 'rto: 8h' "$work/asked/plan.yaml"
    grep -qF 'rpo: 2d' "$work/asked/plan.yaml"
    grep -qF 'retrieval: 90m' "$work/asked/plan.yaml"
    grep -qF 'primary: {who: "総務: 田中", phone: "090-0000-0002"}' "$work/asked/plan.yaml"
    grep -qF 'deputy: {who: 業務課長}' "$work/asked/plan.yaml"
    ask 2 "$work/answers"
    rm -r "$work/asked" "$work/keys"
    printf '会社\n' >"$work/answers"
    ask 130 "$work/answers"
    [ ! -e "$work/asked" ]
    [ ! -e "$work/keys" ]
}

@test "Ctrl-C at a question leaves nothing; on a terminal Enter skips the questions" {
    mkfifo "$work/silent"
    sleep 30 >"$work/silent" &
    local got=0
    timeout --foreground -s INT 2 "$KOBOSHI_BIN" init "$work/asked" --ask --keys "$work/keys" <"$work/silent" >"$out" 2>"$err" || got=$?
    is status "$got" 124
    says '[1/12]'
    [ ! -e "$work/asked" ]
    [ ! -e "$work/keys" ]
    : >"$err"
    printf '\n' | TERM=xterm script -qefc "$(printf '%q ' "$KOBOSHI_BIN" init "$work/asked" --keys "$work/keys" --lang ja)" "$out" >/dev/null
    says '12個の質問に今答えますか'
    fails says '[1/12]'
    exits 0 check "$work/asked/plan.yaml"
}

@test "a disk that is mounted for writing is scanned without a change to it" {
    need_root
    make_disk a BK-A >/dev/null
    share_tar zst >/dev/null
    cp -r "$disk/共有" "$work/mnt/a/"
    find "$work/mnt/a" -exec touch -a -d '2020-01-01' {} +
    sync
    find "$work/mnt/a" -printf '%p %A@ %T@ %C@\n' | sort >"$work/before" 2>/dev/null
    umount "$work/mnt/a"
    mount_image "$work/a.img" "$work/mnt/a" strictatime
    debugfs -R 'stat /共有' "$work/a.img" 2>/dev/null | grep -a atime >"$work/atime.before"
    exits 0 init "$work/plan" --scan "$work/mnt/a" --keys "$work/keys" --lang en
    says 'BK-A' || says 'bk-a'
    sync
    umount "$work/mnt/a"
    debugfs -R 'stat /共有' "$work/a.img" 2>/dev/null | grep -a atime >"$work/atime.after"
    [ -s "$work/atime.before" ]
    cmp "$work/atime.before" "$work/atime.after"
}

@test "--json lists what was found" {
    share_tar zst >/dev/null
    printf x >"$disk/メモ.txt"
    exits 0 init "$work/p" --scan "$disk" --keys "$work/keys" --json
    is path "$(json '.sets[0].copies[0].path')" '共有/share-%Y%m%d.tar.zst'
    is unknown "$(json '.unknown[0].first')" 'メモ.txt'
    is plan "$(json .plan)" "$work/p/plan.yaml"
}

@test "thresholds are four fifths of what was counted, and never nothing" {
    share_tar >/dev/null # five files
    mkdir "$disk/one"
    tar -C "$work/tree" -cf "$disk/one/one-20261120.tar" 総務/canary.txt
    touch -d '2026-11-20 22:00' "$disk/one/one-20261120.tar"
    exits 0 init "$work/p" --scan "$disk" --keys "$work/keys"
    is thresholds "$(grep -o 'min_files: [0-9]*' "$work/p/plan.yaml" | sort | xargs)" 'min_files: 1 min_files: 4'
}
