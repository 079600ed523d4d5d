// Loaded before a server that is looked at from outside: at SIGUSR2 it collects garbage and says, on
// standard error, what is left.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

process.on('SIGUSR2', () => {
  collect()
  // What finalizers let go of goes with the second.
  setImmediate(() => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap')
    console.error(JSON.stringify({ kept: { bytes: heapUsed + external, sockets: sockets.length } }))
  })
})
