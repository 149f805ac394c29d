/* SPDX-License-Identifier: Apache-2.0 */
/* Every reason for which a config from boot/ is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/bits.h"
#include "vm/vm.h"
#include "vm_rig.h"

static struct vm_config c;

static int setup(void **state)
{
	const struct s2_features features = {.pa_bits = 40, .ipa_bits = 40, .vmid_bits = 8};

	(void)state;
	s2_setup(&features);
	vm_rig_config(&c, "linux-1.a_B");
	return 0;
}

static bool is_good(void)
{
	const char *why = "unset";
	enum plinth_status status = vm_config_check(&c, &why);

	assert_true(status == PLINTH_OK || status == PLINTH_EINVAL);
	assert_int_equal(status == PLINTH_OK, why == NULL);
	return status == PLINTH_OK;
}

/* Sets the field to a bad value, sees it refused, puts it back. */
#define REFUSED(field, bad)                                                                        \
	do {                                                                                       \
		__typeof__(c.field) kept_ = c.field;                                               \
		c.field = (bad);                                                                   \
		assert_false(is_good());                                                           \
		c.field = kept_;                                                                   \
		assert_true(is_good());                                                            \
	} while (0)

#define ACCEPTED(field, good)                                                                      \
	do {                                                                                       \
		__typeof__(c.field) kept_ = c.field;                                               \
		c.field = (good);                                                                  \
		assert_true(is_good());                                                            \
		c.field = kept_;                                                                   \
	} while (0)

static void header(void **state)
{
	(void)state;
	assert_true(is_good());
	REFUSED(magic, VM_CONFIG_MAGIC + 1U);
	REFUSED(version, VM_CONFIG_VERSION + 1U);
	REFUSED(size, sizeof(c) - 8U);
}

static void names(void **state)
{
	(void)state;
	memset(c.name, 'a', VM_NAME_SIZE);
	assert_false(is_good()); /* no NUL */
	c.name[VM_NAME_SIZE - 1U] = '\0';
	assert_true(is_good());
	REFUSED(name[0], '\0');
	REFUSED(name[3], ' ');
	REFUSED(name[3], '\x1b');
	REFUSED(name[3], '/');
	REFUSED(name[3], '\xe4');
	ACCEPTED(name[0], '9');
}

static void flags_and_rights(void **state)
{
	(void)state;
	REFUSED(flags, VM_FLAG_BACKDOOR_BRK); /* without vmware */
	ACCEPTED(flags, VM_FLAG_BACKDOOR_BRK | VM_FLAG_VMWARE);
	ACCEPTED(flags, VM_FLAG_UEFI);
	REFUSED(flags, VM_FLAG_NVRAM_VOLATILE); /* without uefi */
	ACCEPTED(flags, VM_FLAG_NVRAM_VOLATILE | VM_FLAG_UEFI);
	REFUSED(flags, (uint32_t)BIT(9));
	REFUSED(flags, (uint32_t)BIT(31));
	REFUSED(rights, VM_RIGHT_OBSERVE); /* without control */
	c.flags = VM_FLAG_CONTROL | VM_FLAG_VMWARE | VM_FLAG_ANONYMOUS | VM_FLAG_OVERCOMMIT |
		  VM_FLAG_COHERENCY_EAGER | VM_FLAG_GICV2;
	c.rights = VM_RIGHT_ALL;
	assert_true(is_good());
	REFUSED(rights, (uint32_t)BIT(4));
}

static void uefi_takes_overhead(void **state)
{
	(void)state;
	c.flags = VM_FLAG_UEFI;
	REFUSED(overhead, UEFIRT_STATE_SIZE - 1U);
	ACCEPTED(overhead, UEFIRT_STATE_SIZE);
}

static void guestinfo(void **state)
{
	(void)state;
	REFUSED(guestinfo_count, VM_GUESTINFO_MAX + 1U);
	ACCEPTED(guestinfo_count, VM_GUESTINFO_MAX);
}

static void vcpus(void **state)
{
	(void)state;
	REFUSED(vcpu_count, 0);
	REFUSED(vcpu_count, VM_VCPU_MAX + 1U);
	ACCEPTED(vcpu_count, VM_VCPU_MAX);
	c.flags = VM_FLAG_GICV2;
	REFUSED(vcpu_count, 9);
	ACCEPTED(vcpu_count, 8);
}

static void memory(void **state)
{
	uint64_t most = (UINT64_C(1) << 40) - VM_RAM_BASE;

	(void)state;
	REFUSED(ram_size, 0);
	REFUSED(ram_size, MIB(3));
	REFUSED(ram_size, MIB(4) + PAGE_SIZE);
	REFUSED(ram_size, most + MIB(2));
	REFUSED(ram_size, UINT64_MAX - MIB(2) + 1U);
	ACCEPTED(ram_size, most);
}

static void entry(void **state)
{
	(void)state;
	REFUSED(entry, VM_RIG_ROM_SIZE);
	ACCEPTED(entry, VM_RIG_ROM);
	REFUSED(entry, VM_RAM_BASE - 4U);
	REFUSED(entry, VM_RAM_BASE + VM_RIG_RAM);
	REFUSED(entry, VM_RAM_BASE + 2U);
	REFUSED(entry, UINT64_MAX - 3U);
	ACCEPTED(entry, VM_RAM_BASE + VM_RIG_RAM - 4U);
}

