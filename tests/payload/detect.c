/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinth-detect's library at EL1 without an operating system: `runs` batteries (bootargs; 200) with
 * all probes and as many without MDCCSR_EL0, beside busy CPUs. Prints the first one's answers and
 * how often it said what.
 */
#include "base/fmt.h"
#include "detect/profile.h"
#include "detect_native/native.h"
#include "libguest/libguest.h"

#include "options.h"

/* Xen's domains have their PL011 elsewhere than QEMU's board and Plinth's VMs. */
#define XEN_UART     0x22000000UL
#define UART_DR	     0x00UL
#define UART_FR	     0x18UL
#define UART_FR_TXFF 0x20U

/* Beyond the program, in the first 256 MiB of RAM. */
#define FRESH_START (GUEST_RAM + 0x4000000UL)
#define FRESH_SIZE  0x8000000UL

#define RUNS_DEFAULT 200U
#define VERDICTS     3U

static struct stats_table table;
static struct detect_report report;
static uint64_t uart = GUEST_UART;
static volatile bool is_probing_uart;
static volatile uint64_t busy[GUEST_CPU_MAX];

static void on_fault(struct guest_frame *frame)
{
	if (is_probing_uart) {
		uart = XEN_UART;
		frame->pc += 4U;
	} else if (!detect_native_fixup(frame->pc, &frame->pc)) {
		power_off();
	}
}

static void put(void *ctx, char c)
{
	(void)ctx;
	while ((read32(uart + UART_FR) & UART_FR_TXFF) != 0U) {
		__asm__ volatile("yield");
	}
	write32(uart + UART_DR, (uint8_t)c);
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fmt_vprint(put, NULL, format, args);
	va_end(args);
}

static void work(uint32_t cpu)
{
	for (;;) {
		busy[cpu]++;
		__asm__ volatile("yield");
	}
}

/* One letter for each probe, in the order of the battery. */
static void print_profile(void)
{
	static const char letters[] = {
		[DETECT_NOT_RUN] = '-',
		[DETECT_TRAPPED] = PROFILE_TRAPPED,
		[DETECT_NOT_TRAPPED] = PROFILE_NOT_TRAPPED,
		[DETECT_REFUSED] = PROFILE_REFUSED,
		[DETECT_UNCLEAR] = '?',
	};

	say("detect: payload profile ");
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		put(NULL, letters[report.findings[i].verdict]);
	}
	say("\n");
}

static void tally(const char *name, const struct detect_request *request, uint64_t runs)
{
	static const struct detect_backend backend = {DETECT_EL1, detect_native_run, NULL};
	uint64_t counts[VERDICTS] = {0};

	for (uint64_t i = 0; i < runs; i++) {
		detect_run(&backend, &table, request, &report);
		counts[report.verdict]++;
		if (i == 0U) {
			print_profile();
		}
	}
	say("detect: payload %s present=%lu absent=%lu undecided=%lu other=0\n", name,
		counts[DETECT_PRESENT], counts[DETECT_ABSENT], counts[DETECT_UNDECIDED]);
}

void guest_main(void)
{
	const struct detect_native_code code = {FRESH_START, FRESH_SIZE, counter() | 1U};
	uint64_t runs = option("runs", RUNS_DEFAULT);
	struct detect_request request;

	on_sync(on_fault);
	is_probing_uart = true;
	(void)read32(uart + UART_FR);
	is_probing_uart = false;
	for (uint32_t cpu = 1; cpu < GUEST_CPU_MAX && cpu_on(cpu, work) == 0; cpu++) {
	}
	stats_init(&table);
	detect_native_init(&code);
	detect_request_init(&request, DETECT_EL1);
	tally("full", &request, runs);
	request.probes[PROBE_MDCCSR] = false;
	tally("without-mdccsr", &request, runs);
	say("detect: payload done\n");
	power_off();
}
