/* SPDX-License-Identifier: Apache-2.0 */
#include "vgpio/vgpio.h"

#include "base/bits.h"

/* Registers by the names of DDI 0190, chapter 3. */
#define GPIODATA_END  0x400U /* the address's bits 9:2 are a mask of the lines that are meant */
#define GPIODIR	      0x400U
#define GPIOIS	      0x404U
#define GPIOIBE	      0x408U
#define GPIOIEV	      0x40cU
#define GPIOIE	      0x410U
#define GPIORIS	      0x414U
#define GPIOMIS	      0x418U
#define GPIOIC	      0x41cU
#define GPIOPERIPHID0 0xfe0U

static uint8_t levels(const struct vgpio *gpio)
{
	return (uint8_t)((gpio->input & ~gpio->dir) | (gpio->output & gpio->dir));
}

/* Lines go from `before` to what they are now: edges are kept, levels are what they are. */
static void update(struct vgpio *gpio, uint8_t before)
{
	uint8_t now = levels(gpio);
	uint8_t rose = (uint8_t)(now & ~before);
	uint8_t fell = (uint8_t)(before & ~now);
	uint8_t edges =
		(uint8_t)((rose & (gpio->iev | gpio->ibe)) | (fell & (~gpio->iev | gpio->ibe)));
	uint8_t asserted = (uint8_t) ~(now ^ gpio->iev);

	gpio->ris = (uint8_t)(((gpio->ris | edges) & ~gpio->is) | (asserted & gpio->is));
	bool level = (gpio->ris & gpio->ie) != 0U;

	if (level != gpio->line) {
		gpio->line = level;
		gpio->ops->set_line(gpio->ctx, level);
	}
}

/* PeriphID 0x00041061 and PrimeCell ID 0xb105f00d, a byte for each word. */
static uint32_t read_id(uint64_t offset)
{
	static const uint8_t ids[8] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

	return ids[((offset - GPIOPERIPHID0) / 4U) % sizeof(ids)];
}

static uint32_t read_reg(const struct vgpio *gpio, uint64_t offset)
{
	if (offset < GPIODATA_END) {
		return levels(gpio) & (uint32_t)(offset >> 2);
	}
	switch (offset) {
	case GPIODIR:
		return gpio->dir;
	case GPIOIS:
		return gpio->is;
	case GPIOIBE:
		return gpio->ibe;
	case GPIOIEV:
		return gpio->iev;
	case GPIOIE:
		return gpio->ie;
	case GPIORIS:
		return gpio->ris;
	case GPIOMIS:
		return gpio->ris & gpio->ie;
	default:
		return offset >= GPIOPERIPHID0 ? read_id(offset) : 0U;
	}
}

static void write_reg(struct vgpio *gpio, uint64_t offset, uint8_t v)
{
	uint8_t before = levels(gpio);

	if (offset < GPIODATA_END) {
		uint8_t mask = (uint8_t)(offset >> 2);

		gpio->output = (uint8_t)((gpio->output & ~mask) | (v & mask));
	} else if (offset == GPIODIR) {
		gpio->dir = v;
	} else if (offset == GPIOIS) {
		gpio->is = v;
	} else if (offset == GPIOIBE) {
		gpio->ibe = v;
	} else if (offset == GPIOIEV) {
		gpio->iev = v;
	} else if (offset == GPIOIE) {
		gpio->ie = v;
	} else if (offset == GPIOIC) {
		gpio->ris &= (uint8_t)~v;
	}
	update(gpio, before);
}

enum mmio_result vgpio_mmio(void *ctx, struct mmio_access *access)
{
	struct vgpio *gpio = ctx;
	uint64_t offset = align_down(access->offset, 4);

	if (access->size > sizeof(uint32_t)) {
		return MMIO_FAULT;
	}
	lock_take(&gpio->lock);
	if (!access->write) {
		access->value = (read_reg(gpio, offset) >> (8U * (access->offset - offset))) &
				MASK_BELOW(8U * access->size);
	} else if (offset == access->offset) {
		write_reg(gpio, offset, (uint8_t)access->value);
	}
	lock_drop(&gpio->lock);
	return MMIO_DONE;
}

void vgpio_set_events(struct vgpio *gpio, bool high)
{
	lock_take(&gpio->lock);
	uint8_t before = levels(gpio);

	gpio->input = high ? VGPIO_EVENT_LINES : 0U;
	update(gpio, before);
	lock_drop(&gpio->lock);
}

void vgpio_reset(struct vgpio *gpio)
{
	lock_take(&gpio->lock);
	gpio->output = 0;
	gpio->dir = 0;
	gpio->is = 0;
	gpio->ibe = 0;
	gpio->iev = 0;
	gpio->ie = 0;
	gpio->ris = 0;
	update(gpio, levels(gpio));
	lock_drop(&gpio->lock);
}

void vgpio_init(struct vgpio *gpio, const struct vgpio_ops *ops, void *ctx)
{
	*gpio = (struct vgpio){.ops = ops, .ctx = ctx};
	lock_init(&gpio->lock, LOCK_RANK_DEVICE);
}
