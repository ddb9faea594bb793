/** Adds up vitest's JSON reports and turbo's failed tasks. Pure, so that its own tests can plant every kind of fault. */

const LINES_OF_A_MESSAGE = 6;

/** What is read of a run is often its end alone: the fault itself is said there, not its name only. */
const withMessage = (name, message = '') =>
  [
    name,
    ...message
      .split('\n')
      .filter((line) => line.trim() && !/^\s+at /.test(line))
      .slice(0, LINES_OF_A_MESSAGE),
  ].join('\n    ');

/** A test file that broke before its first test has failed without any failed test in it. */
function brokenFiles(report) {
  return report.testResults
    .filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((a) => a.status !== 'failed'),
    )
    .map(({ name, message }) => withMessage(name, message));
}

function failedTests(report) {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => withMessage(`${name}: ${fullName}`, failureMessages?.[0])),
  );
}

const faultsIn = (report) => [...failedTests(report), ...brokenFiles(report)];

function faultsOfTask(taskId, faultyPackages) {
  const [name, task] = taskId.split('#');
  return task === 'test' && faultyPackages.has(name) ? [] : [`task ${taskId}`];
}

/** A test task that neither failed nor reported: its tests were not run, or its report is lost. */
function silentPackages(reports, failedTasks) {
  if (failedTasks.some((id) => id.endsWith('#build'))) return [];
  return reports
    .filter(({ name, report }) => !report && !failedTasks.includes(`${name}#test`))
    .map(({ name }) => `${name} reported no tests`);
}

export function sumUp({ reports, failedTasks, exitCode }) {
  const written = reports.filter(({ report }) => report);
  const total = (key) => written.reduce((sum, { report }) => sum + report[key], 0);
  const faultyPackages = new Set(
    written.filter(({ report }) => faultsIn(report).length > 0).map(({ name }) => name),
  );
  const faults = [
    ...written.flatMap(({ report }) => faultsIn(report)),
    ...failedTasks.flatMap((taskId) => faultsOfTask(taskId, faultyPackages)),
    ...silentPackages(reports, failedTasks),
  ];
  if (faults.length === 0 && exitCode !== 0) faults.push(`turbo ended with exit code ${exitCode}`);
  return {
    passed: total('numPassedTests'),
    failed: faults.length,
    skipped: total('numPendingTests') + total('numTodoTests'),
    faults,
  };
}

export function sumLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
