/* SPDX-License-Identifier: Apache-2.0 */
/* core: every size limit of the product, each with its reason. */
#pragma once

/* Plan: libyaml builds every scalar in memory; the largest real plan (100 systems, two languages) is 400 KiB. */
#define KB_PLAN_BYTES_MAX (4 << 20)
/* Diagnostics shown for one plan: past this nobody reads on; the rest is counted. */
#define KB_DIAG_MAX 200
/* Ids stand in paths, reports and the ledger summary; 64 bytes keeps a table row readable. */
#define KB_ID_MAX 64
/* Entries of any one map or list of a plan: a company with more than this needs several plans. */
#define KB_PLAN_ITEMS_MAX 10000
/* Nesting of a plan: the format itself is 7 deep. */
#define KB_PLAN_DEPTH_MAX 16

/* One message of the worker protocol: a generation with all its segments, 1,000 with paths of 200 bytes, and room. */
#define KB_FRAME_MAX (1 << 20)
/* A job: one set with its paths (4 KiB each at the worst) and probes, or the copies of one medium. */
#define KB_JOB_MAX (4 << 20)
/* All messages of one worker: 60,000 findings at 1 KiB; one that sends more is not to be believed. */
#define KB_REPLIES_BYTES_MAX (64 << 20)
/* What one worker may hold open: two descriptors per level of the deepest path, and room. */
#define KB_WORKER_FILES_MAX 2048
/* Memory of one worker unless the plan says otherwise: the most entries at 200 bytes and the largest decoder window;
 * an archive that makes it take more is a failed unit, not a machine without memory. No plan sets it below what a
 * worker has before it reads, nor above any machine. */
#define KB_WORKER_MEMORY_MAX     (8LL << 30)
#define KB_WORKER_MEMORY_LEAST   (64LL << 20)
#define KB_WORKER_MEMORY_CEILING (1LL << 40)
/* Address space beyond that memory: stacks and heaps that threads reserve and do not fill (72 MiB each, twice that
 * while glibc aligns one). Check commands inherit the sum. */
#define KB_WORKER_SPACE (4LL << 30)
/* Address space of a program that reads NTFS or exFAT: it needs some ten MiB; a disk made to burst it is unreadable,
 * not the end of the machine. */
#define KB_DRIVER_MEMORY_MAX (2LL << 30)
/* Threads of one worker that measure or read back at a time: 16 digest more than any disk delivers, and their stacks
 * and heaps stay well below KB_WORKER_MEMORY_MAX. */
#define KB_THREADS_MAX 16
/* CPU time of one worker unless the plan says otherwise: a week is 60 TB at 100 MB/s for each of its threads. The
 * kernel ends it, also when the agent cannot. */
#define KB_WORKER_CPU_MAX (7 * 24 * 3600)
/* Time of the workers of one generation unless the plan says otherwise: a week reads 60 TB from a disk at 100 MB/s, and
 * longer than that no drill of a small company may take. A plan may allow a quarter of a year. */
#define KB_WORKER_TIME_MAX        (7 * 24 * 3600)
#define KB_WORKER_SECONDS_CEILING (90 * 24 * 3600)
/* What is kept of a worker's or probe's stderr and stdout; more is counted, not stored. */
#define KB_OUTPUT_MAX (64 << 10)
/* Findings per rule and set that are listed one by one; more are counted. */
#define KB_FINDINGS_PER_RULE_MAX 1000
/* The file in which a worker lists all entries it read: 10 million entries of 100 bytes. */
#define KB_LIST_BYTES_MAX (1LL << 30)
/* What of such a list is sorted at a time: 400,000 lines of 150 bytes; the longest list is 16 such pieces. */
#define KB_SORT_BYTES (64 << 20)

/* A path inside an archive or tree: Linux' PATH_MAX; longer ones cannot be opened by anybody. */
#define KB_PATH_BYTES_MAX 4096
/* One component: ext4, xfs and btrfs end at 255 bytes (85 kanji). */
#define KB_NAME_BYTES_MAX 255
/* One component as a disk may hold it: 255 UTF-16 code units on NTFS and exFAT are 765 bytes of UTF-8; FUSE hands on at
 * most 1,024. Longer than KB_NAME_BYTES_MAX it is read about and told, not restored. */
#define KB_DISK_NAME_BYTES_MAX 1024
/* Depth of a path: the scratch writer holds one descriptor per level at most. */
#define KB_PATH_DEPTH_MAX 256
/* Files in one generation: one entry costs about 200 bytes here, so 6 GiB at the worst, within KB_WORKER_MEMORY_MAX;
 * unless the plan says otherwise a third of it, which is more than any small company has. */
