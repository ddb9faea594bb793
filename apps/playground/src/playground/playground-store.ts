/**
 * What a playground shows: a scene, what the last action changed in it, and the packet that is followed. One action at a time;
 * whatever fails leaves everything as it was.
 */
import type { Scenario } from '../scenarios';
import { ClusterScene } from '../scene/cluster-scene';
import { changesByPlace, type PlaceRow, type RowsByPlace, rowsByPlace } from '../scene/place-rows';
import type { ChangedRow } from '../scene/row-changes';
import type { Scene, Walk } from '../scene/scene';
import { type PlaceView, viewOf } from '../scene/scene-view';
import { type Action, FIRST_STATE, type PacketShape, type PlaygroundState } from '../state/playground-state';

/** What came of the last thing that was asked for. */
export type Said =
  | { readonly did: Action['do'] | 'undo' | 'open'; readonly changes: RowChanges }
  | { readonly failed: string };

export type RowChanges = ReadonlyMap<string, readonly ChangedRow<PlaceRow>[]>;

/** What a console shows: a command and what it printed. */
export interface ConsoleEntry {
  readonly at: string;
  readonly line: string;
  readonly output: readonly string[];
  readonly failed?: string;
}

export interface Shown {
  readonly scene: Scene;
  readonly places: readonly PlaceView[];
  /** Rows before the last action. */
  readonly before: RowsByPlace;
  readonly changes: RowChanges;
  /** Hosts without an agent. */
  readonly stopped: ReadonlySet<string>;
  /** Name of the place that is looked into. */
  readonly selected: string;
  readonly walk: Walk | undefined;
  /** Something was changed since the packet was sent. */
  readonly isWalkOld: boolean;
  /** Which hop of the walk is looked at. */
  readonly step: number;
  readonly console: readonly ConsoleEntry[];
  readonly isBusy: boolean;
  readonly said: Said | undefined;
  /** That is played, by its id. */
  readonly scenario: string | undefined;
  /** How many actions made what a scenario begins with: they are not undone. */
  readonly given: number;
}

export class PlaygroundStore {
  #shown: Shown | undefined;
  readonly #listeners = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same object as long as nothing changed. */
  readonly get = (): Shown | undefined => this.#shown;

  /** Of a link that gives what is shown; undefined where that is no simulated cluster. */
  get state(): PlaygroundState | undefined {
    const { scene, step, scenario } = this.#shown ?? {};
    if (!(scene instanceof ClusterScene)) return undefined;
    return { ...scene.state, ...(step ? { step } : {}), ...(scenario && { scenario }) };
  }

  /** Another cluster, with all that was done to it. Rejects with StateError, and then shows what it showed. */
  open(state: PlaygroundState, given = 0): Promise<void> {
    return this.#inTurn(async () => this.#replace(await ClusterScene.open(state), { ...state, given }));
  }

  /** As {@link open}, and says why where it does not. */
  start(state: PlaygroundState, given = 0): Promise<void> {
    return this.open(state, given).catch((error: Error) => this.say(error.message));
  }

  /** A scenario from its beginning. */
  play({ id, cluster, actions }: Pick<Scenario, 'id' | 'cluster' | 'actions'>): Promise<void> {
    const state: PlaygroundState = { version: 1, cluster, actions: [...actions], scenario: id };
    return this.start(state, actions.length);
  }

  /** A scene of somebody else's making. */
  show(scene: Scene): Promise<void> {
    return this.#inTurn(async () => this.#replace(scene, {}));
  }

