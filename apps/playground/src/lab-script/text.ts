import { textIn } from '../language';

export const text = textIn(
  {
    running: 'The simulated lab is at work …',
    said: 'What the simulated lab says',
    open: 'Go on in the playground',
    ready: (hosts: number, pods: number) => `${hosts} hosts and ${pods} pods, simulated in this page`,
  },
  {
    running: '模拟的实验集群正在运行……',
    said: '模拟的实验集群的输出',
    open: '在实验场里继续',
    ready: (hosts: number, pods: number) => `${hosts} 台宿主机、${pods} 个 pod，在这个页面里模拟`,
  },
);
