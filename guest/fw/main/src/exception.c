/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot go on: says so, and ends the VM. */
#include <stdarg.h>

#include "arch/sysreg.h"
#include "base/check.h"
#include "base/fmt.h"
#include "main.h"
#include "protocols/console.h"

#define TEXT_SIZE 200U

static const char *const vector_names[4] = {"synchronous exception", "IRQ", "FIQ", "SError"};

void fatal(const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)fmt_vbuf(text, sizeof(text), format, arguments);
	va_end(arguments);
	console_print("\nplinth-fw: %s\nplinth-fw: powering off\n", text);
	power_off();
}

void panic_at(const char *file, int line, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	(void)fmt_vbuf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fatal("%s:%d: %s", file, line, text);
}

void exception_report(unsigned number)
{
	static bool again;
	uint64_t elr = read_elr_el1();
	bool ours = elr >= (uintptr_t)fw_lds_start && elr < (uintptr_t)fw_lds_text_end;

	if (again) {
		power_off();
	}
	again = true;
	fatal("%s in %s: ESR 0x%llx, ELR 0x%llx, FAR 0x%llx", vector_names[number % 4U],
		ours ? "the firmware" : "what it started", (unsigned long long)read_esr_el1(),
		(unsigned long long)elr, (unsigned long long)read_far_el1());
}
