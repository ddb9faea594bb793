import { textIn } from '../language';

export const text = textIn(
  {
    title: (place: string) => `Console of ${place}`,
    command: (place: string) => `Command on ${place}`,
    example: 'ip route',
    output: 'What commands printed',
  },
  {
    title: (place: string) => `${place} 的控制台`,
    command: (place: string) => `在 ${place} 上执行的命令`,
    example: 'ip route',
    output: '命令的输出',
  },
);
