/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has Plinth keep all that a guest can make it keep: every channel open, with a message of 64 KiB
 * in each, and then values of guestinfo until no more is taken. Tells how many, and sleeps.
 */
#include "libguest/libguest.h"

#include "base/fmt.h"
#include "base/string.h"
#include "plinth/backdoor.h"

#define CHANNELS   256U /* more than there are */
#define NAME_BYTES 64U
#define LEAST	   128U /* bytes of the smallest message with a value */

static uint8_t message[PLINTH_RPC_MAX];
static struct plinth_channel channel[CHANNELS];

/* What is said in it does not matter: the message stays where it came. */
static unsigned fill_channels(void)
{
	unsigned count = 0;

	memset(message, 'x', sizeof(message));
	while (count < CHANNELS && plinth_open(&channel[count], PLINTH_RPCI) == 0 &&
		plinth_send_hb(&channel[count], message, sizeof(message)) == 0) {
		count++;
	}
	return count;
}

/* A message of `size` bytes with a value; false: it was not taken. */
static bool set_value(unsigned number, size_t size)
{
	char reply[64] = {0};
	size_t head = fmt_buf((char *)message, NAME_BYTES, "info-set guestinfo.v%u ", number);

	message[head] = 'x'; /* where its NUL was */
	return plinth_send_hb(&channel[0], message, size) == 0 &&
	       plinth_receive_hb(&channel[0], reply, sizeof(reply)) > 0 && reply[0] == '1';
}

static unsigned fill_guestinfo(void)
{
	unsigned count = 0;

	for (size_t size = sizeof(message); size >= LEAST; size /= 2U) {
		while (set_value(count, size)) {
			count++;
		}
	}
	return count;
}

void guest_main(void)
{
	unsigned channels = fill_channels();
	unsigned values = fill_guestinfo();

	print("channels: %u full, %u values\n", channels, values);
	for (;;) {
		__asm__ volatile("wfi");
	}
}
