/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * sendfile(2): the bytes go from the page cache to the socket and are in no user buffer. What is known is which bytes
 * of which file, and that is reported: descriptor, path, offset, and the attributes by which the recorder makes sure
 * that what it reads there is what was sent.
 */
#ifndef TRACEREC_BPF_FILE_H
#define TRACEREC_BPF_FILE_H

#include "process.h"
#include "socket.h"

#define S_IFIFO	    0010000
#define S_IFREG	    0100000
#define PATH_STEPS  64	/* folders and mounts on the way up */
#define NAME_BYTES  256 /* NAME_MAX and a zero */
#define RECORD_SIZE (sizeof(struct tr_event) + sizeof(struct tr_file) + TR_PATH_BYTES + NAME_BYTES)

/* Times have had three layouts: timespec64 i_mtime, __i_mtime (6.6), i_mtime_sec and _nsec (6.11). */
struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
} __attribute__((preserve_access_index));

struct inode___first {
	struct timespec64 i_mtime;
	struct timespec64 i_ctime;
} __attribute__((preserve_access_index));

struct inode___second {
	struct timespec64 __i_mtime;
	struct timespec64 __i_ctime;
} __attribute__((preserve_access_index));

/* The highest bit of the rest is a flag of the kernel's own since 6.13 (I_CTIME_QUERIED). */
static __always_inline __u64 nanoseconds(__u64 seconds, __u32 rest)
{
	return seconds * 1000000000ull + (rest & 0x7fffffff);
}

static __noinline void read_times(struct tr_file *range, struct inode *inode)
{
	struct inode___first *first = (void *)inode;
	struct inode___second *second = (void *)inode;

	if (bpf_core_field_exists(inode->i_mtime_sec)) {
		range->mtime_ns = nanoseconds(BPF_CORE_READ(inode, i_mtime_sec), BPF_CORE_READ(inode, i_mtime_nsec));
		range->ctime_ns = nanoseconds(BPF_CORE_READ(inode, i_ctime_sec), BPF_CORE_READ(inode, i_ctime_nsec));
	} else if (bpf_core_field_exists(second->__i_mtime)) {
		range->mtime_ns =
			nanoseconds(BPF_CORE_READ(second, __i_mtime.tv_sec), BPF_CORE_READ(second, __i_mtime.tv_nsec));
		range->ctime_ns =
			nanoseconds(BPF_CORE_READ(second, __i_ctime.tv_sec), BPF_CORE_READ(second, __i_ctime.tv_nsec));
	} else {
		range->mtime_ns =
			nanoseconds(BPF_CORE_READ(first, i_mtime.tv_sec), BPF_CORE_READ(first, i_mtime.tv_nsec));
		range->ctime_ns =
			nanoseconds(BPF_CORE_READ(first, i_ctime.tv_sec), BPF_CORE_READ(first, i_ctime.tv_nsec));
	}
}

/* `mnt` may be unknown: then no mount is told. */
static __noinline void read_file_system(struct tr_file_system *where, struct inode *inode, struct vfsmount *mnt)
{
	struct super_block *super = BPF_CORE_READ(inode, i_sb);
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);

	where->device = BPF_CORE_READ(super, s_dev);
	where->magic = BPF_CORE_READ(super, s_magic);
	where->user_namespace = BPF_CORE_READ(super, s_user_ns, ns.inum);
	where->mount = mnt ? BPF_CORE_READ(mount, mnt_id) : 0;
}

struct path_walk {
	struct dentry *dentry;
	struct mount *mount;
	struct dentry *root_dentry; /* of the process: chroot ends the walk */
	struct vfsmount *root_mount;
	char *text;
	__u32 length;
	bool whole;
};

/* One step towards the process's root: from a mount's root to the place where it is mounted, or out of a folder.
 * Returns 1 at the end. The locals are there because BPF_CORE_READ relocates all of its first argument. */
static long walk_step(__u32 index, struct path_walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct mount *mount = walk->mount;
	struct mount *parent;
	long read;

	(void)index;
	if (dentry == walk->root_dentry && &mount->mnt == walk->root_mount) {
		walk->whole = true;
		return 1;
	}
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		parent = BPF_CORE_READ(mount, mnt_parent);
		if (parent == mount) {
			walk->whole = true;
			return 1;
		}
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = parent;
		return 0;
	}
	if (walk->length > TR_PATH_BYTES)
		return 1;
	read = bpf_probe_read_kernel_str(walk->text + walk->length, NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
	if (read <= 0 || read > NAME_BYTES)
		return 1;
	walk->length += read;
	walk->dentry = BPF_CORE_READ(dentry, d_parent);
	return 0;
}

/* The names from the file up to the process's root, each with a zero after it; 0 when they do not fit. */
static __noinline __u32 read_path(char *text, struct file *file, struct task_struct *task)
{
	struct path_walk walk = {.text = text};

	walk.dentry = BPF_CORE_READ(file, f_path.dentry);
	walk.mount = (void *)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
	walk.root_dentry = BPF_CORE_READ(task, fs, root.dentry);
	walk.root_mount = BPF_CORE_READ(task, fs, root.mnt);
	bpf_loop(PATH_STEPS, walk_step, &walk, 0);
	return walk.whole && walk.length <= TR_PATH_BYTES + NAME_BYTES ? walk.length : 0;
}

