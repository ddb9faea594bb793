/** Kernel networking of Linux: the model and its diff, the kernel behind it, and the devices and sockets of the pump. */

export * from './linux-error.js';
export * from './linux-kernel.js';
export * from './model.js';
export * from './netns.js';
export * from './prefix.js';
export { type Finished, type Run, run } from './run.js';
