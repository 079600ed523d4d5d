export { answers, freePort, PostgresServer } from './postgres-server.js'
export { hasRedis, startRedis } from './redis-server.js'
export { missingPrograms } from './programs.js'
export { runSql } from './sql.js'
