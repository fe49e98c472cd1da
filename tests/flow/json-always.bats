# Goal: with --json there is exactly one object on standard output whatever happens, and everything else is on stderr.
# SPDX-License-Identifier: Apache-2.0
load lib

one_object() { # one_object STATUS VERB ARG…
    exits "$@"
    is objects "$(jq -s length "$out")" 1
    is exit "$(json .exit)" "$1"
    is verb "$(json .verb)" "$2"
}

@test "an option that is none, a missing value, too many arguments" {
    one_object 2 drill --nosuch --json --lang en plan.yaml
    says '--nosuch'
    one_object 2 status --json --lang
    one_object 2 seal --json
    one_object 2 verify --json --sandbox=strict x
}

@test "a verb that is none" {
    one_object 2 nosuch --json
    exits 2 --json
    is objects "$(jq -s length "$out")" 1
}

@test "a plan that is invalid" {
    printf 'koboshi: 1\nplan: {id: x\n' >"$plan"
    one_object 3 drill "$plan" --json "${places[@]}"
    one_object 3 verify --plan "$plan" --json "${places[@]}"
    one_object 3 check "$plan" --json
}

@test "no key: 15 with the command that makes one; an unreadable folder of keys is not called missing" {
    share_tar >/dev/null
    write_plan
    one_object 15 drill "$plan" --json --lang en "${places[@]}"
    says 'koboshi keygen'
    one_object 15 verify --plan "$plan" --json --lang en "${places[@]}"
    [ "$(id -u)" -eq 0 ] || skip 'needs root to be somebody else'
    mkdir -p "$work/shut/keys"
    chmod 700 "$work/shut"
    chmod a+rx "$work" "$BATS_RUN_TMPDIR"
    got=0
    setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$KOBOSHI_BIN" verify --plan "$plan" --json --lang en \
        --ledger /tmp/none --keys "$work/shut/keys" --scratch /tmp/none >"$out" 2>"$err" || got=$?
    is exit "$got" 11
    is objects "$(jq -s length "$out")" 1
}

@test "a ledger signed with another key than the plan names: drill and verify both refuse" {
    share_tar >/dev/null
    write_plan
    a_key >/dev/null
    printf 'evidence: {key: "SHA256:%s"}\n' "$(printf 'A%.0s' {1..43})" >>"$plan"
    one_object 15 drill "$plan" --json --lang en "${places[@]}"
    one_object 15 verify --plan "$plan" --json --lang en "${places[@]}"
}

@test "seal of a damaged backup: findings in the object, nothing sealed" {
    tar=$(share_tar zst)
    a_key >/dev/null
    truncate -s -1000 "$tar"
    one_object 1 seal "$tar" -o "$work/list" --json "${places[@]}"
    [ "$(json '.findings | length')" -gt 0 ]
    [ ! -e "$work/list" ]
}

@test "verify goes on after a path that cannot be read" {
    tar=$(share_tar)
    one_object 10 verify "$work/nosuch" "$tar" --json --lang en "${places[@]}"
    is statuses "$(json '[.items[].status] | join(" ")')" 'failed good'
    says 'nosuch'
    exits 10 verify "$work/nosuch" "$tar" --lang ja --no-color "${places[@]}"
    says 'OK'
}

@test "the record is shown also when the report cannot be made; the exit status says that it could not" {
    share_tar >/dev/null
    write_plan
    a_key >/dev/null
    # after the record, only the report is left to do, in a process of its own; an output folder in its way stops it
    # whoever waits for it has to be there in time on a busy machine too
    local first=()
    ! chrt -f 1 true 2>/dev/null || first=(chrt -f 1)
    # shellcheck disable=SC2016
    "${first[@]}" bash -c 'while [ ! -d "$1" ]; do :; done; mkdir "$1/report.html"' - "$work/ledger/drills/000001" 3>&- &
    one_object 10 drill "$plan" all --json --lang en "${places[@]}"
    is record "$(json .record.status)" completed
    is report "$(json .report_file)" null
    grep -q 'koboshi report 1 --format html' "$err"
}

@test "a full disk under the ledger stops the drill before it starts" {
    need_root
    share_tar >/dev/null
    write_plan
    a_key >/dev/null
    mkdir -p "$work/mnt/small"
    mount -t tmpfs -o size=4m none "$work/mnt/small"
    one_object 10 drill "$plan" all --json --lang en --ledger "$work/mnt/small/ledger" --keys "$work/keys" --scratch "$work/scratch"
    umount "$work/mnt/small"
    says '16 MiB must be free'
}

@test "a full disk under the scratch is said; the backup is not called damaged" {
    need_root
    share_tar >/dev/null
    write_plan
    a_key >/dev/null
    mkdir -p "$work/mnt/small"
    mount -t tmpfs -o size=100k,mode=755 none "$work/mnt/small"
    got=0
    "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${evidence[@]}" --scratch "$work/mnt/small" >"$out" 2>"$err" || got=$?
    is structure "$(unit result.proof.structure)" reached
    left=$(find "$work/mnt/small" -mindepth 1)
    umount "$work/mnt/small"
    is exit "$got" 1
    found space
    is left "$left" ''
}
