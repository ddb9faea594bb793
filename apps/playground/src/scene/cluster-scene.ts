/** A simulated cluster as a scene, made and changed by the actions of a playground's state. */
import { SimCluster, type SimHost } from '@podlan/simulator';
import {
  type Action,
  type ClusterShape,
  type PlaygroundState,
  parseState,
  StateError,
} from '../state/playground-state';
import type { Outcome, Scene, Walk } from './scene';
import { sendPacket } from './send-packet';

const NETWORKS: Record<ClusterShape['family'], object> = {
  ipv4: { Network: '10.244.0.0/16' },
  ipv6: { EnableIPv4: false, EnableIPv6: true, IPv6Network: '2001:db8:42::/56' },
  dual: { Network: '10.244.0.0/16', EnableIPv6: true, IPv6Network: '2001:db8:42::/56' },
};
/** Enough for the others to learn of a change. */
const SETTLING_MS = 1_000;

export class ClusterScene implements Scene {
  readonly notes: readonly string[] = [];
  readonly shape: ClusterShape;
  readonly #cluster: SimCluster;
  readonly #actions: Action[] = [];
  #lastWalk: Walk | undefined;

  private constructor(shape: ClusterShape) {
    const { backend, dataplane, family, segments, masquerade } = shape;
    this.shape = shape;
    this.#cluster = new SimCluster({
      config: { ...NETWORKS[family], Backend: { Type: backend } },
      ...{ dataplane, segments, ipMasq: masquerade },
    });
  }

  /** Does everything again. Rejects with StateError that names the action which can't be done. */
  static async open({
    cluster,
    actions,
  }: Pick<PlaygroundState, 'cluster' | 'actions'>): Promise<ClusterScene> {
    const scene = new ClusterScene(cluster);
    for (const [i, action] of actions.entries()) {
      try {
        await scene.act(action);
      } catch (cause) {
        throw new StateError(`actions.${i}: ${action.do}: ${(cause as Error).message}`, { cause });
      }
    }
    return scene;
  }

  /** Of a state that gives this very cluster again. */
  get state(): PlaygroundState {
    return { version: 1, cluster: this.shape, actions: [...this.#actions] };
  }

  get actions(): readonly Action[] {
    return this.#actions;
  }

  get network() {
    return this.#cluster.network;
  }

  get places() {
    return this.#cluster.places;
  }

  get hosts(): readonly SimHost[] {
    return this.#cluster.hosts;
  }

  get lastWalk(): Walk | undefined {
    return this.#lastWalk;
  }

  get stopped(): string[] {
    return this.hosts.filter(({ state }) => state === undefined).map(({ name }) => name);
  }

  async act(action: Action): Promise<Outcome> {
    parseState({ ...this.state, actions: [...this.#actions, action] });
    const outcome = await this.#do(action);
    this.#actions.push(action);
    return outcome;
  }

  send(packet: Walk['packet']): Walk {
    const walk = this.#send(packet);
    this.#actions.push({ do: 'send', packet });
    return walk;
  }

  again(actions: number): Promise<ClusterScene> {
    return ClusterScene.open({ cluster: this.shape, actions: this.#actions.slice(0, actions) });
  }

  /** Ends its agents. */
  close(): Promise<void> {
    return this.#cluster.stop();
  }

  #send(packet: Walk['packet']): Walk {
    this.#lastWalk = sendPacket(this, packet);
    return this.#lastWalk;
  }

  async #do(action: Action): Promise<Outcome> {
    if (action.do === 'send') return { walk: this.#send(action.packet) };
    if (action.do === 'run') return { output: await this.#run(action.at, action.line) };
    await this.#change(action);
    return {};
  }

  async #change(action: Exclude<Action, { do: 'send' | 'run' }>): Promise<void> {
    const cluster = this.#cluster;
    switch (action.do) {
      case 'join':
        await cluster.join(action.dataplane);
        break;
      case 'leave':
        await cluster.leave(action.host);
        break;
      case 'add-pod':
        await cluster.host(action.host).addPod();
        return;
      case 'remove-pod':
        await this.#hostOf(action.pod).removePod(action.pod);
        return;
      case 'cut':
        cluster.cut(action.host);
        return;
      case 'mend':
        cluster.mend(action.host);
        return;
      case 'kill-agent':
        await cluster.host(action.host).killAgent();
        return;
      case 'start-agent':
        cluster.host(action.host).startAgent();
        break;
      case 'wait':
        await cluster.clock.advance(action.seconds * 1000);
        return;
    }
    await cluster.clock.advance(SETTLING_MS);
  }

  #hostOf(pod: string): SimHost {
    const host = this.hosts.find(({ pods }) => pods.some(({ name }) => name === pod));
    if (host !== undefined) return host;
    const pods = this.#cluster.pods.map(({ name }) => name).join(', ') || 'none';
    throw new RangeError(`expected a pod of ${pods}, got ${pod}`);
  }

  /** Nobody types the next one at once: agents that watch have put right by then what they saw. */
  async #run(at: string, line: string): Promise<readonly string[]> {
    const output = this.#cluster.run(at, line);
    await this.#cluster.clock.advance(SETTLING_MS);
    return output;
  }
}
