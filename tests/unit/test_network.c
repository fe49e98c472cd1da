/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a way out of a closed network is seen whatever set it, and what is no way out raises no alarm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "../../agent/run/network.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"

static void test_range_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"192.0.2.0/24", true},
        {"192.0.2.7", true},
        {"0.0.0.0/0", true},
        {"2001:db8::/32", true},
        {"fe80::1", true},
        {"::/0", true},
        {"192.0.2.7/24", false},
        {"192.0.2.0/33", false},
        {"192.0.2/24", false},
        {"192.0.2.0/", false},
        {"192.0.2.0/-1", false},
        {"192.0.2.0/24x", false},
        {"2001:db8::/129", false},
        {"2001:db8::1/64", false},
        {"", false},
        {"localhost", false},
        {"192.0.2.0/0024", false},
        {"::::", false},
        {"1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kb_net_range range;
        if (kb_net_range_parse(rows[i].text, &range) != rows[i].good)
            fail_msg("%s", rows[i].text);
    }
}

static void test_range_holds(void **state)
{
    (void)state;
    static const struct {
        const char *range, *address;
        bool holds;
    } rows[] = {
        {"192.0.2.0/24", "192.0.2.255", true},  {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.64/26", "192.0.2.127", true}, {"192.0.2.64/26", "192.0.2.128", false},
        {"192.0.2.7", "192.0.2.7", true},       {"192.0.2.7", "192.0.2.6", false},
        {"0.0.0.0/0", "203.0.113.9", true},     {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},          {"2001:db8:2::/47", "2001:db8:4::1", false},
        {"fd00::/8", "fdff::1", true},          {"fd00::/8", "fc00::1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kb_net_range range, address;
        assert_true(kb_net_range_parse(rows[i].range, &range));
        assert_true(kb_net_range_parse(rows[i].address, &address));
        if (kb_net_range_holds(&range, &address) != rows[i].holds)
            fail_msg("%s in %s", rows[i].address, rows[i].range);
    }
}

static void test_resolvers(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_network_facts facts = {0};
    kb_resolvers_of("# nameserver 198.51.100.1\n"
                    "search example.jp\n"
                    "nameserver 192.0.2.53\n"
                    "  nameserver\t2001:db8::53 \r\n"
                    "nameservers 192.0.2.99\n"
                    "nameserver\n"
                    "nameserver 192.0.2.\x1b[31m54",
                    arena, &facts);
    assert_int_equal(facts.resolvers.n, 3);
    assert_string_equal(facts.resolvers.v[0], "192.0.2.53");
    assert_string_equal(facts.resolvers.v[1], "2001:db8::53");
    assert_null(strchr(facts.resolvers.v[2], '\x1b'));
}

static void test_this_machine(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_network_facts facts;
    struct kb_err err = {0};
    assert_int_equal(kb_network_read(arena, &facts, &err), 0);
    for (size_t i = 0; i < facts.addresses.n; i++)
        if (!strncmp(facts.addresses.v[i].shown, "127.", 4) || !strncmp(facts.addresses.v[i].shown, "fe80:", 5))
            fail_msg("%s leads nowhere", facts.addresses.v[i].shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range_is_read),
        cmocka_unit_test(test_range_holds),
        cmocka_unit_test(test_resolvers),
        cmocka_unit_test(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
