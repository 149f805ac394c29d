/* SPDX-License-Identifier: Apache-2.0 */
#include "dts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static uint8_t *read_all(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	long end;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	end = ftell(file);
	rewind(file);
	bytes = malloc((size_t)end + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)end, file), end);
	bytes[end] = '\0';
	fclose(file);
	*size = (size_t)end;
	return bytes;
}

static void write_all(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Runs dtc over the input; returns the output, and its messages in *messages. */
static uint8_t *run_dtc(const char *options, const void *input, size_t *size, char **messages)
{
	char folder[] = "/tmp/plinth-dts-XXXXXX";
	char in[64], out[64], err[64], command[320];
	uint8_t *result;
	size_t length;

	assert_non_null(mkdtemp(folder));
	snprintf(in, sizeof(in), "%s/in", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	snprintf(err, sizeof(err), "%s/err", folder);
	write_all(in, input, *size);
	snprintf(command, sizeof(command), "dtc %s -o %s %s 2>%s", options, out, in, err);
	int exit_status = system(command);
	*messages = (char *)read_all(err, &length);
	if (exit_status != 0) {
		fail_msg("dtc %s: %s", options, *messages);
	}
	result = read_all(out, size);
	unlink(in);
	unlink(out);
	unlink(err);
	rmdir(folder);
	return result;
}

uint8_t *dts_compile(const char *text, size_t *size)
{
	char *messages;
	uint8_t *exact;

	*size = strlen(text);

	uint8_t *dtb = run_dtc("-q -I dts -O dtb", text, size, &messages);

	exact = malloc(*size);
	assert_non_null(exact);
	memcpy(exact, dtb, *size);
	free(dtb);
	free(messages);
	return exact;
}

char *dts_decompile(const void *dtb, size_t size)
{
	char *messages;
	char *text = (char *)run_dtc("-I dtb -O dts", dtb, &size, &messages);

	assert_string_equal(messages, "");
	free(messages);
	return text;
}
