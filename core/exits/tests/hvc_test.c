/* SPDX-License-Identifier: Apache-2.0 */
/* Calls by HVC and SMC, by function, and by what kind of VM asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backdoor/backdoor.h"
#include "base/compiler.h"
#include "exits_rig.h"

#define HVC(imm)      (((uint64_t)EC_HVC64 << ESR_EC_SHIFT) | ESR_IL | (imm))
#define SMC(imm)      (((uint64_t)EC_SMC64 << ESR_EC_SHIFT) | ESR_IL | (imm))
#define NOT_SUPPORTED UINT64_MAX
#define IN_DX_4	      UINT64_C(0xe) /* IN EAX, DX for the backdoor */

#define SMCCC_VERSION	      UINT32_C(0x80000000)
#define SMCCC_ARCH_FEATURES   UINT32_C(0x80000001)
#define SMCCC_VENDOR_UID      UINT32_C(0x8600ff01)
#define SMCCC_VENDOR_REVISION UINT32_C(0x8600ff03)
#define PSCI_VERSION	      UINT32_C(0x84000000)
#define PSCI_CPU_OFF	      UINT32_C(0x84000002)
#define PSCI_SYSTEM_OFF	      UINT32_C(0x84000008)
#define PSCI_SYSTEM_RESET     UINT32_C(0x84000009)
#define TRNG_CALL_VERSION     UINT32_C(0x84000050)
#define PV_TIME_FEATURES      UINT32_C(0xc5000020)

static uint64_t call(uint32_t function, uint64_t argument)
{
	rig_put_instruction(0xd4000002); /* hvc #0: the PC is behind it when the trap is taken */
	rig.vcpu->ctx.x[0] = function;
	rig.vcpu->ctx.x[1] = argument;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(0)), OUTCOME_RESUME);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
	return rig.vcpu->ctx.x[0];
}

static void the_arch_service(void **state)
{
	(void)state;
	assert_int_equal(call(SMCCC_VERSION, 0), 0x10002);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_VERSION), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, 0x8000ffff), NOT_SUPPORTED);
	assert_int_equal(call(SMCCC_VENDOR_REVISION, 7), 0);
	assert_int_equal(rig.vcpu->ctx.x[1], 1);
	assert_int_equal(rig.vcpu->exits.hvc, 5);
}

static void the_upper_half_of_x0_does_not_count(void **state)
{
	(void)state;
	rig.vcpu->ctx.x[0] = UINT64_C(0xffffffff00000000) | SMCCC_VERSION;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(0)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], 0x10002);
}

static void unknown_functions_are_not_supported(void **state)
{
	static const uint32_t functions[] = {0, 1, 0x80000002, 0x82000000, 0xc2000000, 0x84000100,
		0x86000000, 0xb2000000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		rig.vcpu->ctx.x[4] = 4;
		assert_int_equal(call(functions[i], 9), NOT_SUPPORTED);
		assert_int_equal(rig.vcpu->ctx.x[1], 9);
		assert_int_equal(rig.vcpu->ctx.x[4], 4);
	}
}

static void the_vendor_is_ours(void **state)
{
	char uid[17] = "";

	(void)state;
	(void)call(SMCCC_VENDOR_UID, 0);
	for (unsigned i = 0; i < 4U; i++) {
		uint32_t word = (uint32_t)rig.vcpu->ctx.x[i];

		assert_int_equal(rig.vcpu->ctx.x[i] >> 32, 0);
		memcpy(&uid[4U * i], &word, sizeof(word));
	}
	assert_string_equal(uid, "plinth hv");
}

static void an_anonymous_vm_sees_no_vendor(void **state)
{
	(void)state;
	rig_start(VM_FLAG_ANONYMOUS);
	assert_int_equal(call(SMCCC_VENDOR_UID, 5), NOT_SUPPORTED);
	assert_int_equal(rig.vcpu->ctx.x[1], 5);
}

static void a_vmware_vm_sees_no_vendor(void **state)
{
	(void)state;
	rig_start(VM_FLAG_VMWARE);
	assert_int_equal(call(SMCCC_VENDOR_UID, 5), NOT_SUPPORTED);
}