  act(action: Action): Promise<void> {
    return this.#attempt(async (scene) => {
      if (!(scene instanceof ClusterScene)) throw new Error('these nodes can only be looked at');
      await scene.act(action);
      this.#changed(action.do);
    });
  }

  send(packet: PacketShape): Promise<void> {
    return this.#attempt(async (scene) => {
      const walk = scene.send(packet);
      this.#changed('send');
      this.#set({ walk, step: 0, isWalkOld: false, selected: walk.result.hops[0]?.netns ?? packet.from });
    });
  }

  /** Runs a command on the place that is looked into. */
  run(line: string): Promise<void> {
    return this.#attempt(async (scene, { selected: at, console }) => {
      try {
        const output = await scene.run(at, line);
        this.#changed('run');
        this.#set({ console: [...console, { at, line, output }] });
      } catch (error) {
        const failed = (error as Error).message;
        this.#set({ console: [...console, { at, line, output: [], failed }] });
      }
    });
  }

  /** Does all again but the last action. */
  undo(): Promise<void> {
    return this.#attempt(async (scene, { scenario, selected, console, given }) => {
      if (scene.actions.length <= given) return;
      await this.#replace(await scene.again(scene.actions.length - 1), { scenario, given });
      this.#set({ console, said: { did: 'undo', changes: new Map() } });
      this.select(selected);
    });
  }

  /** Snapshots as they were opened; a cluster of the same kind, as a new one is. */
  startOver(): Promise<void> {
    const { scene } = this.#shown ?? {};
    if (scene instanceof ClusterScene) return this.start({ ...FIRST_STATE, cluster: scene.state.cluster });
    return this.#attempt(async (opened) => this.#replace(await opened.again(0), {}));
  }

  select(place: string): void {
    if (this.#shown?.places.some(({ name }) => name === place)) this.#set({ selected: place });
  }

  /** The place where a hop happens is looked into. */
  stepTo(step: number): void {
    this.#set({ step });
    const hop = this.#shown?.walk?.result.hops[step];
    if (hop !== undefined) this.select(hop.netns);
  }

  say(failed: string): void {
    this.#set({ said: { failed } });
  }

  /** Ends what is shown. */
  close(): Promise<void> {
    return this.#inTurn(async () => this.#shown?.scene.close());
  }

  async #replace(
    scene: Scene,
    { step = 0, scenario, given = 0 }: Pick<PlaygroundState, 'step' | 'scenario'> & { given?: number },
  ) {
    const former = this.#shown?.scene;
    const places = viewOf(scene);
    const walk = scene.lastWalk;
    this.#shown = {
      ...{ scene, places, before: rowsByPlace(places), changes: new Map(), stopped: stoppedIn(scene) },
      ...{ walk, isWalkOld: isOld(scene), step: 0, console: [], isBusy: false, scenario, given },
      ...{ selected: places[0]?.name ?? '', said: { did: 'open', changes: new Map() } },
    };
    this.stepTo(Math.min(step, (walk?.result.hops.length ?? 1) - 1));
    await former?.close();
  }

  /** Takes up what an action made of the scene. */
  #changed(did: Action['do']): void {
    const { scene, places: earlier, selected } = this.#shown!;
    const places = viewOf(scene);
    const before = rowsByPlace(earlier);
    const changes = changesByPlace(before, rowsByPlace(places));
    this.#set({
      ...{ places, before, changes, stopped: stoppedIn(scene), said: { did, changes } },
      selected: places.some(({ name }) => name === selected) ? selected : (places[0]?.name ?? ''),
      isWalkOld: true,
    });
  }

  #attempt(what: (scene: Scene, shown: Shown) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      const shown = this.#shown;
      if (shown === undefined) return;
      this.#set({ isBusy: true });
      try {
        await what(shown.scene, shown);
      } catch (error) {
        this.say((error as Error).message);
      } finally {
        this.#set({ isBusy: false });
      }
    });
  }

  #inTurn<T>(what: () => Promise<T>): Promise<T> {
    const result = this.#last.then(what);
    this.#last = result.catch(() => {});
    return result;
  }

  #set(some: Partial<Shown>): void {
    if (this.#shown === undefined) return;
    this.#shown = { ...this.#shown, ...some };
    for (const listener of this.#listeners) listener();
  }
}

const stoppedIn = (scene: Scene): ReadonlySet<string> =>
  new Set(
    scene instanceof ClusterScene
      ? scene.hosts.filter(({ state }) => state === undefined).map(({ name }) => name)
      : [],
  );

const isOld = ({ actions }: Scene): boolean => actions.at(-1)?.do !== 'send';
