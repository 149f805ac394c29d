/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCLO: what Plinth asks the guest's tools, who poll. A request is a row; it is sent when its bit
 * is pending, the lowest first, and the guest's next message on that channel is the answer.
 */
#include "arch/sysreg.h"
#include "backdoor_private.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"

/* They poll ten times a second at least; a busy host may keep them from it for a while. */
#define SILENT_SECONDS 15U
#define PING_SECONDS   5U
#define OPTION_MAX     16U /* bytes of a value: they are numbers */

#define GREETING "OK ATR toolbox"

enum request {
	RESET,
	CAPABILITIES,
	BROADCAST_IP,
	SYNC_OFF,
	SYNC_ON,
	OWNERS_FIRST,
	SLEW = OWNERS_FIRST,
	PERCENT,
	PERIOD,
	BACKWARD,
	STARTUP,
	ENABLE,
	OWNERS_LAST = ENABLE,
	POWER_ON,
	RESUME,
	SUSPEND,
	HALT,
	REBOOT,
	SYNC_NOW,
	PING,
};

struct row {
	const char *text;
	uint32_t power; /* enum backdoor_power; BACKDOOR_POWER_COUNT: none */
};

#define SET_OPTION "Set_Option "
#define TIME_TOOLS SET_OPTION "time.synchronize.tools."

static const struct row rows[] = {
	[RESET] = {"reset", BACKDOOR_POWER_COUNT},
	[CAPABILITIES] = {"Capabilities_Register", BACKDOOR_POWER_COUNT},
	[BROADCAST_IP] = {SET_OPTION "broadcastIP 1", BACKDOOR_POWER_COUNT},
	[SYNC_OFF] = {SET_OPTION "synctime 0", BACKDOOR_POWER_COUNT},
	[SYNC_ON] = {SET_OPTION "synctime 1", BACKDOOR_POWER_COUNT},
	/* With the value that the VM's owner has preset in guestinfo under the option's name.
	 * STARTUP acts when it comes: behind what says how. */
	[SLEW] = {TIME_TOOLS "slewCorrection ", BACKDOOR_POWER_COUNT},
	[PERCENT] = {TIME_TOOLS "percentCorrection ", BACKDOOR_POWER_COUNT},
	[PERIOD] = {SET_OPTION "synctime.period ", BACKDOOR_POWER_COUNT},
	[BACKWARD] = {TIME_TOOLS "startup.backward ", BACKDOOR_POWER_COUNT},
	[STARTUP] = {TIME_TOOLS "startup ", BACKDOOR_POWER_COUNT},
	[ENABLE] = {TIME_TOOLS "enable ", BACKDOOR_POWER_COUNT},
	[POWER_ON] = {"OS_PowerOn", BACKDOOR_POWER_ON},
	[RESUME] = {"OS_Resume", BACKDOOR_RESUME},
	[SUSPEND] = {"OS_Suspend", BACKDOOR_SUSPEND},
	[HALT] = {"OS_Halt", BACKDOOR_HALT},
	[REBOOT] = {"OS_Reboot", BACKDOOR_REBOOT},
	[SYNC_NOW] = {"Time_Synchronize 0", BACKDOOR_POWER_COUNT},
	[PING] = {"ping", BACKDOOR_POWER_COUNT},
};

static const enum request power_requests[BACKDOOR_POWER_COUNT] = {
	[BACKDOOR_HALT] = HALT,
	[BACKDOOR_REBOOT] = REBOOT,
	[BACKDOOR_SUSPEND] = SUSPEND,
	[BACKDOOR_RESUME] = RESUME,
	[BACKDOOR_POWER_ON] = POWER_ON,
};

/* For the log. */
static const char *const answer_names[] = {
	[BACKDOOR_NOT_ASKED] = "not asked",
	[BACKDOOR_WAITING] = "waiting",
	[BACKDOOR_ACCEPTED] = "accepted",
	[BACKDOOR_REFUSED] = "refused",
	[BACKDOOR_FINISHED] = "finished",
};

static uint64_t seconds(uint64_t count)
{
	return count * read_cntfrq_el0();
}

static bool is_main(const struct backdoor_vm *vm, const struct channel *channel)
{
	return vm->state->tools.main == channel_number(vm, channel) + 1U;
}

static void plan(struct backdoor_vm *vm, enum request request)
{
	vm->state->tools.pending |= UINT32_C(1) << request;
}

static void cancel(struct backdoor_vm *vm, enum request request)
{
	vm->state->tools.pending &= ~(UINT32_C(1) << request);
}

void tclo_sync_option(struct backdoor_vm *vm)
{
	cancel(vm, SYNC_ON);
	cancel(vm, SYNC_OFF);
	plan(vm, vm->state->sync_time ? SYNC_ON : SYNC_OFF);
}

void tclo_set_answer(struct backdoor_vm *vm, enum backdoor_power power, enum backdoor_answer answer)
{
	vm->state->tools.answer[power] = (uint8_t)answer;
	log_limited(&vm->log_limit, LOG_INFO, "vm %s: its tools answer %s: %s", vm->config.name,
		rows[power_requests[power]].text, answer_names[answer]);
}

/* The preset of one of the owner's options, which the guest cannot change; NULL: there is none, or
 * it is no value of an option. */
static const struct info *owners_value(struct backdoor_vm *vm, enum request request)
{
	const char *key = rows[request].text + sizeof(SET_OPTION) - 1U;
	const struct info *info = info_find_preset(vm, key, strlen(key) - 1U);

	return info != NULL && info->preset_size <= OPTION_MAX ? info : NULL;
}

