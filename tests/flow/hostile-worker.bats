# Goal: whatever a worker says (wrong types, impossible figures, messages out of order, half of one), the drill ends, is
# never good for it, is recorded, and nothing of it reaches a terminal or a file as control characters.
# SPDX-License-Identifier: Apache-2.0
load lib

lying() { # a plan with all there is to lie about, and koboshi beside the worker that lies
    liar=${KOBOSHI_BIN%/*}/lying_worker
    [ -x "$liar" ] || liar=$repo/build/dev/bin/lying_worker
    [ -x "$liar" ] || skip 'needs build/dev/bin/lying_worker, which comes with the preset dev'
    share_tar >/dev/null
    canary=$(hash_of "$work/tree/総務/canary.txt")
    write_plan manifest='共有/share-%Y%m%d.sha256' probes='[{files: "**", at_least: 2}]' \
        expect="{min_files: 3, min_bytes: 100B, canary: [{path: 総務/canary.txt, sha256: $canary}]}" "$@"
    honest=$KOBOSHI_BIN
    mkdir -p "$work/bin"
    cp "$KOBOSHI_BIN" "$liar" "$work/bin/"
    mv "$work/bin/lying_worker" "$work/bin/koboshi-worker"
    KOBOSHI_BIN=$work/bin/koboshi
    bad=0
    a_key >/dev/null
}

lie() { printf '%s %s\n' "$(dirname "$honest")/koboshi-worker" "$*" >"$work/bin/lie"; }

# told EXIT LIE…: a drill with this lie ends so ("14": as a fault; "1,14": one of these), and is never called good
told() {
    local want=$1 got=0 problem=''
    shift
    lie "$*"
    timeout -k 5 60 "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$out" 2>"$err" </dev/null || got=$?
    case ,$want, in *,$got,*) ;; *) problem="exit $got, expected $want" ;; esac
    [ "$got" -eq 0 ] || ! jq -e '.record.status == "good" or ([.record.units[]?.status] | index("good"))' "$out" >/dev/null 2>&1 || problem+=' called good'
    ! grep -qE 'AddressSanitizer|LeakSanitizer|runtime error' "$out" "$err" || problem+=' sanitizer report'
    clean || problem+=' control characters'
    [ -z "$problem" ] || { bad=$((bad + 1)); printf 'LIE %.200s: %s\n' "$*" "$problem"; [ -z "${VERBOSE:-}" ] || head -c 1500 "$out" "$err"; }
}

clean() { # no control characters in what was printed and recorded last
    local last
    last=$(find "$work/ledger/drills" -mindepth 1 -maxdepth 1 2>/dev/null | sort | tail -n 1)
    ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$out" "$err" ${last:+"$last"/record.json "$last"/report.html "$work/ledger/ledger.jsonl"} 2>/dev/null
}

lied() { # after all of them: nothing was lost, nothing is left
    exits 0 evidence verify "${evidence[@]}"
    nothing_left
    [ "$bad" -eq 0 ] || { echo "$bad lies were not met as they should"; return 1; }
}

@test "the worker between passes on what an honest one says" {
    lying
    lie any nothing omit
    drill 0
    all_good
}

@test "the form of messages: framing, JSON, kinds, order" {
    lying drill='max_duration: 3s'
    told 14 restore hello bytes 0000000568656c6c
    told 14 restore result bytes ffffffff
    told 14 restore result wide 1048577
    told 14 restore result text "{}"
    told 14 restore result text "[1]"
    told 14 restore result text "nonsense"
    told 14 restore result text '{"kind":"result","kind":"end"}'
    told 14 restore result text '{"kind":"nothing"}'
    told 14 restore result text '{"kind":"result","result":null}'
    told 14 restore result text "{\"kind\":$(printf '[%.0s' {1..3000})"
    told 14 restore result put result 3000 '[]'
    told 14 restore result text $'{"kind":"end","peak_bytes":1,"x":"\xff\xfe"}'
    told 14 restore result text '{"kind":"result","result":{"detected":"a\u0000b"}}'
    told 14 restore hello omit
    told 14 restore hello twice
    told 14 restore hello set build_id '"koboshi 0.0.0"'
    told 14 restore hello drop build_id
    told 14 restore hello set result '{}'
    told 14 restore confined omit
    told 14 restore confined after 1
    told 14 restore confined twice
    told 14 restore result omit
    told 14 restore result twice
    told 14 probe result twice
    told 14 restore result after 1
    told 14 restore end twice
    told 14 restore result text '{"kind":"medium","medium":{"medium":"disk","status":"ready"}}'
    told 14 restore result text '{"kind":"seen","seen":{"path":"a","kind":"file","mtime":"2026-11-20T00:00:00Z"}}'
    told 14 restore result text '{"kind":"fault","fault":{"code":0}}'
    told 14 restore result text '{"kind":"fault","fault":{"code":-130}}'
    told 1,14 restore result half
    told 1 restore result hang
    told 1 restore result close
    told 1 restore end stay
    told 0,1,14 restore end child
    told 14 restore confined flood
    lied
}

@test "the fields of a result: types and ranges" {
    lying
    for field in files folders links skipped bytes_read files_compared files_restored probes canaries read_ns; do
        for value in -1 1e308 9223372036854775808 '"5"' null true '[]' '{}'; do told 14 restore result set "result.$field" "$value"; done
    done
    for field in sha256 manifest_sha256 manifest_kind detected; do
        for value in 5 '[]' '{"ja":"x"}'; do told 14 restore result set "result.$field" "$value"; done
    done
    lied
}

@test "figures that cannot be" {
    lying
    told 14 restore result set result.files 9223372036854775807
    told 14 restore result set result.bytes_read 9223372036854775807
    told 14 restore result set result.files_compared 9223372036854775807
    told 14 restore result set result.files_matched 6
    told 14 restore result set result.files_matched 4
    told 14 restore result set result.files_restored 0
    told 14 restore result set result.files_reread 4
    told 14 restore result set result.files_reread 6
    told 14 restore result set result.files_restored 9223372036854775807
    told 14 restore result set result.bytes_restored 9223372036854775807
    told 14 restore result set result.bytes_unpacked 9223372036854775807
    told 14 restore result set result.bytes_unpacked 10
    told 1,14 restore result set result.bytes_read 0
    told 1,14 restore result set result.files 0
    told 14 restore result set result.files 1
    told 14 restore result set result.canaries 0
    told 14 restore result set result.canaries 5
    told 14 restore result set result.canaries_good 0
    told 14 restore result set result.probes 1
    told 14 probe result set result.probes 0
    told 14 probe result set result.probes 7
    told 14 probe result set result.probes_good 0
    told 14 probe result set result.probes_good 9223372036854775807
    told 14 restore result set result.files_judged 9223372036854775807
    told 14 restore result set result.files_odd 9223372036854775807
    told 14 restore result set result.files_decrypted 9223372036854775807
    told 14 restore result set result.read_ns 9223372036854775807
    told 14 restore result set result.reread_ns 9223372036854775807
    told 14 restore result set result.sha256 '"abc"'
    told 14 restore result set result.manifest_sha256 '"../../etc"'
    told 14 restore result drop result.manifest_sha256
    told 14 restore result drop result.proof
    told 14 restore result set result.proof.read '"not_reached"'
    told 14 restore result set result.proof.accepted '"reached"'
    told 14 restore result set result.proof.opened '"reached"'
    told 14 probe result set result.proof.accepted '"reached"'
    told 14 restore result set result.proof.hash '"not_applicable"'
    told 14 restore result set result.coverage '"none"'
    told 14 restore result set result.coverage '"sample"'
    told 14 restore result set result.sample '{"percent":10,"seed":1,"files":5,"files_taken":5,"bytes":1,"bytes_taken":1,"file_ns":0,"byte_ns":0,"also":0}'
    told 14 restore result put result.segments 9 '{}'
    told 14 restore result set result.freshness '{"files":5,"now":5,"recent":0,"older":0,"never":0}'
    told 14 restore confined set confinement.complete false
    told 14 restore confined set confinement.no_new_privs false
    told 14 restore confined set confinement.landlock_abi 0
    told 14 restore confined set confinement.landlock_abi -9223372036854775808
    lied
}

@test "texts: control characters, length, findings of no rule" {
    lying
    esc='"\u001b[2J\u001b]0;owned\u0007\u0000"'
    told 14 restore result set result.detected "$esc"
    esc='"\u001b[2J\u001b]0;owned\u0007\r\u009b31m\u202e"'
    for field in detected manifest_kind caveats.0; do told 0,14 restore result set "result.$field" "$esc"; done
    told 0,14 restore result put result.caveats 5000 "$esc"
    told 0,14 restore result put result.manifest_digests 5000 "$esc"
    told 0,1,14 restore confined set confinement.capabilities "$esc"
    told 14 restore progress put progress.entry 3 "$esc"
    finding='"set":"other","medium":"other","file":"/etc/passwd","entry":"\u001b[31m","title":"\u001b[31m","found":"\u001b[31m"'
    told 14 restore confined text "{\"kind\":\"finding\",\"finding\":{\"rule\":\"x\",\"severity\":\"bad\",\"axis\":\"restore\",$finding}}"
    told 14 restore result text "{\"kind\":\"finding\",\"finding\":{\"rule\":\"entry-differs\",\"severity\":\"note\",\"axis\":\"time\",$finding}}"
    told 14 restore confined text "{\"kind\":\"finding\",\"finding\":{\"rule\":\"entry-differs\",\"severity\":\"bad\",\"axis\":\"time\",\"count\":-9223372036854775808,$finding}}"
    lied
}

@test "what the worker of a medium says: states, generations" {
    lying
    told 14 media-open generation set generation.path '"../../../../../etc/passwd"'
    told 14 media-open generation set generation.path '"/etc/passwd"'
    told 14 media-open generation set generation.path '""'
    told 14 media-open generation set generation.manifest '"../share/x"'
    told 14 media-open generation set generation.set '"other"'
    told 14 media-open generation set generation.copy 7
    told 14 media-open generation set generation.copy -9223372036854775808
    told 14 media-open generation set generation.bytes 9223372036854775807
    told 14 media-open generation set generation.bytes -9223372036854775807
    told 1,14 media-open generation set generation.point_in_time '"9999-12-31T23:59:59Z"'
    told 0,1,14 media-open generation set generation.point_in_time '"0001-01-01T00:00:00Z"'
    told 14 media-open generation set generation.point_in_time '"yesterday"'
    told 14 media-open generation put generation.segments 2000 '{"path":"a"}'
    told 14 media-open generation set generation.segments '[{"path":"../../etc/passwd"}]'
    told 1 media-open generation omit
    told 14 media-open medium omit
    told 14 media-open medium set medium.root '"relative"'
    told 14 media-open medium drop medium.root
    told 14 media-open medium set medium.status '"good"'
    told 14 media-open medium set medium.bytes -9223372036854775807
    told 0,14 media-open medium set medium.detail '"\u001b[2J"'
    told 14 media-open medium text '{"kind":"result","result":{}}'
    told 14 media-open end omit
    lied
}
