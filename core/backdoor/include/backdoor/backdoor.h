/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMware's backdoor: guests name an x86 I/O instruction in registers and trap to EL2, by
 * MRS XZR, MDCCSR_EL0 with 0x86 in X7[63:32], by HVC #0x86, or, where the VM asks for it, by
 * BRK #0x86. X0 to X6 stand for rax, rbx, rcx, rdx, rsi, rdi, rbp.
 *
 * Everything that a guest can make Plinth keep here is bounded: BACKDOOR_CHANNELS messages of at
 * most BACKDOOR_MESSAGE_MAX bytes and BACKDOOR_INFO_MAX values, all of them out of the VM's own
 * budget of bytes. Who asks for more is refused.
 *
 * Lock: backdoor_vm.lock, LOCK_RANK_DEVICE, taken inside every function but those that say so.
 */
#ifndef BACKDOOR_BACKDOOR_H
#define BACKDOOR_BACKDOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"
#include "caller/caller.h"
#include "lock/lock.h"
#include "log/log.h"

#define BACKDOOR_HVC_IMM UINT32_C(0x86)
#define BACKDOOR_BRK_IMM UINT32_C(0x86)
#define BACKDOOR_MAGIC	 UINT32_C(0x564d5868) /* "VMXh" */
#define BACKDOOR_PORT	 UINT32_C(0x5658)
#define BACKDOOR_HB_PORT UINT32_C(0x5659)
/* An early arm64 vmwgfx sends its high-bandwidth messages here. */
#define BACKDOOR_HB_PORT_OLD   UINT32_C(0x565b)
#define BACKDOOR_UNKNOWN       UINT32_C(0xffffffff)
#define BACKDOOR_BALLOON_MAGIC UINT32_C(0x456c6d6f)
#define BACKDOOR_BALLOON_PORT  UINT32_C(0x5670)

#define BACKDOOR_PRODUCT_ESX	     2U
#define BACKDOOR_PRODUCT_WORKSTATION 4U

#define BACKDOOR_CHANNELS    128U
#define BACKDOOR_MESSAGE_MAX UINT32_C(0x10000)
#define BACKDOOR_INFO_MAX    96U /* values of guestinfo, presets among them */
#define BACKDOOR_KEY_SIZE    56U /* of a guestinfo key without "guestinfo.", with its NUL */
#define BACKDOOR_TEXT_SIZE   112U

#define BACKDOOR_GETVERSION 10U

#define BACKDOOR_REGS 8U /* X0 to X7 */

/* The memory that a balloon gives away and takes back; `large`: 2 MiB. As gmem_relinquish(),
 * gmem_retake(), gmem_retake_step() and gmem_was_touched(). The backdoor's lock is held. */
struct backdoor_balloon_ops {
	enum plinth_status (*give)(void *ctx, ipa_t ipa, bool large);
	enum plinth_status (*take)(void *ctx, ipa_t ipa, bool large);
	enum plinth_status (*take_all)(void *ctx);
	bool (*was_touched)(void *ctx);
};

/* What the module knows of a VM. The pointers stay valid as long as the VM. */
struct backdoor_config {
	bool vmware;	  /* the VM has `vmware;`: VMware's ports answer */
	bool control;	  /* the VM may manage Plinth: abi/control.h's port answers at EL0 */
	uint32_t product; /* BACKDOOR_PRODUCT_* */
	const char *name;
	vm_id_t vm;	     /* in events */
	const uint8_t *uuid; /* 16 bytes */
	uint64_t ram_size;
	uint64_t budget; /* bytes that messages and values may take, in whole pages */
	const struct backdoor_balloon_ops *balloon;
	void *balloon_ctx;
};

/* How far a call that takes several steps has come, for each vCPU; zero when the VM starts. */
struct backdoor_batch {
	uint32_t command; /* 0: none */
	uint32_t page;
	uint32_t count;
	uint32_t done;
};

enum backdoor_result {
	BACKDOOR_DONE,	/* step over the instruction (not for HVC) */
	BACKDOOR_AGAIN, /* one step is done, no register has changed: let the guest repeat it */
	BACKDOOR_FAULT, /* the caller's translate() refused: nothing has changed; give the guest its
			   fault */
	BACKDOOR_CONTROL, /* a control call, by a VM that may have them: core/control serves it */
};

/* A power operation that the guest's tools are asked for. */
enum backdoor_power {
	BACKDOOR_HALT,
	BACKDOOR_REBOOT,
	BACKDOOR_SUSPEND, /* run the scripts that go with it, no more */
	BACKDOOR_RESUME,
	BACKDOOR_POWER_ON,
	BACKDOOR_POWER_COUNT,
};

enum backdoor_answer {
	BACKDOOR_NOT_ASKED,
	BACKDOOR_WAITING, /* the tools have not fetched it, or not answered */
	BACKDOOR_ACCEPTED,
	BACKDOOR_REFUSED,
	BACKDOOR_FINISHED, /* SUSPEND, RESUME, POWER_ON: the scripts have run */
};

struct backdoor_state;

struct backdoor_vm {
	struct backdoor_config config; /* immutable after backdoor_init(), as are state and pages */
	struct backdoor_state *state;  /* NULL without `vmware;` */
	pa_t pages;		       /* that hold it */
	struct lock lock;
	struct log_limit log_limit;   /* messages about what the guest does */
	struct log_limit guest_limit; /* the guest's own lines */
};

/* Without `vmware` there is no state and every call answers "unknown". ENOMEM: nothing is held.
 * vm may be anything. */
enum plinth_status backdoor_init(struct backdoor_vm *vm, const struct backdoor_config *config);

