/** Opens a transaction that writes to the file named, says so, and stays in it until killed. */
import Database from 'libsql';

const database = new Database(process.argv[2]);
database.exec('BEGIN IMMEDIATE');
console.log('held');
setInterval(() => {}, 1 << 30);
