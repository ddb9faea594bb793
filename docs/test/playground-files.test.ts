/** Files that go into the playground and come out of it: a real lab's snapshots, and captures that tshark reads. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TraceJson } from '@podlan/simulator';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { faultsOf, openPage, root, seriousFindings, siteUnderTest } from './built-site';
import { hopsShown, shownOf } from './shown-walk';

const PODLAN = `${root}/apps/agent/dist/main.js`;
const LAB = `site${process.pid}`;
const podlan = (...args: string[]): string =>
  execFileSync(process.execPath, [PODLAN, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const site = siteUnderTest();
let page: Page;
let faults: string[];
let files: string;

beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'podlan-site-'));
});
afterAll(() => rmSync(files, { recursive: true }));

beforeEach(async () => {
  page = await site.browser.newPage({ viewport: { width: 1280, height: 800 } });
  faults = faultsOf(page, site.url);
  await openPage(page, `${site.url}en/playground`);
});
afterEach(() => page.close());

const button = (name: string) => page.getByRole('button', { name, exact: true });

async function send(): Promise<void> {
  await button('Send').click();
  await button('Play').waitFor();
}

test('a walk that is saved is a capture without a malformed frame', async () => {
  await send();
  const [download] = await Promise.all([page.waitForEvent('download'), button('Save as pcapng').click()]);
  const file = join(files, download.suggestedFilename());
  await download.saveAs(file);
  const fields = ['frame.interface_name', '_ws.malformed', '_ws.expert.severity', 'frame.protocols'];
  const args = [
    '-r',
    file,
    '-d',
    'udp.port==8472,vxlan',
    '-T',
    'fields',
    ...fields.flatMap((one) => ['-e', one]),
  ];
  const lines = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const frames = lines
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(frames.length).toBeGreaterThan(10);
  expect(frames.filter(([, malformed]) => malformed !== '')).toEqual([]);
  expect(frames.map(([name]) => name)).toEqual(
    expect.arrayContaining(['pod-a1:eth0', 'host-a:eth0', 'pod-b1:eth0']),
  );
  expect(frames.map(([, , , protocols]) => protocols)).toContain(
    'eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:icmp:data',
  );
  expect(faults).toEqual([]);
});

test('snapshots of a real lab open, and a packet goes as podlan trace says', {
  timeout: 180_000,
}, async () => {
  podlan('lab', 'up', '--name', LAB, '--dataplane', 'kernel');
  try {
    podlan('lab', 'exec', '--name', LAB, 'pod-a1', '--', 'ping', '-c', '1', '-W', '3', '10.244.2.2');
    podlan('lab', 'snapshot', '--name', LAB, '--output', files);
  } finally {
    podlan('lab', 'down', '--name', LAB);
  }
  const snapshots = readdirSync(files)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(files, name));
  expect(snapshots.length).toBe(3);
  const report = JSON.parse(podlan('trace', 'pod-a1', 'pod-b1', '--json', '--snapshots', ...snapshots));
  const { hops, answered } = (report.computed ?? report) as TraceJson;
  expect(answered).toBe(true);
  await button('Snapshots …').click();
  await page.locator('input[type="file"]').setInputFiles(snapshots);
  await button('Add a host').waitFor({ state: 'detached' });
  await send();
  await page.getByLabel('ARP and ND, frame by frame').check();
  expect(await hopsShown(page, 'Step')).toEqual(hops.map(shownOf));
  expect(faults).toEqual([]);
});

test.each([
  [
    'en/playground',
    'Snapshots …',
    'A sick lab',
    /^Links leave snapshots out/,
    'Send',
    'Undo',
    'It did not arrive',
  ],
  ['playground', '快照……', '一个出了故障的实验集群', /^链接里不含快照/, '发送', '撤销', '没有送达'],
])(
  'on /%s what was done to snapshots is undone, and why they have no link is said',
  async (path, ...words) => {
    const [snapshots, sickLab, noLink, sending, undo, notArrived] = words;
    await openPage(page, site.url + path);
    await button(snapshots).click();
    await button(sickLab).click();
    await page.getByText(noLink).waitFor();
    expect(await button(undo).getAttribute('aria-disabled')).toBe('true');
    await button(sending).click();
    await page.getByText(notArrived).waitFor();
    await button(undo).click();
    await page.getByText(notArrived).waitFor({ state: 'detached' });
    expect(await seriousFindings(page)).toEqual([]);
    expect(faults).toEqual([]);
  },
);

test('a file that is no snapshot is refused by its name, and the cluster stays', async () => {
  await button('Snapshots …').click();
  const hostile = { name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{"schema":1}') };
  await page.locator('input[type="file"]').setInputFiles([hostile]);
  await expect
    .poll(() => page.getByRole('alert').allInnerTexts())
    .toEqual([expect.stringContaining('notes.json')]);
  await send();
  expect(faults).toEqual([]);
});
