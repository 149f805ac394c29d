/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI runtime services that the core answers: the firmware in a VM has stubs that upcall
 * (docs/runtime-services.md). Names, layouts and numbers of UEFI 2.10; "8.2" is its section.
 *
 * At EL1, in a VM with VM_FLAG_UEFI: HVC #UEFI_RT_... with the service's own arguments in X0 to X4;
 * X0 is the EFI_STATUS, all other registers and PSTATE stay. The PC is behind the HVC.
 * At EL0 and EL1, in a VM with VM_FLAG_UEFI and VM_FLAG_CONTROL with VM_RIGHT_CONFIG: MRS XZR,
 * MDCCSR_EL0 with X7 = UEFI_RT_MRS | UEFI_RT_..., otherwise the same. At EL0 with the token of
 * control calls (abi/control.h) in X5 and X6.
 * In all other VMs, and without the token, either is what any unknown HVC or MRS of that kind is.
 *
 * Pointers are addresses as the caller has them: virtual with its MMU on, else physical, and may
 * cross pages that are apart. A null pointer where there must be one, one that does not translate
 * at the caller's level, that may not be written where the service writes, or that is no RAM of the
 * VM: UEFI_INVALID_PARAMETER, and nothing has changed but perhaps bytes of output buffers.
 */
#ifndef ABI_UEFI_RT_H
#define ABI_UEFI_RT_H

/* The operand of the upcall; the order of the bits in EFI_RT_PROPERTIES_TABLE. */
#define UEFI_RT_FIRST			0x5201
#define UEFI_RT_GET_TIME		0x5201 /* 8.3 */
#define UEFI_RT_SET_TIME		0x5202
#define UEFI_RT_GET_WAKEUP_TIME		0x5203
#define UEFI_RT_SET_WAKEUP_TIME		0x5204
#define UEFI_RT_GET_VARIABLE		0x5205 /* 8.2 */
#define UEFI_RT_GET_NEXT_VARIABLE_NAME	0x5206
#define UEFI_RT_SET_VARIABLE		0x5207
#define UEFI_RT_SET_VIRTUAL_ADDRESS_MAP 0x5208 /* 8.4 */
#define UEFI_RT_CONVERT_POINTER		0x5209
#define UEFI_RT_GET_NEXT_HIGH_COUNT	0x520a /* 8.5 */
#define UEFI_RT_RESET_SYSTEM		0x520b
#define UEFI_RT_UPDATE_CAPSULE		0x520c
#define UEFI_RT_QUERY_CAPSULE		0x520d
#define UEFI_RT_QUERY_VARIABLE_INFO	0x520e
#define UEFI_RT_LAST			0x520e
/*
 * Not a service: ExitBootServices() has succeeded. From the firmware, once, after all else.
 *   X0  the mask of services that it has published (UEFI_RT_PROPERTIES, or without the bits of
 *	 8.4): the others answer UEFI_UNSUPPORTED from now on
 *   X1  struct uefi_rt_region[X2]: the runtime regions of the memory map
 *   X2  how many, 1 to UEFI_RT_REGION_MAX
 * UEFI_UNSUPPORTED: it has been called since the VM's start. UEFI_INVALID_PARAMETER: X1, X2, or a
 * region that is empty, not of whole 4 KiB pages, or wraps.
 * Until then variables without UEFI_VAR_RUNTIME are there, and can be set. Each start of the VM
 * begins before it, without variables that are not UEFI_VAR_NON_VOLATILE.
 */
#define UEFI_RT_ENTER_RUNTIME 0x520f

/* X7[63:32] of the MRS form; bits 31:0 are the operand. No I/O instruction of the backdoor (the
 * same MRS) is encoded as one of these: its bits 31:13 are 0. */
#define UEFI_RT_MRS 0x8600000000

