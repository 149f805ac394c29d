/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/checked.h"

/* Like assert(), in all builds. */
#define REQUIRE(cond)                                                                              \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "harness: %s\n", #cond);                                   \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static enum plinth_status harness_alloc(
	void *ctx, uint64_t size, uint64_t align, pa_t *pa, void **va)
{
	struct harness *h = ctx;
	void *block;

	REQUIRE(size != 0 && is_aligned(size, PAGE_SIZE));
	REQUIRE(align == PAGE_SIZE || align == BLOCK_2M || align == BLOCK_1G);
	h->alloc_calls++;
	if (h->alloc_calls == h->failing_call || h->block_count == HARNESS_BLOCKS ||
		align == BLOCK_1G) { /* as on a machine whose memory is cut up */
		return PLINTH_ENOMEM;
	}
	block = aligned_alloc(align, align_up(size, align));
	if (block == NULL) {
		return PLINTH_ENOMEM;
	}
	/* The loader may not count on zeroes. */
	memset(block, 0xa5, size);
	h->blocks[h->block_count++] = (struct harness_block){block, size};
	*va = block;
	*pa = pa_init((uintptr_t)block);
	return PLINTH_OK;
}

static void harness_free(void *ctx, uint64_t size, pa_t pa, void *va)
{
	struct harness *h = ctx;

	REQUIRE(h->block_count != 0);

	const struct harness_block *last = &h->blocks[--h->block_count];

	REQUIRE(last->va == va && last->size == size && pa.v == (uintptr_t)va);
	free(va);
}

static pa_t harness_pa_of(void *ctx, const void *ptr)
{
	(void)ctx;
	return pa_init((uintptr_t)ptr);
}

static void harness_report(void *ctx, const char *text)
{
	struct harness *h = ctx;
	size_t length = strlen(text);

	REQUIRE(length < HARNESS_LINE_SIZE);
	for (size_t i = 0; i < length; i++) {
		REQUIRE(text[i] >= ' ' && text[i] <= '~');
	}
	if (h->line_count < HARNESS_LINES) {
		memcpy(h->lines[h->line_count], text, length + 1);
	}
	h->line_count++;
}

void harness_init(struct harness *h)
{
	static const struct loader_ops ops = {
		harness_alloc, harness_free, harness_pa_of, NULL, harness_report};

	*h = (struct harness){
		.loader =
			{
				.ops = &ops,
				.ctx = h,
				.host =
					{
						.gic_version = 3,
						.cpu_count = 4,
						.ipa_bits = 40,
						.has_entropy = true,
						.free_memory = GIB(4),
					},
				.scratch = aligned_alloc(LOADER_SCRATCH_ALIGN, LOADER_SCRATCH_SIZE),
			},
	};
	REQUIRE(h->loader.scratch != NULL);
	memset(h->loader.scratch, 0xa5, LOADER_SCRATCH_SIZE); /* nor here */
}

void harness_fini(struct harness *h)
{
	while (h->block_count != 0) {
		free(h->blocks[--h->block_count].va);
	}
	free(h->loader.scratch);
	h->loader.scratch = NULL;
}

/* Does the source lie in the bundle or in one block? */
static bool is_source(const struct harness *h, const struct vm_image *image, const void *bundle,
	size_t bundle_size)
{
	if (range_contains((uintptr_t)bundle, bundle_size, image->source, image->size)) {
		return true;
	}
	for (size_t i = 0; i < h->block_count; i++) {
		if (range_contains((uintptr_t)h->blocks[i].va, h->blocks[i].size, image->source,
			    image->size)) {
			return true;
		}
	}
	return false;
}

static volatile uint8_t touched; /* by ASan's leave */

static bool is_in_memory(const struct vm_config *c, uint64_t ipa, uint64_t size)
{
	bool found = range_contains(c->ram_base, c->ram_size, ipa, size);

	for (uint32_t i = 0; i < c->range_count; i++) {
		found |= range_contains(c->ranges[i].ipa, c->ranges[i].size, ipa, size);
	}
	return found;
}

