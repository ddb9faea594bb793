import { testExamples } from '@podlan/tooling/examples';

testExamples(import.meta.url);
