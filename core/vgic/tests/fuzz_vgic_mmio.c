/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile guest as a byte string: records of 16 bytes are an operation, an offset and a value.
 * Nothing may go out of bounds, panic, or leave a list register that memory does not know of.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vgic_private.h"
#include "vif.h"

#define VCPUS 8U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vgic vgic;
static struct vgic_cpu vcpu[VCPUS];

static void kick(void *ctx, vcpu_id_t id)
{
	(void)ctx;
	(void)id;
}

static void deactivate(void *ctx, vcpu_id_t id, intid_t phys)
{
	(void)ctx;
	(void)id;
	(void)phys;
}

static const struct vgic_ops ops = {kick, deactivate, NULL};

struct record {
	uint8_t op; /* [2:0] what, [3] vCPU, [5:4] log2 of the size, [6] write */
	uint8_t pad[3];
	uint32_t offset;
	uint64_t value;
};

static void start(uint8_t first)
{
	struct vgic_config config = {(first & 1U) != 0U ? VGIC_VIEW_V2 : VGIC_VIEW_V3, VCPUS, 64,
		vif_reset(1U + ((first >> 1) & 3U)), &ops, NULL};

	if (vgic_init(&vgic, &config) != PLINTH_OK) {
		abort();
	}
	for (unsigned i = 0; i < VCPUS; i++) {
		if (vgic_cpu_init(&vgic, &vcpu[i], i) != PLINTH_OK ||
			vgic_link_ppi(&vcpu[i], 27, 27) != PLINTH_OK) {
			abort();
		}
		vcpu[i].vmcr = VIF_OPEN;
	}
	for (unsigned i = 0; i < 2U; i++) {
		vif_select(i);
		vgic_load(&vcpu[i]);
	}
}

static void access(const struct record *record, unsigned v, bool redistributor)
{
	uint8_t size = (uint8_t)(1U << ((record->op >> 4) & 3U));
	struct mmio_access a = {record->offset, record->value, v, size, (record->op & 0x40U) != 0U};

	a.offset %= redistributor ? VCPUS * VGIC_REDIST_SIZE : VGIC_DIST_SIZE;
	a.offset &= ~(uint64_t)(size - 1U);
	a.value &= MASK_BELOW(8U * size);
	if ((redistributor ? vgic_redist_mmio : vgic_dist_mmio)(&vgic, &a) != MMIO_DONE) {
		abort();
	}
}

static void run(const struct record *record)
{
	unsigned v = (record->op >> 3) & 1U;

	vif_select(v);
	switch (record->op & 7U) {
	case 0:
	case 1:
		access(record, v, (record->op & 1U) != 0U);
		break;
	case 2:
		vgic_sgi1r(&vcpu[v], record->value);
		break;
	case 3:
		vgic_dir(&vcpu[v], record->value);
		break;
	case 4:
		(void)vgic_set_spi(&vgic, record->offset % 100U, (record->op & 0x40U) != 0U);
		break;
	case 5:
		vgic_set_ppi(&vcpu[v], 16U + record->offset % 16U, (record->op & 0x40U) != 0U);
		break;
	case 6:
		vif_eoi((record->op & 0x40U) != 0U ? vif_ack() : record->offset);
		break;
	default:
		(void)vif_ack();
		vif_this()->vmcr = (uint32_t)record->value;
		break;
	}
	if (vif_maintenance()) {
		vgic_maintenance(&vcpu[v]);
	}
	if (vgic_is_due(&vcpu[v])) {
		vgic_flush(&vcpu[v]);
	}
}

static void check(const struct vgic_cpu *cpu)
{
	for (uint32_t used = cpu->lr_used; used != 0U; used &= used - 1U) {
		unsigned n = bit_lowest(used);
		struct vgic_irq irq =
			vgic_irq_of(&vgic, vgic.cpu[cpu->id], (intid_t)cpu->lr_value[n]);

		if (irq.intid >= vgic.bank_count * 32U || irq.bank->lr[irq.intid % 32U] != n ||
			(irq.bank->in_lr & irq_mask(&irq)) == 0U) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0U) {
		return 0;
	}
	start(data[0]);
	for (size_t at = 1; size - at >= sizeof(struct record); at += sizeof(struct record)) {
		struct record record;

		memcpy(&record, data + at, sizeof(record));
		run(&record);
		check(&vcpu[0]);
		check(&vcpu[1]);
	}
	return 0;
}
