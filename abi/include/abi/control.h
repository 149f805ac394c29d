/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control calls: how a process in a VM with `control` manages Plinth. The instruction is that of
 * VMware's backdoor (MRS XZR, MDCCSR_EL0 at EL0, with 0x86 in X7[63:32] and IN EAX, DX in W7), the
 * port is Plinth's own. docs/control.md says what each call does.
 *
 *   in   X0 [31:0] CONTROL_MAGIC, [63:32] the VM that is meant: its handle
 *        X1 [15:0] CONTROL_VERSION, [31:16] enum control_call, [63:32] bytes of the buffer
 *        X2 an argument
 *        X3 [15:0] CONTROL_PORT, [63:32] a second argument
 *        X4 virtual address of the buffer
 *        X5, X6 the token: its first and its last 8 bytes, little-endian
 *   out  X0 enum control_status, X1 bytes that were taken from the buffer or put there,
 *        X2, X3 results; all other registers stay
 *
 * A call moves CONTROL_MOVE_MAX bytes at most: what is longer takes several, each of which tells
 * how far it came. No call waits.
 */
#ifndef ABI_CONTROL_H
#define ABI_CONTROL_H

#include <stdint.h>

#include "abi/control_debug.h"
#include "abi/control_look.h"
#include "abi/control_registers.h"
#include "abi/control_trace.h"

#define CONTROL_MAGIC	 UINT32_C(0x686e6c70) /* "plnh" */
#define CONTROL_PORT	 UINT32_C(0x504c)     /* "LP" */
#define CONTROL_VERSION	 1U
#define CONTROL_MOVE_MAX 4096U
#define CONTROL_NO_VM	 UINT32_C(0xffffffff)

/* Where Linux shows the token, 16 bytes, to root alone. */
#define CONTROL_TOKEN_FILE "/proc/device-tree/chosen/security-plinth-token"
#define CONTROL_TOKEN_SIZE 16U
enum control_status {
	CONTROL_OK = 0,
	CONTROL_BAD_VERSION = 1, /* X1: the version that is spoken here */
	CONTROL_BAD_CALL = 2,	 /* no such call in this version */
	CONTROL_DENIED = 3,	 /* the token is wrong, or the machine has no entropy for one */
	CONTROL_NO_RIGHT = 4,	 /* the VM lacks the right: X1 is which, VM_RIGHT_* */
	CONTROL_NO_SUCH_VM = 5,
	CONTROL_INVALID = 6,	    /* an argument is out of its range */
	CONTROL_BAD_STATE = 7,	    /* not in the VM's present state */
	CONTROL_NOT_FOUND = 8,	    /* no such key, vCPU, record */
	CONTROL_NO_MEMORY = 9,	    /* or no room in the VM's budget */
	CONTROL_BUSY = 10,	    /* in use by somebody else */
	CONTROL_BAD_ADDRESS = 11,   /* no memory of that VM */
	CONTROL_NOT_SUPPORTED = 12, /* well-formed, not offered */
};

