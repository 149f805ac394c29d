/* SPDX-License-Identifier: Apache-2.0 */
#include "vmdesc_rules.h"

#include "base/bits.h"
#include "base/string.h"

static enum plinth_status parse_compatible(
	struct vmdesc_parser *parser, const struct property *property)
{
	size_t offset = 0;
	const char *string;

	while (property_next_string(property, &offset, &string)) {
		if (strcmp(string, "plinth,vm") == 0) {
			return PLINTH_OK;
		}
	}
	return loader_fail(parser->error, "compatible: is not \"plinth,vm\"");
}

static enum plinth_status parse_vcpus(struct vmdesc_parser *parser, const struct property *property)
{
	bool is_gicv2 = parser->host->gic_version == 2;
	uint32_t max = is_gicv2 ? VMDESC_GICV2_VCPU_MAX : VM_VCPU_MAX;
	uint32_t count;
	enum plinth_status status = property_u32(property, &count, parser->error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (count == 0 || count > max) {
		return loader_fail(parser->error, "vcpus: %u is not in 1 to %u%s", count, max,
			is_gicv2 ? ", the range of this host's GICv2" : "");
	}
	parser->desc->vcpu_count = count;
	return PLINTH_OK;
}

static enum plinth_status parse_memory(
	struct vmdesc_parser *parser, const struct property *property)
{
	uint64_t end = min_u64(BIT(parser->host->ipa_bits), VMDESC_RAM_END_MAX);
	uint64_t size;
	enum plinth_status status = property_u64(property, &size, parser->error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (size == 0) {
		return loader_fail(parser->error, "memory: is zero");
	}
	if (!is_aligned(size, BLOCK_2M)) {
		return loader_fail(parser->error, "memory: 0x%llx is not a multiple of 2 MiB",
			(unsigned long long)size);
	}
	if (size > end - VM_RAM_BASE) {
		return loader_fail(parser->error,
			"memory: 0x%llx is more than 0x%llx, the most that a VM can have here",
			(unsigned long long)size, (unsigned long long)(end - VM_RAM_BASE));
	}
	parser->desc->memory = size;
	return PLINTH_OK;
}

static enum plinth_status parse_kernel(
	struct vmdesc_parser *parser, const struct property *property)
{
	return property_file_name(property, &parser->desc->kernel, parser->error);
}

/* A file, or Plinth's own. */
static enum plinth_status parse_firmware(
	struct vmdesc_parser *parser, const struct property *property)
{
	const char *name;
	enum plinth_status status = property_file_name(property, &name, parser->error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (strcmp(name, "uefi") == 0) {
		parser->desc->has_own_firmware = true;
		parser->desc->flags |= VM_FLAG_UEFI;
	} else {
		parser->desc->firmware = name;
	}
	return PLINTH_OK;
}

static enum plinth_status parse_initrd(
	struct vmdesc_parser *parser, const struct property *property)
{
	return property_file_name(property, &parser->desc->initrd, parser->error);
}

static enum plinth_status parse_bootargs(
	struct vmdesc_parser *parser, const struct property *property)
{
	return property_string(
		property, VMDESC_BOOTARGS_MAX, &parser->desc->bootargs, parser->error);
}

static enum plinth_status parse_affinity(
	struct vmdesc_parser *parser, const struct property *property)
{
	uint32_t cpu_count = parser->host->cpu_count;
	uint64_t affinity = 0;

	if (property->size == 0 || property->size % 4 != 0) {
		return loader_fail(parser->error, "affinity: is not a list of CPU numbers");
	}
	for (size_t i = 0; i < property->size / 4; i++) {
		uint32_t cpu = property_cell(property, i);

		if (cpu >= cpu_count || cpu >= CPU_MAX) {
			return loader_fail(parser->error,
				"affinity: CPU %u: this machine has CPUs 0 to %u", cpu,
				cpu_count - 1);
		}
		affinity |= BIT(cpu);
	}
	parser->desc->affinity = affinity;
	return PLINTH_OK;
}

static enum plinth_status parse_weight(
	struct vmdesc_parser *parser, const struct property *property)
{
	uint32_t weight;
	enum plinth_status status = property_u32(property, &weight, parser->error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (weight == 0 || weight > VM_WEIGHT_MAX) {
		return loader_fail(
			parser->error, "weight: %u is not in 1 to %u", weight, VM_WEIGHT_MAX);
	}
	parser->desc->weight = weight;
	return PLINTH_OK;
}

/* One cell, or 64 bits as `memory`. */
static enum plinth_status parse_overhead(
	struct vmdesc_parser *parser, const struct property *property)
{
	uint64_t size;
	enum plinth_status status = property_size(property, &size, parser->error);

