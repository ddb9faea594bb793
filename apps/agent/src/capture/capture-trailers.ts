/** Trailers of the answer to a capture: packets told, each in one or two blocks, and those that found no room. */
export const PACKETS_TRAILER = 'podlan-packets';
export const LOST_TRAILER = 'podlan-lost';
