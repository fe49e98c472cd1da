# Goal: people are led through every step, each is measured, and nothing they did is lost when the program ends.
# SPDX-License-Identifier: Apache-2.0
load lib
load attend

@test "every step in order from standard input: who, note, pause, offsets; the timeline has the attended times" {
    share_tar >/dev/null
    a_plan
    mv "$disk" "$disk.away"
    start
    say +2
    asked '手順 1/5'
    asked '完了の証拠: ケーブルを外した写真'
    asked '計画の所要時間: 15分'
    say s; sleep 1.2; say n 'ケーブル3本を抜いた'
    say p; sleep 1; say r d 山田太郎
    asked '外付けHDD A を待っています'
    sleep 1.5
    mv "$disk.away" "$disk"
    asked '外付けHDD A を確認しました'
    say ''
    asked '手順 5/5'
    say 開始 ｄ 業務課長 -1 # a word and a full-width letter are understood
    ends 0
    is isolate "$(step isolate status)" good
    is by "$(step isolate by)" 山田太郎
    is who "$(step isolate who)" it_lead
    is note "$(step isolate note)" 'ケーブル3本を抜いた'
    seconds "$(step isolate ns)" 1.1 4
    seconds "$(step isolate paused_ns)" 0.9 3
    seconds "$(step fetch ns)" 1.4 20
    is fetch "$(step fetch source)" attended
    is 'by of fetch' "$(step fetch by)" 山田太郎 # Enter: who did the last step of that role
    is accepted "$(unit result.proof.accepted)" reached
    is names "$(json '.record.attended.by | join(" ")')" '山田太郎 業務課長'
    is offset "$(json '.record.clock | "\(.operator_offset_s) \(.operator_offset_end_s)"')" '2 -1'
    is sources "$(json '[.record.functions[0].parts[] | .source] | unique | join(" ")')" 'attended measured'
    is recovery "$(json '.record.functions[0].recovery_s < 60')" true
    verified
    is kept "$(kept)" ''
    exits 0 report 1 "${evidence[@]}" --lang ja
    says '立会い・手順の実施者'
    says '山田太郎（it_lead）'
    says 'メモ：ケーブル3本を抜いた'
    says '一時停止（数えない）'
    says '開始時 +2秒、終了時 -1秒'
    exits 0 report 1 "${evidence[@]}" --lang en --format html
    says 'measured, attended'
}

@test "a disk that was there from the beginning does not replace the time to fetch it" {
    share_tar >/dev/null
    a_plan
    attend 0 '\ns\nd\n山田\ns\nd\n業務課長\n\n'
    is fetch "$(step fetch source)" declared
    is part "$(json '.record.functions[0].parts[] | select(.step == "fetch") | .length_s')" 1800
    is offset "$(json '.record.clock | has("operator_offset_s")')" false
}

@test "a step is skipped only with a reason; a skipped acceptance is a warning and no L6" {
    share_tar >/dev/null
    a_plan
    attend 1 '\nk\n\nk\n模擬のため\ns\nk\n担当者が休み\n\n'
    is isolate "$(step isolate status)" not-run
    is reason "$(step isolate skipped)" 模擬のため
    is declared "$(json '.record.functions[0].parts[] | select(.step == "isolate") | "\(.source) \(.length_s)"')" 'declared 900'
    is accepted "$(unit result.proof.accepted)" not-reached
    is status "$(unit status)" conditional
    is rules "$(json '[.record.findings[] | "\(.rule) \(.severity)"] | map(select(startswith("rto") | not)) | sort | join(", ")')" 'acceptance-skipped warning, step-skipped note'
    says '省略する理由'
    exits 0 report 1 "${evidence[@]}" --lang ja
    says '省略の理由：模擬のため'
    verified
}

@test "Enter-later: times come from paper at the end, marked so; what cannot be is refused, what is odd is told" {
    share_tar >/dev/null
    a_plan
    local from until
    # the steps may have been done before the program was started
    from=$(date -d '-9 minutes' '+%F %H:%M') until=$(date -d '-4 minutes' '+%F %H:%M')
    start
    say '' a
    asked '手順 5/5'
    say t "$(date -d '-3 minutes' '+%F %H:%M')" # nothing was restored yet
    asked 'まだ確認できるものがありません'
    say "$(date '+%F %H:%M')" "$(date '+%F %H:%M:%S')" 業務課長 y
    asked '手順 1/5'
    printf '%b' "t\n25:00\n$(date -d '+2 days' '+%F %H:%M')\n$from\n$(date -d '-20 minutes' '+%F %H:%M')\n$until\n山田\ny\n\n" >&7
    ends 0
    says '未来の時刻です'
    says '終了が開始より前です'
    says '09:12 または'
    says '訓練の開始'
    is length "$(step isolate ns)" 300000000000
    is source "$(step isolate source)" attended
    is by "$(step isolate by)" 山田
    is started "$(date -d "$(step isolate started)" '+%F %H:%M')" "$from"
    [ "$(date -d "$(step isolate entered_later)" +%s)" -ge "$(date -d "$until" +%s)" ]
    is accepted "$(unit result.proof.accepted)" reached
    is proof "$(unit proof)" "$(jq -r '.units[0].proof' "$work/ledger/drills/000001/record.json")"
    is part "$(json '.record.functions[0].parts[] | select(.step == "isolate") | .length_s')" 300
    is 'marked in the timeline' "$(json '.record.functions[0].parts[] | select(.step == "isolate") | .text.ja | test("紙の記録")')" true
    exits 0 report 1 "${evidence[@]}" --lang ja
    says 'あとから記入'
    verified
}

