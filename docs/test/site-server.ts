export { serveSite } from '@podlan/tooling/site-server';
