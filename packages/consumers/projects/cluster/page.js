import { run } from './run.js';

globalThis.answers = run();
