# Goal: recovery time and age of data are counted as declared and measured, and judged against RTO and RPO.
# SPDX-License-Identifier: Apache-2.0
load lib

at=2026-11-23T09:00:00+09:00 # 59 hours after the backup of 2026-11-20 22:00

judged() { # judged RTO RPO [RTO_FROM]: fetch 30m + accept 20m declared, the restore itself takes seconds
    share_tar >/dev/null
    write_plan head="rto_from: ${3:-activation}" medium='{kind: folder, mount: disk, title: 外付けHDD A, retrieval: 30m}' \
        functions="{order: {title: 受発注, rto: $1, rpo: $2, needs: [files]}}" \
        steps='      - {id: fetch, do: wait_medium, role: 復旧責任者, media: [disk], ja: HDDを取り出す}'$'\n''      - {id: isolate, do: manual, role: 復旧責任者, expect: 20m, ja: LANから切り離す}'
}

function_is() { json ".record.functions[0].$1"; }

@test "both met" {
    judged 1h 60h
    drill 0 --disrupted-at "$at"
    is age "$(function_is age_s)" $((59 * 3600))
    is time "$(function_is time)" met
    is data "$(function_is data)" met
    seconds=$(function_is recovery_s)
    [ "$seconds" -ge $((50 * 60)) ]
    [ "$seconds" -le $((52 * 60)) ]
    is sources "$(json '[.record.functions[0].parts[].source] | unique | join(" ")')" 'declared measured'
}

@test "detection that nobody declared is never taken for zero" {
    judged 1h 60h disruption
    drill 0 --disrupted-at "$at"
    is time "$(function_is time)" conditional
    is note "$(json '[.record.findings[] | select(.severity == "note") | .rule] | join(" ")')" rto-unknown
}

@test "data older than the RPO" {
    judged 1h 58h
    drill 1 --disrupted-at "$at"
    found rpo-missed
    is verdicts "$(json '.record.verdict | [.restore, .time, .data] | join(" ")')" 'met met missed'
    drill_text 1 ja --disrupted-at "$at"
    says '2日11時間'
    says '未達'
}

@test "recovery longer than the RTO" {
    judged 49m 60h
    drill 1 --disrupted-at "$at"
    found rto-missed
    is verdicts "$(json '.record.verdict | [.restore, .time, .data] | join(" ")')" 'met missed met'
}

@test "only generations at or before the disruption are used" {
    judged 1h 60h
    cp "$disk/共有/share-20261120.tar" "$disk/共有/share-20261123.tar"
    touch -d '2026-11-23 10:00' "$disk/共有/share-20261123.tar"
    drill 0 --disrupted-at "$at"
    is file "$(unit file)" 共有/share-20261120.tar
}
