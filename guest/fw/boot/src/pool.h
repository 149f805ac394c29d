/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_POOL_H
#define BOOT_POOL_H

/* Forgets all pool memory. */
void fw_pool_init(void);

#endif
