/** Real nodes as they were when their snapshots were taken, as a scene: packets can be sent and repairs tried, on a copy. */
import { runCommand } from '@podlan/simulator';
import {
  loadSnapshots,
  type NodeSnapshot,
  parseSnapshot,
  type SnapshotCluster,
} from '@podlan/simulator/snapshot';
import type { Outcome, Scene, Walk } from '../scene/scene';
import { sendPacket } from '../scene/send-packet';
import type { Action, PacketShape } from '../state/playground-state';

/** A file as it was dropped or chosen. */
export interface SnapshotFile {
  readonly name: string;
  readonly text: string;
}

export class SnapshotScene implements Scene {
  /** Nobody knows. */
  readonly stopped: readonly string[] = [];
  readonly #cluster: SnapshotCluster;
  readonly #actions: Action[] = [];
  #lastWalk: Walk | undefined;

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

  get actions(): readonly Action[] {
    return this.#actions;
  }

  get lastWalk() {
    return this.#lastWalk;
  }

  send(packet: PacketShape): Walk {
    this.#lastWalk = sendPacket(this, packet);
    this.#actions.push({ do: 'send', packet });
    return this.#lastWalk;
  }

  async act(action: Action): Promise<Outcome> {
    if (action.do === 'send') return { walk: this.send(action.packet) };
    if (action.do !== 'run') throw new Error('these nodes can only be looked at');
    const output = runCommand(this.#netns(action.at), action.line);
    this.#actions.push(action);
    return { output };
  }

  async again(actions: number): Promise<SnapshotScene> {
    const scene = new SnapshotScene(await loadSnapshots(this.#cluster.snapshots));
    for (const action of this.#actions.slice(0, actions)) await scene.act(action);
    return scene;
  }

  /** Nothing runs in it. */
  async close(): Promise<void> {}

  #netns(at: string) {
    const netns = this.network.netns(at);
    if (netns !== undefined) return netns;
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