/* The bit of a service in EFI_RT_PROPERTIES_TABLE.RuntimeServicesSupported (4.6). */
#define UEFI_RT_BIT(operand) (1 << ((operand)-UEFI_RT_FIRST))

/* The services that the core answers, at EL1 after ExitBootServices too: the one list that the
 * core's table and the firmware's table and mask come from. X(operand, name). What is not here
 * answers UEFI_UNSUPPORTED. */
#define UEFI_RT_SERVICES(X)                                                                        \
	X(UEFI_RT_GET_TIME, get_time)                                                              \
	X(UEFI_RT_SET_TIME, set_time)                                                              \
	X(UEFI_RT_GET_VARIABLE, get_variable)                                                      \
	X(UEFI_RT_GET_NEXT_VARIABLE_NAME, get_next_variable_name)                                  \
	X(UEFI_RT_SET_VARIABLE, set_variable)                                                      \
	X(UEFI_RT_SET_VIRTUAL_ADDRESS_MAP, set_virtual_address_map)                                \
	X(UEFI_RT_CONVERT_POINTER, convert_pointer)                                                \
	X(UEFI_RT_RESET_SYSTEM, reset_system)                                                      \
	X(UEFI_RT_QUERY_VARIABLE_INFO, query_variable_info)

#define UEFI_RT_BIT_OR(operand, name) | UEFI_RT_BIT(operand)
#define UEFI_RT_PROPERTIES	      (0 UEFI_RT_SERVICES(UEFI_RT_BIT_OR))

/*
 * SetVirtualAddressMap: after UEFI_RT_ENTER_RUNTIME, once. The core copies what the map says of the
 * runtime regions and changes nothing in the guest's memory. The stub then has its own pointers,
 * and those of the system table and the runtime services' table, converted by ConvertPointer, one
 * by one, and at last itself goes on where its caller is. A region without a virtual address:
 * UEFI_NO_MAPPING. An entry with EFI_MEMORY_RUNTIME that is none of the regions: UEFI_NOT_FOUND.
 * More entries than UEFI_RT_MAP_MAX, or larger ones than UEFI_RT_ENTRY_MAX bytes:
 * UEFI_INVALID_PARAMETER.
 *
 * A long map is read in pieces: interrupts may come in the middle of the upcall, with the PC at its
 * instruction and X0 to X3 as they were. Entries are read once. Another vCPU that calls meanwhile
 * with other arguments makes it begin anew.
 *
 * ConvertPointer answers UEFI_UNSUPPORTED before the map is in force; afterwards it takes physical
 * addresses in runtime regions, and stays until the VM's next start.
 */
#define UEFI_RT_REGION_MAX 32
#define UEFI_RT_MAP_MAX	   1024
#define UEFI_RT_ENTRY_MAX  256 /* 40 to 48 are usual */

/* EFI_STATUS (Appendix D). */
#define UEFI_ERROR_BIT		0x8000000000000000
#define UEFI_SUCCESS		0x0
#define UEFI_INVALID_PARAMETER	(UEFI_ERROR_BIT | 2)
#define UEFI_UNSUPPORTED	(UEFI_ERROR_BIT | 3)
#define UEFI_BUFFER_TOO_SMALL	(UEFI_ERROR_BIT | 5)
#define UEFI_DEVICE_ERROR	(UEFI_ERROR_BIT | 7)
#define UEFI_WRITE_PROTECTED	(UEFI_ERROR_BIT | 8)
#define UEFI_OUT_OF_RESOURCES	(UEFI_ERROR_BIT | 9)
#define UEFI_NOT_FOUND		(UEFI_ERROR_BIT | 14)
#define UEFI_NO_MAPPING		(UEFI_ERROR_BIT | 17)
#define UEFI_SECURITY_VIOLATION (UEFI_ERROR_BIT | 26)

/*
 * Attributes of variables. APPEND is of the call, not of the variable. All others (the hardware
 * error record, the three of authenticated writes) are refused: UEFI_UNSUPPORTED.
 * NON_VOLATILE where nothing keeps the VM's variables: UEFI_WRITE_PROTECTED, and
 * QueryVariableInfo says that there is room for 0 bytes.
 */
