/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "vgic_private.h"

struct sink {
	fmt_put_fn *put;
	void *ctx;
};

static void PRINTF_LIKE(2, 3) print(const struct sink *sink, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fmt_vprint(sink->put, sink->ctx, format, args);
	va_end(args);
}

static char flag(uint32_t word, unsigned bit, char c)
{
	return ((word >> bit) & 1U) != 0U ? c : '-';
}

static void dump_bank(
	const struct sink *sink, const struct vgic_bank *bank, unsigned n, const uint8_t *route)
{
	uint32_t todo = bank->enable | vgic_bank_pending(bank) | bank->active | bank->in_lr;

	for (; todo != 0U; todo &= todo - 1U) {
		unsigned bit = bit_lowest(todo);

		print(sink, "  irq %3u %c%c%c%c%c%c priority 0x%02x group %u", n * 32U + bit,
			flag(bank->enable, bit, 'e'), flag(vgic_bank_pending(bank), bit, 'p'),
			flag(bank->active, bit, 'a'), flag(bank->line, bit, 'h'),
			flag(bank->in_lr, bit, 'r'), flag(bank->linked, bit, 'l'),
			bank->priority[bit], (bank->group1 >> bit) & 1U);
		if (route == NULL || route[bit] == VGIC_NO_VCPU) {
			print(sink, "%s\n", route == NULL ? "" : " to none");
		} else {
			print(sink, " to vcpu %u\n", route[bit]);
		}
	}
}

/* One bank is copied under the lock at a time: printing is slow. */
static void dump_cpu(const struct sink *sink, struct vgic_cpu *cpu)
{
	struct vgic_bank bank;
	uint32_t used;
	uint32_t vmcr;
	uint8_t loaded_on;
	bool overflow;

	lock_take(&cpu->vgic->lock);
	bank = cpu->bank;
	used = cpu->lr_used;
	vmcr = cpu->vmcr;
	loaded_on = cpu->loaded_on;
	overflow = cpu->overflow || cpu->evicted;
	lock_drop(&cpu->vgic->lock);
	if (loaded_on != 0U) {
		print(sink, "vcpu %u on cpu %u, list registers 0x%x%s\n", cpu->id, loaded_on - 1U,
			used, overflow ? " (overflow)" : "");
	} else {
		print(sink, "vcpu %u not loaded, vmcr 0x%08x\n", cpu->id, vmcr);
	}
	dump_bank(sink, &bank, 0, NULL);
}

void vgic_dump(struct vgic *vgic, fmt_put_fn *put, void *put_ctx)
{
	struct sink sink = {put, put_ctx};
	struct vgic_bank bank;
	uint8_t route[32];

	print(&sink,
		"groups 0x%x; e enabled, p pending, a active, h line high, r in a list register, "
		"l linked\n",
		vgic->group_enable);
	for (unsigned i = 0; i < vgic->vcpu_count; i++) {
		if (vgic->cpu[i] != NULL) {
			dump_cpu(&sink, vgic->cpu[i]);
		}
	}
	for (unsigned n = 1; n < vgic->bank_count; n++) {
		lock_take(&vgic->lock);
		bank = vgic->spi[n - 1U].bank;
		for (unsigned i = 0; i < 32U; i++) {
			route[i] = vgic->spi[n - 1U].route[i];
		}
		lock_drop(&vgic->lock);
		dump_bank(&sink, &bank, n, route);
	}
}
