/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small machine for histories of guests and hypervisor: CPUs, VMs on the real core/gmem, core/s2,
 * core/coh and core/pmem, over the models of caches and TLBs (docs/design/cache-model.md).
 *
 * One machine at a time. A step is one thing that somebody does; what hardware does on its own
 * meanwhile, and what the other CPU does while the hypervisor is at work, comes out of the step's
 * seed, so a step does the same whatever stands before it in the history.
 */
#ifndef COHERENCY_WORLD_H
#define COHERENCY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake/cache_model.h"
#include "fake/tlb_model.h"
#include "gmem/gmem.h"
#include "percpu/percpu.h"

#define WORLD_VMS    3U
#define WORLD_STARTS 2U	 /* VMs that are there at the start; random histories leave it at them */
#define WORLD_VCPUS  2U	 /* of each VM */
#define WORLD_PAGES  13U /* that we follow of each VM */
#define WORLD_DISK   10U /* from here on, they are in ranges beside RAM */
#define WORLD_ROM    12U /* and this one the VM may not write */
#define WORLD_TABLES 48U
#define WORLD_NOBODY 0xffU
#define WORD_HISTORY 12U

/* What a guest writes: a mark, whose, and a number. */
#define STAMP_MARK     (UINT64_C(0x5a) << 56)
#define STAMP_IS(v)    ((v) >> 56 == 0x5aU)
#define STAMP_OWNER(v) ((unsigned)((v) >> 40 & 0xffffU))
/* What memory held at power-on. */
#define BOOT_GARBAGE (UINT64_C(0xb0) << 56)

/* A machine and how its VMs are configured. */
struct config {
	struct fake_cache_config cache;
	bool fwb;
	bool eager;
	bool blocks;	     /* memory and images in blocks of 2 MiB */
	bool prepare;	     /* with blocks: the first image is copied before the start */
	bool by_instruction; /* coh executes its plans by arch/'s instructions, one line at a time
			      */
	uint8_t vmid_bits;
	uint8_t vcpus; /* that a VM says it has: with 1, vCPU 1 is what wakes from suspend */
};

/* A followed word of a VM's memory: what was written to it, oldest first, and for each kind of
 * observer the oldest that it may still see. */
struct word {
	uint64_t value[WORD_HISTORY];
	uint8_t count;
	uint8_t load;  /* a cacheable load */
	uint8_t fetch; /* a fetch with caches on */
	uint8_t poc;   /* whoever looks past the caches */
	uint8_t past;  /* a fetch past the caches: instruction caches may hold what was there */
	uint8_t born[WORLD_VCPUS]; /* the same by a vCPU: what was there when it started */
};

/* Masks of words. What the guest did to lines, as a correct guest keeps account of it. */
struct page {
	struct word word[FAKE_WORDS];
	uint8_t cached; /* lines written by cacheable stores since they were last cleaned to PoC */
	uint8_t past;	/* lines written past the caches, which may still hold older ones */
	uint8_t at_poc; /* words that the guest knows to be at PoC */
	uint64_t pa;	/* where it is, 0: not mapped */
};

struct vcpu_state {
	bool started;
	bool off; /* MMU and caches */
	uint8_t cpu;
};

struct vm_state {
	bool live;
	bool was_on; /* some vCPU has had its caches on since the start */
	uint16_t serial;
	uint16_t disk_serial; /* of what is written to ranges: they outlive resets */
	uint8_t caches_off;   /* vCPUs, as core/vm counts them */
	struct vcpu_state vcpu[WORLD_VCPUS];
	struct page page[WORLD_PAGES];
	struct gmem gmem;
};

struct cpu_state {
	struct percpu percpu;
	uint64_t vttbr;
	uint8_t vm; /* what runs here, or WORLD_NOBODY */
	uint8_t vcpu;
};

/* A page of stage-2 tables: what the walkers see of the entries that lead to followed pages. */
struct table {
	uint64_t pa; /* 0: not in use */
	uint64_t entry[WORLD_PAGES + 6U];
};

/* A followed word. */
struct place {
	uint8_t page;
	uint8_t word;
};

/* A VMID that a space got on a CPU, and that others may not see before that CPU's next DSB. */
struct late_vmid {
	struct s2_space *space; /* NULL: none */
	uint64_t before;
	uint64_t now;
	uint8_t cpu;
	bool hidden; /* the CPU that works sees the one before */
};

