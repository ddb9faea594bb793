/** native/lpm.c with a table and addresses, which it reads from files. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, NativeProgram } from '../native/program.js';
import { PrefixTable } from '../tables/prefix-table.js';

function dpdkFlags() {
  const { stdout } = spawnSync('pkg-config', ['--cflags', 'libdpdk'], { encoding: 'utf8' });
  // -march=corei7 is what Debian built DPDK for; ours is native, and the last one counts.
  return [...stdout.trim().split(/\s+/), '-march=native', '-lrte_eal', '-lrte_lpm', '-lrte_fib'];
}

function shortFirst(table) {
  const order = Uint32Array.from({ length: table.size }, (_, at) => at);
  order.sort((a, b) => table.lengths[a] - table.lengths[b]);
  const sorted = new PrefixTable(table.family, table.size);
  for (const [at, from] of order.entries())
    sorted.set(at, table.address(from), table.lengths[from], table.values[from]);
  return sorted;
}

function fileOfTable({ family, size, words, lengths, values }) {
  return Buffer.concat([Uint32Array.of(family, size), words, lengths, values].map(bytesOf));
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);

export class NativeLpm {
  #folder = mkdtempSync(join(tmpdir(), 'podlan-lpm-'));
  #program;

  constructor(table) {
    const path = join(this.#folder, 'table');
    writeFileSync(path, fileOfTable(shortFirst(table)));
    this.#program = new NativeProgram(compile(['lpm.c', 'lpm_fill.h', 'lpm_bulk.h'], dpdkFlags()), [path]);
  }

  /** `rte_lpm`, `rte_fib` and so on, those that this machine can have. */
  async structures() {
    return (await this.#program.ask('structures')).trim().split(' ');
  }

  async load(list) {
    const path = join(this.#folder, 'addresses');
    writeFileSync(path, bytesOf(list.words));
    await this.#program.ask(`addresses ${path}`);
  }

  async answers(structure) {
    const path = join(this.#folder, 'answers');
    await this.#program.ask(`answers ${structure} ${path}`);
    const bytes = readFileSync(path);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }

  /** A task that looks the next `count` of `size` loaded addresses up with each call. */
  task(structure, count, size) {
    let next = 0;
    const question = () => {
      const from = next;
      next = (next + count) % size;
      return `time ${structure} ${from} ${count}`;
    };
    return { operations: count, run: this.#program.timed(question) };
  }

  close() {
    this.#program.close();
    rmSync(this.#folder, { recursive: true });
  }
}
