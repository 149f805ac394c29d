/* SPDX-License-Identifier: Apache-2.0 */
#include "coherency_history.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "fake/panic.h"

#define FOCUS_STEPS 50U

/* How often each kind comes. */
static const uint8_t weight[STEP_KIND_COUNT] = {
	[STEP_LOAD] = 30,
	[STEP_STORE] = 40,
	[STEP_FETCH] = 50,
	[STEP_MAINTAIN] = 14,
	[STEP_CLEAN] = 6,
	[STEP_UNCACHED] = 10,
	[STEP_DEVICE] = 14,
	[STEP_HOST_WRITE] = 10,
	[STEP_HOST_READ] = 8,
	[STEP_RELINQUISH] = 6,
	[STEP_SWITCH] = 12,
	[STEP_CACHES_ON] = 4,
	[STEP_VCPU_START] = 3,
	[STEP_VCPU_STOP] = 2,
	[STEP_SET_WAY] = 2,
	[STEP_RESET] = 1,
	[STEP_RECREATE] = 2,
	[STEP_SCRUB] = 4,
};

static uint8_t choose_kind(uint64_t *random)
{
	unsigned total = 0;
	unsigned left;
	uint8_t kind = 0;

	for (unsigned i = 0; i < STEP_KIND_COUNT; i++) {
		total += weight[i];
	}
	left = fake_below(random, total);
	while (left >= weight[kind]) {
		left -= weight[kind++];
	}
	return kind;
}

/* Half of the steps go where others went not long ago. */
static void focus(struct step *step, unsigned number, uint64_t seed)
{
	uint64_t place = (seed * 31U + number / FOCUS_STEPS + 1U) * UINT64_C(0x9e3779b97f4a7c15);

	step->vm = (uint8_t)((place >> 20) % WORLD_STARTS);
	step->page = (uint8_t)((place >> 30) % WORLD_PAGES);
	if (step->how % 4U != 0U) {
		/* Or the word beside it, mostly in the same line. */
		step->word = (uint8_t)((place >> 40) % FAKE_WORDS);
		step->word = (uint8_t)(step->how % 4U == 1U ? step->word ^ 1U : step->word);
	}
}

void history_make(struct history *history, uint64_t seed, unsigned count)
{
	uint64_t random = (seed + 1U) * UINT64_C(0x9e3779b97f4a7c15) | 1U;

	history->count = count;
	for (unsigned i = 0; i < count; i++) {
		uint64_t r = fake_random(&random);

		history->step[i] = (struct step){
			.kind = choose_kind(&random),
			.cpu = (uint8_t)((r >> 8) % FAKE_CPUS),
			.vm = (uint8_t)((r >> 16) % WORLD_STARTS),
			.vcpu = (uint8_t)((r >> 24) % WORLD_VCPUS),
			.page = (uint8_t)((r >> 32) % WORLD_PAGES),
			.word = (uint8_t)((r >> 40) % FAKE_WORDS),
			.how = (uint8_t)(r >> 48),
			.seed = (uint32_t)fake_random(&random) | 1U,
		};
		if ((r >> 56) % 2U == 0U) {
			focus(&history->step[i], i, seed);
		}
	}
}

/* Steps of a guest need one on that CPU. */
static bool needs_guest(unsigned kind)
{
	switch (kind) {
	case STEP_DEVICE:
	case STEP_HOST_WRITE:
	case STEP_HOST_READ:
	case STEP_RELINQUISH:
	case STEP_SWITCH:
	case STEP_VCPU_START:
	case STEP_RESET:
	case STEP_RECREATE:
	case STEP_SCRUB:
		return false;
	default:
		return true;
	}
}

static void recreate(const struct step *s)
{
	bool was_live = world.vm[s->vm].live;

	if (was_live) {
		life_destroy(s->cpu, s->vm);
	}
	/* Sometimes it stays away for a while. */
	if (!world_has_failed() && (!was_live || s->how % 8U != 0U)) {
		life_create(s->cpu, s->vm);
	}
}

static void run_guest_step(const struct step *s)
{
	switch (s->kind) {
	case STEP_LOAD:
		guest_load(s->cpu, s->page, s->word);
		break;
	case STEP_STORE:
		guest_store(s->cpu, s->page, s->word);
		break;
	case STEP_FETCH:
		guest_fetch(s->cpu, s->page, s->word);
		break;
	case STEP_MAINTAIN:
		guest_maintain(s->cpu, s->page, s->word);
		break;
	case STEP_CLEAN:
		guest_clean(s->cpu, s->page, s->word);
		break;
	case STEP_UNCACHED:
		guest_uncached(s->cpu, s->page, s->word, s->how);
		break;
	case STEP_CACHES_ON:
		host_caches_on(s->cpu, s->page, s->word);
		break;
	case STEP_VCPU_STOP:
		host_vcpu_stop(s->cpu);
		break;
	case STEP_SET_WAY:
		host_set_way(s->cpu, s->page, s->word);
		break;
	default:
		break;
	}
}

