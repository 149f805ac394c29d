/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delta debugging: a history that fails gets shorter as long as it fails, whatever the failure.
 */
#include <string.h>

#include "coherency_history.h"

struct shrinker {
	struct history *best;
	const struct config *config;
	uint64_t budget;
};

/* Does it fail? If so it is the best now, cut behind the failing step. */
static bool try_history(struct shrinker *s, struct history *history)
{
	unsigned done = history_run(history, s->config);

	s->budget -= done < s->budget ? done : s->budget;
	if (!world_has_failed()) {
		return false;
	}
	history->count = done;
	memcpy(s->best, history, sizeof(*history));
	return true;
}

static void cut(struct history *to, const struct history *from, unsigned start, unsigned count)
{
	to->count = from->count - count;
	memcpy(to->step, from->step, start * sizeof(*to->step));
	memcpy(&to->step[start], &from->step[start + count],
		(from->count - start - count) * sizeof(*to->step));
}

/* Takes away `size` steps in one place after the other. */
static void remove_chunks(struct shrinker *s, unsigned size)
{
	static struct history trial;

	/* From the end: what is there depends on what stands before. */
	for (unsigned end = s->best->count; end != 0U && s->budget != 0U;) {
		unsigned start = end > size ? end - size : 0U;

		if (end > s->best->count) {
			end = s->best->count;
			continue;
		}
		cut(&trial, s->best, start, end - start);
		(void)try_history(s, &trial);
		end = start;
	}
}

static bool try_step(struct shrinker *s, unsigned at, const struct step *step)
{
	static struct history trial;

	const struct step *now = &s->best->step[at];

	if (s->budget == 0U || (step->seed == now->seed && step->how == now->how)) {
		return false;
	}
	memcpy(&trial, s->best, sizeof(trial));
	trial.step[at] = *step;
	return try_history(s, &trial);
}

/* Without hardware's own doings where they don't matter, and on the first of everything. */
static void simplify(struct shrinker *s)
{
	for (unsigned i = 0; i < s->best->count; i++) {
		struct step step = s->best->step[i];

		step.seed = 0;
		(void)try_step(s, i, &step);
		if (i < s->best->count) {
			step = s->best->step[i];
			step.how = 0;
			(void)try_step(s, i, &step);
		}
	}
}

void history_shrink(struct history *history, const struct config *config, uint64_t budget)
{
	struct shrinker s = {history, config, budget};
	static struct history trial;
	unsigned before;

	memcpy(&trial, history, sizeof(trial));
	if (!try_history(&s, &trial)) {
		return;
	}
	do {
		before = history->count;
		for (unsigned size = history->count / 2U; size != 0U; size /= 2U) {
			remove_chunks(&s, size);
		}
		simplify(&s);
	} while (history->count < before && s.budget != 0U);
	(void)history_run(history, config);
}
