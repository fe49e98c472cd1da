# Goal: what a valid plan asks for and will not get is said by check, with what to write instead.
# SPDX-License-Identifier: Apache-2.0
load lib

warnings() { # warnings N: the plan is valid, with so many
    exits 0 check "$plan" --json
    is warnings "$(json '.warnings | length')" "$1"
}

@test "a folder without a date in its path and without method: mirror" {
    mkdir -p "$disk/共有"
    write_plan format=tree path='共有'
    warnings 1
    exits 0 check "$plan" --lang ja
    # shellcheck disable=SC2016
    says '注意: share: フォルダ 共有 のパスに日付がありません。常に最新に保つ写しなら `method: mirror` と書いてください'
    says '日付を書いてください（共有-%Y%m%d）'
    exits 0 check "$plan" --lang en
    says 'warning: share: the folder 共有 has no date in its path'
    write_plan format=tree path='共有' set='method: mirror'
    warnings 0
    write_plan format=tree path='共有-%Y%m%d'
    warnings 0
    write_plan format=tree path='共有-*'
    warnings 0
    write_plan format=tree path='共有' manifest='共有.sha256'
    warnings 0
    write_plan path='共有/share.tar'
    warnings 0
}
