import { textIn } from '../../language';

export const text = textIn(
  {
    walk: 'The lookup, step by step',
    rail: 'Steps',
    summary: (reads: number, bytes: number, lines: number) =>
      `${reads} ${reads === 1 ? 'read' : 'reads'}, ${bytes} bytes, ${lines} ${lines === 1 ? 'cache line' : 'cache lines'}`,
    chips: { direct: 'direct table', bitmap: 'bitmap', run: 'run', cell: 'cell', answer: 'answer' },
    bits: (from: number, to: number) => `bits ${from}–${to}`,
    nodeAt: (from: number, to: number) => `node, bits ${from}–${to}`,
    bytes: (number: number) => `${number} B`,
    titles: {
      direct: 'Direct table',
      bitmap: (at: string) => `Node at ${at}: the bitmap`,
      run: (at: string) => `Node at ${at}: the run`,
      cell: (at: string) => `Cell at ${at}`,
      answer: 'Answer',
    },
    why: {
      direct: 'The first 18 bits of the address are an index. One read, whatever the table holds.',
      bitmap: (slots: number) =>
        `The next 6 bits name one of ${slots} slots. Neighbors with the same answer are one run, and a 1 in the bitmap is where a run begins.`,
      run: (rank: number, runs: number) =>
        `Counting the ones up to the slot (popcount) gives ${rank}: of the node’s ${runs} runs the slot lies in number ${rank}, and only that entry is read.`,
      cell: 'The number is too large for an entry, so that the entry says where it lies.',
      answer:
        'The trie knows only the value. Which prefix it belongs to is found among the prefixes themselves.',
      nothing: 'The entry is 0: no prefix contains the address.',
    },
    index: 'index',
    indexOf: (index: string, count: string) => `Entry ${index} of ${count}`,
    slot: 'slot',
    slotsOf: (slot: number, rank: number) => `Slot ${slot}; ones up to it: ${rank}`,
    runOf: (first: number, last: number, rank: number, runs: number) =>
      `Run ${rank} of ${runs}: slots ${first} to ${last}`,
    read: 'Read',
    at: (address: string) => `at ${address}`,
    word: 'as a number',
    leadsTo: {
      nothing: 'no prefix',
      number: (number: string) => `less 1: value number ${number}`,
      cell: (at: string) => `begins with 01: a cell at ${at}`,
      node: (at: string) => `begins with 1: a node at ${at}`,
    },
    ones: (rank: number) => (rank === 1 ? '1 one up to the slot' : `${rank} ones up to the slot`),
    valueNumber: (number: string) => `value number ${number}`,
    noRoute: 'no route',
    stands: 'stands for',
  },
  {
    walk: '逐步查找',
    rail: '步骤',
    summary: (reads: number, bytes: number, lines: number) =>
      `读 ${reads} 次，${bytes} 字节，${lines} 个缓存行`,
    chips: { direct: '直接表', bitmap: '位图', run: '段', cell: '单元', answer: '结果' },
    bits: (from: number, to: number) => `第 ${from}–${to} 位`,
    nodeAt: (from: number, to: number) => `节点，第 ${from}–${to} 位`,
    bytes: (number: number) => `${number} B`,
    titles: {
      direct: '直接表',
      bitmap: (at: string) => `位于 ${at} 的节点：位图`,
      run: (at: string) => `位于 ${at} 的节点：段`,
      cell: (at: string) => `位于 ${at} 的单元`,
      answer: '结果',
    },
    why: {
      direct: '地址的前 18 位就是下标。无论表里有多少前缀，都只读一次。',
      bitmap: (slots: number) =>
        `接下来的 6 位指定 ${slots} 个槽中的一个。相邻而结果相同的槽合成一个段，位图里的 1 表示一个段从这里开始。`,
      run: (rank: number, runs: number) =>
        `数一数到这个槽为止有几个 1（popcount）：${rank} 个。节点共有 ${runs} 个段，这个槽在第 ${rank} 个里，只读这一个表项。`,
      cell: '数值太大，表项放不下，表项里写的是它的位置。',
      answer: '字典树里只有值。它属于哪个前缀，要到前缀本身那里去查。',
      nothing: '表项是 0：没有前缀包含这个地址。',
    },
    index: '下标',
    indexOf: (index: string, count: string) => `第 ${index} 个表项，共 ${count} 个`,
    slot: '槽',
    slotsOf: (slot: number, rank: number) => `槽 ${slot}；到它为止有 ${rank} 个 1`,
    runOf: (first: number, last: number, rank: number, runs: number) =>
      `第 ${rank} 个段，共 ${runs} 个：槽 ${first} 到 ${last}`,
    read: '读取',
    at: (address: string) => `地址 ${address}`,
    word: '作为数值',
    leadsTo: {
      nothing: '没有前缀',
      number: (number: string) => `减 1：值的编号是 ${number}`,
      cell: (at: string) => `以 01 开头：单元在 ${at}`,
      node: (at: string) => `以 1 开头：节点在 ${at}`,
    },
    ones: (rank: number) => `到这个槽为止有 ${rank} 个 1`,
    valueNumber: (number: string) => `值的编号 ${number}`,
    noRoute: '没有路由',
    stands: '即',
  },
);
