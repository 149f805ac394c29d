/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_fdt.h"

#include <string.h>

#include "abi/guest_map.h"
#include "base/bits.h"
#include "base/check.h"
#include "fdt_writer.h"
#include "guest_pen.h"

#define FIXED_BOUND    6144U /* all but CPUs and command line: about 4 KiB, tested */
#define BOUND_PER_VCPU 256U
#define BOUND_PER_DISK 192U

#define PHANDLE_GIC   1U
#define PHANDLE_CLOCK 2U

#define CLOCK_HZ 24000000U

/* Devicetree bindings of the GIC: interrupt kinds and triggers. */
#define GIC_SPI		 0U
#define GIC_PPI		 1U
#define TRIGGER_HIGH	 4U
#define TRIGGER_LOW	 8U
#define GICV2_MASK_SHIFT 8U /* of the CPUs that a PPI goes to */

#define CELLS(...) (const uint32_t[]){__VA_ARGS__}, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__}))

size_t guest_fdt_bound(const struct vmdesc *desc)
{
	size_t bound = FIXED_BOUND + strlen(desc->bootargs) +
		       (size_t)desc->vcpu_count * BOUND_PER_VCPU +
		       (size_t)desc->disk_count * BOUND_PER_DISK + desc->assigned_bound;

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

/* enum efi_secureboot_mode of Linux: disabled. */
#define SECURE_BOOT_DISABLED 2U

/* Where Linux looks for what its own EFI stub would have left; Debian's wants all of it. */
static void write_efi(struct fdt_writer *w, const struct guest_efi *efi)
{
	fdt_writer_u64(w, "linux,uefi-system-table", efi->system_table);
	fdt_writer_u64(w, "linux,uefi-mmap-start", efi->memory_map);
	fdt_writer_u32(w, "linux,uefi-mmap-size", efi->memory_map_size);
	fdt_writer_u32(w, "linux,uefi-mmap-desc-size", efi->descriptor_size);
	fdt_writer_u32(w, "linux,uefi-mmap-desc-ver", efi->descriptor_version);
	fdt_writer_u32(w, "linux,uefi-secure-boot", SECURE_BOOT_DISABLED);
}

/* With firmware the tree is whole whatever `tables` says: the firmware reads it. */
static bool has_tree(const struct vmdesc *desc)
{
	return desc->tables == VMDESC_FDT || vmdesc_has_firmware(desc);
}

static void write_piece(struct fdt_writer *w, const char *name, const struct guest_piece *piece)
{
	if (piece->size != 0) {
		fdt_writer_cells(w, name,
			CELLS((uint32_t)(piece->ipa >> 32), (uint32_t)piece->ipa,
				(uint32_t)(piece->size >> 32), (uint32_t)piece->size));
	}
}

/* What the firmware finds for the operating system (docs/firmware-contract.md). */
static void write_pieces(struct fdt_writer *w, const struct guest_fdt_input *input)
{
	write_piece(w, "plinth,kernel", &input->kernel);
	/* Not as Linux calls it: it would take the memory for RAM when it is done with it. */
	write_piece(w, "plinth,initrd", &input->own_initrd);
	write_piece(w, "plinth,acpi", &input->firmware->acpi);
	write_piece(w, "plinth,smbios", &input->firmware->smbios);
}

static void write_chosen(
	struct fdt_writer *w, const struct guest_fdt_input *input, struct guest_fdt *places)
{
	fdt_writer_begin(w, "chosen");
	fdt_writer_string(w, "bootargs", input->desc->bootargs);
	if (vmdesc_has_firmware(input->desc)) {
		write_pieces(w, input);
	} else if (guest_efi_reserved(input->desc) != 0) {
		write_efi(w, input->efi);
	}
	if (has_tree(input->desc)) {
		fdt_writer_string(w, "stdout-path", "/pl011@9000000");
	}
	if (input->initrd_size != 0) {
		fdt_writer_u64(w, "linux,initrd-start", input->initrd);
		fdt_writer_u64(w, "linux,initrd-end", input->initrd + input->initrd_size);
	}
	if (input->host->has_entropy) {
		places->kaslr_seed = fdt_writer_zeroes(w, "kaslr-seed", GUEST_FDT_KASLR_SIZE);
		places->rng_seed = fdt_writer_zeroes(w, "rng-seed", GUEST_FDT_SEED_SIZE);
	}
	if ((input->desc->flags & VM_FLAG_CONTROL) != 0) {
		places->token = fdt_writer_zeroes(w, "security-plinth-token", GUEST_FDT_TOKEN_SIZE);
	}
	fdt_writer_end(w);
}

/* What the OS is to keep out of its hands: the pen, and behind it what the firmware hands on. */
static struct fdt_writer_range reserved_range(const struct guest_fdt_input *input)
{
	uint64_t firmware = guest_firmware_reserved(input->desc);
	uint64_t pen = guest_pen_reserved(input->desc);

	return (struct fdt_writer_range){
		pen != 0 ? input->pen : input->desc->ram_base + input->desc->memory - firmware,
		pen + firmware};
}

/* The header's list says so (Linux's booting.rst) and a node, for either
 * may be all that an OS reads. Not no-map too: Linux 6.1 calls that a failure where the list has
 * it. */
static void write_reserved(struct fdt_writer *w, const struct guest_fdt_input *input)
{
	const struct fdt_writer_range range = reserved_range(input);

	if (range.size == 0) {
		return;
	}
	fdt_writer_begin(w, "reserved-memory");
	fdt_writer_u32(w, "#address-cells", 2);
	fdt_writer_u32(w, "#size-cells", 2);
	fdt_writer_flag(w, "ranges");
	fdt_writer_begin_at(w, range.base == input->pen ? "pen" : "tables", range.base);
	fdt_writer_cells(w, "reg",
		CELLS((uint32_t)(range.base >> 32), (uint32_t)range.base, 0, (uint32_t)range.size));
	fdt_writer_end(w);
	fdt_writer_end(w);
}

/* Binding pmem/pmem-region: memory that is `volatile` needs no flush for what is written to last as
 * long as it can, here as long as Plinth runs. What cannot be written has no property there:
 * "read-only" is for Plinth's firmware. */
static void write_disks(struct fdt_writer *w, const struct guest_disks *disks)
{
	for (uint32_t i = 0; i < disks->count; i++) {
		const struct guest_disk *disk = &disks->disk[i];

		fdt_writer_begin_at(w, "pmem", disk->ipa);
		fdt_writer_string(w, "compatible", "pmem-region");
		fdt_writer_cells(w, "reg",
			CELLS((uint32_t)(disk->ipa >> 32), (uint32_t)disk->ipa,
				(uint32_t)(disk->size >> 32), (uint32_t)disk->size));
		fdt_writer_flag(w, "volatile");
		if (disk->is_read_only) {
			fdt_writer_flag(w, "read-only");
		}
		fdt_writer_end(w);
	}
}

static void write_boot_method(struct fdt_writer *w, const struct guest_fdt_input *input, uint32_t i)
{
	if (input->desc->secondary_boot == VMDESC_SPIN_TABLE) {
		fdt_writer_string(w, "enable-method", "spin-table");
		fdt_writer_u64(w, "cpu-release-addr", guest_pen_release_address(input->pen, i));
	} else {
		fdt_writer_string(w, "enable-method", "psci");
	}
}

static void write_cpus(struct fdt_writer *w, const struct guest_fdt_input *input)
{
	fdt_writer_begin(w, "cpus");
	fdt_writer_u32(w, "#address-cells", 1);
	fdt_writer_u32(w, "#size-cells", 0);
	for (uint32_t i = 0; i < input->desc->vcpu_count; i++) {
		uint64_t mpidr = guest_fdt_mpidr(i);

		fdt_writer_begin_at(w, "cpu", mpidr);
		fdt_writer_string(w, "device_type", "cpu");
		fdt_writer_string(w, "compatible", "arm,armv8");
		fdt_writer_u32(w, "reg", (uint32_t)mpidr);
		write_boot_method(w, input, i);
		fdt_writer_end(w);
	}
	fdt_writer_end(w);
}

/* Also where CPUs are started otherwise: SYSTEM_OFF and SYSTEM_RESET are had from it. */
static void write_psci(struct fdt_writer *w)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	fdt_writer_begin(w, "psci");
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	fdt_writer_string(w, "method", "hvc");
	fdt_writer_end(w);
}

