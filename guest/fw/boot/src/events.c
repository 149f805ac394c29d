/* SPDX-License-Identifier: Apache-2.0 */
#include "fw/events.h"

#include "base/compiler.h"
#include "base/list.h"
#include "fw/guid.h"
#include "fw/memory.h"
#include "fw/platform.h"
#include "runtime/runtime.h"

#define EVENT_MAGIC UINT32_C(0x544e5645)
#define EVENT_KNOWN                                                                                \
	(EFI_EVENT_TIMER | EFI_EVENT_RUNTIME | EFI_EVENT_SIGNAL_EXIT_BOOT_SERVICES |               \
		EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE | EFI_EVENT_NOTIFY_WAIT)

struct event {
	uint32_t magic;
	uint32_t type;
	struct list link;   /* in `events` */
	struct list queued; /* in `queue`, or alone */
	efi_tpl_t tpl;
	efi_notify_t notify;
	void *context;
	struct efi_guid group;
	bool has_group;
	bool signaled;
	bool timer_on;
	uint64_t due;	 /* platform_time() */
	uint64_t period; /* 0: once */
};

static struct list events;
static struct list queue; /* notifications that wait, the most urgent first */
static efi_tpl_t current_tpl;

static const struct efi_guid group_exit = EFI_EVENT_GROUP_EXIT_BOOT_SERVICES;
static const struct efi_guid group_address = EFI_EVENT_GROUP_VIRTUAL_ADDRESS_CHANGE;

void fw_events_init(void)
{
	list_init(&events);
	list_init(&queue);
	current_tpl = EFI_TPL_APPLICATION;
}

static struct event *event_of(efi_event_t handle)
{
	LIST_FOR_EACH(node, &events)
	{
		struct event *event = CONTAINER_OF(node, struct event, link);

		if (event == handle && event->magic == EVENT_MAGIC) {
			return event;
		}
	}
	return NULL;
}

bool fw_is_event(efi_event_t event)
{
	return event_of(event) != NULL;
}

static void enqueue(struct event *event)
{
	struct list *place = queue.next;

	if (!list_is_empty(&event->queued)) {
		return; /* it waits already */
	}
	while (place != &queue && CONTAINER_OF(place, struct event, queued)->tpl >= event->tpl) {
		place = place->next;
	}
	list_insert_before(place, &event->queued);
}

/* Runs what waits above the current priority, the most urgent first. */
static void dispatch(void)
{
	efi_tpl_t tpl = current_tpl;

	while (!list_is_empty(&queue)) {
		struct event *event = CONTAINER_OF(queue.next, struct event, queued);

		if (event->tpl <= tpl) {
			break;
		}
		list_remove(&event->queued);
		if ((event->type & EFI_EVENT_NOTIFY_SIGNAL) != 0U) {
			event->signaled = false;
		}
		current_tpl = event->tpl;
		event->notify(event, event->context);
		current_tpl = tpl;
	}
}

static void signal_one(struct event *event)
{
	if (event->signaled) {
		return;
	}
	event->signaled = true;
	if ((event->type & EFI_EVENT_NOTIFY_SIGNAL) != 0U) {
		enqueue(event);
	}
}

static void signal_group(const struct efi_guid *group)
{
	LIST_FOR_EACH(node, &events)
	{
		struct event *event = CONTAINER_OF(node, struct event, link);

		if (event->has_group && fw_same_guid(&event->group, group)) {
			signal_one(event);
		}
	}
}

void fw_visit_group(const struct efi_guid *group, fw_visit_fn *visit, void *ctx)
{
	LIST_FOR_EACH(node, &events)
	{
		struct event *event = CONTAINER_OF(node, struct event, link);

		if (event->has_group && fw_same_guid(&event->group, group) &&
			event->notify != NULL) {
			visit(ctx, event, event->notify, event->context);
		}
	}
}

void fw_signal_group(const struct efi_guid *group)
{
	signal_group(group);
	dispatch();
}

static void look_at_timers(void)
{
	uint64_t now = platform_time();

	LIST_FOR_EACH(node, &events)
	{
		struct event *event = CONTAINER_OF(node, struct event, link);

		if (!event->timer_on || event->due > now) {
			continue;
		}
		event->timer_on = event->period != 0U;
		/* Periods that were missed are left out. */
		event->due = now + event->period;
		signal_one(event);
	}
}

void fw_events_poll(void)
{
	look_at_timers();
	dispatch();
}

efi_tpl_t fw_raise_tpl(efi_tpl_t tpl)
{
	efi_tpl_t old = current_tpl;

	if (tpl > current_tpl && tpl <= EFI_TPL_HIGH_LEVEL) {
		current_tpl = tpl;
	}
	return old;
}

void fw_restore_tpl(efi_tpl_t tpl)
{
	if (tpl < current_tpl) {
		current_tpl = tpl;
		fw_events_poll();
	}
}

static bool is_type(uint32_t type)
{
	if ((type & ~EVENT_KNOWN) != 0U) {
		return false;
	}
	if (type == EFI_EVENT_SIGNAL_EXIT_BOOT_SERVICES ||
		type == EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE) {
		return true;
	}
	return (type & 0xffU) == 0U && (type & (EFI_EVENT_NOTIFY_WAIT | EFI_EVENT_NOTIFY_SIGNAL)) !=
					       (EFI_EVENT_NOTIFY_WAIT | EFI_EVENT_NOTIFY_SIGNAL);
}

