import { textIn } from '../../language';

const count = (number: number) => number.toLocaleString('en');
const millions = (rate: number) => (rate / 1e6).toFixed(rate < 1e7 ? 2 : 1);

export const text = textIn(
  {
    settings: 'A table with the prefix lengths of the global one, the same for a seed',
    family: 'Family',
    size: 'Prefixes',
    seed: 'Seed',
    badSeed: 'Expected a whole number from 0 to 4294967295',
    load: (size: number) => (size === 1_000_000 ? 'Load a million prefixes' : `Load ${count(size)} prefixes`),
    cancel: 'Cancel',
    loading: (placed: number, size: number) => `${count(placed)} of ${count(size)}`,
    progress: 'Loaded so far',
    cancelled: 'Cancelled. What was loaded is gone.',
    loaded: (size: number, seconds: string) =>
      `${count(size)} prefixes, generated and inserted one by one in ${seconds} s, in a worker of this page.`,
    nothing: 'Nothing is loaded yet.',
    measure: 'Measure lookups',
    measuring: (round: number, rounds: number) => `Measuring: round ${round} of ${rounds}`,
    preparing: 'Comparing the answers of the three ways …',
    rates: 'Lookups per second, this browser, this run',
    ways: {
      batch: 'RouteTable, in batches',
      single: 'RouteTable, one at a time',
      maps: 'a JavaScript Map per length',
    },
    way: 'Way',
    median: 'Median',
    spread: 'Least to most',
    perSecond: (rate: number) => `${millions(rate)} million`,
    range: (least: number, most: number) => `${millions(least)}–${millions(most)}`,
    times: (times: string) => `${times}×`,
    honest: (addresses: number, rounds: number) =>
      `Median of ${rounds} rounds; in each the three ways take turns at the same ${count(addresses)} random addresses, all within some prefix. All three gave the same answers to all of them. Another machine, another browser, or this one while it is busy, has other numbers; the ratios tell more than the rates do.`,
  },
  {
    settings: '前缀长度的分布与全球路由表相似；种子相同，表就相同',
    family: '地址族',
    size: '前缀数',
    seed: '种子',
    badSeed: '应为 0 到 4294967295 的整数',
    load: (size: number) => (size === 1_000_000 ? '装入一百万个前缀' : `装入 ${count(size)} 个前缀`),
    cancel: '取消',
    loading: (placed: number, size: number) => `${count(placed)} / ${count(size)}`,
    progress: '已装入',
    cancelled: '已取消，装入的部分也已丢弃。',
    loaded: (size: number, seconds: string) =>
      `${count(size)} 个前缀，在本页的一个 worker 里逐个生成并插入，用了 ${seconds} 秒。`,
    nothing: '还没有装入。',
    measure: '测量查找速度',
    measuring: (round: number, rounds: number) => `测量中：第 ${round} 轮，共 ${rounds} 轮`,
    preparing: '正在比对三种方法的结果……',
    rates: '每秒查找次数，仅限这个浏览器的这一次运行',
    ways: {
      batch: 'RouteTable，批量',
      single: 'RouteTable，逐个',
      maps: '每种长度一个 JavaScript Map',
    },
    way: '方法',
    median: '中位数',
    spread: '最低到最高',
    perSecond: (rate: number) => `${(rate / 1e4).toFixed(0)} 万`,
    range: (least: number, most: number) => `${(least / 1e4).toFixed(0)}–${(most / 1e4).toFixed(0)} 万`,
    times: (times: string) => `${times} 倍`,
    honest: (addresses: number, rounds: number) =>
      `${rounds} 轮的中位数；每一轮里三种方法轮流查同样的 ${count(addresses)} 个随机地址，它们都在某个前缀之内。三种方法对所有地址给出的结果都相同。换一台机器、换一个浏览器，或者机器正忙，数字都会不同；倍数比绝对值更有意义。`,
  },
);
