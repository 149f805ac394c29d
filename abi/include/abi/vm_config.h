/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM as loader/ describes it to the core: sizes, rights, and what lies in its memory when it
 * starts. The core checks every field again (vm_config_check in core/vm); it parses no format.
 */
#ifndef ABI_VM_CONFIG_H
#define ABI_VM_CONFIG_H

#include <stdint.h>

#define VM_CONFIG_MAGIC	  UINT64_C(0x474643564d564c50)
#define VM_CONFIG_VERSION 4U

#define VM_NAME_SIZE	    32U /* with the NUL; letters, digits, '-', '_', '.' */
#define VM_IMAGE_MAX	    32U
#define VM_RANGE_MAX	    12U
#define VM_DEVICE_MAX	    16U
#define VM_INTERRUPT_MAX    16U
#define VM_VCPU_MAX	    123U		 /* as many redistributors fit the machine's map */
#define VM_RAM_BASE	    UINT64_C(0x40000000) /* without MEMORY_DIRECT */
#define VM_DEVICES_BASE	    UINT64_C(0x08000000) /* emulated devices, up to RAM */
#define VM_DEVICES_END	    UINT64_C(0x0a000000) /* from here up to RAM, the machine's own */
#define VM_WEIGHT_DEFAULT   100U
#define VM_WEIGHT_MAX	    10000U
#define VM_OVERHEAD_DEFAULT UINT64_C(0x100000)

enum vm_image_kind {
	VM_IMAGE_COPY = 1,   /* `size` bytes from `source` */
	VM_IMAGE_RANDOM = 2, /* fresh entropy at each start of the VM (seeds in the devicetree) */
	VM_IMAGE_TOKEN = 3,  /* the VM's control token, 16 bytes, new at each start */
};

/* The guest will write most of it, as a kernel does that relocates and patches itself: it is copied
 * into the VM's own memory before each start, not page by page as the guest writes. COPY alone, in
 * RAM alone. */
#define VM_IMAGE_FLAG_WRITTEN UINT32_C(0x1)

/* Memory of the VM beside its RAM: a disk, a firmware's ROM, files for a firmware. What lies there
 * outlives the VM's resets and its power, as long as Plinth runs. `ipa` is a multiple of 2 MiB, in
 * no gigabyte of RAM and no device's place, `size` a multiple of 4 KiB. */
struct vm_range {
	uint64_t ipa;
	uint64_t size;
	uint32_t flags; /* VM_RANGE_* */
	uint32_t reserved;
};

/* The guest's stores are external aborts. */
#define VM_RANGE_READ_ONLY UINT32_C(0x1)

/* Bytes at `ipa` in the VM's RAM or in one of its ranges. A later image lies over an earlier one.
 * What no image covers is zero. The source is never written: RAM starts from it again at a reset.
 */
struct vm_image {
	uint64_t ipa;
	uint64_t size;
	uint64_t source; /* physical address; COPY alone */
	uint32_t kind;	 /* enum vm_image_kind */
	uint32_t flags;	 /* VM_IMAGE_FLAG_* */
};

#define VM_FLAG_VMWARE		UINT32_C(0x1)
#define VM_FLAG_CONTROL		UINT32_C(0x2)
#define VM_FLAG_ANONYMOUS	UINT32_C(0x4)
#define VM_FLAG_OVERCOMMIT	UINT32_C(0x8)
#define VM_FLAG_COHERENCY_EAGER UINT32_C(0x10)
#define VM_FLAG_GICV2		UINT32_C(0x20)	/* the VM's view is GICv2 (GICv2 hosts) */
#define VM_FLAG_BACKDOOR_BRK	UINT32_C(0x40)	/* BRK #0x86 is a call, too; wants VMWARE */
#define VM_FLAG_UEFI		UINT32_C(0x80)	/* UEFI runtime services answer (abi/uefi_rt.h) */
#define VM_FLAG_NVRAM_VOLATILE	UINT32_C(0x100) /* its variables may end with Plinth */
#define VM_FLAG_MEMORY_DIRECT                                                                      \
	UINT32_C(0x200) /* RAM at the machine's own addresses, for devices                         \
			 */

/* A device of the machine that is the VM's own, at the machine's address: its guest gets the whole
 * pages that it lies in, which are no RAM and no device of another VM's or of Plinth's. With
 * MEMORY_DIRECT alone. */
struct vm_device {
	uint64_t base;
	uint32_t size;
	uint32_t flags; /* VM_DEVICE_* */
};

/* virtio-mmio (virtio 1.2, 4.2): Plinth resets it when the VM is off. Others go on as they are. */
#define VM_DEVICE_VIRTIO UINT32_C(0x1)

/* An SPI of the machine that is the VM's own, under the same number. */
struct vm_interrupt {
	uint32_t intid; /* from 32 on */
	uint32_t flags; /* VM_INTERRUPT_* */
};

#define VM_INTERRUPT_EDGE UINT32_C(0x1) /* as it is wired; else level-sensitive */

/* A value of guestinfo that is there when the VM starts: key (without "guestinfo.") and value are
 * bytes at physical addresses that nobody writes any more (the bundle's); sizes without a NUL. */
struct vm_guestinfo {
	uint64_t key;
	uint64_t value;
	uint32_t key_size;
	uint32_t value_size;
};

#define VM_GUESTINFO_MAX 64U

#define VM_RIGHT_OBSERVE UINT32_C(0x1)
#define VM_RIGHT_POWER	 UINT32_C(0x2)
#define VM_RIGHT_CONFIG	 UINT32_C(0x4)
#define VM_RIGHT_MEMORY	 UINT32_C(0x8)
#define VM_RIGHT_ALL	 UINT32_C(0xf)

struct vm_config {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* sizeof(struct vm_config) */
	char name[VM_NAME_SIZE];
	uint32_t flags;	 /* VM_FLAG_* */
	uint32_t rights; /* VM_RIGHT_*; 0 without VM_FLAG_CONTROL */
	uint32_t vcpu_count;
	uint32_t weight;
	uint64_t affinity; /* bit n: may run on CPU n; 0: on all */
	uint64_t ram_size; /* from ram_base; a multiple of 2 MiB */
	uint64_t overhead; /* bytes of Plinth's memory for this VM's messages and consoles */
	uint64_t entry;	   /* IPA of vCPU 0's first instruction */
	uint64_t arg;	   /* its x0: IPA of the devicetree */
	uint32_t image_count;
	uint32_t guestinfo_count;
	uint32_t range_count;
	uint32_t reserved;
	uint64_t guestinfo; /* physical address of struct vm_guestinfo[]; read once, at the start */
	struct vm_range ranges[VM_RANGE_MAX];
	struct vm_image images[VM_IMAGE_MAX];
	uint8_t uuid[16]; /* from the name and the bundle; SMBIOS and GETUUID show it */
	/* VM_RAM_BASE; with MEMORY_DIRECT a multiple of 2 MiB above it, and the physical address of
	 * memory that is the VM's alone (BOOT_MEM_IMAGE). No ranges then, and no overcommit. */
	uint64_t ram_base;
	uint32_t device_count;
	uint32_t interrupt_count;
	struct vm_device devices[VM_DEVICE_MAX];
	struct vm_interrupt interrupts[VM_INTERRUPT_MAX];
};

#endif