static void write_memory(struct fdt_writer *w, uint64_t base, uint64_t size)
{
	fdt_writer_begin_at(w, "memory", base);
	fdt_writer_string(w, "device_type", "memory");
	fdt_writer_cells(w, "reg",
		CELLS((uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
			(uint32_t)size));
	fdt_writer_end(w);
}

static void write_gic(struct fdt_writer *w, const struct vmdesc *desc, uint32_t version)
{
	fdt_writer_begin_at(w, "intc", GUEST_GICD_BASE);
	fdt_writer_u32(w, "phandle", PHANDLE_GIC);
	fdt_writer_flag(w, "interrupt-controller");
	fdt_writer_u32(w, "#interrupt-cells", 3);
	fdt_writer_u32(w, "#address-cells", 0);
	if (version == 2) {
		fdt_writer_string(w, "compatible", "arm,cortex-a15-gic");
		fdt_writer_cells(w, "reg",
			CELLS(0, GUEST_GICD_BASE, 0, GUEST_GICD_SIZE, 0, GUEST_GICC_BASE, 0,
				GUEST_GICC_SIZE));
	} else {
		fdt_writer_string(w, "compatible", "arm,gic-v3");
		fdt_writer_u32(w, "#redistributor-regions", 1);
		fdt_writer_cells(w, "reg",
			CELLS(0, GUEST_GICD_BASE, 0, GUEST_GICD_SIZE, 0, GUEST_GICR_BASE, 0,
				desc->vcpu_count * GUEST_GICR_SIZE));
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
		CELLS(GIC_PPI, GUEST_PPI_TIMER_SECURE, flags, GIC_PPI, GUEST_PPI_TIMER_PHYS, flags,
			GIC_PPI, GUEST_PPI_TIMER_VIRT, flags, GIC_PPI, GUEST_PPI_TIMER_HYP, flags));
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

	fdt_writer_begin_at(w, "pl011", GUEST_UART_BASE);
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	write_reg(w, GUEST_UART_BASE, GUEST_FRAME_SIZE);
	fdt_writer_cells(w, "interrupts", CELLS(GIC_SPI, GUEST_SPI_UART, TRIGGER_HIGH));
	fdt_writer_cells(w, "clocks", CELLS(PHANDLE_CLOCK, PHANDLE_CLOCK));
	fdt_writer_strings(w, "clock-names", clocks, sizeof(clocks));
	fdt_writer_end(w);
}

static void write_rtc(struct fdt_writer *w)
{
	static const char compatible[] = "arm,pl031\0arm,primecell";

	fdt_writer_begin_at(w, "pl031", GUEST_RTC_BASE);
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	write_reg(w, GUEST_RTC_BASE, GUEST_FRAME_SIZE);
	fdt_writer_cells(w, "interrupts", CELLS(GIC_SPI, GUEST_SPI_RTC, TRIGGER_HIGH));
	fdt_writer_cells(w, "clocks", CELLS(PHANDLE_CLOCK));
	fdt_writer_string(w, "clock-names", "apb_pclk");
	fdt_writer_end(w);
}

/* Its lines tell that control events wait (docs/control.md). */
static void write_gpio(struct fdt_writer *w)
{
	static const char compatible[] = "arm,pl061\0arm,primecell";

	fdt_writer_begin_at(w, "pl061", GUEST_GPIO_BASE);
	fdt_writer_strings(w, "compatible", compatible, sizeof(compatible));
	write_reg(w, GUEST_GPIO_BASE, GUEST_FRAME_SIZE);
	fdt_writer_cells(w, "interrupts", CELLS(GIC_SPI, GUEST_SPI_GPIO, TRIGGER_HIGH));
	fdt_writer_cells(w, "clocks", CELLS(PHANDLE_CLOCK));
	fdt_writer_string(w, "clock-names", "apb_pclk");
	fdt_writer_flag(w, "gpio-controller");
	fdt_writer_u32(w, "#gpio-cells", 2);
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

/* Linux takes ACPI from a devicetree in which it finds no node but /chosen. */
static void write_stub(
	struct fdt_writer *w, const struct guest_fdt_input *input, struct guest_fdt *places)
{
	fdt_writer_begin(w, "");
	fdt_writer_u32(w, "#address-cells", 2);
	fdt_writer_u32(w, "#size-cells", 2);
	write_chosen(w, input, places);
	fdt_writer_end(w);
}

static void write_machine(
	struct fdt_writer *w, const struct guest_fdt_input *input, struct guest_fdt *places)
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
	write_chosen(w, input, places);
	write_memory(w, input->desc->ram_base, input->desc->memory);
	write_reserved(w, input);
	write_cpus(w, input);
	write_psci(w);
	write_timer(w, input);
	write_gic(w, input->desc, input->host->gic_version);
	write_clock(w);
	write_uart(w);
	write_rtc(w);
	write_disks(w, input->disks);
	assigned_write(input->assigned, w);
	if ((input->desc->flags & VM_FLAG_CONTROL) != 0) {
		write_gpio(w);
	}
	write_hypervisor(w, input->desc->flags);
	fdt_writer_end(w);
}

void guest_fdt_build(const struct guest_fdt_input *input, void *buf, struct guest_fdt *result)
{
	const struct vmdesc *desc = input->desc;
	const struct fdt_writer_range none = {0, 0};
	const struct fdt_writer_range reserved = has_tree(desc) ? reserved_range(input) : none;
	struct fdt_writer writer;

	*result = (struct guest_fdt){.size = 0};
	fdt_writer_init(&writer, buf, guest_fdt_bound(desc), &reserved);
	if (has_tree(desc)) {
		write_machine(&writer, input, result);
	} else {
		write_stub(&writer, input, result);
	}
	result->size = fdt_writer_finish(&writer);
	PLINTH_CHECK(result->size != 0);
}
