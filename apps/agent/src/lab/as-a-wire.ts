/**
 * Run inside a namespace, so that a device of it does what one on a real wire does:
 *
 *     as-a-wire.js card eth0     finishes checksums and segments by itself; joins packets that come in (GRO)
 *     as-a-wire.js port host-a   the end on the underlay: the same, but it joins nothing, as no switch does
 */
import { disableTransmitOffload, enableReceiveOffload } from '@podlan/linux';

const [kind, device] = process.argv.slice(2) as ['card' | 'port', string];
disableTransmitOffload(device);
if (kind === 'card') enableReceiveOffload(device);