#define KB_ENTRIES_MAX   30000000
#define KB_ENTRIES_USUAL 10000000
/* A manifest: 10 million lines of 200 bytes. */
#define KB_MANIFEST_BYTES_MAX (2LL << 30)
/* Bags of one generation: a shelf of them on one disk; each takes 100 KiB while they are compared. Folders at the top
 * that are looked at for one: more is no shelf. */
#define KB_BAGS_MAX        1000
#define KB_BAG_FOLDERS_MAX 100000
/* What is read ahead of an archive to see whether it holds a bag: a part of a second. In bytes of the file, entries,
 * and bytes of their content that have to be passed by. */
#define KB_BAG_HEAD_BYTES    (4 << 20)
#define KB_BAG_HEAD_ENTRIES  10000
#define KB_BAG_HEAD_UNPACKED (64 << 20)
/* Files that are none of a bag's, after which none is looked for: bags have a few such tag files, if any. */
#define KB_BAG_HEAD_OTHERS 32
/* What is noted down of an archive with a bag in it, since its manifests may come last: entries at 400 bytes with all
 * digests, and manifests as they are. */
#define KB_BAG_NOTES_MAX      1000000
#define KB_BAG_KEPT_BYTES_MAX (256 << 20)
/* One line of a manifest: two digests and a path written with four bytes for one. */
#define KB_MANIFEST_LINE_MAX (20 << 10)
/* Memory a decoder may ask for its window: zstd --long=31 is 2 GiB; 27 (128 MiB) is what `zstd -d` takes unasked. */
#define KB_DECODER_WINDOW_MAX (128 << 20)
/* The same where the plan allows more: zstd takes no more than --long=31, and KB_WORKER_MEMORY_MAX has room for three.
 */
#define KB_DECODER_WINDOW_CEILING (2LL << 30)
/* Threads that decode one file side by side: 16 unpack more than any disk delivers, and with a window each they stay
 * well below KB_WORKER_MEMORY_MAX. */
#define KB_DECODER_THREADS_MAX 16
/* Bytes one generation may unpack to in all: larger than any disk we know, smaller than a sparse bomb. */
#define KB_UNPACKED_BYTES_MAX (64LL << 40)
/* Unpacked to packed: office data packs 2-20, logs 50, database dumps 100; zip bombs start at 1,000. */
#define KB_RATIO_MAX 1000
/* Bytes from which on that ratio counts: less fills no disk. */
#define KB_RATIO_FLOOR (64LL << 20)
/* What an incremental tar says of one folder: 200,000 names of 40 bytes. */
#define KB_DUMPDIR_BYTES_MAX (8 << 20)
/* Files of a tree that wait to be read in the order of the disk, with paths and places: 250,000, or 50,000 where first
 * bytes are looked at; more are read in several courses over the disk. */
#define KB_TREE_WAITING_BYTES (64 << 20)
/* What was verified of one tree, 48 bytes a file: as many as KB_ENTRIES_MAX. */
#define KB_VERIFIED_FILE_MAX (512LL << 20)
/* What was verified within a week counts as recent: disks take turns by the week. */
#define KB_FRESHNESS_RECENT_S (7 * 24 * 3600)
/* Generations listed per copy: ten years of daily ones. */
#define KB_GENERATIONS_MAX 4000
/* Directory entries looked at while generations are listed: a medium with more needs a narrower pattern. */
#define KB_LISTING_MAX 1000000
/* Files of one generation, split or a chain: 7-Zip numbers to 999, and 4 TB in pieces for FAT32 are 1,000. A worker
 * opens them all at once, below the 1,024 descriptors that a process has unasked. */
#define KB_SEGMENTS_MAX 1001
/* Files that fit the pattern of a split backup or chain: all are kept until the last is seen, 500 bytes each. */
#define KB_PARTS_MAX 100000
/* Bytes of all generations that one look at a medium lists, well below KB_REPLIES_BYTES_MAX; and of one copy, so that a
 * chain of a thousand parts leaves room for the other sets: 40,000 files. */
#define KB_LISTED_BYTES_MAX      (40 << 20)
#define KB_COPY_LISTED_BYTES_MAX (8 << 20)
/* First lines of a stamp file: a date and what a script prints around it. */
#define KB_STAMP_BYTES_MAX 1024
/* Files looked at for the newest one of a folder, over all folders of one look at a medium, and the time for that: the
 * drill waits 120 s for a medium to answer. */
#define KB_NEWEST_FILES_MAX   2000000
#define KB_NEWEST_SECONDS_MAX 60
/* Clocks of two machines differ by this much without anybody minding. */
#define KB_CLOCK_SKEW_S 600
/* Wildcards in one path pattern: real ones have one or two; what they stood for is kept per candidate. */
#define KB_WILDCARDS_MAX 16

