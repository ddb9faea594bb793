/** Simulates what the playground shows first while the site is built, so that its page has it from the beginning. */

import type { Plugin } from '@docusaurus/types';

export default function firstScene(): Plugin {
  return {
    name: 'first-scene',
    loadContent: async () => (await import('@podlan/playground/first-scene')).firstScene(),
    async contentLoaded({ content, actions }) {
      await actions.createData('scene.json', JSON.stringify(content));
    },
  };
}