static void the_backdoor_by_hvc(void **state)
{
	(void)state;
	rig_start(VM_FLAG_VMWARE);
	rig.vcpu->ctx.x[0] = BACKDOOR_MAGIC;
	rig.vcpu->ctx.x[1] = 0;
	rig.vcpu->ctx.x[2] = BACKDOOR_GETVERSION;
	rig.vcpu->ctx.x[3] = BACKDOOR_PORT;
	rig.vcpu->ctx.x[7] = IN_DX_4;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(BACKDOOR_HVC_IMM)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[1], BACKDOOR_MAGIC); /* as GETVERSION answers */
	assert_int_equal(rig.vcpu->ctx.x[2], BACKDOOR_PRODUCT_WORKSTATION);
	assert_int_equal(rig.vcpu->ctx.x[7], IN_DX_4);
}

#define TIME (VM_RAM_BASE + 0x3ff8U) /* across pages */

static void uefi_services_by_hvc(void **state)
{
	struct uefi_time time;

	(void)state;
	rig_start(VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE);
	rig.vcpu->ctx.x[0] = TIME;
	rig.vcpu->ctx.x[1] = 0;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_GET_TIME)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], UEFI_SUCCESS);
	assert_int_equal(rig.at_el, 1);
	assert_true(rig.at_write);
	assert_int_equal(gmem_read(&rig.vm->gmem, ipa_init(TIME), &time, sizeof(time)), PLINTH_OK);
	assert_int_equal(time.timezone, UEFI_TIMEZONE_NONE);
	rig.vcpu->ctx.x[0] = TIME;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_SET_TIME)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], UEFI_SUCCESS);
	assert_false(rig.at_write);
	rig.vcpu->ctx.x[0] = RIG_UNMAPPED;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_SET_TIME)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], UEFI_INVALID_PARAMETER);
	rig_put_instruction(0);
	rig.vcpu->ctx.x[0] = UEFI_RESET_WARM;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_RESET_SYSTEM)), OUTCOME_VM_RESET);
	rig.vcpu->ctx.x[0] = UEFI_RESET_SHUTDOWN;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_RESET_SYSTEM)), OUTCOME_VM_OFF);
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_LAST + 2U)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], NOT_SUPPORTED);
}

#define REGION	(VM_RAM_BASE + 0x1000U)
#define MAP	(VM_RAM_BASE + 0x8000U)
#define ENTRIES (2U * UEFIRT_MAP_STEP)

/* The guest is back at its HVC, with its arguments, until all of the map is read. */
static void a_long_map_is_read_in_pieces(void **state)
{
	struct uefi_rt_region region = {.base = VM_RAM_BASE, .size = PAGE_SIZE};
	struct uefi_memory_descriptor map[ENTRIES] = {0};
	uint64_t *x;

	(void)state;
	rig_start(VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE);
	x = rig.vcpu->ctx.x;
	map[ENTRIES - 1U] = (struct uefi_memory_descriptor){.physical = region.base,
		.virtual = PAGE_SIZE,
		.pages = 1,
		.attribute = UEFI_MEMORY_RUNTIME};
	assert_int_equal(
		gmem_write(&rig.vm->gmem, ipa_init(REGION), &region, sizeof(region)), PLINTH_OK);
	assert_int_equal(gmem_write(&rig.vm->gmem, ipa_init(MAP), map, sizeof(map)), PLINTH_OK);
	x[0] = UEFI_RT_PROPERTIES;
	x[1] = REGION;
	x[2] = 1;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_ENTER_RUNTIME)), OUTCOME_RESUME);
	assert_int_equal(x[0], UEFI_SUCCESS);
	x[0] = sizeof(map);
	x[1] = sizeof(map[0]);
	x[2] = UEFI_MEMORY_DESCRIPTOR_VERSION;
	x[3] = MAP;
	rig_put_instruction(0xd4000002);
	fake_sysregs.elr_el2 = RIG_CODE + 4U;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_SET_VIRTUAL_ADDRESS_MAP)), OUTCOME_RESUME);
	assert_int_equal(x[0], sizeof(map));
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	fake_sysregs.elr_el2 = RIG_CODE + 4U;
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_SET_VIRTUAL_ADDRESS_MAP)), OUTCOME_RESUME);
	assert_int_equal(x[0], UEFI_SUCCESS);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE + 4U);
}

