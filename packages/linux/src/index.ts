/**
 * Kernel networking of Linux: the model and its diff, the kernel behind it, and the devices and sockets of the pump.
 * @module @podlan/linux
 */
// For `using`, in projects whose own `lib` does not know it yet.
/// <reference lib="esnext.disposable" preserve="true" />

export { type CapturedFrame, type CaptureOptions, capture } from './capture.js';
export { isClockSynchronized } from './clock.js';
export { deviceFeatures } from './device-features.js';
export type { SendError } from './error-queue.js';
export { createEventFd, EventFd, wakeEventFd } from './event-fd.js';
export { FdReceiver, listenerPid, type PassedFds, sendFds } from './fd-passing.js';
export { type FileLock, flock } from './flock.js';
export { LinuxError, type LinuxErrorOptions } from './linux-error.js';
export { LinuxKernel, type LinuxKernelOptions } from './linux-kernel.js';
export * from './model.js';
export * from './netns.js';
export { disableTransmitOffload, enableReceiveOffload } from './offload.js';
export { type PingOptions, type PingReply, ping, pingEach } from './ping.js';
export { type PolledFds, Poller, type Readiness } from './poller.js';
export * from './prefix.js';
export { type ProbeAnswer, type ProbeOptions, type ProbeReply, probe } from './probe.js';
export { RawSocket } from './raw-socket.js';
export { type Finished, type Run, run } from './run.js';
export type { FrameBatch, SlotBatch } from './slot-batch.js';
export { TapDevice, type TapOptions } from './tap.js';
export { UdpSocket, type UdpSocketOptions } from './udp-socket.js';