@test "overlapping times are told" {
    share_tar >/dev/null
    a_plan
    sed -i 's/id: accept, do: manual, role: biz_owner, expect: 20m, level: L6/id: accept, do: manual, role: biz_owner, expect: 20m/' "$plan"
    attend 0 "\nt\n$(date -d '-9 minutes' '+%F %H:%M')\n$(date -d '-4 minutes' '+%F %H:%M')\n山田\ny\nt\n$(date -d '-6 minutes' '+%F %H:%M')\n$(date -d '-3 minutes' '+%F %H:%M')\n業務課長\ny\n\n"
    says '手順「感染端末をLANから切り離す（電源は切らない）」の時間と重なっています'
}

@test "killed with -9 in the middle: resumed under the same number, nothing done is lost, the gap is told" {
    share_tar >/dev/null
    a_plan
    start
    say '' s d 山田
    asked '手順 5/5'
    say s n 'ファイル5件'
    asked 'メモ'
    sleep 0.5
    kill -9 "$agent"
    wait "$agent" || true
    exec 7>&-
    is kinds "$(kinds)" 'ledger_created drill_started'
    sleep 2.2
    attend 2 '' # it waits: neither begun anew by accident nor lost
    says '--resume'
    drill 0 # another one that nobody attends goes by
    is kinds "$(kinds)" 'ledger_created drill_started drill_started drill_finished'
    exits 0 evidence verify "${evidence[@]}"
    attend 0 'y\nd\n業務課長\n\n' --resume
    says '再開します'
    is number "$(json .record.id)" 1
    is kinds "$(kinds)" 'ledger_created drill_started drill_started drill_finished drill_finished'
    is isolate "$(step isolate by)" 山田
    is restored "$(unit result.files_restored)" 5
    is list "$(json '.record.units[0].list | length')" 64
    is note "$(step accept note)" 'ファイル5件'
    is gap "$(json '.record.attended.interruptions[0] | "\(.asked) \(.counted) \(.step) \(.rebooted)"')" 'false true accept false'
    seconds "$(json '.record.attended.interruptions[0].ns')" 2 30
    seconds "$(step accept ns)" 2.2 30
    [ "$(grep -c '"restore"' "$work/ledger/drills/000001/events.jsonl")" -eq 2 ] # started and ended once
    is deviation "$(json '.record.deviations[0].ja | test("中断しました")')" true
    nothing_left
    verified
}

@test "the end of the answers stops it for later; what stood still is not counted; a disk comes meanwhile" {
    share_tar >/dev/null
    a_plan
    mv "$disk" "$disk.away"
    attend 75 '\ns\n'
    is stopped "$(json .stopped)" true
    says '--attend --resume'
    sleep 2
    attend 75 'r\nd\n山田\n' --resume
    says '外付けHDD A を待っています'
    mv "$disk.away" "$disk"
    attend 0 'r\n鈴木\ns\nd\n業務課長\n\n' --resume
    is number "$(json .record.id)" 1
    is gaps "$(json '[.record.attended.interruptions[].asked] | join(" ")')" 'true true'
    seconds "$(step isolate ns)" 0 1.5
    seconds "$(step isolate paused_ns)" 1.9 20
    nothing_left
    verified
}

@test "a restore that was cut off is done again into a fresh folder" {
    share_tar >/dev/null
    nap=7.$$ # that nobody else takes
    a_plan probes="[{command: [/usr/bin/sleep, \"$nap\"], timeout: 60s}]"
    start
    say '' s d 山田
    for _ in {1..100}; do ! pgrep -fx "/usr/bin/sleep $nap" >/dev/null || break; sleep 0.1; done
    kill -9 "$agent"
    wait "$agent" || true
    exec 7>&-
    rewrite '.units[0].at = 2 | .record.units[0].steps[2].status = "not-run"' # as if it had been killed while restoring
    attend 0 's\nd\n業務課長\n\n' --resume
    is restored "$(unit result.files_restored)" 5
    is gap "$(json '.record.attended.interruptions[0].step')" restore
    nothing_left
    verified
}

