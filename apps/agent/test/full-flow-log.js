/** Writes a flow log to a disk until it is full, makes room, and writes once more: `full-flow-log.js FOLDER`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlowLog } from '../dist/flows/flow-log.js';

const [folder] = process.argv.slice(2);
const ballast = join(folder, 'ballast');
writeFileSync(ballast, Buffer.alloc(16_384));
const path = join(folder, 'flows.jsonl');
const complaints = [];
const log = new FlowLog(path, (message) => complaints.push(message));
// No divisor of a page's size, so that room ends within a line.
const line = `${JSON.stringify({ filler: 'x'.repeat(301) })}\n`;
const ROUNDS = 30;
const LINES = 10;

let took = 0;
for (let round = 0; round < ROUNDS; round++) took += log.append(Array(LINES).fill(line));
rmSync(ballast);
took += log.append([`${JSON.stringify({ last: true })}\n`]);
log[Symbol.dispose]();
const text = readFileSync(path, 'utf8');
process.stdout.write(JSON.stringify({ took, offered: ROUNDS * LINES + 1, complaints, text }));
