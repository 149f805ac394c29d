/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a VM's variables go to the host's firmware: gathered, piece by piece with pauses, each VM in
 * its turn, with a rest between two images, and at Plinth's end all of them, once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "nvstore/nvstore.h"
#include "uefirt/uefirt.h"
#include "vm_rig.h"

#define SECOND	    VM_RIG_HZ
#define WRITE_TICKS 1000U	  /* of the firmware, for one piece */
#define SLOW_TICKS  (SECOND / 4U) /* so that an image takes longer than the rest behind it */
#define LARGE	    5000U	  /* more than two pieces */
#define LOG_MAX	    64U

/* The host's firmware: it keeps nothing, and remembers who wrote when. */
static struct {
	uint64_t ticks; /* for one piece */
	char vm[LOG_MAX];
	uint64_t begun[LOG_MAX];
	unsigned count;
	enum plinth_status status;
	bool changes; /* each write is followed by a change of the same VM's */
} firmware;

static struct vm *a;
static struct vm *b;
static struct vm *c;
static uint8_t image[UEFIRT_KEPT_MAX] __attribute__((aligned(8)));
static uint32_t image_size;

/* NOLINTBEGIN(bugprone-reserved-identifier): ld --wrap names them so */
bool __wrap_hostuefi_is_there(void);
enum plinth_status __wrap_hostuefi_get(const char *name, void *data, uint32_t max, uint32_t *size);
enum plinth_status __wrap_hostuefi_set(const char *name, const void *data, uint32_t size);

bool __wrap_hostuefi_is_there(void)
{
	return firmware.status != PLINTH_ENOTSUP;
}

enum plinth_status __wrap_hostuefi_get(const char *name, void *data, uint32_t max, uint32_t *size)
{
	(void)name;
	(void)data;
	(void)max;
	(void)size;
	return PLINTH_ENOENT;
}

static void change(struct vm *vm)
{
	static uint16_t place[UEFIRT_KEPT_MAX / NVSTORE_LEAST];
	struct nvstore_check check = {.place = place};

	assert_int_equal(nvstore_check(&check, image, image_size, image_size), PLINTH_OK);
	assert_int_equal(vm_take_variables(vm, image, &check, 0), PLINTH_OK);
}

enum plinth_status __wrap_hostuefi_set(const char *name, const void *data, uint32_t size)
{
	(void)data;
	(void)size;
	assert_true(firmware.count < LOG_MAX);
	firmware.vm[firmware.count] = name[0];
	firmware.begun[firmware.count++] = fake_sysregs.cntpct_el0;
	fake_sysregs.cntpct_el0 += firmware.ticks;
	if (firmware.changes) {
		change(name[0] == 'a' ? a : name[0] == 'b' ? b : c);
	}
	return firmware.status;
}

/* NOLINTEND(bugprone-reserved-identifier) */

static int group_setup(void **state)
{
	static uint64_t buffer[NVSTORE_WORDS(UEFIRT_KEPT_MAX, UEFIRT_LOST_MAX)];
	static const uint8_t data[LARGE];
	const struct nvstore_key key = {.name = (const uint8_t *)"N\0\0\0\0\0\0", .name_size = 4};
	struct nvstore store;

	(void)state;
	vm_rig_init();
	a = vm_rig_create("a", 1, VM_FLAG_UEFI);
	b = vm_rig_create("b", 1, VM_FLAG_UEFI);
	c = vm_rig_create("c", 1, VM_FLAG_UEFI);
	nvstore_init(&store, buffer, UEFIRT_KEPT_MAX, UEFIRT_LOST_MAX);
	assert_int_equal(nvstore_set(&store, &key, UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT, data,
				 sizeof(data), false),
		PLINTH_OK);
	image_size = nvstore_export(&store, image);
	return 0;
}

static void run_for(uint64_t ticks)
{
	const uint64_t step = firmware.ticks / 2U;

	for (uint64_t end = fake_sysregs.cntpct_el0 + ticks; fake_sysregs.cntpct_el0 < end;) {
		fake_sysregs.cntpct_el0 += step;
		vm_rig_settle();
	}
}

