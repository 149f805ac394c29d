/* SPDX-License-Identifier: Apache-2.0 */
#include "smp/smp.h"

#include <stdarg.h>

#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/cpu.h"
#include "arch/mmio.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/fmt.h"
#include "base/patience.h"
#include "base/string.h"
#include "cache/cache.h"
#include "pen.h"

#define REPORT_SIZE	   96U
#define CURRENTEL_EL_SHIFT 2U

static const struct smp_method *const methods[] = {
	&smp_psci,
	&smp_spin_table,
	&smp_parking,
	&smp_example,
};

static struct pen_mailbox *mailbox_of(const struct smp_request *request, uint32_t cpu)
{
	return (struct pen_mailbox *)((uintptr_t)request->pen + SMP_PEN_CODE_SIZE) + cpu;
}

static uint64_t parking_of(const struct smp_request *request, uint32_t cpu)
{
	return request->parking == NULL ? 0U
					: (uintptr_t)request->parking + cpu * SMP_PARKING_PAGE_SIZE;
}

static uint64_t gicd_of(const struct machine *machine)
{
	return machine->gic.version == 2U ? machine->gic.dist.base : 0U;
}

static void fill_mailbox(const struct smp_request *request, uint32_t cpu)
{
	const struct machine_cpu *described = &request->machine->cpu[cpu];
	struct pen_mailbox *mailbox = mailbox_of(request, cpu);

	mailbox->gicd = gicd_of(request->machine);
	mailbox->key = ~described->mpidr;
	mailbox->parking = parking_of(request, cpu);
	mailbox->need = request->level << CURRENTEL_EL_SHIFT |
			(request->e2h_off ? BIT(PEN_NEED_E2H_OFF) : 0U) |
			(uint64_t)described->interface << PEN_NEED_NUMBER;
}

/* All mailboxes are written before the first CPU starts: from then on the pen's lines belong to
 * CPUs that see no cache, and must not be dirty here. */
static void build_pen(const struct smp_request *request)
{
	uint32_t count = request->machine->cpu_count;

	PLINTH_CHECK(pen_code_size <= SMP_PEN_CODE_SIZE);
	memset(request->pen, 0, SMP_PEN_SIZE);
	memcpy(request->pen, pen_code, pen_code_size);
	for (uint32_t i = 0; i < count; i++) {
		fill_mailbox(request, i);
	}
	cache_clean(request->pen, SMP_PEN_SIZE);
	if (request->parking != NULL) {
		memset(request->parking, 0, count * SMP_PARKING_PAGE_SIZE);
		cache_clean(request->parking, count * SMP_PARKING_PAGE_SIZE);
	}
	cache_invalidate_icache();
}

PRINTF_LIKE(3, 4)
static void report_failure(const struct smp_request *request, uint32_t cpu, const char *format, ...)
{
	char why[REPORT_SIZE];
	char text[2U * REPORT_SIZE];
	va_list args;

	va_start(args, format);
	(void)fmt_vbuf(why, sizeof(why), format, args);
	va_end(args);
	(void)fmt_buf(text, sizeof(text), "CPU %u (MPIDR %#llx) is left out: %s", cpu,
		(unsigned long long)request->machine->cpu[cpu].mpidr, why);
	request->report(text);
}

static const struct smp_method *find_method(enum machine_cpu_method id)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (methods[i]->id == id) {
			return methods[i];
		}
	}
	return NULL;
}

static void report_start(const struct smp_request *request, uint32_t cpu, const char *method,
	enum plinth_status status, int64_t answer)
{
	unsigned long long address = request->machine->cpu[cpu].address;

	switch ((int)status) {
	case PLINTH_ENOTSUP:
		report_failure(request, cpu, "the machine has no %s", method);
		break;
	case PLINTH_EFAULT:
		report_failure(request, cpu, "its %s mailbox at %#llx is misaligned or no memory",
			method, address);
		break;
	case PLINTH_EBUSY:
		report_failure(request, cpu, "it does not wait on its %s mailbox at %#llx", method,
			address);
		break;
	case PLINTH_ETIMEDOUT:
		report_failure(request, cpu, "it did not answer its %s mailbox in %u ms", method,
			SMP_ANSWER_MS);
		break;
	default:
		report_failure(request, cpu, "the firmware refuses to start it by %s (%lld)",
			method, (long long)answer);
		break;
	}
}

/* True: the firmware has agreed to start the CPU. */
static bool start_one(const struct smp_request *request, uint32_t cpu)
{
	const struct machine *machine = request->machine;
	const struct smp_method *method = find_method(machine->cpu[cpu].method);
	const struct smp_start start = {
		.machine = machine,
		.cpu = &machine->cpu[cpu],
		.entry = (uintptr_t)request->pen,
		.frequency = request->frequency,
	};
	enum plinth_status status;
	int64_t answer = 0;

	if (method == NULL) {
		report_failure(request, cpu, "its enable-method is none that boot knows");
		return false;
	}
	status = method->start(&start, &answer);
	if (status != PLINTH_OK) {
		report_start(request, cpu, method->name, status, answer);
		return false;
	}
	return true;
}

static uint64_t read_state(struct pen_mailbox *mailbox)
{
	/* The CPU stores past the caches, and our copy is clean: drop it. */
	cache_clean(mailbox, sizeof(*mailbox));
	return *(volatile uint64_t *)&mailbox->state;
}

