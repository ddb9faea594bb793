/** What each reason for which a packet is dropped means to who looks for the cause. */
import type { DropReason } from './journey.js';

/**
 * A line for every reason.
 * @example
 * ```ts
 * import { DROP_MEANINGS } from '@podlan/simulator';
 *
 * DROP_MEANINGS['no-route']; // => 'no route leads to the destination'
 * ```
 */
export const DROP_MEANINGS: Readonly<Record<DropReason, string>> = {
  'other-host': 'the frame is to the MAC address of another device',
  'device-down': 'the device is down, or gone',
  'no-carrier': 'nothing is plugged in at the other end of the device',
  'lost-on-link': 'the link lost it, by chance',
  'no-route': 'no route leads to the destination',
  'blackhole-route': 'a blackhole route swallows all that goes there',
  'unreachable-route': 'an unreachable route refuses all that goes there',
  'prohibit-route': 'a prohibit route refuses all that goes there',
  'not-forwarding': 'it is for another host, and this one does not forward packets',
  'martian-source': 'its source address is an address of the host it came to',
  'reverse-path': 'no route leads back to its source by the device it came in by (rp_filter)',
  'ipv6-disabled': 'the device has IPv6 switched off (disable_ipv6)',
  'ttl-exceeded': 'its time to live ran out: too many routers, or a loop of routes',
  'too-big': 'it is larger than the device takes, and may not be fragmented',
  filtered: 'a rule of netfilter keeps it back',
  'neighbor-unresolved': 'nobody says which MAC address the next hop has',
  'no-fdb-entry': 'the VXLAN device has no entry that says behind which host the MAC address is',
  'bridge-port-isolated': 'the bridge keeps the two ports apart',
  'bridge-port-state': 'the port of the bridge is in a state in which it passes nothing on',
  'no-hairpin': 'the bridge does not send a frame back where it came from',
  'no-tunnel': 'the forwarder has no tunnel to a node with this destination',
  'forwarder-refused': 'the forwarder does not take it',
  'no-vni': 'no VXLAN device of this host has its VNI',
  'own-frame': 'the host has its own frame back',
  'no-socket': 'nobody listens on this port',
  'no-source-address': 'the sender has no address of the family to send from',
  'echo-ignored': 'the host answers no echo request (icmp_echo_ignore_all)',
  malformed: 'it is no whole packet of its protocol',
  'not-for-this-host': 'it is for one host, in a frame for all',
  'fragment-missing': 'not all of its fragments came',
  'forwarding-loop': 'it goes round in circles',
  'not-simulated':
    'what becomes of it here cannot be told: the device is of a kind that is not simulated, or no snapshot shows the place',
};
