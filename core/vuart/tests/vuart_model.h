/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of a vUART whatever a guest does, for the random test and the fuzzer.
 */
#ifndef VUART_MODEL_H
#define VUART_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Plays `size` bytes as accesses, input and events against a fresh UART; aborts where an
 * invariant breaks. */
void vuart_model_play(const uint8_t *script, size_t size);

#endif
