# Goal: an approval stands in plan and ledger, covers what matters and nothing else, and every drill says whether it holds.
# SPDX-License-Identifier: Apache-2.0
load lib

roles='
roles:
  boss: {title: 社長, primary: {who: 山田, phone: "03-0000-0001"}}
  it: {title: 情報担当, primary: 佐藤}'

approvable() { # a plan with roles and a comment, its backup, a key
    share_tar >/dev/null
    write_plan "functions={order: {rto: 8h, rpo: 876000h, needs: [files]}}$roles" manifest='共有/share-%Y%m%d.sha256'
    echo '# 印鑑は紙の原本にある' >>"$plan"
    a_key >/dev/null
}

approve() { # approve STATUS [ARG…]
    local status=$1
    shift
    exits "$status" approve "$plan" "${places[@]}" "$@"
}

state() {
    exits 0 check "$plan" --json
    json .approval.state
}

@test "approve, check: approved; a phone number or comment changes nothing, a target does" {
    approvable
    is state "$(state)" never
    exits 0 check "$plan" --lang en
    says 'never approved'
    cp "$plan" "$work/before.yaml"
    approve 0 --role boss --by '代表取締役 山田' --lang ja
    says '承認済み'
    is state "$(state)" current
    # nothing but the approval was written
    sed 's/, approval: {approved: {[^}]*}}//' "$plan" >"$work/without.yaml"
    cmp "$work/without.yaml" "$work/before.yaml"
    sed -i 's/03-0000-0001/03-0000-0002/; s/印鑑は/社印は/' "$plan"
    is state "$(state)" current
    sed -i 's/rto: 8h/rto: 9h/' "$plan"
    is state "$(state)" changed
    exits 0 check "$plan" --lang ja
    says '承認後に変更あり: 代表取締役 山田（社長）が'
    exits 0 check "$plan" --lang en
    says 'changed since approval'
    approve 0 --role boss --by 山田
    is state "$(state)" current
}

@test "the ledger has a line of each approval, signed like all others" {
    approvable
    approve 0 --role boss --by 山田 --json
    local sha256
    sha256=$(json .approval.material_sha256)
    is approval "$(jq -r 'select(.kind == "approval") | [.role, .by, .plan, .material_sha256] | join(" ")' "$work/ledger/ledger.jsonl")" \
        "boss 山田 flow-test $sha256"
    is plan_sha256 "$(jq -r 'select(.kind == "approval") | .plan_sha256' "$work/ledger/ledger.jsonl")" "$(hash_of "$plan")"
    exits 0 evidence verify "${evidence[@]}"
}

@test "a stranger computes the same hash" {
    local python
    for python in /usr/bin/python3 python3 ''; do
        [ -n "$python" ] || skip 'needs python3-yaml'
        ! "$python" -c 'import yaml' 2>/dev/null || break
    done
    local file
    for file in "$repo"/plans/*.yaml; do
        exits 0 check "$file" --json
        is "hash of $file" "$("$python" - "$file" <<'PYTHON'
import hashlib, json, sys, yaml
plan = yaml.load(open(sys.argv[1], encoding="utf-8-sig"), yaml.BaseLoader)
parts = """plan calendar roles hosts threats functions systems activation deactivation media rotations keys
           backup_sets procedures drills policy""".split()
plan = {name: plan[name] for name in parts if name in plan}
for name in "status reviewed_on plan_copies approval revisions".split():
    plan["plan"].pop(name, None)
for role in plan.get("roles", {}).values():
    role.pop("verified_on", None)
    for person in "primary", "deputy":
        if isinstance(role.get(person), dict):
            role[person].pop("phone", None)
            role[person].pop("mail", None)
for key in plan.get("keys", {}).values():
    key.pop("rotated_on", None)
for procedure in plan.get("procedures", {}).values():
    for step in procedure["steps"]:
        step.pop("attested", None)
text = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
print(hashlib.sha256(text.encode()).hexdigest())
PYTHON
)" "$(json .approval.material_sha256)"
    done
}

@test "a drill of an approved plan says so; after a change its record names the deviation" {
    approvable
    approve 0 --role boss --by 山田
    drill 0
    is approval "$(json '.record.plan | [.approval, .approved_by] | join(" ")')" 'current 山田'
    is deviations "$(json '.record.deviations | length')" 0
    sed -i 's/rpo: 876000h/rpo: 875000h/' "$plan"
    drill 0
    is approval "$(json .record.plan.approval)" changed
    is deviation "$(json '[.record.deviations[].en] | map(select(contains("changed since its approval"))) | length')" 1
    [ "$(json .record.plan.material_sha256)" != null ]
}

@test "links stay links, modes stay, line ends stay" {
    approvable
    mkdir "$work/plans"
    sed 's/$/\r/' "$plan" >"$work/plans/real.yaml"
    sed -i 's#mount: disk#mount: ../disk#' "$work/plans/real.yaml"
    chmod 640 "$work/plans/real.yaml"
    ln -sf plans/real.yaml "$plan"
    approve 0 --role boss --by 山田
    [ -L "$plan" ]
    is mode "$(stat -c %a "$work/plans/real.yaml")" 640
    is 'lines without CR' "$(grep -cv $'\r$' "$work/plans/real.yaml")" 0
    is state "$(state)" current
    is 'left behind' "$(find "$work/plans" -type f | wc -l)" 1
}

@test "an unknown role, an invalid plan, a read-only file: refused, and nothing is written" {
    approvable
    cp "$plan" "$work/before.yaml"
    approve 2 --role bos --by 山田 --lang en
    says 'did you mean'
    approve 2 --role boss --lang ja
    says '--by'
    approve 2 --role boss --by $'山\n田'
    [ ! -e "$work/ledger" ]
    chmod 444 "$plan"
    approve 11 --role boss --by 山田 --lang ja
    says '書き込み禁止'
    chmod 644 "$plan"
    cmp "$plan" "$work/before.yaml"
    sed -i 's/rto: 8h/rto: 8:00/' "$plan"
    cp "$plan" "$work/before.yaml"
    approve 3 --role boss --by 山田 --lang en --json
    is line "$(json '.mistakes[0].line')" "$(grep -n 8:00 "$plan" | cut -d : -f 1)"
    cmp "$plan" "$work/before.yaml"
    [ ! -e "$work/ledger" ] || is approvals "$(grep -c '"approval"' "$work/ledger/ledger.jsonl")" 0
    # without a key there is nothing to sign with
    sed -i 's/rto: 8:00/rto: 8h/' "$plan"
    exits 15 approve "$plan" --role boss --by 山田 --ledger "$work/ledger" --keys "$work/none" --lang ja
    says 'koboshi keygen'
    is state "$(state)" never
}

@test "an approval that somebody wrote into the plan is not in the ledger: check and record say so" {
    approvable
    approve 0 --role boss --by 山田
    exits 0 check "$plan" --json "${evidence[@]}"
    is 'in ledger' "$(json .approval.in_ledger)" true
    sed -i 's/by: "山田"/by: "代表取締役"/' "$plan"
    exits 0 check "$plan" --json "${evidence[@]}"
    is state "$(json .approval.state)" current
    is 'in ledger' "$(json .approval.in_ledger)" false
    exits 0 check "$plan" --lang ja "${evidence[@]}"
    says 'この台帳には、その承認の記録がありません'
    timeout 120 "$KOBOSHI_BIN" drill "$plan" --json "${places[@]}" >"$out" 2>"$err" </dev/null || true
    [[ $(json '.record.deviations[].ja') == *'代表取締役 による承認'*'承認の記録'* ]] || is deviations "$(json .record.deviations)" ''
}
