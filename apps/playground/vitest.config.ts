export { default } from '@podlan/tooling/vitest';