	if (status != PLINTH_OK) {
		return status;
	}
	if (!is_aligned(size, PAGE_SIZE) || size > VMDESC_OVERHEAD_MAX) {
		return loader_fail(parser->error,
			"overhead: 0x%llx is not a multiple of 4 KiB up to 1 GiB",
			(unsigned long long)size);
	}
	parser->desc->overhead = size;
	return PLINTH_OK;
}

static uint32_t right_named(const char *name)
{
	static const struct {
		const char *name;
		uint32_t right;
	} rights[] = {
		{"observe", VM_RIGHT_OBSERVE},
		{"power", VM_RIGHT_POWER},
		{"config", VM_RIGHT_CONFIG},
		{"memory", VM_RIGHT_MEMORY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
		if (strcmp(name, rights[i].name) == 0) {
			return rights[i].right;
		}
	}
	return 0;
}

static enum plinth_status parse_control(
	struct vmdesc_parser *parser, const struct property *property)
{
	uint32_t rights = property->size == 0 ? VM_RIGHT_ALL : 0;
	size_t offset = 0;
	const char *name;

	while (offset < property->size) {
		if (!property_next_string(property, &offset, &name)) {
			return loader_fail(parser->error, "control: is not a list of strings");
		}
		if (right_named(name) == 0) {
			return loader_fail(
				parser->error, "control: no right is called \"%s\"", name);
		}
		rights |= right_named(name);
	}
	parser->desc->rights = rights;
	parser->desc->flags |= VM_FLAG_CONTROL;
	return PLINTH_OK;
}

static enum plinth_status parse_flag(
	struct vmdesc_parser *parser, const struct property *property, uint32_t flag)
{
	parser->desc->flags |= flag;
	return property_flag(property, parser->error);
}

static enum plinth_status parse_vmware(
	struct vmdesc_parser *parser, const struct property *property)
{
	return parse_flag(parser, property, VM_FLAG_VMWARE);
}

static enum plinth_status parse_backdoor_brk(
	struct vmdesc_parser *parser, const struct property *property)
{
	return parse_flag(parser, property, VM_FLAG_BACKDOOR_BRK);
}

static enum plinth_status parse_anonymous(
	struct vmdesc_parser *parser, const struct property *property)
{
	return parse_flag(parser, property, VM_FLAG_ANONYMOUS);
}

static enum plinth_status parse_memory_direct(
	struct vmdesc_parser *parser, const struct property *property)
{
	return parse_flag(parser, property, VM_FLAG_MEMORY_DIRECT);
}

/* Paths; what they lead to is checked when the VM's memory has its place. */
static enum plinth_status parse_assign(
	struct vmdesc_parser *parser, const struct property *property)
{
	parser->desc->assign = *property;
	return PLINTH_OK;
}

static enum plinth_status parse_overcommit(
	struct vmdesc_parser *parser, const struct property *property)
{
	return parse_flag(parser, property, VM_FLAG_OVERCOMMIT);
}

/* A string that is one of `count` words: its index. */
static enum plinth_status parse_choice(struct vmdesc_parser *parser,
	const struct property *property, const char *const words[], uint32_t count, uint32_t *index)
{
	const char *value;
	enum plinth_status status =
		property_string(property, PROPERTY_FILE_NAME_MAX, &value, parser->error);

	if (status != PLINTH_OK) {
		return status;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(value, words[i]) == 0) {
			*index = i;
			return PLINTH_OK;
		}
	}
	return loader_fail(parser->error, "%s: unknown value \"%s\"", property->name, value);
}

static enum plinth_status parse_secondary_boot(
	struct vmdesc_parser *parser, const struct property *property)
{
	static const char *const words[] = {
		[VMDESC_PSCI] = "psci",
		[VMDESC_SPIN_TABLE] = "spin-table",
		[VMDESC_PARKING] = "parking",
	};
	uint32_t index = 0;
	enum plinth_status status =
		parse_choice(parser, property, words, ARRAY_SIZE(words), &index);

	parser->desc->secondary_boot = (enum vmdesc_secondary_boot)index;
	return status;
}

static enum plinth_status parse_tables(
	struct vmdesc_parser *parser, const struct property *property)
{
	static const char *const words[] = {[VMDESC_FDT] = "fdt", [VMDESC_ACPI] = "acpi"};
	uint32_t index = 0;
	enum plinth_status status =
		parse_choice(parser, property, words, ARRAY_SIZE(words), &index);

	parser->desc->tables = (enum vmdesc_tables)index;
	return status;
}

/* Where there are variables there are UEFI's runtime services: for a kernel too that brings its own
 * firmware. */
static enum plinth_status parse_nvram(struct vmdesc_parser *parser, const struct property *property)
{
	static const char *const words[] = {"kept", "volatile"};
	uint32_t is_volatile = 0;
	enum plinth_status status =
		parse_choice(parser, property, words, ARRAY_SIZE(words), &is_volatile);

	parser->desc->flags &= ~VM_FLAG_NVRAM_VOLATILE;
	parser->desc->flags |= VM_FLAG_UEFI | (is_volatile != 0 ? VM_FLAG_NVRAM_VOLATILE : 0);
	return status;
}

static enum plinth_status parse_coherency(
	struct vmdesc_parser *parser, const struct property *property)
{
	static const char *const words[] = {"lazy", "eager"};
	uint32_t is_eager = 0;
	enum plinth_status status =
		parse_choice(parser, property, words, ARRAY_SIZE(words), &is_eager);

