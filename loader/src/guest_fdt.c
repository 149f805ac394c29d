/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_fdt.h"

#include <libfdt.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "fdt_writer.h"

#define FIXED_BOUND    4096U /* all but CPUs and command line: about 2.2 KiB, tested */
#define BOUND_PER_VCPU 128U

#define PHANDLE_GIC   1U
#define PHANDLE_CLOCK 2U

#define CLOCK_HZ 24000000U

/* Devicetree bindings of the GIC: interrupt kinds and triggers. */
#define GIC_SPI		 0U
#define GIC_PPI		 1U
#define TRIGGER_HIGH	 4U
#define TRIGGER_LOW	 8U
#define GICV2_MASK_SHIFT 8U /* of the CPUs that a PPI goes to */

#define SPI_UART 1U
#define SPI_RTC	 2U

#define GIC_DIST_BASE	  0x08000000U
#define GIC_DIST_SIZE	  0x10000U
#define GICV2_CPU_BASE	  0x08010000U
#define GICV2_CPU_SIZE	  0x10000U
#define GICV3_REDIST_BASE 0x080a0000U
#define GICV3_REDIST_SIZE 0x20000U /* each */
#define UART_BASE	  0x09000000U
#define RTC_BASE	  0x09010000U
#define DEVICE_SIZE	  0x1000U

#define CELLS(...) (const uint32_t[]){__VA_ARGS__}, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__}))

size_t guest_fdt_bound(const struct vmdesc *desc)
{
	size_t bound =
		FIXED_BOUND + strlen(desc->bootargs) + (size_t)desc->vcpu_count * BOUND_PER_VCPU;

	return align_up(bound, PAGE_SIZE);
}

uint64_t guest_fdt_mpidr(uint32_t vcpu)
{
	return (uint64_t)(vcpu >> 4) << 8 | (vcpu & 0xfU);
}

/* A device's registers, below 4 GiB as all of them are. */
static void write_reg(struct fdt_writer *w, uint32_t base, uint32_t size)
{
	fdt_writer_cells(w, "reg", CELLS(0, base, 0, size));
}

static void write_chosen(struct fdt_writer *w, const struct guest_fdt_input *input)
{
	fdt_writer_begin(w, "chosen");
	fdt_writer_string(w, "bootargs", input->desc->bootargs);
	fdt_writer_string(w, "stdout-path", "/pl011@9000000");
	if (input->initrd_size != 0) {
		fdt_writer_u64(w, "linux,initrd-start", input->initrd);
		fdt_writer_u64(w, "linux,initrd-end", input->initrd + input->initrd_size);
	}
	if (input->host->has_entropy) {
		fdt_writer_zeroes(w, "kaslr-seed", GUEST_FDT_KASLR_SIZE);
		fdt_writer_zeroes(w, "rng-seed", GUEST_FDT_SEED_SIZE);
	}
	if ((input->desc->flags & VM_FLAG_CONTROL) != 0) {
		fdt_writer_zeroes(w, "security-plinth-token", GUEST_FDT_TOKEN_SIZE);
	}
	fdt_writer_end(w);
}

static void write_cpus(struct fdt_writer *w, const struct vmdesc *desc)
{
	fdt_writer_begin(w, "cpus");
	fdt_writer_u32(w, "#address-cells", 1);
	fdt_writer_u32(w, "#size-cells", 0);
	for (uint32_t i = 0; i < desc->vcpu_count; i++) {
		uint64_t mpidr = guest_fdt_mpidr(i);

		fdt_writer_begin_at(w, "cpu", mpidr);
		fdt_writer_string(w, "device_type", "cpu");
		fdt_writer_string(w, "compatible", "arm,armv8");
		fdt_writer_u32(w, "reg", (uint32_t)mpidr);
		fdt_writer_string(w, "enable-method", "psci");
		fdt_writer_end(w);
	}
	fdt_writer_end(w);
}

static void write_psci(struct fdt_writer *w)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	fdt_writer_begin(w, "psci");
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	fdt_writer_string(w, "method", "hvc");
	fdt_writer_end(w);
}

static void write_memory(struct fdt_writer *w, uint64_t size)
{
	fdt_writer_begin_at(w, "memory", VM_RAM_BASE);
	fdt_writer_string(w, "device_type", "memory");
	fdt_writer_cells(w, "reg",
		CELLS((uint32_t)(VM_RAM_BASE >> 32), (uint32_t)VM_RAM_BASE, (uint32_t)(size >> 32),
			(uint32_t)size));
	fdt_writer_end(w);
}

static void write_gic(struct fdt_writer *w, const struct vmdesc *desc, uint32_t version)
{
	fdt_writer_begin_at(w, "intc", GIC_DIST_BASE);
	fdt_writer_u32(w, "phandle", PHANDLE_GIC);
	fdt_writer_flag(w, "interrupt-controller");
	fdt_writer_u32(w, "#interrupt-cells", 3);
	fdt_writer_u32(w, "#address-cells", 0);
	if (version == 2) {
		fdt_writer_string(w, "compatible", "arm,cortex-a15-gic");
		fdt_writer_cells(w, "reg",
			CELLS(0, GIC_DIST_BASE, 0, GIC_DIST_SIZE, 0, GICV2_CPU_BASE, 0,
				GICV2_CPU_SIZE));
	} else {
		fdt_writer_string(w, "compatible", "arm,gic-v3");
		fdt_writer_u32(w, "#redistributor-regions", 1);
		fdt_writer_cells(w, "reg",
			CELLS(0, GIC_DIST_BASE, 0, GIC_DIST_SIZE, 0, GICV3_REDIST_BASE, 0,
				desc->vcpu_count * GICV3_REDIST_SIZE));
	}
	fdt_writer_end(w);
}

