import { textIn } from '../language';

const count = (number: number) => number.toLocaleString('en');

export const text = textIn(
  {
    intro:
      'Type prefixes, look an address up, and watch the longest match being found: every byte that the lookup reads lies in the memory of the WebAssembly module that also forwards podlan’s packets.',
    table: 'The table',
    source: 'Prefixes',
    own: 'Your own',
    generated: 'Generated',
    prefixes: 'Prefixes, one a line; what follows is the next hop or any value',
    pasteHint: 'Output of ip route can be pasted as it is.',
    example: 'Back to the example',
    prefixCount: (number: number) => (number === 1 ? '1 prefix' : `${count(number)} prefixes`),
    problemCount: (number: number) =>
      number === 1 ? '1 line cannot be read' : `${count(number)} lines cannot be read`,
    line: (line: number) => `Line ${count(line)}`,
    more: (number: number) => `and ${count(number)} more`,
    problems: {
      noPrefix: (got: string) => `expected a prefix, as 10.244.2.0/24 or fd00:244::/48; got ${got}`,
      badLength: (longest: number, got: string) =>
        `expected a prefix length from 0 to ${longest}; got ${got === '' ? 'none' : got}`,
      tooMany: (most: number) =>
        `expected at most ${count(most)} lines; the rest is not read. For more, take the generated table.`,
    },
    notices: {
      hostBits: (taken: string) => `bits beyond the length are left off: taken as ${taken}`,
      again: (prefix: string, first: number) =>
        `${prefix} is in line ${count(first)} too: the later one counts`,
    },
    address: 'Look an address up',
    badAddress: (got: string) =>
      `Expected an IPv4 or IPv6 address, as 10.244.2.7 or fd00:244:0:2::7; got ${got}`,
    try: 'Try',
    noMatch: 'No prefix contains this address.',
    noValue: 'no value',
    nextHop: (number: number) => `next hop ${number}`,
    by: (prefix: string) => `by ${prefix}`,
    waiting: 'Looking it up …',
    noTable: 'Load a table, and look addresses up in it here.',
    bits: 'The address in binary',
    bitsOf: (address: string, matched: number, prefix: string) =>
      `${address} in binary: its first ${matched} bits are those of ${prefix}`,
    bitsOfNone: (address: string) => `${address} in binary: no prefix matches`,
    matching: (prefix: string) => `bits of ${prefix}`,
    deciding: 'bits that decide in this step',
    covering: 'Every prefix that contains it',
    longest: 'longest',
    shape: 'What the table is made of',
    shapeIntro:
      'Counted in the module’s memory. A lookup of a value reads the direct table and the nodes of its family, and nothing else.',
    part: 'Part',
    pieces: 'Pieces',
    memory: 'Bytes',
    parts: {
      direct: (family: number) => `Direct table of IPv${family}`,
      level: (family: number, bit: number) => `Nodes of IPv${family} at bit ${bit}`,
      prefixNodes: 'The prefixes themselves, for changes',
      cells: 'Values too large for an entry',
      answers: 'Recent answers of batches',
      rest: 'Room for changes, and buffers',
      all: 'All memory of the module',
    },
    entries: (number: number) => `${count(number)} entries`,
    nodesAndRuns: (nodes: number, runs: number) =>
      `${count(nodes)} ${nodes === 1 ? 'node' : 'nodes'}, ${count(runs)} runs`,
    nodes: (number: number) => `${count(number)} ${number === 1 ? 'node' : 'nodes'}`,
    cells: (number: number) => `${count(number)} cells`,
    failed: (message: string) => `That did not work: ${message}`,
  },
  {
    intro:
      '写下前缀，查一个地址，看最长匹配是怎样找到的：查找读到的每个字节，都在 WebAssembly 模块的内存里，podlan 转发数据包用的也是这个模块。',
    table: '前缀表',
    source: '前缀',
    own: '自己写',
    generated: '自动生成',
    prefixes: '每行一个前缀，后面是下一跳或任意值',
    pasteHint: 'ip route 的输出可以直接粘贴。',
    example: '恢复示例',
    prefixCount: (number: number) => `${count(number)} 个前缀`,
    problemCount: (number: number) => `有 ${count(number)} 行读不懂`,
    line: (line: number) => `第 ${count(line)} 行`,
    more: (number: number) => `还有 ${count(number)} 行`,
    problems: {
      noPrefix: (got: string) => `应为前缀，例如 10.244.2.0/24 或 fd00:244::/48；实际是 ${got}`,
      badLength: (longest: number, got: string) =>
        `前缀长度应为 0 到 ${longest}；实际${got === '' ? '没有写' : `是 ${got}`}`,
      tooMany: (most: number) => `最多 ${count(most)} 行，其余的没有读入。需要更多，请用自动生成的表。`,
    },
    notices: {
      hostBits: (taken: string) => `长度之外的主机位已去掉，按 ${taken} 处理`,
      again: (prefix: string, first: number) => `${prefix} 在第 ${count(first)} 行已经出现：以后面的为准`,
    },
    address: '查一个地址',
    badAddress: (got: string) => `应为 IPv4 或 IPv6 地址，例如 10.244.2.7 或 fd00:244:0:2::7；实际是 ${got}`,
    try: '试试',
    noMatch: '没有前缀包含这个地址。',
    noValue: '没有值',
    nextHop: (number: number) => `下一跳 ${number}`,
    by: (prefix: string) => `依据 ${prefix}`,
    waiting: '正在查找……',
    noTable: '装入一张表，就可以在这里查地址。',
    bits: '二进制的地址',
    bitsOf: (address: string, matched: number, prefix: string) =>
      `${address} 的二进制：前 ${matched} 位与 ${prefix} 相同`,
    bitsOfNone: (address: string) => `${address} 的二进制：没有匹配的前缀`,
    matching: (prefix: string) => `${prefix} 的位`,
    deciding: '这一步起决定作用的位',
    covering: '包含它的所有前缀',
    longest: '最长',
    shape: '这张表由什么组成',
    shapeIntro: '在模块内存里数出来的。查值只读所属地址族的直接表和节点，不读别的。',
    part: '部分',
    pieces: '数量',
    memory: '字节',
    parts: {
      direct: (family: number) => `IPv${family} 的直接表`,
      level: (family: number, bit: number) => `IPv${family} 从第 ${bit} 位起的节点`,
      prefixNodes: '前缀本身，供修改时使用',
      cells: '表项放不下的大数值',
      answers: '批量查找最近的结果',
      rest: '为修改预留的空间，以及缓冲区',
      all: '模块的全部内存',
    },
    entries: (number: number) => `${count(number)} 个表项`,
    nodesAndRuns: (nodes: number, runs: number) => `${count(nodes)} 个节点，${count(runs)} 个段`,
    nodes: (number: number) => `${count(number)} 个节点`,
    cells: (number: number) => `${count(number)} 个单元`,
    failed: (message: string) => `没有成功：${message}`,
  },
);
