/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INIT_MONITOR_GUEST_H
#define INIT_MONITOR_GUEST_H

#include <stddef.h>

#include "base/status.h"

struct monitor;
struct vm;

/* What the guest and its tools say of themselves; nothing for a VM that has no tools. */
void init_report_guest(struct vm *vm, struct monitor *out);

/* Of struct monitor_ops. */
enum plinth_status init_guestinfo_list(void *ctx, const char *name, struct monitor *out);
enum plinth_status init_guestinfo_get(
	void *ctx, const char *name, const char *key, struct monitor *out);
enum plinth_status init_guestinfo_set(
	void *ctx, const char *name, const char *key, const char *value);
enum plinth_status init_nvram(void *ctx, const char *name, struct monitor *out);
enum plinth_status init_balloon_show(void *ctx, const char *name, struct monitor *out);
enum plinth_status init_balloon_set(void *ctx, const char *name, size_t mib);

#endif
