/** What is wrong with the packet itself: too big for a link on its way, or with too few hops to live. */
import type { Fault, FaultGround, FaultProbe } from './fault.js';
import { KERNEL_LAB as lab, nothing, sh, vethOf } from './fault-lab.js';

const probe: FaultProbe = { from: 'pod-a1', to: 'pod-b1' };
/** As big as the overlay of both families carries: 1430 bytes with the headers of IPv4 and ICMP. */
const FULL = { ...probe, size: 1402, df: true };

/** Of pod-a1, both ends of its veth pair. */
const setPodMtu = (mtu: number) => async (made: FaultGround) => {
  await sh(made, 'pod-a1', `ip link set eth0 mtu ${mtu}`);
  await sh(made, 'host-a', `ip link set ${vethOf('pod-a1')} mtu ${mtu}`);
};

export const PACKET_FAULTS: readonly Fault[] = [
  {
    name: "a packet that must not be cut is bigger than the pod's MTU",
    lab,
    make: nothing,
    mend: nothing,
    probe: { ...FULL, size: 1403 },
    sound: FULL,
    symptom: 'refused by the sender',
    cause: { node: 'pod-a1', code: 'exceeds-mtu' },
  },
  {
    name: 'a pod believes in a bigger MTU than the overlay has',
    lab,
    make: setPodMtu(1500),
    mend: setPodMtu(1430),
    probe: { ...FULL, size: 1472 },
    sound: FULL,
    symptom: 'answered by an ICMP error',
    cause: { node: 'host-a', code: 'exceeds-mtu' },
  },
  ...['host-a', 'host-b'].map(
    (node, index): Fault => ({
      name: `a packet's TTL ends at ${node}`,
      lab,
      make: nothing,
      mend: nothing,
      probe: { ...probe, ttl: index + 1 },
      sound: { ...probe, ttl: 3 },
      symptom: 'answered by an ICMP error',
      cause: { node, code: 'ttl-exceeded' },
    }),
  ),
];
