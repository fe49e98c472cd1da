# Goal: wherever the agent is killed, the ledger is made whole by the next run, and what happened stays visible.
# SPDX-License-Identifier: Apache-2.0
load lib

first_drill() {
    share_tar >/dev/null
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 0
    cp -a "$work/ledger" "$work/settled"
}

size_signed() { sed -n 2p "$work/ledger/checkpoint"; }
lines() { wc -l <"$work/ledger/ledger.jsonl"; }

# With one line more than was signed: what a kill between fdatasync and rename leaves.
one_unsigned() {
    cp -a "$work/settled/ledger.jsonl" "$work/was"
    drill 0
    head -n $(($(wc -l <"$work/was") + 1)) "$work/ledger/ledger.jsonl" >"$work/lines"
    rm -rf "$work/ledger"
    cp -a "$work/settled" "$work/ledger"
    cp "$work/lines" "$work/ledger/ledger.jsonl"
    [ "$(lines)" -eq $(($(size_signed) + 1)) ]
}

@test "one line beyond the checkpoint: reported, then adopted in a line that names its hash" {
    first_drill
    one_unsigned
    adopted=$(tail -n 1 "$work/ledger/ledger.jsonl" | sha256sum | cut -d ' ' -f 1)
    exits 1 evidence verify "${evidence[@]}" --lang en
    says 'never signed'
    drill 0
    is 'adopted' "$(jq -r 'select(.kind == "recovered") | .adopted_sha256' "$work/ledger/ledger.jsonl")" "$adopted"
    exits 0 evidence verify "${evidence[@]}"
}

@test "two lines beyond the checkpoint: a fault, and nothing is signed" {
    first_drill
    drill 0
    for file in checkpoint checkpoint.sig; do cp "$work/settled/$file" "$work/ledger/$file"; done
    [ "$(lines)" -eq $(($(size_signed) + 2)) ]
    before=$(hash_of "$work/ledger/checkpoint.sig")
    exits 1 evidence verify "${evidence[@]}"
    drill 12
    is signature "$(hash_of "$work/ledger/checkpoint.sig")" "$before"
}

@test "a torn last line is cut and said, a torn signed line is not" {
    first_drill
    printf '{"seq":4,"prev":"' >>"$work/ledger/ledger.jsonl"
    drill 0
    is 'cut' "$(jq -r 'select(.kind == "recovered") | .cut_bytes' "$work/ledger/ledger.jsonl")" 17
    exits 0 evidence verify "${evidence[@]}"
    truncate -s -5 "$work/ledger/ledger.jsonl"
    drill 12
}

@test "killed for real at each of its renames: the next drill finishes and the chain verifies" {
    command -v strace >/dev/null || skip 'needs strace to kill at an exact system call'
    strace -o /dev/null true || skip 'may not trace processes here'
    first_drill
    between=0
    for n in {1..40}; do
        rm -rf "$work/ledger" "$work/scratch"
        mkdir "$work/scratch"
        cp -a "$work/settled" "$work/ledger"
        got=0
        # LeakSanitizer cannot run under ptrace
        ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e trace=renameat,renameat2,rename \
            -e inject=renameat,renameat2,rename:signal=KILL:when="$n" \
            "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$out" 2>"$err" </dev/null || got=$?
        [ "$got" -ne 0 ] || break
        is "exit at rename $n" "$got" 137
        [ "$(lines)" -le "$(size_signed)" ] || between=$((between + 1))
        drill 0
        exits 0 evidence verify "${evidence[@]}"
        [ "$(jq -r 'select(.kind == "drill_started" or .kind == "drill_finished" or .kind == "drill_interrupted") | .kind' \
            "$work/ledger/ledger.jsonl" | grep -c started)" -ge 2 ]
    done
    is 'the last run' "$got" 0
    # planted: at least once the line was there and its checkpoint was not
    [ "$between" -ge 1 ]
}
