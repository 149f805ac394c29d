/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VM_PRIVATE_H
#define VM_PRIVATE_H

#include "vm/vm.h"

extern const struct vgic_ops vm_vgic_ops;
extern const struct psci_ops vm_psci_ops;
extern const struct vuart_ops vm_uart_ops;
extern const struct vrtc_ops vm_rtc_ops;
extern const struct console_port_ops vm_port_ops;

void vm_rtc_expired(struct timer *timer, void *ctx, uint64_t now);

/* timer_fn of vm->worker: one step of what STOPPING (or a pause) still has to do. */
void vm_work(struct timer *timer, void *ctx, uint64_t now);

#endif
