/* SPDX-License-Identifier: Apache-2.0 */
/* A good ledger, made by tests/fuzz/seeds --ledger; its key is gone. */
#pragma once

/* clang-format off */
#define FUZZ_LEDGER \
    "{\"seq\":1,\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"format\":1,\"kind\":\"ledger_created\",\"time\":\"2026-11-24T00:30:28+00:00\",\"ledger\":\"89894f24-722e-4082-873c-6aa69f36c75c\",\"signer\":\"agent@office\",\"key\":\"SHA256:T46y3QoI3KpotGBO4rdQ6n6KQxp0GR/nTOQqzdv+yEQ\",\"agent_version\":\"0.1.0-0cbaca2a611a2230\",\"for_drill\":false}\n" \
    "{\"seq\":2,\"prev\":\"8160ee16c19f8f423764a3a818946b0b5c56704b26042aef4170e57aadec79a1\",\"format\":1,\"kind\":\"medium_seen\",\"time\":\"2026-11-24T00:30:29+00:00\",\"medium\":\"hdd-a\",\"presence\":\"arrived\",\"for_drill\":false}\n" \
    "{\"seq\":3,\"prev\":\"8698c202e60c75a7172553857a3e37e8953f192fd8fddd4f1d484157a4199491\",\"format\":1,\"kind\":\"medium_swapped\",\"time\":\"2026-11-24T00:30:29+00:00\",\"medium\":\"hdd-a\",\"medium_in\":\"hdd-b\",\"for_drill\":false}\n" \
    "{\"seq\":4,\"prev\":\"44af46aa57d75ab09bfda044401cd218ce2dd9d5e5af70b4cb3d8945e95dc8a4\",\"format\":1,\"kind\":\"medium_seen\",\"time\":\"2026-11-24T00:30:29+00:00\",\"medium\":\"hdd-a\",\"presence\":\"left\",\"for_drill\":true}\n"
#define FUZZ_CHECKPOINT \
    "koboshi 89894f24-722e-4082-873c-6aa69f36c75c\n" \
    "4\n" \
    "30c8c80eb44f8ced57769e4ff8308c592e0754fab2a569102903d927f1f7a5fe\n"
#define FUZZ_SIGNATURE \
    "-----BEGIN SSH SIGNATURE-----\n" \
    "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg2hl73qcBmTOC86DZejPHfYGpQo\n" \
    "rnAoBEWz1StZKqW8IAAAAOa29ib3NoaS1sZWRnZXIAAAAAAAAABnNoYTUxMgAAAFMAAAAL\n" \
    "c3NoLWVkMjU1MTkAAABAh4jVUxLWKgJ0i6+iVbyZNFtGxpGbN2Ot8rT3EiFceSBdbTDK2y\n" \
    "wFevRL+YLchxWER9RR8t65OVkD57NO7vmOAA==\n" \
    "-----END SSH SIGNATURE-----\n"
#define FUZZ_PEM \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MCowBQYDK2VwAyEA2hl73qcBmTOC86DZejPHfYGpQornAoBEWz1StZKqW8I=\n" \
    "-----END PUBLIC KEY-----\n"
#define FUZZ_SIGNERS \
    "agent@office namespaces=\"koboshi-ledger\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINoZe96nAZkzgvOg2Xozx32BqUKK5wKARFs9UrWSqlvC koboshi\n"
#define FUZZ_FINGERPRINT "SHA256:T46y3QoI3KpotGBO4rdQ6n6KQxp0GR/nTOQqzdv+yEQ"
#define FUZZ_HEAD "30c8c80eb44f8ced57769e4ff8308c592e0754fab2a569102903d927f1f7a5fe"
enum { FUZZ_LINES = 4 };
