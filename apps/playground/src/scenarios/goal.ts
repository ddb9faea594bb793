/** Whether a scenario is mended: looked at on a copy, so that looking changes nothing. */
import { type Finding, tablesOf } from '@podlan/simulator';
import { ClusterScene } from '../scene/cluster-scene';
import { sendPacket } from '../scene/send-packet';
import type { PacketShape } from '../state/playground-state';
import type { KeptRow, Scenario } from './scenario';

/** Of a packet that has to get through. */
export interface PacketCheck {
  readonly packet: PacketShape;
  readonly isThrough: boolean;
  readonly findings: readonly Finding[];
}

export interface GoalCheck {
  readonly isMet: boolean;
  readonly packets: readonly PacketCheck[];
  /** Rows that were to stay, and are not there. */
  readonly lost: readonly KeptRow[];
  /** Hosts and pods of the broken cluster that are no more. */
  readonly gone: readonly string[];
}

/** Does all that was done to the scene again, and tries there. */
export async function checkGoal(
  { goal, actions }: Pick<Scenario, 'goal' | 'actions'>,
  { state }: Pick<ClusterScene, 'state'>,
): Promise<GoalCheck> {
  const copy = await ClusterScene.open(state);
  try {
    await copy.network.clock.advance(FORGOTTEN_MS);
    const names = new Set(copy.places.map(({ name }) => name));
    const gone = placesMadeBy(actions).filter((name) => !names.has(name));
    const packets = gone.length > 0 ? [] : goal.through.map((packet) => checkPacket(copy, packet));
    const lost = (goal.keeps ?? []).filter((row) => !isKept(copy, row));
    const isMet = gone.length === 0 && lost.length === 0 && packets.every(isGood);
    return { isMet, packets, lost, gone };
  } finally {
    await copy.close();
  }
}

/** Connections of before are followed no longer: what was translated once would be so again. */
const FORGOTTEN_MS = 60_000;

function checkPacket(scene: ClusterScene, packet: PacketShape): PacketCheck {
  const { result, findings } = sendPacket(scene, packet);
  return { packet, isThrough: result.answered, findings };
}

const isGood = ({ isThrough, findings }: PacketCheck): boolean => isThrough && findings.length === 0;

function isKept({ network }: ClusterScene, { at, text }: KeptRow): boolean {
  const netns = network.netns(at);
  return netns !== undefined && tablesOf(netns).some((row) => row.text === text);
}

/** As clusters name them: host-a, and pod-a1 on it. */
function placesMadeBy(actions: Scenario['actions']): string[] {
  const hosts = actions.filter((one) => one.do === 'join').map((_, i) => `host-${LETTERS[i]}`);
  const pods = new Map<string, number>();
  const names = actions.flatMap((one) => {
    if (one.do !== 'add-pod') return [];
    const number = (pods.get(one.host) ?? 0) + 1;
    pods.set(one.host, number);
    return [`${one.host.replace('host-', 'pod-')}${number}`];
  });
  return [...hosts, ...names];
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