/* Waits until the CPU reports or the time is over. */
static bool wait_one(const struct smp_request *request, uint32_t cpu, struct patience *patience)
{
	struct pen_mailbox *mailbox = mailbox_of(request, cpu);
	uint64_t state = read_state(mailbox);

	while (state == PEN_STATE_ABSENT && !patience_is_over(patience, read_cntpct_el0())) {
		arch_yield();
		state = read_state(mailbox);
	}
	switch (state) {
	case PEN_STATE_READY:
		return true;
	case PEN_STATE_OTHER_EL:
		report_failure(request, cpu, "it started at another level than EL%llu",
			(unsigned long long)request->level);
		return false;
	case PEN_STATE_E2H:
		report_failure(request, cpu, "its HCR_EL2.E2H cannot be 0");
		return false;
	default:
		report_failure(request, cpu, "it did not arrive in %u ms", SMP_TIMEOUT_MS);
		return false;
	}
}

/* GICv2: the number of a CPU's interface is the one bit that it reads in its target registers; a
 * distributor with one CPU reads as 0. */
static uint32_t gicv2_interface(uint64_t targets)
{
	return (targets & 0xffU) == 0U ? 0U : bit_lowest(targets & 0xffU);
}

static void fill_cpu(const struct smp_request *request, uint32_t cpu, enum boot_cpu_status status,
	struct boot_cpu *out)
{
	struct pen_mailbox *mailbox = mailbox_of(request, cpu);
	uint64_t gicd = gicd_of(request->machine);

	*out = (struct boot_cpu){
		.mpidr = request->machine->cpu[cpu].mpidr,
		.mailbox = (uintptr_t)mailbox,
		.status = status,
	};
	if (status == BOOT_CPU_PRIMARY && gicd != 0U) {
		out->gicv2_interface = gicv2_interface(arch_mmio_read32(gicd + GICD_ITARGETSR0));
	} else {
		out->gicv2_interface = gicv2_interface(mailbox->targets);
	}
	/* A CPU that comes from here on finds no mailbox of its own, and sleeps. */
	memset(mailbox, 0, sizeof(*mailbox));
	cache_clean(mailbox, sizeof(*mailbox));
	if (status == BOOT_CPU_PARKED && request->parking != NULL) {
		uint32_t *id = (uint32_t *)(uintptr_t)(parking_of(request, cpu) + SMP_PARKING_ID);

		*id = SMP_PARKING_READY;
		cache_clean(id, sizeof(*id));
	}
}

/* Starts all but the boot CPU; cpus[].status tells which were asked. */
static bool start_others(const struct smp_request *request, struct boot_cpu *cpus)
{
	const struct machine *machine = request->machine;
	bool found = false;

	for (uint32_t i = 0; i < machine->cpu_count; i++) {
		if (machine->cpu[i].mpidr == request->boot_mpidr) {
			cpus[i].status = BOOT_CPU_PRIMARY;
			found = true;
		}
	}
	for (uint32_t i = 0; found && i < machine->cpu_count; i++) {
		if (cpus[i].status != BOOT_CPU_PRIMARY) {
			cpus[i].status = start_one(request, i) ? BOOT_CPU_PARKED : BOOT_CPU_FAILED;
		}
	}
	return found;
}

uint32_t smp_start_all(const struct smp_request *request, struct boot_cpu *cpus)
{
	uint32_t count = request->machine->cpu_count;
	uint32_t running = 0;
	struct patience patience; /* one for all */

	memset(cpus, 0, count * sizeof(*cpus));
	build_pen(request);
	if (!start_others(request, cpus)) {
		return 0;
	}
	patience = patience_of(read_cntpct_el0(), request->frequency, SMP_TIMEOUT_MS);
	for (uint32_t i = 0; i < count; i++) {
		enum boot_cpu_status status = (enum boot_cpu_status)cpus[i].status;

		if (status == BOOT_CPU_PARKED && !wait_one(request, i, &patience)) {
			status = BOOT_CPU_FAILED;
		}
		fill_cpu(request, i, status, &cpus[i]);
		running += status != BOOT_CPU_FAILED ? 1U : 0U;
	}
	return running;
}

uint64_t smp_back_entry(const void *pen)
{
	return (uintptr_t)pen + (uintptr_t)pen_code_back - (uintptr_t)pen_code;
}

uint32_t smp_take_back(struct boot_cpu *cpus, uint32_t count, void (*report)(const char *text))
{
	uint32_t running = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct pen_mailbox *mailbox = (struct pen_mailbox *)(uintptr_t)cpus[i].mailbox;
		char text[REPORT_SIZE];

		if (cpus[i].status == BOOT_CPU_PARKED && read_state(mailbox) != PEN_STATE_READY) {
			(void)fmt_buf(text, sizeof(text),
				"CPU %u (MPIDR %#llx) is left out: it did not come back", i,
				(unsigned long long)cpus[i].mpidr);
			report(text);
			cpus[i].status = BOOT_CPU_FAILED;
		}
		mailbox->state = PEN_STATE_ABSENT;
		cache_clean(mailbox, sizeof(*mailbox));
		running += cpus[i].status != BOOT_CPU_FAILED ? 1U : 0U;
	}
	return running;
}
