/** Addresses and packet codecs. Everything here is pure: no sockets, no clock, no dependencies. */

export * from './address.js';
