import { textIn } from '../language';

export const text = textIn(
  {
    starting: 'The cluster comes up …',
    joinHost: 'Add a host',
    failed: (message: string) => `That did not work: ${message}`,
  },
  {
    starting: '集群正在启动……',
    joinHost: '加入一台宿主机',
    failed: (message: string) => `没有成功：${message}`,
  },
);
