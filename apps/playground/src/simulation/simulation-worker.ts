/** Simulates while the page draws and answers whoever uses it. */
import { answerCalls } from './answer-calls';
import { LocalSimulation } from './local-simulation';

answerCalls(new LocalSimulation(), globalThis);
