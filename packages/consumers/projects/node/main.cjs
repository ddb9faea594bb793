async function main() {
  const { answers } = await import('./answers.js');
  console.log(JSON.stringify(await answers()));
}
main();
