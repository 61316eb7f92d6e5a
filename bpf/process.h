/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which processes are recorded: those on the list, what they fork, and programs that match a selection when started. */
#ifndef TRACEREC_BPF_PROCESS_H
#define TRACEREC_BPF_PROCESS_H

#include "ring.h"

#define PIDTYPE_TGID   1
#define PID_LEVELS_MAX 8 /* nested pid namespaces that are looked through; the kernel allows 32 */

/* All set between open and load. */
const volatile bool follow_children = true;
/* Every pid here and in user space is one of this pid namespace (its inode number), the recorder's own; 0: the
 * initial namespace, whose numbers the kernel has at hand. */
const volatile __u32 pid_namespace = 0;
/* Programs with one of these names are recorded from their exec on. */
const volatile __u32 name_count = 0;
const volatile char names[TR_NAMES_MAX][TR_NAME_BYTES] = {};
/* ... when they run as this user, in the initial user namespace; -1: as any. */
const volatile __s64 names_of_user = -1;
/* So are programs started in this cgroup (version 2), or below it; 0: none. */
const volatile __u64 cgroup_id = 0;
const volatile __s32 cgroup_level = 0;
/* Tell of new code in a recorded process: TLS libraries are looked for there. */
const volatile bool watch_images = false;

/* Processes (thread group ids) that are recorded. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TR_PROCESSES_MAX);
	__type(key, __u32);
	__type(value, __u8);
} recorded SEC(".maps");

static __always_inline bool is_recorded(__u32 tgid)
{
	return bpf_map_lookup_elem(&recorded, &tgid) != 0;
}

/* The number of a process in the recorder's pid namespace; 0 when it has none there. */
static __always_inline __u32 tgid_in_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]);
	const __u32 level = BPF_CORE_READ(pid, level);

#pragma unroll
	for (__u32 i = 0; i < PID_LEVELS_MAX; i++)
		if (i <= level && BPF_CORE_READ(pid, numbers[i].ns, ns.inum) == pid_namespace)
			return BPF_CORE_READ(pid, numbers[i].nr);
	return 0;
}

static __always_inline __u32 tgid_of(struct task_struct *task)
{
	return pid_namespace == 0 ? (__u32)task->tgid : tgid_in_namespace(task);
}

static __always_inline __u32 current_tgid(void)
{
	return pid_namespace == 0 ? bpf_get_current_pid_tgid() >> 32 : tgid_in_namespace(bpf_get_current_task_btf());
}

/* A record about a process, without a socket. */
static __always_inline void send_process_event(__u8 kind, __u32 tgid, int fd)
{
	struct tr_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	const bool urgent = kind == TR_EXIT || kind == TR_IMAGE || kind == TR_PROCESS;

	if (!event) {
		COUNT(lost_control_events, 1);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->time_ns = bpf_ktime_get_boot_ns();
	event->tgid = tgid;
	event->fd = fd;
	bpf_ringbuf_submit(event, urgent ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline void start_recording(__u32 tgid)
{
	__u8 yes = 1;

	if (bpf_map_update_elem(&recorded, &tgid, &yes, BPF_ANY) == 0)
		send_process_event(TR_PROCESS, tgid, -1);
}

static __always_inline bool has_name(const char *comm, __u32 index)
{
	for (__u32 i = 0; i < TR_NAME_BYTES; i++) {
		if (comm[i] != names[index][i])
			return false;
		if (comm[i] == '\0')
			return true;
	}
	return true;
}

static __always_inline bool is_selected_name(const char *comm)
{
	if (names_of_user >= 0 && (__u32)bpf_get_current_uid_gid() != names_of_user)
		return false;
	for (__u32 i = 0; i < TR_NAMES_MAX; i++)
		if (i < name_count && has_name(comm, i))
			return true;
	return false;
}

/* Asked at exec, of the new program. */
static __always_inline bool is_selected(void)
{
	char comm[TR_NAME_BYTES] = {};

	if (cgroup_id != 0 && bpf_get_current_ancestor_cgroup_id(cgroup_level) == cgroup_id)
		return true;
	return name_count != 0 && !bpf_get_current_comm(comm, sizeof(comm)) && is_selected_name(comm);
}

SEC("tp_btf/sched_process_fork")
int on_fork(__u64 *context)
{
	struct task_struct *parent = (struct task_struct *)context[0];
	struct task_struct *child = (struct task_struct *)context[1];

	if (follow_children && child->tgid != parent->tgid && is_recorded(tgid_of(parent)))
		start_recording(tgid_of(child));
	return 0;
}

SEC("tp_btf/sched_process_exec")
int on_exec(__u64 *context)
{
	__u32 tgid = tgid_of((struct task_struct *)context[0]);

	if (tgid == 0)
		return 0;
	if (is_recorded(tgid))
		send_process_event(TR_IMAGE, tgid, -1);
	else if (is_selected())
		start_recording(tgid);
	return 0;
}

/* A process gives itself a name (prctl, as nginx, gunicorn and PostgreSQL do), which it has not got yet here. The name
 * of a thread is not its process's. */
SEC("tp_btf/task_rename")
int on_rename(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	char comm[TR_NAME_BYTES] = {};
	__u32 tgid;

	if (task->pid != task->tgid || task != bpf_get_current_task_btf())
		return 0;
	if (bpf_probe_read_kernel_str(comm, sizeof(comm), (const void *)context[1]) < 0 || !is_selected_name(comm))
		return 0;
	tgid = tgid_of(task);
	if (tgid != 0 && !is_recorded(tgid))
		start_recording(tgid);
	return 0;
}

/* A process is moved into the control group that is recorded, or below it. */
SEC("tp_btf/cgroup_attach_task")
int on_cgroup_attach(__u64 *context)
{
	struct cgroup *group = (struct cgroup *)context[0];
	struct cgroup *above = 0;
	__u32 tgid;

	if (!bpf_core_field_exists(struct cgroup, ancestors) || BPF_CORE_READ(group, level) < cgroup_level)
		return 0;
	bpf_core_read(&above, sizeof(above), &group->ancestors[cgroup_level & 0xff]);
	if (BPF_CORE_READ(above, kn, id) != cgroup_id)
		return 0;
	tgid = tgid_of((struct task_struct *)context[2]);
	if (tgid != 0 && !is_recorded(tgid))
		start_recording(tgid);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *context)
{
	struct task_struct *task = (struct task_struct *)context[0];
	__u32 tgid;

	if (task->signal->live.counter != 0)
		return 0;
	tgid = tgid_of(task);
	if (!is_recorded(tgid))
		return 0;
	bpf_map_delete_elem(&recorded, &tgid);
	send_process_event(TR_EXIT, tgid, -1);
	return 0;
}

#endif