/* The rights (abi/vm_config.h) that they take are in parentheses. `vm` means the VM of X0. */
enum control_call {
	CONTROL_HELLO = 0, /* (none) X1 number of calls, X2 own handle, X3 own rights */
	CONTROL_HOST = 1,  /* (observe) buffer: struct control_host */
	CONTROL_LIST = 2,  /* (observe) struct control_vm[], from index X2 on; X2 the next index */
	CONTROL_INFO = 3,  /* (observe) vm: struct control_info */
	CONTROL_VCPUS = 4, /* (observe) vm: struct control_vcpu[] from vCPU X2 on */
	CONTROL_COUNTERS = 5, /* (observe) vm: struct control_counters */
	CONTROL_GUEST = 6,    /* (observe) vm: struct control_guest */
	CONTROL_START = 7,    /* (power) vm */
	CONTROL_STOP = 8,  /* (power) vm; X2 0: at once, else the guest is asked, seconds to wait */
	CONTROL_RESET = 9, /* (power) vm; X2 likewise. X2 out: 1 if the guest was asked */
	CONTROL_PAUSE = 10,  /* (power) vm; X2 likewise */
	CONTROL_RESUME = 11, /* (power) vm */
	CONTROL_SET = 12,    /* (config) vm; X3 enum control_setting, X2 its value */
	CONTROL_EVENTS = 13, /* (observe) struct control_event[] from number X2 on; X2 the next
			      * number, X3 how many are lost */
	CONTROL_LOG = 14,    /* (observe) struct control_log of line X2 or the next that is kept;
			      * X2 the number after it */
	CONTROL_TRACE = 15,  /* (observe) struct control_trace[] of CPU X3 from record X2 on; X2 the
			      * number after them */
	CONTROL_TRACE_SET = 16,	   /* (config) X2 1: on, 0: off */
	CONTROL_CONSOLE_READ = 17, /* (observe) vm: bytes of its output from position X2 on; X2 the
				    * next position, X3 how many bytes are lost */
	CONTROL_CONSOLE_WRITE =
		18,	       /* (config) vm: bytes for it; X1 as many as there was room for */
	CONTROL_INFO_KEY = 19, /* (observe) vm: the key of its guestinfo at index X2 */
	CONTROL_INFO_GET = 20, /* (observe) vm; buffer in: a key with its NUL; out: its value from
				* byte X2 on, X2 the bytes of the whole value */
	CONTROL_INFO_SET = 21, /* (config) vm; buffer: a key with its NUL, then the value */
	CONTROL_MEMORY_READ = 22,    /* (memory) vm: its memory from guest-physical address X2 on */
	CONTROL_MEMORY_WRITE = 23,   /* (memory) vm: the same */
	CONTROL_REGISTERS_READ = 24, /* (memory) vm, paused or crashed: struct control_registers
				      * of vCPU X3 */
	CONTROL_REGISTERS_WRITE = 25, /* (memory) vm, paused or crashed: the same */
	CONTROL_LOOK = 26,	  /* (memory) vm; buffer: struct control_look; begins a look into
				   * its address space; X2 its ticket */
	CONTROL_LOOK_READ = 27,	  /* (memory) X2 the look's ticket; its lines; X2 1: that was all.
				   * NOT_FOUND: it is another one's turn, or it was cut off */
	CONTROL_LOOK_STOP = 28,	  /* (memory) X2 the look's ticket; lines that wait are dropped */
	CONTROL_NVRAM_READ = 29,  /* (observe) vm: bytes of its struct control_nvram and the image
				   * behind it from X2 on. X3 0: of now, else its ticket (BUSY: it is
				   * over).  X2 the bytes of all, X3 the ticket */
	CONTROL_NVRAM_WRITE = 30, /* (config) vm: the same, in order; X3 0 with the first bytes,
				   * which have all of the struct. Not all may be taken at once
				   * (X1): X2 the bytes so far, X3 the ticket. The last byte puts
				   * it in place of all variables */
	CONTROL_CREATE = 31,	  /* (config) struct vm_config, its images at offsets in X2 bytes;
				   * X2 its handle, X3 its ticket */
	CONTROL_CREATE_STEP = 32, /* (config) vm, X3 its ticket; X2 bytes to come, X3 1: again; both
				   * 0: done */
	CONTROL_CREATE_PUT = 33,  /* (config) vm, X3 its ticket; the bytes from X2 on, in order */
	CONTROL_CREATE_WHY = 34,  /* (config) CONTROL_LOG_TEXT bytes: why one was refused */
	CONTROL_DESTROY = 35,	  /* (power, config) vm, also one that is being made; X3 a ticket:
				   * only the one that is being made with that */
	/* (memory, power) vm; a debugger's: abi/control_debug.h */
	CONTROL_DEBUG_ATTACH = 36,
	CONTROL_DEBUG_DETACH = 37,
	CONTROL_DEBUG_SET = 38,
	CONTROL_DEBUG_PATCH = 39,
	CONTROL_DEBUG_RESUME = 40,
	CONTROL_DEBUG_LOOK = 41,
	CONTROL_CALL_COUNT = 42,
};

enum control_state {
	CONTROL_STATE_OFF,
	CONTROL_STATE_RUNNING,
	CONTROL_STATE_PAUSED,
	CONTROL_STATE_STOPPING,
	CONTROL_STATE_CRASHED,
	CONTROL_STATE_STARTING,
	CONTROL_STATE_MAKING, /* half-built, by CONTROL_CREATE */
	CONTROL_STATE_LEAVING,
	CONTROL_STATE_GONE,    /* of an event alone */
	CONTROL_STATE_STARVED, /* with `overcommit`: waits for free memory */
};

struct control_host {
	uint32_t cpus;
	uint32_t vms;
	uint64_t frequency; /* ticks a second of every time here */
	uint64_t now;	    /* ticks */
	uint64_t seconds;   /* the wall clock, since 1970; 0: there is none */
	/* bytes */
	uint64_t memory_total;
	uint64_t memory_free;
	uint64_t memory_clean;	  /* of the free */
	uint64_t memory_promised; /* of the free */
	uint64_t memory_core;
	uint64_t memory_tables;
	uint64_t memory_guests;
	uint64_t scrubbed_idle;
	uint64_t scrubbed_demand;
	uint32_t longest_call; /* instructions of the longest control call so far, without its exit
				*/
	uint32_t longest_id;   /* which that was */
};

struct control_vm {
	char name[32]; /* with its NUL */
	uint32_t vm;   /* handle */
	uint32_t state;
	uint32_t vcpus;
	uint32_t starts;
	uint64_t memory; /* bytes */
	uint64_t used;	 /* of these */
};