static void write_timer(struct fdt_writer *w, const struct guest_fdt_input *input)
{
	static const char compatible[] = "arm,armv8-timer\0arm,armv7-timer";
	uint32_t flags = TRIGGER_LOW;

	if (input->host->gic_version == 2) {
		flags |= ((1U << input->desc->vcpu_count) - 1U) << GICV2_MASK_SHIFT;
	}
	fdt_writer_begin(w, "timer");
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	fdt_writer_flag(w, "always-on");
	/* Secure and non-secure EL1 physical, virtual, EL2: some guests insist on all four. */
	fdt_writer_cells(w, "interrupts",
		CELLS(GIC_PPI, 13, flags, GIC_PPI, 14, flags, GIC_PPI, 11, flags, GIC_PPI, 10,
			flags));
	if (input->host->timer_frequency != 0) {
		fdt_writer_u32(w, "clock-frequency", input->host->timer_frequency);
	}
	fdt_writer_end(w);
}

static void write_clock(struct fdt_writer *w)
{
	fdt_writer_begin(w, "apb-pclk");
	fdt_writer_string(w, "compatible", "fixed-clock");
	fdt_writer_u32(w, "#clock-cells", 0);
	fdt_writer_u32(w, "clock-frequency", CLOCK_HZ);
	fdt_writer_string(w, "clock-output-names", "clk24mhz");
	fdt_writer_u32(w, "phandle", PHANDLE_CLOCK);
	fdt_writer_end(w);
}

static void write_uart(struct fdt_writer *w)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clocks[] = "uartclk\0apb_pclk";

	fdt_writer_begin_at(w, "pl011", UART_BASE);
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	write_reg(w, UART_BASE, DEVICE_SIZE);
	fdt_writer_cells(w, "interrupts", CELLS(GIC_SPI, SPI_UART, TRIGGER_HIGH));
	fdt_writer_cells(w, "clocks", CELLS(PHANDLE_CLOCK, PHANDLE_CLOCK));
	fdt_writer_strings(w, "clock-names", clocks, sizeof(clocks));
	fdt_writer_end(w);
}

static void write_rtc(struct fdt_writer *w)
{
	static const char compatible[] = "arm,pl031\0arm,primecell";

	fdt_writer_begin_at(w, "pl031", RTC_BASE);
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	write_reg(w, RTC_BASE, DEVICE_SIZE);
	fdt_writer_cells(w, "interrupts", CELLS(GIC_SPI, SPI_RTC, TRIGGER_HIGH));
	fdt_writer_cells(w, "clocks", CELLS(PHANDLE_CLOCK));
	fdt_writer_string(w, "clock-names", "apb_pclk");
	fdt_writer_end(w);
}

/* A VM that speaks VMware says so; an anonymous one does not say Plinth. */
static void write_hypervisor(struct fdt_writer *w, uint32_t flags)
{
	bool is_vmware = (flags & VM_FLAG_VMWARE) != 0;

	if (!is_vmware && (flags & VM_FLAG_ANONYMOUS) != 0) {
		return;
	}
	fdt_writer_begin(w, "hypervisor");
	fdt_writer_string(w, "compatible", is_vmware ? "vmware" : "plinth");
	fdt_writer_end(w);
}

static void write_root(struct fdt_writer *w, const struct guest_fdt_input *input)
{
	fdt_writer_begin(w, "");
	fdt_writer_string(w, "compatible", "linux,dummy-virt");
	fdt_writer_string(w, "model", "linux,dummy-virt");
	fdt_writer_u32(w, "#address-cells", 2);
	fdt_writer_u32(w, "#size-cells", 2);
	fdt_writer_u32(w, "interrupt-parent", PHANDLE_GIC);
	fdt_writer_begin(w, "aliases");
	fdt_writer_string(w, "serial0", "/pl011@9000000");
	fdt_writer_end(w);
	write_chosen(w, input);
	write_memory(w, input->desc->memory);
	write_cpus(w, input->desc);
	write_psci(w);
	write_timer(w, input);
	write_gic(w, input->desc, input->host->gic_version);
	write_clock(w);
	write_uart(w);
	write_rtc(w);
	write_hypervisor(w, input->desc->flags);
	fdt_writer_end(w);
}

/* Offset of a property of /chosen, or 0. */
static size_t find_chosen(const void *fdt, const char *name)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const uint8_t *value = fdt_getprop(fdt, chosen, name, NULL);

	return value == NULL ? 0 : (size_t)(value - (const uint8_t *)fdt);
}

void guest_fdt_build(const struct guest_fdt_input *input, void *buf, struct guest_fdt *result)
{
	struct fdt_writer writer;
	size_t size;

	fdt_writer_init(&writer, buf, guest_fdt_bound(input->desc));
	write_root(&writer, input);
	size = fdt_writer_finish(&writer);
	PLINTH_CHECK(size != 0);
	*result = (struct guest_fdt){
		.size = size,
		.kaslr_seed = find_chosen(buf, "kaslr-seed"),
		.rng_seed = find_chosen(buf, "rng-seed"),
		.token = find_chosen(buf, "security-plinth-token"),
	};
}
