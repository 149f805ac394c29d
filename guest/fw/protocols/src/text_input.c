/* SPDX-License-Identifier: Apache-2.0 */
/* SimpleTextInput and its Ex form (12.2, 12.3): VT100's and xterm's sequences become keys. */
#include "base/string.h"
#include "fw/events.h"
#include "fw/platform.h"
#include "text.h"

#define KEYS_MAX     32U
#define SEQUENCE_MAX 8U
#define ESCAPE_WAIT  UINT64_C(500000) /* 50 ms: what comes later is no part of a sequence */
#define NOTIFIES_MAX 8U
#define ESC	     0x1bU
#define STATE_VALID  UINT32_C(0x80000000)
#define TOGGLE_VALID UINT8_C(0x80)

static struct efi_input_key keys[KEYS_MAX];
static uint32_t key_first;
static uint32_t key_count;

static uint8_t sequence[SEQUENCE_MAX]; /* what came since an ESC */
static uint32_t sequence_size;
static uint64_t sequence_time;

static struct notify {
	struct efi_input_key key;
	efi_key_notify_t call; /* NULL: the slot is free */
} notifies[NOTIFIES_MAX];

static const struct known {
	char text[6]; /* behind ESC */
	uint16_t scan_code;
} known[] = {
	{"[A", EFI_SCAN_UP},
	{"[B", EFI_SCAN_DOWN},
	{"[C", EFI_SCAN_RIGHT},
	{"[D", EFI_SCAN_LEFT},
	{"OA", EFI_SCAN_UP},
	{"OB", EFI_SCAN_DOWN},
	{"OC", EFI_SCAN_RIGHT},
	{"OD", EFI_SCAN_LEFT},
	{"[H", EFI_SCAN_HOME},
	{"[F", EFI_SCAN_END},
	{"OH", EFI_SCAN_HOME},
	{"OF", EFI_SCAN_END},
	{"[1~", EFI_SCAN_HOME},
	{"[4~", EFI_SCAN_END},
	{"[2~", EFI_SCAN_INSERT},
	{"[3~", EFI_SCAN_DELETE},
	{"[5~", EFI_SCAN_PAGE_UP},
	{"[6~", EFI_SCAN_PAGE_DOWN},
	{"OP", EFI_SCAN_F1},
	{"OQ", EFI_SCAN_F1 + 1},
	{"OR", EFI_SCAN_F1 + 2},
	{"OS", EFI_SCAN_F1 + 3},
	{"[11~", EFI_SCAN_F1},
	{"[12~", EFI_SCAN_F1 + 1},
	{"[13~", EFI_SCAN_F1 + 2},
	{"[14~", EFI_SCAN_F1 + 3},
	{"[15~", EFI_SCAN_F1 + 4},
	{"[17~", EFI_SCAN_F1 + 5},
	{"[18~", EFI_SCAN_F1 + 6},
	{"[19~", EFI_SCAN_F1 + 7},
	{"[20~", EFI_SCAN_F1 + 8},
	{"[21~", EFI_SCAN_F1 + 9},
	{"[23~", EFI_SCAN_F1 + 10},
	{"[24~", EFI_SCAN_F1 + 11},
};

static void add_key(uint16_t scan_code, efi_char_t c)
{
	struct efi_input_key key = {.scan_code = scan_code, .unicode_char = c};
	struct efi_key_data data = {
		.key = key, .shift_state = STATE_VALID, .toggle_state = TOGGLE_VALID};

	for (uint32_t i = 0; i < NOTIFIES_MAX; i++) {
		if (notifies[i].call != NULL && memcmp(&notifies[i].key, &key, sizeof(key)) == 0) {
			(void)notifies[i].call(&data);
		}
	}
	if (key_count < KEYS_MAX) {
		keys[(key_first + key_count++) % KEYS_MAX] = key;
	}
}

static void add_byte(uint8_t byte)
{
	/* A terminal's delete key sends DEL, where EFI wants backspace. */
	add_key(0, byte == 0x7fU ? '\b' : byte);
}

/* Gives up: the ESC was the key itself, and what followed was typed. */
static void end_sequence(void)
{
	uint32_t size = sequence_size;

	sequence_size = 0;
	add_key(EFI_SCAN_ESC, 0);
	for (uint32_t i = 1; i < size; i++) {
		add_byte(sequence[i]);
	}
}

/* Whether some sequence goes on like that; *found: this is one. */
static bool is_beginning(uint16_t *found)
{
	bool begins = sequence_size == 1U;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint32_t length = (uint32_t)strlen(known[i].text);

		if (sequence_size - 1U <= length &&
			memcmp(known[i].text, sequence + 1, sequence_size - 1U) == 0) {
			begins = true;
			if (sequence_size - 1U == length) {
				*found = known[i].scan_code;
			}
		}
	}
	return begins;
}

