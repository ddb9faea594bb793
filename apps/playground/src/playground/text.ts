import { textIn } from '../language';
import type { Said } from './playground-store';

type Did = Extract<Said, { did: unknown }>['did'];

const did: Readonly<Record<Did, string>> = {
  join: 'A host has joined.',
  leave: 'The host has left.',
  'add-pod': 'A pod was added.',
  'remove-pod': 'The pod was removed.',
  cut: 'The cable is cut.',
  mend: 'The cable is whole again.',
  'kill-agent': 'The agent was stopped.',
  'start-agent': 'The agent was started.',
  run: 'The command was run.',
  wait: 'Time went by.',
  send: 'The packet was sent.',
  undo: 'The last action is undone.',
  open: '',
};

const didZh: Readonly<Record<Did, string>> = {
  join: '一台宿主机已加入。',
  leave: '这台宿主机已离开。',
  'add-pod': '已添加一个 pod。',
  'remove-pod': '已删除这个 pod。',
  cut: '网线已切断。',
  mend: '网线已接好。',
  'kill-agent': 'agent 已停止。',
  'start-agent': 'agent 已启动。',
  run: '命令已执行。',
  wait: '时间过去了。',
  send: '数据包已发出。',
  undo: '已撤销最后一步。',
  open: '',
};

export const text = textIn(
  {
    starting: 'The cluster comes up …',
    did,
    changedRows: (count: number, place: string) => `${place} ±${count}`,
    changed: (places: readonly string[]) => `Rows changed: ${places.join(', ')}`,
    failed: (message: string) => `That did not work: ${message}`,
    badLink: (message: string) =>
      `The link could not be opened, so here is a fresh cluster instead. ${message}`,
    old: 'The cluster has changed since this packet was sent.',
    again: 'Send it again',
    start: 'Send a packet, and follow it here hop by hop, with the rows that decide and its bytes.',
    place: 'Looked into',
    snapshots: 'Snapshots …',
    noLink: 'Links leave snapshots out: pass on the files instead.',
    fold: 'Close',
  },
  {
    starting: '集群正在启动……',
    did: didZh,
    changedRows: (count: number, place: string) => `${place} ±${count}`,
    changed: (places: readonly string[]) => `有变化的行：${places.join('，')}`,
    failed: (message: string) => `没有成功：${message}`,
    badLink: (message: string) => `无法打开这个链接，因此这里是一个全新的集群。${message}`,
    old: '发出这个数据包之后，集群已有变化。',
    again: '重新发送',
    start: '发送一个数据包，然后在这里逐跳跟随它：每一跳由哪一行决定，字节又变成什么样。',
    place: '正在查看',
    snapshots: '快照……',
    noLink: '链接里不含快照：请直接把文件发给对方。',
    fold: '关闭',
  },
);
