/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EFI_SERVICES_H
#define EFI_SERVICES_H

/* The parts of services.efi: with boot services, ... */
void check_memory(void);
void check_protocols(void);
void check_images(void);

/* ... and runtime services, in any phase. */
void check_runtime(const char *phase);

#endif