struct world {
	struct config config;
	uint8_t *arena;
	size_t arena_size;
	struct fake_cache cache;
	struct fake_tlb tlb;
	struct vm_config vm_config;
	struct s2_ops table_ops; /* gmem's, under ours */
	struct table table[WORLD_TABLES];
	uint8_t *table_at; /* by page of the arena: index + 1 */
	uint64_t initial[WORLD_PAGES][FAKE_WORDS];
	struct cpu_state cpu[FAKE_CPUS];
	struct vm_state vm[WORLD_VMS];
	uint64_t random;    /* the adversary's */
	struct place focus; /* where the step is */
	uint64_t stamp;
	uint16_t serial;
	uint8_t el2_cpu;
	bool in_engine;
	uint8_t busy_vm;    /* that the hypervisor is at work for */
	uint32_t recent[8]; /* pages of the arena that were used a while ago */
	unsigned recent_next;
	struct late_vmid late;
	uint64_t barriers; /* DSBs at EL2 so far */
	uint64_t skipped;  /* steps that were not possible */
	uint64_t no_memory;
	char failure[256]; /* empty: none yet */
	bool loud;	   /* says what happens */
};

extern struct world world;

/* The machine after power-on, Plinth booted, VMs started. */
void world_init(const struct config *config);
void world_fini(void);

uint64_t world_ipa(unsigned page);

/* Whose mark values at the page bear. */
uint16_t world_serial(unsigned vm, unsigned page);

/* The hypervisor starts and ends something on a CPU. At the end nothing may be half done. */
void world_enter(unsigned cpu, unsigned vm);
void world_leave(void);

/* One maintenance operation or barrier of EL2; then whatever the adversary likes. */
void world_op(enum fake_op op, uint64_t address);
void world_nothing(void); /* one that is left out: time passes */
void world_range(enum fake_op op, uint64_t start, uint64_t size, uint64_t stride);
/* Something that others do at any time. */
void world_noise(void);
/* Where they do it: half of the time where the step is. */
struct place world_place(void);

void world_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline bool world_has_failed(void)
{
	return world.failure[0] != '\0';
}
void world_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* VMs' lives (coherency_life.c); `cpu` is where the hypervisor works. */
void life_start(unsigned cpu, unsigned vm);
void life_create(unsigned cpu, unsigned vm);
void life_reset(unsigned cpu, unsigned vm);
void life_destroy(unsigned cpu, unsigned vm);
bool life_load(unsigned cpu, unsigned vm, unsigned vcpu);
void life_migrate(unsigned cpu, unsigned vm, unsigned vcpu); /* from another CPU, if it is there */
void life_unload(unsigned cpu);
void life_load_meanwhile(void); /* on the other CPU, while this one is in s2_vmid_load() */

/* VMIDs as other CPUs see them (coherency_vmid.c). */
void vmid_load_begins(struct s2_space *space);
void vmid_load_ends(struct s2_space *space);
void vmid_space_ends(const struct s2_space *space);
void vmid_enter(unsigned cpu);
void vmid_leave(void);
void vmid_barrier(unsigned cpu);

/* Tables as walkers see them (coherency_tables.c). */
void tables_init(void);
void tables_take(struct gmem *gmem);
void tables_publish(void);
void tables_leak(void); /* some store to a table is seen before its barrier */
void tables_check(void);

/* What guests and devices do (coherency_guest.c), on a CPU that runs one. `how` chooses among
 * variants. */
void guest_load(unsigned cpu, unsigned page, unsigned word);
void guest_store(unsigned cpu, unsigned page, unsigned word);
void guest_fetch(unsigned cpu, unsigned page, unsigned word);
void guest_maintain(unsigned cpu, unsigned page, unsigned word);
void guest_clean(unsigned cpu, unsigned page, unsigned word);
void guest_turn_on(unsigned cpu);
void guest_uncached(unsigned cpu, unsigned page, unsigned word, unsigned how);
void guest_device(unsigned vm, unsigned page, unsigned word, unsigned how);
void guest_peek(unsigned cpu);		       /* while another CPU is in the hypervisor */
void guest_go_on(unsigned cpu);		       /* while another CPU is between two steps of it */
void guest_zero(unsigned vm, unsigned page);   /* nor any value but zero until the next start */
void guest_forget(unsigned vm, unsigned page); /* the page has its first content again */
void guest_carry_over(unsigned vm, unsigned page); /* the VM starts again, with what was there */
void guest_note_moves(unsigned vm);		   /* pages that Plinth mapped or copied just now */

/* What the hypervisor does for a VM (coherency_host.c). */
void host_write(unsigned cpu, unsigned vm, unsigned page, unsigned word);
void host_read(unsigned cpu, unsigned vm, unsigned page, unsigned word);
/* By the guest's own will: the page or the block around it goes, or comes back. */
void host_relinquish(unsigned cpu, unsigned vm, unsigned page, unsigned how);
void host_caches_on(unsigned cpu, unsigned page, unsigned word);
void host_vcpu_start(unsigned cpu, unsigned vm, unsigned vcpu, bool load);
void host_vcpu_stop(unsigned cpu);
void host_set_way(unsigned cpu, unsigned page, unsigned word);
void host_scrub(unsigned cpu);

#endif
