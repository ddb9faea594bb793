import { expect, test } from 'vitest';
import joinLines, { joinedLines } from '../join-lines';

test.each([
  ['封装成 VXLAN 的数据\n包到达宿主机', '封装成 VXLAN 的数据包到达宿主机'],
  ['先查路由表，\nVXLAN 头在后', '先查路由表，VXLAN 头在后'],
  ['发往 pod\n（在别处）', '发往 pod（在别处）'],
  ['封装成\nVXLAN', '封装成\nVXLAN'],
  ['one line\nand another', 'one line\nand another'],
])('%j is shown as %j', (source, shown) => {
  expect(joinedLines(source)).toBe(shown);
});

test('lines of code are left alone', () => {
  const code = { type: 'inlineCode', value: '网\n桥' };
  const text = { type: 'text', value: '网\n桥' };
  joinLines()({ type: 'root', children: [{ type: 'paragraph', children: [text, code] }] });
  expect([text.value, code.value]).toEqual(['网桥', '网\n桥']);
});
