/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/checked.h"
#include "base/compiler.h"
#include "base/string.h"
#include "gmem_private.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

/* Tables beyond one for each 2 MiB and each gigabyte of memory: devices', and spares. */
#define EXTRA_TABLES 8U

static uint64_t pages_of(unsigned order)
{
	return BIT(order);
}

enum plinth_status gmem_alloc(struct gmem *gmem, unsigned order, uint32_t flags, pa_t *pa)
{
	bool promised = gmem->promise >= pages_of(order);
	enum plinth_status status = pmem_alloc(order, flags | (promised ? PMEM_RESERVED : 0U), pa);

	if (status == PLINTH_OK && promised) {
		gmem->promise -= pages_of(order);
	}
	return status;
}

void gmem_free(struct gmem *gmem, pa_t pa, unsigned order)
{
	if (gmem->overcommit) {
		pmem_free(pa, order);
	} else {
		pmem_free_reserved(pa, order);
		gmem->promise += pages_of(order);
	}
}

static enum plinth_status alloc_table(void *ctx, unsigned order, pa_t *table)
{
	return gmem_alloc(ctx, order, PMEM_CLEAN | PMEM_USER_TABLE, table);
}

static void free_table(void *ctx, pa_t table, unsigned order)
{
	gmem_free(ctx, table, order);
}

static const struct s2_ops table_ops = {
	.alloc = alloc_table,
	.free = free_table,
};

/* Pages of an image in a read-only area that cannot be shown where they are. */
static uint64_t pages_of_copies(const struct vm_image *image)
{
	uint64_t start = align_down(image->ipa, PAGE_SIZE);
	uint64_t pages = (align_up(image->ipa + image->size, PAGE_SIZE) - start) / PAGE_SIZE;

	return is_aligned(image->ipa | image->source, PAGE_SIZE) ? pages - image->size / PAGE_SIZE
								 : pages;
}

static enum plinth_status take_images(struct gmem *gmem, const struct vm_config *config)
{
	uint64_t secrets = 0;

	if (config->image_count > VM_IMAGE_MAX) {
		return PLINTH_EINVAL;
	}
	for (uint32_t i = 0; i < config->image_count; i++) {
		const struct vm_image *image = &config->images[i];
		const struct gmem_area *area =
			gmem_area_of(gmem, ipa_init(image->ipa), image->size);

		if (area == NULL) {
			return PLINTH_EINVAL;
		}
		if (image->kind != VM_IMAGE_COPY) {
			secrets += min_u64(image->size, GMEM_SECRET_SIZE + 1U);
		}
		gmem->copy_pages += area->read_only ? pages_of_copies(image) : 0U;
		gmem->image[i] = *image;
	}
	gmem->image_count = config->image_count;
	return secrets <= GMEM_SECRET_SIZE ? PLINTH_OK : PLINTH_EINVAL;
}

static enum plinth_status take_areas(struct gmem *gmem, const struct vm_config *config)
{
	if (config->range_count > VM_RANGE_MAX) {
		return PLINTH_EINVAL;
	}
	gmem->area[0] = (struct gmem_area){config->ram_base, config->ram_size, false};
	for (uint32_t i = 0; i < config->range_count; i++) {
		const struct vm_range *range = &config->ranges[i];

		gmem->area[1U + i] = (struct gmem_area){
			range->ipa, range->size, (range->flags & VM_RANGE_READ_ONLY) != 0U};
	}
	gmem->area_count = 1U + config->range_count;
	for (uint32_t i = 0; i < gmem->area_count; i++) {
		const struct gmem_area *area = &gmem->area[i];

		if (area->size == 0U || !is_aligned(area->ipa, BLOCK_2M) ||
			!is_aligned(area->size, i == 0U ? BLOCK_2M : PAGE_SIZE) ||
			!range_contains(0, BIT(s2_features()->ipa_bits), area->ipa, area->size)) {
			return PLINTH_EINVAL;
		}
	}
	return PLINTH_OK;
}

