/** Real nodes as they were when their snapshots were taken, as a scene: packets can be sent and repairs tried, on a copy. */
import { runCommand } from '@podlan/simulator';
import {
  loadSnapshots,
  type NodeSnapshot,
  parseSnapshot,
  type SnapshotCluster,
} from '@podlan/simulator/snapshot';
import type { Scene, Walk } from '../scene/scene';
import { sendPacket } from '../scene/send-packet';
import type { PacketShape } from '../state/playground-state';

/** A file as it was dropped or chosen. */
export interface SnapshotFile {
  readonly name: string;
  readonly text: string;
}

export class SnapshotScene implements Scene {
  readonly #cluster: SnapshotCluster;

  private constructor(cluster: SnapshotCluster) {
    this.#cluster = cluster;
  }

  /** Rejects with an error that names the file, what was expected in it and where. */
  static async open(files: readonly SnapshotFile[]): Promise<SnapshotScene> {
    return new SnapshotScene(await loadSnapshots(files.map(parsed)));
  }

  get network() {
    return this.#cluster.network;
  }

  get places() {
    return this.#cluster.places;
  }

  get leftOut() {
    return this.#cluster.leftOut;
  }

  get notes() {
    return this.#cluster.notes;
  }

  send(packet: PacketShape): Walk {
    return sendPacket(this, packet);
  }

  async run(at: string, line: string): Promise<readonly string[]> {
    const netns = this.network.netns(at);
    if (netns !== undefined) return runCommand(netns, line);
    throw new RangeError(`expected one of ${this.places.map(({ name }) => name).join(', ')}, got ${at}`);
  }
}

function parsed({ name, text }: SnapshotFile): NodeSnapshot {
  try {
    return parseSnapshot(text);
  } catch (cause) {
    throw new Error(`${name}: ${(cause as Error).message}`, { cause });
  }
}
