/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/trace.h"

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "percpu/percpu.h"

/* trace_record.meta. The number is that of the record in its CPU's history, plus 1, modulo 2^32:
 * 0 marks a slot that is being written or never was. */
#define META_NUMBER_SHIFT 0U
#define META_NUMBER_WIDTH 32U
#define META_VM_SHIFT	  32U
#define META_VM_WIDTH	  12U
#define META_VCPU_SHIFT	  44U
#define META_VCPU_WIDTH	  12U
#define META_KIND_SHIFT	  56U
#define META_KIND_WIDTH	  8U

STATIC_ASSERT(sizeof(struct trace_ring) == PAGE_SIZE, "a ring is one page");

/* Written by the owner alone, `written` with release order. */
struct cpu_trace {
	struct trace_ring *ring;
	uint64_t written;
};

static struct cpu_trace cpu_trace[CPU_MAX];
uint32_t trace_enabled;

void trace_init_cpu(cpu_id_t cpu, struct trace_ring *ring)
{
	cpu_trace[cpu].written = 0;
	/* Pairs with the acquires of readers: they see the ring zeroed. */
	store_release(&cpu_trace[cpu].ring, ring);
}

void trace_enable(bool on)
{
	store_relaxed(&trace_enabled, on ? 1U : 0U);
}

static uint64_t number_of(uint64_t index)
{
	return (index + 1U) & MASK_BELOW(META_NUMBER_WIDTH);
}

void trace_write(enum trace_kind kind, vm_id_t vm, vcpu_id_t vcpu, uint64_t a, uint64_t b)
{
	struct cpu_trace *cpu = &cpu_trace[cpu_this()];
	uint64_t index = cpu->written;

	if (cpu->ring == NULL) {
		return;
	}
	struct trace_record *record = &cpu->ring->record[index % TRACE_RECORDS];

	/* A reader that sees any field of the new record sees this 0 or the new number too: the
	 * stores below are releases, and pair with the acquires in read_record(). */
	store_relaxed(&record->meta, 0);
	store_release(&record->time, read_cntpct_el0());
	store_release(&record->a, a);
	store_release(&record->b, b);
	store_release(&record->meta, FIELD_PREP(META_NUMBER, number_of(index)) |
					     FIELD_PREP(META_VM, vm) | FIELD_PREP(META_VCPU, vcpu) |
					     FIELD_PREP(META_KIND, kind));
	store_release(&cpu->written, index + 1U);
}

/* False: the record has been overwritten, or is just being. */
static bool read_record(cpu_id_t cpu, uint64_t index, struct trace_event *event)
{
	const struct trace_record *record =
		&load_relaxed(&cpu_trace[cpu].ring)->record[index % TRACE_RECORDS];
	uint64_t meta = load_acquire(&record->meta);

	event->time = load_acquire(&record->time);
	event->a = load_acquire(&record->a);
	event->b = load_acquire(&record->b);
	if (meta != load_relaxed(&record->meta) ||
		FIELD_GET(meta, META_NUMBER) != number_of(index)) {
		return false;
	}
	event->kind = (enum trace_kind)FIELD_GET(meta, META_KIND);
	event->cpu = cpu;
	event->vm = (vm_id_t)FIELD_GET(meta, META_VM);
	event->vcpu = (vcpu_id_t)FIELD_GET(meta, META_VCPU);
	return true;
}

/* The reader goes back in time, always to the newest record not yet counted, so that `max` picks
 * the newest of all CPUs; then forwards from there. cursor[] is the index after a CPU's next one
 * backwards, or the next one forwards. */
struct reader {
	uint64_t cursor[CPU_MAX];
	uint64_t end[CPU_MAX];
};

static void start(struct reader *reader)
{
	for (cpu_id_t cpu = 0; cpu < CPU_MAX; cpu++) {
		/* Pair with the releases in trace_init_cpu() and trace_write(). */
		bool has_ring = load_acquire(&cpu_trace[cpu].ring) != NULL;

		reader->end[cpu] = has_ring ? load_acquire(&cpu_trace[cpu].written) : 0U;
		reader->cursor[cpu] = reader->end[cpu];
	}
}

/* Steps one record back on the CPU whose record is newest; false at the beginning of all. */
static bool step_back(struct reader *reader)
{
	cpu_id_t newest = CPU_MAX;
	uint64_t newest_time = 0;

	for (cpu_id_t cpu = 0; cpu < CPU_MAX; cpu++) {
		uint64_t cursor = reader->cursor[cpu];
		struct trace_event event;

		if (cursor == 0U || reader->end[cpu] - cursor >= TRACE_RECORDS ||
			!read_record(cpu, cursor - 1U, &event)) {
			continue;
		}
		if (newest == CPU_MAX || event.time > newest_time) {
			newest = cpu;
			newest_time = event.time;
		}
	}
	if (newest == CPU_MAX) {
		return false;
	}
	reader->cursor[newest]--;
	return true;
}

static bool step_forward(struct reader *reader, struct trace_event *oldest)
{
	bool found = false;

	for (cpu_id_t cpu = 0; cpu < CPU_MAX; cpu++) {
		struct trace_event event;

		while (reader->cursor[cpu] != reader->end[cpu] &&
			!read_record(cpu, reader->cursor[cpu], &event)) {
			reader->cursor[cpu]++; /* lost to the writer meanwhile */
		}
		if (reader->cursor[cpu] == reader->end[cpu]) {
			continue;
		}
		if (!found || event.time < oldest->time) {
			*oldest = event;
			found = true;
		}
	}
	if (found) {
		reader->cursor[oldest->cpu]++;
	}
	return found;
}

size_t trace_for_each(size_t max, trace_visit_fn *visit, void *ctx)
{
	static struct reader reader; /* 1 KiB: too much for an EL2 stack; guarded by `busy` */
	static uint32_t busy;
	struct trace_event event;
	size_t back = 0;
	size_t visited = 0;

	if (exchange_acq_rel(&busy, 1U) != 0U) {
		return 0;
	}
	start(&reader);
	while (back < max && step_back(&reader)) {
		back++;
	}
	while (visited < back && step_forward(&reader, &event)) {
		visit(ctx, &event);
		visited++;
	}
	store_release(&busy, 0U); /* pairs with the exchange above */
	return visited;
}

bool trace_next(cpu_id_t cpu, uint64_t *number, struct trace_event *event)
{
	/* Pair with the releases in trace_init_cpu() and trace_write(). */
	bool has_ring = load_acquire(&cpu_trace[cpu].ring) != NULL;
	uint64_t end = has_ring ? load_acquire(&cpu_trace[cpu].written) : 0U;
	uint64_t at = max_u64(*number, end < TRACE_RECORDS ? 0U : end - TRACE_RECORDS);

	for (; at < end; at++) {
		if (read_record(cpu, at, event)) {
			*number = at + 1U;
			return true;
		}
	}
	return false;
}

const char *trace_kind_name(enum trace_kind kind)
{
	static const char *const names[TRACE_KIND_COUNT] = {
		[TRACE_EXIT] = "exit",
		[TRACE_ENTER] = "enter",
		[TRACE_IRQ] = "irq",
		[TRACE_MMIO] = "mmio",
		[TRACE_FAULT] = "fault",
		[TRACE_CALL] = "call",
		[TRACE_SYSREG] = "sysreg",
		[TRACE_INJECT] = "inject",
		[TRACE_SCHED] = "sched",
		[TRACE_VM] = "vm",
		[TRACE_NOTE] = "note",
	};

	return (unsigned)kind < TRACE_KIND_COUNT ? names[kind] : "unknown";
}