static void plan_owners(struct backdoor_vm *vm)
{
	for (enum request i = OWNERS_FIRST; i <= OWNERS_LAST; i++) {
		if (owners_value(vm, i) != NULL) {
			plan(vm, i);
		}
	}
}

/* Tools that have come up, or come up again. */
static void greet(struct backdoor_vm *vm, struct channel *channel)
{
	struct tools *tools = &vm->state->tools;

	tools->main = channel_number(vm, channel) + 1U;
	tools->last_ping = read_cntpct_el0();
	plan(vm, CAPABILITIES);
	plan(vm, BROADCAST_IP);
	tclo_sync_option(vm);
	plan_owners(vm);
	if (!tools->is_up) {
		tools->is_up = true;
		plan(vm, POWER_ON);
	}
}

static bool starts_with(const struct channel *channel, const char *text)
{
	size_t size = strlen(text);

	return channel->size >= size && memcmp(channel->data, text, size) == 0;
}

/* "OK ATR toolbox", and not toolbox-dnd. */
static bool is_greeting(const struct channel *channel)
{
	size_t size = sizeof(GREETING) - 1U;

	return starts_with(channel, GREETING) &&
	       (channel->size == size || channel->data[size] == ' ' || channel->data[size] == '\0');
}

static void answered(struct backdoor_vm *vm, struct channel *channel, enum request request)
{
	bool ok = starts_with(channel, "OK");

	if (request == RESET) {
		channel->greeted = true;
		if (is_greeting(channel)) {
			greet(vm, channel);
		}
	} else if (request == PING && ok) {
		vm->state->report.pings++;
	} else if (rows[request].power != BACKDOOR_POWER_COUNT) {
		tclo_set_answer(vm, (enum backdoor_power)rows[request].power,
			ok ? BACKDOOR_ACCEPTED : BACKDOOR_REFUSED);
	}
}

void tclo_answer(struct backdoor_vm *vm, struct channel *channel)
{
	if (is_main(vm, channel)) {
		vm->state->tools.last_poll = read_cntpct_el0();
	}
	if (channel->asked != TCLO_NOTHING) {
		enum request request = (enum request)channel->asked;

		channel->asked = TCLO_NOTHING;
		answered(vm, channel, request);
	}
}

static void put(struct backdoor_vm *vm, struct channel *channel, enum request request)
{
	bool is_owners = request >= OWNERS_FIRST && request <= OWNERS_LAST;
	const struct info *info = is_owners ? owners_value(vm, request) : NULL;
	const void *value = info != NULL ? (const void *)info->preset : "";

	if (channel_put(vm, channel, rows[request].text, value,
		    info != NULL ? info->preset_size : 0U)) {
		channel->asked = (uint8_t)request;
		cancel(vm, request);
	}
}

void tclo_next(struct backdoor_vm *vm, struct channel *channel)
{
	struct tools *tools = &vm->state->tools;
	uint64_t now = read_cntpct_el0();

	if (!channel->greeted) {
		put(vm, channel, RESET);
		return;
	}
	if (!is_main(vm, channel)) {
		return;
	}
	if (tools->pending == 0U && now - tools->last_ping >= seconds(PING_SECONDS)) {
		tools->last_ping = now;
		plan(vm, PING);
	}
	if (tools->pending != 0U) {
		put(vm, channel, (enum request)bit_lowest(tools->pending));
	}
}

void tclo_closed(struct backdoor_vm *vm, const struct channel *channel)
{
	if (is_main(vm, channel)) {
		vm->state->tools.main = 0;
	}
}

enum backdoor_health tclo_health(const struct backdoor_vm *vm)
{
	const struct tools *tools = &vm->state->tools;

	if (tools->last_poll == 0U) {
		return BACKDOOR_NO_TOOLS;
	}
	return tools->main != 0U && read_cntpct_el0() - tools->last_poll < seconds(SILENT_SECONDS)
		       ? BACKDOOR_LISTENING
		       : BACKDOOR_SILENT;
}

/* Will somebody fetch it? */
static bool has_reader(const struct backdoor_vm *vm, enum request request)
{
	return request == RESUME ? vm->state->tools.main != 0U
				 : tclo_health(vm) == BACKDOOR_LISTENING;
}

enum plinth_status backdoor_request(struct backdoor_vm *vm, enum backdoor_power power)
{
	enum request request = power_requests[power];
	enum plinth_status status = PLINTH_EPERM;

	if (vm->state == NULL) {
		return status;
	}
	lock_take(&vm->lock);
	if (has_reader(vm, request)) {
		plan(vm, request);
		if (request == RESUME && vm->state->sync_time) {
			plan(vm, SYNC_NOW);
		}
		if (rows[request].power != BACKDOOR_POWER_COUNT) {
			vm->state->tools.answer[rows[request].power] = BACKDOOR_WAITING;
		}
		status = PLINTH_OK;
	}
	lock_drop(&vm->lock);
	return status;
}

enum backdoor_answer backdoor_answer(struct backdoor_vm *vm, enum backdoor_power power)
{
	enum backdoor_answer answer = BACKDOOR_NOT_ASKED;

	if (vm->state != NULL) {
		lock_take(&vm->lock);
		answer = (enum backdoor_answer)vm->state->tools.answer[power];
		lock_drop(&vm->lock);
	}
	return answer;
}
