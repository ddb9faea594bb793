/** Numbers of pcapng (draft-ietf-opsawg-pcapng) that the writer and the reader share. */

/** The same in either byte order; how the section's numbers are to be read stands behind it. */
export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
/** Obsolete, with an interface of 16 bits; still read. */
export const PACKET = 2;
export const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type and length before the body of a block, and the length again after it. */
export const BLOCK_HEADER_BYTES = 8;
export const BLOCK_BYTES = 12;

export const OPTION_END = 0;
export const OPTION_COMMENT = 1;
export const SECTION_APPLICATION = 4;
export const INTERFACE_NAME = 2;
export const INTERFACE_TIME_RESOLUTION = 9;
export const INTERFACE_TIME_OFFSET = 14;