/* Routes, addresses and resolvers that are told of this machine: an office PC has three. */
#define KB_NETWORK_FACTS_MAX 256
/* One answer of netlink: the kernel fills at most a page or 32 KiB (netlink(7)). */
#define KB_NETLINK_BYTES (32 << 10)
/* resolv.conf: some lines. */
#define KB_RESOLV_BYTES_MAX (64 << 10)

/* What of an archive may be read for the header of one entry: libarchive joins a long name of a cpio in memory, up to
 * the 4 GiB that its header can say; tar's own extensions end at 1 MiB. */
#define KB_ENTRY_HEADER_MAX (16 << 20)
/* The header of a 7z that is looked into before it is unpacked: 250 bytes an entry, a million entries. */
#define KB_SEVEN_ZIP_HEADER_MAX (256 << 20)
/* Memory that the coders of a 7z may ask for: 7-Zip's "ultra" is 64 MiB, 256 MiB since version 24. */
#define KB_SEVEN_ZIP_WINDOW_MAX (512 << 20)
/* The listing of an encrypted 7z: 300 bytes an entry, a million entries. */
#define KB_SEVEN_ZIP_LIST_MAX (256 << 20)
/* What lies between two entries of a zip and is looked through for entries that its directory does not list. */
#define KB_ZIP_GAP_MAX (1 << 20)
/* A passphrase: people type less, key files hold 64 to 512 characters; it must fit into a pipe at once (PIPE_BUF). */
#define KB_PASSPHRASE_MAX 1024
/* What smartctl may print: a disk with all its logs is 60 KiB, of which -H -A -i is a tenth. */
#define KB_SMART_BYTES_MAX (1 << 20)
/* Seconds for it: a sleeping disk spins up in ten, a USB bridge may retry each command. */
#define KB_SMART_SECONDS_MAX 60
/* Entries of /sys/class/block looked at: more than this is no machine of a small company. */
#define KB_BLOCK_DEVICES_MAX 4096
/* The mount table: 10,000 mounts of 400 bytes. */
#define KB_MOUNTINFO_BYTES_MAX (4 << 20)

/* One answer of a person in an attended drill: a terminal's own line ends at 4,096 bytes. */
#define KB_ANSWER_MAX 4096

/* One ledger line: summaries of 100 systems with 256 bytes each, and room. */
#define KB_LEDGER_LINE_MAX (64 << 10)
/* The whole ledger: one million lines; it is read whole for a check. */
#define KB_LEDGER_BYTES_MAX (1LL << 30)
/* Comings and goings of media that are looked at, newest first: twenty a day for ten years. */
#define KB_PRESENCE_LINES_MAX 73000
/* SHA256SUMS of one record: its own files and one list (150 bytes) per set. */
#define KB_SUMS_BYTES_MAX (4 << 20)
/* A record or any JSON that is read whole. */
#define KB_JSON_BYTES_MAX (64 << 20)
/* A key, signature, checkpoint or allowed_signers file: some hundred bytes in use. */
#define KB_KEY_FILE_MAX (64 << 10)
/* Space that must be free before a drill starts, so that its closing lines and record can always be written. */
#define KB_LEDGER_RESERVE (16 << 20)

/* Heap of SQLite while a restored database is probed: its page cache is 2 MiB, a sort of a large query needs more. */
#define KB_SQLITE_HEAP_MAX (256 << 20)
/* One value of a restored database: what people look at is shorter than this. */
#define KB_SQLITE_VALUE_MAX (16 << 20)

/* What a scan for a first plan tells: enough to see how ten years of daily backups are named; below a mirror of a file
 * share the rest adds nothing. */
#define KB_SCAN_ENTRIES_MAX 100000
/* Bytes of all that it tells, well below KB_REPLIES_BYTES_MAX: names of so many entries at 200 bytes of UTF-8. */
#define KB_SCAN_TOLD_BYTES_MAX (40 << 20)
/* Folders below the scanned one: backups lie 1-4 deep, and what lies deeper is inside one. */
#define KB_SCAN_DEPTH_MAX 8
/* How long a scan of one place may take: people wait for it at the screen. */
#define KB_SCAN_SECONDS_MAX 120
/* Files whose beginning is read: at 10 ms each on an external disk half a minute. */
#define KB_SCAN_LOOKS_MAX 3000
/* Bytes of the generation that is read whole to count what it holds: a minute or two on an external disk. */
#define KB_SCAN_COUNT_BYTES_MAX (8LL << 30)
/* Backup sets of a drafted plan: real companies have 3-20; the newest generation of each is read whole. */
#define KB_SCAN_SETS_MAX 200
