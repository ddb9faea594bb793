/** What a real Prometheus makes of an agent's metrics, and of each query of the dashboard for Grafana. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, isAlive, TestLab } from './test-lab.js';

const DASHBOARD = fileURLToPath(new URL('../../../deploy/grafana/podlan.json', import.meta.url));
const METRICS = '127.0.0.1:18472';
const PROMETHEUS = '127.0.0.1:19090';
const CONFIG = `
global: { scrape_interval: 250ms, scrape_timeout: 250ms }
scrape_configs: [{ job_name: podlan, static_configs: [{ targets: ['${METRICS}'] }] }]
`;
const GET = `
const answers = process.argv.slice(1).map((url) => fetch(url).then((answer) => answer.text(), () => ''));
Promise.all(answers).then((all) => console.log(JSON.stringify(all)));`;

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
  panels: Panel[];
  templating: { list: { query: string | { query: string } }[] };
};
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
);
/** As Grafana fills it in; the window is shorter, for a test does not wait for minutes. */
const filledIn = (query: string) =>
  query.replace(/\$(instance|peer|job)\b/g, '.*').replaceAll('$__rate_interval', '5s');
const variables = dashboard.templating.list.flatMap(({ query }) =>
  typeof query === 'string' ? [] : [/^label_values\((.+), (\w+)\)$/.exec(query.query)!.slice(1)],
);

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.start('wasm', 'kernel');
});
afterAll(() => lab[Symbol.asyncDispose]());

async function get(host: string, ...urls: string[]): Promise<string[]> {
  return JSON.parse((await lab.in(host, process.execPath, '-e', GET, ...urls)).stdout) as string[];
}

const metricsOf = async (host: string) => (await get(host, `http://${METRICS}/metrics`))[0]!;

/** By the series as it is written. */
function valuesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

const forwarded = 'podlan_forwarder_packets_total{device="flannel.1",direction="transmit"}';
const ofPeer = (peer: string) =>
  `podlan_peer_packets_total{device="flannel.1",peer="${lab.address(peer)}",direction="transmit"}`;
const onDevice = 'podlan_device_packets_total{device="flannel.1",direction="transmit"}';

test('promtool has nothing to say against them, on either dataplane', async () => {
  for (const host of ['host-a', 'host-b']) {
    const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    child.stdin.end(await metricsOf(host));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([host, said, code]).toEqual([host, '', 0]);
  }
});

test('the kernel dataplane has what the kernel counts on the device, and of forwarders nothing', async () => {
  await lab.in('pod-b1', 'ping', '-c', '3', '-i', '0.1', lab.address('pod-a1'));
  const text = await metricsOf('host-b');
  expect(valuesOf(text).get(onDevice)).toBeGreaterThanOrEqual(3);
  expect(text).not.toMatch(/^podlan_(forwarder|peer)_\w+\{/m);
});

test('metrics are at loopback only, and health is beside them', async () => {
  const health = ['/healthz', '/readyz'].map((path) => `http://${METRICS}${path}`);
  expect(await get('host-a', ...health)).toEqual(['podlan agent is running\n', 'podlan agent is ready\n']);
  expect(await get('host-b', `http://${lab.address('host-a')}:18472/metrics`)).toEqual(['']);
});

describe('scraped by Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-prometheus-'));
  let server: ReturnType<TestLab['spawn']>;
  beforeAll(async () => {
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, CONFIG);
    const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`];
    server = lab.spawn('host-a', 'prometheus', ...flags, `--web.listen-address=${PROMETHEUS}`);
    server.stdout.resume();
    server.stderr.resume();
    const seconds = ['-c', '15', '-i', '0.2'];
    await lab.in('pod-a1', 'ping', '-n', ...seconds, lab.address('pod-b1'));
    // A rate is had of two scrapes.
    const isScraped = '/api/v1/query?query=count_over_time(podlan_ready[5s])>4';
    await eventually(
      async () => (await get('host-a', `http://${PROMETHEUS}${isScraped}`))[0]!,
      (answer) => answer.includes('"metric"'),
      20_000,
    );
  });
  afterAll(async () => {
    server.kill('SIGTERM');
    await eventually(
      async () => isAlive(server.pid!),
      (alive) => !alive,
    );
    rmSync(folder, { recursive: true });
  });

  test('every query of the dashboard is answered with series', async () => {
    const all = [...queries, ...variables.map(([selector, label]) => [label!, selector!] as const)];
    expect(all.length).toBeGreaterThan(25);
    const urlOf = (query: string) => {
      const parameters = new URLSearchParams({ query: filledIn(query) });
      return `http://${PROMETHEUS}/api/v1/query?${parameters}`;
    };
    const answers = await get('host-a', ...all.map(([, query]) => urlOf(query)));
    for (const [i, [title, query]] of all.entries()) {
      const { status, data, error } = JSON.parse(answers[i]!);
      expect({ title, query, status, error }).toEqual({ title, query, status: 'success', error: undefined });
      expect([title, query, data.result.length]).not.toEqual([title, query, 0]);
    }
  });

  test('every family of the agent is in some panel', async () => {
    const shown = queries.map(([, query]) => query).join('\n');
    const families = [...(await metricsOf('host-a')).matchAll(/^# TYPE (podlan_\w+)/gm)].map(
      ([, name]) => name!,
    );
    expect(families.filter((name) => !shown.includes(name))).toEqual([]);
  });
});

test('counters go on where a worker is started anew, and series end with their peer', async () => {
  await lab.in('pod-a1', 'ping', '-c', '3', '-i', '0.1', lab.address('pod-b1'));
  const before = valuesOf(await metricsOf('host-a'));
  expect(before.get(ofPeer('host-b'))).toBeGreaterThanOrEqual(3);
  // The device goes, and the forwarder with it; the agent puts both back.
  await lab.in('host-a', 'ip', 'link', 'delete', 'flannel.1');
  await eventually(
    async () => lab.reaches('pod-a1', 'pod-b1'),
    (reached) => reached,
    20_000,
  );
  const after = valuesOf(await metricsOf('host-a'));
  for (const series of [forwarded, ofPeer('host-b'), onDevice])
    expect(after.get(series)).toBeGreaterThanOrEqual(before.get(series)! + 1);
  expect(after.get('podlan_drift_repaired_rows_total{kind="link"}')).toBeGreaterThanOrEqual(1);
  await lab.leave('host-b');
  const gone = await eventually(
    async () => valuesOf(await metricsOf('host-a')),
    (seen) => seen.get('podlan_peers{state="programmed"}') === 0,
  );
  expect([...gone.keys()].filter((series) => series.startsWith('podlan_peer_'))).toEqual([]);
  expect(gone.get(forwarded)).toBeGreaterThanOrEqual(after.get(forwarded)!);
});