/* More than SetVirtualAddressMap can tell are refused here, not forgotten there. */
static bool is_one_too_many(const struct event *wanted)
{
	uint32_t listeners = 0;

	if (!wanted->has_group || wanted->notify == NULL ||
		!fw_same_guid(&wanted->group, &group_address)) {
		return false;
	}
	LIST_FOR_EACH(node, &events)
	{
		const struct event *event = CONTAINER_OF(node, struct event, link);

		listeners += event->has_group && event->notify != NULL &&
					     fw_same_guid(&event->group, &group_address)
				     ? 1U
				     : 0U;
	}
	return listeners >= FW_RUNTIME_LISTENERS;
}

static efi_status_t create(const struct event *wanted, efi_event_t *out)
{
	bool notifies = (wanted->type & (EFI_EVENT_NOTIFY_WAIT | EFI_EVENT_NOTIFY_SIGNAL)) != 0U;
	struct event *event;

	if (out == NULL || !is_type(wanted->type) ||
		(notifies && (wanted->notify == NULL || wanted->tpl <= EFI_TPL_APPLICATION ||
				     wanted->tpl >= EFI_TPL_HIGH_LEVEL))) {
		return EFI_INVALID_PARAMETER;
	}
	event = is_one_too_many(wanted) ? NULL : fw_allocate(sizeof(*event));
	if (event == NULL) {
		return EFI_OUT_OF_RESOURCES;
	}
	*event = *wanted;
	event->magic = EVENT_MAGIC;
	list_init(&event->queued);
	list_push_back(&events, &event->link);
	*out = event;
	return EFI_SUCCESS;
}

efi_status_t fw_create_event(
	uint32_t type, efi_tpl_t tpl, efi_notify_t notify, void *context, efi_event_t *event)
{
	struct event wanted = {.type = type, .tpl = tpl, .notify = notify, .context = context};

	if (type == EFI_EVENT_SIGNAL_EXIT_BOOT_SERVICES) {
		wanted.group = group_exit;
		wanted.has_group = true;
	} else if (type == EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE) {
		wanted.group = group_address;
		wanted.has_group = true;
	}
	return create(&wanted, event);
}

efi_status_t fw_create_event_ex(uint32_t type, efi_tpl_t tpl, efi_notify_t notify,
	const void *context, const struct efi_guid *group, efi_event_t *event)
{
	struct event wanted = {
		.type = type, .tpl = tpl, .notify = notify, .context = (void *)(uintptr_t)context};

	if (group == NULL) {
		return fw_create_event(type, tpl, notify, wanted.context, event);
	}
	if (type == EFI_EVENT_SIGNAL_EXIT_BOOT_SERVICES ||
		type == EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE) {
		return EFI_INVALID_PARAMETER;
	}
	wanted.group = *group;
	wanted.has_group = true;
	return create(&wanted, event);
}

efi_status_t fw_set_timer(efi_event_t handle, uint32_t how, uint64_t time_100ns)
{
	struct event *event = event_of(handle);

	if (event == NULL || (event->type & EFI_EVENT_TIMER) == 0U ||
		how >= EFI_TIMER_DELAY_COUNT) {
		return EFI_INVALID_PARAMETER;
	}
	event->timer_on = how != EFI_TIMER_CANCEL;
	/* A period of 0 is "at each tick": ours is a microsecond. */
	event->period = how == EFI_TIMER_PERIODIC ? (time_100ns == 0U ? 10U : time_100ns) : 0U;
	event->due = platform_time();
	event->due = time_100ns > UINT64_MAX - event->due ? UINT64_MAX : event->due + time_100ns;
	return EFI_SUCCESS;
}

efi_status_t fw_check_event(efi_event_t handle)
{
	struct event *event = event_of(handle);

	if (event == NULL || (event->type & EFI_EVENT_NOTIFY_SIGNAL) != 0U) {
		return EFI_INVALID_PARAMETER;
	}
	fw_events_poll();
	if (!event->signaled && (event->type & EFI_EVENT_NOTIFY_WAIT) != 0U) {
		enqueue(event);
		dispatch();
	}
	if (!event->signaled) {
		return EFI_NOT_READY;
	}
	event->signaled = false;
	return EFI_SUCCESS;
}

efi_status_t fw_wait_for_event(uint64_t count, efi_event_t *list, uint64_t *index)
{
	if (count == 0U || list == NULL || index == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (current_tpl != EFI_TPL_APPLICATION) {
		return EFI_UNSUPPORTED;
	}
	for (;;) {
		for (uint64_t i = 0; i < count; i++) {
			efi_status_t status = fw_check_event(list[i]);

			if (status != EFI_NOT_READY) {
				*index = i;
				return status;
			}
		}
		platform_idle();
	}
}

efi_status_t fw_signal_event(efi_event_t handle)
{
	struct event *event = event_of(handle);

	if (event == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	if (event->has_group) {
		struct efi_guid group = event->group;

		signal_group(&group);
	} else {
		signal_one(event);
	}
	dispatch();
	return EFI_SUCCESS;
}

efi_status_t fw_close_event(efi_event_t handle)
{
	struct event *event = event_of(handle);

	if (event == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	event->magic = 0;
	list_remove(&event->queued);
	list_remove(&event->link);
	fw_free(event);
	return EFI_SUCCESS;
}

efi_status_t fw_stall(uint64_t microseconds)
{
	uint64_t start = platform_time();
	uint64_t wait = microseconds > UINT64_MAX / 10U ? UINT64_MAX : microseconds * 10U;

	while (platform_time() - start < wait) {
		fw_events_poll();
	}
	return EFI_SUCCESS;
}