static void take_byte(uint8_t byte)
{
	uint16_t found = 0;

	if (sequence_size == 0U && byte != ESC) {
		add_byte(byte);
		return;
	}
	if (byte == ESC && sequence_size > 0U) {
		end_sequence();
	}
	sequence[sequence_size++] = byte;
	sequence_time = platform_time();
	if (!is_beginning(&found)) {
		end_sequence();
	} else if (found != 0U) {
		sequence_size = 0;
		add_key(found, 0);
	}
}

static void poll_line(void)
{
	uint8_t byte;

	while (key_count < KEYS_MAX && line_read(&byte)) {
		take_byte(byte);
	}
	if (sequence_size > 0U && platform_time() - sequence_time > ESCAPE_WAIT) {
		end_sequence();
	}
}

bool console_key(struct efi_input_key *key)
{
	poll_line();
	if (key_count == 0U) {
		return false;
	}
	*key = keys[key_first];
	key_first = (key_first + 1U) % KEYS_MAX;
	key_count--;
	return true;
}

bool console_wait_key(struct efi_input_key *key, uint64_t time_100ns)
{
	uint64_t start = platform_time();

	while (!console_key(key)) {
		fw_events_poll();
		if (time_100ns != UINT64_MAX && platform_time() - start >= time_100ns) {
			return false;
		}
		platform_idle();
	}
	return true;
}

static void empty(void)
{
	uint8_t byte;

	for (uint32_t i = 0; i < 4096U && line_read(&byte); i++) {
	}
	key_count = 0;
	sequence_size = 0;
}

static efi_status_t reset(struct efi_text_input *self, efi_bool_t extended)
{
	(void)self;
	(void)extended;
	empty();
	return EFI_SUCCESS;
}

static efi_status_t read_key_stroke(struct efi_text_input *self, struct efi_input_key *key)
{
	(void)self;
	if (key == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	fw_events_poll();
	return console_key(key) ? EFI_SUCCESS : EFI_NOT_READY;
}

static efi_status_t reset_ex(struct efi_text_input_ex *self, efi_bool_t extended)
{
	(void)self;
	(void)extended;
	empty();
	return EFI_SUCCESS;
}

static efi_status_t read_key_stroke_ex(struct efi_text_input_ex *self, struct efi_key_data *data)
{
	(void)self;
	if (data == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	memset(data, 0, sizeof(*data));
	fw_events_poll();
	return console_key(&data->key) ? EFI_SUCCESS : EFI_NOT_READY;
}

/* A serial line has no locks to set. */
static efi_status_t set_state(struct efi_text_input_ex *self, uint8_t *toggle)
{
	(void)self;
	return toggle == NULL ? EFI_INVALID_PARAMETER : EFI_UNSUPPORTED;
}

static efi_status_t register_key_notify(struct efi_text_input_ex *self, struct efi_key_data *data,
	efi_key_notify_t notify, void **handle)
{
	(void)self;
	if (data == NULL || notify == NULL || handle == NULL) {
		return EFI_INVALID_PARAMETER;
	}
	for (uint32_t i = 0; i < NOTIFIES_MAX; i++) {
		if (notifies[i].call == NULL) {
			notifies[i].key = data->key;
			notifies[i].call = notify;
			*handle = &notifies[i];
			return EFI_SUCCESS;
		}
	}
	return EFI_OUT_OF_RESOURCES;
}

static efi_status_t unregister_key_notify(struct efi_text_input_ex *self, void *handle)
{
	(void)self;
	for (uint32_t i = 0; i < NOTIFIES_MAX; i++) {
		if (handle == &notifies[i] && notifies[i].call != NULL) {
			notifies[i].call = NULL;
			return EFI_SUCCESS;
		}
	}
	return EFI_INVALID_PARAMETER;
}

struct efi_text_input text_input = {.reset = reset, .read_key_stroke = read_key_stroke};

struct efi_text_input_ex text_input_ex = {
	.reset = reset_ex,
	.read_key_stroke = read_key_stroke_ex,
	.set_state = set_state,
	.register_key_notify = register_key_notify,
	.unregister_key_notify = unregister_key_notify,
};

static void look_for_key(efi_event_t event, void *context)
{
	(void)context;
	poll_line();
	if (key_count > 0U) {
		(void)fw_signal_event(event);
	}
}

efi_status_t text_input_init(void)
{
	efi_status_t status = fw_create_event(EFI_EVENT_NOTIFY_WAIT, EFI_TPL_NOTIFY, look_for_key,
		NULL, &text_input.wait_for_key);

	memset(notifies, 0, sizeof(notifies));
	key_count = 0;
	sequence_size = 0;
	if (status != EFI_SUCCESS) {
		return status;
	}
	return fw_create_event(EFI_EVENT_NOTIFY_WAIT, EFI_TPL_NOTIFY, look_for_key, NULL,
		&text_input_ex.wait_for_key);
}
