/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stub is its upcall: arguments and status stay in their registers.
 */
#include "abi/uefi_rt.h"

	.section .text.fw_runtime_stubs, "ax", %progbits
	.balign	8
	.global	fw_runtime_context
	.hidden	fw_runtime_context
fw_runtime_context:
	.quad	0

	.macro	stub name operand
	.global	\name
	.hidden	\name
	.type	\name, %function
	.balign	8
\name:
	hint	#34		/* BTI c */
	hvc	#\operand
	ret
	.size	\name, . - \name
	.endm

	stub	rt_get_time, UEFI_RT_GET_TIME
	stub	rt_set_time, UEFI_RT_SET_TIME
	stub	rt_get_wakeup_time, UEFI_RT_GET_WAKEUP_TIME
	stub	rt_set_wakeup_time, UEFI_RT_SET_WAKEUP_TIME
	stub	rt_get_variable, UEFI_RT_GET_VARIABLE
	stub	rt_get_next_variable_name, UEFI_RT_GET_NEXT_VARIABLE_NAME
	stub	rt_set_variable, UEFI_RT_SET_VARIABLE
	stub	fw_runtime_convert_pointer, UEFI_RT_CONVERT_POINTER
	stub	rt_get_next_high_count, UEFI_RT_GET_NEXT_HIGH_COUNT
	stub	rt_reset_system, UEFI_RT_RESET_SYSTEM
	stub	rt_update_capsule, UEFI_RT_UPDATE_CAPSULE
	stub	rt_query_capsule, UEFI_RT_QUERY_CAPSULE
	stub	rt_query_variable_info, UEFI_RT_QUERY_VARIABLE_INFO
	stub	fw_runtime_enter, UEFI_RT_ENTER_RUNTIME

	.global	fw_runtime_unsupported
	.hidden	fw_runtime_unsupported
	.balign	8
fw_runtime_unsupported:
	hint	#34
	mov	x0, #3
	orr	x0, x0, #(1 << 63)	/* EFI_UNSUPPORTED */
	ret

/* Called where the map is not yet in force: physically. */
	.global	rt_set_virtual_address_map
	.hidden	rt_set_virtual_address_map
	.type	rt_set_virtual_address_map, %function
	.balign	8
rt_set_virtual_address_map:
	hint	#34
	hvc	#UEFI_RT_SET_VIRTUAL_ADDRESS_MAP
	cbnz	x0, 1f
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	ldr	x0, fw_runtime_context
	bl	fw_runtime_convert
	mov	x0, xzr
	ldp	x29, x30, [sp], #16
1:	ret
	.size	rt_set_virtual_address_map, . - rt_set_virtual_address_map

/* In the order of struct efi_runtime_services. Not part of the copy. */
	.section .data.rel.ro.fw_runtime_stub, "aw", %progbits
	.balign	8
	.global	fw_runtime_stub
	.hidden	fw_runtime_stub
fw_runtime_stub:
	.quad	rt_get_time
	.quad	rt_set_time
	.quad	rt_get_wakeup_time
	.quad	rt_set_wakeup_time
	.quad	rt_set_virtual_address_map
	.quad	fw_runtime_convert_pointer
	.quad	rt_get_variable
	.quad	rt_get_next_variable_name
	.quad	rt_set_variable
	.quad	rt_get_next_high_count
	.quad	rt_reset_system
	.quad	rt_update_capsule
	.quad	rt_query_capsule
	.quad	rt_query_variable_info
