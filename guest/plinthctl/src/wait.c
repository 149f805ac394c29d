/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleeping until Plinth has something to tell: a rising edge on any line of the GPIO device at
 * 0x09030000 (Linux, linux/gpio.h). Each line has one user; Plinth raises all of them. They fall
 * where somebody reads events, and rise no more until then.
 */
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "ctl.h"

#define CHIP_LABEL "9030000.pl061"
#define CHIPS	   16U
#define WITHOUT_MS 100 /* where no line is to be had: how long to sleep at a time */

static int open_chip(void)
{
	for (unsigned i = 0; i < CHIPS; i++) {
		struct gpiochip_info info = {0};
		char path[32];

		snprintf(path, sizeof(path), "/dev/gpiochip%u", i);
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd >= 0 && ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) == 0 &&
			strstr(info.label, CHIP_LABEL) != NULL) {
			return fd;
		}
		if (fd >= 0) {
			close(fd);
		}
	}
	return -1;
}

bool ctl_drop_events(void)
{
	struct control_event events[8];
	struct plinth_control call = {.call = CONTROL_EVENTS,
		.buffer = events,
		.size = sizeof(events),
		.arg = UINT64_MAX};

	return ctl_try(&call) == CONTROL_OK;
}

int ctl_wait_open(void)
{
	static const unsigned lines[] = {0, 1, 2, 4, 5, 6, 7};
	int chip = open_chip();
	int line = -1;

	for (size_t i = 0; i < ARRAY_SIZE(lines) && chip >= 0 && line < 0; i++) {
		struct gpio_v2_line_request request = {
			.offsets = {lines[i]},
			.num_lines = 1,
			.consumer = "plinthctl",
			.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING,
		};

		if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0) {
			line = request.fd;
			(void)fcntl(line, F_SETFL, O_NONBLOCK);
		}
	}
	if (chip >= 0) {
		close(chip);
	}
	if (line >= 0) {
		(void)ctl_drop_events(); /* one that was there before us: it makes no edge */
	}
	return line;
}

uint64_t ctl_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

bool ctl_wait(int line, int fd, int milliseconds)
{
	struct pollfd polled[] = {
		{.fd = line, .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};
	struct gpio_v2_line_event events[16];

	fflush(stdout);
	if (line < 0 && (milliseconds < 0 || milliseconds > WITHOUT_MS)) {
		milliseconds = WITHOUT_MS;
	}
	(void)poll(polled, ARRAY_SIZE(polled), milliseconds);
	if ((polled[0].revents & POLLIN) != 0) {
		while (read(line, events, sizeof(events)) > 0) {
		}
		(void)ctl_drop_events();
	}
	return polled[1].revents == 0;
}