static void images(void **state)
{
	(void)state;
	c.image_count = VM_IMAGE_MAX;
	for (unsigned i = 0; i < VM_IMAGE_MAX; i++) {
		c.images[i] = (struct vm_image){VM_RAM_BASE, 16, 0, VM_IMAGE_RANDOM, 0};
	}
	assert_true(is_good());
	REFUSED(image_count, VM_IMAGE_MAX + 1U);
	REFUSED(image_count, UINT32_MAX);
	REFUSED(images[VM_IMAGE_MAX - 1U].kind, 0);
	REFUSED(images[VM_IMAGE_MAX - 1U].kind, VM_IMAGE_TOKEN + 1U);
	REFUSED(images[VM_IMAGE_MAX - 1U].size, 0);
	REFUSED(images[VM_IMAGE_MAX - 1U].size, VM_RIG_RAM + 1U);
	REFUSED(images[VM_IMAGE_MAX - 1U].size, UINT64_MAX);
	REFUSED(images[VM_IMAGE_MAX - 1U].ipa, VM_RAM_BASE - 1U);
	REFUSED(images[VM_IMAGE_MAX - 1U].ipa, VM_RAM_BASE + VM_RIG_RAM - 15U);
	REFUSED(images[VM_IMAGE_MAX - 1U].ipa, UINT64_MAX);
	ACCEPTED(images[VM_IMAGE_MAX - 1U].ipa, VM_RAM_BASE + VM_RIG_RAM - 16U);
}

static void ranges(void **state)
{
	uint64_t first = VM_RAM_BASE + GIB(1); /* RAM is a few MiB */

	(void)state;
	c.range_count = VM_RANGE_MAX;
	for (unsigned i = 0; i < VM_RANGE_MAX; i++) {
		c.ranges[i] = (struct vm_range){first + i * MIB(2), MIB(2), i % 2U, 0};
	}
	assert_true(is_good());
	REFUSED(range_count, VM_RANGE_MAX + 1U);
	REFUSED(range_count, UINT32_MAX);
	REFUSED(ranges[1].flags, VM_RANGE_READ_ONLY << 1);
	REFUSED(ranges[1].size, 0);
	REFUSED(ranges[1].size, MIB(2) + PAGE_SIZE); /* the next one's */
	REFUSED(ranges[1].size, MIB(2) - 1U);
	REFUSED(ranges[1].size, UINT64_MAX - PAGE_SIZE + 1U);
	ACCEPTED(ranges[1].size, PAGE_SIZE);
	REFUSED(ranges[1].ipa, first);			  /* another's */
	REFUSED(ranges[1].ipa, VM_RAM_BASE + VM_RIG_RAM); /* in a gigabyte of RAM */
	REFUSED(ranges[1].ipa, VM_RAM_BASE);
	REFUSED(ranges[1].ipa, VM_DEVICES_BASE);
	REFUSED(ranges[1].ipa, VM_RAM_BASE - MIB(2));
	REFUSED(ranges[1].ipa, MIB(3));
	REFUSED(ranges[1].ipa, UINT64_MAX - MIB(2) + 1U);
	REFUSED(ranges[1].ipa, UINT64_C(1) << 40);
	ACCEPTED(ranges[1].ipa, (UINT64_C(1) << 40) - MIB(2));
	ACCEPTED(ranges[1].ipa, 0);
	ACCEPTED(ranges[1].ipa, VM_DEVICES_BASE - MIB(2));
	ACCEPTED(entry, first + 4U);
	c.image_count = 1;
	c.images[0] = (struct vm_image){first, 16, 0, VM_IMAGE_COPY, 0};
	assert_true(is_good());
	REFUSED(images[0].size, MIB(2) + 1U); /* into the next range */
	REFUSED(images[0].flags, VM_IMAGE_FLAG_WRITTEN);
	REFUSED(images[0].ipa, VM_RAM_BASE + GIB(1) - 8U);
}

static void devices(void **state)
{
	uint64_t ram = VM_RAM_BASE + GIB(1) + MIB(2);

	(void)state;
	REFUSED(ram_base, VM_RAM_BASE + MIB(2));
	REFUSED(device_count, 1);
	REFUSED(interrupt_count, 1);
	c.range_count = 0;
	c.flags = VM_FLAG_MEMORY_DIRECT;
	c.ram_base = ram;
	c.entry = ram;
	c.device_count = VM_DEVICE_MAX;
	c.interrupt_count = VM_INTERRUPT_MAX;
	for (unsigned i = 0; i < VM_DEVICE_MAX; i++) {
		c.devices[i] =
			(struct vm_device){VM_DEVICES_END + i * 0x200U, 0x200, VM_DEVICE_VIRTIO};
		c.interrupts[i] = (struct vm_interrupt){48 + i, i % 2U};
	}
	assert_true(is_good());
	REFUSED(flags, 0);
	REFUSED(flags, VM_FLAG_MEMORY_DIRECT | VM_FLAG_OVERCOMMIT);
	REFUSED(range_count, 1); /* the ROM of vm_rig_config() */
	REFUSED(ram_base, ram + PAGE_SIZE);
	REFUSED(ram_base, 0);
	REFUSED(ram_base, VM_RAM_BASE - MIB(2));
	REFUSED(ram_base, (UINT64_C(1) << 40) - MIB(2));
	REFUSED(device_count, VM_DEVICE_MAX + 1U);
	REFUSED(interrupt_count, VM_INTERRUPT_MAX + 1U);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(header, setup),
		cmocka_unit_test_setup(names, setup),
		cmocka_unit_test_setup(uefi_takes_overhead, setup),
		cmocka_unit_test_setup(flags_and_rights, setup),
		cmocka_unit_test_setup(guestinfo, setup),
		cmocka_unit_test_setup(vcpus, setup),
		cmocka_unit_test_setup(memory, setup),
		cmocka_unit_test_setup(entry, setup),
		cmocka_unit_test_setup(images, setup),
		cmocka_unit_test_setup(ranges, setup),
		cmocka_unit_test_setup(devices, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
