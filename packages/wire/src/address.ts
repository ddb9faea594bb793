/**
 * IP addresses, prefixes and MAC addresses as *canonical text*.
 *
 * An address that went through `parse…` here is a branded string: equal addresses are equal strings, so it can be
 * compared with `===`, used as a map key, printed, and put into JSON as it is. IPv6 text is RFC 5952.
 * The family lies inside the value; nothing in podlan has a v4 field beside a v6 field.
 */

declare const brand: unique symbol;

/** `10.244.1.5` or `fd00::5` (RFC 5952 text). Made by {@link parseIpAddress}. */
export type IpAddress = string & { readonly [brand]: 'IpAddress' };
/** `10.244.1.0/24`: host bits are zero. Made by {@link parseIpPrefix}. */
export type IpPrefix = string & { readonly [brand]: 'IpPrefix' };
/** `10.244.1.1/24`: an address with the length of its on-link prefix, as `ip address` shows it. */
export type InterfaceAddress = string & { readonly [brand]: 'InterfaceAddress' };
/** `3a:a6:bc:cb:d8:d4`: lower case, colons. Made by {@link parseMacAddress}. */
export type MacAddress = string & { readonly [brand]: 'MacAddress' };

export type Family = 4 | 6;

export declare function todo(): never;
