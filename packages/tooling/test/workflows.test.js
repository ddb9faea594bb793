/** The workflows call what is here, and each action in one version. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { rootFile, workspaces } from '../src/workspace.js';

const FOLDER = rootFile('.github/workflows');
const workflows = readdirSync(FOLDER).map((name) => ({
  name,
  jobs: Object.entries(parse(readFileSync(`${FOLDER}/${name}`, 'utf8')).jobs),
}));
const steps = workflows.flatMap(({ name, jobs }) =>
  jobs.flatMap(([, job]) => job.steps.map((step) => ({ name, ...step }))),
);
const { scripts } = JSON.parse(readFileSync(rootFile('package.json'), 'utf8'));

test('there are those that test, publish the site and release', () => {
  expect(workflows.map(({ name }) => name)).toEqual(['ci.yml', 'release.yml', 'site.yml']);
});

const commands = steps.flatMap(({ run, with: inputs }) =>
  [run, inputs?.version, inputs?.publish].filter(Boolean),
);

test('each script that they run is one of the root', () => {
  const called = commands.flatMap((command) =>
    [...command.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name),
  );
  expect(called.length).toBeGreaterThan(3);
  expect(called.filter((name) => !(name in scripts))).toEqual([]);
});

test('an action has the same version everywhere', () => {
  const versions = new Map();
  for (const { uses } of steps.filter((step) => step.uses)) {
    const [action, version] = uses.split('@');
    versions.set(action, new Set([...(versions.get(action) ?? []), version]));
  }
  expect([...versions.values()].map((each) => [...each])).toEqual(
    [...versions.values()].map(() => [expect.stringMatching(/^v\d+$/)]),
  );
});

test('a job needs only jobs and outputs that there are', () => {
  for (const { jobs } of workflows) {
    const outputs = Object.fromEntries(jobs.map(([name, job]) => [name, Object.keys(job.outputs ?? {})]));
    for (const [, job] of jobs) {
      for (const needed of [job.needs ?? []].flat()) expect(Object.keys(outputs)).toContain(needed);
      for (const [, from, output] of String(job.if ?? '').matchAll(/needs\.([\w-]+)\.outputs\.(\w+)/g)) {
        expect(outputs[from]).toContain(output);
      }
    }
  }
});

test('what is published is what is not private: the command, the plugin and the libraries', () => {
  const published = workspaces().flatMap(({ manifest }) => (manifest.private ? [] : [manifest.name]));
  expect(published.sort()).toEqual(
    ['cni', 'dataplane', 'fabric', 'linux', 'simulator', 'wire']
      .map((name) => `@podlan/${name}`)
      .concat('podlan', 'podlan-cni'),
  );
});
