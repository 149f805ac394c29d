/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dts.h"
#include "kernels.h"

struct harness machine;
struct archive bundle;
uint8_t kernel[FIXTURE_KERNEL_SIZE];

int fixture_setup(void **state)
{
	(void)state;
	harness_init(&machine);
	bundle = (struct archive){.bytes = NULL};
	kernels_image(kernel, sizeof(kernel), 0, 0x10000);
	return 0;
}

int fixture_teardown(void **state)
{
	(void)state;
	harness_fini(&machine);
	archive_free(&bundle);
	return 0;
}

void fixture_add_dtb(const char *vm, const char *properties)
{
	char name[64];
	static char text[1024];
	size_t size;

	snprintf(text, sizeof(text), "/dts-v1/; / { %s };", properties);
	snprintf(name, sizeof(name), "%s/vm.dtb", vm);

	uint8_t *dtb = dts_compile(text, &size);

	archive_add_file(&bundle, name, dtb, size);
	free(dtb);
}

void fixture_add_file(const char *vm, const char *file, const void *data, size_t size)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/%s", vm, file);
	archive_add_file(&bundle, name, data, size);
}

void fixture_add_vm(const char *vm, const char *properties)
{
	fixture_add_dtb(vm, properties);
	fixture_add_file(vm, "Image", kernel, sizeof(kernel));
}

enum plinth_status fixture_load(void)
{
	archive_finish(&bundle);
	return harness_load(&machine, bundle.bytes, bundle.size);
}

void fixture_expect_line(const char *line)
{
	fixture_add_vm("good", VM);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.config_count, 1);
	assert_string_equal(machine.configs[0].name, "good");
	assert_int_equal(machine.line_count, 1);
	assert_string_equal(machine.lines[0], line);
}