struct control_info {
	struct control_vm vm;
	uint32_t flags;	 /* VM_FLAG_* */
	uint32_t rights; /* VM_RIGHT_* */
	uint32_t weight;
	uint32_t vcpus_max; /* that may be online; CONTROL_SET_VCPUS */
	uint64_t affinity;
	uint64_t overhead; /* bytes that it may take of Plinth's own memory */
	uint64_t tables;   /* bytes of stage-2 tables */
	uint8_t uuid[16];
	char reason[128];     /* of the last crash, with its NUL */
	uint64_t memory_base; /* guest-physical address of its RAM */
};

enum control_vcpu_state {
	CONTROL_VCPU_OFF,
	CONTROL_VCPU_BLOCKED,
	CONTROL_VCPU_RUNNABLE,
	CONTROL_VCPU_RUNNING,
	CONTROL_VCPU_MOVING,
};

struct control_vcpu {
	uint32_t id;
	uint32_t state;
	uint32_t cpu;
	uint32_t reserved;
	uint64_t ran;	 /* ticks */
	uint64_t stolen; /* ticks that it was runnable and did not run */
	uint64_t exits_hvc;
	uint64_t exits_sysreg;
	uint64_t exits_abort;
	uint64_t exits_wfx;
	uint64_t exits_irq;
	uint64_t exits_other;
};

struct control_counters {
	uint64_t fault_read;
	uint64_t fault_write;
	uint64_t fault_fetch;
	uint64_t fault_table_walk;
	uint64_t upgrade_exec;
	uint64_t upgrade_write;
	uint64_t raced;
	uint64_t map_4k;
	uint64_t map_2m;
	uint64_t map_1g;
	uint64_t revoked;
	uint64_t split;
	uint64_t pages_cleaned;
	uint64_t lines_cleaned;
	uint64_t lines_invalidated;
	uint64_t invalidated_all;
};

/* What the guest's tools say of it (core/backdoor): text that the guest made up, printable
 * characters alone, with its NUL. */
#define CONTROL_FACTS	  12U /* by the numbers of SetGuestInfo */
#define CONTROL_FACT_SIZE 112U

struct control_guest {
	uint32_t tools; /* 0 none, 1 silent, 2 listening */
	uint32_t tools_version;
	uint32_t tools_type;
	uint32_t last_power;
	uint32_t pings;
	uint32_t channels;
	uint64_t used; /* bytes of its overhead */
	char fact[CONTROL_FACTS][CONTROL_FACT_SIZE];
	uint64_t balloon;	  /* bytes that it is to give away; CONTROL_SET_MEMORY */
	uint32_t balloon_started; /* it has a driver that would */
	uint32_t reserved;
};

enum control_setting {
	CONTROL_SET_WEIGHT = 0,	  /* 1 to 10,000 */
	CONTROL_SET_AFFINITY = 1, /* a bit for each CPU; 0: all */
	CONTROL_SET_VCPUS = 2, /* 1 to its vCPUs: how many of them, from the first on, its guest may
				* put online (PSCI). Those that are online stay, also above it */
	CONTROL_SET_MEMORY = 3, /* bytes, up to its memory: the rest is the balloon's, which the
				 * guest's driver fills. NOT_SUPPORTED without `vmware` */
};

enum control_event_kind {
	CONTROL_EVENT_STATE = 1,   /* value: enum control_state */
	CONTROL_EVENT_CONSOLE = 2, /* output, after a CONTROL_CONSOLE_READ that got less than it
				    * had room for */
	CONTROL_EVENT_INFO = 3,	   /* the guest has set a value of its guestinfo */
	CONTROL_EVENT_LOOK = 4,	   /* lines wait for CONTROL_LOOK_READ */
	CONTROL_EVENT_NVRAM = 5,   /* non-volatile variables have changed, after a
				    * CONTROL_NVRAM_READ */
	CONTROL_EVENT_DEBUG = 6,   /* a vCPU has stopped for a debugger; value: [31:0] which,
				    * [63:32] enum control_debug_why */
};

struct control_event {
	uint64_t time;
	uint32_t kind;
	uint32_t vm; /* or CONTROL_NO_VM */
	uint64_t value;
};

/* A VM's non-volatile UEFI variables and its clock, as they are kept. An image of lib/nvstore
 * follows: records in order, each behind the other. */
#define CONTROL_NVRAM_MAGIC UINT64_C(0x564e68746e696c50) /* "PlinthNV" */
#define CONTROL_NVRAM_MAX   16384U			 /* bytes of the image */

struct control_nvram {
	uint64_t magic;
	uint32_t size; /* of the image */
	uint32_t reserved;
	uint64_t meta; /* of the clock: core/uefirt */
};

#define CONTROL_LOG_TEXT 192U

struct control_log {
	uint64_t time;
	char text[CONTROL_LOG_TEXT]; /* with its NUL */
};

#endif
