/** Real frames, read by tshark and by us: every field equal, and the same bytes when emitted again. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type DissectedField, type DissectedLayer, dissect, layersOf, summarize } from '../src/index.js';
import { reemitEthernet } from './reemit.js';
import { TSHARK_FIELDS, TSHARK_LAYERS } from './tshark-fields.js';

const FOLDER = fileURLToPath(new URL('golden/', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../../tooling/src/golden.js', import.meta.url));
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.hex'))
  .map((name) => name.slice(0, -'.hex'.length));

type Json = string | Json[] | { [key: string]: Json };

function frameOf(name: string): Uint8Array {
  const hex = readFileSync(`${FOLDER}${name}.hex`, 'utf8').replace(/\s+/g, '');
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** tshark's fields of each layer, as flat maps; the first value counts where a name repeats. */
function tsharkLayers(name: string): Map<string, Map<string, string>[]> {
  const layers = new Map<string, Map<string, string>[]>();
  collectLayers(JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')), layers);
  return layers;
}

const LAYER_NAMES = new Set(Object.values(TSHARK_LAYERS));

function collectLayers(json: { [key: string]: Json }, layers: Map<string, Map<string, string>[]>): void {
  for (const [key, value] of Object.entries(json).filter(([name]) => LAYER_NAMES.has(name))) {
    for (const layer of Array.isArray(value) ? value : [value]) {
      const fields = new Map<string, string>();
      collectFields(layer, fields);
      layers.set(key, [...(layers.get(key) ?? []), fields]);
    }
  }
  // A packet that an ICMP error quotes stands inside the error's own layer.
  for (const value of Object.values(json)) {
    if (typeof value === 'object' && !Array.isArray(value)) collectLayers(value, layers);
  }
}

function collectFields(json: Json, fields: Map<string, string>): void {
  if (typeof json === 'string') return;
  for (const [key, value] of Object.entries(json)) {
    if (LAYER_NAMES.has(key)) continue;
    const first = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string' && !fields.has(key)) fields.set(key, first);
    collectFields(value, fields);
  }
}

/** What tshark would print for the field, where the units differ. */
function ours(field: DissectedField): string | number {
  if (field.name === 'header words') return Number(field.value) * 4;
  if (field.name === 'fragment offset') return Number(field.value) / 8;
  return typeof field.value === 'boolean' ? Number(field.value) : field.value;
}

function theirs(text: string, field: DissectedField): string | number {
  if (field.name === 'options') return text.replaceAll(':', '');
  return typeof field.value === 'string' ? text : Number(text);
}

function compare(layer: DissectedLayer, fields: Map<string, string>, name: string): void {
  for (const field of layer.fields) {
    const mapped = TSHARK_FIELDS[layer.protocol][field.name];
    expect(mapped, `${name}: no tshark name for ${layer.protocol} ${field.name}`).not.toBeUndefined();
    if (mapped === null || mapped === undefined) continue;
    const found = mapped.split(' ').find((candidate) => fields.has(candidate));
    expect(found, `${name}: tshark has no ${mapped}`).toBeDefined();
    expect(ours(field), `${name}: ${found}`).toBe(theirs(fields.get(found!)!, field));
  }
}

test('tshark on this machine reads the frames as the committed JSON says', () => {
  const run = spawnSync(process.execPath, [SCRIPT, '--check', FOLDER], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});

test('the set has what a pod network carries', () => {
  expect(names.length).toBeGreaterThanOrEqual(44);
});

describe.each(names)('%s', (name) => {
  const frame = frameOf(name);

  test('is dissected as tshark does', () => {
    const theirLayers = tsharkLayers(name);
    let fields = new Map<string, string>();
    for (const layer of layersOf(dissect(frame))) {
      const tsharkName = TSHARK_LAYERS[layer.protocol];
      // Extension headers are fields of tshark's IPv6 layer, and data is nobody's.
      if (tsharkName) fields = theirLayers.get(tsharkName)?.shift() ?? new Map();
      compare(layer, fields, name);
    }
    expect([...theirLayers.values()].flat(), 'layers tshark saw and dissect did not').toEqual([]);
  });

  test('has no problem and a one-line summary', () => {
    expect(layersOf(dissect(frame)).flatMap((layer) => layer.problems)).toEqual([]);
    expect(summarize(frame)).toMatchSnapshot();
  });

  test('is the same bytes when every layer is parsed and emitted again', () => {
    expect(reemitEthernet(frame)).toEqual(frame);
  });
});
