# Goal: whoever stops reading early (`| head`) is left in peace: no message, the status that other tools have; a result that
# is not good stays one; an output that cannot be written for another reason is told.
# SPDX-License-Identifier: Apache-2.0
load lib

gone() { # descriptor 3 goes into a pipe that nobody reads
    rm -f "$work/fifo"
    mkfifo "$work/fifo"
    : <"$work/fifo" &
    exec 3>"$work/fifo"
    wait
}

piped() { # piped VERB ARG…: into a reader that has left; prints the status
    gone
    local got=0
    timeout -k 5 60 "$KOBOSHI_BIN" "$@" >&3 2>"$err" || got=$?
    exec 3>&-
    echo "$got"
}

quiet() { # quiet STATUS VERB ARG…
    local want=$1
    shift
    is "status of $*" "$(piped "$@")" "$want"
    is "what $* says" "$(cat "$err")" ''
}

@test "verbs that print end as other tools do, without a word" {
    share_tar >/dev/null
    write_plan
    drill 0
    # 141: by SIGPIPE, as a shell shows it
    local cat=0
    (gone && cat "$plan" >&3) || cat=$?
    is 'status of cat' "$cat" 141
    quiet 141 report 1 "${evidence[@]}"
    quiet 141 report 1 --format html "${evidence[@]}"
    quiet 141 report 1 --format json "${evidence[@]}"
    quiet 141 report 1 --json "${evidence[@]}"
    quiet 141 evidence list "${evidence[@]}"
    quiet 141 status "$plan" "${evidence[@]}"
    quiet 141 schema
    quiet 141 --help
    quiet 141 --version
    quiet 141 verify --help
    quiet 141 verify "$disk/共有/share-20261120.tar"
    is 'status of a drill' "$(piped drill "$plan" all --json "${places[@]}")" 141
    exits 0 evidence verify "$work/ledger" # the drill was written all the same
    is drills "$(find "$work/ledger/drills" -name record.json | wc -l)" 2
}

@test "a bad backup keeps its status; a full disk under the output is told" {
    share_tar >/dev/null
    local tar=$disk/共有/share-20261120.tar
    flip_at "$tar" "$(LC_ALL=C grep -abo -m 1 目印 "$tar" | cut -d : -f 1)"
    quiet 1 verify "$tar" --manifest "$disk/共有/share-20261120.sha256"
    write_plan
    local got=0
    "$KOBOSHI_BIN" schema >/dev/full 2>"$err" || got=$?
    is status "$got" 10
    grep -q 'could not be written' "$err"
}
