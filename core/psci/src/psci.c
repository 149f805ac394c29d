/* SPDX-License-Identifier: Apache-2.0 */
/* The table of PSCI functions, and the dispatch. */
#include "psci/psci.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/nospec.h"
#include "psci_private.h"

#define PSCI_BASE	      UINT32_C(0x84000000)
#define PSCI_RANGE	      UINT32_C(0x20)
#define SMCCC_VERSION	      UINT32_C(0x80000000)
#define MIGRATE_NOT_REQUIRED  2 /* no trusted OS, or one that needs no migration */
#define SUSPEND_ORIGINAL_FORM 0 /* power_state format; and no OS-initiated mode */

static psci_handler features;

enum psci_form { ABSENT, ONLY_32, ALSO_64 };

/* By number. What is not here (MIGRATE, CPU_FREEZE, STAT_*, ...) is NOT_SUPPORTED. */
static const struct psci_function {
	psci_handler *handler; /* NULL: always `answer` */
	uint32_t answer;
	uint8_t form;	  /* enum psci_form */
	uint8_t features; /* what PSCI_FEATURES says of it */
} functions[PSCI_RANGE] = {
	[0x00] = {NULL, PSCI_VERSION_1_1, ONLY_32, 0},
	[0x01] = {psci_cpu_suspend, 0, ALSO_64, SUSPEND_ORIGINAL_FORM},
	[0x02] = {psci_cpu_off, 0, ONLY_32, 0},
	[0x03] = {psci_cpu_on, 0, ALSO_64, 0},
	[0x04] = {psci_affinity_info, 0, ALSO_64, 0},
	[0x06] = {NULL, MIGRATE_NOT_REQUIRED, ONLY_32, 0}, /* MIGRATE_INFO_TYPE */
	[0x08] = {psci_system_off, 0, ONLY_32, 0},
	[0x09] = {psci_system_reset, 0, ONLY_32, 0},
	[0x0a] = {features, 0, ONLY_32, 0},
	[0x0e] = {psci_system_suspend, 0, ALSO_64, 0},
	[0x12] = {psci_system_reset2, 0, ALSO_64, 0},
};

static ALWAYS_INLINE inline const struct psci_function *find_function(uint32_t id)
{
	uint32_t number = (id & ~PSCI_FUNCTION_64) - PSCI_BASE;
	const struct psci_function *function;

	if (number >= PSCI_RANGE) {
		return NULL;
	}
	function = &functions[index_nospec(number, PSCI_RANGE)];
	return function->form > ((id & PSCI_FUNCTION_64) != 0U ? ONLY_32 : ABSENT) ? function
										   : NULL;
}

bool psci_answer(uint32_t id, uint64_t *x0)
{
	const struct psci_function *function = find_function(id);

	if (function == NULL || function->handler != NULL) {
		return false;
	}
	*x0 = function->answer;
	return true;
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
	if (function->handler == NULL) {
		return psci_return(reply, function->answer);
	}
	return function->handler(&request, reply);
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
