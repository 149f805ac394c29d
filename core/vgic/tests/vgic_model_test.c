/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random operations on three vCPUs over two CPUs, against a GIC that knows nothing of list
 * registers: after each step every CPU must signal what that one would, nothing lost, nothing
 * twice, whatever the number of list registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "vif.h"

#define VCPUS  3U
#define CPUS   2U
#define SPIS   32U
#define IRQS   (VGIC_PRIVATE_COUNT + SPIS)
#define STACK  34U
#define NOBODY VCPUS

/* One interrupt of the reference; SGIs and PPIs once for each vCPU. */
struct ref_irq {
	bool enable, group1, edge, line, latch;
	unsigned priority;
	unsigned active_on; /* vCPU, or NOBODY */
	unsigned route;
};

struct ref_cpu {
	struct ref_irq private[VGIC_PRIVATE_COUNT];
	uint32_t stack[STACK]; /* acknowledged and not yet ended */
	unsigned running[STACK];
	unsigned depth;
	unsigned cpu;	  /* loaded on, or CPUS */
	uint32_t enables; /* VMCR.VENG1, VENG0 */
};

static struct vgic vgic;
static struct vgic_cpu vcpu[VCPUS];
static struct ref_cpu ref[VCPUS];
static struct ref_irq spi[SPIS];
static bool kicked[VCPUS];
static uint32_t ctlr;
static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % below;
}

static void kick(void *ctx, vcpu_id_t id)
{
	(void)ctx;
	kicked[id] = true;
}

static void deactivate(void *ctx, vcpu_id_t id, intid_t phys)
{
	(void)ctx;
	(void)id;
	(void)phys;
	fail();
}

static const struct vgic_ops ops = {kick, deactivate, NULL};

static struct ref_irq *irq_of(unsigned v, uint32_t intid)
{
	return intid < VGIC_PRIVATE_COUNT ? &ref[v].private[intid] : &spi[intid - VGIC_SPI_FIRST];
}

static bool is_pending(const struct ref_irq *irq)
{
	return irq->latch || (irq->line && !irq->edge);
}

/* Would the reference signal it to vCPU v? */
static bool is_signalled(unsigned v, uint32_t intid)
{
	const struct ref_irq *irq = irq_of(v, intid);
	uint32_t group = irq->group1 ? 2U : 1U;
	unsigned top = ref[v].depth != 0U ? ref[v].running[ref[v].depth - 1U] : 0xf8U;

	return irq->enable && is_pending(irq) && irq->active_on == NOBODY && (ctlr & group) != 0U &&
	       (ref[v].enables & group) != 0U && irq->priority < top &&
	       (intid < VGIC_PRIVATE_COUNT || irq->route == v);
}

static unsigned best_priority(unsigned v)
{
	unsigned best = 256;

	for (uint32_t i = 0; i < IRQS; i++) {
		if (is_signalled(v, i) && irq_of(v, i)->priority < best) {
			best = irq_of(v, i)->priority;
		}
	}
	return best;
}

static void settle(void)
{
	for (unsigned v = 0; v < VCPUS; v++) {
		if (ref[v].cpu == CPUS) {
			continue;
		}
		vif_select(ref[v].cpu);
		for (unsigned n = 0; vgic_is_due(&vcpu[v]) || vif_maintenance(); n++) {
			assert_true(n < 4U); /* it comes to rest */
			if (vif_maintenance()) {
				vgic_maintenance(&vcpu[v]);
			} else {
				vgic_flush(&vcpu[v]);
			}
		}
	}
}

static uint64_t mmio(unsigned v, bool redist, uint64_t offset, uint8_t size, bool write, uint64_t x)
{
	struct mmio_access access = {
		.offset = offset, .value = x, .vcpu = v, .size = size, .write = write};

	assert_int_equal((redist ? vgic_redist_mmio : vgic_dist_mmio)(&vgic, &access), MMIO_DONE);
	return access.value;
}

/* Offset of a register with `bits` bits for each interrupt, in the frame of vCPU v. */
static uint64_t reg(unsigned v, uint32_t intid, uint64_t base, unsigned bits)
{
	uint64_t offset = base + (bits < 8U ? intid / 32U * 4U * bits : intid * (bits / 8U));

	return intid < VGIC_PRIVATE_COUNT ? v * VGIC_REDIST_SIZE + 0x10000U + offset : offset;
}

static void write_bit(unsigned v, uint32_t intid, uint64_t base)
{
	(void)mmio(
		v, intid < VGIC_PRIVATE_COUNT, reg(v, intid, base, 1), 4, true, BIT(intid % 32U));
}

static bool read_bit(unsigned v, uint32_t intid, uint64_t base)
{
	uint64_t word = mmio(v, intid < VGIC_PRIVATE_COUNT, reg(v, intid, base, 1), 4, false, 0);

	return (word & BIT(intid % 32U)) != 0U;
}

