#!/usr/bin/env node
/** Lists every page of the site with its languages, and what sets the languages apart; see src/pages.js. */
import { comparePages } from './src/pages.js';
import { root } from './src/workspace.js';

const pages = comparePages(root);
for (const { name, languages } of pages) console.log(`${name}  ${languages.join(' ')}`);
const faults = pages.flatMap(({ faults }) => faults);
for (const fault of faults) console.error(fault);
if (faults.length > 0) console.error(`\n${faults.length} fault(s) in the pages of the site`);
process.exitCode = faults.length > 0 || pages.length === 0 ? 1 : 0;
