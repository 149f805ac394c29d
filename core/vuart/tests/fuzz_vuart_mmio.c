/* SPDX-License-Identifier: Apache-2.0 */
#include "vuart_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vuart_model_play(data, size);
	return 0;
}
