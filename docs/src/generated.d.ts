/** What the plugins of this site make before it is built. */

declare module '@generated/runnable-code/default/worker' {
  /** The script of the worker that runs code, as text. */
  const text: string;
  export default text;
}
