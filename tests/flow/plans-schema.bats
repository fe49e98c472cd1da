# Goal: the schema is valid draft-07, knows every key of the format, and every plan that comes with the product follows it.
# SPDX-License-Identifier: Apache-2.0
load lib

python_with_schemas() { # prints a python3 that has yaml and jsonschema
    local python
    for python in /usr/bin/python3 python3; do
        "$python" -c 'import yaml, jsonschema' 2>/dev/null || continue
        echo "$python"
        return 0
    done
    return 1
}

validate() { # validate SCHEMA PLAN…: reads the plans as editors do (YAML 1.2, core schema); prints what does not fit
    local python
    python=$(python_with_schemas) || skip 'needs python3-yaml and python3-jsonschema'
    "$python" - "$@" <<'PYTHON'
import json, re, sys
import yaml, jsonschema

class Core(yaml.SafeLoader):
    yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
bad = 0
for path in sys.argv[2:]:
    plan = yaml.load(open(path, encoding="utf-8"), Core)
    for error in validator.iter_errors(plan):
        bad += 1
        print(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message}"[:300])
sys.exit(bad > 0)
PYTHON
}

@test "every plan that comes with the product fits the schema, in both languages" {
    local lang
    for lang in ja en; do
        exits 0 schema --lang "$lang"
        cp "$out" "$work/schema.json"
        validate "$work/schema.json" "$repo"/plans/*.yaml "$repo/tests/data/good-plan.yaml"
    done
}

@test "the schema refuses what the loader refuses" {
    local name wrong
    exits 0 schema
    cp "$out" "$work/schema.json"
    for wrong in 's/rto: 8h/rto: 8:00/' 's/kind: hdd/kind: usb/' 's/version: "0.1"/version: "0.1", aproval: {}/' \
        's/retrieval: 30m/retrieval: 30m, offsite: maybe/' 's/retrieval: 30m/retrieval: 30m, online: "true"/' \
        's/format: archive/format: archive\n    retention: {daily: many}/' 's/do: manual/do: by-hand/' \
        's/do: manual/do: manual, covers: [everything]/'; do
        name=$work/wrong.yaml
        sed "$wrong" "$repo/plans/first.yaml" >"$name"
        fails cmp -s "$name" "$repo/plans/first.yaml"
        exits 3 check "$name"
        fails validate "$work/schema.json" "$name"
    done
    for wrong in 's/retrieval: 30m/retrieval: 30m, offsite: true, online: false/' 's/first, title/first, status: draft, title/' \
        's/\.sha256"}/.sha256", interval: business_day}/' 's/retrieval: 30m/retrieval: 30m, offsite: {km: 3, same_hazard_zone: false}/'; do
        sed "$wrong" "$repo/plans/first.yaml" >"$work/right.yaml"
        fails cmp -s "$work/right.yaml" "$repo/plans/first.yaml"
        exits 0 check "$work/right.yaml"
        validate "$work/schema.json" "$work/right.yaml"
    done
}

@test "every key of the format stands in the schema, with a line for people" {
    exits 0 schema --lang en
    local key
    jq -r '[.. | objects | .properties? // empty | to_entries[] | select(.value.description // "" | length > 3) | .key] | unique[]' "$out" >"$work/keys"
    for key in koboshi plan systems media backup_sets recovery \
        status reviewed_on review_interval assumptions plan_copies approval approved role by date material_sha256 revisions change \
        calendar work holidays closed critical_dates day roles primary deputy who phone verified_on available \
        external_contacts response hours activation criteria authority decision_limit first_actions covers deactivation \
        hosts threats destroys detect dwell adds step takes per before unless functions owner priority critical impact after level why \
        mtpd rto rpo rlo percent needs alternate kit lasts reentry per_lost_day kind on vendor personal_data depends_on spare ready_in what \
        restore_to os fs write link rebuild config installer licence provider_hosted \
        rotations disks swap connected at label fs_uuid serial luks_uuid mount source home offsite km same_hazard_zone retrieval purchased \
        encryption key writable_by_admin online same_host media_rated keys custodian stored place onsite rotated_on \
        important tool method format retention daily weekly monthly copies medium path manifest interval immutable_for \
        expect min_files min_bytes max_change canary name_encoding point_in_time from tz unpack as chain full part max_parts budgets bytes ratio entries window memory cpu time \
        procedures steps id 'do' 'done' parallel_with attested command probes files at_least sha256 is opens sqlite integrity query csv encoding rows header timeout exit \
        drills title schedule threat restore sample generation max_duration evidence network closed directory allow \
        policy restore_drill other every_medium verify tabletop contact_check evidence_retention controls era_dates fiscal_year_start \
        improvements action due closed_on waivers rule where reason approved_by until blackout communication; do
        grep -qx "$key" "$work/keys" || { echo "not in the schema, or without description: $key"; return 1; }
    done
    # the words of the trade are explained, not only spelt out
    exits 0 schema --lang ja
    is mtpd "$(json '.definitions.function.properties.mtpd.description')" '最大許容停止時間（MTPD）: この時間を超えて止まると会社が立ち行かなくなる'
    [ "$(json '.definitions.medium.properties.online.type')" = boolean ]
    [ "$(json '[.definitions.copy.properties.interval.anyOf[] | .enum? // empty] | flatten | join(" ")')" = business_day ]
    [ "$(json '[.definitions.generation.properties.before.anyOf[] | .enum? // empty] | flatten | join(" ")')" = dwell ]
}

@test "the approval that stands in a sample is of what the sample says" {
    exits 0 check "$repo/plans/energy.yaml" --json
    is 'approval of energy.yaml (koboshi check shows material_sha256)' "$(json .approval.state)" current
}
