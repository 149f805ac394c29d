/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database of handles, as its files share it.
 */
#ifndef BOOT_HANDLES_H
#define BOOT_HANDLES_H

#include "base/list.h"
#include "fw/handles.h"

struct handle {
	struct list link;
	struct list protocols;
};

struct protocol {
	struct list link; /* in its handle's */
	struct efi_guid guid;
	void *interface;
	struct list opens;
};

struct open {
	struct list link; /* in its protocol's */
	struct efi_open_entry entry;
};

/* Who waits for a protocol to be installed, and on which handles it was since. */
struct registration {
	struct list link;
	struct efi_guid guid;
	efi_event_t event;
	struct list news;
};

struct news {
	struct list link;
	struct handle *handle;
};

extern struct list fw_all_handles;
extern struct list fw_all_registrations;

/* NULL: there is no such handle. */
struct handle *fw_find_handle(efi_handle_t handle);

/* NULL: the handle has none of it. */
struct protocol *fw_find_protocol(struct handle *handle, const struct efi_guid *guid);

/* The first handle where the protocol was installed since, without taking it off the list; NULL:
 * none. */
struct handle *fw_next_news(struct registration *registration);

/* A key that LocateHandle and LocateProtocol got; NULL: it is none. */
struct registration *fw_find_registration(void *key);

/* Forgets an opening. */
void fw_drop_open(struct open *open);

#endif