static void run_vm_step(const struct step *s)
{
	switch (s->kind) {
	case STEP_DEVICE:
		guest_device(s->vm, s->page, s->word, s->how);
		break;
	case STEP_HOST_WRITE:
		host_write(s->cpu, s->vm, s->page, s->word);
		break;
	case STEP_HOST_READ:
		host_read(s->cpu, s->vm, s->page, s->word);
		break;
	case STEP_RELINQUISH:
		host_relinquish(s->cpu, s->vm, s->page, s->how);
		break;
	case STEP_SWITCH:
		life_migrate(s->cpu, s->vm, s->vcpu);
		break;
	case STEP_VCPU_START:
		host_vcpu_start(s->cpu, s->vm, s->vcpu, s->how % 8U != 0U);
		break;
	case STEP_RESET:
		life_reset(s->cpu, s->vm);
		break;
	default:
		break;
	}
}

static void run_step(const struct step *s)
{
	world.random = s->seed;
	world.cache.random = s->seed;
	world.tlb.random = s->seed;
	world.el2_cpu = s->cpu;
	world.focus = (struct place){s->page, s->word};
	if (world.random != 0U) {
		world_noise();
	}
	if (s->kind == STEP_SCRUB) {
		host_scrub(s->cpu);
	} else if (s->kind == STEP_RECREATE) {
		recreate(s);
	} else if (needs_guest(s->kind)) {
		if (world.cpu[s->cpu].vm == WORLD_NOBODY) {
			(void)life_load(s->cpu, s->vm, s->vcpu);
		}
		if (world.cpu[s->cpu].vm != WORLD_NOBODY && !world_has_failed()) {
			run_guest_step(s);
		}
	} else if (world.vm[s->vm].live) {
		run_vm_step(s);
	}
}

static void say_step(unsigned number, const struct step *s)
{
	static const char *const names[STEP_KIND_COUNT] = {"loads", "stores", "fetches",
		"maintains its code at", "cleans and invalidates", "goes past the caches to",
		"'s device goes to", ": Plinth writes", ": Plinth reads", "gives away, or takes",
		"'s vCPU is loaded", "turns its caches on",
		"'s vCPU is started with its caches off", "'s vCPU stops", "cleans by set and way",
		"is reset", "is destroyed and created again", "memory is scrubbed"};
	const struct cpu_state *c = &world.cpu[s->cpu];

	if (!world.loud) {
		return;
	}
	if (needs_guest(s->kind) && c->vm != WORLD_NOBODY) {
		printf("%4u CPU %u: VM %u vCPU %u%s %s", number, s->cpu, c->vm, c->vcpu,
			world.vm[c->vm].vcpu[c->vcpu].off ? " (caches off)" : "", names[s->kind]);
	} else if (s->kind == STEP_SCRUB) {
		printf("%4u CPU %u: %s", number, s->cpu, names[s->kind]);
	} else {
		printf("%4u CPU %u: VM %u %s", number, s->cpu, s->vm, names[s->kind]);
	}
	if (s->kind <= STEP_HOST_READ) {
		printf(" page %u + 0x%x", s->page, (unsigned)fake_word_offset[s->word]);
	} else if (s->kind == STEP_RELINQUISH) {
		printf(" page %u", s->page);
	}
	printf("\n");
}

static unsigned run_steps(const struct history *history)
{
	unsigned i = 0;

	while (i < history->count && !world_has_failed()) {
		say_step(i, &history->step[i]);
		run_step(&history->step[i]);
		i++;
	}
	return i;
}

unsigned history_run(const struct history *history, const struct config *config)
{
	volatile unsigned done = 0;

	/* A panic is a failure as good as any. */
	fake_panic_expected = "";
	if (setjmp(fake_panic_jump) == 0) {
		world_init(config);
		done = run_steps(history);
		world_fini();
	} else {
		world_fail("Plinth panics");
		done = history->count;
		world_fini();
	}
	fake_panic_expected = NULL;
	return done;
}

void history_print(const struct history *history, const struct config *config)
{
	world.loud = true;
	(void)history_run(history, config);
	world.loud = false;
	printf("%s\n", world.failure);
}
