#!/usr/bin/env node
/**
 * Sets up what a fresh clone is missing: dependencies, the build and, with --system, the programs the tests run.
 *
 * npm runs this before `start`, `test` and `bench`, so it must work without node_modules and be quick when there is
 * nothing to do: it imports nothing but node:*, and compares hashes with the stamp its last success left behind.
 */
import { platformFault } from './src/platform.js';
import { buildPackages, installDependencies } from './src/set-up-steps.js';
import { hashOfFile, hashOfSources, missingBuilds } from './src/sources.js';
import { readStamp, writeStamp } from './src/stamp.js';
import { provideSystemPrograms } from './src/system-programs.js';
import { root, rootFile } from './src/workspace.js';

function stop(reason) {
  console.error(`podlan: ${reason}`);
  process.exit(1);
}

function setUp({ system }) {
  const fault = platformFault(process);
  if (fault) stop(fault);
  if (system) {
    const refusal = provideSystemPrograms();
    if (refusal) stop(refusal);
  }

  const lock = hashOfFile(rootFile('package-lock.json'));
  if (readStamp().lock !== lock) {
    const failure = installDependencies(root);
    if (failure) stop(failure);
    writeStamp({ lock });
  }

  const sources = hashOfSources(root);
  if (readStamp().sources !== sources || missingBuilds(root).length > 0) {
    const failure = buildPackages(root);
    if (failure) stop(failure);
    writeStamp({ lock, sources });
  }
}

setUp({ system: process.argv.includes('--system') });
