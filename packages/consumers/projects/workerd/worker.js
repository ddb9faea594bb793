import { answers } from './answers.js';

export default {
  async fetch() {
    return Response.json(await answers());
  },
};
