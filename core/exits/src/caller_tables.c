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
	bool write;    /* for who sets flags in them */
	bool has_come; /* one of them has been brought now */
	bool is_starved;
	ipa_t missing; /* is_starved: the page for which there is no memory yet */
};

/* One table: that is as much as an exit may do, so the way ends there. */
static enum plinth_status bring(void *ctx, ipa_t ipa, uint64_t *descriptor)
{
	struct way *way = ctx;
	enum plinth_status status = gmem_bring(way->gmem, ipa, way->write);

	way->has_come = status == PLINTH_EAGAIN;
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
 * So the first on the way that is not there is brought. Where the CPU itself sets access flags a
 * table may also lie in an image that is shown in place until somebody writes: those are brought
 * when all are there. True: the way is another than AT found.
 *
 * Calling again ends: each time has brought a table of the few that there are. When none lacked,
 * AT has the last word.
 */
static bool bring_table(
	const struct exits_caller *from, uint64_t va, bool is_write, struct way *way)
{
	const struct scan_regime regime = scan_regime_now();

	for (unsigned i = 0; i < 2U; i++) {
		way->write = i != 0U && regime.sets_access_flag;
		if (!scan_read_way(&regime, va, bring, way)) {
			return way->has_come;
		}
		if (!is_stopped_by_stage2(
			    exits_stage1(gva_init(va), from->caller.el == 0U, is_write))) {
			return true;
		}
	}
	return false;
}

NOINLINE enum plinth_status exits_caller_failed(
	struct exits_caller *from, uint64_t par, uint64_t va, bool is_write)
{
	struct way way = {.gmem = &from->vcpu->vm->gmem};
	unsigned fsc = (unsigned)FIELD_GET(par, PAR_FST);

	if (is_stopped_by_stage2(par)) {
		fsc = bring_table(from, va, is_write, &way) ? EXITS_CALL_AGAIN : FSC_EXTERNAL_WALK;
	} else if (par == ARCH_AT_ABORTED) {
		fsc = FSC_EXTERNAL_WALK;
	}
	if (way.is_starved) {
		return exits_caller_refuse(from, EXITS_CALL_STARVED, way.missing.v, is_write);
	}
	return exits_caller_refuse(from, fsc, va, is_write);
}