/* Gives back all that the VM has; accepts zeroes, and an initialised one. No vCPU runs. */
void backdoor_fini(struct backdoor_vm *vm);

/* Before each start of the VM: channels close, their memory goes back, the report is empty, nobody
 * listens. Values of guestinfo stay. No vCPU runs. */
void backdoor_reset(struct backdoor_vm *vm);

/* The VM is off: the values that were set go back to the presets. No vCPU runs. */
void backdoor_off(struct backdoor_vm *vm);

/* Is the trapped system register access (EC 0x18) with this ISS a call of the backdoor? x7 is the
 * guest's X7. A VM that was given neither vmware nor control has none. No lock. */
bool backdoor_is_call(const struct backdoor_vm *vm, uint32_t iss, uint64_t x7);

/*
 * Serves one call of the running vCPU on its X0 to X7. The caller moves the PC (MRS, BRK) and
 * resumes. Upper halves of inputs are ignored but for the sizes and addresses of high bandwidth;
 * results are written with a zero upper half, X0 to X5 at most (high bandwidth X0 to X6); PSTATE
 * stays. Unknown or broken instruction, port, magic, command, or a command that is not for this
 * level: W0 = 0xffffffff, nothing else.
 * The balloon's port is for EL1; its batches take several steps.
 * A high-bandwidth call copies at most BACKDOOR_MESSAGE_MAX bytes, whose pages it has translated
 * all before it begins: as much work as zeroing as many bytes, which EL2 does in one step too.
 */
enum backdoor_result backdoor_call(struct backdoor_vm *vm, uint64_t x[BACKDOOR_REGS],
	const struct caller *caller, struct backdoor_batch *batch);

/*
 * guestinfo: keys without the leading "guestinfo.", of 1 to BACKDOOR_KEY_SIZE - 1 printable
 * characters without blanks; values are any bytes.
 */

/* A value that is there from the VM's start on. The bytes stay where they are, for ever. Boot CPU,
 * before the VM's first start. EINVAL: not such a key, or too long a value. ENOMEM: no room for
 * more. EEXIST. ENOTSUP: the VM has no `vmware;`. */
enum plinth_status backdoor_info_preset(
	struct backdoor_vm *vm, const char *key, size_t key_size, const void *value, size_t size);

/* Sets or replaces a value. Status as above but EEXIST; ENOMEM also: the VM's budget is spent. On
 * failure the former value stays. */
enum plinth_status backdoor_info_set(
	struct backdoor_vm *vm, const char *key, const void *value, size_t size);

/* Copies at most `max` bytes of the value from `offset` on; *size is all it has. ENOENT. */
enum plinth_status backdoor_info_get(struct backdoor_vm *vm, const char *key, size_t offset,
	void *buf, size_t max, size_t *size);

/* The key at `index`, counted from 0 in no order of meaning, into key[BACKDOOR_KEY_SIZE]. ENOENT:
 * there are not so many. Values that come and go in between may be missed. */
enum plinth_status backdoor_info_key(struct backdoor_vm *vm, size_t index, char *key);

/* What SetGuestInfo carries, by its number. */
enum backdoor_fact {
	BACKDOOR_FACT_DNS_NAME = 1,
	BACKDOOR_FACT_IP = 2,
	BACKDOOR_FACT_DISKS = 3,
	BACKDOOR_FACT_BUILD = 4,
	BACKDOOR_FACT_OS_FULL = 5,
	BACKDOOR_FACT_OS = 6,
	BACKDOOR_FACT_UPTIME = 7,
	BACKDOOR_FACT_MEMORY = 8,
	BACKDOOR_FACT_NIC = 9,
	BACKDOOR_FACT_NIC_NEW = 10,
	BACKDOOR_FACT_DETAILED = 11,
	BACKDOOR_FACT_COUNT = 12,
};

enum backdoor_health {
	BACKDOOR_NO_TOOLS, /* nobody has listened since the VM's start */
	BACKDOOR_SILENT,   /* they have, but not lately */
	BACKDOOR_LISTENING,
};

/* The guest about itself: text that it made up, printable characters alone ('?' for others), cut.
 * Empty: it has not said. */
struct backdoor_report {
	enum backdoor_health health;
	uint32_t tools_version;
	uint32_t tools_type;
	uint32_t last_power;	 /* of tools.os.statechange.status; 0: none */
	uint32_t pings;		 /* answered since the VM's start */
	uint32_t channels;	 /* open now */
	uint64_t used;		 /* bytes of the budget */
	uint64_t balloon_target; /* bytes that the guest is to give away */
	/* At a multiple of 8, so that it is copied by words. */
	char fact[BACKDOOR_FACT_COUNT][BACKDOOR_TEXT_SIZE];
	bool balloon_started; /* it has a driver that would */
};

/* Fills *report; all 0 for a VM without `vmware;`. */
void backdoor_get_report(struct backdoor_vm *vm, struct backdoor_report *report);

/* Has the tools asked at their next poll; their answer is logged. One request at a time for each
 * operation: a second one replaces it. EPERM: nobody listens. RESUME (with the time, where the
 * guest wants it kept): whoever listened when the VM was paused will, so that is enough. */
enum plinth_status backdoor_request(struct backdoor_vm *vm, enum backdoor_power power);

/* How the last request for it stands; BACKDOOR_NOT_ASKED after a reset. */
enum backdoor_answer backdoor_answer(struct backdoor_vm *vm, enum backdoor_power power);

/* How much of its memory the guest is to give away, in bytes (whole pages count), until it is off.
 * Its driver looks once a second. EINVAL: more than it has. ENOTSUP: the VM has no `vmware;`. */
enum plinth_status backdoor_set_balloon(struct backdoor_vm *vm, uint64_t size);

#endif
