/** The kinds of text and number that fields of a snapshot hold. A message is what was expected. */
import {
  type IpAddress,
  type IpPrefix,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
} from '@podlan/wire';
import * as v from 'valibot';

const textOf =
  <T>(parse: (text: string) => T | undefined) =>
  (input: unknown): boolean =>
    typeof input === 'string' && parse(input) !== undefined;

/** Comes in any writing, goes out in the usual one. Annotated: the brand within has no name outside of its package. */
export const address: v.GenericSchema<IpAddress> = v.pipe(
  v.custom<IpAddress>(textOf(parseIpAddress), 'an IP address'),
  v.transform((text) => parseIpAddress(text)!),
);
export const prefix: v.GenericSchema<IpPrefix> = v.custom(
  (input) => typeof input === 'string' && parseIpPrefix(input) === input,
  'an IP prefix without host bits',
);
/** As iproute2 prints destinations. Of IPv6 routes' `from` it prints host bits too. */
export const destination = v.custom<string>(
  (input) => input === 'default' || textOf(parseIpAddress)(input) || textOf(parseInterfaceAddress)(input),
  'default, an IP address or an IP prefix',
);
/** Of whatever the device has for one: a MAC, of some tunnels an IP address, 20 bytes of InfiniBand. */
export const linkLayerAddress = v.custom<string>(
  (input) => textOf(parseIpAddress)(input) || textOf(octets)(input),
  'a link-layer address',
);
const octets = (text: string) => /^[0-9a-f]{2}(:[0-9a-f]{2}){0,31}$/i.exec(text) ?? undefined;

export const whole = v.pipe(v.number(), v.safeInteger('a whole number'), v.minValue(0, 'a whole number'));
const upTo = (most: number) => v.pipe(whole, v.maxValue(most, `a whole number up to ${most}`));
export const port = upTo(0xffff);
export const vni = upTo(0xffffff);
/** A 32-bit number, as the kernel keeps most of its own. */
export const uint32 = upTo(0xffffffff);
export const hopLimit = upTo(255);
export const prefixLength = upTo(128);
/** As iproute2 prints marks: in hexadecimal where it knows that they are. */
export const mark = v.pipe(
  v.string(),
  v.regex(/^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i, 'a 32-bit mark'),
  v.check((text) => Number(text) <= 0xffffffff, 'a 32-bit mark'),
);
/** A number, or a name that /etc/iproute2/rt_tables gives it. */
export const tableName = v.pipe(
  v.string(),
  v.regex(/^[^\s]{1,255}$/u, 'the name or number of a routing table'),
  v.check((text) => !/^\d+$/.test(text) || Number(text) <= 0xffffffff, 'the number of a routing table'),
);
/** Of a rule, a source or destination: an address without its length. */
export const ruleAddress = v.custom<string>(
  (input) => input === 'all' || textOf(parseIpAddress)(input),
  'all or an IP address',
);
export const index = v.pipe(v.number(), v.integer('a whole number'));
/** Of nodes, pods and namespaces. */
export const name = v.pipe(v.string(), v.regex(/^[^\s/]{1,253}$/u, 'a name without spaces and slashes'));
export const deviceName = v.pipe(v.string(), v.regex(/^[^\s/]{1,15}$/u, 'the name of a device'));
export const isoTime = v.pipe(v.string(), v.isoTimestamp('a time such as 2030-01-31T12:00:00.000Z'));
export const words = v.array(v.string());
export const may = v.exactOptional;
