/** What the plugins of this site make before it is built. */

declare module '@generated/runnable-code/default/worker' {
  /** The script of the worker that runs code, as text. */
  const text: string;
  export default text;
}

declare module '@generated/first-scene/default/scene.json' {
  /** What the playground shows first. */
  const scene: import('@podlan/playground/playground').SceneView;
  export default scene;
}
