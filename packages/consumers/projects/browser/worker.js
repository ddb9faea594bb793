import { answers } from './answers.js';

postMessage(await answers());
