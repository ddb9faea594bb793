#!/usr/bin/env node
/**
 * Sets up what a fresh clone is missing: dependencies, the build and, with --system, the programs the tests run. With
 * --demo dependencies and build are those of the `podlan` command alone, without the site's and the tests' own.
 *
 * npm runs this before `start`, `test` and `bench`, so it must work without node_modules and be quick when there is
 * nothing to do: it imports nothing but node:*, and compares hashes with the stamp its last success left behind.
 */
import { platformFault } from './src/platform.js';
import { buildPackages, installDependencies } from './src/set-up-steps.js';
import { hashOfFile, hashOfSources, missingBuilds } from './src/sources.js';
import { hasModules, installFor, installIn, readStamp, writeStamp } from './src/stamp.js';
import { provideSystemPrograms } from './src/system-programs.js';
import { root, rootFile } from './src/workspace.js';

function stop(reason) {
  console.error(`podlan: ${reason}`);
  process.exit(1);
}

function setUp({ system, demo }) {
  const fault = platformFault(process);
  if (fault) stop(fault);
  if (system) {
    const refusal = provideSystemPrograms();
    if (refusal) stop(refusal);
  }

  const lock = hashOfFile(rootFile('package-lock.json'));
  setUpDependencies({ lock, install: installFor({ demo, stamp: readStamp(), isFresh: !hasModules() }) });
  setUpBuild();
}

function setUpDependencies({ lock, install }) {
  if (installIn(readStamp(), lock) === install) return;
  const failure = installDependencies(root, install);
  if (failure) stop(failure);
  writeStamp({ lock, install });
}

function setUpBuild() {
  const { lock, install, sources: built } = readStamp();
  const sources = hashOfSources(root);
  if (built === sources && missingBuilds(root, install).length === 0) return;
  const failure = buildPackages(root, install);
  if (failure) stop(failure);
  writeStamp({ lock, install, sources });
}

setUp({ system: process.argv.includes('--system'), demo: process.argv.includes('--demo') });
