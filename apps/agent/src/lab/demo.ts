/** `podlan lab demo`: a whole cluster's story in under a minute, told as it happens on its stage. */
import { rowText } from '@podlan/linux/model';
import { dissect, layersOf, summarize } from '@podlan/wire';
import { UsageError } from '../usage-error.js';
import type { DemoPod, DemoStage, PingChoice } from './demo-stage.js';
import { type Language, Narrator } from './narration.js';

const PINGS = 10;
const MEGABYTE = 1_000_000;

export async function demo(stage: DemoStage, language: Language): Promise<number> {
  const narrator = new Narrator(language, stage.kind);
  const stop = () => void stage.clear().finally(() => process.exit(130));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  narrator.say(narrator.paint('bold', narrator.text.title));
  narrator.note(narrator.text.intro[stage.kind]);
  await stage.open();
  try {
    await tell(stage, narrator);
  } finally {
    await stage.clear();
  }
  narrator.step(narrator.text.cleanup);
  narrator.note(narrator.text.cleaned[stage.kind]);
  sayNext(narrator);
  return 0;
}

async function tell(stage: DemoStage, narrator: Narrator): Promise<void> {
  await bringUp(stage, narrator);
  await showTables(stage, narrator);
  await showTraffic(stage, narrator);
  await showWay(stage, narrator);
  await showJoin(stage, narrator);
  await showLeave(stage, narrator);
}

async function bringUp(stage: DemoStage, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.up);
  for (let host = 0; host < 2; host++) {
    const began = stage.nowMs();
    const joined = await stage.join();
    const took = narrator.ms(stage.nowMs() - began);
    narrator.say(`  ${narrator.paint('green', '+')} ${narrator.text.upHost(joined.host.name, took)}`);
  }
  narrator.say(`\n${picture(stage)}`);
}

function picture({ pods, hosts }: DemoStage): string {
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

async function showTables(stage: DemoStage, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.tables);
  const shell = async (command: string) =>
    narrator.shell('host-a', command, await stage.output('host-a', command.split(' ')));
  await shell('ip link show flannel.1');
  narrator.note(narrator.text.flannel1);
  await shell('ip route');
  await shell('ip neigh show dev flannel.1');
  narrator.note(narrator.text.routes('10.244.2.0/24'));
  narrator.say();
  for (const row of await stage.tunnels('host-a')) narrator.say(rowText(row), '  ');
  narrator.note(narrator.text.tunnels);
}

function podOf({ pods }: DemoStage, name: string): DemoPod {
  return pods.find((pod) => pod.name === name)!;
}

async function showTraffic(stage: DemoStage, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.traffic);
  const [from, to] = [podOf(stage, 'pod-a1'), podOf(stage, 'pod-b1')];
  narrator.say(`  ${await pings(stage, narrator, from, to, { count: PINGS, intervalMs: 50 })}`);
  const result = await stage.tcp(from, to);
  if ('handshakeMs' in result) {
    narrator.say(`  ${narrator.text.handshake(narrator.ms(result.handshakeMs, 2))}`);
    return;
  }
  const { bytes, seconds, isWhole } = result;
  if (!isWhole) throw new Error('the bytes that arrived are not those that were sent');
  const gbps = (bytes * 8) / seconds / 1e9;
  narrator.say(`  ${narrator.text.tcp(bytes / MEGABYTE, seconds.toFixed(2), gbps.toFixed(2))}`);
}

/** Sends, and says what came back. */
async function pings(
  stage: DemoStage,
  narrator: Narrator,
  from: DemoPod,
  to: DemoPod,
  choice: PingChoice,
): Promise<string> {
  const replies = await stage.ping(from, to, choice);
  const { count } = choice;
  if (replies.length < count) throw new Error(`${to.name} answered ${replies.length} of ${count} pings`);
  return narrator.text.ping(replies.length, count, narrator.ms(median(replies), 2));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function showWay(stage: DemoStage, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.hops);
  for (const { place, frame } of await stage.way(podOf(stage, 'pod-a1'), podOf(stage, 'pod-b1'))) {
    narrator.say(`  ${narrator.paint('cyan', place.padEnd(18))} ${narrator.text.bytes(frame.length)}`);
    narrator.say(summarize(frame), '      ');
    if (place === 'underlay') narrator.say(layers(frame), '      ');
  }
  narrator.note(narrator.text.hopsNote);
}

/** Every header with its bytes. */
function layers(frame: Uint8Array): string {
  return layersOf(dissect(frame))
    .map(({ protocol, length }) => `${protocol} ${length}`)
    .join(' | ');
}

const TUNNEL_ROUTES = 'ip route show dev flannel.1';

async function showJoin(stage: DemoStage, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.join);
  const others = ['host-a', 'host-b'];
  const routes = () => Promise.all(others.map((host) => stage.output(host, TUNNEL_ROUTES.split(' '))));
  const before = await routes();
  const began = stage.nowMs();
  const { pod } = await stage.join();
  const ready = stage.nowMs();
  const reply = await stage.ping(podOf(stage, 'pod-a1'), pod, { count: 400, intervalMs: 5, first: true });
  if (reply.length === 0) throw new Error('pod-c1 did not answer');
  const ended = stage.nowMs();
  const after = await routes();
  for (const [i, host] of others.entries()) {
    narrator.say(`  ${narrator.paint('cyan', `${host} $ ${TUNNEL_ROUTES}`)}`);
    showChange(narrator, before[i]!, after[i]!);
  }
  narrator.note(narrator.text.joined(narrator.ms(ended - began), narrator.ms(ended - ready)));
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

async function showLeave(stage: DemoStage, narrator: Narrator): Promise<void> {
  narrator.step(narrator.text.leave);
  const routes = () => stage.output('host-a', TUNNEL_ROUTES.split(' '));
  const before = await routes();
  await stage.leave('host-b');
  const after = await until(routes, (text) => !text.includes('10.244.2.'));
  narrator.say(`  ${narrator.paint('cyan', `host-a $ ${TUNNEL_ROUTES}`)}`);
  showChange(narrator, before, after);
  narrator.note(narrator.text.left);
  const [from, to] = [podOf(stage, 'pod-a1'), podOf(stage, 'pod-c1')];
  const said = await pings(stage, narrator, from, to, { count: 3, intervalMs: 20 });
  narrator.say(`  pod-a1 -> pod-c1 ${said}`);
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
  for (const [command, why] of narrator.text.nextLines[narrator.kind]) {
    narrator.say(`  ${`npx podlan ${command}`.padEnd(44)} # ${why}`);
  }
}
