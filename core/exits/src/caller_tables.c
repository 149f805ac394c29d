/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why AT has failed for the memory of a trapped vCPU's software, and what is done about it.
 */
#include "arch/at.h"
#include "arch/esr.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "caller.h"
#include "scan/scan.h"

/* What brings the tables on the way to an address. */
struct way {
	struct gmem *gmem;
	bool write; /* for who sets flags in them */
	bool is_starved;
	ipa_t missing; /* is_starved: the page for which there is no memory yet */
};

static enum plinth_status bring(void *ctx, ipa_t ipa, uint64_t *descriptor)
{
	struct way *way = ctx;
	enum plinth_status status = gmem_bring(way->gmem, ipa, way->write);

	if (status == PLINTH_ENOMEM && way->gmem->overcommit) {
		way->is_starved = true;
		way->missing = ipa;
	}
	return status == PLINTH_OK ? gmem_read(way->gmem, ipa, descriptor, sizeof(*descriptor))
				   : status;
}

static bool is_stopped_by_stage2(uint64_t par)
{
	return (par & (PAR_F | PAR_S)) == (PAR_F | PAR_S) && par != ARCH_AT_ABORTED;
}

/*
 * Stage 2 has stopped the walk. The guest's own access would fault on each table that is not
 * present, or hidden since a vCPU began to start, and find it then; AT does not tell which it is.
 * So all on the way are brought. Where the CPU itself sets access flags a table may also lie in an
 * image that is shown in place until somebody writes: the second time. What AT says at last.
 */
static uint64_t bring_tables(
	const struct exits_caller *from, uint64_t va, bool is_write, uint64_t par, struct way *way)
{
	const struct scan_regime regime = scan_regime_now();

	for (unsigned i = 0; i < 2U && is_stopped_by_stage2(par); i++) {
		way->write = i != 0U && regime.sets_access_flag;
		if (!scan_read_way(&regime, va, bring, way)) {
			break;
		}
		par = exits_stage1(gva_init(va), from->caller.el == 0U, is_write);
	}
	return par;
}

/* Bringing takes long, so it is all that an exit does: the guest calls again. */
NOINLINE enum plinth_status exits_caller_failed(
	struct exits_caller *from, uint64_t par, uint64_t va, bool is_write)
{
	struct way way = {.gmem = &from->vcpu->vm->gmem};
	unsigned fsc = (unsigned)FIELD_GET(par, PAR_FST);

	if (is_stopped_by_stage2(par)) {
		par = bring_tables(from, va, is_write, par, &way);
		fsc = EXITS_CALL_AGAIN;
	}
	if (way.is_starved) {
		return exits_caller_refuse(from, EXITS_CALL_STARVED, way.missing.v, is_write);
	}
	if (is_stopped_by_stage2(par) || par == ARCH_AT_ABORTED) {
		fsc = FSC_EXTERNAL_WALK;
	}
	return exits_caller_refuse(from, fsc, va, is_write);
}