/* A quiet minute: nothing is left to be written, nobody rests. */
static int fresh(void **state)
{
	(void)state;
	memset(&firmware, 0, sizeof(firmware));
	firmware.ticks = SECOND / 10U;
	run_for(60U * SECOND);
	memset(&firmware, 0, sizeof(firmware));
	firmware.ticks = WRITE_TICKS;
	return 0;
}

static void changes_are_gathered(void **state)
{
	(void)state;
	change(a);
	run_for(SECOND / 2U);
	change(a);
	change(a);
	assert_int_equal(firmware.count, 0);
	run_for(SECOND);
	assert_true(firmware.count >= 3U); /* the pieces of one image */
	unsigned one = firmware.count;

	run_for(20U * SECOND);
	assert_int_equal(firmware.count, one);
}

/* Who has changes is told once, and they are not tried again. */
static void a_firmware_that_fails_for_good(void **state)
{
	(void)state;
	change(a);
	change(b);
	firmware.status = PLINTH_ENOTSUP;
	run_for(120U * SECOND);
	assert_int_equal(firmware.count, 2);
	change(a);
	run_for(120U * SECOND);
	assert_int_equal(firmware.count, 2);
	vm_keep_variables();
	assert_int_equal(firmware.count, 2);
}

static void pieces_have_pauses(void **state)
{
	(void)state;
	change(a);
	run_for(3U * SECOND);
	assert_true(firmware.count >= 3U);
	for (unsigned i = 1; i < firmware.count; i++) {
		assert_true(firmware.begun[i] - firmware.begun[i - 1U] >= 8U * WRITE_TICKS);
	}
}

static void images_have_rests(void **state)
{
	unsigned one;

	(void)state;
	change(a);
	run_for(2U * SECOND);
	one = firmware.count;
	assert_true(one >= 3U);
	change(a);
	run_for(2U * SECOND);
	assert_int_equal(firmware.count, one);
	run_for(5U * SECOND);
	assert_int_equal(firmware.count, 2U * one);
	assert_true(firmware.begun[one] - firmware.begun[one - 1U] >= 5U * SECOND);
}

static void what_is_refused_is_tried_again(void **state)
{
	(void)state;
	firmware.status = PLINTH_ENOMEM;
	change(a);
	run_for(25U * SECOND);
	assert_int_equal(firmware.count, 1);
	run_for(10U * SECOND);
	assert_int_equal(firmware.count, 2);
	firmware.status = PLINTH_OK;
	run_for(40U * SECOND);
	assert_true(firmware.count >= 5U);
}

/* Those that change on and on take no other's turn. */
static void vms_take_turns(void **state)
{
	unsigned turns[3] = {0};

	(void)state;
	firmware.ticks = SLOW_TICKS;
	firmware.changes = true;
	change(a);
	change(b);
	change(c);
	run_for(60U * SECOND);
	for (unsigned i = 1; i < firmware.count; i++) {
		turns[firmware.vm[i] - 'a'] += firmware.vm[i] != firmware.vm[i - 1U] ? 1U : 0U;
	}
	assert_true(turns[0] >= 2U && turns[1] >= 2U && turns[2] >= 2U);
}

/* Nor does it keep Plinth from ending. */
static void the_end_is_bounded(void **state)
{
	unsigned of_b = 0;

	(void)state;
	firmware.changes = true;
	change(a);
	change(b);
	vm_keep_variables();
	assert_true(firmware.count >= 6U && firmware.count <= 12U);
	for (unsigned i = 0; i < firmware.count; i++) {
		of_b += firmware.vm[i] == 'b' ? 1U : 0U;
	}
	assert_true(of_b >= 3U && of_b <= firmware.count - 3U);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(changes_are_gathered, fresh),
		cmocka_unit_test_setup(a_firmware_that_fails_for_good, fresh),
		cmocka_unit_test_setup(pieces_have_pauses, fresh),
		cmocka_unit_test_setup(images_have_rests, fresh),
		cmocka_unit_test_setup(what_is_refused_is_tried_again, fresh),
		cmocka_unit_test_setup(vms_take_turns, fresh),
		cmocka_unit_test_setup(the_end_is_bounded, fresh),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
