/**
 * What a playground shows: a scene, what the last action changed in it, and the packet that is followed. One action at a time;
 * whatever fails leaves everything as it was.
 */
import type { GoalCheck, Scenario } from '../scenarios';
import { changesByPlace, type PlaceRow, type RowsByPlace, rowsByPlace } from '../scene/place-rows';
import type { ChangedRow } from '../scene/row-changes';
import type { Walk } from '../scene/scene';
import { type Opened, type SceneView, type Simulation, stateOf } from '../simulation/simulation';
import type { SnapshotFile } from '../snapshots/snapshot-scene';
import { FIRST_STATE } from '../state/first-state';
import type { Action, PacketShape, PlaygroundState } from '../state/playground-state';

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
  readonly scene: SceneView;
  /** Rows before the last action. */
  readonly before: RowsByPlace;
  readonly changes: RowChanges;
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

/** How a scene is taken up. */
interface Opening extends Pick<PlaygroundState, 'step' | 'scenario'> {
  /** How many of its actions are not undone. */
  readonly given?: number;
}

export class PlaygroundStore {
  readonly #simulation: Simulation;
  #shown: Shown | undefined;
  readonly #listeners = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();
  /** Actions that are not done yet. */
  #asked = 0;

  /** `first` is how the first state looks, where that is known: it is shown before it is simulated. */
  constructor(simulation: Simulation, first?: SceneView) {
    this.#simulation = simulation;
    if (first !== undefined) this.#replace({ view: first }, {});
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same object as long as nothing changed. */
  readonly get = (): Shown | undefined => this.#shown;

  /** Of a link that gives what is shown; undefined where that is no simulated cluster. */
  get state(): PlaygroundState | undefined {
    const { scene, step, scenario } = this.#shown ?? {};
    const state = scene && stateOf(scene);
    return state && { ...state, ...(step ? { step } : {}), ...(scenario && { scenario }) };
  }

  /** Another cluster, with all that was done to it. Where it rejects, it shows what it showed. */
  open(state: PlaygroundState, given = 0): Promise<void> {
    return this.#inTurn(async () => this.#replace(await this.#simulation.open(state), { ...state, given }));
  }

  /** Simulates the first state, which is shown as it will be; what is asked for meanwhile waits. */
  openShown(): Promise<void> {
    const opened = this.#inTurn(() => this.#simulation.open(FIRST_STATE));
    return opened.then(
      () => {},
      (error: Error) => this.say(error.message),
    );
  }

  /** Shows nothing until something is opened. */
  clear(): void {
    this.#shown = undefined;
    this.#tell();
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

  /** Whether a scenario is mended as things are. */
  check(scenario: Pick<Scenario, 'goal' | 'actions'>): Promise<GoalCheck> {
    return this.#inTurn(() => this.#simulation.check(scenario));
  }

  /** Nodes as they were. Rejects with an error that says what is wrong with the files, and then shows what it showed. */
  openSnapshots(files: readonly SnapshotFile[]): Promise<void> {
    return this.#inTurn(async () => this.#replace(await this.#simulation.openSnapshots(files), {}));
  }

  act(action: Action): Promise<void> {
    return this.#attempt(async () => this.#changed(action, (await this.#simulation.act(action)).view));
  }

  send(packet: PacketShape): Promise<void> {
    const action: Action = { do: 'send', packet };
    return this.#attempt(async () => {
      const { view, walk } = await this.#simulation.act(action);
      this.#changed(action, view);
      this.#set({ walk, step: 0, isWalkOld: false, selected: walk?.result.hops[0]?.netns ?? packet.from });
    });
  }

  /** Runs a command on the place that is looked into. */
  run(line: string): Promise<void> {
    return this.#attempt(async ({ selected: at, console }) => {
      const action: Action = { do: 'run', at, line };
      try {
        const { view, output = [] } = await this.#simulation.act(action);
        this.#changed(action, view);
        this.#set({ console: [...console, { at, line, output }] });
      } catch (error) {
        const failed = (error as Error).message;
        this.#set({ console: [...console, { at, line, output: [], failed }] });
      }
    });
  }

  /** Does all again but the last action. */
  undo(): Promise<void> {
    return this.#attempt(async ({ scene, scenario, selected, console, given }) => {
      if (scene.actions.length <= given) return;
      this.#replace(await this.#simulation.again(scene.actions.length - 1), { scenario, given });
      this.#set({ console, said: { did: 'undo', changes: new Map() } });
      this.select(selected);
    });
  }

  /** Snapshots as they were opened; a cluster of the same kind, as a new one is. */
  startOver(): Promise<void> {
    const cluster = this.#shown?.scene.shape;
    if (cluster !== undefined) return this.start({ ...FIRST_STATE, cluster });
    return this.#attempt(async () => this.#replace(await this.#simulation.again(0), {}));
  }

  select(place: string): void {
    if (this.#shown?.scene.places.some(({ name }) => name === place)) this.#set({ selected: place });
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
    return this.#inTurn(() => this.#simulation.close());
  }

  #replace({ view, walk }: Opened, { step = 0, scenario, given = 0 }: Opening): void {
    this.#shown = {
      ...{ scene: view, before: rowsByPlace(view.places), changes: new Map() },
      ...{ walk, isWalkOld: isOld(view), step: 0, console: [], isBusy: this.#asked > 0, scenario, given },
      ...{ selected: view.places[0]?.name ?? '', said: { did: 'open', changes: new Map() } },
    };
    this.stepTo(Math.min(step, (walk?.result.hops.length ?? 1) - 1));
  }

  /** Takes up what an action made of the scene. */
  #changed({ do: did }: Action, scene: SceneView): void {
    const { scene: earlier, selected } = this.#shown!;
    const before = rowsByPlace(earlier.places);
    const changes = changesByPlace(before, rowsByPlace(scene.places));
    this.#set({
      ...{ scene, before, changes, said: { did, changes } },
      selected: scene.places.some(({ name }) => name === selected) ? selected : (scene.places[0]?.name ?? ''),
      isWalkOld: true,
    });
  }

  #attempt(what: (shown: Shown) => Promise<void>): Promise<void> {
    this.#asks(1);
    return this.#inTurn(async () => {
      try {
        if (this.#shown !== undefined) await what(this.#shown);
      } catch (error) {
        this.say((error as Error).message);
      } finally {
        this.#asks(-1);
      }
    });
  }

  #asks(more: number): void {
    this.#asked += more;
    this.#set({ isBusy: this.#asked > 0 });
  }

  #inTurn<T>(what: () => Promise<T>): Promise<T> {
    const result = this.#last.then(what);
    this.#last = result.catch(() => {});
    return result;
  }

  #set(some: Partial<Shown>): void {
    if (this.#shown === undefined) return;
    this.#shown = { ...this.#shown, ...some };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const isOld = ({ actions }: SceneView): boolean => actions.at(-1)?.do !== 'send';