static void check(void)
{
	settle();
	for (unsigned v = 0; v < VCPUS; v++) {
		unsigned best = best_priority(v);

		vif_select(ref[v].cpu == CPUS ? 0U : ref[v].cpu);
		if (ref[v].cpu == CPUS) {
			assert_true(best == 256U || kicked[v]);
			kicked[v] = kicked[v] && best != 256U;
			continue;
		}
		assert_int_equal(vgic_has_deliverable(&vcpu[v]), best != 256U);
		if (best == 256U) {
			assert_int_equal(vif_peek(), VIF_SPURIOUS);
		} else {
			assert_int_not_equal(vif_peek(), VIF_SPURIOUS);
			assert_true(is_signalled(v, vif_peek()));
			assert_int_equal(irq_of(v, vif_peek())->priority, best);
		}
	}
}

/* Some registers, as the guest sees them. */
static void check_state(unsigned v, uint32_t intid)
{
	const struct ref_irq *irq = irq_of(v, intid);
	unsigned cpu = ref[v].cpu == CPUS ? 0U : ref[v].cpu;

	vif_select(cpu);
	(void)read_bit(v, intid, 0x200); /* asks those who hold it */
	settle();
	vif_select(cpu);
	assert_int_equal(read_bit(v, intid, 0x200), is_pending(irq));
	settle();
	vif_select(cpu);
	assert_int_equal(read_bit(v, intid, 0x300), irq->active_on != NOBODY);
	assert_int_equal(read_bit(v, intid, 0x180), irq->enable);
}

static void op_line(unsigned v, uint32_t intid)
{
	struct ref_irq *irq = irq_of(v, intid);
	bool high = rnd(2) != 0U;

	if (intid < VGIC_SGI_COUNT) {
		return;
	}
	if (intid < VGIC_PRIVATE_COUNT) {
		vgic_set_ppi(&vcpu[v], intid, high);
	} else {
		assert_int_equal(vgic_set_spi(&vgic, intid, high), PLINTH_OK);
	}
	irq->latch = irq->latch || (irq->edge && high && !irq->line);
	irq->line = high;
}

static void op_sgi(unsigned v, uint32_t intid)
{
	uint32_t targets = rnd(1U << VCPUS);
	uint64_t sgi = intid % VGIC_SGI_COUNT;

	vgic_sgi1r(&vcpu[v], (sgi << 24) | targets);
	for (unsigned t = 0; t < VCPUS; t++) {
		ref[t].private[sgi].latch |= ((targets >> t) & 1U) != 0U;
	}
}

static void op_register(unsigned v, uint32_t intid)
{
	struct ref_irq *irq = irq_of(v, intid);

	switch (rnd(6)) {
	case 0:
		write_bit(v, intid, 0x100);
		irq->enable = true;
		break;
	case 1:
		write_bit(v, intid, 0x180);
		irq->enable = false;
		break;
	case 2:
		write_bit(v, intid, 0x200);
		irq->latch = true;
		break;
	case 3:
		write_bit(v, intid, 0x280);
		irq->latch = false;
		break;
	case 4:
		if (irq->active_on == NOBODY) {
			irq->priority = rnd(31) * 8U;
			(void)mmio(v, intid < VGIC_PRIVATE_COUNT, reg(v, intid, 0x400, 8), 1, true,
				irq->priority | 3U);
		}
		break;
	default:
		if (intid >= VGIC_SPI_FIRST) {
			irq->route = rnd(VCPUS + 1U); /* VCPUS: nobody there */
			(void)mmio(v, false, 0x6000U + 8U * intid, 8, true, irq->route);
		}
		break;
	}
}

static void write_group(unsigned v, uint32_t intid, bool group1)
{
	bool redist = intid < VGIC_PRIVATE_COUNT;
	uint64_t word = mmio(v, redist, reg(v, intid, 0x80, 1), 4, false, 0);

	word = group1 ? word | BIT(intid % 32U) : word & ~BIT(intid % 32U);
	(void)mmio(v, redist, reg(v, intid, 0x80, 1), 4, true, word);
	irq_of(v, intid)->group1 = group1;
}

static void op_rare(unsigned v, uint32_t intid)
{
	switch (rnd(4)) {
	case 0:
		ctlr = rnd(4);
		(void)mmio(v, false, 0, 4, true, ctlr);
		break;
	case 1:
		ref[v].enables = rnd(4);
		if (ref[v].cpu != CPUS) {
			vif[ref[v].cpu].vmcr = (VIF_OPEN & ~3U) | ref[v].enables;
		} else {
			vcpu[v].vmcr = (VIF_OPEN & ~3U) | ref[v].enables;
			kicked[v] = true; /* its own doing: no kick to expect */
		}
		break;
	case 2:
		if (irq_of(v, intid)->active_on == NOBODY) {
			write_group(v, intid, rnd(2) != 0U);
		}
		break;
	default:
		ctlr = 3;
		(void)mmio(v, false, 0, 4, true, ctlr);
		break;
	}
}

