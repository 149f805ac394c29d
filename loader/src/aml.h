/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACPI Machine Language (ACPI 6.5, chapter 20), as much of it as describes devices that do nothing
 * by themselves. The caller's buffer is large enough: bounds are checked as bugs of ours.
 */
#ifndef LOADER_AML_H
#define LOADER_AML_H

#include <stddef.h>
#include <stdint.h>

struct aml {
	uint8_t *bytes;
	size_t size;
	size_t used;
};

/* A Scope, Device or buffer that is open: where its length is to be written. */
struct aml_package {
	size_t length_at;
};

/* Scope(\_SB) */
struct aml_package aml_begin_system_bus(struct aml *aml);
/* Device(name), four characters. */
struct aml_package aml_begin_device(struct aml *aml, const char *name);
void aml_end(struct aml *aml, struct aml_package package);

/* Name(name, value) */
void aml_name_string(struct aml *aml, const char *name, const char *value);
void aml_name_integer(struct aml *aml, const char *name, uint32_t value);
/* Name(_CRS, ResourceTemplate() { Memory32Fixed, Interrupt }): registers, and an interrupt that is
 * level-triggered, active high and its own. */
void aml_name_resources(struct aml *aml, uint32_t base, uint32_t size, uint32_t intid);

#endif