static void check_ranges(const struct harness *h, const struct vm_config *c)
{
	uint64_t ram_end = align_up(c->ram_base + c->ram_size, BLOCK_1G);

	REQUIRE(c->range_count <= VM_RANGE_MAX);
	for (uint32_t i = 0; i < c->range_count; i++) {
		const struct vm_range *r = &c->ranges[i];

		REQUIRE(r->size != 0 && is_aligned(r->ipa, BLOCK_2M) &&
			is_aligned(r->size, PAGE_SIZE));
		REQUIRE((r->flags & ~VM_RANGE_READ_ONLY) == 0);
		REQUIRE(range_contains(0, BIT(h->loader.host.ipa_bits), r->ipa, r->size));
		REQUIRE(!ranges_overlap(
			VM_DEVICES_BASE, ram_end - VM_DEVICES_BASE, r->ipa, r->size));
		for (uint32_t j = 0; j < i; j++) {
			REQUIRE(!ranges_overlap(
				c->ranges[j].ipa, c->ranges[j].size, r->ipa, r->size));
		}
	}
}

static void check_config(
	const struct harness *h, const struct vm_config *c, const void *bundle, size_t size)
{
	REQUIRE(c->magic == VM_CONFIG_MAGIC && c->version == VM_CONFIG_VERSION);
	REQUIRE(c->size == sizeof(*c) && c->image_count >= 2 && c->image_count <= VM_IMAGE_MAX);
	REQUIRE(strnlen(c->name, VM_NAME_SIZE) < VM_NAME_SIZE);
	REQUIRE(c->vcpu_count >= 1 && c->vcpu_count <= VM_VCPU_MAX);
	REQUIRE(c->ram_size != 0 && is_aligned(c->ram_size, BLOCK_2M));
	REQUIRE(is_in_memory(c, c->entry, 4) && is_aligned(c->entry, 4));
	REQUIRE(range_contains(c->ram_base, c->ram_size, c->arg, 8) && is_aligned(c->arg, 8));
	check_ranges(h, c);
	for (uint32_t i = 0; i < c->image_count; i++) {
		const struct vm_image *image = &c->images[i];

		REQUIRE(image->size != 0);
		REQUIRE(is_in_memory(c, image->ipa, image->size));
		if (image->kind == VM_IMAGE_COPY) {
			REQUIRE(is_source(h, image, bundle, size));
			touched = *(const uint8_t *)(uintptr_t)image->source;
		}
		for (uint32_t j = 0; j < i && image->kind == VM_IMAGE_COPY; j++) {
			REQUIRE(!ranges_overlap(
				c->images[j].ipa, c->images[j].size, image->ipa, image->size));
		}
	}
}

/* Keys and values of guestinfo are read to their end. */
static void check_guestinfo(
	const struct harness *h, const struct vm_config *c, const void *bundle, size_t size)
{
	const struct vm_guestinfo *table = (const void *)(uintptr_t)c->guestinfo;

	REQUIRE(c->guestinfo_count <= VM_GUESTINFO_MAX);
	for (uint32_t i = 0; i < c->guestinfo_count; i++) {
		const struct vm_image key = {
			.source = table[i].key, .size = (uint64_t)table[i].key_size + 1};
		const struct vm_image value = {
			.source = table[i].value, .size = (uint64_t)table[i].value_size + 1};

		REQUIRE(is_source(h, &key, bundle, size) && is_source(h, &value, bundle, size));
		REQUIRE(strlen((const char *)(uintptr_t)key.source) == table[i].key_size);
		REQUIRE(strlen((const char *)(uintptr_t)value.source) == table[i].value_size);
	}
}

enum plinth_status harness_load(struct harness *h, const void *bundle, size_t size)
{
	enum plinth_status status = loader_load(
		&h->loader, bundle, size, h->configs, HARNESS_CONFIG_MAX, &h->config_count);

	REQUIRE(h->config_count <= HARNESS_CONFIG_MAX);
	REQUIRE((status == PLINTH_OK) == (h->config_count != 0));
	REQUIRE(status == PLINTH_OK || h->line_count != 0);
	REQUIRE(status == PLINTH_OK || h->block_count == 0);
	for (size_t i = 0; i < h->config_count; i++) {
		check_config(h, &h->configs[i], bundle, size);
		check_guestinfo(h, &h->configs[i], bundle, size);
	}
	return status;
}