static void op_ack(unsigned v)
{
	uint32_t intid;

	vif_select(ref[v].cpu);
	intid = vif_peek();
	if (intid == VIF_SPURIOUS || ref[v].depth == STACK) {
		return;
	}
	assert_true(is_signalled(v, intid));
	assert_int_equal(vif_ack(), intid);
	irq_of(v, intid)->latch = false;
	irq_of(v, intid)->active_on = v;
	ref[v].running[ref[v].depth] = irq_of(v, intid)->priority;
	ref[v].stack[ref[v].depth++] = intid;
}

static void op_eoi(unsigned v)
{
	uint32_t intid;

	if (ref[v].depth == 0U) {
		return;
	}
	intid = ref[v].stack[--ref[v].depth];
	vif_select(ref[v].cpu);
	vif_eoi(intid);
	irq_of(v, intid)->active_on = NOBODY;
}

static void op_switch(unsigned v)
{
	unsigned cpu = rnd(CPUS);

	if (ref[v].cpu != CPUS) {
		vif_select(ref[v].cpu);
		vgic_put(&vcpu[v]);
		assert_int_equal(vif_valid(), 0);
		ref[v].cpu = CPUS;
		kicked[v] = true; /* it was running: whoever blocks it asks first */
		return;
	}
	for (unsigned other = 0; other < VCPUS; other++) {
		if (ref[other].cpu == cpu) {
			return;
		}
	}
	vif_select(cpu);
	vgic_load(&vcpu[v]);
	ref[v].cpu = cpu;
}

static void step(void)
{
	unsigned v = rnd(VCPUS);
	uint32_t intid = rnd(IRQS);
	uint32_t what = rnd(100);

	vif_select(ref[v].cpu == CPUS ? rnd(CPUS) : ref[v].cpu);
	if (what < 15U) {
		op_line(v, intid);
	} else if (what < 30U && ref[v].cpu != CPUS) {
		op_sgi(v, intid);
	} else if (what < 55U) {
		op_register(v, intid);
	} else if (what < 57U) {
		op_rare(v, intid);
	} else if (what < 78U && ref[v].cpu != CPUS) {
		op_ack(v);
	} else if (what < 95U && ref[v].cpu != CPUS) {
		op_eoi(v);
	} else if (what < 98U) {
		op_switch(v);
	} else {
		check_state(v, intid);
	}
	check();
}

static void start(unsigned lr_count)
{
	struct vgic_config config = {VGIC_VIEW_V3, VCPUS, SPIS, vif_reset(lr_count), &ops, NULL};

	memset(ref, 0, sizeof(ref));
	memset(spi, 0, sizeof(spi));
	memset(kicked, 0, sizeof(kicked));
	ctlr = 3;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_OK);
	for (unsigned v = 0; v < VCPUS; v++) {
		assert_int_equal(vgic_cpu_init(&vgic, &vcpu[v], v), PLINTH_OK);
		vcpu[v].vmcr = VIF_OPEN;
		ref[v].enables = 3;
		ref[v].cpu = CPUS;
		for (uint32_t i = 0; i < VGIC_PRIVATE_COUNT; i++) {
			ref[v].private[i].edge = i < VGIC_SGI_COUNT;
			ref[v].private[i].active_on = NOBODY;
		}
	}
	(void)mmio(0, false, 0, 4, true, ctlr);
	for (uint32_t i = 0; i < SPIS; i++) {
		spi[i].active_on = NOBODY;
		spi[i].edge = i % 2U != 0U;
	}
	(void)mmio(0, false, 0xc08, 4, true, 0x88888888U); /* every other one is edge-triggered */
	(void)mmio(0, false, 0xc0c, 4, true, 0x88888888U);
	for (unsigned v = 0; v < VCPUS; v++) {
		for (uint32_t i = 0; i < IRQS; i++) {
			write_bit(v, i, 0x100);
			irq_of(v, i)->enable = true;
		}
	}
}

static void run(unsigned lr_count, uint64_t first_seed, unsigned steps)
{
	seed = first_seed;
	start(lr_count);
	for (unsigned i = 0; i < steps; i++) {
		step();
	}
}

static void test_each_count_of_list_registers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60U; i++) {
		unsigned lr_count = i % 6U == 5U ? VGIC_LR_MAX : 1U + i % 6U;

		run(lr_count, UINT64_C(0x9e3779b97f4a7c15) * (i + 1U), 3000);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_count_of_list_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
