/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two CPUs run a vCPU each, two more inject and fiddle: for ThreadSanitizer, and so that nothing
 * sent is lost. Senders wait until what they sent has been taken before they send it again, so that
 * the counts must agree.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/atomic.h"
#include "vif.h"

#define VCPUS 2U
#define SENDS 2000U
#define SPI   40U
#define CPUS  4U

static struct vgic vgic;
static struct vgic_cpu vcpu[VCPUS];
static unsigned sent[VCPUS][64];
static unsigned taken[VCPUS][64];
static unsigned finished;

static void kick(void *ctx, vcpu_id_t id)
{
	(void)ctx;
	(void)id; /* the CPUs poll */
}

static const struct vgic_ops ops = {.kick = kick};

static void access(bool redistributor, uint64_t offset, unsigned v, bool write, uint64_t value)
{
	struct mmio_access a = {offset, value, v, 4, write};

	if (redistributor) {
		a.offset += v * VGIC_REDIST_SIZE + 0x10000U;
		(void)vgic_redist_mmio(&vgic, &a);
	} else {
		(void)vgic_dist_mmio(&vgic, &a);
	}
}

static void take_all(unsigned v)
{
	uint32_t intid = vif_ack();

	while (intid != VIF_SPURIOUS) {
		vif_eoi(intid);
		if (intid == SPI) {
			(void)vgic_set_spi(&vgic, SPI, false);
		}
		(void)fetch_add_relaxed(&taken[v][intid], 1U);
		intid = vif_ack();
	}
}

/* CPU v runs vCPU v, with a switch now and then, and sends SGIs to the other one. */
static void *run_vcpu(void *arg)
{
	unsigned v = (unsigned)(uintptr_t)arg;
	unsigned other = 1U - v;

	vif_select(v);
	vgic_load(&vcpu[v]);
	for (unsigned i = 0; load_relaxed(&finished) < 2U * VCPUS; i++) {
		if (sent[other][v] < SENDS && load_relaxed(&taken[other][v]) == sent[other][v]) {
			sent[other][v]++;
			vgic_sgi1r(&vcpu[v], ((uint64_t)v << 24) | (1U << other));
			if (sent[other][v] == SENDS) {
				(void)fetch_add_relaxed(&finished, 1U);
			}
		}
		if (i % 64U == 63U) {
			vgic_put(&vcpu[v]);
			vgic_load(&vcpu[v]);
		}
		if (vif_maintenance()) {
			vgic_maintenance(&vcpu[v]);
		}
		if (vgic_is_due(&vcpu[v])) {
			vgic_flush(&vcpu[v]);
		}
		take_all(v);
		sched_yield();
	}
	for (unsigned i = 0; i < 16U; i++) { /* what was sent last */
		if (vgic_is_due(&vcpu[v])) {
			vgic_flush(&vcpu[v]);
		}
		take_all(v);
		sched_yield();
	}
	vgic_put(&vcpu[v]);
	return NULL;
}

/* CPU 2 + v: PPI 20 and the registers of vCPU v, the SPI and its route. */
static void *disturb(void *arg)
{
	unsigned v = (unsigned)(uintptr_t)arg;

	vif_select(2U + v);
	for (unsigned i = 0; i < SENDS; i++) {
		vgic_set_ppi(&vcpu[v], 20, (i & 1U) != 0U);
		access(true, (i & 1U) != 0U ? 0x180 : 0x100, v, true, UINT32_C(1) << 21);
		access(true, 0x300, v, false, 0);
		access(false, 0x6000U + 8U * SPI, v, true, i & 1U);
		(void)vgic_set_spi(&vgic, SPI, true);
		access(false, 0x204, v, false, 0);
		sched_yield();
	}
	vgic_set_ppi(&vcpu[v], 20, false);
	(void)fetch_add_relaxed(&finished, 1U);
	return NULL;
}

static void test_threads(void **state)
{
	struct vgic_config config = {VGIC_VIEW_V3, VCPUS, 32, vif_reset(2), &ops, NULL};
	pthread_t thread[CPUS];

	(void)state;
	assert_int_equal(vgic_init(&vgic, &config), PLINTH_OK);
	for (unsigned v = 0; v < VCPUS; v++) {
		assert_int_equal(vgic_cpu_init(&vgic, &vcpu[v], v), PLINTH_OK);
		vcpu[v].vmcr = VIF_OPEN;
		access(true, 0x100, v, true, UINT32_MAX);
	}
	access(false, 0, 0, true, 3);
	access(false, 0x104, 0, true, UINT32_MAX);
	for (uintptr_t i = 0; i < CPUS; i++) {
		assert_int_equal(pthread_create(&thread[i], NULL, i < VCPUS ? run_vcpu : disturb,
					 (void *)(i % VCPUS)),
			0);
	}
	for (unsigned i = 0; i < CPUS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	}
	assert_int_equal(taken[1][0], SENDS);
	assert_int_equal(taken[0][1], SENDS);
	assert_true(taken[0][SPI] + taken[1][SPI] != 0U);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
