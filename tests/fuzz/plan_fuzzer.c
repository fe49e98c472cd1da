/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: loaded, complained about, its material parts hashed, edited. */
#include "fuzz.h"

#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/plan.h"

void fuzz_begin(void)
{
}

static void require_shown_safely(const struct kb_diags *diags)
{
    for (int lang = KB_JA; lang <= KB_EN; lang++) {
        char *text = NULL;
        size_t n = 0;
        FILE *out = open_memstream(&text, &n);
        REQUIRE(out);
        kb_diags_print(out, diags, "plan.yaml", diags->source, diags->source_n, lang, false);
        REQUIRE(!fclose(out));
        for (size_t i = 0; i < n; i++)
            REQUIRE((unsigned char)text[i] >= 0x20 ? text[i] != 0x7f : text[i] == '\n');
        free(text);
    }
}

/* An edit leaves a plan that loads, with the entry in it. */
static void edit(const struct kb_plan *plan, struct kb_arena *arena)
{
    static const struct kb_new_medium disk = {
        .id = "hdd-fuzz", .label = "KB FUZZ: 3", .fs_uuid = "0d3b6c1e-4a55-4c3f-9d61-0a3d5c1b7e42", .serial = "S/N 7"};
    const char *text = NULL;
    struct kb_err err = {0};
    const struct kb_plan *edited = NULL;
    const struct kb_diags *diags = NULL;
    if (!kb_plan_with_medium(plan, &disk, arena, &text, &err)) {
        REQUIRE(!kb_plan_parse("plan.yaml", text, strlen(text), arena, &edited, &diags, &err));
        const struct kb_medium *medium = kb_plan_medium(edited, disk.id);
        REQUIRE(medium && medium->fs_uuid && !strcmp(medium->fs_uuid, disk.fs_uuid));
        REQUIRE(strlen(text) > plan->source_n);
    }
    struct kb_sha256 material = kb_plan_material_sha256(plan);
    char hex[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(material, hex);
    struct kb_approved approved = {.role = "boss", .by = "山田", .date = "2026-11-23", .material_sha256 = hex};
    size_t n;
    if (!kb_plan_approve(plan, &approved, arena, &text, &n, &err)) {
        REQUIRE(!kb_plan_parse("plan.yaml", text, n, arena, &edited, &diags, &err));
        struct kb_sha256 after = kb_plan_material_sha256(edited);
        REQUIRE(!memcmp(&after, &material, sizeof after)); /* an approval approves itself not away */
        REQUIRE(kb_plan_approval(edited) == KB_APPROVAL_CURRENT);
    }
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    int code = kb_plan_parse("plan.yaml", (const char *)bytes, n, arena, &plan, &diags, &err);
    REQUIRE(diags);
    require_shown_safely(diags);
    if (code) {
        REQUIRE(!plan && err.n_frames);
        REQUIRE(code != KB_EPLAN || diags->list.n);
        for (size_t i = 0; i < diags->list.n; i++) {
            REQUIRE(diags->list.v[i].line >= 1 && diags->list.v[i].column >= 1);
            REQUIRE(diags->list.v[i].text.en && diags->list.v[i].text.ja);
        }
        return FUZZ_REFUSED;
    }
    REQUIRE(plan && !diags->list.n);
    size_t material_n;
    const char *material = kb_plan_material(plan, arena, &material_n);
    json_t *json = NULL;
    REQUIRE(!kb_json_parse(material, material_n, &json, &err));
    json_decref(json);
    if (n < 20000)
        edit(plan, arena);
    return FUZZ_SOUND;
}