static void other_immediates_are_not_supported(void **state)
{
	(void)state;
	for (uint64_t imm = 1; imm < 0x10000U; imm = imm * 2U + 1U) {
		rig.vcpu->ctx.x[0] = SMCCC_VERSION;
		assert_int_equal(exits_hvc(rig.vcpu, HVC(imm)), OUTCOME_RESUME);
		assert_int_equal(rig.vcpu->ctx.x[0], NOT_SUPPORTED);
	}
	rig.vcpu->ctx.x[0] = UEFI_RESET_SHUTDOWN; /* without UEFI there are no services */
	assert_int_equal(exits_hvc(rig.vcpu, HVC(UEFI_RT_RESET_SYSTEM)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], NOT_SUPPORTED);
	rig.vcpu->ctx.x[0] = BACKDOOR_MAGIC; /* without `vmware;` there is none */
	assert_int_equal(exits_hvc(rig.vcpu, HVC(BACKDOOR_HVC_IMM)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], NOT_SUPPORTED);
}

static void smc_reaches_nobody(void **state)
{
	(void)state;
	rig_put_instruction(0xd4000003);
	rig.vcpu->ctx.x[0] = PSCI_SYSTEM_OFF;
	assert_int_equal(exits_smc(rig.vcpu, SMC(0)), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], NOT_SUPPORTED);
	rig_check_done();
}

static void services_that_are_elsewhere(void **state)
{
	struct pvtime_stolen stolen = {0};
	struct pvtime_stolen *kept = rig.vcpu->stolen;

	(void)state;
	assert_int_equal(call(PSCI_VERSION, 0) >> 16, 1);
	rig.vcpu->stolen = &stolen;
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_FEATURES), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, PV_TIME_FEATURES), 0);
	rig.vcpu->stolen = NULL; /* a VM without PV time */
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_FEATURES), NOT_SUPPORTED);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, PV_TIME_FEATURES), NOT_SUPPORTED);
	/* No entropy in this machine: the service says so itself, in 32 bits or 64. */
	assert_int_equal((uint32_t)call(TRNG_CALL_VERSION, 0), UINT32_MAX);
	rig.vcpu->stolen = kept;
}

static enum outcome outcome_of(uint32_t function)
{
	rig.vcpu->ctx.x[0] = function;
	return exits_hvc(rig.vcpu, HVC(0));
}

static void power_calls_are_outcomes(void **state)
{
	(void)state;
	assert_int_equal(outcome_of(PSCI_SYSTEM_RESET), OUTCOME_VM_RESET);
	assert_int_equal(rig.vcpu->ctx.x[0], PSCI_SYSTEM_RESET); /* it does not return */
	assert_int_equal(outcome_of(PSCI_SYSTEM_OFF), OUTCOME_VM_OFF);
}

static void the_last_vcpu_off_ends_the_vm(void **state)
{
	(void)state;
	assert_int_equal(outcome_of(PSCI_CPU_OFF), OUTCOME_VM_OFF);
}

#define TEST(f)	    cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
#define TEST_OWN(f) cmocka_unit_test_teardown(f, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_arch_service),
		TEST(the_upper_half_of_x0_does_not_count),
		TEST(unknown_functions_are_not_supported),
		TEST(the_vendor_is_ours),
		TEST_OWN(an_anonymous_vm_sees_no_vendor),
		TEST_OWN(a_vmware_vm_sees_no_vendor),
		TEST_OWN(the_backdoor_by_hvc),
		TEST_OWN(uefi_services_by_hvc),
		TEST_OWN(a_long_map_is_read_in_pieces),
		TEST(other_immediates_are_not_supported),
		TEST(smc_reaches_nobody),
		TEST(services_that_are_elsewhere),
		TEST(power_calls_are_outcomes),
		TEST(the_last_vcpu_off_ends_the_vm),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
