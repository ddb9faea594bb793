/** native/vxlan.c with the settings and the packets that the other forwarders have. */
import { ipToBytes, ipToMappedBytes, macToBytes, prefixAddress, prefixLength } from '@podlan/wire';
import { compile, NativeProgram } from '../native/program.js';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const NO_ADDRESS = '0'.repeat(32);

export class NativeForwarder {
  #program;
  #slots;

  constructor(slots, slotBytes) {
    const path = compile(['vxlan.c', 'forward.h', 'lpm24.h']);
    this.#program = new NativeProgram(path, [String(slots), String(slotBytes)]);
    this.#slots = slots;
  }

  async configure({ vni, mac, networks, subnets, tunnels }) {
    await this.#program.ask(`identity ${vni} ${hex(macToBytes(mac))}`);
    for (const prefix of networks) await this.#add('networks', prefix, 0);
    for (const prefix of subnets) await this.#add('subnets', prefix, 0);
    for (const { prefix, remote, port } of tunnels) {
      const endpoint = await this.#program.number(`endpoint ${hex(ipToMappedBytes(remote))}`);
      await this.#add('tunnels', prefix, endpoint * 65536 + port);
    }
    await this.#program.ask('ready');
  }

  #add(table, prefix, value) {
    const address = hex(ipToBytes(prefixAddress(prefix)));
    return this.#program.ask(`prefix ${table} ${address} ${prefixLength(prefix)} ${value}`);
  }

  async load(direction, packets) {
    for (const [slot, { bytes, remote }] of packets.entries()) {
      const address = remote ? hex(ipToMappedBytes(remote)) : NO_ADDRESS;
      await this.#program.ask(`load ${direction} ${slot} ${address} ${hex(bytes)}`);
    }
  }

  /** A task of `times` batches; `what` is encap, decap, copy-tx or copy-rx. */
  task(what, length, times) {
    return { operations: this.#slots * times, run: this.#program.timed(() => `${what} ${length} ${times}`) };
  }

  /** One batch, and then each slot as `{ verdict, address, port, sourcePort, trafficClass, bytes }`. */
  async outcome(what, direction, length) {
    await this.#program.ask(`${what} ${length} 1`);
    const slots = [];
    for (let slot = 0; slot < this.#slots; slot++) {
      const answer = await this.#program.ask(`slot ${direction} ${slot}`);
      const [verdict, address, port, sourcePort, trafficClass, bytes] = answer.split(' ');
      const numbers = [port, sourcePort, trafficClass].map(Number);
      slots.push({
        verdict,
        address,
        port: numbers[0],
        sourcePort: numbers[1],
        trafficClass: numbers[2],
        bytes,
      });
    }
    return slots;
  }

  close() {
    this.#program.close();
  }
}
