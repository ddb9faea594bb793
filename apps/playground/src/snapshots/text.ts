import { textIn } from '../language';

export const text = textIn(
  {
    title: 'Snapshots of your nodes',
    how: 'Take one on every node with',
    privacy: 'They stay in this page: nothing is sent anywhere.',
    choose: 'Choose files',
    drop: 'or drop them here',
    sound: 'A sound lab',
    sick: 'A sick lab',
    notes: 'Not simulated as it was',
  },
  {
    title: '自己节点的快照',
    how: '在每个节点上生成：',
    privacy: '快照只留在这个页面里，不会发送到任何地方。',
    choose: '选择文件',
    drop: '或拖到这里',
    sound: '一个正常的实验集群',
    sick: '一个出了故障的实验集群',
    notes: '与实际不同的模拟',
  },
);