static bool has_read_only(const struct gmem *gmem)
{
	bool found = false;

	for (uint32_t i = 0; i < gmem->area_count; i++) {
		found |= gmem->area[i].read_only;
	}
	return found;
}

/* Tables for the pages of the VM's devices, wherever they lie. */
static uint64_t tables_of_devices(const struct vm_config *config)
{
	uint64_t tables = 0;

	for (uint32_t i = 0; i < config->device_count && i < VM_DEVICE_MAX; i++) {
		tables += 3U + config->devices[i].size / BLOCK_2M;
	}
	return tables;
}

static uint64_t pages_guaranteed(const struct gmem *gmem, const struct vm_config *config)
{
	uint64_t pages = EXTRA_TABLES + (has_read_only(gmem) ? 1U : 0U) + gmem->copy_pages +
			 tables_of_devices(config);

	for (uint32_t i = 0; i < gmem->area_count; i++) {
		const struct gmem_area *area = &gmem->area[i];

		pages += area->read_only || gmem->direct ? 0U : area->size / PAGE_SIZE;
		pages += align_up(area->size, BLOCK_2M) / BLOCK_2M;
		/* A range may begin anywhere in its first gigabyte. */
		pages += align_up(area->ipa % BLOCK_1G + area->size, BLOCK_1G) / BLOCK_1G;
	}
	return pages;
}

/* All that the VM may ever take, promised; with `overcommit` it is to be as much as there is. */
static enum plinth_status take_promise(struct gmem *gmem, const struct vm_config *config)
{
	uint64_t pages = pages_guaranteed(gmem, config);

	if (gmem->overcommit) {
		struct pmem_stats s;

		pmem_get_stats(&s);
		return pages <= s.total ? PLINTH_OK : PLINTH_ENOMEM;
	}
	enum plinth_status status = pmem_reserve(pages);

	gmem->promise = status == PLINTH_OK ? pages : 0U;
	return status;
}

/* The page that all zeroes of read-only areas are. */
static enum plinth_status take_zeroes(struct gmem *gmem)
{
	enum plinth_status status = PLINTH_OK;

	if (has_read_only(gmem)) {
		status = gmem_alloc(gmem, 0, PMEM_CLEAN | PMEM_USER_GUEST, &gmem->zeroes);
		gmem->used += status == PLINTH_OK ? 1U : 0U;
	}
	return status;
}

/* What the VM holds beside its leaves and tables. */
static void give_back(struct gmem *gmem)
{
	if (gmem->zeroes.v != 0U) {
		gmem->used--;
		/* No leaf owns it, so gmem_drop_leaf() knows nothing of the guest's fetches. */
		coh_do(COH_EXEC_LOST_BY_ALL, 0, 0, &gmem->counters.coh);
		gmem_free(gmem, gmem->zeroes, 0);
		gmem->zeroes = pa_init(0);
	}
	pmem_unreserve(gmem->promise);
	gmem->promise = 0;
}

enum plinth_status gmem_init(struct gmem *gmem, const struct vm_config *config)
{
	enum plinth_status status;

	memset(gmem, 0, sizeof(*gmem));
	lock_init(&gmem->lock, LOCK_RANK_S2);
	gmem->eager = (config->flags & VM_FLAG_COHERENCY_EAGER) != 0U;
	gmem->to_poc = config->vcpu_count > 1U && !coh_strategy()->fwb;
	gmem->overcommit = (config->flags & VM_FLAG_OVERCOMMIT) != 0U;
	gmem->direct = (config->flags & VM_FLAG_MEMORY_DIRECT) != 0U;
	status = take_areas(gmem, config);
	if (status == PLINTH_OK) {
		status = take_images(gmem, config);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	status = take_promise(gmem, config);
	if (status != PLINTH_OK) {
		return status;
	}
	status = take_zeroes(gmem);
	if (status == PLINTH_OK) {
		status = s2_space_init(&gmem->space, &table_ops, gmem);
	}
	if (status != PLINTH_OK) {
		give_back(gmem);
	}
	return status;
}

static void fetch_secrets(struct gmem *gmem, gmem_secret_fn *fill, void *ctx)
{
	size_t offset = 0;

	for (uint32_t i = 0; i < gmem->image_count; i++) {
		const struct vm_image *image = &gmem->image[i];

		if (image->kind != VM_IMAGE_COPY) {
			fill(ctx, image->kind, &gmem->secret[offset], image->size);
			offset += image->size;
		}
	}
}

enum plinth_status gmem_start(struct gmem *gmem, gmem_secret_fn *fill, void *ctx)
{
	enum plinth_status status;

