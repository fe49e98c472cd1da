# Goal: what verify says fits a terminal of any usual width, in Japanese and English; into a pipe or file nothing is wrapped.
# SPDX-License-Identifier: Apache-2.0
load lib

on_terminal() { # on_terminal COLUMNS ARG…: what stands there in the end, without the bars, in $work/screen
    local columns=$1
    shift
    script -qefc "stty cols $columns; $(printf '%q ' "$KOBOSHI_BIN" "$@")" "$work/typescript" >/dev/null </dev/null || true
    sed -e '1d' -e '$d' "$work/typescript" | tr -d '\n' | tr '\r' '\n' | sed 's/^\x1b\[K.*\x1b\[K//; s/\x1b\[[0-9;]*[mK]//g' >"$work/screen"
    grep -q 'SHA-256' "$work/screen" || { cat -v "$work/typescript"; return 1; }
}

narrower() { # narrower COLUMNS
    [ "$(grep -v '█' "$work/screen" | wc -L)" -lt "$1" ] || { cat "$work/screen"; return 1; }
}

joined() { sed 's/[ │]//g' "$1" | tr -d '\n'; }

@test "80 and 40 columns, with Japanese names; nothing gets lost" {
    export TERM=xterm
    share_tar >/dev/null
    mkdir "$work/tree/とても長い名前のフォルダ"
    cp "$work/tree/技術/図面.bin" "$work/tree/とても長い名前のフォルダ/受発注・配送計画および設備更新工事の図面（改訂第二版）.bin"
    tar -C "$work/tree" -cf "$disk/共有/share-20261120.tar" .
    hashes "$work/tree" | sed '/bin/s/^./f/' >"$disk/共有/share-20261120.sha256"
    write_plan manifest='共有/share-%Y%m%d.sha256'
    a_key >/dev/null
    cd "$disk/共有"
    for columns in 80 40; do
        for lang in ja en; do
            on_terminal "$columns" verify share-20261120.tar --manifest share-20261120.sha256 --lang "$lang" "${places[@]}"
            narrower "$columns"
            on_terminal "$columns" verify --plan "$plan" --lang "$lang" "${places[@]}"
            narrower "$columns"
        done
    done
    joined "$work/screen" | grep -qF '受発注・配送計画および設備更新工事の図面（改訂第二版）.bin'
    exits 1 verify share-20261120.tar --manifest share-20261120.sha256 --lang ja "${places[@]}"
    says '  share-20261120.tar  6 ファイル  '
    says '場所: とても長い名前のフォルダ/受発注・配送計画および設備更新工事の図面（改訂第二版）.bin'
    says '次: このファイルは別の世代か控えから復元してください。'
}
