/* SPDX-License-Identifier: Apache-2.0 */
/* The fake CPU's FP registers: what was loaded last on this thread. */
#include "vcpu/context.h"

static _Thread_local struct vcpu_fp fake_fp;

void vcpu_fp_save(struct vcpu_fp *fp)
{
	*fp = fake_fp;
}

void vcpu_fp_load(const struct vcpu_fp *fp)
{
	fake_fp = *fp;
}
