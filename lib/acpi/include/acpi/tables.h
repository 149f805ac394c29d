/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layouts of the ACPI tables that Plinth reads, rewrites or makes (ACPI 6.5; SPCR: Microsoft's
 * "Serial Port Console Redirection Table", revision 2). Members have the specification's names.
 * All is little-endian and packed: a table may lie at any address.
 */
#ifndef ACPI_TABLES_H
#define ACPI_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define ACPI_PACKED __attribute__((packed))

#define ACPI_SIGNATURE_SIZE 4U
#define ACPI_SIGNATURE_MADT "APIC"
#define ACPI_SIGNATURE_DSDT "DSDT"
#define ACPI_SIGNATURE_FADT "FACP"
#define ACPI_SIGNATURE_GTDT "GTDT"
#define ACPI_SIGNATURE_SPCR "SPCR"
#define ACPI_SIGNATURE_XSDT "XSDT"

/* 5.2.5.3 */
#define ACPI_RSDP_SIGNATURE "RSD PTR "
#define ACPI_RSDP_V1_SIZE   20U /* what `checksum` covers */
#define ACPI_RSDP_REVISION  2U

struct ACPI_PACKED acpi_rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt_address;
	uint32_t length;
	uint64_t xsdt_address;
	uint8_t extended_checksum; /* covers `length` bytes */
	uint8_t reserved[3];
};

/* 5.2.6: the System Description Table Header */
struct ACPI_PACKED acpi_header {
	char signature[ACPI_SIGNATURE_SIZE];
	uint32_t length; /* of the table, header included */
	uint8_t revision;
	uint8_t checksum; /* makes the sum of all bytes 0 */
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
};

/* 5.2.8 */
struct ACPI_PACKED acpi_xsdt {
	struct acpi_header header;
	uint64_t entry[]; /* (length - sizeof(header)) / 8 of them */
};

/* 5.2.3.2: Generic Address Structure */
#define ACPI_GAS_SYSTEM_MEMORY 0U
#define ACPI_GAS_DWORD	       3U

struct ACPI_PACKED acpi_gas {
	uint8_t address_space_id;
	uint8_t register_bit_width;
	uint8_t register_bit_offset;
	uint8_t access_size;
	uint64_t address;
};

/* 5.2.9 */
#define ACPI_FADT_HW_REDUCED_ACPI   (1U << 20) /* flags */
#define ACPI_FADT_PSCI_COMPLIANT    (1U << 0)  /* arm_boot_arch */
#define ACPI_FADT_PSCI_USE_HVC	    (1U << 1)
#define ACPI_FADT_ARM_BOOT_ARCH_END 131U /* a FADT at least this long has arm_boot_arch */

struct ACPI_PACKED acpi_fadt {
	struct acpi_header header;
	uint32_t firmware_ctrl;
	uint32_t dsdt;
	uint8_t reserved0;
	uint8_t preferred_pm_profile;
	uint16_t sci_int;
	uint32_t smi_cmd;
	uint8_t acpi_enable;
	uint8_t acpi_disable;
	uint8_t s4bios_req;
	uint8_t pstate_cnt;
	uint32_t pm1a_evt_blk;
	uint32_t pm1b_evt_blk;
	uint32_t pm1a_cnt_blk;
	uint32_t pm1b_cnt_blk;
	uint32_t pm2_cnt_blk;
	uint32_t pm_tmr_blk;
	uint32_t gpe0_blk;
	uint32_t gpe1_blk;
	uint8_t pm1_evt_len;
	uint8_t pm1_cnt_len;
	uint8_t pm2_cnt_len;
	uint8_t pm_tmr_len;
	uint8_t gpe0_blk_len;
	uint8_t gpe1_blk_len;
	uint8_t gpe1_base;
	uint8_t cst_cnt;
	uint16_t p_lvl2_lat;
	uint16_t p_lvl3_lat;
	uint16_t flush_size;
	uint16_t flush_stride;
	uint8_t duty_offset;
	uint8_t duty_width;
	uint8_t day_alrm;
	uint8_t mon_alrm;
	uint8_t century;
	uint16_t iapc_boot_arch;
	uint8_t reserved1;
	uint32_t flags;
	struct acpi_gas reset_reg;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t fadt_minor_version;
	uint64_t x_firmware_ctrl;
	uint64_t x_dsdt;
	struct acpi_gas x_pm1a_evt_blk;
	struct acpi_gas x_pm1b_evt_blk;
	struct acpi_gas x_pm1a_cnt_blk;
	struct acpi_gas x_pm1b_cnt_blk;
	struct acpi_gas x_pm2_cnt_blk;
	struct acpi_gas x_pm_tmr_blk;
	struct acpi_gas x_gpe0_blk;
	struct acpi_gas x_gpe1_blk;
	struct acpi_gas sleep_control_reg;
	struct acpi_gas sleep_status_reg;
	uint64_t hypervisor_vendor_identity;
};