/*
 * A file without a name (a server's temporary one) changes its times with each append, so that they prove nothing. But
 * nobody can open it any more: it is the recorded processes that write to it, and they are watched. What was sent is
 * still there unless one of them has written below its end. By inode number; a number of another file system's makes
 * it only more careful.
 */
struct sent_file {
	__u64 end; /* of what was sent of it */
	__u32 overwritten;
	__u32 generation;
};

/* A server may close such a file right after it was sent, long before the range's turn comes in the ring. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64u << 10);
} unnamed_files SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct sent_file);
} sent_files SEC(".maps");

/* What is known of a file without a name. A new one is reported to the recorder, so that it opens it in time. */
static __noinline struct sent_file *know_unnamed(struct file *file, int fd)
{
	struct inode *node = BPF_CORE_READ(file, f_inode);
	__u64 inode = BPF_CORE_READ(node, i_ino);
	struct sent_file fresh = {.generation = BPF_CORE_READ(node, i_generation)};
	struct sent_file *known = bpf_map_lookup_elem(&sent_files, &inode);
	struct tr_unnamed *report;

	if (known && known->generation == fresh.generation)
		return known;
	bpf_map_update_elem(&sent_files, &inode, &fresh, BPF_ANY);
	report = bpf_ringbuf_reserve(&unnamed_files, sizeof(*report), 0);
	if (report) {
		report->inode = inode;
		report->generation = fresh.generation;
		report->tgid = current_tgid();
		report->fd = fd;
		report->reserved = 0;
		read_file_system(&report->where, node, BPF_CORE_READ(file, f_path.mnt));
		bpf_ringbuf_submit(report, BPF_RB_FORCE_WAKEUP);
	}
	return bpf_map_lookup_elem(&sent_files, &inode);
}

static __always_inline void remember_sent(struct file *file, int fd, __u64 end)
{
	struct sent_file *known = know_unnamed(file, fd);

	if (known && known->end < end)
		known->end = end;
}

static __always_inline bool is_pipe(struct file *file)
{
	return file && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFIFO;
}

/* The kernel counts the buffers of a pipe: by that the recorder knows whether anybody else has used it. */
static __always_inline void read_pipe(struct tr_file *range, struct file *file)
{
	struct pipe_inode_info *pipe = BPF_CORE_READ(file, private_data);

	range->pipe = (__u64)pipe;
	range->pipe_head = BPF_CORE_READ(pipe, head);
	range->pipe_tail = BPF_CORE_READ(pipe, tail);
}

/* Tells that `bytes` bytes came out of a pipe, or (TR_IN) went into one. False: nothing was reported. */
__noinline int send_from_pipe(struct call *call, __u64 pipe_address, __u64 bytes)
{
	struct tr_event *event;
	struct tr_file *range;

	if (!call || bytes > 0xffffffff)
		return false;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event) + sizeof(*range), 0);
	if (!event)
		return false;
	fill_event(event, call, TR_FILE);
	event->flags |= TR_FROM_PIPE;
	event->length = sizeof(*range);
	range = (struct tr_file *)(event + 1);
	__builtin_memset(range, 0, sizeof(*range));
	range->bytes = bytes;
	read_pipe(range, (struct file *)pipe_address);
	COUNT(file_bytes, bytes);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return true;
}

/* Tells that `bytes` bytes came from `file`, from `offset` on. False: it is not a regular file; nothing was reported.
 */
__noinline int send_file(struct call *call, __u64 file_address, __u64 offset, __u64 bytes, __u64 pipe_address)
{
	struct file *file = (struct file *)file_address;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct tr_event *event;
	struct tr_file *range;

	if (!call || (BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFREG || bytes > 0xffffffff)
		return false;
	event = bpf_ringbuf_reserve(&ring, RECORD_SIZE, 0);
	if (!event)
		return false;
	fill_event(event, call, TR_FILE);
	range = (struct tr_file *)(event + 1);
	range->bytes = bytes;
	range->offset = offset;
	range->inode = BPF_CORE_READ(inode, i_ino);
	range->size = BPF_CORE_READ(inode, i_size);
	range->fd = call->file_fd;
	range->links = BPF_CORE_READ(inode, i_nlink);
	range->pipe = 0;
	range->pipe_head = 0;
	range->pipe_tail = 0;
	if (pipe_address)
		read_pipe(range, (struct file *)pipe_address);
	range->generation = BPF_CORE_READ(inode, i_generation);
	if (range->links == 0) {
		remember_sent(file, call->file_fd, offset + bytes);
		if (transfers_are_traced && !calls_are_seen) {
			event->flags |= TR_UNWATCHED;
			wants_calls = true;
		}
	}
	read_times(range, inode);
	read_file_system(&range->where, inode, BPF_CORE_READ(file, f_path.mnt));
	range->path_bytes = read_path((char *)(range + 1), file, bpf_get_current_task_btf());
	event->length = sizeof(*range) + range->path_bytes;
	if (!(call->flags & TR_TO_PIPE))
		COUNT(file_bytes, bytes);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return true;
}

/* A recorded process wrote to `file` from `offset` on, or cut it there. */
static __always_inline void note_write(struct file *file, int fd, __u64 offset)
{
	struct inode *node = BPF_CORE_READ(file, f_inode);
	struct sent_file *known;

	if (BPF_CORE_READ(node, i_nlink) != 0 || (BPF_CORE_READ(node, i_mode) & S_IFMT) != S_IFREG)
		return;
	known = know_unnamed(file, fd);
	if (known && offset < known->end)
		known->overwritten = 1;
}

#endif