@test "after a restart of the machine times are wall differences, and marked so" {
    share_tar >/dev/null
    a_plan
    attend 75 '\ns\n'
    rewrite '.record.clock.boot_id = "00000000-0000-0000-0000-000000000000" | .start_ns = 12345 | .saved -= 600'
    touch -d '-10 minutes' "$(kept)"
    attend 0 'r\nd\n山田\ns\nd\n業務課長\n\n' --resume
    is marked "$(json '.record.attended.interruptions[0].rebooted')" true
    is clock "$(json .record.clock.boot_changed)" true
    seconds "$(json '.record.attended.interruptions[0].ns')" 595 660
    seconds "$(json .record.ns)" 0 60
    verified
}

@test "what the first call was given holds when it is resumed: the threat and what it leaves" {
    share_tar >/dev/null
    a_plan
    attend 75 '\ns\n' --threat operator_error
    attend 2 '' --resume --threat none
    says '開始時の指定がそのまま'
    attend 75 'r\nd\n山田\ns\n' --resume
    attend 0 'r\nd\n業務課長\n\n' --resume
    is threat "$(json .record.threat.id)" operator_error
    is survives "$(json '[.record.units[0].survival[].survives] | unique | join(" ")')" true
    verified
}

@test "a plan that was changed, a damaged state, and another window are refused; --discard makes it interrupted" {
    share_tar >/dev/null
    a_plan
    attend 75 '\ns\n'
    cp "$plan" "$work/plan.before"
    echo '# changed' >>"$plan"
    attend 2 '' --resume
    says '計画が変更されています'
    cp "$work/plan.before" "$plan"
    cp "$(kept)" "$work/state.before"
    rewrite '.units[0].at = 99'
    attend 10 '' --resume
    says '壊れています'
    head -c 3000 "$work/state.before" >"$(kept)"
    attend 10 '' --resume
    says '読み取れません'
    cp "$work/state.before" "$(kept)"
    start --resume
    asked '手順 1/5'
    local first=$agent
    attend 75 '' --resume
    says '別の画面で実行中です'
    attend 75 '' # it is at work, not stopped
    says '別の画面で実行中です'
    attend 75 '' --discard
    says '別の画面で実行中です'
    kill -TERM "$first" # the machine goes down: kept
    agent=$first
    ends 75
    attend 0 '\ns\nd\n山田\ns\nd\n業務課長\n\n' --discard
    is number "$(json .record.id)" 2
    is kinds "$(kinds)" 'ledger_created drill_started drill_interrupted drill_started drill_finished'
    nothing_left
    verified
    attend 2 '' --resume
    says '再開できる中断中の訓練がありません'
    exits 2 drill "$plan" all --resume "${places[@]}" --lang ja
    says '--attend と一緒に'
}

@test "what was kept and then changed by hand is not taken up; a folder that cannot be written stops no drill for later" {
    share_tar >/dev/null
    a_plan
    attend 75 '\ns\nd\n山田\ns\n'
    local file
    file=$(kept)
    cp "$file" "$work/state.before"
    # somebody who was not there has accepted
    sed -i 's/"by":"山田"/"by":"社長"/' "$file"
    attend 12 '' --resume
    says '署名が合いません'
    sed '1s/.*/&/;/BEGIN/,$d' "$work/state.before" >"$file"
    attend 12 '' --resume
    cp "$work/state.before" "$file"
    attend 0 'r\nd\n業務課長\n\n' --resume
    is by "$(step isolate by)" 山田
    is 'what it rests on' "$(json '[.record.not_proven[].ja | select(test("署名ではありません|端末からではなく|途中の古いもの"))] | length')" 3
    verified
    need_root
    cat >"$work/koboshi-ro" <<SH
#!/bin/sh
exec unshare -m sh -c 'mount -t tmpfs -o ro none /var/lib/koboshi/attended && exec "\$0" "\$@"' "$KOBOSHI_BIN" "\$@"
SH
    chmod +x "$work/koboshi-ro"
    KOBOSHI_BIN=$work/koboshi-ro attend 130 '\nq\ns\nd\n山田\n'
    says '途中経過を保存できません'
    says '後で再開する形では中断できません'
    fails says 'ここまでの記録は保存されています'
    is status "$(json .record.status)" cancelled
    is by "$(step isolate by)" 山田
    nothing_left
    verified
}

