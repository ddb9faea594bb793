/** The frame workbench in the built site: frames are built, pasted, opened, edited, and saved for tshark. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pcapHeader, pcapRecord, readCapture, summarize } from '@podlan/wire';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultsOf, openPage, seriousFindings, siteUnderTest } from './built-site';

const site = siteUnderTest();
let page: Page;
let faults: string[];

beforeEach(async () => {
  page = await site.browser.newPage({ viewport: { width: 1280, height: 900 } });
  faults = faultsOf(page, site.url);
  await openPage(page, `${site.url}en/workbench`);
  await page.getByRole('region', { name: 'The frame' }).waitFor();
});
afterEach(async () => {
  expect(faults).toEqual([]);
  await page.close();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const packets = () => page.getByRole('region', { name: 'Packets' }).locator('ol button');
const problems = () => page.getByRole('region', { name: 'The frame' }).getByText('checksum is wrong').count();

/** What the page hands the reader as a file, and what tshark says is wrong in it. */
async function saved(format: 'pcap' | 'pcapng'): Promise<{ file: Uint8Array; wrong: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-workbench-'));
  try {
    const [download] = await Promise.all([page.waitForEvent('download'), button(format).click()]);
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    const checks = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
    const filter = '_ws.malformed || _ws.expert.severity == error || ip.checksum.status == "Bad"';
    const wrong = execFileSync(
      'tshark',
      ['-n', '-d', 'udp.port==8472,vxlan', '-r', path, ...checks, '-Y', filter],
      {
        encoding: 'utf8',
        stdio: 'pipe',
      },
    );
    return { file: Uint8Array.from(readFileSync(path)), wrong };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function edit(field: RegExp, value: string): Promise<void> {
  await page.locator('[data-field]', { hasText: field }).last().click();
  await page.locator('form input[aria-invalid]').fill(value);
  await page.keyboard.press('Enter');
}

test('a frame of every kind is built, and tshark finds each whole', { timeout: 120_000 }, async () => {
  for (const kind of ['arp', 'icmp', 'tcp', 'udp']) {
    await page.getByLabel('What').selectOption(kind);
    await button('Add to the bench').click();
  }
  await expect.poll(() => packets().count()).toBe(5);
  for (const format of ['pcap', 'pcapng'] as const) {
    const { file, wrong } = await saved(format);
    expect(wrong).toBe('');
    expect([...readCapture(file)].map(({ bytes }) => summarize(bytes).includes('VXLAN'))).toEqual(
      Array(5).fill(true),
    );
  }
  await page.getByLabel('From', { exact: true }).fill('10.244.1');
  await button('Add to the bench').click();
  await page.getByText('source: expected an IP address, got 10.244.1').waitFor();
});

test('an edit takes the checksums along, or leaves them wrong until they are repaired', async () => {
  await edit(/^ttl/, '9');
  await expect.poll(() => page.locator('[data-field]', { hasText: /^ttl9/ }).count()).toBe(1);
  expect(await problems()).toBe(0);
  expect((await saved('pcap')).wrong).toBe('');
  await page.getByLabel('Checksums follow an edit').uncheck();
  await edit(/^ttl/, '8');
  await expect.poll(problems).toBe(1);
  expect((await saved('pcap')).wrong).not.toBe('');
  await button('Repair checksums').click();
  await expect.poll(problems).toBe(0);
  await edit(/^ttl/, '256');
  await page.getByText('ttl: expected 0 to 255, got 256').waitFor();
});

test('a frame is taken out of its tunnel, put back, and all that undone', async () => {
  const summary = () => packets().first().innerText();
  const before = await summary();
  await button('Decapsulate').click();
  await expect.poll(summary).not.toContain('VXLAN');
  expect(await button('Decapsulate').isDisabled()).toBe(true);
  await button('Encapsulate in VXLAN').click();
  await expect.poll(summary).toBe(before);
  await button('Undo').click();
  await button('Undo').click();
  await expect.poll(() => button('Undo').isDisabled()).toBe(true);
});

test('pasted bytes and capture files are read, and what is wrong with them is said', async () => {
  await button('Paste bytes').click();
  await page
    .getByLabel('Hexadecimal bytes')
    .fill('0x0000:  4500 0014 1234 4000 403b 1479 0a00 0001\n0x0010:  0a00 0002');
  await button('Add to the bench').click();
  await expect.poll(() => packets().last().innerText()).toContain('IP 10.0.0.1 > 10.0.0.2');
  await button('Open a capture').click();
  const bytes = Uint8Array.from([...packetBytes, 0, 0]);
  const file = Buffer.concat([
    pcapHeader(),
    pcapRecord({ timeNs: 1n, bytes }),
    pcapRecord({ timeNs: 2n, bytes }),
  ]);
  const input = page.locator('input[type=file]');
  await input.setInputFiles({ name: 'cut.pcap', mimeType: '', buffer: file.subarray(0, file.length - 1) });
  await page.getByText(/offset \d+: expected a packet of 44 bytes, the file ends after 43/).waitFor();
  expect(await packets().count()).toBe(1);
  expect(await packets().innerText()).toContain('ARP who-has 10.244.1.1 tell 10.244.1.5');
});

const packetBytes = [
  ...[255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1],
  ...[2, 0, 0, 0, 0, 1, 10, 244, 1, 5, 0, 0, 0, 0, 0, 0, 10, 244, 1, 1],
];

test.each(['light', 'dark'] as const)(
  'it can be read by all in the %s, and by keyboard alone',
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.locator('[data-field]').first().focus();
    for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
    await page.locator('form input[aria-invalid]').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  },
);
