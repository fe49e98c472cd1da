#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks this folder of evidence without Koboshi: sh verify.sh [FINGERPRINT]
# Koboshi なしで証跡を検証します: sh verify.sh [鍵のフィンガープリント]
# Needs sha256sum (or shasum), sed, awk, ssh-keygen or openssl, and cat cmp dirname find fold grep head mkdir mktemp od paste
# rm sort split tail tr wc xargs.
# Exit / 終了コード: 0 good 正常, 1 not as signed 署名時と違う, 2 cannot check 検証できない
# shellcheck disable=SC2086 # $sum is a command with its options
set -u
LC_ALL=C
export LC_ALL
wanted=${1-}
bad=0
say() { printf '%s\n' "$1" "  $2"; }
fail() { bad=1; say "NG: $1" "$2"; }
stop() { say "ERROR: $1" "$2"; exit 2; }
has() { command -v "$1" >/dev/null 2>&1; }

cd "$(dirname "$0")" || exit 2
if has sha256sum; then sum=sha256sum
elif has shasum; then sum='shasum -a 256'
else stop "neither sha256sum nor shasum is here" "sha256sum も shasum もありません"; fi
for f in ledger.jsonl checkpoint checkpoint.sig allowed_signers agent.pub.pem; do
    [ -s "$f" ] || { fail "$f is missing or empty" "$f がないか、空です"; exit 1; }
done
odd=$(find . ! -type f ! -type d | head -n 1)
[ -z "$odd" ] || { fail "$odd is neither a file nor a folder" "$odd はファイルでもフォルダでもありません"; exit 1; }
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

# --- the signature of the checkpoint -------------------------------------------------------------------------------
# SSHSIG of an Ed25519 key in namespace koboshi-ledger, hash sha512, is 184 bytes; see openssh PROTOCOL.sshsig.
by_openssl() {
    sed -e 1d -e '$d' checkpoint.sig | openssl base64 -d >"$tmp/blob" 2>/dev/null
    [ "$(wc -c <"$tmp/blob")" -eq 184 ] || return 1
    openssl pkey -pubin -in agent.pub.pem -pubout -outform DER 2>/dev/null | tail -c 32 >"$tmp/key"
    [ "$(wc -c <"$tmp/key")" -eq 32 ] || return 1
    { printf '\000\000\000\013ssh-ed25519\000\000\000\040'; cat "$tmp/key"; } >"$tmp/keyblob"
    {
        printf 'SSHSIG\000\000\000\001\000\000\000\063'; cat "$tmp/keyblob"
        printf '\000\000\000\016koboshi-ledger\000\000\000\000\000\000\000\006sha512\000\000\000\123'
        printf '\000\000\000\013ssh-ed25519\000\000\000\100'
    } >"$tmp/head"
    head -c 120 "$tmp/blob" | cmp -s - "$tmp/head" || return 1
    tail -c 64 "$tmp/blob" >"$tmp/raw"
    {
        printf 'SSHSIG\000\000\000\016koboshi-ledger\000\000\000\000\000\000\000\006sha512\000\000\000\100'
        openssl dgst -sha512 -binary checkpoint
    } >"$tmp/signed"
    openssl pkeyutl -verify -pubin -inkey agent.pub.pem -rawin -in "$tmp/signed" -sigfile "$tmp/raw" >/dev/null 2>&1 || return 1
    key_openssl="SHA256:$(openssl dgst -sha256 -binary "$tmp/keyblob" | openssl base64 | tr -d '=\n')"
    # these bytes written in this one way: what decodes to the same is not what was written
    {
        echo '-----BEGIN SSH SIGNATURE-----'
        openssl base64 -A -in "$tmp/blob" | fold -w 70
        printf '\n-----END SSH SIGNATURE-----\n'
    } | cmp -s - checkpoint.sig || return 1
    [ "$(sed 's/ koboshi$//; s/.* //' allowed_signers)" = "$(openssl base64 -A -in "$tmp/keyblob")" ] || other_files=1
    openssl pkey -pubin -in agent.pub.pem -pubout 2>/dev/null | cmp -s - agent.pub.pem || other_files=1
}
by_ssh_keygen() {
    signer=$(sed -n '1s/ .*//p' allowed_signers)
    ssh-keygen -Y verify -f allowed_signers -I "$signer" -n koboshi-ledger -s checkpoint.sig <checkpoint >"$tmp/said" 2>/dev/null ||
        return 1
    key_ssh=$(sed -n '1s/^Good "koboshi-ledger" signature for .* with ED25519 key \(SHA256:[A-Za-z0-9+/]*\)$/\1/p' "$tmp/said")
    [ -n "$key_ssh" ]
}
key='' key_ssh='' key_openssl='' tools='' good=1 other_files=0
if has ssh-keygen; then tools=ssh-keygen; by_ssh_keygen || good=0; fi
if has openssl; then tools="$tools openssl"; by_openssl || good=0; fi
[ -n "$tools" ] || stop "neither ssh-keygen nor openssl is here" "ssh-keygen も openssl もありません"
key=${key_ssh:-$key_openssl}
if [ $good -eq 0 ]; then
    fail "the signature does not fit the checkpoint ($tools)" "署名がチェックポイントと合いません"
