# Goal: a command step of a procedure runs confined over what was restored, and is judged by its exit status.
# SPDX-License-Identifier: Apache-2.0
load lib

command_plan() { # command_plan SCRIPT: a procedure that restores, then runs it
    share_tar >/dev/null
    write_plan manifest='共有/share-%Y%m%d.sha256'
    sed -i 's/^      - {id: restore, do: restore}/&\n      - {id: convert, do: command, command: [.\/convert.sh, 総務], expect: 5m, ja: 変換する}/' "$plan"
    printf '#!/bin/sh\n%s\n' "$1" >"$work/convert.sh"
    chmod 755 "$work" "$work/convert.sh"
}

@test "a command that ends well is a good step, measured" {
    command_plan 'test -f 総務/canary.txt && echo converted'
    drill 0
    all_good
    is step "$(unit 'steps[1] | [.id, .do, .status, .source] | join(" ")')" 'convert command good measured'
    [ "$(unit 'steps[1].ns')" -gt 0 ]
    exits 0 report "${evidence[@]}" --lang ja
    says '変換する'
}

@test "one that fails is a finding with its output, and fails the unit" {
    command_plan 'echo 変換表がありません; exit 3'
    drill 1
    found probe-command
    is status "$(unit status)" failed
    [[ $(json '.record.findings[] | select(.rule == "probe-command") | .found.ja') == *変換表がありません* ]]
}

@test "it cannot write outside of what was restored" {
    command_plan "echo x >'$work/outside.txt' && exit 0; echo kept inside"
    chmod 777 "$work"
    drill 0
    [ ! -e "$work/outside.txt" ]
}
