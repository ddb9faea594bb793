import { textIn } from '../language';

export const text = textIn(
  {
    layers: 'Layers',
    bytes: 'Bytes',
    length: (bytes: number) => `${bytes} bytes`,
    changed: 'changed here',
    new: 'new here',
    removed: (bytes: number) => `${bytes} bytes were taken off the front`,
    yes: 'yes',
    no: 'no',
    howTo: 'Up and down move from field to field',
  },
  {
    layers: '各层',
    bytes: '字节',
    length: (bytes: number) => `${bytes} 字节`,
    changed: '在此改变',
    new: '在此新增',
    removed: (bytes: number) => `从前端去掉了 ${bytes} 字节`,
    yes: '是',
    no: '否',
    howTo: '上下方向键在字段间移动',
  },
);