elif [ -n "$key_ssh" ] && [ -n "$key_openssl" ] && [ "$key_ssh" != "$key_openssl" ]; then
    fail "allowed_signers and agent.pub.pem hold different keys" "allowed_signers と agent.pub.pem の鍵が違います"
elif [ -n "$wanted" ] && [ "$wanted" != "$key" ]; then
    fail "signed by another key: expected $wanted, found $key" "別の鍵で署名されています: 期待 $wanted、実際 $key"
fi
# one line, of the signer that the first line of the ledger names; the key in it was compared above
signer=$(sed -n '1s/^{.*,"signer":"\([^" ]*\)".*}$/\1/p' ledger.jsonl)
named=$(sed -n 's/^\([^" ]*\) namespaces="koboshi-ledger" ssh-ed25519 [A-Za-z0-9+/]\{68\} koboshi$/\1/p' allowed_signers)
printf '%s\n' "$(cat allowed_signers)" 2>/dev/null | cmp -s - allowed_signers || other_files=1
if [ $other_files -ne 0 ] || [ -z "$named" ] || [ "$named" != "$signer" ]; then
    fail "allowed_signers or agent.pub.pem is not as it was written" "allowed_signers または agent.pub.pem が書き込み時と違います"
fi

# --- the chain of lines ---------------------------------------------------------------------------------------------
origin=$(sed -n 1p checkpoint) size=$(sed -n 2p checkpoint) head=$(sed -n 3p checkpoint)
ok=1
case $origin in koboshi\ *[!0-9a-f-]* | koboshi\ ) ok=0 ;; koboshi\ *) ;; *) ok=0 ;; esac
case $size in '' | *[!0-9]* | 0*) ok=0 ;; esac
case $head in *[!0-9a-f]*) ok=0 ;; esac
[ ${#head} -eq 64 ] && [ "$(wc -l <checkpoint)" -eq 3 ] || ok=0
if [ $ok -eq 0 ]; then
    fail "the checkpoint is damaged" "チェックポイントが壊れています"
    size=0
fi
# One file per line, so that one process hashes many lines; the other columns are read off the lines' fixed beginning.
mkdir "$tmp/lines" || exit 2
(cd "$tmp/lines" && split -l 1 -a 6 - l) <ledger.jsonl || exit 2
(cd "$tmp/lines" && find . -type f | sort | xargs $sum) | sed 's/ .*//' >"$tmp/hashes"
sed -e 's/^{"seq":\([1-9][0-9]*\),"prev":"\([0-9a-f]\{64\}\)","format":1,"kind":"\([a-z_]*\)","time":"[^"]*".*}$/\1 \2 \3/' \
    -e t -e 's/.*/0 unreadable -/' ledger.jsonl >"$tmp/heads"
torn=$(tail -c 1 ledger.jsonl | od -An -to1 | tr -d ' \n')
paste -d' ' "$tmp/hashes" "$tmp/heads" >"$tmp/table"
awk -v size="$size" -v head="$head" -v torn="$torn" '
function ng(en, ja) { printf "NG: %s\n  %s\n", en, ja; bad = 1 }
BEGIN { before = sprintf("%064d", 0) }
size == 0 || bad { next }
NR <= size && $3 == "unreadable" { ng("line " NR " cannot be read as a ledger line", NR " 行目を台帳の行として読めません"); next }
NR <= size && $2 != NR "" {
    ng("line " NR ": its number is " $2 ": lines were dropped, swapped or doubled", NR " 行目: 行番号が " $2 " です（行の削除・入れ替え・重複）"); next }
NR <= size && $3 "" != before "" {
    n = NR > 1 ? NR - 1 : 1
    ng("line " n " was changed: line " NR " names another hash", n " 行目が変更されています: " NR " 行目に記載されたハッシュと違います"); next }
NR == size && $1 "" != head "" { ng("line " NR " was changed: the signed checkpoint names another hash", NR " 行目が変更されています: 署名済みチェックポイントのハッシュと違います"); next }
{ before = $1 }
END {
    if (!bad && size > 0 && NR < size)
        ng("line " NR + 1 " is missing: the ledger ends after " NR " of " size " signed lines", NR + 1 " 行目がありません: 署名済み " size " 行のうち " NR " 行で終わっています")
    if (!bad && size > 0 && NR > size)
        ng("line " size + 1 " was never signed: unsigned lines at the end", size + 1 " 行目以降は署名されていません")
    else if (!bad && torn != "012")
        ng("line " NR " is cut off", NR " 行目が途中で切れています")
    exit bad
}' "$tmp/table" || bad=1

# --- the record folders ---------------------------------------------------------------------------------------------
sed -n 's/^{"seq":[0-9]*,"prev":"[0-9a-f]*","format":1,"kind":"drill_finished","time":"[^"]*","drill":\([1-9][0-9]*\),"sha256sums":"\([0-9a-f]\{64\}\)".*/\1 \2/p' \
    ledger.jsonl >"$tmp/drills"
checked=0 elsewhere=0
while read -r drill sums; do
    name=$(printf '%06d' "$drill")
    if [ ! -e "drills/$name" ] && [ -f drills.txt ] && ! grep -q -x "$drill" drills.txt; then
        elsewhere=$((elsewhere + 1))
        continue
    fi
    checked=$((checked + 1))
    if [ ! -f "drills/$name/SHA256SUMS" ] || [ -h "drills/$name/SHA256SUMS" ]; then
        fail "drill $drill: drills/$name/SHA256SUMS is missing" "訓練 $drill: drills/$name/SHA256SUMS がありません"
    elif [ "$($sum "drills/$name/SHA256SUMS" | sed 's/ .*//')" != "$sums" ]; then
        fail "drill $drill: SHA256SUMS is not the one in the ledger" "訓練 $drill: SHA256SUMS が台帳の記載と違います"
    elif sed -e '/^[0-9a-f]\{64\}  record\.json$/d' -e '/^[0-9a-f]\{64\}  plan\.yaml$/d' -e '/^[0-9a-f]\{64\}  events\.jsonl$/d' \
        -e '/^\([0-9a-f]\{64\}\)  \.\.\/\.\.\/objects\/\1\.zst$/d' "drills/$name/SHA256SUMS" | grep -q .; then
        fail "drill $drill: SHA256SUMS names a file that does not belong there" "訓練 $drill: SHA256SUMS に含まれるはずのないファイルがあります"
    elif ! (cd "drills/$name" && $sum -c SHA256SUMS) >"$tmp/said" 2>&1; then
        which=$(sed -n 's/^\([^ ]*\): FAILED.*/\1/p' "$tmp/said" | tr '\n' ' ')
        fail "drill $drill: changed or missing: $which" "訓練 $drill: 変更されたか、ありません: $which"
    fi
done <"$tmp/drills"
for d in drills/[0-9]*; do
    [ -d "$d" ] || continue
    number=$(printf '%s\n' "${d#drills/}" | sed 's/^0*//')
    if [ "$d" != "drills/$(printf '%06d' "$number" 2>/dev/null)" ]; then
        fail "$d: the ledger knows no such drill" "$d: 台帳にない記録フォルダです"
        continue
    fi
    grep -q "^$number " "$tmp/drills" && continue
    if grep -q "\"kind\":\"drill_started\",\"time\":\"[^\"]*\",\"drill\":${number}[,}]" ledger.jsonl; then
        say "note: $d belongs to a drill that did not finish; the signature does not cover it" "注意: $d は終了していない訓練のもので、署名の対象外です"
    else
        fail "$d: the ledger knows no such drill" "$d: 台帳にない記録フォルダです"
    fi
done

# --- the lists that verifications left ------------------------------------------------------------------------------
sed -n 's/^{"seq":[0-9]*,"prev":"[0-9a-f]*","format":1,"kind":"verified","time":"[^"]*"//p' ledger.jsonl | tr '{' '\n' |
    sed -n 's/.*[,{]*"list":"\([0-9a-f]\{64\}\)".*/\1/p' | sort -u >"$tmp/named"
lists=0 left=0
while read -r list; do
    if [ ! -e "objects/$list.zst" ] && [ -f drills.txt ]; then
        left=$((left + 1))
        continue
    fi
    lists=$((lists + 1))
    if [ ! -f "objects/$list.zst" ] || [ "$($sum "objects/$list.zst" | sed 's/ .*//')" != "$list" ]; then
        fail "objects/$list.zst, which a verification left, is changed or missing" "検証が残した objects/$list.zst が変更されたか、ありません"
    fi
done <"$tmp/named"

# --- the result -----------------------------------------------------------------------------------------------------
if [ $bad -ne 0 ]; then
    say "RESULT: NOT as signed." "結果: 署名時と違います。"
    exit 1
fi
say "OK: $size lines, head $head" "台帳 $size 行、末尾のハッシュ $head"
say "OK: $checked record folders checked, $elsewhere not carried in this folder" "記録フォルダ: 検証 $checked 件、このフォルダに含まれないもの $elsewhere 件"
[ $((lists + left)) -eq 0 ] || say "OK: $lists lists of verifications checked, $left not carried in this folder" "検証の一覧: 検証 $lists 件、このフォルダに含まれないもの $left 件"
if [ -n "$wanted" ]; then
    say "RESULT: consistent, signed by $key" "結果: 整合しています。署名者の鍵は $key です。"
else
    say "RESULT: consistent, signer NOT established" "結果: 整合していますが、誰の署名かは確認していません。"
    say "The key is $key. Compare it with the paper report or plan: sh verify.sh $key" "鍵は $key です。紙の報告書または計画の記載と見比べ、引数に付けて再実行してください。"
fi
