/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl vm create, and what becomes of what it has begun. */
#include "fake_plinth.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dts.h"
#include "kernels.h"

#define KERNEL_SIZE 20000U /* five pages */
#define PUTS	    6U	   /* with the page of its devicetree */
#define DRAFT	    5U
#define TICKET	    77U
#define TEXT                                                                                       \
	"/dts-v1/; / { compatible = \"plinth,vm\"; vcpus = <1>; memory = /bits/ 64 <0x4000000>; "  \
	"kernel = \"Image\"; };"

static char folder[] = "/tmp/plinthctl-XXXXXX";
static char words[64];

static void write_file(const char *name, const void *bytes, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static int group_setup(void **state)
{
	static uint8_t kernel[KERNEL_SIZE];
	size_t size;
	uint8_t *dtb = dts_compile(TEXT, &size);

	(void)state;
	fake_reset();
	kernels_image(kernel, sizeof(kernel), 0, 0x10000);
	assert_non_null(mkdtemp(folder));
	write_file("vm.dtb", dtb, size);
	write_file("Image", kernel, sizeof(kernel));
	free(dtb);
	snprintf(words, sizeof(words), "vm create %s --name new", folder);
	return 0;
}

static int group_teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static uint32_t serve_create(struct plinth_control *call)
{
	fake->number = call->arg;
	call->result[0] = DRAFT;
	call->result[1] = TICKET;
	return CONTROL_OK;
}

static uint32_t serve_step(struct plinth_control *call)
{
	call->result[0] = fake->number;
	return call->vm == DRAFT && call->arg2 == TICKET ? CONTROL_OK : CONTROL_NO_SUCH_VM;
}

static uint32_t serve_put(struct plinth_control *call)
{
	fake->number -= call->size;
	return call->vm == DRAFT && call->arg2 == TICKET ? CONTROL_OK : CONTROL_NO_SUCH_VM;
}

static uint32_t serve_destroy(struct plinth_control *call)
{
	(void)call;
	return CONTROL_OK;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	fake_serve[CONTROL_CREATE] = serve_create;
	fake_serve[CONTROL_CREATE_STEP] = serve_step;
	fake_serve[CONTROL_CREATE_PUT] = serve_put;
	fake_serve[CONTROL_DESTROY] = serve_destroy;
	return 0;
}

static void check(const struct fake_result *r, int status, const char *error)
{
	assert_string_equal(r->err, error);
	assert_int_equal(r->status, status);
}

static void one_is_made(void **state)
{
	(void)state;
	check(fake_run(words), 0, "");
	assert_int_equal(fake->number, 0);
	assert_int_equal(fake->calls[CONTROL_CREATE_PUT], PUTS);
	assert_int_equal(fake->calls[CONTROL_DESTROY], 0);
}

/* Only the one that was begun here is dropped. */
static void check_dropped(void)
{
	assert_int_equal(fake->calls[CONTROL_DESTROY], 1);
	assert_int_equal(fake->last[CONTROL_DESTROY].vm, DRAFT);
	assert_int_equal(fake->last[CONTROL_DESTROY].arg2, TICKET);
}

static uint32_t has_gone(struct plinth_control *call)
{
	(void)call;
	return CONTROL_NO_SUCH_VM;
}

/* It slept too long: another one was made in its place, and may have the handle. */
static void a_late_one_takes_nobody_away(void **state)
{
	(void)state;
	fake_serve[CONTROL_CREATE_PUT] = has_gone;
	check(fake_run(words), 1,
		"plinthctl: vm create: it stood still for ten seconds and more, and was dropped "
		"for "
		"another one; try again\n");
	check_dropped();
}

static uint32_t interrupt_and_put(struct plinth_control *call)
{
	(void)raise((int)fake->signal);
	return serve_put(call);
}

/* It is dropped at once, not by whoever makes the next one. */
static void an_interrupted_one_is_dropped(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		(void)setup(state);
		fake->signal = numbers[i];
		fake_serve[CONTROL_CREATE_PUT] = interrupt_and_put;
		check(fake_run(words), 1, "plinthctl: vm create: interrupted\n");
		assert_int_equal(fake->calls[CONTROL_CREATE_PUT], 1);
		check_dropped();
	}
}

static uint32_t refuse(struct plinth_control *call)
{
	(void)call;
	return CONTROL_INVALID;
}

static uint32_t say_why(struct plinth_control *call)
{
	snprintf(call->buffer, call->size, "the reason");
	return CONTROL_OK;
}

static void a_refused_one_says_why_and_is_dropped(void **state)
{
	(void)state;
	fake_serve[CONTROL_CREATE_PUT] = refuse;
	fake_serve[CONTROL_CREATE_WHY] = say_why;
	check(fake_run(words), 1, "plinthctl: vm create: the reason\n");
	check_dropped();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(one_is_made),
		TEST(a_late_one_takes_nobody_away),
		TEST(an_interrupted_one_is_dropped),
		TEST(a_refused_one_says_why_and_is_dropped),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