	parser->desc->flags &= ~VM_FLAG_COHERENCY_EAGER;
	parser->desc->flags |= is_eager != 0 ? VM_FLAG_COHERENCY_EAGER : 0;
	return status;
}

static enum plinth_status refuse(struct vmdesc_parser *parser, const struct property *property)
{
	return loader_fail(parser->error, "%s: is not supported yet", property->name);
}

static const struct vmdesc_rule rules[] = {
	{"affinity", parse_affinity, 0},
	{"anonymous", parse_anonymous, 0},
	{"assign", parse_assign, 0},
	{"backdoor-brk", parse_backdoor_brk, 0},
	{"bootargs", parse_bootargs, 0},
	{"coherency", parse_coherency, 0},
	{"compatible", parse_compatible, VMDESC_SEEN_COMPATIBLE},
	{"consoles", refuse, 0},
	{"control", parse_control, 0},
	{"firmware", parse_firmware, 0},
	{"initrd", parse_initrd, 0},
	{"iommu", refuse, 0},
	{"kernel", parse_kernel, VMDESC_SEEN_KERNEL},
	{"memory", parse_memory, VMDESC_SEEN_MEMORY},
	{"memory-direct", parse_memory_direct, 0},
	{"nvram", parse_nvram, 0},
	{"overcommit", parse_overcommit, 0},
	{"overhead", parse_overhead, 0},
	{"secondary-boot", parse_secondary_boot, 0},
	{"stream-ids", refuse, 0},
	{"tables", parse_tables, 0},
	{"vcpus", parse_vcpus, VMDESC_SEEN_VCPUS},
	{"vmware", parse_vmware, 0},
	{"weight", parse_weight, 0},
};

const struct vmdesc_rule *vmdesc_rule_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(name, rules[i].name) == 0) {
			return &rules[i];
		}
	}
	return NULL;
}

enum plinth_status vmdesc_check_complete(const struct vmdesc_parser *parser)
{
	uint32_t seen = parser->seen;

	if (vmdesc_has_firmware(parser->desc)) {
		seen |= VMDESC_SEEN_KERNEL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if ((rules[i].seen & ~seen) != 0) {
			return loader_fail(parser->error, "%s: is missing", rules[i].name);
		}
	}
	return PLINTH_OK;
}

static enum plinth_status check_backdoor(const struct vmdesc_parser *parser)
{
	const struct vmdesc *desc = parser->desc;

	if ((desc->flags & VM_FLAG_VMWARE) == 0 && (desc->flags & VM_FLAG_BACKDOOR_BRK) != 0) {
		return loader_fail(parser->error, "backdoor-brk: needs vmware");
	}
	if ((desc->flags & VM_FLAG_VMWARE) == 0 && desc->guestinfo_count != 0) {
		return loader_fail(parser->error, "guestinfo: needs vmware");
	}
	return PLINTH_OK;
}

/* Devices find all of the VM's memory at the addresses that its guest gives them, or none. */
static enum plinth_status check_direct(const struct vmdesc_parser *parser)
{
	const struct vmdesc *desc = parser->desc;
	const char *why = NULL;

	if ((desc->flags & VM_FLAG_MEMORY_DIRECT) == 0) {
		why = "assign: needs memory-direct: no SMMU translates what devices access";
	} else if (desc->assign.name == NULL) {
		why = "memory-direct: is for VMs with assign";
	} else if ((desc->flags & VM_FLAG_OVERCOMMIT) != 0 || desc->disk_count != 0 ||
		   vmdesc_has_firmware(desc) || desc->tables != VMDESC_FDT) {
		why = "memory-direct: not with overcommit, disks in memory, a firmware or ACPI";
	}
	return why == NULL ? PLINTH_OK : loader_fail(parser->error, "%s", why);
}

enum plinth_status vmdesc_check_together(const struct vmdesc_parser *parser)
{
	const struct vmdesc *desc = parser->desc;

	if (desc->firmware != NULL && desc->secondary_boot != VMDESC_PSCI) {
		return loader_fail(parser->error,
			"secondary-boot: with a firmware of the VM, \"psci\" is all that there is");
	}
	if (desc->has_own_firmware && desc->secondary_boot == VMDESC_SPIN_TABLE) {
		return loader_fail(parser->error,
			"secondary-boot: with firmware = \"uefi\", \"psci\" or \"parking\"");
	}
	if (desc->secondary_boot == VMDESC_SPIN_TABLE && desc->tables != VMDESC_FDT) {
		return loader_fail(
			parser->error, "secondary-boot: \"spin-table\" needs tables = \"fdt\"");
	}
	if (desc->secondary_boot == VMDESC_PARKING && desc->tables != VMDESC_ACPI) {
		return loader_fail(
			parser->error, "secondary-boot: \"parking\" needs tables = \"acpi\"");
	}
	if ((desc->flags & VM_FLAG_MEMORY_DIRECT) != 0 || desc->assign.name != NULL) {
		enum plinth_status status = check_direct(parser);

		if (status != PLINTH_OK) {
			return status;
		}
	}
	return check_backdoor(parser);
}
