/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's start, in the order of init.c.
 */
#ifndef INIT_PRIVATE_H
#define INIT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "base/compiler.h"
#include "base/types.h"

struct percpu;

#define HIDDEN __attribute__((visibility("hidden")))

/* Exit numbers of the last line, "plinth: exit N (reason)": docs/monitor.md has all. */
#define EXIT_ALL_OFF 0U
#define EXIT_CRASHED 1U
#define EXIT_STOPPED 2U /* the monitor's poweroff */
#define EXIT_NO_VM   65U
#define EXIT_INIT    71U
#define EXIT_PANIC   72U

/* boot/'s report, copied before the MMU is on. Read-only once init_primary is done. */
extern struct boot_info init_boot_info HIDDEN;

/* early.c: with the MMU off; the value for TTBR0_EL2. */
uint64_t init_early(const struct boot_info *info, uint64_t load, uint64_t trampoline);

/* Bytes of the core's image with its .bss. */
uint64_t init_image_bytes(void);

/* init.c */
NORETURN void init_primary(void);
bool init_option(const char *word); /* is it one of the command line's words? */

/* memory.c: EL2's address space and the allocator. */
void init_memory(void);
void init_free_boot_memory(void); /* when nothing of boot/'s is needed any more */

/* RAM that Plinth holds for itself: all that is neither the allocator's nor an image of a guest,
 * and what it took from the allocator, but for stage-2 tables. After init_free_boot_memory(). */
uint64_t init_el2_bytes(void);

/* cpus.c */
void init_percpu(void);	       /* windows of all CPUs; this CPU moves to its own */
void init_promises(void);      /* by this CPU's registers; after s2_setup() */
void init_this_cpu(void);      /* traps, interrupt controller, timers */
void init_start_cpus(void);    /* the others, one after the other, bounded waits */
bool init_is_up(cpu_id_t id);  /* does it run vCPUs? */
uint64_t init_least_ctr(void); /* CTR_EL0 that serves all that are up */
bool init_ctr_differs(void);   /* one of them says more */
NORETURN void init_secondary(struct percpu *percpu);

/* console.c */
void init_console(void);	/* output from here on */
void init_console_input(void);	/* interrupt or polling, monitor */
void init_uart_interrupt(void); /* the handler */

/* monitor.c */
void init_monitor(void);

/* vms.c */
void init_create_vms(void);
void init_start_vms(void);

/* restart.c */
void init_soft_reboot(void); /* stops all VMs, then enters boot/ once more */
bool init_soft_reboot_is_wanted(void);
extern const char init_loud_device[]; /* why there is none: vm_devices_are_quiet() says no */
bool init_soft_reboot_due(void); /* all VMs are off: true where that is what they stopped for */

/* restart_bundle.c: the same with the bundle that begins at this address of the VM's memory, in one
 * of its ranges beside RAM; image: and into the plinth.img in it. NULL: under way. Else why it is
 * not, and nothing has changed. */
const char *init_soft_reboot_into(const char *name, uint64_t gpa, bool image);
void init_hand_over_bundle(void); /* to boot, on the last CPU */

/* power.c: say the exit line, and go. */
NORETURN void init_power_off(unsigned code, const char *reason);
NORETURN void init_reboot(void);
NORETURN void init_cpu_off(void); /* this CPU alone, without a word */
NORETURN void init_fail(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
