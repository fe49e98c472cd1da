/* SPDX-License-Identifier: Apache-2.0 */
/* media: which medium is this, is it the right one, mount it without writing a bit, list its generations. */
#pragma once

#include <stdbool.h>

#include "koboshi/digest.h"
#include "koboshi/finding.h"
#include "koboshi/job.h"

struct kb_arena;
struct kb_err;

/* What the open stage reports to: the state of the medium once, then generations (newest first within one copy) and
 * findings. What it is given lives as long as the arena of the stage. */
struct kb_media_sink {
    void *owner;
    void (*medium)(void *owner, const struct kb_medium_state *state);
    void (*generation)(void *owner, const struct kb_generation *generation);
    void (*finding)(void *owner, const struct kb_finding *finding);
};

/*
 * kb_media_open_stage(job, arena, sink, err): locate and mount job->medium, list the generations of job->copies. A
 * medium that is not ready is a state and a finding, not a fault; then no generation follows. Point in time is in the
 * process' zone (kb_zone_use). Needs CAP_SYS_ADMIN and the right to read devices to mount; without them only what is
 * already mounted is found (ext4, xfs), and folders.
 */
int kb_media_open_stage(const struct kb_job *job, struct kb_arena *arena, const struct kb_media_sink *sink,
                        struct kb_err *err);

/*
 * kb_media_locate(medium, arena, ret_state, err): what is there, without mounting.
 * hdd, rdx: by file-system UUID (case ignored); ready, root is NULL unless it is mounted · absent · wrong: not found,
 * but a disk of that label, or an external one with a file system that is mounted nowhere; device, fs_uuid and label
 * are those of the disk found; or the UUID is right and the serial is not (a clone), or the container is not the one of
 * luks_uuid, or something else is in it · twice: also two such containers · locked: the container of luks_uuid, or an
 * encrypted disk that may be the medium, has not been opened; detail says by which command · unreadable: an external
 * disk that cannot be read, or without a known file system, so that it may be this one. container and luks_uuid are
 * those of the container that the device is, or that it was opened from (dm-crypt). folder: ready · absent: no such
 * path · empty · unreadable. device, fs_type and options are of the file system it is on.
 */
int kb_media_locate(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *ret_state,
                    struct kb_err *err);

/*
 * kb_media_mount(medium, arena, state, err): a ready disk without root is mounted on medium->mount_at, with not one bit
 * written: the device is switched to read-only (BLKROSET), and the first driver that is there mounts it with its own
 * options against replaying anything, `nosuid,nodev,noexec` (agent/media/drivers.c: ext2/3/4, xfs, btrfs, ntfs, exfat,
 * vfat). state then has root, options, driver, source, mounted_by_us, unclean, or is unreadable with the reason: a
 * missing driver names its Debian package. A medium mounted by somebody else is used where it is. Beside mount_at a
 * file `<mount_at>.read-only` tells which device was switched and `<mount_at>.driver` which process reads it (FUSE), so
 * that another process can undo both.
 */
int kb_media_mount(const struct kb_job_medium *medium, struct kb_arena *arena, struct kb_medium_state *state,
                   struct kb_err *err);

/*
 * kb_media_generations(job, state, arena, sink, err): lists job->copies below state->root; no symbolic link is
 * followed. What cannot be listed or taken is a finding. A generation's path is valid UTF-8, spelt as the medium has
 * it. KB_EPLAN for a pattern that is none.
 *
 * Files that differ in %{part} alone are one generation with its segments in order; one with a gap or a double is not
 * listed. Of a chain every point that can be restored is a generation: a full backup alone; of increments it and all
 * parts up to the point; of differentials it and one part. A part belongs to the newest full backup of its folder (and,
 * where both patterns have as many wildcards, of the same letters in them) that is not newer; `part` may count with
 * %{part}, from 0 or 1 on each full one.
 *
 * Time, in the zone of the copy (else the tool's, else the process'): as `from` says. By name: kb_match_time; what
 * tells a weekday or month but no year has to agree with the last change. newest_file: of a folder, not of a file; what
 * lies in the future does not count. A mirror (method) whose name tells no year is of its newest file.
 */
int kb_media_generations(const struct kb_job *job, const struct kb_medium_state *state, struct kb_arena *arena,
                         const struct kb_media_sink *sink, struct kb_err *err);

