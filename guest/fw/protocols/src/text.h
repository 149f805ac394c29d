/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_TEXT_H
#define PROTOCOLS_TEXT_H

#include "protocols/console.h"

extern struct efi_text_output text_output;
extern struct efi_text_input text_input;
extern struct efi_text_input_ex text_input_ex;

/* Makes the events of the inputs, and empties them. */
efi_status_t text_input_init(void);
void text_output_init(void);

#endif
