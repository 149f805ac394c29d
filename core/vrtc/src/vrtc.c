/* SPDX-License-Identifier: Apache-2.0 */
#include "vrtc/vrtc.h"

#include "arch/mmio.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"

/* Registers by the names of DDI 0224, chapter 3. */
#define RTCDR	     0x000U
#define RTCMR	     0x004U
#define RTCLR	     0x008U
#define RTCCR	     0x00cU
#define RTCIMSC	     0x010U
#define RTCRIS	     0x014U
#define RTCMIS	     0x018U
#define RTCICR	     0x01cU
#define RTCPERIPHID0 0xfe0U

#define RTCCR_EN  1U
#define RTC_ALARM 1U

/* The host's clock: it showed host_seconds when the counter was at host_count. Constant after
 * vrtc_boot(). */
static uint32_t host_seconds;
static uint64_t host_count;
static bool host_has_clock;

void vrtc_boot(uintptr_t rtc_va, uint64_t seconds, uint64_t count)
{
	host_seconds = (uint32_t)seconds;
	host_count = count;
	if (rtc_va != 0U) {
		host_seconds = arch_mmio_read32(rtc_va + RTCDR);
		host_count = read_cntpct_el0();
	}
	host_has_clock = rtc_va != 0U || seconds != 0U;
}

bool vrtc_host_clock(uint64_t *seconds, uint32_t *microseconds)
{
	uint64_t frequency = read_cntfrq_el0();
	uint64_t passed = read_cntpct_el0() - host_count;

	*seconds = host_seconds + passed / frequency;
	*microseconds = (uint32_t)(passed % frequency * 1000000U / frequency);
	return host_has_clock;
}

static uint32_t guest_time(const struct vrtc *rtc, uint64_t count)
{
	uint64_t passed = (count - host_count) / read_cntfrq_el0();

	return host_seconds + (uint32_t)passed + rtc->offset;
}

static void update_line(struct vrtc *rtc)
{
	bool level = (rtc->ris & rtc->imsc) != 0U;

	if (level != rtc->line) {
		rtc->line = level;
		rtc->ops->set_line(rtc->ctx, level);
	}
}

/* Match or clock were written (deadline is VRTC_NEVER), or the deadline is near: raises the alarm
 * now, or arms the timer for it. The counter of 32 bits comes round to every match value, after 136
 * years at the latest. */
static void plan_alarm(struct vrtc *rtc)
{
	uint64_t frequency = read_cntfrq_el0();
	uint64_t count = read_cntpct_el0();

	if (!rtc->waiting) {
		return;
	}
	uint32_t seconds = rtc->match - guest_time(rtc, count);

	if (seconds == 0U || count >= rtc->deadline) {
		rtc->waiting = false;
		rtc->deadline = VRTC_NEVER;
		rtc->ris = RTC_ALARM;
		rtc->ops->arm(rtc->ctx, VRTC_NEVER);
		return;
	}
	uint64_t into_second = (count - host_count) % frequency;

	rtc->deadline = count - into_second + seconds * frequency;
	rtc->ops->arm(rtc->ctx, rtc->deadline);
}

/* PeriphID 0x00041031 and PrimeCell ID 0xb105f00d, a byte for each word. */
static uint32_t read_id(uint64_t offset)
{
	static const uint8_t ids[8] = {0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	return ids[((offset - RTCPERIPHID0) / 4U) % sizeof(ids)];
}

static uint32_t read_reg(const struct vrtc *rtc, uint64_t offset)
{
	switch (offset) {
	case RTCDR:
		return guest_time(rtc, read_cntpct_el0());
	case RTCMR:
		return rtc->match;
	case RTCLR:
		return rtc->load;
	case RTCCR:
		return RTCCR_EN;
	case RTCIMSC:
		return rtc->imsc;
	case RTCRIS:
		return rtc->ris;
	case RTCMIS:
		return rtc->ris & rtc->imsc;
	default:
		return offset >= RTCPERIPHID0 ? read_id(offset) : 0U;
	}
}

static void set_offset(struct vrtc *rtc, uint32_t offset)
{
	rtc->offset = offset;
	rtc->deadline = VRTC_NEVER;
	plan_alarm(rtc);
}

static void write_reg(struct vrtc *rtc, uint64_t offset, uint32_t v)
{
	switch (offset) {
	case RTCMR:
		rtc->match = v;
		rtc->waiting = true;
		rtc->deadline = VRTC_NEVER;
		plan_alarm(rtc);
		break;
	case RTCLR:
		rtc->load = v;
		set_offset(rtc, rtc->offset + v - guest_time(rtc, read_cntpct_el0()));
		break;
	case RTCIMSC:
		rtc->imsc = v & RTC_ALARM;
		break;
	case RTCICR:
		rtc->ris &= ~v;
		break;
	default:
		break; /* CR too: the clock can't be stopped once it runs */
	}
	update_line(rtc);
}

enum mmio_result vrtc_mmio(void *ctx, struct mmio_access *access)
{
	struct vrtc *rtc = ctx;
	uint64_t offset = align_down(access->offset, 4);

	if (access->size > sizeof(uint32_t)) {
		return MMIO_FAULT;
	}
	lock_take(&rtc->lock);
	if (!access->write) {
		uint64_t v = read_reg(rtc, offset);

		access->value =
			(v >> (8U * (access->offset - offset))) & MASK_BELOW(8U * access->size);
	} else if (offset == access->offset) {
		write_reg(rtc, offset, (uint32_t)access->value);
	}
	lock_drop(&rtc->lock);
	return MMIO_DONE;
}

uint32_t vrtc_seconds(struct vrtc *rtc)
{
	lock_take(&rtc->lock);
	uint32_t seconds = guest_time(rtc, read_cntpct_el0());

	lock_drop(&rtc->lock);
	return seconds;
}

uint32_t vrtc_offset(struct vrtc *rtc)
{
	lock_take(&rtc->lock);
	uint32_t offset = rtc->offset;

	lock_drop(&rtc->lock);
	return offset;
}

void vrtc_set_offset(struct vrtc *rtc, uint32_t offset)
{
	lock_take(&rtc->lock);
	set_offset(rtc, offset);
	update_line(rtc);
	lock_drop(&rtc->lock);
}

void vrtc_set_seconds(struct vrtc *rtc, uint32_t seconds)
{
	lock_take(&rtc->lock);
	set_offset(rtc, rtc->offset + seconds - guest_time(rtc, read_cntpct_el0()));
	update_line(rtc);
	lock_drop(&rtc->lock);
}

void vrtc_alarm(struct vrtc *rtc)
{
	lock_take(&rtc->lock);
	plan_alarm(rtc);
	update_line(rtc);
	lock_drop(&rtc->lock);
}

void vrtc_reset(struct vrtc *rtc)
{
	lock_take(&rtc->lock);
	rtc->match = 0;
	rtc->load = 0;
	rtc->imsc = 0;
	rtc->ris = 0;
	rtc->waiting = false;
	rtc->deadline = VRTC_NEVER;
	rtc->ops->arm(rtc->ctx, VRTC_NEVER);
	update_line(rtc);
	lock_drop(&rtc->lock);
}

void vrtc_init(struct vrtc *rtc, const struct vrtc_ops *ops, void *ctx)
{
	*rtc = (struct vrtc){.ops = ops, .ctx = ctx, .deadline = VRTC_NEVER};
	lock_init(&rtc->lock, LOCK_RANK_DEVICE);
}