/* kb_media_fs_uuid(folder, arena): the UUID that the file system of this folder tells of itself (ext4 since Linux 6.0,
 * xfs); NULL for others. */
const char *kb_media_fs_uuid(const char *folder, struct kb_arena *arena);

/* kb_media_close(medium, err): what kb_media_mount did is undone: the driver's process ended, unmounted (waiting up to
 * 5 s for readers that are being killed), device writable again if it was before, folder removed. Nothing to undo is
 * success. */
int kb_media_close(const struct kb_job_medium *medium, struct kb_err *err);

/* kb_media_driver_is_program(name): a file system that this driver (kb_medium_state.driver) reads is let go of by
 * ending a process, also where a reader hangs in it; with a driver of the kernel nothing helps then. */
bool kb_media_driver_is_program(const char *name);

/* kb_media_sweep(base, err): kb_media_close for everything below the folder base: after a crash. Nobody else may be
 * using base. It and the folders below it are removed where empty. No such folder is success. */
int kb_media_sweep(const char *base, struct kb_err *err);

/* smartmontools' program: an absolute path, never looked for in PATH, since it runs as root; and how long it may take.
 */
struct kb_smartctl {
    const char *program;
    int seconds;
};
extern const struct kb_smartctl kb_smartctl; /* /usr/sbin/smartctl, KB_SMART_SECONDS_MAX */

/*
 * kb_media_health(smartctl, device, arena, ret_health): what the whole disk `device` says of itself:
 * `program --json=c -H -A -i device`, without a shell, at most so many seconds and KB_SMART_BYTES_MAX. Fields as
 * smartctl(8) 7.0 and later writes them: smart_status.passed, ata_smart_attributes (5 reallocated, 197 pending
 * sectors), nvme_smart_health_information_log, scsi_grown_defect_list, power_on_time.hours, temperature.current. No
 * answer is UNKNOWN with its reason (not root, no smartmontools, a USB bridge that passes no SMART), never a fault.
 */
void kb_media_health(const struct kb_smartctl *smartctl, const char *device, struct kb_arena *arena,
                     struct kb_health *ret_health);

/* kb_media_look_stage(job, arena, medium, health, owner, err): kb_media_locate of job->medium, and the health of the
 * disk it lies on (folders have none). Nothing is mounted. */
int kb_media_look_stage(const struct kb_job *job, struct kb_arena *arena,
                        void (*medium)(void *owner, const struct kb_medium_state *state),
                        void (*health)(void *owner, const struct kb_health *health), void *owner, struct kb_err *err);

/* kb_media_disks_stage(arena, disk, owner, err): every attached file system or locked container that could be a medium:
 * not swap, not a part of a RAID or LVM, not one that this system runs from. */
int kb_media_disks_stage(struct kb_arena *arena, void (*disk)(void *owner, const struct kb_disk *disk), void *owner,
                         struct kb_err *err);

/*
 * kb_media_scene(sysfs, mountinfo, ret_scene, err): the SHA-256 of what the kernel lists as block devices (name,
 * number, size, sequence, from `sysfs`/class/block) and of the mount table: another value means that something came,
 * went, or was mounted. Reads kernel text alone and touches no device, so that the agent itself may ask. Normally
 * "/sys" and "/proc/self/mountinfo".
 */
int kb_media_scene(const char *sysfs, const char *mountinfo, struct kb_sha256 *ret_scene, struct kb_err *err);

/*
 * kb_media_spins(sysfs, device): whether the disk below the file system with this st_dev turns, as
 * `sysfs`/dev/block/N:M/…/queue/rotational says: of a partition its disk, of a mapping the first device below it, of a
 * loop device the disk that its file lies on (itself, where that is no disk: FUSE), of a file system without a device
 * of its own (btrfs) the one that is mounted. A bridge that says so of an SSD does no harm; a virtual disk (virtio,
 * Xen) says nothing of how its blocks lie, and counts as one that does not turn, like all that is not known.
 */
bool kb_media_spins(const char *sysfs, dev_t device);

/* kb_uevents_open(): a non-blocking socket on which the kernel tells of devices (netlink(7), NETLINK_KOBJECT_UEVENT,
 * group 1); -1 where that is not allowed. Caller closes. */
int kb_uevents_open(void);
/* kb_uevents_drain(fd): takes all that has come; true if one of the messages was the kernel's own and about a block
 * device (add, change, remove). */
bool kb_uevents_drain(int fd);