/* 5.2.12 */
struct ACPI_PACKED acpi_madt {
	struct acpi_header header;
	uint32_t local_interrupt_controller_address;
	uint32_t flags;
	uint8_t interrupt_controller_structure[];
};

#define ACPI_MADT_GICC 0x0bU
#define ACPI_MADT_GICD 0x0cU
#define ACPI_MADT_GICR 0x0eU

/* What every interrupt controller structure starts with. */
struct ACPI_PACKED acpi_madt_entry {
	uint8_t type;
	uint8_t length;
};

/* 5.2.12.14. Earlier revisions end before efficiency_class (76 bytes), or before
 * trbe_interrupt (80). */
#define ACPI_GICC_ENABLED	 (1U << 0) /* flags */
#define ACPI_GICC_ONLINE_CAPABLE (1U << 3)
#define ACPI_GICC_LENGTH_MIN	 76U
#define ACPI_PARKING_VERSION	 1U

struct ACPI_PACKED acpi_madt_gicc {
	struct acpi_madt_entry entry;
	uint16_t reserved;
	uint32_t cpu_interface_number;
	uint32_t acpi_processor_uid;
	uint32_t flags;
	uint32_t parking_protocol_version;
	uint32_t performance_interrupt_gsiv;
	uint64_t parked_address;
	uint64_t physical_base_address;
	uint64_t gicv;
	uint64_t gich;
	uint32_t vgic_maintenance_interrupt;
	uint64_t gicr_base_address;
	uint64_t mpidr;
	uint8_t processor_power_efficiency_class;
	uint8_t reserved1;
	uint16_t spe_overflow_interrupt;
	uint16_t trbe_interrupt;
};

/* 5.2.12.15 */
struct ACPI_PACKED acpi_madt_gicd {
	struct acpi_madt_entry entry;
	uint16_t reserved;
	uint32_t gic_id;
	uint64_t physical_base_address;
	uint32_t system_vector_base;
	uint8_t gic_version; /* 0: look at the hardware */
	uint8_t reserved1[3];
};

/* 5.2.12.17 */
struct ACPI_PACKED acpi_madt_gicr {
	struct acpi_madt_entry entry;
	uint16_t reserved;
	uint64_t discovery_range_base_address;
	uint32_t discovery_range_length;
};

/* 5.2.25, revision 3; revision 2 ends before virtual_el2_timer_gsiv. */
#define ACPI_GTDT_LENGTH_MIN 96U
#define ACPI_GTDT_NO_MEMORY  UINT64_MAX /* there is no memory-mapped counter */
#define ACPI_GTDT_EDGE	     (1U << 0)	/* *_timer_flags: edge-triggered */
#define ACPI_GTDT_ACTIVE_LOW (1U << 1)
#define ACPI_GTDT_ALWAYS_ON  (1U << 2)

