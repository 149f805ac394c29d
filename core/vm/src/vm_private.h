/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VM_PRIVATE_H
#define VM_PRIVATE_H

#include "vm/vm.h"
#include "vm/vm_table.h"

extern const struct vgic_ops vm_vgic_ops;
extern const struct psci_ops vm_psci_ops;
extern const struct vuart_ops vm_uart_ops;
extern const struct vrtc_ops vm_rtc_ops;
extern const struct vgpio_ops vm_gpio_ops;
extern const struct console_port_ops vm_port_ops;

void vm_rtc_expired(struct timer *timer, void *ctx, uint64_t now);

/* vm_start() that leaves the first step too to the worker: whoever asks waits for none. */
enum plinth_status vm_start_soon(struct vm *vm);

/* vm_state.c, under vm->lock: RUNNING -> PAUSED, and back. Have all vCPUs left their CPUs? */
void vm_pause_locked(struct vm *vm);
void vm_resume_locked(struct vm *vm);
bool vm_is_at_rest(struct vm *vm);

/* vm_starve.c: the queue of VMs that wait for memory. setup: once, before any VM. follow: before
 * each change of a VM's state, to `state`, under vm->lock: who is STARVED waits in it, and who is
 * not does not; who stops gives back what was promised to it there. */
void vm_starve_setup(void);
void vm_starve_follow(struct vm *vm, enum vm_state state);

/* vm_debug.c: the session ends, if there is one; under vm->lock, the vCPUs at rest. And the
 * timer_fn of vm->debug.timer. */
void vm_debug_end(struct vm *vm);
/* Somebody else resumes the VM: what the debugger said of how it is to run is over. Under vm->lock.
 */
void vm_debug_let_all_run(struct vm *vm);
void vm_debug_expired(struct timer *timer, void *ctx, uint64_t now);

/* vm_soft.c: timer_fn of vm->soft_timer. */
void vm_soft_expired(struct timer *timer, void *ctx, uint64_t now);

/* vm_backdoor.c: the backdoor of a VM with its presets, and their number. *why on failure. */
enum plinth_status vm_backdoor_init(struct vm *vm, const char **why);

/* vm_uefi.c: runtime services, where the VM has them. ENOMEM: nothing is held. */
enum plinth_status vm_uefi_init(struct vm *vm);

/* Once, before any VM. */
void vm_uefi_setup(void);

/* False: changes of its variables are still to be written. */
bool vm_uefi_leave(struct vm *vm);

/* Its variables as the host's firmware has kept them, once its clock is initialised too. Boot CPU,
 * before any VM starts. */
void vm_uefi_load(struct vm *vm);

/* vm_config.c: vm_config_check() in pieces, for whoever must be short. frame: all but what is
 * where, counts among it, first. places: ranges, and the entry. image: one of them. NULL: it is
 * good. */
enum plinth_status vm_config_check_frame(const struct vm_config *config, const char **why);
const char *vm_config_check_places(const struct vm_config *config);
const char *vm_config_check_image(const struct vm_config *config, uint32_t index);

/* vm_create.c: a VM in steps. begin: of a config whose frame is good; `content` is PMEM_CLEAN or
 * PMEM_ANY, and failure holds nothing. step: EAGAIN: call again; OK: all is built; else, with *why,
 * gmem_fini_step() and free are to follow. end: others find it. free: all but gmem, which has
 * nothing any more. */
extern const char vm_name_is_taken[];
enum plinth_status vm_build_begin(
	const struct vm_config *config, uint32_t content, struct vm **vm, const char **why);
enum plinth_status vm_build_step(struct vm *vm, const char **why);
void vm_build_end(struct vm *vm);
void vm_build_free(struct vm *vm);

/* vm_table.c: the table. take: false: it is full. show and hide: whether vm_get() finds it. */
bool vm_take_slot(struct vm *vm);
void vm_drop_slot(const struct vm *vm);
void vm_show(struct vm *vm);
void vm_hide(const struct vm *vm);
/* As vm_next(), of all there are: half-built and leaving ones, too. */
struct vm *vm_next_slot(uint32_t *id);

/* Gives pages [from, to) of a block back, in the pieces that the allocator knows. */
void vm_give_pages(pa_t block, uint64_t from, uint64_t to);

/* vm_store.c: memory for its images. put: from its start to its end, whole pages but for the last;
 * else EINVAL. */
enum plinth_status vm_store_alloc(struct vm *vm, uint64_t size);
enum plinth_status vm_store_put(struct vm *vm, uint64_t at, const void *bytes, uint32_t size);
void vm_store_free(struct vm *vm);

/* vm_leave.c: the VM, whose vCPUs are at rest, goes away soon; whatever of it was built. */
enum plinth_status vm_leave_setup(void);
void vm_leave(struct vm *vm);

/* The smallest block of pages that holds them. */
unsigned vm_order_for(uint64_t bytes);

/* vm_pvtime.c: the scale, once; the pages of a VM whose gmem is initialised (ENOMEM: fini is to
 * follow) and back, once no stage 2 leads to them; and at each start of a vCPU's VM. */
void vm_pvtime_setup(uint64_t ticks_per_second);
enum plinth_status vm_pvtime_init(struct vm *vm);
void vm_pvtime_fini(struct vm *vm);
void vm_pvtime_reset(struct vcpu *vcpu);

/* vm_hold.c, under vm->lock, after each change of the state: its vCPUs get the holds that the state
 * wants. begin: this CPU's own vCPU at once, and a step. step: false: call again. own: this CPU's
 * own vCPU, whatever the others have. */
bool vm_hold_begin(struct vm *vm);
bool vm_hold_step(struct vm *vm);
void vm_hold_own(struct vm *vm);

/* The vCPU goes off: it does not count among those with caches off any more. */
void vm_caches_gone(struct vcpu *vcpu);

/* timer_fn of vm->worker: one step of what STOPPING (or a pause) still has to do. */
void vm_work(struct timer *timer, void *ctx, uint64_t now);

/* vm_devices.c: devices of the machine. spi_count: of a vGIC with their interrupts, of a config
 * that is checked. init: after gmem and vGIC; what it says in *why is wrong, and fini is to follow.
 * start: before the VM runs. stop_step: its vCPUs are at rest, its memory is not touched yet;
 * EAGAIN until the devices are reset and nothing of their interrupts is left. report: the worker's,
 * with no lock held: says once what could not be reset. fini: no CPU is in an exit that has found
 * it. */
/* What a config says of them, as far as others may have written it: none are there without
 * MEMORY_DIRECT, which a config that a guest sends may not have; with it the loader has checked
 * where they lie. */
bool vm_devices_fit(const struct vm_config *config);
uint32_t vm_devices_spi_count(const struct vm_config *config);
enum plinth_status vm_devices_init(struct vm *vm, const char **why);
void vm_devices_start(struct vm *vm);
enum plinth_status vm_devices_stop_step(struct vm *vm);
void vm_devices_report(struct vm *vm);
/* The VM's vGIC lock is held: its interrupt, which is active, will be ended by this CPU. */
void vm_device_adopt(intid_t intid);
void vm_devices_fini(const struct vm *vm);

/* vm_cost.c: what a run costs at EL2; with several VMs, what all of them cost meanwhile. begin and
 * end under vm->lock, report when the VM is at rest. */
void vm_cost_begin(struct vm *vm);
void vm_cost_end(struct vm *vm);
void vm_cost_report(const struct vm *vm);

#endif
