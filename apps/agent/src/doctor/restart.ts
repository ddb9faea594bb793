/** How the agent of a node is started anew: it sets up everything then, from its store. */
import type { Scene } from './scene.js';

const AGENTS = {
  podlan: { name: 'podlan agent', unit: 'podlan', pods: '-n kube-podlan -l app.kubernetes.io/name=podlan' },
  flannel: { name: 'flanneld', unit: 'flanneld', pods: '-n kube-flannel -l app=flannel' },
} as const;

/** `why`: what the agent does then. */
export function restartLines({ control, node }: Scene, why: string): string[] {
  const { name, unit, pods } = AGENTS[control.source];
  return [
    `start ${name} anew, ${why}: systemctl restart ${unit}`,
    `or, where Kubernetes runs it: kubectl delete pod ${pods} --field-selector spec.nodeName=${node}`,
  ];
}
