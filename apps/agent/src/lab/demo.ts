/** `podlan lab demo`: a whole cluster's story in under a minute, on real namespaces, told as it happens. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UsageError } from '../usage-error.js';
import { captureWay } from './demo-capture.js';
import { pingFrom, transfer } from './demo-traffic.js';
import { down, joinHost, leave, up } from './lab.js';
import type { LabPod, LabState } from './lab-state.js';
import { type Language, Narrator } from './narration.js';
import { hostNetns } from './topology.js';

const exec = promisify(execFile);
const TRANSFER_MEGABYTES = 100;
const PINGS = 10;

export async function demo(name: string, language: Language): Promise<number> {
  const narrator = new Narrator(language);
  const stop = () => void down(name).finally(() => process.exit(130));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // What an interrupted demo left behind is this demo's to clear: it has a name of its own.
  await down(name);
  try {
    await tell(name, narrator);
  } finally {
    await down(name);
  }
  narrator.step(narrator.text.cleanup);
  narrator.note(narrator.text.cleaned);
  sayNext(narrator);
  return 0;
}

async function tell(name: string, narrator: Narrator): Promise<void> {
  narrator.say(narrator.paint('bold', narrator.text.title));
  narrator.note(narrator.text.intro);
  const state = await bringUp(name, narrator);
  await showTables(state, narrator);
  await showTraffic(state, narrator);
  await showWay(state, narrator);
  await showJoin(state, narrator);
  await showLeave(state, narrator);
}

async function bringUp(name: string, narrator: Narrator): Promise<LabState> {
  narrator.step(narrator.text.up);
  let began = performance.now();
  const state = await up(name, { hosts: 0, pods: 1, dataplane: 'wasm' }, () => {});
  for (let host = 0; host < 2; host++) {
    began = performance.now();
    const joined = await joinHost(state, 'wasm', () => {});
    narrator.say(
      `  ${narrator.paint('green', '+')} ${narrator.text.upHost(joined.host.name, elapsed(began))}`,
    );
  }
  narrator.say(`\n${picture(state)}`);
  return state;
}

const elapsed = (began: number) => Math.round(performance.now() - began);

function picture({ pods, hosts }: LabState): string {
  const cell = (text: string) => text.padEnd(28);
  const row = (texts: readonly string[]) => `    ${texts.map(cell).join('')}`.trimEnd();
  return [
    row(pods.map((pod) => `${pod.name} ${pod.address}`)),
    row(hosts.map(() => '  | veth pair')),
    row(pods.map((pod) => `  cni0 ${pod.address.replace(/\d+$/, '1')}`)),
    row(hosts.map((host) => `  ${host.name}, flannel.1`)),
    row(hosts.map((host) => `  eth0 ${host.address}`)),
    `      |${'_'.repeat(28 * (hosts.length - 1) - 1)}|  underlay 192.168.77.0/24`,
  ].join('\n');
}

async function showTables(state: LabState, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.tables);
  await shell(state, narrator, 'host-a', ['ip', 'link', 'show', 'flannel.1']);
  narrator.note(narrator.text.flannel1);
  await shell(state, narrator, 'host-a', ['ip', 'route']);
  await shell(state, narrator, 'host-a', ['ip', 'neigh', 'show', 'dev', 'flannel.1']);
  narrator.note(narrator.text.routes('10.244.2.0/24'));
}

async function shell(
  state: LabState,
  narrator: Narrator,
  host: string,
  command: readonly string[],
): Promise<void> {
  narrator.shell(host, command.join(' '), await output(state, host, command));
}

async function output(state: LabState, host: string, command: readonly string[]): Promise<string> {
  const { stdout } = await exec('ip', ['netns', 'exec', hostNetns(state.name, host), ...command]);
  return stdout;
}

function podOf(state: LabState, name: string): LabPod {
  return state.pods.find((pod) => pod.name === name)!;
}

async function showTraffic(state: LabState, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.traffic);
  const [from, to] = [podOf(state, 'pod-a1'), podOf(state, 'pod-b1')];
  const replies = await pingFrom(from.netns, to.address, { count: PINGS, intervalMs: 50 });
  if (replies.length < PINGS) throw new Error(`pod-b1 answered ${replies.length} of ${PINGS} pings`);
  narrator.say(
    `  ${narrator.text.ping(replies.length, median(replies.map((reply) => reply.rttMs)).toFixed(2))}`,
  );
  const { sent, received } = await transfer(from.netns, to, TRANSFER_MEGABYTES);
  if (sent.sha256 !== received.sha256) throw new Error('the bytes that arrived are not those that were sent');
  const gbps = (received.bytes * 8) / received.seconds / 1e9;
  narrator.say(`  ${narrator.text.tcp(TRANSFER_MEGABYTES, received.seconds.toFixed(2), gbps.toFixed(2))}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function showWay(state: LabState, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.hops);
  const hops = await captureWay(state, podOf(state, 'pod-a1'), podOf(state, 'pod-b1'));
  for (const { place, summary, bytes } of hops) {
    narrator.say(`  ${narrator.paint('cyan', place.padEnd(18))} ${narrator.text.bytes(bytes)}`);
    narrator.say(summary, '      ');
  }
  narrator.note(narrator.text.hopsNote);
}

async function showJoin(state: LabState, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.join);
  const routes = (host: string) => output(state, host, ['ip', 'route', 'show', 'dev', 'flannel.1']);
  const before = { a: await routes('host-a'), b: await routes('host-b') };
  const began = performance.now();
  const joined = await joinHost(state, 'wasm', () => {});
  const ready = performance.now();
  const reply = await pingFrom(podOf(state, 'pod-a1').netns, joined.pods[0]!.address, {
    count: 400,
    intervalMs: 5,
    first: true,
  });
  if (reply.length === 0) throw new Error('pod-c1 did not answer');
  const ended = performance.now();
  for (const host of ['a', 'b'] as const) {
    const name = `host-${host}`;
    narrator.say(`  ${narrator.paint('cyan', `${name} $ ip route show dev flannel.1`)}`);
    showChange(narrator, before[host], await routes(name));
  }
  narrator.note(narrator.text.joined(Math.round(ended - began), Math.round(ended - ready)));
}

function showChange(narrator: Narrator, before: string, after: string): void {
  const [was, is] = [before, after].map((text) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  ) as [string[], string[]];
  for (const line of was)
    narrator.say(is.includes(line) ? `    ${line}` : narrator.paint('red', `  - ${line}`));
  for (const line of is) if (!was.includes(line)) narrator.say(narrator.paint('green', `  + ${line}`));
}

async function showLeave(state: LabState, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.leave);
  const routes = () => output(state, 'host-a', ['ip', 'route', 'show', 'dev', 'flannel.1']);
  const before = await routes();
  await leave(state, 'host-b');
  const after = await until(routes, (text) => !text.includes('10.244.2.'));
  narrator.say(`  ${narrator.paint('cyan', 'host-a $ ip route show dev flannel.1')}`);
  showChange(narrator, before, after);
  narrator.note(narrator.text.left);
  const replies = await pingFrom(podOf(state, 'pod-a1').netns, podOf(state, 'pod-c1').address, {
    count: 3,
    intervalMs: 20,
  });
  narrator.say(
    `  pod-a1 -> pod-c1 ${narrator.text.ping(replies.length, median(replies.map((reply) => reply.rttMs)).toFixed(2))}`,
  );
}

async function until(look: () => Promise<string>, good: (text: string) => boolean): Promise<string> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const text = await look();
    if (good(text)) return text;
    if (Date.now() > deadline) throw new UsageError(`the tables did not settle within 5 s:\n${text}`);
  }
}

function sayNext(narrator: Narrator): void {
  narrator.say(`\n${narrator.paint('bold', narrator.text.next)}`);
  for (const [command, why] of narrator.text.nextLines) {
    narrator.say(`  ${`npx podlan ${command}`.padEnd(44)} # ${why}`);
  }
}