struct ACPI_PACKED acpi_gtdt {
	struct acpi_header header;
	uint64_t cnt_control_base;
	uint32_t reserved;
	uint32_t secure_el1_timer_gsiv;
	uint32_t secure_el1_timer_flags;
	uint32_t non_secure_el1_timer_gsiv;
	uint32_t non_secure_el1_timer_flags;
	uint32_t virtual_el1_timer_gsiv;
	uint32_t virtual_el1_timer_flags;
	uint32_t el2_timer_gsiv;
	uint32_t el2_timer_flags;
	uint64_t cnt_read_base;
	uint32_t platform_timer_count;
	uint32_t platform_timer_offset;
	uint32_t virtual_el2_timer_gsiv;
	uint32_t virtual_el2_timer_flags;
};

#define ACPI_SPCR_PL011		3U /* interface_type */
#define ACPI_SPCR_SBSA_UART	14U
#define ACPI_SPCR_INTERRUPT_GIC (1U << 3) /* interrupt_type */
#define ACPI_SPCR_BAUD_AS_IS	0U
#define ACPI_SPCR_BAUD_115200	7U
#define ACPI_SPCR_NO_PCI	0xffffU

struct ACPI_PACKED acpi_spcr {
	struct acpi_header header;
	uint8_t interface_type;
	uint8_t reserved[3];
	struct acpi_gas base_address;
	uint8_t interrupt_type;
	uint8_t irq;
	uint32_t global_system_interrupt;
	uint8_t configured_baud_rate;
	uint8_t parity;
	uint8_t stop_bits;
	uint8_t flow_control;
	uint8_t terminal_type;
	uint8_t language;
	uint16_t pci_device_id;
	uint16_t pci_vendor_id;
	uint8_t pci_bus_number;
	uint8_t pci_device_number;
	uint8_t pci_function_number;
	uint32_t pci_flags;
	uint8_t pci_segment;
	uint32_t uart_clock_frequency;
};

STATIC_ASSERT(sizeof(struct acpi_rsdp) == 36, "5.2.5.3");
STATIC_ASSERT(sizeof(struct acpi_header) == 36, "5.2.6");
STATIC_ASSERT(sizeof(struct acpi_gas) == 12, "5.2.3.2");
STATIC_ASSERT(sizeof(struct acpi_fadt) == 276, "5.2.9");
STATIC_ASSERT(offsetof(struct acpi_fadt, flags) == 112, "5.2.9");
STATIC_ASSERT(offsetof(struct acpi_fadt, arm_boot_arch) == 129, "5.2.9");
STATIC_ASSERT(offsetof(struct acpi_fadt, x_dsdt) == 140, "5.2.9");
STATIC_ASSERT(offsetof(struct acpi_fadt, hypervisor_vendor_identity) == 268, "5.2.9");
STATIC_ASSERT(sizeof(struct acpi_madt) == 44, "5.2.12");
STATIC_ASSERT(sizeof(struct acpi_madt_gicc) == 82, "5.2.12.14");
STATIC_ASSERT(offsetof(struct acpi_madt_gicc, parked_address) == 24, "5.2.12.14");
STATIC_ASSERT(offsetof(struct acpi_madt_gicc, gicr_base_address) == 60, "5.2.12.14");
STATIC_ASSERT(offsetof(struct acpi_madt_gicc, mpidr) == 68, "5.2.12.14");
STATIC_ASSERT(sizeof(struct acpi_madt_gicd) == 24, "5.2.12.15");
STATIC_ASSERT(sizeof(struct acpi_madt_gicr) == 16, "5.2.12.17");
STATIC_ASSERT(sizeof(struct acpi_gtdt) == 104, "5.2.25");
STATIC_ASSERT(offsetof(struct acpi_gtdt, virtual_el2_timer_gsiv) == 96, "5.2.25");
STATIC_ASSERT(sizeof(struct acpi_spcr) == 80, "SPCR");
STATIC_ASSERT(offsetof(struct acpi_spcr, pci_device_id) == 64, "SPCR");

#endif
