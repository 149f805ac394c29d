/* SPDX-License-Identifier: Apache-2.0 */
/* A whole bundle: whatever its bytes, the loader reports or builds VMs that keep the ABI. */
#include <stdlib.h>
#include <string.h>

#include "../harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct harness harness;
	/* Aligned to 4 as promised, at its exact size for ASan. */
	uint8_t *bundle = malloc(size + (size == 0));

	if (bundle == NULL) {
		return 0;
	}
	memcpy(bundle, data, size);
	harness_init(&harness);
	harness.loader.host.gic_version = size % 2 == 0 ? 3 : 2;
	(void)!harness_load(&harness, bundle, size);
	harness_fini(&harness);
	free(bundle);
	return 0;
}
