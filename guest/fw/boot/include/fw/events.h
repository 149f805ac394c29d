/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task priorities, events and timers (UEFI 2.10, 7.1). There are no interrupts: a timer's time is
 * looked at whenever a service waits, checks, or lowers the priority.
 */
#ifndef FW_EVENTS_H
#define FW_EVENTS_H

#include <stdbool.h>

#include "uefi/services.h"

/* No events; priority TPL_APPLICATION. */
void fw_events_init(void);

efi_tpl_t fw_raise_tpl(efi_tpl_t tpl);
void fw_restore_tpl(efi_tpl_t tpl);
efi_status_t fw_create_event(
	uint32_t type, efi_tpl_t tpl, efi_notify_t notify, void *context, efi_event_t *event);
efi_status_t fw_create_event_ex(uint32_t type, efi_tpl_t tpl, efi_notify_t notify,
	const void *context, const struct efi_guid *group, efi_event_t *event);
efi_status_t fw_set_timer(efi_event_t event, uint32_t how, uint64_t time_100ns);
efi_status_t fw_wait_for_event(uint64_t count, efi_event_t *events, uint64_t *index);
efi_status_t fw_signal_event(efi_event_t event);
efi_status_t fw_close_event(efi_event_t event);
efi_status_t fw_check_event(efi_event_t event);
efi_status_t fw_stall(uint64_t microseconds);

/* Signals all events of the group. */
void fw_signal_group(const struct efi_guid *group);

/* Each event of the group that has a notification function, in order of creation. */
typedef void fw_visit_fn(void *ctx, efi_event_t event, efi_notify_t notify, void *context);
void fw_visit_group(const struct efi_guid *group, fw_visit_fn *visit, void *ctx);

/* Signals the timers whose time has come, and runs what may run. */
void fw_events_poll(void);

/* Is it an event that was not closed? */
bool fw_is_event(efi_event_t event);

#endif