#define UEFI_VAR_NON_VOLATILE 0x1
#define UEFI_VAR_BOOT	      0x2
#define UEFI_VAR_RUNTIME      0x4
#define UEFI_VAR_APPEND	      0x40

/* Bytes: of a name with its NUL, and of a variable's data. */
#define UEFI_VAR_NAME_MAX 512
#define UEFI_VAR_DATA_MAX 8192

/* ResetSystem's type. What is none of these, platform-specific for one, is a cold reset. */
#define UEFI_RESET_COLD	    0
#define UEFI_RESET_WARM	    1
#define UEFI_RESET_SHUTDOWN 2

/* ConvertPointer's DebugDisposition: a null pointer stays one. */
#define UEFI_OPTIONAL_PTR 1

#define UEFI_MEMORY_RUNTIME	       0x8000000000000000 /* of a memory descriptor */
#define UEFI_MEMORY_DESCRIPTOR_VERSION 1

#define UEFI_TIMEZONE_NONE 0x7ff

#ifndef __ASSEMBLER__

#include <stdint.h>

struct uefi_guid {
	uint32_t data1;
	uint16_t data2;
	uint16_t data3;
	uint8_t data4[8];
};

/* EFI_TIME (8.3). The VM's clock is in UTC, local time and the zone's minutes; zone and daylight
 * are kept as they were set, the latter without a meaning. */
struct uefi_time {
	uint16_t year;	/* 1900 to 9999; the VM's clock: 1970 to 2105 */
	uint8_t month;	/* 1 to 12 */
	uint8_t day;	/* 1 to 31 */
	uint8_t hour;	/* to 23 */
	uint8_t minute; /* to 59 */
	uint8_t second; /* to 59 */
	uint8_t pad1;
	uint32_t nanosecond; /* to 999,999,999; read as 0 */
	int16_t timezone;    /* minutes, -1440 to 1440, or UEFI_TIMEZONE_NONE */
	uint8_t daylight;    /* bits 0 and 1 */
	uint8_t pad2;
};

/* EFI_TIME_CAPABILITIES: 1 Hz, 50 ppm (5e7 in parts of 1e-12), setting clears below a second. */
struct uefi_time_capabilities {
	uint32_t resolution;
	uint32_t accuracy;
	uint8_t sets_to_zero;
	uint8_t pad[3];
};

/* EFI_MEMORY_DESCRIPTOR (7.2); a map's entries may be larger (DescriptorSize). */
struct uefi_memory_descriptor {
	uint32_t type;
	uint32_t pad;
	uint64_t physical;
	uint64_t virtual;
	uint64_t pages; /* of 4 KiB */
	uint64_t attribute;
};

/* A runtime region of the VM's memory map. */
struct uefi_rt_region {
	uint64_t base; /* physical to the VM */
	uint64_t size; /* bytes */
};

/* EFI_RT_PROPERTIES_TABLE (4.6), by UEFI_RT_PROPERTIES_GUID. */
struct uefi_rt_properties {
	uint16_t version; /* 1 */
	uint16_t length;  /* 8 */
	uint32_t supported;
};

#define UEFI_RT_PROPERTIES_GUID                                                                    \
	{                                                                                          \
		0xeb66918a, 0x7eef, 0x402a,                                                        \
		{                                                                                  \
			0x84, 0x2e, 0x93, 0x1d, 0x21, 0xc3, 0x8a, 0xe9                             \
		}                                                                                  \
	}
#define UEFI_GLOBAL_VARIABLE_GUID                                                                  \
	{                                                                                          \
		0x8be4df61, 0x93ca, 0x11d2,                                                        \
		{                                                                                  \
			0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c                             \
		}                                                                                  \
	}

#endif

#endif
