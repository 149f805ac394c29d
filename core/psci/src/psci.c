/* SPDX-License-Identifier: Apache-2.0 */
/* The table of PSCI functions, and the dispatch. */
#include "psci/psci.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "psci_private.h"

#define PSCI_BASE	      UINT32_C(0x84000000)
#define PSCI_RANGE	      UINT32_C(0x20)
#define SMCCC_VERSION	      UINT32_C(0x80000000)
#define MIGRATE_NOT_REQUIRED  2 /* no trusted OS, or one that needs no migration */
#define SUSPEND_ORIGINAL_FORM 0 /* power_state format; and no OS-initiated mode */

static psci_handler version;
static psci_handler migrate_info_type;
static psci_handler features;

/* What is not here (MIGRATE, CPU_FREEZE, STAT_*, ...) is NOT_SUPPORTED. */
static const struct psci_function {
	uint32_t number;
	bool has_64; /* has a 64-bit form, too */
	psci_handler *handler;
	int32_t features; /* what PSCI_FEATURES says of it */
} functions[] = {
	{0x00, false, version, 0},
	{0x01, true, psci_cpu_suspend, SUSPEND_ORIGINAL_FORM},
	{0x02, false, psci_cpu_off, 0},
	{0x03, true, psci_cpu_on, 0},
	{0x04, true, psci_affinity_info, 0},
	{0x06, false, migrate_info_type, 0},
	{0x08, false, psci_system_off, 0},
	{0x09, false, psci_system_reset, 0},
	{0x0a, false, features, 0},
	{0x0e, true, psci_system_suspend, 0},
	{0x12, true, psci_system_reset2, 0},
};

static const struct psci_function *find_function(uint32_t id)
{
	bool is_64 = (id & PSCI_FUNCTION_64) != 0U;
	uint32_t number = (id & ~PSCI_FUNCTION_64) - PSCI_BASE;

	for (uint32_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (functions[i].number == number && (functions[i].has_64 || !is_64)) {
			return &functions[i];
		}
	}
	return NULL;
}

bool psci_is_call(uint64_t function)
{
	uint32_t id = (uint32_t)function & ~PSCI_FUNCTION_64;

	return id >= PSCI_BASE && id - PSCI_BASE < PSCI_RANGE;
}

enum outcome psci_call(
	struct psci_vm *psci, vcpu_id_t vcpu, const uint64_t args[4], struct psci_reply *reply)
{
	uint32_t id = (uint32_t)args[0];
	uint64_t width = (id & PSCI_FUNCTION_64) != 0U ? UINT64_MAX : UINT32_MAX;
	const struct psci_function *function = find_function(id);
	const struct psci_request request = {
		.psci = psci,
		.caller = vcpu,
		.args = {args[1] & width, args[2] & width, args[3] & width},
	};

	*reply = (struct psci_reply){.x0 = PSCI_SUCCESS, .then = PSCI_THEN_RETURN};
	if (function == NULL) {
		return psci_return(reply, PSCI_NOT_SUPPORTED);
	}
	return function->handler(&request, reply);
}

static enum outcome version(const struct psci_request *request, struct psci_reply *reply)
{
	(void)request;
	return psci_return(reply, PSCI_VERSION_1_1);
}

static enum outcome migrate_info_type(const struct psci_request *request, struct psci_reply *reply)
{
	(void)request;
	return psci_return(reply, MIGRATE_NOT_REQUIRED);
}

static enum outcome features(const struct psci_request *request, struct psci_reply *reply)
{
	uint32_t id = (uint32_t)request->args[0];
	const struct psci_function *function = find_function(id);

	if (id == SMCCC_VERSION) {
		return psci_return(reply, PSCI_SUCCESS);
	}
	return psci_return(reply, function != NULL ? function->features : PSCI_NOT_SUPPORTED);
}