@test "killed around its last line in the ledger: a record folder without its line is written again, a state without a drill is let go" {
    share_tar >/dev/null
    a_plan
    attend 75 '\ns\nd\n山田\ns\nd\n業務課長\n'
    local file
    file=$(kept)
    cp "$file" "$work/state.before"
    mkdir "$work/ledger/drills/000001"
    echo half >"$work/ledger/drills/000001/record.json"
    attend 0 '\n' --resume
    verified
    cp "$work/state.before" "$file" # as if it had been killed before it was removed
    attend 0 '\ns\nd\n山田\ns\nd\n業務課長\n\n'
    is number "$(json .record.id)" 2
    cp "$work/state.before" "$file"
    attend 2 '' --resume
    says '再開できる中断中の訓練がありません'
    verified
}

@test "a note that is being typed when the disk comes stays a note" {
    share_tar >/dev/null
    a_plan
    mv "$disk" "$disk.away"
    start
    say '' s d 山田
    asked '外付けHDD A を待っています'
    say n
    asked 'メモ（Enter: なし）'
    mv "$disk.away" "$disk"
    sleep 4
    say 'ケーブルを探した'
    asked '外付けHDD A を確認しました'
    say 鈴木 s d 業務課長 ''
    ends 0
    is note "$(step fetch note)" 'ケーブルを探した'
    is by "$(step fetch by)" 鈴木
}

@test "Ctrl-C asks: go on, stop for later, or cancel for good" {
    share_tar >/dev/null
    a_plan
    start
    say '' s
    asked 'd 完了'
    kill -INT "$agent"
    asked '割り込みました'
    say '' d 山田 # go on
    asked '手順 5/5'
    kill -INT "$agent"
    sleep 0.5
    say q
    ends 75
    is kinds "$(kinds)" 'ledger_created drill_started'
    start --resume
    asked '手順 5/5'
    kill -INT "$agent"
    asked '割り込みました'
    say c
    ends 130
    is status "$(json .record.status)" cancelled
    is by "$(step isolate by)" 山田
    is kept "$(kept)" ''
    nothing_left
    verified
}

@test "on a terminal of 40 columns no line is wider, and the terminal stays as it was" {
    share_tar >/dev/null
    a_plan
    cat >"$work/type" <<'PY'
import os, pty, select, sys, fcntl, termios, struct, time
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 40, 0, 0))
    os.environ['TERM'] = 'xterm'
    os.execv(sys.argv[2], sys.argv[2:])
said, answers, done = b'', open(sys.argv[1]).read().split('\n')[:-1], 0
deadline = time.time() + 60
while time.time() < deadline:
    if select.select([fd], [], [], 0.2)[0]:
        try: got = os.read(fd, 65536)
        except OSError: break
        if not got: break
        said += got
    elif said.endswith(b'> ') and answers:
        blocking = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK
        os.write(fd, answers.pop(0).encode() + b'\n')
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
    printf '%s\n' '' s n '総務のPC 12台、営業のPC 8台のケーブルを抜いた' l d 山田太郎 s d 業務課長 '' >"$work/answers"
    local got=0
    timeout 90 python3 "$work/type" "$work/answers" "$KOBOSHI_BIN" drill "$plan" all --attend --lang ja "${places[@]}" >"$work/screen" 2>&1 || got=$?
    tr '\r' '\n' <"$work/screen" >"$out"
    is exit "$got" 0
    sed 's/\x1b\[K//g' "$out" | awk '/^月次訓練/ { exit } { print }' >"$work/talk"
    grep -q '手順 1/5' "$work/talk"
    # what the person types is echoed behind "> " and may be longer
    grep -v '^> ' "$work/talk" >"$work/lines"
    [ "$(wc -L <"$work/lines")" -lt 40 ] || { awk '{ print length, $0 }' "$work/lines"; return 1; }
    iconv -f UTF-8 -t UTF-8 "$work/lines" >/dev/null
    fails grep -qE '^ *[、。）」]' "$work/lines"
    is accepted "$(jq -r '.units[0].result.proof.accepted' "$work/ledger/drills/000001/record.json")" reached
}

@test "people are called as the plan calls them, and their names are offered" {
    share_tar >/dev/null
    a_plan
    sed -i 's/^systems:/roles:\n  it_lead: {title: 復旧責任者, primary: {who: 総務 山田}}\n  biz_owner: {title: 業務責任者, primary: {who: 業務課長 佐藤}}\n&/' "$plan"
    attend 0 '\ns\nd\n\ns\nd\n\n\n'
    says '担当: 復旧責任者（総務 山田）'
    is names "$(json '.record.attended.by | join(", ")')" '総務 山田, 業務課長 佐藤'
    is accepted "$(unit result.proof.accepted)" reached
}

@test "a drill that nobody attends is as before" {
    share_tar >/dev/null
    a_plan
    drill 0
    is attended "$(json '.record | has("attended")')" false
    is isolate "$(step isolate status)" not-run
    is by "$(json '[.record.units[].steps[] | has("by") or has("ended") or has("paused_ns")] | any')" false
    is accepted "$(unit result.proof.accepted)" not-applicable
}