	lock_take(&gmem->lock);
	status = gmem_regain(gmem);
	if (status == PLINTH_OK) {
		fetch_secrets(gmem, fill, ctx);
		gmem_set_mmu_off(gmem, !coh_strategy()->fwb);
		/* No RAM is shown yet; of ranges, what the run before saw. */
		gmem->hide_all = gmem->area_count > 1U;
		gmem_hide_from(gmem, 1);
		gmem->off_run_count = 0;
	}
	lock_drop(&gmem->lock);
	return status;
}

/* Who gets the memory next must not execute what instruction caches kept of it. */
void gmem_drop_leaf(void *ctx, const struct s2_leaf *leaf)
{
	struct gmem_clearing *clearing = ctx;
	struct gmem *gmem = clearing->gmem;
	unsigned order = s2_level_order(leaf->level);

	if (!s2_state_is_owner(leaf->state) || (leaf->attrs & S2_ATTR_DEVICE) != 0U) {
		return;
	}
	if ((leaf->attrs & S2_ATTR_EXEC) != 0U && !clearing->forgotten) {
		coh_do(COH_EXEC_LOST_BY_ALL, 0, 0, &gmem->counters.coh);
		clearing->forgotten = true;
	}
	gmem->used -= pages_of(order);
	if (!gmem->direct) { /* else it stays the VM's, also when that is gone */
		gmem_free(gmem, leaf->pa, order);
	}
}

static enum plinth_status clear_step_locked(struct gmem *gmem, ipa_t *cursor, uint64_t end)
{
	struct gmem_clearing clearing = {.gmem = gmem};
	enum plinth_status status =
		s2_clear_step(&gmem->space, cursor, ipa_init(end), gmem_drop_leaf, &clearing);

	if (status == PLINTH_OK) {
		memset(gmem->secret, 0, sizeof(gmem->secret));
	}
	return status;
}

enum plinth_status gmem_reset_step(struct gmem *gmem)
{
	const struct gmem_area *ram = gmem_ram(gmem);
	ipa_t cursor = ipa_init(ram->ipa); /* of a crashed VM Plinth may write anywhere meanwhile */
	enum plinth_status status;

	lock_take(&gmem->lock);
	/* By gigabytes, in which nothing else lies: all the rest stays. */
	status = clear_step_locked(gmem, &cursor, ram->ipa + ram->size);
	if (status == PLINTH_OK) {
		store_relaxed(&gmem->patch_count, 0U);
		/* ENOMEM: others have it now, gmem_start() tries again. */
		(void)gmem_regain(gmem);
	}
	lock_drop(&gmem->lock);
	return status;
}

enum plinth_status gmem_fini_step(struct gmem *gmem)
{
	ipa_t cursor = ipa_init(gmem->fini_next);
	enum plinth_status status;

	if (gmem->space.ops == NULL) {
		return PLINTH_OK; /* never initialised, or finished */
	}
	lock_take(&gmem->lock);
	status = clear_step_locked(gmem, &cursor, UINT64_MAX);
	gmem->fini_next = cursor.v;
	if (status == PLINTH_OK) {
		s2_space_fini(&gmem->space);
		give_back(gmem);
		gmem->relinquished = 0;
	}
	lock_drop(&gmem->lock);
	return status;
}
