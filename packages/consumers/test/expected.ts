/** What `projects/shared/answers.js` must come to, wherever it runs. */
export const ANSWERS = {
  lookups: ['host B', 'cluster', { v: 6 }, null],
  batch: [1, 2],
  roundTrip: { sent: 1, vni: 7, delivered: 1, text: 'from pod to pod' },
};
